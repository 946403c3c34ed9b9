// Vector primitives of the hot elementary functions: exponentials, logarithms, hyperbolic tangent.
#include "src/loops/primitive_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/loops/primitives_math.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "src/loops/math-inl.h"
#include "src/loops/vector_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {

UNARY(exp, return exp_v(d, x);)
UNARY(log, return log_v(d, x);)
UNARY(tanh, return tanh_v(d, x);)

#define SET1(name) t.set(Prim::name, lane_of<T>(), &loop1<T, name##_op>)

template <class T>
void fill_float(PrimTable& t) {
  SET1(exp); SET1(log); SET1(tanh);
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
