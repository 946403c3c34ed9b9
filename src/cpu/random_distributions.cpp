// Distributions made by a formula from uniform or normal numbers, and multinomial draws. All compute in double and round
// once to the result. The samplers that reject are in random_rejection.cpp.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "src/core/error.h"
#include "src/cpu/random_stream.h"
#include "src/cpu/random_types.h"

namespace flambeau {

using namespace random_detail;

namespace {

double exponential(RandomStream& stream, double lambda) { return -1 / lambda * std::log1p(-stream.u53()); }

template <class Draw>
void fill_floating(const char* name, DType dtype, void* out, size_t n, Draw draw) {
  with_floating(name, dtype, [&]<class T>(Type<T>) {
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
  with_real("geometric_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(std::ceil(std::log(stream.u53()) / scale));
  });
}

}  // namespace flambeau
