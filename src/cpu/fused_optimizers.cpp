// Vector code of the fused update rules, compiled once per instruction set.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#endif
#include "cpu/fused_optimizers.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/fused_optimizers.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::fused::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Runs `body(d, i, mask)` for each vector of n elements; the last one may be partial.
template <class T, class Body>
HWY_INLINE void for_vectors(size_t n, Body&& body) {
  const hn::ScalableTag<T> d;
  const size_t step = hn::Lanes(d);
  const auto whole = hn::FirstN(d, step);
  size_t i = 0;
  for (; i + step <= n; i += step) body(d, i, whole, true);
  if (i < n) body(d, i, hn::FirstN(d, n - i), false);
}
template <class D, class M, class T>
HWY_INLINE hn::Vec<D> load(D d, M m, bool whole, const T* from) {
  return whole ? hn::LoadU(d, from) : hn::MaskedLoad(m, d, from);
}
template <class D, class M, class T>
HWY_INLINE void store(D d, M m, bool whole, hn::Vec<D> v, T* to) {
  if (whole)
    hn::StoreU(v, d, to);
  else
    hn::BlendedStore(v, m, d, to);
}
// The gradient, unscaled and written back, with sign and weight decay.
template <class D, class M, class T>
HWY_INLINE hn::Vec<D> gradient(D d, M m, bool whole, const Step& s, hn::Vec<D> p, T* g) {
  auto v = load(d, m, whole, g);
  if (s.grad_scale != 1) {
    v = hn::Div(v, hn::Set(d, static_cast<T>(s.grad_scale)));
    store(d, m, whole, v, g);
  }
  if (s.maximize) v = hn::Neg(v);
  if (s.weight_decay != 0) v = hn::Add(v, hn::Mul(p, hn::Set(d, static_cast<T>(s.weight_decay))));
  return v;
}

template <class T>
void sgd_(const Step& s, T* p, T* g, T* velocity, size_t n) {
  for_vectors<T>(n, [&](auto d, size_t i, auto m, bool whole) {
    auto x = load(d, m, whole, p + i);
    auto v = gradient(d, m, whole, s, x, g + i);
    if (velocity) {
      auto u = s.first ? v
                       : hn::Add(hn::Mul(load(d, m, whole, velocity + i), hn::Set(d, static_cast<T>(s.momentum))),
                                 hn::Mul(v, hn::Set(d, static_cast<T>(s.damped))));
      store(d, m, whole, u, velocity + i);
      v = s.nesterov ? hn::Add(v, hn::Mul(u, hn::Set(d, static_cast<T>(s.momentum)))) : u;
    }
    store(d, m, whole, hn::Sub(x, hn::Mul(v, hn::Set(d, static_cast<T>(s.lr)))), p + i);
  });
}

template <class T>
void adam_(const Step& s, T* p, T* g, T* mean, T* square, T* most, size_t n) {
  for_vectors<T>(n, [&](auto d, size_t i, auto m, bool whole) {
    auto x = load(d, m, whole, p + i);
    auto v = gradient(d, m, whole, s, x, g + i);
    if (s.shrink != 1) x = hn::Mul(x, hn::Set(d, static_cast<T>(s.shrink)));
    auto first = load(d, m, whole, mean + i);
    first = hn::Add(first, hn::Mul(hn::Sub(v, first), hn::Set(d, static_cast<T>(1 - s.beta1))));
    auto second = hn::Mul(load(d, m, whole, square + i), hn::Set(d, static_cast<T>(s.beta2)));
    second = hn::Add(second, hn::Mul(hn::Mul(v, v), hn::Set(d, static_cast<T>(1 - s.beta2))));
    store(d, m, whole, first, mean + i);
    store(d, m, whole, second, square + i);
    if (most) {
      second = hn::Max(load(d, m, whole, most + i), second);
      store(d, m, whole, second, most + i);
    }
    auto root =
        hn::Add(hn::Div(hn::Sqrt(second), hn::Set(d, static_cast<T>(s.root))), hn::Set(d, static_cast<T>(s.eps)));
    store(d, m, whole, hn::Sub(x, hn::Div(hn::Mul(first, hn::Set(d, static_cast<T>(s.lr))), root)), p + i);
  });
}

template <class T>
void adagrad_(const Step& s, T* p, T* g, T* sum, size_t n) {
  for_vectors<T>(n, [&](auto d, size_t i, auto m, bool whole) {
    auto x = load(d, m, whole, p + i);
    auto v = gradient(d, m, whole, s, x, g + i);
    auto total = hn::Add(load(d, m, whole, sum + i), hn::Mul(v, v));
    store(d, m, whole, total, sum + i);
    auto root = hn::Add(hn::Sqrt(total), hn::Set(d, static_cast<T>(s.eps)));
    store(d, m, whole, hn::Sub(x, hn::Mul(hn::Div(v, root), hn::Set(d, static_cast<T>(s.lr)))), p + i);
  });
}

void sgd_float(const Step& s, float* p, float* g, float* v, size_t n) { sgd_(s, p, g, v, n); }
void sgd_double(const Step& s, double* p, double* g, double* v, size_t n) { sgd_(s, p, g, v, n); }
void adam_float(const Step& s, float* p, float* g, float* a, float* b, float* c, size_t n) {
  adam_(s, p, g, a, b, c, n);
}
void adam_double(const Step& s, double* p, double* g, double* a, double* b, double* c, size_t n) {
  adam_(s, p, g, a, b, c, n);
}
void adagrad_float(const Step& s, float* p, float* g, float* v, size_t n) { adagrad_(s, p, g, v, n); }
void adagrad_double(const Step& s, double* p, double* g, double* v, size_t n) { adagrad_(s, p, g, v, n); }

}  // namespace flambeau::fused::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::fused {
HWY_EXPORT(sgd_float);
HWY_EXPORT(sgd_double);
HWY_EXPORT(adam_float);
HWY_EXPORT(adam_double);
HWY_EXPORT(adagrad_float);
HWY_EXPORT(adagrad_double);
template <>
void sgd(const Step& s, float* p, float* g, float* v, size_t n) {
  HWY_DYNAMIC_DISPATCH(sgd_float)(s, p, g, v, n);
}
template <>
void sgd(const Step& s, double* p, double* g, double* v, size_t n) {
  HWY_DYNAMIC_DISPATCH(sgd_double)(s, p, g, v, n);
}
template <>
void adam(const Step& s, float* p, float* g, float* a, float* b, float* c, size_t n) {
  HWY_DYNAMIC_DISPATCH(adam_float)(s, p, g, a, b, c, n);
}
template <>
void adam(const Step& s, double* p, double* g, double* a, double* b, double* c, size_t n) {
  HWY_DYNAMIC_DISPATCH(adam_double)(s, p, g, a, b, c, n);
}
template <>
void adagrad(const Step& s, float* p, float* g, float* v, size_t n) {
  HWY_DYNAMIC_DISPATCH(adagrad_float)(s, p, g, v, n);
}
template <>
void adagrad(const Step& s, double* p, double* g, double* v, size_t n) {
  HWY_DYNAMIC_DISPATCH(adagrad_double)(s, p, g, v, n);
}
}  // namespace flambeau::fused
#endif
