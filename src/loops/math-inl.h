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
    const V g =
        polynomial(d, r, 0.5, 0.1666666666666667103, 0.04166666666666666978, 0.00833333333332608312,
                   0.001388888888888371117, 0.0001984126987500227879, 0.0000248015873256774619, 2.755725517000088744e-6,
                   2.755727347871858047e-7, 2.510531272962210179e-8, 2.09147553258932022e-9);
    return hn::MulAdd(hn::Mul(r, r), g, r);
  }
}

// x within [low, high]; NaN stays.
template <class D, class V>
HWY_INLINE V clamp_v(D d, V x, double low, double high) {
  using T = hn::TFromD<D>;
  x = hn::IfThenElse(hn::Gt(x, hn::Set(d, T(high))), hn::Set(d, T(high)), x);
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, T(low))), hn::Set(d, T(low)), x);
}

// v * 2^k in two steps, so that both factors are normal numbers.
template <class D, class V>
HWY_INLINE V scale_v(D d, V v, V k) {
  const V half = hn::Floor(hn::Mul(k, hn::Set(d, hn::TFromD<D>(0.5))));
  return hn::Mul(hn::Mul(v, exp2_integral(d, half)), exp2_integral(d, hn::Sub(k, half)));
}

template <class D, class V>
HWY_INLINE V exp_v(D d, V x) {
  V k;
  const V p = expm1_reduced(d, clamp_v(d, x, is_f32<D> ? -104 : -746, is_f32<D> ? 89 : 710), k);
  return scale_v(d, hn::Add(p, hn::Set(d, hn::TFromD<D>(1))), k);
}

template <class D, class V>
HWY_INLINE V exp2_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V c = clamp_v(d, x, is_f32<D> ? -151 : -1076, is_f32<D> ? 128 : 1024);
  const V whole = hn::Round(c);
  V zero;
  const V p = expm1_reduced(d, hn::Mul(hn::Sub(c, whole), hn::Set(d, T(0.6931471805599453))), zero);
  return scale_v(d, hn::Add(p, hn::Set(d, T(1))), hn::Add(whole, zero));
}

// (exp(x) - 1) * 2^-Halvings, without overflow before the result.
template <int Halvings, class D, class V>
HWY_INLINE V expm1_v(D d, V x) {
  using T = hn::TFromD<D>;
  V k;
  const V p = expm1_reduced(d, clamp_v(d, x, -50, is_f32<D> ? 90 : 711), k);
  const V half = hn::Floor(hn::Mul(k, hn::Set(d, T(0.5))));
  const V rest = hn::Sub(k, half);
  const V scale = exp2_integral(d, half);
  const V minus_one = hn::Sub(scale, exp2_integral(d, hn::Neg(rest)));
  return hn::Mul(hn::MulAdd(p, scale, minus_one), exp2_integral(d, hn::Sub(rest, hn::Set(d, T(Halvings)))));
}

template <class D, class V>
HWY_INLINE V sigmoid_v(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  return hn::Div(one, hn::Add(one, exp_v(d, hn::Neg(x))));
}

template <class D, class V>
HWY_INLINE V sinh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V a = hn::Abs(x);
  const V e = expm1_v<1>(d, a);
  const V ratio = hn::Div(e, hn::MulAdd(e, hn::Set(d, T(2)), hn::Set(d, T(1))));
  const V half = hn::Set(d, T(0.5));
  return hn::CopySign(hn::Add(e, hn::IfThenElse(hn::Gt(a, hn::Set(d, T(40))), half, ratio)), x);
}

template <class D, class V>
HWY_INLINE V cosh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V e = hn::Add(expm1_v<1>(d, hn::Abs(x)), hn::Set(d, T(0.5)));
  return hn::Add(e, hn::Div(hn::Set(d, T(0.25)), e));
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

// For |f| within sqrt(1/2) - 1 and sqrt(2) - 1: log(1 + f) = f - (f²/2 - s (f²/2 + R)), s = f / (2 + f); gives the
// bracket.
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

template <class D, class V>
HWY_INLINE V log2_v(D d, V x) {
  using T = hn::TFromD<D>;
  V k;
  const V f = hn::Sub(split_exponent(d, x, k), hn::Set(d, T(1)));
  const V natural = hn::Sub(f, log1p_tail(d, f));
  return log_edges(d, x, hn::MulAdd(natural, hn::Set(d, T(1.4426950408889634)), k));
}

