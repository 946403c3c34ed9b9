// LSTM kernels, compiled for each instruction set: the elementwise part of a step, and whole layers. A layer packs its
// recurrent weights once; a step is then one parallel region over blocks of hidden units, each of which multiplies its
// four gates' weights with the hidden state and takes the sums to new states while they are in the cache. Every sum is
// formed by one thread in the order of k.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/recurrent.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>
#include <algorithm>
#include <cmath>

#include "cpu/recurrent_steps.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void sigmoids(const T* in, T* out, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto one = hn::Set(d, T(1));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(hn::LoadU(d, in + i))))), d, out + i);
  for (; i < n; ++i) out[i] = T(1) / (T(1) + std::exp(-in[i]));
}
template <class T>
void tangents(const T* in, T* out, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Tanh(d, hn::LoadU(d, in + i)), d, out + i);
  for (; i < n; ++i) out[i] = std::tanh(in[i]);
}

template <class T>
void lstm_row(const T* gates, const T* cell, int64_t h, T* hidden_out, T* cell_out, T* act) {
  sigmoids(gates, act, 2 * h);
  tangents(gates + 2 * h, act + 2 * h, h);
  sigmoids(gates + 3 * h, act + 3 * h, h);
  for (int64_t i = 0; i < h; ++i) cell_out[i] = act[h + i] * cell[i] + act[i] * act[2 * h + i];
  tangents(cell_out, hidden_out, h);
  for (int64_t i = 0; i < h; ++i) hidden_out[i] *= act[3 * h + i];
}

template <class T>
void lstm_row_backward(const T* grad_hidden, const T* grad_cell, const T* act, const T* cell, const T* cell_out,
                       int64_t h, T* grad_gates, T* grad_cell_in) {
  T* bent = grad_cell_in;  // tanh of the new cell, until the end
  tangents(cell_out, bent, h);
  for (int64_t i = 0; i < h; ++i) {
    const T in = act[i], forget = act[h + i], candidate = act[2 * h + i], out = act[3 * h + i];
    const T to_cell = grad_cell[i] + grad_hidden[i] * out * (1 - bent[i] * bent[i]);
    grad_gates[i] = to_cell * candidate * in * (1 - in);
    grad_gates[h + i] = to_cell * cell[i] * forget * (1 - forget);
    grad_gates[2 * h + i] = to_cell * in * (1 - candidate * candidate);
    grad_gates[3 * h + i] = grad_hidden[i] * bent[i] * out * (1 - out);
    grad_cell_in[i] = to_cell * forget;
  }
}

// A panel of weights holds two vectors of columns for every k, padded with zeros.
template <class T>
constexpr int64_t panel_width() {
  return 2 * static_cast<int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
}

