// What the sparse forms of operators are written with; defined in sparse_parts.cpp.
#pragma once

#include "core/sparse.h"
#include "op/sparse.h"
#include "ops/define.h"

namespace flambeau::sparse {

// (sparse_dim, nnz) of a tensor; the same object every time, so that equal patterns are recognised quickly.
inline const Tensor& indices_of(const Tensor& t) { return sparse_parts(t).indices; }
inline int64_t sparse_dim(const Tensor& t) { return sparse_parts(t).sparse_dim(); }
inline int64_t nnz(const Tensor& t) { return sparse_parts(t).nnz(); }
inline bool is_coalesced(const Tensor& t) { return sparse_parts(t).coalesced; }
// With their history, (nnz, dense sizes...).
inline Tensor values_of(const Tensor& t) { return call<"_sparse_values">(t); }
inline Tensor from_parts(const Tensor& indices, const Tensor& values, IntSpan sizes, bool coalesced) {
  return call<"_sparse_from_parts">(indices, values, sizes, coalesced);
}
// The same pattern with other values.
inline Tensor with_values(const Tensor& t, const Tensor& values) {
  return from_parts(indices_of(t), values, t.sizes(), is_coalesced(t));
}
Tensor without_elements(IntSpan sizes, int64_t sparse_dim, DType dtype, Device device);
void check_sparse(const char* op, const Tensor& t);
bool same_pattern(const Tensor& a, const Tensor& indices);

Tensor int_vector(const std::vector<int64_t>& items);
Tensor row_of(const Tensor& indices, int64_t d);                       // (nnz)
Tensor rows_to_indices(const std::vector<Tensor>& rows, int64_t nnz);  // vectors to (rows, nnz)
Tensor pick_columns(const Tensor& indices, const Tensor& which);
std::vector<int64_t> flat_positions(const Tensor& indices, IntSpan sizes);  // row-major over the sparse dimensions
Tensor coalesced(const Tensor& t);
// The values of `t` (sparse or strided) at index columns; 0 where there is none. (columns, dense sizes...)
Tensor values_at(const Tensor& t, const Tensor& indices);
Tensor dense_of(const Tensor& t);
// Repeated to other sizes, as expand() does with strided tensors; new dimensions are sparse ones.
Tensor broadcast(const Tensor& t, IntSpan sizes);
// Sums rows of values (n, ...) into `count` rows.
Tensor sum_rows(const Tensor& values, const Tensor& row, int64_t count);
// self + alpha * other, self strided and other sparse; in place or not.
Tensor add_to_dense(const Tensor& self, const Tensor& other, const Scalar& alpha, bool in_place);
// Takes over the parts, and the history, of `from`.
void adopt(const char* op, const Tensor& self, const Tensor& from);

}  // namespace flambeau::sparse
