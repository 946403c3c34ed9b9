// Between Python objects and values.
#include <cmath>

#include "python/layouts.h"

namespace flambeau::python {

namespace {

// NumPy's scalars count as Python numbers. They are recognised by type name, without importing NumPy.
bool is_numpy_scalar(PyObject* o) {
  const char* type = Py_TYPE(o)->tp_name;
  return strncmp(type, "numpy.", 6) == 0 && strcmp(type + 6, "ndarray") != 0 && PyObject_HasAttrString(o, "dtype");
}

bool numpy_scalar(PyObject* o, Scalar& out) {
  Object plain(PyObject_CallMethod(o, "item", nullptr));
  if (!plain) throw PythonError();
  return !is_numpy_scalar(plain.get()) && number_from(plain.get(), out);
}

}  // namespace

bool int_item(PyObject* o, int64_t& out) {
  if (PyLong_CheckExact(o)) {
    int overflow = 0;
    out = PyLong_AsLongLongAndOverflow(o, &overflow);
    check(!overflow, ErrorKind::Overflow, "Overflow when unpacking long: the integer does not fit into 64 bits");
    return true;
  }
  if (PyFloat_Check(o) || PyUnicode_Check(o) || o == Py_None) return false;
  if (is_tensor(o)) {
    TensorImpl* t = impl_of(o);
    if (!is_integral(t->dtype, true) || t->layout.numel() != 1) return false;
  } else if (!PyIndex_Check(o)) {
    return false;
  }
  Object number(PyNumber_Index(o));
  if (!number) {
    PyErr_Clear();
    return false;
  }
  out = PyLong_AsLongLong(number.get());
  return !(out == -1 && PyErr_Occurred()) || (PyErr_Clear(), false);
}

namespace {

bool float_item(PyObject* o, double& out) {
  if (PyFloat_Check(o)) {
    out = PyFloat_AS_DOUBLE(o);
    return true;
  }
  Scalar s;
  if (!number_from(o, s) || s.is_complex()) return false;
  out = s.to_double();
  return true;
}

template <class List, class Item, class Get>
bool list_from(PyObject* o, Tag tag, Value& out, Get&& get) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  auto list = make<List>();
  // Reading an item may run the caller's code, which may change the list: its size is asked for each time.
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
    Object held(Py_NewRef(PySequence_Fast_GET_ITEM(o, i)));
    Item item{};
    if (!get(held.get(), item)) return false;
    list->items.push_back(item);
  }
  out = Value(tag, list.detach());
  return true;
}

bool list_argument(PyObject* o, const Argument& a, Value& out) {
  switch (a.type) {
    case ArgType::Int: {
      Dims dims;
      if (ints_from(o, dims)) {
        out = Value(dims);
        return true;
      }
      int64_t one;
      if (a.list_size > 0 && !PyBool_Check(o) && int_item(o, one)) {
        out = Value(Dims(static_cast<size_t>(a.list_size), one));
        return true;
      }
      return false;
    }
    case ArgType::Tensor:
      return list_from<TensorList, Tensor>(o, Tag::Tensors, out, [&](PyObject* item, Tensor& t) {
        if (item == Py_None) return a.optional_items;
        if (!is_tensor(item)) return false;
        t = tensor_of(item);
        return true;
      });
    case ArgType::Float: {
      if (a.list_size > 0) {
        double one;
        if (!PyTuple_Check(o) && !PyList_Check(o) && float_item(o, one)) {
          auto list = make<DoubleList>();
          list->items.assign(a.list_size, one);
          out = Value(Tag::Doubles, list.detach());
          return true;
        }
      }
      return list_from<DoubleList, double>(o, Tag::Doubles, out,
                                           [](PyObject* item, double& v) { return float_item(item, v); });
    }
    case ArgType::Bool: {
      bool read = list_from<BoolList, uint8_t>(o, Tag::Bools, out, [](PyObject* item, uint8_t& v) {
        v = item == Py_True;
        return PyBool_Check(item);
      });
      return read && (a.list_size == 0 || out.bools().size() == static_cast<size_t>(a.list_size));
    }
    case ArgType::Scalar:
      return list_from<ScalarList, Scalar>(o, Tag::Scalars, out,
                                           [](PyObject* item, Scalar& v) { return number_from(item, v); });
    default: return false;
  }
}

}  // namespace

