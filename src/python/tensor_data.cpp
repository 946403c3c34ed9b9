// Tensors from Python data: tensor, as_tensor, asarray, frombuffer, new_tensor. The way back is tensor_list.cpp.
//
// A nested list is read in three steps: the sizes along its first items, the dtype over all items, then the values into
// the tensor's memory. A flat list of floats or ints, by far the most frequent, is read in one step without looking
// first.
#include <cmath>
#include <cstring>
#include <limits>

#include "autograd/node.h"
#include "core/promote.h"
#include "python/bridges.h"
#include "python/dispatch.h"

namespace flambeau::python {

namespace {

bool is_text(PyObject* o) { return PyUnicode_Check(o) || PyBytes_Check(o); }
bool is_list(PyObject* o) { return PyList_Check(o) || PyTuple_Check(o); }
// What is read item by item. Tensors count as numbers here.
bool is_nest(PyObject* o) {
  if (is_list(o)) return true;
  if (PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o) || is_tensor(o)) return false;
  return PySequence_Check(o) && !is_array_scalar(o);
}

[[noreturn]] void bad_type(const char* function, PyObject* o) {
  if (is_text(o)) raise(ErrorKind::Type, function, "(): invalid data type '", Py_TYPE(o)->tp_name, "'");
  raise(ErrorKind::Runtime, function, "(): Could not infer dtype of ", Py_TYPE(o)->tp_name);
}

// Data too deep for a tensor: nests that end, and lists that hold themselves.
[[noreturn]] void too_deep(const char* function, const std::vector<PyObject*>& nests) {
  for (size_t i = 0; i < nests.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      check(nests[i] != nests[k], ErrorKind::Type, function,
            "(): the data hold themselves; self-referential lists are incompatible with tensors");
  raise(ErrorKind::Value, function, "(): the data are nested more than ", kMaxDims, " deep");
}

Object item_of(const char* function, PyObject* nest, Py_ssize_t i) {
  if (PyObject* item = PySequence_GetItem(nest, i)) return Object(item);
  PyErr_Clear();
  raise(ErrorKind::Value, function, "(): could not determine the shape of object type '", Py_TYPE(nest)->tp_name,
        "': it has a length, but item ", i, " can't be taken");
}

Dims sizes_of(const char* function, PyObject* data) {
  Dims sizes;
  std::vector<PyObject*> nests;
  Object at = Object::share(data);
  if (is_text(data)) bad_type(function, data);
  while (is_nest(at.get())) {
    Py_ssize_t n = PySequence_Size(at.get());
    if (n < 0) throw PythonError();
    sizes.push_back(n);
    nests.push_back(at.get());
    if (sizes.size() > kMaxDims) too_deep(function, nests);
    if (n == 0) break;
    at = item_of(function, at.get(), 0);
    check(!is_text(at.get()), ErrorKind::Value, function, "(): too many dimensions '", Py_TYPE(at.get())->tp_name, "'");
  }
  return sizes;
}

// --- dtype ---
class Inference {
 public:
  explicit Inference(const char* function) : function_(function) {}
  void look(PyObject* o) {
    PyTypeObject* type = Py_TYPE(o);
    if (type == &PyFloat_Type) return seen(default_dtype());
    if (type == &PyLong_Type) return seen(DType::int64);
    if (type == &PyBool_Type) return seen(DType::bool_);
    if (is_list(o)) {
      Within within(*this, o);
      if (only_floats(o)) return seen(default_dtype());
      // Items are read afresh at every step: looking at one may run Python code that changes the list.
      for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
        Object item = Object::share(PySequence_Fast_GET_ITEM(o, i));
        look(item.get());
      }
      return;
    }
    if (is_tensor(o)) return seen(impl_of(o)->dtype);
    if (is_array_scalar(o)) {
      Scalar ignored;
      return seen(read_array_scalar(o, ignored));
    }
    if (is_array(o)) return seen(tensor_from_array(function_, o, false).dtype());
    if (PyFloat_Check(o)) return seen(default_dtype());
    if (PyLong_Check(o)) return seen(DType::int64);
    if (PyComplex_Check(o)) return seen(to_complex(default_dtype()));
    if (is_text(o) || !PySequence_Check(o)) bad_type(function_, o);
    Py_ssize_t n = PySequence_Size(o);
    if (n < 0) throw PythonError();
    Within within(*this, o);
    for (Py_ssize_t i = 0; i < n; ++i) look(item_of(function_, o, i).get());
  }
  DType result() const { return dtype_.value_or(default_dtype()); }

 private:
  static bool only_floats(PyObject* list) {
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    PyObject** items = PySequence_Fast_ITEMS(list);
    for (Py_ssize_t i = 0; i < n; ++i)
      if (!PyFloat_CheckExact(items[i])) return false;
    return n > 0;
  }
  void seen(DType t) {
    if (!dtype_)
      dtype_ = t;
    else if (*dtype_ != t)
      dtype_ = promote(*dtype_, t);
  }
  struct Within {  // the nests that are being looked at, each inside of the one before
    Within(Inference& search, PyObject* nest) : nests(search.nests_) {
      nests.push_back(nest);
      if (nests.size() > kMaxDims) too_deep(search.function_, nests);
    }
    ~Within() { nests.pop_back(); }
    std::vector<PyObject*>& nests;
  };
  const char* function_;
  std::vector<PyObject*> nests_;
  std::optional<DType> dtype_;
};

// --- values ---
Scalar scalar_of_tensor(PyObject* o) {
  Tensor t = tensor_of(o);
  check(t.numel() == 1, ErrorKind::Value, "only one element tensors can be converted to Python scalars, got ",
        describe(t));
  check(!t.is_meta(), ErrorKind::Runtime, "a meta tensor has no value to make a number of");
  static const OpCall item("item");
  return item({detach(t)}).scalar();
}
// A NumPy scalar or a tensor as a number; false for anything else.
bool foreign_number(PyObject* o, Scalar& value) {
  if (is_tensor(o))
    value = scalar_of_tensor(o);
  else if (is_array_scalar(o))
    read_array_scalar(o, value);
  else
    return false;
  return true;
}

template <class T>
[[noreturn]] void overflow(DType dtype) {
  raise(ErrorKind::Runtime, "value cannot be converted to type ", name(dtype), " without overflow");
}

double read_double(PyObject* o) {
  if (PyFloat_CheckExact(o)) return PyFloat_AS_DOUBLE(o);
  Scalar s;
  if (!PyFloat_Check(o) && !PyLong_Check(o) && foreign_number(o, s)) {
    check(!s.is_complex(), ErrorKind::Type, "must be real number, not complex");
    return s.to_double();
  }
  double v = PyFloat_AsDouble(o);
  if (v == -1 && PyErr_Occurred()) throw PythonError();
  return v;
}
std::complex<double> read_complex(PyObject* o) {
  if (PyComplex_Check(o)) return {PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)};
  Scalar s;
  if (!PyFloat_Check(o) && !PyLong_Check(o) && foreign_number(o, s)) return s.to_complex();
  return read_double(o);
}

