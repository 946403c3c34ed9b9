// Softmax and its relatives over rows or columns; narrow types pass through rows of float.
#include "cpu/softmax.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpu/dispatch.h"
#include "cpu/reduce_plan.h"
#include "cpu/routines.h"
#include "cpu/softmax_kernels.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

constexpr int64_t kTask = 32768;  // elements of a task

struct Shape {
  int64_t outer = 1, n = 1, inner = 1;
  Shape(const Tensor& t, int64_t dim) {
    if (t.dim() == 0) return;
    for (int64_t d = 0; d < dim; ++d) outer *= t.size(d);
    n = t.size(dim);
    for (int64_t d = dim + 1; d < t.dim(); ++d) inner *= t.size(d);
  }
};

// Calls f(row begin, row end) on threads; a task is about kTask elements.
template <class F>
void over_rows(int64_t rows, int64_t n, F&& f) {
  int64_t per = std::max<int64_t>(1, kTask / std::max<int64_t>(1, n));
  if (rows <= per) return f(int64_t{0}, rows);
  parallel_tasks((rows + per - 1) / per, [&](int64_t t) { f(t * per, std::min(rows, (t + 1) * per)); });
}
// Columns: blocks of columns so narrow that all rows of a block stay in the cache near the processor.
template <class F>
void over_columns(const Shape& s, F&& f) {
  int64_t width = s.n <= 64 ? 512 : s.n <= 1024 ? 64 : 32, tiles = (s.inner + width - 1) / width;
  parallel_tasks(s.outer * tiles, [&](int64_t t) {
    int64_t at = t % tiles * width;
    f(t / tiles, at, std::min(width, s.inner - at));
  });
}

template <class L>
void forward_in(const Tensor& x, const Shape& s, bool log, const Tensor& out) {
  const auto& fns = kernels::softmax_fns<L>();
  const L* from = x.data<L>();
  L* to = out.data<L>();
  if (s.inner == 1) {
    over_rows(s.outer, s.n, [&](int64_t a, int64_t b) {
      for (; a < b; ++a) fns.row(from + a * s.n, to + a * s.n, s.n, log);
    });
    return;
  }
  over_columns(s, [&](int64_t o, int64_t at, int64_t width) {
    L room[1024];
    fns.columns(from + o * s.n * s.inner + at, to + o * s.n * s.inner + at, s.inner, s.n, width, log, room);
  });
}
template <class L>
void backward_in(const Tensor& grad, const Tensor& out, const Shape& s, bool log, const Tensor& result) {
  const auto& fns = kernels::softmax_fns<L>();
  const L *g = grad.data<L>(), *y = out.data<L>();
  L* to = result.data<L>();
  if (s.inner == 1) {
    over_rows(s.outer, s.n, [&](int64_t a, int64_t b) {
      for (; a < b; ++a) fns.row_backward(g + a * s.n, y + a * s.n, to + a * s.n, s.n, log);
    });
    return;
  }
  over_columns(s, [&](int64_t o, int64_t at, int64_t width) {
    L room[1024];
    int64_t base = o * s.n * s.inner + at;
    fns.columns_backward(g + base, y + base, to + base, s.inner, s.n, width, log, room);
  });
}

DType lane_type(DType t) { return t == DType::float64 ? t : DType::float32; }

}  // namespace

void softmax_forward(const Tensor& x_, int64_t dim, bool log, const Tensor& out) {
  if (out.numel() == 0) return;
  FLAMBEAU_ELSEWHERE(softmax_forward, out, x_, dim, log, out);
  Shape s(x_, dim);
  if (out.dtype() == DType::float64) return forward_in<double>(as_contiguous(cast(x_, DType::float64)), s, log, out);
  Tensor x = as_contiguous(x_);
  if (x.dtype() == DType::float32 && out.dtype() == DType::float32) return forward_in<float>(x, s, log, out);
  if (s.inner == 1) {  // narrow rows: convert, compute, convert back, in the cache
    auto load = load_convert(x.dtype(), Lane::f32);
    auto store = store_convert(Lane::f32, out.dtype());
    const auto& fns = kernels::softmax_fns<float>();
    const char* from = static_cast<const char*>(x.data());
    char* to = static_cast<char*>(out.data());
    int64_t in = x.itemsize(), on = out.itemsize();
    over_rows(s.outer, s.n, [&](int64_t a, int64_t b) {
      Buffer<float> row(s.n);
      for (; a < b; ++a) {
        load(row.data, from + a * s.n * in, s.n);
        fns.row(row.data, row.data, s.n, log);
        store(to + a * s.n * on, row.data, s.n);
      }
    });
    return;
  }
  Tensor wide = empty(out.sizes(), DType::float32);
  forward_in<float>(as_contiguous(cast(x, DType::float32)), s, log, wide);
  copy_elements(out, wide);
}

