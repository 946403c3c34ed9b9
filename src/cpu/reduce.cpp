// How a reduction is laid over memory: dimensions are merged, then read either as rows (the reduced dimension is
// walked, in blocks of 4,096 elements) or as columns (rows of accumulators). Note "The tree": a block is one vector
// loop; 16 blocks make a chunk, a task of its own; chunk results are folded again. All cuts follow from sizes and
// strides.
#include "cpu/reduce.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "core/error.h"
#include "core/saturating.h"
#include "cpu/reduce_plan.h"
#include "cpu/routines.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

uint64_t dim_mask(const char* op, IntSpan dims, int64_t rank, bool empty_is_all) {
  if (dims.empty()) return empty_is_all ? ~uint64_t{0} : 0;
  check(rank <= 64, ErrorKind::Runtime, op, ": only tensors with up to 64 dimensions can be reduced along some, got ",
        rank);
  uint64_t mask = 0;
  for (int64_t d : dims) {
    int64_t w = wrap_dim(op, d, rank);
    check(!(mask >> w & 1), ErrorKind::Runtime, op, ": dim ", w, " appears multiple times in the list of dims ",
          list_text(dims));
    mask |= uint64_t{1} << w;
  }
  return mask;
}

Dims reduced_sizes(IntSpan sizes, uint64_t mask, bool keepdim) {
  Dims out;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (!(mask >> d & 1))
      out.push_back(sizes[d]);
    else if (keepdim)
      out.push_back(1);
  }
  return out;
}

int64_t reduced_count(IntSpan sizes, uint64_t mask) {
  int64_t n = 1;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (mask >> d & 1) n *= sizes[d];
  return n;
}

ReducePlan::ReducePlan(const Layout& layout, uint64_t mask, bool keep_order) {
  struct Dim {
    int64_t size, stride;
  };
  SmallVector<Dim, 5> kept, reduced;
  for (int64_t d = 0; d < layout.dim(); ++d) {
    int64_t size = layout.sizes[d], stride = layout.strides[d];
    bool is_reduced = mask >> d & 1;
    int64_t& elements = is_reduced ? count : outputs;
    elements = sat_mul(elements, size);
    if (size == 1) continue;
    auto& list = is_reduced ? reduced : kept;
    if (!list.empty() && list.back().stride == sat_mul(stride, size)) {
      list.back() = {sat_mul(list.back().size, size), stride};
    } else {
      list.push_back({size, stride});
    }
  }
  if (!keep_order && reduced.size() > 1) {
    std::stable_sort(reduced.begin(), reduced.end(), [](const Dim& a, const Dim& b) { return a.stride > b.stride; });
    SmallVector<Dim, 5> merged;
    for (const Dim& d : reduced) {
      if (!merged.empty() && merged.back().stride == d.stride * d.size)
        merged.back() = {merged.back().size * d.size, d.stride};
      else
        merged.push_back(d);
    }
    reduced = merged;
  }
  if (!reduced.empty()) {
    n = reduced.back().size;
    stride = reduced.back().stride;
    reduced.pop_back();
  }
  columns = !kept.empty() && kept.back().stride == 1 && kept.back().size >= 16 && stride != 1 && count > 1;
  if (columns) {
    inner = kept.back().size;
    kept.pop_back();
  }
  for (const Dim& d : kept) outer_sizes.push_back(d.size), outer_strides.push_back(d.stride);
  for (const Dim& d : reduced) {
    outer_sizes.push_back(d.size), outer_strides.push_back(d.stride);
    parts *= d.size;
  }
  for (int64_t s : outer_sizes) outer *= s;
}

int64_t ReducePlan::offset(int64_t index) const {
  int64_t at = 0;
  for (size_t d = outer_sizes.size(); d-- > 0;) {
    int64_t q = index / outer_sizes[d];
    at += (index - q * outer_sizes[d]) * outer_strides[d];
    index = q;
  }
  return at;
}

namespace {

// Elements that one thread folds before a second one would have joined in: 15 microseconds of work.
constexpr int64_t kAlone = 131072;

template <class L>
L identity(Fold f) {
  using Limits = std::numeric_limits<L>;
  switch (f) {
    case Fold::prod: return 1;
    case Fold::max: return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    case Fold::min:
    case Fold::abs_min: return Limits::has_infinity ? Limits::infinity() : Limits::max();
    default: return 0;
  }
}

template <class L>
struct Folder {
  Fold fold;
  const ReducePlan& plan;
  BlockReader<L> reader;

