// Vector loops of the normalisations, compiled once per instruction set.
#include "cpu/norm_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/norm_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class M, class T>
HWY_INLINE auto load(D d, M m, bool whole, const T* p) {
  return whole ? hn::LoadU(d, p) : hn::MaskedLoad(m, d, p);
}
template <class D, class M, class V, class T>
HWY_INLINE void store(D d, M m, bool whole, V v, T* p) {
  if (whole)
    hn::StoreU(v, d, p);
  else
    hn::BlendedStore(v, m, d, p);
}
template <class T, class Body>
HWY_INLINE void each(size_t n, Body&& body) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  const auto all = hn::FirstN(d, N);
  size_t i = 0;
  for (; i + 2 * N <= n; i += 2 * N) {
    body(d, i, all, true);
    body(d, i + N, all, true);
  }
  for (; i + N <= n; i += N) body(d, i, all, true);
  if (i < n) body(d, i, hn::FirstN(d, n - i), false);
}
template <class D, class V>
HWY_INLINE hn::TFromD<D> total_of(D d, V v) {
  HWY_ALIGN hn::TFromD<D> lanes[HWY_MAX_BYTES / sizeof(hn::TFromD<D>)];
  hn::Store(v, d, lanes);
  for (size_t w = hn::Lanes(d) / 2; w > 0; w /= 2)
    for (size_t j = 0; j < w; ++j) lanes[j] += lanes[j + w];
  return lanes[0];
}

template <class T>
void affine(const T* x, T* out, size_t n, T mean, T rstd, const T* weight, const T* bias) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    auto v = hn::Mul(hn::Sub(load(d, m, whole, x + i), hn::Set(d, mean)), hn::Set(d, rstd));
    if (weight) v = hn::Mul(v, load(d, m, whole, weight + i));
    if (bias) v = hn::Add(v, load(d, m, whole, bias + i));
    store(d, m, whole, v, out + i);
  });
}

template <class T>
void sums(const T* g, const T* x, const T* weight, size_t n, T shift, T* result) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  const auto s = hn::Set(d, shift), zero = hn::Zero(d);
  result[0] = result[1] = 0;
  for (size_t from = 0; from < n; from += 4096) {
    const size_t to = HWY_MIN(n, from + 4096);
    auto a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    size_t i = from;
    auto term = [&](size_t at, auto m, bool whole) HWY_ATTR {
      const auto v = load(d, m, whole, g + at);
      return weight ? hn::Mul(v, load(d, m, whole, weight + at)) : v;
    };
    const auto all = hn::FirstN(d, N);
    for (; i + 2 * N <= to; i += 2 * N) {
      const auto u = term(i, all, true), v = term(i + N, all, true);
      a0 = hn::Add(a0, u);
      a1 = hn::Add(a1, v);
      b0 = hn::MulAdd(u, hn::Sub(hn::LoadU(d, x + i), s), b0);
      b1 = hn::MulAdd(v, hn::Sub(hn::LoadU(d, x + i + N), s), b1);
    }
    for (; i < to; i += N) {
      const bool whole = i + N <= to;
      const auto m = hn::FirstN(d, to - i);
      const auto u = term(i, m, whole);
      a0 = hn::Add(a0, u);
      b0 = hn::MulAdd(u, hn::Sub(load(d, m, whole, x + i), s), b0);
    }
    result[0] += total_of(d, hn::Add(a0, a1));
    result[1] += total_of(d, hn::Add(b0, b1));
  }
}

// One chain of additions for each plane, next to each other to hide their latency.
template <class T, size_t Planes>
HWY_INLINE void sums_of_planes(const T* g, const T* x, size_t n, const T* shift, T* result) {
  const hn::CappedTag<T, 32 / sizeof(T)> d;
  using V = hn::VFromD<decltype(d)>;
  const size_t N = hn::Lanes(d);
  for (size_t p = 0; p < 2 * Planes; ++p) result[p] = 0;
  for (size_t from = 0; from < n; from += 4096) {
    const size_t to = HWY_MIN(n, from + 4096);
    V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    auto step = [&](size_t i, auto m, bool whole) HWY_ATTR {
      auto take = [&](size_t p, V& a, V& b) HWY_ATTR {
        const auto v = load(d, m, whole, g + p * n + i);
        a = hn::Add(a, v);
        b = hn::MulAdd(v, hn::Sub(load(d, m, whole, x + p * n + i), hn::Set(d, shift[p])), b);
      };
      take(0, a0, b0);
      if constexpr (Planes > 1) take(1, a1, b1), take(2, a2, b2), take(3, a3, b3);
    };
    size_t i = from;
    for (const auto all = hn::FirstN(d, N); i + N <= to; i += N) step(i, all, true);
    if (i < to) step(i, hn::FirstN(d, to - i), false);
    auto give = [&](size_t p, V a, V b) HWY_ATTR {
      result[2 * p] += total_of(d, a);
      result[2 * p + 1] += total_of(d, b);
    };
    give(0, a0, b0);
    if constexpr (Planes > 1) give(1, a1, b1), give(2, a2, b2), give(3, a3, b3);
  }
}
template <class T>
void plane_sums(const T* g, const T* x, size_t n, size_t planes, const T* shift, T* result) {
  if (planes == 4) return sums_of_planes<T, 4>(g, x, n, shift, result);
  for (size_t p = 0; p < planes; ++p) sums_of_planes<T, 1>(g + p * n, x + p * n, n, shift + p, result + 2 * p);
}

