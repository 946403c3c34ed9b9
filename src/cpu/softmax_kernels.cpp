// Vector loops of softmax and its relatives, compiled once per instruction set.
#include "cpu/softmax_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/softmax_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include "loops/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
constexpr T kLowest = -std::numeric_limits<T>::infinity();

template <class D, class V>
HWY_INLINE V larger(D, V a, V x) {
  return hn::IfThenElse(hn::Or(hn::Lt(a, x), hn::IsNaN(x)), x, a);
}
template <class D, class V>
HWY_INLINE V exp_of(D d, V x) {
  return loops::HWY_NAMESPACE::exp_v(d, x);
}

template <class T>
HWY_INLINE T max_of_row(const T* HWY_RESTRICT x, size_t n) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  auto a = hn::Set(d, kLowest<T>), b = a, c = a, e = a;
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
    a = larger(d, a, hn::LoadU(d, x + i));
    b = larger(d, b, hn::LoadU(d, x + i + N));
    c = larger(d, c, hn::LoadU(d, x + i + 2 * N));
    e = larger(d, e, hn::LoadU(d, x + i + 3 * N));
  }
  for (; i + N <= n; i += N) a = larger(d, a, hn::LoadU(d, x + i));
  if (i < n) {
    const auto m = hn::FirstN(d, n - i);
    b = larger(d, b, hn::IfThenElse(m, hn::MaskedLoad(m, d, x + i), hn::Set(d, kLowest<T>)));
  }
  a = larger(d, larger(d, a, b), larger(d, c, e));
  HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(a, d, lanes);
  T best = lanes[0];
  for (size_t j = 1; j < N; ++j)
    if (lanes[j] > best || lanes[j] != lanes[j]) best = lanes[j];
  return best;
}

// body(d, index, mask, whole) gives what is added; summed by blocks of 4,096 in four accumulators.
template <class T, class Body>
HWY_INLINE T sum_over(size_t n, Body&& body) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  T total = 0;
  for (size_t from = 0; from < n; from += 4096) {
    const size_t to = HWY_MIN(n, from + 4096);
    auto a = hn::Zero(d), b = a, c = a, e = a;
    const auto all = hn::FirstN(d, N);
    size_t i = from;
    for (; i + 4 * N <= to; i += 4 * N) {
      a = hn::Add(a, body(d, i, all, true));
      b = hn::Add(b, body(d, i + N, all, true));
      c = hn::Add(c, body(d, i + 2 * N, all, true));
      e = hn::Add(e, body(d, i + 3 * N, all, true));
    }
    for (; i + N <= to; i += N) a = hn::Add(a, body(d, i, all, true));
    if (i < to) {
      const auto m = hn::FirstN(d, to - i);
      b = hn::Add(b, hn::IfThenElseZero(m, body(d, i, m, false)));
    }
    HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(hn::Add(hn::Add(a, b), hn::Add(c, e)), d, lanes);
    for (size_t w = N / 2; w > 0; w /= 2)
      for (size_t j = 0; j < w; ++j) lanes[j] += lanes[j + w];
    total += lanes[0];
  }
  return total;
}
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
// body(d, index, mask, whole) for every vector of a row.
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

template <class T>
void softmax_row(const T* x, T* out, size_t n, bool log) {
  const T largest = max_of_row(x, n);
  if (log) {
    const T sum = sum_over<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      return exp_of(d, hn::Sub(load(d, m, whole, x + i), hn::Set(d, largest)));
    });
    const T shift = std::log(sum);
    each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      store(d, m, whole, hn::Sub(hn::Sub(load(d, m, whole, x + i), hn::Set(d, largest)), hn::Set(d, shift)), out + i);
    });
    return;
  }
  const T sum = sum_over<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    const auto e = exp_of(d, hn::Sub(load(d, m, whole, x + i), hn::Set(d, largest)));
    store(d, m, whole, e, out + i);
    return e;
  });
  const T scale = 1 / sum;
  each<T>(n, [&](auto d, size_t i, auto m, bool whole)
                 HWY_ATTR { store(d, m, whole, hn::Mul(load(d, m, whole, out + i), hn::Set(d, scale)), out + i); });
}

template <class T>
void softmax_row_backward(const T* g, const T* y, T* result, size_t n, bool log) {
  if (log) {
    const T sum =
        sum_over<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR { return load(d, m, whole, g + i); });
    each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      store(d, m, whole, hn::NegMulAdd(exp_of(d, load(d, m, whole, y + i)), hn::Set(d, sum), load(d, m, whole, g + i)),
            result + i);
    });
    return;
  }
  const T dot = sum_over<T>(n, [&](auto d, size_t i, auto m, bool whole)
                                   HWY_ATTR { return hn::Mul(load(d, m, whole, g + i), load(d, m, whole, y + i)); });
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    store(d, m, whole, hn::Mul(hn::Sub(load(d, m, whole, g + i), hn::Set(d, dot)), load(d, m, whole, y + i)),
          result + i);
  });
}

