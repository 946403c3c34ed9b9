// Matrix norms, condition numbers, the matrix exponential, and inverses and systems of tensors.
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
using Type = std::optional<DType>;

Tensor vector_norm(const Tensor& a, double order, IntSpan dims, bool keepdim, Type dtype) {
  return call<"linalg_vector_norm">(a, order, dims, keepdim, dtype);
}

// The two dimensions of a matrix norm, checked.
std::pair<int64_t, int64_t> matrix_dims(const char* op, const Tensor& a, IntSpan dim) {
  check(dim.size() == 2, ErrorKind::Runtime, op, ": dim must be a 2-tuple. Got ", list_text(dim));
  int64_t r = wrap_dim(op, dim[0], a.dim()), c = wrap_dim(op, dim[1], a.dim());
  check(r != c, ErrorKind::Runtime, op, ": dims must be different. Got (", dim[0], ", ", dim[1], ")");
  return {r, c};
}
void check_norm(const char* op, const Tensor& a, Type dtype) {
  check(a.dim() >= 2, ErrorKind::Runtime, op, ": The input tensor A must have at least 2 dimensions, got shape ",
        list_text(a.sizes()));
  check_numbers(op, a);
  if (dtype)
    check(is_floating(*dtype) || flambeau::is_complex(*dtype), ErrorKind::Runtime, op,
          ": dtype should be floating point or complex, but got ", name(*dtype));
}

// A pair of dimensions moved to the end.
Tensor to_end(const Tensor& a, int64_t r, int64_t c) {
  Dims order;
  for (int64_t d = 0; d < a.dim(); ++d)
    if (d != r && d != c) order.push_back(d);
  order.push_back(r);
  order.push_back(c);
  return call<"permute">(a, order);
}
Tensor restored(Tensor t, int64_t r, int64_t c, bool keepdim) {
  if (!keepdim) return t;
  t = call<"unsqueeze">(t, std::min(r, c));
  return call<"unsqueeze">(t, std::max(r, c));
}

Tensor matrix_norm(const char* op, const Tensor& self, double order, IntSpan dim, bool keepdim, Type dtype) {
  check_norm(op, self, dtype);
  auto [r, c] = matrix_dims(op, self, dim);
  double size = std::abs(order);
  check(size == 1 || size == 2 || size == kInfinite, ErrorKind::Runtime, op, ": Order ", order, " not supported.");
  // The largest or smallest; equal ones share the gradient, and of none the largest is 0.
  auto extreme = [&](const Tensor& t, int64_t d, bool keep) {
    if (order > 0 && t.size(d) == 0) return call<"sum.dim_IntList">(t, Dims{d}, keep);
    return order > 0 ? call<"amax">(t, Dims{d}, keep) : call<"amin">(t, Dims{d}, keep);
  };
  if (size == 2) {
    Tensor a = dtype ? call<"to.dtype">(self, *dtype) : self;
    return restored(extreme(call<"linalg_svdvals">(to_end(a, r, c)), -1, false), r, c, keepdim);
  }
  if (size == kInfinite) std::swap(r, c);
  // Sums over one dimension, then the largest or smallest over the other.
  Tensor sums = vector_norm(self, 1, Dims{r}, keepdim, dtype);
  int64_t rest = !keepdim && c > r ? c - 1 : c;
  return extreme(sums, rest, keepdim);
}
Tensor matrix_norm(const char* op, const Tensor& self, std::string_view order, IntSpan dim, bool keepdim, Type dtype) {
  check_norm(op, self, dtype);
  auto [r, c] = matrix_dims(op, self, dim);
  check(order == "fro" || order == "nuc", ErrorKind::Runtime, op, ": Order ", order, " not supported.");
  if (order == "fro") return vector_norm(self, 2, Dims{r, c}, keepdim, dtype);
  Tensor a = dtype ? call<"to.dtype">(self, *dtype) : self;
  return restored(call<"sum.dim_IntList">(call<"linalg_svdvals">(to_end(a, r, c)), Dims{-1}), r, c, keepdim);
}

}  // namespace

