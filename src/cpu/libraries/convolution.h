// Convolution of one to three spatial dimensions and its gradients, for every floating and complex type. Float and the
// 16-bit types run in oneDNN, the others as matrix products (convolution_direct.cpp).
//
// A transposed convolution is the backward_data of the convolution whose source is its result: swap the roles of source
// and destination. Its weight gradient is backward_weights with the same swap.
#pragma once

#include <cstdint>
#include <memory>

#include "core/dtype.h"

namespace flambeau::libraries {

// The physical order of a dense tensor: N C (D) (H) W, or N (D) (H) W C; for weights O I … or O … I.
enum class Order : uint8_t { channels_first, channels_last };

// Which order dense strides are in. False if they are neither; where both hold, channels_first, unless `prefer` says
// so.
bool order_of(int dims, const int64_t* sizes, const int64_t* strides, Order& order,
              Order prefer = Order::channels_first);

struct Convolution {
  DType dtype = DType::float32;
  int spatial = 2;  // the first `spatial` entries of the arrays are used, in the order of the dimensions
  int64_t batch = 1, groups = 1, in_channels = 1, out_channels = 1;
  int64_t input[3] = {1, 1, 1}, output[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, padding[3] = {0, 0, 0};  // padding before the first element
  Order source = Order::channels_first, weights = Order::channels_first, destination = Order::channels_first;
  int threads = 1;
  bool deterministic = true;  // weight gradients: the same bits for any number of threads
};

// Output size of a dimension; the padding after the last element follows from Convolution::output.
int64_t convolution_output(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t padding_begin,
                           int64_t padding_end);

// Weights reordered to what a forward pass runs on, for inference. Valid for shapes whose fast layout is the same;
// other calls quietly reorder the plain weights again.
class PackedWeights {
 public:
  explicit PackedWeights(void* data) : data_(data) {}
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;
  ~PackedWeights();
  const void* data() const { return data_; }

 private:
  void* data_;
};
std::shared_ptr<PackedWeights> pack_weights(const Convolution& shape, const void* weights);  // nullptr: nothing to gain

// bias and bias gradient may be nullptr. Results are overwritten.
void convolution_forward(const Convolution& shape, const void* source, const void* weights, const void* bias,
                         void* destination, const PackedWeights* packed = nullptr);
void convolution_backward_data(const Convolution& shape, const void* destination_gradient, const void* weights,
                               void* source_gradient);
void convolution_backward_weights(const Convolution& shape, const void* source, const void* destination_gradient,
                                  void* weights_gradient, void* bias_gradient);

// The same through matrix products: float32, float64, complex64, complex128. Gradients are the plain transposes; the
// caller conjugates what a complex derivative wants conjugated.
void convolution_direct_forward(const Convolution& shape, const void* source, const void* weights, const void* bias,
                                void* destination);
void convolution_direct_backward_data(const Convolution& shape, const void* destination_gradient, const void* weights,
                                      void* source_gradient);
void convolution_direct_backward_weights(const Convolution& shape, const void* source, const void* destination_gradient,
                                         void* weights_gradient, void* bias_gradient);

}  // namespace flambeau::libraries
