// Normalisations: loops over rows and planes on threads. Sums over samples are cut by sizes alone and added in order.
#include "cpu/norm.h"

#include <algorithm>
#include <cmath>

#include "cpu/reduce_kernels.h"
#include "cpu/reduce_plan.h"
#include "cpu/routines.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

constexpr int64_t kTask = 32768;  // elements of a task

template <class F>
void over(int64_t count, int64_t each, F&& f) {
  int64_t per = std::max<int64_t>(1, kTask / std::max<int64_t>(1, each));
  if (count <= per) return f(int64_t{0}, count);
  parallel_tasks((count + per - 1) / per, [&](int64_t t) { f(t * per, std::min(count, (t + 1) * per)); });
}

template <class L>
const L* pointer(const Tensor& t) {
  return t.defined() ? t.data<L>() : nullptr;
}
template <class L>
L* target(const Tensor& t) {
  return t.defined() ? t.data<L>() : nullptr;
}

template <class L>
L row_mean(const L* x, int64_t n) {
  const auto& sum = kernels::fold_fns<L>(kernels::Fold::sum);
  if (n <= kBlock) return sum.row(x, n) / static_cast<L>(n);
  double total = 0;
  for (int64_t at = 0; at < n; at += kBlock) total += sum.row(x + at, std::min(kBlock, n - at));
  return static_cast<L>(total / static_cast<double>(n));
}
template <class L>
L row_variance(const L* x, int64_t n, L mean) {
  const auto& centered = kernels::centered_fns<L>();
  if (n <= kBlock) return centered.row(x, n, mean) / static_cast<L>(n);
  double total = 0;
  for (int64_t at = 0; at < n; at += kBlock) total += centered.row(x + at, std::min(kBlock, n - at), mean);
  return static_cast<L>(total / static_cast<double>(n));
}

template <class L>
void forward_in(const Tensor& x, int64_t rows, int64_t n, const Tensor& weight, const Tensor& bias, double eps,
                const Tensor& out, const Tensor& mean, const Tensor& rstd) {
  const auto& fns = kernels::norm_fns<L>();
  const L *from = x.data<L>(), *w = pointer<L>(weight), *b = pointer<L>(bias);
  L *to = out.data<L>(), *means = mean.data<L>(), *rstds = rstd.data<L>();
  over(rows, n, [&](int64_t r, int64_t end) {
    for (; r < end; ++r) {
      const L* row = from + r * n;
      L m = row_mean(row, n), s = static_cast<L>(1 / std::sqrt(row_variance(row, n, m) + static_cast<L>(eps)));
      means[r] = m;
      rstds[r] = s;
      fns.affine(row, to + r * n, n, m, s, w, b);
    }
  });
}

template <class L>
void backward_in(const Tensor& grad, const Tensor& x, int64_t rows, int64_t n, const Tensor& mean, const Tensor& rstd,
                 const Tensor& weight, const Tensor& dx, const Tensor& grad_weight, const Tensor& grad_bias) {
  const auto& fns = kernels::norm_fns<L>();
  const L *g = grad.data<L>(), *from = x.data<L>(), *w = pointer<L>(weight), *means = mean.data<L>(),
          *rstds = rstd.data<L>();
  L *to = target<L>(dx), *gw = target<L>(grad_weight), *gb = target<L>(grad_bias);
  // Each task has sums of its own for weight and bias; between 1 and 64 tasks, by sizes alone.
  int64_t tasks = std::clamp<int64_t>(rows * n / kTask, 1, std::min<int64_t>(64, rows)),
          per = (rows + tasks - 1) / std::max<int64_t>(1, tasks);
  Buffer<L> part(gw || gb ? 2 * tasks * n : 0);
  if (part.data) std::fill(part.data, part.data + 2 * tasks * n, L(0));
  parallel_tasks(tasks, [&](int64_t t) {
    L *pw = gw ? part.data + 2 * t * n : nullptr, *pb = gb ? part.data + (2 * t + 1) * n : nullptr;
    for (int64_t r = t * per, end = std::min(rows, r + per); r < end; ++r) {
      L sums[2] = {0, 0};
      if (to) fns.sums(g + r * n, from + r * n, w, n, means[r], sums);
      L a = sums[0] / static_cast<L>(n), b = sums[1] * rstds[r] / static_cast<L>(n);
      fns.backward(g + r * n, from + r * n, w, to ? to + r * n : nullptr, pw, pb, n, means[r], rstds[r], a, b);
    }
  });
  const auto& add = kernels::fold_fns<L>(kernels::Fold::sum);
  auto collect = [&](L* result, int64_t which) {
    std::fill(result, result + n, L(0));
    for (int64_t t = 0; t < tasks; t += 8)
      add.columns(result, part.data + (2 * t + which) * n, 2 * n, std::min<int64_t>(8, tasks - t), n);
  };
  if (gw) collect(gw, 0);
  if (gb) collect(gb, 1);
}

// Tasks over channel planes: channels in groups, samples in order.
template <class F>
void over_planes(const Channels& s, F&& f) {
  over(s.samples * s.channels, s.space, [&](int64_t p, int64_t end) {
    for (; p < end; ++p) f(p, p % s.channels);
  });
}

}  // namespace

