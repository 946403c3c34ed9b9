// Pooling of tensors: from the arguments of an operator to the kernels of pooling.h.
#pragma once

#include <optional>

#include "core/tensor.h"
#include "cpu/pooling.h"

namespace flambeau {

// One entry for each spatial dimension.
struct PoolArguments {
  Dims kernel, stride, padding, dilation;
  bool ceil_mode = false, count_padding = true;
  int64_t divisor = 0;
  // Repeats single numbers, fills in an absent stride, and raises what PyTorch raises for what cannot be.
  PoolArguments(const char* op, int64_t spatial, IntSpan kernel, IntSpan stride, IntSpan padding, IntSpan dilation,
                bool ceil_mode);
  int64_t spatial() const { return static_cast<int64_t>(kernel.size()); }
};

// Sizes of the result of windows over the last dimensions of self, of spatial + 1 or + 2 dimensions.
Dims pool_sizes(const char* op, const Tensor& self, const PoolArguments& a);
// `first`: the first dimension that has to have elements.
Dims adaptive_sizes(const char* op, const Tensor& self, IntSpan output, int64_t first = 1);
bool pools_channels_last(const Tensor& self, int64_t spatial);

// The windows over inputs of the given sizes; spatial dimensions are the last ones.
Pooling pooling_of(const PoolArguments& a, IntSpan input, IntSpan output, bool channels_last);
Pooling pooling_of(IntSpan output_size, IntSpan input, bool channels_last);                   // adaptive
Pooling pooling_between(int64_t spatial, IntSpan input, IntSpan output, bool channels_last);  // sizes alone

// Results are dense in the order that `p` says; inputs are brought to it.
void max_pool_tensors(const Pooling& p, const Tensor& self, const Tensor& out, const Tensor& indices);
void average_pool_tensors(const Pooling& p, const Tensor& self, const Tensor& out);
void average_pool_backward_tensors(const Pooling& p, const Tensor& grad, const Tensor& out);
void scatter_tensors(const Pooling& p, const Tensor& grad, const Tensor& indices, const Tensor& out);
void gather_tensors(const Pooling& p, const Tensor& self, const Tensor& indices, const Tensor& out);

}  // namespace flambeau
