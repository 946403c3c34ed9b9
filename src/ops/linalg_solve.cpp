// Linear systems: solve, inverse, determinants and triangular systems. Gradients: M. Giles, "An extended collection of
// matrix derivative results for forward and reverse mode algorithmic differentiation" (2008).
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

namespace {

constexpr const char* kSingular = "The solver failed because the input matrix is singular.";
constexpr const char* kNoInverse =
    "The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular.";

// A and B of one batch, and whether B was a batch of vectors.
struct System {
  Dims batch;
  bool vector;
  int64_t rows, columns;  // of B as a matrix
};
System system_of(const char* op, const Tensor& a, const Tensor& b, bool left) {
  check_square_numbers(op, a);
  check_same_dtype(op, a, b);
  System s;
  s.vector = is_vector_for(a, b);
  check(left || !s.vector, ErrorKind::Runtime, op,
        ": Vector broadcasting of the left hand side is not supported for left=False. In this case linalg.solve is "
        "equivalent to B / A.squeeze(-1)");
  check(b.dim() >= 1, ErrorKind::Runtime, op, ": B must have at least 1 dimension");
  s.rows = s.vector ? b.size(-1) : b.size(-2);
  s.columns = s.vector ? 1 : b.size(-1);
  check((left ? s.rows : s.columns) == a.size(-1), ErrorKind::Runtime, op,
        ": Incompatible shapes of A and B for the equation ", left ? "AX = B" : "XA = B", " (", a.size(-2), "x",
        a.size(-1), " and ", s.rows, "x", s.columns, ")");
  s.batch = broadcast_sizes(op, batch_of(a), batch_of(b, s.vector ? 1 : 2));
  return s;
}

// The row exchanges of an LU factorization, applied to B.
template <class T>
void exchange_rows(T* b, int64_t ldb, int64_t columns, const int32_t* pivots, int64_t n) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < n; ++r) std::swap(b[c * ldb + r], b[c * ldb + pivots[r] - 1]);
}

// Small systems: Gaussian elimination with partial pivoting, without the cost of a library call.
template <class T>
int small_lu(int64_t n, T* a, int32_t* pivots) {
  int info = 0;
  for (int64_t j = 0; j < n; ++j) {
    int64_t best = j;
    auto size = [](T v) {
      if constexpr (std::is_same_v<T, Real<T>>)
        return std::abs(v);
      else
        return std::abs(v.real()) + std::abs(v.imag());
    };
    Real<T> most = size(a[j * n + j]);
    for (int64_t r = j + 1; r < n; ++r)
      if (size(a[j * n + r]) > most) most = size(a[j * n + r]), best = r;
    pivots[j] = static_cast<int32_t>(best + 1);
    if (a[j * n + best] == T(0)) {
      if (info == 0) info = static_cast<int>(j + 1);
      continue;
    }
    if (best != j)
      for (int64_t c = 0; c < n; ++c) std::swap(a[c * n + j], a[c * n + best]);
    T inverse = T(1) / a[j * n + j];
    for (int64_t r = j + 1; r < n; ++r) a[j * n + r] *= inverse;
    for (int64_t c = j + 1; c < n; ++c) {
      T factor = a[c * n + j];
      for (int64_t r = j + 1; r < n; ++r) a[c * n + r] -= a[j * n + r] * factor;
    }
  }
  return info;
}
template <class T>
void small_solve(int64_t n, const T* a, const int32_t* pivots, T* b) {
  for (int64_t r = 0; r < n; ++r) std::swap(b[r], b[pivots[r] - 1]);
  for (int64_t c = 0; c < n; ++c)
    for (int64_t r = c + 1; r < n; ++r) b[r] -= a[c * n + r] * b[c];
  for (int64_t c = n; c-- > 0;) {
    b[c] /= a[c * n + c];
    for (int64_t r = 0; r < c; ++r) b[r] -= a[c * n + r] * b[c];
  }
}

