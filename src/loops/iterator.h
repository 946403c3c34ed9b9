// The iterator of elementwise work: broadcasts, orders dimensions by stride, joins those that can be joined, and maps a
// range of the flat iteration to runs of memory. Operand 0 is the result.
#pragma once

#include <cstdint>
#include <span>

#include "core/layout.h"

namespace flambeau {

class Iterator {
 public:
  static constexpr int kMaxOperands = 10;

  struct Operand {
    char* data;
    const Layout* layout;  // broadcasts to the result's sizes
    size_t itemsize;
  };
  // The operands' data pointers already include the layouts' offsets.
  Iterator(std::span<const Operand> operands, IntSpan sizes);

  int operands() const { return count_; }
  int64_t numel() const { return numel_; }
  int rank() const { return rank_; }
  bool flat(int operand) const {
    return rank_ <= 1 && strides_[operand][0] == static_cast<int64_t>(itemsize_[operand]);
  }
  bool repeated(int operand) const { return rank_ <= 1 && strides_[operand][0] == 0; }
  size_t itemsize(int operand) const { return itemsize_[operand]; }
  char* data(int operand) const { return data_[operand]; }
  int64_t size(int d) const { return shape_[d]; }                            // of a joined dimension, innermost first
  int64_t stride(int operand, int d) const { return strides_[operand][d]; }  // in bytes
  int64_t inner_size() const { return shape_[0]; }
  int64_t inner_stride(int operand) const { return strides_[operand][0]; }

  // Copies elements [begin, begin + n) of an operand to contiguous memory, and back.
  void gather(int operand, int64_t begin, int64_t n, void* out) const;
  void scatter(int operand, int64_t begin, int64_t n, const void* in) const;
  // The address of elements [begin, begin + n) where they are contiguous there already, else null.
  char* run(int operand, int64_t begin, int64_t n) const;

 private:
  int64_t offset_of(int operand,
                    int64_t row) const;  // of the first element of a row (all dimensions but the innermost)

  int count_ = 0, rank_ = 0;
  int64_t numel_ = 1;
  char* data_[kMaxOperands];
  size_t itemsize_[kMaxOperands];
  int64_t shape_[kMaxDims];                  // innermost first
  int64_t strides_[kMaxOperands][kMaxDims];  // in bytes
};

// Strides of a fresh result over operands of these layouts: as PyTorch, dimensions keep the order they have in the
// inputs.
Dims result_strides(IntSpan sizes, std::span<const Layout* const> inputs);

}  // namespace flambeau
