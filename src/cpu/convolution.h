// Convolution of tensors: the arguments in full, the sizes and memory format of the result, and calls of the libraries.
#pragma once

#include "core/tensor.h"
#include "cpu/libraries/convolution.h"

namespace flambeau {

struct ConvolutionArguments {
  Dims stride, padding, dilation, output_padding;  // one entry for each spatial dimension
  bool transposed = false;
  int64_t groups = 1;

  // Fills in repeated single numbers and raises what PyTorch raises for what cannot be.
  ConvolutionArguments(const char* op, const Tensor& input, const Tensor& weight, IntSpan stride, IntSpan padding,
                       IntSpan dilation, bool transposed, IntSpan output_padding, int64_t groups);
  int64_t spread_kernel(size_t i, IntSpan weight) const;   // from its first to its last tap in spatial dimension i
  Dims output_sizes(IntSpan input, IntSpan weight) const;  // (N, C_out, spatial…)
};

void check_convolution(const char* op, const ConvolutionArguments& a, const Tensor& input, const Tensor& weight,
                       IntSpan bias, bool has_bias);
// Whether a convolution of these two gives channels-last results: if one of them is so.
bool convolves_channels_last(const Tensor& input, const Tensor& weight);

void convolve(const ConvolutionArguments& a, const Tensor& input, const Tensor& weight, const Tensor& bias,
              const Tensor& out);
// Undefined results are not computed.
void convolve_backward(const ConvolutionArguments& a, const Tensor& grad, const Tensor& input, const Tensor& weight,
                       const Tensor& grad_input, const Tensor& grad_weight, const Tensor& grad_bias);

}  // namespace flambeau
