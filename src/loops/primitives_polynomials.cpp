// Orthogonal polynomials by their three-term recurrences, for very high degrees by asymptotic expansions (Szegő,
// Orthogonal Polynomials, 8.21.17; Frenzen and Wong, 1988), and Bessel functions of the second kind, one value at a
// time in double. Integral representations: Abramowitz and Stegun 9.6.24 (K) and 10.4 (Ai by K and J of order 1/3).
#include <cmath>
#include <limits>
#include <numbers>

#include "loops/bessel.h"
#include "loops/primitive_table.h"

namespace flambeau::loops {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// From this degree n on the closed forms and expansions: their error, O(1/n), is below that of the recurrence, and its
// time would be without bounds.
constexpr double kFar = 1 << 20;
bool is_far(double degree) { return degree >= kFar; }

// p[n + 1] = (a x + b) p[n] - c p[n - 1], started with p[0] = 1 and p[1] = first.
template <class Step>
double recurrence(double x, double degree, double first, Step step) {
  if (std::isnan(x) || std::isnan(degree)) return x + degree;
  const int64_t n = static_cast<int64_t>(degree);
  if (n < 0) return 0;
  if (n == 0) return 1;
  double before = 1, now = first;
  for (int64_t k = 1; k < n && !std::isnan(now); ++k) {
    const double next = step(k, now, before);
    before = now;
    now = next;
  }
  return now;
}
double chebyshev(double x, double n, double first) {
  return recurrence(x, n, first, [x](int64_t, double p, double q) { return 2 * x * p - q; });
}
double parity(double n) { return std::fmod(std::trunc(n), 2) == 0 ? 1 : -1; }

// At both ends, and for high degrees everywhere, the closed forms.
double chebyshev_t(double x, double n) {
  if (std::abs(x) == 1) return n < 0 ? 0 : x > 0 ? 1 : parity(n);
  if (n > 6 && std::abs(x) < 1) return std::cos(std::trunc(n) * std::acos(x));
  if (is_far(n)) return (x > 0 ? 1 : parity(n)) * std::cosh(std::trunc(n) * std::acosh(std::abs(x)));
  return chebyshev(x, n, x);
}
double chebyshev_u(double x, double n) {
  const double m = std::trunc(n);
  if (std::abs(x) == 1) return n < 0 ? 0 : (x > 0 ? 1 : parity(n)) * (m + 1);
  if (n > 8 && std::abs(x) < 1) {
    const double angle = std::acos(x), s = std::sin(angle);
    return s != 0 ? std::sin((m + 1) * angle) / s : (m + 1) * std::cos((m + 1) * angle) / x;
  }
  if (is_far(n)) {
    const double angle = std::acosh(std::abs(x));
    return (x > 0 ? 1 : parity(n)) * std::sinh((m + 1) * angle) / std::sinh(angle);
  }
  return chebyshev(x, n, 2 * x);
}
// V at x > 1; W(x) = parity V(-x) gives the other side, and the other way round.
double far_chebyshev_v(double x, double n) {
  const double angle = std::acosh(x);
  return std::cosh((std::trunc(n) + 0.5) * angle) / std::cosh(angle / 2);
}
double far_chebyshev_w(double x, double n) {
  const double angle = std::acosh(x);
  return std::sinh((std::trunc(n) + 0.5) * angle) / std::sinh(angle / 2);
}
double chebyshev_v(double x, double n) {
  const double m = std::trunc(n);
  if (n >= 0 && x == 1) return 1;
  if (n >= 0 && x == -1) return parity(n) * (2 * m + 1);
  if (n > 8 && std::abs(x) < 1) {
    const double angle = std::acos(x);
    if (std::sin(angle / 2) != 1) return std::cos((m + 0.5) * angle) / std::cos(angle / 2);
  }
  if (is_far(n)) return x > 0 ? far_chebyshev_v(x, n) : parity(n) * far_chebyshev_w(-x, n);
  return chebyshev(x, n, 2 * x - 1);
}
double chebyshev_w(double x, double n) {
  const double m = std::trunc(n);
  if (n >= 0 && x == 1) return 2 * m + 1;
  if (n >= 0 && x == -1) return parity(n);
  if (n > 8 && std::abs(x) < 1) {
    const double angle = std::acos(x);
    if (std::cos(angle / 2) != 1) return std::sin((m + 0.5) * angle) / std::sin(angle / 2);
  }
  if (is_far(n)) return x > 0 ? far_chebyshev_w(x, n) : parity(n) * far_chebyshev_v(-x, n);
  return chebyshev(x, n, 2 * x + 1);
}
double hermite_h(double x, double n) {
  return recurrence(x, n, 2 * x,
                    [x](int64_t k, double p, double q) { return 2 * x * p - 2 * static_cast<double>(k) * q; });
}
double hermite_he(double x, double n) {
  return recurrence(x, n, x, [x](int64_t k, double p, double q) { return x * p - static_cast<double>(k) * q; });
}
// The expansions of high degrees: amplitude J0(phase) where the polynomial oscillates, amplitude I0(phase) beyond.
double oscillating(double amplitude, double phase) { return amplitude * ::j0(phase); }
double growing(double amplitude, double phase, double exponent) {
  return amplitude * bessel_i_scaled<0>(phase) * std::exp(phase + exponent);
}

double laguerre_l(double x, double n) {
  if (x == 0 && n >= 0) return 1;
  if (is_far(n)) {
    const double v = 4 * std::trunc(n) + 2, t = std::abs(x) / v;
    if (x < 0) {
      const double s = std::sqrt(t * (1 + t)), a = (std::asinh(std::sqrt(t)) + s) / 2;
      return growing(std::sqrt(a / s), v * a, x / 2);
    }
    if (x > 1500) return kNaN;  // oscillates between values that have no finite representation
    const double s = std::sqrt(t * (1 - t)), a = (std::asin(std::sqrt(t)) + s) / 2;
    return oscillating(std::sqrt(a / s) * std::exp(x / 2), v * a);
  }
  return recurrence(x, n, 1 - x, [x](int64_t k, double p, double q) {
    const double d = static_cast<double>(k);
    return ((2 * d + 1 - x) * p - d * q) / (d + 1);
  });
}
double legendre_p(double x, double n) {
  if (std::abs(x) == 1 && n >= 0) return x > 0 ? 1 : parity(n);
  if (is_far(n)) {
    const double sign = x > 0 ? 1 : parity(n), order = std::trunc(n) + 0.5;
    if (std::abs(x) > 1) {
      const double angle = std::acosh(std::abs(x));
      return sign * growing(std::sqrt(angle / std::sinh(angle)), order * angle, 0);
    }
    const double angle = std::acos(std::abs(x));
    return sign * oscillating(std::sqrt(angle / std::sin(angle)), order * angle);
  }
  return recurrence(x, n, x, [x](int64_t k, double p, double q) {
    const double d = static_cast<double>(k);
    return ((2 * d + 1) * x * p - d * q) / (d + 1);
  });
}

// exp(x) K_v(x) = integral of exp(-x (cosh t - 1)) cosh(v t) over t ≥ 0, by the trapezoidal rule, which converges
// geometrically for this integrand; small arguments widen the range.
double scaled_k(double order, double x) {
  const double top = std::acosh(1 + 750 / x);
  const int steps = 40 + static_cast<int>(top * 8);
  const double h = top / steps;
  double sum = 0.5;
  for (int i = 1; i <= steps; ++i) {
    const double t = i * h, s = std::sinh(t / 2);
    sum += std::exp(-2 * x * s * s) * std::cosh(order * t);
  }
  return sum * h;
}
template <int Order, bool Scaled>
double bessel_k(double x) {
  if (std::isnan(x) || x < 0) return kNaN;
  if (x == 0) return kInf;
  if (std::isinf(x)) return 0;
  const double r = scaled_k(Order, x);
  return Scaled ? r : r * std::exp(-x);
}
double spherical_j0(double x) {
  if (std::isinf(x)) return 0;
  if (std::abs(x) < 0.5) {
    const double y = x * x;
    return 1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72 * (1 - y / 110 * (1 - y / 156)))));
  }
  return std::sin(x) / x;
}
// Ai: the power series in the middle, K of order 1/3 to the right, and J of order ±1/3 (std::cyl_bessel_j and
// cyl_neumann) to the left.
double airy_ai(double x) {
  if (std::isnan(x) || std::isinf(x)) return std::isnan(x) ? x : kNaN;
  if (x > 103.892) return 0;
  if (x > 2) {
    const double z = 2.0 / 3 * x * std::sqrt(x);
    return std::sqrt(x / 3) * scaled_k(1.0 / 3, z) * std::exp(-z) / std::numbers::pi;
  }
  if (x < -3) {
    const double y = -x, z = 2.0 / 3 * y * std::sqrt(y);
    const double j = std::cyl_bessel_j(1.0 / 3, z), n = std::cyl_neumann(1.0 / 3, z);
    return std::sqrt(y) / 2 * (j - n / std::numbers::sqrt3);
  }
  constexpr double at_zero = 0.355028053887817239, slope = 0.258819403792806798;
  double f = 1, g = x, f_term = 1, g_term = x;
  const double cube = x * x * x;
  for (int k = 1; k < 40; ++k) {
    f_term *= cube / ((3.0 * k - 1) * (3.0 * k));
    g_term *= cube / ((3.0 * k) * (3.0 * k + 1));
    f += f_term;
    g += g_term;
  }
  return at_zero * f - slope * g;
}

}  // namespace

void fill_polynomials(PrimTable& t) {
  set2<chebyshev_t>(t, Prim::chebyshev_t);
  set2<chebyshev_u>(t, Prim::chebyshev_u);
  set2<chebyshev_v>(t, Prim::chebyshev_v);
  set2<chebyshev_w>(t, Prim::chebyshev_w);
  set2<hermite_h>(t, Prim::hermite_h);
  set2<hermite_he>(t, Prim::hermite_he);
  set2<laguerre_l>(t, Prim::laguerre_l);
  set2<legendre_p>(t, Prim::legendre_p);
  set1<bessel_k<0, false>>(t, Prim::bessel_k0);
  set1<bessel_k<0, true>>(t, Prim::bessel_k0e);
  set1<bessel_k<1, false>>(t, Prim::bessel_k1);
  set1<bessel_k<1, true>>(t, Prim::bessel_k1e);
  set1<spherical_j0>(t, Prim::spherical_j0);
  set1<airy_ai>(t, Prim::airy_ai);
}

}  // namespace flambeau::loops
