// Further functions of one or two real numbers: signs, neighbours, rounding, logarithms of sums, integers' divisors.
#include <numbers>

#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

OP(copysign){
    .signature = "copysign.Tensor(Tensor self, Tensor|Scalar other) -> Tensor",
    .doc = "The magnitude of ``self`` with the sign of ``other``; -0.0 counts as negative.",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr a, Expr b) { return copysign(a, b); },
    .saves = {"result"},
};
OP(nextafter){
    .signature = "nextafter(Tensor self, Tensor other) -> Tensor",
    .doc = "The next number of the type after ``self`` on the way to ``other``.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr a, Expr b) { return nextafter(a, b); },
};
OP(atan2){
    .signature = "atan2(Tensor self, Tensor other) -> Tensor",
    .doc = "The angle of the point (other, self), in radians from -pi to pi.",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr y, Expr x) { return atan2(y, x); },
};
OP(logaddexp){
    .signature = "logaddexp(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "``log(exp(self) + exp(other))`` without overflow.",
    .dtype = rule::floating,
    .formula = [](Expr a, Expr b) { return logaddexp(a, b); },
};
OP(logaddexp2){
    .signature = "logaddexp2(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "``log2(2 ** self + 2 ** other)`` without overflow.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr a, Expr b) { return logaddexp2(a, b); },
};
OP(xlogy){
    .signature = "xlogy.Tensor(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    .doc = "``self * log(other)``, and 0 where ``self`` is 0.",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr a, Expr b) { return xlogy(a, b); },
};
OP(heaviside){
    .signature = "heaviside(Tensor self, Tensor values) -> Tensor",
    .doc = "0 for negative elements, 1 for positive ones, ``values`` where the element is 0.",
    .formula = [](Expr a, Expr b) { return heaviside(a, b); },
    .verify =
        [](const Call& call, DType common) {
          checks::not_complex(call, common);
          checks::same_dtype(call, common);
        },
    .not_differentiable = "a step has no derivative",
};
OP(gcd){
    .signature = "gcd(Tensor self, Tensor other) -> Tensor",
    .doc = "The greatest common divisor, not negative.",
    .dtype = rule::integral,
    .formula = [](Expr a, Expr b) { return gcd(a, b); },
    .verify =
        [](const Call&, DType common) {
          check(common != DType::bool_, ErrorKind::NotImplemented, "\"gcd\" not implemented for 'Bool'");
        },
    .not_differentiable = "integers have no gradient",
};
OP(lcm){
    .signature = "lcm(Tensor self, Tensor other) -> Tensor",
    .doc = "The least common multiple, not negative.",
    .dtype = rule::integral,
    .formula = [](Expr a, Expr b) { return lcm(a, b); },
    .verify =
        [](const Call&, DType common) {
          check(common != DType::bool_, ErrorKind::NotImplemented, "\"lcm\" not implemented for 'Bool'");
        },
    .not_differentiable = "integers have no gradient",
};

OP(signbit){
    .signature = "signbit(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "Whether the sign is negative; true of -0.0 too.",
    .dtype = rule::order,
    .formula = [](Expr x) { return signbit(x); },
    .not_differentiable = "the result is bool",
};
OP(isposinf){
    .signature = "isposinf(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "Whether the element is plus infinity.",
    .dtype = rule::compare,
    .formula = [](Expr x) { return isinf(x) & (x > 0); },
    .verify = checks::not_complex,
    .not_differentiable = "the result is bool",
};
OP(isneginf){
    .signature = "isneginf(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "Whether the element is minus infinity.",
    .dtype = rule::compare,
    .formula = [](Expr x) { return isinf(x) & (x < 0); },
    .verify = checks::not_complex,
    .not_differentiable = "the result is bool",
};
OP(isreal){
    .signature = "isreal(Tensor self) -> Tensor",
    .variants = Variants::none,
    .doc = "Whether the imaginary part is 0; true of every real number.",
    .dtype = rule::compare,
    .formula = [](Expr x) { return imag(x) == 0; },
    .not_differentiable = "the result is bool",
};

OP(deg2rad){
    .signature = "deg2rad(Tensor self) -> Tensor",
    .doc = "Degrees to radians.",
    .dtype = rule::float_like,
    .formula = [](Expr x) { return x * (std::numbers::pi / 180); },
    .verify = checks::not_complex,
};
OP(rad2deg){
    .signature = "rad2deg(Tensor self) -> Tensor",
    .doc = "Radians to degrees.",
    .dtype = rule::float_like,
    .formula = [](Expr x) { return x * (180 / std::numbers::pi); },
    .verify = checks::not_complex,
};
OP(positive){
    .signature = "positive(Tensor(a) self) -> Tensor(a)",
    .doc = "The tensor itself. Not defined for bool.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dtype() != DType::bool_, ErrorKind::Runtime,
            "positive: the `+` operator, on a bool tensor, is not supported");
      return self;
    },
};

OP(round){
    .signature = "round(Tensor self) -> Tensor",
    .doc = "The nearest integer, the even one of two; with ``decimals`` to that many decimal places.",
    .dtype = rule::promote.without_complex(),
    .formula = [](Expr x) { return round(x); },
};
OP(round_decimals){
    .signature = "round.decimals(Tensor self, *, int decimals) -> Tensor",
    .variants = Variants::both,
    .composite = [](const Tensor& self, int64_t decimals) -> Tensor {
      check(!is_integral(self.dtype(), true) || decimals == 0, ErrorKind::NotImplemented,
            "\"round_decimals\" not implemented for '", name(self.dtype()), "'");
      if (decimals == 0) return call<"round">(self);
      return call<"_round_scaled">(self, std::pow(10.0, std::abs(static_cast<double>(decimals))), decimals < 0);
    },
};
OP(round_scaled){
    .signature = "_round_scaled(Tensor self, Scalar ten_power, bool negative) -> Tensor",
    .python = hidden,
    .doc = "Rounds to multiples of ``ten_power``, or of its inverse.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr k, bool negative) { return negative ? round(x / k) * k : round(x * k) / k; },
    .derivative = [](Expr g, Expr, Expr, bool, Expr) { return g * 0; },
};
OP(frac){
    .signature = "frac(Tensor self) -> Tensor",
    .doc = "The part after the point, with the element's sign.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x) { return frac(x); },
};

OP(sinc){
    .signature = "sinc(Tensor self) -> Tensor",
    .doc = "``sin(pi x) / (pi x)``, and 1 at 0.",
    .dtype = rule::float_like,
    .formula = [](Expr x) { return sinc(x); },
};
OP(logit){
    .signature = "logit(Tensor self, float? eps=None) -> Tensor",
    .doc = "``log(x / (1 - x))``; with ``eps`` the element is first brought between ``eps`` and ``1 - eps``.",
    .dtype = rule::float_like.without_complex(),
    .formula =
        [](Expr x, std::optional<Expr> eps) {
          if (eps) x = select(x < *eps, *eps, select(x > 1 - *eps, 1 - *eps, x));
          return log(x / (1 - x));
        },
    .derivative =
        [](Expr g, Expr x, std::optional<Expr> eps, Expr) {
          Expr d = g / (x * (1 - x));
          return eps ? select((x < *eps) | (x > 1 - *eps), 0, d) : select((x < 0) | (x > 1), Expr(NAN), d);
        },
};

}  // namespace flambeau
