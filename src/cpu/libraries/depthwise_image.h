// The padded image that the depthwise kernels read: what tap t of output (y, x) sees lies at
// data[y · step + offsets[t] + x]; loads may run a vector past a row.
#pragma once

#include <cstdint>

namespace flambeau::libraries {

struct PaddedImage {
  const float* data;
  const int64_t* offsets;
  int64_t taps, step, height, width;
};

}  // namespace flambeau::libraries
