// One call per optimizer step over whole lists of parameters, and the gradient scaling of mixed precision. The rules
// stand in cpu/fused_optimizers.cpp; here tensors are brought to flat memory of float or double.
#include "cpu/fused_optimizers.h"

#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

constexpr const char* kReason = "it changes its arguments outside of the tape";

// The tensors of one parameter (itself, gradient, states): used where they lie when they are dense with equal strides
// and of the lane's type, else through copies.
struct Flat {
  static constexpr int kMost = 5;
  Tensor originals[kMost], used[kMost];
  int count = 0;
  void add(const Tensor& t) { originals[count++] = t; }
  DType lane() const { return originals[0].dtype() == DType::float64 ? DType::float64 : DType::float32; }
  void open(const char* op) {
    const Tensor& first = originals[0];
    check(is_floating(first.dtype()), ErrorKind::Runtime, op, ": wants floating-point parameters, got ",
          name(first.dtype()));
    bool direct = first.layout().dense();
    for (int i = 0; i < count; ++i) {
      const Tensor& t = originals[i];
      check(t.layout().sizes == first.layout().sizes, ErrorKind::Runtime, op, ": parameter of shape ",
            list_text(first.sizes()), " has a gradient or state of shape ", list_text(t.sizes()));
      check_not_inference(op, t);
      direct = direct && t.dtype() == lane() &&
               (t.layout().strides == first.layout().strides || (t.is_contiguous() && first.is_contiguous()));
    }
    for (int i = 0; i < count; ++i) {
      if (direct) {
        used[i] = originals[i];
      } else {
        used[i] = empty(originals[i].sizes(), lane());
        copy_elements(used[i], originals[i]);
      }
    }
  }
  void close() {
    for (int i = 0; i < count; ++i) {
      if (!used[i].is(originals[i])) copy_elements(originals[i], used[i]);
      if (i != 1) bump_version(originals[i]);
    }
  }
};

double number_in(const Tensor& t) {
  if (t.dtype() == DType::float32 && t.numel() == 1 && !t.is_meta()) return *t.data<float>();
  return read_element(t).to_double();
}
bool skipped(const std::optional<Tensor>& found_inf) {
  return found_inf && found_inf->defined() && read_element(*found_inf).to_double() == 1;
}
double scale_of(const std::optional<Tensor>& grad_scale) {
  return grad_scale && grad_scale->defined() ? read_element(*grad_scale).to_double() : 1;
}

void check_lists(const char* op, TensorSpan self, std::initializer_list<TensorSpan> others) {
  for (TensorSpan list : others)
    check(list.size() == self.size(), ErrorKind::Runtime, op, ": ", self.size(), " parameters, but a list of ",
          list.size(), " gradients or states");
}

constexpr int64_t kGrain = 16384;
// Runs the rule on ranges of a parameter: body(T lane value, first element, count).
template <class Body>
void over(const Flat& flat, Body&& body) {
  int64_t n = flat.originals[0].numel();
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    if (flat.lane() == DType::float64)
      body(double{}, begin, static_cast<size_t>(end - begin));
    else
      body(float{}, begin, static_cast<size_t>(end - begin));
  });
}
template <class T>
T* at(const Flat& flat, int i, int64_t begin) {
  return i < flat.count ? flat.used[i].data<T>() + begin : nullptr;
}

void sgd_step(TensorSpan self, TensorSpan grads, TensorSpan velocity, double weight_decay, double momentum, double lr,
              double dampening, bool nesterov, bool maximize, bool first, const std::optional<Tensor>& grad_scale,
              const std::optional<Tensor>& found_inf) {
  check_lists("_fused_sgd_", self, {grads});
  if (!velocity.empty()) check_lists("_fused_sgd_", self, {velocity});
  if (skipped(found_inf)) return;
  fused::Step s{.grad_scale = scale_of(grad_scale),
                .maximize = maximize,
                .weight_decay = weight_decay,
                .lr = lr,
                .momentum = momentum,
                .damped = 1 - dampening,
                .nesterov = nesterov,
                .first = first};
  for (size_t k = 0; k < self.size(); ++k) {
    Flat flat;
    flat.add(self[k]);
    flat.add(grads[k]);
    if (momentum != 0 && !velocity.empty()) flat.add(velocity[k]);
    flat.open("_fused_sgd_");
    over(flat, [&]<class T>(T, int64_t b, size_t n) {
      fused::sgd<T>(s, at<T>(flat, 0, b), at<T>(flat, 1, b), at<T>(flat, 2, b), n);
    });
    flat.close();
  }
}