bool is_number(PyObject* o) { return PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o) || is_numpy_scalar(o); }

bool number_from(PyObject* o, Scalar& out) {
  if (PyFloat_Check(o)) {
    out = Scalar(PyFloat_AS_DOUBLE(o));
  } else if (PyBool_Check(o)) {
    out = Scalar(o == Py_True);
  } else if (PyLong_Check(o)) {
    int overflow = 0;
    long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow > 0) {
      unsigned long long u = PyLong_AsUnsignedLongLong(o);
      if (PyErr_Occurred()) throw PythonError();
      out = Scalar(static_cast<uint64_t>(u));
    } else {
      check(!overflow, ErrorKind::Overflow, "the integer does not fit into 64 bits");
      out = Scalar(static_cast<int64_t>(v));
    }
  } else if (PyComplex_Check(o)) {
    out = Scalar(std::complex<double>(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
  } else if (is_tensor(o)) {
    TensorImpl* t = impl_of(o);
    if (t->layout.dim() != 0 || t->all_keys() & (key::Autograd | key::Meta)) return false;
    static const OpCall item("item");
    out = item({tensor_of(o)}).scalar();
  } else if (is_numpy_scalar(o)) {
    return numpy_scalar(o, out);
  } else {
    return false;
  }
  return true;
}

bool ints_from(PyObject* o, Dims& out) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  out.clear();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {  // `__index__` may change the list
    int64_t v;
    PyObject* item = PySequence_Fast_GET_ITEM(o, i);
    if (__builtin_expect(!PyLong_CheckExact(item), 0)) {
      Object held(Py_NewRef(item));
      if (!int_item(item, v)) return false;
    } else if (!int_item(item, v)) {
      return false;
    }
    out.push_back(v);
  }
  return true;
}

int64_t int_from(PyObject* o, const char* what) {
  int64_t v = 0;
  check(int_item(o, v), ErrorKind::Type, what, " must be int, not ", Py_TYPE(o)->tp_name);
  return v;
}

bool convert(PyObject* o, const Argument& a, Value& out, bool number_for_tensor) {
  if (a.type == ArgType::Tensor && !a.list) {
    if (is_tensor(o)) {
      out = Value::borrow(impl_of(o));
      return true;
    }
    if (o == Py_None && a.optional) {
      out = Value();
      return true;
    }
    Scalar s;
    if (number_for_tensor && is_number(o) && number_from(o, s)) {
      out = Value(s);
      return true;
    }
    return false;
  }
  if (o == Py_None) {
    if (!a.optional && !(a.list && a.has_default)) return false;
    out = a.optional ? Value() : Value::borrow(a.fallback);
    return true;
  }
  if (a.list) return list_argument(o, a, out);
  switch (a.type) {
    case ArgType::Scalar: {
      Scalar s;
      if (!number_from(o, s)) return false;
      out = Value(s);
      return true;
    }
    case ArgType::Int: {
      int64_t v;
      if (PyBool_Check(o) || !int_item(o, v)) return false;
      out = Value(v);
      return true;
    }
    case ArgType::Float: {
      double v;
      if (!float_item(o, v)) return false;
      out = Value(v);
      return true;
    }
    case ArgType::Bool:
      if (PyBool_Check(o)) {
        out = Value(o == Py_True);
        return true;
      }
      if (strcmp(Py_TYPE(o)->tp_name, "numpy.bool_") == 0 || strcmp(Py_TYPE(o)->tp_name, "numpy.bool") == 0) {
        out = Value(PyObject_IsTrue(o) == 1);
        return true;
      }
      return false;
    case ArgType::Text: {
      if (!PyUnicode_Check(o)) return false;
      Py_ssize_t n;
      const char* text = PyUnicode_AsUTF8AndSize(o, &n);
      if (!text) throw PythonError();
      out = Value(std::string_view(text, static_cast<size_t>(n)));
      return true;
    }
    case ArgType::DType:
      if (!is_dtype(o)) return false;
      out = Value(dtype_of(o));
      return true;
    case ArgType::Device: {
      Device d;
      if (!device_from(o, d)) return false;
      out = Value(d);
      return true;
    }
    case ArgType::Layout:
      out = Value();
      if (!is_layout(o)) return false;
      if (a.list_size == 1 && (is_sparse_coo(o) || is_strided(o))) {  // Layout|sparse: 1 stands for strided
        out = Value(Tag::Layout, reinterpret_cast<RefCounted*>(static_cast<uintptr_t>(is_strided(o))));
        return true;
      }
      check(is_strided(o), ErrorKind::NotImplemented,
            "layout: only flambeau.strided is taken here; sparse_coo_tensor() and to_sparse() make sparse tensors");
      return true;
    case ArgType::MemoryFormat:
      if (!is_memory_format(o)) return false;
      out = Value(memory_format_of(o));
      return true;
    case ArgType::Generator: return generator_from(o, out);
    default: return false;
  }
}

