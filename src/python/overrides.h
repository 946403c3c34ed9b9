// `__torch_function__`: the one place that asks, before a function of the library runs, whether a mode of this thread
// or the class of an argument takes the call over. Operators, Tensor's methods and attributes and functions written in
// Python (`overridable`) all come here.
#pragma once

#include <atomic>

#include "python/object.h"

namespace flambeau::python {

extern std::atomic<int> entered_modes;  // on all threads
bool modes_on_this_thread();
// Whether a mode sees the calls of this thread.
inline bool function_modes_active() { return entered_modes.load(std::memory_order_relaxed) && modes_on_this_thread(); }
// A tensor whose class takes nothing over, seen by no mode: the test before anything that is quick.
inline bool plain_call(PyObject* self) {
  return (Py_TYPE(self) == tensor_type || Py_TYPE(self) == parameter_type) && !function_modes_active();
}

// Whether a mode, or one of the arguments (or of the items of a list among them), takes the call over.
bool overridden_by_any(PyObject* const* args, Py_ssize_t n);
inline bool overridden(PyObject* const* args, Py_ssize_t n) {
  auto plain = [](PyObject* o) { return Py_TYPE(o) == tensor_type || PyLong_CheckExact(o) || PyFloat_CheckExact(o); };
  Py_ssize_t i = 0;
  if (!function_modes_active())
    while (i < n && plain(args[i])) ++i;
  return i < n && overridden_by_any(args, n);
}
// Gives the call to whoever takes it over; null without an error when nobody does.
PyObject* try_torch_function(PyObject* function, PyObject* const* args, Py_ssize_t n, PyObject* kwnames);
// The same for a function that is an attribute of `owner`.
PyObject* function_overridden(const char* name, PyObject* owner, PyObject* const* args, Py_ssize_t n,
                              PyObject* kwnames);
// The same for a method of Tensor: true if the call was made elsewhere, then `result` is what the method returns, null
// with an error.
bool method_overridden(const char* name, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames,
                       PyObject*& result);
// The same for an attribute, which is seen as `Tensor.NAME.__get__`, `__set__` or, for None, `__delete__`.
bool getter_overridden(const char* name, PyObject* self, PyObject*& result);
bool setter_overridden(const char* name, PyObject* self, PyObject* value, int& result);

void init_overrides(PyObject* module);

}  // namespace flambeau::python
