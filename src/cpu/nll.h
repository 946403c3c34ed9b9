// Negative log-likelihood of class indices: one number is read for each target.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// x: (N, C, inner) in row-major order; target: N * inner indices; weight: C or undefined. Class `ignore` counts
// nothing.
struct NllShape {
  int64_t samples, classes, inner;
};
// Raises IndexError for a target that is neither a class nor `ignore`.
void check_targets(const char* op, const Tensor& target, int64_t classes, int64_t ignore);
// reduction 0: losses, one for each target; 1 and 2: one number. total_weight: one number.
void nll_forward(const Tensor& x, const Tensor& target, const Tensor& weight, NllShape shape, int64_t reduction,
                 int64_t ignore, const Tensor& out, const Tensor& total_weight);
// The same error for such a target.
void nll_backward(const Tensor& grad, const Tensor& target, const Tensor& weight, NllShape shape, int64_t reduction,
                  int64_t ignore, const Tensor& total_weight, const Tensor& result);

}  // namespace flambeau
