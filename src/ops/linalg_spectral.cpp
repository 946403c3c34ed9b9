// Singular values and eigenvalues of symmetric (Hermitian) matrices. Gradients: J. Townsend, "Differentiating the
// singular value decomposition" (2016); complex: Z. Wan and S. Zhang, "Automatic differentiation for complex valued
// SVD" (2019); M. Giles (2008).
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

namespace {

// 1 / (l_j - l_i) off the diagonal, 0 on it.
Tensor gaps(const Tensor& l) {
  Tensor d = minus(row(l), column(l));
  Tensor eye = call<"eye">(l.size(-1), DType::bool_, std::nullopt, l.device());
  Tensor one = call<"ones">(Dims{1}, l.dtype(), std::nullopt, l.device());
  Tensor zero = call<"zeros">(Dims{1}, l.dtype(), std::nullopt, l.device());
  return call<"where.self">(eye, zero, over(one, call<"where.self">(eye, one, d)));
}
Tensor skew(const Tensor& t) { return minus(t, adjoint(t)); }

// The phase of a complex vector is free, so a loss that depends on it has no gradient.
void check_phase(const char* op, const Tensor& imaginary, const Tensor& scale_of) {
  if (imaginary.is_meta() || imaginary.numel() == 0) return;
  GradMode off(false);
  auto largest = [](const Tensor& t) {
    Tensor plain = cast(as_contiguous(t), DType::float64);
    double most = 0;
    for (int64_t i = 0, n = plain.numel(); i < n; ++i) most = std::max(most, std::abs(plain.data<double>()[i]));
    return most;
  };
  double size = std::max(1.0, largest(call<"abs">(scale_of)));
  check(largest(imaginary) <= 1e-2 * size, ErrorKind::Runtime, op,
        ": The vectors in the complex case are specified up to multiplication by e^{i phi}. The specified loss "
        "function depends on this quantity, so it is ill-defined.");
}
Tensor imaginary_part(const Tensor& t) { return call<"imag">(call<"resolve_conj">(t)); }
Tensor as_imaginary(const Tensor& t) { return call<"complex">(call<"zeros_like">(t), t); }

}  // namespace