template <class T>
T whole_from_double(double v, DType dtype) {
  // Unsigned types also take what wraps into them, down to minus their greatest value.
  double top = std::ldexp(1.0, std::numeric_limits<T>::digits);
  double bottom = std::is_signed_v<T> ? -top : 0.0;
  if (!(v < top && (std::is_signed_v<T> ? v >= bottom : v > -1.0))) overflow<T>(dtype);
  return static_cast<T>(v);
}
template <class T>
T whole_from_int(int64_t v, DType dtype) {
  if constexpr (sizeof(T) == 8) return static_cast<T>(v);
  int64_t top = static_cast<int64_t>(std::numeric_limits<T>::max());
  int64_t bottom = std::is_signed_v<T> ? static_cast<int64_t>(std::numeric_limits<T>::min()) : -top;
  if (v < bottom || v > top) overflow<T>(dtype);
  return static_cast<T>(v);
}

template <class T>
T read_whole(PyObject* o, DType dtype) {
  if (PyFloat_Check(o)) return whole_from_double<T>(PyFloat_AS_DOUBLE(o), dtype);
  Scalar s;
  if (!PyLong_Check(o) && foreign_number(o, s)) {
    check(!s.is_complex(), ErrorKind::Type, "'complex' object cannot be interpreted as an integer");
    if (s.kind() == Scalar::Kind::Float) return whole_from_double<T>(s.to_double(), dtype);
    if (s.kind() == Scalar::Kind::UInt && !std::is_same_v<T, uint64_t>) overflow<T>(dtype);
    return whole_from_int<T>(s.to_int(), dtype);
  }
  Object whole = PyLong_Check(o) ? Object::share(o) : Object::checked(PyNumber_Index(o));
  if constexpr (std::is_same_v<T, uint64_t>) {
    uint64_t v = PyLong_AsUnsignedLongLong(whole.get());
    if (v == static_cast<uint64_t>(-1) && PyErr_Occurred()) throw PythonError();
    return v;
  } else {
    int too_large = 0;
    int64_t v = PyLong_AsLongLongAndOverflow(whole.get(), &too_large);
    if (v == -1 && PyErr_Occurred()) throw PythonError();
    check(!too_large, ErrorKind::Value, "Overflow when unpacking long long");
    return whole_from_int<T>(v, dtype);
  }
}
bool read_truth(PyObject* o) {
  if (o == Py_True) return true;
  if (o == Py_False) return false;
  Scalar s;
  if (foreign_number(o, s)) return s.to_bool();
  if (PyFloat_Check(o)) return PyFloat_AS_DOUBLE(o) != 0;
  if (PyComplex_Check(o)) return read_complex(o) != 0.0;
  Object whole = Object::checked(PyNumber_Index(o));
  return PyObject_IsTrue(whole.get()) == 1;
}

