// Norms of vectors and matrices, distances between tensors, and rescaling to a norm.
#include <limits>

#include "ops/reduction.h"

namespace flambeau {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Real x. Orders other than 1, 2 and the infinite ones go through powers.
void norm_kernel(const Tensor& x, double order, IntSpan dim, bool keepdim, const Tensor& out) {
  uint64_t mask = dim_mask("linalg_vector_norm", dim, x.dim());
  if (order == 2) return reduce_fold(Fold::square_sum, x, mask, out, After::root);
  if (order == 1) return reduce_fold(Fold::abs_sum, x, mask, out);
  if (std::isinf(order)) return reduce_fold(order > 0 ? Fold::abs_max : Fold::abs_min, x, mask, out);
  GradMode off(false);
  Tensor wide = x.dtype() == DType::float16 || x.dtype() == DType::bfloat16 ? cast(x, DType::float32) : x;
  Tensor room = out.dtype() == wide.dtype() ? out : empty(out.sizes(), wide.dtype());
  Tensor terms = order == 0 ? cast(call<"ne.Tensor">(wide, 0.0), wide.dtype())
                            : call<"pow.Tensor_Tensor">(call<"abs">(wide), order);
  reduce_fold(Fold::sum, terms, mask, room);
  copy_elements(out, order == 0 ? room : call<"pow.Tensor_Tensor">(room, 1 / order));
}

// PyTorch's choices where the norm is not differentiable: 0 at the origin.
Tensor norm_gradient(const Tensor& grad_, const Tensor& x, const Tensor& result, double order, uint64_t mask,
                     bool keepdim) {
  Tensor grad = restore_dims(grad_, x.sizes(), mask, keepdim), norm = restore_dims(result, x.sizes(), mask, keepdim);
  auto zero_where = [&](const Tensor& condition, const Tensor& t) {
    return call<"where.self">(condition, call<"zeros_like">(t), t);
  };
  if (order == 0) return call<"zeros_like">(x);
  if (order == 1) return call<"mul.Tensor">(call<"sgn">(x), grad);
  if (order == 2) {
    Tensor unit = call<"div.Tensor">(x, norm);
    return call<"mul.Tensor">(zero_where(call<"eq.Tensor">(norm, 0.0), unit), grad);
  }
  Tensor magnitude = call<"abs">(x);
  if (std::isinf(order)) {
    Tensor equal = call<"logical_or">(call<"eq.Tensor">(magnitude, norm), call<"isnan">(magnitude));
    Tensor count = x.dim() == 0 ? equal : call<"sum.dim_IntList">(equal, mask_dims(mask, x.dim()), true);
    return call<"mul.Tensor">(call<"mul.Tensor">(call<"sgn">(x), equal), call<"div.Tensor">(grad, count));
  }
  Tensor scaled;
  if (order < 2)
    scaled = call<"mul.Tensor">(call<"sgn">(x),
                                zero_where(call<"eq.Tensor">(x, 0.0), call<"pow.Tensor_Tensor">(magnitude, order - 1)));
  else
    scaled = call<"mul.Tensor">(x, order == 3 ? magnitude : call<"pow.Tensor_Tensor">(magnitude, order - 2));
  Tensor factor = call<"div.Tensor">(grad, call<"pow.Tensor_Tensor">(norm, order - 1));
  return call<"mul.Tensor">(scaled, zero_where(call<"eq.Tensor">(norm, 0.0), factor));
}

Tensor vector_norm(const char* op, const Tensor& self, double order, IntSpan dim, bool keepdim,
                   std::optional<DType> dtype) {
  check(self.is_floating() || self.is_complex(), ErrorKind::Runtime, op,
        ": Expected a floating point or complex tensor as input. Got ", name(self.dtype()));
  Tensor x = self;
  if (dtype && *dtype != self.dtype()) {
    check(is_complex(*dtype) == self.is_complex() && can_cast(self.dtype(), *dtype) &&
              (is_floating(*dtype) || is_complex(*dtype)),
          ErrorKind::Runtime, op, ": the dtype of the input ", name(self.dtype()),
          " should be convertible without narrowing to the specified dtype (", name(*dtype), ")");
    x = call<"_to_copy">(self, *dtype);
  }
  if (x.is_complex()) x = call<"abs">(x);
  return call<"_vector_norm">(x, order, dim, keepdim);
}
double order_of(const Value& p) { return p.is_none() ? 2.0 : p.number(); }

}  // namespace

