// Prints, as a Markdown table, the largest error in units in the last place of every elementary primitive for float and
// double, against the C library's long double functions. Samples: all exponents of the function's range, and densely
// around the origin. Build: c++ -std=c++20 -O2 -I. tools/ulp.cpp src/loops/primitives*.cpp -lhwy
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "src/loops/primitives.h"

using namespace flambeau;
using Wide = long double;

struct Function {
  Prim prim;
  Wide (*reference)(Wide);
  double low, high;  // largest range on which the result is finite, for double
};

static Wide sigmoid(Wide x) { return 1 / (1 + std::exp(-x)); }
static Wide silu(Wide x) { return x / (1 + std::exp(-x)); }
static Wide softplus(Wide x) { return std::fmax(x, Wide(0)) + std::log1p(std::exp(-std::abs(x))); }
static Wide reciprocal_root(Wide x) { return 1 / std::sqrt(x); }

static const Function functions[] = {
    {Prim::exp, std::exp, -745, 709},         {Prim::exp2, std::exp2, -1074, 1023},
    {Prim::expm1, std::expm1, -745, 709},     {Prim::log, std::log, 0, 1e308},
    {Prim::log2, std::log2, 0, 1e308},        {Prim::log10, std::log10, 0, 1e308},
    {Prim::log1p, std::log1p, -1, 1e308},     {Prim::sin, std::sin, -1e15, 1e15},
    {Prim::cos, std::cos, -1e15, 1e15},       {Prim::tan, std::tan, -1e15, 1e15},
    {Prim::asin, std::asin, -1, 1},           {Prim::acos, std::acos, -1, 1},
    {Prim::atan, std::atan, -1e308, 1e308},   {Prim::sinh, std::sinh, -710, 710},
    {Prim::cosh, std::cosh, -710, 710},       {Prim::tanh, std::tanh, -1e308, 1e308},
    {Prim::asinh, std::asinh, -1e308, 1e308}, {Prim::acosh, std::acosh, 1, 1e308},
    {Prim::atanh, std::atanh, -1, 1},         {Prim::sigmoid, sigmoid, -87, 1e308},
    {Prim::silu, silu, -87, 1e308},           {Prim::softplus, softplus, -700, 1e308},
    {Prim::erf, std::erf, -1e308, 1e308},     {Prim::erfc, std::erfc, -1e308, 26},
    {Prim::lgamma, std::lgamma, 0, 1e305},    {Prim::rsqrt, reciprocal_root, 0, 1e308},
};

template <class T>
static void measure(const Function& f, Lane lane) {
  std::vector<T> x;
  std::mt19937_64 random(0);
  std::uniform_real_distribution<double> mantissa(1, 2), narrow(-10, 10);
  const auto keep = [&](double v) {
    if (v >= f.low && v <= f.high && std::isfinite(T(v)) && (T(v) != 0 || v == 0)) x.push_back(T(v));
  };
  for (int e = std::numeric_limits<T>::min_exponent; e < std::numeric_limits<T>::max_exponent; ++e) {
    for (int i = 0; i < 400; ++i) {
      const double v = std::ldexp(mantissa(random), e);
      keep(v);
      keep(-v);
    }
  }
  for (int i = 0; i < 300000; ++i) keep(narrow(random));
  std::vector<T> y(x.size());
  primitive(f.prim, lane)(y.data(), x.data(), nullptr, nullptr, x.size());
  Wide worst = 0;
  T where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const Wide want = f.reference(Wide(x[i]));
    const T near = T(want);
    if (y[i] == near || std::abs(near) < std::numeric_limits<T>::min() || !std::isfinite(near)) continue;
    const T step = std::nextafter(std::abs(near), std::numeric_limits<T>::infinity()) - std::abs(near);
    const Wide error = std::abs(Wide(y[i]) - want) / step;
    if (!(error <= worst)) worst = error, where = x[i];
  }
  std::printf(" %.2Lf at %.9g |", worst, double(where));
}

int main() {
  std::printf("Largest error in ULP, target %s\n\n| function | float32 | float64 |\n|---|---|---|\n",
              std::string(vector_target()).c_str());
  for (const Function& f : functions) {
    std::printf("| %s |", std::string(name(f.prim)).c_str());
    measure<float>(f, Lane::f32);
    measure<double>(f, Lane::f64);
    std::printf("\n");
  }
}
