// Activation functions made of straight pieces with thresholds.
#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

namespace {
Expr between(Expr g, Expr at, Expr low, Expr high) { return select((at > low) & (at < high), g, 0); }
}  // namespace

OP(relu6){
    .signature = "relu6(Tensor self) -> Tensor",
    .python = nn_private,
    .doc = "``min(max(x, 0), 6)``.",
    .dtype = rule::real,
    .formula = [](Expr x) { return min(max(x, 0), 6); },
    .derivative = [](Expr g, Expr x, Expr) { return between(g, x, 0, 6); },
    .inplace_derivative = [](Expr g, Expr, Expr y) { return between(g, y, 0, 6); },
    .verify = checks::not_bool,
};
OP(hardtanh){
    .signature = "hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor",
    .python = nn_private,
    .doc = "The element brought between ``min_val`` and ``max_val``.",
    .dtype = rule::first.without_complex(),
    .formula = [](Expr x, Expr low, Expr high) { return min(max(x, low), high); },
    .derivative = [](Expr g, Expr x, Expr low, Expr high, Expr) { return between(g, x, low, high); },
    .inplace_derivative = [](Expr g, Expr, Expr low, Expr high, Expr y) { return between(g, y, low, high); },
    .verify =
        [](const Call& call, DType common) {
          check(common != DType::bool_, ErrorKind::Runtime, "hardtanh: Bool inputs not supported");
          check(!is_unsigned(common) || call.args[1].number() >= 0, ErrorKind::Runtime,
                "hardtanh: cannot do hardtanh on an unsigned type with negative limits");
        },
};
OP(hardsigmoid){
    .signature = "hardsigmoid(Tensor self) -> Tensor",
    .python = nn_private,
    .doc = "``relu6(x + 3) / 6``.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x) { return min(max(x + 3, 0), 6) / 6; },
    .derivative = [](Expr g, Expr x, Expr) { return select((x > -3) & (x < 3), g * (1.0 / 6), 0); },
    .inplace_derivative = [](Expr g, Expr, Expr y) { return between(g * (1.0 / 6), y, 0, 1); },
};
OP(hardswish){
    .signature = "hardswish(Tensor self) -> Tensor",
    .python = nn_private,
    .doc = "``x * relu6(x + 3) / 6`` (Howard et al., 2019).",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x) { return x * min(max(x + 3, 0), 6) / 6; },
    .derivative = [](Expr g, Expr x, Expr) { return select(x <= -3, 0, select(x < 3, g * (x / 3 + 0.5), g)); },
};
OP(hardshrink){
    .signature = "hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    .python = torch | method | functional,
    .variants = Variants::out,
    .doc = "0 where the magnitude is at most ``lambd``, else the element.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr lambda) { return select((x >= -lambda) & (x <= lambda), 0, x); },
};
OP(softshrink){
    .signature = "softshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
    .python = functional,
    .variants = Variants::out,
    .doc = "The element moved towards 0 by ``lambd``, and 0 where its magnitude is smaller.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x,
                  Expr lambda) { return select(x > lambda, x - lambda, select(x < -lambda, x + lambda, x * 0)); },
    .derivative = [](Expr g, Expr x, Expr lambda, Expr) { return select((x >= -lambda) & (x <= lambda), 0, g); },
    .verify =
        [](const Call& call, DType) {
          check(call.args[1].number() >= 0, ErrorKind::Runtime,
                "softshrink: lambda must be greater or equal to 0, but found to be ", call.args[1].number(), ".");
        },
};
OP(threshold){
    .signature = "threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor",
    .python = torch,
    .doc = "Elements not above ``threshold`` are replaced by ``value``.",
    .dtype = rule::first.without_complex(),
    .formula = [](Expr x, Expr limit, Expr value) { return select(x <= limit, value, x); },
    .derivative = [](Expr g, Expr x, Expr limit, Expr, Expr) { return select(x <= limit, 0, g); },
};

}  // namespace flambeau
