// Vector primitives of trigonometric and inverse functions, erf, gelu, float remainders, and pow of float.
#include <cmath>

#include "loops/primitive_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "loops/primitives_math2.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "loops/math-inl.h"
#include "loops/vector_loops-inl.h"

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
#define TRIGONOMETRIC(name)                                                               \
  UNARY(name, const V result = name##_small(d, x);                                        \
        const auto within = hn::Le(hn::Abs(x), hn::Set(d, hn::TFromD<D>(trig_limit<D>))); \
        if (HWY_LIKELY(hn::AllTrue(d, within))) return result;                            \
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
BINARY(remainder, const V r = fmod_v(d, a, b); return hn::IfThenElse(wrong_side(d, r, b), hn::Add(r, b), r);)
// Python's floor division: exact remainder first, then the quotient rounded to the nearest integer.
BINARY(div_floor, using T = hn::TFromD<D>; const V zero = hn::Zero(d), one = hn::Set(d, T(1));
       const V ratio = hn::Div(a, b), r = fmod_v(d, a, b); const V exact = hn::Div(hn::Sub(a, r), b);
       const V quotient = hn::Sub(exact, hn::IfThenElseZero(wrong_side(d, r, b), one));
       const V floor = hn::Floor(quotient); const auto up = hn::Gt(hn::Sub(quotient, floor), hn::Set(d, T(0.5)));
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
// 2^t for |t| below 1000, to 2e-10: what float needs.
template <class D, class V>
HWY_INLINE V exp2_for_float(D d, V t) {
  const V k = hn::Round(t), r = hn::Sub(t, k);
  const V p = polynomial(d, r, 1.0, 0.6931471805599453, 0.24022650695910072, 0.05550410866482158, 0.009618129107628477,
                         0.0013333558146428443, 0.0001540353039338161, 1.525273380405984e-05, 1.3215486790144309e-06);
  return hn::Mul(p, exp2_integral(d, k));
}
// log2 of positive, finite, normal numbers, to 5e-11 of the fraction's part.
template <class D, class V>
HWY_INLINE V log2_for_float(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto i = hn::BitCast(di, x);
  const auto e = hn::ShiftRight<52>(hn::Sub(i, hn::Set(di, int64_t(0x3fe6a09e667f3bcdLL))));
  const V m = hn::BitCast(d, hn::Sub(i, hn::ShiftLeft<52>(e)));
  const V one = hn::Set(d, 1.0);
  const V s = hn::Div(hn::Sub(m, one), hn::Add(m, one)), z = hn::Mul(s, s);
  const V p = polynomial(d, z, 2.8853900817779268, 0.9617966939259756, 0.5770780163555853, 0.41219858311113244,
                         0.3205988979753252, 0.2623081892525388, 0.22195308321368666);
  return hn::MulAdd(s, p, hn::ConvertTo(d, e));
}
template <class D, class V>
HWY_INLINE V pow_for_float(D d, V a, V b) {
  const V t = hn::Mul(b, log2_for_float(d, a)), top = hn::Set(d, 400.0);
  return exp2_for_float(d, hn::Max(hn::Min(t, top), hn::Neg(top)));
}
template <class D, class V>
HWY_NOINLINE V pow_slowly(D d, V a, V b) {
  const hn::Repartition<double, D> dd;
  const hn::Half<D> dh;
  const auto low = pow_f64(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, a)), hn::PromoteTo(dd, hn::LowerHalf(dh, b)));
  const auto high = pow_f64(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, a)), hn::PromoteTo(dd, hn::UpperHalf(dh, b)));
  return hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low));
}
// Through double, where bases are positive and all is finite: one division and two short polynomials.
BINARY(pow, const hn::Repartition<double, D> dd; const hn::Half<D> dh; const V inf = hn::Inf(d);
       const auto plain = hn::And(hn::And(hn::Gt(a, hn::Zero(d)), hn::Lt(a, inf)), hn::Lt(hn::Abs(b), inf));
       if (HWY_UNLIKELY(!hn::AllTrue(d, plain))) return pow_slowly(d, a, b);
       const auto low = pow_for_float(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, a)),
                                      hn::PromoteTo(dd, hn::LowerHalf(dh, b)));
       const auto high = pow_for_float(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, a)),
                                       hn::PromoteTo(dd, hn::UpperHalf(dh, b)));
       return hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low));)

