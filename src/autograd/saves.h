// OpSpec::saves, read once: what a kernel's or view's node keeps, and for whose sake.
#pragma once

#include "op/op.h"

namespace flambeau {

// An item "mat2" is kept for every recorded call; "mat2 for self" only where `self` requires a gradient, "weight for
// input, bias" where one of the two does. Results are called "result" (or "result0"), "result1", … A "copy of self" is
// kept where the program could change the argument later and is to be free to.
struct Kept {
  int argument = -1;  // or
  int result = -1;
  bool copy = false;
  uint32_t wanted_by = ~0u;  // bits of the arguments of which one has to require a gradient
};

const std::vector<Kept>& kept_by(const Op& op);

}  // namespace flambeau
