// nn.Module's call and attribute lookup in C, for classes that leave them as Module defines them.
//
// Note: slots of Python classes
//   Module is written in Python; its __call__ and __getattr__ are the reference. A class that inherits both gets C
//   functions in its type slots that do the same for the plain case (no hooks; a parameter, submodule or buffer) and
//   hand over to the Python methods otherwise. Whoever assigns another __call__ or __getattr__ later makes Python reset
//   the slots.
#include "python/object.h"

namespace flambeau::python {

namespace {

struct Names {
  PyObject *parameters, *modules, *buffers, *forward, *call, *getattr;
  PyObject* hooks[4];
} text;
PyObject *module_call, *module_getattr, *note_error, *global_hooks;

PyObject* slot_getattro(PyObject* self, PyObject* name) {
  PyTypeObject* type = Py_TYPE(self);
  if (_PyType_Lookup(type, name)) {
    PyObject* found = PyObject_GenericGetAttr(self, name);
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
    PyErr_Clear();  // a property that raised: __getattr__ has the last word
  } else {
    Object own(PyObject_GenericGetDict(self, nullptr));
    if (!own) return nullptr;
    if (PyObject* found = PyDict_GetItemWithError(own.get(), name)) return Py_NewRef(found);
    for (PyObject* group : {text.parameters, text.modules, text.buffers}) {
      PyObject* members = PyDict_GetItemWithError(own.get(), group);
      if (!members || !PyDict_Check(members)) continue;
      if (PyObject* found = PyDict_GetItemWithError(members, name)) return Py_NewRef(found);
    }
    if (PyErr_Occurred()) return nullptr;
  }
  PyObject* args[] = {self, name};
  return PyObject_Vectorcall(module_getattr, args, 2, nullptr);
}

bool hooked(PyObject* own) {
  if (PyDict_GET_SIZE(global_hooks)) return true;
  for (PyObject* name : text.hooks) {
    PyObject* hooks = PyDict_GetItemWithError(own, name);
    if (!hooks || !PyDict_Check(hooks) || PyDict_GET_SIZE(hooks)) return true;
  }
  return false;
}

PyObject* slot_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  Object own(PyObject_GenericGetDict(self, nullptr));
  if (!own) return nullptr;
  Py_ssize_t n = PyTuple_GET_SIZE(args);
  constexpr Py_ssize_t kMost = 14;
  if (n > kMost || hooked(own.get())) {
    Object all(PyTuple_New(n + 1));
    PyTuple_SET_ITEM(all.get(), 0, Py_NewRef(self));
    for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(all.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    return PyObject_Call(module_call, all.get(), kwargs);
  }
  PyObject* function = _PyType_Lookup(Py_TYPE(self), text.forward);
  PyObject* result;
  if (function && PyFunction_Check(function) && !PyDict_GetItemWithError(own.get(), text.forward)) {
    PyObject* values[kMost + 2];
    values[1] = self;
    for (Py_ssize_t i = 0; i < n; ++i) values[i + 2] = PyTuple_GET_ITEM(args, i);
    result = PyObject_VectorcallDict(function, values + 1, static_cast<size_t>(n + 1) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                     kwargs);
  } else {
    Object forward(PyObject_GetAttr(self, text.forward));
    result = forward ? PyObject_Call(forward.get(), args, kwargs) : nullptr;
  }
  if (result || !PyErr_ExceptionMatches(PyExc_Exception)) return result;
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace) PyException_SetTraceback(value, trace);
  Object done(PyObject_CallFunctionObjArgs(note_error, self, value, args, nullptr));
  if (!done) PyErr_Clear();
  PyErr_Restore(type, value, trace);
  return nullptr;
}

PyObject* install(PyObject*, PyObject* cls) {
  auto* type = reinterpret_cast<PyTypeObject*>(cls);
  static PyObject* getattribute = PyUnicode_InternFromString("__getattribute__");
  static PyObject* object_getattribute = _PyType_Lookup(&PyBaseObject_Type, getattribute);
  if (_PyType_Lookup(type, text.call) == module_call) type->tp_call = slot_call;
  if (_PyType_Lookup(type, text.getattr) == module_getattr && _PyType_Lookup(type, getattribute) == object_getattribute)
    type->tp_getattro = slot_getattro;
  Py_RETURN_NONE;
}

// _prepare_module_slots(Module.__call__, Module.__getattr__, what notes the path on an exception, hooks on all modules)
PyObject* prepare(PyObject*, PyObject* args) {
  if (!PyArg_ParseTuple(args, "OOOO!", &module_call, &module_getattr, &note_error, &PyDict_Type, &global_hooks))
    return nullptr;
  Py_INCREF(module_call);
  Py_INCREF(module_getattr);
  Py_INCREF(note_error);
  Py_INCREF(global_hooks);
  Py_RETURN_NONE;
}
}  // namespace

void init_module_slots(PyObject* module) {
  auto intern = [](const char* s) { return PyUnicode_InternFromString(s); };
  text = {intern("_parameters"),
          intern("_modules"),
          intern("_buffers"),
          intern("forward"),
          intern("__call__"),
          intern("__getattr__"),
          {intern("_forward_hooks"), intern("_forward_pre_hooks"), intern("_backward_hooks"),
           intern("_backward_pre_hooks")}};
  static PyMethodDef functions[] = {{"_prepare_module_slots", prepare, METH_VARARGS, nullptr},
                                    {"_install_module_slots", install, METH_O, nullptr},
                                    {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
