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

// Whether the mean or the reciprocal standard deviation, results 1 and 2, were used further.
inline bool statistics_used(const Grad& g) { return g.has_out(1) || g.has_out(2); }
// The input's cotangent with what flows through them: d mean = 1 / n, d rstd = -rstd³ (x - mean) / n.
inline Tensor with_statistics(const Grad& g, Tensor dx, const Tensor& centered, const Tensor& rstd) {
  const double n = static_cast<double>(centered.numel()) / static_cast<double>(std::max<int64_t>(rstd.numel(), 1));
  auto shaped = [&](const Tensor& t) { return call<"view_as">(t, rstd); };
  if (g.has_out(1)) dx = call<"add.Tensor">(dx, call<"div.Tensor">(shaped(g.out(1)), n));
  if (g.has_out(2)) {
    Tensor slope = call<"mul.Tensor">(call<"mul.Tensor">(rstd, call<"mul.Tensor">(rstd, rstd)), shaped(g.out(2)));
    dx = call<"sub.Tensor">(dx, call<"mul.Tensor">(centered, call<"div.Tensor">(slope, n)));
  }
  return dx;
}

}  // namespace flambeau
