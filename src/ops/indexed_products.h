// What the gradients of products over indexed places (scatter_reduce, index_reduce) share.
#pragma once

#include "ops/define.h"

namespace flambeau {

// The product at the place of each factor without that factor. All are of the factors' sizes, taken at their places:
// how many factors are zero, the product of those that are not, the whole product, and, where the gradient is to be
// differentiated in turn, the sum of the zeros: without one of two zeros, the other is a factor.
inline Tensor without_factor(const Tensor& factor, const Tensor& is_zero, const Tensor& zeros, const Tensor& product,
                             const Tensor& whole, const Tensor& sum_of_zeros) {
  auto are = [&](int64_t count) { return call<"eq.Tensor">(zeros, Scalar(count)); };
  Tensor at_zero = call<"where.self">(are(1), product, call<"zeros_like">(product));
  if (sum_of_zeros.defined()) {
    Tensor other = call<"sub.Tensor">(sum_of_zeros, factor);
    at_zero = call<"where.self">(are(2), call<"mul.Tensor">(other, product), at_zero);
  }
  Tensor safe = call<"masked_fill.Scalar">(factor, is_zero, Scalar(int64_t{1}));
  return call<"where.self">(is_zero, at_zero, call<"div.Tensor">(whole, safe));
}

}  // namespace flambeau
