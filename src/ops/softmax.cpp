// Softmax, log-softmax and logsumexp, with their gradients as operators.
#include "cpu/softmax.h"

#include "ops/reduction.h"

namespace flambeau {

namespace {

DType softmax_dtype(const char* op, const Tensor& self, std::optional<DType> dtype) {
  DType type = dtype.value_or(self.dtype());
  check(is_floating(type), ErrorKind::NotImplemented, op, ": not implemented for ", name(type),
        "; give dtype=float32 or convert the input first");
  return type;
}

// Softmax of a tensor whose type is that of the result already, or is converted by the kernel.
Tensor softmax_of(const char* op, const Tensor& self, int64_t dim, std::optional<DType> dtype, bool log) {
  DType type = softmax_dtype(op, self, dtype);
  Tensor x = self.dtype() == type ? self : call<"_to_copy">(self, type);
  return log ? call<"_log_softmax">(x, dim, false) : call<"_softmax">(x, dim, false);
}

// Gradients written with operators where a second derivative may be asked for.
Tensor softmax_gradient(const Tensor& g, const Tensor& y, int64_t dim, bool log) {
  Dims dims{dim};
  if (log) return call<"sub.Tensor">(g, call<"mul.Tensor">(call<"exp">(y), call<"sum.dim_IntList">(g, dims, true)));
  Tensor product = call<"mul.Tensor">(g, y);
  return call<"sub.Tensor">(product, call<"mul.Tensor">(y, call<"sum.dim_IntList">(product, dims, true)));
}

}  // namespace

#define SOFTMAX(name, is_log, text)                                                                                   \
  OP(name){                                                                                                           \
      .signature = #name ".int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",                              \
      .variants = Variants::out,                                                                                      \
      .doc = text,                                                                                                    \
      .composite = [](const Tensor& self, int64_t dim,                                                                \
                      std::optional<DType> dtype) { return softmax_of(#name, self, dim, dtype, is_log); },            \
  };                                                                                                                  \
  OP(_##name){                                                                                                        \
      .signature = "_" #name "(Tensor self, int dim, bool half_to_float) -> Tensor",                                  \
      .python = torch,                                                                                                \
      .doc = "The kernel behind ``" #name "``; ``half_to_float`` gives a float32 result for a half precision input.", \
      .shape = [](const Tensor& self, int64_t dim, bool half_to_float) -> ResultSpec {                                \
        wrap_dim(#name, dim, self.dim());                                                                             \
        DType type = softmax_dtype(#name, self, std::nullopt);                                                        \
        return {Dims(self.sizes()), half_to_float ? DType::float32 : type};                                           \
      },                                                                                                              \
      .cpu = [](const Tensor& self, int64_t dim, bool,                                                                \
                const Tensor& out) { softmax_forward(self, wrap_dim(#name, dim, self.dim()), is_log, out); },         \
      .saves = {"result"},                                                                                            \
      .gradient =                                                                                                     \
          [](Grad& g) {                                                                                               \
            int64_t dim = wrap_dim(#name, g.integer("dim"), g.dim("self"));                                           \
            if (g.tracked() && g.dim("self") > 0) return softmax_gradient(g.out(), g.result(), dim, is_log); \
            return call<"_" #name "_backward_data">(g.out(), g.result(), dim, g.dtype("self"));                       \
          },                                                                                                          \
  };                                                                                                                  \
  OP(_##name##_backward_data){                                                                                        \
      .signature =                                                                                                    \
          "_" #name "_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor",   \
      .python = torch,                                                                                                \
      .doc = "The gradient of ``" #name "`` from its result.",                                                        \
      .shape = [](const Tensor& grad, const Tensor& output, int64_t dim, DType dtype) -> ResultSpec {                 \
        wrap_dim(#name, dim, output.dim());                                                                           \
        check(std::ranges::equal(grad.sizes(), output.sizes()), ErrorKind::Runtime,                                   \
              "_" #name "_backward_data: gradient of size ", list_text(grad.sizes()), " for a result of size ",       \
              list_text(output.sizes()));                                                                             \
        return {Dims(output.sizes()), dtype};                                                                         \
      },                                                                                                              \
      .cpu =                                                                                                          \
          [](const Tensor& grad, const Tensor& output, int64_t dim, DType, const Tensor& out) {                       \
            softmax_backward(grad, output, wrap_dim(#name, dim, output.dim()), is_log, out);                          \
          },                                                                                                          \
      .saves = {"grad_output", "output"},                                                                             \
      .gradient =                                                                                                     \
          [](Grad& g) {                                                                                               \
            int64_t dim = wrap_dim(#name, g.integer("dim"), g.dim("output"));                                         \
            Tensor gg = g.out(), grad = g.arg("grad_output"), y = g.arg("output");                                    \
            Dims dims{dim};                                                                                           \
            if (is_log) {                                                                                             \
              Tensor p = call<"exp">(y), inner = call<"sum.dim_IntList">(call<"mul.Tensor">(gg, p), dims, true);      \
              g.set("grad_output", call<"sub.Tensor">(gg, inner));                                                    \
              g.set("output", call<"neg">(call<"mul.Tensor">(call<"mul.Tensor">(gg, p),                               \
                                                             call<"sum.dim_IntList">(grad, dims, true))));            \
            } else {                                                                                                  \
              Tensor inner = call<"sum.dim_IntList">(call<"mul.Tensor">(gg, y), dims, true);                          \
              Tensor dot = call<"sum.dim_IntList">(call<"mul.Tensor">(grad, y), dims, true);                          \
              g.set("grad_output", call<"mul.Tensor">(call<"sub.Tensor">(gg, inner), y));                             \
              g.set("output", call<"sub.Tensor">(call<"mul.Tensor">(gg, call<"sub.Tensor">(grad, dot)),               \
                                                 call<"mul.Tensor">(grad, inner)));                                   \
            }                                                                                                         \
          },                                                                                                          \
  };
SOFTMAX(softmax, false, "``exp(x) / sum(exp(x))`` along ``dim``, computed from differences to the largest element.")
SOFTMAX(log_softmax, true,
        "The logarithm of ``softmax`` along ``dim``, without the loss of precision of taking it afterwards.")
#undef SOFTMAX

OP(special_softmax){
    .signature = "special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    .python = special,
    .doc = "The same as ``softmax``.",
    .composite = [](const Tensor& self, int64_t dim,
                    std::optional<DType> dtype) { return softmax_of("softmax", self, dim, dtype, false); },
};
OP(special_log_softmax){
    .signature = "special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
    .python = special,
    .doc = "The same as ``log_softmax``.",
    .composite = [](const Tensor& self, int64_t dim,
                    std::optional<DType> dtype) { return softmax_of("log_softmax", self, dim, dtype, true); },
};

// Complex numbers by operators: the largest real part goes before the exponentials.
static void complex_logsumexp(const Tensor& self, IntSpan dim, bool keepdim, const Tensor& out) {
  uint64_t mask = dim_mask("logsumexp", dim, self.dim());
  Dims reduced = mask_dims(mask, self.dim());
  if (reduced_count(self.sizes(), mask) == 0)
    return fill_elements(out, Scalar(-std::numeric_limits<double>::infinity()));
  Tensor top = reduced.empty() ? call<"real">(self) : call<"amax">(call<"real">(self), reduced, true);
  top = call<"where.self">(call<"isinf">(top), call<"zeros_like">(top), top);
  Tensor terms = call<"exp">(call<"sub.Tensor">(self, top));
  if (!reduced.empty()) terms = call<"sum.dim_IntList">(terms, reduced, true);
  Tensor result = call<"add.Tensor">(call<"log">(terms), top);
  copy_elements(out, keepdim ? result : call<"reshape">(result, out.sizes()));
}

// Several dimensions are brought together at the end.
static void logsumexp_kernel(const Tensor& self, IntSpan dim, bool keepdim, const Tensor& out) {
  if (self.is_complex()) return complex_logsumexp(self, dim, keepdim, out);
  uint64_t mask = dim_mask("logsumexp", dim, self.dim());
  Tensor x = is_integral(self.dtype(), true) ? cast(self, out.dtype()) : self;
  if (self.dim() == 0) return copy_elements(out, x);
  Dims reduced = mask_dims(mask, self.dim());
  Tensor flat = empty({}, out.dtype());
  if (reduced.size() == 1) {
    flat = alias(out, Layout(reduced_sizes(self.sizes(), mask, false)));
    flat.impl()->layout.offset = out.offset();
    return logsumexp_forward(x, reduced[0], flat);
  }
  Dims order = mask_dims(~mask, self.dim()), sizes = reduced_sizes(self.sizes(), mask, false);
  for (int64_t d : reduced) order.push_back(d);
  Tensor moved = as_contiguous(alias(x, x.layout().permuted(order)));
  Dims with_last(sizes);
  with_last.push_back(reduced_count(self.sizes(), mask));
  Layout wanted;
  moved.layout().viewed(with_last, wanted);
  Layout target{sizes};
  target.offset = out.offset();
  logsumexp_forward(alias(moved, wanted), static_cast<int64_t>(sizes.size()), alias(out, target));
}

OP(logsumexp){
    .signature = "logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    .doc = "``log(sum(exp(x)))`` over the dimensions ``dim``, without overflow.",
    .shape =
        [](const Tensor& self, IntSpan dim, bool keepdim) {
          DType type = is_integral(self.dtype(), true) ? default_dtype() : self.dtype();
          return reduced_spec("logsumexp", self, dim, keepdim, type);
        },
    .cpu = logsumexp_kernel,
    .saves = {"self", "result"},
    .gradient =
        [](Grad& g) {
          uint64_t mask = grad_mask(g);
          bool keepdim = g.flag("keepdim");
          Tensor r = restore_dims(g.result(), g.sizes("self"), mask, keepdim),
                 grad = restore_dims(g.out(), g.sizes("self"), mask, keepdim);
          Tensor share = call<"exp">(call<"sub.Tensor">(g.self(), r));
          return call<"mul.Tensor">(grad, share.is_complex() ? call<"conj">(share) : share);
        },
};
OP(special_logsumexp){
    .signature = "special_logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    .python = special,
    .doc = "The same as ``logsumexp``.",
    .composite = [](const Tensor& self, IntSpan dim, bool keepdim) { return call<"logsumexp">(self, dim, keepdim); },
};

}  // namespace flambeau
