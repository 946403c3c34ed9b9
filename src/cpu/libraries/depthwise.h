// Two convolutions that need no library from channels-first tensors, and no reordering: depthwise ones, which memory
// bounds, plane by plane; and 1x1 ones, which are matrix products as they stand. float32. Bits do not depend on the
// number of threads: a plane or a product is computed in one way.
#pragma once

#include "cpu/libraries/convolution.h"

namespace flambeau::libraries {

// One filter per channel, two spatial dimensions, channels first, few taps, planes that fit the second-level cache.
bool depthwise(const Convolution& shape);
void depthwise_forward(const Convolution& shape, const float* source, const float* weights, const float* bias,
                       float* destination);
void depthwise_backward_data(const Convolution& shape, const float* gradient, const float* weights, float* source);
void depthwise_backward_weights(const Convolution& shape, const float* source, const float* gradient, float* weights,
                                float* bias);

// A 1x1 kernel, stride 1, no padding, one group, channels first, where OpenBLAS's products are as fast as oneDNN's
// convolutions.
bool pointwise(const Convolution& shape);
void pointwise_forward(const Convolution& shape, const float* source, const float* weights, const float* bias,
                       float* destination);
void pointwise_backward_data(const Convolution& shape, const float* gradient, const float* weights, float* source);
void pointwise_backward_weights(const Convolution& shape, const float* source, const float* gradient, float* weights,
                                float* bias);

// Sum of n numbers in a fixed order.
float sum_in_lanes(const float* x, int64_t n);

}  // namespace flambeau::libraries
