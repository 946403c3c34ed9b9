// Least squares, pseudoinverse and rank. Gradient of the pseudoinverse: G. Golub and V. Pereyra, "The differentiation
// of pseudo-inverses and nonlinear least squares problems whose variables separate" (1973).
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

namespace {

double epsilon(DType t) {
  return to_real(t) == DType::float64 ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
}

// A number as a tensor of the real type of `like`.
Tensor number(double v, const Tensor& like) {
  return call<"full">(Dims{}, v, to_real(like.dtype()), std::nullopt, like.device());
}

//   -P^H G P^H + (I - A P) G^H P P^H + P^H P G^H (I - P A)
Tensor pinv_gradient(const Tensor& grad, const Tensor& P, const Tensor& A) {
  Tensor ph = adjoint(P), gh = adjoint(grad);
  Tensor x = product(product(gh, P), ph), y = product(ph, product(P, gh));
  Tensor first = minus(x, product(A, product(P, x)));
  Tensor second = minus(y, product(product(y, P), A));
  return minus(plus(first, second), product(product(ph, grad), ph));
}

// Values up to this size count as zero: max(atol, rtol * largest). Without rtol it is eps * max(m, n), or 0 where atol
// says more.
struct Tolerances {
  Tensor absolute, relative;
};
Tolerances tolerances(const Tensor& a, const std::optional<Tensor>& atol, const std::optional<Tensor>& rtol) {
  Tolerances t;
  t.absolute = atol && atol->defined() ? *atol : number(0, a);
  if (rtol && rtol->defined()) {
    t.relative = *rtol;
  } else {
    Tensor standard = number(epsilon(a.dtype()) * static_cast<double>(std::max(a.size(-1), a.size(-2))), a);
    t.relative = atol && atol->defined()
                     ? call<"where.self">(call<"gt.Tensor">(t.absolute, 0.0), call<"zeros_like">(standard), standard)
                     : standard;
  }
  return t;
}
Tolerances tolerances(const Tensor& a, std::optional<double> atol, std::optional<double> rtol) {
  double absolute = atol.value_or(0.0),
         standard = epsilon(a.dtype()) * static_cast<double>(std::max(a.size(-1), a.size(-2)));
  return {number(absolute, a), number(rtol.value_or(absolute > 0 ? 0.0 : standard), a)};
}
Tensor cutoff(const Tensor& largest, const Tolerances& t) {  // largest: (..., 1)
  return call<"maximum">(column(t.absolute), times(column(t.relative), largest));
}

void check_pinv(const char* op, const Tensor& a) {
  check((a.is_floating() || a.is_complex()) && a.dim() >= 2, ErrorKind::Runtime, op,
        ": expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble types, got ", describe(a));
}

}  // namespace

OP(_pinv){
    .signature = "_pinv(Tensor self, Tensor atol, Tensor rtol, bool hermitian) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The pseudoinverse for given tolerances.",
    .shape = [](const Tensor& a, const Tensor& atol, const Tensor& rtol, bool) -> ResultSpec {
      const Dims batch = batch_of(a);
      for (const Tensor* t : {&atol, &rtol}) {
        const auto lead = static_cast<int64_t>(batch.size()) - t->dim();
        bool fits = lead >= 0;
        for (int64_t d = 0; fits && d < t->dim(); ++d) fits = t->size(d) == 1 || t->size(d) == batch[lead + d];
        check(fits, ErrorKind::Runtime, "linalg.pinv: a tolerance of shape ", list_text(t->sizes()),
              " does not expand to the batch ", list_text(batch), " of the input");
      }
      return {joined(batch_of(a), {a.size(-1), a.size(-2)}), a.dtype()};
    },
    .cpu =
        [](const Tensor& a, const Tensor& atol, const Tensor& rtol, bool hermitian, const Tensor& out) {
          if (out.numel() == 0) return;
          Tensor u, s, vh;
          if (hermitian) {
            auto r = call_all<"_linalg_eigh">(a, "L", true);
            s = r[0].tensor(), u = r[1].tensor(), vh = adjoint(u);
          } else {
            auto r = call_all<"_linalg_svd">(a, false, true);
            u = r[0].tensor(), s = r[1].tensor(), vh = r[2].tensor();
          }
          Tensor size = call<"abs">(s);
          Tensor limit = cutoff(call<"amax">(size, Dims{-1}, true), {atol, rtol});
          Tensor inverse =
              call<"where.self">(call<"gt.Tensor">(size, limit), call<"reciprocal">(s), call<"zeros_like">(s));
          assign(out, product(times(adjoint(vh), row(inverse)), adjoint(u)));
        },
    .saves = {"self", "result"},
    .gradient = [](Grad& g) { g.set("self", pinv_gradient(g.out(), g.result(), g.arg("self"))); },
};

