// Resizing by separable filters: every output element is a weighted sum of a few input elements, independently along
// each dimension. Nearest, linear, cubic and the antialiased filters differ in their tables of weights alone.
#pragma once

#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace flambeau {

// Output o of an axis takes inputs index[first[o]] … index[first[o + 1] - 1] with the weights beside them.
struct ResampleAxis {
  int64_t input = 1, output = 1;
  std::vector<int64_t> first{0, 1};
  std::vector<int32_t> index{0};
  std::vector<double> weight{1.0};
};

// Modes: nearest, nearest-exact, linear, cubic, linear-aa, cubic-aa, lanczos-aa. A scale of 0 or less: from the sizes.
// Weights are computed in double or float, as the tensor's type asks.
ResampleAxis resample_axis(std::string_view mode, int64_t input, int64_t output, bool align_corners, double scale,
                           bool in_double);

struct Resample {
  ResampleAxis axes[3];
  bool channels_last = false;
  int64_t batch = 1, channels = 1;
  int64_t in_plane() const { return axes[0].input * axes[1].input * axes[2].input; }
  int64_t out_plane() const { return axes[0].output * axes[1].output * axes[2].output; }
};

// T is float or double; dense data in the order that r says.
template <class T>
void resample(const Resample& r, const T* in, T* out);
template <class T>
void resample_backward(const Resample& r, const T* grad, T* grad_in);

}  // namespace flambeau
