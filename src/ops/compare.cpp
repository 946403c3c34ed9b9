// Comparisons, logic and tests of single elements.
#include "ops/define.h"

namespace flambeau {

using namespace formula;

#define COMPARISON(name, rule_, text)                                           \
  OP(name){                                                                     \
      .signature = #name ".Tensor(Tensor self, Tensor|Scalar other) -> Tensor", \
      .doc = text,                                                              \
      .dtype = rule_,                                                           \
      .formula = [](Expr a, Expr b) { return formula::name(a, b); },            \
      .not_differentiable = "the result is bool",                               \
  };
COMPARISON(eq, rule::compare, "Whether two elements are equal.")
COMPARISON(ne, rule::compare, "Whether two elements differ.")
COMPARISON(lt, rule::order, "``self < other``, element by element.")
COMPARISON(le, rule::order, "``self <= other``, element by element.")
COMPARISON(gt, rule::order, "``self > other``, element by element.")
COMPARISON(ge, rule::order, "``self >= other``, element by element.")
#undef COMPARISON

OP(logical_and){
    .signature = "logical_and(Tensor self, Tensor other) -> Tensor",
    .doc = "Whether both elements are non-zero.",
    .dtype = rule::logical,
    .formula = [](Expr a, Expr b) { return (a != 0) & (b != 0); },
    .not_differentiable = "the result is bool",
};
OP(logical_or){
    .signature = "logical_or(Tensor self, Tensor other) -> Tensor",
    .doc = "Whether one of the elements is non-zero.",
    .dtype = rule::logical,
    .formula = [](Expr a, Expr b) { return (a != 0) | (b != 0); },
    .not_differentiable = "the result is bool",
};
OP(logical_xor){
    .signature = "logical_xor(Tensor self, Tensor other) -> Tensor",
    .doc = "Whether exactly one of the elements is non-zero.",
    .dtype = rule::logical,
    .formula = [](Expr a, Expr b) { return (a != 0) ^ (b != 0); },
    .not_differentiable = "the result is bool",
};
OP(logical_not){
    .signature = "logical_not(Tensor self) -> Tensor",
    .doc = "Whether the element is zero.",
    .dtype = rule::logical,
    .formula = [](Expr a) { return a == 0; },
    .not_differentiable = "the result is bool",
};

#define BITWISE(name, symbol, text)                                                    \
  OP(name){                                                                            \
      .signature = #name ".Tensor(Tensor|Scalar self, Tensor|Scalar other) -> Tensor", \
      .doc = text,                                                                     \
      .dtype = rule::integral,                                                         \
      .formula = [](Expr a, Expr b) { return a symbol b; },                            \
      .not_differentiable = "integers have no gradient",                               \
  };
BITWISE(bitwise_and, &, "Bits set in both elements; for bool their conjunction.")
BITWISE(bitwise_or, |, "Bits set in one of the elements; for bool their disjunction.")
BITWISE(bitwise_xor, ^, "Bits set in exactly one of the elements.")
#undef BITWISE
// Python's operators have names of their own in ATen.
#define PYTHON_BITWISE(id, name, symbol)                                              \
  OP(id){                                                                             \
      .signature = name ".Tensor(Tensor|Scalar self, Tensor|Scalar other) -> Tensor", \
      .python = method,                                                               \
      .doc = "The Python operator of this name.",                                     \
      .dtype = rule::integral,                                                        \
      .formula = [](Expr a, Expr b) { return a symbol b; },                           \
      .not_differentiable = "integers have no gradient",                              \
  };
PYTHON_BITWISE(and_, "__and__", &)
PYTHON_BITWISE(or_, "__or__", |)
PYTHON_BITWISE(xor_, "__xor__", ^)
#undef PYTHON_BITWISE

OP(bitwise_not){
    .signature = "bitwise_not(Tensor self) -> Tensor",
    .doc = "All bits flipped; for bool the negation.",
    .dtype = rule::integral,
    .formula = [](Expr a) { return ~a; },
    .not_differentiable = "integers have no gradient",
};

// Shifts; by the width or more, or by a negative number, they empty the value (to the right they leave the sign).
#define SHIFT(id, aten, function, face, text)                                  \
  OP(id){                                                                      \
      .signature = aten "(Tensor|Scalar self, Tensor|Scalar other) -> Tensor", \
      .python = face,                                                          \
      .doc = text,                                                             \
      .dtype = rule::integral,                                                 \
      .formula = [](Expr a, Expr b) { return function(a, b); },                \
      .verify = no_shift_of_bool,                                              \
      .not_differentiable = "integers have no gradient",                       \
  };
static void no_shift_of_bool(const Call& call, DType common) {
  check(common != DType::bool_, ErrorKind::NotImplemented, "\"", call.name(), "\" not implemented for 'Bool'");
}
SHIFT(left_shift, "bitwise_left_shift.Tensor", shl, torch | method, "Bits moved up by ``other`` places.")
SHIFT(right_shift, "bitwise_right_shift.Tensor", shr, torch | method,
      "Bits moved down by ``other`` places; the sign is kept.")
SHIFT(lshift, "__lshift__.Tensor", shl, method, "The Python operator ``<<``.")
SHIFT(rshift, "__rshift__.Tensor", shr, method, "The Python operator ``>>``.")
#undef SHIFT

#define TEST(name, text)                                  \
  OP(name){                                               \
      .signature = #name "(Tensor self) -> Tensor",       \
      .variants = Variants::none,                         \
      .doc = text,                                        \
      .dtype = rule::compare,                             \
      .formula = [](Expr x) { return formula::name(x); }, \
      .not_differentiable = "the result is bool",         \
  };
TEST(isnan, "Whether the element is not a number.")
TEST(isinf, "Whether the element is infinite.")
TEST(isfinite, "Whether the element is neither infinite nor NaN.")
#undef TEST

}  // namespace flambeau