void store(PyObject* o, DType dtype, void* out) {
  switch (dtype) {
    case DType::bool_: *static_cast<uint8_t*>(out) = read_truth(o); return;
    case DType::uint8: *static_cast<uint8_t*>(out) = read_whole<uint8_t>(o, dtype); return;
    case DType::int8: *static_cast<int8_t*>(out) = read_whole<int8_t>(o, dtype); return;
    case DType::int16: *static_cast<int16_t*>(out) = read_whole<int16_t>(o, dtype); return;
    case DType::int32: *static_cast<int32_t*>(out) = read_whole<int32_t>(o, dtype); return;
    case DType::int64: *static_cast<int64_t*>(out) = read_whole<int64_t>(o, dtype); return;
    case DType::uint16: *static_cast<uint16_t*>(out) = read_whole<uint16_t>(o, dtype); return;
    case DType::uint32: *static_cast<uint32_t*>(out) = read_whole<uint32_t>(o, dtype); return;
    case DType::uint64: *static_cast<uint64_t*>(out) = read_whole<uint64_t>(o, dtype); return;
    case DType::float32: *static_cast<float*>(out) = static_cast<float>(read_double(o)); return;
    case DType::float64: *static_cast<double*>(out) = read_double(o); return;
    case DType::complex64: *static_cast<std::complex<float>*>(out) = std::complex<float>(read_complex(o)); return;
    case DType::complex128: *static_cast<std::complex<double>*>(out) = read_complex(o); return;
    default: return;  // the narrow types are made from wider ones
  }
}

// The dtype in which values of a narrow type are gathered before they are rounded.
DType gathering_dtype(DType t) {
  if (t == DType::complex32) return DType::complex64;
  return t == DType::float16 || t == DType::bfloat16 || is_float8(t) ? DType::float32 : t;
}

