// The place of the largest or smallest element, and tests of truth. A block is first folded by the vector loop of max;
// only the block that wins is searched for the element itself.
#include <algorithm>
#include <cstring>

#include "cpu/reduce.h"
#include "cpu/reduce_plan.h"
#include "cpu/routines.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

template <class L>
struct Best {
  L value{};
  int64_t index = -1;
};
template <class L>
bool before(bool max, L a, L b) {  // whether a comes before b
  if (b != b) return false;
  return a != a || (max ? a > b : a < b);
}

template <class L>
Best<L> best_of_row(bool max, const BlockReader<L>& reader, const char* row, int64_t stride, int64_t from, int64_t to,
                    Scratch<L>& scratch) {
  const auto& fns = kernels::fold_fns<L>(max ? Fold::max : Fold::min);
  Best<L> best;
  for (int64_t at = from; at < to; at += kBlock) {
    int64_t m = std::min(kBlock, to - at);
    const L* x = reader.read(row + at * stride * reader.item, stride, m, scratch);
    L v = fns.row(x, m);
    if (best.index >= 0 && !before(max, v, best.value)) continue;
    int64_t i = 0;
    if (v != v)
      while (x[i] == x[i]) ++i;
    else
      while (x[i] != v) ++i;
    best = {v, at + i};
    if (v != v) break;
  }
  return best;
}

template <class L>
void arg_in(Lane lane, bool max, const Tensor& x, uint64_t mask, int64_t* indices) {
  ReducePlan plan(x.layout(), mask, true);
  BlockReader<L> reader(x, lane);
  if (plan.columns) {
    auto step = kernels::arg_columns<L>(max);
    int64_t tiles = (plan.inner + kTile - 1) / kTile, row_chunk = 512, chunks = (plan.n + row_chunk - 1) / row_chunk;
    Buffer<L> best(chunks > 1 ? plan.outer * chunks * plan.inner : 0);
    Buffer<int64_t> where(chunks > 1 ? plan.outer * chunks * plan.inner : 0);
    parallel_tasks(plan.outer * chunks * tiles, [&](int64_t task) {
      Scratch<L> scratch(reader, kTile);
      int64_t tile = task % tiles, c = task / tiles % chunks, o = task / tiles / chunks;
      int64_t at = tile * kTile, width = std::min(kTile, plan.inner - at);
      L own[kTile];
      L* b = chunks > 1 ? best.data + (o * chunks + c) * plan.inner + at : own;
      int64_t* w = (chunks > 1 ? where.data + (o * chunks + c) * plan.inner : indices + o * plan.inner) + at;
      const char* base = reader.base + (plan.offset(o) + at) * reader.item;
      int64_t first = c * row_chunk;
      for (int64_t r = first, end = std::min(plan.n, r + row_chunk); r < end; ++r) {
        const L* row = reader.read(base + r * plan.stride * reader.item, 1, width, scratch);
        if (r == first) {
          std::copy(row, row + width, b);
          std::fill(w, w + width, r);
        } else {
          step(b, w, row, r, width);
        }
      }
    });
    if (chunks == 1) return;
    for (int64_t o = 0; o < plan.outer; ++o)
      for (int64_t i = 0; i < plan.inner; ++i) {
        int64_t at = o * chunks * plan.inner + i, k = at;
        for (int64_t c = 1; c < chunks; ++c)
          if (before(max, best.data[at + c * plan.inner], best.data[k])) k = at + c * plan.inner;
        indices[o * plan.inner + i] = where.data[k];
      }
    return;
  }
  int64_t chunks = std::max<int64_t>(1, (plan.n + kChunk - 1) / kChunk), total = plan.outer * chunks;
  int64_t per_task = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, std::min(plan.n, kChunk)));
  Buffer<Best<L>> best(chunks > 1 ? total : 0);
  auto run = [&](int64_t begin, int64_t end) {
    Scratch<L> scratch(reader, kBlock);
    for (int64_t i = begin; i < end; ++i) {
      const char* row = reader.base + plan.offset(i / chunks) * reader.item;
      int64_t from = i % chunks * kChunk;
      auto b = best_of_row(max, reader, row, plan.stride, from, std::min(plan.n, from + kChunk), scratch);
      if (chunks == 1)
        indices[i] = b.index;
      else
        best.data[i] = b;
    }
  };
  if (total * plan.n <= 16384)
    run(0, total);
  else
    parallel_tasks((total + per_task - 1) / per_task,
                   [&](int64_t t) { run(t * per_task, std::min(total, (t + 1) * per_task)); });
  if (chunks == 1) return;
  for (int64_t o = 0; o < plan.outer; ++o) {
    Best<L> b = best.data[o * chunks];
    for (int64_t c = 1; c < chunks; ++c)
      if (before(max, best.data[o * chunks + c].value, b.value)) b = best.data[o * chunks + c];
    indices[o] = b.index;
  }
}

}  // namespace