void softmax_backward(const Tensor& grad, const Tensor& out, int64_t dim, bool log, const Tensor& result) {
  if (result.numel() == 0) return;
  FLAMBEAU_ELSEWHERE(softmax_backward, result, grad, out, dim, log, result);
  Shape s(out, dim);
  DType lane = lane_type(out.dtype());
  Tensor g = as_contiguous(cast(grad, lane)), y = as_contiguous(cast(out, lane));
  Tensor to = result.dtype() == lane ? result : empty(result.sizes(), lane);
  if (lane == DType::float64)
    backward_in<double>(g, y, s, log, to);
  else
    backward_in<float>(g, y, s, log, to);
  if (!to.is(result)) copy_elements(result, to);
}

namespace {
template <class L>
void logsumexp_in(const Tensor& x, const Shape& s, L* to) {
  const auto& fns = kernels::softmax_fns<L>();
  const L* from = x.data<L>();
  if (s.inner == 1) {
    // Long rows are cut into chunks, so that one row occupies several threads.
    int64_t chunks = std::max<int64_t>(1, (s.n + kChunk - 1) / kChunk);
    Buffer<L> largest(s.outer * chunks), sum(s.outer * chunks);
    over_rows(s.outer * chunks, std::min(s.n, kChunk), [&](int64_t a, int64_t b) {
      for (; a < b; ++a) {
        int64_t at = a % chunks * kChunk;
        sum.data[a] = fns.row_exp_sum(from + a / chunks * s.n + at, std::min(kChunk, s.n - at), largest.data + a);
      }
    });
    for (int64_t o = 0; o < s.outer; ++o) {
      const L *m = largest.data + o * chunks, *e = sum.data + o * chunks;
      L top = *std::max_element(m, m + chunks), total = 0;
      for (int64_t c = 0; c < chunks; ++c) total += e[c] == 0 ? L(0) : e[c] * std::exp(m[c] - top);
      to[o] = s.n == 0 ? -std::numeric_limits<L>::infinity() : top + std::log(total);
    }
    return;
  }
  over_columns(s, [&](int64_t o, int64_t at, int64_t width) {
    L largest[512], sum[512];
    fns.columns_exp_sum(from + o * s.n * s.inner + at, s.inner, s.n, width, largest, sum);
    for (int64_t i = 0; i < width; ++i)
      to[o * s.inner + at + i] = s.n == 0 ? -std::numeric_limits<L>::infinity() : largest[i] + std::log(sum[i]);
  });
}
}  // namespace

void logsumexp_forward(const Tensor& x_, int64_t dim, const Tensor& result) {
  if (result.numel() == 0) return;
  FLAMBEAU_ELSEWHERE(logsumexp_forward, result, x_, dim, result);
  Shape s(x_, dim);
  DType lane = lane_type(result.dtype());
  Tensor x = as_contiguous(cast(x_, lane));
  Tensor to = result.dtype() == lane ? result : empty(result.sizes(), lane);
  if (lane == DType::float64)
    logsumexp_in<double>(x, s, to.data<double>());
  else
    logsumexp_in<float>(x, s, to.data<float>());
  if (!to.is(result)) copy_elements(result, to);
}

