// The largest and the smallest: values, places, and tests of truth over dimensions.
#include "ops/reduction.h"

namespace flambeau {

namespace {

void check_ordered(const char* op, const Tensor& self) {
  check(!self.is_complex(), ErrorKind::NotImplemented, op, ": complex numbers have no order; take abs() first");
}
void check_not_empty(const char* op, const Tensor& self, uint64_t mask) {
  if (self.numel() != 0) return;
  for (int64_t d = 0; d < self.dim(); ++d)
    check(!(mask >> d & 1) || self.size(d) != 0, ErrorKind::Index, op, "(): Expected reduction dim ", d,
          " to have non-zero size, but the tensor is of size ", list_text(self.sizes()));
}

template <bool Max>
ResultSpec extremum_spec(const Tensor& self, IntSpan dim, bool keepdim) {
  const char* op = Max ? "amax" : "amin";
  check_ordered(op, self);
  uint64_t mask = dim_mask(op, dim, self.dim());
  check(self.numel() != 0 || !dim.empty(), ErrorKind::Runtime, op, "(): the tensor of shape ", list_text(self.sizes()),
        " has no elements, so the dimension has to be given as dim=");
  check_not_empty(op, self, mask);
  return {reduced_sizes(self.sizes(), mask, keepdim), self.dtype()};
}

template <bool Max>
ResultSpecs selecting_spec(const char* op, const Tensor& self, int64_t dim, bool keepdim) {
  check_ordered(op, self);
  uint64_t mask = dim_mask(op, Dims{dim}, self.dim());
  check_not_empty(op, self, mask);
  Dims sizes = reduced_sizes(self.sizes(), mask, keepdim);
  return {{sizes, self.dtype()}, {sizes, DType::int64}};
}

ResultSpec arg_spec(const char* op, const Tensor& self, std::optional<int64_t> dim, bool keepdim) {
  check_ordered(op, self);
  uint64_t mask = dim ? dim_mask(op, Dims{*dim}, self.dim()) : ~uint64_t{0};
  if (!dim)
    check(self.numel() != 0, ErrorKind::Index, op,
          "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' "
          "argument.");
  check_not_empty(op, self, mask);
  return {reduced_sizes(self.sizes(), mask, keepdim), DType::int64};
}
void arg_kernel(bool max, const char* op, const Tensor& self, std::optional<int64_t> dim, const Tensor& out) {
  reduce_arg(max, self, dim ? wrap_dim(op, *dim, self.dim()) : -1, Tensor(), out);
}

Tensor selected_gradient(Grad& g) {
  return call<"value_selecting_reduction_backward">(g.out(), g.integer("dim"), g.result(1), g.sizes("self"),
                                                    g.flag("keepdim"));
}

}  // namespace

OP(value_selecting_reduction_backward){
    .signature =
        "value_selecting_reduction_backward(Tensor grad, int dim, Tensor indices, SymInt[] sizes, bool keepdim) -> "
        "Tensor",
    .python = hidden,
    .doc = "Zeros of ``sizes`` with ``grad`` at the places that a reduction along ``dim`` has selected.",
    .composite = [](const Tensor& grad, int64_t dim, const Tensor& indices, IntSpan sizes, bool keepdim) -> Tensor {
      if (sizes.empty()) return grad;
      dim = wrap_dim("value_selecting_reduction_backward", dim, static_cast<int64_t>(sizes.size()));
      Tensor g = keepdim ? grad : call<"unsqueeze">(grad, dim), i = keepdim ? indices : call<"unsqueeze">(indices, dim);
      return call<"scatter.src">(call<"new_zeros">(grad, sizes), dim, i, g);
    },
};

#define EXTREMUM(name, is_max, text)                                                                                 \
  OP(name){                                                                                                          \
      .signature = #name "(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",                               \
      .doc = text,                                                                                                   \
      .shape = [](const Tensor& self, IntSpan dim,                                                                   \
                  bool keepdim) { return extremum_spec<is_max>(self, dim, keepdim); },                               \
      .cpu =                                                                                                         \
          [](const Tensor& self, IntSpan dim, bool, const Tensor& out) {                                             \
            reduce_fold(is_max ? Fold::max : Fold::min, self, dim_mask(#name, dim, self.dim()), out);                \
          },                                                                                                         \
      .saves = {"self", "result"},                                                                                   \
      .gradient =                                                                                                    \
          [](Grad& g) { return share_among_equal(g.out(), g.self(), g.result(), grad_mask(g), g.flag("keepdim")); }, \
  };
EXTREMUM(amax, true,
         "The largest element over the dimensions ``dim`` (all of them by default); NaN where there is one.")
EXTREMUM(amin, false,
         "The smallest element over the dimensions ``dim`` (all of them by default); NaN where there is one.")
#undef EXTREMUM

#define LARGEST(name, is_max, both, text)                                                                              \
  OP(name){                                                                                                            \
      .signature = #name "(Tensor self) -> Tensor",                                                                    \
      .doc = text,                                                                                                     \
      .out = OutRule::converts,                                                                                        \
      .shape = [](const Tensor& self) -> ResultSpec {                                                                  \
        check_ordered(#name, self);                                                                                    \
        check(self.numel() != 0, ErrorKind::Runtime,                                                                   \
              #name                                                                                                    \
              "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the " \
              "'dim' argument.");                                                                                      \
        return {{}, self.dtype()};                                                                                     \
      },                                                                                                               \
      .cpu = [](const Tensor& self,                                                                                    \
                const Tensor& out) { reduce_fold(is_max ? Fold::max : Fold::min, self, ~uint64_t{0}, out); },          \
      .saves = {"self", "result"},                                                                                     \
      .gradient = [](Grad& g) { return share_among_equal(g.out(), g.self(), g.result(), ~uint64_t{0}, false); },       \
  };                                                                                                                   \
  OP(name##_dim){                                                                                                      \
      .signature = #name ".dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",          \
      .out = OutRule::distinct,                                                                                        \
      .shape = [](const Tensor& self, int64_t dim,                                                                     \
                  bool keepdim) { return selecting_spec<is_max>(#name, self, dim, keepdim); },                         \
      .cpu =                                                                                                           \
          [](const Tensor& self, int64_t dim, bool, const Tensor& values, const Tensor& indices) {                     \
            reduce_arg(is_max, self, wrap_dim(#name, dim, self.dim()), values, indices);                               \
          },                                                                                                           \
      .saves = {"result1"},                                                                                            \
      .gradient = [](Grad& g) { return selected_gradient(g); },                                                        \
  };                                                                                                                   \
  OP(name##_other){                                                                                                    \
      .signature = #name ".other(Tensor self, Tensor other) -> Tensor",                                                \
      .variants = Variants::out,                                                                                       \
      .composite = [](const Tensor& self, const Tensor& other) -> Tensor { return call<both>(self, other); },          \
  };
LARGEST(max, true, "maximum",
        "The largest element; with ``dim`` the largest along it and its index; with a second tensor as ``maximum``.")
LARGEST(min, false, "minimum",
        "The smallest element; with ``dim`` the smallest along it and its index; with a second tensor as ``minimum``.")
#undef LARGEST

#define PLACE(name, is_max, text)                                                      \
  OP(name){                                                                            \
      .signature = #name "(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", \
      .doc = text,                                                                     \
      .shape = [](const Tensor& self, std::optional<int64_t> dim,                      \
                  bool keepdim) { return arg_spec(#name, self, dim, keepdim); },       \
      .cpu = [](const Tensor& self, std::optional<int64_t> dim, bool,                  \
                const Tensor& out) { arg_kernel(is_max, #name, self, dim, out); },     \
      .not_differentiable = "the result is an index",                                  \
  };
PLACE(argmax, true, "Index of the largest element along ``dim``, or in the flattened tensor: the first of equals.")
PLACE(argmin, false, "Index of the smallest element along ``dim``, or in the flattened tensor: the first of equals.")
#undef PLACE

OP(aminmax){
    .signature = "aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
    .doc = "Smallest and largest element, of all or along ``dim``.",
    .out = OutRule::distinct,
    .shape = [](const Tensor& self, std::optional<int64_t> dim, bool keepdim) -> ResultSpecs {
      check_ordered("aminmax", self);
      uint64_t mask = dim ? dim_mask("aminmax", Dims{*dim}, self.dim()) : ~uint64_t{0};
      if (!dim)
        check(self.numel() != 0, ErrorKind::Runtime,
              "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.");
      check_not_empty("aminmax", self, mask);
      Dims sizes = reduced_sizes(self.sizes(), mask, keepdim);
      return {{sizes, self.dtype()}, {sizes, self.dtype()}};
    },
    .cpu =
        [](const Tensor& self, std::optional<int64_t> dim, bool, const Tensor& low, const Tensor& high) {
          uint64_t mask = dim ? dim_mask("aminmax", Dims{*dim}, self.dim()) : ~uint64_t{0};
          reduce_fold(Fold::min, self, mask, low);
          reduce_fold(Fold::max, self, mask, high);
        },
    .saves = {"self", "result0", "result1"},
    .gradient =
        [](Grad& g) {
          uint64_t mask = g.given("dim") ? dim_mask("aminmax", Dims{g.integer("dim")}, g.dim("self")) : ~uint64_t{0};
          bool keepdim = g.flag("keepdim");
          Tensor total;
          for (int i = 0; i < 2; ++i) {
            if (!g.has_out(i)) continue;
            Tensor part = share_among_equal(g.out(i), g.self(), g.result(i), mask, keepdim);
            total = total.defined() ? call<"add.Tensor">(total, part) : part;
          }
          return total;
        },
};

// --- truth ----------------------------------------------------------------------------------------------------------
static Tensor as_truth(const Tensor& self) {
  if (self.dtype() == DType::bool_) return self;
  if (!self.is_complex()) return cast(self, DType::bool_);
  return call<"ne.Tensor">(self, 0.0);
}
static DType truth_dtype(const Tensor& self) { return self.dtype() == DType::uint8 ? DType::uint8 : DType::bool_; }
static void truth_kernel(bool all, const Tensor& self, uint64_t mask, const Tensor& out) {
  Tensor x = as_truth(self);
  if (out.dtype() == DType::bool_) return reduce_truth(all, x, mask, out);
  Tensor plain = empty(out.sizes(), DType::bool_);
  reduce_truth(all, x, mask, plain);
  copy_elements(out, plain);
}

#define TRUTH(name, is_all, text)                                                                                     \
  OP(name){                                                                                                           \
      .signature = #name "(Tensor self) -> Tensor",                                                                   \
      .doc = text,                                                                                                    \
      .shape = [](const Tensor& self) -> ResultSpec { return {{}, truth_dtype(self)}; },                              \
      .cpu = [](const Tensor& self, const Tensor& out) { truth_kernel(is_all, self, ~uint64_t{0}, out); },            \
      .not_differentiable = "the result is bool",                                                                     \
  };                                                                                                                  \
  OP(name##_dim){                                                                                                     \
      .signature = #name ".dim(Tensor self, int dim, bool keepdim=False) -> Tensor",                                  \
      .shape = [](const Tensor& self, int64_t dim,                                                                    \
                  bool keepdim) { return reduced_spec(#name, self, Dims{dim}, keepdim, truth_dtype(self)); },         \
      .cpu = [](const Tensor& self, int64_t dim, bool,                                                                \
                const Tensor& out) { truth_kernel(is_all, self, dim_mask(#name, Dims{dim}, self.dim()), out); },      \
      .not_differentiable = "the result is bool",                                                                     \
  };                                                                                                                  \
  OP(name##_dims){                                                                                                    \
      .signature = #name ".dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",                         \
      .shape =                                                                                                        \
          [](const Tensor& self, const Value& dim, bool keepdim) {                                                    \
            return reduced_spec(#name, self, dim.is_none() ? IntSpan() : IntSpan(dim.ints()), keepdim,                \
                                truth_dtype(self), dim.is_none());                                                    \
          },                                                                                                          \
      .cpu =                                                                                                          \
          [](const Tensor& self, const Value& dim, bool, const Tensor& out) {                                         \
            truth_kernel(is_all, self,                                                                                \
                         dim_mask(#name, dim.is_none() ? IntSpan() : IntSpan(dim.ints()), self.dim(), dim.is_none()), \
                         out);                                                                                        \
          },                                                                                                          \
      .not_differentiable = "the result is bool",                                                                     \
  };
TRUTH(all, true, "Whether all elements are non-zero, in the whole tensor or over the dimensions ``dim``.")
TRUTH(any, false, "Whether any element is non-zero, in the whole tensor or over the dimensions ``dim``.")
#undef TRUTH

OP(count_nonzero){
    .signature = "count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor",
    .doc = "The number of elements that are not zero, over the dimensions ``dim`` or all.",
    .composite = [](const Tensor& self, IntSpan dim) -> Tensor {
      Tensor truth = call<"ne.Tensor">(self, int64_t{0});
      return dim.empty() ? call<"sum">(truth) : call<"sum.dim_IntList">(truth, dim);
    },
};
OP(count_nonzero_one){
    .signature = "count_nonzero(Tensor self, int? dim=None) -> Tensor",
    .composite = [](const Tensor& self, std::optional<int64_t> dim) -> Tensor {
      Tensor truth = call<"ne.Tensor">(self, int64_t{0});
      return dim ? call<"sum.dim_IntList">(truth, Dims{*dim}) : call<"sum">(truth);
    },
};

}  // namespace flambeau