template <class D, class V>
HWY_INLINE V log10_v(D d, V x) {
  using T = hn::TFromD<D>;
  V k;
  const V f = hn::Sub(split_exponent(d, x, k), hn::Set(d, T(1)));
  const V natural = hn::Sub(f, log1p_tail(d, f));
  const T high = is_f32<D> ? T(0.301025391f) : T(0x1.3441350800000p-2);
  const T low = is_f32<D> ? T(4.60503907e-6f) : T(0x1.f79fef311f12bp-34);
  const V small = hn::MulAdd(natural, hn::Set(d, T(0.4342944819032518)), hn::Mul(k, hn::Set(d, low)));
  return log_edges(d, x, hn::MulAdd(k, hn::Set(d, high), small));
}

// u = 1 + x with its rounding error put back into the small part; near 1 the fraction is x itself.
template <class D, class V>
HWY_INLINE V log1p_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V u = hn::Add(x, one);
  V k;
  const V m = split_exponent(d, u, k);
  const auto near = hn::Eq(k, hn::Zero(d));
  const V f = hn::IfThenElse(near, x, hn::Sub(m, one));
  const V large_error = hn::Sub(one, hn::Sub(u, x));
  const V small_error = hn::Sub(x, hn::Sub(u, one));
  const V error = hn::Div(hn::IfThenElse(hn::Gt(x, one), large_error, small_error), u);
  const V correction = hn::IfThenZeroElse(near, error);
  const T high = is_f32<D> ? T(0.693145752f) : T(0x1.62e42fee00000p-1);
  const T low = is_f32<D> ? T(1.42860677e-6f) : T(0x1.a39ef35793c76p-33);
  const V tail = hn::Sub(log1p_tail(d, f), hn::MulAdd(k, hn::Set(d, low), correction));
  const V result = hn::MulAdd(k, hn::Set(d, high), hn::Sub(f, tail));
  // -0 stays -0.
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, log_edges(d, u, result));
}

template <class D, class V>
HWY_INLINE V softplus_v(D d, V x) {
  const V positive = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
  return hn::Add(positive, log1p_v(d, exp_v(d, hn::Neg(hn::Abs(x)))));
}

template <class D, class V>
HWY_INLINE V asinh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V a = hn::Abs(x);
  const auto large = hn::Gt(a, hn::Set(d, is_f32<D> ? T(1e6) : T(1e15)));
  const V square = hn::Mul(a, a);
  const V small = hn::Add(a, hn::Div(square, hn::Add(one, hn::Sqrt(hn::Add(square, one)))));
  const V r = log1p_v(d, hn::IfThenElse(large, a, small));
  return hn::CopySign(hn::Add(r, hn::IfThenElseZero(large, hn::Set(d, T(0.6931471805599453)))), x);
}

template <class D, class V>
HWY_INLINE V acosh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const auto large = hn::Gt(x, hn::Set(d, is_f32<D> ? T(1e6) : T(1e15)));
  const V t = hn::Sub(x, hn::Set(d, T(1)));
  const V small = hn::Add(t, hn::Sqrt(hn::MulAdd(t, t, hn::Add(t, t))));
  const V r = log1p_v(d, hn::IfThenElse(large, x, small));
  const V sum = hn::Add(r, hn::IfThenElseZero(large, hn::Set(d, T(0.6931471805599453))));
  return hn::IfThenElse(hn::Lt(t, hn::Zero(d)), hn::NaN(d), sum);
}

template <class D, class V>
HWY_INLINE V atanh_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V a = hn::Abs(x);
  const V r = log1p_v(d, hn::Div(hn::Add(a, a), hn::Sub(hn::Set(d, T(1)), a)));
  const V half = hn::CopySign(hn::Mul(r, hn::Set(d, T(0.5))), x);
  return hn::IfThenElse(hn::Gt(a, hn::Set(d, T(1))), hn::NaN(d), half);
}