void reduce_arg(bool max, const Tensor& x_, int64_t dim, const Tensor& values, const Tensor& indices) {
  FLAMBEAU_ELSEWHERE(reduce_arg, x_, max, x_, dim, values, indices);
  Tensor x = dim < 0 || x_.dim() == 0 ? as_contiguous(x_) : x_;
  uint64_t mask = dim < 0 || x.dim() == 0 ? ~uint64_t{0} : uint64_t{1} << dim;
  int64_t outputs = 1;
  for (int64_t d = 0; d < x.dim(); ++d) outputs *= mask >> d & 1 ? 1 : x.size(d);
  if (outputs == 0) return;
  Buffer<int64_t> own(indices.defined() ? 0 : outputs);
  int64_t* where = indices.defined() ? indices.data<int64_t>() : own.data;
  if (x.dtype() == DType::float64)
    arg_in<double>(Lane::f64, max, x, mask, where);
  else if (x.is_floating())
    arg_in<float>(Lane::f32, max, x, mask, where);
  else
    arg_in<int64_t>(Lane::i64, max, x, mask, where);
  if (!values.defined()) return;
  // The values themselves, by their places.
  size_t item = x.itemsize();
  const char* base = static_cast<const char*>(x.data());
  char* out = static_cast<char*>(values.data());
  Dims index(static_cast<size_t>(x.dim()));
  int64_t at = 0, step = dim < 0 || x.dim() == 0 ? 1 : x.stride(dim);
  for (int64_t o = 0; o < outputs; ++o) {
    std::memcpy(out + o * item, base + (at + where[o] * step) * static_cast<int64_t>(item), item);
    for (int64_t d = x.dim(); d-- > 0;) {
      if (mask >> d & 1) continue;
      at += x.stride(d);
      if (++index[d] < x.size(d)) break;
      at -= x.stride(d) * x.size(d);
      index[d] = 0;
    }
  }
}

void reduce_truth(bool all, const Tensor& x, uint64_t mask, const Tensor& out) {
  FLAMBEAU_ELSEWHERE(reduce_truth, x, all, x, mask, out);
  ReducePlan plan(x.layout(), mask, false);
  bool* result = out.data<bool>();
  std::fill(result, result + plan.outputs, all);
  if (plan.count == 0 || plan.outputs == 0) return;
  const uint8_t* base = x.data<uint8_t>();
  if (plan.columns) {  // bytes are 0 or 1
    int64_t groups = plan.outer / plan.parts;
    for (int64_t o = 0; o < groups; ++o) {
      uint8_t* acc = reinterpret_cast<uint8_t*>(result) + o * plan.inner;
      for (int64_t p = 0; p < plan.parts; ++p) {
        const uint8_t* from = base + plan.offset(o * plan.parts + p);
        for (int64_t r = 0; r < plan.n; ++r) {
          const uint8_t* row = from + r * plan.stride;
          if (all)
            for (int64_t i = 0; i < plan.inner; ++i) acc[i] &= row[i];
          else
            for (int64_t i = 0; i < plan.inner; ++i) acc[i] |= row[i];
        }
      }
    }
    return;
  }
  for (int64_t o = 0; o < plan.outer; ++o) {
    bool& r = result[o / plan.parts];
    if (r != all) continue;
    const uint8_t* row = base + plan.offset(o);
    if (plan.stride == 1) {
      r = all ? kernels::all_bytes(row, plan.n) : kernels::any_byte(row, plan.n);
    } else {
      for (int64_t i = 0; i < plan.n && r == all; ++i) r = row[i * plan.stride] != 0;
    }
  }
}

}  // namespace flambeau
