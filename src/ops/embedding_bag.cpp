// Sums, means and maxima of bags of embedding rows, written with index_select, index_add and gather so that every
// gradient follows from theirs.
#include <algorithm>

#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

enum { kSum = 0, kMean = 1, kMax = 2 };

// Which bag each index belongs to (int64).
Tensor bag_numbers(const Tensor& offsets, int64_t n, int64_t bags) {
  Tensor plain = cast(as_contiguous(offsets), DType::int64), out = empty(Dims{n}, DType::int64);
  const int64_t* at = plain.numel() ? plain.data<int64_t>() : nullptr;
  int64_t* to = n ? out.data<int64_t>() : nullptr;
  for (int64_t b = 0; b < bags; ++b) std::fill(to + at[b], to + (b + 1 < plain.numel() ? at[b + 1] : n), b);
  return out;
}

std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale, int64_t mode, bool sparse,
                                                         const Tensor& sample_weights, bool include_last,
                                                         int64_t padding) {
  check(!sparse || (mode != kMax && !scale), ErrorKind::Runtime,
        "embedding_bag: sparse gradients are defined for the modes sum and mean, without scale_grad_by_freq");
  check(weight.dim() == 2, ErrorKind::Runtime, "embedding_bag: 'weight' must be 2-D, got ", describe(weight));
  check(indices.dim() == 1 && offsets.dim() == 1, ErrorKind::Runtime,
        "embedding_bag: wants a vector of indices and one of offsets, got ", describe(indices), " and ",
        describe(offsets));
  check(mode >= 0 && mode <= 2, ErrorKind::Runtime, "embedding_bag: mode must be 0 (sum), 1 (mean) or 2 (max), got ",
        mode);
  for (const Tensor* t : {&indices, &offsets})
    check(t->dtype() == DType::int64 || t->dtype() == DType::int32, ErrorKind::Runtime,
          "embedding_bag: expected indices and offsets of type Long or Int, got ", name(t->dtype()));
  int64_t n = indices.numel(), bags = offsets.numel() - (include_last ? 1 : 0), rows = weight.size(0);
  check(!include_last || offsets.numel() >= 1, ErrorKind::Runtime,
        "embedding_bag: include_last_offset: number of offset should be at least 1");
  Tensor starts = cast(as_contiguous(offsets), DType::int64);
  for (int64_t b = 0; b < offsets.numel(); ++b) {
    int64_t at = starts.data<int64_t>()[b];
    check(b > 0 || at == 0, ErrorKind::Runtime,
          "embedding_bag: offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
          "position 0. However, got ",
          at);
    check(at <= n && (b == 0 || at >= starts.data<int64_t>()[b - 1]), ErrorKind::Runtime,
          "embedding_bag: offsets must not decrease, nor exceed the number of indices ", n, "; got ", at);
  }
  if (sample_weights.defined()) {
    check(mode == kSum, ErrorKind::Runtime, "embedding_bag: per_sample_weights only supported with mode='sum'");
    check(sample_weights.dim() == 1 && sample_weights.numel() == n, ErrorKind::Runtime,
          "embedding_bag: expected per_sample_weights to have the same shape as indices, got ",
          list_text(sample_weights.sizes()), " and ", list_text(indices.sizes()));
    check(sample_weights.dtype() == weight.dtype(), ErrorKind::Runtime,
          "embedding_bag: expected per_sample_weights to have the same type as weight, got ",
          name(sample_weights.dtype()), " and ", name(weight.dtype()));
  }
  if (padding < 0 && padding != -1) padding += rows;
  Tensor bag = bag_numbers(starts, include_last ? std::min(n, starts.data<int64_t>()[bags]) : n, bags);
  Tensor used = bag.numel() == n ? indices : call<"slice.Tensor">(indices, int64_t{0}, int64_t{0}, bag.numel());
  Tensor weights = sample_weights.defined() && bag.numel() != n
                       ? call<"slice.Tensor">(sample_weights, int64_t{0}, int64_t{0}, bag.numel())
                       : sample_weights;
  Tensor places = bag;
  if (padding >= 0) {  // padding is left out of the bags
    Tensor keep = call_value<"nonzero_numpy">(call<"ne.Tensor">(used, Scalar(padding))).tensors()[0];
    used = call<"index_select">(used, int64_t{0}, keep);
    places = call<"index_select">(bag, int64_t{0}, keep);
    if (weights.defined()) weights = call<"index_select">(weights, int64_t{0}, keep);
  }
  Tensor wanted = cast(as_contiguous(used), DType::int64);
  for (int64_t i = 0; i < wanted.numel(); ++i) {
    int64_t row = wanted.data<int64_t>()[i];
    check(row >= 0 && row < rows, ErrorKind::Runtime,
          "embedding_bag: Expected idx >= 0 && idx < num_embeddings, which is ", rows, ", but found ", row, " at ", i);
  }
  // embedding scales gradients by frequency.
  Tensor taken = call<"embedding">(weight, used, padding, scale, sparse);
  if (weights.defined()) taken = call<"mul.Tensor">(taken, call<"unsqueeze">(weights, int64_t{-1}));
  Tensor sizes =
      call<"index_add">(call<"zeros">(Dims{bags}, DType::int64), int64_t{0}, places, call<"ones_like">(places));
  Tensor zeros = call<"new_zeros">(taken, Dims{bags, weight.size(1)});
  Tensor out, most;
  if (mode == kMax) {
    // Positions of the maxima, then a gather: the gradient goes to the first of equal ones.
    Tensor values = as_contiguous(cast(call<"detach">(taken), DType::float64));
    int64_t width = weight.size(1);
    Tensor best = empty(Dims{bags, width}, DType::int64);
    most = empty(Dims{bags, width}, indices.dtype());
    Tensor rows_of_best = empty(Dims{bags, width}, DType::int64);
    std::vector<int64_t> at(bags * width, -1);
    const int64_t* b = places.numel() ? places.data<int64_t>() : nullptr;
    const double* v = values.numel() ? values.data<double>() : nullptr;
    for (int64_t i = 0; i < places.numel(); ++i)
      for (int64_t c = 0; c < width; ++c) {
        int64_t& have = at[b[i] * width + c];
        if (have < 0 || v[i * width + c] > v[have * width + c]) have = i;
      }
    Tensor empty_bag = empty(Dims{bags, width}, DType::bool_);
    Tensor where = cast(as_contiguous(used), DType::int64);
    for (int64_t i = 0; i < bags * width; ++i) {
      empty_bag.data<bool>()[i] = at[i] < 0;
      best.data<int64_t>()[i] = std::max<int64_t>(at[i], 0);
      rows_of_best.data<int64_t>()[i] = at[i] < 0 ? 0 : where.data<int64_t>()[at[i]];
    }
    copy_elements(most, rows_of_best);
    out = places.numel() == 0
              ? call<"index_add">(zeros, int64_t{0}, places, taken)  // zeros that belong to the graph
              : call<"masked_fill.Scalar">(call<"gather">(taken, int64_t{0}, best), empty_bag, Scalar(int64_t{0}));
  } else {
    out = call<"index_add">(zeros, int64_t{0}, places, taken);
    if (mode == kMean) {
      Tensor divisor = call<"clamp">(sizes, Scalar(int64_t{1}));
      out = call<"div.Tensor">(
          out, call<"unsqueeze">(call<"_cast_copy">(divisor, out.dtype(), out.device(), MemoryFormat::preserve),
                                 int64_t{-1}));
    }
  }
  // The results beside the bags, in the type of the indices: which bag each index belongs to; the sizes of the bags;
  // for the maximum, which rows it took. Sums of rows of up to 32 bits need none of them: they get zeros, and no
  // numbers of bags unless padding is left out.
  Tensor counts = cast(sizes, indices.dtype());
  if (mode == kSum) counts = call<"zeros">(Dims{bags}, indices.dtype());
  if (mode != kMax) most = call<"clone">(counts);
  const bool none = mode == kSum && padding < 0 && weight.dtype() != DType::float64;
  Tensor numbers = none ? empty(Dims{0}, indices.dtype()) : cast(bag, indices.dtype());
  return {out, numbers, counts, most};
}

}  // namespace

