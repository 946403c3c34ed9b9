// 1x1 convolutions of channels-first tensors as matrix products, see depthwise.h.
#include <algorithm>

#include "cpu/libraries/depthwise.h"
#include "cpu/libraries/matmul.h"
#include "cpu/libraries/openblas.h"
#include "cpu/libraries/parallel.h"

namespace flambeau::libraries {
namespace {

int64_t positions(const Convolution& s) { return s.output[0] * s.output[1] * s.output[2]; }

}  // namespace

bool pointwise(const Convolution& s) {
  if (s.dtype != DType::float32 || s.groups != 1 || s.source != Order::channels_first ||
      s.destination != Order::channels_first || openblas().avx512)
    return false;
  int64_t count = 1;
  for (int i = 0; i < s.spatial; ++i) {
    if (s.kernel[i] != 1 || s.stride[i] != 1 || s.padding[i] != 0 || s.input[i] != s.output[i]) return false;
    count *= s.output[i];
  }
  return count >= 32;  // fewer positions make thin products
}

void pointwise_forward(const Convolution& s, const float* source, const float* weights, const float* bias,
                       float* destination) {
  const int64_t n = positions(s);
  if (bias)
    parallel(s.batch * s.out_channels, 1,
             [&](int64_t i) { std::fill_n(destination + i * n, n, bias[i % s.out_channels]); });
  const int64_t batch[] = {s.batch}, none[] = {0}, from[] = {s.in_channels * n}, to[] = {s.out_channels * n};
  Matmul call{
      DType::float32, s.out_channels, n, s.in_channels, weights, s.in_channels, 1, source, n, 1, destination, n, 1};
  call.beta = bias ? 1 : 0;
  call.batch = batch, call.a_batch = none, call.b_batch = from, call.c_batch = to;
  call.threads = s.threads;
  matmul(call);
}

void pointwise_backward_data(const Convolution& s, const float* gradient, const float* weights, float* source) {
  const int64_t n = positions(s);
  const int64_t batch[] = {s.batch}, none[] = {0}, from[] = {s.out_channels * n}, to[] = {s.in_channels * n};
  Matmul call{
      DType::float32, s.in_channels, n, s.out_channels, weights, 1, s.in_channels, gradient, n, 1, source, n, 1};
  call.batch = batch, call.a_batch = none, call.b_batch = from, call.c_batch = to;
  call.threads = s.threads;
  matmul(call);
}

void pointwise_backward_weights(const Convolution& s, const float* source, const float* gradient, float* weights,
                                float* bias) {
  const int64_t n = positions(s);
  for (int64_t i = 0; i < s.batch; ++i) {
    Matmul call{DType::float32,
                s.out_channels,
                s.in_channels,
                n,
                gradient + i * s.out_channels * n,
                n,
                1,
                source + i * s.in_channels * n,
                1,
                n,
                weights,
                s.in_channels,
                1};
    call.beta = i == 0 ? 0 : 1;
    call.threads = s.threads;
    matmul(call);
  }
  if (!bias) return;
  for (int64_t c = 0; c < s.out_channels; ++c) {
    float total = 0;
    for (int64_t i = 0; i < s.batch; ++i) total += sum_in_lanes(gradient + (i * s.out_channels + c) * n, n);
    bias[c] = total;
  }
}

}  // namespace flambeau::libraries
