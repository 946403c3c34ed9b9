// Window functions for spectra: cosine sums, Bartlett's triangle and Kaiser's window. A periodic window of n points is
// the symmetric one of n + 1 points without its last.
#include <numbers>

#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

#define OPTIONS "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;
using MaybeBool = std::optional<bool>;
constexpr const char* kConstant = "the values depend on numbers alone";

// value(i, n - 1) for the points of a symmetric window of n points.
template <class Value>
Tensor window(const char* op, int64_t length, bool periodic, MaybeDType dtype, MaybeDevice device, Value value) {
  DType type = dtype.value_or(default_dtype());
  check(is_floating(type) || is_complex(type), ErrorKind::Runtime, op,
        " expects floating point dtypes, got: ", name(type));
  check(length >= 0, ErrorKind::Runtime, op, " requires non-negative window_length, got window_length=", length);
  Tensor out = empty(Dims{length}, type, device.value_or(Device{}));
  if (out.is_meta() || length == 0) return out;
  Tensor wide = empty(Dims{length}, DType::float64);
  double* to = wide.data<double>();
  double last = static_cast<double>(periodic ? length : length - 1);
  for (int64_t i = 0; i < length; ++i) to[i] = length == 1 ? 1.0 : value(static_cast<double>(i), last);
  copy_elements(out, wide);
  return out;
}

Tensor cosine_window(const char* op, int64_t length, bool periodic, double a, double b, double c, MaybeDType dtype,
                     MaybeDevice device) {
  return window(op, length, periodic, dtype, device, [=](double i, double last) {
    double x = 2 * std::numbers::pi * i / last;
    return a - b * std::cos(x) + c * std::cos(2 * x);
  });
}
Tensor bartlett(int64_t length, bool periodic, MaybeDType dtype, MaybeDevice device) {
  return window("bartlett_window", length, periodic, dtype, device,
                [](double i, double last) { return 1 - std::abs(2 * i / last - 1); });
}

// Modified Bessel function of order 0 by its power series (Abramowitz and Stegun 9.6.12).
double bessel_i0(double x) {
  double term = 1, sum = 1, quarter = x * x / 4;
  for (int k = 1; k < 500 && term > sum * 1e-17; ++k) {
    term *= quarter / (static_cast<double>(k) * k);
    sum += term;
  }
  return sum;
}
Tensor kaiser(int64_t length, bool periodic, double beta, MaybeDType dtype, MaybeDevice device) {
  return window("kaiser_window", length, periodic, dtype, device, [=](double i, double last) {
    double x = 2 * i / last - 1;
    return bessel_i0(beta * std::sqrt(std::max(0.0, 1 - x * x))) / bessel_i0(beta);
  });
}

}  // namespace

// Each window: with its length alone (periodic), with `periodic`, and with what further parameters it has.
#define WINDOW(id, signature_, text, expression, ...)                                                          \
  OP(id){                                                                                                      \
      .signature = signature_ ", *, " OPTIONS ") -> Tensor",                                                   \
      .python = torch,                                                                                         \
      .variants = Variants::out,                                                                               \
      .doc = text,                                                                                             \
      .cpu = [](int64_t length __VA_OPT__(, ) __VA_ARGS__, MaybeDType dtype, const Value&, MaybeDevice device, \
                MaybeBool) -> Tensor { return expression; },                                                   \
      .not_differentiable = kConstant,                                                                         \
      .any_device = true,                                                                                      \
  };
WINDOW(hann, "hann_window(int window_length", "Hann's window: ``0.5 - 0.5 cos``.",
       cosine_window("hann_window", length, true, .5, .5, 0, dtype, device))
WINDOW(hann_periodic, "hann_window.periodic(int window_length, bool periodic", "",
       cosine_window("hann_window", length, periodic, .5, .5, 0, dtype, device), bool periodic)
WINDOW(hamming, "hamming_window(int window_length",
       "Hamming's window: ``alpha - beta cos``, 0.54 and 0.46 unless given.",
       cosine_window("hamming_window", length, true, .54, .46, 0, dtype, device))
WINDOW(hamming_periodic, "hamming_window.periodic(int window_length, bool periodic", "",
       cosine_window("hamming_window", length, periodic, .54, .46, 0, dtype, device), bool periodic)
WINDOW(hamming_alpha, "hamming_window.periodic_alpha(int window_length, bool periodic, float alpha", "",
       cosine_window("hamming_window", length, periodic, alpha, .46, 0, dtype, device), bool periodic, double alpha)
WINDOW(hamming_beta, "hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, float beta", "",
       cosine_window("hamming_window", length, periodic, alpha, beta, 0, dtype, device), bool periodic, double alpha,
       double beta)
WINDOW(blackman, "blackman_window(int window_length", "Blackman's window: ``0.42 - 0.5 cos(x) + 0.08 cos(2x)``.",
       cosine_window("blackman_window", length, true, .42, .5, .08, dtype, device))
WINDOW(blackman_periodic, "blackman_window.periodic(int window_length, bool periodic", "",
       cosine_window("blackman_window", length, periodic, .42, .5, .08, dtype, device), bool periodic)
WINDOW(bartlett, "bartlett_window(int window_length", "Bartlett's window: a triangle.",
       bartlett(length, true, dtype, device))
WINDOW(bartlett_periodic, "bartlett_window.periodic(int window_length, bool periodic", "",
       bartlett(length, periodic, dtype, device), bool periodic)
WINDOW(kaiser, "kaiser_window(int window_length",
       "Kaiser's window: a ratio of Bessel functions; ``beta`` (12) sets its width.",
       kaiser(length, true, 12.0, dtype, device))
WINDOW(kaiser_periodic, "kaiser_window.periodic(int window_length, bool periodic", "",
       kaiser(length, periodic, 12.0, dtype, device), bool periodic)
WINDOW(kaiser_beta, "kaiser_window.beta(int window_length, bool periodic, float beta", "",
       kaiser(length, periodic, beta, dtype, device), bool periodic, double beta)
#undef WINDOW

}  // namespace flambeau
