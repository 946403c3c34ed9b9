// Elementary functions on vectors of float and double, compiled once per instruction set. Polynomials are Chebyshev
// interpolants of this project; the schemes (Cody–Waite reduction, atanh series of the logarithm) are the textbook's.
#if defined(FLAMBEAU_LOOPS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FLAMBEAU_LOOPS_MATH_INL_H_
#undef FLAMBEAU_LOOPS_MATH_INL_H_
#else
#define FLAMBEAU_LOOPS_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
inline constexpr bool is_f32 = std::is_same_v<hn::TFromD<D>, float>;
template <class D>
inline constexpr int mantissa_bits = is_f32<D> ? 23 : 52;

// c0 + c1 x + c2 x^2 ..., by Horner's rule.
template <class D, class V, class... C>
HWY_INLINE V polynomial(D d, V x, double c0, C... rest) {
  using T = hn::TFromD<D>;
  if constexpr (sizeof...(rest) == 0) {
    return hn::Set(d, T(c0));
  } else {
    return hn::MulAdd(polynomial(d, x, rest...), x, hn::Set(d, T(c0)));
  }
}

// 2^k for integral k (as a float vector) within the normal exponents.
template <class D, class V>
HWY_INLINE V exp2_integral(D d, V k) {
  const hn::RebindToSigned<D> di;
  constexpr int bias = is_f32<D> ? 127 : 1023;
  // Adding 1.5 * 2^mantissa leaves the integer in the low bits: quicker than a conversion, above all for double.
  const V magic = hn::Set(d, hn::TFromD<D>(1.5) * hn::TFromD<D>(int64_t(1) << mantissa_bits<D>));
  const auto bits = hn::BitCast(di, hn::Add(k, hn::Add(magic, hn::Set(d, hn::TFromD<D>(bias)))));
  return hn::BitCast(d, hn::ShiftLeft<mantissa_bits<D>>(bits));
}

// x = k ln 2 + r with |r| <= ln(2) / 2; gives exp(r) - 1 and k.
template <class D, class V>
HWY_INLINE V expm1_reduced(D d, V x, V& k) {
  using T = hn::TFromD<D>;
  k = hn::Round(hn::Mul(x, hn::Set(d, T(1.4426950408889634))));
  if constexpr (is_f32<D>) {
    V r = hn::NegMulAdd(k, hn::Set(d, 0.693145752f), x);
    r = hn::NegMulAdd(k, hn::Set(d, 1.42860677e-6f), r);
    const V g = polynomial(d, r, 0.5, 0.1666657667, 0.04166655421, 0.008363232884, 0.001392625083);
    return hn::MulAdd(hn::Mul(r, r), g, r);
  } else {
    V r = hn::NegMulAdd(k, hn::Set(d, 0x1.62e42fee00000p-1), x);
    r = hn::NegMulAdd(k, hn::Set(d, 0x1.a39ef35793c76p-33), r);
    const V g = polynomial(d, r, 0.5, 0.1666666666666667103, 0.04166666666666666978, 0.00833333333332608312,
                           0.001388888888888371117, 0.0001984126987500227879, 0.0000248015873256774619,
                           2.755725517000088744e-6, 2.755727347871858047e-7, 2.510531272962210179e-8,
                           2.09147553258932022e-9);
    return hn::MulAdd(hn::Mul(r, r), g, r);
  }
}

template <class D, class V>
HWY_INLINE V exp_v(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr T high = is_f32<D> ? T(89) : T(710), low = is_f32<D> ? T(-104) : T(-746);
  // Clamped so that the two factors of the scale are normal; NaN passes through the comparisons' else branch.
  V c = hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), x);
  c = hn::IfThenElse(hn::Lt(c, hn::Set(d, low)), hn::Set(d, low), c);
  V k;
  const V e = hn::Add(expm1_reduced(d, c, k), hn::Set(d, T(1)));
  const V half = hn::Floor(hn::Mul(k, hn::Set(d, T(0.5))));
  return hn::Mul(hn::Mul(e, exp2_integral(d, half)), exp2_integral(d, hn::Sub(k, half)));
}

