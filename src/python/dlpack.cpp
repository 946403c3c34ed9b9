// DLPack, the exchange of tensors between libraries without copies, in both directions. The structures are those of the
// standard (https://dmlc.github.io/dlpack, version 1.0): the plain capsule and the one that carries version and flags.
#include "autograd/node.h"
#include "python/bridges.h"

namespace flambeau::python {

namespace {

struct DlDevice {
  int32_t type, index;
};
struct DlType {
  uint8_t code, bits;
  uint16_t lanes;
};
struct DlTensor {
  void* data;
  DlDevice device;
  int32_t ndim;
  DlType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; null for row-major
  uint64_t byte_offset;
};
struct DlPlain {
  DlTensor tensor;
  void* context;
  void (*deleter)(DlPlain*);
};
struct DlVersioned {
  struct {
    uint32_t major, minor;
  } version;
  void* context;
  void (*deleter)(DlVersioned*);
  uint64_t flags;
  DlTensor tensor;
};
enum DlDeviceType : int32_t { kCpu = 1, kCuda = 2, kCudaHost = 3 };
enum DlCode : uint8_t {
  kInt,
  kUInt,
  kFloat,
  kOpaque,
  kBfloat,
  kComplex,
  kBool,
  kFloat8E4M3Fn = 10,
  kFloat8E4M3Fnuz,
  kFloat8E5M2,
  kFloat8E5M2Fnuz
};
constexpr uint64_t kReadOnly = 1, kCopied = 2;
constexpr uint32_t kMajor = 1, kMinor = 0;
template <class T>
constexpr const char* kFresh = std::is_same_v<T, DlPlain> ? "dltensor" : "dltensor_versioned";
template <class T>
constexpr const char* kUsed = std::is_same_v<T, DlPlain> ? "used_dltensor" : "used_dltensor_versioned";

DlType type_of(DType t) {
  auto bits = static_cast<uint8_t>(8 * itemsize(t));
  switch (t) {
    case DType::bool_: return {kBool, 8, 1};
    case DType::bfloat16: return {kBfloat, 16, 1};
    case DType::float8_e4m3fn: return {kFloat8E4M3Fn, 8, 1};
    case DType::float8_e5m2: return {kFloat8E5M2, 8, 1};
    case DType::float8_e4m3fnuz: return {kFloat8E4M3Fnuz, 8, 1};
    case DType::float8_e5m2fnuz: return {kFloat8E5M2Fnuz, 8, 1};
    default: break;
  }
  return {is_complex(t) ? kComplex : is_floating(t) ? kFloat : is_unsigned(t) ? kUInt : kInt, bits, 1};
}
DType dtype_of(DlType given) {
  for (int i = 0; i < kDTypes; ++i) {
    auto t = static_cast<DType>(i);
    DlType known = type_of(t);
    if (known.code == given.code && known.bits == given.bits && given.lanes == 1) return t;
  }
  raise(ErrorKind::Runtime, "from_dlpack: unsupported element type: code ", int{given.code}, ", ", int{given.bits},
        " bits, ", given.lanes, " lanes");
}

// --- export ---
template <class T>
struct Export {
  T head;
  Tensor tensor;
  std::vector<int64_t> shape, strides;
};
template <class T>
void delete_export(T* head) {
  delete static_cast<Export<T>*>(head->context);
}
template <class T>
void delete_capsule(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kFresh<T>)) return;  // taken by a consumer, which frees it
  auto* head = static_cast<T*>(PyCapsule_GetPointer(capsule, kFresh<T>));
  head->deleter(head);
}

template <class T>
PyObject* pack(Tensor t, bool copied) {
  auto box = std::make_unique<Export<T>>();
  box->shape.assign(t.sizes().begin(), t.sizes().end());
  box->strides.assign(t.strides().begin(), t.strides().end());
  // A dimension of one element may have any stride; consumers that look for row-major order like to see 1.
  for (size_t i = 0; i < box->shape.size(); ++i)
    if (box->shape[i] < 2) box->strides[i] = 1;
  T& head = box->head;
  char* bytes = static_cast<char*>(export_address(*t.storage()));
  head.tensor = {bytes ? bytes + t.offset() * static_cast<int64_t>(t.itemsize()) : nullptr,
                 {kCpu, 0},
                 static_cast<int32_t>(t.dim()),
                 type_of(t.dtype()),
                 box->shape.data(),
                 box->strides.data(),
                 0};
  head.context = box.get();
  head.deleter = delete_export<T>;
  if constexpr (std::is_same_v<T, DlVersioned>) {
    head.version = {kMajor, kMinor};
    head.flags = copied ? kCopied : 0;
  }
  box->tensor = std::move(t);
  PyObject* capsule = Object::checked(PyCapsule_New(&head, kFresh<T>, delete_capsule<T>)).release();
  box.release();
  return capsule;
}

// Errors of the protocol are BufferErrors.
template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  PyErr_SetString(PyExc_BufferError, text.str().c_str());
  throw PythonError();
}

