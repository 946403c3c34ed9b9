// The loops of indexing with tensors, and the search for elements that are not zero.
#include "cpu/index.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch.h"
#include "cpu/routines.h"
#include "loops/copy.h"
#include "loops/iterator.h"
#include "loops/parallel.h"
#include "op/warning.h"

namespace flambeau {

std::vector<int64_t> all_offsets(const Layout& layout) {
  std::vector<int64_t> out(1, 0);
  for (int64_t d = 0; d < layout.dim(); ++d) {
    std::vector<int64_t> next;
    next.reserve(out.size() * layout.sizes[d]);
    for (int64_t base : out)
      for (int64_t i = 0; i < layout.sizes[d]; ++i) next.push_back(base + i * layout.strides[d]);
    out = std::move(next);
  }
  return out;
}

namespace {

// A mask of k dimensions stands for k index tensors.
void expand_mask(const char* op, const Tensor& self, const Tensor& mask, int64_t slot, std::vector<Tensor>& out) {
  int64_t at = static_cast<int64_t>(out.size());
  check(at + mask.dim() <= self.dim(), ErrorKind::Index, op, ": too many indices for tensor of dimension ", self.dim());
  for (int64_t d = 0; d < mask.dim(); ++d)
    check(mask.size(d) == self.size(at + d), ErrorKind::Index, op, ": The shape of the mask ", list_text(mask.sizes()),
          " at index ", d, " does not match the shape of the indexed tensor ", list_text(self.sizes()), " at index ",
          at + d);
  check(!mask.is_meta(), ErrorKind::NotImplemented, op,
        ": the size of a result selected by a mask depends on data, so there is no 'meta' form; use 'cpu'");
  Tensor found = nonzero_cpu(mask);
  for (int64_t d = 0; d < mask.dim(); ++d) {
    Tensor column = alias(found, found.layout().selected(1, d));
    out.push_back(as_contiguous(column));
  }
}

Tensor as_int64(const Tensor& t, IntSpan sizes) {
  Tensor wide = cast(t, DType::int64);
  Layout expanded = wide.layout().expanded(sizes);
  return as_contiguous(alias(wide, expanded));
}

}  // namespace

IndexPlan plan_index(const char* op, const Tensor& self, TensorSpan given) {
  IndexPlan plan;
  std::vector<Tensor> list;
  for (size_t i = 0; i < given.size(); ++i) {
    const Tensor& t = given[i];
    if (!t.defined()) {
      list.push_back(t);
      continue;
    }
    DType type = t.dtype();
    check(type == DType::int64 || type == DType::int32 || type == DType::bool_ || type == DType::uint8 ||
              type == DType::int16 || type == DType::int8,
          ErrorKind::Index, op, ": tensors used as indices must be long, int, byte or bool tensors, got ", name(type),
          " at position ", i);
    if (type == DType::uint8 && show_warning)
      show_warning(std::string(op) + ": dtype uint8 is taken for a mask, which is deprecated; use bool");
    if (type == DType::bool_ || type == DType::uint8)
      expand_mask(op, self, t, static_cast<int64_t>(i), list);
    else
      list.push_back(t);
  }
  check(static_cast<int64_t>(list.size()) <= self.dim(), ErrorKind::Index, op,
        ": too many indices for tensor of dimension ", self.dim(), " (got ", list.size(), ")");
  list.resize(self.dim());

  std::string shapes;
  for (const Tensor& t : list) {
    if (!t.defined()) continue;
    plan.has_indices = true;
    shapes += (shapes.empty() ? "" : ", ") + list_text(t.sizes());
  }
  for (const Tensor& t : list) {
    if (!t.defined()) continue;
    try {
      plan.index_sizes = broadcast_sizes(op, plan.index_sizes, t.sizes());
    } catch (const Error&) {
      raise(ErrorKind::Index, op, ": shape mismatch: indexing tensors could not be broadcast together with shapes ",
            shapes);
    }
  }
  int64_t first = -1, last = -1, count = 0;
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (!list[d].defined()) continue;
    if (first < 0) first = d;
    last = d;
    ++count;
    plan.indexed.push_back(d);
    if (!self.is_meta() && !list[d].is_meta()) plan.indices.push_back(as_int64(list[d], plan.index_sizes));
  }
  bool neighbours = count > 0 && last - first + 1 == count;
  Layout spread;  // self as if the indices had strides of 0: decides the order of a fresh result
  auto add = [&](Layout& l, int64_t d) {
    l.sizes.push_back(self.size(d));
    l.strides.push_back(self.stride(d));
  };
  for (int64_t d = 0; neighbours && d < first; ++d) add(plan.before, d);
  for (int64_t d = neighbours ? first : 0; d < self.dim(); ++d)
    if (!list[d].defined()) add(plan.after, d);
  auto put = [&](const Layout& l) {
    for (int64_t d = 0; d < l.dim(); ++d) {
      plan.sizes.push_back(l.sizes[d]);
      spread.sizes.push_back(l.sizes[d]);
      spread.strides.push_back(l.strides[d]);
    }
  };
  put(plan.before);
  for (int64_t s : plan.index_sizes) {
    plan.sizes.push_back(s);
    spread.sizes.push_back(s);
    spread.strides.push_back(0);
  }
  put(plan.after);
  const Layout* layouts[] = {&spread};
  plan.strides = result_strides(plan.sizes, layouts);
  if (plan.before.dim() + plan.after.dim() > 0 || !plan.has_indices)
    for (int64_t d : plan.indexed)
      check(self.size(d) > 0 || numel_of(plan.index_sizes) == 0, ErrorKind::Index, op,
            ": index is out of bounds for dimension with size 0, which is dimension ", d);
  return plan;
}

