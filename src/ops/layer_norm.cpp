// Layer normalisation and root-mean-square normalisation over the last dimensions. (Batch and group: batch_norm.cpp.)
#include "ops/normalization.h"

namespace flambeau {

namespace {

// How many leading dimensions there are; checks sizes.
int64_t leading(const char* op, const Tensor& input, IntSpan shape, const Tensor& weight, const Tensor& bias) {
  check(!shape.empty(), ErrorKind::Runtime, op,
        ": Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
        "normalized_shape = ",
        list_text(shape));
  int64_t lead = input.dim() - static_cast<int64_t>(shape.size());
  check(lead >= 0 && std::ranges::equal(input.sizes().subspan(std::max<int64_t>(lead, 0)), shape), ErrorKind::Runtime,
        op, ": Given normalized_shape=", list_text(shape), ", expected input with shape [*, ",
        std::string(list_text(shape)).substr(1), ", but got input of size ", list_text(input.sizes()));
  check(!weight.defined() || std::ranges::equal(weight.sizes(), shape), ErrorKind::Runtime, op,
        ": Expected weight to be of same shape as normalized_shape, but got weight of shape ", size_text(weight),
        " and normalized_shape = ", list_text(shape));
  check(!bias.defined() || std::ranges::equal(bias.sizes(), shape), ErrorKind::Runtime, op,
        ": Expected bias to be of same shape as normalized_shape, but got bias of shape ", size_text(bias),
        " and normalized_shape = ", list_text(shape));
  return lead;
}

Dims statistics_sizes(IntSpan sizes, int64_t lead) {
  Dims out(sizes);
  for (size_t d = lead; d < out.size(); ++d) out[d] = 1;
  return out;
}

// (rows, n) of the sizes at `lead`.
std::pair<int64_t, int64_t> rows_of(IntSpan sizes, int64_t lead) {
  return {numel_of(sizes.first(lead)), numel_of(sizes.subspan(lead))};
}

Dims range(int64_t from, int64_t to) {
  Dims d;
  for (; from < to; ++from) d.push_back(from);
  return d;
}

// The gradient in operators, all from the input, so that it can be differentiated again.
void composite_gradient(Grad& g, const Tensor& x, const Tensor& weight, double eps, int64_t lead) {
  Dims inner = range(lead, x.dim()), outer = range(0, lead);
  Tensor grad = g.out();
  Tensor centered = call<"sub.Tensor">(x, call<"mean.dim">(x, inner, true));
  Tensor rstd =
      call<"rsqrt">(call<"add.Tensor">(call<"mean.dim">(call<"mul.Tensor">(centered, centered), inner, true), eps));
  Tensor xhat = call<"mul.Tensor">(centered, rstd), gw = weight.defined() ? call<"mul.Tensor">(grad, weight) : grad;
  Tensor a = call<"mean.dim">(gw, inner, true), b = call<"mean.dim">(call<"mul.Tensor">(gw, xhat), inner, true);
  Tensor dx = call<"mul.Tensor">(rstd, call<"sub.Tensor">(call<"sub.Tensor">(gw, a), call<"mul.Tensor">(xhat, b)));
  g.set("input", with_statistics(g, dx, centered, rstd));
  auto summed = [&](const Tensor& t) { return outer.empty() ? t : call<"sum.dim_IntList">(t, outer, false); };
  if (g.given("weight") && g.wants("weight")) g.set("weight", summed(call<"mul.Tensor">(grad, xhat)));
  if (g.given("bias") && g.wants("bias")) g.set("bias", summed(grad));
}

}  // namespace

OP(native_layer_norm){
    .signature =
        "native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> "
        "(Tensor, Tensor, Tensor)",
    .python = torch,
    .doc = "``layer_norm``, and the mean and reciprocal standard deviation that it used.",
    .shape = [](const Tensor& input, IntSpan shape, const Tensor& weight, const Tensor& bias, double) -> ResultSpecs {
      int64_t lead = leading("layer_norm", input, shape, weight, bias);
      check(is_floating(input.dtype()), ErrorKind::NotImplemented, "layer_norm: not implemented for ",
            name(input.dtype()), "; convert the input to a floating type");
      Dims statistics = statistics_sizes(input.sizes(), lead);
      DType lane = norm_lane(input.dtype());
      return {{Dims(input.sizes()), input.dtype()}, {statistics, lane}, {statistics, lane}};
    },
    .cpu =
        [](const Tensor& input, IntSpan shape, const Tensor& weight, const Tensor& bias, double eps, const Tensor& out,
           const Tensor& mean, const Tensor& rstd) {
          auto [rows, n] = rows_of(input.sizes(), input.dim() - static_cast<int64_t>(shape.size()));
          if (rows == 0 || n == 0) return;
          DType lane = norm_lane(input.dtype());
          Tensor to = out.dtype() == lane ? out : empty(out.sizes(), lane, out.device());
          layer_norm_forward(in_lane(input, lane), rows, n, in_lane(weight, lane), in_lane(bias, lane), eps, to, mean,
                             rstd);
          if (!to.is(out)) copy_elements(out, to);
        },
    .saves = {"input", "weight", "bias", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.arg("input"), weight = g.arg("weight");
          IntSpan shape = g.ints("normalized_shape");
          if (g.tracked())
            return composite_gradient(g, x, weight, g.number("eps"), x.dim() - static_cast<int64_t>(shape.size()));
          Value mask =
              three_flags(g.wants("input"), g.given("weight") && g.wants("weight"), g.given("bias") && g.wants("bias"));
          auto r = call_all<"native_layer_norm_backward">(g.out(), x, shape, g.result(1), g.result(2), weight,
                                                          g.arg("bias"), mask);
          Tensor dx = r[0].tensor();
          if (g.wants("input") && statistics_used(g))
            dx = with_statistics(g, dx, call<"sub.Tensor">(x, g.result(1)), g.result(2));
          g.set("input", dx);
          if (g.given("weight")) g.set("weight", r[1].tensor());
          if (g.given("bias")) g.set("bias", r[2].tensor());
        },
    .gradient_of_inputs = true,
};

OP(native_layer_norm_backward){
    .signature =
        "native_layer_norm_backward(Tensor grad_out, Tensor input, SymInt[] normalized_shape, Tensor mean, Tensor "
        "rstd, Tensor? weight, Tensor? bias, bool[3] output_mask) -> (Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc = "The gradients of ``layer_norm`` by its input, weight and bias in one pass.",
    .shape = [](const Tensor& grad, const Tensor& input, IntSpan shape, const Tensor& mean, const Tensor& rstd,
                const Tensor& weight, const Tensor&, std::span<const uint8_t> mask) -> ResultSpecs {
      const char* op = "native_layer_norm_backward";
      const int64_t lead = input.dim() - static_cast<int64_t>(shape.size());
      check(lead >= 0 && std::ranges::equal(input.sizes().subspan(lead), shape) &&
                std::ranges::equal(grad.sizes(), input.sizes()),
            ErrorKind::Runtime, op, ": input ", list_text(input.sizes()), ", gradient ", list_text(grad.sizes()),
            " and normalized_shape=", list_text(shape), " do not go together");
      const int64_t rows = rows_of(input.sizes(), lead).first;
      check(input.is_floating() && mean.numel() == rows && rstd.numel() == rows &&
                (!weight.defined() || std::ranges::equal(weight.sizes(), shape)),
            ErrorKind::Runtime, op, ": the statistics or the weight do not belong to an input ", describe(input),
            ": mean ", describe(mean), ", rstd ", describe(rstd), ", weight ", describe(weight));
      DType type = weight.defined() ? weight.dtype() : input.dtype();
      ResultSpecs specs{{Dims(input.sizes()), input.dtype()}, {Dims(shape), type}, {Dims(shape), type}};
      for (int i = 0; i < 3; ++i) specs[i].absent = !mask[i];
      return specs;
    },
    .cpu =
        [](const Tensor& grad, const Tensor& input, IntSpan shape, const Tensor& mean, const Tensor& rstd,
           const Tensor& weight, const Tensor&, std::span<const uint8_t>, const Tensor& dx, const Tensor& grad_weight,
           const Tensor& grad_bias) {
          auto [rows, n] = rows_of(input.sizes(), input.dim() - static_cast<int64_t>(shape.size()));
          DType lane = norm_lane(input.dtype());
          auto room = [&](const Tensor& t) { return !t.defined() || t.dtype() == lane ? t : empty(t.sizes(), lane); };
          Tensor x = room(dx), w = room(grad_weight), b = room(grad_bias);
          if (rows == 0 || n == 0) {
            for (const Tensor* t : {&w, &b})
              if (t->defined()) fill_elements(*t, Scalar(0));
          } else {
            layer_norm_backward(in_lane(grad, lane), in_lane(input, lane), rows, n, in_lane(mean, lane),
                                in_lane(rstd, lane), in_lane(weight, lane), x, w, b);
          }
          if (dx.defined() && !x.is(dx)) copy_elements(dx, x);
          if (grad_weight.defined() && !w.is(grad_weight)) copy_elements(grad_weight, w);
          if (grad_bias.defined() && !b.is(grad_bias)) copy_elements(grad_bias, b);
        },
    .not_differentiable = "layer_norm gives its second derivative through operators",
};

OP(layer_norm){
    .signature =
        "layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, "
        "bool cudnn_enable=True) -> Tensor",
    .python = torch,
    .doc =
        "``(x - mean) / sqrt(variance + eps) * weight + bias`` with statistics over the last dimensions, those of "
        "``normalized_shape`` (Ba et al., 2016).",
    .composite = [](const Tensor& input, IntSpan shape, const Tensor& weight, const Tensor& bias, double eps, bool)
        -> Tensor { return call_all<"native_layer_norm">(input, shape, weight, bias, eps)[0].tensor(); },
};

OP(rms_norm){
    .signature = "rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
    .python = torch,
    .doc =
        "``x / sqrt(mean(x * x) + eps) * weight`` over the last dimensions (Zhang and Sennrich, 2019); ``eps`` is the "
        "type's machine epsilon by default.",
    .composite = [](const Tensor& input, IntSpan shape, const Tensor& weight, std::optional<double> eps) -> Tensor {
      int64_t lead = leading("rms_norm", input, shape, weight, Tensor());
      DType type = input.dtype();
      bool narrow = type == DType::float16 || type == DType::bfloat16;
      Tensor x = narrow ? call<"_to_copy">(input, DType::float32) : input;
      double small = eps.value_or(type == DType::float64 ? 0x1p-52 : 0x1p-23);
      Tensor mean = call<"mean.dim">(call<"mul.Tensor">(x, x), range(lead, x.dim()), true);
      Tensor y = call<"mul.Tensor">(x, call<"rsqrt">(call<"add.Tensor">(mean, small)));
      if (weight.defined()) y = call<"mul.Tensor">(y, weight);
      return narrow ? call<"_to_copy">(y, type) : y;
    },
};

}  // namespace flambeau
