// Elementary functions of one tensor.
#include "ops/define.h"

namespace flambeau {

using namespace formula;

// A function whose formula is one primitive of the same name: the commonest block, written short.
#define ELEMENTARY(name, text)                            \
  OP(name){                                               \
      .signature = #name "(Tensor self) -> Tensor",       \
      .doc = text,                                        \
      .dtype = rule::float_like,                          \
      .formula = [](Expr x) { return formula::name(x); }, \
  };

ELEMENTARY(exp, "``e`` to the power of each element.")
ELEMENTARY(exp2, "2 to the power of each element.")
ELEMENTARY(expm1, "``exp(x) - 1``, accurate near 0.")
ELEMENTARY(log, "Natural logarithm.")
ELEMENTARY(log2, "Logarithm to base 2.")
ELEMENTARY(log10, "Logarithm to base 10.")
ELEMENTARY(log1p, "``log(1 + x)``, accurate near 0.")
ELEMENTARY(sqrt, "Square root.")
ELEMENTARY(rsqrt, "``1 / sqrt(x)``.")
ELEMENTARY(sin, "Sine, of radians.")
ELEMENTARY(cos, "Cosine, of radians.")
ELEMENTARY(tan, "Tangent, of radians.")
ELEMENTARY(asin, "Arcsine, in radians.")
ELEMENTARY(acos, "Arccosine, in radians.")
ELEMENTARY(atan, "Arctangent, in radians.")
ELEMENTARY(sinh, "Hyperbolic sine.")
ELEMENTARY(cosh, "Hyperbolic cosine.")
ELEMENTARY(tanh, "Hyperbolic tangent.")
ELEMENTARY(asinh, "Inverse hyperbolic sine.")
ELEMENTARY(acosh, "Inverse hyperbolic cosine.")
ELEMENTARY(atanh, "Inverse hyperbolic tangent.")
ELEMENTARY(sigmoid, "``1 / (1 + exp(-x))``.")
#undef ELEMENTARY

OP(erf){
    .signature = "erf(Tensor self) -> Tensor",
    .python = torch | method,
    .doc = "The error function.",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr x) { return erf(x); },
};

OP(erfc){
    .signature = "erfc(Tensor self) -> Tensor",
    .doc = "``1 - erf(x)``, accurate for large x.",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr x) { return erfc(x); },
};

OP(erfinv){
    .signature = "erfinv(Tensor self) -> Tensor",
    .doc = R"(Inverse of :func:`erf`; infinite at -1 and 1.

    >>> flambeau.erfinv(flambeau.tensor([0., 0.5]))
    tensor([0.0000, 0.4769]))",
    .dtype = rule::float_like.without_complex(),
    .formula = [](Expr x) { return erfinv(x); },
    .saves = {"self"},
};

// Rounding keeps integers as they are.
#define ROUNDING(name, text)                              \
  OP(name){                                               \
      .signature = #name "(Tensor self) -> Tensor",       \
      .doc = text,                                        \
      .dtype = rule::promote.without_complex(),           \
      .formula = [](Expr x) { return formula::name(x); }, \
  };
ROUNDING(floor, "The largest integer not above each element.")
ROUNDING(ceil, "The smallest integer not below each element.")
ROUNDING(trunc, "Each element without its fraction.")
#undef ROUNDING

}  // namespace flambeau
