// C++ errors as Python exceptions of the type PyTorch raises, and Python exceptions on their way through C++.
#include <new>

#include "op/warning.h"
#include "python/object.h"

namespace flambeau::python {

namespace {

// A Python exception that crosses the engine: taken out of the interpreter and put back at the entry point.
class CarriedError : public std::exception {
 public:
  CarriedError() { PyErr_Fetch(&type_, &value_, &trace_); }
  CarriedError(const CarriedError& o) : type_(o.type_), value_(o.value_), trace_(o.trace_) {
    WithGil gil;
    Py_XINCREF(type_);
    Py_XINCREF(value_);
    Py_XINCREF(trace_);
  }
  ~CarriedError() override {
    WithGil gil;
    Py_XDECREF(type_);
    Py_XDECREF(value_);
    Py_XDECREF(trace_);
  }
  void restore() const {
    Py_XINCREF(type_);
    Py_XINCREF(value_);
    Py_XINCREF(trace_);
    PyErr_Restore(type_, value_, trace_);
  }
  const char* what() const noexcept override { return "a Python exception"; }

 private:
  PyObject *type_, *value_, *trace_;
};

PyObject* linalg_error() {
  static PyObject* type =
      PyErr_NewExceptionWithDoc("flambeau.linalg.LinAlgError",
                                "A matrix does not have the property that was asked for.", PyExc_RuntimeError, nullptr);
  return type;
}
PyObject* memory_error() {
  static PyObject* type = PyErr_NewExceptionWithDoc(
      "flambeau.OutOfMemoryError", "More memory was asked for than there is.", PyExc_RuntimeError, nullptr);
  return type;
}

void warn_user(const std::string& text) {
  WithGil gil;
  if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 1) < 0) throw PythonError();
}

}  // namespace

void throw_python_error() { throw CarriedError(); }

void set_error(const std::exception& error) {
  if (auto* carried = dynamic_cast<const CarriedError*>(&error)) return carried->restore();
  if (auto* own = dynamic_cast<const Error*>(&error)) {
    PyObject* type = PyExc_RuntimeError;
    switch (own->kind()) {
      case ErrorKind::Runtime: break;
      case ErrorKind::Index: type = PyExc_IndexError; break;
      case ErrorKind::Type: type = PyExc_TypeError; break;
      case ErrorKind::Value: type = PyExc_ValueError; break;
      case ErrorKind::NotImplemented: type = PyExc_NotImplementedError; break;
      case ErrorKind::LinAlg: type = linalg_error(); break;
      case ErrorKind::OutOfMemory: type = memory_error(); break;
      case ErrorKind::Attribute: type = PyExc_AttributeError; break;
      case ErrorKind::Overflow: type = PyExc_OverflowError; break;
    }
    PyErr_SetString(type, own->what());
    return;
  }
  if (dynamic_cast<const std::bad_alloc*>(&error)) {
    PyErr_SetString(memory_error(), "out of memory");
    return;
  }
  PyErr_SetString(PyExc_RuntimeError, error.what());
}

void init_errors(PyObject* module) {
  show_warning = warn_user;
  PyModule_AddObjectRef(module, "LinAlgError", linalg_error());
  PyModule_AddObjectRef(module, "OutOfMemoryError", memory_error());
}

}  // namespace flambeau::python
