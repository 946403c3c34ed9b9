// Helpers of the bridges: arguments by name, methods for a class made elsewhere, storages over foreign memory.
#include "python/bridges.h"
#include "op/layers.h"

#include "autograd/node.h"

namespace flambeau::python {

bool read_arguments(const char* function, std::span<const char* const> names, size_t positional, size_t required,
                    PyObject* const* args, Py_ssize_t n, PyObject* kwnames, PyObject** out) {
  if (static_cast<size_t>(n) > positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes %zu positional argument%s but %zd %s given", function, positional,
                 positional == 1 ? "" : "s", n, n == 1 ? "was" : "were");
    return false;
  }
  for (size_t i = 0; i < names.size(); ++i) out[i] = i < static_cast<size_t>(n) ? args[i] : nullptr;
  for (Py_ssize_t k = 0, count = kwnames ? PyTuple_GET_SIZE(kwnames) : 0; k < count; ++k) {
    PyObject* name = PyTuple_GET_ITEM(kwnames, k);
    size_t i = 0;
    while (i < names.size() && PyUnicode_CompareWithASCIIString(name, names[i]) != 0) ++i;
    if (i == names.size()) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, name);
      return false;
    }
    if (out[i]) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, name);
      return false;
    }
    out[i] = args[n + k];
  }
  for (size_t i = 0; i < required; ++i) {
    if (out[i]) continue;
    PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional arguments: \"%s\"", function, names[i]);
    return false;
  }
  return true;
}

bool bool_argument(const char* function, const char* name, PyObject* given, bool otherwise) {
  if (!given || given == Py_None) return otherwise;
  check(PyBool_Check(given), ErrorKind::Type, function, "(): argument '", name, "' must be bool, not ",
        Py_TYPE(given)->tp_name);
  return given == Py_True;
}

std::optional<DType> dtype_argument(const char* function, PyObject* given) {
  if (!given || given == Py_None) return std::nullopt;
  check(is_dtype(given), ErrorKind::Type, function, "(): argument 'dtype' must be torch.dtype, not ",
        Py_TYPE(given)->tp_name);
  // The Python type float names float64 here, as it does for NumPy; the default dtype is what leaving it out gives.
  if (given == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::float64;
  if (given == reinterpret_cast<PyObject*>(&PyComplex_Type)) return DType::complex128;
  return dtype_of(given);
}

std::optional<Device> device_argument(const char* function, PyObject* given) {
  if (!given || given == Py_None) return std::nullopt;
  Device d;
  check(device_from(given, d), ErrorKind::Type, function, "(): argument 'device' must be torch.device, not ",
        Py_TYPE(given)->tp_name);
  return d;
}

void attach_methods(PyTypeObject* type, PyMethodDef* definitions) {
  for (PyMethodDef* d = definitions; d->ml_name; ++d) {
    Object method = Object::checked(PyDescr_NewMethod(type, d));
    if (PyObject_SetAttrString(reinterpret_cast<PyObject*>(type), d->ml_name, method.get()) < 0) throw PythonError();
  }
}

static void release_object(void* owner) {
  if (!Py_IsInitialized()) return;
  WithGil gil;
  Py_DECREF(static_cast<PyObject*>(owner));
}

Ref<Storage> foreign_storage(void* data, size_t bytes, PyObject* owner) {
  return make<Storage>(data, bytes, Device{}, release_object, owner);
}

Tensor tensor_over(Ref<Storage> storage, Layout layout, DType dtype) {
  Device device = storage->device();
  return Tensor(make<TensorImpl>(std::move(storage), std::move(layout), dtype, device));
}

void* export_address(Storage& storage) {
  storage.mark_exported();
  return storage.pin();
}

Tensor plain_tensor(const Tensor& t) {
  check(!python_sees(t.impl()) || !(t.impl()->keys & key::Subclass), ErrorKind::Runtime,
        "reading the elements of memory (numpy(), DLPack, …) is not supported for tensor subclasses. Only "
        "__torch_dispatch__ of the class knows them");
  Tensor plain = detach(t);
  check(!plain.is_meta(), ErrorKind::NotImplemented, "Cannot copy out of meta tensor; no data!");
  if (plain.device().type != DeviceType::cpu) {
    static const OpCall copy("copy_");
    Tensor host = empty(plain.sizes(), plain.dtype());
    copy({host, plain});
    return host;
  }
  if (plain.is_conj()) {
    static const OpCall resolve("resolve_conj");
    plain = resolve({plain}).tensor();
  }
  if (plain.is_neg()) {
    static const OpCall resolve("resolve_neg");
    plain = resolve({plain}).tensor();
  }
  return plain;
}

void init_bridges(PyObject* module) {
  init_storage(module);
  init_generator(module);
  init_numpy(module);
  init_tensor_data(module);
  init_dlpack(module);
}

}  // namespace flambeau::python