// out (R, panel) = a (R, k) · panel (k, panel).
template <int R, class T>
HWY_INLINE void multiply_rows(const T* HWY_RESTRICT a, int64_t row, const T* HWY_RESTRICT panel, int64_t k,
                              T* HWY_RESTRICT out, int64_t out_row) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = panel_width<T>() / 2;
  hn::Vec<decltype(d)> left[R], right[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) left[r] = right[r] = hn::Zero(d);
  for (int64_t p = 0; p < k; ++p, panel += 2 * lanes) {
    const auto w0 = hn::Load(d, panel), w1 = hn::Load(d, panel + lanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const auto x = hn::Set(d, a[r * row + p]);
      left[r] = hn::MulAdd(x, w0, left[r]);
      right[r] = hn::MulAdd(x, w1, right[r]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    hn::StoreU(left[r], d, out + r * out_row);
    hn::StoreU(right[r], d, out + r * out_row + lanes);
  }
}
constexpr int64_t kRows = 6;
// Rows of the next tile of those left: tiles of nearly equal height, so that none has too few sums under way.
HWY_INLINE int64_t next_rows(int64_t left) {
  const int64_t tiles = (left + kRows - 1) / kRows;
  return (left + tiles - 1) / tiles;
}
template <class T>
void multiply(int64_t rows, const T* a, int64_t row, const T* panel, int64_t k, T* out, int64_t out_row) {
  switch (rows) {
    case 1: return multiply_rows<1>(a, row, panel, k, out, out_row);
    case 2: return multiply_rows<2>(a, row, panel, k, out, out_row);
    case 3: return multiply_rows<3>(a, row, panel, k, out, out_row);
    case 4: return multiply_rows<4>(a, row, panel, k, out, out_row);
    case 5: return multiply_rows<5>(a, row, panel, k, out, out_row);
    default: return multiply_rows<6>(a, row, panel, k, out, out_row);
  }
}

// Weights (4·h, h) for the forward step: block of units, gate, k, unit in the block.
template <class T>
void pack_forward(const T* w, int64_t h, int64_t block, T* to) {
  constexpr int64_t width = panel_width<T>();
  const int64_t first = block * width, units = std::min(width, h - first);
  to += block * 4 * h * width;
  for (int64_t gate = 0; gate < 4; ++gate, to += h * width) {
    for (int64_t j = 0; j < width; ++j) {
      const T* from = w + (gate * h + first + j) * h;
      for (int64_t k = 0; k < h; ++k) to[k * width + j] = j < units ? from[k] : T(0);
    }
  }
}
// The same for the backward step: block of columns, row, column in the block.
template <class T>
void pack_backward(const T* w, int64_t h, int64_t block, T* to) {
  constexpr int64_t width = panel_width<T>();
  const int64_t first = block * width, units = std::min(width, h - first);
  to += block * 4 * h * width;
  for (int64_t q = 0; q < 4 * h; ++q, to += width) {
    for (int64_t j = 0; j < units; ++j) to[j] = w[q * h + first + j];
    for (int64_t j = units; j < width; ++j) to[j] = T(0);
  }
}

template <class T>
void step_forward(const LstmStep<T>& s, int64_t block) {
  constexpr int64_t width = panel_width<T>();
  const int64_t h = s.width, first = block * width, units = std::min(width, h - first);
  const T* panels = s.packed + block * 4 * h * width;
  T tile[kRows * 4 * width], bent[width];
  for (int64_t r0 = 0, rows; r0 < s.rows; r0 += rows) {
    rows = next_rows(s.rows - r0);
    for (int64_t gate = 0; gate < 4; ++gate)
      multiply(rows, s.hidden + r0 * h, h, panels + gate * h * width, h, tile + gate * width, 4 * width);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = (r0 + r) * h + first;
      T* act[4];
      for (int64_t gate = 0; gate < 4; ++gate) {
        const int64_t from = (r0 + r) * 4 * h + gate * h + first;
        const T *sum = tile + (r * 4 + gate) * width, *add = s.projected + from;
        act[gate] = s.activations + from;
        if (s.bias) {
          const T* bias = s.bias + gate * h + first;
          for (int64_t j = 0; j < units; ++j) act[gate][j] = sum[j] + bias[j] + add[j];
        } else {
          for (int64_t j = 0; j < units; ++j) act[gate][j] = sum[j] + add[j];
        }
        if (gate == 2)
          tangents(act[gate], act[gate], units);
        else
          sigmoids(act[gate], act[gate], units);
      }
      T* cell = s.cell + at;
      for (int64_t j = 0; j < units; ++j) cell[j] = act[1][j] * cell[j] + act[0][j] * act[2][j];
      std::copy_n(cell, units, s.cells + at);
      tangents(cell, bent, units);
      for (int64_t j = 0; j < units; ++j) s.output[at + j] = act[3][j] * bent[j];
    }
  }
}

template <class T>
void step_backward(const LstmStepBackward<T>& s, int64_t block) {
  constexpr int64_t width = panel_width<T>();
  const int64_t h = s.width, first = block * width, units = std::min(width, h - first);
  const T* panel = s.packed + block * 4 * h * width;
  T tile[kRows * width];
  for (int64_t r0 = 0, rows; r0 < s.later_rows; r0 += rows) {
    rows = next_rows(s.later_rows - r0);
    multiply(rows, s.later + r0 * 4 * h, 4 * h, panel, 4 * h, tile, width);
    for (int64_t r = 0; r < rows; ++r) std::copy_n(tile + r * width, units, s.grad_hidden + (r0 + r) * h + first);
  }
  T bent[width];
  for (int64_t r = 0; r < s.rows; ++r) {
    const int64_t at = r * h + first, gates = r * 4 * h + first;
    const T *grad = s.grad_hidden + at, *more = s.grad_output ? s.grad_output + at : nullptr, *before = s.before + at,
            *in = s.activations + gates, *forget = in + h, *candidate = forget + h, *out = candidate + h;
    T *grad_cell = s.grad_cell + at, *to_in = s.grad_gates + gates, *to_forget = to_in + h,
      *to_candidate = to_forget + h, *to_out = to_candidate + h;
    tangents(s.cells + at, bent, units);
    for (int64_t j = 0; j < units; ++j) {
      const T dh = more ? grad[j] + more[j] : grad[j];
      const T to_cell = grad_cell[j] + dh * out[j] * (1 - bent[j] * bent[j]);
      to_in[j] = to_cell * candidate[j] * in[j] * (1 - in[j]);
      to_forget[j] = to_cell * before[j] * forget[j] * (1 - forget[j]);
      to_candidate[j] = to_cell * in[j] * (1 - candidate[j] * candidate[j]);
      to_out[j] = dh * bent[j] * out[j] * (1 - out[j]);
      grad_cell[j] = to_cell * forget[j];
    }
  }
}

