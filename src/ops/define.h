// What a file of src/ops/ includes: the operator block, formulas, gradients, and calls to other operators.
#pragma once

#include <cmath>
#include <numbers>

#include "autograd/grad.h"
#include "op/call.h"
#include "op/op.h"

namespace flambeau {

// Calls another operator by its full name: call<"sum.dim_IntList">(x, dims, true). The name is looked up once.
template <size_t N>
struct OpName {
  constexpr OpName(const char (&text)[N]) { std::copy_n(text, N, value); }
  char value[N];
};
template <OpName Name, class... Args>
Tensor call(const Args&... args) {
  static const OpCall op(Name.value);
  return op({Value(args)...}).tensor();
}
template <OpName Name, class... Args>
Tensor call_(const Args&... args) {  // the in-place form
  static const OpCall op(Name.value, Form::inplace);
  return op({Value(args)...}).tensor();
}
template <OpName Name, class... Args>
std::vector<Value> call_all(const Args&... args) {
  static const OpCall op(Name.value);
  return op.all({Value(args)...});
}
template <OpName Name, class... Args>
Value call_value(const Args&... args) {
  static const OpCall op(Name.value);
  return op({Value(args)...});
}

}  // namespace flambeau
