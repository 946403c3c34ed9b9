// Running sums, products and extrema; differences and integrals along a dimension.
#include "cpu/scan.h"

#include "ops/reduction.h"

namespace flambeau {

namespace {

ResultSpec scan_spec(const char* op, const Tensor& self, int64_t dim, DType dtype) {
  wrap_dim(op, dim, self.dim());
  return {Dims(self.sizes()), dtype};
}
Tensor slice(const Tensor& t, int64_t dim, int64_t from, int64_t to) {
  return call<"slice.Tensor">(t, dim, from, to, int64_t{1});
}

// Entries moved by one along dim; `edge` (0 or 1) comes in at the free end.
Tensor shifted(const Tensor& t, int64_t dim, bool down, double edge) {
  int64_t n = t.size(dim);
  Dims sizes(t.sizes());
  sizes[dim] = 1;
  Tensor e = edge == 0 ? call<"new_zeros">(t, sizes) : call<"new_ones">(t, sizes);
  return down ? call<"cat">(std::vector<Tensor>{e, slice(t, dim, 0, n - 1)}, dim)
              : call<"cat">(std::vector<Tensor>{slice(t, dim, 1, n), e}, dim);
}
Tensor conj_of(const Tensor& t) { return t.is_complex() ? call<"conj">(t) : t; }

}  // namespace

OP(cumsum){
    .signature = "cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
    .variants = Variants::both,
    .doc = "Running sums along ``dim``; integers and bools are summed as int64.",
    .shape = [](const Tensor& self, int64_t dim,
                std::optional<DType> dtype) { return scan_spec("cumsum", self, dim, sum_dtype(self, dtype)); },
    .cpu = [](const Tensor& self, int64_t dim, std::optional<DType>,
              const Tensor& out) { running_sum(self, wrap_dim("cumsum", dim, self.dim()), false, out); },
    .gradient = [](Grad& g) { return call<"_cumsum_from_end">(g.out(), g.integer("dim")); },
};
OP(_cumsum_from_end){
    .signature = "_cumsum_from_end(Tensor self, int dim) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Running sums along ``dim``, from its end.",
    .shape = [](const Tensor& self,
                int64_t dim) { return scan_spec("cumsum", self, dim, sum_dtype(self, std::nullopt)); },
    .cpu = [](const Tensor& self, int64_t dim,
              const Tensor& out) { running_sum(self, wrap_dim("cumsum", dim, self.dim()), true, out); },
    .gradient = [](Grad& g) { return call<"cumsum">(g.out(), g.integer("dim")); },
};

// Note "Gradients of products": for p[k] = x[0] ... x[k] the gradient is p[k - 1] * s[k] with s[k] = g[k] + x[k + 1]
// s[k + 1]. Nothing is divided, so zeros need no care; the recurrence is an operator with a gradient of its own.
OP(_recurrence){
    .signature = "_recurrence(Tensor self, Tensor factor, int dim, bool reverse) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "``s[k] = self[k] + factor[k + 1] * s[k + 1]`` from the end of ``dim``, or ``self[k] + factor[k] * s[k - 1]`` "
        "from its start.",
    .shape =
        [](const Tensor& self, const Tensor& factor, int64_t dim, bool) {
          check(std::ranges::equal(self.sizes(), factor.sizes()), ErrorKind::Runtime, "_recurrence: factors ",
                describe(factor), " have to be of the size of ", describe(self));
          return scan_spec("cumprod", self, dim, self.dtype());
        },
    .cpu =
        [](const Tensor& self, const Tensor& factor, int64_t dim, bool reverse, const Tensor& out) {
          linear_recurrence(self, factor, wrap_dim("cumprod", dim, self.dim()), reverse, out);
        },
    .saves = {"factor", "result"},
    .gradient =
        [](Grad& g) {
          bool reverse = g.flag("reverse");
          int64_t dim = wrap_dim("cumprod", g.integer("dim"), g.dim("self"));
          Tensor back = call<"_recurrence">(g.out(), conj_of(g.arg("factor")), dim, !reverse);
          g.set("self", back);
          if (g.wants("factor")) {
            if (reverse)
              g.set("factor", call<"mul.Tensor">(shifted(back, dim, true, 0), conj_of(g.result())));
            else
              g.set("factor", call<"mul.Tensor">(back, conj_of(shifted(g.result(), dim, true, 0))));
          }
        },
};
OP(cumprod){
    .signature = "cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
    .variants = Variants::both,
    .doc = "Running products along ``dim``; integers and bools are multiplied as int64.",
    .shape = [](const Tensor& self, int64_t dim,
                std::optional<DType> dtype) { return scan_spec("cumprod", self, dim, sum_dtype(self, dtype)); },
    .cpu = [](const Tensor& self, int64_t dim, std::optional<DType>,
              const Tensor& out) { running_product(self, wrap_dim("cumprod", dim, self.dim()), out); },
    .saves = {"self", "result"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.self(), p = g.result();
          if (x.dim() == 0 || x.numel() == 0) return g.out();
          if (x.dtype() != p.dtype()) x = call<"_to_copy">(x, p.dtype());
          int64_t dim = wrap_dim("cumprod", g.integer("dim"), x.dim());
          return call<"mul.Tensor">(conj_of(shifted(p, dim, true, 1)),
                                    call<"_recurrence">(g.out(), conj_of(x), dim, true));
        },
};

#define RUNNING(name, is_max, text)                                                                                \
  OP(name){                                                                                                        \
      .signature = #name "(Tensor self, int dim) -> (Tensor values, Tensor indices)",                              \
      .doc = text,                                                                                                 \
      .shape = [](const Tensor& self, int64_t dim) -> ResultSpecs {                                                \
        return {scan_spec(#name, self, dim, self.dtype()), scan_spec(#name, self, dim, DType::int64)};             \
      },                                                                                                           \
      .cpu =                                                                                                       \
          [](const Tensor& self, int64_t dim, const Tensor& values, const Tensor& indices) {                       \
            running_extremum(is_max, self, wrap_dim(#name, dim, self.dim()), values, indices);                     \
          },                                                                                                       \
      .saves = {"result1"},                                                                                        \
      .gradient =                                                                                                  \
          [](Grad& g) {                                                                                            \
            if (g.dim("self") == 0) return g.out();                                                                \
            return call<"scatter_add">(call<"new_zeros">(g.out(), g.sizes("self")), g.integer("dim"), g.result(1), \
                                       g.out());                                                                   \
          },                                                                                                       \
  };
RUNNING(cummax, true, "Running maxima along ``dim`` and their places.")
RUNNING(cummin, false, "Running minima along ``dim`` and their places.")
#undef RUNNING

OP(logcumsumexp){
    .signature = "logcumsumexp(Tensor self, int dim) -> Tensor",
    .variants = Variants::out,
    .doc = "``log(cumsum(exp(x)))`` along ``dim``, without overflow.",
    .shape =
        [](const Tensor& self, int64_t dim) {
          check(is_floating(self.dtype()) || self.is_complex(), ErrorKind::NotImplemented,
                "logcumsumexp: not implemented for ", name(self.dtype()));
          return scan_spec("logcumsumexp", self, dim, self.dtype());
        },
    .cpu = [](const Tensor& self, int64_t dim,
              const Tensor& out) { running_logsumexp(self, wrap_dim("logcumsumexp", dim, self.dim()), out); },
    .saves = {"self", "result"},
    .gradient =
        [](Grad& g) {
          // The sum over later k of g[k] exp(x - result[k]) is exp(x - result) s with s[k] = g[k] + exp(result[k] -
          // result[k + 1]) s[k + 1]: nothing grows, whatever the signs of g, and it can be differentiated again.
          Tensor x = g.self(), out = g.result();
          if (x.dim() == 0) return g.out();
          int64_t dim = wrap_dim("logcumsumexp", g.integer("dim"), x.dim());
          Tensor before = shifted(out, dim, true, 0);
          Tensor equal = call<"eq.Tensor">(before, out);  // both may be infinite
          Tensor step = call<"where.self">(equal, call<"zeros_like">(out), call<"sub.Tensor">(before, out));
          Tensor s = call<"_recurrence">(g.out(), conj_of(call<"exp">(step)), dim, true);
          return call<"mul.Tensor">(s, conj_of(call<"exp">(call<"sub.Tensor">(x, out))));
        },
};

OP(diff){
    .signature = "diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor",
    .variants = Variants::out,
    .doc = "Differences of neighbours along ``dim``, taken ``n`` times, with values put before and after.",
    .composite = [](const Tensor& self, int64_t n, int64_t dim, const Tensor& prepend, const Tensor& append) -> Tensor {
      check(self.dim() > 0, ErrorKind::Runtime, "diff expects input to be at least one-dimensional");
      check(n >= 0, ErrorKind::Runtime, "diff: order must be non-negative but got ", n);
      dim = wrap_dim("diff", dim, self.dim());
      if (n == 0) return call<"clone">(self);
      std::vector<Tensor> parts;
      if (prepend.defined()) parts.push_back(prepend);
      parts.push_back(self);
      if (append.defined()) parts.push_back(append);
      Tensor t = parts.size() > 1 ? call<"cat">(parts, dim) : self;

      for (n = std::min(n, t.size(dim)); n > 0; --n) {
        int64_t size = t.size(dim);
        Tensor later = slice(t, dim, 1, size), earlier = slice(t, dim, 0, std::max<int64_t>(0, size - 1));
        t = t.dtype() == DType::bool_ ? call<"logical_xor">(later, earlier) : call<"sub.Tensor">(later, earlier);
      }
      return t;
    },
};

// --- integrals by trapezoids ----------------------------------------------------------------------------------------
namespace {
// Sums of neighbours along dim.
Tensor pairs(const Tensor& y, int64_t dim) {
  return call<"add.Tensor">(slice(y, dim, 1, y.size(dim)), slice(y, dim, 0, y.size(dim) - 1));
}
// Widths of the intervals of x, brought to y's dimensions.
Tensor widths(const char* op, const Tensor& y, const Tensor& x, int64_t dim) {
  Tensor w = x;
  if (x.dim() == 1 && y.dim() > 1) {
    check(x.size(0) == y.size(dim), ErrorKind::Runtime, op,
          ": There must be one `x` value for each sample point: ", x.size(0), " for ", y.size(dim));
    Dims shape(static_cast<size_t>(y.dim()), 1);
    shape[dim] = x.size(0);
    w = call<"view">(call<"contiguous">(x), shape);
  }
  while (w.dim() < y.dim()) w = call<"unsqueeze">(w, int64_t{0});
  return call<"sub.Tensor">(slice(w, dim, 1, w.size(dim)), slice(w, dim, 0, w.size(dim) - 1));
}
void check_samples(const char* op, const Tensor& y) {
  check(y.dtype() != DType::bool_, ErrorKind::Runtime, op,
        ": received a bool input for `y`, but bool is not supported");
}
Tensor trapezoid_dx(const Tensor& y, double dx, int64_t dim) {
  check_samples("trapezoid", y);
  dim = wrap_dim("trapezoid", dim, y.dim());
  if (y.size(dim) == 0) return call<"sum.dim_IntList">(call<"mul.Tensor">(y, dx), Dims{dim}, false);
  return call<"mul.Tensor">(call<"sum.dim_IntList">(pairs(y, dim), Dims{dim}, false), dx / 2);
}
Tensor trapezoid_x(const Tensor& y, const Tensor& x, int64_t dim) {
  check_samples("trapezoid", y);
  dim = wrap_dim("trapezoid", dim, y.dim());
  if (y.size(dim) == 0) return call<"sum.dim_IntList">(call<"mul.Tensor">(y, 1.0), Dims{dim}, false);
  return call<"div.Tensor">(
      call<"sum.dim_IntList">(call<"mul.Tensor">(pairs(y, dim), widths("trapezoid", y, x, dim)), Dims{dim}, false),
      2.0);
}
}  // namespace

OP(trapezoid_dx){
    .signature = "trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
    .python = torch,
    .doc = "The integral along ``dim`` by the trapezoidal rule, with equal steps or sample points ``x``.",
    .composite = [](const Tensor& y, const Value& dx, int64_t dim) { return trapezoid_dx(y, dx.number(), dim); },
};
OP(trapezoid_x){
    .signature = "trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
    .python = torch,
    .composite = [](const Tensor& y, const Tensor& x, int64_t dim) { return trapezoid_x(y, x, dim); },
};
OP(trapz_dx){
    .signature = "trapz.dx(Tensor y, *, float dx=1.0, int dim=-1) -> Tensor",
    .python = torch,
    .doc = "The same as ``trapezoid``.",
    .composite = [](const Tensor& y, double dx, int64_t dim) { return trapezoid_dx(y, dx, dim); },
};
OP(trapz_x){
    .signature = "trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
    .python = torch,
    .composite = [](const Tensor& y, const Tensor& x, int64_t dim) { return trapezoid_x(y, x, dim); },
};
OP(cumulative_trapezoid_dx){
    .signature = "cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
    .python = torch,
    .doc = "Running integrals along ``dim`` by the trapezoidal rule.",
    .composite = [](const Tensor& y, const Value& dx, int64_t dim) -> Tensor {
      check_samples("cumulative_trapezoid", y);
      dim = wrap_dim("cumulative_trapezoid", dim, y.dim());
      return call<"mul.Tensor">(call<"cumsum">(pairs(y, dim), dim), dx.number() / 2);
    },
};
OP(cumulative_trapezoid_x){
    .signature = "cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
    .python = torch,
    .composite = [](const Tensor& y, const Tensor& x, int64_t dim) -> Tensor {
      check_samples("cumulative_trapezoid", y);
      dim = wrap_dim("cumulative_trapezoid", dim, y.dim());
      return call<"div.Tensor">(
          call<"cumsum">(call<"mul.Tensor">(pairs(y, dim), widths("cumulative_trapezoid", y, x, dim)), dim), 2.0);
    },
};

}  // namespace flambeau