OP(_vector_norm){
    .signature = "_vector_norm(Tensor self, float ord, int[] dim, bool keepdim) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The norm of a real tensor's elements over dimensions.",
    .shape = [](const Tensor& self, double order, IntSpan dim, bool keepdim) -> ResultSpec {
      check(self.is_floating(), ErrorKind::Runtime, "linalg_vector_norm: expected a real floating-point tensor, got ",
            name(self.dtype()));
      uint64_t mask = dim_mask("linalg_vector_norm", dim, self.dim());
      check(reduced_count(self.sizes(), mask) > 0 || (order >= 0 && order < kInfinity), ErrorKind::Runtime,
            "linalg_vector_norm cannot compute the ", order, " norm on an empty tensor or dimension (size ",
            list_text(self.sizes()), "), because the operation does not have an identity");
      return {reduced_sizes(self.sizes(), mask, keepdim), self.dtype()};
    },
    .cpu = norm_kernel,
    .saves = {"self", "result"},
    .gradient =
        [](Grad& g) {
          return norm_gradient(g.out(), g.self(), g.result(), g.number("ord"), grad_mask(g), g.flag("keepdim"));
        },
};

OP(linalg_vector_norm){
    .signature =
        "linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? "
        "dtype=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "``sum(|x| ** ord) ** (1 / ord)`` over the dimensions ``dim``; ``inf`` the largest, ``-inf`` the smallest "
        "magnitude, 0 the number of non-zeros.",
    .composite =
        [](const Tensor& self, const Value& order, IntSpan dim, bool keepdim, std::optional<DType> dtype) {
          return vector_norm("linalg.vector_norm", self, order_of(order), dim, keepdim, dtype);
        },
};

OP(norm_scalar){
    .signature = "norm.Scalar(Tensor self, Scalar p=2) -> Tensor",
    .variants = Variants::none,
    .doc =
        "The norm of order ``p`` of all elements, or over the dimensions ``dim``. ``linalg.vector_norm`` and "
        "``linalg.matrix_norm`` say more clearly what is meant.",
    .composite = [](const Tensor& self,
                    const Value& p) { return vector_norm("norm", self, order_of(p), {}, false, std::nullopt); },
};
OP(norm_scalar_dtype){
    .signature = "norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor",
    .variants = Variants::none,
    .composite = [](const Tensor& self, const Value& p,
                    DType dtype) { return vector_norm("norm", self, order_of(p), {}, false, dtype); },
};
OP(norm_dim){
    .signature = "norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
    .variants = Variants::out,
    .composite = [](const Tensor& self, const Value& p, IntSpan dim,
                    bool keepdim) { return vector_norm("norm", self, order_of(p), dim, keepdim, std::nullopt); },
};
OP(norm_dim_dtype){
    .signature =
        "norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor",
    .variants = Variants::out,
    .composite = [](const Tensor& self, const Value& p, IntSpan dim, bool keepdim,
                    DType dtype) { return vector_norm("norm", self, order_of(p), dim, keepdim, dtype); },
};
// The Python face's form, in which the order may be a word and everything has a default.
OP(norm_word){
    .signature =
        "norm.word(Tensor self, str p='fro', int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> "
        "Tensor",
    .variants = Variants::out,
    .composite = [](const Tensor& self, std::string_view p, IntSpan dim, bool keepdim,
                    std::optional<DType> dtype) -> Tensor {
      if (p == "nuc") {
        Dims dims = dim.empty() ? Dims{-2, -1} : Dims(dim);
        return call<"linalg_matrix_norm.str_ord">(self, "nuc", dims, keepdim, dtype);
      }
      check(p == "fro", ErrorKind::Runtime, "norm: the only words for p are 'fro' and 'nuc', got '", p, "'");
      return vector_norm("norm", self, 2, dim, keepdim, dtype);
    },
};
OP(norm_number){
    .signature =
        "norm.number(Tensor self, Scalar? p, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> "
        "Tensor",
    .variants = Variants::out,
    .composite = [](const Tensor& self, const Value& p, IntSpan dim, bool keepdim,
                    std::optional<DType> dtype) { return vector_norm("norm", self, order_of(p), dim, keepdim, dtype); },
};

OP(norm_except_dim){
    .signature = "norm_except_dim(Tensor v, int pow=2, int dim=0) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "The norm of each slice along ``dim``, with the other dimensions kept at size 1; -1 for ``dim`` takes them "
        "all.",
    .composite = [](const Tensor& v, int64_t pow, int64_t dim) -> Tensor {
      if (dim == -1) return vector_norm("norm_except_dim", v, static_cast<double>(pow), {}, false, std::nullopt);
      dim = wrap_dim("norm_except_dim", dim, v.dim());
      Dims others;
      for (int64_t d = 0; d < v.dim(); ++d)
        if (d != dim) others.push_back(d);
      if (others.empty()) return call<"abs">(v);
      return vector_norm("norm_except_dim", v, static_cast<double>(pow), others, true, std::nullopt);
    },
};

