// LU factors with row exchanges: P A = L U in one matrix, pivots counted from 1; taking them apart and solving with
// them.
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

static Dims pivot_sizes(const Tensor& a) { return joined(batch_of(a), {std::min(a.size(-1), a.size(-2))}); }

// Cotangents of L and U brought to A, from the factors of a square matrix:
//   P L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H
static Tensor square_gradient(const Tensor& gL, const Tensor& gU, const Tensor& L, const Tensor& U) {
  Tensor inner = plus(lower(product(adjoint(L), gL), -1), upper(product(gU, adjoint(U))));
  Tensor left = solve_triangular(adjoint(L), inner, true, true, true);
  return solve_triangular(adjoint(U), left, false, false);
}
// The same for any sizes; P (..., m, m) with A = P L U. A wide matrix has columns A2 = L U2 beside a square part, a
// tall one rows A2 = L2 U under it.
static Tensor lu_gradient(Tensor gL, Tensor gU, const Tensor& P, const Tensor& L, const Tensor& U) {
  int64_t m = L.size(-2), n = U.size(-1), k = std::min(m, n);
  Tensor inner;
  if (m == n) {
    inner = square_gradient(gL, gU, L, U);
  } else if (m < n) {
    Tensor U1 = first_columns(U, k), U2 = range(U, -1, k, n);
    Tensor g2 = solve_triangular(adjoint(L), range(gU, -1, k, n), true, true, true);
    Tensor g1 = square_gradient(minus(gL, product(g2, adjoint(U2))), first_columns(gU, k), L, U1);
    inner = joined_columns(g1, g2);
  } else {
    Tensor L1 = first_rows(L, k), L2 = range(L, -2, k, m);
    Tensor g2 = solve_triangular(adjoint(U), range(gL, -2, k, m), false, false);
    Tensor g1 = square_gradient(first_rows(gL, k), minus(gU, product(adjoint(L2), g2)), L1, U);
    inner = joined_rows(g1, g2);
  }
  return product(P, inner);
}

OP(linalg_lu_factor_ex){
    .signature =
        "linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> (Tensor LU, Tensor pivots, "
        "Tensor info)",
    .python = linalg,
    .doc =
        "LU factors of (..., m, n) in one matrix, the row exchanges, and the position of the first zero on U's "
        "diagonal, or 0.",
    .shape = [](const Tensor& a, bool pivot, bool) -> ResultSpecs {
      check_matrix("linalg.lu_factor", a);
      check_numbers("linalg.lu_factor", a);
      check(pivot || a.is_meta(), ErrorKind::Runtime,
            "linalg.lu_factor: LU without pivoting is not implemented on the CPU; leave pivot=True");
      return {{Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {pivot_sizes(a), DType::int32},
              {Dims(batch_of(a)), DType::int32}};
    },
    .cpu =
        [](const Tensor& a, bool, bool check_errors, const Tensor& lu, const Tensor& pivots, const Tensor& info) {
          Tensor work = columns_like(lu);
          assign(work, a);
          with_type("linalg.lu_factor", a.dtype(), [&]<class T>() {
            Stack<T> s(work);
            int32_t* codes = info.data<int32_t>();
            int64_t k = std::min(s.rows, s.columns);
            for_each_matrix(info.numel(), 0.7 * s.rows * s.columns * k, [&](int64_t i) {
              codes[i] = lu_factor<T>(s.rows, s.columns, s[i], s.lda(), pivots.data<int32_t>() + i * k);
            });
          });
          finish(lu, work);
          if (check_errors)
            check_info("linalg.lu_factor_ex", info,
                       "U[{},{}] is zero and using it on lu_solve would result in a division by zero.");
        },
    .saves = {"result", "result1"},
    .gradient =
        [](Grad& g) {
          Tensor LU = g.result(0), gLU = g.out(0);
          int64_t m = LU.size(-2), n = LU.size(-1), k = std::min(m, n);
          auto parts = call_all<"lu_unpack">(LU, g.result(1), true, true);
          g.set("A", lu_gradient(lower(first_columns(gLU, k), -1), upper(first_rows(gLU, k)), parts[0].tensor(),
                                 parts[1].tensor(), parts[2].tensor()));
        },
};

OP(linalg_lu_factor){
    .signature = "linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "LU factors of (..., m, n) in one matrix, and the row exchanges (from 1). Raises LinAlgError where U is "
        "singular.",
    .composite = [](const Tensor& a, bool pivot) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"linalg_lu_factor_ex">(a, pivot, false);
      check_info("linalg.lu_factor", r[2].tensor(),
                 "U[{},{}] is zero and using it on lu_solve would result in a division by zero.");
      return {r[0].tensor(), r[1].tensor()};
    },
};
OP(_lu_with_info){
    .signature =
        "_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True) -> (Tensor LU, Tensor pivots, Tensor "
        "info)",
    .python = torch,
    .doc = "The older form of :func:`linalg.lu_factor_ex`.",
    .composite = [](const Tensor& a, bool pivot, bool check_errors) -> std::tuple<Tensor, Tensor, Tensor> {
      auto r = call_all<"linalg_lu_factor_ex">(a, pivot, check_errors);
      return {r[0].tensor(), r[1].tensor(), r[2].tensor()};
    },
    .autocast = Autocast::high,
};

