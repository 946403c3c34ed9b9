// Tensors to Python numbers: tolist and item; and two helpers of the optimizers over lists of parameters.
#include <cstring>

#include "autograd/node.h"
#include "core/saturating.h"
#include "python/bridges.h"
#include "python/dispatch.h"

namespace flambeau::python {

namespace {

float from_half(uint16_t h) {
  uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023, bits;
  if (exponent == 0) {
    float v = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -v : v;
  }
  bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  float v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}
float from_bfloat(uint16_t b) {
  uint32_t bits = static_cast<uint32_t>(b) << 16;
  float v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

template <class T>
T at(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
using Number = PyObject* (*)(const char*);
template <class T>
PyObject* whole(const char* p) {
  return PyLong_FromLongLong(static_cast<long long>(at<T>(p)));
}
PyObject* truth(const char* p) { return PyBool_FromLong(*p != 0); }
PyObject* uint64(const char* p) { return PyLong_FromUnsignedLongLong(at<uint64_t>(p)); }
PyObject* half(const char* p) { return PyFloat_FromDouble(from_half(at<uint16_t>(p))); }
PyObject* bfloat(const char* p) { return PyFloat_FromDouble(from_bfloat(at<uint16_t>(p))); }
template <class T>
PyObject* real(const char* p) {
  return PyFloat_FromDouble(static_cast<double>(at<T>(p)));
}
template <class T>
PyObject* complex(const char* p) {
  return PyComplex_FromDoubles(at<T>(p), at<T>(p + sizeof(T)));
}
PyObject* half_complex(const char* p) {
  return PyComplex_FromDoubles(from_half(at<uint16_t>(p)), from_half(at<uint16_t>(p + 2)));
}

// How an element becomes a Python number; null for the 8-bit floats, which go through float32.
Number number_of(DType t) {
  switch (t) {
    case DType::bool_: return truth;
    case DType::uint8: return whole<uint8_t>;
    case DType::int8: return whole<int8_t>;
    case DType::int16: return whole<int16_t>;
    case DType::int32: return whole<int32_t>;
    case DType::int64: return whole<int64_t>;
    case DType::uint16: return whole<uint16_t>;
    case DType::uint32: return whole<uint32_t>;
    case DType::uint64: return uint64;
    case DType::float16: return half;
    case DType::bfloat16: return bfloat;
    case DType::float32: return real<float>;
    case DType::float64: return real<double>;
    case DType::complex32: return half_complex;
    case DType::complex64: return complex<float>;
    case DType::complex128: return complex<double>;
    default: return nullptr;
  }
}

// One row, with the conversion compiled into the loop for the types that are read most.
template <class T, class Make>
bool fill_row(PyObject* list, Py_ssize_t n, const char* data, int64_t step, Make make) {
  for (Py_ssize_t i = 0; i < n; ++i, data += step) {
    PyObject* item = make(at<T>(data));
    if (!item) return false;
    PyList_SET_ITEM(list, i, item);
  }
  return true;
}
bool fill_row(PyObject* list, Py_ssize_t n, const char* data, int64_t step, Number number) {
  if (number == static_cast<Number>(real<float>))
    return fill_row<float>(list, n, data, step, [](float v) { return PyFloat_FromDouble(v); });
  if (number == static_cast<Number>(real<double>))
    return fill_row<double>(list, n, data, step, [](double v) { return PyFloat_FromDouble(v); });
  if (number == static_cast<Number>(whole<int64_t>))
    return fill_row<int64_t>(list, n, data, step, [](int64_t v) { return PyLong_FromLongLong(v); });
  for (Py_ssize_t i = 0; i < n; ++i, data += step) {
    PyObject* item = number(data);
    if (!item) return false;
    PyList_SET_ITEM(list, i, item);
  }
  return true;
}

PyObject* list_of(const Layout& l, size_t dim, const char* data, int64_t width, Number number) {
  if (dim == l.sizes.size()) return Object::checked(number(data)).release();
  Py_ssize_t n = l.sizes[dim];
  int64_t step = sat_mul(l.strides[dim], width);  // of one element any
  Object list = Object::checked(PyList_New(n));
  if (dim + 1 == l.sizes.size()) {
    if (!fill_row(list.get(), n, data, step, number)) throw PythonError();
    return list.release();
  }
  for (Py_ssize_t i = 0; i < n; ++i, data += step)
    PyList_SET_ITEM(list.get(), i, list_of(l, dim + 1, data, width, number));
  return list.release();
}

// Host memory with plain values of a type that Python numbers can be made of.
Tensor readable(const Tensor& t) {
  Tensor plain = t.impl()->keys & ~key::Autograd ? plain_tensor(t) : t;
  if (number_of(plain.dtype())) return plain;
  static const OpCall copy("copy_");
  GradMode off(false);
  Tensor wide = empty(plain.sizes(), DType::float32);
  copy({wide, detach(plain)});
  return wide;
}

// Of a tensor whose element is somebody else's to give.
PyObject* one_by_call(const Tensor& t) {
  static const OpCall item("item");
  return Object::checked(to_python(item({t}))).release();
}

PyObject* tolist(PyObject* self, PyObject*) {
  if (PyObject * r; method_overridden("tolist", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&] {
    check(!(impl_of(self)->keys & key::Subclass), ErrorKind::Runtime,
          ".tolist() is not supported for tensor subclasses: only __torch_dispatch__ of the class knows the elements");
    Tensor t = readable(tensor_of(self));
    return list_of(t.layout(), 0, t.numel() ? t.data<char>() : nullptr, static_cast<int64_t>(t.itemsize()),
                   number_of(t.dtype()));
  });
}

PyObject* item(PyObject* self, PyObject*) {
  // A plain number in host memory is read without ceremony.
  TensorImpl* impl = impl_of(self);
  if (plain_call(self) && !(impl->keys & ~key::Autograd) && impl->layout.numel() == 1 && !dispatch_modes_active())
    if (Number number = number_of(impl->dtype))
      return guarded([&] {
        return number(static_cast<char*>(impl->storage->data()) +
                      impl->layout.offset * static_cast<int64_t>(itemsize(impl->dtype)));
      });
  if (PyObject * r; method_overridden("item", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&] {
    TensorImpl* t = impl_of(self);
    if (t->keys & key::Subclass || dispatch_modes_active()) return one_by_call(tensor_of(self));
    int64_t n = t->layout.numel();
    check(n == 1, ErrorKind::Runtime, "item: a Tensor with ", n, " elements cannot be converted to Scalar");
    check(t->device.type != DeviceType::meta, ErrorKind::Runtime,
          "item: Tensor.item() cannot be called on meta tensors");
    static const OpCall dense("to_dense");
    Tensor plain = readable(t->keys & key::Sparse ? dense({tensor_of(self)}).tensor() : tensor_of(self));
    return Object::checked(number_of(plain.dtype())(plain.data<char>())).release();
  });
}

// --- lists of parameters ---
Object parameters(const char* function, PyObject* given) {
  Object fast(PySequence_Fast(given, "expected a sequence of tensors"));
  if (!fast) throw PythonError();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fast.get()); ++i) {
    PyObject* p = PySequence_Fast_GET_ITEM(fast.get(), i);
    check(is_tensor(p), ErrorKind::Type, function, ": item ", i, " is a ", Py_TYPE(p)->tp_name, ", not a Tensor");
  }
  return fast;
}
TapeState* state_of(PyObject* p) { return static_cast<TapeState*>(impl_of(p)->autograd.get()); }

PyObject* gather_grads(PyObject*, PyObject* given) {
  return guarded([&] {
    Object params = parameters("gather_grads", given);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(params.get());
    Object list = Object::checked(PyList_New(n));
    for (Py_ssize_t i = 0; i < n; ++i) {
      TapeState* state = state_of(PySequence_Fast_GET_ITEM(params.get(), i));
      PyObject* grad = state && state->grad.defined() ? wrap(state->grad) : Py_NewRef(Py_None);
      PyList_SET_ITEM(list.get(), i, Object::checked(grad).release());
    }
    return list.release();
  });
}

PyObject* clear_grads(PyObject*, PyObject* given) {
  return guarded([&]() -> PyObject* {
    Object params = parameters("clear_grads", given);
    // Letting a gradient go may run Python code, so the list is a copy of the caller's.
    Object held = Object::checked(PySequence_Tuple(params.get()));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(held.get()); ++i)
      if (TapeState* state = state_of(PyTuple_GET_ITEM(held.get(), i)))
        Tensor dropped = std::exchange(state->grad, Tensor());
    Py_RETURN_NONE;
  });
}

PyMethodDef methods[] = {{"tolist", tolist, METH_NOARGS,
                          "The elements as nested lists of Python numbers; a number for a tensor without dimensions."},
                         {"item", item, METH_NOARGS, "The only element as a Python number."},
                         {}};
PyMethodDef functions[] = {
    {"gather_grads", gather_grads, METH_O, "The gradients of a list of parameters, None where there is none."},
    {"clear_grads", clear_grads, METH_O, "Sets the gradients of a list of parameters to None."},
    {}};

}  // namespace

void init_lists(PyObject* module) {
  attach_methods(tensor_type, methods);
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
