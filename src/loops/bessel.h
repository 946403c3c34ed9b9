// Modified Bessel functions of the first kind, one value at a time in double.
#pragma once
#include <cmath>
#include <limits>
#include <numbers>

namespace flambeau::loops {

// Modified Bessel functions I0 and I1 times exp(-|x|): power series (all terms positive), beyond 30 the asymptotic one.
template <int Order>
inline double bessel_i_scaled(double x) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const double a = std::abs(x);
  double sum = 1, term = 1;
  if (a <= 30) {
    const double y = a * a / 4;
    for (int k = 1; term > sum * eps / 8; ++k) {
      term *= y / (double(k) * (k + Order));
      sum += term;
    }
    sum *= std::exp(-a) * (Order == 1 ? a / 2 : 1);
  } else if (std::isinf(a)) {
    sum = 0;
  } else {
    for (int k = 1; k < 40 && std::abs(term) > eps / 8; ++k) {
      term *= -(4.0 * Order * Order - (2.0 * k - 1) * (2 * k - 1)) / (8 * a * k);
      sum += term;
    }
    sum /= std::sqrt(2 * std::numbers::pi * a);
  }
  return Order == 1 ? std::copysign(sum, x) : sum;
}

}  // namespace flambeau::loops
