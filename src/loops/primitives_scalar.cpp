// Primitives computed one value at a time with the C++ library, for any instruction set: integer division, powers and
// shifts, float remainders, and every elementary function for which primitives_math*.cpp brings no vector code.
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "loops/primitive_table.h"

namespace flambeau::loops {
namespace {

// ---- integers; division by zero gives 0 and the quotient of the lowest value by -1 wraps ----

template <class T>
T wrap_neg(T a) {
  using U = std::make_unsigned_t<T>;
  return T(U(0) - U(a));
}
template <class T>
T int_div_trunc(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return wrap_neg(a);
  }
  return a / b;
}
template <class T>
T int_fmod(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return a % b;
}
template <class T>
T int_remainder(T a, T b) {
  const T r = int_fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
template <class T>
T int_div_floor(T a, T b) {
  const T r = int_fmod(a, b);
  return int_div_trunc(a, b) - T(r != 0 && (r < 0) != (b < 0));
}
template <class T>
T int_pow(T a, T b) {
  using U = std::make_unsigned_t<T>;
  if constexpr (std::is_signed_v<T>) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
  }
  U base = U(a), result = 1;
  for (U e = U(b); e != 0; e >>= 1, base *= base) {
    if (e & 1) result *= base;
  }
  return T(result);
}
template <class T>
T int_gcd(T a, T b) {
  using U = std::make_unsigned_t<T>;
  U x = a < 0 ? U(0) - U(a) : U(a), y = b < 0 ? U(0) - U(b) : U(b);
  while (y != 0) {
    const U r = x % y;
    x = y;
    y = r;
  }
  return T(x);
}
template <class T>
T int_lcm(T a, T b) {
  using U = std::make_unsigned_t<T>;
  const T g = int_gcd(a, b);
  if (g == 0) return 0;
  const T product = T(U(int_div_trunc(a, g)) * U(b));
  return product < 0 ? wrap_neg(product) : product;
}
template <class T>
T int_copysign(T a, T b) {
  return (a < 0) != (b < 0) ? wrap_neg(a) : a;
}
// Shifting by the width or more, or by a negative amount, empties the value (right shifts leave the sign).
template <class T>
T int_shl(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return U(b) >= sizeof(T) * 8 ? 0 : T(U(a) << U(b));
}
template <class T>
T int_shr(T a, T b) {
  using U = std::make_unsigned_t<T>;
  constexpr int top = sizeof(T) * 8 - 1;
  return U(b) > U(top) ? (std::is_signed_v<T> ? a >> top : 0) : T(a >> b);
}

// ---- floats ----

template <class T>
T float_remainder(T a, T b) {
  const T r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// Python's floor division: exact remainder first, then the quotient rounded to the nearest integer.
template <class T>
T float_div_floor(T a, T b) {
  if (b == 0) return a / b;
  const T r = std::fmod(a, b);
  T quotient = (a - r) / b;
  if (r != 0 && (r < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T(0), a / b);
  const T floor = std::floor(quotient);
  return quotient - floor > T(0.5) ? floor + 1 : floor;
}
template <class T>
T float_xlogy(T a, T b) {
  if (std::isnan(b)) return b;
  return a == 0 ? T(0) : a * std::log(b);
}
template <class T>
T float_xlog1py(T a, T b) {
  if (std::isnan(b)) return b;
  return a == 0 ? T(0) : a * std::log1p(b);
}
// In double for both lanes: the sum cancels where the result is near zero.
template <class T>
T float_logaddexp(T a_, T b_) {
  const double a = a_, b = b_;
  if (std::isinf(a) && a == b) return a_;
  return T(std::fmax(a, b) + std::log1p(std::exp(-std::abs(a - b))));
}
template <class T>
T float_logaddexp2(T a_, T b_) {
  const double a = a_, b = b_;
  if (std::isinf(a) && a == b) return a_;
  return T(std::fmax(a, b) + std::log1p(std::exp2(-std::abs(a - b))) * 1.4426950408889634);
}
template <class T>
T float_ldexp(T a, T b) {
  return a * std::exp2(b);
}
template <class T>
T float_pow(T a, T b) {
  return std::pow(a, b);
}
template <class T>
T float_div_trunc(T a, T b) {
  return std::trunc(a / b);
}

#define WRAP1(name)      \
  template <class T>     \
  T float_##name(T x) {  \
    return std::name(x); \
  }
#define WRAP2(name)          \
  template <class T>         \
  T float_##name(T a, T b) { \
    return std::name(a, b);  \
  }
// clang-format off
WRAP1(exp2)
WRAP1(expm1)
WRAP1(log2)
WRAP1(log10)
WRAP1(log1p)
WRAP1(sin)
WRAP1(cos)
WRAP1(tan)
WRAP1(asin)
WRAP1(acos)
WRAP1(atan)
WRAP1(sinh)
WRAP1(cosh)
WRAP1(asinh)
WRAP1(acosh)
WRAP1(atanh)
WRAP1(erf)
WRAP1(erfc)
WRAP2(fmod)
WRAP2(nextafter)
WRAP2(hypot)
WRAP2(atan2)
// clang-format on
#define SET1(name, f) t.set(Prim::name, lane_of<T>(), &scalar_loop1<T, f<T>>)
#define SET2(name, f) t.set(Prim::name, lane_of<T>(), &scalar_loop2<T, f<T>>)

template <class T>
void fill_integers(PrimTable& t) {
  SET2(div_trunc, int_div_trunc);
  SET2(div_floor, int_div_floor);
  SET2(remainder, int_remainder);
  SET2(fmod, int_fmod);
  SET2(pow, int_pow);
  SET2(gcd, int_gcd);
  SET2(lcm, int_lcm);
  SET2(copysign, int_copysign);
  SET2(shl, int_shl);
  SET2(shr, int_shr);
}

template <class T>
void fill_floats(PrimTable& t) {
  SET2(div_trunc, float_div_trunc);
  SET2(div_floor, float_div_floor);
  SET2(remainder, float_remainder);
  SET2(fmod, float_fmod);
  SET2(nextafter, float_nextafter);
  SET2(hypot, float_hypot);
  SET2(atan2, float_atan2);
  SET2(ldexp, float_ldexp);
  SET2(pow, float_pow);
  SET2(xlogy, float_xlogy);
  SET2(xlog1py, float_xlog1py);
  SET2(logaddexp, float_logaddexp);
  SET2(logaddexp2, float_logaddexp2);
  SET1(exp2, float_exp2);
  SET1(expm1, float_expm1);
  SET1(log2, float_log2);
  SET1(log10, float_log10);
  SET1(log1p, float_log1p);
  SET1(sin, float_sin);
  SET1(cos, float_cos);
  SET1(tan, float_tan);
  SET1(asin, float_asin);
  SET1(acos, float_acos);
  SET1(atan, float_atan);
  SET1(sinh, float_sinh);
  SET1(cosh, float_cosh);
  SET1(asinh, float_asinh);
  SET1(acosh, float_acosh);
  SET1(atanh, float_atanh);
  SET1(erf, float_erf);
  SET1(erfc, float_erfc);
}

}  // namespace

void fill_scalar(PrimTable& t) {
  fill_floats<float>(t);
  fill_floats<double>(t);
  fill_integers<int32_t>(t);
  fill_integers<int64_t>(t);
  fill_integers<uint64_t>(t);
}

}  // namespace flambeau::loops
