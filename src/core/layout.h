// Where the elements of a tensor stand in its storage: sizes, strides and an offset, all counted in elements.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "core/dtype.h"
#include "core/small_vector.h"

namespace flambeau {

enum class MemoryFormat : uint8_t { contiguous, preserve, channels_last, channels_last_3d };

inline constexpr int kMaxDims = 64;

int64_t numel_of(IntSpan sizes);  // raises when the product overflows
Dims contiguous_strides(IntSpan sizes);
Dims channels_last_strides(IntSpan sizes);  // rank 3, 4 or 5: (N, C, spatial…) with C innermost
// Strides for a fresh tensor of these sizes whose dimensions stand in the same order in memory as `like`'s.
Dims strides_like(IntSpan sizes, IntSpan like_sizes, IntSpan like_strides);
// Sizes in messages. Text is made only when it is shown: `check` takes these as arguments on every call.
struct ListText {
  IntSpan values;
  bool tuple;
  operator std::string() const;
};
inline ListText shape_text(IntSpan sizes) { return {sizes, true}; }    // (2, 3)
inline ListText list_text(IntSpan values) { return {values, false}; }  // [2, 3]
std::ostream& operator<<(std::ostream& out, const ListText& text);
inline std::string operator+(const std::string& a, const ListText& b) { return a + std::string(b); }
inline std::string operator+(const ListText& a, const std::string& b) { return std::string(a) + b; }
inline std::string operator+(const char* a, const ListText& b) { return a + std::string(b); }
inline std::string operator+(const ListText& a, const char* b) { return std::string(a) + b; }

struct Layout {
  Dims sizes;
  Dims strides;
  int64_t offset = 0;

  Layout() = default;
  explicit Layout(IntSpan s) : sizes(s), strides(contiguous_strides(s)) {}
  Layout(Dims s, Dims t, int64_t o = 0) : sizes(std::move(s)), strides(std::move(t)), offset(o) {}

  int64_t dim() const { return static_cast<int64_t>(sizes.size()); }
  int64_t numel() const {
    uint64_t n = 1;  // wraps around before it meets a 0
    for (int64_t s : sizes) n *= static_cast<uint64_t>(s);
    return static_cast<int64_t>(n);
  }
  bool contiguous() const;     // row-major without gaps
  bool channels_last() const;  // rank 4 (or 5), channels innermost
  bool dense() const;          // some order of the dimensions is without gaps or overlap
  bool overlapping() const;    // certainly or possibly two indices share an element
  int64_t extent() const;      // one past the last element touched, from the storage's start
  bool matches(MemoryFormat format) const;

  Layout permuted(IntSpan order) const;
  Layout transposed(int64_t a, int64_t b) const;
  Layout sliced(int64_t dim, int64_t start, int64_t length, int64_t step) const;
  Layout selected(int64_t dim, int64_t index) const;
  Layout unsqueezed(int64_t dim) const;
  Layout with_parts() const;           // complex elements as a last dimension of their two parts, counted in those
  Layout squeezed(int64_t dim) const;  // the dimension must have size 1
  Layout expanded(IntSpan to) const;   // sizes of 1 and new leading dimensions repeat with stride 0
  // Other sizes over the same elements without a copy; false when the strides do not allow it.
  bool viewed(IntSpan to, Layout& out) const;
};

// Wraps a negative dimension and raises IndexError with the range that would be valid. Rank 0 counts as 1.
int64_t wrap_dim(const char* op, int64_t dim, int64_t rank);
// Fills in a single -1 and checks that the sizes have `numel` elements.
Dims infer_sizes(const char* op, IntSpan sizes, int64_t numel);
Dims broadcast_sizes(const char* op, IntSpan a, IntSpan b);

}  // namespace flambeau
