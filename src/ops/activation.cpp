// Activation functions.
#include "op/define.h"

namespace flambeau {

using namespace formula;

OP(relu) {
  .signature = "relu(Tensor self) -> Tensor",
  .doc = "``max(x, 0)``.",
  .dtype = rule::real,
  .formula = [](Expr x) { return max(x, 0); },
  .derivative = [](Expr g, Expr, Expr y) { return select(y > 0, g, 0); },
};

OP(gelu) {
  .signature = "gelu(Tensor self, *, str approximate='none') -> Tensor",
  .python = functional,
  .doc = R"(``x`` times the normal distribution's cumulative function at ``x``; with ``approximate='tanh'`` by its usual
    approximation (Hendrycks and Gimpel, 2016).)",
  .dtype = rule::floating.without_complex(),
  .formula = [](Expr x, Text approximate) {
    constexpr double k = 0.7978845608028654;  // sqrt(2 / pi)
    return approximate == "tanh" ? 0.5 * x * (1 + tanh(k * (x + 0.044715 * cube(x)))) : gelu(x);
  },
};

OP(silu) {
  .signature = "silu(Tensor self) -> Tensor",
  .python = nn_private,
  .doc = "``x * sigmoid(x)``.",
  .dtype = rule::floating,
  .formula = [](Expr x) { return silu(x); },
};

OP(softplus) {
  .signature = "softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor",
  .python = functional,
  .variants = Variants::out,
  .doc = "``log(1 + exp(beta * x)) / beta``; the identity where ``beta * x`` is above the threshold.",
  .dtype = rule::floating.without_complex(),
  .formula = [](Expr x, Expr beta, Expr threshold) { return select(x * beta > threshold, x, log1p(exp(x * beta)) / beta); },
  .derivative = [](Expr g, Expr x, Expr beta, Expr threshold, Expr) { return select(x * beta > threshold, g, g * sigmoid(x * beta)); },
};

}  // namespace flambeau
