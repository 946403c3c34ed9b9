// QR factors and products of Householder reflectors. Gradient of QR: S. Walter and L. Lehmann, "Algorithmic
// differentiation of linear algebra functions" (2018); complex and wide matrices: Roberts and Roberts (2020).
#include "ops/linalg_common.h"

namespace flambeau {

using namespace linear;

namespace {

struct Mode {
  bool q, reduced;
};
Mode mode_of(const char* op, std::string_view mode) {
  if (mode == "reduced") return {true, true};
  if (mode == "complete") return {true, false};
  if (mode == "r") return {false, true};
  raise(ErrorKind::Runtime, op, ": received unrecognized mode '", mode,
        "' but expected one of 'reduced' (default), 'r', or 'complete'");
}

// The lower triangle of M made Hermitian: strictly lower, its adjoint, and the real part of the diagonal.
Tensor hermitian_from_lower(const Tensor& m) {
  Tensor l = lower(m, -1);
  return plus(plus(l, adjoint(l)), on_diagonal(real_part(diagonal(m))));
}

// Of a tall or square matrix: (gQ + Q H(R gR^H - gQ^H Q)) R^-H.
Tensor tall_gradient(const Tensor& gQ, const Tensor& gR, const Tensor& Q, const Tensor& R) {
  Tensor m = minus(product(R, adjoint(gR)), product(adjoint(gQ), Q));
  Tensor inner = plus(gQ, product(Q, hermitian_from_lower(m)));
  return solve_triangular(adjoint(R), inner, false, false);
}

}  // namespace

OP(linalg_qr){
    .signature = "linalg_qr(Tensor A, str mode='reduced') -> (Tensor Q, Tensor R)",
    .python = linalg,
    .doc =
        "Q with orthonormal columns and upper triangular R with A = Q R. Mode 'reduced' gives min(m, n) columns, "
        "'complete' all m, "
        "'r' leaves Q empty.",
    .shape = [](const Tensor& a, std::string_view text) -> ResultSpecs {
      check_matrix("linalg.qr", a);
      check_numbers("linalg.qr", a);
      Mode mode = mode_of("linalg.qr", text);
      int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
      IntSpan batch = batch_of(a);
      Dims q = mode.q ? joined(batch, {m, mode.reduced ? k : m}) : Dims{0},
           r = joined(batch, {mode.reduced ? k : m, n});
      return {{q, a.dtype(), mode.q ? std::optional<Dims>(column_major(q)) : std::nullopt},
              {r, a.dtype(), column_major(r)}};
    },
    .cpu =
        [](const Tensor& a, std::string_view text, const Tensor& q, const Tensor& r) {
          Mode mode = mode_of("linalg.qr", text);
          int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
          if (q.numel() == 0 && r.numel() == 0) return;  // however many matrices
          Tensor factors = columns_copy(a), work_q = mode.q ? columns_like(q) : Tensor(), work_r = columns_like(r);
          with_type("linalg.qr", a.dtype(), [&]<class T>() {
            int64_t count = count_of(batch_of(a)), columns = mode.q ? q.size(-1) : 0, rows = r.size(-2);
            T *f = factors.data<T>(), *qs = mode.q ? work_q.data<T>() : nullptr, *rs = work_r.data<T>();
            int lda = static_cast<int>(std::max<int64_t>(1, m));
            for_each_matrix(count, 2.0 * m * n * k + 2.0 * m * columns * k, [&](int64_t i) {
              std::vector<T> tau(std::max<int64_t>(1, k));
              T* x = f + i * m * n;
              if (k) libraries::geqrf<T>(static_cast<int>(m), static_cast<int>(n), x, lda, tau.data());
              T* y = rs + i * rows * n;
              for (int64_t c = 0; c < n; ++c)
                for (int64_t row = 0; row < rows; ++row)
                  y[c * rows + row] = row <= c && row < m ? x[c * m + row] : T(0);
              if (!mode.q || columns == 0) return;
              T* z = qs + i * m * columns;
              for (int64_t c = 0; c < columns; ++c) {
                if (c < k)
                  std::copy_n(x + c * m, m, z + c * m);
                else
                  std::fill_n(z + c * m, m, T(0));
              }
              if (k == 0) {
                for (int64_t c = 0; c < columns; ++c) z[c * m + c] = T(1);
                return;
              }
              libraries::orgqr<T>(static_cast<int>(m), static_cast<int>(columns), static_cast<int>(k), z, lda,
                                  tau.data());
            });
          });
          if (mode.q) finish(q, work_q);
          finish(r, work_r);
        },
    .saves = {"result", "result1"},
    .gradient =
        [](Grad& g) {
          Mode mode = mode_of("linalg.qr", g.text("mode"));
          Tensor Q = g.result(0), R = g.result(1);
          check(mode.q, ErrorKind::Runtime,
                "linalg.qr: The derivative of qr depends on Q, which is not computed when mode='r'. Please use "
                "mode='reduced'.");
          int64_t m = Q.size(-2), n = R.size(-1), k = std::min(m, n);
          check(mode.reduced || m <= n, ErrorKind::Runtime,
                "linalg.qr: The QR decomposition is not differentiable when mode='complete' and nrows > ncols.");
          Tensor gQ = g.out(0), gR = g.out(1);
          if (m >= n) return tall_gradient(gQ, gR, Q, R);
          // A = [X Y] = Q [U V] with V = Q^H Y
          Tensor U = first_columns(R, k), V = range(R, -1, k, n), gV = range(gR, -1, k, n);
          Tensor gY = product(Q, gV), Y = product(Q, V);
          Tensor gX = tall_gradient(plus(gQ, product(Y, adjoint(gV))), first_columns(gR, k), Q, U);
          return joined_columns(gX, gY);
        },
    .autocast = Autocast::high,
};
OP(qr){
    .signature = "qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)",
    .variants = Variants::out,
    .doc = "The older form of :func:`linalg.qr`; ``some=False`` gives the complete Q.",
    .composite = [](const Tensor& a, bool some) -> std::tuple<Tensor, Tensor> {
      auto r = call_all<"linalg_qr">(a, some ? "reduced" : "complete");
      return {r[0].tensor(), r[1].tensor()};
    },
    .autocast = Autocast::high,
};

OP(geqrf){
    .signature = "geqrf(Tensor self) -> (Tensor a, Tensor tau)",
    .doc =
        "Householder reflectors of the QR factors in LAPACK's packed form, for :func:`ormqr` and "
        ":func:`linalg.householder_product`.",
    .shape = [](const Tensor& a) -> ResultSpecs {
      check_matrix("geqrf", a);
      check_numbers("geqrf", a);
      return {{Dims(a.sizes()), a.dtype(), column_major(a.sizes())},
              {joined(batch_of(a), {std::min(a.size(-1), a.size(-2))}), a.dtype()}};
    },
    .cpu =
        [](const Tensor& a, const Tensor& out, const Tensor& tau) {
          Tensor work = columns_like(out);
          assign(work, a);
          with_type("geqrf", a.dtype(), [&]<class T>() {
            Stack<T> s(work);
            int64_t k = std::min(s.rows, s.columns);
            if (k == 0) return;
            for_each_matrix(count_of(batch_of(a)), 2.0 * s.rows * s.columns * k, [&](int64_t i) {
              libraries::geqrf<T>(static_cast<int>(s.rows), static_cast<int>(s.columns), s[i], s.lda(),
                                  tau.data<T>() + i * k);
            });
          });
          finish(out, work);
        },
    .not_differentiable = "the packed reflectors have no gradient; use linalg.qr",
    .autocast = Autocast::high,
};

static void check_reflectors(const char* op, const Tensor& a, const Tensor& tau) {
  check_matrix(op, a, "input");
  check(a.size(-2) >= a.size(-1), ErrorKind::Runtime, op,
        ": input.shape[-2] must be greater than or equal to input.shape[-1], got ", list_text(a.sizes()));
  check(tau.dim() == a.dim() - 1 && tau.size(-1) <= a.size(-1), ErrorKind::Runtime, op,
        ": input.shape[-1] must be greater than or equal to tau.shape[-1], got ", list_text(a.sizes()), " and ",
        list_text(tau.sizes()));
  check(std::ranges::equal(batch_of(tau, 1), batch_of(a)), ErrorKind::Runtime, op,
        ": Expected batch dimensions of tau to be equal to input.shape[:-2], but got ", list_text(batch_of(tau, 1)));
  check(a.dtype() == tau.dtype(), ErrorKind::Runtime, op, ": tau dtype ", name(tau.dtype()),
        " does not match input dtype ", name(a.dtype()));
}

OP(linalg_householder_product){
    .signature = "linalg_householder_product(Tensor input, Tensor tau) -> Tensor",
    .python = linalg,
    .doc =
        "The first n columns of the product of the reflectors I - tau v v^H whose vectors stand below the diagonal of "
        "``input`` (..., m, n).",
    .shape = [](const Tensor& a, const Tensor& tau) -> ResultSpec {
      check_reflectors("linalg.householder_product", a, tau);
      return {Dims(a.sizes()), a.dtype(), column_major(a.sizes())};
    },
    .cpu =
        [](const Tensor& a, const Tensor& tau, const Tensor& out) {
          Tensor work = columns_like(out), scales = as_contiguous(tau);
          assign(work, a);
          with_type("linalg.householder_product", a.dtype(), [&]<class T>() {
            Stack<T> s(work);
            int64_t k = tau.size(-1);
            if (s.rows == 0 || s.columns == 0) return;
            for_each_matrix(count_of(batch_of(a)), 2.0 * s.rows * s.columns * (k + 1), [&](int64_t i) {
              libraries::orgqr<T>(static_cast<int>(s.rows), static_cast<int>(s.columns), static_cast<int>(k), s[i],
                                  s.lda(), scales.data<T>() + i * k);
            });
          });
          finish(out, work);
        },
    .saves = {"input", "tau"},
    .gradient =
        [](Grad& g) {
          // Q_i = H_i Q_(i+1) from the last reflector to the first; the reverse walks from the first to the last.
          Tensor a = g.arg("input"), tau = g.arg("tau");
          int64_t m = a.size(-2), n = a.size(-1), k = tau.size(-1);
          Tensor eye = call<"eye.m">(m, n, a.dtype(), std::nullopt, a.device());
          std::vector<Tensor> v(k), t(k), q(k + 1);
          q[k] = call<"expand">(eye, a.sizes());
          for (int64_t i = k; i-- > 0;) {
            Tensor below = lower(range(a, -1, i, i + 1), -i - 1);
            v[i] = plus(below, range(call<"eye">(m, a.dtype(), std::nullopt, a.device()), -1, i, i + 1));
            t[i] = column(range(tau, -1, i, i + 1));
            q[i] = minus(q[i + 1], times(t[i], product(v[i], product(adjoint(v[i]), q[i + 1]))));
          }
          Tensor grad = g.out();
          std::vector<Tensor> columns, scales;
          for (int64_t i = 0; i < k; ++i) {
            Tensor w = product(adjoint(v[i]), q[i + 1]), u = product(adjoint(v[i]), grad);  // rows (1, n)
            scales.push_back(negated(call<"squeeze.dim">(product(u, adjoint(w)), int64_t{-1})));
            Tensor gv = minus(negated(times(conjugated(t[i]), product(grad, adjoint(w)))),
                              times(t[i], product(q[i + 1], adjoint(u))));
            columns.push_back(lower(gv, -i - 1));
            grad = minus(grad, times(conjugated(t[i]), product(v[i], u)));
          }
          for (int64_t i = k; i < n; ++i) columns.push_back(call<"zeros_like">(range(a, -1, i, i + 1)));
          if (g.wants("input"))
            g.set("input", columns.empty() ? call<"zeros_like">(a) : call<"cat">(columns, int64_t{-1}));
          // tau's cotangent is conjugated once more: the product above is v^H G (v^H Q)^H
          if (g.wants("tau")) g.set("tau", scales.empty() ? call<"zeros_like">(tau) : call<"cat">(scales, int64_t{-1}));
        },
};
OP(orgqr){
    .signature = "orgqr(Tensor self, Tensor input2) -> Tensor",
    .variants = Variants::out,
    .doc = "Another name of :func:`linalg.householder_product`.",
    .composite = [](const Tensor& self, const Tensor& tau) -> Tensor {
      return call<"linalg_householder_product">(self, tau);
    },
};

OP(ormqr){
    .signature = "ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor",
    .doc =
        "Multiplies ``input3`` by the Q of the packed reflectors ``self`` and ``input2`` (from :func:`geqrf`), or by "
        "Q^H, from one side.",
    .shape = [](const Tensor& a, const Tensor& tau, const Tensor& c, bool left, bool) -> ResultSpec {
      check_matrix("ormqr", a, "input");
      check_matrix("ormqr", c, "other");
      int64_t side = left ? c.size(-2) : c.size(-1);
      check(side >= tau.size(-1) && side == a.size(-2), ErrorKind::Runtime, "ormqr: other.shape[", left ? -2 : -1,
            "] must be equal to input.shape[-2], got ", list_text(c.sizes()), " and ", list_text(a.sizes()));
      check(tau.dim() == a.dim() - 1 && tau.size(-1) <= a.size(-1), ErrorKind::Runtime, "ormqr: tau ",
            list_text(tau.sizes()), " does not fit input ", list_text(a.sizes()));
      check(std::ranges::equal(batch_of(a), batch_of(c)) && std::ranges::equal(batch_of(a), batch_of(tau, 1)),
            ErrorKind::Runtime,
            "ormqr: Expected batch dimensions of tau and other to be equal to input.shape[:-2], got ",
            list_text(tau.sizes()), " and ", list_text(c.sizes()));
      check(a.dtype() == tau.dtype() && a.dtype() == c.dtype(), ErrorKind::Runtime,
            "ormqr: Expected input, tau and other to have the same dtype, but got ", name(a.dtype()), ", ",
            name(tau.dtype()), ", ", name(c.dtype()));
      return {Dims(c.sizes()), c.dtype(), column_major(c.sizes())};
    },
    .cpu =
        [](const Tensor& a, const Tensor& tau, const Tensor& c, bool left, bool turned, const Tensor& out) {
          Tensor factors = columns_of(a), scales = as_contiguous(tau), work = columns_like(out);
          assign(work, c);
          with_type("ormqr", a.dtype(), [&]<class T>() {
            constexpr char kAdjoint = std::is_same_v<T, Real<T>> ? 'T' : 'C';
            Stack<T> f(factors), s(work);
            int64_t k = tau.size(-1);
            if (out.numel() == 0 || k == 0) return;
            for_each_matrix(count_of(batch_of(a)), 2.0 * s.rows * s.columns * k, [&](int64_t i) {
              libraries::ormqr<T>(left ? 'L' : 'R', turned ? kAdjoint : 'N', static_cast<int>(s.rows),
                                  static_cast<int>(s.columns), static_cast<int>(k), f[i], f.lda(),
                                  scales.data<T>() + i * k, s[i], s.lda());
            });
          });
          finish(out, work);
        },
    .saves = {"self", "input2", "input3"},
    .gradient =
        [](Grad& g) {
          Tensor a = g.arg("self"), tau = g.arg("input2"), c = g.arg("input3"), grad = g.out();
          bool left = g.flag("left"), turned = g.flag("transpose");
          if (g.wants("input3")) g.set("input3", call<"ormqr">(a, tau, grad, left, !turned));
          if (!g.wants("self") && !g.wants("input2")) return;
          // As a product with all reflectors: (I - tau v v^H) applied one after another.
          int64_t m = a.size(-2), k = tau.size(-1);
          std::vector<int64_t> order;  // in which the reflectors meet C
          bool ascending = left == turned;
          for (int64_t i = 0; i < k; ++i) order.push_back(ascending ? i : k - 1 - i);
          Tensor eye = call<"eye">(m, a.dtype(), std::nullopt, a.device());
          // The right side: C H = (H^H C^H)^H
          Tensor x = left ? c : adjoint(c), y = left ? grad : adjoint(grad);
          bool conjugate = left == turned;  // H^H carries conj(tau)
          std::vector<Tensor> v(k), t(k), state;
          for (int64_t i : order) {
            v[i] = plus(lower(range(a, -1, i, i + 1), -i - 1), range(eye, -1, i, i + 1));
            Tensor scale = column(range(tau, -1, i, i + 1));
            t[i] = conjugate ? conjugated(scale) : scale;
            state.push_back(x);
            x = minus(x, times(t[i], product(v[i], product(adjoint(v[i]), x))));
          }
          std::vector<Tensor> columns(k), scales(k);
          for (int64_t at = k; at-- > 0;) {
            int64_t i = order[at];
            Tensor before = state[at], w = product(adjoint(v[i]), before), u = product(adjoint(v[i]), y);
            Tensor gt = negated(call<"squeeze.dim">(product(u, adjoint(w)), int64_t{-1}));
            scales[i] = conjugate ? conjugated(gt) : gt;
            columns[i] = lower(minus(negated(times(conjugated(t[i]), product(y, adjoint(w)))),
                                     times(t[i], product(before, adjoint(u)))),
                               -i - 1);
            y = minus(y, times(conjugated(t[i]), product(v[i], u)));
          }
          for (int64_t i = k; i < a.size(-1); ++i) columns.push_back(call<"zeros_like">(range(a, -1, i, i + 1)));
          if (g.wants("self"))
            g.set("self", columns.empty() ? call<"zeros_like">(a) : call<"cat">(columns, int64_t{-1}));
          if (g.wants("input2"))
            g.set("input2", scales.empty() ? call<"zeros_like">(tau) : call<"cat">(scales, int64_t{-1}));
        },
};

}  // namespace flambeau