// A flat list of exact floats, or of exact ints, without Python code in between; false when it is something else.
template <class T>
bool read_floats(PyObject* const* items, Py_ssize_t n, T* out) {
  for (Py_ssize_t i = 0; i < n; ++i) {
    if (!PyFloat_CheckExact(items[i])) return false;
    out[i] = static_cast<T>(PyFloat_AS_DOUBLE(items[i]));
  }
  return true;
}
bool read_ints(PyObject* const* items, Py_ssize_t n, int64_t* out) {
  for (Py_ssize_t i = 0; i < n; ++i) {
    if (!PyLong_CheckExact(items[i])) return false;
    int too_large;
    out[i] = PyLong_AsLongLongAndOverflow(items[i], &too_large);
    if (too_large) return false;
  }
  return true;
}

class Reader {
 public:
  Reader(IntSpan sizes, DType dtype) : sizes_(sizes), dtype_(dtype), width_(itemsize(dtype)) {}
  char* read(PyObject* o, size_t dim, char* out) {
    if (dim == sizes_.size()) {
      store(o, dtype_, out);
      return out + width_;
    }
    bool list = is_list(o);
    check(list || (is_nest(o) && !is_text(o)), ErrorKind::Type, "not a sequence: expected ", sizes_[dim],
          " items at dim ", dim, ", got ", Py_TYPE(o)->tp_name);
    Py_ssize_t n = PySequence_Size(o);
    if (n < 0) throw PythonError();
    check(n == sizes_[dim], ErrorKind::Value, "expected sequence of length ", sizes_[dim], " at dim ", dim, " (got ", n,
          ")");
    if (list && dim + 1 == sizes_.size() && read_row(PySequence_Fast_ITEMS(o), n, out))
      return out + n * static_cast<int64_t>(width_);
    for (Py_ssize_t i = 0; i < n; ++i) {
      if (list) {
        check(i < PySequence_Fast_GET_SIZE(o), ErrorKind::Value, "the list changed its length while it was read");
        Object item = Object::share(PySequence_Fast_GET_ITEM(o, i));
        out = read(item.get(), dim + 1, out);
      } else {
        out = read(Object::checked(PySequence_GetItem(o, i)).get(), dim + 1, out);
      }
    }
    return out;
  }

 private:
  bool read_row(PyObject* const* items, Py_ssize_t n, char* out) const {
    if (dtype_ == DType::float32) return read_floats(items, n, reinterpret_cast<float*>(out));
    if (dtype_ == DType::float64) return read_floats(items, n, reinterpret_cast<double*>(out));
    return dtype_ == DType::int64 && read_ints(items, n, reinterpret_cast<int64_t*>(out));
  }
  IntSpan sizes_;
  DType dtype_;
  size_t width_;
};

Tensor from_flat_list(PyObject* data, std::optional<DType> dtype) {
  Py_ssize_t n = PySequence_Fast_GET_SIZE(data);
  if (n == 0) return {};
  PyObject** items = PySequence_Fast_ITEMS(data);
  if (PyFloat_CheckExact(items[0])) {
    DType t = dtype.value_or(default_dtype());
    if (t != DType::float32 && t != DType::float64) return {};
    Tensor out = empty(std::initializer_list<int64_t>{n}, t);
    bool read =
        t == DType::float32 ? read_floats(items, n, out.data<float>()) : read_floats(items, n, out.data<double>());
    return read ? out : Tensor();
  }
  if (PyLong_CheckExact(items[0]) && dtype.value_or(DType::int64) == DType::int64) {
    Tensor out = empty(std::initializer_list<int64_t>{n}, DType::int64);
    return read_ints(items, n, out.data<int64_t>()) ? out : Tensor();
  }
  return {};
}

Tensor brought_to(Tensor t, DType dtype, Device device) {
  if (t.dtype() == dtype && t.device() == device) return t;
  Tensor out = empty_strided(t.layout().sizes, contiguous_strides(t.sizes()), dtype, device);
  if (device.type == DeviceType::meta) return out;
  static const OpCall copy("copy_");
  GradMode off(false);
  copy({out, t});
  return out;
}

}  // namespace

