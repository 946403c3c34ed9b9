// Shared by the normalisation operators.
#pragma once

#include "cpu/norm.h"
#include "ops/reduction.h"

namespace flambeau {

// Contiguous and of the lane's type; undefined stays undefined.
inline Tensor in_lane(const Tensor& t, DType lane) { return t.defined() ? as_contiguous(cast(t, lane)) : Tensor(); }

inline Value three_flags(bool a, bool b, bool c) {
  auto* mask = new BoolList;
  mask->items = {a, b, c};
  return Value(Tag::Bools, mask);
}

}  // namespace flambeau
