// Copying and filling elements, with conversion of types: what allocation and movement operators stand on.
#pragma once

#include "core/scalar.h"
#include "core/tensor.h"

namespace flambeau {

// dst[i] = src[i], src broadcast to dst's sizes; types are converted as by a cast. Reads lazy conjugation and negation.
void copy_elements(const Tensor& dst, const Tensor& src);
// Raises in the name of `op` where the type cannot hold the number.
void fill_elements(const Tensor& dst, const Scalar& value, const char* op = "fill_");
// The element as a number.
Scalar read_element(const Tensor& t, int64_t offset_in_elements = 0);
// A tensor of the same values in row-major order: itself where it is so already.
Tensor as_contiguous(const Tensor& t);
Tensor cast(const Tensor& t, DType dtype);  // itself where it has that type already

}  // namespace flambeau
