// NumPy arrays and tensors over the same memory. NumPy is optional: nothing here imports it except Tensor.numpy().
#include <cstring>

#include "autograd/node.h"
#include "core/sparse.h"
#include "python/bridges.h"
#include "python/numpy_abi.h"

namespace flambeau::python {

namespace {

const numpy::Api* g_api = nullptr;

const numpy::Api* load_api(PyObject* core) {
  if (!core) return nullptr;
  Object capsule(PyObject_GetAttrString(core, "_ARRAY_API"));
  void* table = capsule ? PyCapsule_GetPointer(capsule.get(), nullptr) : nullptr;
  if (!table) return nullptr;
  Py_INCREF(capsule.get());  // for good
  return g_api = new numpy::Api(static_cast<void**>(table));
}

// The interface if the program has imported NumPy; without it no object can be an array.
const numpy::Api* api_if_loaded() {
  if (g_api) return g_api;
  PyObject* modules = PyImport_GetModuleDict();
  for (const char* name : {"numpy._core._multiarray_umath", "numpy.core._multiarray_umath"})
    if (PyObject* core = PyDict_GetItemString(modules, name))
      if (load_api(core)) return g_api;
  PyErr_Clear();
  return nullptr;
}

const numpy::Api& api() {
  if (api_if_loaded()) return *g_api;
  Object package(PyImport_ImportModule("numpy"));
  if (!package) {
    PyErr_Clear();
    raise(ErrorKind::Runtime, "numpy: NumPy is not available; Tensor.tolist() gives nested lists without it");
  }
  check(api_if_loaded() != nullptr, ErrorKind::Runtime, "numpy: the installed NumPy has no known C interface");
  return *g_api;
}

// -1 where NumPy has no such type.
int type_number(DType t) {
  switch (t) {
    case DType::bool_: return numpy::kBool;
    case DType::uint8: return numpy::kUByte;
    case DType::int8: return numpy::kByte;
    case DType::int16: return numpy::kShort;
    case DType::int32: return numpy::kInt;
    case DType::int64: return numpy::kLong;
    case DType::uint16: return numpy::kUShort;
    case DType::uint32: return numpy::kUInt;
    case DType::uint64: return numpy::kULong;
    case DType::float16: return numpy::kHalf;
    case DType::float32: return numpy::kFloat;
    case DType::float64: return numpy::kDouble;
    case DType::complex64: return numpy::kCFloat;
    case DType::complex128: return numpy::kCDouble;
    default: return -1;
  }
}
bool dtype_of_number(int number, DType& out) {
  switch (number) {
    case numpy::kBool: out = DType::bool_; return true;
    case numpy::kByte: out = DType::int8; return true;
    case numpy::kUByte: out = DType::uint8; return true;
    case numpy::kShort: out = DType::int16; return true;
    case numpy::kUShort: out = DType::uint16; return true;
    case numpy::kInt: out = DType::int32; return true;
    case numpy::kUInt: out = DType::uint32; return true;
    case numpy::kLong:
    case numpy::kLongLong: out = DType::int64; return true;
    case numpy::kULong:
    case numpy::kULongLong: out = DType::uint64; return true;
    case numpy::kHalf: out = DType::float16; return true;
    case numpy::kFloat: out = DType::float32; return true;
    case numpy::kDouble: out = DType::float64; return true;
    case numpy::kCFloat: out = DType::complex64; return true;
    case numpy::kCDouble: out = DType::complex128; return true;
    default: return false;
  }
}
static_assert(sizeof(long) == 8, "the table takes NumPy's long for int64");

DType dtype_of_descriptor(const char* function, const numpy::Descriptor* d) {
  DType dtype;
  check(dtype_of_number(d->type_number, dtype), ErrorKind::Type, function, ": no tensor type fits an array of ",
        d->scalar_type->tp_name,
        "; there are bool, int8 to int64, uint8 to uint64, float16 to float64, complex64 and complex128");
  check(d->byteorder != '>', ErrorKind::Value, function,
        ": the array's byte order differs from the machine's; "
        "array.astype(array.dtype.newbyteorder('=')) makes one that fits");
  return dtype;
}

PyObject* to_array(PyObject* self, const Tensor& given, bool force) {
  Tensor t = given;
  if (force) {
    if (t.requires_grad() || t.impl()->keys & ~key::Autograd) t = plain_tensor(t);
  } else if (__builtin_expect(t.impl()->all_keys() != 0, 0)) {
    check(t.device().type == DeviceType::cpu, ErrorKind::Type, "numpy: the tensor lives on ", to_string(t.device()),
          "; NumPy reaches host memory only, to where Tensor.cpu() copies it");
    check(!is_sparse(t), ErrorKind::Type, "numpy: a sparse tensor is no array; to_dense() makes one that is");
    check(!t.requires_grad() || !t_state.grad_enabled, ErrorKind::Runtime,
          "numpy: Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
    check(!t.is_conj(), ErrorKind::Runtime,
          "numpy: the tensor is a lazy conjugate; tensor.resolve_conj().numpy() computes it first");
    check(!t.is_neg(), ErrorKind::Runtime,
          "numpy: the tensor is a lazy negative; tensor.resolve_neg().numpy() computes it first");
  }
  int number = type_number(t.dtype());
  check(number >= 0, ErrorKind::Type, "numpy: NumPy has no type like ", name(t.dtype()),
        "; convert first, for example with .float()");
  const numpy::Api& np = api();
  const Layout& l = t.layout();
  int ndim = static_cast<int>(l.dim());
  auto width = static_cast<Py_ssize_t>(t.itemsize());
  Py_ssize_t sizes[kMaxDims], strides[kMaxDims];
  for (int i = 0; i < ndim; ++i) {
    sizes[i] = l.sizes[i];
    strides[i] = l.strides[i] * width;
  }
  void* bytes = export_address(*t.storage());
  void* data = bytes ? static_cast<char*>(bytes) + l.offset * width : nullptr;
  if (!data) {  // no elements: NumPy still wants an address
    static double nothing;
    data = &nothing;
  }
  Object array = Object::checked(
      np.array_over(np.descriptor(number), ndim, sizes, strides, data, numpy::kWriteable | numpy::kAligned));
  PyObject* owner = t.is(given) ? Py_NewRef(self) : wrap(t);
  if (!owner || np.set_base(array.get(), owner) < 0) throw PythonError();
  return array.release();
}

PyObject* method_numpy(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"force"};
  PyObject* given[1] = {};
  if (PyObject * r; method_overridden("numpy", self, args, n, kwnames, r)) return r;
  if ((n || kwnames) && !read_arguments("numpy", keys, 0, 0, args, n, kwnames, given)) return nullptr;
  return guarded([&] { return to_array(self, tensor_of(self), bool_argument("numpy", "force", given[0], false)); });
}

PyObject* method_array(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"dtype", "copy"};
  PyObject* given[2];
  if (PyObject * r; method_overridden("__array__", self, args, n, kwnames, r)) return r;
  if (!read_arguments("__array__", keys, 2, 0, args, n, kwnames, given)) return nullptr;
  return guarded([&]() -> PyObject* {
    Object array = Object::checked(to_array(self, tensor_of(self), false));
    bool typed = given[0] && given[0] != Py_None;
    bool copy = given[1] == Py_True, never = given[1] == Py_False;
    if (typed) {
      Object own = Object::checked(PyObject_GetAttrString(array.get(), "dtype"));
      Object package = Object::checked(PyImport_ImportModule("numpy"));
      Object wanted = Object::checked(PyObject_CallMethod(package.get(), "dtype", "O", given[0]));
      int same = PyObject_RichCompareBool(own.get(), wanted.get(), Py_EQ);
      if (same < 0) throw PythonError();
      if (!same) {
        check(!never, ErrorKind::Value, "__array__: unable to avoid a copy: the tensor is ",
              name(tensor_of(self).dtype()), ", another dtype is asked for");
        return PyObject_CallMethod(array.get(), "astype", "O", wanted.get());
      }
    }
    return copy ? PyObject_CallMethod(array.get(), "copy", nullptr) : array.release();
  });
}

// The result of a NumPy function that was given a tensor becomes a tensor.
PyObject* method_array_wrap(PyObject* self, PyObject* const* args, Py_ssize_t n) {
  if (PyObject * r; method_overridden("__array_wrap__", self, args, n, nullptr, r)) return r;
  if (n < 1) {
    PyErr_SetString(PyExc_TypeError, "__array_wrap__() missing 1 required positional arguments: \"array\"");
    return nullptr;
  }
  return guarded([&]() -> PyObject* {
    Object array = Object::share(args[0]);
    if (!is_array(array.get())) {
      Object package = Object::checked(PyImport_ImportModule("numpy"));
      array = Object::checked(PyObject_CallMethod(package.get(), "asarray", "O", args[0]));
      check(is_array(array.get()), ErrorKind::Type, "__array_wrap__: expected an array, got ",
            Py_TYPE(args[0])->tp_name);
    }
    if (reinterpret_cast<numpy::Array*>(array.get())->descriptor->type_number == numpy::kBool)
      array = Object::checked(PyObject_CallMethod(array.get(), "astype", "s", "uint8"));
    return wrap(tensor_from_array("__array_wrap__", array.get(), false));
  });
}

PyObject* from_numpy(PyObject*, PyObject* array) {
  return guarded([&]() -> PyObject* {
    check(is_array(array), ErrorKind::Type, "from_numpy: expected np.ndarray (got ", Py_TYPE(array)->tp_name, ")");
    return wrap(tensor_from_array("from_numpy", array));
  });
}

#define KEYWORDS(f) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f))
PyMethodDef methods[] = {
    {"numpy", KEYWORDS(method_numpy), METH_FASTCALL | METH_KEYWORDS,
     "numpy(*, force=False)\n\nThe elements as a NumPy array over the same memory. With `force`, whatever stands in "
     "the way (tape, device, "
     "lazy conjugation) is taken out first, by a copy where it takes one."},
    {"__array__", KEYWORDS(method_array), METH_FASTCALL | METH_KEYWORDS, "NumPy's request for an array."},
    {"__array_wrap__", KEYWORDS(method_array_wrap), METH_FASTCALL, "NumPy's result back as a tensor."},
    {}};
PyMethodDef functions[] = {
    {"from_numpy", from_numpy, METH_O,
     "from_numpy(ndarray)\n\nA tensor over the memory of a NumPy array; writing to one changes the other."},
    {}};

}  // namespace