// sin(r) for |r| <= pi/2 and cos(r) for |r| <= pi/4.
template <class D, class V>
HWY_INLINE V sin_reduced(D d, V r) {
  const V z = hn::Mul(r, r);
  V p;
  if constexpr (is_f32<D>) {
    p = polynomial(d, z, -0.1666666596, 0.008333241864, -0.0001982270294, 2.634638034e-6);
  } else {
    p = polynomial(d, z, -0.1666666666666666663, 0.008333333333333315747, -0.0001984126984125488469,
                   2.75573192191391822e-6, -2.505210761393476032e-8, 1.605897711407467329e-10,
                   -7.643963965925356663e-13, 2.731365867494016715e-15);
  }
  return hn::MulAdd(hn::Mul(r, z), p, r);
}
template <class D, class V>
HWY_INLINE V cos_reduced(D d, V r) {
  using T = hn::TFromD<D>;
  const V z = hn::Mul(r, r);
  V p;
  if constexpr (is_f32<D>) {
    p = polynomial(d, z, 0.04166666465, -0.001388830187, 2.454768977e-5);
  } else {
    p = polynomial(d, z, 0.04166666666666666667, -0.001388888888888888786, 0.00002480158730158463314,
                   -2.755731922139249065e-7, 2.087675578749260595e-9, -1.147046031920951184e-11,
                   4.74583841253102291e-14);
  }
  const V tail = hn::MulAdd(hn::Mul(z, z), p, hn::Mul(z, hn::Set(d, T(-0.5))));
  return hn::Add(hn::Set(d, T(1)), tail);
}

// x - k * pi * Scale (Scale a power of two) with pi in three parts: exact enough through fused multiply-add for
// |x| <= trig_limit.
template <class D>
inline constexpr double trig_limit = is_f32<D> ? 30000 : 1e6;
template <class D, class V>
HWY_INLINE V subtract_pi(D d, V x, V k, double scale) {
  using T = hn::TFromD<D>;
  constexpr double p1 = is_f32<D> ? 0x1.921fb6p+1 : 0x1.921fb54442d18p+1;
  constexpr double p2 = is_f32<D> ? -0x1.777a5cp-24 : 0x1.1a62633145c07p-53;
  constexpr double p3 = is_f32<D> ? -0x1.ee59dap-49 : -0x1.f1976b7ed8fbcp-109;
  V r = hn::NegMulAdd(k, hn::Set(d, T(p1 * scale)), x);
  r = hn::NegMulAdd(k, hn::Set(d, T(p2 * scale)), r);
  return hn::NegMulAdd(k, hn::Set(d, T(p3 * scale)), r);
}

// The sign bit set where the integral k is odd.
template <class D, class V>
HWY_INLINE V odd_sign(D d, V k) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  const V shifted = hn::Add(k, hn::Set(d, T(1.5) * T(int64_t(1) << mantissa_bits<D>)));
  return hn::BitCast(d, hn::ShiftLeft<sizeof(T) * 8 - 1>(hn::BitCast(du, shifted)));
}

template <class D, class V>
HWY_INLINE V sin_small(D d, V x) {
  using T = hn::TFromD<D>;
  const V k = hn::Round(hn::Mul(x, hn::Set(d, T(0.3183098861837907))));
  const V r = hn::Xor(sin_reduced(d, subtract_pi(d, x, k, 1)), odd_sign(d, k));
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, r);
}
template <class D, class V>
HWY_INLINE V cos_small(D d, V x) {
  using T = hn::TFromD<D>;
  const V half = hn::Set(d, T(0.5));
  const V k = hn::Round(hn::MulSub(x, hn::Set(d, T(0.3183098861837907)), half));
  const V r = sin_reduced(d, subtract_pi(d, x, hn::Add(k, half), 1));
  return hn::Xor(r, hn::Xor(odd_sign(d, k), hn::SignBit(d)));
}
template <class D, class V>
HWY_INLINE V tan_small(D d, V x) {
  using T = hn::TFromD<D>;
  const V k = hn::Round(hn::Mul(x, hn::Set(d, T(0.6366197723675814))));
  const V r = subtract_pi(d, x, k, 0.5);
  const V sine = sin_reduced(d, r), cosine = cos_reduced(d, r);
  const V odd = odd_sign(d, k);
  const hn::RebindToSigned<D> di;
  const auto swap = hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, odd))));
  const V t = hn::Div(hn::IfThenElse(swap, cosine, sine), hn::IfThenElse(swap, sine, cosine));
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, hn::Xor(t, odd));
}

