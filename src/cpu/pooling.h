// Pooling over windows that are products of intervals, one for each of three dimensions: plain, dilated, padded and
// adaptive windows are all of this form. Kernels take planes in row-major order, or channels innermost.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace flambeau {

// The windows along one dimension: output o covers inputs begin[o], begin[o] + step, … below end[o].
struct PoolAxis {
  int64_t input = 1, output = 1, step = 1;
  std::vector<int64_t> begin{0}, end{1};
  std::vector<int64_t> count{1};  // elements that an average divides by, padding included where it counts
  // Windows at o · stride - padding with `taps` elements each, for vector code over o; stride 0 when irregular.
  int64_t stride = 0, padding = 0, taps = 0;
};

PoolAxis window_axis(int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation,
                     bool count_padding);
PoolAxis adaptive_axis(int64_t input, int64_t output);
// Output size of a window sliding over a dimension; with ceil_mode a last one may reach beyond the end, if it begins
// inside.
int64_t pooled_size(int64_t input, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil_mode);

struct Pooling {
  PoolAxis axes[3];     // depth, height, width; the unused ones of size 1
  int64_t divisor = 0;  // of averages; 0: by the axes' counts
  bool channels_last = false;
  int64_t batch = 1, channels = 1;
  int64_t in_plane() const { return axes[0].input * axes[1].input * axes[2].input; }
  int64_t out_plane() const { return axes[0].output * axes[1].output * axes[2].output; }
};

// T is float, double or int64_t. Data is dense: (batch, channels, planes), or (batch, planes, channels).
template <class T>
void max_pool(const Pooling& p, const T* in, T* out, int64_t* indices);
template <class T>
void average_pool(const Pooling& p, const T* in, T* out);
template <class T>
void average_pool_backward(const Pooling& p, const T* grad, T* grad_in);
// grad_in[plane][indices[i]] += grad[i], planes in row-major order or channels innermost. grad_in is overwritten.
template <class T>
void scatter_by_index(const Pooling& p, const T* grad, const int64_t* indices, T* grad_in);
// out[i] = in[plane][indices[i]].
template <class T>
void gather_by_index(const Pooling& p, const T* in, const int64_t* indices, T* out);

}  // namespace flambeau