template <class T>
void softmax_columns(const T* x, T* out, ptrdiff_t stride, size_t n, size_t width, bool log, T* room) {
  T *largest = room, *sum = room + width;
  std::fill(largest, largest + width, kLowest<T>);
  std::fill(sum, sum + width, T(0));
  for (size_t r = 0; r < n; ++r) {
    const T* row = x + static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      store(d, m, whole, larger(d, load(d, m, whole, largest + i), load(d, m, whole, row + i)), largest + i);
    });
  }
  for (size_t r = 0; r < n; ++r) {
    const T* row = x + static_cast<ptrdiff_t>(r) * stride;
    T* to = out + static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      const auto e = exp_of(d, hn::Sub(load(d, m, whole, row + i), load(d, m, whole, largest + i)));
      if (!log) store(d, m, whole, e, to + i);
      store(d, m, whole, hn::Add(load(d, m, whole, sum + i), e), sum + i);
    });
  }
  for (size_t i = 0; i < width; ++i) sum[i] = log ? std::log(sum[i]) : 1 / sum[i];
  for (size_t r = 0; r < n; ++r) {
    const T* row = x + static_cast<ptrdiff_t>(r) * stride;
    T* to = out + static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      const auto s = load(d, m, whole, sum + i);
      if (log)
        store(d, m, whole, hn::Sub(hn::Sub(load(d, m, whole, row + i), load(d, m, whole, largest + i)), s), to + i);
      else
        store(d, m, whole, hn::Mul(load(d, m, whole, to + i), s), to + i);
    });
  }
}

template <class T>
void softmax_columns_backward(const T* g, const T* y, T* result, ptrdiff_t stride, size_t n, size_t width, bool log,
                              T* sum) {
  std::fill(sum, sum + width, T(0));
  for (size_t r = 0; r < n; ++r) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      auto v = load(d, m, whole, g + at + i);
      if (!log) v = hn::Mul(v, load(d, m, whole, y + at + i));
      store(d, m, whole, hn::Add(load(d, m, whole, sum + i), v), sum + i);
    });
  }
  for (size_t r = 0; r < n; ++r) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      const auto v = load(d, m, whole, g + at + i), o = load(d, m, whole, y + at + i), s = load(d, m, whole, sum + i);
      store(d, m, whole, log ? hn::NegMulAdd(exp_of(d, o), s, v) : hn::Mul(hn::Sub(v, s), o), result + at + i);
    });
  }
}

template <class T>
T row_exp_sum(const T* x, size_t n, T* largest) {
  T m = max_of_row(x, n);
  if (std::isinf(m)) m = 0;
  *largest = m;
  return sum_over<T>(n, [&](auto d, size_t i, auto mask, bool whole)
                            HWY_ATTR { return exp_of(d, hn::Sub(load(d, mask, whole, x + i), hn::Set(d, m))); });
}
template <class T>
void columns_exp_sum(const T* x, ptrdiff_t stride, size_t n, size_t width, T* largest, T* sum) {
  std::fill(largest, largest + width, kLowest<T>);
  std::fill(sum, sum + width, T(0));
  for (size_t r = 0; r < n; ++r) {
    const T* row = x + static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      store(d, m, whole, larger(d, load(d, m, whole, largest + i), load(d, m, whole, row + i)), largest + i);
    });
  }
  for (size_t i = 0; i < width; ++i)
    if (std::isinf(largest[i])) largest[i] = 0;
  for (size_t r = 0; r < n; ++r) {
    const T* row = x + static_cast<ptrdiff_t>(r) * stride;
    each<T>(width, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
      const auto e = exp_of(d, hn::Sub(load(d, m, whole, row + i), load(d, m, whole, largest + i)));
      store(d, m, whole, hn::Add(load(d, m, whole, sum + i), e), sum + i);
    });
  }
}
template <class T>
void row_exp(const T* x, T* result, size_t n, T shift, T scale, T constant) {
  each<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR {
    const auto e = exp_of(d, hn::Sub(load(d, m, whole, x + i), hn::Set(d, shift)));
    store(d, m, whole, hn::MulAdd(e, hn::Set(d, scale), hn::Set(d, constant)), result + i);
  });
}
template <class T>
T row_sum(const T* x, size_t n) {
  return sum_over<T>(n, [&](auto d, size_t i, auto m, bool whole) HWY_ATTR { return load(d, m, whole, x + i); });
}

template <class T>
SoftmaxFns<T> all_of() {
  return {&softmax_row<T>, &softmax_row_backward<T>, &softmax_columns<T>, &softmax_columns_backward<T>,
          &row_exp_sum<T>, &columns_exp_sum<T>,      &row_exp<T>,         &row_sum<T>};
}
void fill_softmax_(SoftmaxFns<float>* f, SoftmaxFns<double>* d) {
  *f = all_of<float>();
  *d = all_of<double>();
}

}  // namespace flambeau::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::kernels {
HWY_EXPORT(fill_softmax_);
namespace {
struct Tables {
  SoftmaxFns<float> f32;
  SoftmaxFns<double> f64;
  Tables() { HWY_DYNAMIC_DISPATCH(fill_softmax_)(&f32, &f64); }
};
const Tables& tables() {
  static const Tables t;
  return t;
}
}  // namespace
template <>
const SoftmaxFns<float>& softmax_fns<float>() {
  return tables().f32;
}
template <>
const SoftmaxFns<double>& softmax_fns<double>() {
  return tables().f64;
}
}  // namespace flambeau::kernels
#endif