  // One row (n elements) cut into chunks; values[outer * chunks].
  void rows(L* values, int64_t chunks) const {
    const auto& first = kernels::fold_fns<L>(fold);
    const auto& second = kernels::fold_fns<L>(second_fold(fold));
    int64_t total = plan.outer * chunks,
            per_task = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, std::min(plan.n, kChunk)));
    bool plain = plan.outer_sizes.size() == 1;
    auto run = [&](int64_t begin, int64_t end) {
      Scratch<L> scratch(reader, kBlock);
      for (int64_t i = begin; i < end; ++i) {
        int64_t o = chunks == 1 ? i : i / chunks, c = chunks == 1 ? 0 : i % chunks;
        const char* row = reader.base + (plain ? o * plan.outer_strides[0] : plan.offset(o)) * reader.item;
        int64_t from = c * kChunk, to = std::min(plan.n, from + kChunk);
        L blocks[kChunk / kBlock];
        int64_t k = 0;
        for (int64_t at = from; at < to; at += kBlock) {
          int64_t m = std::min(kBlock, to - at);
          blocks[k++] = first.row(reader.read(row + at * plan.stride * reader.item, plan.stride, m, scratch), m);
        }
        values[i] = k == 1 ? blocks[0] : second.row(blocks, k);
      }
    };
    if (total * plan.n <= kAlone) return run(0, total);
    parallel_tasks((total + per_task - 1) / per_task,
                   [&](int64_t t) { run(t * per_task, std::min(total, (t + 1) * per_task)); });
  }

  // Accumulators [outer][chunks of rows][inner].
  void columns(L* values, int64_t row_chunk, int64_t chunks) const {
    const auto& fns = kernels::fold_fns<L>(fold);
    int64_t tiles = (plan.inner + kTile - 1) / kTile;
    auto run = [&](int64_t task) {
      Scratch<L> scratch(reader, 8 * kTile);
      int64_t tile = task % tiles, c = task / tiles % chunks, o = task / tiles / chunks;
      int64_t at = tile * kTile, width = std::min(kTile, plan.inner - at);
      L* acc = values + (o * chunks + c) * plan.inner + at;
      std::fill(acc, acc + width, identity<L>(fold));
      const char* base = reader.base + (plan.offset(o) + at) * reader.item;
      for (int64_t r = c * row_chunk, end = std::min(plan.n, r + row_chunk); r < end; r += 8) {
        int64_t rows = std::min<int64_t>(8, end - r), stride = plan.stride;
        const L* x = reader.rows(base + r * plan.stride * reader.item, stride, rows, width, scratch);
        fns.columns(acc, x, stride, rows, width);
      }
    };
    int64_t tasks = plan.outer * chunks * tiles;
    if (plan.outer * plan.n * plan.inner <= kAlone)
      for (int64_t t = 0; t < tasks; ++t) run(t);
    else
      parallel_tasks(tasks, run);
  }

  void operator()(L* out) const {
    if (plan.count == 0) {
      std::fill(out, out + plan.outputs, identity<L>(fold));
      return;
    }
    const auto& second = kernels::fold_fns<L>(second_fold(fold));
    if (plan.columns) {
      int64_t row_chunk = std::clamp<int64_t>(131072 / std::min(plan.inner, kTile), 128, 1024),
              chunks = (plan.n + row_chunk - 1) / row_chunk;
      int64_t parts = plan.parts * chunks;
      if (parts == 1) return columns(out, row_chunk, chunks);
      Buffer<L> partial(plan.outer * chunks * plan.inner);
      columns(partial.data, row_chunk, chunks);
      for (int64_t o = 0; o < plan.outer / plan.parts; ++o) {
        L* acc = out + o * plan.inner;
        std::fill(acc, acc + plan.inner, identity<L>(second_fold(fold)));
        const L* p = partial.data + o * parts * plan.inner;
        for (int64_t r = 0; r < parts; r += 8)
          second.columns(acc, p + r * plan.inner, plan.inner, std::min<int64_t>(8, parts - r), plan.inner);
      }
    } else {
      int64_t chunks = (plan.n + kChunk - 1) / kChunk, parts = plan.parts * chunks;
      if (parts == 1) return rows(out, chunks);
      Buffer<L> partial(plan.outer * chunks);
      rows(partial.data, chunks);
      for (int64_t o = 0; o < plan.outputs; ++o) out[o] = second.row(partial.data + o * parts, parts);
    }
  }
};

