// Sampling an image or volume at the places of a grid, and its gradients.
#pragma once

#include "core/tensor.h"

namespace flambeau {

struct GridSample {
  int64_t interpolation = 0;  // 0 linear, 1 nearest, 2 cubic (images only)
  int64_t padding = 0;        // beyond the border: 0 zeros, 1 the border's value, 2 mirrored
  bool align_corners = false;
};

// input (N, C, [D,] H, W), grid (N, [D',] H', W', 2 or 3) with x first, out (N, C, [D',] H', W'); all dense row-major
// of one type, float32 or float64.
void grid_sample(const GridSample& s, const Tensor& input, const Tensor& grid, const Tensor& out);
// Undefined gradients are not computed.
void grid_sample_backward(const GridSample& s, const Tensor& grad, const Tensor& input, const Tensor& grid,
                          const Tensor& grad_input, const Tensor& grad_grid);

}  // namespace flambeau
