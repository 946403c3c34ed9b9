// Sorting rows: stable, with positions, and the selection of the k largest. Keys are the elements' bits made comparable
// as unsigned integers, so that one radix sort serves every type.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// Sorts along the last dimension. All contiguous and of equal sizes; `indices` (int64) or `values` may be undefined.
// NaN counts as larger than everything.
void sort_rows(const char* op, const Tensor& self, bool descending, const Tensor& values, const Tensor& indices);
// The k largest (or smallest) of every row and their positions.
void topk_rows(const char* op, const Tensor& self, int64_t k, bool largest, bool sorted, const Tensor& values,
               const Tensor& indices);

}  // namespace flambeau