// The library swaps the rows that pivots name without looking.
static void check_pivots(const char* op, const int32_t* pivots, int64_t count, int64_t rows) {
  for (int64_t r = 0; r < count; ++r)
    check(pivots[r] >= 1 && pivots[r] <= rows, ErrorKind::Runtime, op,
          ": pivots must be between 1 and LU.size(-2) = ", rows, " inclusive, got ", pivots[r],
          ". Did you properly pass the result of lu_factor?");
}

// The permutation matrix P with A = P L U, from the row exchanges.
OP(_permutation_matrix){
    .signature = "_permutation_matrix(Tensor pivots, int rows, ScalarType dtype) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Row exchanges as a permutation matrix.",
    .shape = [](const Tensor& pivots, int64_t rows, DType dtype) -> ResultSpec {
      check(pivots.dtype() == DType::int32 && pivots.dim() >= 1 && pivots.size(-1) <= rows, ErrorKind::Runtime,
            "_permutation_matrix: pivots ", describe(pivots), " have to be torch.int32, and at most rows=", rows,
            " in the last dimension");
      return {joined(batch_of(pivots, 1), {rows, rows}), dtype};
    },
    .cpu =
        [](const Tensor& pivots, int64_t rows, DType dtype, const Tensor& out) {
          Tensor plain = as_contiguous(pivots);
          int64_t k = pivots.size(-1), count = count_of(batch_of(pivots, 1));
          fill_elements(out, Scalar(int64_t{0}));
          with_type("lu_unpack", dtype, [&]<class T>() {
            std::vector<int64_t> order(rows);
            for (int64_t i = 0; i < count; ++i) {
              const int32_t* p = plain.data<int32_t>() + i * k;
              for (int64_t r = 0; r < rows; ++r) order[r] = r;
              check_pivots("lu_unpack", p, k, rows);
              for (int64_t r = 0; r < k; ++r) std::swap(order[r], order[p[r] - 1]);
              T* m = out.data<T>() + i * rows * rows;
              for (int64_t c = 0; c < rows; ++c) m[order[c] * rows + c] = T(1);
            }
          });
        },
    .not_differentiable = "it depends on whole numbers alone",
};

OP(lu_unpack){
    .signature =
        "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> (Tensor P, "
        "Tensor L, Tensor U)",
    .python = torch,
    .variants = Variants::out,
    .doc =
        "P, L and U with A = P L U from the result of :func:`linalg.lu_factor`; what is not unpacked comes back empty.",
    .composite = [](const Tensor& lu, const Tensor& pivots, bool data,
                    bool permutation) -> std::tuple<Tensor, Tensor, Tensor> {
      check_matrix("lu_unpack", lu, "LU_data");
      check(!permutation || pivots.dtype() == DType::int32, ErrorKind::Runtime,
            "lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype, got ",
            name(pivots.dtype()), ". Note: this function is intended to be used with the output produced by lu_factor");
      int64_t m = lu.size(-2), n = lu.size(-1), k = std::min(m, n);
      Tensor nothing = empty(Dims{0}, lu.dtype(), lu.device());
      Tensor P = nothing, L = nothing, U = nothing;
      if (permutation) P = call<"_permutation_matrix">(pivots, m, lu.dtype());
      if (data) {
        Tensor left = lower(first_columns(lu, k), -1);
        L = plus(left, call<"eye.m">(m, k, lu.dtype(), std::nullopt, lu.device()));
        U = upper(first_rows(lu, k));
      }
      return {P, L, U};
    },
};

OP(linalg_lu){
    .signature = "linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "P, L, U with A = P L U for (..., m, n): a permutation, a lower triangle with unit diagonal, an upper "
        "triangle.",
    .composite = [](const Tensor& a, bool pivot) -> std::tuple<Tensor, Tensor, Tensor> {
      auto f = call_all<"linalg_lu_factor_ex">(a, pivot, false);
      auto r = call_all<"lu_unpack">(f[0].tensor(), f[1].tensor(), true, pivot);
      return {r[0].tensor(), r[1].tensor(), r[2].tensor()};
    },
};

