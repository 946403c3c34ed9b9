// The layouts a tensor can have, as Python shows them.
#pragma once

#include "core/sparse.h"
#include "python/object.h"

namespace flambeau::python {

PyObject* wrap_layout(const TensorImpl* t);  // strided or sparse_coo
bool is_strided(PyObject* layout);
bool is_sparse_coo(PyObject* layout);

}  // namespace flambeau::python
