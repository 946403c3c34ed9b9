// Batch and instance normalisation. (Layer normalisation: layer_norm.cpp; group normalisation: group_norm.cpp.)
#include "cpu/reduce_plan.h"
#include "ops/normalization.h"

namespace flambeau {

namespace {

// An input of a lane's type whose elements lie as (N, C, space) or (N, space, C), and what it is.
Tensor laid_out(const Tensor& input, DType lane, Channels& s, bool want_last) {
  s.samples = input.size(0);
  s.channels = input.size(1);
  s.space = s.samples > 0 && s.channels > 0 ? input.numel() / (s.samples * s.channels) : 0;
  s.last = s.space == 1 || want_last;
  Tensor x = cast(input, lane);
  if (s.space == 1) return as_contiguous(x);
  if (!want_last) return as_contiguous(x);
  if (x.layout().channels_last()) return x;
  Tensor copy = empty_strided(Dims(x.sizes()), channels_last_strides(x.sizes()), lane);
  copy_elements(copy, x);
  return copy;
}
bool keeps_last(const Tensor& t) { return t.dim() >= 4 && !t.is_contiguous() && t.layout().channels_last(); }
std::optional<Dims> same_order(const Tensor& t) {
  return keeps_last(t) ? std::optional(Dims(t.strides())) : std::nullopt;
}

// Strides of a result: those of a channels-last tensor of these sizes, whatever the input's are in dimensions of
// size 1.
Tensor room_like(const Tensor& t, DType lane, bool last) {
  return last && t.dim() >= 4 ? empty_strided(Dims(t.sizes()), channels_last_strides(t.sizes()), lane)
                              : empty(t.sizes(), lane);
}

template <class L>
void normalize(const Tensor& input, const Tensor& weight, const Tensor& bias, const L* mean, const L* rstd,
               const Tensor& out) {
  DType lane = dtype_of<L>();
  Channels s;
  Tensor x = laid_out(input, lane, s, keeps_last(input));
  Tensor w = in_lane(weight, lane), b = in_lane(bias, lane);
  Buffer<L> scale(s.channels), shift(s.channels);
  for (int64_t c = 0; c < s.channels; ++c) {
    scale.data[c] = rstd[c] * (w.defined() ? w.data<L>()[c] : L(1));
    shift.data[c] = (b.defined() ? b.data<L>()[c] : L(0)) - mean[c] * scale.data[c];
  }
  bool direct = out.dtype() == lane && (s.last && s.space != 1 ? out.layout().channels_last() : out.is_contiguous());
  Tensor to = direct ? out : room_like(out, lane, s.last && s.space != 1);
  channel_scale(s, x.data<L>(), to.data<L>(), scale.data, shift.data);
  if (!direct) copy_elements(out, to);
}

// (samples, channels, ...) -> all dimensions but 1.
uint64_t statistics_mask(const Tensor& t) { return ~uint64_t{2}; }

template <class L>
void batch_norm_in(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                   const Tensor& running_var, bool training, double momentum, double eps, const Tensor& out,
                   const Tensor& save_mean, const Tensor& save_rstd) {
  DType lane = dtype_of<L>();
  int64_t channels = input.size(1);
  Buffer<L> rstd(channels);
  if (!training) {
    Tensor mean = in_lane(running_mean, lane), var = in_lane(running_var, lane);
    for (int64_t c = 0; c < channels; ++c)
      rstd.data[c] = static_cast<L>(1 / std::sqrt(static_cast<double>(var.data<L>()[c]) + eps));
    return normalize<L>(input, weight, bias, mean.data<L>(), rstd.data, out);
  }
  Tensor var = empty(Dims{channels}, lane);
  reduce_moments(input, statistics_mask(input), 0, false, var, save_mean);
  for (int64_t c = 0; c < channels; ++c)
    save_rstd.data<L>()[c] = static_cast<L>(1 / std::sqrt(static_cast<double>(var.data<L>()[c]) + eps));
  double n = static_cast<double>(channels ? input.numel() / channels : 0);
  auto update = [&](const Tensor& running, const L* now, double factor) {
    if (!running.defined()) return;
    Tensor next = as_contiguous(cast(running, lane));
    if (next.is(running)) next = running;
    for (int64_t c = 0; c < channels; ++c)
      next.data<L>()[c] = static_cast<L>(momentum * now[c] * factor + (1 - momentum) * next.data<L>()[c]);
    if (!next.is(running)) copy_elements(running, next);
  };
  update(running_mean, save_mean.data<L>(), 1);
  update(running_var, var.data<L>(), n > 1 ? n / (n - 1) : std::numeric_limits<double>::quiet_NaN());
  normalize<L>(input, weight, bias, save_mean.data<L>(), save_rstd.data<L>(), out);
}

template <class L>
void batch_norm_backward_in(const Tensor& grad, const Tensor& input, const Tensor& weight, const Tensor& running_mean,
                            const Tensor& running_var, const Tensor& save_mean, const Tensor& save_rstd, bool training,
                            double eps, const Tensor& dx, const Tensor& grad_weight, const Tensor& grad_bias) {
  DType lane = dtype_of<L>();
  Channels s;
  bool last = keeps_last(input);
  Tensor x = laid_out(input, lane, s, last), g = laid_out(grad, lane, s, last), w = in_lane(weight, lane);
  Tensor mean = in_lane(training ? save_mean : running_mean, lane),
         rstd = in_lane(training ? save_rstd : running_var, lane);
  Buffer<L> inverse(s.channels), ones(s.channels), mean_g(s.channels), slope(s.channels), scale(s.channels);
  for (int64_t k = 0; k < s.channels; ++k)
    inverse.data[k] =
        training ? rstd.data<L>()[k] : static_cast<L>(1 / std::sqrt(static_cast<double>(rstd.data<L>()[k]) + eps));
  Buffer<double> sum_g(s.channels), sum_gx(s.channels);
  channel_sums(s, g.data<L>(), x.data<L>(), mean.data<L>(), sum_g.data, sum_gx.data);
  double n = static_cast<double>(s.samples * s.space);
  Tensor dw = empty(Dims{s.channels}, lane), db = empty(Dims{s.channels}, lane);
  for (int64_t k = 0; k < s.channels; ++k) {
    double r = inverse.data[k];
    dw.data<L>()[k] = static_cast<L>(sum_gx.data[k] * r);
    db.data<L>()[k] = static_cast<L>(sum_g.data[k]);
    // dx = scale * (g - mean(g) - xhat * mean(g * xhat))
    ones.data[k] = 1;
    mean_g.data[k] = static_cast<L>(training ? sum_g.data[k] / n : 0);
    slope.data[k] = static_cast<L>(training ? r * r * sum_gx.data[k] / n : 0);
    scale.data[k] = static_cast<L>(r * (w.defined() ? w.data<L>()[k] : 1.0));
  }
  if (dx.defined()) {
    bool direct = dx.dtype() == lane && (s.last && s.space != 1 ? dx.layout().channels_last() : dx.is_contiguous());
    Tensor to = direct ? dx : room_like(dx, lane, s.last && s.space != 1);
    channel_mix<L>(s, g.data<L>(), x.data<L>(), to.data<L>(),
                   {ones.data, mean_g.data, mean.data<L>(), slope.data, scale.data});
    if (!direct) copy_elements(dx, to);
  }
  if (grad_weight.defined()) copy_elements(grad_weight, dw);
  if (grad_bias.defined()) copy_elements(grad_bias, db);
}

void check_batch_norm(const char* op, const Tensor& input,
                      std::initializer_list<std::pair<const char*, const Tensor*>> parameters) {
  check(input.dim() >= 2, ErrorKind::Runtime, op,
        ": Expected an input with at least 2 dimensions (batch, channels, ...), got size ", list_text(input.sizes()));
  check(is_floating(input.dtype()), ErrorKind::NotImplemented, op, ": not implemented for ", name(input.dtype()),
        "; convert the input to a floating type");
  for (auto [what, t] : parameters)
    check(!t->defined() || t->numel() == input.size(1), ErrorKind::Runtime, op, ": ", what, " should contain ",
          input.size(1), " elements not ", t->defined() ? t->numel() : 0);
}

ResultSpecs batch_norm_spec(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                            const Tensor& running_var, bool training) {
  check_batch_norm(
      "batch_norm", input,
      {{"weight", &weight}, {"bias", &bias}, {"running_mean", &running_mean}, {"running_var", &running_var}});
  check(training || (running_mean.defined() && running_var.defined()), ErrorKind::Runtime,
        "batch_norm: Expected running_mean and running_var to be defined when training=False");
  Dims statistics = training ? Dims{input.size(1)} : Dims{0};
  DType lane = norm_lane(input.dtype());
  return {{Dims(input.sizes()), input.dtype(), same_order(input)}, {statistics, lane}, {statistics, lane}};
}
void batch_norm_kernel(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                       const Tensor& running_var, bool training, double momentum, double eps, const Tensor& out,
                       const Tensor& mean, const Tensor& rstd) {
  if (input.numel() == 0) {
    if (mean.numel()) fill_elements(mean, Scalar(0)), fill_elements(rstd, Scalar(0));
    return;
  }
  if (input.dtype() == DType::float64)
    batch_norm_in<double>(input, weight, bias, running_mean, running_var, training, momentum, eps, out, mean, rstd);
  else
    batch_norm_in<float>(input, weight, bias, running_mean, running_var, training, momentum, eps, out, mean, rstd);
}

// In operators, all from the input, so that it can be differentiated again.
void composite_gradient(Grad& g, const Tensor& x, const Tensor& weight, const Tensor& running_mean,
                        const Tensor& running_var, bool training, double eps) {
  Dims dims, shape(static_cast<size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  for (int64_t d = 0; d < x.dim(); ++d)
    if (d != 1) dims.push_back(d);
  auto channel = [&](const Tensor& t) { return call<"view">(call<"contiguous">(t), shape); };
  Tensor grad = g.out(), mean = training ? call<"mean.dim">(x, dims, true) : channel(running_mean);
  Tensor centered = call<"sub.Tensor">(x, mean);
  Tensor variance =
      training ? call<"mean.dim">(call<"mul.Tensor">(centered, centered), dims, true) : channel(running_var);
  Tensor rstd = call<"rsqrt">(call<"add.Tensor">(variance, eps)), xhat = call<"mul.Tensor">(centered, rstd);
  if (g.wants("input")) {
    Tensor gw = weight.defined() ? call<"mul.Tensor">(grad, channel(weight)) : grad;
    Tensor dx = gw;
    if (training) {
      Tensor a = call<"mean.dim">(gw, dims, true), b = call<"mean.dim">(call<"mul.Tensor">(gw, xhat), dims, true);
      dx = call<"sub.Tensor">(call<"sub.Tensor">(gw, a), call<"mul.Tensor">(xhat, b));
    }
    dx = call<"mul.Tensor">(dx, rstd);
    g.set("input", training ? with_statistics(g, dx, centered, rstd) : dx);
  }
  if (g.given("weight") && g.wants("weight"))
    g.set("weight", call<"sum.dim_IntList">(call<"mul.Tensor">(grad, xhat), dims, false));
  if (g.given("bias") && g.wants("bias")) g.set("bias", call<"sum.dim_IntList">(grad, dims, false));
}

void batch_norm_gradient(Grad& g, const Tensor& running_mean, const Tensor& running_var) {
  Tensor x = g.arg("input"), weight = g.arg("weight");
  bool training = g.flag("training");
  if (g.tracked() || (training && statistics_used(g)))
    return composite_gradient(g, x, weight, running_mean, running_var, training, g.number("eps"));
  auto r = call_all<"native_batch_norm_backward">(
      g.out(), x, weight, running_mean, running_var, g.result(1), g.result(2), training, g.number("eps"),
      three_flags(g.wants("input"), g.given("weight") && g.wants("weight"), g.given("bias") && g.wants("bias")));
  g.set("input", r[0].tensor());
  if (g.given("weight")) g.set("weight", r[1].tensor());
  if (g.given("bias")) g.set("bias", r[2].tensor());
}

}  // namespace

OP(native_batch_norm){
    .signature =
        "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
        "Tensor? running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)",
    .python = torch,
    .doc = "``batch_norm``, and the mean and reciprocal standard deviation of each channel in training.",
    .shape = [](const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& var,
                bool training, double, double) { return batch_norm_spec(input, weight, bias, mean, var, training); },
    .cpu = batch_norm_kernel,
    .saves = {"input", "weight", "running_mean", "running_var", "result1", "result2"},
    .gradient = [](Grad& g) { batch_norm_gradient(g, g.arg("running_mean"), g.arg("running_var")); },
    .gradient_of_inputs = true,
};
OP(_native_batch_norm_legit_no_stats){
    .signature =
        "_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool training, float momentum, "
        "float eps) -> (Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc = "``native_batch_norm`` without running statistics.",
    .composite = [](const Tensor& input, const Tensor& weight, const Tensor& bias, bool training, double momentum,
                    double eps) -> std::tuple<Tensor, Tensor, Tensor> {
      auto r = call_all<"native_batch_norm">(input, weight, bias, Tensor(), Tensor(), training, momentum, eps);
      return {r[0].tensor(), r[1].tensor(), r[2].tensor()};
    },
};

OP(native_batch_norm_backward){
    .signature =
        "native_batch_norm_backward(Tensor grad_out, Tensor input, Tensor? weight, Tensor? running_mean, Tensor? "
        "running_var, Tensor? save_mean, Tensor? save_invstd, bool train, float eps, bool[3] output_mask) -> (Tensor, "
        "Tensor, Tensor)",
    .python = hidden,
    .doc = "The gradients of ``batch_norm`` by its input, weight and bias.",
    .shape = [](const Tensor& grad, const Tensor& input, const Tensor& weight, const Tensor& running_mean,
                const Tensor& running_var, const Tensor& save_mean, const Tensor& save_rstd, bool training, double,
                std::span<const uint8_t> mask) -> ResultSpecs {
      const Tensor &mean = training ? save_mean : running_mean, &spread = training ? save_rstd : running_var;
      check_batch_norm("native_batch_norm_backward", input,
                       {{"weight", &weight}, {"the mean", &mean}, {"the variance or deviation", &spread}});
      check(mean.defined() && spread.defined() && std::ranges::equal(grad.sizes(), input.sizes()), ErrorKind::Runtime,
            "native_batch_norm_backward: the statistics are missing, or the gradient ", describe(grad),
            " does not belong to the input ", describe(input));
      DType type = weight.defined() ? weight.dtype() : norm_lane(input.dtype());
      ResultSpecs specs{{Dims(input.sizes()), input.dtype(), same_order(input)},
                        {Dims{input.size(1)}, type},
                        {Dims{input.size(1)}, type}};
      for (int i = 0; i < 3; ++i) specs[i].absent = !mask[i];
      return specs;
    },
    .cpu =
        [](const Tensor& grad, const Tensor& input, const Tensor& weight, const Tensor& running_mean,
           const Tensor& running_var, const Tensor& save_mean, const Tensor& save_rstd, bool training, double eps,
           std::span<const uint8_t>, const Tensor& dx, const Tensor& dw, const Tensor& db) {
          if (input.numel() == 0) {
            for (const Tensor* t : {&dx, &dw, &db})
              if (t->defined()) fill_elements(*t, Scalar(0));
          } else if (input.dtype() == DType::float64) {
            batch_norm_backward_in<double>(grad, input, weight, running_mean, running_var, save_mean, save_rstd,
                                           training, eps, dx, dw, db);
          } else {
            batch_norm_backward_in<float>(grad, input, weight, running_mean, running_var, save_mean, save_rstd,
                                          training, eps, dx, dw, db);
          }
        },
    .not_differentiable = "batch_norm gives its second derivative through operators",
};

OP(batch_norm){
    .signature =
        "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool "
        "training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    .python = torch,
    .doc =
        "Normalises each channel (dimension 1) by the mean and variance of the batch, or by the running ones outside "
        "of training, which training moves by ``momentum`` (Ioffe and Szegedy, 2015).",
    .composite = [](const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                    const Tensor& var, bool training, double momentum, double eps, bool) -> Tensor {
      if (input.dim() < 2 && input.numel() == 0) return call<"clone">(input);  // no channels to speak of
      return call_all<"native_batch_norm">(input, weight, bias, mean, var, training, momentum, eps)[0].tensor();
    },
};

OP(instance_norm){
    .signature =
        "instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool "
        "use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    .python = torch,
    .doc = "Normalises each channel of each sample by its own mean and variance (Ulyanov et al., 2016).",
    .composite = [](const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                    const Tensor& var, bool use_input_stats, double momentum, double eps, bool) -> Tensor {
      check(input.dim() >= 2, ErrorKind::Runtime,
            "instance_norm: Expected an input with at least 2 dimensions, got size ", list_text(input.sizes()));
      check(use_input_stats || (mean.defined() && var.defined()), ErrorKind::Runtime,
            "instance_norm: Expected running_mean and running_var to be defined when use_input_stats is false");
      int64_t n = input.size(0), c = input.size(1);
      Dims folded{1, n * c};
      for (int64_t d = 2; d < input.dim(); ++d) folded.push_back(input.size(d));
      auto repeated = [&](const Tensor& t) { return t.defined() ? call<"repeat">(t, Dims{n}) : t; };
      Tensor x = call<"view">(call<"contiguous">(input), folded), m = repeated(mean), v = repeated(var);
      Tensor out =
          call_all<"native_batch_norm">(x, repeated(weight), repeated(bias), m, v, use_input_stats, momentum, eps)[0]
              .tensor();
      auto fold_back = [&](const Tensor& running, const Tensor& many) {
        if (running.defined() && use_input_stats)
          call<"copy_">(call<"alias">(running), call<"mean.dim">(call<"view">(many, Dims{n, c}), Dims{0}, false));
      };
      fold_back(mean, m);
      fold_back(var, v);
      return call<"view">(out, input.sizes());
    },
};

}  // namespace flambeau