DlDevice device_pair(const char* function, PyObject* pair) {
  check(PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2, ErrorKind::Type, function,
        ": a DLPack device is a pair (type, index), not ", Py_TYPE(pair)->tp_name);
  return {static_cast<int32_t>(int_from(PyTuple_GET_ITEM(pair, 0), "device type")),
          static_cast<int32_t>(int_from(PyTuple_GET_ITEM(pair, 1), "device index"))};
}

PyObject* dlpack(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"stream", "max_version", "dl_device", "copy"};
  PyObject* given[4];
  if (PyObject * r; method_overridden("__dlpack__", self, args, n, kwnames, r)) return r;
  if (!read_arguments("__dlpack__", keys, 0, 0, args, n, kwnames, given)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor t = tensor_of(self);
    if (t.requires_grad()) refuse("__dlpack__: the tensor requires gradient, use tensor.detach()");
    if (t.is_conj()) refuse("__dlpack__: the tensor has the conjugate bit set, use tensor.resolve_conj()");
    if (t.is_neg()) refuse("__dlpack__: the tensor has the negative bit set, use tensor.resolve_neg()");
    if (t.device().type != DeviceType::cpu) refuse("__dlpack__: cannot pack tensors on ", to_string(t.device()));
    if (PyObject* stream = given[0]; stream && stream != Py_None) {
      check(PyLong_Check(stream), ErrorKind::Type, "__dlpack__: stream must be int or None, not ",
            Py_TYPE(stream)->tp_name);
      if (int_from(stream, "stream") != -1) {
        PyErr_SetString(PyExc_AssertionError, "__dlpack__: stream should be None on cpu.");
        throw PythonError();
      }
    }
    if (given[2] && given[2] != Py_None && device_pair("__dlpack__", given[2]).type != kCpu)
      refuse("__dlpack__: the tensor lives on cpu and can be handed over only there; move it first with .to(device)");
    bool versioned = false;
    if (given[1] && given[1] != Py_None) {
      check(PyTuple_Check(given[1]) && PyTuple_GET_SIZE(given[1]) == 2, ErrorKind::Type,
            "__dlpack__: max_version is a pair (major, minor), not ", Py_TYPE(given[1])->tp_name);
      versioned = int_from(PyTuple_GET_ITEM(given[1], 0), "max_version") >= 1;
    }
    bool copy = given[3] == Py_True;
    if (copy) {
      static const OpCall copy_into("copy_");
      Tensor fresh = empty(t.sizes(), t.dtype());
      copy_into({fresh, t});
      t = fresh;
    }
    return versioned ? pack<DlVersioned>(t, copy) : pack<DlPlain>(t, copy);
  });
}

PyObject* dlpack_device(PyObject* self, PyObject*) {
  if (PyObject * r; method_overridden("__dlpack_device__", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&]() -> PyObject* {
    Device d = impl_of(self)->device;
    check(d.type == DeviceType::cpu || d.type == DeviceType::cuda, ErrorKind::Value,
          "__dlpack_device__: Unknown device type ", name(d.type), " for Dlpack");
    return Py_BuildValue("(ii)", d.type == DeviceType::cpu ? kCpu : kCuda, d.index < 0 ? 0 : d.index);
  });
}

PyObject* to_dlpack(PyObject*, PyObject* tensor) {
  return guarded([&] {
    check(is_tensor(tensor), ErrorKind::Type, "to_dlpack: expected a Tensor, got ", Py_TYPE(tensor)->tp_name);
    return pack<DlPlain>(plain_tensor(tensor_of(tensor)), false);
  });
}

// --- import ---
template <class T>
void release_import(void* context) {
  auto* head = static_cast<T*>(context);
  if (!head->deleter) return;
  if (!Py_IsInitialized()) return;
  WithGil gil;  // the deleter may be Python's
  head->deleter(head);
}

