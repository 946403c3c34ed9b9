// Shorthands of the linear algebra operators' gradients and composites. X^H is the conjugate transpose.
#pragma once

#include "cpu/linalg/matrices.h"
#include "ops/define.h"

namespace flambeau::linear {

inline Tensor transposed(const Tensor& t) { return call<"transpose.int">(t, int64_t{-2}, int64_t{-1}); }
inline Tensor adjoint(const Tensor& t) { return t.is_complex() ? call<"conj">(transposed(t)) : transposed(t); }
inline Tensor conjugated(const Tensor& t) { return t.is_complex() ? call<"conj">(t) : t; }
inline Tensor product(const Tensor& a, const Tensor& b) { return call<"matmul">(a, b); }
inline Tensor plus(const Tensor& a, const Tensor& b) { return call<"add.Tensor">(a, b); }
inline Tensor minus(const Tensor& a, const Tensor& b) { return call<"sub.Tensor">(a, b); }
inline Tensor times(const Tensor& a, const Tensor& b) { return call<"mul.Tensor">(a, b); }
inline Tensor times(const Tensor& a, double factor) { return call<"mul.Tensor">(a, factor); }
inline Tensor over(const Tensor& a, const Tensor& b) { return call<"div.Tensor">(a, b); }
inline Tensor negated(const Tensor& a) { return call<"neg">(a); }
inline Tensor lower(const Tensor& a, int64_t k = 0) { return call<"tril">(a, k); }
inline Tensor upper(const Tensor& a, int64_t k = 0) { return call<"triu">(a, k); }
inline Tensor diagonal(const Tensor& a) { return call<"diagonal">(a, int64_t{0}, int64_t{-2}, int64_t{-1}); }
inline Tensor on_diagonal(const Tensor& d) { return call<"diag_embed">(d, int64_t{0}, int64_t{-2}, int64_t{-1}); }
inline Tensor real_part(const Tensor& a) { return a.is_complex() ? call<"real">(a) : a; }
inline Tensor column(const Tensor& v) { return call<"unsqueeze">(v, int64_t{-1}); }
inline Tensor row(const Tensor& v) { return call<"unsqueeze">(v, int64_t{-2}); }
inline Tensor range(const Tensor& a, int64_t dim, int64_t from, int64_t to) {
  return call<"slice.Tensor">(a, dim, from, to, int64_t{1});
}
inline Tensor first_columns(const Tensor& a, int64_t k) { return range(a, -1, 0, k); }
inline Tensor first_rows(const Tensor& a, int64_t k) { return range(a, -2, 0, k); }
inline Tensor joined_columns(const Tensor& a, const Tensor& b) {
  return call<"cat">(std::vector<Tensor>{a, b}, int64_t{-1});
}
inline Tensor joined_rows(const Tensor& a, const Tensor& b) {
  return call<"cat">(std::vector<Tensor>{a, b}, int64_t{-2});
}
// The identity of the type and device of `like`.
inline Tensor identity(const Tensor& like, int64_t n) {
  return call<"eye">(n, like.dtype(), std::nullopt, like.device());
}
inline Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left = true, bool unit = false) {
  return call<"linalg_solve_triangular">(a, b, upper, left, unit);
}
inline bool tracks(const Tensor& t) {
  return (t_state.grad_enabled && t.requires_grad()) || t.impl()->all_keys() & (key::Dual | key::Wrapped);
}

}  // namespace flambeau::linear
