// Softmax, log-softmax, their gradients, and logsumexp, along one dimension of a tensor of any strides and floating
// type.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// All tensors of the same sizes; results contiguous.
void softmax_forward(const Tensor& x, int64_t dim, bool log, const Tensor& out);
void softmax_backward(const Tensor& grad, const Tensor& out, int64_t dim, bool log, const Tensor& result);
// Along `dim` of x; result without that dimension, contiguous.
void logsumexp_forward(const Tensor& x, int64_t dim, const Tensor& result);

// Cross entropy of rows (rows, classes) with class indices, without the table of log-probabilities. `losses` holds for
// each row weight[target] * -log p[target] (0 where ignored), `lse` the logarithm of the row's sum of exponentials.
void cross_entropy_rows(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore, double smoothing,
                        const Tensor& losses, const Tensor& lse);
// result = grad[row] * d losses[row] / d x; `grad` holds one float or double for each row.
void cross_entropy_rows_backward(const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight,
                                 int64_t ignore, double smoothing, const Tensor& lse, const Tensor& result);

}  // namespace flambeau