template <class T>
void backward(const T* g, const T* x, const T* weight, T* dx, T* grad_weight, T* grad_bias, size_t n, T mean, T rstd,
              T a, T b) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    const auto v = load(d, m, whole, g + i);
    const auto xhat = hn::Mul(hn::Sub(load(d, m, whole, x + i), hn::Set(d, mean)), hn::Set(d, rstd));
    if (grad_weight) store(d, m, whole, hn::MulAdd(v, xhat, load(d, m, whole, grad_weight + i)), grad_weight + i);
    if (grad_bias) store(d, m, whole, hn::Add(v, load(d, m, whole, grad_bias + i)), grad_bias + i);
    if (dx) {
      const auto u = weight ? hn::Mul(v, load(d, m, whole, weight + i)) : v;
      store(d, m, whole, hn::Mul(hn::Set(d, rstd), hn::NegMulAdd(xhat, hn::Set(d, b), hn::Sub(u, hn::Set(d, a)))),
            dx + i);
    }
  });
}

template <class T>
void scale(const T* x, T* out, size_t n, T a, T b) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    store(d, m, whole, hn::MulAdd(load(d, m, whole, x + i), hn::Set(d, a), hn::Set(d, b)), out + i);
  });
}
// Differences come before products: where g is constant, its mean takes all of it away and leaves no rounding error.
template <class V>
HWY_INLINE V mixed(V g, V x, V weight, V mean_g, V mean, V slope, V scale) {
  return hn::Mul(scale, hn::NegMulAdd(hn::Sub(x, mean), slope, hn::MulSub(g, weight, mean_g)));
}
template <class T>
void mix(const T* g, const T* x, T* out, size_t n, const ChannelMix<T>& c) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    store(d, m, whole,
          mixed(load(d, m, whole, g + i), load(d, m, whole, x + i), hn::Set(d, c.weight), hn::Set(d, c.mean_g),
                hn::Set(d, c.mean), hn::Set(d, c.slope), hn::Set(d, c.scale)),
          out + i);
  });
}
template <class T>
void scale_columns(const T* x, T* out, size_t n, const T* a, const T* b) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    store(d, m, whole, hn::MulAdd(load(d, m, whole, x + i), load(d, m, whole, a + i), load(d, m, whole, b + i)),
          out + i);
  });
}
template <class T>
void mix_columns(const T* g, const T* x, T* out, size_t n, const ChannelMix<const T*>& c) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    auto at = [&](const T* p) HWY_ATTR { return load(d, m, whole, p + i); };
    store(d, m, whole, mixed(at(g), at(x), at(c.weight), at(c.mean_g), at(c.mean), at(c.slope), at(c.scale)), out + i);
  });
}
template <class T>
void sums_columns(const T* g, const T* x, size_t n, const T* shift, T* sum_g, T* sum_gx) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    const auto v = load(d, m, whole, g + i);
    const auto u = hn::Sub(load(d, m, whole, x + i), load(d, m, whole, shift + i));
    store(d, m, whole, hn::Add(v, load(d, m, whole, sum_g + i)), sum_g + i);
    store(d, m, whole, hn::MulAdd(v, u, load(d, m, whole, sum_gx + i)), sum_gx + i);
  });
}

template <class T>
NormFns<T> all_of() {
  return {&affine<T>, &sums<T>,          &backward<T>,    &plane_sums<T>,  &scale<T>,
          &mix<T>,    &scale_columns<T>, &mix_columns<T>, &sums_columns<T>};
}
void fill_norms_(NormFns<float>* f, NormFns<double>* d) {
  *f = all_of<float>();
  *d = all_of<double>();
}

}  // namespace flambeau::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::kernels {
HWY_EXPORT(fill_norms_);
namespace {
struct Tables {
  NormFns<float> f32;
  NormFns<double> f64;
  Tables() { HWY_DYNAMIC_DISPATCH(fill_norms_)(&f32, &f64); }
};
const Tables& tables() {
  static const Tables t;
  return t;
}
}  // namespace
template <>
const NormFns<float>& norm_fns<float>() {
  return tables().f32;
}
template <>
const NormFns<double>& norm_fns<double>() {
  return tables().f64;
}
}  // namespace flambeau::kernels
#endif
