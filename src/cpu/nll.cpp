// Negative log-likelihood of class indices.
#include "cpu/nll.h"

#include "cpu/dispatch.h"
#include "loops/copy.h"

namespace flambeau {

static void check_target(const char* op, int64_t target, int64_t classes) {
  check(target >= 0 && target < classes, ErrorKind::Index, op, ": Target ", target, " is out of bounds for ", classes,
        " classes.");
}
void check_targets(const char* op, const Tensor& target_, int64_t classes, int64_t ignore) {
  if (target_.device().type != DeviceType::cpu) return;  // the kernels of a device check as they read
  Tensor target = as_contiguous(cast(target_, DType::int64));
  const int64_t* t = target.data<int64_t>();
  for (int64_t i = 0, n = target.numel(); i < n; ++i)
    if (t[i] != ignore) check_target(op, t[i], classes);
}

void nll_forward(const Tensor& x_, const Tensor& target_, const Tensor& weight_, NllShape s, int64_t reduction,
                 int64_t ignore, const Tensor& out, const Tensor& total_weight) {
  Tensor x = as_contiguous(x_), target = as_contiguous(cast(target_, DType::int64));
  Tensor weight = weight_.defined() ? as_contiguous(cast(weight_, x.dtype())) : Tensor();
  const int64_t* t = target.data<int64_t>();
  dispatch_floating("nll_loss", x.dtype(), [&]<class T>() {
    const T *from = x.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr;
    double sum = 0, total = 0;
    for (int64_t n = 0; n < s.samples; ++n)
      for (int64_t i = 0; i < s.inner; ++i) {
        int64_t k = t[n * s.inner + i];
        double loss = 0;
        if (k != ignore) {
          double u = w ? static_cast<double>(w[k]) : 1.0;
          loss = -u * static_cast<double>(from[(n * s.classes + k) * s.inner + i]);
          total += u;
        }
        if (reduction == 0)
          out.data<T>()[n * s.inner + i] = static_cast<T>(static_cast<Wide<T>>(loss));
        else
          sum += loss;
      }
    if (reduction != 0) *out.data<T>() = static_cast<T>(static_cast<Wide<T>>(reduction == 1 ? sum / total : sum));
    *total_weight.data<T>() = static_cast<T>(static_cast<Wide<T>>(reduction == 0 ? 0.0 : total));
  });
}

void nll_backward(const Tensor& grad_, const Tensor& target_, const Tensor& weight_, NllShape s, int64_t reduction,
                  int64_t ignore, const Tensor& total_weight, const Tensor& result) {
  Tensor grad = as_contiguous(cast(grad_, result.dtype())), target = as_contiguous(cast(target_, DType::int64));
  Tensor weight = weight_.defined() ? as_contiguous(cast(weight_, result.dtype())) : Tensor();
  const int64_t* t = target.data<int64_t>();
  fill_elements(result, Scalar(0));
  dispatch_floating("nll_loss_backward", result.dtype(), [&]<class T>() {
    T* to = result.data<T>();
    const T *g = grad.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr;
    double total = reduction == 1 ? static_cast<double>(read_element(total_weight).to_double()) : 1.0;
    for (int64_t n = 0; n < s.samples; ++n)
      for (int64_t i = 0; i < s.inner; ++i) {
        int64_t at = n * s.inner + i, k = t[at];
        if (k == ignore) continue;
        check_target("nll_loss_backward", k, s.classes);
        double v = -static_cast<double>(g[reduction == 0 ? at : 0]) * (w ? static_cast<double>(w[k]) : 1.0);
        to[(n * s.classes + k) * s.inner + i] = static_cast<T>(static_cast<Wide<T>>(reduction == 1 ? v / total : v));
      }
  });
}

}  // namespace flambeau