OP(_linalg_svd){
    .signature =
        "_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None) -> (Tensor U, "
        "Tensor S, Tensor Vh)",
    .python = hidden,
    .doc = "The kernel of linalg.svd; without vectors U and Vh are empty.",
    .shape = [](const Tensor& a, bool full, bool vectors, std::optional<std::string_view> driver) -> ResultSpecs {
      check_matrix("linalg.svd", a);
      check_numbers("linalg.svd", a);
      check(!driver, ErrorKind::Runtime,
            "linalg.svd: keyword argument `driver=` is only supported on CUDA inputs, got '", driver.value_or(""), "'");
      int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
      IntSpan batch = batch_of(a);
      Dims u = vectors ? joined(batch, {m, full ? m : k}) : Dims{0},
           v = vectors ? joined(batch, {full ? n : k, n}) : Dims{0};
      return {
          {u, a.dtype(), column_major(u)}, {joined(batch, {k}), to_real(a.dtype())}, {v, a.dtype(), column_major(v)}};
    },
    .cpu =
        [](const Tensor& a, bool full, bool vectors, const Value&, const Tensor& u, const Tensor& s, const Tensor& vh) {
          int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n), count = count_of(batch_of(a));
          if (count == 0) return;
          if (k == 0) {
            if (vectors)
              for (const Tensor* t : {&u, &vh})
                if (t->numel()) copy_elements(*t, call<"eye">(t->size(-1), t->dtype(), std::nullopt, t->device()));
            return;
          }
          // A tall matrix of which only the values matter is as good as its transpose; the work runs in place on a
          // copy.
          Tensor work = columns_copy(a), work_u = vectors ? columns_like(u) : Tensor(),
                 work_v = vectors ? columns_like(vh) : Tensor();
          std::vector<int> info(count);
          with_type("linalg.svd", a.dtype(), [&]<class T>() {
            T* x = work.data<T>();
            int64_t uc = vectors ? u.size(-1) : 0, vr = vectors ? vh.size(-2) : 0;
            for_each_matrix(count, 8.0 * m * n * k, [&](int64_t i) {
              T* matrix = x + i * m * n;
              for (int64_t e = 0; e < m * n; ++e)
                if (!std::isfinite(std::abs(matrix[e]))) {
                  info[i] = -1;
                  return;
                }
              info[i] = libraries::gesdd<T>(vectors ? (full ? 'A' : 'S') : 'N', static_cast<int>(m),
                                            static_cast<int>(n), matrix, static_cast<int>(m), s.data<Real<T>>() + i * k,
                                            vectors ? work_u.data<T>() + i * m * uc : nullptr, static_cast<int>(m),
                                            vectors ? work_v.data<T>() + i * vr * n : nullptr,
                                            static_cast<int>(vectors ? vr : 1));
            });
          });
          for (int64_t i = 0; i < count; ++i) {
            std::string where = a.dim() > 2 ? "(Batch element " + std::to_string(i) + "): " : "";
            check(info[i] >= 0, ErrorKind::LinAlg, "linalg.svd: ", where,
                  "The algorithm failed to converge because the input matrix contained non-finite values.");
            check(info[i] == 0, ErrorKind::LinAlg, "linalg.svd: ", where,
                  "The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
                  "repeated singular values (error code: ",
                  info[i], ").");
          }
          if (vectors) finish(u, work_u), finish(vh, work_v);
        },
    .saves = {"result", "result1", "result2"},
    .gradient = [](Grad& g) -> Tensor {
      Tensor U = g.result(0), S = g.result(1), Vh = g.result(2), gS = g.out(1);
      check(g.flag("compute_uv"), ErrorKind::Runtime,
            "linalg.svd: the gradient needs the singular vectors; use svdvals");
      int64_t k = S.size(-1);
      bool has_u = g.has_out(0), has_v = g.has_out(2);
      if (U.size(-1) > k) U = first_columns(U, k);
      if (Vh.size(-2) > k) Vh = first_rows(Vh, k);
      int64_t m = U.size(-2), n = Vh.size(-1);
      if (!has_u && !has_v) return product(times(U, row(gS)), Vh);
      Tensor inner = g.has_out(1) ? on_diagonal(gS) : Tensor();
      auto add = [&](const Tensor& t) { inner = inner ? plus(inner, t) : t; };
      Tensor f = gaps(call<"square">(S));
      Tensor gU, gV, uu, vv;
      if (has_u) {
        gU = first_columns(g.out(0), k);
        uu = product(adjoint(U), gU);
        add(times(times(skew(uu), f), row(S)));
      }
      if (has_v) {
        gV = adjoint(first_rows(g.out(2), k));
        vv = product(Vh, gV);
        add(times(column(S), times(skew(vv), f)));
      }
      if (U.is_complex()) {
        // One phase is free for each pair of vectors; the other follows from the matrix.
        Tensor du = has_u ? imaginary_part(diagonal(uu)) : Tensor(),
               dv = has_v ? imaginary_part(diagonal(vv)) : Tensor();
        Tensor both = du && dv ? plus(du, dv) : du ? du : dv;
        check_phase("svd_backward", both, has_u ? uu : vv);
        if (du) add(on_diagonal(as_imaginary(over(du, S))));
      }
      Tensor result = product(product(U, inner), Vh);
      if (has_u && m > k) {
        Tensor w = over(gU, row(S));
        result = plus(result, product(minus(w, product(U, product(adjoint(U), w))), Vh));
      }
      if (has_v && n > k) {
        Tensor w = over(adjoint(gV), column(S));
        result = plus(result, product(U, minus(w, product(product(w, adjoint(Vh)), Vh))));
      }
      return result;
    },
};
OP(linalg_svd){
    .signature =
        "linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Singular value decomposition A = U diag(S) Vh of (..., m, n); S is descending. ``full_matrices=False`` keeps "
        "min(m, n) vectors.",
    .composite = [](const Tensor& a, bool full, const Value& driver) -> std::tuple<Tensor, Tensor, Tensor> {
      auto r = call_all<"_linalg_svd">(a, full, true, driver);
      return {r[0].tensor(), r[1].tensor(), r[2].tensor()};
    },
    .autocast = Autocast::high,
};
OP(linalg_svdvals){
    .signature = "linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Singular values of (..., m, n), descending.",
    .composite = [](const Tensor& a, const Value& driver) -> Tensor {
      return call_all<"_linalg_svd">(a, false, tracks(a), driver)[1].tensor();
    },
    .autocast = Autocast::high,
};
OP(svd){
    .signature = "svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)",
    .variants = Variants::out,
    .doc =
        "The older form of :func:`linalg.svd`, which gives V and not its adjoint; without ``compute_uv`` U and V are "
        "zeros.",
    .composite = [](const Tensor& a, bool some, bool vectors) -> std::tuple<Tensor, Tensor, Tensor> {
      check_matrix("svd", a, "input");
      if (vectors) {
        auto r = call_all<"linalg_svd">(a, !some);
        return {r[0].tensor(), r[1].tensor(), adjoint(r[2].tensor())};
      }
      auto zeros = [&](int64_t n) {
        return call<"zeros">(joined(batch_of(a), {n, n}), a.dtype(), std::nullopt, a.device());
      };
      return {zeros(a.size(-2)), call<"linalg_svdvals">(a), zeros(a.size(-1))};
    },
    .autocast = Autocast::high,
};

