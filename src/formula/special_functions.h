// Special functions one value at a time, in double: the inverse and scaled error functions, gamma and its derivatives,
// modified Bessel functions, incomplete gamma functions, the Hurwitz zeta function, orthogonal polynomials. Series,
// recurrences and asymptotic expansions are those of Abramowitz and Stegun; the polynomials run by their three-term
// recurrences, for very high degrees by asymptotic expansions (Szegő, Orthogonal Polynomials, 8.21.17; Frenzen and
// Wong, 1988). Integral representations: A&S 9.6.24 (K) and 10.4 (Ai by K and J of order 1/3). The C library gives erf,
// lgamma and the J and Y functions.
//
// The CPU compiles this file, and devices get it as the text of a kernel (FLAMBEAU_DEVICE_TEXT): nothing is included
// there, and functions have their plain C names.
#ifndef FLAMBEAU_DEVICE_TEXT
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#define FLAMBEAU_FUNCTION inline
namespace flambeau::special {
using std::copysign, std::isinf, std::isnan, std::fabs, std::int64_t;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
#else
#define FLAMBEAU_FUNCTION __device__ inline
namespace special {
#define kInf __longlong_as_double(0x7ff0000000000000LL)
#define kNaN __longlong_as_double(0x7ff8000000000000LL)
#endif

constexpr double kPi = 3.14159265358979323846;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kEps = 2.220446049250313e-16;

// Modified Bessel functions I0 and I1 times exp(-|x|): power series (all terms positive), beyond 30 the asymptotic one.
template <int Order>
FLAMBEAU_FUNCTION double bessel_i_scaled(double x) {
  const double a = fabs(x);
  double sum = 1, term = 1;
  if (a <= 30) {
    const double y = a * a / 4;
    for (int k = 1; term > sum * kEps / 8; ++k) {
      term *= y / (double(k) * (k + Order));
      sum += term;
    }
    sum *= exp(-a) * (Order == 1 ? a / 2 : 1);
  } else if (isinf(a)) {
    sum = 0;
  } else {
    for (int k = 1; k < 40 && fabs(term) > kEps / 8; ++k) {
      term *= -(4.0 * Order * Order - (2.0 * k - 1) * (2 * k - 1)) / (8 * a * k);
      sum += term;
    }
    sum /= sqrt(2 * kPi * a);
  }
  return Order == 1 ? copysign(sum, x) : sum;
}

// Bernoulli numbers B_2, B_4, ...
constexpr double kBernoulli[] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                 5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};

// exp(x²) erfc(x). The square is kept in two parts, since exp magnifies its rounding error.
FLAMBEAU_FUNCTION double erfcx(double x) {
  if (x > 25) {
    const double y = 1 / (2 * x * x);
    return (1 - y * (1 - 3 * y * (1 - 5 * y * (1 - 7 * y)))) / (x * sqrt(kPi));
  }
  const double square = x * x;
  if (x < -27) return kInf;
  return exp(square) * (1 + fma(x, x, -square)) * erfc(x);
}

// y with erfc(y) = q for 0 < q < 2: Winitzki's closed form, then Halley's steps on whichever of erf and erfc is small.
FLAMBEAU_FUNCTION double erfc_inverse(double q) {
  if (!(q >= 0 && q <= 2)) return kNaN;
  if (q == 0) return kInf;
  if (q == 2) return -kInf;
  const double small = q > 1 ? 2 - q : q;
  const double log_term = log(small * (2 - small));
  constexpr double a = 0.147;
  const double u = 2 / (kPi * a) + log_term / 2;
  double y = sqrt(fmax(sqrt(u * u - log_term / a) - u, 0.0));
  for (int step = 0; step < 3; ++step) {
    // Both sides are divided by exp(-y²), which would underflow in the far tail.
    const double error = y < 5 ? (erfc(y) - small) * exp(y * y) : erfcx(y) - exp(log(small) + y * y);
    const double newton = error * (sqrt(kPi) / 2);
    y += newton / (1 - y * newton);
  }
  return q > 1 ? -y : y;
}

FLAMBEAU_FUNCTION double erfinv(double x) {
  if (!(fabs(x) <= 1)) return kNaN;
  if (fabs(x) > 0.5) return x > 0 ? erfc_inverse(1 - x) : -erfc_inverse(1 + x);
  double y = x * (sqrt(kPi) / 2);
  for (int step = 0; step < 4; ++step) {
    const double newton = (erf(y) - x) * exp(y * y) * (sqrt(kPi) / 2);
    y -= newton / (1 + y * newton);
  }
  return y;
}

FLAMBEAU_FUNCTION double ndtri(double p) { return -sqrt(2.0) * erfc_inverse(2 * p); }

FLAMBEAU_FUNCTION double log_ndtr(double x) {
  if (x < -1) return log(erfcx(-x * kSqrtHalf) / 2) - x * x / 2;
  return log1p(-erfc(x * kSqrtHalf) / 2);
}

FLAMBEAU_FUNCTION double lgamma(double x) {
#if !defined(FLAMBEAU_DEVICE_TEXT) && defined(__GLIBC__)
  int sign;  // the library's own function writes it to a global
  return ::lgamma_r(x, &sign);
#else
  return ::lgamma(x);
#endif
}

FLAMBEAU_FUNCTION double digamma(double x) {
  if (x == 0) return copysign(kInf, -x);
  if (isinf(x)) return x > 0 ? x : kNaN;
  double result = 0;
  if (x < 0) {
    const double whole = trunc(x);
    if (x == whole) return kNaN;
    result = -kPi / tan(kPi * (x - whole));
    x = 1 - x;
  }
  for (; x < 12; x += 1) result -= 1 / x;
  const double y = 1 / (x * x);
  double sum = 0;
  for (int k = 6; k >= 0; --k) sum = y * (kBernoulli[k] / (2 * k + 2) + sum);
  return result + log(x) - 0.5 / x - sum;
}

FLAMBEAU_FUNCTION double trigamma(double x) {
  double sign = 1, result = 0;
  if (x < 0.5) {
    const double s = sin(kPi * (x - nearbyint(x)));
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
FLAMBEAU_FUNCTION double zeta(double s, double q) {
  if (s == 1) return kInf;
  if (!(s > 1) || isnan(q)) return kNaN;
  if (q <= 0) {
    if (q == floor(q)) return kInf;
    if (s != floor(s)) return kNaN;  // (q + k)^-s would be complex
  }
  double sum = 0, a = q;
  for (int k = 0; k < 10 || a < 10; ++k, a += 1) {
    const double term = pow(a, -s);
    sum += term;
    if (a > 1 && fabs(term) < kEps / 4 * fabs(sum)) return sum;
  }
  const double power = pow(a, -s);
  sum += power * a / (s - 1) + power / 2;
  double factor = s / 2, scale = power / a;
  for (int k = 1; k <= 8; ++k) {
    sum += kBernoulli[k - 1] * factor * scale;
    factor *= (s + 2 * k - 1) * (s + 2 * k) / ((2 * k + 1) * (2 * k + 2));
    scale /= a * a;
  }
  return sum;
}

FLAMBEAU_FUNCTION double polygamma(double n, double x) {
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  const double sign = fmod(n, 2) == 0 ? -1 : 1;
  return sign * exp(lgamma(n + 1)) * zeta(n + 1, x);
}

// exp(|x|) in two halves, since it overflows before the function does.
template <int Order>
FLAMBEAU_FUNCTION double bessel_i(double x) {
  if (fabs(x) > 1500) return Order == 1 ? copysign(kInf, x) : kInf;
  const double half = exp(fabs(x) / 2);
  return bessel_i_scaled<Order>(x) * half * half;
}

// x^a exp(-x) / gamma(a + 1), by Stirling's series where the direct form would cancel.
FLAMBEAU_FUNCTION double gamma_prefix(double a, double x) {
  if (a < 10) return exp(a * log(x) - x - lgamma(a + 1));
  const double mu = (x - a) / a;
  const double y = 1 / (a * a);
  const double stirling = (1 - y * (1.0 / 30 - y * (1.0 / 105 - y / 140))) / (12 * a);
  return exp(a * (log1p(mu) - mu) - stirling) / sqrt(a * (2 * kPi));
}

// Regularized incomplete gamma functions P (lower) and Q (upper); A&S 6.5.29 and 6.5.31.
FLAMBEAU_FUNCTION double igamma_pair(double a, double x, bool upper) {
  if (!(x >= 0) || !(a >= 0)) return kNaN;
  const double at_zero = upper ? 1 : 0;
  if (a == 0) return x > 0 ? 1 - at_zero : kNaN;
  if (x == 0) return at_zero;
  if (isinf(a)) return isinf(x) ? kNaN : at_zero;
  if (isinf(x)) return 1 - at_zero;
  const double prefix = gamma_prefix(a, x);
  const int limit = 2000 + int(fmin(20 * sqrt(a), 1e6));
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
    if (fabs(d) < tiny) d = tiny;
    c = b + an / c;
    if (fabs(c) < tiny) c = tiny;
    d = 1 / d;
    h *= d * c;
    if (fabs(d * c - 1) < kEps) break;
  }
  const double result = a * prefix * h;
  return upper ? result : 1 - result;
}
FLAMBEAU_FUNCTION double igamma(double a, double x) { return igamma_pair(a, x, false); }
FLAMBEAU_FUNCTION double igammac(double a, double x) { return igamma_pair(a, x, true); }

FLAMBEAU_FUNCTION double sinc(double x) {
  if (x == 0) return 1;
  return sin(kPi * x) / (kPi * x);
}
FLAMBEAU_FUNCTION double sigmoid(double x) { return 1 / (1 + exp(-x)); }
FLAMBEAU_FUNCTION double silu(double x) { return x / (1 + exp(-x)); }
FLAMBEAU_FUNCTION double gelu(double x) { return 0.5 * x * erfc(-x * kSqrtHalf); }
FLAMBEAU_FUNCTION double softplus(double x) { return fmax(x, 0.0) + log1p(exp(-fabs(x))); }
FLAMBEAU_FUNCTION double bessel_j0(double x) { return isinf(x) ? kNaN : j0(x); }
FLAMBEAU_FUNCTION double bessel_j1(double x) { return isinf(x) ? kNaN : j1(x); }
FLAMBEAU_FUNCTION double bessel_y0(double x) { return x < 0 || isinf(x) ? kNaN : y0(x); }
FLAMBEAU_FUNCTION double bessel_y1(double x) { return x < 0 || isinf(x) ? kNaN : y1(x); }

// From this degree n on the closed forms and expansions: their error, O(1/n), is below that of the recurrence, and its
// time would be without bounds.
constexpr double kFar = 1 << 20;
FLAMBEAU_FUNCTION bool is_far(double degree) { return degree >= kFar; }

// p[n + 1] = (a x + b) p[n] - c p[n - 1], started with p[0] = 1 and p[1] = first.
template <class Step>
FLAMBEAU_FUNCTION double recurrence(double x, double degree, double first, Step step) {
  if (isnan(x) || isnan(degree)) return x + degree;
  const int64_t n = static_cast<int64_t>(degree);
  if (n < 0) return 0;
  if (n == 0) return 1;
  double before = 1, now = first;
  for (int64_t k = 1; k < n && !isnan(now); ++k) {
    const double next = step(k, now, before);
    before = now;
    now = next;
  }
  return now;
}
FLAMBEAU_FUNCTION double chebyshev(double x, double n, double first) {
  return recurrence(x, n, first, [x](int64_t, double p, double q) { return 2 * x * p - q; });
}
FLAMBEAU_FUNCTION double parity(double n) { return fmod(trunc(n), 2) == 0 ? 1 : -1; }

// At both ends, and for high degrees everywhere, the closed forms.
FLAMBEAU_FUNCTION double chebyshev_t(double x, double n) {
  if (fabs(x) == 1) return n < 0 ? 0 : x > 0 ? 1 : parity(n);
  if (n > 6 && fabs(x) < 1) return cos(trunc(n) * acos(x));
  if (is_far(n)) return (x > 0 ? 1 : parity(n)) * cosh(trunc(n) * acosh(fabs(x)));
  return chebyshev(x, n, x);
}
FLAMBEAU_FUNCTION double chebyshev_u(double x, double n) {
  const double m = trunc(n);
  if (fabs(x) == 1) return n < 0 ? 0 : (x > 0 ? 1 : parity(n)) * (m + 1);
  if (n > 8 && fabs(x) < 1) {
    const double angle = acos(x), s = sin(angle);
    return s != 0 ? sin((m + 1) * angle) / s : (m + 1) * cos((m + 1) * angle) / x;
  }
  if (is_far(n)) {
    const double angle = acosh(fabs(x));
    return (x > 0 ? 1 : parity(n)) * sinh((m + 1) * angle) / sinh(angle);
  }
  return chebyshev(x, n, 2 * x);
}
// V at x > 1; W(x) = parity V(-x) gives the other side, and the other way round.
FLAMBEAU_FUNCTION double far_chebyshev_v(double x, double n) {
  const double angle = acosh(x);
  return cosh((trunc(n) + 0.5) * angle) / cosh(angle / 2);
}
FLAMBEAU_FUNCTION double far_chebyshev_w(double x, double n) {
  const double angle = acosh(x);
  return sinh((trunc(n) + 0.5) * angle) / sinh(angle / 2);
}
FLAMBEAU_FUNCTION double chebyshev_v(double x, double n) {
  const double m = trunc(n);
  if (n >= 0 && x == 1) return 1;
  if (n >= 0 && x == -1) return parity(n) * (2 * m + 1);
  if (n > 8 && fabs(x) < 1) {
    const double angle = acos(x);
    if (sin(angle / 2) != 1) return cos((m + 0.5) * angle) / cos(angle / 2);
  }
  if (is_far(n)) return x > 0 ? far_chebyshev_v(x, n) : parity(n) * far_chebyshev_w(-x, n);
  return chebyshev(x, n, 2 * x - 1);
}
FLAMBEAU_FUNCTION double chebyshev_w(double x, double n) {
  const double m = trunc(n);
  if (n >= 0 && x == 1) return 2 * m + 1;
  if (n >= 0 && x == -1) return parity(n);
  if (n > 8 && fabs(x) < 1) {
    const double angle = acos(x);
    if (cos(angle / 2) != 1) return sin((m + 0.5) * angle) / sin(angle / 2);
  }
  if (is_far(n)) return x > 0 ? far_chebyshev_w(x, n) : parity(n) * far_chebyshev_v(-x, n);
  return chebyshev(x, n, 2 * x + 1);
}
FLAMBEAU_FUNCTION double hermite_h(double x, double n) {
  return recurrence(x, n, 2 * x,
                    [x](int64_t k, double p, double q) { return 2 * x * p - 2 * static_cast<double>(k) * q; });
}
FLAMBEAU_FUNCTION double hermite_he(double x, double n) {
  return recurrence(x, n, x, [x](int64_t k, double p, double q) { return x * p - static_cast<double>(k) * q; });
}
// The expansions of high degrees: amplitude J0(phase) where the polynomial oscillates, amplitude I0(phase) beyond.
FLAMBEAU_FUNCTION double oscillating(double amplitude, double phase) { return amplitude * j0(phase); }
FLAMBEAU_FUNCTION double growing(double amplitude, double phase, double exponent) {
  return amplitude * bessel_i_scaled<0>(phase) * exp(phase + exponent);
}

FLAMBEAU_FUNCTION double laguerre_l(double x, double n) {
  if (x == 0 && n >= 0) return 1;
  if (is_far(n)) {
    const double v = 4 * trunc(n) + 2, t = fabs(x) / v;
    if (x < 0) {
      const double s = sqrt(t * (1 + t)), a = (asinh(sqrt(t)) + s) / 2;
      return growing(sqrt(a / s), v * a, x / 2);
    }
    if (x > 1500) return kNaN;  // oscillates between values that have no finite representation
    const double s = sqrt(t * (1 - t)), a = (asin(sqrt(t)) + s) / 2;
    return oscillating(sqrt(a / s) * exp(x / 2), v * a);
  }
  return recurrence(x, n, 1 - x, [x](int64_t k, double p, double q) {
    const double d = static_cast<double>(k);
    return ((2 * d + 1 - x) * p - d * q) / (d + 1);
  });
}
FLAMBEAU_FUNCTION double legendre_p(double x, double n) {
  if (fabs(x) == 1 && n >= 0) return x > 0 ? 1 : parity(n);
  if (is_far(n)) {
    const double sign = x > 0 ? 1 : parity(n), order = trunc(n) + 0.5;
    if (fabs(x) > 1) {
      const double angle = acosh(fabs(x));
      return sign * growing(sqrt(angle / sinh(angle)), order * angle, 0);
    }
    const double angle = acos(fabs(x));
    return sign * oscillating(sqrt(angle / sin(angle)), order * angle);
  }
  return recurrence(x, n, x, [x](int64_t k, double p, double q) {
    const double d = static_cast<double>(k);
    return ((2 * d + 1) * x * p - d * q) / (d + 1);
  });
}

// exp(x) K_v(x) = integral of exp(-x (cosh t - 1)) cosh(v t) over t ≥ 0, by the trapezoidal rule, which converges
// geometrically for this integrand; small arguments widen the range.
FLAMBEAU_FUNCTION double scaled_k(double order, double x) {
  const double top = acosh(1 + 750 / x);
  const int steps = 40 + static_cast<int>(top * 8);
  const double h = top / steps;
  double sum = 0.5;
  for (int i = 1; i <= steps; ++i) {
    const double t = i * h, s = sinh(t / 2);
    sum += exp(-2 * x * s * s) * cosh(order * t);
  }
  return sum * h;
}
template <int Order, bool Scaled>
FLAMBEAU_FUNCTION double bessel_k(double x) {
  if (isnan(x) || x < 0) return kNaN;
  if (x == 0) return kInf;
  if (isinf(x)) return 0;
  const double r = scaled_k(Order, x);
  return Scaled ? r : r * exp(-x);
}
FLAMBEAU_FUNCTION double spherical_j0(double x) {
  if (isinf(x)) return 0;
  if (fabs(x) < 0.5) {
    const double y = x * x;
    return 1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72 * (1 - y / 110 * (1 - y / 156)))));
  }
  return sin(x) / x;
}
// The Bessel functions J and Y of order 1/3 for z > 3: the C++ library's on the host; a device has none, so Hankel's
// expansion (A&S 9.2.5) for large z and the power series of J of order 1/3 and -1/3 (9.1.10, 9.1.2) below.
FLAMBEAU_FUNCTION void bessel_third(double z, double* j, double* y) {
#ifndef FLAMBEAU_DEVICE_TEXT
  *j = std::cyl_bessel_j(1.0 / 3, z);
  *y = std::cyl_neumann(1.0 / 3, z);
#else
  if (z > 20) {
    double p = 1, q = 0, term = 1;
    for (int k = 1; k < 40; ++k) {
      const double odd = 2 * k - 1, next = term * (4.0 / 9 - odd * odd) / (8 * z * k);
      if (fabs(next) > fabs(term) || fabs(next) < kEps / 8) break;
      term = next;
      const double sign = k & 2 ? -1 : 1;
      if (k & 1)
        q += sign * term;
      else
        p += sign * term;
    }
    const double angle = z - kPi / 6 - kPi / 4, scale = sqrt(2 / (kPi * z));
    *j = scale * (p * cos(angle) - q * sin(angle));
    *y = scale * (p * sin(angle) + q * cos(angle));
    return;
  }
  const double third = 1.0 / 3, quarter = z * z / 4;
  double plus = 1 / tgamma(1 + third), minus = 1 / tgamma(1 - third), a = plus, b = minus;
  for (int k = 1; k < 80; ++k) {
    a *= -quarter / (k * (k + third));
    b *= -quarter / (k * (k - third));
    plus += a;
    minus += b;
  }
  const double power = pow(z / 2, third), positive = plus * power, negative = minus / power;
  *j = positive;
  *y = (positive * 0.5 - negative) / 0.8660254037844386;
#endif
}
// Ai: the power series in the middle, K of order 1/3 to the right, and J of order ±1/3 (cyl_bessel_j and
// cyl_neumann) to the left.
FLAMBEAU_FUNCTION double airy_ai(double x) {
  if (isnan(x) || isinf(x)) return isnan(x) ? x : kNaN;
  if (x > 103.892) return 0;
  if (x > 2) {
    const double z = 2.0 / 3 * x * sqrt(x);
    return sqrt(x / 3) * scaled_k(1.0 / 3, z) * exp(-z) / kPi;
  }
  if (x < -3) {
    const double y = -x, z = 2.0 / 3 * y * sqrt(y);
    double j, n;
    bessel_third(z, &j, &n);
    return sqrt(y) / 2 * (j - n / 1.7320508075688772);
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
}  // namespace special