Tensor tensor_from_data(const char* function, PyObject* data, std::optional<DType> dtype, Device device) {
  if (PyList_CheckExact(data) || PyTuple_CheckExact(data)) {
    Tensor flat = from_flat_list(data, dtype);
    if (flat.defined()) return device.type == DeviceType::cpu ? flat : brought_to(flat, flat.dtype(), device);
  } else if (is_array(data)) {
    Tensor shared = tensor_from_array(function, data, false);
    Tensor out = empty(shared.sizes(), dtype.value_or(shared.dtype()), device);
    if (device.type == DeviceType::meta) return out;
    if (device.type == DeviceType::cpu && out.dtype() == shared.dtype() && shared.is_contiguous()) {
      if (size_t bytes = static_cast<size_t>(out.numel()) * out.itemsize())
        std::memcpy(out.data(), shared.data(), bytes);
      return out;
    }
    static const OpCall copy("copy_");
    copy({out, shared});
    return out;
  } else if (!dtype && is_array_scalar(data)) {
    Scalar ignored;
    dtype = read_array_scalar(data, ignored);
  }
  Dims sizes = sizes_of(function, data);
  if (!dtype) {
    Inference inference(function);
    inference.look(data);
    dtype = inference.result();
  }
  Tensor out = empty(sizes, gathering_dtype(*dtype));
  // sizes with a 0 in them leave nothing to read
  if (out.numel()) Reader(sizes, out.dtype()).read(data, 0, out.data<char>());
  return brought_to(out, *dtype, device);
}

namespace {

// --- the functions ---
PyObject* g_module;  // borrowed, alive as long as the library

PyObject* handled_elsewhere(const char* name, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  return function_modes_active() ? function_overridden(name, g_module, args, n, kwnames) : nullptr;
}

Tensor copy_of(const Tensor& t, std::optional<DType> dtype, std::optional<Device> device) {
  GradMode off(false);
  if (t.impl()->keys & key::Subclass || dispatch_modes_active()) {
    static const OpCall to("_to_copy");
    return to({detach(t), dtype, Value(), device}).tensor();
  }
  static const OpCall copy("copy_");
  Device to = device.value_or(t.device());
  check(!t.is_meta() || to.type == DeviceType::meta, ErrorKind::NotImplemented,
        "tensor: a meta tensor has no values to copy to ", to_string(to));
  // A copy keeps the order of dense dimensions.
  Dims strides = t.layout().dense() ? t.layout().strides : strides_like(t.sizes(), t.sizes(), t.strides());
  Tensor out = empty_strided(t.layout().sizes, strides, dtype.value_or(t.dtype()), to);
  if (to.type != DeviceType::meta) copy({out, detach(t)});
  return out;
}

void warn_of_copy(const char* function) {
  if (PyErr_WarnFormat(
          PyExc_UserWarning, 1,
          "%s: the data are a tensor already; source.detach().clone() copies it, with .requires_grad_(True) "
          "where that is wanted.",
          function) < 0)
    throw PythonError();
}

// A vector over all of a storage.
Tensor over_storage(Storage& storage, DType dtype) {
  auto count = static_cast<int64_t>(storage.nbytes() / itemsize(dtype));
  return tensor_over(Ref<Storage>::share(&storage), Layout(std::initializer_list<int64_t>{count}), dtype);
}

// Modes below autograd don't see how a tensor is filled with data, they are shown the outcome.
Tensor fresh_tensor(const char* function, PyObject* data, std::optional<DType> dtype, std::optional<Device> device) {
  if (is_tensor(data)) {
    warn_of_copy(function);
    return copy_of(tensor_of(data), dtype, device);
  }
  if (Storage* storage = storage_behind(data))
    return copy_of(over_storage(*storage, dtype.value_or(default_dtype())), dtype, device);
  if (!dispatch_modes_active()) return tensor_from_data(function, data, dtype, device.value_or(Device{}));
  struct Unseen {
    Unseen() : excluded(t_state.excluded) { t_state.excluded |= key::Modes; }
    ~Unseen() { t_state.excluded = excluded; }
    Keys excluded;
  };
  Tensor made;
  {
    Unseen unseen;
    made = tensor_from_data(function, data, dtype, device.value_or(Device{}));
  }
  static const OpCall lift("lift_fresh");
  return lift({made}).tensor();
}

PyObject* finished(Tensor t, bool requires_grad) {
  if (requires_grad) set_requires_grad(t, true);
  return wrap(std::move(t));
}

PyObject* py_tensor(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"data", "dtype", "device", "requires_grad", "pin_memory"};
  if (PyObject* r = handled_elsewhere("tensor", args, n, kwnames)) return r;
  if (PyErr_Occurred()) return nullptr;
  if (n == 1 && !kwnames)
    return guarded([&] { return wrap(fresh_tensor("tensor", args[0], std::nullopt, std::nullopt)); });
  PyObject* given[5];
  if (!read_arguments("tensor", keys, 1, 1, args, n, kwnames, given)) return nullptr;
  return guarded([&] {
    auto dtype = dtype_argument("tensor", given[1]);
    auto device = device_argument("tensor", given[2]);
    bool requires_grad = bool_argument("tensor", "requires_grad", given[3], false);
    check(!bool_argument("tensor", "pin_memory", given[4], false), ErrorKind::Runtime,
          "tensor: pin_memory=True wants an accelerator, and there is none; leave it out");
    return finished(fresh_tensor("tensor", given[0], dtype, device), requires_grad);
  });
}

