// Arithmetic of sizes and strides.
#include "core/layout.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <ostream>

#include "core/error.h"
#include "core/saturating.h"

namespace flambeau {

// The stride beyond a dimension. Sizes of a tensor without elements may multiply to anything.
static int64_t next_stride(int64_t step, int64_t size, IntSpan sizes) {
  check(!__builtin_mul_overflow(step, std::max<int64_t>(size, 1), &step), ErrorKind::Runtime,
        "Stride calculation overflowed for sizes ", list_text(sizes));
  return step;
}
int64_t numel_of(IntSpan sizes) {
  int64_t n = 1;
  bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  for (int64_t s : sizes) {
    check(s >= 0, ErrorKind::Runtime, "empty: Trying to create tensor with negative dimension ", s, ": ",
          list_text(sizes));
    if (empty) continue;
    check(!__builtin_mul_overflow(n, s, &n), ErrorKind::Runtime, "numel: integer multiplication overflow for sizes ",
          list_text(sizes));
  }
  return empty ? 0 : n;
}

Dims contiguous_strides(IntSpan sizes) {
  Dims strides(sizes.size());
  int64_t step = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = step;
    if (i) step = next_stride(step, sizes[i], sizes);
  }
  return strides;
}

Dims channels_last_strides(IntSpan sizes) {
  Dims strides(sizes.size());
  strides[1] = 1;
  int64_t step = std::max<int64_t>(sizes[1], 1);
  for (size_t i = sizes.size(); i-- > 2;) {
    strides[i] = step;
    step = next_stride(step, sizes[i], sizes);
  }
  strides[0] = step;
  return strides;
}

Dims strides_like(IntSpan sizes, IntSpan like_sizes, IntSpan like_strides) {
  size_t rank = sizes.size();
  if (rank != like_sizes.size()) return contiguous_strides(sizes);
  SmallVector<int64_t, 8> order(rank);
  std::iota(order.begin(), order.end(), 0);
  // Outermost first; equal strides (sizes of 1, broadcast) keep their logical order.
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return like_strides[a] > like_strides[b]; });
  Dims strides(rank);
  int64_t step = 1;
  for (size_t i = rank; i-- > 0;) {
    strides[order[i]] = step;
    if (i) step = next_stride(step, sizes[order[i]], sizes);
  }
  return strides;
}

ListText::operator std::string() const {
  std::string text = tuple ? "(" : "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  if (tuple && values.size() == 1) text += ",";
  return text + (tuple ? ")" : "]");
}

std::ostream& operator<<(std::ostream& out, const ListText& text) { return out << std::string(text); }

bool Layout::contiguous() const {
  int64_t expected = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] == 0) return true;
    if (sizes[i] != 1 && strides[i] != expected) expected = -1;
    if (expected > 0) expected = sat_mul(expected, sizes[i]);
  }
  if (expected > 0) return true;
  return std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
}

bool Layout::channels_last() const {
  if (sizes.size() != 4 && sizes.size() != 5) return false;
  if (strides[1] == 0) return false;
  int64_t least = 0;
  auto step = [&](size_t d) {  // PyTorch's reading: strides grow from C over the last spatial dimension up to N
    if (sizes[d] == 0 || strides[d] < least) return false;
    if (d == 0 && least == strides[1]) return false;
    least = strides[d];
    if (sizes[d] > 1) least = sat_mul(least, sizes[d]);
    return true;
  };
  if (!step(1)) return false;
  for (size_t d = sizes.size(); d-- > 2;)
    if (!step(d)) return false;
  return step(0);
}

bool Layout::dense() const {
  SmallVector<int64_t, 8> order;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return true;
    if (sizes[i] != 1) order.push_back(static_cast<int64_t>(i));
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return strides[a] < strides[b]; });
  int64_t expected = 1;
  for (int64_t i : order) {
    if (strides[i] != expected) return false;
    expected = sat_mul(expected, sizes[i]);
  }
  return true;
}

bool Layout::overlapping() const {
  if (contiguous() || dense()) return false;
  SmallVector<int64_t, 8> order;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return false;
    if (sizes[i] != 1) order.push_back(static_cast<int64_t>(i));
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return strides[a] < strides[b]; });
  int64_t reach = 0;
  for (int64_t i : order) {
    if (strides[i] <= reach) return true;
    reach = sat_add(reach, sat_mul(strides[i], sizes[i] - 1));
  }
  return false;
}

int64_t Layout::extent() const {
  int64_t last = offset;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return offset;
    const int64_t reach = sat_mul(sizes[i] - 1, std::max<int64_t>(strides[i], 0));
    last = sat_add(last, reach);
  }
  return sat_add(last, 1);
}

bool Layout::matches(MemoryFormat format) const {
  switch (format) {
    case MemoryFormat::contiguous: return contiguous();
    case MemoryFormat::preserve: return true;
    case MemoryFormat::channels_last:
    case MemoryFormat::channels_last_3d: {
      if (sizes.size() != (format == MemoryFormat::channels_last ? 4u : 5u)) return false;
      Dims wanted = channels_last_strides(sizes);
      for (size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 0) return true;
        if (sizes[i] != 1 && strides[i] != wanted[i]) return false;
      }
      return true;
    }
  }
  return false;
}

Layout Layout::permuted(IntSpan order) const {
  Layout out;
  out.offset = offset;
  for (int64_t d : order) {
    out.sizes.push_back(sizes[d]);
    out.strides.push_back(strides[d]);
  }
  return out;
}

