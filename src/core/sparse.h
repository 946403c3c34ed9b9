// Sparse tensors in coordinate form: nnz index columns and their values in place of bytes. The tensor's storage holds
// these parts (Note: parts in place of bytes, in sparse.cpp); what operators do with them is said in src/ops/sparse*.
#pragma once

#include "core/tensor.h"

namespace flambeau {

class SparseParts final : public DeferredBytes {
 public:
  void build(void* plain, size_t bytes) override;  // refuses: there are no bytes to be had
  int64_t sparse_dim() const { return indices.size(0); }
  int64_t nnz() const { return indices.size(1); }

  Tensor indices;          // int64 (sparse_dim, nnz)
  Tensor values;           // (nnz, sizes of the dense dimensions...); knows nothing of the tape
  bool coalesced = false;  // index columns in order and none twice
};

inline bool is_sparse(const Tensor& t) { return t.defined() && t.impl()->keys & key::Sparse; }
Tensor sparse_tensor(const Tensor& indices, const Tensor& values, IntSpan sizes, bool coalesced);
// The parts of a sparse tensor; shared with its detached forms, as bytes would be.
SparseParts& sparse_parts(const Tensor& t);

}  // namespace flambeau