OP(pinv_tensor){
    .signature =
        "linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> "
        "Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Moore-Penrose pseudoinverse of (..., m, n). Singular values up to max(atol, rtol * largest) count as 0; rtol "
        "is "
        "max(m, n) * eps where neither is given.",
    .composite = [](const Tensor& a, std::optional<Tensor> atol, std::optional<Tensor> rtol, bool hermitian) -> Tensor {
      check_pinv("linalg.pinv", a);
      Tolerances t = tolerances(a, atol, rtol);
      return call<"_pinv">(a, t.absolute, t.relative, hermitian);
    },
};
OP(pinv_float){
    .signature =
        "linalg_pinv.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) -> "
        "Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, std::optional<double> atol, std::optional<double> rtol, bool hermitian) -> Tensor {
      check_pinv("linalg.pinv", a);
      Tolerances t = tolerances(a, atol, rtol);
      return call<"_pinv">(a, t.absolute, t.relative, hermitian);
    },
};
OP(pinv_rcond){
    .signature = "linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, double rcond, bool hermitian) -> Tensor {
      check_pinv("linalg.pinv", a);
      return call<"_pinv">(a, number(0, a), number(rcond, a), hermitian);
    },
};
OP(pinv_rcond_tensor){
    .signature = "linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, const Tensor& rcond, bool hermitian) -> Tensor {
      check_pinv("linalg.pinv", a);
      return call<"_pinv">(a, number(0, a), rcond, hermitian);
    },
};
OP(pinverse){
    .signature = "pinverse(Tensor self, float rcond=1.0000000000000001e-15) -> Tensor",
    .doc = "The older form of :func:`linalg.pinv`.",
    .composite = [](const Tensor& a, double rcond) -> Tensor {
      check_pinv("pinverse", a);
      return call<"_pinv">(a, number(0, a), number(rcond, a), false);
    },
    .autocast = Autocast::high,
};

// --- rank
// --------------------------------------------------------------------------------------------------------------
static Tensor rank_of(const Tensor& a, const Tolerances& t, bool hermitian) {
  GradMode off(false);
  check_matrix("linalg.matrix_rank", a, "input");
  Tensor s = hermitian ? call<"abs">(call<"linalg_eigvalsh">(a)) : call<"linalg_svdvals">(a);
  if (s.size(-1) == 0) return call<"zeros">(batch_of(a), DType::int64, std::nullopt, a.device());
  Tensor limit = cutoff(call<"amax">(s, Dims{-1}, true), t);
  return call<"sum.dim_IntList">(call<"gt.Tensor">(s, limit), Dims{-1}, false, DType::int64);
}
OP(rank_tensor){
    .signature =
        "linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, Tensor? atol=None, Tensor? rtol=None, bool "
        "hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "How many singular values exceed max(atol, rtol * largest); rtol is max(m, n) * eps where neither is given.",
    .composite = [](const Tensor& a, std::optional<Tensor> atol, std::optional<Tensor> rtol, bool hermitian) -> Tensor {
      check_matrix("linalg.matrix_rank", a, "input");
      return rank_of(a, tolerances(a, atol, rtol), hermitian);
    },
    .autocast = Autocast::high,
};
OP(rank_float){
    .signature =
        "linalg_matrix_rank.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) "
        "-> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, std::optional<double> atol, std::optional<double> rtol, bool hermitian) -> Tensor {
      check_matrix("linalg.matrix_rank", a, "input");
      return rank_of(a, tolerances(a, atol, rtol), hermitian);
    },
    .autocast = Autocast::high,
};
OP(rank_tol){
    .signature = "linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, double tol, bool hermitian) -> Tensor {
      check_matrix("linalg.matrix_rank", a, "input");
      return rank_of(a, {number(tol, a), number(0, a)}, hermitian);
    },
    .autocast = Autocast::high,
};
OP(rank_tol_tensor){
    .signature = "linalg_matrix_rank.tol_tensor(Tensor input, Tensor tol, bool hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .composite = [](const Tensor& a, const Tensor& tol, bool hermitian) -> Tensor {
      check_matrix("linalg.matrix_rank", a, "input");
      return rank_of(a, {tol, number(0, a)}, hermitian);
    },
    .autocast = Autocast::high,
};