// a^b of doubles: the logarithm as a sum of two doubles, so that the exponent's error stays below the result's last
// bit. Where a is not positive and finite, or something is extreme, the C library.
template <class D, class V>
HWY_NOINLINE V mend_pow(D d, V a, V b, V result) {
  HWY_ALIGN double x[hn::MaxLanes(d)], y[hn::MaxLanes(d)], out[hn::MaxLanes(d)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(result, d, out);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    if (!(x[i] > 0 && std::isfinite(x[i]) && std::abs(y[i]) < 1e15)) out[i] = std::pow(x[i], y[i]);
  }
  return hn::Load(d, out);
}
BINARY(pow_double, const V one = hn::Set(d, 1.0); V k; const V m = split_exponent(d, a, k);
       // s = (m - 1) / (m + 1), with what the division leaves.
       const V f = hn::Sub(m, one),
       g = hn::Add(m, one), g_rest = hn::Sub(m, hn::Sub(g, one));
       const V s = hn::Div(f, g); const V s_rest = hn::Div(hn::NegMulAdd(s, g_rest, hn::NegMulAdd(s, g, f)), g);
       const V z = hn::Mul(s, s);
       // The series of 2 atanh(s), its second term in two parts.
       const V tail = polynomial(d, z, 0.4, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19,
                                 2.0 / 21);
       const V z_rest = hn::MulAdd(hn::Add(s, s), s_rest, hn::MulSub(s, s, z));
       const V two_thirds = hn::Set(d, 2.0 / 3); const V w = hn::MulAdd(z, tail, two_thirds);
       const V w_rest = hn::Add(hn::MulAdd(z, tail, hn::Sub(two_thirds, w)), hn::Set(d, 0x1.5555555555555p-55));
       const V q = hn::Mul(z, w);  // s * q is the sum of all further terms
       const V q_rest = hn::Add(hn::MulSub(z, w, q), hn::MulAdd(z, w_rest, hn::Mul(z_rest, w)));
       const V c = hn::Mul(s, q), c_rest = hn::Add(hn::MulSub(s, q, c), hn::MulAdd(s, q_rest, hn::Mul(s_rest, q)));
       const V l1 = hn::Add(s, s), l = hn::Add(l1, c);
       const V l_rest = hn::Add(hn::Sub(c, hn::Sub(l, l1)), hn::MulAdd(hn::Set(d, 2.0), s_rest, c_rest));
       const V big = hn::Mul(k, hn::Set(d, 0x1.62e42fee00000p-1)), sum = hn::Add(big, l);
       const V lost = hn::IfThenElse(hn::Eq(k, hn::Zero(d)), hn::Zero(d), hn::Sub(l, hn::Sub(sum, big)));
       const V rest = hn::Add(hn::Add(lost, l_rest), hn::Mul(k, hn::Set(d, 0x1.a39ef35793c76p-33)));
       const V t = hn::Mul(b, sum), t_rest = hn::MulAdd(b, rest, hn::MulSub(b, sum, t)); const V e = exp_v(d, t);
       const auto bounded = hn::And(hn::Lt(hn::Abs(t), hn::Set(d, 1000.0)), hn::Lt(e, hn::Inf(d)));
       const V r = hn::IfThenElse(bounded, hn::MulAdd(e, t_rest, e), e);
       const auto plain = hn::And(hn::And(hn::Gt(a, hn::Zero(d)), hn::Lt(a, hn::Inf(d))),
                                  hn::Lt(hn::Abs(b), hn::Set(d, 1e15)));
       if (HWY_LIKELY(hn::AllTrue(d, plain))) return r; return mend_pow(d, a, b, r);)
