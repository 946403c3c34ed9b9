// Sums, means and maxima of bags of embeddings.
#include <limits>
#include <vector>

#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

enum Mode : int64_t { kSum, kMean, kMax };

DType kernel_type(DType t) { return t == DType::float64 ? t : DType::float32; }

struct Bags {
  std::vector<int64_t> index, start;  // start has one more entry than there are bags
  int64_t count() const { return static_cast<int64_t>(start.size()) - 1; }
};

int64_t bag_count(const Tensor& offsets, bool include_last) { return std::max<int64_t>(0, offsets.numel() - include_last); }

Bags bags_of(const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool include_last) {
  const char* op = "embedding_bag";
  Bags bags;
  Tensor i = cast(as_contiguous(indices), DType::int64), o = cast(as_contiguous(offsets), DType::int64);
  bags.index.assign(i.data<int64_t>(), i.data<int64_t>() + i.numel());
  const int64_t n = bag_count(offsets, include_last), total = i.numel();
  for (int64_t b = 0; b < n; ++b) bags.start.push_back(o.data<int64_t>()[b]);
  bags.start.push_back(include_last && o.numel() ? o.data<int64_t>()[o.numel() - 1] : total);
  check(n == 0 || bags.start[0] == 0, ErrorKind::Runtime, op, ": offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got ",
        bags.start[0]);
  for (int64_t b = 0; b < n; ++b)
    check(bags.start[b] <= bags.start[b + 1] && bags.start[b + 1] <= total, ErrorKind::Runtime, op, ": offsets must be increasing and end within the ", total,
          " indices, got ", bags.start[b], " and then ", bags.start[b + 1]);
  for (int64_t v : bags.index)
    check(v >= 0 && v < weight.size(0), ErrorKind::Runtime, op, ": Expected idx >= 0 && idx < num_embeddings but found idx to be ", v, ", with num_embeddings ", weight.size(0));
  return bags;
}

template <class Body>
void with_type(DType dtype, Body&& body) {
  if (dtype == DType::float64) body(double());
  else body(float());
}

}  // namespace