void adam_step(const char* op, bool decoupled, TensorSpan self, TensorSpan grads, TensorSpan means, TensorSpan squares,
               TensorSpan most, TensorSpan steps, double lr, double beta1, double beta2, double weight_decay,
               double eps, bool amsgrad, bool maximize, const std::optional<Tensor>& grad_scale,
               const std::optional<Tensor>& found_inf) {
  check_lists(op, self, {grads, means, squares, steps});
  if (amsgrad) check_lists(op, self, {most});
  if (skipped(found_inf)) return;
  fused::Step s{.grad_scale = scale_of(grad_scale),
                .maximize = maximize,
                .weight_decay = decoupled ? 0 : weight_decay,
                .shrink = decoupled ? 1 - lr * weight_decay : 1,
                .beta1 = beta1,
                .beta2 = beta2,
                .eps = eps};
  double known = -1;
  for (size_t k = 0; k < self.size(); ++k) {
    double step = number_in(steps[k]);
    if (step != known) {
      s.lr = lr / (1 - std::pow(beta1, step));
      s.root = std::sqrt(1 - std::pow(beta2, step));
      known = step;
    }
    Flat flat;
    flat.add(self[k]);
    flat.add(grads[k]);
    flat.add(means[k]);
    flat.add(squares[k]);
    if (amsgrad) flat.add(most[k]);
    flat.open(op);
    over(flat, [&]<class T>(T, int64_t b, size_t n) {
      fused::adam<T>(s, at<T>(flat, 0, b), at<T>(flat, 1, b), at<T>(flat, 2, b), at<T>(flat, 3, b), at<T>(flat, 4, b),
                     n);
    });
    flat.close();
  }
}

void adagrad_step(TensorSpan self, TensorSpan grads, TensorSpan sums, TensorSpan steps, double lr, double lr_decay,
                  double weight_decay, double eps, bool maximize, const std::optional<Tensor>& grad_scale,
                  const std::optional<Tensor>& found_inf) {
  check_lists("_fused_adagrad_", self, {grads, sums, steps});
  if (skipped(found_inf)) return;
  fused::Step s{.grad_scale = scale_of(grad_scale), .maximize = maximize, .weight_decay = weight_decay, .eps = eps};
  for (size_t k = 0; k < self.size(); ++k) {
    s.lr = lr / (1 + (number_in(steps[k]) - 1) * lr_decay);
    Flat flat;
    flat.add(self[k]);
    flat.add(grads[k]);
    flat.add(sums[k]);
    flat.open("_fused_adagrad_");
    over(flat, [&]<class T>(T, int64_t b, size_t n) {
      fused::adagrad<T>(s, at<T>(flat, 0, b), at<T>(flat, 1, b), at<T>(flat, 2, b), n);
    });
    flat.close();
  }
}

}  // namespace

// Each with a learning rate that is a number, and one that is a tensor.
#define SGD(id, overload, Rate, read)                                                                           \
  OP(id){                                                                                                       \
      .signature =                                                                                              \
          "_fused_sgd_" overload                                                                                \
          "(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] momentum_buffer_list, *, float weight_decay, "  \
          "float momentum, " #Rate                                                                              \
          " lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, "   \
          "Tensor? found_inf=None) -> ()",                                                                      \
      .python = torch,                                                                                          \
      .doc = "One step of gradient descent with momentum over a list of parameters, in place.",                 \
      .cpu = [](TensorSpan self, TensorSpan grads, TensorSpan v, double wd, double momentum, read lr,           \
                double dampening, bool nesterov, bool maximize, bool first, const std::optional<Tensor>& scale, \
                const std::optional<Tensor>& inf) -> Value {                                                    \
        sgd_step(self, grads, v, wd, momentum, rate(lr), dampening, nesterov, maximize, first, scale, inf);     \
        return {};                                                                                              \
      },                                                                                                        \
      .not_differentiable = kReason,                                                                            \
  };
#define ADAM(id, text, overload, decoupled, Rate, read)                                                              \
  OP(id){                                                                                                            \
      .signature = text overload                                                                                     \
      "(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, "                    \
      "Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, " #Rate                                                \
      " lr, float beta1, float beta2, float weight_decay, "                                                          \
      "float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()",              \
      .python = torch,                                                                                               \
      .doc = "One step of Adam over a list of parameters, in place; the counters have been advanced before.",        \
      .cpu = [](TensorSpan self, TensorSpan grads, TensorSpan means, TensorSpan squares, TensorSpan most,            \
                TensorSpan steps, read lr, double b1, double b2, double wd, double eps, bool amsgrad, bool maximize, \
                const std::optional<Tensor>& scale, const std::optional<Tensor>& inf) -> Value {                     \
        adam_step(text, decoupled, self, grads, means, squares, most, steps, rate(lr), b1, b2, wd, eps, amsgrad,     \
                  maximize, scale, inf);                                                                             \
        return {};                                                                                                   \
      },                                                                                                             \
      .not_differentiable = kReason,                                                                                 \
  };