// w = v · g / |v|, the norm taken over all dimensions but one (Salimans and Kingma, "Weight Normalization", 2016).
OP(_weight_norm){
    .signature = "_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc = "``v`` with its slices along ``dim`` scaled to the norms ``g``; -1 for ``dim`` takes all of it as one.",
    .composite = [](const Tensor& v, const Tensor& g, int64_t dim) -> Tensor {
      return call<"mul.Tensor">(v, call<"div.Tensor">(g, call<"norm_except_dim">(v, int64_t{2}, dim)));
    },
};
OP(_weight_norm_interface){
    .signature = "_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)",
    .python = torch,
    .variants = Variants::none,
    .doc = "``_weight_norm`` and the norms of ``v`` that it divided by; ``dim`` is the first or the last.",
    .composite = [](const Tensor& v, const Tensor& g, int64_t dim) -> std::tuple<Tensor, Tensor> {
      check(dim == 0 || dim == v.dim() - 1, ErrorKind::Runtime, "_weight_norm_interface: dim ", dim,
            " is neither the first nor the last of the ", v.dim(), " dimensions of v");
      // The norms of half types are float, and so is the product before it is rounded.
      bool half = v.dtype() == DType::float16 || v.dtype() == DType::bfloat16;
      Tensor wide = half ? call<"to.dtype">(v, DType::float32) : v;
      Tensor norms = call<"norm_except_dim">(wide, int64_t{2}, dim);
      Tensor w = call<"mul.Tensor">(wide, call<"div.Tensor">(g, norms));
      return {half ? call<"to.dtype">(w, v.dtype()) : w, norms};
    },
};
namespace {
std::tuple<Tensor, Tensor> weight_norm_backward(const Tensor& grad, const Tensor& v, const Tensor& g,
                                                const Tensor& norms, int64_t dim) {
  dim = wrap_dim("_weight_norm_interface_backward", dim, v.dim());
  Dims others;
  for (int64_t d = 0; d < v.dim(); ++d)
    if (d != dim) others.push_back(d);
  Tensor along = call<"mul.Tensor">(grad, v);
  if (!others.empty()) along = call<"sum.dim_IntList">(along, others, true);
  // The part of grad across v's slices, scaled; and the part along them.
  Tensor share = call<"div.Tensor">(along, call<"mul.Tensor">(norms, norms));
  Tensor across = call<"sub.Tensor">(grad, call<"mul.Tensor">(v, share));
  return {call<"mul.Tensor">(across, call<"div.Tensor">(g, norms)), call<"div.Tensor">(along, norms)};
}
}  // namespace
OP(_weight_norm_interface_backward){
    .signature =
        "_weight_norm_interface_backward(Tensor grad_w, Tensor saved_v, Tensor saved_g, Tensor saved_norms, "
        "int dim) -> (Tensor, Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The gradients of ``_weight_norm_interface`` for ``v`` and ``g``.",
    .composite = weight_norm_backward,
};
OP(_weight_norm_differentiable_backward){
    .signature =
        "_weight_norm_differentiable_backward(Tensor grad_w, Tensor saved_v, Tensor saved_g, Tensor "
        "saved_norms, int dim) -> (Tensor, Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The same as ``_weight_norm_interface_backward``, which can be differentiated here too.",
    .composite = weight_norm_backward,
};

OP(dist){
    .signature = "dist(Tensor self, Tensor other, Scalar p=2) -> Tensor",
    .doc = "The norm of order ``p`` of ``self - other``.",
    .composite =
        [](const Tensor& self, const Tensor& other, const Value& p) {
          return vector_norm("dist", call<"sub.Tensor">(self, other), order_of(p), {}, false, std::nullopt);
        },
};

OP(renorm){
    .signature = "renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor",
    .variants = Variants::both,
    .doc = "Slices along ``dim`` whose norm of order ``p`` is above ``maxnorm`` are scaled down to it.",
    .composite = [](const Tensor& self, const Value& p, int64_t dim, const Value& maxnorm) -> Tensor {
      check(self.dim() > 1, ErrorKind::Runtime, "renorm: input needs at least 2 dimensions, got ", self.dim(),
            " dimensions");
      check(p.number() > 0, ErrorKind::Runtime, "renorm: non-positive norm not supported, got p=", p.number());
      check(maxnorm.number() >= 0, ErrorKind::Runtime, "renorm: expected maxnorm to be >= 0 but got ",
            maxnorm.number());
      dim = wrap_dim("renorm", dim, self.dim());
      Dims others;
      for (int64_t d = 0; d < self.dim(); ++d)
        if (d != dim) others.push_back(d);
      Tensor norm = vector_norm("renorm", self, p.number(), others, true, std::nullopt);
      Tensor factor = call<"div.Tensor">(call<"full_like">(norm, maxnorm), call<"add.Tensor">(norm, 1e-7));
      return call<"mul.Tensor">(self,
                                call<"where.self">(call<"gt.Tensor">(norm, maxnorm), factor, call<"ones_like">(norm)));
    },
};

