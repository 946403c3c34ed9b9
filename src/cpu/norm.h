// Layer, batch and group normalisation over contiguous data of one lane type (float or double), forward and backward.
#pragma once

#include "core/tensor.h"
#include "cpu/norm_kernels.h"

namespace flambeau {

inline DType norm_lane(DType t) { return t == DType::float64 ? DType::float64 : DType::float32; }

// x: (rows, n), all tensors contiguous and of the lane's type; weight and bias may be undefined. mean and rstd: (rows).
void layer_norm_forward(const Tensor& x, int64_t rows, int64_t n, const Tensor& weight, const Tensor& bias, double eps,
                        const Tensor& out, const Tensor& mean, const Tensor& rstd);
// Any of dx, grad_weight, grad_bias may be undefined.
void layer_norm_backward(const Tensor& grad, const Tensor& x, int64_t rows, int64_t n, const Tensor& mean,
                         const Tensor& rstd, const Tensor& weight, const Tensor& dx, const Tensor& grad_weight,
                         const Tensor& grad_bias);

// Data seen as (samples, channels, space), or (samples * space, channels) where `last`.
struct Channels {
  int64_t samples = 1, channels = 1, space = 1;
  bool last = false;
};
// out = x * a[channel] + b[channel]
template <class L>
void channel_scale(const Channels& s, const L* x, L* out, const L* a, const L* b);
// sum of g and of g * (x - shift[channel]) for each channel; g may be null (then x and x^2-like sums are not wanted)
template <class L>
void channel_sums(const Channels& s, const L* g, const L* x, const L* shift, double* sum_g, double* sum_gx);
// out = scale * (g * weight - mean_g - (x - mean) * slope), with values for each channel
template <class L>
void channel_mix(const Channels& s, const L* g, const L* x, L* out, const kernels::ChannelMix<const L*>& mix);

}  // namespace flambeau
