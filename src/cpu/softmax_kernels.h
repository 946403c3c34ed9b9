// Vector loops of softmax, log-softmax and their gradients, for rows (the dimension is contiguous) and for columns
// (it lies across rows `stride` elements apart, `width` of them side by side). Lanes: float and double.
#pragma once

#include <cstddef>

namespace flambeau::kernels {

template <class L>
struct SoftmaxFns {
  void (*row)(const L* x, L* out, size_t n, bool log);
  void (*row_backward)(const L* grad, const L* out, L* result, size_t n, bool log);
  // `room`: 2 * width elements.
  void (*columns)(const L* x, L* out, ptrdiff_t stride, size_t n, size_t width, bool log, L* room);
  void (*columns_backward)(const L* grad, const L* out, L* result, ptrdiff_t stride, size_t n, size_t width, bool log,
                           L* room);
  // The largest element (0 where that is infinite), and the sum of exp(x - largest).
  L (*row_exp_sum)(const L* x, size_t n, L* largest);
  void (*columns_exp_sum)(const L* x, ptrdiff_t stride, size_t n, size_t width, L* largest, L* sum);
  // result = scale * exp(x - shift), plus `constant`
  void (*row_exp)(const L* x, L* result, size_t n, L shift, L scale, L constant);
  L (*row_sum)(const L* x, size_t n);
};
template <class L>
const SoftmaxFns<L>& softmax_fns();

}  // namespace flambeau::kernels
