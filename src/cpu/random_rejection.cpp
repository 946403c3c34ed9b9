// Samplers that draw until a candidate is accepted: Poisson, binomial, gamma and Dirichlet. How many numbers an element
// takes from the stream depends on the numbers themselves, so the order of every draw and comparison matters.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "cpu/random_stream.h"
#include "cpu/random_types.h"

namespace flambeau {

using namespace random_detail;

namespace {

// Small rates: products of uniform numbers (Knuth). From 10 on: transformed rejection, PTRS of Hormann, "The
// transformed rejection method for generating Poisson random variables", 1993.
int64_t poisson(RandomStream& stream, double rate) {
  if (rate == 0) return 0;
  if (rate > 0x1p62) return std::numeric_limits<int64_t>::max();  // counts have no more room
  if (rate < 10) {
    const double limit = std::exp(-rate);
    double product = 1;
    int64_t count = 0;
    for (;; ++count) {
      product *= stream.u53();
      if (product <= limit) return count;
    }
  }
  const double root = std::sqrt(rate), log_rate = std::log(rate);
  const double b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = stream.u53() - 0.5, v = stream.u53();
    const double distance = 0.5 - std::fabs(u);
    const auto k = static_cast<int64_t>(std::floor((2 * a / distance + b) * u + rate + 0.43));
    if (distance >= 0.07 && v <= v_r) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const double left = std::log(v) + std::log(inverse_alpha) - std::log(a / (distance * distance) + b);
    const double count = static_cast<double>(k);
    if (left <= -rate + count * log_rate - std::lgamma(count + 1)) return k;
  }
}

// The remainder of Stirling's formula for log k!.
double stirling_tail(double k) {
  static constexpr double table[10] = {0.0810614667953272,  0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
                                       0.0166446911898211,  0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
                                       0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return table[static_cast<int>(k)];
  const double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

// Sums of geometric waiting times; for small n p.
double binomial_by_waiting(RandomStream& stream, double n, double p) {
  const double log_miss = std::log1p(-p);
  double waited = 0, successes = 0;
  for (;;) {
    waited += std::ceil(std::log(stream.u53()) / log_miss);
    if (waited > n) return successes;
    successes += 1;
  }
}

// BTRS of Hormann, "The generation of binomial random variates", 1993; for n p from 10 on, p up to a half.
double binomial_by_rejection(RandomStream& stream, double n, double p) {
  const double deviation = std::sqrt(n * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5;
  const double v_r = 0.92 - 4.2 / b, odds = p / (1 - p), alpha = (2.83 + 5.1 / b) * deviation;
  const double mode = std::floor((n + 1) * p);
  for (;;) {
    const double u = stream.u53() - 0.5;
    double v = stream.u53();
    const double distance = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / distance + b) * u + c);
    if (distance >= 0.07 && v <= v_r) return k;
    if (k < 0 || k > n) continue;
    v = std::log(v * alpha / (a / (distance * distance) + b));
    const double bound = (mode + 0.5) * std::log((mode + 1) / (odds * (n - mode + 1))) +
                         (n + 1) * std::log((n - mode + 1) / (n - k + 1)) +
                         (k + 0.5) * std::log(odds * (n - k + 1) / (k + 1)) + stirling_tail(mode) +
                         stirling_tail(n - mode) - stirling_tail(k) - stirling_tail(n - k);
    if (v <= bound) return k;
  }
}

double binomial(RandomStream& stream, double n, double p) {
  if (std::isnan(n) || std::isnan(p)) return std::numeric_limits<double>::quiet_NaN();
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1 || std::isinf(n)) return n;
  if (p <= 0.5) return n * p >= 10 ? binomial_by_rejection(stream, n, p) : binomial_by_waiting(stream, n, p);
  const double q = 1 - p;
  return n - (n * q >= 10 ? binomial_by_rejection(stream, n, q) : binomial_by_waiting(stream, n, q));
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. Computed in double, but for what comes
// from alpha alone, which is in alpha's type: the last bits depend on it.
template <class Alpha>
double standard_gamma(RandomStream& stream, Alpha alpha) {
  if (!(alpha >= 0)) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(alpha)) return alpha;
  double scale = 1;
  if (alpha < 1) {
    if (alpha == 0) return 0;
    scale = std::pow(1 - stream.u53(), static_cast<double>(1 / alpha));
    alpha += 1;
  }
  const double d = alpha - 1.0f / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    double x, y;
    do {
      x = stream.normal();
      y = 1 + c * x;
    } while (y <= 0);
    const double v = y * y * y, u = 1 - stream.u53(), square = x * x;
    if (u < 1 - 0.0331 * square * square) return scale * d * v;
    if (std::log(u) < 0.5 * square + d * (1 - v + std::log(v))) return scale * d * v;
  }
}

double at_least(double least, double x) { return x < least ? least : x; }  // NaN stays
template <class T>
constexpr double smallest_normal() {
  if constexpr (std::is_same_v<T, double>) return std::numeric_limits<double>::min();
  if constexpr (std::is_same_v<T, Half>) return 0x1p-14;
  return std::numeric_limits<float>::min();
}

}  // namespace

void fill_poisson(RandomStream& stream, DType dtype, void* out, const void* rate, size_t n) {
  dispatch_floating("poisson", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    const T* rates = static_cast<const T*>(rate);
    for (size_t i = 0; i < n; ++i) {
      const double value = widen(rates[i]);
      check(value >= 0, ErrorKind::Runtime, "poisson: rate[", i, "] is ", value, ", but a rate is at least 0");
      result[i] = convert<T>(poisson(stream, value));
    }
  });
}

void fill_binomial(RandomStream& stream, DType dtype, void* out, const void* count, const void* probability, size_t n) {
  dispatch_floating("binomial", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    const T* counts = static_cast<const T*>(count);
    const T* probabilities = static_cast<const T*>(probability);
    for (size_t i = 0; i < n; ++i) {
      result[i] = convert<T>(binomial(stream, widen(counts[i]), widen(probabilities[i])));
    }
  });
}

void fill_standard_gamma(RandomStream& stream, DType dtype, void* out, const void* alpha, size_t n) {
  dispatch_floating("_standard_gamma", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    const T* alphas = static_cast<const T*>(alpha);
    for (size_t i = 0; i < n; ++i) {
      result[i] = convert<T>(at_least(smallest_normal<T>(), standard_gamma(stream, widen(alphas[i]))));
    }
  });
}

// Gammas in double over their sum, kept inside the open interval (0, 1).
// In float64 the last bit follows the order of the sum, which is plain here and PyTorch's own in PyTorch.
void fill_dirichlet(RandomStream& stream, DType dtype, void* out, const void* alpha, size_t rows, size_t columns) {
  dispatch_floating("_sample_dirichlet", dtype, [&]<class T>() {
    using Work = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const T* alphas = static_cast<const T*>(alpha);
    T* result = static_cast<T*>(out);
    const Work low = std::numeric_limits<Work>::min(), high = 1 - std::numeric_limits<Work>::epsilon() / 2;
    std::vector<double> drawn(columns);
    for (size_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (size_t i = 0; i < columns; ++i) {
        const double a = widen(alphas[row * columns + i]);
        drawn[i] = at_least(std::numeric_limits<double>::min(), standard_gamma(stream, a));
        sum += drawn[i];
      }
      for (size_t i = 0; i < columns; ++i) {
        result[row * columns + i] = convert<T>(std::clamp(static_cast<Work>(drawn[i] / sum), low, high));
      }
    }
  });
}

}  // namespace flambeau
