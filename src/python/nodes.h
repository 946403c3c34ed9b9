// Nodes of the tape as Python objects: the plain ones, and the contexts of custom functions.
#pragma once

#include <memory>

#include "autograd/node.h"
#include "python/object.h"

namespace flambeau::python {

// A node seen from Python. A plain one holds a count on its node; for contexts see function_node.cpp.
struct NodeObject {
  PyObject_HEAD Node* node;  // null for the context of a function that is not on the tape
  PyObject* dict;            // metadata
};
extern PyTypeObject* node_type;
Node* node_of(PyObject* o);  // raises for a context without a node
void node_dealloc(PyObject* self);

std::shared_ptr<PyObject> keep(PyObject* object);     // kept by C++; released with the interpreter's lock
Object tuple_of(const std::vector<Tensor>& tensors);  // undefined shows as None
// The tensors or Nones that `what` has returned, as many as there are in `out`.
void tensors_from(PyObject* result, std::vector<Tensor>& out, const char* what);

// --- hooks of tensors (tensor_hooks.cpp) ---
PyObject* get_backward_hooks(PyObject* self, void*);
int set_backward_hooks(PyObject* self, PyObject* value, void*);
PyObject* get_accumulated_hooks(PyObject* self, void*);
int set_accumulated_hooks(PyObject* self, PyObject* value, void*);
void retain_gradient(const Tensor& t);  // of a non-leaf, in its .grad
// For Python's collector: what only this tensor, which only its Python object holds, keeps alive on the tape.
int visit_tape(TensorImpl* impl, visitproc visit, void* arg);
void init_tensor_hooks(PyObject* module);

PyObject* owned_context(Node* node);  // borrowed: of a custom function's node, where the node holds it; else null
PyObject* new_node_object(const Ref<Node>& node);  // of a node that has none
PyObject* wrap_saved(SavedTensor* saved, const Ref<Node>& owner, bool is_result,
                     uint32_t slot);  // a value that the node `owner` keeps
void init_nodes(PyObject* module);
void init_function_nodes(PyObject* module);

}  // namespace flambeau::python