PyObject* to_python(const Value& v) {
  switch (v.tag()) {
    case Tag::None: Py_RETURN_NONE;
    case Tag::Bool:
    case Tag::Int:
    case Tag::Double:
    case Tag::Complex:
    case Tag::UInt: return wrap(v.scalar());
    case Tag::DType: return wrap(v.dtype());
    case Tag::Device: return wrap(v.device());
    case Tag::MemoryFormat: return wrap(v.memory_format());
    case Tag::Layout: return wrap_layout();
    case Tag::Text: return PyUnicode_FromStringAndSize(v.text().data(), static_cast<Py_ssize_t>(v.text().size()));
    case Tag::Tensor: return wrap(v.tensor());
    case Tag::Ints: {
      PyObject* list = PyList_New(static_cast<Py_ssize_t>(v.ints().size()));
      for (size_t i = 0; i < v.ints().size(); ++i)
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), PyLong_FromLongLong(v.ints()[i]));
      return list;
    }
    case Tag::Doubles: {
      PyObject* list = PyList_New(static_cast<Py_ssize_t>(v.doubles().size()));
      for (size_t i = 0; i < v.doubles().size(); ++i)
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), PyFloat_FromDouble(v.doubles()[i]));
      return list;
    }
    case Tag::Bools: {
      PyObject* list = PyList_New(static_cast<Py_ssize_t>(v.bools().size()));
      for (size_t i = 0; i < v.bools().size(); ++i)
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), PyBool_FromLong(v.bools()[i]));
      return list;
    }
    case Tag::Scalars: {
      PyObject* list = PyList_New(static_cast<Py_ssize_t>(v.scalars().size()));
      for (size_t i = 0; i < v.scalars().size(); ++i)
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), wrap(v.scalars()[i]));
      return list;
    }
    case Tag::Tensors: {
      PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(v.tensors().size()));
      for (size_t i = 0; i < v.tensors().size(); ++i)
        PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i), wrap(v.tensors()[i]));
      return tuple;
    }
    case Tag::Object: break;
  }
  Py_RETURN_NONE;
}

PyObject* results_to_python(Call& call) {
  const auto& returns = call.op.signature.returns;
  if (returns.size() == 1) {
    Value& v = call.results[0];
    return v.is_tensor() ? wrap(v.tensor()) : to_python(v);
  }
  if (returns.empty()) Py_RETURN_NONE;
  Object tuple(PyTuple_New(static_cast<Py_ssize_t>(returns.size())));
  for (size_t i = 0; i < returns.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), to_python(call.results[i]));
  if (PyObject* named = return_type(call.op)) return PyObject_CallOneArg(named, tuple.get());
  return tuple.release();
}

}  // namespace flambeau::python
