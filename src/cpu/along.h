// Loops over one dimension with an index for each element (gather, scatter) or for each slice (index_select, index_add
// …).
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/tensor.h"
#include "cpu/dispatch.h"
#include "loops/parallel.h"

namespace flambeau::along {

// A contiguous tensor cut at a dimension: outer × size × inner.
struct Cut {
  int64_t outer = 1, size = 1, inner = 1;
  Cut(IntSpan sizes, int64_t dim) {
    for (int64_t d = 0; d < static_cast<int64_t>(sizes.size()); ++d)
      (d < dim ? outer : d == dim ? size : inner) *= sizes[d];
  }
};

// Where the rows and columns of an index tensor lie in a contiguous tensor that may be larger in the other dimensions.
struct Places {
  std::vector<int64_t> outer, inner;
  int64_t step = 1;  // along the dimension
  Places(IntSpan sizes, IntSpan index_sizes, int64_t dim) {
    Dims strides = contiguous_strides(sizes);
    outer = list(strides, index_sizes, 0, dim);
    inner = list(strides, index_sizes, dim + 1, static_cast<int64_t>(sizes.size()));
    step = sizes.empty() ? 1 : strides[dim];
  }

 private:
  static std::vector<int64_t> list(IntSpan strides, IntSpan sizes, int64_t first, int64_t last) {
    std::vector<int64_t> out(1, 0);
    for (int64_t d = first; d < last; ++d) {
      std::vector<int64_t> next;
      next.reserve(out.size() * sizes[d]);
      for (int64_t base : out)
        for (int64_t i = 0; i < sizes[d]; ++i) next.push_back(base + i * strides[d]);
      out = std::move(next);
    }
    return out;
  }
};

// Raises unless all indices are in [0, size), before anything is written.
template <class I>
void check_bounds(const char* op, const I* index, int64_t n, int64_t dim, int64_t size,
                  ErrorKind kind = ErrorKind::Runtime) {
  parallel_for(n, 262144, [&](int64_t begin, int64_t end) {
    bool bad = false;
    for (int64_t i = begin; i < end; ++i)
      bad |= static_cast<uint64_t>(static_cast<int64_t>(index[i])) >= static_cast<uint64_t>(size);
    if (!bad) return;
    for (int64_t i = begin; i < end; ++i)
      check(index[i] >= 0 && index[i] < size, kind, op, ": index ", index[i], " is out of bounds for dimension ", dim,
            " with size ", size);
  });
}

// update(target element, position in the index, source offset); the target's rows are spread over threads, each
// position of a row is taken in order.
template <class I, class Update>
void for_each(const I* index, IntSpan index_sizes, int64_t dim, const Places& target, const Places& source,
              Update&& update) {
  Cut cut(index_sizes, dim);
  int64_t columns = cut.inner, n = cut.size;
  int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, n * columns));
  auto rows = [&](int64_t begin, int64_t end, int64_t first, int64_t last) {
    if (columns == 1) {  // along the last dimension
      for (int64_t o = begin; o < end; ++o) {
        const I* at = index + o * n;
        int64_t to = target.outer[o] + target.inner[0], from = source.outer[o] + source.inner[0];
        for (int64_t j = 0; j < n; ++j)
          update(to + static_cast<int64_t>(at[j]) * target.step, o * n + j, from + j * source.step);
      }
      return;
    }
    for (int64_t o = begin; o < end; ++o)
      for (int64_t j = 0; j < n; ++j) {
        const I* at = index + (o * n + j) * columns;
        int64_t to = target.outer[o], from = source.outer[o] + j * source.step;
        for (int64_t k = first; k < last; ++k)
          update(to + static_cast<int64_t>(at[k]) * target.step + target.inner[k], (o * n + j) * columns + k,
                 from + source.inner[k]);
      }
  };
  if (cut.outer == 1 && columns > 1)
    parallel_for(columns, std::max<int64_t>(16, 16384 / std::max<int64_t>(1, n)),
                 [&](int64_t a, int64_t b) { rows(0, 1, a, b); });
  else
    parallel_for(cut.outer, grain, [&](int64_t a, int64_t b) { rows(a, b, 0, columns); });
}

// Sums of rows, in vector code.
template <class T>
__attribute__((noinline, optimize("O3"))) void add_row(T* __restrict to, const T* __restrict from, int64_t n) {
  using W = Wide<T>;
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(static_cast<W>(to[i]) + static_cast<W>(from[i]));
}

// update(target row, source row, columns) for slices: target outer × size × inner, source outer × n × inner. Slices
// with the same index meet in one thread and in order.
template <class I, class Update>
void for_each_slice(const I* index, int64_t n, const Cut& target, Update&& update) {
  // Where the outer slices are too few, the columns are shared out; each is summed in the same order all the same.
  int64_t wanted = target.outer >= num_threads() ? 1 : std::min<int64_t>(num_threads(), target.inner / 64);
  int64_t pieces = target.inner ? std::max<int64_t>(1, wanted) : 0;
  int64_t piece = pieces ? (target.inner + pieces - 1) / pieces : 0;
  parallel_for(target.outer * pieces, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, n * piece)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t t = begin; t < end; ++t) {
                   int64_t o = t / pieces, first = t % pieces * piece, width = std::min(piece, target.inner - first);
                   for (int64_t i = 0; i < n; ++i)
                     update((o * target.size + static_cast<int64_t>(index[i])) * target.inner + first,
                            (o * n + i) * target.inner + first, width);
                 }
               });
}

}  // namespace flambeau::along