template <class T>
int factor(int64_t n, T* a, int32_t* pivots) {
  return n <= 12 ? small_lu(n, a, pivots) : lu_factor<T>(n, n, a, n, pivots);
}
template <class T>
void solve_factored(int64_t n, int64_t columns, const T* a, const int32_t* pivots, T* b) {
  if (n <= 12) {
    for (int64_t c = 0; c < columns; ++c) small_solve(n, a, pivots, b + c * n);
    return;
  }
  exchange_rows(b, n, columns, pivots, n);
  triangular_solve<T>(false, 'N', true, n, columns, a, n, b, n);
  triangular_solve<T>(true, 'N', false, n, columns, a, n, b, n);
}

}  // namespace

OP(_linalg_solve_ex){
    .signature =
        "_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor "
        "LU, Tensor pivots, Tensor info)",
    .python = hidden,
    .doc = "The solution of A X = B together with the factors of A.",
    .shape = [](const Tensor& a, const Tensor& b, bool left, bool) -> ResultSpecs {
      System s = system_of("linalg.solve", a, b, left);
      Dims sizes = s.vector ? joined(s.batch, {s.rows}) : joined(s.batch, {s.rows, s.columns});
      std::optional<Dims> strides;
      if (!s.vector && left) strides = column_major(sizes);
      return {{sizes, a.dtype(), strides},
              {Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {Dims(a.sizes().first(a.dim() - 1)), DType::int32},
              {Dims(batch_of(a)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, const Tensor& b, bool left, bool check_errors, const Tensor& out, const Tensor& lu,
           const Tensor& pivots, const Tensor& info) {
          System s = system_of("linalg.solve", a, b, left);
          // X A = B is A^T X^T = B^T, and the transpose of a row-major matrix is column-major.
          Tensor factors = columns_like(lu);
          assign(factors, a);
          Dims full = joined(s.batch, {s.rows, s.columns});
          Tensor right = s.vector ? alias(b, b.layout().unsqueezed(b.dim())) : b;
          Tensor work = left ? columns_broadcast(right, full) : empty(full, a.dtype());
          if (!left) copy_elements(work, right);
          int64_t n = a.size(-1), count = count_of(s.batch), matrices = count_of(batch_of(a));
          // Which A belongs to a B: one for all, one each, or by broadcasting.
          std::vector<int64_t> owner;
          if (matrices != count && matrices > 1) {
            Tensor numbers = empty(batch_of(a), DType::int64), spread = empty(s.batch, DType::int64);
            for (int64_t i = 0; i < matrices; ++i) numbers.data<int64_t>()[i] = i;
            copy_elements(spread, numbers);
            owner.assign(spread.data<int64_t>(), spread.data<int64_t>() + count);
          }
          with_type("linalg.solve", a.dtype(), [&]<class T>() {
            T* f = factors.data<T>();
            T* x = work.data<T>();
            int32_t *p = pivots.data<int32_t>(), *codes = info.data<int32_t>();
            int64_t columns = left ? s.columns : s.rows;
            auto solve_one = [&](int64_t i, int64_t m) {
              if (codes[m] || n == 0 || columns == 0) return;
              if (left) return solve_factored(n, columns, f + m * n * n, p + m * n, x + i * n * columns);
              // A^T = U^T L^T P^T
              T* b_i = x + i * n * columns;
              triangular_solve<T>(true, 'T', false, n, columns, f + m * n * n, n, b_i, n);
              triangular_solve<T>(false, 'T', true, n, columns, f + m * n * n, n, b_i, n);
              for (int64_t c = 0; c < columns; ++c)
                for (int64_t r = n; r-- > 0;) std::swap(b_i[c * n + r], b_i[c * n + p[m * n + r] - 1]);
            };
            bool together = matrices == count;
            for_each_matrix(matrices, 0.7 * n * n * n + (together ? 2.0 * n * n * columns : 0.0), [&](int64_t m) {
              codes[m] = n ? factor<T>(n, f + m * n * n, p + m * n) : 0;
              if (together) solve_one(m, m);
            });
            if (!together)
              for_each_matrix(count, 2.0 * n * n * columns,
                              [&](int64_t i) { solve_one(i, owner.empty() ? 0 : owner[i]); });
          });
          if (s.vector) work = alias(work, work.layout().selected(work.dim() - 1, 0));
          finish(out, work);
          finish(lu, factors);
          if (check_errors) check_info("linalg.solve_ex", info, kSingular);
        },
    .saves = {"A", "result", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          check(!g.has_out(1), ErrorKind::Runtime, "linalg.solve: the factors are not differentiable; use linalg.lu");
          Tensor X = g.result(0), gX = g.out(0), LU = g.result(1), pivots = g.result(2);
          bool left = g.flag("left"), vector = X.dim() < LU.dim();
          if (vector) gX = column(gX), X = column(X);
          // Through A itself when the gradient will be differentiated in turn.
          Tensor gB = g.tracked() ? call<"linalg_solve">(adjoint(g.arg("A")), gX, left)
                                           : call<"linalg_lu_solve">(LU, pivots, gX, left, true);
          if (g.wants("A")) g.set("A", negated(left ? product(gB, adjoint(X)) : product(adjoint(X), gB)));
          if (g.wants("B")) g.set("B", vector ? call<"squeeze.dim">(gB, int64_t{-1}) : gB);
        },
};
OP(linalg_solve_ex){
    .signature =
        "linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor "
        "info)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "The solution X of A X = B (``left=False``: X A = B), and per matrix 0 or the position of the first zero "
        "pivot.",
    .composite = [](const Tensor& a, const Tensor& b, bool left, bool check_errors) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"_linalg_solve_ex">(a, b, left, check_errors);
      return {r[0].tensor(), r[3].tensor()};
    },
};
OP(linalg_solve){
    .signature = "linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "The solution X of A X = B (``left=False``: X A = B) for square A (..., n, n) and B (..., n, k) or (..., n). "
        "Raises "
        "LinAlgError for a singular matrix.",
    .composite = [](const Tensor& a, const Tensor& b, bool left) -> Tensor {
      auto r = call_all<"_linalg_solve_ex">(a, b, left, false);
      check_info("linalg.solve", r[3].tensor(), kSingular);
      return r[0].tensor();
    },
    .autocast = Autocast::high,
};

OP(linalg_inv_ex){
    .signature = "linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)",
    .python = linalg,
    .doc = "The inverse of square matrices (..., n, n), and per matrix 0 or the position of the first zero pivot.",
    .shape = [](const Tensor& a, bool) -> ResultSpecs {
      check_square_numbers("linalg.inv", a);
      return {{Dims(a.sizes()), a.dtype(), column_major(a.sizes())}, {Dims(batch_of(a)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, bool check_errors, const Tensor& out, const Tensor& info) {
          Tensor factors = columns_copy(a), work = columns_like(out);
          with_type("linalg.inv", a.dtype(), [&]<class T>() {
            Stack<T> f(factors), x(work);
            int64_t n = f.rows;
            int32_t* codes = info.data<int32_t>();
            for_each_matrix(info.numel(), 2.0 * n * n * n, [&](int64_t i) {
              std::vector<int32_t> pivots(n);
              T* y = x[i];
              codes[i] = n ? factor<T>(n, f[i], pivots.data()) : 0;
              for (int64_t c = 0; c < n; ++c)
                for (int64_t r = 0; r < n; ++r) y[c * n + r] = T(r == c);
              if (codes[i] == 0) solve_factored(n, n, f[i], pivots.data(), y);
            });
          });
          finish(out, work);
          if (check_errors) check_info("linalg.inv_ex", info, kNoInverse);
        },
    .saves = {"result"},
    .gradient =
        [](Grad& g) {
          Tensor y = adjoint(g.result(0));
          g.set("A", negated(product(product(y, g.out(0)), y)));
        },
    .autocast = Autocast::high,
};
static Tensor inverse_checked(const char* op, const Tensor& a) {
  auto r = call_all<"linalg_inv_ex">(a, false);
  check_info(op, r[1].tensor(), kNoInverse);
  return r[0].tensor();
}
OP(linalg_inv){
    .signature = "linalg_inv(Tensor A) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "The inverse of square matrices (..., n, n). Raises LinAlgError for a singular matrix.",
    .composite = [](const Tensor& a) -> Tensor { return inverse_checked("linalg.inv", a); },
    .autocast = Autocast::high,
};
OP(inverse){
    .signature = "inverse(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "Another name of :func:`linalg.inv`.",
    .composite = [](const Tensor& a) -> Tensor { return inverse_checked("linalg.inv", a); },
    .autocast = Autocast::high,
};

// --- determinants
// ------------------------------------------------------------------------------------------------------ The product of
// U's diagonal and the sign of the exchanges.
template <class T>
static T signs_of(const int32_t* pivots, int64_t n) {
  bool odd = false;
  for (int64_t i = 0; i < n; ++i) odd ^= pivots[i] != i + 1;
  return odd ? T(-1) : T(1);
}
// conj(det) A^-H also where A is singular: from A = U S V^H it is det(U) det(V^H) conjugated, times U (prod of the
// other s) V^H.
static Tensor cofactors(const Tensor& a) {
  auto svd = call_all<"_linalg_svd">(a, true, true);
  Tensor u = svd[0].tensor(), s = svd[1].tensor(), vh = svd[2].tensor();
  int64_t n = a.size(-1);
  Tensor eye = call<"eye">(n, DType::bool_, std::nullopt, a.device());
  Tensor others = call<"where.self">(eye, call<"ones">(Dims{1}, s.dtype(), std::nullopt, s.device()), row(s));
  Tensor rest = call<"prod.dim_int">(others, int64_t{-1});
  Tensor phase = conjugated(times(call<"linalg_det">(u), call<"linalg_det">(vh)));
  // det = det(U) prod(s) det(V^H); its gradient is conj(det U det V^H) U diag(rest) V^H
  return times(column(column(phase)), product(times(u, row(rest)), vh));
}

OP(_linalg_det){
    .signature = "_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)",
    .python = torch,
    .doc = "Determinants together with the LU factors.",
    .shape = [](const Tensor& a) -> ResultSpecs {
      check_square("linalg.det", a);
      check_numbers("linalg.det", a);
      return {{Dims(batch_of(a)), a.dtype()},
              {Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {Dims(a.sizes().first(a.dim() - 1)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, const Tensor& out, const Tensor& lu, const Tensor& pivots) {
          Tensor work = columns_like(lu);
          assign(work, a);
          with_type("linalg.det", a.dtype(), [&]<class T>() {
            Stack<T> f(work);
            int64_t n = f.rows;
            for_each_matrix(out.numel(), 0.7 * n * n * n, [&](int64_t i) {
              int32_t* p = pivots.data<int32_t>() + i * n;
              if (n) factor<T>(n, f[i], p);
              T det = signs_of<T>(p, n);
              for (int64_t k = 0; k < n; ++k) det *= f[i][k * n + k];
              out.data<T>()[i] = det;
            });
          });
          finish(lu, work);
        },
    .saves = {"A", "result", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          check(!g.has_out(1), ErrorKind::Runtime, "linalg.det: the factors are not differentiable; use linalg.lu");
          Tensor a = g.arg("A"), det = g.result(0), scale = column(column(g.out(0)));
          bool singular = false;
          if (!a.is_meta() && a.numel()) {
            Tensor plain = cast(as_contiguous(det), DType::complex128);
            for (int64_t i = 0; i < plain.numel(); ++i) singular |= plain.data<std::complex<double>>()[i] == 0.0;
          }
          if (singular) return times(scale, cofactors(a));
          Tensor factor = times(scale, conjugated(column(column(det))));
          if (g.tracked()) return times(factor, adjoint(call<"linalg_inv">(a)));
          Tensor eye = call<"expand">(identity(a, a.size(-1)), a.sizes());
          return call<"linalg_lu_solve">(g.result(1), g.result(2), times(factor, eye), true, true);
        },
};
OP(linalg_det){
    .signature = "linalg_det(Tensor A) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Determinants of square matrices (..., n, n).",
    .composite = [](const Tensor& a) -> Tensor { return call_all<"_linalg_det">(a)[0].tensor(); },
};
OP(det){
    .signature = "det(Tensor self) -> Tensor",
    .doc = "Another name of :func:`linalg.det`.",
    .composite = [](const Tensor& a) -> Tensor { return call<"linalg_det">(a); },
};

OP(_linalg_slogdet){
    .signature = "_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)",
    .python = torch,
    .doc = "Sign and logarithm of the absolute value of determinants together with the LU factors.",
    .shape = [](const Tensor& a) -> ResultSpecs {
      check_square("linalg.slogdet", a);
      check_precision("linalg.slogdet", a);
      Dims batch(batch_of(a));
      return {{batch, a.dtype()},
              {batch, to_real(a.dtype())},
              {Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {Dims(a.sizes().first(a.dim() - 1)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, const Tensor& sign, const Tensor& logarithm, const Tensor& lu, const Tensor& pivots) {
          Tensor work = columns_like(lu);
          assign(work, a);
          with_type("linalg.slogdet", a.dtype(), [&]<class T>() {
            Stack<T> f(work);
            int64_t n = f.rows;
            for_each_matrix(sign.numel(), 0.7 * n * n * n, [&](int64_t i) {
              int32_t* p = pivots.data<int32_t>() + i * n;
              if (n) factor<T>(n, f[i], p);
              T s = signs_of<T>(p, n);
              Real<T> sum = 0;
              for (int64_t k = 0; k < n; ++k) {
                T u = f[i][k * n + k];
                Real<T> size = std::abs(u);
                s *= size == 0 ? T(0) : u / size;
                sum += std::log(size);
              }
              sign.data<T>()[i] = s;
              logarithm.data<Real<T>>()[i] = sum;
            });
          });
          finish(lu, work);
        },
    .saves = {"A", "result", "result2", "result3"},
    .gradient =
        [](Grad& g) {
          check(!g.has_out(2), ErrorKind::Runtime, "linalg.slogdet: the factors are not differentiable; use linalg.lu");
          Tensor a = g.arg("A"), sign = g.result(0);
          // d log|det| is Re tr(A^-1 dA), d sign is i sign Im tr(A^-1 dA)
          Tensor factor = g.out(1);
          if (a.is_complex()) {
            Tensor turn = call<"imag">(call<"resolve_conj">(times(conjugated(sign), g.out(0))));
            factor = call<"complex">(call<"contiguous">(factor), call<"contiguous">(turn));
          }
          factor = column(column(factor));
          if (g.tracked()) return times(factor, adjoint(call<"linalg_inv">(a)));
          Tensor eye = call<"expand">(identity(a, a.size(-1)), a.sizes());
          return call<"linalg_lu_solve">(g.result(2), g.result(3), times(factor, eye), true, true);
        },
};
OP(linalg_slogdet){
    .signature = "linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Sign (complex: a number of modulus 1) and logarithm of the absolute value of determinants; 0 and -inf for "
        "singular matrices.",
    .composite = [](const Tensor& a) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"_linalg_slogdet">(a);
      return {r[0].tensor(), r[1].tensor()};
    },
};
OP(slogdet){
    .signature = "slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)",
    .variants = Variants::out,
    .doc = "Another name of :func:`linalg.slogdet`.",
    .composite = [](const Tensor& a) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"_linalg_slogdet">(a);
      return {r[0].tensor(), r[1].tensor()};
    },
};
OP(logdet){
    .signature = "logdet(Tensor self) -> Tensor",
    .variants = Variants::none,
    .doc = "Logarithm of determinants: nan where one is negative, -inf where it is 0.",
    .composite = [](const Tensor& self) -> Tensor {
      check_square("logdet", self);
      check_numbers("logdet", self);
      auto r = call_all<"_linalg_slogdet">(self);
      Tensor sign = r[0].tensor(), size = r[1].tensor();
      if (self.is_complex()) return plus(call<"log">(sign), size);
      return call<"where.self">(call<"lt.Tensor">(sign, 0.0),
                                call<"full_like">(size, std::numeric_limits<double>::quiet_NaN()), size);
    },
};

// --- triangular systems
// ------------------------------------------------------------------------------------------------
static Dims triangular_batch(const char* op, const Tensor& a, const Tensor& b, bool left) {
  check_square(op, a);
  check_matrix(op, b, "B");
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op,
        ": Expected A and B to have the same dtype, but found A of type ", name(a.dtype()), " and B of type ",
        name(b.dtype()), " instead");
  check(a.size(-1) == b.size(left ? -2 : -1), ErrorKind::Runtime, op,
        ": Incompatible shapes of A and B for the equation ", left ? "AX = B" : "XA = B", " (", a.size(-2), "x",
        a.size(-1), " and ", b.size(-2), "x", b.size(-1), ")");
  return broadcast_sizes(op, batch_of(a), batch_of(b));
}

OP(linalg_solve_triangular){
    .signature =
        "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) -> "
        "Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Solves A X = B (``left=False``: X A = B) for triangular A, reading only that triangle; a zero on the diagonal "
        "gives infinities.",
    .shape = [](const Tensor& a, const Tensor& b, bool, bool left, bool) -> ResultSpec {
      Dims batch = triangular_batch("linalg.solve_triangular", a, b, left);
      Dims sizes = joined(batch, {b.size(-2), b.size(-1)});
      Dims strides = column_major(sizes);
      if (!left) return {sizes, b.dtype()};
      return {sizes, b.dtype(), strides};
    },
    .cpu =
        [](const Tensor& a, const Tensor& b, bool upper, bool left, bool unit, const Tensor& out) {
          int64_t n = a.size(-1), columns = left ? b.size(-1) : b.size(-2);
          if (out.numel() == 0) return;
          Dims batch(batch_of(out));
          // A row-major matrix is the transpose of a column-major one, in which the triangles change places.
          bool row_major = a.is_contiguous() && !is_column_major(a);
          bool shared = count_of(batch_of(a)) == 1;
          Dims full = joined(shared ? IntSpan() : IntSpan(batch), {n, n});
          Tensor matrix = a;
          if (shared || std::ranges::equal(batch_of(a), IntSpan(batch)))
            matrix = row_major ? a : columns_of(a);
          else
            matrix = columns_broadcast(a, full), row_major = false;
          // X A = B is A^T X^T = B^T, and the transpose of the row-major X is column-major.
          Tensor work = left ? columns_like(out) : (out.is_contiguous() ? out : empty(out.sizes(), out.dtype()));
          if (left && b.dim() == out.dim())
            assign(work, b);
          else
            copy_elements(work, b);
          bool flip = row_major != !left;
          with_type("linalg.solve_triangular", a.dtype(), [&]<class T>() {
            const T* m = matrix.data<T>();
            T* x = work.data<T>();
            for_each_matrix(count_of(batch), 1.0 * n * n * columns, [&](int64_t i) {
              triangular_solve<T>(upper != row_major, flip ? 'T' : 'N', unit, n, columns, m + (shared ? 0 : i * n * n),
                                  n, x + i * n * columns, n);
            });
          });
          if (!work.is(out)) copy_elements(out, work);
        },
    .saves = {"self", "result"},
    .gradient =
        [](Grad& g) {
          Tensor a = g.arg("self"), x = g.result();
          bool up = g.flag("upper"), left = g.flag("left"), unit = g.flag("unitriangular");
          Tensor gB = linear::solve_triangular(adjoint(a), g.out(), !up, left, unit);
          if (g.wants("B")) g.set("B", gB);
          if (!g.wants("self")) return;
          Tensor gA = negated(left ? product(gB, adjoint(x)) : product(adjoint(x), gB));
          g.set("self", up ? linear::upper(gA, unit) : linear::lower(gA, -int64_t{unit}));
        },
};
OP(triangular_solve){
    .signature =
        "triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) -> "
        "(Tensor solution, Tensor cloned_coefficient)",
    .variants = Variants::out,
    .doc = "The older form of :func:`linalg.solve_triangular`, with the right side first; also gives back A.",
    .composite = [](const Tensor& self, const Tensor& a, bool upper, bool transpose,
                    bool unit) -> std::tuple<Tensor, Tensor> {
      check_matrix("triangular_solve", self, "b");
      check_square("triangular_solve", a);
      Dims batch = broadcast_sizes("triangular_solve", batch_of(a), batch_of(self));
      Tensor matrix = transpose ? transposed(a) : a;
      Tensor x = linear::solve_triangular(matrix, self, upper != transpose, true, unit);
      return {x, call<"clone">(call<"expand">(a, joined(batch, {a.size(-2), a.size(-1)})))};
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
