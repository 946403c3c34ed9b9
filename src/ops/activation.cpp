// Activation functions that are smooth, or linear in pieces with a slope on either side.
#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

OP(relu){
    .signature = "relu(Tensor self) -> Tensor",
    .doc = "``max(x, 0)``.",
    .dtype = rule::real,
    .formula = [](Expr x) { return max(x, 0); },
    .derivative = [](Expr g, Expr, Expr y) { return select(y > 0, g, 0); },
    .verify = checks::not_bool,
};

OP(gelu){
    .signature = "gelu(Tensor self, *, str approximate='none') -> Tensor",
    .python = functional,
    .doc =
        R"(``x`` times the normal distribution's cumulative function at ``x``; with ``approximate='tanh'`` by its usual
    approximation (Hendrycks and Gimpel, 2016).)",
    .dtype = rule::floating.without_complex(),
    .formula =
        [](Expr x, Text approximate) {
          constexpr double k = 0.7978845608028654;  // sqrt(2 / pi)
          return approximate == "tanh" ? 0.5 * x * (1 + tanh(k * (x + 0.044715 * cube(x)))) : gelu(x);
        },
    .verify =
        [](const Call& call, DType) {
          std::string_view which = call.args[1].text();
          check(which == "none" || which == "tanh", ErrorKind::Runtime,
                "gelu: approximate argument must be either none or tanh, got '", which, "'.");
        },
};

OP(silu){
    .signature = "silu(Tensor self) -> Tensor",
    .python = nn_private,
    .doc = "``x * sigmoid(x)``.",
    .dtype = rule::floating,
    .formula = [](Expr x) { return silu(x); },
};

OP(mish){
    .signature = "mish(Tensor self) -> Tensor",
    .python = nn_private,
    .doc = "``x * tanh(softplus(x))`` (Misra, 2019).",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x) { return x * tanh(softplus(x)); },
};

OP(softplus){
    .signature = "softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor",
    .python = functional,
    .variants = Variants::out,
    .doc = "``log(1 + exp(beta * x)) / beta``; the identity where ``beta * x`` is above the threshold.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr beta,
                  Expr threshold) { return select(x * beta > threshold, x, log1p(exp(x * beta)) / beta); },
    .derivative = [](Expr g, Expr x, Expr beta, Expr threshold,
                     Expr) { return select(x * beta > threshold, g, g * sigmoid(x * beta)); },
};

OP(log_sigmoid){
    .signature = "log_sigmoid(Tensor self) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "``log(sigmoid(x))`` without underflow.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x) { return min(x, 0) - log1p(exp(-abs(x))); },
    .derivative = [](Expr g, Expr x, Expr) { return g * sigmoid(-x); },
};
OP(log_sigmoid_forward){
    .signature = "log_sigmoid_forward(Tensor self) -> (Tensor output, Tensor buffer)",
    .python = hidden,
    .doc = "Logarithm of the sigmoid, and ``exp(-|x|)``, which has no gradient.",
    .composite = [](const Tensor& self) -> std::tuple<Tensor, Tensor> {
      Tensor out = call<"log_sigmoid">(self);
      GradMode off(false);
      return {out, call<"exp">(call<"neg">(call<"abs">(self)))};
    },
};

OP(elu){
    .signature = "elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor",
    .python = nn_private,
    .doc = "``scale * x`` above zero, ``scale * alpha * (exp(input_scale * x) - 1)`` below (Clevert et al., 2015).",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr alpha, Expr scale,
                  Expr input_scale) { return select(x > 0, x * scale, expm1(x * input_scale) * (alpha * scale)); },
    .derivative =
        [](Expr g, Expr x, Expr alpha, Expr scale, Expr input_scale, Expr) {
          return select(x > 0, g * scale, g * (exp(x * input_scale) * (input_scale * alpha * scale)));
        },
    .inplace_derivative = [](Expr g, Expr, Expr alpha, Expr scale, Expr input_scale,
                             Expr y) { return select(y > 0, g * scale, g * ((y + alpha * scale) * input_scale)); },
};
OP(selu){
    .signature = "selu(Tensor self) -> Tensor",
    .doc = "The scaled :func:`elu` whose constants keep mean 0 and variance 1 (Klambauer et al., 2017).",
    .dtype = rule::floating.without_complex(),
    .formula =
        [](Expr x) {
          constexpr double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
          return select(x > 0, x * scale, expm1(x) * (alpha * scale));
        },
    .derivative =
        [](Expr g, Expr x, Expr) {
          constexpr double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
          return select(x > 0, g * scale, g * exp(x) * (alpha * scale));
        },
    .inplace_derivative =
        [](Expr g, Expr, Expr y) {
          constexpr double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
          return select(y > 0, g * scale, g * (y + alpha * scale));
        },
};
OP(celu){
    .signature = "celu(Tensor self, Scalar alpha=1.0) -> Tensor",
    .doc = "``x`` above zero, ``alpha * (exp(x / alpha) - 1)`` below (Barron, 2017).",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr alpha) { return select(x > 0, x, expm1(x / alpha) * alpha); },
    .derivative = [](Expr g, Expr x, Expr alpha, Expr) { return select(x > 0, g, g * exp(x / alpha)); },
    .inplace_derivative = [](Expr g, Expr, Expr alpha, Expr y) { return select(y > 0, g, g * ((y + alpha) / alpha)); },
    .verify =
        [](const Call& call, DType) {
          check(call.args[1].number() != 0, ErrorKind::Runtime, "ZeroDivisionError: celu: alpha cannot be 0");
        },
};

