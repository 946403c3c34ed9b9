// Dropout in its forms, and the leaky rectifier with random slopes.
#include "cpu/random_tensor.h"
#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

void check_probability(const char* op, double p) {
  check(p >= 0 && p <= 1, ErrorKind::Runtime, op, ": dropout probability has to be between 0 and 1, but got ", p);
}

// Noise of the input's size, or one value for each channel.
Tensor noise_like(const char* op, const Tensor& input, double p, bool channels) {
  if (!channels) return call_<"bernoulli_.float">(call<"empty_like">(input), 1 - p);
  check(input.dim() >= 2, ErrorKind::Runtime, op, ": Feature dropout requires at least 2 dimensions in the input, got ",
        input.dim());
  Dims sizes(static_cast<size_t>(input.dim()), 1);
  sizes[0] = input.sizes()[0];
  sizes[1] = input.sizes()[1];
  return call_<"bernoulli_.float">(call<"new_empty">(input, sizes), 1 - p);
}

// The factor for each element; the input's type rounds 1 / (1 - p).
Tensor plain_noise(const char* op, const Tensor& input, double p, bool channels) {
  if (p == 1) return call<"zeros">(IntSpan(), input.dtype(), Value(), input.device());
  GradMode off(false);
  return call_<"div.Tensor">(noise_like(op, input, p, channels), 1 - p);
}
bool nothing_to_do(const Tensor& input, double p, bool train) { return p == 0 || !train || input.numel() == 0; }

struct Affine {
  Tensor factor, shift;
};
Affine alpha_noise(const char* op, const Tensor& input, double p, bool channels) {
  constexpr double alpha = 1.7580993408473766;
  double a = 1 / std::sqrt((alpha * alpha * p + 1) * (1 - p));
  GradMode off(false);
  Tensor noise = noise_like(op, input, p, channels);
  Tensor shift = call_<"add.Tensor">(call_<"mul.Tensor">(call<"add.Tensor">(noise, -1), alpha * a), alpha * a * p);
  return {call_<"mul.Tensor">(noise, a), shift};
}

}  // namespace

