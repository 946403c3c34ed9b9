// Complex formulas as real ones: each node becomes an expression for its real and one for its imaginary part.
#pragma once

#include "formula/expr.h"

namespace flambeau {

struct ComplexParts {
  Expr re, im;  // im is null for a real value (a condition, a magnitude)
};
// `is_complex_input[i]`: whether input i has two planes. Real inputs and numbers have no imaginary part.
ComplexParts complex_parts(Expr root, std::span<const DType> inputs, uint32_t masks);

}  // namespace flambeau