std::vector<int64_t> IndexPlan::offsets(const char* op, const Tensor& self) const {
  int64_t n = numel_of(index_sizes);
  std::vector<int64_t> out(n);
  for (size_t k = 0; k < indexed.size(); ++k) {
    int64_t dim = indexed[k], size = self.size(dim), stride = self.stride(dim);
    const int64_t* index = indices[k].data<int64_t>();
    parallel_for(n, 65536, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t at = index[i];
        check(at >= -size && at < size, ErrorKind::Index, op, ": index ", at, " is out of bounds for dimension ", dim,
              " with size ", size);
        at = (at < 0 ? at + size : at) * stride;
        out[i] = k == 0 ? at : out[i] + at;
      }
    });
  }
  return out;
}

namespace {

// The three loops: f(before offset, position, its offset, after begin, after end) over disjoint parts of the target.
struct Loops {
  std::vector<int64_t> before, positions, after;  // `after` is empty where its elements are contiguous
  int64_t after_count = 1;
  Loops(const char* op, const Tensor& self, const IndexPlan& plan)
      : before(all_offsets(plan.before)), positions(plan.offsets(op, self)), after_count(plan.after.numel()) {
    if (!plan.after.contiguous()) after = all_offsets(plan.after);
  }
};

}  // namespace

IndexPlan plan_along(const char* op, const Tensor& self, int64_t dim, const Tensor& index) {
  std::vector<Tensor> list(static_cast<size_t>(dim));
  list.push_back(index);
  return plan_index(op, self, list);
}

void index_read(const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& out) {
  FLAMBEAU_ELSEWHERE(index_read, self, op, self, plan, out);
  Loops loops(op, self, plan);
  int64_t n = static_cast<int64_t>(loops.positions.size()), width = loops.after_count;
  int64_t rows = static_cast<int64_t>(loops.before.size()) * n;
  if (rows * width == 0) return;
  dispatch_size(self.itemsize(), [&]<class T>() {
    const T* from = self.data<T>();
    T* to = out.data<T>();
    parallel_for(rows, std::max<int64_t>(1, 16384 / width), [&](int64_t begin, int64_t end) {
      int64_t b = begin / n, i = begin % n;
      for (int64_t r = begin; r < end; ++r) {
        const T* row = from + loops.before[b] + loops.positions[i];
        T* target = to + r * width;
        if (width == 1)
          *target = *row;
        else if (loops.after.empty())
          std::memcpy(target, row, width * sizeof(T));
        else
          for (int64_t a = 0; a < width; ++a) target[a] = row[loops.after[a]];
        if (++i == n) {
          i = 0;
          ++b;
        }
      }
    });
  });
}

namespace {

// Repeated positions meet in one task and in order: tasks are cut along the other dimensions only.
template <class T, class Update>
void write_loops(const Loops& loops, T* to, const T* values, bool one_value, Update update) {
  int64_t n = static_cast<int64_t>(loops.positions.size()), width = loops.after_count;
  int64_t outer = static_cast<int64_t>(loops.before.size());
  if (n * width * outer == 0) return;
  // Columns are shared out where the outer slices are too few; each keeps its order.
  int64_t wanted = outer >= num_threads() ? 1 : std::min<int64_t>(num_threads(), width / 64);
  int64_t piece = (width + std::max<int64_t>(wanted, 1) - 1) / std::max<int64_t>(wanted, 1);
  int64_t pieces = (width + piece - 1) / piece;
  auto task = [&](int64_t t) {
    int64_t b = t / pieces, first = t % pieces * piece, last = std::min(first + piece, width);
    T* base = to + loops.before[b];
    for (int64_t i = 0; i < n; ++i) {
      T* row = base + loops.positions[i];
      const T* from = one_value ? values : values + (b * n + i) * width;
      if (loops.after.empty())
        for (int64_t a = first; a < last; ++a) update(row[a], from[one_value ? 0 : a]);
      else
        for (int64_t a = first; a < last; ++a) update(row[loops.after[a]], from[one_value ? 0 : a]);
    }
  };
  if (n * width * outer < 32768) {
    for (int64_t t = 0; t < outer * pieces; ++t) task(t);
  } else {
    // Many small outer slices are taken together.
    int64_t group = std::max<int64_t>(1, 16384 / (n * piece)), tasks = outer * pieces;
    parallel_tasks((tasks + group - 1) / group, [&](int64_t g) {
      for (int64_t t = g * group; t < std::min(tasks, (g + 1) * group); ++t) task(t);
    });
  }
}

}  // namespace

