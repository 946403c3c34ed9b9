// Comparisons of whole tensors: equal, isclose, allclose, is_same_size.
#include "ops/define.h"

namespace flambeau {

namespace {

Tensor close(const char* op, const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  check(self.dtype() == other.dtype(), ErrorKind::Runtime, op, ": ", name(self.dtype()), " did not match ",
        name(other.dtype()));
  check(rtol >= 0, ErrorKind::Runtime, op, ": rtol must be greater than or equal to zero, but got ", rtol);
  check(atol >= 0, ErrorKind::Runtime, op, ": atol must be greater than or equal to zero, but got ", atol);
  check(!equal_nan || is_differentiable(self.dtype()) || true, ErrorKind::Runtime, op);
  Tensor result = call<"eq.Tensor">(self, other);
  if (equal_nan && is_differentiable(self.dtype()))
    result =
        call<"logical_or">(result, call<"logical_and">(call<"ne.Tensor">(self, self), call<"ne.Tensor">(other, other)));
  if (rtol == 0 && atol == 0) return result;
  Tensor a = self, b = other;
  if (!is_differentiable(self.dtype())) {
    // Differences of integers are taken in floating point, where they cannot overflow.
    DType type = default_dtype();
    a = call<"_cast_copy">(a, type, a.device(), MemoryFormat::preserve);
    b = call<"_cast_copy">(b, type, b.device(), MemoryFormat::preserve);
  }
  Tensor allowed = call<"add.Tensor">(call<"abs">(call<"mul.Tensor">(b, Scalar(rtol))), Scalar(atol));
  Tensor distance = call<"abs">(call<"sub.Tensor">(a, b));
  Tensor near = call<"logical_and">(call<"isfinite">(distance), call<"le.Tensor">(distance, allowed));
  return call<"logical_or">(result, near);
}

bool all_true(const Tensor& t) { return call_value<"item">(call<"all">(t)).boolean(); }

}  // namespace

OP(isclose){
    .signature =
        "isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
    .doc =
        "Whether ``|self - other| <= atol + rtol * |other|``, element by element; equal infinities are close, NaNs "
        "with ``equal_nan``.",
    .composite = [](const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) -> Tensor {
      return close("isclose", self, other, rtol, atol, equal_nan);
    },
};
OP(allclose){
    .signature =
        "allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool",
    .doc = "Whether all elements are close in the sense of :func:`isclose`.",
    .composite = [](const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) -> bool {
      return all_true(close("allclose", self, other, rtol, atol, equal_nan));
    },
};
OP(equal){
    .signature = "equal(Tensor self, Tensor other) -> bool",
    .doc = "Whether two tensors have the same sizes and elements.",
    .composite = [](const Tensor& self, const Tensor& other) -> bool {
      check_same_device("equal", self.device(), other.device());
      check(!self.is_meta(), ErrorKind::NotImplemented, "equal: tensors on 'meta' have no values; use 'cpu'");
      if (!std::ranges::equal(self.sizes(), other.sizes())) return false;
      return self.numel() == 0 || all_true(call<"eq.Tensor">(self, other));
    },
};
OP(is_same_size){
    .signature = "is_same_size(Tensor self, Tensor other) -> bool",
    .doc = "Whether two tensors have the same sizes.",
    .composite = [](const Tensor& self, const Tensor& other) -> bool {
      return std::ranges::equal(self.sizes(), other.sizes());
    },
};

}  // namespace flambeau