OP(leaky_relu){
    .signature = "leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor",
    .python = nn_private,
    .doc = "``x`` above zero, ``negative_slope * x`` below.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr slope) { return select(x > 0, x, x * slope); },
    .derivative = [](Expr g, Expr x, Expr slope, Expr) { return select(x > 0, g, g * slope); },
    .inplace_derivative = [](Expr g, Expr, Expr slope, Expr y) { return select(y > 0, g, g * slope); },
};

OP(prelu_kernel){
    .signature = "_prelu_kernel(Tensor self, Tensor weight) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc = "``x`` above zero, ``weight * x`` below; ``weight`` broadcasts.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr weight) { return select(x > 0, x, x * weight); },
    .verify =
        [](const Call& call, DType) {
          if (!call.args[0].is_tensor() || !call.args[1].is_tensor()) return;
          DType x = call.args[0].tensor_impl()->dtype, weight = call.args[1].tensor_impl()->dtype;
          check(x == weight, ErrorKind::Runtime, "_prelu_kernel: input and weight must have one dtype, got ", name(x),
                " and ", name(weight));
        },
};
OP(prelu){
    .signature = "prelu(Tensor self, Tensor weight) -> Tensor",
    .python = torch | method | functional,
    .doc =
        "``x`` above zero, ``weight * x`` below, with one weight or one for each channel (dimension 1); He et al., "
        "2015.",
    .composite = [](const Tensor& self, const Tensor& weight) -> Tensor {
      check(self.dtype() == weight.dtype(), ErrorKind::Runtime, "prelu: Type promoting not supported. Got ",
            name(self.dtype()), " and ", name(weight.dtype()));
      check(weight.dim() <= 1, ErrorKind::Runtime,
            "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = ", weight.dim());
      Tensor w = weight;
      if (weight.numel() != 1) {
        check(self.dim() > 0, ErrorKind::Runtime, "prelu: Not allow zero-dim input tensor with ", weight.numel(),
              " weights.");
        int64_t channels = self.dim() > 1 ? self.sizes()[1] : 1;
        check(channels == weight.numel(), ErrorKind::Runtime,
              "prelu: Mismatch of parameter numbers and input channel size. Found parameter numbers = ", weight.numel(),
              " and channel size = ", channels, ".");
        Dims shape(static_cast<size_t>(self.dim()), 1);
        shape[1] = channels;
        w = call<"view">(weight, shape);
      } else if (weight.dim() != 0 && self.dim() != 1) {
        w = call<"view">(weight, Dims(static_cast<size_t>(self.dim()), 1));
      }
      return call<"_prelu_kernel">(self, w);
    },
    .autocast = Autocast::low,
};

OP(glu){
    .signature = "glu(Tensor self, int dim=-1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "``a * sigmoid(b)`` of the two halves of the input along ``dim`` (Dauphin et al., 2017).",
    .composite = [](const Tensor& self, int64_t dim) -> Tensor {
      check(self.dim() > 0, ErrorKind::Runtime, "glu: does not support 0-dimensional tensors");
      int64_t d = wrap_dim("glu", dim, self.dim()), n = self.sizes()[d];
      check(n % 2 == 0, ErrorKind::Runtime, "glu: Halving dimension must be even, but dimension ", dim, " is size ", n);
      return call<"_glu_halves">(call<"narrow">(self, d, int64_t{0}, n / 2), call<"narrow">(self, d, n / 2, n / 2));
    },
};
OP(glu_halves){
    .signature = "_glu_halves(Tensor self, Tensor gate) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``self * sigmoid(gate)``.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr a, Expr b) { return a * sigmoid(b); },
};

}  // namespace flambeau