#define DROPOUT(id, channels, text)                                             \
  OP(id){                                                                       \
      .signature = #id "(Tensor input, float p, bool train) -> Tensor",         \
      .python = torch,                                                          \
      .variants = Variants::none,                                               \
      .doc = text,                                                              \
      .composite = [](const Tensor& input, double p, bool train) -> Tensor {    \
        check_probability(#id, p);                                              \
        if (nothing_to_do(input, p, train)) return input;                       \
        return call<"mul.Tensor">(input, plain_noise(#id, input, p, channels)); \
      },                                                                        \
      .random = true,                                                           \
  };                                                                            \
  OP(id##_inplace){                                                             \
      .signature = #id "_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", \
      .python = torch,                                                          \
      .doc = "The same, in place.",                                             \
      .composite = [](const Tensor& self, double p, bool train) -> Tensor {     \
        check_probability(#id "_", p);                                          \
        if (nothing_to_do(self, p, train)) return self;                         \
        return call_<"mul.Tensor">(self, plain_noise(#id, self, p, channels));  \
      },                                                                        \
      .random = true,                                                           \
  };
DROPOUT(dropout, false,
        "Zeros with probability ``p``, and the other elements divided by ``1 - p``; nothing unless ``train``.")
DROPOUT(feature_dropout, true, "Dropout of whole channels (dimension 1).")
#undef DROPOUT

#define ALPHA_DROPOUT(id, channels, text)                                                   \
  OP(id){                                                                                   \
      .signature = #id "(Tensor input, float p, bool train) -> Tensor",                     \
      .python = torch,                                                                      \
      .variants = Variants::none,                                                           \
      .doc = text,                                                                          \
      .composite = [](const Tensor& input, double p, bool train) -> Tensor {                \
        check_probability(#id, p);                                                          \
        if (nothing_to_do(input, p, train)) return input;                                   \
        if (p == 1) return call<"mul.Tensor">(input, plain_noise(#id, input, p, channels)); \
        Affine n = alpha_noise(#id, input, p, channels);                                    \
        return call<"add.Tensor">(call<"mul.Tensor">(input, n.factor), n.shift);            \
      },                                                                                    \
      .random = true,                                                                       \
  };                                                                                        \
  OP(id##_inplace){                                                                         \
      .signature = #id "_(Tensor(a!) self, float p, bool train) -> Tensor(a!)",             \
      .python = torch,                                                                      \
      .doc = "The same, in place.",                                                         \
      .composite = [](const Tensor& self, double p, bool train) -> Tensor {                 \
        check_probability(#id "_", p);                                                      \
        if (nothing_to_do(self, p, train)) return self;                                     \
        if (p == 1) return call_<"mul.Tensor">(self, plain_noise(#id, self, p, channels));  \
        Affine n = alpha_noise(#id, self, p, channels);                                     \
        return call_<"add.Tensor">(call_<"mul.Tensor">(self, n.factor), n.shift);           \
      },                                                                                    \
      .random = true,                                                                       \
  };
ALPHA_DROPOUT(alpha_dropout, false,
              "Dropout that keeps mean and variance of :func:`selu` networks (Klambauer et al., 2017).")
ALPHA_DROPOUT(feature_alpha_dropout, true, ":func:`alpha_dropout` of whole channels.")
#undef ALPHA_DROPOUT

OP(native_dropout){
    .signature = "native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)",
    .python = torch,
    .doc = "Dropout, and the mask of what was kept.",
    .composite = [](const Tensor& input, double p, std::optional<bool> train) -> std::tuple<Tensor, Tensor> {
      check_probability("native_dropout", p);
      if (input.numel() == 0 || !train.value_or(true) || p == 0)
        return {call<"clone">(input), call<"ones_like">(input, DType::bool_)};
      Tensor mask = call_<"bernoulli_.float">(call<"empty_like">(input, DType::bool_), 1 - p);
      return {call<"mul.Tensor">(call<"mul.Tensor">(input, mask), p == 1 ? 0.0 : 1 / (1 - p)), mask};
    },
    .random = true,
};

namespace {

// Slopes for the elements that are not positive, drawn one by one in row-major order, and 1 for the others.
Tensor slopes(const Tensor& self, double lower, double upper, Generator* given) {
  if (self.dtype() != DType::float64) {  // the bounds are of the computation's type
    lower = static_cast<float>(lower);
    upper = static_cast<float>(upper);
  }
  Tensor x = as_contiguous(cast(self, DType::float64)), noise = empty(self.sizes(), DType::float64);
  Generator& generator = generator_or_default(given);
  std::lock_guard lock(generator.mutex);
  for (int64_t i = 0; i < x.numel(); ++i)
    noise.data<double>()[i] = x.data<double>()[i] <= 0 ? generator.stream.u53() * (upper - lower) + lower : 1.0;
  return cast(noise, self.dtype());
}
void check_slopes(const Tensor& self, const Scalar& lower, const Scalar& upper) {
  check(is_floating(self.dtype()), ErrorKind::NotImplemented, "\"rrelu_with_noise_out_cpu\" not implemented for '",
        name(self.dtype()), "'");
  check(lower.to_double() <= upper.to_double(), ErrorKind::Runtime,
        "rrelu: Lower bound should be less than or equal to the upper bound, got ", lower.to_double(), " and ",
        upper.to_double());
}

}  // namespace

OP(rrelu){
    .signature =
        "rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? "
        "generator=None) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "``x`` above zero, below it times a slope: drawn from [lower, upper] in training, their mean otherwise (Xu et "
        "al., 2015).",
    .composite = [](const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
                    Generator* g) -> Tensor {
      check_slopes(self, lower, upper);
      if (!training) return call<"leaky_relu">(self, (lower.to_double() + upper.to_double()) / 2);
      return call<"mul.Tensor">(self, slopes(self, lower.to_double(), upper.to_double(), g));
    },
    .random = true,
};
OP(rrelu_inplace){
    .signature =
        "rrelu_(Tensor(a!) self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? "
        "generator=None) -> Tensor(a!)",
    .python = torch,
    .doc = "The same, in place.",
    .composite = [](const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
                    Generator* g) -> Tensor {
      check_slopes(self, lower, upper);
      if (!training) return call_<"leaky_relu">(self, (lower.to_double() + upper.to_double()) / 2);
      return call_<"mul.Tensor">(self, slopes(self, lower.to_double(), upper.to_double(), g));
    },
    .random = true,
};

}  // namespace flambeau
