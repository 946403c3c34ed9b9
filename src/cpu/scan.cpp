// Running sums and their relatives. Rows are walked four at a time, because each is a chain of dependent additions;
// columns side by side. Float sums are kept in double.
#include "cpu/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/dispatch.h"
#include "cpu/scan_kernels.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

struct Shape {
  int64_t outer = 1, n = 1, inner = 1;
  Shape(const Tensor& t, int64_t dim) {
    if (t.dim() == 0) return;
    for (int64_t d = 0; d < dim; ++d) outer *= t.size(d);
    n = t.size(dim);
    for (int64_t d = dim + 1; d < t.dim(); ++d) inner *= t.size(d);
  }
  // f(first element) for each line, `inner` elements from one to the next along it.
  template <class F>
  void lines(F&& f) const {
    int64_t total = outer * inner, per = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, n));
    parallel_tasks((total + per - 1) / per, [&](int64_t t) {
      for (int64_t k = t * per, end = std::min(total, k + per); k < end; ++k) f(k / inner * n * inner + k % inner);
    });
  }
};

// Integers add up without a sign: they wrap around.
template <class T>
struct Running {
  using type = std::conditional_t<std::is_integral_v<T>, uint64_t, SumType<T>>;
};
template <>
struct Running<float> {
  using type = double;
};
template <>
struct Running<Half> {
  using type = double;
};
template <>
struct Running<BFloat16> {
  using type = double;
};
template <>
struct Running<std::complex<float>> {
  using type = std::complex<double>;
};
template <>
struct Running<ComplexHalf> {
  using type = std::complex<double>;
};

template <class A, class T>
A widened(T v) {
  if constexpr (is_complex_v<T>)
    return A(static_cast<Wide<T>>(v));
  else
    return static_cast<A>(static_cast<Wide<T>>(v));
}
template <class T, class A>
T narrowed(A v) {
  if constexpr (is_complex_v<T>)
    return static_cast<T>(Wide<T>(v));
  else
    return static_cast<T>(static_cast<Wide<T>>(v));
}

template <class T, class A>
void sum_rows(const T* x, T* out, int64_t rows, int64_t n) {
  if (rows == 4) {
    A a = 0, b = 0, c = 0, d = 0;
    for (int64_t i = 0; i < n; ++i) {
      out[i] = narrowed<T>(a += widened<A>(x[i]));
      out[n + i] = narrowed<T>(b += widened<A>(x[n + i]));
      out[2 * n + i] = narrowed<T>(c += widened<A>(x[2 * n + i]));
      out[3 * n + i] = narrowed<T>(d += widened<A>(x[3 * n + i]));
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    A a = 0;
    for (int64_t i = 0; i < n; ++i) out[r * n + i] = narrowed<T>(a += widened<A>(x[r * n + i]));
  }
}

}  // namespace

void running_sum(const Tensor& x_, int64_t dim, bool reverse, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor x = as_contiguous(cast(x_, out.dtype()));
  Shape s(out, dim);
  dispatch_all("cumsum", out.dtype(), [&]<class T>() {
    using A = typename Running<T>::type;
    const T* from = x.data<T>();
    T* to = out.data<T>();
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      if (s.inner >= 8) {
        constexpr int64_t kWidth = 256;
        int64_t tiles = (s.inner + kWidth - 1) / kWidth;
        parallel_tasks(s.outer * tiles, [&](int64_t t) {
          double sum[kWidth] = {};
          int64_t at = t % tiles * kWidth, width = std::min(kWidth, s.inner - at),
                  base = t / tiles * s.n * s.inner + at;
          for (int64_t k = 0; k < s.n; ++k) {
            int64_t row = base + (reverse ? s.n - 1 - k : k) * s.inner;
            kernels::add_running(sum, from + row, to + row, width);
          }
        });
        return;
      }
    }
    if (s.inner == 1 && !reverse) {
      int64_t per = std::max<int64_t>(4, 16384 / s.n / 4 * 4);
      parallel_tasks((s.outer + per - 1) / per, [&](int64_t t) {
        for (int64_t r = t * per, end = std::min(s.outer, r + per); r < end; r += 4)
          sum_rows<T, A>(from + r * s.n, to + r * s.n, std::min<int64_t>(4, end - r), s.n);
      });
      return;
    }
    s.lines([&](int64_t first) {
      A a = 0;
      for (int64_t k = 0; k < s.n; ++k) {
        int64_t i = first + (reverse ? s.n - 1 - k : k) * s.inner;
        to[i] = narrowed<T>(a += widened<A>(from[i]));
      }
    });
  });
}