template <class L>
void fold_in(Lane lane, Fold fold, const Tensor& x, uint64_t mask, const Tensor& out, After after) {
  ReducePlan plan(x.layout(), mask, false);
  if (plan.outputs == 0) return;
  bool direct = out.dtype() == dtype_of<L>();
  Buffer<L> buffer(direct ? 0 : plan.outputs);
  L* values = direct ? out.data<L>() : buffer.data;
  Folder<L>{fold, plan, BlockReader<L>(x, lane)}(values);
  if constexpr (std::is_floating_point_v<L>) {
    if (after == After::mean)
      for (int64_t i = 0; i < plan.outputs; ++i) values[i] /= static_cast<L>(plan.count);
    if (after == After::root)
      for (int64_t i = 0; i < plan.outputs; ++i) values[i] = std::sqrt(values[i]);
  }
  if (!direct) store_convert(lane, out.dtype())(out.data(), values, plan.outputs);
}

// The parts of complex elements as a last dimension of 2.
Tensor with_parts(const Tensor& x) { return alias(x, x.layout().with_parts(), to_real(x.dtype())); }

}  // namespace

void reduce_fold(Fold fold, const Tensor& x, uint64_t mask, const Tensor& out, After after) {
  if (x.is_complex() || out.is_complex()) {
    if (!x.is_complex() || itemsize(x.dtype()) != itemsize(out.dtype()))
      return reduce_fold(fold, cast(x, out.dtype()), mask, out, after);
    uint64_t dims = x.dim() >= 64 ? ~uint64_t{0} : (uint64_t{1} << x.dim()) - 1;
    return reduce_fold(fold, with_parts(x), mask & dims, with_parts(out), after);
  }
  FLAMBEAU_ELSEWHERE(reduce_fold, out, fold, x, mask, out, after);
  DType type = out.dtype();
  if (is_floating(type) && type == DType::float64)
    fold_in<double>(Lane::f64, fold, x, mask, out, after);
  else if (is_floating(type))
    fold_in<float>(Lane::f32, fold, x, mask, out, after);
  else {
    check(kernels::fold_fns<int64_t>(fold).row != nullptr, ErrorKind::NotImplemented,
          "reduce: this reduction is not implemented for ", name(type), "; convert to a floating-point type");
    fold_in<int64_t>(Lane::i64, fold, x, mask, out, after);
  }
}

// --- moments --------------------------------------------------------------------------------------------------------
namespace {

struct Moments {
  double n = 0, mean = 0, m2 = 0;
  // Chan, Golub, LeVeque (1983): moments of two sets from those of each.
  void add(const Moments& b) {
    if (b.n == 0) return;
    if (n == 0) {
      *this = b;
      return;
    }
    double total = n + b.n, delta = b.mean - mean;
    mean += delta * (b.n / total);
    m2 += b.m2 + delta * delta * (n * b.n / total);
    n = total;
  }
};
Moments merge(const Moments* m, int64_t n, int64_t step) {
  if (n == 1) return *m;
  Moments left = merge(m, n / 2, step);
  left.add(merge(m + n / 2 * step, n - n / 2, step));
  return left;
}

template <class L>
struct MomentsRun {
  const ReducePlan& plan;
  BlockReader<L> reader;
  const kernels::FoldFns<L>& sum = kernels::fold_fns<L>(Fold::sum);
  const kernels::CenteredFns<L>& centered = kernels::centered_fns<L>();