#endif

// exp(a²) erfc(a) for a ≥ 0: a polynomial in t = (a - K) / (a + K) over 1 + 2a (Shepherd and Laframboise, 1981).
template <class D, class V>
HWY_INLINE V erfcx_v(D d, V a) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  constexpr T shift = is_f32<D> ? T(2.5) : T(3.75);
  const V t = hn::Sub(one, hn::Div(hn::Set(d, 2 * shift), hn::Add(a, hn::Set(d, shift))));
  V p;
  if constexpr (is_f32<D>) {
    p = polynomial(d, t, 1.26483818, -0.1223567694, -0.09902423965, 0.157630376, -0.1029705553, 0.0327554827,
                   0.0009468088732, -0.004358277227, 0.0004632798436, 0.0005834769349, -6.389437193e-5,
                   -6.471063822e-5);
  } else {
    p = polynomial(d, t, 1.2375126308378276, -0.14024059858554696, 0.003585415485463775, 0.082276738490145159,
                   -0.10880393014171786, 0.092304321160378767, -0.058693398590212367, 0.028362277418940665,
                   -0.009746579552504243, 0.0017556258530017258, 0.00029371363428500813, -0.00029015408097952713,
                   5.1649211390702852e-5, 2.2384240314224438e-5, -1.1444412439171723e-5, -9.7356190151826633e-7,
                   1.7520579701663181e-6, -5.7215972559909872e-8, -2.5910696877966579e-7, 2.3261913276696567e-8,
                   3.8965452548985968e-8, -3.7435680336345832e-9, -5.2842869796314206e-9, 3.110310719839165e-10,
                   4.4349590700096283e-10);
  }
  return hn::Div(p, hn::MulAdd(hn::Set(d, T(2)), a, one));
}
template <class D, class V>
HWY_INLINE V erfc_v(D d, V x) {
  using T = hn::TFromD<D>;
  const V a = hn::Min(hn::Abs(x), hn::Set(d, T(30)));
  const V square = hn::Mul(a, a), rest = hn::MulSub(a, a, square);
  const V e = exp_v(d, hn::Neg(square));
  const V r = hn::Mul(hn::NegMulAdd(e, rest, e), erfcx_v(d, a));
  const V both = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(hn::Set(d, T(2)), r), r);
  return hn::IfThenElse(hn::IsNaN(x), x, both);
}
UNARY(erfc, return erfc_v(d, x);)

// x times a polynomial in w = -log(1 - x²), or in its root in the tails; doubles are then bettered by one step of
// Halley's.
UNARY(
    erfinv, using T = hn::TFromD<D>; const V one = hn::Set(d, T(1)), a = hn::Abs(x), q = hn::Sub(one, a);
    const V w = hn::Neg(log_v(d, hn::Mul(q, hn::Add(one, a)))); const V c = hn::MulSub(w, hn::Set(d, T(1.0 / 3)), one);
    const V s = hn::Mul(hn::Sub(hn::Sqrt(w), hn::Set(d, T(4.3870225315599684))), hn::Set(d, T(1 / 1.9375327887767903)));
    const V middle = polynomial(d, c, 1.62354201039, 0.724891211371, -0.0516435000658, -0.0225768264712,
                                0.0158032860086, -0.00309105928253, -0.00128859272487, 0.000988408661885,
                                -0.000127359451231, -0.000116480443142, 3.98296375931e-5, 3.49002441302e-6);
    const V tails = polynomial(d, s, 4.23062525051, 1.95718199907, 0.00181035355986, -0.00364481438312,
                               0.00256799157932, -0.00148679512411, 0.000304892783391, -4.05110761835e-5,
                               0.00127297419831, -0.0015603312141, 0.000398388140996, 0.000105474040239);
    V y = hn::Mul(a, hn::IfThenElse(hn::Lt(w, hn::Set(d, T(6))), middle, tails)); if constexpr (!is_f32<D>) {
      const V near = hn::Sub(erf_v(d, y), a), far = hn::Sub(q, erfc_v(d, y));
      const V error = hn::Mul(hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.5)), near, far),
                              hn::Mul(hn::Set(d, 0.8862269254527580), exp_v(d, hn::Mul(y, y))));
      y = hn::Sub(y, hn::Div(error, hn::MulAdd(y, error, one)));
    } y = hn::IfThenElse(hn::Eq(a, one), hn::Inf(d), y);
    y = hn::IfThenElse(hn::Gt(a, one), hn::NaN(d), y); return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(y, x));)

