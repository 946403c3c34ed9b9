// Rows of a table chosen by indices: embedding, its gradient, and one-hot vectors.
#include <cstring>

#include "core/saturating.h"
#include "cpu/along.h"
#include "cpu/index.h"
#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

void check_embedding(const Tensor& weight, const Tensor& indices) {
  check(weight.dim() == 2, ErrorKind::Runtime, "embedding: 'weight' must be 2-D, got ", describe(weight));
  check(indices.dtype() == DType::int64 || indices.dtype() == DType::int32, ErrorKind::Runtime,
        "embedding: Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
        "but got ",
        name(indices.dtype()), " instead");
}

// The gradient of the table with rows for the indices only: a sparse tensor, not coalesced.
Tensor sparse_rows(const Tensor& grad, const Tensor& indices, IntSpan table, int64_t padding) {
  Tensor where = call<"_cast_copy">(indices, DType::int64, indices.device(), MemoryFormat::contiguous);
  where = call<"reshape">(where, Dims{1, indices.numel()});
  Tensor rows = call<"reshape">(grad, Dims{indices.numel(), table[1]});
  if (padding >= 0) {
    Tensor keep = call_value<"nonzero_numpy">(call<"ne.Tensor">(where, Scalar(padding))).tensors()[1];
    where = call<"index_select">(where, int64_t{1}, keep);
    rows = call<"index_select">(rows, int64_t{0}, keep);
  }
  return call<"_sparse_from_parts">(where, rows, table, false);
}

}  // namespace

OP(embedding){
    .signature =
        "embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool "
        "sparse=False) -> Tensor",
    .python = torch,
    .doc =
        R"(The rows of ``weight`` that the indices name, in the indices' sizes with the row as last dimension. The row ``padding_idx``
gets no gradient; with ``scale_grad_by_freq`` a row's gradient is divided by how often it occurs.)",
    .shape = [](const Tensor& weight, const Tensor& indices, int64_t, bool, bool) -> ResultSpec {
      check_embedding(weight, indices);
      Dims sizes(indices.sizes());
      sizes.push_back(weight.size(1));
      return {sizes, weight.dtype()};
    },
    .cpu =
        [](const Tensor& weight, const Tensor& indices, int64_t, bool, bool, const Tensor& out) {
          if (weight.device().type != DeviceType::cpu)
            return index_read("embedding", weight, plan_along("embedding", weight, 0, indices), out);
          Tensor table = as_contiguous(weight), where = as_contiguous(indices);
          int64_t n = where.numel(), rows = weight.size(0),
                  bytes = weight.size(1) * static_cast<int64_t>(weight.itemsize());
          dispatch_index("embedding", where.dtype(), [&]<class I>() {
            const I* at = n ? where.data<I>() : nullptr;
            along::check_bounds("embedding", at, n, 0, rows, ErrorKind::Index);
            if (out.numel() == 0) return;
            const char* from = static_cast<const char*>(table.data());
            char* to = static_cast<char*>(out.data());
            parallel_for(n, std::max<int64_t>(1, 131072 / bytes), [&](int64_t begin, int64_t end) {
              for (int64_t i = begin; i < end; ++i)
                std::memcpy(to + i * bytes, from + static_cast<int64_t>(at[i]) * bytes, bytes);
            });
          });
        },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          if (g.flag("sparse")) {
            check(!g.flag("scale_grad_by_freq"), ErrorKind::Runtime,
                  "embedding: scale_grad_by_freq is not defined for sparse gradients; use sparse=False");
            return g.set("weight", sparse_rows(g.out(), g.arg("indices"), g.sizes("weight"), g.integer("padding_idx")));
          }
          g.set("weight", call<"embedding_dense_backward">(g.out(), g.arg("indices"), g.sizes("weight")[0],
                                                           g.integer("padding_idx"), g.flag("scale_grad_by_freq")));
        },
};

