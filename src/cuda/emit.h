// From a tile program to the text of a kernel: one function that computes an element, and around it one of three loops.
#pragma once

#include <string>

#include "formula/program.h"

namespace flambeau::cuda {

// How the elements of the operands are walked.
struct Walk {
  int vector = 1;         // elements that a thread takes at once: all operands flat or repeated, addresses aligned
  uint32_t repeated = 0;  // operands of which one element stands for all
  int rank = 0;           // 0: flat; else the number of joined dimensions, with strides for each operand
  bool wide = false;      // more than 2³¹ elements
  int operands = 0;
  friend bool operator==(const Walk&, const Walk&) = default;
};

const char* memory_type(DType dtype);  // as kernel texts name it: "f16", "pair<float>"
const char* lane_type(Lane lane);
// The kernel "run": result, operands in the order of the program's loads, numbers in the order of its fills, count,
// and for a walk with strides its index.
std::string emit(const Program& program, const Walk& walk);

}  // namespace flambeau::cuda
