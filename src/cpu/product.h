// Matrix products of tensors: C = alpha · A · B + beta · C over any element type and any strides. Floating and complex
// types run in the libraries (cpu/libraries/matmul.h), integers and bool in a plain kernel that wraps around.
#pragma once

#include "core/scalar.h"
#include "core/tensor.h"

namespace flambeau {

// a: (batch…, m, k), b: (batch…, k, n), c: (batch…, m, n), all of one type. Batch sizes of 1 in a and b repeat.
// With beta 0 the old values of c are never read.
void product(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha = 1, const Scalar& beta = 0);

// The sum of a[i] · b[i] over two vectors, written to the single element of out; conj takes the conjugate of a.
void dot_product(const Tensor& out, const Tensor& a, const Tensor& b, bool conjugate = false);

// y = x · weightᵀ + bias for few elements, all contiguous float32: x (m, k), weight (n, k), bias (n) or null.
void small_linear(const float* x, const float* weight, const float* bias, float* y, int64_t m, int64_t n, int64_t k);

}  // namespace flambeau