bool is_array(PyObject* o) {
  const numpy::Api* np = api_if_loaded();
  return np && (Py_TYPE(o) == np->array_type() || PyObject_TypeCheck(o, np->array_type()));
}
bool is_array_scalar(PyObject* o) {
  const numpy::Api* np = api_if_loaded();
  return np && PyObject_TypeCheck(o, np->scalar_type());
}

Tensor tensor_from_array(const char* function, PyObject* o, bool warn_read_only) {
  auto* a = reinterpret_cast<numpy::Array*>(o);
  DType dtype = dtype_of_descriptor(function, a->descriptor);
  check(a->ndim <= kMaxDims, ErrorKind::Value, function, ": the array has ", a->ndim, " dimensions, a tensor at most ",
        kMaxDims);
  auto width = static_cast<Py_ssize_t>(itemsize(dtype));
  Layout layout;
  int64_t last = 0;  // bytes from the first element to the last
  bool none = false;
  for (int i = 0; i < a->ndim; ++i) {
    Py_ssize_t size = a->sizes[i], stride = a->strides[i];
    check(stride >= 0, ErrorKind::Value, function, ": at least one stride of the array is negative (", stride,
          " bytes in dimension ", i, "), and tensors have none; array.copy() makes an array that fits");
    check(stride % width == 0, ErrorKind::Value, function, ": a stride of the array (", stride,
          " bytes) is no multiple of the element size ", width, "; array.copy() makes an array that fits");
    layout.sizes.push_back(size);
    layout.strides.push_back(stride / width);
    none = none || size == 0;
    if (size) last += (size - 1) * stride;
  }
  if (warn_read_only && !(a->flags & numpy::kWriteable) &&
      PyErr_WarnFormat(
          PyExc_UserWarning, 1,
          "%s: the array is not writeable, and tensors know no read-only memory: writing to the tensor would "
          "change the array's data. array.copy() makes one that may be written.",
          function) < 0)
    throw PythonError();
  return tensor_over(foreign_storage(a->data, none ? 0 : static_cast<size_t>(last + width), Py_NewRef(o)),
                     std::move(layout), dtype);
}

