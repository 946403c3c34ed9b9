// Making plans: factors, twiddle tables, the cut of long transforms, and the store of plans made before.
#include "cpu/fft/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>

#include "cpu/fft/transform.h"

namespace flambeau::fourier {

namespace {

constexpr int64_t kLargestRadix = 31;
constexpr int64_t kLongestDirect = 4096;  // beyond, the planes of all lanes leave the second-level cache

std::vector<int64_t> prime_factors(int64_t n) {
  std::vector<int64_t> out;
  for (int64_t p = 2; p * p <= n; ++p)
    while (n % p == 0) out.push_back(p), n /= p;
  if (n > 1) out.push_back(n);
  return out;
}

std::vector<int64_t> radices(int64_t n) {
  std::vector<int64_t> out;
  int64_t twos = 0;
  while (n % 2 == 0) n /= 2, ++twos;
  while (twos >= 5 || twos == 3) out.push_back(8), twos -= 3;
  while (twos >= 2) out.push_back(4), twos -= 2;
  if (twos) out.push_back(2);
  for (int64_t p : prime_factors(n)) out.push_back(p);
  return out;
}

// The divisor of n nearest to its square root.
int64_t middle_divisor(int64_t n) {
  int64_t best = 1;
  for (int64_t d = 1; d * d <= n; ++d)
    if (n % d == 0) best = d;
  return best;
}

int64_t smooth_above(int64_t n) {  // the least 2^a 3^b 5^c that is not below n and a multiple of 16
  int64_t best = 16;
  while (best < n) best *= 2;
  for (int64_t f = 16; f < best; f *= 5)
    for (int64_t t = f; t < best; t *= 3)
      for (int64_t p = t; p < best; p *= 2)
        if (p >= n) best = std::min(best, p);
  return best;
}

template <class T>
void make_direct(Plan<T>& plan) {
  int64_t length = plan.n, stride = kLanes<T>;
  for (int64_t r : radices(plan.n)) {
    Stage<T> st{r, length / r, stride, {}, {}, {}, {}};
    for (int64_t p = 0; p < st.blocks; ++p)
      for (int64_t k = 1; k < r; ++k) {
        auto w = unit_root(p * k, length);
        st.re.push_back(static_cast<T>(w.real()));
        st.im.push_back(static_cast<T>(w.imag()));
      }
    if (r > 5 && r != 8)
      for (int64_t e = 0; e < r; ++e) {
        auto w = unit_root(e, r);
        st.root_re.push_back(static_cast<T>(w.real()));
        st.root_im.push_back(static_cast<T>(w.imag()));
      }
    plan.stages.push_back(std::move(st));
    length /= r;
    stride *= r;
  }
}

template <class T>
void make_four_step(Plan<T>& plan, int64_t n1) {
  constexpr int64_t lanes = kLanes<T>;
  int64_t n2 = plan.n / n1, groups = (n2 + lanes - 1) / lanes;
  plan.first = plan_for<T>(n1, Use::Step);
  plan.second = plan_for<T>(n2, Use::Step);
  auto put = [&](std::vector<T>& re, std::vector<T>& im, int64_t at, int64_t e) {
    auto w = unit_root(e % plan.n, plan.n);
    re[at] = static_cast<T>(w.real());
    im[at] = static_cast<T>(w.imag());
  };
  plan.lane_re.resize(n1 * lanes), plan.lane_im.resize(n1 * lanes);
  plan.group_re.resize(groups * n1), plan.group_im.resize(groups * n1);
  for (int64_t k = 0; k < n1; ++k)
    for (int64_t l = 0; l < lanes; ++l) put(plan.lane_re, plan.lane_im, k * lanes + l, k * l);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t k = 0; k < n1; ++k) put(plan.group_re, plan.group_im, g * n1 + k, k * g * lanes);
}

template <class T>
void make_bluestein(Plan<T>& plan) {
  int64_t n = plan.n, m = smooth_above(2 * n - 1);
  plan.inner = plan_for<T>(m, Use::Alone);
  plan.chirp.resize(n);
  plan.chirp_spectrum.assign(m, {});
  int64_t square = 0;  // j^2 mod 2n
  for (int64_t j = 0; j < n; ++j) {
    auto w = unit_root(square, 2 * n);
    plan.chirp[j] = std::complex<T>(static_cast<T>(w.real()), static_cast<T>(w.imag()));
    std::complex<T> c = std::conj(plan.chirp[j]);
    plan.chirp_spectrum[j] = c;
    if (j) plan.chirp_spectrum[m - j] = c;
    square = (square + 2 * j + 1) % (2 * n);
  }
  transform_one(*plan.inner, plan.chirp_spectrum.data(), plan.chirp_spectrum.data(), true, T(1) / static_cast<T>(m));
}

}  // namespace

std::complex<double> unit_root(int64_t e, int64_t n) {
  // By symmetry into the first eighth of the circle.
  int64_t eighth = 8 * e / n;  // e < n
  int64_t a = e;
  bool swap = false, negate_cos = false, negate_sin = false;
  if (eighth >= 4) a = n - e, negate_sin = true;
  if (4 * a > n) {  // beyond a quarter: cos(pi - x)
    negate_cos = true;
    a = n - 2 * a;  // in halves from here
  } else {
    a = 2 * a;
  }
  // angle = pi * a / n, at most pi / 2
  if (4 * a > n) swap = true;
  double angle = swap ? std::numbers::pi * static_cast<double>(n - 2 * a) / static_cast<double>(2 * n)
                      : std::numbers::pi * static_cast<double>(a) / static_cast<double>(n);
  double c = std::cos(angle), s = std::sin(angle);
  if (swap) std::swap(c, s);
  if (negate_cos) c = -c;
  if (negate_sin) s = -s;
  return {c, -s};
}

template <class T>
std::shared_ptr<const Plan<T>> plan_for(int64_t n, Use use) {
  static std::mutex mutex;
  static std::map<std::pair<int64_t, Use>, std::shared_ptr<const Plan<T>>> plans;
  {
    std::lock_guard lock(mutex);
    if (auto it = plans.find({n, use}); it != plans.end()) return it->second;
  }
  auto plan = std::make_shared<Plan<T>>();
  plan->n = n;
  auto factors = prime_factors(n);
  int64_t largest = factors.empty() ? 1 : factors.back();
  int64_t middle = middle_divisor(n);
  if (largest > kLargestRadix) {
    plan->kind = Plan<T>::Kind::Bluestein;
    make_bluestein(*plan);
  } else if (use != Use::Step && ((use == Use::Alone && middle >= kLanes<T> / 2) || n > kLongestDirect)) {
    plan->kind = Plan<T>::Kind::FourStep;
    make_four_step(*plan, middle);
  } else {
    make_direct(*plan);
  }
  std::lock_guard lock(mutex);
  if (plans.size() >= 64) plans.clear();
  return plans.emplace(std::pair{n, use}, plan).first->second;
}

template std::shared_ptr<const Plan<float>> plan_for<float>(int64_t, Use);
template std::shared_ptr<const Plan<double>> plan_for<double>(int64_t, Use);

}  // namespace flambeau::fourier