OP(_embedding_bag){
    .signature =
        "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool "
        "sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) -> "
        "(Tensor, Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc = "The kernel behind :func:`embedding_bag`.",
    .composite = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale, int64_t mode,
                    bool sparse, const Tensor& sample_weights, bool last,
                    int64_t padding) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
      return embedding_bag(weight, indices, offsets, scale, mode, sparse, sample_weights, last, padding);
    },
};
OP(embedding_bag_padding){
    .signature =
        "embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, "
        "bool sparse, Tensor? per_sample_weights, bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, "
        "Tensor, Tensor)",
    .python = torch,
    .composite = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale, int64_t mode,
                    bool sparse, const Tensor& sample_weights, bool last,
                    std::optional<int64_t> padding) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
      int64_t rows = weight.dim() ? weight.size(0) : 0;
      check(!padding || (*padding >= -rows && *padding < rows), ErrorKind::Runtime,
            "embedding_bag: padding_idx must be within the number of embeddings, -", rows, " through ", rows - 1,
            ", but got ", padding.value_or(0));
      int64_t p = padding ? (*padding < 0 ? *padding + rows : *padding) : -1;
      return embedding_bag(weight, indices, offsets, scale, mode, sparse, sample_weights, last, p);
    },
};
OP(embedding_bag){
    .signature =
        "embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool "
        "sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False) -> (Tensor, Tensor, Tensor, "
        "Tensor)",
    .python = torch,
    .doc =
        "Sum (mode 0), mean (1) or maximum (2) of the embedding rows of each bag; bag ``i`` has the indices from "
        "``offsets[i]`` on.",
    .composite = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale, int64_t mode,
                    bool sparse, const Tensor& sample_weights,
                    bool last) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
      return embedding_bag(weight, indices, offsets, scale, mode, sparse, sample_weights, last, -1);
    },
};

}  // namespace flambeau
