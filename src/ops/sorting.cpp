// Sorting and selection: sort, argsort, msort, topk.
#include "cpu/sort.h"
#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

void check_sortable(const char* op, const Tensor& self) {
  check(!self.is_complex(), ErrorKind::Runtime, op, "(): input tensor must not be complex, got ", name(self.dtype()));
}

// The tensor with `dim` last, and back.
Tensor dim_last(const Tensor& t, int64_t dim) {
  return t.dim() < 2 || dim == t.dim() - 1 ? t : alias(t, t.layout().transposed(dim, t.dim() - 1));
}

// Kernels work on rows in memory order: `run` gets contiguous tensors with the dimension last.
template <class Run>
void with_rows(const Tensor& self, int64_t dim, const Tensor& values, const Tensor& indices, Run run) {
  Tensor from = as_contiguous(dim_last(self, dim));
  Tensor to = dim_last(values, dim), at = dim_last(indices, dim);
  Tensor plain_to = to.is_contiguous() ? to : empty(to.sizes(), to.dtype());
  Tensor plain_at = at.is_contiguous() ? at : empty(at.sizes(), at.dtype());
  run(from, plain_to, plain_at);
  if (!to.is_contiguous()) copy_elements(to, plain_to);
  if (!at.is_contiguous()) copy_elements(at, plain_at);
}

// The cotangent of chosen values goes back to where they came from.
void values_gradient(Grad& g) {
  Tensor indices = g.result(1);
  int64_t dim = g.integer("dim");
  g.set("self", call<"scatter.src">(call<"new_zeros">(g.out(), g.sizes("self")), dim, indices, g.out()));
}

std::optional<Dims> sorted_strides(const Tensor& self) {
  if (self.is_contiguous()) return std::nullopt;
  if (self.layout().dense() && !self.layout().overlapping()) return Dims(self.strides());
  return std::nullopt;
}

ResultSpecs sort_rule(const Tensor& self, int64_t dim) {
  check_sortable("sort", self);
  wrap_dim("sort", dim, self.dim());
  auto strides = sorted_strides(self);
  return {{Dims(self.sizes()), self.dtype(), strides}, {Dims(self.sizes()), DType::int64, strides}};
}

void sort_kernel(const Tensor& self, int64_t dim, bool descending, const Tensor& values, const Tensor& indices) {
  dim = wrap_dim("sort", dim, self.dim());
  with_rows(self, dim, values, indices, [&](const Tensor& from, const Tensor& to, const Tensor& at) {
    sort_rows("sort", from, descending, to, at);
  });
}

}  // namespace

OP(sort){
    .signature = "sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)",
    .doc =
        R"(The elements in order along a dimension, and where they stood. Equal elements keep their order; NaN counts as the largest.
Radix sort over the elements' bits.
      >>> flambeau.sort(flambeau.tensor([3, 1, 2])).indices
      tensor([1, 2, 0]))",
    .shape = [](const Tensor& self, int64_t dim, bool) { return sort_rule(self, dim); },
    .cpu = [](const Tensor& self, int64_t dim, bool descending, const Tensor& values,
              const Tensor& indices) { sort_kernel(self, dim, descending, values, indices); },
    .saves = {"result1"},
    .gradient = values_gradient,
};
OP(sort_stable){
    .signature =
        "sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor "
        "indices)",
    .shape = [](const Tensor& self, std::optional<bool>, int64_t dim, bool) { return sort_rule(self, dim); },
    .cpu = [](const Tensor& self, std::optional<bool>, int64_t dim, bool descending, const Tensor& values,
              const Tensor& indices) { sort_kernel(self, dim, descending, values, indices); },
    .saves = {"result1"},
    .gradient = values_gradient,
};
OP(argsort){
    .signature = "argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor",
    .doc = "The positions that sort the elements along a dimension.",
    .composite = [](const Tensor& self, int64_t dim, bool descending) -> Tensor {
      return call_all<"sort">(self, dim, descending)[1].tensor();
    },
};
OP(argsort_stable){
    .signature = "argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor",
    .variants = Variants::out,
    .composite = [](const Tensor& self, bool, int64_t dim, bool descending) -> Tensor {
      return call_all<"sort">(self, dim, descending)[1].tensor();
    },
};
OP(msort){
    .signature = "msort(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "The elements in order along the first dimension.",
    .composite = [](const Tensor& self) -> Tensor { return call_all<"sort">(self, int64_t{0}, false)[0].tensor(); },
};

OP(topk){
    .signature =
        "topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor "
        "indices)",
    .doc = R"(The ``k`` largest (or smallest) elements along a dimension and their positions, in order.
      >>> flambeau.topk(flambeau.tensor([3, 1, 2]), 2).values
      tensor([3, 2]))",
    .out = OutRule::distinct,
    .shape = [](const Tensor& self, int64_t k, int64_t dim, bool, bool) -> ResultSpecs {
      check(!self.is_complex(), ErrorKind::Runtime, "topk(): input tensor must not be complex, got ",
            name(self.dtype()));
      dim = wrap_dim("topk", dim, self.dim());
      int64_t n = self.dim() ? self.size(dim) : 1;
      check(k >= 0 && k <= n, ErrorKind::Runtime, "topk: selected index k out of range: k is ", k,
            ", the dimension has ", n, " elements");
      Dims sizes(self.sizes());
      if (self.dim()) sizes[dim] = k;
      return {{sizes, self.dtype()}, {sizes, DType::int64}};
    },
    .cpu =
        [](const Tensor& self, int64_t k, int64_t dim, bool largest, bool sorted, const Tensor& values,
           const Tensor& indices) {
          dim = wrap_dim("topk", dim, self.dim());
          with_rows(self, dim, values, indices, [&](const Tensor& from, const Tensor& to, const Tensor& at) {
            topk_rows("topk", from, k, largest, sorted, to, at);
          });
        },
    .saves = {"result1"},
    .gradient = values_gradient,
};

}  // namespace flambeau
