// Cholesky factors, and solving and inverting with them. Gradient: I. Murray, "Differentiation of the Cholesky
// decomposition" (2016).
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

static constexpr const char* kNotDefinite =
    "The factorization could not be completed because the input is not positive-definite (the leading minor of order "
    "{} is not "
    "positive-definite)";

OP(linalg_cholesky_ex){
    .signature =
        "linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)",
    .python = linalg,
    .doc =
        "Cholesky factor of Hermitian positive-definite matrices (..., n, n), and per matrix the order of the first "
        "leading minor "
        "that is not positive-definite, or 0. Only one triangle is read.",
    .shape = [](const Tensor& self, bool, bool) -> ResultSpecs {
      check_square_numbers("linalg.cholesky", self);
      return {{Dims(self.sizes()), self.dtype(), column_major(self.sizes())}, {Dims(batch_of(self)), DType::int32}};
    },
    .cpu =
        [](const Tensor& self, bool upper, bool check_errors, const Tensor& out, const Tensor& info) {
          Tensor work = columns_like(out);
          assign(work, self);
          with_type("linalg.cholesky", self.dtype(), [&]<class T>() {
            Stack<T> a(work);
            int32_t* codes = info.data<int32_t>();
            const int64_t n = a.rows;
            for_each_matrix(info.numel(), n * n * n / 3.0, [&](int64_t i) {
              T* m = a[i];
              if (upper) {  // the factor of the transpose, from the other triangle
                for (int64_t c = 0; c < n; ++c)
                  for (int64_t r = 0; r < c; ++r) m[r * n + c] = conjugate(m[c * n + r]);
              }
              codes[i] = cholesky_factor(n, m, a.lda());
              // A NaN compares with nothing, so the library may not notice that a pivot is none.
              for (int64_t c = 0; c < n && codes[i] == 0; ++c)
                if (std::isnan(std::real(m[c * n + c]))) codes[i] = static_cast<int32_t>(c + 1);
              for (int64_t c = 0; c < n; ++c)
                for (int64_t r = 0; r < c; ++r) {
                  if (upper)
                    m[c * n + r] = conjugate(m[r * n + c]), m[r * n + c] = T(0);
                  else
                    m[c * n + r] = T(0);
                }
            });
          });
          finish(out, work);
          if (check_errors) check_info("linalg.cholesky_ex", info, kNotDefinite);
        },
    .saves = {"result"},
    .gradient =
        [](Grad& g) {
          bool up = g.flag("upper");
          Tensor L = up ? adjoint(g.result(0)) : g.result(0);
          Tensor gL = up ? adjoint(g.out(0)) : g.out(0);
          Tensor p = lower(product(adjoint(L), gL));
          Tensor d = on_diagonal(real_part(diagonal(p)));
          Tensor symmetric = times(minus(plus(p, adjoint(p)), d), 0.5);  // the diagonal is counted once
          // L^-H symmetric L^-1
          Tensor right = solve_triangular(L, symmetric, false, false);
          g.set("self", solve_triangular(adjoint(L), right, true));
        },
    .autocast = Autocast::high,
};

static Tensor cholesky_checked(const char* op, const Tensor& self, bool upper) {
  check_matrix(op, self);
  auto results = call_all<"linalg_cholesky_ex">(self, upper, false);
  check_info(op, results[1].tensor(), kNotDefinite);
  return results[0].tensor();
}
OP(linalg_cholesky){
    .signature = "linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Cholesky factor of Hermitian positive-definite matrices (..., n, n): lower L with A = L L^H, or upper U with "
        "A = U^H U. "
        "Raises LinAlgError for a matrix that is not positive-definite.",
    .composite = [](const Tensor& self, bool upper) -> Tensor {
      return cholesky_checked("linalg.cholesky", self, upper);
    },
    .autocast = Autocast::high,
};
OP(cholesky){
    .signature = "cholesky(Tensor self, bool upper=False) -> Tensor",
    .variants = Variants::out,
    .doc = "The older name of :func:`linalg.cholesky`.",
    .composite = [](const Tensor& self, bool upper) -> Tensor { return cholesky_checked("cholesky", self, upper); },
    .autocast = Autocast::high,
};

OP(cholesky_solve){
    .signature = "cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor",
    .variants = Variants::out,
    .doc = "Solves A X = B for B = ``self``, given the Cholesky factor of A: (..., n, k) and (..., n, n).",
    .composite = [](const Tensor& self, const Tensor& factor, bool upper) -> Tensor {
      check(self.dim() >= 2, ErrorKind::Runtime, "cholesky_solve: b should have at least 2 dimensions, but has ",
            self.dim(), " dimensions instead");
      check(factor.dim() >= 2, ErrorKind::Runtime, "cholesky_solve: u should have at least 2 dimensions, but has ",
            factor.dim(), " dimensions instead");
      check_square("cholesky_solve", factor);
      check(self.dtype() == factor.dtype(), ErrorKind::Runtime,
            "cholesky_solve: Expected b and A to have the same dtype, but found b of type ", name(self.dtype()),
            " and A of type ", name(factor.dtype()), " instead.");
      check(self.size(-2) == factor.size(-1), ErrorKind::Runtime,
            "cholesky_solve: Incompatible matrix sizes: each A matrix is ", factor.size(-1), " by ", factor.size(-1),
            " but each b matrix is ", self.size(-2), " by ", self.size(-1));
      Tensor L = upper ? adjoint(factor) : factor;
      return linear::solve_triangular(adjoint(L), linear::solve_triangular(L, self, false), true);
    },
    .autocast = Autocast::high,
};
OP(_cholesky_solve_helper){
    .signature = "_cholesky_solve_helper(Tensor self, Tensor A, bool upper) -> Tensor",
    .python = hidden,
    .doc = "cholesky_solve for equal batches.",
    .composite = [](const Tensor& self, const Tensor& a, bool upper) -> Tensor {
      return call<"cholesky_solve">(self, a, upper);
    },
};
OP(cholesky_inverse){
    .signature = "cholesky_inverse(Tensor self, bool upper=False) -> Tensor",
    .variants = Variants::out,
    .doc = "The inverse of A from its Cholesky factor (..., n, n).",
    .composite = [](const Tensor& self, bool upper) -> Tensor {
      check_square("cholesky_inverse", self);
      check_precision("cholesky_inverse", self);
      Tensor eye = call<"expand">(identity(self, self.size(-1)), self.sizes());
      return call<"cholesky_solve">(eye, upper ? linear::upper(self) : linear::lower(self), upper);
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
