// The vector loop of running sums across columns, compiled once per instruction set.
#include "cpu/scan_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/scan_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void add_running_float(double* HWY_RESTRICT sum, const float* HWY_RESTRICT x, float* HWY_RESTRICT out, size_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + N <= n; i += N) {
    const auto total = hn::Add(hn::LoadU(d, sum + i), hn::PromoteTo(d, hn::LoadU(half, x + i)));
    hn::StoreU(total, d, sum + i);
    hn::StoreU(hn::DemoteTo(half, total), half, out + i);
  }
  for (; i < n; ++i) out[i] = static_cast<float>(sum[i] += x[i]);
}
void add_running_double(double* HWY_RESTRICT sum, const double* HWY_RESTRICT x, double* HWY_RESTRICT out, size_t n) {
  const hn::ScalableTag<double> d;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + N <= n; i += N) {
    const auto total = hn::Add(hn::LoadU(d, sum + i), hn::LoadU(d, x + i));
    hn::StoreU(total, d, sum + i);
    hn::StoreU(total, d, out + i);
  }
  for (; i < n; ++i) out[i] = sum[i] += x[i];
}

}  // namespace flambeau::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::kernels {
HWY_EXPORT(add_running_float);
HWY_EXPORT(add_running_double);
void add_running(double* sum, const float* x, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(add_running_float)(sum, x, out, n);
}
void add_running(double* sum, const double* x, double* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(add_running_double)(sum, x, out, n);
}
}  // namespace flambeau::kernels
#endif