template <class T>
Tensor unpack(PyObject* capsule) {
  auto* head = static_cast<T*>(PyCapsule_GetPointer(capsule, kFresh<T>));
  if (!head) throw PythonError();
  if constexpr (std::is_same_v<T, DlVersioned>)
    check(head->version.major <= kMajor, ErrorKind::Runtime, "from_dlpack: the capsule is of DLPack version ",
          head->version.major, ".", head->version.minor, ", understood are those up to ", kMajor);
  const DlTensor& d = head->tensor;
  check(d.device.type == kCpu || d.device.type == kCudaHost, ErrorKind::NotImplemented,
        "from_dlpack: the tensor lives on DLPack device type ", d.device.type, "; only the CPU (1) is reached");
  check(d.ndim >= 0 && d.ndim <= kMaxDims, ErrorKind::Runtime, "from_dlpack: the tensor has ", d.ndim, " dimensions");
  check(d.ndim == 0 || d.shape, ErrorKind::Runtime, "from_dlpack: the tensor has no sizes");
  DType dtype = dtype_of(d.dtype);
  Dims sizes(IntSpan(d.shape, static_cast<size_t>(d.ndim)));
  for (int64_t s : sizes) check(s >= 0, ErrorKind::Runtime, "from_dlpack: negative size in ", list_text(sizes));
  numel_of(sizes);
  Layout layout(sizes, d.strides ? Dims(IntSpan(d.strides, static_cast<size_t>(d.ndim))) : contiguous_strides(sizes));
  int64_t bytes = 0;
  if (layout.numel()) {
    int64_t last = 0, reach;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == 1) continue;
      check(layout.strides[i] >= 0, ErrorKind::Value, "from_dlpack: negative strides are not supported, got ",
            list_text(layout.strides), "; copy before handing over");
      check(!__builtin_mul_overflow(sizes[i] - 1, layout.strides[i], &reach) &&
                !__builtin_add_overflow(last, reach, &last),
            ErrorKind::Runtime, "from_dlpack: sizes ", list_text(sizes), " and strides ", list_text(layout.strides),
            " reach too far");
    }
    check(d.data != nullptr, ErrorKind::Runtime, "from_dlpack: a tensor with elements has no data");
    check(!__builtin_mul_overflow(last + 1, static_cast<int64_t>(itemsize(dtype)), &bytes), ErrorKind::Runtime,
          "from_dlpack: too many bytes");
  }
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] <= 1 && layout.strides[i] < 0) layout.strides[i] = 1;
  void* data = d.data ? static_cast<char*>(d.data) + d.byte_offset : nullptr;
  auto storage = make<Storage>(data, static_cast<size_t>(bytes), Device{}, release_import<T>, head);
  if (PyCapsule_SetName(capsule, kUsed<T>) < 0) throw PythonError();
  return tensor_over(std::move(storage), std::move(layout), dtype);
}

Tensor from_capsule(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, kFresh<DlVersioned>)) return unpack<DlVersioned>(capsule);
  check(PyCapsule_IsValid(capsule, kFresh<DlPlain>), ErrorKind::Runtime,
        "from_dlpack: neither an object with __dlpack__ nor a capsule that is still full (each can be consumed once): ",
        Py_TYPE(capsule)->tp_name);
  return unpack<DlPlain>(capsule);
}

PyObject* from_dlpack(PyObject*, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  static constexpr const char* keys[] = {"ext_tensor", "device", "copy"};
  PyObject* given[3];
  if (!read_arguments("from_dlpack", keys, 1, 1, args, n, kwnames, given)) return nullptr;
  return guarded([&] { return wrap(tensor_from_dlpack(given[0], given[1], given[2])); });
}

#define KEYWORDS(f) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f))
PyMethodDef methods[] = {{"__dlpack__", KEYWORDS(dlpack), METH_FASTCALL | METH_KEYWORDS,
                          "__dlpack__(*, stream=-1, max_version=None, dl_device=None, copy=None)\n\nA DLPack capsule "
                          "over this tensor's memory."},
                         {"__dlpack_device__", dlpack_device, METH_NOARGS, "DLPack's device type and index."},
                         {}};
PyMethodDef functions[] = {
    {"from_dlpack", KEYWORDS(from_dlpack), METH_FASTCALL | METH_KEYWORDS,
     "from_dlpack(ext_tensor, *, device=None, copy=None)\n\nA tensor over the memory of another library's, given as an "
     "object with __dlpack__ or as a capsule."},
    {"_to_dlpack", to_dlpack, METH_O, "A DLPack capsule without version over a tensor's memory."},
    {}};

}  // namespace

Tensor tensor_from_dlpack(PyObject* source, PyObject* device, PyObject* copy) {
  Object export_method(PyObject_GetAttrString(source, "__dlpack__"));
  if (!export_method) {
    PyErr_Clear();
    check(!copy || copy == Py_None, ErrorKind::Runtime,
          "from_dlpack: copy is for objects with __dlpack__, not for a capsule");
    return from_capsule(source);
  }
  auto target = device_argument("from_dlpack", device);
  check(!target || target->type == DeviceType::cpu, ErrorKind::NotImplemented,
        "from_dlpack: only device 'cpu' is reached, got ", to_string(target.value_or(Device{})));
  static PyObject* version = Py_BuildValue("(ii)", kMajor, kMinor);
  static PyObject* host = Py_BuildValue("(ii)", kCpu, 0);
  static PyObject* names[] = {Py_BuildValue("(s)", "max_version"), Py_BuildValue("(ss)", "max_version", "copy"),
                              Py_BuildValue("(ss)", "max_version", "dl_device"),
                              Py_BuildValue("(sss)", "max_version", "copy", "dl_device")};
  PyObject* arguments[3] = {version};
  int count = 1;
  bool copies = copy && copy != Py_None;
  if (copies) arguments[count++] = copy;
  if (target) arguments[count++] = host;
  Object capsule(PyObject_Vectorcall(export_method.get(), arguments, 0, names[copies + 2 * target.has_value()]));
  if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError) &&
      (!copy || copy == Py_None)) {  // an exporter from before version 1.0
    PyErr_Clear();
    capsule = Object(PyObject_CallNoArgs(export_method.get()));
  }
  if (!capsule) throw PythonError();
  return from_capsule(capsule.get());
}

void init_dlpack(PyObject* module) {
  attach_methods(tensor_type, methods);
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