template <class D, class V>
HWY_INLINE V tanh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V limit = hn::Set(d, is_f32<D> ? T(10) : T(20));
  const V a = hn::Abs(x);
  const V twice = hn::IfThenElse(hn::Gt(a, limit), limit, a);  // NaN stays
  V k;
  const V p = expm1_reduced(d, hn::Add(twice, twice), k);
  const V scale = exp2_integral(d, k);
  const V e = hn::MulAdd(p, scale, hn::Sub(scale, hn::Set(d, T(1))));
  return hn::CopySign(hn::Div(e, hn::Add(e, hn::Set(d, T(2)))), x);
}

// x = m * 2^k with m in [sqrt(1/2), sqrt(2)); x positive and finite (others are mended by the caller).
template <class D, class V>
HWY_INLINE V split_exponent(D d, V x, V& k) {
  using T = hn::TFromD<D>;
  const hn::RebindToSigned<D> di;
  using I = hn::TFromD<decltype(di)>;
  constexpr int bits = mantissa_bits<D>;
  const auto tiny = hn::Lt(x, hn::Set(d, std::numeric_limits<T>::min()));
  const V scaled = hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, T(I(1) << (bits + 1)))), x);
  // Subtracting the bits of sqrt(1/2) puts the cut of the exponent there.
  constexpr I cut = is_f32<D> ? I(0x3f3504f3) : I(0x3fe6a09e667f3bcdLL);
  const auto i = hn::BitCast(di, scaled);
  const auto shifted = hn::Sub(i, hn::Set(di, cut));
  const auto e = hn::ShiftRight<bits>(shifted);
  k = hn::Add(hn::ConvertTo(d, e), hn::IfThenElseZero(tiny, hn::Set(d, T(-(bits + 1)))));
  return hn::BitCast(d, hn::Sub(i, hn::ShiftLeft<bits>(e)));
}

// For |f| within sqrt(1/2) - 1 and sqrt(2) - 1: log(1 + f) = f - (f²/2 - s (f²/2 + R)), s = f / (2 + f); gives the bracket.
template <class D, class V>
HWY_INLINE V log1p_tail(D d, V f) {
  using T = hn::TFromD<D>;
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, T(2))));
  const V z = hn::Mul(s, s);
  V r;
  if constexpr (is_f32<D>) {
    r = polynomial(d, z, 0.6666666655, 0.4000012559, 0.2855039696, 0.2334194339);
  } else {
    r = polynomial(d, z, 0.6666666666666669907, 0.3999999999989322176, 0.285714286288109956, 0.2222221067423851525,
                   0.1818292251351594163, 0.1533061730674330489, 0.1463003136412286047);
  }
  const V half_square = hn::Mul(hn::Mul(f, f), hn::Set(d, T(0.5)));
  return hn::Sub(half_square, hn::Mul(s, hn::MulAdd(z, r, half_square)));
}

// log at 0, negative, infinite and NaN arguments.
template <class D, class V>
HWY_INLINE V log_edges(D d, V x, V result) {
  const V zero = hn::Zero(d);
  result = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(hn::Inf(d)), result);
  result = hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), result);
  return hn::IfThenElse(hn::Or(hn::Eq(x, hn::Inf(d)), hn::IsNaN(x)), x, result);
}

template <class D, class V>
HWY_INLINE V log_v(D d, V x) {
  using T = hn::TFromD<D>;
  V k;
  const V f = hn::Sub(split_exponent(d, x, k), hn::Set(d, T(1)));
  const T high = is_f32<D> ? T(0.693145752f) : T(0x1.62e42fee00000p-1);
  const T low = is_f32<D> ? T(1.42860677e-6f) : T(0x1.a39ef35793c76p-33);
  const V tail = hn::Sub(log1p_tail(d, f), hn::Mul(k, hn::Set(d, low)));
  return log_edges(d, x, hn::MulAdd(k, hn::Set(d, high), hn::Sub(f, tail)));
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // include guard
