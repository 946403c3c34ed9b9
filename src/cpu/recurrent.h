// The elementwise part of an LSTM step, gates to states, and whole layers, each with its gradient. float32 or float64,
// all dense.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// gates (n, 4·h) in the order input, forget, cell, output; cell (n, h). activations (n, 4·h): the gates after their
// functions, kept for the gradient.
void lstm_forward(const Tensor& gates, const Tensor& cell, const Tensor& hidden_out, const Tensor& cell_out,
                  const Tensor& activations);
void lstm_backward(const Tensor& grad_hidden, const Tensor& grad_cell, const Tensor& activations, const Tensor& cell,
                   const Tensor& cell_out, const Tensor& grad_gates, const Tensor& grad_cell_in);

// One direction of a layer over all steps. Step t has sizes[t] sequences, whose rows follow those of step t - 1; N is
// the sum of sizes, B the largest.
struct LstmLayer {
  Tensor projected;  // (N, 4·h): the input times its weights
  Tensor hx, cx;     // (B, h)
  Tensor weight;     // (4·h, h)
  Tensor bias;       // (4·h) or undefined
  IntSpan sizes;
  bool reverse;
  Tensor output, hy, cy, cells, activations;  // results: (N, h), (B, h), (B, h), (N, h), (N, 4·h)
};
void lstm_layer(const LstmLayer& layer);

struct LstmLayerBackward {
  Tensor grad_output, grad_hy, grad_cy;  // each may be undefined
  Tensor hx, cx, weight, output, cells, activations;
  IntSpan sizes;
  bool reverse;
  Tensor grad_gates, grad_hx, grad_cx, grad_weight;  // results; grad_gates is the gradient of `projected`
};
void lstm_layer_backward(const LstmLayerBackward& layer);

}  // namespace flambeau