// --- symmetric and Hermitian matrices
// ----------------------------------------------------------------------------------
OP(_linalg_eigh){
    .signature =
        "_linalg_eigh(Tensor A, str UPLO='L', bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)",
    .python = hidden,
    .doc = "The kernel of linalg.eigh; without vectors the second result is empty.",
    .shape = [](const Tensor& a, std::string_view triangle, bool vectors) -> ResultSpecs {
      check_square("linalg.eigh", a);
      check_numbers("linalg.eigh", a);
      check(triangle == "L" || triangle == "U" || triangle == "l" || triangle == "u", ErrorKind::Runtime,
            "linalg.eigh: Expected UPLO argument to be 'L' or 'U', but got ", triangle);
      Dims v = vectors ? Dims(a.sizes()) : Dims{0};
      return {{Dims(a.sizes().first(a.dim() - 1)), to_real(a.dtype())}, {v, a.dtype(), column_major(v)}};
    },
    .cpu =
        [](const Tensor& a, std::string_view triangle, bool vectors, const Tensor& values, const Tensor& out) {
          int64_t n = a.size(-1), count = count_of(batch_of(a));
          if (count == 0 || n == 0) return;
          Tensor work =
              vectors ? columns_like(out) : empty_strided(Dims(a.sizes()), column_major(a.sizes()), a.dtype());
          assign(work, a);
          char uplo = triangle == "U" || triangle == "u" ? 'U' : 'L';
          std::vector<int> info(count);
          with_type("linalg.eigh", a.dtype(), [&]<class T>() {
            for_each_matrix(count, 9.0 * n * n * n, [&](int64_t i) {
              T* m = work.data<T>() + i * n * n;
              for (int64_t e = 0; e < n * n; ++e)
                if (std::isnan(std::abs(m[e]))) {
                  info[i] = static_cast<int>(n);
                  return;
                }
              info[i] = libraries::syevd<T>(vectors ? 'V' : 'N', uplo, static_cast<int>(n), m, static_cast<int>(n),
                                            values.data<Real<T>>() + i * n);
            });
          });
          for (int64_t i = 0; i < count; ++i)
            check(info[i] == 0, ErrorKind::LinAlg,
                  "linalg.eigh: ", a.dim() > 2 ? "(Batch element " + std::to_string(i) + "): " : "",
                  "The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
                  "repeated eigenvalues (error code: ",
                  info[i], ").");
          if (vectors) finish(out, work);
        },
    .saves = {"result", "result1"},
    .gradient = [](Grad& g) -> Tensor {
      Tensor L = g.result(0), V = g.result(1);
      check(g.flag("compute_v"), ErrorKind::Runtime, "linalg.eigh: the gradient needs the eigenvectors");
      if (!g.has_out(1)) return product(times(V, row(g.out(0))), adjoint(V));
      Tensor vg = product(adjoint(V), g.out(1));
      if (V.is_complex()) check_phase("linalg_eigh_backward", imaginary_part(diagonal(vg)), vg);
      Tensor inner = times(vg, gaps(L));
      if (g.has_out(0)) inner = plus(inner, on_diagonal(g.out(0)));
      // Only the symmetric part counts: A stays symmetric (one triangle is read for both).
      Tensor ga = product(product(V, inner), adjoint(V));
      return times(plus(ga, adjoint(ga)), 0.5);
    },
};
OP(linalg_eigh){
    .signature = "linalg_eigh(Tensor self, str UPLO='L') -> (Tensor eigenvalues, Tensor eigenvectors)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Eigenvalues (ascending, real) and orthonormal eigenvectors (columns) of symmetric or Hermitian matrices; one "
        "triangle is read.",
    .composite = [](const Tensor& a, std::string_view triangle) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"_linalg_eigh">(a, triangle, true);
      return {r[0].tensor(), r[1].tensor()};
    },
    .autocast = Autocast::high,
};
OP(linalg_eigvalsh){
    .signature = "linalg_eigvalsh(Tensor self, str UPLO='L') -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Eigenvalues of symmetric or Hermitian matrices, ascending.",
    .composite = [](const Tensor& a, std::string_view triangle) -> Tensor {
      return call_all<"_linalg_eigh">(a, triangle, tracks(a))[0].tensor();
    },
    .autocast = Autocast::high,
};

