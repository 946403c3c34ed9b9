// Distributions made by a formula from uniform or normal numbers, and multinomial draws. All compute in double and
// round once to the result. The samplers that reject are in random_rejection.cpp.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "cpu/random_stream.h"
#include "cpu/random_types.h"

namespace flambeau {

using namespace random_detail;

namespace {

double exponential(RandomStream& stream, double lambda) { return -1 / lambda * std::log1p(-stream.u53()); }

template <class Draw>
void fill_floating(const char* name, DType dtype, void* out, size_t n, Draw draw) {
  dispatch_floating(name, dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(draw());
  });
}

}  // namespace

void fill_exponential(RandomStream& stream, DType dtype, void* out, size_t n, double lambda) {
  check(lambda > 0, ErrorKind::Runtime, "exponential_: lambd must be positive, not ", lambda);
  fill_floating("exponential_", dtype, out, n, [&] { return exponential(stream, lambda); });
}

void fill_cauchy(RandomStream& stream, DType dtype, void* out, size_t n, double median, double sigma) {
  check(sigma > 0, ErrorKind::Runtime, "cauchy_: sigma must be positive, not ", sigma);
  fill_floating("cauchy_", dtype, out, n,
                [&] { return std::fma(std::tan(std::numbers::pi * (stream.u53() - 0.5)), sigma, median); });
}

void fill_log_normal(RandomStream& stream, DType dtype, void* out, size_t n, double mean, double std) {
  check(std > 0, ErrorKind::Runtime, "log_normal_: std must be positive, not ", std);
  fill_floating("log_normal_", dtype, out, n, [&] { return std::exp(std::fma(stream.normal(), std, mean)); });
}

void fill_geometric(RandomStream& stream, DType dtype, void* out, size_t n, double p) {
  check(p > 0 && p < 1, ErrorKind::Runtime, "geometric_: p lies between 0 and 1, both excluded, not ", p);
  const double scale = std::log1p(-p);
  dispatch_real("geometric_", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(std::ceil(std::log(stream.u53()) / scale));
  });
}

// With replacement: binary search of a uniform number in the cumulated weights. Without, or for one draw: an
// exponential number per weight, and the largest quotients of weight and number.
void multinomial(RandomStream& stream, DType weights_dtype, const void* weights, size_t rows, size_t columns,
                 int64_t* out, size_t samples, bool replacement, DrawOrder order) {
  check(columns > 0 && samples > 0, ErrorKind::Runtime, "multinomial: cannot draw ", samples, " of ", columns,
        " categories");
  check(replacement || samples <= columns, ErrorKind::Runtime, "multinomial: cannot draw ", samples, " of ", columns,
        " categories without replacement");
  dispatch_floating("multinomial", weights_dtype, [&]<class T>() {
    using Work = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const T* all = static_cast<const T*>(weights);
    for (size_t row = 0; row < rows; ++row) {
      Work sum = 0;
      for (size_t i = 0; i < columns; ++i) {
        const Work w = widen(all[row * columns + i]);
        check(w >= 0 && std::isfinite(w), ErrorKind::Runtime, "multinomial: weight ", i, " of row ", row, " is ", w,
              ", but weights are finite and at least 0");
        sum += w;
      }
      check(sum > 0, ErrorKind::Runtime, "multinomial: the weights of row ", row, " sum to ", sum);
    }
    if (replacement && samples != 1) {
      std::vector<Work> cumulated(columns);
      for (size_t row = 0; row < rows; ++row) {
        Work sum = 0;
        for (size_t i = 0; i < columns; ++i) {
          sum += widen(all[row * columns + i]);
          cumulated[i] = sum;
        }
        for (auto& x : cumulated) x /= sum;
        cumulated.back() = 1;
        for (size_t j = 0; j < samples; ++j) {
          const double u = stream.u53();
          auto at = std::partition_point(cumulated.begin(), cumulated.end(), [&](Work x) { return x < u; });
          out[row * samples + j] = at - cumulated.begin();
        }
      }
      return;
    }
    struct Quotient {
      Work value;
      int64_t index;
    };
    const auto larger = [](const Quotient& a, const Quotient& b) { return a.value > b.value; };
    std::vector<Quotient> quotients(columns);
    std::vector<T> ahead;  // all numbers, transposed
    if (order == DrawOrder::column_by_column) {
      ahead.resize(rows * columns);
      for (size_t i = 0; i < columns; ++i) {
        for (size_t row = 0; row < rows; ++row) ahead[row * columns + i] = convert<T>(exponential(stream, 1));
      }
    }
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < columns; ++i) {
        const T q = ahead.empty() ? convert<T>(exponential(stream, 1)) : ahead[row * columns + i];
        quotients[i] = {widen(convert<T>(widen(all[row * columns + i]) / widen(q))), static_cast<int64_t>(i)};
      }
      const auto begin = quotients.begin(), end = quotients.end();
      if (samples == 1) {
        out[row] = std::max_element(begin, end, [&](const auto& a, const auto& b) { return larger(b, a); })->index;
        continue;
      }
      // The order of equal quotients, frequent in half precision, is that of these algorithms.
      if (samples * 64 <= columns) {
        std::partial_sort(begin, begin + samples, end, larger);
      } else {
        std::nth_element(begin, begin + (samples - 1), end, larger);
        std::sort(begin, begin + (samples - 1), larger);
      }
      for (size_t j = 0; j < samples; ++j) out[row * samples + j] = quotients[j].index;
    }
  });
}

}  // namespace flambeau
