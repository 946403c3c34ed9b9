// Layer normalisation and cross entropy by rows, written with pointwise operators and folds: several passes over
// memory, not yet a kernel of their own.
#include "cpu/norm.h"
#include "cpu/routines.h"
#include "loops/copy.h"
#include "op/call.h"

namespace flambeau::cuda {

namespace {

template <size_t N>
struct Name {
  char text[N];
  constexpr Name(const char (&given)[N]) { std::copy(given, given + N, text); }
};
// run<"mul.Tensor">(a, b)
template <Name name, class... A>
Tensor run(const A&... arguments) {
  static const OpCall op(name.text);
  return op({Value(arguments)...}).tensor();
}

Tensor rows_of(const Tensor& t, int64_t rows, int64_t n) {
  return alias(t, Layout(Dims{rows, n}, Dims{n, 1}, t.offset()));
}
Tensor column(const Tensor& t, int64_t rows) { return alias(t, Layout(Dims{rows, 1}, Dims{1, 1}, t.offset())); }
Tensor line(const Tensor& t, int64_t n) { return alias(t, Layout(Dims{n}, Dims{1}, t.offset())); }
constexpr uint64_t kFirst = 1, kSecond = 2;

// For each row the position of its class, 0 where it is ignored, and whether it counts.
struct Targets {
  Tensor at, counts;
  Targets(const Tensor& target, int64_t ignore) {
    Tensor t = as_contiguous(cast(target, DType::int64));
    t = column(t, t.numel());
    counts = run<"ne.Tensor">(t, Scalar(ignore));
    at = run<"where.self">(counts, t, run<"zeros_like">(t));
  }
};

}  // namespace

ROUTINE(cuda, layer_norm_forward) = [](const Tensor& x_, int64_t rows, int64_t n, const Tensor& weight,
                                       const Tensor& bias, double eps, const Tensor& out, const Tensor& mean,
                                       const Tensor& rstd) {
  GradMode off(false);
  Tensor x = rows_of(x_, rows, n), variance = empty(Dims{rows}, mean.dtype(), x.device());
  reduce_moments(x, kSecond, 0, false, variance, line(mean, rows));
  copy_elements(line(rstd, rows), run<"rsqrt">(run<"add.Tensor">(variance, Scalar(eps))));
  Tensor y = run<"mul.Tensor">(run<"sub.Tensor">(x, column(mean, rows)), column(rstd, rows));
  if (weight.defined()) y = run<"mul.Tensor">(y, line(weight, n));
  if (bias.defined()) y = run<"add.Tensor">(y, line(bias, n));
  copy_elements(rows_of(out, rows, n), y);
};

ROUTINE(cuda, layer_norm_backward) = [](const Tensor& grad, const Tensor& x_, int64_t rows, int64_t n,
                                        const Tensor& mean, const Tensor& rstd, const Tensor& weight, const Tensor& dx,
                                        const Tensor& grad_weight, const Tensor& grad_bias) {
  GradMode off(false);
  Tensor x = rows_of(x_, rows, n), g = rows_of(grad, rows, n), scale = column(rstd, rows);
  Tensor xhat = run<"mul.Tensor">(run<"sub.Tensor">(x, column(mean, rows)), scale);
  if (grad_weight.defined()) reduce_fold(Fold::sum, run<"mul.Tensor">(g, xhat), kFirst, line(grad_weight, n));
  if (grad_bias.defined()) reduce_fold(Fold::sum, g, kFirst, line(grad_bias, n));
  if (!dx.defined()) return;
  Tensor gw = weight.defined() ? run<"mul.Tensor">(g, line(weight, n)) : g;
  Tensor a = empty(Dims{rows, 1}, x.dtype(), x.device()), b = empty(Dims{rows, 1}, x.dtype(), x.device());
  reduce_fold(Fold::sum, gw, kSecond, a, After::mean);
  reduce_fold(Fold::sum, run<"mul.Tensor">(gw, xhat), kSecond, b, After::mean);
  Tensor d = run<"sub.Tensor">(run<"sub.Tensor">(gw, a), run<"mul.Tensor">(xhat, b));
  copy_elements(rows_of(dx, rows, n), run<"mul.Tensor">(d, scale));
};

// Losses (1 - s) w[t] (lse - x[t]) + s / C · sum over c of w[c] (lse - x[c]).
ROUTINE(cuda, cross_entropy_rows) = [](const Tensor& x_, const Tensor& target, const Tensor& weight, int64_t ignore,
                                       double smoothing, const Tensor& losses, const Tensor& lse) {
  GradMode off(false);
  Tensor x = cast(as_contiguous(x_), lse.dtype());
  const int64_t rows = x.size(0), classes = x.size(1);
  Targets targets(target, ignore);
  copy_elements(line(lse, rows), run<"logsumexp">(x, Dims{1}, false));
  Tensor level = column(lse, rows), w = weight.defined() ? cast(weight, lse.dtype()) : Tensor();
  Tensor loss = run<"sub.Tensor">(level, run<"gather">(x, int64_t{1}, targets.at));
  if (w.defined())
    loss = run<"mul.Tensor">(loss, column(run<"index_select">(w, int64_t{0}, line(targets.at, rows)), rows));
  if (smoothing > 0) {
    Tensor all = run<"sub.Tensor">(level, x);
    if (w.defined()) all = run<"mul.Tensor">(all, w);
    Tensor sum = run<"sum.dim_IntList">(all, Dims{1}, true);
    loss = run<"add.Tensor">(run<"mul.Tensor">(loss, Scalar(1 - smoothing)),
                             run<"mul.Tensor">(sum, Scalar(smoothing / static_cast<double>(classes))));
  }
  copy_elements(column(losses, rows), run<"where.self">(targets.counts, loss, run<"zeros_like">(loss)));
};

ROUTINE(cuda, cross_entropy_rows_backward) = [](const Tensor& grad, const Tensor& x_, const Tensor& target,
                                                const Tensor& weight, int64_t ignore, double smoothing,
                                                const Tensor& lse, const Tensor& result) {
  GradMode off(false);
  Tensor x = cast(as_contiguous(x_), lse.dtype());
  const int64_t rows = x.size(0), classes = x.size(1);
  Targets targets(target, ignore);
  Tensor p = run<"exp">(run<"sub.Tensor">(x, column(as_contiguous(lse), rows)));
  Tensor w = weight.defined() ? cast(weight, lse.dtype()) : Tensor();
  Tensor g = column(cast(as_contiguous(grad), lse.dtype()), rows);
  g = run<"where.self">(targets.counts, g, run<"zeros_like">(g));
  Tensor own = run<"mul.Tensor">(g, Scalar(1 - smoothing));
  if (w.defined())
    own = run<"mul.Tensor">(own, column(run<"index_select">(w, int64_t{0}, line(targets.at, rows)), rows));
  static const OpCall scatter_add("scatter_add");
  Tensor d =
      scatter_add({Value(run<"mul.Tensor">(p, own)), Value(int64_t{1}), Value(targets.at), Value(run<"neg">(own))})
          .tensor();
  if (smoothing > 0) {
    Tensor share = run<"mul.Tensor">(g, Scalar(smoothing / static_cast<double>(classes)));
    Tensor total = w.defined()
                       ? run<"sub.Tensor">(run<"mul.Tensor">(p, run<"sum">(w)), w)
                       : run<"sub.Tensor">(run<"mul.Tensor">(p, Scalar(static_cast<double>(classes))), Scalar(1.0));
    d = run<"add.Tensor">(d, run<"mul.Tensor">(total, share));
  }
  copy_elements(result, d);
};

}  // namespace flambeau::cuda
