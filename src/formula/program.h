// A tile program: the primitives of a formula, to be run one after another over tiles of elements. It says what is
// computed, in which lanes and registers and with which roundings, and nothing of how: each device lowers it to what it
// runs (loops/cpu_program.h, or a kernel's text). Independent of sizes and of the values of numbers.
#pragma once

#include <span>
#include <vector>

#include "core/scalar.h"
#include "formula/expr.h"

namespace flambeau {

struct Program {
  static constexpr uint16_t kNone = 0xffff;
  enum class Kind : uint8_t { value, mask };
  struct Load {  // operand -> register (or two planes)
    int operand;
    uint16_t reg, imag = kNone;
    DType dtype;              // in memory
    Kind kind = Kind::value;  // a mask is a bool in memory and a lane of set or clear bits in the register
    bool rounds = false;      // to the common type, where that is narrower than the lane and is not the type in memory
    bool complex() const { return imag != kNone; }
  };
  struct Fill {  // number -> register; from parameter `param`, or the constant when it is -1
    int param;
    bool imag;
    uint16_t reg;
    double constant;
  };
  struct Step {
    Prim prim;
    uint16_t out, a, b, c;
    bool rounds = false;  // no primitive: `a` through the type `dtype` and back
    DType dtype = DType::float32;
  };
  struct Store {
    uint16_t reg = kNone, imag = kNone;
    DType dtype;  // in memory
    Kind kind = Kind::value;
    bool complex() const { return imag != kNone; }
  };

  Lane lane = Lane::f32;
  DType common = DType::float32;  // the computation's type; numbers are cast to it first
  int registers = 0;
  std::vector<Load> loads;
  std::vector<Fill> fills;
  std::vector<Step> steps;
  Store store;
};

Lane lane_of(DType dtype);      // for complex types, of their parts
DType natural_type(Lane lane);  // what a register holds, as a type in memory

// Types of the operands by index of Expr::input, of which `masks` are read as conditions.
struct ProgramTypes {
  std::span<const DType> inputs;  // by index; entries that are not inputs are ignored
  uint32_t masks = 0;
  DType common = DType::float32;
  DType result = DType::float32;
};
// Inputs appear in the order of `operand_of` (input index -> operand of the iterator).
Program compile(Expr root, const ProgramTypes& types, std::span<const int> operand_of);

}  // namespace flambeau
