// What the reduction operators share: type and shape rules, and the way back of a gradient.
#pragma once

#include "cpu/reduce.h"
#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

// The size of an optional tensor, for messages.
inline std::string size_text(const Tensor& t) { return t.defined() ? std::string(list_text(t.sizes())) : "none"; }

// The type a sum is kept in: what was asked for, int64 for integers and bool, else the tensor's own.
inline DType sum_dtype(const Tensor& self, std::optional<DType> dtype) {
  return dtype.value_or(is_integral(self.dtype(), true) ? DType::int64 : self.dtype());
}

inline ResultSpec reduced_spec(const char* op, const Tensor& self, IntSpan dims, bool keepdim, DType dtype,
                               bool empty_is_all = true) {
  return {reduced_sizes(self.sizes(), dim_mask(op, dims, self.dim(), empty_is_all), keepdim), dtype};
}

// A reduced tensor with its reduced dimensions back, of size 1.
inline Tensor restore_dims(const Tensor& t, IntSpan sizes, uint64_t mask, bool keepdim) {
  if (keepdim || sizes.empty()) return t;
  return call<"view">(call<"contiguous">(t), reduced_sizes(sizes, mask, true));
}
inline Tensor spread(const Tensor& t, IntSpan sizes, uint64_t mask, bool keepdim) {
  return call<"expand">(restore_dims(t, sizes, mask, keepdim), sizes);
}
inline uint64_t grad_mask(Grad& g, const char* op = "backward") { return dim_mask(op, g.ints("dim"), g.dim("self")); }

inline Dims mask_dims(uint64_t mask, int64_t rank) {
  Dims dims;
  for (int64_t d = 0; d < rank; ++d)
    if (mask >> d & 1) dims.push_back(d);
  return dims;
}

// `grad` divided among the elements of self that equal the result.
inline Tensor share_among_equal(const Tensor& grad, const Tensor& self, const Tensor& result, uint64_t mask,
                                bool keepdim) {
  Tensor r = restore_dims(result, self.sizes(), mask, keepdim), g = restore_dims(grad, self.sizes(), mask, keepdim);
  Tensor equal = call<"eq.Tensor">(self, r);
  equal = call<"logical_or">(equal, call<"logical_and">(call<"isnan">(self), call<"isnan">(r)));
  if (self.dim() == 0) return call<"mul.Tensor">(equal, g);
  Tensor count = call<"sum.dim_IntList">(equal, mask_dims(mask, self.dim()), true);
  return call<"mul.Tensor">(equal, call<"div.Tensor">(g, count));
}

}  // namespace flambeau