PyObject* new_tensor(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("new_tensor", self, args, n, kwnames, r)) return r;
  static constexpr const char* keys[] = {"data", "dtype", "device", "requires_grad", "pin_memory"};
  PyObject* given[5];
  if (!read_arguments("new_tensor", keys, 1, 1, args, n, kwnames, given)) return nullptr;
  return guarded([&] {
    DType dtype = dtype_argument("new_tensor", given[1]).value_or(impl_of(self)->dtype);
    Device device = device_argument("new_tensor", given[2]).value_or(impl_of(self)->device);
    bool requires_grad = bool_argument("new_tensor", "requires_grad", given[3], false);
    if (is_tensor(given[0]) && !dtype_argument("new_tensor", given[1])) dtype = impl_of(given[0])->dtype;
    return finished(fresh_tensor("new_tensor", given[0], dtype, device), requires_grad);
  });
}

// Converts with the tape: as_tensor and asarray of a tensor stay differentiable.
PyObject* converted(PyObject* tensor, std::optional<DType> dtype, std::optional<Device> device, bool copy = false) {
  TensorImpl* t = impl_of(tensor);
  bool same = (!dtype || *dtype == t->dtype) && (!device || device->type == t->device.type);
  if (same && !copy) return Py_NewRef(tensor);
  Object to = Object::checked(PyObject_GetAttrString(tensor, "to"));
  Object d(wrap(device.value_or(t->device))), type(wrap(dtype.value_or(t->dtype)));
  Object arguments = Object::checked(PyTuple_Pack(2, d.get(), type.get()));
  Object keywords = Object::checked(copy ? Py_BuildValue("{s:O}", "copy", Py_True) : PyDict_New());
  return PyObject_Call(to.get(), arguments.get(), keywords.get());
}

PyObject* as_tensor(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"data", "dtype", "device"};
  if (PyObject* r = handled_elsewhere("as_tensor", args, n, kwnames)) return r;
  if (PyErr_Occurred()) return nullptr;
  PyObject* given[3];
  if (!read_arguments("as_tensor", keys, 3, 1, args, n, kwnames, given)) return nullptr;
  return guarded([&]() -> PyObject* {
    auto dtype = dtype_argument("as_tensor", given[1]);
    auto device = device_argument("as_tensor", given[2]);
    if (is_tensor(given[0])) return converted(given[0], dtype, device);
    if (is_array(given[0])) {
      Object shared = Object::checked(wrap(tensor_from_array("as_tensor", given[0])));
      return converted(shared.get(), dtype, device);
    }
    return wrap(tensor_from_data("as_tensor", given[0], dtype, device.value_or(Device{})));
  });
}