OP(_embedding_bag) {
  .signature = "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, "
               "bool include_last_offset=False, int padding_idx=-1) -> (Tensor, Tensor, Tensor, Tensor)",
  .python = nn_private,
  .variants = Variants::none,
  .doc = R"(Sum (mode 0), mean (1) or maximum (2) of the rows of ``weight`` that the indices of each bag tell. Gives also each index's
    bag, the size of each bag, and for the maximum the rows it was found in.)",
  .shape = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool, int64_t mode, bool sparse, const std::optional<Tensor>& factors, bool include_last,
              int64_t) -> ResultSpecs {
    const char* op = "embedding_bag";
    check(weight.dim() == 2, ErrorKind::Runtime, op, ": weight has to be a 2D Tensor, but got Tensor of dimension ", weight.dim());
    check(indices.dim() == 1 && offsets.dim() == 1, ErrorKind::Runtime, op, ": input and offsets have to be 1D Tensors, but got ", list_text(indices.sizes()), " and ",
          list_text(offsets.sizes()));
    check(indices.dtype() == DType::int64 || indices.dtype() == DType::int32, ErrorKind::Runtime, op,
          ": Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ", name(indices.dtype()), " instead");
    check(offsets.dtype() == indices.dtype(), ErrorKind::Runtime, op, ": Expected tensor for argument #2 'offsets' to have the type of the indices, ", name(indices.dtype()),
          ", but got ", name(offsets.dtype()));
    check(weight.is_floating(), ErrorKind::Runtime, op, ": expected a floating-point weight, got ", name(weight.dtype()));
    check(mode >= kSum && mode <= kMax, ErrorKind::Runtime, op, ": mode has to be 0 (sum), 1 (mean) or 2 (max), got ", mode);
    check(!include_last || offsets.numel() >= 1, ErrorKind::Runtime, op, ": include_last_offset: number of offset should be at least 1");
    check(!sparse, ErrorKind::NotImplemented, op, ": sparse gradients are not implemented; use sparse=False");
    if (factors) {
      check(mode == kSum, ErrorKind::Runtime, op, ": per_sample_weights only supported with mode='sum'");
      check(factors->dim() == 1 && factors->numel() == indices.numel() && factors->dtype() == weight.dtype(), ErrorKind::Runtime, op,
            ": expected per_sample_weights of the indices' size and the weight's type, got ", describe(*factors));
    }
    const int64_t bags = bag_count(offsets, include_last), width = weight.size(1);
    return {{Dims{bags, width}, weight.dtype()}, {Dims{indices.numel()}, DType::int64}, {Dims{bags}, DType::int64}, {mode == kMax ? Dims{bags, width} : Dims{0}, DType::int64}};
  },
  .cpu = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool, int64_t mode, bool, const std::optional<Tensor>& factors, bool include_last, int64_t padding,
            const Tensor& out, const Tensor& offset2bag, const Tensor& bag_size, const Tensor& max_indices) {
    const Bags bags = bags_of(weight, indices, offsets, include_last);
    const DType dtype = kernel_type(weight.dtype());
    Tensor w = as_contiguous(cast(weight, dtype)), f = factors ? as_contiguous(cast(*factors, dtype)) : Tensor();
    Tensor y = out.dtype() == dtype ? out : empty(out.sizes(), dtype);
    const int64_t width = weight.size(1), pad = padding < 0 ? padding + weight.size(0) : padding;
    const bool padded = padding >= 0;
    fill_elements(offset2bag, Scalar(0));
    with_type(dtype, [&](auto zero) {
      using T = decltype(zero);
      const T *table = w.data<T>(), *factor = f.defined() ? f.data<T>() : nullptr;
      parallel_for(bags.count(), std::max<int64_t>(1, 4096 / std::max<int64_t>(1, width)), [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          T* row = y.data<T>() + b * width;
          int64_t* found = mode == kMax ? max_indices.data<int64_t>() + b * width : nullptr;
          std::fill_n(row, width, T(0));
          if (found) std::fill_n(found, width, int64_t{-1});
          int64_t n = 0;
          for (int64_t i = bags.start[b]; i < bags.start[b + 1]; ++i) {
            offset2bag.data<int64_t>()[i] = b;
            const int64_t at = bags.index[i];
            if (padded && at == pad) continue;
            const T* from = table + at * width;
            if (mode == kMax) {
              for (int64_t k = 0; k < width; ++k)
                if (n == 0 || from[k] > row[k]) row[k] = from[k], found[k] = at;
            } else {
              const T scale = factor ? factor[i] : T(1);
              for (int64_t k = 0; k < width; ++k) row[k] += scale * from[k];
            }
            ++n;
          }
          if (mode == kMean && n > 1)
            for (int64_t k = 0; k < width; ++k) row[k] /= static_cast<T>(n);
          bag_size.data<int64_t>()[b] = n;
        }
      });
    });
    if (!y.is(out)) copy_elements(out, y);
  },
  .saves = {"weight", "indices", "offsets", "per_sample_weights", "result1", "result2", "result3"},
  .gradient = [](Grad& g) {
    if (g.wants("weight"))
      g.set("weight", call<"_embedding_bag_dense_backward">(g.out(), g.arg("indices"), g.result(1), g.result(2), g.result(3), g.sizes("weight")[0],
                                                            g.flag("scale_grad_by_freq"), g.integer("mode"),
                                                            g.given("per_sample_weights") ? g.arg("per_sample_weights") : Tensor(), g.integer("padding_idx")));
    if (g.given("per_sample_weights") && g.wants("per_sample_weights"))
      g.set("per_sample_weights", call<"_embedding_bag_per_sample_weights_backward">(g.out(), g.arg("weight"), g.arg("indices"), g.arg("offsets"), g.result(1),
                                                                                     g.integer("mode"), g.integer("padding_idx")));
  },
};

