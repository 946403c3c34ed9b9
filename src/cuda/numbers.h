// Numbers beside tensors as arguments of kernels: in the type of the lane that computes with them.
#pragma once

#include "core/scalar.h"
#include "formula/program.h"

namespace flambeau::cuda {

union LaneNumber {
  float f;
  double d;
  int32_t i;
  int64_t l;
};

// An integer is first cast to the computation's type, wrapping; in floating lanes a number is not rounded to a narrower
// type, as PyTorch keeps numbers beside half precision in float.
LaneNumber lane_number(const Scalar& number, bool imag, Lane lane, DType common);
LaneNumber lane_constant(double value, Lane lane);

}  // namespace flambeau::cuda
