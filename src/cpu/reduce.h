// Reductions over any set of dimensions of a strided tensor: folds (sum, max, ...), moments (mean and variance), and
// the place of the largest. The order of additions follows from sizes and strides alone, so results don't depend on
// threads.
#pragma once

#include "core/tensor.h"
#include "cpu/reduce_kernels.h"

namespace flambeau {

using kernels::Fold;

// The dimensions as bits: all where `dims` is empty (or absent); raises on a repetition. `op` begins the message.
uint64_t dim_mask(const char* op, IntSpan dims, int64_t rank, bool empty_is_all = true);
Dims reduced_sizes(IntSpan sizes, uint64_t mask, bool keepdim);
int64_t reduced_count(IntSpan sizes, uint64_t mask);

enum class After : uint8_t { nothing, mean, root };

// out (contiguous, of any real type) = fold of x over the dimensions of the mask. Computed in the lane of out's type:
// float, double or int64. Sums of complex numbers are sums of their parts.
void reduce_fold(Fold fold, const Tensor& x, uint64_t mask, const Tensor& out, After after = After::nothing);

// Mean and the sum of squared differences divided by (count - correction); either output may be undefined. Floating x.
void reduce_moments(const Tensor& x, uint64_t mask, double correction, bool root, const Tensor& variance,
                    const Tensor& mean);

// Values and places of the largest (smallest) along one dimension, or over the whole of x in row-major order (dim < 0).
// The first of equals, and the first NaN before all. Either output may be undefined; both are contiguous.
void reduce_arg(bool max, const Tensor& x, int64_t dim, const Tensor& values, const Tensor& indices);

// Whether all (any) bytes along the dimensions are set; x is of type bool.
void reduce_truth(bool all, const Tensor& x, uint64_t mask, const Tensor& out);

}  // namespace flambeau