void layer_norm_forward(const Tensor& x, int64_t rows, int64_t n, const Tensor& weight, const Tensor& bias, double eps,
                        const Tensor& out, const Tensor& mean, const Tensor& rstd) {
  FLAMBEAU_ELSEWHERE(layer_norm_forward, out, x, rows, n, weight, bias, eps, out, mean, rstd);
  if (x.dtype() == DType::float64)
    forward_in<double>(x, rows, n, weight, bias, eps, out, mean, rstd);
  else
    forward_in<float>(x, rows, n, weight, bias, eps, out, mean, rstd);
}
void layer_norm_backward(const Tensor& grad, const Tensor& x, int64_t rows, int64_t n, const Tensor& mean,
                         const Tensor& rstd, const Tensor& weight, const Tensor& dx, const Tensor& grad_weight,
                         const Tensor& grad_bias) {
  FLAMBEAU_ELSEWHERE(layer_norm_backward, grad, grad, x, rows, n, mean, rstd, weight, dx, grad_weight, grad_bias);
  if (x.dtype() == DType::float64)
    backward_in<double>(grad, x, rows, n, mean, rstd, weight, dx, grad_weight, grad_bias);
  else
    backward_in<float>(grad, x, rows, n, mean, rstd, weight, dx, grad_weight, grad_bias);
}

template <class L>
void channel_scale(const Channels& s, const L* x, L* out, const L* a, const L* b) {
  const auto& fns = kernels::norm_fns<L>();
  if (s.last) {
    over(s.samples * s.space, s.channels, [&](int64_t r, int64_t end) {
      for (; r < end; ++r) fns.scale_columns(x + r * s.channels, out + r * s.channels, s.channels, a, b);
    });
  } else {
    over_planes(s, [&](int64_t p, int64_t c) { fns.scale(x + p * s.space, out + p * s.space, s.space, a[c], b[c]); });
  }
}

template <class L>
void channel_sums(const Channels& s, const L* g, const L* x, const L* shift, double* sum_g, double* sum_gx) {
  const auto& fns = kernels::norm_fns<L>();
  std::fill(sum_g, sum_g + s.channels, 0.0);
  std::fill(sum_gx, sum_gx + s.channels, 0.0);
  if (s.last) {
    int64_t rows = s.samples * s.space, tasks = std::clamp<int64_t>(rows * s.channels / kTask, 1, 256),
            per = (rows + tasks - 1) / tasks, n = s.channels;
    Buffer<L> part(2 * tasks * n);
    std::fill(part.data, part.data + 2 * tasks * n, L(0));
    parallel_tasks(tasks, [&](int64_t t) {
      for (int64_t r = t * per, end = std::min(rows, r + per); r < end; ++r)
        fns.sums_columns(g + r * n, x + r * n, n, shift, part.data + 2 * t * n, part.data + (2 * t + 1) * n);
    });
    for (int64_t t = 0; t < tasks; ++t)
      for (int64_t c = 0; c < n; ++c) {
        sum_g[c] += part.data[2 * t * n + c];
        sum_gx[c] += part.data[(2 * t + 1) * n + c];
      }
    return;
  }
  Buffer<L> part(2 * s.samples * s.channels);
  over(s.samples * s.channels, s.space, [&](int64_t p, int64_t end) {
    while (p < end) {
      const int64_t c = p % s.channels, planes = std::min({int64_t{4}, end - p, s.channels - c});
      fns.plane_sums(g + p * s.space, x + p * s.space, s.space, planes, shift + c, part.data + 2 * p);
      p += planes;
    }
  });
  for (int64_t p = 0; p < s.samples * s.channels; ++p) {
    sum_g[p % s.channels] += part.data[2 * p];
    sum_gx[p % s.channels] += part.data[2 * p + 1];
  }
}

template <class L>
void channel_mix(const Channels& s, const L* g, const L* x, L* out, const kernels::ChannelMix<const L*>& m) {
  const auto& fns = kernels::norm_fns<L>();
  if (s.last) {
    int64_t n = s.channels;
    over(s.samples * s.space, n, [&](int64_t r, int64_t end) {
      for (; r < end; ++r) fns.mix_columns(g + r * n, x + r * n, out + r * n, n, m);
    });
  } else {
    over_planes(s, [&](int64_t p, int64_t k) {
      fns.mix(g + p * s.space, x + p * s.space, out + p * s.space, s.space,
              {m.weight[k], m.mean_g[k], m.mean[k], m.slope[k], m.scale[k]});
    });
  }
}

#define INSTANCES(L)                                                                              \
  template void channel_scale<L>(const Channels&, const L*, L*, const L*, const L*);              \
  template void channel_sums<L>(const Channels&, const L*, const L*, const L*, double*, double*); \
  template void channel_mix<L>(const Channels&, const L*, const L*, L*, const kernels::ChannelMix<const L*>&);
INSTANCES(float)
INSTANCES(double)
#undef INSTANCES

}  // namespace flambeau