OP(linalg_matrix_norm){
    .signature =
        "linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? "
        "dtype=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Norm of matrices: 1, -1 (columns), inf, -inf (rows), 2, -2 (singular values), 'fro', 'nuc'.",
    .composite = [](const Tensor& a, const Scalar& order, IntSpan dim, bool keepdim, Type dtype) -> Tensor {
      return matrix_norm("linalg.matrix_norm", a, order.to_double(), dim, keepdim, dtype);
    },
};
OP(linalg_matrix_norm_str){
    .signature =
        "linalg_matrix_norm.str_ord(Tensor self, str ord='fro', int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? "
        "dtype=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, std::string_view order, IntSpan dim, bool keepdim, Type dtype) -> Tensor {
      return matrix_norm("linalg.matrix_norm", a, order, dim, keepdim, dtype);
    },
};
OP(linalg_norm){
    .signature =
        "linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) "
        "-> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Vector or matrix norm: of a matrix where ``ord`` is given and ``dim`` names two dimensions (or the tensor has "
        "two), else of "
        "the elements as one vector.",
    .composite = [](const Tensor& a, const Value& order, const Value& dim, bool keepdim, Type dtype) -> Tensor {
      if (!dim.is_none())
        check(dim.ints().size() == 1 || dim.ints().size() == 2, ErrorKind::Runtime,
              "linalg.norm: If dim is specified, it must be of length 1 or 2. Got ", list_text(dim.ints()));
      else if (!order.is_none())
        check(a.dim() == 1 || a.dim() == 2, ErrorKind::Runtime,
              "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ", a.dim(), "D.");
      if (!order.is_none() && ((!dim.is_none() && dim.ints().size() == 2) || (dim.is_none() && a.dim() == 2)))
        return matrix_norm("linalg.norm", a, order.number(), dim.is_none() ? Dims{0, 1} : dim.ints(), keepdim, dtype);
      return call<"linalg_vector_norm">(a, order.is_none() ? 2.0 : order.number(), dim, keepdim, dtype);
    },
};
OP(linalg_norm_str){
    .signature =
        "linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> "
        "Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, std::string_view order, const Value& dim, bool keepdim, Type dtype) -> Tensor {
      if (dim.is_none())
        check(a.dim() == 2, ErrorKind::Runtime,
              "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ", a.dim(), "D.");
      return matrix_norm("linalg.norm", a, order, dim.is_none() ? Dims{0, 1} : dim.ints(), keepdim, dtype);
    },
};
OP(frobenius_norm){
    .signature = "frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Root of the sum of squares over one or two dimensions.",
    .composite = [](const Tensor& a, IntSpan dim, bool keepdim) -> Tensor {
      check(dim.size() <= 2, ErrorKind::Runtime, "frobenius_norm: Expected at most 2 dimensions, but got ", dim.size(),
            " dimensions instead.");
      return vector_norm(a, 2, dim, keepdim, {});
    },
};
OP(nuclear_norm){
    .signature = "nuclear_norm(Tensor self, bool keepdim=False) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Sum of the singular values of a matrix.",
    .composite = [](const Tensor& a, bool keepdim) -> Tensor {
      check(a.dim() == 2, ErrorKind::Runtime,
            "nuclear_norm: Expected a tensor with 2 dimensions, but got a tensor with ", a.dim(),
            " dimensions instead.");
      return matrix_norm("nuclear_norm", a, "nuc", Dims{0, 1}, keepdim, {});
    },
};
OP(nuclear_norm_dim){
    .signature = "nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .composite = [](const Tensor& a, IntSpan dim, bool keepdim) -> Tensor {
      return matrix_norm("nuclear_norm", a, "nuc", dim, keepdim, {});
    },
};

// --- condition numbers
// -------------------------------------------------------------------------------------------------
static Tensor condition(const Tensor& a, const Value& p) {
  check_matrix("linalg.cond", a);
  bool text = p.tag() == Tag::Text;
  double order = p.is_none() ? 2.0 : text ? 0.0 : p.number();
  if (!text && std::abs(order) == 2) {
    if (a.numel() == 0) return call<"zeros">(batch_of(a), to_real(a.dtype()), std::nullopt, a.device());
    Tensor s = call<"linalg_svdvals">(a);
    Tensor most = call<"select.int">(s, int64_t{-1}, int64_t{0}),
           least = call<"select.int">(s, int64_t{-1}, s.size(-1) - 1);
    return order > 0 ? over(most, least) : over(least, most);
  }
  check(text ? p.text() == "fro" || p.text() == "nuc" : std::abs(order) == 1 || std::abs(order) == kInfinite,
        ErrorKind::Runtime, "linalg.cond: got an invalid norm type: ", describe(p));
  check_square("linalg.cond", a);
  if (a.numel() == 0) return call<"zeros">(batch_of(a), to_real(a.dtype()), std::nullopt, a.device());
  auto r = call_all<"linalg_inv_ex">(a, false);
  auto norm = [&](const Tensor& t) {
    return text ? matrix_norm("linalg.cond", t, p.text(), Dims{-2, -1}, false, {})
                : matrix_norm("linalg.cond", t, order, Dims{-2, -1}, false, {});
  };
  Tensor value = times(norm(a), norm(r[0].tensor()));
  return call<"where.self">(call<"ne.Tensor">(r[1].tensor(), int64_t{0}), call<"full_like">(value, kInfinite), value);
}
OP(linalg_cond){
    .signature = "linalg_cond(Tensor self, Scalar? p=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Condition number |A| |A^-1| in the norm ``p`` (2 by default, by singular values); infinite for singular "
        "matrices.",
    .composite = [](const Tensor& a, const Value& p) -> Tensor { return condition(a, p); },
    .autocast = Autocast::high,
};
OP(linalg_cond_str){
    .signature = "linalg_cond.p_str(Tensor self, str p) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, const Value& p) -> Tensor { return condition(a, p); },
    .autocast = Autocast::high,
};