// --- buffers ---
void release_buffer(void* context) {
  if (!Py_IsInitialized()) return;
  WithGil gil;
  auto* view = static_cast<Py_buffer*>(context);
  PyBuffer_Release(view);
  delete view;
}

// A tensor over a buffer, which stays taken (a bytearray cannot be resized meanwhile).
Tensor tensor_from_buffer(const char* function, PyObject* source, DType dtype, int64_t count, int64_t offset) {
  auto view = std::make_unique<Py_buffer>();
  bool read_only = false;
  if (PyObject_GetBuffer(source, view.get(), PyBUF_WRITABLE) < 0) {
    PyErr_Clear();
    if (PyObject_GetBuffer(source, view.get(), PyBUF_SIMPLE) < 0) throw PythonError();
    read_only = true;
  }
  auto guard = [](Py_buffer* v) {
    PyBuffer_Release(v);
    delete v;
  };
  std::unique_ptr<Py_buffer, decltype(guard)> held(view.release(), guard);
  if (read_only &&
      PyErr_WarnFormat(PyExc_UserWarning, 1,
                       "%s: The given buffer is not writable, and tensors know no read-only memory: writing to the "
                       "tensor would change it. Copy the buffer to have one that may be written.",
                       function) < 0)
    throw PythonError();
  int64_t length = held->len, width = static_cast<int64_t>(itemsize(dtype));
  check(length > 0 && count != 0, ErrorKind::Value, function, ": nothing to read: both buffer length (", length,
        ") and count (", count, ") have to be other than 0");
  check(offset >= 0 && offset < length, ErrorKind::Value, function, ": offset ", offset,
        " lies outside of the buffer, which has ", length, " bytes");
  int64_t rest = length - offset;
  check(count > 0 || rest % width == 0, ErrorKind::Value, function, ": ", rest, " bytes from offset ", offset,
        " on are no whole number of elements of ", width, " bytes");
  int64_t elements = count > 0 ? count : rest / width;
  check(elements <= rest / width, ErrorKind::Value, function, ": ", elements, " elements of ", width,
        " bytes from offset ", offset, " on need more than the buffer's ", length, " bytes");
  char* data = static_cast<char*>(held->buf) + offset;
  auto storage = make<Storage>(data, static_cast<size_t>(elements * width), Device{}, release_buffer, held.get());
  held.release();
  return tensor_over(std::move(storage), Layout(std::initializer_list<int64_t>{elements}), dtype);
}

PyObject* frombuffer(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"buffer", "dtype", "count", "offset", "requires_grad"};
  PyObject* given[5];
  if (!read_arguments("frombuffer", keys, 1, 2, args, n, kwnames, given)) return nullptr;
  return guarded([&] {
    auto dtype = dtype_argument("frombuffer", given[1]);
    check(dtype.has_value(), ErrorKind::Type, "frombuffer: dtype must be given");
    check(PyObject_CheckBuffer(given[0]), ErrorKind::Value, "frombuffer: a ", Py_TYPE(given[0])->tp_name,
          " has no buffer");
    int64_t count = given[2] ? int_from(given[2], "frombuffer: count") : -1;
    int64_t offset = given[3] ? int_from(given[3], "frombuffer: offset") : 0;
    return finished(tensor_from_buffer("frombuffer", given[0], *dtype, count, offset),
                    bool_argument("frombuffer", "requires_grad", given[4], false));
  });
}