// --- cross entropy --------------------------------------------------------------------------------------------------
namespace {
template <class L, class Body>
void entropy_rows(const Tensor& x, Body&& body) {
  int64_t rows = x.size(0), n = x.size(1), item = x.itemsize();
  ConvertFn load =
      x.dtype() == dtype_of<L>() ? nullptr : load_convert(x.dtype(), std::is_same_v<L, double> ? Lane::f64 : Lane::f32);
  const char* base = static_cast<const char*>(x.data());
  over_rows(rows, n, [&](int64_t a, int64_t b) {
    Buffer<L> room(load ? n : 0);
    for (; a < b; ++a) {
      const char* p = base + a * n * item;
      if (load) load(room.data, p, n);
      body(a, load ? room.data : reinterpret_cast<const L*>(p), n);
    }
  });
}

template <class L>
void entropy_forward(const Tensor& x, const int64_t* target, const L* weight, int64_t ignore, double smoothing,
                     L* losses, L* lse) {
  const auto& fns = kernels::softmax_fns<L>();
  entropy_rows<L>(x, [&](int64_t r, const L* row, int64_t n) {
    L largest, sum = fns.row_exp_sum(row, n, &largest);
    lse[r] = largest + std::log(sum);
    int64_t t = target[r];
    if (t == ignore) {
      losses[r] = 0;
      return;
    }
    L loss = (lse[r] - row[t]) * (weight ? weight[t] : L(1));
    if (smoothing > 0) {
      L all = 0;
      if (weight)
        for (int64_t i = 0; i < n; ++i) all += weight[i] * (lse[r] - row[i]);
      else
        all = static_cast<L>(n) * lse[r] - fns.row_sum(row, n);
      loss = static_cast<L>(1 - smoothing) * loss + static_cast<L>(smoothing / static_cast<double>(n)) * all;
    }
    losses[r] = loss;
  });
}

template <class L>
void entropy_backward(const L* grad, const Tensor& x, const int64_t* target, const L* weight, int64_t ignore,
                      double smoothing, const L* lse, const Tensor& result) {
  const auto& fns = kernels::softmax_fns<L>();
  int64_t item = result.itemsize();
  char* out = static_cast<char*>(result.data());
  ConvertFn store = result.dtype() == dtype_of<L>()
                        ? nullptr
                        : store_convert(std::is_same_v<L, double> ? Lane::f64 : Lane::f32, result.dtype());
  double total_weight = 0;
  if (weight && smoothing > 0)
    for (int64_t i = 0; i < x.size(1); ++i) total_weight += weight[i];
  entropy_rows<L>(x, [&](int64_t r, const L* row, int64_t n) {
    char* p = out + r * n * item;
    int64_t t = target[r];
    if (t == ignore) {
      std::memset(p, 0, n * item);
      return;
    }
    Buffer<L> room(store ? n : 0);
    L* to = store ? room.data : reinterpret_cast<L*>(p);
    L g = grad[r], w = weight ? weight[t] : L(1), even = static_cast<L>(smoothing / static_cast<double>(n)),
      sharp = static_cast<L>(1 - smoothing);
    L scale = g * (sharp * w + even * static_cast<L>(weight ? total_weight : static_cast<double>(n)) *
                                   (smoothing > 0 ? L(1) : L(0)));
    fns.row_exp(row, to, n, lse[r], scale, weight || smoothing == 0 ? L(0) : -g * even);
    if (weight && smoothing > 0)
      for (int64_t i = 0; i < n; ++i) to[i] -= g * even * weight[i];
    to[t] -= g * sharp * w;
    if (store) store(p, to, n);
  });
}
}  // namespace

void cross_entropy_rows(const Tensor& x_, const Tensor& target, const Tensor& weight, int64_t ignore, double smoothing,
                        const Tensor& losses, const Tensor& lse) {
  FLAMBEAU_ELSEWHERE(cross_entropy_rows, losses, x_, target, weight, ignore, smoothing, losses, lse);
  Tensor x = as_contiguous(x_), t = as_contiguous(cast(target, DType::int64));
  Tensor w = weight.defined() ? as_contiguous(cast(weight, losses.dtype())) : Tensor();
  if (losses.dtype() == DType::float64)
    entropy_forward<double>(x, t.data<int64_t>(), w.defined() ? w.data<double>() : nullptr, ignore, smoothing,
                            losses.data<double>(), lse.data<double>());
  else
    entropy_forward<float>(x, t.data<int64_t>(), w.defined() ? w.data<float>() : nullptr, ignore, smoothing,
                           losses.data<float>(), lse.data<float>());
}

void cross_entropy_rows_backward(const Tensor& grad, const Tensor& x_, const Tensor& target, const Tensor& weight,
                                 int64_t ignore, double smoothing, const Tensor& lse_, const Tensor& result) {
  FLAMBEAU_ELSEWHERE(cross_entropy_rows_backward, result, grad, x_, target, weight, ignore, smoothing, lse_, result);
  Tensor x = as_contiguous(x_), t = as_contiguous(cast(target, DType::int64)), lse = as_contiguous(lse_),
         g = as_contiguous(cast(grad, lse.dtype()));
  Tensor w = weight.defined() ? as_contiguous(cast(weight, lse.dtype())) : Tensor();
  if (lse.dtype() == DType::float64)
    entropy_backward<double>(g.data<double>(), x, t.data<int64_t>(), w.defined() ? w.data<double>() : nullptr, ignore,
                             smoothing, lse.data<double>(), result);
  else
    entropy_backward<float>(g.data<float>(), x, t.data<int64_t>(), w.defined() ? w.data<float>() : nullptr, ignore,
                            smoothing, lse.data<float>(), result);
}

}  // namespace flambeau
