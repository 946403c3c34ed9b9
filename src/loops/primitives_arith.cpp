// Vector primitives that are a few instructions: arithmetic, comparisons, masks, selection, bits, rounding.
#include "loops/primitive_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "loops/primitives_arith.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "loops/vector_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {

BINARY(add, return hn::Add(a, b);)
BINARY(sub, return hn::Sub(a, b);)
BINARY(mul, return hn::Mul(a, b);)
BINARY(div, return hn::Div(a, b);)
TERNARY(mul_add, return hn::Add(hn::Mul(a, b), c);)
UNARY(neg, return hn::Xor(x, hn::SignBit(d));)
UNARY(neg_int, return hn::Sub(hn::Zero(d), x);)
UNARY(abs, return hn::Abs(x);)
UNARY(same, return x;)
UNARY(square, return hn::Mul(x, x);)
UNARY(recip, return hn::Div(hn::Set(d, 1), x);)
UNARY(sqrt, return hn::Sqrt(x);)
UNARY(rsqrt, return hn::Div(hn::Set(d, 1), hn::Sqrt(x));)
UNARY(sign, const V one = hn::Set(d, 1); const V zero = hn::Zero(d);
      return hn::Sub(hn::IfThenElseZero(hn::Gt(x, zero), one), hn::IfThenElseZero(hn::Lt(x, zero), one));)
UNARY(sign_unsigned, return hn::IfThenElseZero(hn::Ne(x, hn::Zero(d)), hn::Set(d, 1));)

// NaN in either operand comes out (min, max) or is ignored (fmin, fmax).
BINARY(min, return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);)
BINARY(max, return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);)
BINARY(fmin, return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(b)), a, b);)
BINARY(fmax, return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(b)), a, b);)
BINARY(min_int, return hn::IfThenElse(hn::Lt(a, b), a, b);)
BINARY(max_int, return hn::IfThenElse(hn::Gt(a, b), a, b);)
BINARY(copysign, return hn::CopySign(a, b);)
BINARY(heaviside, const V zero = hn::Zero(d);  // 0 for NaN
       return hn::IfThenElse(hn::Eq(a, zero), b, hn::IfThenElseZero(hn::Gt(a, zero), hn::Set(d, 1)));)

BINARY(eq, return hn::VecFromMask(d, hn::Eq(a, b));)
// Ne is an ordered comparison on some targets: false for NaN.
BINARY(ne, return hn::Not(hn::VecFromMask(d, hn::Eq(a, b)));)
BINARY(lt, return hn::VecFromMask(d, hn::Lt(a, b));)
BINARY(le, return hn::VecFromMask(d, hn::Le(a, b));)
BINARY(gt, return hn::VecFromMask(d, hn::Gt(a, b));)
BINARY(ge, return hn::VecFromMask(d, hn::Ge(a, b));)
BINARY(le_int, return hn::Not(hn::VecFromMask(d, hn::Gt(a, b)));)
BINARY(ge_int, return hn::Not(hn::VecFromMask(d, hn::Lt(a, b)));)
UNARY(isnan, return hn::VecFromMask(d, hn::IsNaN(x));)
UNARY(isinf, return hn::VecFromMask(d, hn::Eq(hn::Abs(x), hn::Inf(d)));)
UNARY(isfinite, return hn::VecFromMask(d, hn::Lt(hn::Abs(x), hn::Inf(d)));)
UNARY(signbit, const hn::RebindToSigned<D> di; return hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(di, x)));)
UNARY(signbit_int, return hn::BroadcastSignBit(x);)
UNARY(never, return hn::Zero(d);)
UNARY(always, return hn::Not(hn::Zero(d));)

BINARY(and_, return hn::And(a, b);)
BINARY(or_, return hn::Or(a, b);)
BINARY(xor_, return hn::Xor(a, b);)
UNARY(not_, return hn::Not(x);)
UNARY(mask_to_value, return hn::And(x, hn::Set(d, 1));)
UNARY(value_to_mask, return hn::Not(hn::VecFromMask(d, hn::Eq(x, hn::Zero(d))));)
TERNARY(select, return hn::IfVecThenElse(a, b, c);)

UNARY(floor, return hn::Floor(x);)
UNARY(ceil, return hn::Ceil(x);)
UNARY(trunc, return hn::Trunc(x);)
UNARY(round, return hn::Round(x);)
UNARY(frac, return hn::Sub(x, hn::Trunc(x));)