template <class D, class V>
HWY_INLINE V atan_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V a = hn::Abs(x);
  const auto middle = hn::Gt(a, hn::Set(d, T(0.41421356237309503)));
  const auto large = hn::Gt(a, hn::Set(d, T(2.414213562373095)));
  const V above = hn::IfThenElse(large, hn::Set(d, T(-1)), hn::Sub(a, one));
  const V below = hn::IfThenElse(large, a, hn::Add(a, one));
  const V t = hn::IfThenElse(middle, hn::Div(above, below), a);
  const V quarter = hn::Set(d, T(0.7853981633974483));
  const V base = hn::IfThenElseZero(middle, hn::IfThenElse(large, hn::Add(quarter, quarter), quarter));
  const V z = hn::Mul(t, t);
  V p;
  if constexpr (is_f32<D>) {
    p = polynomial(d, z, -0.3333328639, 0.1999121368, -0.140236802, 0.08518350299);
  } else {
    p = polynomial(d, z, -0.3333333333333333013, 0.199999999999954792, -0.1428571428465789355, 0.111111110145610136,
                   -0.09090904549884610954, 0.07692182535116648202, -0.06664502215671447104, 0.05858068756861510547,
                   -0.05085030492810940543, 0.03921955253255129409, -0.01916206891590257395);
  }
  return hn::CopySign(hn::Add(base, hn::MulAdd(hn::Mul(t, z), p, t)), x);
}

// asin(s) for 0 <= s <= 1/2, z = s².
template <class D, class V>
HWY_INLINE V asin_reduced(D d, V s, V z) {
  V p;
  if constexpr (is_f32<D>) {
    p = polynomial(d, z, 0.1666666634, 0.07500094543, 0.04459940153, 0.03110066274, 0.01714923836, 0.0336908472);
  } else {
    p = polynomial(d, z, 0.1666666666666666783, 0.07499999999998432933, 0.04464285714635542978, 0.03038194413853124729,
                   0.02237217294214988787, 0.01735239272086997294, 0.0139712129735529333, 0.0114791774151849059,
                   0.01032281435018577929, 0.0054575067186403583, 0.01740087944269402244, -0.01485188707124720322,
                   0.02875785136742156471);
  }
  return hn::MulAdd(hn::Mul(s, z), p, s);
}
template <class D, class V>
HWY_INLINE V asin_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V half = hn::Set(d, T(0.5));
  const V a = hn::Abs(x);
  const auto large = hn::Gt(a, half);
  const V z = hn::IfThenElse(large, hn::Mul(hn::Sub(hn::Set(d, T(1)), a), half), hn::Mul(a, a));
  const V s = asin_reduced(d, hn::IfThenElse(large, hn::Sqrt(z), a), z);
  const V mirrored = hn::Sub(hn::Set(d, T(1.5707963267948966)), hn::Add(s, s));
  return hn::CopySign(hn::IfThenElse(large, mirrored, s), x);
}
template <class D, class V>
HWY_INLINE V acos_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V half = hn::Set(d, T(0.5));
  const V a = hn::Abs(x);
  const auto large = hn::Gt(a, half);
  const V z = hn::IfThenElse(large, hn::Mul(hn::Sub(hn::Set(d, T(1)), a), half), hn::Mul(a, a));
  const V s = asin_reduced(d, hn::IfThenElse(large, hn::Sqrt(z), a), z);
  const V twice = hn::Add(s, s);
  const V outer = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(hn::Set(d, T(3.141592653589793)), twice), twice);
  return hn::IfThenElse(large, outer, hn::Sub(hn::Set(d, T(1.5707963267948966)), hn::CopySign(s, x)));
}