DType read_array_scalar(PyObject* o, Scalar& value) {
  const numpy::Api& np = api();
  Object descriptor = Object::checked(np.descriptor_of_scalar(o));
  auto* d = reinterpret_cast<numpy::Descriptor*>(descriptor.get());
  DType dtype = dtype_of_descriptor("tensor", d);
  if (is_floating(dtype)) {
    double v = PyFloat_AsDouble(o);
    if (v == -1 && PyErr_Occurred()) throw PythonError();
    value = v;
    return dtype;
  }
  alignas(16) char raw[16] = {};
  np.read_scalar(o, raw);
  auto as = [&]<class T>(T v) {
    std::memcpy(&v, raw, sizeof v);
    return v;
  };
  switch (dtype) {
    case DType::bool_: value = as(uint8_t{}) != 0; break;
    case DType::uint8: value = int64_t{as(uint8_t{})}; break;
    case DType::int8: value = int64_t{as(int8_t{})}; break;
    case DType::int16: value = int64_t{as(int16_t{})}; break;
    case DType::uint16: value = int64_t{as(uint16_t{})}; break;
    case DType::int32: value = int64_t{as(int32_t{})}; break;
    case DType::uint32: value = int64_t{as(uint32_t{})}; break;
    case DType::int64: value = as(int64_t{}); break;
    case DType::uint64: value = as(uint64_t{}); break;
    case DType::complex64: value = std::complex<double>(as(std::complex<float>{})); break;
    default: value = as(std::complex<double>{}); break;
  }
  return dtype;
}

void init_numpy(PyObject* module) {
  attach_methods(tensor_type, methods);
  Object priority = Object::checked(PyLong_FromLong(1000));  // NumPy's operators leave the work to the tensor's
  PyObject_SetAttrString(reinterpret_cast<PyObject*>(tensor_type), "__array_priority__", priority.get());
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
