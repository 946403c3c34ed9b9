// A tile program as the CPU runs it: primitives as functions over tiles that stay in the first-level cache.
#pragma once

#include <span>
#include <vector>

#include "formula/program.h"
#include "loops/iterator.h"
#include "loops/primitives.h"

namespace flambeau {

inline constexpr size_t kTileBytes = 4096;  // of one register

struct CpuProgram {
  static constexpr uint16_t kNone = Program::kNone;
  struct Load {
    int operand;
    uint16_t reg, imag = kNone;
    ConvertFn convert = nullptr;  // null: the bytes are used where they are
    ConvertFn round = nullptr;
    uint8_t part_size = 0;  // of complex operands
    DType dtype;
  };
  struct Step {
    PrimFn fn;  // null: `round`
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
  DType common = DType::float32;
  int registers = 0;
  std::vector<Load> loads;
  std::vector<Program::Fill> fills;
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

// Raises NotImplementedError for a primitive that the lane does not have.
CpuProgram lower(const Program& program);

// A program for every device: as it is, and as the CPU runs it.
struct LoweredProgram {
  explicit LoweredProgram(Program made) : program(std::move(made)), cpu(lower(program)) {}
  Program program;
  CpuProgram cpu;
};

}  // namespace flambeau