// Up to 1 an odd polynomial; beyond, 1 - exp(q) with q fitted to log(erfc).
template <class D, class V>
HWY_INLINE V erf_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V a = hn::Abs(x);
  const V z = hn::Mul(a, a);
  const V top = hn::Set(d, is_f32<D> ? T(4) : T(6));
  const V t = hn::Sub(hn::IfThenElse(hn::Gt(a, top), top, a), hn::Set(d, is_f32<D> ? T(2.5) : T(3.5)));
  V small, q;
  if constexpr (is_f32<D>) {
    small = polynomial(d, z, 0.1283791658, -0.3761262667, 0.1128359472, -0.02685421201, 0.005189087423,
                       -0.0008016864287, 7.875875063e-5);
    q = polynomial(d, t, -7.806815273, -5.352680674, -0.9438937036, -0.01085854164, 0.002165303549, -0.0004201225235,
                   7.729137615e-5, -1.33150144e-5, 1.637151415e-6);
  } else {
    small = polynomial(d, z, 0.1283791670955125665, -0.3761263890318354044, 0.1128379167094500627,
                       -0.02686617064323777036, 0.005223977607116422732, -0.0008548325975389692081,
                       0.0001205529490483970792, -0.00001492473690741966034, 1.644742470331736241e-6,
                       -1.62084838018717059e-7, 1.37200645467776856e-8, -7.795898827002142242e-10);
    q = polynomial(d, t, -14.11243740214817376, -7.266099588365206396, -0.9667530547422281394, -0.005225658221721047032,
                   0.0008736873236126018698, -0.0001472977758120194223, 0.00002438637365549804154,
                   -3.889555400677807309e-6, 5.856141176239106501e-7, -8.069490644131127742e-8, 9.531901210671525175e-9,
                   -7.736724078450505778e-10, -2.495334844742057866e-11, 3.013979269801678623e-11,
                   -9.116716566509587575e-12, 2.195972984969622912e-12, -4.114341005386085518e-13,
                   4.187825542828835661e-14, -5.758524264678145709e-15, 3.376883533291497865e-15,
                   -3.797364381251290869e-16, -1.623224851714670789e-16, 3.071160834344799531e-17);
  }
  V k;
  const V e = expm1_reduced(d, q, k);
  const V scale = exp2_integral(d, k);
  const V one = hn::Set(d, T(1));
  const V large = hn::Sub(hn::Sub(one, scale), hn::Mul(e, scale));
  return hn::CopySign(hn::IfThenElse(hn::Lt(a, one), hn::MulAdd(a, small, a), large), x);
}

template <class D, class V>
HWY_INLINE V gelu_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V half = hn::Mul(x, hn::Set(d, T(0.5)));
  return hn::MulAdd(half, erf_v(d, hn::Mul(x, hn::Set(d, T(0.7071067811865476)))), half);
}

// The angle of (x, y), by the arctangent of the smaller over the larger magnitude.
template <class D, class V>
HWY_INLINE V atan2_v(D d, V y, V x) {
  using T = hn::TFromD<D>;
  const V zero = hn::Zero(d), pi = hn::Set(d, T(3.141592653589793)), half_pi = hn::Set(d, T(1.5707963267948966));
  const V ay = hn::Abs(y), ax = hn::Abs(x);
  const auto steep = hn::Gt(ay, ax);
  const V low = hn::IfThenElse(steep, ax, ay), high = hn::IfThenElse(steep, ay, ax);
  V t = hn::IfThenElse(hn::Eq(high, zero), zero, hn::Div(low, high));
  t = hn::IfThenElse(hn::Eq(low, hn::Inf(d)), hn::Set(d, T(1)), t);
  V r = atan_v(d, t);
  r = hn::IfThenElse(steep, hn::Sub(half_pi, r), r);
  const auto left = hn::MaskFromVec(hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<D>(), x))));
  r = hn::CopySign(hn::IfThenElse(left, hn::Sub(pi, r), r), y);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::NaN(d), r);
}

template <class D, class V>
HWY_INLINE V hypot_v(D d, V x, V y) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V ay = hn::Abs(y), ax = hn::Abs(x);
  const auto steep = hn::Gt(ay, ax);
  const V low = hn::IfThenElse(steep, ax, ay), high = hn::IfThenElse(steep, ay, ax);
  const V ratio = hn::Div(low, high);
  V r = hn::Mul(high, hn::Sqrt(hn::MulAdd(ratio, ratio, one)));
  r = hn::IfThenElse(hn::Eq(high, hn::Zero(d)), low, r);  // low may be NaN
  return hn::IfThenElse(hn::Or(hn::Eq(ax, hn::Inf(d)), hn::Eq(ay, hn::Inf(d))), hn::Inf(d), r);
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // include guard
