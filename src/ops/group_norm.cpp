// Group normalisation. (Batch and instance: batch_norm.cpp; layer: layer_norm.cpp.)
#include "core/saturating.h"
#include "cpu/reduce_plan.h"
#include "ops/normalization.h"

namespace flambeau {

namespace {

template <class L>
void group_norm_in(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t n, int64_t c, int64_t space,
                   int64_t groups, double eps, const Tensor& out, const Tensor& mean, const Tensor& rstd) {
  Tensor grouped = alias(x, [&] {
    Layout l(Dims{n * groups, c / groups * space});
    l.offset = x.offset();
    return l;
  }());
  Tensor var = empty(Dims{n * groups}, dtype_of<L>()), flat_mean = alias(mean, [&] {
                                                         Layout l(Dims{n * groups});
                                                         l.offset = mean.offset();
                                                         return l;
                                                       }());
  reduce_moments(grouped, 2, 0, false, var, flat_mean);
  L *m = mean.data<L>(), *r = rstd.data<L>();
  for (int64_t i = 0; i < n * groups; ++i)
    r[i] = static_cast<L>(1 / std::sqrt(static_cast<double>(var.data<L>()[i]) + eps));
  Buffer<L> a(n * c), b(n * c);
  for (int64_t i = 0; i < n * c; ++i) {
    int64_t group = i / c * groups + i % c / (c / groups);
    a.data[i] = r[group] * (weight.defined() ? weight.data<L>()[i % c] : L(1));
    b.data[i] = (bias.defined() ? bias.data<L>()[i % c] : L(0)) - m[group] * a.data[i];
  }
  channel_scale(Channels{1, n * c, space, false}, x.data<L>(), out.data<L>(), a.data, b.data);
}

template <class L>
void group_norm_backward_in(const Tensor& g, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                            const Tensor& weight, int64_t n, int64_t c, int64_t space, int64_t groups, const Tensor& dx,
                            const Tensor& dw, const Tensor& db) {
  int64_t width = c / groups;
  const L *m = mean.data<L>(), *r = rstd.data<L>(), *w = weight.defined() ? weight.data<L>() : nullptr;
  Buffer<L> shift(n * c), gamma(n * c), mean_g(n * c), slope(n * c), scale(n * c);
  auto group_of = [&](int64_t i) { return i / c * groups + i % c / width; };
  for (int64_t i = 0; i < n * c; ++i) shift.data[i] = m[group_of(i)];
  Buffer<double> sum_g(n * c), sum_gx(n * c);
  Channels planes{1, n * c, space, false};
  channel_sums(planes, g.data<L>(), x.data<L>(), shift.data, sum_g.data, sum_gx.data);
  for (int64_t j = 0; j < n * groups; ++j) {
    double s = 0, sx = 0, count = static_cast<double>(width * space), inverse = r[j];
    int64_t first = j / groups * c + j % groups * width;
    for (int64_t i = first; i < first + width; ++i) {
      gamma.data[i] = w ? w[i % c] : L(1);
      s += gamma.data[i] * sum_g.data[i];
      sx += gamma.data[i] * sum_gx.data[i];
    }
    for (int64_t i = first; i < first + width; ++i) {
      mean_g.data[i] = static_cast<L>(s / count);
      slope.data[i] = static_cast<L>(inverse * inverse * sx / count);
      scale.data[i] = r[j];
    }
  }
  if (dx.defined())
    channel_mix<L>(planes, g.data<L>(), x.data<L>(), dx.data<L>(),
                   {gamma.data, mean_g.data, shift.data, slope.data, scale.data});
  for (int64_t i = 0; i < c; ++i) {
    double sw = 0, sb = 0;
    for (int64_t j = 0; j < n; ++j) {
      sw += sum_gx.data[j * c + i] * r[group_of(j * c + i)];
      sb += sum_g.data[j * c + i];
    }
    if (dw.defined()) dw.data<L>()[i] = static_cast<L>(sw);
    if (db.defined()) db.data<L>()[i] = static_cast<L>(sb);
  }
}

// In operators, so that it can be differentiated again; `extra`, where there is any, is added to the input's gradient.
void composite_group_gradient(Grad& g, const Tensor& x, const Tensor& weight, double eps, int64_t n, int64_t c,
                              int64_t space, int64_t groups, const Tensor& extra) {
  Dims grouped{n, groups, c / groups, space}, inner{2, 3}, per{1, groups, c / groups, 1}, outer{0, 3};
  Tensor y = call<"reshape">(x, grouped), grad = call<"reshape">(g.out(), grouped);
  Tensor centered = call<"sub.Tensor">(y, call<"mean.dim">(y, inner, true));
  Tensor rstd =
      call<"rsqrt">(call<"add.Tensor">(call<"mean.dim">(call<"mul.Tensor">(centered, centered), inner, true), eps));
  Tensor xhat = call<"mul.Tensor">(centered, rstd);
  Tensor gw = weight.defined() ? call<"mul.Tensor">(grad, call<"reshape">(weight, per)) : grad;
  Tensor a = call<"mean.dim">(gw, inner, true), b = call<"mean.dim">(call<"mul.Tensor">(gw, xhat), inner, true);
  Tensor inside = call<"sub.Tensor">(call<"sub.Tensor">(gw, a), call<"mul.Tensor">(xhat, b));
  Tensor dx = call<"reshape">(call<"mul.Tensor">(rstd, inside), x.sizes());
  g.set("input", extra.defined() ? call<"add.Tensor">(dx, extra) : dx);
  auto channel = [&](const Tensor& t) { return call<"reshape">(call<"sum.dim_IntList">(t, outer, false), Dims{c}); };
  if (g.given("weight") && g.wants("weight")) g.set("weight", channel(call<"mul.Tensor">(grad, xhat)));
  if (g.given("bias") && g.wants("bias")) g.set("bias", channel(grad));
}

}  // namespace

// The caller names the sizes; they have to be those of the tensors before a kernel trusts them.
static void check_group_sizes(const Tensor& input, const Tensor& weight, int64_t n, int64_t c, int64_t space,
                              int64_t groups) {
  check(n >= 0 && c >= 0 && space >= 0 && groups > 0 && c % groups == 0, ErrorKind::Runtime, "native_group_norm: N=", n,
        ", C=", c, ", HxW=", space, " and group=", groups,
        " do not fit: C has to be a multiple of group, and none negative");
  const int64_t named = sat_mul(sat_mul(n, c), space);
  check(named == input.numel(), ErrorKind::Runtime, "native_group_norm: N * C * HxW is ", named, ", the input ",
        describe(input), " has ", input.numel(), " elements");
  check(!weight.defined() || weight.numel() == c, ErrorKind::Runtime, "native_group_norm: weight or bias ",
        describe(weight), " has to have C=", c, " elements");
}

// What flows into the means and reciprocal deviations themselves, brought to the input.
static Tensor statistics_gradient(Grad& g, const Tensor& x, int64_t n, int64_t groups) {
  int64_t members = n && groups ? x.numel() / (n * groups) : 0;
  if (!members) return call<"zeros_like">(x);
  Tensor rows = call<"reshape">(x, Dims{n, groups, members}), rstd = call<"unsqueeze">(g.result(2), int64_t{-1});
  Tensor centered = call<"sub.Tensor">(rows, call<"unsqueeze">(g.result(1), int64_t{-1}));
  Tensor cube = call<"mul.Tensor">(call<"mul.Tensor">(rstd, rstd), rstd);
  Tensor by_rstd = call<"mul.Tensor">(call<"mul.Tensor">(centered, cube), call<"unsqueeze">(g.out(2), int64_t{-1}));
  Tensor total = call<"sub.Tensor">(call<"unsqueeze">(g.out(1), int64_t{-1}), by_rstd);
  return call<"reshape">(call<"div.Tensor">(total, static_cast<double>(members)), x.sizes());
}

OP(native_group_norm){
    .signature =
        "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, "
        "float eps) -> (Tensor, Tensor, Tensor)",
    .python = torch,
    .doc = "``group_norm``, and the mean and reciprocal standard deviation of each group.",
    .shape = [](const Tensor& input, const Tensor& weight, const Tensor& bias, int64_t n, int64_t c, int64_t space,
                int64_t groups, double) -> ResultSpecs {
      check_group_sizes(input, weight, n, c, space, groups);
      check_group_sizes(input, bias, n, c, space, groups);
      check(is_floating(input.dtype()), ErrorKind::NotImplemented, "group_norm: not implemented for ",
            name(input.dtype()), "; convert the input to a floating type");
      DType lane = norm_lane(input.dtype());
      return {{Dims(input.sizes()), input.dtype()}, {Dims{n, groups}, lane}, {Dims{n, groups}, lane}};
    },
    .cpu =
        [](const Tensor& input, const Tensor& weight, const Tensor& bias, int64_t n, int64_t c, int64_t space,
           int64_t groups, double eps, const Tensor& out, const Tensor& mean, const Tensor& rstd) {
          if (input.numel() == 0) return;
          DType lane = norm_lane(input.dtype());
          Tensor to = out.dtype() == lane ? out : empty(out.sizes(), lane), x = in_lane(input, lane),
                 w = in_lane(weight, lane), b = in_lane(bias, lane);
          if (lane == DType::float64)
            group_norm_in<double>(x, w, b, n, c, space, groups, eps, to, mean, rstd);
          else
            group_norm_in<float>(x, w, b, n, c, space, groups, eps, to, mean, rstd);
          if (!to.is(out)) copy_elements(out, to);
        },
    .saves = {"input", "weight", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.arg("input"), weight = g.arg("weight");
          int64_t n = g.integer("N"), c = g.integer("C"), space = g.integer("HxW"), groups = g.integer("group");
          Tensor extra = g.has_out(1) || g.has_out(2) ? statistics_gradient(g, x, n, groups) : Tensor();
          if (g.tracked())
            return composite_group_gradient(g, x, weight, g.number("eps"), n, c, space, groups, extra);
          auto r = call_all<"native_group_norm_backward">(
              g.out(), x, g.result(1), g.result(2), weight, n, c, space, groups,
              three_flags(g.wants("input"), g.given("weight") && g.wants("weight"),
                          g.given("bias") && g.wants("bias")));
          Tensor dx = r[0].tensor();
          if (dx.defined() && extra.defined()) dx = call<"add.Tensor">(dx, extra);
          g.set("input", dx);
          if (g.given("weight")) g.set("weight", r[1].tensor());
          if (g.given("bias")) g.set("bias", r[2].tensor());
        },
    .gradient_of_inputs = true,
};

OP(native_group_norm_backward){
    .signature =
        "native_group_norm_backward(Tensor grad_out, Tensor input, Tensor mean, Tensor rstd, Tensor? weight, SymInt N, "
        "SymInt C, SymInt HxW, int group, bool[3] output_mask) -> (Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc = "The gradients of ``group_norm`` by its input, weight and bias.",
    .shape = [](const Tensor& grad, const Tensor& input, const Tensor& mean, const Tensor& rstd, const Tensor& weight,
                int64_t n, int64_t c, int64_t space, int64_t groups, std::span<const uint8_t> mask) -> ResultSpecs {
      check_group_sizes(input, weight, n, c, space, groups);
      check(grad.numel() == input.numel() && mean.numel() == n * groups && rstd.numel() == n * groups,
            ErrorKind::Runtime, "native_group_norm_backward: grad_out ", describe(grad), ", mean ", describe(mean),
            " and rstd ", describe(rstd), " do not belong to the input ", describe(input));
      DType type = weight.defined() ? weight.dtype() : input.dtype();
      ResultSpecs specs{{Dims(input.sizes()), input.dtype()}, {Dims{c}, type}, {Dims{c}, type}};
      for (int i = 0; i < 3; ++i) specs[i].absent = !mask[i];
      return specs;
    },
    .cpu =
        [](const Tensor& grad, const Tensor& input, const Tensor& mean, const Tensor& rstd, const Tensor& weight,
           int64_t n, int64_t c, int64_t space, int64_t groups, std::span<const uint8_t>, const Tensor& dx,
           const Tensor& dw, const Tensor& db) {
          if (input.numel() == 0) {
            for (const Tensor* t : {&dx, &dw, &db})
              if (t->defined()) fill_elements(*t, Scalar(0));
            return;
          }
          DType lane = norm_lane(input.dtype());
          auto room = [&](const Tensor& t) { return !t.defined() || t.dtype() == lane ? t : empty(t.sizes(), lane); };
          Tensor x = room(dx), w = room(dw), b = room(db);
          if (lane == DType::float64)
            group_norm_backward_in<double>(in_lane(grad, lane), in_lane(input, lane), in_lane(mean, lane),
                                           in_lane(rstd, lane), in_lane(weight, lane), n, c, space, groups, x, w, b);
          else
            group_norm_backward_in<float>(in_lane(grad, lane), in_lane(input, lane), in_lane(mean, lane),
                                          in_lane(rstd, lane), in_lane(weight, lane), n, c, space, groups, x, w, b);
          for (auto [to, from] : {std::pair{&dx, &x}, {&dw, &w}, {&db, &b}})
            if (to->defined() && !to->is(*from)) copy_elements(*to, *from);
        },
    .not_differentiable = "group_norm gives its second derivative through operators",
};

OP(group_norm){
    .signature =
        "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool "
        "cudnn_enabled=True) -> Tensor",
    .python = torch,
    .doc = "Normalises groups of channels of each sample by their mean and variance (Wu and He, 2018).",
    .composite = [](const Tensor& input, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                    bool) -> Tensor {
      check(input.dim() >= 2, ErrorKind::Runtime,
            "group_norm: Expected at least 2 dimensions for input tensor but received ", input.dim());
      int64_t n = input.size(0), c = input.size(1);
      check(groups > 0 && c % groups == 0, ErrorKind::Runtime,
            "group_norm: Expected number of channels in input to be divisible by num_groups, but got input of shape ",
            list_text(input.sizes()), " and num_groups=", groups);
      for (const Tensor* t : {&weight, &bias})
        check(!t->defined() || (t->dim() == 1 && t->numel() == c), ErrorKind::Runtime, "group_norm: Expected ",
              t == &weight ? "weight" : "bias", " to be a vector of size equal to the number of channels in input (", c,
              "), but got shape ", size_text(*t));
      int64_t space = numel_of(input.sizes().subspan(2));
      return call_all<"native_group_norm">(call<"contiguous">(input), weight, bias, n, c, space, groups, eps)[0]
          .tensor();
    },
};

}  // namespace flambeau