#define SET1(name, T, op) t.set(Prim::name, lane_of<T>(), &loop1<T, op##_op>)
#define SET2(name, T, op) t.set(Prim::name, lane_of<T>(), &loop2<T, op##_op>)
#define SET3(name, T, op) t.set(Prim::name, lane_of<T>(), &loop3<T, op##_op>)

template <class T>
void fill_common(PrimTable& t) {
  SET2(add, T, add);
  SET2(sub, T, sub);
  SET2(mul, T, mul);
  SET3(mul_add, T, mul_add);
  SET1(square, T, square);
  SET2(eq, T, eq);
  SET2(ne, T, ne);
  SET2(lt, T, lt);
  SET2(gt, T, gt);
  SET1(mask_to_value, T, mask_to_value);
  SET1(value_to_mask, T, value_to_mask);
  SET2(heaviside, T, heaviside);
}

// Operations on bits alone need one lane of each width.
template <class Bits>
void fill_bits(PrimTable& t, std::initializer_list<Lane> lanes) {
  for (Lane lane : lanes) {
    t.set(Prim::and_, lane, &loop2<Bits, and__op>);
    t.set(Prim::or_, lane, &loop2<Bits, or__op>);
    t.set(Prim::xor_, lane, &loop2<Bits, xor__op>);
    t.set(Prim::not_, lane, &loop1<Bits, not__op>);
    t.set(Prim::select, lane, &loop3<Bits, select_op>);
  }
}

template <class T>
void fill_float(PrimTable& t) {
  fill_common<T>(t);
  SET2(div, T, div);
  SET1(neg, T, neg);
  SET1(abs, T, abs);
  SET1(sign, T, sign);
  SET1(recip, T, recip);
  SET1(sqrt, T, sqrt);
  SET1(rsqrt, T, rsqrt);
  SET2(min, T, min);
  SET2(max, T, max);
  SET2(fmin, T, fmin);
  SET2(fmax, T, fmax);
  SET2(copysign, T, copysign);
  SET2(le, T, le);
  SET2(ge, T, ge);
  SET1(isnan, T, isnan);
  SET1(isinf, T, isinf);
  SET1(isfinite, T, isfinite);
  SET1(signbit, T, signbit);
  SET1(floor, T, floor);
  SET1(ceil, T, ceil);
  SET1(trunc, T, trunc);
  SET1(round, T, round);
  SET1(frac, T, frac);
}

template <class T>
void fill_int(PrimTable& t) {
  fill_common<T>(t);
  SET2(le, T, le_int);
  SET2(ge, T, ge_int);
  SET2(min, T, min_int);
  SET2(max, T, max_int);
  SET2(fmin, T, min_int);
  SET2(fmax, T, max_int);
  SET1(neg, T, neg_int);
  SET1(isnan, T, never);
  SET1(isinf, T, never);
  SET1(isfinite, T, always);
  for (Prim prim : {Prim::floor, Prim::ceil, Prim::trunc, Prim::round}) t.set(prim, lane_of<T>(), &loop1<T, same_op>);
  SET1(frac, T, never);
  if constexpr (std::is_signed_v<T>) {
    SET1(abs, T, abs);
    SET1(sign, T, sign);
    SET1(signbit, T, signbit_int);
  } else {
    SET1(abs, T, same);
    SET1(sign, T, sign_unsigned);
    SET1(signbit, T, never);
  }
}

void fill_arithmetic_(PrimTable& t) {
  fill_float<float>(t);
  fill_float<double>(t);
  fill_int<int32_t>(t);
  fill_int<int64_t>(t);
  fill_int<uint64_t>(t);
  fill_bits<int32_t>(t, {Lane::f32, Lane::i32});
  fill_bits<int64_t>(t, {Lane::f64, Lane::i64, Lane::u64});
}

const char* target_name_() { return hwy::TargetName(HWY_TARGET); }

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::loops {
HWY_EXPORT(fill_arithmetic_);
HWY_EXPORT(target_name_);
void fill_arithmetic(PrimTable& table) { HWY_DYNAMIC_DISPATCH(fill_arithmetic_)(table); }
const char* target_name() { return HWY_DYNAMIC_DISPATCH(target_name_)(); }
}  // namespace flambeau::loops
#endif
