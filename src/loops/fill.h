// Filling with a number that a caller gave.
#pragma once

#include "core/fits.h"
#include "loops/copy.h"

namespace flambeau {

// As fill_elements, and raises in the name of `op` where the type cannot hold the number.
inline void fill_number(const char* op, const Tensor& dst, const Scalar& value) {
  check_fits(op, value, dst.dtype());
  fill_elements(dst, value);
}

}  // namespace flambeau
