// How a table of losses becomes the result of a loss operator: as it is, its mean, or its sum.
#pragma once

#include "ops/define.h"

namespace flambeau {

enum class Reduction : int64_t { none = 0, mean = 1, sum = 2 };

inline Tensor reduced_loss(const Tensor& losses, int64_t reduction) {
  if (reduction == static_cast<int64_t>(Reduction::mean)) return call<"mean">(losses);
  if (reduction == static_cast<int64_t>(Reduction::sum)) return call<"sum">(losses);
  return losses;
}

}  // namespace flambeau