// --- least squares
// -----------------------------------------------------------------------------------------------------
OP(linalg_lstsq){
    .signature =
        "linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor "
        "residuals, Tensor rank, Tensor singular_values)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "X that minimizes |A X - B|. Drivers: 'gelsy' (default), 'gels' (full rank), 'gelsd', 'gelss'. Residuals, rank "
        "and singular "
        "values are empty where the driver does not find them.",
    .cpu = [](const Tensor& a, const Tensor& b, std::optional<double> rcond,
              std::optional<std::string_view> text) -> std::tuple<Tensor, Tensor, Tensor, Tensor> {
      check_matrix("linalg.lstsq", a, "input");
      check(b.dim() >= 1, ErrorKind::Runtime, "linalg.lstsq: other must have at least 1 dimension.");
      check_precision("linalg.lstsq", a);
      check(a.dtype() == b.dtype(), ErrorKind::Runtime,
            "linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype ", name(a.dtype()),
            " and other's dtype ", name(b.dtype()));
      std::string driver(text.value_or("gelsy"));
      check(driver == "gels" || driver == "gelsy" || driver == "gelsd" || driver == "gelss", ErrorKind::Runtime,
            "linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got '", driver, "'");
      bool vector = is_vector_for(a, b);
      int64_t m = a.size(-2), n = a.size(-1), columns = vector ? 1 : b.size(-1);
      check(b.size(vector ? -1 : -2) == m, ErrorKind::Runtime, "linalg.lstsq: input.size(-2) should match other.size(",
            vector ? -1 : -2, "), got ", list_text(a.sizes()), " and ", list_text(b.sizes()));
      Dims batch = broadcast_sizes("linalg.lstsq", batch_of(a), batch_of(b, vector ? 1 : 2));
      int64_t count = count_of(batch), rows = std::max(m, n), k = std::min(m, n);
      bool ranked = driver != "gels", valued = driver == "gelsd" || driver == "gelss";
      double cut = rcond.value_or(epsilon(a.dtype()) * static_cast<double>(rows));
      Tensor matrices = columns_broadcast(a, joined(batch, {m, n}));
      Dims padded = joined(batch, {rows, columns});
      Tensor work = empty_strided(padded, column_major(padded), a.dtype());
      fill_elements(work, Scalar(int64_t{0}));
      copy_elements(alias(work, work.layout().sliced(work.dim() - 2, 0, m, 1)),
                    vector ? alias(b, b.layout().unsqueezed(b.dim())) : b);
      Tensor rank = empty(ranked ? batch : Dims{0}, DType::int64),
             values = empty(valued ? joined(batch, {k}) : Dims{0}, to_real(a.dtype()));
      std::vector<int> info(count), ranks(count);
      if (k > 0 && columns > 0) {
        with_type("linalg.lstsq", a.dtype(), [&]<class T>() {
          T *x = matrices.data<T>(), *y = work.data<T>();
          int im = static_cast<int>(m), in = static_cast<int>(n), ic = static_cast<int>(columns),
              ldb = static_cast<int>(rows);
          auto limit = static_cast<Real<T>>(cut);
          for_each_matrix(count, 4.0 * m * n * k, [&](int64_t i) {
            T *A = x + i * m * n, *B = y + i * rows * columns;
            std::vector<int> pivots(n, 0);
            std::vector<Real<T>> own(k);
            Real<T>* s = valued ? values.data<Real<T>>() + i * k : own.data();
            if (driver == "gels")
              info[i] = libraries::gels<T>('N', im, in, ic, A, im, B, ldb);
            else if (driver == "gelsy")
              info[i] = libraries::gelsy<T>(im, in, ic, A, im, B, ldb, pivots.data(), limit, &ranks[i]);
            else if (driver == "gelsd")
              info[i] = libraries::gelsd<T>(im, in, ic, A, im, B, ldb, s, limit, &ranks[i]);
            else
              info[i] = libraries::gelss<T>(im, in, ic, A, im, B, ldb, s, limit, &ranks[i]);
          });
        });
      }
      bool full = true;
      for (int64_t i = 0; i < count; ++i) {
        check(info[i] == 0, ErrorKind::LinAlg,
              "linalg.lstsq: ", batch.empty() ? "" : "(Batch element " + std::to_string(i) + "): ",
              "The least squares solution could not be computed because the input matrix does not have full rank "
              "(error code: ",
              info[i], ").");
        if (ranked) rank.data<int64_t>()[i] = ranks[i], full &= ranks[i] == n;
      }
      Tensor solution = alias(work, work.layout().sliced(work.dim() - 2, 0, n, 1));
      Tensor residuals = empty(Dims{0}, to_real(a.dtype()));
      if (m > n && driver != "gelsy" && full) {
        Tensor rest = alias(work, work.layout().sliced(work.dim() - 2, n, m - n, 1));
        residuals = call<"sum.dim_IntList">(call<"square">(call<"abs">(rest)), Dims{-2}, false);
        if (vector && residuals.size(-1) == 1)
          residuals = as_contiguous(alias(residuals, residuals.layout().selected(residuals.dim() - 1, 0)));
      }
      Tensor result = empty(solution.sizes(), a.dtype());
      copy_elements(result, solution);
      if (vector) result = alias(result, result.layout().squeezed(result.dim() - 1));
      return {result, residuals, rank, values};
    },
    .saves = {"self", "b", "result"},
    .gradient =
        [](Grad& g) {
          Tensor a = g.arg("self"), b = g.arg("b"), x = g.result(0);
          bool vector = is_vector_for(a, b);
          if (vector) b = column(b), x = column(x);
          Tensor gA, gB;
          auto add = [](Tensor& sum, const Tensor& t) { sum = sum ? plus(sum, t) : t; };
          if (g.has_out(0)) {
            Tensor gX = vector ? column(g.out(0)) : g.out(0), p = call<"linalg_pinv.atol_rtol_float">(a);
            if (g.wants("self")) add(gA, pinv_gradient(product(gX, adjoint(b)), p, a));
            if (g.wants("b")) add(gB, product(adjoint(p), gX));
          }
          if (g.has_out(1) && g.out(1).numel()) {  // at the minimum only A X - B itself changes the residual
            Tensor gR = vector ? column(column(g.out(1))) : row(g.out(1));
            Tensor r = times(times(minus(product(a, x), b), gR), 2.0);
            if (g.wants("self")) add(gA, product(r, adjoint(x)));
            if (g.wants("b")) add(gB, negated(r));
          }
          if (gA) g.set("self", gA);
          if (gB) g.set("b", vector ? call<"squeeze.dim">(gB, int64_t{-1}) : gB);
        },
    .autocast = Autocast::high,
};