// --- exponential
// ------------------------------------------------------------------------------------------------------- Scaling and
// squaring with the Padé approximant of degree 13 (N. Higham, "The scaling and squaring method for the matrix
// exponential revisited", 2005). Each matrix is scaled by its own power of two.
static Tensor exponential(const Tensor& a) {
  static constexpr double b[] = {64764752532480000.,
                                 32382376266240000.,
                                 7771770303897600.,
                                 1187353796428800.,
                                 129060195264000.,
                                 10559470521600.,
                                 670442572800.,
                                 33522128640.,
                                 1323241920.,
                                 40840800.,
                                 960960.,
                                 16380.,
                                 182.,
                                 1.};
  constexpr double kReach = 5.371920351148152;
  int64_t n = a.size(-1), count = count_of(batch_of(a));
  Tensor norms = cast(as_contiguous(matrix_norm("linalg.matrix_exp", a, 1.0, Dims{-2, -1}, false, {})), DType::float64);
  Tensor factors = empty(batch_of(a), DType::float64);
  std::vector<int> squarings(count);
  int most = 0;
  for (int64_t i = 0; i < count; ++i) {
    double size = norms.data<double>()[i];
    squarings[i] = size > kReach && std::isfinite(size) ? static_cast<int>(std::ceil(std::log2(size / kReach))) : 0;
    factors.data<double>()[i] = std::ldexp(1.0, -squarings[i]);
    most = std::max(most, squarings[i]);
  }
  Tensor x = times(a, cast(column(column(factors)), to_real(a.dtype())));
  Tensor eye = identity(a, n), x2 = product(x, x), x4 = product(x2, x2), x6 = product(x4, x2);
  auto mix = [&](int first) {  // b[first] I + b[first + 2] x2 + b[first + 4] x4 + b[first + 6] x6 + x6 (…)
    Tensor high = plus(plus(times(x6, b[first + 12]), times(x4, b[first + 10])), times(x2, b[first + 8]));
    Tensor low = plus(plus(times(x6, b[first + 6]), times(x4, b[first + 4])),
                      plus(times(x2, b[first + 2]), times(eye, b[first])));
    return plus(product(x6, high), low);
  };
  Tensor v = mix(0), u = product(x, mix(1));
  Tensor result = call<"linalg_solve">(minus(v, u), plus(v, u));
  for (int s = 0; s < most; ++s) {
    Tensor squared = product(result, result);
    if (std::ranges::all_of(squarings, [&](int k) { return k > s; })) {
      result = squared;
      continue;
    }
    Tensor going = empty(batch_of(a), DType::bool_);
    for (int64_t i = 0; i < count; ++i) going.data<bool>()[i] = squarings[i] > s;
    result = call<"where.self">(column(column(going)), squared, result);
  }
  return result;
}
OP(linalg_matrix_exp){
    .signature = "linalg_matrix_exp(Tensor self) -> Tensor",
    .python = linalg,
    .doc = "Exponential of square matrices, by scaling and squaring (Higham 2005).",
    .shape = [](const Tensor& a) -> ResultSpec {
      check_square("linalg.matrix_exp", a);
      check_numbers("linalg.matrix_exp", a);
      return {Dims(a.sizes()), a.dtype()};
    },
    .cpu =
        [](const Tensor& a, const Tensor& out) {
          if (out.numel() == 0) return;
          bool low = a.itemsize() < (a.is_complex() ? 8u : 4u);
          Tensor wide = low ? cast(a, a.is_complex() ? DType::complex64 : DType::float32) : a;
          copy_elements(out, exponential(wide));
        },
    .saves = {"self"},
    .gradient =
        [](Grad& g) {
          // The exponential of [[A^H, G], [0, A^H]] holds the derivative in its upper right corner.
          Tensor a = adjoint(g.self()), grad = g.out();
          int64_t n = a.size(-1);
          Tensor block = joined_rows(joined_columns(a, grad), joined_columns(call<"zeros_like">(a), a));
          Tensor e = call<"linalg_matrix_exp">(block);
          return range(range(e, -2, 0, n), -1, n, 2 * n);
        },
};
OP(matrix_exp){
    .signature = "matrix_exp(Tensor self) -> Tensor",
    .doc = "Another name of :func:`linalg.matrix_exp`.",
    .composite = [](const Tensor& a) -> Tensor { return call<"linalg_matrix_exp">(a); },
};

