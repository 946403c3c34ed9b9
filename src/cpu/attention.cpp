// Attention in tiles, see attention.h. The rows' exponentials are compiled for each instruction set; products are
// library calls on the calling thread, so that results don't depend on the number of threads.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/attention.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace flambeau {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// p[i] = exp(p[i] - shift); gives their sum.
template <class T>
T exponentials(T* p, int64_t n, T shift) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto total = hn::Zero(d);
  const auto by = hn::Set(d, shift);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto e = hn::Exp(d, hn::Sub(hn::LoadU(d, p + i), by));
    hn::StoreU(e, d, p + i);
    total = hn::Add(total, e);
  }
  T sum = hn::GetLane(hn::SumOfLanes(d, total));
  for (; i < n; ++i) {
    p[i] = std::exp(p[i] - shift);
    sum += p[i];
  }
  return sum;
}

template <class T>
T largest(const T* p, int64_t n) {
  T lanes[16];
  for (T& v : lanes) v = -std::numeric_limits<T>::infinity();
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < 16; ++k) lanes[k] = p[i + k] > lanes[k] ? p[i + k] : lanes[k];
  for (; i < n; ++i) lanes[0] = p[i] > lanes[0] ? p[i] : lanes[0];
  for (int k = 1; k < 16; ++k) lanes[0] = lanes[k] > lanes[0] ? lanes[k] : lanes[0];
  return lanes[0];
}

float Exponentials_f32(float* p, int64_t n, float shift) { return exponentials<float>(p, n, shift); }
double Exponentials_f64(double* p, int64_t n, double shift) { return exponentials<double>(p, n, shift); }
float Largest_f32(const float* p, int64_t n) { return largest<float>(p, n); }
double Largest_f64(const double* p, int64_t n) { return largest<double>(p, n); }

}  // namespace HWY_NAMESPACE
}  // namespace flambeau
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <vector>

#include "cpu/attention.h"
#include "cpu/libraries/matmul.h"
#include "loops/parallel.h"

namespace flambeau {

HWY_EXPORT(Exponentials_f32);
HWY_EXPORT(Exponentials_f64);
HWY_EXPORT(Largest_f32);
HWY_EXPORT(Largest_f64);

namespace {

constexpr int64_t kRows = 64, kColumns = 256;  // of a tile of scores

float exponentials(float* p, int64_t n, float shift) { return HWY_DYNAMIC_DISPATCH(Exponentials_f32)(p, n, shift); }
double exponentials(double* p, int64_t n, double shift) { return HWY_DYNAMIC_DISPATCH(Exponentials_f64)(p, n, shift); }
float largest(const float* p, int64_t n) { return HWY_DYNAMIC_DISPATCH(Largest_f32)(p, n); }
double largest(const double* p, int64_t n) { return HWY_DYNAMIC_DISPATCH(Largest_f64)(p, n); }

template <class T>
struct Matrix {
  T* data;
  int64_t row, column;
  Matrix transposed() const { return {data, column, row}; }
};

// c = alpha · a · b + beta · c on this thread.
template <class T>
void multiply(Matrix<T> c, Matrix<const T> a, Matrix<const T> b, int64_t m, int64_t n, int64_t k, double alpha,
              double beta) {
  libraries::Matmul call{};
  call.dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;
  call.m = m, call.n = n, call.k = k;
  call.a = a.data, call.a_row = a.row, call.a_column = a.column;
  call.b = b.data, call.b_row = b.row, call.b_column = b.column;
  call.c = c.data, call.c_row = c.row, call.c_column = c.column;
  call.alpha = alpha, call.beta = beta;
  libraries::matmul(call);
}

template <class T>
Matrix<T> slice(const Tensor& t, int64_t b, int64_t h, int64_t row) {
  return {t.data<T>() + b * t.stride(0) + h * t.stride(1) + row * t.stride(2), t.stride(2), t.stride(3)};
}
template <class T>
Matrix<const T> reading(Matrix<T> m) {
  return {m.data, m.row, m.column};
}

// The tile of scores for rows [r, r + rows) and columns [c, c + columns), masked.
template <class T>
void tile(const Attention& a, int64_t b, int64_t h, int64_t r, int64_t rows, int64_t c, int64_t columns, T* scores) {
  multiply<T>({scores, columns, 1}, reading(slice<T>(a.query, b, h, r)), reading(slice<T>(a.key, b, h, c)).transposed(),
              rows, columns, a.query.size(3), a.scale, 0);
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  if (a.causal && c + columns > r + 1)
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t k = std::max<int64_t>(0, r + i + 1 - c); k < columns; ++k) scores[i * columns + k] = kNever;
  if (!a.mask.defined()) return;
  const int64_t step = a.mask.stride(3);
  const int64_t at = a.mask.stride(0) * b + a.mask.stride(1) * h;
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t start = at + (r + i) * a.mask.stride(2) + c * step;
    T* row = scores + i * columns;
    if (a.mask.dtype() == DType::bool_) {
      const bool* seen = a.mask.data<bool>() + start;
      for (int64_t k = 0; k < columns; ++k) row[k] = seen[k * step] ? row[k] : kNever;
    } else {
      const T* add = a.mask.data<T>() + start;
      for (int64_t k = 0; k < columns; ++k) row[k] += add[k * step];
    }
  }
}

