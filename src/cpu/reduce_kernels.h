// The vector loops of reductions: folds of a contiguous row, and of several rows into a row of accumulators. One lane
// type a loop (float, double, int64); conversion, strides, threads and the tree over blocks are in reduce.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau::kernels {

// What is done to the elements, and how they are put together. NaN wins in max and min.
enum class Fold : uint8_t { sum, nan_sum, abs_sum, square_sum, nonzero, max, min, abs_max, abs_min, prod };
inline constexpr int kFolds = 10;
constexpr Fold second_fold(Fold f) {  // how results of a fold are folded
  switch (f) {
    case Fold::nan_sum:
    case Fold::abs_sum:
    case Fold::square_sum:
    case Fold::nonzero: return Fold::sum;
    case Fold::abs_max: return Fold::max;
    case Fold::abs_min: return Fold::min;
    default: return f;
  }
}

template <class L>
struct FoldFns {
  L (*row)(const L* x, size_t n) = nullptr;
  // acc[i] = acc[i] op (x[0][i] op ... op x[rows - 1][i]), a tree over at most 8 rows that lie `stride` elements apart.
  void (*columns)(L* acc, const L* x, ptrdiff_t stride, size_t rows, size_t n) = nullptr;
};
template <class L>
const FoldFns<L>& fold_fns(Fold fold);  // float, double, int64_t

// Sum of (x - center)^2, of a row and into accumulators with a center for each column; and the plain sum of a row added
// up in double.
template <class L>
struct CenteredFns {
  L (*row)(const L* x, size_t n, L center) = nullptr;
  void (*columns)(L* acc, const L* x, ptrdiff_t stride, size_t rows, const L* center, size_t n) = nullptr;
  double (*wide_sum)(const L* x, size_t n) = nullptr;
};
template <class L>
const CenteredFns<L>& centered_fns();  // float, double

// best[i], where[i] updated by row `index` where x[i] comes before: larger (smaller for `min`), or the first NaN.
template <class L>
using ArgColumns = void (*)(L* best, int64_t* where, const L* x, int64_t index, size_t n);
template <class L>
ArgColumns<L> arg_columns(bool max);

// Number of bytes that are not zero; whether there is one.
int64_t count_bytes(const uint8_t* x, size_t n);
bool any_byte(const uint8_t* x, size_t n);
bool all_bytes(const uint8_t* x, size_t n);

}  // namespace flambeau::kernels