template <class T>
LstmKernels<T> lstm_kernels() {
  return {panel_width<T>(), pack_forward<T>, pack_backward<T>, step_forward<T>, step_backward<T>};
}

#define FOR_TYPE(T, suffix)                                                                                          \
  void LstmRow_##suffix(const T* gates, const T* cell, int64_t h, T* hidden, T* cell_out, T* act) {                  \
    lstm_row<T>(gates, cell, h, hidden, cell_out, act);                                                              \
  }                                                                                                                  \
  void LstmRowBackward_##suffix(const T* gh, const T* gc, const T* act, const T* cell, const T* cell_out, int64_t h, \
                                T* gg, T* gci) {                                                                     \
    lstm_row_backward<T>(gh, gc, act, cell, cell_out, h, gg, gci);                                                   \
  }                                                                                                                  \
  LstmKernels<T> LstmKernels_##suffix() { return lstm_kernels<T>(); }
FOR_TYPE(float, f32)
FOR_TYPE(double, f64)
#undef FOR_TYPE

}  // namespace HWY_NAMESPACE
}  // namespace flambeau
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "cpu/product.h"
#include "cpu/recurrent.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

HWY_EXPORT(LstmRow_f32);
HWY_EXPORT(LstmRow_f64);
HWY_EXPORT(LstmRowBackward_f32);
HWY_EXPORT(LstmRowBackward_f64);
HWY_EXPORT(LstmKernels_f32);
HWY_EXPORT(LstmKernels_f64);

void lstm_forward(const Tensor& gates, const Tensor& cell, const Tensor& hidden_out, const Tensor& cell_out,
                  const Tensor& activations) {
  const int64_t h = cell.size(1);
  auto rows = [&](auto zero, auto row) {
    using T = decltype(zero);
    parallel_for(cell.size(0), std::max<int64_t>(1, 4096 / std::max<int64_t>(1, h)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        row(gates.data<T>() + i * 4 * h, cell.data<T>() + i * h, h, hidden_out.data<T>() + i * h,
            cell_out.data<T>() + i * h, activations.data<T>() + i * 4 * h);
    });
  };
  if (cell.dtype() == DType::float64)
    rows(double(), HWY_DYNAMIC_DISPATCH(LstmRow_f64));
  else
    rows(float(), HWY_DYNAMIC_DISPATCH(LstmRow_f32));
}

void lstm_backward(const Tensor& grad_hidden, const Tensor& grad_cell, const Tensor& activations, const Tensor& cell,
                   const Tensor& cell_out, const Tensor& grad_gates, const Tensor& grad_cell_in) {
  const int64_t h = cell.size(1);
  auto rows = [&](auto zero, auto row) {
    using T = decltype(zero);
    parallel_for(cell.size(0), std::max<int64_t>(1, 4096 / std::max<int64_t>(1, h)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        row(grad_hidden.data<T>() + i * h, grad_cell.data<T>() + i * h, activations.data<T>() + i * 4 * h,
            cell.data<T>() + i * h, cell_out.data<T>() + i * h, h, grad_gates.data<T>() + i * 4 * h,
            grad_cell_in.data<T>() + i * h);
    });
  };
  if (cell.dtype() == DType::float64)
    rows(double(), HWY_DYNAMIC_DISPATCH(LstmRowBackward_f64));
  else
    rows(float(), HWY_DYNAMIC_DISPATCH(LstmRowBackward_f32));
}

