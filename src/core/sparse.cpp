// Note: parts in place of bytes
//   A sparse tensor is a tensor like any other, with a storage of no bytes in a deferred form that cannot be built: the
//   storage gate raises for whatever asks for its address. So views' version counters, detach(), `.data =` and identity
//   work as for strided tensors, and code that knows nothing of sparse tensors cannot read past them.
#include "core/sparse.h"

#include "core/parts_error.h"

namespace flambeau {

void SparseParts::build(void*, size_t) {
  throw PartsError(
      "a sparse tensor has indices and values in place of memory of its own, so its elements have no address; use "
      "to_dense(), or _indices() and _values()");
}

Tensor sparse_tensor(const Tensor& indices, const Tensor& values, IntSpan sizes, bool coalesced) {
  auto parts = std::make_shared<SparseParts>();
  parts->indices = indices;
  parts->values = alias(values, values.layout());
  parts->coalesced = coalesced;
  auto storage = make<Storage>(std::shared_ptr<DeferredBytes>(std::move(parts)), size_t{0}, values.device());
  Tensor out(make<TensorImpl>(std::move(storage), Layout(sizes), values.dtype(), values.device()));
  out.impl()->keys |= key::Sparse;
  return out;
}

SparseParts& sparse_parts(const Tensor& t) {
  if (!is_sparse(t))
    throw PartsError("a strided tensor has no indices and values; to_sparse() makes a sparse one of it");
  return static_cast<SparseParts&>(*t.storage()->parts());
}

}  // namespace flambeau