template <class T>
void forward(const Attention& a, const Tensor& out, const Tensor& logsumexp) {
  const int64_t batch = a.query.size(0), heads = a.query.size(1), length = a.query.size(2), keys = a.key.size(2),
                features = a.value.size(3);
  const int64_t blocks = (length + kRows - 1) / kRows;
  parallel_tasks(batch * heads * blocks, [&](int64_t task) {
    const int64_t b = task / blocks / heads, h = task / blocks % heads, r = task % blocks * kRows,
                  rows = std::min(kRows, length - r);
    std::vector<T> scores(rows * std::min(kColumns, keys)), peak(rows, -std::numeric_limits<T>::infinity()),
        sum(rows, T(0));
    const Matrix<T> result = slice<T>(out, b, h, r);
    for (int64_t i = 0; i < rows; ++i) std::fill_n(result.data + i * result.row, features, T(0));
    for (int64_t c = 0; c < keys && !(a.causal && c >= r + rows); c += kColumns) {
      const int64_t columns = std::min(kColumns, keys - c);
      tile<T>(a, b, h, r, rows, c, columns, scores.data());
      for (int64_t i = 0; i < rows; ++i) {
        T* row = scores.data() + i * columns;
        const T before = peak[i], now = std::max(before, largest(row, columns));
        if (now == -std::numeric_limits<T>::infinity()) {
          std::fill_n(row, columns, T(0));
          continue;
        }
        const T added = exponentials(row, columns, now), factor = std::exp(before - now);
        sum[i] = sum[i] * factor + added;
        peak[i] = now;
        if (c > 0 && factor != T(1))
          for (int64_t k = 0; k < features; ++k) result.data[i * result.row + k] *= factor;
      }
      multiply<T>(result, {scores.data(), columns, 1}, reading(slice<T>(a.value, b, h, c)), rows, features, columns, 1,
                  c == 0 ? 0 : 1);
    }
    for (int64_t i = 0; i < rows; ++i) {
      const bool nothing = sum[i] == T(0);
      const T inverse = nothing ? T(0) : T(1) / sum[i];
      T* row = result.data + i * result.row;
      for (int64_t k = 0; k < features; ++k) row[k] = nothing ? T(0) : row[k] * inverse;
      logsumexp.data<T>()[(b * heads + h) * length + r + i] = peak[i] + std::log(sum[i]);
    }
  });
}

template <class T>
void backward(const Attention& a, const Tensor& grad, const Tensor& out, const Tensor& logsumexp, const Tensor& dq,
              const Tensor& dk, const Tensor& dv) {
  const int64_t batch = a.query.size(0), heads = a.query.size(1), length = a.query.size(2), keys = a.key.size(2),
                features = a.value.size(3), inner = a.query.size(3);
  parallel_tasks(batch * heads, [&](int64_t task) {
    const int64_t b = task / heads, h = task % heads;
    std::vector<T> p(kRows * std::min(kColumns, keys)), dp(p.size()), diagonal(kRows);
    std::fill_n(dq.data<T>() + task * length * inner, length * inner, T(0));
    std::fill_n(dk.data<T>() + task * keys * inner, keys * inner, T(0));
    std::fill_n(dv.data<T>() + task * keys * features, keys * features, T(0));
    const T* lse = logsumexp.data<T>() + task * length;
    for (int64_t r = 0; r < length; r += kRows) {
      const int64_t rows = std::min(kRows, length - r);
      Matrix<const T> g = reading(slice<T>(grad, b, h, r)), y = reading(slice<T>(out, b, h, r)),
                      q = reading(slice<T>(a.query, b, h, r));
      for (int64_t i = 0; i < rows; ++i) {
        T sum = 0;
        for (int64_t k = 0; k < features; ++k)
          sum += g.data[i * g.row + k * g.column] * y.data[i * y.row + k * y.column];
        diagonal[i] = sum;
      }
      for (int64_t c = 0; c < keys && !(a.causal && c >= r + rows); c += kColumns) {
        const int64_t columns = std::min(kColumns, keys - c);
        tile<T>(a, b, h, r, rows, c, columns, p.data());
        for (int64_t i = 0; i < rows; ++i) {
          if (std::isfinite(lse[r + i]))
            exponentials(p.data() + i * columns, columns, lse[r + i]);
          else
            std::fill_n(p.data() + i * columns, columns, std::isnan(lse[r + i]) ? lse[r + i] : T(0));
        }
        Matrix<const T> scores{p.data(), columns, 1};
        multiply<T>(slice<T>(dv, b, h, c), scores.transposed(), g, columns, features, rows, 1, 1);
        multiply<T>({dp.data(), columns, 1}, g, reading(slice<T>(a.value, b, h, c)).transposed(), rows, columns,
                    features, 1, 0);
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t k = 0; k < columns; ++k)
            dp[i * columns + k] = p[i * columns + k] * (dp[i * columns + k] - diagonal[i]);
        Matrix<const T> ds{dp.data(), columns, 1};
        multiply<T>(slice<T>(dq, b, h, r), ds, reading(slice<T>(a.key, b, h, c)), rows, inner, columns, a.scale, 1);
        multiply<T>(slice<T>(dk, b, h, c), ds.transposed(), q, columns, inner, rows, a.scale, 1);
      }
    }
  });
}

}  // namespace

void attention_forward(const Attention& a, const Tensor& out, const Tensor& logsumexp) {
  if (out.dtype() == DType::float64)
    forward<double>(a, out, logsumexp);
  else
    forward<float>(a, out, logsumexp);
}

void attention_backward(const Attention& a, const Tensor& grad, const Tensor& out, const Tensor& logsumexp,
                        const Tensor& dq, const Tensor& dk, const Tensor& dv) {
  if (out.dtype() == DType::float64)
    backward<double>(a, grad, out, logsumexp, dq, dk, dv);
  else
    backward<float>(a, grad, out, logsumexp, dq, dk, dv);
}

}  // namespace flambeau
#endif
