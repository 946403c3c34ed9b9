// The elementwise part of an LSTM step, compiled for each instruction set.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/recurrent.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>
#include <cmath>

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

#define FOR_TYPE(T, suffix)                                                                                          \
  void LstmRow_##suffix(const T* gates, const T* cell, int64_t h, T* hidden, T* cell_out, T* act) {                  \
    lstm_row<T>(gates, cell, h, hidden, cell_out, act);                                                              \
  }                                                                                                                  \
  void LstmRowBackward_##suffix(const T* gh, const T* gc, const T* act, const T* cell, const T* cell_out, int64_t h, \
                                T* gg, T* gci) {                                                                     \
    lstm_row_backward<T>(gh, gc, act, cell, cell_out, h, gg, gci);                                                   \
  }
FOR_TYPE(float, f32)
FOR_TYPE(double, f64)
#undef FOR_TYPE

}  // namespace HWY_NAMESPACE
}  // namespace flambeau
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "cpu/recurrent.h"
#include "loops/parallel.h"

namespace flambeau {

HWY_EXPORT(LstmRow_f32);
HWY_EXPORT(LstmRow_f64);
HWY_EXPORT(LstmRowBackward_f32);
HWY_EXPORT(LstmRowBackward_f64);

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

}  // namespace flambeau
#endif
