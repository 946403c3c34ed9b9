// What pointwise operators refuse beyond their type rule, as `.verify` of their blocks: zero divisors of integers,
// negative powers, tensors whose types differ.
#pragma once

#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau::checks {

template <class T>
bool has_zero_among(const T* items, int64_t n) {
  bool any = false;
  for (int64_t i = 0; i < n; ++i) any |= items[i] == 0;
  return any;
}

inline bool has_zero(const Tensor& t) {
  if (t.is_meta() || t.numel() == 0) return false;
  Tensor c = as_contiguous(t);
  switch (c.itemsize()) {
    case 1: return has_zero_among(c.data<uint8_t>(), c.numel());
    case 2: return has_zero_among(c.data<uint16_t>(), c.numel());
    case 4: return has_zero_among(c.data<uint32_t>(), c.numel());
    default: return has_zero_among(c.data<uint64_t>(), c.numel());
  }
}

// Integers divided by zero: an error, as no value stands for the result.
inline void zero_divisor(const Call& call, DType common) {
  check(common != DType::bool_, ErrorKind::NotImplemented, "\"", call.name(), "\" not implemented for 'Bool'");
  if (!is_integral(common)) return;
  const Value& divisor = call.args[1];
  bool zero = divisor.is_tensor() ? is_integral(divisor.tensor_impl()->dtype, true) && has_zero(divisor.tensor())
                                  : divisor.number() == 0;
  check(!zero, ErrorKind::Runtime, "ZeroDivisionError");
}

// All tensors of one type.
inline void same_dtype(const Call& call, DType) {
  const TensorImpl* first = nullptr;
  for (int i = 0, n = call.arguments(); i < n; ++i) {
    if (!call.args[i].is_tensor()) continue;
    const TensorImpl* t = call.args[i].tensor_impl();
    if (!first) first = t;
    check(t->dtype == first->dtype, ErrorKind::Runtime, call.name(), ": expected all tensors of one dtype, got ",
          name(first->dtype), " and ", name(t->dtype), " for '", call.argument(i).name, "'");
  }
}

// Errors of this kind are plain RuntimeErrors.
inline void not_complex(const Call& call, DType common) {
  check(!is_complex(common), ErrorKind::Runtime, call.name(), ": not supported for complex inputs, got ", name(common));
}
inline void not_bool(const Call& call, DType common) {
  check(common != DType::bool_, ErrorKind::Runtime, call.name(), ": Boolean inputs are not supported");
}

inline void floating_only(const Call& call, DType common) {
  check(is_floating(common), ErrorKind::NotImplemented, "\"", call.name(), "\" not implemented for '", name(common),
        "'");
}

}  // namespace flambeau::checks