OP(_embedding_bag_dense_backward) {
  .signature = "_embedding_bag_dense_backward(Tensor grad, Tensor indices, Tensor offset2bag, Tensor bag_size, Tensor maximum_indices, SymInt num_weights, bool scale_grad_by_freq, "
               "int mode, Tensor? per_sample_weights, int padding_idx=-1) -> Tensor",
  .python = hidden,
  .variants = Variants::none,
  .doc = "The gradient of embedding_bag with respect to the weight.",
  .shape = [](const Tensor& grad, const Tensor& indices, const Tensor& offset2bag, const Tensor& bag_size, const Tensor& maxima, int64_t rows, bool, int64_t mode,
              const std::optional<Tensor>& factors, int64_t) -> ResultSpec {
    check(grad.dim() == 2 && grad.is_floating() && indices.dim() == 1 && std::ranges::equal(offset2bag.sizes(), indices.sizes()) && bag_size.numel() == grad.size(0) && rows >= 0 &&
              offset2bag.dtype() == DType::int64 && bag_size.dtype() == DType::int64 && maxima.dtype() == DType::int64 &&
              (mode != kMax || std::ranges::equal(maxima.sizes(), grad.sizes())) && (!factors || factors->numel() == indices.numel()),
          ErrorKind::Runtime, "embedding_bag_backward: gradient ", list_text(grad.sizes()), ", indices ", list_text(indices.sizes()), " and bags ", list_text(bag_size.sizes()),
          " do not go together");
    return {Dims{rows, grad.size(1)}, grad.dtype()};
  },
  .cpu = [](const Tensor& grad, const Tensor& indices, const Tensor& offset2bag, const Tensor& bag_size, const Tensor& maxima, int64_t rows, bool by_frequency, int64_t mode,
            const std::optional<Tensor>& factors, int64_t padding, const Tensor& out) {
    const DType dtype = kernel_type(grad.dtype());
    Tensor g = as_contiguous(cast(grad, dtype)), i = cast(as_contiguous(indices), DType::int64), bag = as_contiguous(offset2bag), size = as_contiguous(bag_size),
           found = as_contiguous(maxima), f = factors ? as_contiguous(cast(*factors, dtype)) : Tensor();
    Tensor y = out.dtype() == dtype ? out : empty(out.sizes(), dtype);
    fill_elements(y, Scalar(0));
    const int64_t width = grad.size(1), count = i.numel();
    auto inside = [](int64_t v, int64_t n) { check(v >= 0 && v < n, ErrorKind::Runtime, "embedding_bag_backward: index ", v, " is out of range for ", n, " rows"); };
    std::vector<int64_t> frequency(by_frequency ? rows : 0);
    for (int64_t k = 0; k < count; ++k) {
      inside(i.data<int64_t>()[k], rows);
      if (grad.size(0)) inside(bag.data<int64_t>()[k], grad.size(0));
      if (by_frequency) ++frequency[i.data<int64_t>()[k]];
    }
    with_type(dtype, [&](auto zero) {
      using T = decltype(zero);
      T* to = y.data<T>();
      if (mode == kMax) {
        for (int64_t b = 0; b < grad.size(0); ++b)
          for (int64_t k = 0; k < width; ++k) {
            const int64_t row = found.data<int64_t>()[b * width + k];
            if (row < 0) continue;
            inside(row, rows);
            to[row * width + k] += g.data<T>()[b * width + k];
          }
        return;
      }
      for (int64_t k = 0; k < count && grad.size(0); ++k) {
        const int64_t row = i.data<int64_t>()[k], b = bag.data<int64_t>()[k];
        if (padding >= 0 && row == padding) continue;
        T scale = f.defined() ? f.data<T>()[k] : T(1);
        if (mode == kMean && size.data<int64_t>()[b] > 0) scale /= static_cast<T>(size.data<int64_t>()[b]);
        if (by_frequency) scale /= static_cast<T>(frequency[row]);
        for (int64_t c = 0; c < width; ++c) to[row * width + c] += scale * g.data<T>()[b * width + c];
      }
    });
    if (!y.is(out)) copy_elements(out, y);
  },
  .not_differentiable = "the second derivative of embedding_bag is not implemented",
};

OP(_embedding_bag_per_sample_weights_backward) {
  .signature = "_embedding_bag_per_sample_weights_backward(Tensor grad, Tensor weight, Tensor indices, Tensor offsets, Tensor offset2bag, int mode, int padding_idx=-1) -> Tensor",
  .python = hidden,
  .doc = "The gradient of embedding_bag with respect to the weights of the samples.",
  .composite = [](const Tensor& grad, const Tensor& weight, const Tensor& indices, const Tensor&, const Tensor& offset2bag, int64_t, int64_t padding) -> Tensor {
    Tensor rows = call<"index_select">(weight, int64_t{0}, indices), bags = call<"index_select">(grad, int64_t{0}, offset2bag);
    Tensor sum = call<"sum.dim_IntList">(call<"mul.Tensor">(rows, bags), Dims{1}, false);
    if (padding < 0) return sum;
    return call<"where.self">(call<"eq.Tensor">(indices, padding), call<"zeros_like">(sum), sum);
  },
};

static std::tuple<Tensor, Tensor, Tensor, Tensor> bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool by_frequency, int64_t mode, bool sparse,
                                                      const std::optional<Tensor>& factors, bool include_last, std::optional<int64_t> padding) {
  int64_t pad = padding.value_or(-1);
  if (padding) {
    check(weight.dim() == 2 && pad >= -weight.size(0) && pad < weight.size(0), ErrorKind::Runtime, "embedding_bag: padding_idx must be within the number of embeddings, -",
          weight.size(0), " through ", weight.size(0) - 1, ", but got ", pad);
    if (pad < 0) pad += weight.size(0);
  }
  auto r = call_all<"_embedding_bag">(weight, indices, offsets, by_frequency, mode, sparse, factors, include_last, pad);
  return {r[0].tensor(), r[1].tensor(), r[2].tensor(), r[3].tensor()};
}
OP(embedding_bag) {
  .signature = "embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, "
               "bool include_last_offset=False) -> (Tensor, Tensor, Tensor, Tensor)",
  .python = torch,
  .doc = "Sums, means or maxima of bags of embeddings; see nn.functional.embedding_bag.",
  .composite = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool by_frequency, int64_t mode, bool sparse, const std::optional<Tensor>& factors,
                  bool include_last) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
    return bag(weight, indices, offsets, by_frequency, mode, sparse, factors, include_last, {});
  },
};
OP(embedding_bag_padding_idx) {
  .signature = "embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, "
               "bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)",
  .python = torch,
  .composite = [](const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool by_frequency, int64_t mode, bool sparse, const std::optional<Tensor>& factors,
                  bool include_last, std::optional<int64_t> padding) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
    return bag(weight, indices, offsets, by_frequency, mode, sparse, factors, include_last, padding);
  },
};

}  // namespace flambeau
