// The update rules of SGD, Adam, AdamW and Adagrad on flat memory, one pass over parameter, gradient and state.
#pragma once

#include <cstddef>

namespace flambeau::fused {

// Coefficients are worked out in double by the caller and rounded once to the parameters' type.
struct Step {
  double grad_scale = 1;  // divides the gradient, which is written back when it is not 1
  bool maximize = false;
  double weight_decay = 0;          // adds weight_decay * p to the gradient
  double shrink = 1;                // multiplies p first (AdamW)
  double lr = 0;                    // Adam: lr / (1 - beta1^t); Adagrad: the decayed rate
  double momentum = 0, damped = 1;  // SGD: v = momentum * v + damped * g
  bool nesterov = false, first = false;
  double beta1 = 0, beta2 = 0, root = 1, eps = 0;  // Adam: root = sqrt(1 - beta2^t)
};

template <class T>
void sgd(const Step&, T* p, T* g, T* velocity, size_t n);  // velocity may be null
template <class T>
void adam(const Step&, T* p, T* g, T* mean, T* square, T* most, size_t n);  // most: of amsgrad, or null
template <class T>
void adagrad(const Step&, T* p, T* g, T* sum, size_t n);

}  // namespace flambeau::fused
