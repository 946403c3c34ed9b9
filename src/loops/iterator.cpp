// Ordering, joining and walking of dimensions.
#include "loops/iterator.h"

#include <algorithm>
#include <cstring>

#include "core/saturating.h"
#include "loops/primitives.h"

namespace flambeau {

Iterator::Iterator(std::span<const Operand> operands, IntSpan sizes) : count_(static_cast<int>(operands.size())) {
  int rank = static_cast<int>(sizes.size());
  int order[kMaxDims];
  for (int d = 0; d < rank; ++d) order[d] = rank - 1 - d;
  auto stride = [&](int op, int d) -> int64_t {
    const Layout& l = *operands[op].layout;
    int at = d - (rank - static_cast<int>(l.sizes.size()));
    return at < 0 || (l.sizes[at] == 1 && sizes[d] != 1) ? 0
                                                         : l.strides[at] * static_cast<int64_t>(operands[op].itemsize);
  };
  // Innermost first by the result's strides, ties by the next operand's.
  auto inner_of = [&](int a, int b) {
    for (int op = 0; op < count_; ++op) {
      int64_t x = stride(op, a), y = stride(op, b);
      if (x == 0 || y == 0 || x == y) continue;
      return x < y;
    }
    return false;
  };
  for (int i = 1; i < rank; ++i)
    for (int j = i; j > 0 && inner_of(order[j], order[j - 1]); --j) std::swap(order[j], order[j - 1]);

  for (int op = 0; op < count_; ++op) {
    data_[op] = operands[op].data;
    itemsize_[op] = operands[op].itemsize;
  }
  for (int i = 0; i < rank; ++i) {
    int d = order[i];
    numel_ *= sizes[d];
    if (sizes[d] == 1) continue;
    bool joins = rank_ > 0;
    for (int op = 0; op < count_ && joins; ++op) joins = stride(op, d) == strides_[op][rank_ - 1] * shape_[rank_ - 1];
    if (joins) {
      shape_[rank_ - 1] *= sizes[d];
      continue;
    }
    shape_[rank_] = sizes[d];
    for (int op = 0; op < count_; ++op) strides_[op][rank_] = stride(op, d);
    ++rank_;
  }
  if (rank_ == 0) {
    rank_ = 1;
    shape_[0] = numel_;
    for (int op = 0; op < count_; ++op) strides_[op][0] = static_cast<int64_t>(itemsize_[op]);
  }
}

int64_t Iterator::offset_of(int op, int64_t row) const {
  int64_t offset = 0;
  for (int d = 1; d < rank_; ++d) {
    offset += (row % shape_[d]) * strides_[op][d];
    row /= shape_[d];
  }
  return offset;
}

char* Iterator::run(int op, int64_t begin, int64_t n) const {
  if (strides_[op][0] != static_cast<int64_t>(itemsize_[op])) return nullptr;
  if (rank_ == 1) return data_[op] + begin * strides_[op][0];
  int64_t row = begin / shape_[0], column = begin % shape_[0];
  if (column + n > shape_[0]) return nullptr;
  return data_[op] + offset_of(op, row) + column * strides_[op][0];
}

template <class Visit>
static void rows(int64_t begin, int64_t n, int64_t width, Visit&& visit) {
  int64_t row = begin / width, column = begin % width;
  for (int64_t done = 0; done < n; ++row, column = 0) {
    int64_t piece = std::min(n - done, width - column);
    visit(row, column, piece, done);
    done += piece;
  }
}

void Iterator::gather(int op, int64_t begin, int64_t n, void* out) const {
  size_t item = itemsize_[op];
  int64_t inner = strides_[op][0];
  rows(begin, n, shape_[0], [&](int64_t row, int64_t column, int64_t piece, int64_t done) {
    const char* from = data_[op] + offset_of(op, row) + column * inner;
    char* to = static_cast<char*>(out) + done * item;
    if (inner == static_cast<int64_t>(item))
      std::memcpy(to, from, piece * item);
    else if (inner == 0)
      fill(to, from, piece, item);
    else
      gather_strided(to, from, inner, piece, item);
  });
}

void Iterator::scatter(int op, int64_t begin, int64_t n, const void* in) const {
  size_t item = itemsize_[op];
  int64_t inner = strides_[op][0];
  rows(begin, n, shape_[0], [&](int64_t row, int64_t column, int64_t piece, int64_t done) {
    char* to = data_[op] + offset_of(op, row) + column * inner;
    const char* from = static_cast<const char*>(in) + done * item;
    if (inner == static_cast<int64_t>(item))
      std::memcpy(to, from, piece * item);
    else
      scatter_strided(to, inner, from, piece, item);
  });
}

Dims result_strides(IntSpan sizes, std::span<const Layout* const> inputs) {
  int rank = static_cast<int>(sizes.size());
  if (rank <= 1) return contiguous_strides(sizes);
  bool all_contiguous = true;
  for (const Layout* l : inputs) all_contiguous &= l->contiguous() && l->dim() == rank;
  if (all_contiguous) return contiguous_strides(sizes);
  auto stride = [&](const Layout& l, int d) -> int64_t {
    int at = d - (rank - static_cast<int>(l.sizes.size()));
    return at < 0 || l.sizes[at] == 1 ? 0 : l.strides[at];
  };
  // +1: a goes inside b; -1: outside; 0: the inputs do not say.
  auto compare = [&](int a, int b) {
    for (const Layout* l : inputs) {
      int64_t x = stride(*l, a), y = stride(*l, b);
      if (x == 0 || y == 0) continue;
      if (x < y) return 1;
      if (x > y) return -1;
      if (sizes[a] > sizes[b]) return -1;  // equal strides: the smaller dimension is taken as inner
    }
    return 0;
  };
  SmallVector<int64_t, 8> order;  // innermost first
  for (int d = rank - 1; d >= 0; --d) order.push_back(d);
  for (int i = 1; i < rank; ++i) {
    int at = i;
    for (int j = i - 1; j >= 0; --j) {
      int c = compare(static_cast<int>(order[at]), static_cast<int>(order[j]));
      if (c > 0) {
        std::swap(order[at], order[j]);
        at = j;
      } else if (c < 0) {
        break;
      }
    }
  }
  Dims strides(rank);
  int64_t step = 1;
  for (int64_t d : order) {
    strides[d] = step;
    step = sat_mul(step, std::max<int64_t>(sizes[d], 1));
  }
  return strides;
}

}  // namespace flambeau
