// Vector loops of the normalisations (layer, batch, group): one row or plane at a time, in float or double.
#pragma once

#include <cstddef>

namespace flambeau::kernels {

template <class L>
struct NormFns {
  // out = (x - mean) * rstd * weight + bias; weight and bias may be null
  void (*affine)(const L* x, L* out, size_t n, L mean, L rstd, const L* weight, const L* bias);
  // sums[0] = sum g * weight, sums[1] = sum g * weight * (x - shift); weight may be null
  void (*sums)(const L* g, const L* x, const L* weight, size_t n, L shift, L* sums);
  // dx = rstd * (g * weight - a - xhat * b); grad_weight += g * xhat, grad_bias += g; any of the three may be null
  void (*backward)(const L* g, const L* x, const L* weight, L* dx, L* grad_weight, L* grad_bias, size_t n, L mean,
                   L rstd, L a, L b);
  void (*scale)(const L* x, L* out, size_t n, L a, L b);                        // x * a + b
  void (*mix)(const L* g, const L* x, L* out, size_t n, L a, L b, L c);         // g * a + x * b + c
  void (*scale_columns)(const L* x, L* out, size_t n, const L* a, const L* b);  // with a value for each column
  void (*mix_columns)(const L* g, const L* x, L* out, size_t n, const L* a, const L* b, const L* c);
  void (*sums_columns)(const L* g, const L* x, size_t n, const L* shift, L* sum_g,
                       L* sum_gx);  // += g, += g * (x - shift)
};
template <class L>
const NormFns<L>& norm_fns();

}  // namespace flambeau::kernels
