// What one step of an LSTM layer reads and writes, shared between the kernels of each instruction set and the code that
// walks over the steps. All dense; `rows` sequences, `width` hidden units, four gates in the order input, forget, cell,
// output.
#pragma once

#include <cstdint>

namespace flambeau {

template <class T>
struct LstmStep {
  int64_t rows, width;
  const T* packed;     // recurrent weights in panels
  const T* projected;  // (rows, 4·width): what comes from the input
  const T* bias;       // (4·width) or nullptr
  const T* hidden;     // (rows, width) before the step
  T* cell;             // (rows, width): before the step, then after it
  T *output, *cells;   // (rows, width): hidden and cell state after the step
  T* activations;      // (rows, 4·width): the gates after their functions
};

template <class T>
struct LstmStepBackward {
  int64_t rows, width, later_rows;
  const T* packed;
  const T* later;                         // gradient of the gates (later_rows, 4·width) of the step that followed
  const T* grad_output;                   // (rows, width) or nullptr
  const T *activations, *before, *cells;  // before, cells: cell state before and after the step
  T *grad_hidden, *grad_cell;             // (·, width): running gradients of the states
  T* grad_gates;                          // (rows, 4·width)
};

// Kernels work on one block of `panel` hidden units; blocks are independent of each other within a step.
template <class T>
struct LstmKernels {
  int64_t panel;
  void (*pack_forward)(const T* w, int64_t h, int64_t block, T* to);
  void (*pack_backward)(const T* w, int64_t h, int64_t block, T* to);
  void (*forward)(const LstmStep<T>& step, int64_t block);
  void (*backward)(const LstmStepBackward<T>& step, int64_t block);
};

}  // namespace flambeau
