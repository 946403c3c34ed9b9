// Complex formulas as real ones: each node becomes an expression for its real and one for its imaginary part.
#pragma once

#include "op/expr.h"

namespace flambeau {

inline constexpr int kImagInput = 1000;  // input i's imaginary plane is Expr::input(i + kImagInput); params likewise

struct ComplexParts {
  Expr re, im;  // im is null for a real value (a condition, a magnitude)
};
// `is_complex_input[i]`: whether input i has two planes. Real inputs and numbers have no imaginary part.
ComplexParts complex_parts(Expr root, std::span<const DType> inputs, uint32_t masks);

}  // namespace flambeau