PyObject* asarray(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"obj", "dtype", "device", "copy", "requires_grad"};
  if (PyObject* r = handled_elsewhere("asarray", args, n, kwnames)) return r;
  if (PyErr_Occurred()) return nullptr;
  PyObject* given[5];
  if (!read_arguments("asarray", keys, 1, 1, args, n, kwnames, given)) return nullptr;
  return guarded([&]() -> PyObject* {
    PyObject* source = given[0];
    auto dtype = dtype_argument("asarray", given[1]);
    auto device = device_argument("asarray", given[2]);
    bool forced = given[3] == Py_True, never = given[3] == Py_False;
    bool requires_grad = bool_argument("asarray", "requires_grad", given[4], false);
    Object shared;
    if (is_tensor(source))
      shared = Object::share(source);
    else if (is_array(source))
      shared = Object::checked(wrap(tensor_from_array("asarray", source)));
    else if (is_array_scalar(source))
      shared = Object();
    else if (PyCapsule_CheckExact(source) || PyObject_HasAttrString(source, "__dlpack__"))
      shared = Object::checked(wrap(tensor_from_dlpack(source, nullptr, nullptr)));
    else if (PyObject_CheckBuffer(source))
      shared = Object::checked(wrap(tensor_from_buffer("asarray", source, dtype.value_or(default_dtype()), -1, 0)));
    if (!shared) {
      check(!never, ErrorKind::Value,
            "asarray: copy=False, but a sequence cannot share its memory with a tensor (alias)");
      return finished(tensor_from_data("asarray", source, dtype, device.value_or(Device{})), requires_grad);
    }
    Tensor t = tensor_of(shared.get());
    check(!never || !dtype || *dtype == t.dtype(), ErrorKind::Value, "asarray: copy=False, but ", name(t.dtype()),
          " cannot be an alias as ", name(dtype.value_or(t.dtype())));
    check(!never || !device || device->type == t.device().type, ErrorKind::Value, "asarray: copy=False, but memory on ",
          to_string(t.device()), " cannot be an alias on ", to_string(device.value_or(t.device())));
    Object result = Object::checked(converted(shared.get(), dtype, device, forced));
    // The result is a leaf that asks for gradients, or cut off from the tape.
    Tensor made = tensor_of(result.get());
    if (made.requires_grad() && !requires_grad) return wrap(detach(made));
    if (requires_grad && !made.requires_grad()) {
      if (result.get() == source) made = detach(made);
      return finished(made, true);
    }
    return result.release();
  });
}

#define KEYWORDS(f) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f))
PyMethodDef functions[] = {
    {"tensor", KEYWORDS(py_tensor), METH_FASTCALL | METH_KEYWORDS,
     "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False)\n\nA new tensor with a copy of "
     "the data: numbers, nested "
     "sequences of numbers, NumPy arrays. Without `dtype` it is the smallest of bool, int64, the default float and its "
     "complex type that holds all items."},
    {"as_tensor", KEYWORDS(as_tensor), METH_FASTCALL | METH_KEYWORDS,
     "as_tensor(data, dtype=None, device=None)\n\nThe data as a tensor, without a copy where that is possible; tensors "
     "stay on the tape."},
    {"asarray", KEYWORDS(asarray), METH_FASTCALL | METH_KEYWORDS,
     "asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False)\n\nAny object with data (tensor, array, "
     "DLPack, buffer, sequence) as "
     "a tensor. `copy=True` always copies, `copy=False` raises ValueError where sharing is impossible."},
    {"frombuffer", KEYWORDS(frombuffer), METH_FASTCALL | METH_KEYWORDS,
     "frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False)\n\nA vector over the bytes of a buffer, "
     "from `offset` (in bytes), of "
     "`count` elements or all there are."},
    {}};
PyMethodDef methods[] = {{"new_tensor", KEYWORDS(new_tensor), METH_FASTCALL | METH_KEYWORDS,
                          "new_tensor(data, *, dtype=None, device=None, requires_grad=False)\n\nAs tensor(data), with "
                          "this tensor's dtype and device."},
                         {}};

}  // namespace

void init_lists(PyObject* module);  // tensor_list.cpp

void init_tensor_data(PyObject* module) {
  g_module = module;
  PyModule_AddFunctions(module, functions);
  attach_methods(tensor_type, methods);
  init_lists(module);
}

}  // namespace flambeau::python
