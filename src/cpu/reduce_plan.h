// Shared by the reduction drivers: how dimensions are merged, and how blocks of elements of any type are brought into a
// vector loop's lane (in place where they already are).
#pragma once

#include <memory>
#include <new>

#include "core/tensor.h"
#include "loops/primitives.h"

namespace flambeau {

inline constexpr int64_t kBlock = 4096, kChunk = 16 * kBlock, kTile = 1024;

struct ReducePlan {
  // keep_order: reduced dimensions are walked in the order of the tensor's, not of memory's.
  ReducePlan(const Layout& layout, uint64_t mask, bool keep_order);
  int64_t outputs = 1, count = 1;  // elements of the result; elements that go into each
  bool columns = false;            // the last kept dimension is contiguous and walked in rows of accumulators
  int64_t n = 1, stride = 1;       // the innermost reduced dimension
  int64_t inner = 1;               // columns
  int64_t outer = 1, parts = 1;    // starting points: kept dimensions, then further reduced ones (`parts` of them)
  Dims outer_sizes, outer_strides;
  int64_t offset(int64_t index) const;  // of a starting point, in elements
};

template <class T>
struct Buffer {
  explicit Buffer(int64_t n) : owner(n ? new(std::nothrow) T[n] : nullptr), data(owner.get()) {
    check(data || n == 0, ErrorKind::OutOfMemory, "no memory for a buffer of ", n, " elements");
  }
  std::unique_ptr<T[]> owner;
  T* data;
};

template <class L>
constexpr DType dtype_of() {
  return std::is_same_v<L, float> ? DType::float32 : std::is_same_v<L, double> ? DType::float64 : DType::int64;
}

template <class L>
struct Scratch;

template <class L>
struct BlockReader {
  const char* base;
  int64_t item;
  ConvertFn convert = nullptr;
  BlockReader(const Tensor& x, Lane lane)
      : base(static_cast<const char*>(x.data())), item(static_cast<int64_t>(x.itemsize())) {
    if (x.dtype() != dtype_of<L>()) convert = load_convert(x.dtype(), lane);
  }
  // n elements that lie `stride` elements apart, as a contiguous block.
  const L* read(const char* p, int64_t stride, int64_t n, Scratch<L>& scratch) const {
    if (stride == 1 || n == 1) {
      if (!convert) return reinterpret_cast<const L*>(p);
      convert(scratch.lanes(), p, n);
      return scratch.lanes();
    }
    if (!convert) {
      gather_strided(scratch.lanes(), p, stride * item, n, item);
    } else {
      gather_strided(scratch.raw(), p, stride * item, n, item);
      convert(scratch.lanes(), scratch.raw(), n);
    }
    return scratch.lanes();
  }
  // `rows` rows of contiguous elements, `stride` apart; the stride is changed where they had to be converted.
  const L* rows(const char* p, int64_t& stride, int64_t rows, int64_t width, Scratch<L>& scratch) const {
    if (!convert) return reinterpret_cast<const L*>(p);
    for (int64_t r = 0; r < rows; ++r) convert(scratch.lanes() + r * width, p + r * stride * item, width);
    stride = width;
    return scratch.lanes();
  }
};

// Room for blocks; taken only when it is needed.
template <class L>
struct Scratch {
  Scratch(const BlockReader<L>&, int64_t n) : size(n) {}
  L* lanes() {
    if (!lanes_) lanes_.reset(new L[size]);
    return lanes_.get();
  }
  char* raw() {
    if (!raw_) raw_.reset(new char[size * 8]);
    return raw_.get();
  }
  int64_t size;
  std::unique_ptr<L[]> lanes_;
  std::unique_ptr<char[]> raw_;
};

}  // namespace flambeau