void running_product(const Tensor& x_, int64_t dim, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor x = as_contiguous(cast(x_, out.dtype()));
  Shape s(out, dim);
  dispatch_all("cumprod", out.dtype(), [&]<class T>() {
    using A = typename Running<T>::type;
    const T* from = x.data<T>();
    T* to = out.data<T>();
    s.lines([&](int64_t first) {
      A a = 1;
      for (int64_t k = 0; k < s.n; ++k) {
        int64_t i = first + k * s.inner;
        if constexpr (std::is_same_v<A, int64_t>)
          a = static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(widened<A>(from[i])));
        else
          a *= widened<A>(from[i]);
        to[i] = narrowed<T>(a);
      }
    });
  });
}

void running_extremum(bool max, const Tensor& x_, int64_t dim, const Tensor& values, const Tensor& indices) {
  if (values.numel() == 0) return;
  Tensor x = as_contiguous(x_);
  Shape s(values, dim);
  int64_t* where = indices.data<int64_t>();
  dispatch_real(max ? "cummax" : "cummin", x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = values.data<T>();
    s.lines([&](int64_t first) {
      Wide<T> best = static_cast<Wide<T>>(from[first]);
      int64_t at = 0;
      for (int64_t k = 0; k < s.n; ++k) {
        int64_t i = first + k * s.inner;
        Wide<T> v = static_cast<Wide<T>>(from[i]);
        if (v != v || (best == best && (max ? v >= best : v <= best))) best = v, at = k;  // the last of equals
        to[i] = from[first + at * s.inner];
        where[i] = at;
      }
    });
  });
}

namespace {
// log(exp(a) + exp(b)): the larger one and a logarithm of at most 2. Two equal infinities have no difference.
template <class R>
R log_sum(R a, R b) {
  if (a != a || b != b) return a + b;
  R low = std::min(a, b), high = std::max(a, b);
  return low == high && std::isinf(low) ? low : high + std::log1p(std::exp(low - high));
}
template <class R>
std::complex<R> log_sum(std::complex<R> a, std::complex<R> b) {
  if (a != a || b != b) return a + b;
  auto low = a.real() < b.real() ? a : b, high = a.real() < b.real() ? b : a;
  if (low.real() == high.real() && std::isinf(low.real()))
    return low.real() < 0 ? b : std::log(std::exp(a) + std::exp(b));
  std::complex<R> e = std::exp(low - high);
  return high + std::complex<R>(std::log1p(e.real() * (2 + e.real()) + e.imag() * e.imag()) / 2,
                                std::atan2(e.imag(), 1 + e.real()));
}
}  // namespace

void running_logsumexp(const Tensor& x_, int64_t dim, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor x = as_contiguous(x_);
  Shape s(out, dim);
  dispatch_floating_complex("logcumsumexp", x.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T* from = x.data<T>();
    T* to = out.data<T>();
    s.lines([&](int64_t first) {
      W sum = W(from[first]);
      to[first] = from[first];
      for (int64_t k = 1; k < s.n; ++k) {
        int64_t i = first + k * s.inner;
        sum = log_sum(sum, W(from[i]));
        to[i] = static_cast<T>(sum);
      }
    });
  });
}

void linear_recurrence(const Tensor& a_, const Tensor& x_, int64_t dim, bool reverse, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor a = as_contiguous(cast(a_, out.dtype())), x = as_contiguous(cast(x_, out.dtype()));
  Shape s(out, dim);
  dispatch_floating_complex("cumprod", out.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T *pa = a.data<T>(), *px = x.data<T>();
    T* to = out.data<T>();
    s.lines([&](int64_t first) {
      W state = 0;
      for (int64_t k = 0; k < s.n; ++k) {
        int64_t at = reverse ? s.n - 1 - k : k, i = first + at * s.inner;
        W factor = k == 0 ? W(0) : static_cast<W>(px[reverse ? i + s.inner : i]);
        state = static_cast<W>(pa[i]) + (k == 0 ? W(0) : factor * state);
        to[i] = static_cast<T>(state);
      }
    });
  });
}

}  // namespace flambeau