#if FLAMBEAU_REAL_VECTORS
// log |gamma| in double, to an absolute 1e-15: what float needs near the zeros at 1 and 2. Stirling's series from 8 on.
template <class D, class V>
HWY_INLINE V lgamma_for_float(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const auto left = hn::Lt(x, hn::Set(d, 0.5));
  const V z = hn::IfThenElse(left, hn::Sub(one, x), x);
  V product = z;
  for (int i = 1; i < 8; ++i) product = hn::Mul(product, hn::Add(z, hn::Set(d, double(i))));
  const auto small = hn::Lt(z, hn::Set(d, 16.0));
  product = hn::IfThenElse(small, product, one);
  const V u = hn::IfThenElse(small, hn::Add(z, hn::Set(d, 8.0)), z);
  const V v = hn::Div(one, u), v2 = hn::Mul(v, v);
  const V series = polynomial(d, v2, 1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360,
                              1.0 / 156, -3617.0 / 122400);
  V r = hn::Sub(hn::Mul(hn::Sub(u, hn::Set(d, 0.5)), log_v(d, u)), u);
  r = hn::Sub(hn::Add(hn::Add(r, hn::Set(d, 0.91893853320467274178)), hn::Mul(v, series)), log_v(d, product));
  if (HWY_UNLIKELY(!hn::AllFalse(d, left))) {
    const V pi = hn::Set(d, 3.14159265358979323846);
    const V s = hn::Abs(sin_small(d, hn::Mul(pi, hn::Sub(x, hn::Round(x)))));
    r = hn::IfThenElse(left, hn::Sub(log_v(d, hn::Div(pi, s)), r), r);
  }
  r = hn::IfThenElse(hn::Eq(hn::Abs(x), hn::Inf(d)), hn::Inf(d), r);
  return hn::IfThenElse(hn::IsNaN(x), x, r);
}
UNARY(lgamma, const hn::Repartition<double, D> dd; const hn::Half<D> dh;
      const auto low = lgamma_for_float(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, x)));
      const auto high = lgamma_for_float(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, x)));
      return hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low));)
#endif

#define SET1(name) t.set(Prim::name, lane_of<T>(), &loop1<T, name##_op>)
#define SET2(name) t.set(Prim::name, lane_of<T>(), &loop2<T, name##_op>)

template <class T>
void fill_float(PrimTable& t) {
#if FLAMBEAU_REAL_VECTORS
  SET1(sin);
  SET1(cos);
  SET1(tan);
  SET1(erfc);
  SET1(erfinv);
  SET2(fmod);
  SET2(remainder);
  SET2(div_floor);
#endif
  SET1(asin);
  SET1(acos);
  SET1(atan);
  SET1(asinh);
  SET1(acosh);
  SET1(atanh);
  SET1(erf);
  SET1(gelu);
  SET2(atan2);
  SET2(hypot);
}

void fill_math2_(PrimTable& t) {
  fill_float<float>(t);
  fill_float<double>(t);
#if FLAMBEAU_REAL_VECTORS
  t.set(Prim::lgamma, Lane::f32, &loop1<float, lgamma_op>);
  t.set(Prim::pow, Lane::f32, &loop2<float, pow_op>);
  t.set(Prim::pow, Lane::f64, &loop2<double, pow_double_op>);
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
