// The primitives that formulas are made of: their names, how many operands they take, and the lanes that registers of a
// tile program hold. What computes them stands with each device: src/loops for the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/dtype.h"

namespace flambeau {

// What a register of a tile program holds.
enum class Lane : uint8_t { f32, f64, i32, i64, u64 };
inline constexpr int kLanes = 5;
constexpr size_t lane_size(Lane lane) { return lane == Lane::f32 || lane == Lane::i32 ? 4 : 8; }

// All primitives: X(name, number of operands). Masks are lanes of the operand's width with all bits set or none.
// clang-format off
#define FLAMBEAU_PRIMITIVES(X)                                                                                         \
  /* arithmetic; mul_add is a * b + c rounded twice; integers wrap; integer division by zero gives 0 */                \
  X(add, 2) X(sub, 2) X(mul, 2) X(div, 2) X(mul_add, 3) X(neg, 1) X(abs, 1) X(sign, 1) X(recip, 1) X(sqrt, 1)          \
  X(rsqrt, 1) X(square, 1) X(div_trunc, 2) X(div_floor, 2) X(remainder, 2) X(fmod, 2) X(min, 2) X(max, 2) X(fmin, 2)   \
  X(fmax, 2) X(copysign, 2) X(nextafter, 2) X(hypot, 2) X(atan2, 2) X(ldexp, 2) X(pow, 2) X(xlogy, 2) X(xlog1py, 2)    \
  X(logaddexp, 2) X(logaddexp2, 2) X(gcd, 2) X(lcm, 2) X(heaviside, 2)                                                 \
  /* comparisons, giving masks */                                                                                      \
  X(eq, 2) X(ne, 2) X(lt, 2) X(le, 2) X(gt, 2) X(ge, 2) X(isnan, 1) X(isinf, 1) X(isfinite, 1) X(signbit, 1)           \
  /* bits of masks and integers; select(mask, a, b) */                                                                 \
  X(and_, 2) X(or_, 2) X(xor_, 2) X(not_, 1) X(mask_to_value, 1) X(value_to_mask, 1) X(select, 3) X(shl, 2) X(shr, 2)  \
  /* rounding to integral values */                                                                                    \
  X(floor, 1) X(ceil, 1) X(trunc, 1) X(round, 1) X(frac, 1)                                                            \
  /* elementary functions */                                                                                           \
  X(exp, 1) X(exp2, 1) X(expm1, 1) X(log, 1) X(log2, 1) X(log10, 1) X(log1p, 1) X(sin, 1) X(cos, 1) X(tan, 1)          \
  X(asin, 1) X(acos, 1) X(atan, 1) X(sinh, 1) X(cosh, 1) X(tanh, 1) X(asinh, 1) X(acosh, 1) X(atanh, 1)                \
  X(sigmoid, 1) X(erf, 1) X(erfc, 1) X(gelu, 1) X(silu, 1) X(softplus, 1) X(sinc, 1)                                   \
  /* special functions */                                                                                              \
  X(erfinv, 1) X(erfcx, 1) X(lgamma, 1) X(digamma, 1) X(trigamma, 1) X(i0, 1) X(i0e, 1) X(i1, 1) X(i1e, 1)             \
  X(ndtri, 1) X(log_ndtr, 1) X(bessel_j0, 1) X(bessel_j1, 1) X(bessel_y0, 1) X(bessel_y1, 1)                           \
  X(zeta, 2) X(polygamma, 2) X(igamma, 2) X(igammac, 2) X(bessel_k0, 1) X(bessel_k0e, 1) X(bessel_k1, 1)               \
  X(bessel_k1e, 1) X(spherical_j0, 1) X(airy_ai, 1)                                                                    \
  /* orthogonal polynomials (x, degree) */                                                                             \
  X(chebyshev_t, 2) X(chebyshev_u, 2) X(chebyshev_v, 2) X(chebyshev_w, 2) X(hermite_h, 2) X(hermite_he, 2)             \
  X(laguerre_l, 2) X(legendre_p, 2)
// clang-format on

enum class Prim : uint8_t {
#define FLAMBEAU_X(name, arity) name,
  FLAMBEAU_PRIMITIVES(FLAMBEAU_X)
#undef FLAMBEAU_X
};
#define FLAMBEAU_X(name, arity) +1
inline constexpr int kPrims = FLAMBEAU_PRIMITIVES(FLAMBEAU_X);
#undef FLAMBEAU_X

int arity(Prim prim);
std::string_view name(Prim prim);

}  // namespace flambeau
