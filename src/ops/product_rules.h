// What the blocks of matrix products share: checks of types and sizes, and pieces of their gradients.
#pragma once

#include "ops/define.h"

namespace flambeau {

inline void check_same_type(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op,
        ": expected both tensors to have the same dtype, but got: ", name(a.dtype()), " != ", name(b.dtype()));
}
inline void check_rank(const char* op, const char* argument, const Tensor& t, int64_t rank) {
  check(t.dim() == rank, ErrorKind::Runtime, op, ": ", argument, " must be a ", rank, "-D tensor, but got ", t.dim(),
        "-D of size ", list_text(t.sizes()));
}
inline void check_factors(const char* op, const Scalar& beta, const Scalar& alpha, DType dtype) {
  for (const auto& [what, value] : {std::pair{"beta", &beta}, std::pair{"alpha", &alpha}}) {
    check(is_complex(dtype) || !value->is_complex(), ErrorKind::Runtime, op,
          ": For non-complex input tensors, argument ", what, " must not be a complex number, got ", to_string(*value));
  }
}
// self of addmm and its kin must broadcast to the product's sizes.
inline void check_expands(const char* op, const Tensor& self, IntSpan sizes) {
  bool fits = self.dim() <= static_cast<int64_t>(sizes.size());
  for (int64_t d = 1; fits && d <= self.dim(); ++d)
    fits = self.size(-d) == 1 || self.size(-d) == sizes[sizes.size() - d];
  check(fits, ErrorKind::Runtime, op, ": The expanded size of the tensor ", list_text(sizes),
        " must match the existing size ", list_text(self.sizes()), " of self at every non-singleton dimension");
}

inline Tensor conjugated(const Tensor& t) { return t.is_complex() ? call<"conj">(t) : t; }
// Conjugate transpose of the last two dimensions.
inline Tensor adjoint_of(const Tensor& t) { return conjugated(call<"transpose.int">(t, int64_t{-2}, int64_t{-1})); }
// The cotangent times the conjugate of a factor.
inline Tensor scaled(const Tensor& t, const Scalar& factor) {
  if (factor.equal(1)) return t;
  return call<"mul.Tensor">(t, factor.is_complex() ? Scalar(std::conj(factor.to_complex())) : factor);
}
// A bool[n] argument.
inline Value flags(std::initializer_list<bool> items) {
  auto* list = new BoolList;
  for (bool item : items) list->items.push_back(item);
  return Value(Tag::Bools, list);
}

}  // namespace flambeau
