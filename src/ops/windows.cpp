// Windows for spectral analysis: Bartlett, Blackman, Hamming, Hann, Kaiser. A periodic window is a symmetric one of one
// element more, without its last.
#include "op/define.h"

namespace flambeau {

namespace {

// Modified Bessel function of the first kind and order 0, by its power series; all terms are positive.
double bessel_i0(double x) {
  double term = 1, sum = 1, quarter = x * x / 4;
  for (int k = 1; k < 1000 && term > sum * 1e-18; ++k) {
    term *= quarter / (static_cast<double>(k) * k);
    sum += term;
  }
  return sum;
}

template <class F>
Tensor window(const char* op, int64_t length, bool periodic, std::optional<DType> dtype, std::optional<Device> device, F&& value) {
  DType type = dtype.value_or(default_dtype());
  check(is_floating(type), ErrorKind::Runtime, op, ": expects floating point dtypes, got: ", name(type));
  check(length >= 0, ErrorKind::Runtime, op, ": requires non-negative window_length, got window_length=", length);
  Tensor w = empty(Dims{length}, DType::float64);
  int64_t last = periodic ? length : length - 1;
  for (int64_t i = 0; i < length; ++i) w.data<double>()[i] = length == 1 ? 1.0 : value(static_cast<double>(i) / static_cast<double>(last));
  return call<"to.device">(w, device.value_or(Device()), type);
}

double cosine(double x) { return std::cos(2 * std::numbers::pi * x); }
double hann(double x) { return 0.5 - 0.5 * cosine(x); }
double bartlett(double x) { return 1 - std::abs(2 * x - 1); }
double blackman(double x) { return std::max(0.42 - 0.5 * cosine(x) + 0.08 * std::cos(4 * std::numbers::pi * x), 0.0); }
auto hamming(double alpha, double beta) {
  return [=](double x) { return alpha - beta * cosine(x); };
}
auto kaiser(double beta) {
  return [=](double x) { return bessel_i0(beta * std::sqrt(std::max(0.0, 1 - (2 * x - 1) * (2 * x - 1)))) / bessel_i0(beta); };
}

}  // namespace

#define OPTIONS "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor"
#define TAIL std::optional<DType> t, const Value&, std::optional<Device> d, const Value&

#define WINDOW(name, shape, standard, text)                                                                        \
  OP(name) {                                                                                                       \
    .signature = #name "(int window_length, " OPTIONS,                                                             \
    .python = torch,                                                                                               \
    .variants = Variants::out,                                                                                     \
    .doc = text,                                                                                                   \
    .composite = [](int64_t n, TAIL) -> Tensor { return window(#name, n, true, t, d, standard); },                 \
  };                                                                                                               \
  OP(name##_periodic) {                                                                                            \
    .signature = #name ".periodic(int window_length, bool periodic, " OPTIONS,                                     \
    .python = torch,                                                                                               \
    .variants = Variants::out,                                                                                     \
    .composite = [](int64_t n, bool periodic, TAIL) -> Tensor { return window(#name, n, periodic, t, d, shape); }, \
  };
WINDOW(bartlett_window, bartlett, bartlett, "Triangular window, 0 at the ends.")
WINDOW(blackman_window, blackman, blackman, "Blackman window: 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N).")
WINDOW(hann_window, hann, hann, "Hann window: (1 - cos(2 pi n / N)) / 2.")
WINDOW(hamming_window, hamming(0.54, 0.46), hamming(0.54, 0.46), "Hamming window: alpha - beta cos(2 pi n / N).")
WINDOW(kaiser_window, kaiser(12.0), kaiser(12.0), "Kaiser window: I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta).")
#undef WINDOW

OP(hamming_alpha) {
  .signature = "hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, " OPTIONS,
  .python = torch,
  .variants = Variants::out,
  .composite = [](int64_t n, bool periodic, double alpha, TAIL) -> Tensor { return window("hamming_window", n, periodic, t, d, hamming(alpha, 0.46)); },
};
OP(hamming_alpha_beta) {
  .signature = "hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, float beta, " OPTIONS,
  .python = torch,
  .variants = Variants::out,
  .composite = [](int64_t n, bool periodic, double alpha, double beta, TAIL) -> Tensor { return window("hamming_window", n, periodic, t, d, hamming(alpha, beta)); },
};
OP(kaiser_beta) {
  .signature = "kaiser_window.beta(int window_length, bool periodic, float beta, " OPTIONS,
  .python = torch,
  .variants = Variants::out,
  .composite = [](int64_t n, bool periodic, double beta, TAIL) -> Tensor { return window("kaiser_window", n, periodic, t, d, kaiser(beta)); },
};

}  // namespace flambeau
