// Python objects of the library and their conversion; shared by the files of this room. Nothing outside it sees
// Python.h.
#pragma once

#include <Python.h>

#include "op/call.h"

namespace flambeau {
class Node;
}

namespace flambeau::python {

// An exception is set in Python; unwinds C++ frames up to the next entry point.
struct PythonError {};

// An owned reference.
class Object {
 public:
  Object() = default;
  explicit Object(PyObject* owned) : p_(owned) {}
  static Object share(PyObject* borrowed) {
    Py_XINCREF(borrowed);
    return Object(borrowed);
  }
  static Object checked(PyObject* owned) {
    if (!owned) throw PythonError();
    return Object(owned);
  }
  Object(const Object& o) : p_(o.p_) { Py_XINCREF(p_); }
  Object(Object&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  Object& operator=(Object o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Object() { Py_XDECREF(p_); }
  PyObject* get() const { return p_; }
  PyObject* release() { return std::exchange(p_, nullptr); }
  explicit operator bool() const { return p_ != nullptr; }

 private:
  PyObject* p_ = nullptr;
};

// Runs the body of an entry point; C++ errors become Python exceptions.
void set_error(const std::exception& error);
template <class F, class R = std::invoke_result_t<F>>
R guarded(F&& body, R failed) noexcept {
  try {
    return body();
  } catch (const PythonError&) {
  } catch (const std::exception& e) { set_error(e); }
  return failed;
}
template <class F>
PyObject* guarded(F&& body) noexcept {
  return guarded(std::forward<F>(body), static_cast<PyObject*>(nullptr));
}
// The error set in Python, as a C++ exception that keeps the Python one inside (for passing through the engine).
[[noreturn]] void throw_python_error();

class WithGil {
 public:
  WithGil() : state_(PyGILState_Ensure()) {}
  ~WithGil() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

// --- tensors (tensor_object.cpp) ---
struct TensorObject {
  PyObject_HEAD TensorImpl* impl;  // one count is held while the object is alive for Python
  PyObject* dict;
  PyObject* weakrefs;
};
extern PyTypeObject* tensor_type;     // flambeau.Tensor
extern PyTypeObject* parameter_type;  // flambeau.nn.Parameter, once it exists
// bool(o), which a class may refuse.
inline bool truth(PyObject* o) {
  const int answer = PyObject_IsTrue(o);
  if (answer < 0) throw PythonError();
  return answer;
}
inline bool is_tensor(PyObject* o) { return Py_TYPE(o) == tensor_type || PyObject_TypeCheck(o, tensor_type); }
inline TensorImpl* impl_of(PyObject* o) { return reinterpret_cast<TensorObject*>(o)->impl; }
inline Tensor tensor_of(PyObject* o) { return Tensor(Ref<TensorImpl>::share(impl_of(o))); }
PyObject* wrap(Tensor t);                         // the tensor's one Python object; None when undefined
PyObject* wrap_as(PyTypeObject* type, Tensor t);  // a new object of a subclass, over a tensor that has none
void init_tensor(PyObject* module);

// --- small types (types.cpp) ---
PyObject* wrap(DType dtype);
PyObject* wrap(Device device);
PyObject* wrap_layout();  // strided
PyObject* wrap(MemoryFormat format);
PyObject* wrap_size(IntSpan sizes);
PyObject* wrap(const Scalar& number);
bool is_dtype(PyObject* o);
DType dtype_of(PyObject* o);
bool device_from(PyObject* o, Device& out);  // device object, string or index
bool is_memory_format(PyObject* o);
MemoryFormat memory_format_of(PyObject* o);
bool is_layout(PyObject* o);
extern PyTypeObject* size_type;
extern PyTypeObject* generator_type;
void init_types(PyObject* module);
bool generator_from(PyObject* o, Value& out);

// --- values (convert.cpp) ---
// Whether the object fits the argument; if so, the value. `borrow`: tensors are not counted (the caller's arguments
// live).
bool convert(PyObject* o, const Argument& argument, Value& out, bool number_for_tensor);
PyObject* to_python(const Value& value);
PyObject* results_to_python(Call& call);
bool number_from(PyObject* o, Scalar& out);
bool is_number(PyObject* o);
bool int_item(PyObject* o, int64_t& out);  // an integer or what counts as one
bool ints_from(PyObject* o, Dims& out);    // a tuple or list of integers
int64_t int_from(PyObject* o, const char* what);

// --- operators (callable.cpp) ---
PyObject* call_operator(PyObject* callable, PyObject* const* args, size_t nargsf, PyObject* kwnames);
PyObject* operator_method(const char* name);  // borrowed: the method object over an operator
// An expression such as a + b: its operator, and the methods as which __torch_function__ sees it, with a tensor on the
// left and with one on the right only.
struct BinarySlot {
  const char *name, *method, *reflected;
  Form form = Form::functional;
  const Op* op = nullptr;  // found at the first call
};
PyObject* binary(BinarySlot& slot, PyObject* a, PyObject* b);
void init_operators(PyObject* module);

// --- the rest ---
void init_autograd(PyObject* module);
void init_transforms(PyObject* module);
void init_indexing(PyObject* module);
void init_functions(PyObject* module);
void init_storage(PyObject* module);
void init_generator(PyObject* module);
PyObject* get_item(PyObject* self, PyObject* index);
int set_item(PyObject* self, PyObject* index, PyObject* value);
PyObject* wrap(const Ref<Storage>& storage);
PyObject* wrap_node(const Ref<Node>& node);
PyObject* return_type(const Op& op);  // borrowed: the named tuple of an operator's results, or null

struct InternedNames {
  PyObject *self, *input, *other, *out, *dim, *axis, *keepdim, *keepdims, *requires_grad, *torch_function, *dtype, *x,
      *name;
};
extern InternedNames names;

}  // namespace flambeau::python
