// How an operator is seen below autograd, by modes and by classes that run their own calls, where that is not by its
// kind: composites are seen as the calls they are written with, kernels and formulas as themselves, second names of an
// operator as the first, derivatives of formulas as operators of the table.
#pragma once

#include "op/layers.h"
#include "op/op.h"

namespace flambeau {

struct SeenForm {
  bool whole = false;        // a composite that is seen itself, unless a gradient wants its parts
  Bound parts;               // the calls that are seen in its place
  const char* as = nullptr;  // a kernel that is seen as this operator, once autograd is done with it
  std::vector<Value> (*arguments)(const Value* args) = nullptr;  // what that takes then; as they are if none
};
struct SeenRegistrar {
  SeenRegistrar(std::initializer_list<const char*> full_names, SeenForm form);
};
// SEEN(.whole = true)("glu", "mse_loss");   SEEN(.parts = linear_parts)("linear");
struct SeenAs {
  SeenForm form;
  template <class... Names>
  SeenRegistrar operator()(Names... names) const {
    return SeenRegistrar({names...}, form);
  }
};
#define SEEN(...)                                                                                 \
  static const ::flambeau::SeenRegistrar FLAMBEAU_JOIN(seen_, __COUNTER__) = ::flambeau::SeenAs { \
    { __VA_ARGS__ }                                                                               \
  }
const SeenForm* seen_form(const Op& op);
// The operator that this one is a second name of, or null.
const Op* alias_of(const Op& op);

// Whether a composite is not to be taken apart as it stands, though modes or subclasses are there: they see it whole,
// or as its form says.
bool seen_otherwise(const Call& call, Keys keys);
// Whether modes and subclasses see other calls in the place of this operator.
bool seen_as_parts(const Op& op);
// The layer `parts`. Nothing to do for what is seen as it is.
bool run_as_seen(Call& call);

}  // namespace flambeau
