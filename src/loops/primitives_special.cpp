// Special functions one value at a time, in double for both lanes: the inverse and scaled error functions, gamma and
// its derivatives, modified Bessel functions, incomplete gamma functions, the Hurwitz zeta function. Series,
// recurrences and asymptotic expansions are those of Abramowitz and Stegun; the C library gives erf, lgamma and the J
// and Y functions.
#include <cmath>
#include <limits>

#include "loops/bessel.h"
#include "loops/primitive_table.h"

namespace flambeau::loops {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kEps = std::numeric_limits<double>::epsilon();

// Bernoulli numbers B_2, B_4, ...
constexpr double kBernoulli[] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                 5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};

// exp(x²) erfc(x). The square is kept in two parts, since exp magnifies its rounding error.
double erfcx(double x) {
  if (x > 25) {
    const double y = 1 / (2 * x * x);
    return (1 - y * (1 - 3 * y * (1 - 5 * y * (1 - 7 * y)))) / (x * std::sqrt(kPi));
  }
  const double square = x * x;
  if (x < -27) return kInf;
  return std::exp(square) * (1 + std::fma(x, x, -square)) * std::erfc(x);
}

// y with erfc(y) = q for 0 < q < 2: Winitzki's closed form, then Halley's steps on whichever of erf and erfc is small.
double erfc_inverse(double q) {
  if (!(q >= 0 && q <= 2)) return kNaN;
  if (q == 0) return kInf;
  if (q == 2) return -kInf;
  const double small = q > 1 ? 2 - q : q;
  const double log_term = std::log(small * (2 - small));
  constexpr double a = 0.147;
  const double u = 2 / (kPi * a) + log_term / 2;
  double y = std::sqrt(std::fmax(std::sqrt(u * u - log_term / a) - u, 0.0));
  for (int step = 0; step < 3; ++step) {
    // Both sides are divided by exp(-y²), which would underflow in the far tail.
    const double error =
        y < 5 ? (std::erfc(y) - small) * std::exp(y * y) : erfcx(y) - std::exp(std::log(small) + y * y);
    const double newton = error * (std::sqrt(kPi) / 2);
    y += newton / (1 - y * newton);
  }
  return q > 1 ? -y : y;
}

double erfinv(double x) {
  if (!(std::abs(x) <= 1)) return kNaN;
  if (std::abs(x) > 0.5) return x > 0 ? erfc_inverse(1 - x) : -erfc_inverse(1 + x);
  double y = x * (std::sqrt(kPi) / 2);
  for (int step = 0; step < 4; ++step) {
    const double newton = (std::erf(y) - x) * std::exp(y * y) * (std::sqrt(kPi) / 2);
    y -= newton / (1 + y * newton);
  }
  return y;
}

double ndtri(double p) { return -std::sqrt(2.0) * erfc_inverse(2 * p); }

double log_ndtr(double x) {
  if (x < -1) return std::log(erfcx(-x * kSqrtHalf) / 2) - x * x / 2;
  return std::log1p(-std::erfc(x * kSqrtHalf) / 2);
}

