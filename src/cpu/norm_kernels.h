// Vector loops of the normalisations (layer, batch, group): one row or plane at a time, in float or double.
#pragma once

#include <cstddef>

namespace flambeau::kernels {

// The gradient by an input: scale * (g * weight - mean_g - (x - mean) * slope).
template <class L>
struct ChannelMix {
  L weight, mean_g, mean, slope, scale;
};

template <class L>
struct NormFns {
  // out = (x - mean) * rstd * weight + bias; weight and bias may be null
  void (*affine)(const L* x, L* out, size_t n, L mean, L rstd, const L* weight, const L* bias);
  // sums[0] = sum g * weight, sums[1] = sum g * weight * (x - shift); weight may be null
  void (*sums)(const L* g, const L* x, const L* weight, size_t n, L shift, L* sums);
  // dx = rstd * (g * weight - a - xhat * b); grad_weight += g * xhat, grad_bias += g; any of the three may be null
  void (*backward)(const L* g, const L* x, const L* weight, L* dx, L* grad_weight, L* grad_bias, size_t n, L mean,
                   L rstd, L a, L b);
  // The same without weight for up to 4 planes, one behind the other, sums of one behind those of the other. Each is
  // added in lanes of 32 bytes in the order of its elements, whatever vectors the machine has.
  void (*plane_sums)(const L* g, const L* x, size_t n, size_t planes, const L* shift, L* sums);
  void (*scale)(const L* x, L* out, size_t n, L a, L b);                          // x * a + b
  void (*mix)(const L* g, const L* x, L* out, size_t n, const ChannelMix<L>& m);  // with a value of m for all
  void (*scale_columns)(const L* x, L* out, size_t n, const L* a, const L* b);    // with a value for each column
  void (*mix_columns)(const L* g, const L* x, L* out, size_t n, const ChannelMix<const L*>& m);
  void (*sums_columns)(const L* g, const L* x, size_t n, const L* shift, L* sum_g,
                       L* sum_gx);  // += g, += g * (x - shift)
};
template <class L>
const NormFns<L>& norm_fns();

}  // namespace flambeau::kernels
