// Indexing over a batch: an index of the entry joins the others; along a dimension, gather and scatter.
#include <algorithm>

#include "transforms/batch.h"

namespace flambeau {

namespace {

// The list of indices with one for the batch in front; `moved` is by how much the indexed dimensions stand further
// back in an entry's result than in the whole's, `block` how many they are.
struct Indices {
  std::vector<Tensor> list;
  int64_t moved = 0, block = 0;
};

Indices with_batch_index(const BatchCall& b, std::vector<Tensor> given) {
  Indices out;
  int64_t first = -1, last = -1, count = 0;
  std::vector<Tensor> indices;
  for (Tensor& t : given) {
    if (t.defined() && (t.dtype() == DType::bool_ || t.dtype() == DType::uint8)) {
      check(!is_batched(b.level, t), ErrorKind::Runtime, b.call.name(),
            ": vmap: a mask that differs from entry to entry gives results of different sizes (dynamic shapes); the "
            "nearest alternative is torch.where");
      for (const Value& v : call_all<"unbind.int">(call<"nonzero">(t), int64_t{1}))
        if (v.is_tensors())
          for (const Tensor& column : v.tensors()) indices.push_back(column);
    } else {
      indices.push_back(t);
    }
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!indices[i].defined()) continue;
    if (first < 0) first = static_cast<int64_t>(i);
    last = static_cast<int64_t>(i);
    ++count;
    out.block = std::max(out.block, indices[i].dim());
  }
  const bool adjacent = count == last - first + 1;
  out.moved = adjacent ? std::max<int64_t>(first, 0) : 0;
  Dims sizes{b.batch};
  for (int64_t d = 0; d < out.block; ++d) sizes.push_back(1);
  static const OpCall arange("arange");
  Tensor entries = arange({b.batch, DType::int64, Value(),
                           b.call.args[0].is_tensor() ? b.call.args[0].tensor_impl()->device : Device{}})
                       .tensor();
  out.list.push_back(call<"view">(entries, sizes));
  for (Tensor& t : indices) {
    if (t.defined() && is_batched(b.level, t)) {
      t = whole_batch(b.level, t);
      while (t.dim() < out.block + 1) t = call<"unsqueeze">(t, int64_t{1});
    }
    out.list.push_back(t);
  }
  return out;
}

// Moves the block of indexed dimensions from behind the batch to its place in an entry, or back.
Tensor moved_block(const Tensor& t, const Indices& i, bool back) {
  if (!i.moved || !i.block) return t;
  Dims from, to;
  for (int64_t d = 0; d < i.block; ++d) {
    from.push_back(1 + d);
    to.push_back(1 + i.moved + d);
  }
  return back ? call<"movedim.intlist">(t, to, from) : call<"movedim.intlist">(t, from, to);
}

std::vector<Tensor> list_of(const BatchCall& b) { return b.value("indices").tensors(); }

FORM(batch, "index.Tensor"){.rule = [](const BatchCall& b) -> BatchResults {
  Indices i = with_batch_index(b, list_of(b));
  Tensor out = call<"index.Tensor">(b.whole("self"), Value(i.list));
  // Slices between the batch's index and the others send the indexed dimensions to the front, as it happens.
  return {moved_block(out, i, false)};
}};
FORM(batch, "index_put"){.rule = [](const BatchCall& b) -> BatchResults {
  Indices i = with_batch_index(b, list_of(b));
  Tensor self = b.whole("self");
  // Values are aligned with an entry's indexed shape from behind.
  int64_t used = 0;
  for (size_t k = 1; k < i.list.size(); ++k) used += i.list[k].defined();
  const int64_t rank = i.block + b.rank("self") - used;
  Tensor values = b.aligned(b.index("values"), rank);
  return {call<"index_put">(call<"contiguous">(self), Value(i.list), moved_block(values, i, true),
                            b.value("accumulate").boolean())};
}};

int64_t shifted(const BatchCall& b, int64_t rank) {
  int64_t d = b.value("dim").integer();
  rank = std::max<int64_t>(rank, 1);
  check(d >= -rank && d < rank, ErrorKind::Index, b.call.name(),
        ": Dimension out of range (expected to be in range of [", -rank, ", ", rank - 1, "], but got ", d, ")");
  return (d < 0 ? d + rank : d) + 1;
}

// The index of each entry (B, k) repeated over the other dimensions of `like` (B, …), along `dim`.
Tensor spread(const BatchCall& b, const Tensor& like, int64_t dim) {
  Tensor index = b.whole("index");
  if (index.dim() == 1) index = call<"unsqueeze">(index, int64_t{1});
  Dims shape, sizes;
  for (int64_t d = 0; d < like.dim(); ++d) {
    shape.push_back(d == 0 ? b.batch : d == dim ? index.size(1) : 1);
    sizes.push_back(d == dim ? index.size(1) : like.size(d));
  }
  return call<"expand">(call<"reshape">(index, shape), sizes);
}
Tensor with_a_dimension(Tensor t) { return t.dim() == 1 ? call<"unsqueeze">(t, int64_t{1}) : t; }

// A shared index: the same operator, one dimension further on.
BatchResults same_index(const BatchCall& b, int64_t dim) {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  args[b.index("self")] = with_a_dimension(b.whole("self"));
  args[b.index("dim")] = dim;
  if (int s = b.call.op.signature.index_of("source"); s >= 0) args[s] = with_a_dimension(b.whole(s));
  std::vector<Tensor> out = run_with(b.call.op, std::move(args));
  if (b.rank("self") == 0) out[0] = call<"reshape">(out[0], Dims{b.batch});
  return out;
}

FORM(batch, "index_select"){.rule = [](const BatchCall& b) -> BatchResults {
  const int64_t dim = shifted(b, b.rank("self"));
  if (!b.is_batched("index")) return same_index(b, dim);
  Tensor self = with_a_dimension(b.whole("self"));
  Tensor out = call<"gather">(self, dim, spread(b, self, dim));
  if (b.rank("self") == 0) out = call<"reshape">(out, Dims{b.batch});
  return {out};
}};
template <class Scatter>
BatchResults along(const BatchCall& b, Scatter scatter) {
  const int64_t dim = shifted(b, b.rank("self"));
  if (!b.is_batched("index")) return same_index(b, dim);
  Tensor self = with_a_dimension(b.whole("self"));
  Tensor out = scatter(self, dim, spread(b, self, dim));
  if (b.rank("self") == 0) out = call<"reshape">(out, Dims{b.batch});
  return {out};
}
FORM(batch, "index_add"){.rule = [](const BatchCall& b) -> BatchResults {
  return along(b, [&](const Tensor& self, int64_t dim, const Tensor& index) {
    Tensor source = call<"mul.Tensor">(with_a_dimension(b.whole("source")), b.value("alpha").scalar());
    return call<"scatter_add">(self, dim, index, source);
  });
}};
FORM(batch, "index_copy"){.rule = [](const BatchCall& b) -> BatchResults {
  return along(b, [&](const Tensor& self, int64_t dim, const Tensor& index) {
    return call<"scatter.src">(self, dim, index, with_a_dimension(b.whole("source")));
  });
}};
FORM(batch, "index_fill.int_Scalar"){.rule = [](const BatchCall& b) -> BatchResults {
  return along(b, [&](const Tensor& self, int64_t dim, const Tensor& index) {
    return call<"scatter.value">(self, dim, index, b.value("value").scalar());
  });
}};
FORM(batch, "index_fill.int_Tensor"){.rule = [](const BatchCall& b) -> BatchResults {
  const int64_t dim = shifted(b, b.rank("self"));
  if (!b.is_batched("index") && !b.is_batched("value")) return same_index(b, dim);
  Tensor self = with_a_dimension(b.whole("self"));
  Tensor index = spread(b, self, dim), value = call<"_to_copy">(b.whole("value"), self.dtype());
  while (value.dim() < self.dim()) value = call<"unsqueeze">(value, int64_t{-1});
  Tensor out = call<"scatter.src">(self, dim, index, call<"expand">(value, index.layout().sizes));
  if (b.rank("self") == 0) out = call<"reshape">(out, Dims{b.batch});
  return {out};
}};
FORM(batch, "index_reduce"){.rule = [](const BatchCall& b) -> BatchResults {
  return along(b, [&](const Tensor& self, int64_t dim, const Tensor& index) {
    return call<"scatter_reduce.two">(self, dim, index, with_a_dimension(b.whole("source")), b.value("reduce").text(),
                                      b.value("include_self").boolean());
  });
}};
FORM(batch, "take"){.rule = [](const BatchCall& b) -> BatchResults {
  Tensor flat = call<"reshape">(b.whole("self"), Dims{b.batch, -1}), index = b.whole("index");
  // Negative indices count from the end of an entry.
  Tensor rows = call<"reshape">(index, Dims{b.batch, -1});
  rows = call<"where.self">(call<"lt.Tensor">(rows, Scalar(int64_t{0})), call<"add.Tensor">(rows, Scalar(flat.size(1))),
                            rows);
  return {call<"reshape">(call<"gather">(flat, int64_t{1}, rows), index.layout().sizes)};
}};

// --- embedding: with weights of each entry, entry b's rows begin at b·V ---
Tensor offset_indices(const BatchCall& b, int64_t rows) {
  Tensor index = b.whole("indices");
  static const OpCall arange("arange");
  Tensor start = arange({b.batch, DType::int64, Value(), index.device()}).tensor();
  start = call<"mul.Tensor">(start, Scalar(rows));
  while (start.dim() < index.dim()) start = call<"unsqueeze">(start, int64_t{-1});
  return call<"add.Tensor">(index, start);
}
FORM(batch, "embedding"){.rule = [](const BatchCall& b) -> BatchResults {
  if (!b.is_batched("weight"))
    return {call<"embedding">(b.raw("weight"), b.whole("indices"), b.value("padding_idx").integer(),
                              b.value("scale_grad_by_freq").boolean(), b.value("sparse").boolean())};
  Tensor weight = b.whole("weight");
  return {call<"embedding">(folded(weight), offset_indices(b, weight.size(1)), int64_t{-1}, false, false)};
}};
FORM(batch, "embedding_dense_backward"){.rule = [](const BatchCall& b) -> BatchResults {
  const int64_t rows = b.value("num_weights").integer(), padding = b.value("padding_idx").integer();
  Tensor grad = b.whole("grad_output");
  if (padding >= 0) {
    Tensor keep = call<"ne.Tensor">(b.whole("indices"), Scalar(padding));
    grad = call<"where.self">(call<"unsqueeze">(keep, int64_t{-1}), grad, Scalar(0.0));
  }
  Tensor out = call<"embedding_dense_backward">(call<"contiguous">(grad), offset_indices(b, rows), rows * b.batch,
                                                int64_t{-1}, b.value("scale_grad_by_freq").boolean());
  return {unfolded(out, b.batch)};
}};

// --- searching: the sorted sequence of each entry, or a shared one ---
FORM(batch, "searchsorted.Tensor"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  Tensor self = b.whole("self");
  if (b.is_batched("sorted_sequence") || b.is_batched("sorter")) {
    Tensor sequence = b.whole("sorted_sequence");
    if (b.rank("sorted_sequence") == 1 && b.rank("self") != 1) self = call<"reshape">(self, Dims{b.batch, -1});
    args[b.index("sorted_sequence")] = sequence;
    if (b.given("sorter")) args[b.index("sorter")] = b.whole("sorter");
  } else if (b.rank("sorted_sequence") > 1) {
    args[b.index("sorted_sequence")] = b.whole("sorted_sequence");
    if (b.given("sorter")) args[b.index("sorter")] = b.whole("sorter");
  }
  args[b.index("self")] = self;
  Tensor out = run_with(b.call.op, std::move(args))[0];
  return {call<"reshape">(out, b.whole("self").layout().sizes)};
}};
FORM(batch, "bucketize.Tensor"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  args[b.index("self")] = b.whole("self");
  if (!b.is_batched("boundaries")) return run_with(b.call.op, std::move(args));
  static const OpCall search("searchsorted.Tensor");
  Tensor self = call<"reshape">(b.whole("self"), Dims{b.batch, -1});
  Tensor out = search({b.whole("boundaries"), self, b.value("out_int32"), b.value("right")}).tensor();
  return {call<"reshape">(out, b.whole("self").layout().sizes)};
}};

// --- segments: the dimensions before the axis have segments of their own, and the batch is one more ---
BatchResults with_segments_of_entries(const BatchCall& b) {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  for (int i = 0; i < b.call.arguments(); ++i)
    if (args[i].is_tensor()) args[i] = b.whole(i);
  const int64_t axis = b.value("axis").integer();
  args[b.index("axis")] = axis < 0 ? axis : axis + 1;
  return run_with(b.call.op, std::move(args));
}
FORM(batch, "segment_reduce"){.rule = with_segments_of_entries};
FORM(batch, "_segment_reduce_backward"){.rule = with_segments_of_entries};

}  // namespace

}  // namespace flambeau