// --- distances between rows -----------------------------------------------------------------------------------------
OP(pairwise_distance){
    .signature = "pairwise_distance(Tensor x1, Tensor x2, float p=2.0, float eps=1e-06, bool keepdim=False) -> Tensor",
    .python = torch | functional,
    .doc = "The norm of ``x1 - x2 + eps`` over the last dimension.",
    .composite =
        [](const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
          return vector_norm("pairwise_distance", call<"add.Tensor">(call<"sub.Tensor">(a, b), eps), p, Dims{-1},
                             keepdim, std::nullopt);
        },
};
OP(cosine_similarity){
    .signature = "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
    .python = torch | functional,
    .doc = "The scalar product along ``dim`` divided by both norms, which count as ``eps`` at least.",
    .composite = [](const Tensor& a_, const Tensor& b_, int64_t dim, double eps) -> Tensor {
      DType type = promote(a_.dtype(), b_.dtype());
      check(is_floating(type) || is_complex(type), ErrorKind::Runtime,
            "cosine_similarity: expected common dtype to be floating point, yet common dtype is ", name(type));
      Tensor a = a_.dtype() == type ? a_ : call<"_to_copy">(a_, type),
             b = b_.dtype() == type ? b_ : call<"_to_copy">(b_, type);
      Dims sizes = broadcast_sizes("cosine_similarity", a.sizes(), b.sizes());
      a = call<"expand">(a, sizes), b = call<"expand">(b, sizes);
      auto unit = [&](const Tensor& t) {
        return call<"div.Tensor">(
            t, call<"clamp">(vector_norm("cosine_similarity", t, 2, Dims{dim}, true, std::nullopt), eps));
      };
      return call<"sum.dim_IntList">(call<"mul.Tensor">(unit(a), unit(b)), Dims{dim}, false);
    },
};
OP(cdist){
    .signature = "cdist(Tensor x1, Tensor x2, float p=2.0, int? compute_mode=None) -> Tensor",
    .python = hidden,
    .doc =
        "Distances of order ``p`` between all rows of ``x1`` (..., P, M) and ``x2`` (..., R, M): (..., P, R). "
        "``compute_mode`` is "
        "PyTorch's number for a way to compute; there is one way here.",
    .composite = [](const Tensor& a, const Tensor& b, double p, const Value&) -> Tensor {
      check(a.dim() >= 2 && b.dim() >= 2, ErrorKind::Runtime, "cdist only supports at least 2D tensors, got: ", a.dim(),
            "D and ", b.dim(), "D");
      check(a.size(-1) == b.size(-1), ErrorKind::Runtime,
            "X1 and X2 must have the same number of columns. X1: ", a.size(-1), " X2: ", b.size(-1));
      check(p >= 0, ErrorKind::Runtime, "cdist only supports non-negative p values, got ", p);
      check(a.is_floating() && b.is_floating(), ErrorKind::Runtime, "cdist only supports floating-point dtypes, got ",
            name(a.dtype()), " and ", name(b.dtype()));
      Tensor difference = call<"sub.Tensor">(call<"unsqueeze">(a, int64_t{-2}), call<"unsqueeze">(b, int64_t{-3}));
      if (difference.size(-1) == 0) return call<"sum.dim_IntList">(difference, Dims{-1}, false);
      return vector_norm("cdist", difference, p, Dims{-1}, false, std::nullopt);
    },
    .autocast = Autocast::high,
};
OP(pdist){
    .signature = "pdist(Tensor self, float p=2.0) -> Tensor",
    .python = torch | functional,
    .doc = "Distances of order ``p`` between the pairs of rows, in the order of the upper triangle.",
    .composite = [](const Tensor& self, double p) -> Tensor {
      check(self.dim() == 2, ErrorKind::Runtime, "pdist only supports 2D tensors, got: ", self.dim(), "D");
      check(p >= 0, ErrorKind::Runtime, "pdist only supports non-negative p values, got ", p);
      int64_t n = self.size(0), pairs = n * (n - 1) / 2;
      Tensor first = empty(Dims{pairs}, DType::int64), second = empty(Dims{pairs}, DType::int64);
      int64_t k = 0;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = i + 1; j < n; ++j, ++k) first.data<int64_t>()[k] = i, second.data<int64_t>()[k] = j;
      Tensor difference = call<"sub.Tensor">(
          call<"index_select">(self, int64_t{0}, call<"to.device">(first, self.device(), DType::int64)),
          call<"index_select">(self, int64_t{0}, call<"to.device">(second, self.device(), DType::int64)));
      return vector_norm("pdist", difference, p, Dims{1}, false, std::nullopt);
    },
};

}  // namespace flambeau
