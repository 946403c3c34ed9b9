// Attention in tiles: softmax(scale · Q · Kᵀ + mask) · V without the whole matrix of scores (Dao et al., 2022). Memory
// is linear in the lengths; a tile of scores stays in the cache between its two products.
#pragma once

#include "core/tensor.h"

namespace flambeau {

struct Attention {
  // (batch, heads, length, features) of one type, float32 or float64, features dense; sizes of batch and heads agree.
  Tensor query, key, value;
  Tensor mask;  // undefined, bool (true: may be seen) or of the same type (added); expanded to (batch, heads, L, S)
  bool causal = false;
  double scale = 1;
};

// out (batch, heads, L, Ev) with dense features; logsumexp (batch, heads, L) contiguous. A row that may see nothing
// gives zeros.
void attention_forward(const Attention& a, const Tensor& out, const Tensor& logsumexp);
void attention_backward(const Attention& a, const Tensor& grad, const Tensor& out, const Tensor& logsumexp,
                        const Tensor& grad_query, const Tensor& grad_key, const Tensor& grad_value);

}  // namespace flambeau
