// Sums and means, products, and the sum that undoes a broadcast.
#include "ops/reduction.h"

namespace flambeau {

OP(sum){
    .signature = "sum(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    .doc = R"(The sum of all elements, or over the dimensions ``dim``; integers and bools are summed as int64.

    >>> flambeau.tensor([[1, 2], [3, 4]]).sum(0)
    tensor([4, 6]))",
    .shape = [](const Tensor& self, std::optional<DType> dtype) -> ResultSpec { return {{}, sum_dtype(self, dtype)}; },
    .cpu = [](const Tensor& self, std::optional<DType>,
              const Tensor& out) { reduce_fold(Fold::sum, self, ~uint64_t{0}, out); },
    .gradient = [](Grad& g) { return call<"expand">(g.out(), g.sizes("self")); },
};

OP(sum_dim){
    .signature = "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    .shape = [](const Tensor& self, IntSpan dim, bool keepdim,
                std::optional<DType> dtype) { return reduced_spec("sum", self, dim, keepdim, sum_dtype(self, dtype)); },
    .cpu = [](const Tensor& self, IntSpan dim, bool, std::optional<DType>,
              const Tensor& out) { reduce_fold(Fold::sum, self, dim_mask("sum", dim, self.dim()), out); },
    .gradient = [](Grad& g) { return spread(g.out(), g.sizes("self"), grad_mask(g), g.flag("keepdim")); },
};

OP(nansum){
    .signature = "nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    .doc = "The sum with NaN counted as 0.",
    .shape =
        [](const Tensor& self, IntSpan dim, bool keepdim, std::optional<DType> dtype) {
          check(!self.is_complex(), ErrorKind::Runtime, "nansum: does not support complex inputs");
          return reduced_spec("nansum", self, dim, keepdim, sum_dtype(self, dtype));
        },
    .cpu =
        [](const Tensor& self, IntSpan dim, bool, std::optional<DType>, const Tensor& out) {
          reduce_fold(out.is_floating() ? Fold::nan_sum : Fold::sum, self, dim_mask("nansum", dim, self.dim()), out);
        },
    .saves = {"self"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.self(), grad = spread(g.out(), g.sizes("self"), grad_mask(g), g.flag("keepdim"));
          return call<"where.self">(call<"isnan">(x), call<"zeros_like">(x), grad);
        },
};

static DType mean_dtype(const Tensor& self, std::optional<DType> dtype) {
  DType type = dtype.value_or(self.dtype());
  check(is_floating(type) || is_complex(type), ErrorKind::Runtime, "mean(): could not infer output dtype. ",
        dtype ? "Optional dtype" : "Input dtype",
        " must be either a floating point or complex dtype. Got: ", name(type));
  return type;
}

static void mean_kernel(const Tensor& self, uint64_t mask, const Tensor& out) {
  reduce_fold(Fold::sum, self, mask, out, After::mean);
}

OP(mean){
    .signature = "mean(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    .variants = Variants::out,
    .doc = "The mean of all elements, or over the dimensions ``dim``. Integers must be converted first (``dtype=``).",
    .shape = [](const Tensor& self, std::optional<DType> dtype) -> ResultSpec { return {{}, mean_dtype(self, dtype)}; },
    .cpu = [](const Tensor& self, std::optional<DType>, const Tensor& out) { mean_kernel(self, ~uint64_t{0}, out); },
    .gradient =
        [](Grad& g) {
          double n = static_cast<double>(numel_of(g.sizes("self")));
          return call<"expand">(call<"div.Tensor">(g.out(), n), g.sizes("self"));
        },
};

OP(mean_dim){
    .signature = "mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    .shape =
        [](const Tensor& self, IntSpan dim, bool keepdim, std::optional<DType> dtype) {
          return reduced_spec("mean", self, dim, keepdim, mean_dtype(self, dtype));
        },
    .cpu = [](const Tensor& self, IntSpan dim, bool, std::optional<DType>,
              const Tensor& out) { mean_kernel(self, dim_mask("mean", dim, self.dim()), out); },
    .gradient =
        [](Grad& g) {
          uint64_t mask = grad_mask(g);
          double n = static_cast<double>(reduced_count(g.sizes("self"), mask));
          return spread(call<"div.Tensor">(g.out(), n), g.sizes("self"), mask, g.flag("keepdim"));
        },
};

OP(nanmean){
    .signature = "nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    .variants = Variants::out,
    .doc = "The mean of the elements that are not NaN.",
    .composite = [](const Tensor& self, IntSpan dim, bool keepdim, std::optional<DType> dtype) -> Tensor {
      check(self.is_floating() || self.is_complex(), ErrorKind::Runtime,
            "nanmean(): expected input to have floating point or complex dtype but got ", name(self.dtype()));
      Tensor count = call<"sum.dim_IntList">(call<"logical_not">(call<"isnan">(self)), dim, keepdim);
      return call<"div.Tensor">(call<"nansum">(self, dim, keepdim, dtype), count);
    },
};

