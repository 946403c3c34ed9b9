// Numbers that stand for tensors, in operators that don't let them wrap around: for `.verify` of their blocks.
#pragma once

#include "core/fits.h"
#include "ops/define.h"

namespace flambeau::checks {

inline void numbers_fit(const Call& call, DType common) {
  for (int i = 0, n = call.arguments(); i < n; ++i)
    if (call.args[i].is_number()) check_fits(call.name(), call.args[i].scalar(), common);
}

}  // namespace flambeau::checks
