// Vector primitives of trigonometric and inverse functions, erf, gelu, float remainders, and pow of float.
#include <cmath>

#include "src/loops/primitive_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/loops/primitives_math2.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "src/loops/math-inl.h"
#include "src/loops/vector_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {

// The values beyond the reduction's limit (infinities and NaN too) go one by one to the C++ library.
template <class D, class V, class F>
HWY_NOINLINE V mend_large(D d, V x, V result, F library) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T in[hn::MaxLanes(d)], out[hn::MaxLanes(d)];
  hn::Store(x, d, in);
  hn::Store(result, d, out);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    if (!(std::abs(in[i]) <= T(trig_limit<D>))) out[i] = library(in[i]);
  }
  return hn::Load(d, out);
}
#define TRIGONOMETRIC(name)                                                                                      \
  UNARY(name, const V result = name##_small(d, x);                                                               \
        const auto within = hn::Le(hn::Abs(x), hn::Set(d, hn::TFromD<D>(trig_limit<D>)));                        \
        if (HWY_LIKELY(hn::AllTrue(d, within))) return result;                                                   \
        return mend_large(d, x, result, [](auto v) { return std::name(v); });)
TRIGONOMETRIC(sin)
TRIGONOMETRIC(cos)
TRIGONOMETRIC(tan)

UNARY(asin, return asin_v(d, x);)
UNARY(acos, return acos_v(d, x);)
UNARY(atan, return atan_v(d, x);)
UNARY(asinh, return asinh_v(d, x);)
UNARY(acosh, return acosh_v(d, x);)
UNARY(atanh, return atanh_v(d, x);)
UNARY(erf, return erf_v(d, x);)
UNARY(gelu, return gelu_v(d, x);)

BINARY(atan2, return atan2_v(d, a, b);)
BINARY(hypot, return hypot_v(d, a, b);)

// Targets without fused multiply-add or half vectors keep the C++ library's functions.
#define FLAMBEAU_REAL_VECTORS (HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR)

#if FLAMBEAU_REAL_VECTORS
template <class D, class V, class M>
HWY_NOINLINE V mend_fmod(D d, V a, V b, V result, M within) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T x[hn::MaxLanes(d)], y[hn::MaxLanes(d)], out[hn::MaxLanes(d)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  for (size_t i = 0; i < hn::Lanes(d); ++i) out[i] = std::fmod(x[i], y[i]);
  return hn::IfThenElse(within, result, hn::Load(d, out));
}
// With a quotient below 2^mantissa, a - q b is exact in one fused operation; rounding can only make q one too large.
template <class D, class V>
HWY_INLINE V fmod_v(D d, V a, V b) {
  using T = hn::TFromD<D>;
  const V q = hn::Trunc(hn::Div(a, b));
  V r = hn::NegMulAdd(q, b, a);
  const V limit = hn::Set(d, T(int64_t(1) << (mantissa_bits<D> - 1)));
  const auto within = hn::And(hn::Lt(hn::Abs(q), limit), hn::Lt(hn::Abs(b), hn::Inf(d)));
  const auto below = hn::Lt(hn::Xor(r, hn::And(a, hn::SignBit(d))), hn::Zero(d));
  r = hn::CopySign(hn::IfThenElse(below, hn::Add(r, hn::CopySign(b, a)), r), a);
  if (HWY_LIKELY(hn::AllTrue(d, within))) return r;
  return mend_fmod(d, a, b, r, within);
}
// Where the remainder's sign is not the divisor's.
template <class D, class V>
HWY_INLINE auto wrong_side(D d, V r, V b) {
  const V zero = hn::Zero(d);
  return hn::Or(hn::And(hn::Lt(r, zero), hn::Gt(b, zero)), hn::And(hn::Gt(r, zero), hn::Lt(b, zero)));
}
BINARY(fmod, return fmod_v(d, a, b);)
BINARY(remainder, const V r = fmod_v(d, a, b);
       return hn::IfThenElse(wrong_side(d, r, b), hn::Add(r, b), r);)
// Python's floor division: exact remainder first, then the quotient rounded to the nearest integer.
BINARY(div_floor, using T = hn::TFromD<D>; const V zero = hn::Zero(d), one = hn::Set(d, T(1));
       const V ratio = hn::Div(a, b), r = fmod_v(d, a, b);
       const V exact = hn::Div(hn::Sub(a, r), b);
       const V quotient = hn::Sub(exact, hn::IfThenElseZero(wrong_side(d, r, b), one));
       const V floor = hn::Floor(quotient);
       const auto up = hn::Gt(hn::Sub(quotient, floor), hn::Set(d, T(0.5)));
       const V whole = hn::Add(floor, hn::IfThenElseZero(up, one));
       const V result = hn::IfThenElse(hn::Eq(quotient, zero), hn::CopySign(zero, ratio), whole);
       return hn::IfThenElse(hn::Eq(b, zero), ratio, result);)
#endif

// a^b in double: the logarithm's error, magnified by b, stays far below float's precision. (-1)^NaN is NaN, 1^NaN is 1.
template <class D, class V>
HWY_INLINE V pow_f64(D d, V a, V b) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0), half = hn::Set(d, 0.5);
  const V magnitude = hn::Abs(a);
  V r = exp_v(d, hn::Mul(b, log_v(d, magnitude)));
  const auto is_one = hn::Or(hn::Eq(b, zero), hn::Eq(magnitude, one));
  r = hn::IfThenElse(is_one, one, r);
  const V halved = hn::Mul(b, half);
  const auto integral = hn::Eq(hn::Floor(b), b);
  const auto odd = hn::AndNot(hn::Eq(hn::Floor(halved), halved), integral);
  const V signed_r = hn::IfThenElse(odd, hn::CopySign(r, a), r);
  const auto invalid = hn::And(hn::AndNot(integral, hn::Lt(a, zero)), hn::Lt(magnitude, hn::Inf(d)));
  const auto undefined = hn::Or(invalid, hn::And(hn::Lt(a, zero), hn::IsNaN(b)));
  return hn::IfThenElse(undefined, hn::NaN(d), signed_r);
}
#if FLAMBEAU_REAL_VECTORS
BINARY(pow, const hn::Repartition<double, D> dd; const hn::Half<D> dh;
       const auto low = pow_f64(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, a)), hn::PromoteTo(dd, hn::LowerHalf(dh, b)));
       const auto high = pow_f64(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, a)), hn::PromoteTo(dd, hn::UpperHalf(dh, b)));
       return hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low));)
#endif

#define SET1(name) t.set(Prim::name, lane_of<T>(), &loop1<T, name##_op>)
#define SET2(name) t.set(Prim::name, lane_of<T>(), &loop2<T, name##_op>)

template <class T>
void fill_float(PrimTable& t) {
#if FLAMBEAU_REAL_VECTORS
  SET1(sin); SET1(cos); SET1(tan);
  SET2(fmod); SET2(remainder); SET2(div_floor);
#endif
  SET1(asin); SET1(acos); SET1(atan); SET1(asinh); SET1(acosh); SET1(atanh); SET1(erf); SET1(gelu);
  SET2(atan2); SET2(hypot);
}

void fill_math2_(PrimTable& t) {
  fill_float<float>(t);
  fill_float<double>(t);
#if FLAMBEAU_REAL_VECTORS
  t.set(Prim::pow, Lane::f32, &loop2<float, pow_op>);
#endif
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::loops {
HWY_EXPORT(fill_math2_);
void fill_math2(PrimTable& table) { HWY_DYNAMIC_DISPATCH(fill_math2_)(table); }
}  // namespace flambeau::loops
#endif