// --- tensors as linear maps
// --------------------------------------------------------------------------------------------
OP(linalg_tensorinv){
    .signature = "linalg_tensorinv(Tensor self, int ind=2) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "The inverse of a tensor as a linear map from its last dimensions to its first ``ind``.",
    .composite = [](const Tensor& a, int64_t ind) -> Tensor {
      check(ind > 0, ErrorKind::Runtime, "linalg.tensorinv: Expected a strictly positive integer for 'ind', got ", ind);
      ind = std::min(ind, a.dim());
      Dims front(a.sizes().first(ind)), back(a.sizes().subspan(ind)), sizes = back;
      for (int64_t s : front) sizes.push_back(s);
      int64_t rows = count_of(front), columns = count_of(back);
      check(rows == columns, ErrorKind::Runtime,
            "linalg.tensorinv: Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            "prod(self.shape[:ind]), but got ",
            columns, " != ", rows);
      return call<"reshape">(call<"linalg_inv">(call<"reshape">(a, Dims{rows, columns})), sizes);
    },
};
OP(linalg_tensorsolve){
    .signature = "linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "X with tensordot(self, X, X.ndim) = other; ``dims`` are moved to the end of ``self`` first.",
    .composite = [](const Tensor& self, const Tensor& other, const Value& dims) -> Tensor {
      Tensor a = self;
      if (!dims.is_none()) {
        Dims order, moved;
        for (int64_t d : dims.ints()) moved.push_back(wrap_dim("linalg.tensorsolve", d, a.dim()));
        for (int64_t d = 0; d < a.dim(); ++d)
          if (std::ranges::find(moved, d) == moved.end()) order.push_back(d);
        for (int64_t d : moved) order.push_back(d);
        a = call<"permute">(a, order);
      }
      check(a.dim() >= other.dim(), ErrorKind::Runtime, "linalg.tensorsolve: self has ", a.dim(), " dimensions, other ",
            other.dim());
      Dims result(a.sizes().subspan(other.dim()));
      int64_t rows = other.numel(), columns = count_of(result);
      check(rows == columns, ErrorKind::Runtime,
            "linalg.tensorsolve: Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            "prod(self.shape[:other.ndim]), but got ",
            columns, " != ", rows);
      Tensor x = call<"linalg_solve">(call<"reshape">(a, Dims{rows, columns}), call<"reshape">(other, Dims{-1}));
      return call<"reshape">(x, result);
    },
};
OP(linalg_vander){
    .signature = "linalg_vander(Tensor x, *, SymInt? N=None) -> Tensor",
    .python = linalg,
    .variants = Variants::none,
    .doc = "Vandermonde matrix: powers 0 to N - 1 of the elements of x (..., n), as rows (..., n, N).",
    .composite = [](const Tensor& x, std::optional<int64_t> N) -> Tensor {
      check(x.dim() >= 1 || N, ErrorKind::Runtime,
            "linalg.vander: x must have at least 1 dimension, or N must be given");
      check(x.dtype() != DType::bool_, ErrorKind::Runtime,
            "linalg.vander: Expected a floating point, complex or integral tensor as input. Got bool");
      int64_t n = N ? *N : x.size(-1);
      check(n > 1, ErrorKind::Runtime, "linalg.vander: N must be greater than 1, got ", n);
      DType type = is_integral(x.dtype()) ? DType::int64 : x.dtype();
      Tensor points = x.dim() ? x : call<"unsqueeze">(x, int64_t{0});
      Tensor base = call<"expand">(column(points), joined(points.sizes(), {n - 1}));
      return joined_columns(call<"ones">(joined(points.sizes(), {1}), type, std::nullopt, x.device()),
                            call<"cumprod">(base, int64_t{-1}));
    },
};

}  // namespace flambeau
