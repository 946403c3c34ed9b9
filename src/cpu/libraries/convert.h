// Bulk conversion between float and the 16-bit types, vectorized for the processor at hand.
#pragma once

#include <cstddef>

#include "core/dtype.h"

namespace flambeau::libraries {

// `dtype` is float16 or bfloat16; rounding is to nearest, ties to even, and NaN stays NaN.
void widen(DType dtype, const void* from, float* to, size_t count);
void narrow(DType dtype, const float* from, void* to, size_t count);

}  // namespace flambeau::libraries