OP(embedding_dense_backward){
    .signature =
        "embedding_dense_backward(Tensor grad_output, Tensor indices, SymInt num_weights, SymInt padding_idx, bool "
        "scale_grad_by_freq) -> Tensor",
    .python = hidden,
    .doc = "The cotangents of the rows summed up in the table, always in the same order.",
    .shape = [](const Tensor& grad, const Tensor& indices, int64_t rows, int64_t, bool) -> ResultSpec {
      check(grad.dim() == indices.dim() + 1 && std::ranges::equal(grad.sizes().first(indices.dim()), indices.sizes()),
            ErrorKind::Runtime, "embedding_dense_backward: grad_output ", describe(grad),
            " has to be of the size of indices ", describe(indices), " and a row's");
      return {Dims{rows, grad.size(-1)}, grad.dtype()};
    },
    .cpu =
        [](const Tensor& grad, const Tensor& indices, int64_t rows, int64_t padding, bool scale, const Tensor& out) {
          fill_elements(out, Scalar(int64_t{0}));
          Tensor from = as_contiguous(grad), where = cast(as_contiguous(indices), DType::int64);
          int64_t n = where.numel(), width = out.size(1);
          if (n == 0 || width == 0) return;
          if (out.device().type != DeviceType::cpu && !scale) {
            if (padding >= 0)
              from = call<"masked_fill.Scalar">(
                  from, call<"unsqueeze">(call<"eq.Tensor">(where, Scalar(padding)), int64_t{-1}), Scalar(int64_t{0}));
            return index_write("embedding_dense_backward", out, plan_along("embedding_dense_backward", out, 0, where),
                               from, true);
          }
          const int64_t* at = where.data<int64_t>();
          along::check_bounds("embedding_dense_backward", at, n, 0, rows, ErrorKind::Index);
          std::vector<int64_t> counts;
          if (scale) {
            counts.assign(rows, 0);
            for (int64_t i = 0; i < n; ++i) ++counts[at[i]];
          }
          dispatch_number("embedding_dense_backward", out.dtype(), [&]<class T>() {
            T* to = out.data<T>();
            const T* values = from.data<T>();
            // Each thread sums some columns of all rows, in the order of the indices.
            parallel_for(width, std::max<int64_t>(64, 32768 / n), [&](int64_t first, int64_t last) {
              for (int64_t i = 0; i < n; ++i) {
                if (at[i] == padding) continue;
                T* row = to + at[i] * width;
                const T* grads = values + i * width;
                if (!scale) {
                  along::add_row(row + first, grads + first, last - first);
                } else {
                  double share = 1.0 / static_cast<double>(counts[at[i]]);
                  for (int64_t c = first; c < last; ++c) {
                    if constexpr (is_complex_v<T>)
                      row[c] += grads[c] * static_cast<typename T::value_type>(share);
                    else
                      row[c] = static_cast<T>(static_cast<Wide<T>>(row[c]) +
                                              static_cast<Wide<T>>(static_cast<Wide<T>>(grads[c]) * share));
                  }
                }
              }
            });
          });
        },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          Tensor indices = g.arg("indices");
          Tensor back = call<"embedding">(g.out(), indices);
          int64_t padding = g.integer("padding_idx");
          if (padding >= 0)
            back = call<"masked_fill.Scalar">(
                back, call<"unsqueeze">(call<"eq.Tensor">(indices, Scalar(padding)), int64_t{-1}), Scalar(int64_t{0}));
          check(!g.flag("scale_grad_by_freq"), ErrorKind::NotImplemented,
                "embedding: the second gradient with scale_grad_by_freq is not implemented; use False");
          g.set("grad_output", back);
        },
};

