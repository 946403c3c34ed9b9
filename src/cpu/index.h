// Indexing with tensors, x[i, :, j]: what the indices select, as offsets into the indexed tensor, and the loops that
// read and write there.
#pragma once

#include <vector>

#include "core/tensor.h"
#include "op/bind.h"

namespace flambeau {

// The selection seen as three nested loops: dimensions before the indexed ones, the index positions, dimensions after.
// Indexed dimensions that are not neighbours count as standing at the front.
struct IndexPlan {
  Dims sizes;                   // of the result
  Dims strides;                 // of a fresh result
  Dims index_sizes;             // common sizes of the index tensors
  Dims indexed;                 // dimensions of self that are indexed
  std::vector<Tensor> indices;  // one for each of them: int64, contiguous, of index_sizes; none on meta
  Layout before, after;         // the other dimensions of self
  bool has_indices = false;

  // Offsets of the index positions, in elements; checks the bounds.
  std::vector<int64_t> offsets(const char* op, const Tensor& self) const;
};

IndexPlan plan_index(const char* op, const Tensor& self, TensorSpan indices);
// self[:, ..., index], with the index at one dimension; self has one.
IndexPlan plan_along(const char* op, const Tensor& self, int64_t dim, const Tensor& index);
// out: contiguous, of plan.sizes.
void index_read(const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& out);
// self[...] = values, or += with accumulate; repeated positions are taken in order, so that the result is always the
// same.
void index_write(const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& values, bool accumulate);

// Indices of the elements that are not zero: int64 (count, rank).
Tensor nonzero_cpu(const Tensor& self);
// Offsets, relative to the layout's start and in elements, of all positions in row-major order.
std::vector<int64_t> all_offsets(const Layout& layout);

}  // namespace flambeau