// --- products -------------------------------------------------------------------------------------------------------
// The product of all others along `dim`, for every element: those before times those after, so that zeros are no
// problem (Note "Gradients of products" in scans.cpp).
static Tensor product_of_others(const Tensor& x, int64_t dim) {
  int64_t n = x.size(dim);
  Dims edge(x.sizes()), rest(x.sizes());
  edge[dim] = 1;
  rest[dim] = n - 1;
  Tensor one = call<"new_ones">(x, edge), zeros = call<"new_zeros">(x, rest);
  Tensor head = call<"slice.Tensor">(x, dim, int64_t{0}, n - 1, int64_t{1});
  Tensor before = call<"cumprod">(call<"cat">(std::vector<Tensor>{one, head}, dim), dim);
  Tensor after = call<"_recurrence">(call<"cat">(std::vector<Tensor>{zeros, one}, dim), x, dim, true);
  return call<"mul.Tensor">(before, after);
}
static Tensor conj_of(const Tensor& x) { return x.is_complex() ? call<"conj">(x) : x; }

static Tensor prod_gradient(const Tensor& grad, const Tensor& self, int64_t dim) {
  if (self.dim() == 0) return grad;
  if (self.numel() == 0) return call<"zeros_like">(self);
  return call<"mul.Tensor">(grad, conj_of(product_of_others(self, dim)));
}

static void prod_kernel(const Tensor& self, uint64_t mask, const Tensor& out) {
  if (!out.is_complex()) return reduce_fold(Fold::prod, self, mask, out);
  Tensor x = cast(self, DType::complex128);  // rare: element by element
  Tensor wide = empty(out.sizes(), DType::complex128);
  auto* to = wide.data<std::complex<double>>();
  std::fill(to, to + wide.numel(), std::complex<double>(1));
  Dims index(static_cast<size_t>(x.dim()));
  const auto* from = x.data<std::complex<double>>();
  for (int64_t k = 0, n = x.numel(); k < n; ++k) {
    int64_t at = 0, o = 0;
    for (int64_t d = 0; d < x.dim(); ++d) {
      at += index[d] * x.stride(d);
      if (!(mask >> d & 1)) o = o * x.size(d) + index[d];
    }
    to[o] *= from[at];
    for (int64_t d = x.dim(); d-- > 0;) {
      if (++index[d] < x.size(d)) break;
      index[d] = 0;
    }
  }
  copy_elements(out, wide);
}

OP(prod){
    .signature = "prod(Tensor self, *, ScalarType? dtype=None) -> Tensor",
    .variants = Variants::out,
    .doc = "The product of all elements, or along ``dim``; integers and bools are multiplied as int64.",
    .shape = [](const Tensor& self, std::optional<DType> dtype) -> ResultSpec { return {{}, sum_dtype(self, dtype)}; },
    .cpu = [](const Tensor& self, std::optional<DType>, const Tensor& out) { prod_kernel(self, ~uint64_t{0}, out); },
    .saves = {"self"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.self();
          if (x.dtype() != g.out().dtype()) x = call<"_to_copy">(x, g.out().dtype());
          Tensor flat = call<"reshape">(x, Dims{-1});
          return call<"reshape">(prod_gradient(g.out(), flat, 0), g.sizes("self"));
        },
    .autocast = Autocast::high,
};

OP(prod_dim){
    .signature = "prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
    .shape =
        [](const Tensor& self, int64_t dim, bool keepdim, std::optional<DType> dtype) {
          return reduced_spec("prod", self, Dims{dim}, keepdim, sum_dtype(self, dtype));
        },
    .cpu = [](const Tensor& self, int64_t dim, bool, std::optional<DType>,
              const Tensor& out) { prod_kernel(self, dim_mask("prod", Dims{dim}, self.dim()), out); },
    .saves = {"self"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.self();
          if (x.dtype() != g.out().dtype()) x = call<"_to_copy">(x, g.out().dtype());
          int64_t dim = wrap_dim("prod", g.integer("dim"), g.dim("self"));
          return prod_gradient(restore_dims(g.out(), g.sizes("self"), uint64_t{1} << dim, g.flag("keepdim")), x, dim);
        },
    .autocast = Autocast::high,
};

OP(sum_to_size){
    .signature = "sum_to_size(Tensor self, SymInt[] size) -> Tensor",
    .python = method,
    .doc = "Sums over the dimensions that a broadcast from ``size`` would have repeated.",
    .composite = [](const Tensor& self, IntSpan size) -> Tensor {
      if (self.dim() == 0 && size.empty()) return call<"sum">(self);
      int64_t lead = self.dim() - static_cast<int64_t>(size.size());
      check(lead >= 0, ErrorKind::Runtime, "sum_to_size: size ", list_text(size), " is not expandable to size ",
            list_text(self.sizes()), ".");
      Dims dims;
      for (int64_t d = 0; d < self.dim(); ++d) {
        if (d < lead) {
          dims.push_back(d);
          continue;
        }
        int64_t want = size[d - lead], have = self.sizes()[d];
        check(want == have || want == 1, ErrorKind::Runtime, "sum_to_size: size ", list_text(size),
              " is not expandable to size ", list_text(self.sizes()), ".");
        if (want == 1 && have != 1) dims.push_back(d);
      }
      Tensor t = dims.empty() ? self : call<"sum.dim_IntList">(self, dims, true);
      return lead > 0 ? call<"view">(t, size) : t;
    },
};

}  // namespace flambeau