// --- symmetric indefinite matrices
// -------------------------------------------------------------------------------------
OP(linalg_ldl_factor_ex){
    .signature =
        "linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False) -> (Tensor LD, Tensor "
        "pivots, Tensor info)",
    .python = linalg,
    .doc = "Bunch-Kaufman factors of symmetric (``hermitian``: Hermitian) matrices in LAPACK's packed form.",
    .shape = [](const Tensor& a, bool, bool) -> ResultSpecs {
      check_square("linalg.ldl_factor_ex", a);
      check_numbers("linalg.ldl_factor_ex", a);
      return {{Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {Dims(a.sizes().first(a.dim() - 1)), DType::int32},
              {Dims(batch_of(a)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, bool hermitian, bool check_errors, const Tensor& out, const Tensor& pivots,
           const Tensor& info) {
          Tensor work = columns_like(out);
          assign(work, a);
          with_type("linalg.ldl_factor_ex", a.dtype(), [&]<class T>() {
            Stack<T> s(work);
            int64_t n = s.rows;
            for_each_matrix(info.numel(), n * n * n / 3.0, [&](int64_t i) {
              for (int64_t c = 1; c < n; ++c) std::fill_n(s[i] + c * n, c, T(0));
              int* p = pivots.data<int32_t>() + i * n;
              info.data<int32_t>()[i] = n == 0      ? 0
                                        : hermitian ? libraries::hetrf<T>('L', static_cast<int>(n), s[i], s.lda(), p)
                                                    : libraries::sytrf<T>('L', static_cast<int>(n), s[i], s.lda(), p);
            });
          });
          finish(out, work);
          if (check_errors)
            check_info("linalg.ldl_factor_ex", info, "The factor D has a zero at position {}; the matrix is singular.");
        },
    .not_differentiable = "the packed factors have no gradient",
};
OP(linalg_ldl_factor){
    .signature = "linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)",
    .python = linalg,
    .variants = Variants::out,
    .doc = "As :func:`linalg.ldl_factor_ex`, but raises LinAlgError for a singular matrix.",
    .composite = [](const Tensor& a, bool hermitian) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"linalg_ldl_factor_ex">(a, hermitian, false);
      check_info("linalg.ldl_factor", r[2].tensor(), "The factor D has a zero at position {}; the matrix is singular.");
      return {r[0].tensor(), r[1].tensor()};
    },
};
// LAPACK reads and exchanges the rows that the pivots name: a positive one a row, two negative ones after each other
// the rows of a block of two.
static void check_pivots(const int32_t* pivots, int64_t n) {
  for (int64_t i = 0, block = 1; i < n; i += block) {
    block = pivots[i] < 0 ? 2 : 1;
    for (int64_t j = i; j < i + block; ++j) {
      check(j < n && (pivots[j] < 0) == (block == 2), ErrorKind::Runtime, "linalg.ldl_solve: pivots[", i, "] is ",
            pivots[i], ", but a negative one, of a block of two, stands before another negative one");
      int64_t row = std::abs(int64_t{pivots[j]});
      check(row >= 1 && row <= n, ErrorKind::Runtime, "linalg.ldl_solve: pivots[", j, "] is ", pivots[j],
            ", but rows are counted from 1 to ", n);
    }
  }
}
OP(linalg_ldl_solve){
    .signature = "linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Solves A X = B from the factors of :func:`linalg.ldl_factor`.",
    .shape = [](const Tensor& a, const Tensor& pivots, const Tensor& b, bool) -> ResultSpec {
      check_square("linalg.ldl_solve", a, "LD");
      check_matrix("linalg.ldl_solve", b, "B");
      check(b.dtype() == a.dtype(), ErrorKind::Runtime, "linalg.ldl_solve: LD dtype ", name(a.dtype()),
            " does not match b dtype ", name(b.dtype()));
      check(is_integral(pivots.dtype()) && pivots.dim() == a.dim() - 1, ErrorKind::Runtime,
            "linalg.ldl_solve: Expected pivots to be integers of LD's sizes, got ", describe(pivots));
      check(b.size(-2) == a.size(-1), ErrorKind::Runtime, "linalg.ldl_solve: Incompatible sizes ", list_text(a.sizes()),
            " and ", list_text(b.sizes()));
      Dims sizes = joined(broadcast_sizes("linalg.ldl_solve", batch_of(a), batch_of(b)), {b.size(-2), b.size(-1)});
      return {sizes, b.dtype(), column_major(sizes)};
    },
    .cpu =
        [](const Tensor& a, const Tensor& pivots, const Tensor& b, bool hermitian, const Tensor& out) {
          Dims batch(batch_of(out));
          int64_t n = a.size(-1), columns = out.size(-1);
          Tensor factors = columns_broadcast(a, joined(batch, {n, n})), p = empty(joined(batch, {n}), DType::int32),
                 work = columns_like(out);
          copy_elements(p, pivots);
          copy_elements(work, b);
          if (n && columns) {
            with_type("linalg.ldl_solve", a.dtype(), [&]<class T>() {
              Stack<T> f(factors), x(work);
              for_each_matrix(count_of(batch), 2.0 * n * n * columns, [&](int64_t i) {
                int* q = p.data<int32_t>() + i * n;
                check_pivots(q, n);
                if (hermitian)
                  libraries::hetrs<T>('L', static_cast<int>(n), static_cast<int>(columns), f[i], f.lda(), q, x[i],
                                      x.lda());
                else
                  libraries::sytrs<T>('L', static_cast<int>(n), static_cast<int>(columns), f[i], f.lda(), q, x[i],
                                      x.lda());
              });
            });
          }
          finish(out, work);
        },
    .not_differentiable = "the packed factors have no gradient; use linalg.solve",
};

}  // namespace flambeau