// --- general matrices
// --------------------------------------------------------------------------------------------------
OP(linalg_eig){
    .signature = "linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)",
    .python = linalg,
    .doc = "Complex eigenvalues (in no order) and eigenvectors (columns of length 1) of square matrices.",
    .shape = [](const Tensor& a) -> ResultSpecs {
      check_square("linalg.eig", a);
      check_precision("linalg.eig", a);
      DType type = to_complex(a.dtype());
      return {{Dims(a.sizes().first(a.dim() - 1)), type}, {Dims(a.sizes()), type, column_major(a.sizes())}};
    },
    .cpu =
        [](const Tensor& a, const Tensor& values, const Tensor& out) {
          int64_t n = a.size(-1), count = count_of(batch_of(a));
          if (count == 0 || n == 0) return;
          Tensor source = columns_copy(a), work = columns_like(out);
          std::vector<int> info(count);
          with_type("linalg.eig", a.dtype(), [&]<class T>() {
            using C = libraries::Complex<T>;
            for (int64_t e = 0; e < source.numel(); ++e)
              check(std::isfinite(std::abs(source.data<T>()[e])), ErrorKind::Runtime,
                    "linalg.eig: input tensor should not contain infs or NaNs.");
            for_each_matrix(count, 25.0 * n * n * n, [&](int64_t i) {
              info[i] = libraries::geev<T>(static_cast<int>(n), source.data<T>() + i * n * n, static_cast<int>(n),
                                           values.data<C>() + i * n, nullptr, work.data<C>() + i * n * n);
            });
          });
          for (int64_t i = 0; i < count; ++i)
            check(info[i] == 0, ErrorKind::LinAlg,
                  "linalg.eig: ", a.dim() > 2 ? "(Batch element " + std::to_string(i) + "): " : "",
                  "The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
                  "repeated eigenvalues (error code: ",
                  info[i], ").");
          finish(out, work);
        },
    .saves = {"result", "result1"},
    .gradient = [](Grad& g) -> Tensor {
      Tensor L = g.result(0), V = g.result(1);
      Tensor inner = g.has_out(0) ? on_diagonal(g.out(0)) : Tensor();
      if (g.has_out(1)) {
        Tensor vg = product(adjoint(V), g.out(1)), d = diagonal(vg);
        check_phase("linalg_eig_backward", imaginary_part(d), vg);
        // The vectors keep the length 1.
        Tensor held = minus(vg, product(adjoint(V), times(V, row(call<"real">(d)))));
        Tensor t = times(held, conjugated(gaps(L)));
        inner = inner ? plus(inner, t) : t;
      }
      Tensor vh = adjoint(V);
      return call<"linalg_solve">(vh, product(inner, vh));
    },
    .autocast = Autocast::high,
};
OP(linalg_eigvals){
    .signature = "linalg_eigvals(Tensor self) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Complex eigenvalues of square matrices, in no order.",
    .composite = [](const Tensor& a) -> Tensor {
      return tracks(a) ? call_all<"linalg_eig">(a)[0].tensor() : call<"_linalg_eigvals">(a);
    },
    .autocast = Autocast::high,
};
OP(_linalg_eigvals){
    .signature = "_linalg_eigvals(Tensor self) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Eigenvalues without vectors.",
    .shape = [](const Tensor& a) -> ResultSpec {
      check_square("linalg.eigvals", a);
      check_precision("linalg.eigvals", a);
      return {Dims(a.sizes().first(a.dim() - 1)), to_complex(a.dtype())};
    },
    .cpu =
        [](const Tensor& a, const Tensor& values) {
          int64_t n = a.size(-1), count = count_of(batch_of(a));
          if (count == 0 || n == 0) return;
          Tensor source = columns_copy(a);
          std::vector<int> info(count);
          with_type("linalg.eigvals", a.dtype(), [&]<class T>() {
            using C = libraries::Complex<T>;
            for (int64_t e = 0; e < source.numel(); ++e)
              check(std::isfinite(std::abs(source.data<T>()[e])), ErrorKind::Runtime,
                    "linalg.eigvals: input tensor should not contain infs or NaNs.");
            for_each_matrix(count, 10.0 * n * n * n, [&](int64_t i) {
              info[i] = libraries::geev<T>(static_cast<int>(n), source.data<T>() + i * n * n, static_cast<int>(n),
                                           values.data<C>() + i * n, nullptr, nullptr);
            });
          });
          for (int64_t i = 0; i < count; ++i)
            check(info[i] == 0, ErrorKind::LinAlg,
                  "linalg.eigvals: The algorithm failed to converge (error code: ", info[i], ").");
        },
    .not_differentiable = "linalg_eig is, and stands in where a gradient is wanted",
};

}  // namespace flambeau
