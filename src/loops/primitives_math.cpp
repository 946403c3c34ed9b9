// Vector primitives built on the exponential and the logarithm, and pow for float.
#include "loops/primitive_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "loops/primitives_math.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "loops/math-inl.h"
#include "loops/vector_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {

UNARY(exp, return exp_v(d, x);)
UNARY(exp2, return exp2_v(d, x);)
UNARY(expm1, return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, expm1_v<0>(d, x));)
UNARY(log, return log_v(d, x);)
UNARY(log2, return log2_v(d, x);)
UNARY(log10, return log10_v(d, x);)
UNARY(log1p, return log1p_v(d, x);)
UNARY(sinh, return sinh_v(d, x);)
UNARY(cosh, return cosh_v(d, x);)
UNARY(tanh, return tanh_v(d, x);)
UNARY(sigmoid, return sigmoid_v(d, x);)
UNARY(silu, return hn::Div(x, hn::Add(hn::Set(d, 1), exp_v(d, hn::Neg(x))));)
UNARY(softplus, return softplus_v(d, x);)

// 0 where a is 0, whatever b is, unless b is NaN.
template <class D, class V>
HWY_INLINE V times_log(D d, V a, V b, V logarithm) {
  const V product = hn::IfThenZeroElse(hn::Eq(a, hn::Zero(d)), hn::Mul(a, logarithm));
  return hn::IfThenElse(hn::IsNaN(b), b, product);
}
BINARY(xlogy, return times_log(d, a, b, log_v(d, b));)
BINARY(xlog1py, return times_log(d, a, b, log1p_v(d, b));)
BINARY(ldexp, return hn::Mul(a, exp2_v(d, b));)

#define SET2(name) t.set(Prim::name, lane_of<T>(), &loop2<T, name##_op>)
#define SET1(name) t.set(Prim::name, lane_of<T>(), &loop1<T, name##_op>)

template <class T>
void fill_float(PrimTable& t) {
  SET1(exp);
  SET1(exp2);
  SET1(expm1);
  SET1(log);
  SET1(log2);
  SET1(log10);
  SET1(log1p);
  SET1(sinh);
  SET1(cosh);
  SET1(tanh);
  SET1(sigmoid);
  SET1(silu);
  SET1(softplus);
  SET2(xlogy);
  SET2(xlog1py);
  SET2(ldexp);
}

void fill_math_(PrimTable& t) {
  fill_float<float>(t);
  fill_float<double>(t);
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::loops {
HWY_EXPORT(fill_math_);
void fill_math(PrimTable& table) { HWY_DYNAMIC_DISPATCH(fill_math_)(table); }
}  // namespace flambeau::loops
#endif
