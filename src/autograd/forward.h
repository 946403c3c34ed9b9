// Forward-mode derivatives: tensors that carry a tangent, and the layer that gives results theirs.
//
// Note [Tangents]. A tensor's tangent stands beside its history and belongs to the level that is innermost when it is
// set: an open dual level, or a jvp transform. The layer runs the call as if there were none, then computes the
// tangents of the results: of a formula the sum of its derived operators over the arguments' tangents; of a view or a
// linear operator the operator itself, over the tangent; of a kernel with a form its form (transforms/tangents.cpp);
// of any other the derivative of its vector-Jacobian product by the cotangent. All of it is on the tape where
// gradients are on, so forward and reverse mode nest.
#pragma once

#include "autograd/node.h"
#include "op/call.h"
#include "op/form.h"

namespace flambeau {

uint64_t current_dual_level();  // 0: none is open
// The tangent at the innermost level, or an undefined tensor.
Tensor tangent_of(const Tensor& t);
void set_tangent(const Tensor& t, const Tensor& tangent);
void set_dual_level(uint64_t level);
// Undefined tensors count as zero.
Tensor sum_of_tangents(const Tensor& a, const Tensor& b);

// What a call is linear in, and how its results' tangents come from its arguments'.
class Tangents {
 public:
  Tangents(const Call& call, const std::vector<Tensor>& of_arguments);
  bool has(int argument) const { return first_[argument].defined(); }
  bool has(std::string_view argument) const { return has(index(argument)); }
  Tensor of(std::string_view argument) const { return first_[index(argument)]; }
  Tensor primal(std::string_view argument) const { return call.tensor(index(argument)); }
  const Value& value(std::string_view argument) const { return call.args[index(argument)]; }
  Tensor result(int i = 0) const { return call.results[i].tensor(); }
  int index(std::string_view argument) const;
  // The operator again, with the tangents of these arguments in place of them.
  Tensor with(std::initializer_list<std::string_view> replaced) const;

  const Call& call;

 private:
  std::vector<Tensor> first_;
};

// FORM(tangent, "softmax.int"){.rule = [](Tangents& t) { … }};   or   {.linear_in = {"self"}}: the sum, over these
// arguments that have a tangent, of the operator with the tangent in the argument's place.
struct TangentForm {
  static constexpr FormKind kind = FormKind::tangent;
  std::vector<const char*> linear_in;
  std::vector<Tensor> (*rule)(Tangents& t) = nullptr;
};
namespace forms {
using tangent = TangentForm;
}  // namespace forms

}  // namespace flambeau
