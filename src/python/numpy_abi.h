// The part of NumPy's C interface that the bridge uses, by its stable layout (NumPy 1.x and 2.x: the fields of an array
// object and positions in the function table). Declared here so that building needs no NumPy, and running finds it only
// when the program has imported it.
#pragma once

#include <Python.h>

namespace flambeau::python::numpy {

struct Descriptor {  // PyArray_Descr: its beginning
  PyObject_HEAD PyTypeObject* scalar_type;
  char kind, type, byteorder, flags;
  int type_number;
};
struct Array {  // PyArrayObject
  PyObject_HEAD char* data;
  int ndim;
  Py_ssize_t* sizes;
  Py_ssize_t* strides;  // in bytes
  PyObject* base;
  Descriptor* descriptor;
  int flags;
};
enum Flags : int { kContiguous = 0x1, kAligned = 0x100, kWriteable = 0x400 };
enum TypeNumber : int {
  kBool,
  kByte,
  kUByte,
  kShort,
  kUShort,
  kInt,
  kUInt,
  kLong,
  kULong,
  kLongLong,
  kULongLong,
  kFloat,
  kDouble,
  kLongDouble,
  kCFloat,
  kCDouble,
  kCLongDouble,
  kHalf = 23,
};

class Api {
 public:
  explicit Api(void** table) : table_(table) {}
  PyTypeObject* array_type() const { return static_cast<PyTypeObject*>(table_[2]); }
  PyTypeObject* scalar_type() const { return static_cast<PyTypeObject*>(table_[10]); }
  // New references.
  PyObject* descriptor(int number) const { return function<PyObject*(int)>(45)(number); }
  PyObject* descriptor_of_scalar(PyObject* o) const { return function<PyObject*(PyObject*)>(57)(o); }
  void read_scalar(PyObject* o, void* out) const { function<void(PyObject*, void*)>(62)(o, out); }
  // An array over foreign memory; takes over the descriptor's count.
  PyObject* array_over(PyObject* descriptor, int ndim, const Py_ssize_t* sizes, const Py_ssize_t* strides, void* data,
                       int flags) const {
    using New = PyObject*(PyTypeObject*, PyObject*, int, const Py_ssize_t*, const Py_ssize_t*, void*, int, PyObject*);
    return function<New>(94)(array_type(), descriptor, ndim, sizes, strides, data, flags, nullptr);
  }
  int set_base(PyObject* array, PyObject* owner) const {
    return function<int(PyObject*, PyObject*)>(282)(array, owner);
  }  // takes over the count

 private:
  template <class F>
  F* function(int at) const {
    return reinterpret_cast<F*>(table_[at]);
  }
  void** table_;
};

}  // namespace flambeau::python::numpy