double lgamma(double x) {
#ifdef __GLIBC__
  int sign;
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

double digamma(double x) {
  if (x == 0) return std::copysign(kInf, -x);
  if (std::isinf(x)) return x > 0 ? x : kNaN;
  double result = 0;
  if (x < 0) {
    const double whole = std::trunc(x);
    if (x == whole) return kNaN;
    result = -kPi / std::tan(kPi * (x - whole));
    x = 1 - x;
  }
  for (; x < 12; x += 1) result -= 1 / x;
  const double y = 1 / (x * x);
  double sum = 0;
  for (int k = 6; k >= 0; --k) sum = y * (kBernoulli[k] / (2 * k + 2) + sum);
  return result + std::log(x) - 0.5 / x - sum;
}

double trigamma(double x) {
  double sign = 1, result = 0;
  if (x < 0.5) {
    const double s = std::sin(kPi * (x - std::nearbyint(x)));
    sign = -1;
    result = -(kPi * kPi) / (s * s);
    x = 1 - x;
  }
  for (; x < 12; x += 1) result += 1 / (x * x);
  const double y = 1 / (x * x);
  double sum = 0;
  for (int k = 6; k >= 0; --k) sum = y * (kBernoulli[k] + sum);
  return sign * (result + (1 + 0.5 / x + sum) / x);
}

// Hurwitz zeta by Euler and Maclaurin: direct terms up to q + n >= 10, then the integral and its corrections.
double zeta(double s, double q) {
  if (s == 1) return kInf;
  if (!(s > 1) || std::isnan(q)) return kNaN;
  if (q <= 0) {
    if (q == std::floor(q)) return kInf;
    if (s != std::floor(s)) return kNaN;  // (q + k)^-s would be complex
  }
  double sum = 0, a = q;
  for (int k = 0; k < 10 || a < 10; ++k, a += 1) {
    const double term = std::pow(a, -s);
    sum += term;
    if (a > 1 && std::abs(term) < kEps / 4 * std::abs(sum)) return sum;
  }
  const double power = std::pow(a, -s);
  sum += power * a / (s - 1) + power / 2;
  double factor = s / 2, scale = power / a;
  for (int k = 1; k <= 8; ++k) {
    sum += kBernoulli[k - 1] * factor * scale;
    factor *= (s + 2 * k - 1) * (s + 2 * k) / ((2 * k + 1) * (2 * k + 2));
    scale /= a * a;
  }
  return sum;
}

double polygamma(double n, double x) {
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
  return sign * std::exp(lgamma(n + 1)) * zeta(n + 1, x);
}

// exp(|x|) in two halves, since it overflows before the function does.
template <int Order>
double bessel_i(double x) {
  if (std::abs(x) > 1500) return Order == 1 ? std::copysign(kInf, x) : kInf;
  const double half = std::exp(std::abs(x) / 2);
  return bessel_i_scaled<Order>(x) * half * half;
}

// x^a exp(-x) / gamma(a + 1), by Stirling's series where the direct form would cancel.
double gamma_prefix(double a, double x) {
  if (a < 10) return std::exp(a * std::log(x) - x - lgamma(a + 1));
  const double mu = (x - a) / a;
  const double y = 1 / (a * a);
  const double stirling = (1 - y * (1.0 / 30 - y * (1.0 / 105 - y / 140))) / (12 * a);
  return std::exp(a * (std::log1p(mu) - mu) - stirling) / std::sqrt(a * (2 * kPi));
}

// Regularized incomplete gamma functions P (lower) and Q (upper); A&S 6.5.29 and 6.5.31.
double igamma_pair(double a, double x, bool upper) {
  if (!(x >= 0) || !(a >= 0)) return kNaN;
  const double at_zero = upper ? 1 : 0;
  if (a == 0) return x > 0 ? 1 - at_zero : kNaN;
  if (x == 0) return at_zero;
  if (std::isinf(a)) return std::isinf(x) ? kNaN : at_zero;
  if (std::isinf(x)) return 1 - at_zero;
  const double prefix = gamma_prefix(a, x);
  const int limit = 2000 + int(std::fmin(20 * std::sqrt(a), 1e6));
  if (x < a + 1) {
    double term = 1, sum = 1;
    for (int k = 1; k < limit && term > sum * kEps / 4; ++k) {
      term *= x / (a + k);
      sum += term;
    }
    return upper ? 1 - sum * prefix : sum * prefix;
  }
  // Continued fraction by Lentz's method.
  constexpr double tiny = 1e-300;
  double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
  for (int k = 1; k < limit; ++k) {
    const double an = -k * (k - a);
    b += 2;
    d = an * d + b;
    if (std::abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (std::abs(c) < tiny) c = tiny;
    d = 1 / d;
    h *= d * c;
    if (std::abs(d * c - 1) < kEps) break;
  }
  const double result = a * prefix * h;
  return upper ? result : 1 - result;
}
double igamma(double a, double x) { return igamma_pair(a, x, false); }
double igammac(double a, double x) { return igamma_pair(a, x, true); }

double sinc(double x) {
  if (x == 0) return 1;
  return std::sin(kPi * x) / (kPi * x);
}
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x / (1 + std::exp(-x)); }
double gelu(double x) { return 0.5 * x * std::erfc(-x * kSqrtHalf); }
double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double bessel_j0(double x) { return std::isinf(x) ? kNaN : ::j0(x); }
double bessel_j1(double x) { return std::isinf(x) ? kNaN : ::j1(x); }
double bessel_y0(double x) { return x < 0 || std::isinf(x) ? kNaN : ::y0(x); }
double bessel_y1(double x) { return x < 0 || std::isinf(x) ? kNaN : ::y1(x); }

}  // namespace

void fill_special(PrimTable& t) {
  set1<erfcx>(t, Prim::erfcx);
  set1<erfinv>(t, Prim::erfinv);
  set1<ndtri>(t, Prim::ndtri);
  set1<log_ndtr>(t, Prim::log_ndtr);
  set1<lgamma>(t, Prim::lgamma);
  set1<digamma>(t, Prim::digamma);
  set1<trigamma>(t, Prim::trigamma);
  set1<bessel_i<0>>(t, Prim::i0);
  set1<bessel_i_scaled<0>>(t, Prim::i0e);
  set1<bessel_i<1>>(t, Prim::i1);
  set1<bessel_i_scaled<1>>(t, Prim::i1e);
  set1<bessel_j0>(t, Prim::bessel_j0);
  set1<bessel_j1>(t, Prim::bessel_j1);
  set1<bessel_y0>(t, Prim::bessel_y0);
  set1<bessel_y1>(t, Prim::bessel_y1);
  set2<zeta>(t, Prim::zeta);
  set2<polygamma>(t, Prim::polygamma);
  set2<igamma>(t, Prim::igamma);
  set2<igammac>(t, Prim::igammac);
  set1<sinc>(t, Prim::sinc);
  set1<sigmoid>(t, Prim::sigmoid);
  set1<silu>(t, Prim::silu);
  set1<gelu>(t, Prim::gelu);
  set1<softplus>(t, Prim::softplus);
}

}  // namespace flambeau::loops