void index_write(const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& values, bool accumulate) {
  FLAMBEAU_ELSEWHERE(index_write, self, op, self, plan, values, accumulate);
  Loops loops(op, self, plan);
  bool one = values.numel() == 1;
  Tensor plain = one ? as_contiguous(values) : as_contiguous(alias(values, values.layout().expanded(plan.sizes)));
  if (!accumulate) {
    dispatch_size(self.itemsize(), [&]<class T>() {
      write_loops(loops, self.data<T>(), plain.data<T>(), one, [](T& to, T v) { to = v; });
    });
    return;
  }
  dispatch_number(op, self.dtype(), [&]<class T>() {
    write_loops(loops, self.data<T>(), plain.data<T>(), one,
                [](T& to, T v) { to = static_cast<T>(static_cast<Wide<T>>(to) + static_cast<Wide<T>>(v)); });
  });
}

Tensor nonzero_cpu(const Tensor& given) {
  FLAMBEAU_ELSEWHERE(nonzero, given, given);
  Tensor self = as_contiguous(given);
  int64_t rank = self.dim(), n = self.numel();
  Tensor truth = self;
  if (self.dtype() != DType::bool_) truth = cast(self, DType::bool_);
  const uint8_t* bits = n ? static_cast<const uint8_t*>(truth.data()) : nullptr;
  constexpr int64_t kBlock = 65536;
  int64_t blocks = (n + kBlock - 1) / kBlock;
  std::vector<int64_t> start(blocks + 1, 0);
  parallel_tasks(blocks, [&](int64_t b) {
    int64_t count = 0;
    for (int64_t i = b * kBlock, end = std::min(n, i + kBlock); i < end; ++i) count += bits[i] != 0;
    start[b + 1] = count;
  });
  for (int64_t b = 0; b < blocks; ++b) start[b + 1] += start[b];
  // One column after the other, as PyTorch lays it out: the columns are what indexing wants.
  Tensor out = empty_strided(Dims{start[blocks], rank}, Dims{1, std::max<int64_t>(start[blocks], 1)}, DType::int64,
                             self.device());
  if (rank == 0 || start[blocks] == 0) return out;
  int64_t* to = out.data<int64_t>();
  IntSpan sizes = self.sizes();
  parallel_tasks(blocks, [&](int64_t b) {
    int64_t at[kMaxDims], first = b * kBlock, end = std::min(n, first + kBlock);
    int64_t* row = to + start[b];
    int64_t count = start[blocks];
    if (rank == 1) {
      for (int64_t i = first; i < end; ++i) {
        if (row == to + start[b + 1]) break;
        *row = i;
        row += bits[i] != 0;
      }
      return;
    }
    int64_t rest = first;
    for (int64_t d = rank; d-- > 0; rest /= sizes[d]) at[d] = rest % sizes[d];
    int64_t width = sizes[rank - 1];
    for (int64_t i = first; i < end;) {
      // Columns are collected without a branch, then written out.
      int32_t columns[1024];
      int64_t stop = std::min({end, i + width - at[rank - 1], i + 1024}), found = 0, base = at[rank - 1],
              n_here = stop - i;
      for (int64_t k = 0; k < n_here; ++k) {
        columns[found] = static_cast<int32_t>(k);
        found += bits[i + k] != 0;
      }
      for (int64_t d = 0; d < rank - 1; ++d) std::fill(row + d * count, row + d * count + found, at[d]);
      for (int64_t k = 0; k < found; ++k) row[(rank - 1) * count + k] = base + columns[k];
      row += found;
      i = stop;
      at[rank - 1] += n_here;
      if (at[rank - 1] < width) continue;
      at[rank - 1] = 0;
      for (int64_t d = rank - 1; d-- > 0;) {
        if (++at[d] < sizes[d]) break;
        at[d] = 0;
      }
    }
  });
  return out;
}

}  // namespace flambeau