Layout Layout::transposed(int64_t a, int64_t b) const {
  Layout out = *this;
  if (out.sizes.empty()) return out;
  std::swap(out.sizes[a], out.sizes[b]);
  std::swap(out.strides[a], out.strides[b]);
  return out;
}

Layout Layout::sliced(int64_t dim, int64_t start, int64_t length, int64_t step) const {
  Layout out = *this;
  out.offset = sat_add(offset, sat_mul(start, strides[dim]));
  out.sizes[dim] = length;
  out.strides[dim] = sat_mul(strides[dim], step);
  return out;
}

Layout Layout::selected(int64_t dim, int64_t index) const {
  Layout out = *this;
  out.offset = sat_add(offset, sat_mul(index, strides[dim]));
  out.sizes.erase(dim);
  out.strides.erase(dim);
  return out;
}

Layout Layout::unsqueezed(int64_t dim) const {
  Layout out = *this;
  int64_t step = dim < this->dim() ? sat_mul(sizes[dim], strides[dim]) : 1;
  out.sizes.insert(dim, 1);
  out.strides.insert(dim, step);
  return out;
}

Layout Layout::with_parts() const {
  Layout out = *this;
  for (int64_t& s : out.strides) s *= 2;
  out.sizes.push_back(2);
  out.strides.push_back(1);
  out.offset *= 2;
  return out;
}

Layout Layout::squeezed(int64_t dim) const {
  Layout out = *this;
  out.sizes.erase(dim);
  out.strides.erase(dim);
  return out;
}

Layout Layout::expanded(IntSpan to) const {
  Layout out;
  out.offset = offset;
  out.sizes = Dims(to);
  out.strides.resize(to.size(), 0);
  size_t lead = to.size() - sizes.size();
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] == to[lead + i]) out.strides[lead + i] = strides[i];
  // New leading dimensions of size 1 get the stride that a dense tensor would have there, as PyTorch does.
  for (size_t i = lead; i-- > 0;)
    out.strides[i] = to[i] == 1 ? (i + 1 < to.size() ? sat_mul(out.sizes[i + 1], out.strides[i + 1]) : 1) : 0;
  return out;
}

bool Layout::viewed(IntSpan to, Layout& out) const {
  Dims strides_to(to.size());
  if (numel() == 0) {
    out = Layout(Dims(to), sizes == Dims(to) ? strides : contiguous_strides(to), offset);
    return true;
  }
  // Walk both shapes from the end in blocks: a run of old dimensions that is contiguous among itself can be cut anew.
  int64_t at = static_cast<int64_t>(to.size()) - 1;
  int64_t base = sizes.empty() ? 1 : strides.back();
  int64_t old_block = 1, new_block = 1;
  for (int64_t d = dim() - 1; d >= 0; --d) {
    old_block *= sizes[d];
    if (d == 0 || (sizes[d - 1] != 1 && strides[d - 1] != old_block * base)) {
      while (at >= 0 && (new_block < old_block || to[at] == 1)) {
        strides_to[at] = new_block * base;
        new_block *= to[at];
        --at;
      }
      if (new_block != old_block) return false;
      if (d > 0) {
        base = strides[d - 1];
        old_block = new_block = 1;
      }
    }
  }
  for (; at >= 0; --at) strides_to[at] = sizes.empty() ? 1 : new_block * base;
  out = Layout(Dims(to), std::move(strides_to), offset);
  return true;
}

int64_t wrap_dim(const char* op, int64_t dim, int64_t rank) {
  int64_t bound = std::max<int64_t>(rank, 1);
  check(dim >= -bound && dim < bound, ErrorKind::Index, op, ": Dimension out of range (expected to be in range of [",
        -bound, ", ", bound - 1, "], but got ", dim, ")");
  return dim < 0 ? dim + bound : dim;
}

Dims infer_sizes(const char* op, IntSpan sizes, int64_t numel) {
  Dims out(sizes);
  int64_t unknown = -1, product = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == -1) {
      check(unknown < 0, ErrorKind::Runtime, op, ": only one dimension can be inferred, shape ", list_text(sizes),
            " has several -1");
      unknown = static_cast<int64_t>(i);
    } else {
      check(out[i] >= 0, ErrorKind::Runtime, op, ": invalid shape dimension ", out[i], " in ", list_text(sizes));
      check(!__builtin_mul_overflow(product, out[i], &product), ErrorKind::Runtime, op, ": shape ", list_text(sizes),
            " overflows");
    }
  }
  if (unknown >= 0 && product > 0 && numel % product == 0) {
    out[unknown] = numel / product;
    return out;
  }
  check(unknown < 0 || product != 0, ErrorKind::Runtime, op, ": cannot reshape tensor of 0 elements into shape ",
        list_text(sizes), " because the unspecified dimension size -1 can be any value and is ambiguous");
  check(unknown < 0 && product == numel, ErrorKind::Runtime, op, ": shape '", list_text(sizes),
        "' is invalid for input of size ", numel);
  return out;
}

Dims broadcast_sizes(const char* op, IntSpan a, IntSpan b) {
  if (a.size() < b.size()) std::swap(a, b);
  Dims out(a);
  size_t lead = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t x = a[lead + i], y = b[i];
    check(x == y || x == 1 || y == 1, ErrorKind::Runtime, op, ": The size of tensor a (", x,
          ") must match the size of tensor b (", y, ") at non-singleton dimension ", lead + i, "; the shapes ",
          shape_text(a), " and ", shape_text(b), " do not broadcast");
    out[lead + i] = x == 1 ? y : x;
  }
  return out;
}

}  // namespace flambeau
