// The elementwise part of an LSTM step: gates to states, and its gradient. float32 or float64, all dense.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// gates (n, 4·h) in the order input, forget, cell, output; cell (n, h). activations (n, 4·h): the gates after their
// functions, kept for the gradient.
void lstm_forward(const Tensor& gates, const Tensor& cell, const Tensor& hidden_out, const Tensor& cell_out,
                  const Tensor& activations);
void lstm_backward(const Tensor& grad_hidden, const Tensor& grad_cell, const Tensor& activations, const Tensor& cell,
                   const Tensor& cell_out, const Tensor& grad_gates, const Tensor& grad_cell_in);

}  // namespace flambeau