OP(embedding_renorm){
    .signature = "embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type) -> Tensor(a!)",
    .python = torch,
    .doc = "Scales those rows that the indices name and whose norm is above ``max_norm`` down to it, in place.",
    .cpu = [](const Tensor& self, const Tensor& indices, double most, double p) -> Tensor {
      check_embedding(self, indices);
      Tensor where = cast(as_contiguous(indices), DType::int64);
      int64_t n = where.numel(), rows = self.size(0), width = self.size(1);
      along::check_bounds("embedding_renorm_", where.data<int64_t>(), n, 0, rows, ErrorKind::Index);
      std::vector<int64_t> chosen(where.data<int64_t>(), where.data<int64_t>() + n);
      std::sort(chosen.begin(), chosen.end());
      chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
      dispatch_real("embedding_renorm_", self.dtype(), [&]<class T>() {
        if constexpr (is_floating_v<T>) {
          T* data = self.data<T>();
          int64_t step = self.stride(1);
          for (int64_t r : chosen) {
            T* row = data + r * self.stride(0);
            double sum = 0;
            for (int64_t c = 0; c < width; ++c) {
              double v = std::abs(static_cast<double>(static_cast<Wide<T>>(row[c * step])));
              sum = std::isinf(p) ? std::max(sum, v) : p == 2 ? sum + v * v : p == 1 ? sum + v : sum + std::pow(v, p);
            }
            double norm = std::isinf(p) || p == 1 ? sum : p == 2 ? std::sqrt(sum) : std::pow(sum, 1 / p);
            if (norm <= most) continue;
            double scale = most / (norm + 1e-7);
            for (int64_t c = 0; c < width; ++c)
              row[c * step] = T(static_cast<Wide<T>>(static_cast<double>(static_cast<Wide<T>>(row[c * step])) * scale));
          }
        } else {
          raise(ErrorKind::NotImplemented, "embedding_renorm_: wants a floating-point table, got ", name(self.dtype()));
        }
      });
      return self;
    },
    .writes = "self",
    .not_differentiable = "it prepares a table before use",
};

OP(one_hot){
    .signature = "one_hot(Tensor self, int num_classes=-1) -> Tensor",
    .python = functional,
    .doc =
        R"(For each index a vector of zeros with a one at its place; without ``num_classes`` as long as the largest index needs.
      >>> flambeau.nn.functional.one_hot(flambeau.tensor([0, 2]))
      tensor([[1, 0, 0],
              [0, 0, 1]]))",
    .cpu = [](const Tensor& self, int64_t classes) -> Tensor {
      check(self.dtype() == DType::int64, ErrorKind::Runtime,
            "one_hot is only applicable to index tensor of type LongTensor, got ", name(self.dtype()));
      Dims sizes(self.sizes());
      if (self.numel() == 0) {
        check(classes > 0, ErrorKind::Runtime, "one_hot: Can not infer total number of classes from empty tensor.");
        sizes.push_back(classes);
        return empty(sizes, DType::int64, self.device());
      }
      check(!self.is_meta() || classes > 0, ErrorKind::NotImplemented,
            "one_hot: on 'meta' give num_classes, which otherwise depends on data");
      if (self.is_meta()) {
        sizes.push_back(classes);
        return empty(sizes, DType::int64, self.device());
      }
      Tensor where = as_contiguous(self);
      const int64_t* at = where.data<int64_t>();
      int64_t n = where.numel(), low = *std::min_element(at, at + n), high = *std::max_element(at, at + n);
      check(low >= 0, ErrorKind::Runtime, "one_hot: Class values must be non-negative, got ", low);
      check(classes == -1 || classes > 0, ErrorKind::Runtime, "one_hot: num_classes should be positive, got ", classes);
      check(classes == -1 || high < classes, ErrorKind::Runtime,
            "one_hot: Class values must be smaller than num_classes, got ", high, " and ", classes);
      if (classes == -1) classes = sat_add(high, 1);
      sizes.push_back(classes);
      Tensor out = empty(sizes, DType::int64, self.device());
      fill_elements(out, Scalar(int64_t{0}));
      int64_t* to = out.data<int64_t>();
      for (int64_t i = 0; i < n; ++i) to[i * classes + at[i]] = 1;
      return out;
    },
    .not_differentiable = "the argument is integers",
    .any_device = true,
};

}  // namespace flambeau