  // The mean in double, the squares around the element type next to it, and what that is off taken back.
  Moments block(const L* x, int64_t n) const {
    const double count = static_cast<double>(n), mean = centered.wide_sum(x, n) / count;
    const L center = static_cast<L>(mean);
    const double off = std::isfinite(mean) ? mean - static_cast<double>(center) : 0;
    return {count, mean, std::max(centered.row(x, n, center) - count * off * off, 0.0)};
  }
  void rows(Moments* values, int64_t chunks) const {
    int64_t total = plan.outer * chunks,
            per_task = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, std::min(plan.n, kChunk)));
    auto run = [&](int64_t begin, int64_t end) {
      Scratch<L> scratch(reader, kBlock);
      for (int64_t i = begin; i < end; ++i) {
        const char* row = reader.base + plan.offset(i / chunks) * reader.item;
        int64_t from = i % chunks * kChunk, to = std::min(plan.n, from + kChunk), k = 0;
        Moments blocks[kChunk / kBlock];
        for (int64_t at = from; at < to; at += kBlock) {
          int64_t m = std::min(kBlock, to - at);
          blocks[k++] = block(reader.read(row + at * plan.stride * reader.item, plan.stride, m, scratch), m);
        }
        values[i] = merge(blocks, k, 1);
      }
    };
    if (total * plan.n <= kAlone / 2) return run(0, total);
    parallel_tasks((total + per_task - 1) / per_task,
                   [&](int64_t t) { run(t * per_task, std::min(total, (t + 1) * per_task)); });
  }
  void columns(Moments* values, int64_t row_chunk, int64_t chunks) const {
    constexpr int64_t width_most = 512, block_rows = 64;
    int64_t tiles = (plan.inner + width_most - 1) / width_most;
    parallel_tasks(plan.outer * chunks * tiles, [&](int64_t task) {
      Scratch<L> scratch(reader, block_rows * width_most);
      int64_t tile = task % tiles, c = task / tiles % chunks, o = task / tiles / chunks;
      int64_t at = tile * width_most, width = std::min(width_most, plan.inner - at);
      Moments* acc = values + (o * chunks + c) * plan.inner + at;
      std::fill(acc, acc + width, Moments());
      L mean[width_most], m2[width_most];
      const char* base = reader.base + (plan.offset(o) + at) * reader.item;
      for (int64_t r = c * row_chunk, end = std::min(plan.n, r + row_chunk); r < end; r += block_rows) {
        int64_t rows = std::min(block_rows, end - r), stride = plan.stride;
        const L* x = reader.rows(base + r * plan.stride * reader.item, stride, rows, width, scratch);
        std::fill(mean, mean + width, L(0));
        std::fill(m2, m2 + width, L(0));
        for (int64_t k = 0; k < rows; k += 8)
          sum.columns(mean, x + k * stride, stride, std::min<int64_t>(8, rows - k), width);
        for (int64_t i = 0; i < width; ++i) mean[i] /= static_cast<L>(rows);
        for (int64_t k = 0; k < rows; k += 8)
          centered.columns(m2, x + k * stride, stride, std::min<int64_t>(8, rows - k), mean, width);
        for (int64_t i = 0; i < width; ++i) acc[i].add({static_cast<double>(rows), mean[i], m2[i]});
      }
    });
  }
};

template <class L>
void moments_in(Lane lane, const Tensor& x, uint64_t mask, double correction, bool root, const Tensor& variance,
                const Tensor& mean) {
  ReducePlan plan(x.layout(), mask, false);
  if (plan.outputs == 0) return;
  Buffer<L> out(2 * plan.outputs);
  auto put = [&](int64_t i, const Moments& m) {
    double divisor = std::max(0.0, m.n - correction), v = m.m2 / divisor;
    out.data[i] = static_cast<L>(root ? std::sqrt(v) : v);
    out.data[plan.outputs + i] = static_cast<L>(m.n == 0 ? std::numeric_limits<double>::quiet_NaN() : m.mean);
  };
  MomentsRun<L> run{plan, BlockReader<L>(x, lane)};
  if (plan.count == 0) {
    for (int64_t i = 0; i < plan.outputs; ++i) put(i, Moments());
  } else if (plan.columns) {
    int64_t row_chunk = 1024, chunks = (plan.n + row_chunk - 1) / row_chunk, parts = plan.parts * chunks;
    Buffer<Moments> partial(plan.outer * chunks * plan.inner);
    run.columns(partial.data, row_chunk, chunks);
    for (int64_t o = 0; o < plan.outer / plan.parts; ++o)
      for (int64_t i = 0; i < plan.inner; ++i)
        put(o * plan.inner + i, merge(partial.data + o * parts * plan.inner + i, parts, plan.inner));
  } else {
    int64_t chunks = (plan.n + kChunk - 1) / kChunk, parts = plan.parts * chunks;
    Buffer<Moments> partial(plan.outer * chunks);
    run.rows(partial.data, chunks);
    for (int64_t i = 0; i < plan.outputs; ++i) put(i, merge(partial.data + i * parts, parts, 1));
  }
  if (variance.defined()) store_convert(lane, variance.dtype())(variance.data(), out.data, plan.outputs);
  if (mean.defined()) store_convert(lane, mean.dtype())(mean.data(), out.data + plan.outputs, plan.outputs);
}

}  // namespace

void reduce_moments(const Tensor& x, uint64_t mask, double correction, bool root, const Tensor& variance,
                    const Tensor& mean) {
  FLAMBEAU_ELSEWHERE(reduce_moments, x, x, mask, correction, root, variance, mean);
  if (x.dtype() == DType::float64)
    moments_in<double>(Lane::f64, x, mask, correction, root, variance, mean);
  else
    moments_in<float>(Lane::f32, x, mask, correction, root, variance, mean);
}

}  // namespace flambeau