// Solves A X = B, or A^H X = B, for equal batches.
OP(_lu_solve){
    .signature = "_lu_solve(Tensor LU, Tensor pivots, Tensor B, bool adjoint) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The kernel of linalg.lu_solve.",
    .shape = [](const Tensor& lu, const Tensor& pivots, const Tensor& b, bool) -> ResultSpec {
      check_square("_lu_solve", lu, "LU");
      check_matrix("_lu_solve", b, "B");
      check(lu.dtype() == b.dtype() && pivots.dtype() == DType::int32 && b.size(-2) == lu.size(-1) &&
                std::ranges::equal(batch_of(lu), batch_of(b)) &&
                std::ranges::equal(pivots.sizes(), lu.sizes().first(lu.dim() - 1)),
            ErrorKind::Runtime, "_lu_solve: factors ", describe(lu), ", pivots ", describe(pivots), " and B ",
            describe(b), " do not go together");
      return {Dims(b.sizes()), b.dtype(), column_major(b.sizes())};
    },
    .cpu =
        [](const Tensor& lu, const Tensor& pivots, const Tensor& b, bool transpose, const Tensor& out) {
          Tensor factors = columns_of(lu), piv = as_contiguous(pivots), work = columns_like(out);
          assign(work, b);
          with_type("linalg.lu_solve", lu.dtype(), [&]<class T>() {
            Stack<T> a(factors), x(work);
            int n = static_cast<int>(a.rows), columns = static_cast<int>(x.columns);
            if (n == 0 || columns == 0) return;
            for_each_matrix(count_of(batch_of(lu)), 2.0 * n * n * columns, [&](int64_t i) {
              const int32_t* p = piv.data<int32_t>() + i * n;
              check_pivots("linalg.lu_solve", p, n, n);
              libraries::getrs<T>(transpose ? 'C' : 'N', n, columns, a[i], a.lda(), p, x[i], x.lda());
            });
          });
          finish(out, work);
        },
    .saves = {"LU", "pivots", "result"},
    .gradient =
        [](Grad& g) {
          Tensor LU = g.arg("LU"), pivots = g.arg("pivots"), X = g.result();
          bool turned = g.flag("adjoint");
          Tensor gB = call<"_lu_solve">(LU, pivots, g.out(), !turned);
          if (g.wants("B")) g.set("B", gB);
          if (!g.wants("LU")) return;
          auto parts = call_all<"lu_unpack">(LU, pivots, true, true);
          Tensor P = parts[0].tensor(), L = parts[1].tensor(), U = parts[2].tensor();
          Tensor gA = negated(turned ? product(X, adjoint(gB)) : product(gB, adjoint(X)));
          Tensor inner = product(transposed(P), gA);
          g.set("LU", plus(lower(product(inner, adjoint(U)), -1), upper(product(adjoint(L), inner))));
        },
};

OP(linalg_lu_solve){
    .signature = "linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc =
        "Solves A X = B (``left=False``: X A = B; ``adjoint``: with A^H) from the factors of :func:`linalg.lu_factor`.",
    .composite = [](const Tensor& lu, const Tensor& pivots, const Tensor& b, bool left, bool turned) -> Tensor {
      check_square("linalg.lu_solve", lu, "LU");
      check_numbers("linalg.lu_solve", lu);
      check(pivots.dtype() == DType::int32, ErrorKind::Runtime,
            "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32, got ", name(pivots.dtype()));
      check(lu.dtype() == b.dtype(), ErrorKind::Runtime,
            "linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type ", name(lu.dtype()),
            " and B of type ", name(b.dtype()), " instead");
      check_matrix("linalg.lu_solve", b, "B");
      check(lu.size(-1) == b.size(left ? -2 : -1), ErrorKind::Runtime,
            "linalg.lu_solve: Incompatible shapes of LU and B for the equation ", left ? "AX = B" : "XA = B", " (",
            lu.size(-2), "x", lu.size(-1), " and ", b.size(-2), "x", b.size(-1), ")");
      check(pivots.dim() == lu.dim() - 1 && std::ranges::equal(pivots.sizes(), lu.sizes().first(lu.dim() - 1)),
            ErrorKind::Runtime,
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix, got pivots ",
            list_text(pivots.sizes()), " for LU ", list_text(lu.sizes()));
      Dims batch = broadcast_sizes("linalg.lu_solve", batch_of(lu), batch_of(b));
      int64_t n = lu.size(-1);
      Tensor LU = call<"expand">(lu, joined(batch, {n, n})), piv = call<"expand">(pivots, joined(batch, {n}));
      Tensor B = call<"expand">(b, joined(batch, {b.size(-2), b.size(-1)}));
      if (left) return call<"_lu_solve">(LU, piv, B, turned);
      return adjoint(call<"_lu_solve">(LU, piv, adjoint(B), !turned));
    },
};
OP(lu_solve){
    .signature = "lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor",
    .variants = Variants::out,
    .doc = "The older form of :func:`linalg.lu_solve`, with the right side first.",
    .composite = [](const Tensor& self, const Tensor& lu, const Tensor& pivots) -> Tensor {
      return call<"linalg_lu_solve">(lu, pivots, self);
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