namespace {

template <class T>
LstmKernels<T> kernels_for() {
  if constexpr (std::is_same_v<T, double>)
    return HWY_DYNAMIC_DISPATCH(LstmKernels_f64)();
  else
    return HWY_DYNAMIC_DISPATCH(LstmKernels_f32)();
}

// Weights in panels, in memory aligned for vectors.
template <class T>
Tensor packed(const LstmKernels<T>& kernels, const Tensor& w, int64_t h, bool forward) {
  const int64_t blocks = (h + kernels.panel - 1) / kernels.panel;
  Tensor to = empty(Dims{std::max<int64_t>(1, blocks * 4 * h * kernels.panel)}, w.dtype());
  parallel_tasks(blocks, [&](int64_t block) {
    (forward ? kernels.pack_forward : kernels.pack_backward)(w.data<T>(), h, block, to.data<T>());
  });
  return to;
}

// Few blocks with little work are not worth waking threads for.
template <class Body>
void over_blocks(int64_t blocks, double work, Body&& body) {
  if (work < (1 << 19))
    for (int64_t i = 0; i < blocks; ++i) body(i);
  else
    parallel_tasks(blocks, body);
}

std::vector<int64_t> starts_of(IntSpan sizes) {
  std::vector<int64_t> starts(sizes.size() + 1, 0);
  for (size_t t = 0; t < sizes.size(); ++t) starts[t + 1] = starts[t] + sizes[t];
  return starts;
}

template <class T>
void layer_forward(const LstmLayer& l) {
  const auto kernels = kernels_for<T>();
  const int64_t h = l.cx.size(1), blocks = (h + kernels.panel - 1) / kernels.panel;
  const int64_t steps = static_cast<int64_t>(l.sizes.size());
  Tensor weights = packed<T>(kernels, l.weight, h, true);
  copy_elements(l.hy, l.hx);
  copy_elements(l.cy, l.cx);
  T *hidden = l.hy.data<T>(), *cell = l.cy.data<T>();
  const auto starts = starts_of(l.sizes);
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = l.reverse ? steps - 1 - i : i, row = starts[t], rows = l.sizes[t];
    LstmStep<T> step{rows,
                     h,
                     weights.data<T>(),
                     l.projected.data<T>() + row * 4 * h,
                     l.bias.defined() ? l.bias.data<T>() : nullptr,
                     hidden,
                     cell,
                     l.output.data<T>() + row * h,
                     l.cells.data<T>() + row * h,
                     l.activations.data<T>() + row * 4 * h};
    over_blocks(blocks, double(rows) * 4 * h * h, [&](int64_t block) { kernels.forward(step, block); });
    std::copy_n(step.output, rows * h, hidden);
  }
}

template <class T>
void layer_backward(const LstmLayerBackward& l) {
  const auto kernels = kernels_for<T>();
  const int64_t h = l.cx.size(1), blocks = (h + kernels.panel - 1) / kernels.panel, count = l.output.size(0);
  const int64_t steps = static_cast<int64_t>(l.sizes.size());
  Tensor weights = packed<T>(kernels, l.weight, h, false);
  const auto starts = starts_of(l.sizes);
  auto time = [&](int64_t i) { return l.reverse ? steps - 1 - i : i; };
  // The states before each step, in the order of the steps' rows.
  Tensor hidden_before = empty(Dims{count, h}, l.cx.dtype()), cell_before = empty(Dims{count, h}, l.cx.dtype());
  auto replay = [&](const Tensor& first, const Tensor& after, const Tensor& before) {
    Tensor state = empty(Dims(first.sizes()), first.dtype());
    copy_elements(state, first);
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t at = starts[time(i)] * h, length = l.sizes[time(i)] * h;
      std::copy_n(state.data<T>(), length, before.data<T>() + at);
      std::copy_n(after.data<T>() + at, length, state.data<T>());
    }
  };
  replay(l.hx, l.output, hidden_before);
  replay(l.cx, l.cells, cell_before);
  if (l.grad_hy.defined())
    copy_elements(l.grad_hx, l.grad_hy);
  else
    fill_elements(l.grad_hx, Scalar(0));
  if (l.grad_cy.defined())
    copy_elements(l.grad_cx, l.grad_cy);
  else
    fill_elements(l.grad_cx, Scalar(0));
  LstmStepBackward<T> step{};
  step.width = h;
  step.packed = weights.data<T>();
  step.grad_hidden = l.grad_hx.data<T>();
  step.grad_cell = l.grad_cx.data<T>();
  for (int64_t i = steps; i-- > -1;) {
    step.rows = 0;
    if (i >= 0) {
      const int64_t row = starts[time(i)];
      step.rows = l.sizes[time(i)];
      step.grad_output = l.grad_output.defined() ? l.grad_output.data<T>() + row * h : nullptr;
      step.activations = l.activations.data<T>() + row * 4 * h;
      step.before = cell_before.data<T>() + row * h;
      step.cells = l.cells.data<T>() + row * h;
      step.grad_gates = l.grad_gates.data<T>() + row * 4 * h;
    }
    over_blocks(blocks, double(std::max(step.rows, step.later_rows)) * 4 * h * h,
                [&](int64_t block) { kernels.backward(step, block); });
    step.later = step.grad_gates;
    step.later_rows = step.rows;
  }
  if (l.grad_weight.defined())
    product(l.grad_weight, alias(l.grad_gates, l.grad_gates.layout().transposed(0, 1)), hidden_before);
}

}  // namespace

void lstm_layer(const LstmLayer& l) {
  if (l.cx.dtype() == DType::float64)
    layer_forward<double>(l);
  else
    layer_forward<float>(l);
}

void lstm_layer_backward(const LstmLayerBackward& l) {
  if (l.cx.dtype() == DType::float64)
    layer_backward<double>(l);
  else
    layer_backward<float>(l);
}

}  // namespace flambeau
#endif