#define ADAGRAD(id, overload, Rate, read)                                                                        \
  OP(id){                                                                                                        \
      .signature =                                                                                               \
          "_fused_adagrad_" overload                                                                             \
          "(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] state_sums, Tensor(d!)[] state_steps, *, " #Rate \
          " lr, float lr_decay, float weight_decay, float eps, bool maximize, Tensor? grad_scale=None, "         \
          "Tensor? found_inf=None) -> ()",                                                                       \
      .python = torch,                                                                                           \
      .doc = "One step of Adagrad over a list of parameters, in place; the counters have been advanced before.", \
      .cpu = [](TensorSpan self, TensorSpan grads, TensorSpan sums, TensorSpan steps, read lr, double decay,     \
                double wd, double eps, bool maximize, const std::optional<Tensor>& scale,                        \
                const std::optional<Tensor>& inf) -> Value {                                                     \
        adagrad_step(self, grads, sums, steps, rate(lr), decay, wd, eps, maximize, scale, inf);                  \
        return {};                                                                                               \
      },                                                                                                         \
      .not_differentiable = kReason,                                                                             \
  };
static double rate(double lr) { return lr; }
static double rate(const Tensor& lr) { return read_element(lr).to_double(); }
SGD(sgd_number, "", float, double)
SGD(sgd_tensor, ".tensor_lr", Tensor, const Tensor&)
ADAM(adam_number, "_fused_adam_", "", false, float, double)
ADAM(adam_tensor, "_fused_adam_", ".tensor_lr", false, Tensor, const Tensor&)
ADAM(adamw_number, "_fused_adamw_", "", true, float, double)
ADAM(adamw_tensor, "_fused_adamw_", ".tensor_lr", true, Tensor, const Tensor&)
ADAGRAD(adagrad_number, "", float, double)
ADAGRAD(adagrad_tensor, ".tensor_lr", Tensor, const Tensor&)
#undef SGD
#undef ADAM
#undef ADAGRAD

OP(amp_unscale){
    .signature =
        "_amp_foreach_non_finite_check_and_unscale_(Tensor(a!)[] self, Tensor(b!) found_inf, Tensor inv_scale) -> ()",
    .python = torch,
    .doc = "Multiplies all gradients by ``inv_scale`` and sets ``found_inf`` to 1 where one of them was not finite.",
    .cpu = [](TensorSpan self, const Tensor& found_inf, const Tensor& inv_scale) -> Value {
      check(found_inf.numel() == 1 && inv_scale.numel() == 1, ErrorKind::Runtime,
            "_amp_foreach_non_finite_check_and_unscale_: found_inf and inv_scale must be 1-element tensors");
      double scale = read_element(inv_scale).to_double();
      bool bad = false;
      for (const Tensor& t : self) {
        Tensor finite = as_contiguous(call<"isfinite">(t));
        const bool* items = finite.data<bool>();
        bool all = true;
        for (int64_t i = 0, n = finite.numel(); i < n; ++i) all &= items[i];
        bad |= !all;
        if (scale != 1) call_<"mul.Tensor">(t, scale);
      }
      if (bad) {
        fill_elements(found_inf, Scalar(1.0));
        bump_version(found_inf);
      }
      return {};
    },
    .not_differentiable = kReason,
};

OP(amp_update_scale){
    .signature =
        "_amp_update_scale_(Tensor(a!) self, Tensor(b!) growth_tracker, Tensor found_inf, float scale_growth_factor, "
        "float scale_backoff_factor, "
        "int growth_interval) -> Tensor(a!)",
    .python = torch,
    .doc =
        "The loss scale of mixed precision: less after gradients that overflowed, more after ``growth_interval`` steps "
        "without.",
    .cpu =
        [](const Tensor& self, const Tensor& tracker, const Tensor& found_inf, double growth, double backoff,
           int64_t interval) {
          check(self.numel() == 1 && tracker.numel() == 1 && found_inf.numel() == 1, ErrorKind::Runtime,
                "_amp_update_scale_: scale, growth_tracker and found_inf must be 1-element tensors, got shapes ",
                list_text(self.sizes()), ", ", list_text(tracker.sizes()), " and ", list_text(found_inf.sizes()));
          double scale = read_element(self).to_double();
          int64_t steps = read_element(tracker).to_int();
          if (read_element(found_inf).to_double() != 0) {
            fill_elements(self, Scalar(scale * backoff));
            steps = 0;
          } else if (++steps == interval) {
            double grown = static_cast<float>(scale * growth);
            if (std::isfinite(grown)) fill_elements(self, Scalar(grown));
            steps = 0;
          }
          fill_elements(tracker, Scalar(steps));
          bump_version(tracker);
        },
    .writes = "self",
    .not_differentiable = kReason,
};

}  // namespace flambeau
