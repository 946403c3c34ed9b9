// A tile program: the primitives of a formula, run one after another over tiles that stay in the first-level cache.
// Compiled from an expression graph in microseconds; independent of sizes and of the values of numbers.
#pragma once

#include <span>
#include <vector>

#include "core/scalar.h"
#include "loops/iterator.h"
#include "op/expr.h"

namespace flambeau {

inline constexpr size_t kTileBytes = 4096;  // of one register

struct Program {
  static constexpr uint16_t kNone = 0xffff;
  struct Load {  // operand -> register (or two planes)
    int operand;
    uint16_t reg, imag = kNone;
    ConvertFn convert = nullptr;  // null: the bytes are used where they are
    ConvertFn round = nullptr;    // to the common type, where that is narrower than the lane and differs
    uint8_t part_size = 0;        // of complex operands
    DType dtype;
  };
  struct Fill {  // number -> register; from parameter `param`, or the constant when it is -1
    int param;
    bool imag;
    uint16_t reg;
    double constant;
  };
  struct Step {
    PrimFn fn;  // null: `round`, to a narrower type
    uint16_t out, a, b, c;
    ConvertFn round = nullptr;
  };
  struct Store {
    uint16_t reg = kNone, imag = kNone;
    ConvertFn convert = nullptr;  // null: the last step wrote straight to the result
    uint8_t part_size = 0;
    DType dtype;
  };

  Lane lane = Lane::f32;
  DType common = DType::float32;  // numbers are cast to this type first
  int registers = 0;
  std::vector<Load> loads;
  std::vector<Fill> fills;
  std::vector<Step> steps;
  Store store;
  float cost = 0;         // nanoseconds an element, of one thread; see Note [Cost of an element]
  bool straight = false;  // one step, all operands used in place: no tiles needed when nothing is strided or filled

  // Elements [begin, end) of the iteration. Operand 0 of the iterator is the result.
  void run(const Iterator& it, std::span<const Scalar> params, int64_t begin, int64_t end) const;
  // The same for n contiguous elements of every operand, on the calling thread. Operand 0 is the result.
  void run_flat(int64_t n, char* const* operands, std::span<const Scalar> params) const;
  // Over all elements, on as many threads as the size deserves.
  void run_all(const Iterator& it, std::span<const Scalar> params) const;

 private:
  // A tile's operand into its register (or a pointer to where it stands), its steps, and its result to memory.
  void load_tile(const Load& load, char* from, int64_t n, char* memory, size_t register_bytes, char* raw,
                 char** regs) const;
  void run_steps(int64_t n, char** regs) const;
  void store_tile(int64_t n, char* const* regs, char* raw, char* to) const;
};

Lane lane_of(DType dtype);  // for complex types, of their parts

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
