// The class UntypedStorage: the bytes behind tensors as Python sees them, and Tensor.set_, which puts a tensor over
// them. Lists, printing and pickling of storages are attached in Python (flambeau/storage.py).
#include <Python.h>
#include <fcntl.h>
#include <structmember.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <unordered_map>

#include "autograd/node.h"
#include "core/extent.h"
#include "memory/shared_memory.h"
#include "python/bridges.h"

namespace flambeau::python {

namespace {

struct StorageObject {
  PyObject_HEAD Storage* storage;  // one count
  PyObject* dict;
  PyObject* weakrefs;
};
PyTypeObject* storage_type;

StorageObject* as_storage(PyObject* o) { return reinterpret_cast<StorageObject*>(o); }
Storage& storage_of(PyObject* o) { return *as_storage(o)->storage; }
bool is_storage(PyObject* o) { return PyObject_TypeCheck(o, storage_type); }

// The living Python object of each storage, so that asking twice gives the same one. Guarded by the GIL.
std::unordered_map<Storage*, PyObject*>& known() {
  static auto* map = new std::unordered_map<Storage*, PyObject*>;
  return *map;
}

PyObject* new_storage(PyTypeObject* type, Ref<Storage> storage) {
  PyObject* self = type->tp_alloc(type, 0);
  if (!self) return nullptr;
  known()[storage.get()] = self;
  as_storage(self)->storage = storage.detach();
  return self;
}

uint8_t* bytes_of(const char* what, Storage& s) {
  check(s.device().type == DeviceType::cpu || s.device().type == DeviceType::mock, ErrorKind::NotImplemented, what,
        ": Not available for a storage on ", to_string(s.device()),
        ", which has no bytes that the host could reach; copy to 'cpu' first");
  return static_cast<uint8_t*>(s.data());
}

// --- construction ---
// A size, a list of byte values, or an object with a buffer.
Ref<Storage> storage_from(PyObject* source, Device device) {
  if (PyIndex_Check(source)) {
    int64_t n = int_from(source, "UntypedStorage: nbytes");
    check(n >= 0, ErrorKind::Runtime, "UntypedStorage: the number of bytes must not be negative, got ", n);
    return make<Storage>(static_cast<size_t>(n), device);
  }
  check(!PyUnicode_Check(source), ErrorKind::Runtime,
        "UntypedStorage: expected a number of bytes or a sequence of byte values, got str");
  check(device.type == DeviceType::cpu, ErrorKind::NotImplemented,
        "UntypedStorage: byte values go to 'cpu' only, not to ", to_string(device));
  if (PyObject_CheckBuffer(source)) {
    Py_buffer view;
    if (PyObject_GetBuffer(source, &view, PyBUF_CONTIG_RO) < 0) throw PythonError();
    auto storage = make<Storage>(static_cast<size_t>(view.len), device);
    if (view.len) std::memcpy(storage->data(), view.buf, static_cast<size_t>(view.len));
    PyBuffer_Release(&view);
    return storage;
  }
  Object items(PySequence_Fast(source, ""));
  if (!items) {
    PyErr_Clear();
    raise(ErrorKind::Type, "UntypedStorage: expected a number of bytes or a sequence of byte values, got ",
          Py_TYPE(source)->tp_name);
  }
  Py_ssize_t n = PySequence_Fast_GET_SIZE(items.get());
  auto storage = make<Storage>(static_cast<size_t>(n), device);
  auto* out = static_cast<uint8_t*>(storage->data());
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    check(PyLong_Check(item), ErrorKind::Runtime, "UntypedStorage: item ", i, " of the sequence is of type ",
          Py_TYPE(item)->tp_name, " instead of int");
    out[i] = static_cast<uint8_t>(int_from(item, "UntypedStorage: item"));
  }
  return storage;
}

PyObject* storage_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"nbytes", "device", nullptr};
  PyObject *source = nullptr, *device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$O:UntypedStorage", const_cast<char**>(keywords), &source, &device))
    return nullptr;
  return guarded([&] {
    Device d = device_argument("UntypedStorage", device).value_or(Device{});
    return new_storage(type, source ? storage_from(source, d) : make<Storage>(size_t{0}, d));
  });
}

void storage_dealloc(PyObject* self) {
  StorageObject* s = as_storage(self);
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (s->weakrefs) PyObject_ClearWeakRefs(self);
  Py_CLEAR(s->dict);
  if (Storage* storage = std::exchange(s->storage, nullptr)) {
    auto found = known().find(storage);
    if (found != known().end() && found->second == self) known().erase(found);
    storage->release();
  }
  type->tp_free(self);
  Py_DECREF(type);
}
int storage_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_storage(self)->dict);
  return 0;
}
int storage_clear(PyObject* self) {
  Py_CLEAR(as_storage(self)->dict);
  return 0;
}

// --- files ---
struct Mapping {
  void* data;
  size_t bytes;
  std::string path;
};
template <bool shared>
void unmap(void* context) {
  auto* m = static_cast<Mapping*>(context);
  munmap(m->data, m->bytes);
  delete m;
}
struct File {
  int handle;
  ~File() { close(handle); }
};

Ref<Storage> map_file(const char* path, bool shared, int64_t nbytes) {
  check(nbytes >= 0, ErrorKind::Runtime, "from_file: nbytes must not be negative, got ", nbytes);
  File file{open(path, shared ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600)};
  check(file.handle >= 0, ErrorKind::Runtime, "from_file: cannot open ", path,
        shared ? " for reading and writing: " : " for reading: ", strerror(errno), " (", errno, ")");
  struct stat status;
  check(fstat(file.handle, &status) == 0, ErrorKind::Runtime, "from_file: cannot look at ", path, ": ",
        strerror(errno));
  if (status.st_size < nbytes) {
    check(shared, ErrorKind::Runtime, "from_file: ", path, " has ", status.st_size, " bytes, fewer than the ", nbytes,
          " to map");
    // Space is set aside now: a full disk is an error here instead of a signal at the first write.
    int failed = posix_fallocate(file.handle, 0, nbytes);
    if (failed == EOPNOTSUPP || failed == EINVAL) failed = ftruncate(file.handle, nbytes) == 0 ? 0 : errno;
    check(failed == 0, ErrorKind::Runtime, "from_file: cannot stretch ", path, " to ", nbytes,
          " bytes: ", strerror(failed));
  }
  if (nbytes == 0) return make<Storage>(size_t{0}, Device{});
  void* data = mmap(nullptr, static_cast<size_t>(nbytes), PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE,
                    file.handle, 0);
  check(data != MAP_FAILED, ErrorKind::Runtime, "from_file: cannot map ", nbytes, " bytes of ", path, ": ",
        strerror(errno), " (", errno, ")");
  return make<Storage>(data, static_cast<size_t>(nbytes), Device{}, shared ? unmap<true> : unmap<false>,
                       new Mapping{data, static_cast<size_t>(nbytes), path});
}

PyObject* from_file(PyObject* type, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"filename", "shared", "nbytes", nullptr};
  PyObject* path;
  int shared = 0;
  long long nbytes = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|pL:from_file", const_cast<char**>(keywords), PyUnicode_FSConverter,
                                   &path, &shared, &nbytes))
    return nullptr;
  Object owned(path);
  return guarded([&]() -> PyObject* {
    return new_storage(reinterpret_cast<PyTypeObject*>(type), map_file(PyBytes_AS_STRING(path), shared, nbytes));
  });
}

// --- bytes ---
void release_storage(void* context) { static_cast<Storage*>(context)->release(); }

// A part of the bytes as a storage of its own over the same memory.
Ref<Storage> part_of(Storage& whole, size_t start, size_t length) {
  char* data = whole.device().type == DeviceType::meta ? nullptr : static_cast<char*>(export_address(whole));
  whole.retain();
  return make<Storage>(data ? data + start : nullptr, length, whole.device(), release_storage, &whole);
}

PyObject* get_byte(PyObject* self, PyObject* index) {
  return guarded([&]() -> PyObject* {
    Storage& s = storage_of(self);
    auto n = static_cast<Py_ssize_t>(s.nbytes());
    if (PySlice_Check(index)) {
      Py_ssize_t start, stop, step;
      if (PySlice_Unpack(index, &start, &stop, &step) < 0) throw PythonError();
      Py_ssize_t length = PySlice_AdjustIndices(n, &start, &stop, step);
      check(step == 1, ErrorKind::Runtime, "UntypedStorage: a slice with a step of ", step,
            " was asked for, but only a step of 1 is supported");
      return new_storage(storage_type, part_of(s, static_cast<size_t>(start), static_cast<size_t>(length)));
    }
    check(PyIndex_Check(index), ErrorKind::Type, "can't index a torch.UntypedStorage with ", Py_TYPE(index)->tp_name);
    Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) throw PythonError();
    uint8_t* bytes = bytes_of("UntypedStorage", s);
    check(i >= -n && i < n, ErrorKind::Index, "index ", i, " out of range for storage of size ", n);
    return PyLong_FromLong(bytes[i < 0 ? i + n : i]);
  });
}

int set_byte(PyObject* self, PyObject* index, PyObject* value) {
  return guarded(
      [&] {
        check(value != nullptr, ErrorKind::Type, "UntypedStorage: bytes cannot be deleted");
        Storage& s = storage_of(self);
        auto n = static_cast<Py_ssize_t>(s.nbytes());
        check(PyLong_Check(value), ErrorKind::Type, "UntypedStorage: a byte is set from an int, not from ",
              Py_TYPE(value)->tp_name);
        auto byte = static_cast<uint8_t>(int_from(value, "UntypedStorage: value"));
        if (PySlice_Check(index)) {
          Py_ssize_t start, stop, step;
          if (PySlice_Unpack(index, &start, &stop, &step) < 0) throw PythonError();
          Py_ssize_t length = PySlice_AdjustIndices(n, &start, &stop, step);
          check(step == 1, ErrorKind::Runtime, "UntypedStorage: a slice with a step of ", step,
                " was asked for, but only a step of 1 is supported");
          if (length) std::memset(bytes_of("UntypedStorage", s) + start, byte, static_cast<size_t>(length));
          return 0;
        }
        check(PyIndex_Check(index), ErrorKind::Type, "can't index a torch.UntypedStorage with ",
              Py_TYPE(index)->tp_name);
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) throw PythonError();
        uint8_t* bytes = bytes_of("UntypedStorage", s);
        check(i >= -n && i < n, ErrorKind::Index, "index ", i, " out of range for storage of size ", n);
        bytes[i < 0 ? i + n : i] = byte;
        return 0;
      },
      -1);
}

Py_ssize_t length(PyObject* self) { return static_cast<Py_ssize_t>(storage_of(self).nbytes()); }

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  Storage& s = storage_of(self);
  if (s.device().type != DeviceType::cpu && s.device().type != DeviceType::mock) {
    PyErr_Format(PyExc_BufferError, "UntypedStorage: the bytes of a storage on %s cannot be shown",
                 to_string(s.device()).c_str());
    return -1;
  }
  return guarded(
      [&] { return PyBuffer_FillInfo(view, self, export_address(s), static_cast<Py_ssize_t>(s.nbytes()), 0, flags); },
      -1);
}

PyObject* nbytes(PyObject* self, PyObject*) { return PyLong_FromSize_t(storage_of(self).nbytes()); }
PyObject* data_ptr(PyObject* self, PyObject*) {
  return guarded([&] {
    return PyLong_FromVoidPtr(storage_of(self).device().type == DeviceType::meta ? nullptr
                                                                                 : export_address(storage_of(self)));
  });
}
PyObject* element_size(PyObject*, PyObject*) { return PyLong_FromLong(1); }
PyObject* resizable(PyObject* self, PyObject*) { return PyBool_FromLong(storage_of(self).resizable()); }
bool maps_a_file(const Storage& s) { return s.deleter() == unmap<true>; }
PyObject* shared_or_not(PyObject* self, PyObject*) {
  return PyBool_FromLong(maps_a_file(storage_of(self)) || is_shared(storage_of(self)));
}
PyObject* share_memory(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    if (!maps_a_file(storage_of(self))) share(storage_of(self));
    return Py_NewRef(self);
  });
}
PyObject* new_shared_storage(PyObject* type, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"size", "device", nullptr};
  PyObject *size, *device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:_new_shared", const_cast<char**>(keywords), &size, &device))
    return nullptr;
  return guarded([&] {
    int64_t n = int_from(size, "_new_shared: size");
    check(n >= 0, ErrorKind::Runtime, "_new_shared: the number of bytes must not be negative, got ", n);
    Device d = device_argument("_new_shared", device).value_or(Device{});
    check(d.type == DeviceType::cpu, ErrorKind::NotImplemented, "_new_shared: memory on ", to_string(d),
          " cannot be shared between processes; the nearest alternative is 'cpu'");
    return new_storage(reinterpret_cast<PyTypeObject*>(type), new_shared(static_cast<size_t>(n)));
  });
}

// Tickets go through Python as bytes.
SharedTicket ticket_from(const char* function, PyObject* bytes) {
  check(PyBytes_Check(bytes) && PyBytes_GET_SIZE(bytes) == sizeof(SharedTicket), ErrorKind::Value, function,
        ": not a ticket of shared memory");
  SharedTicket ticket;
  std::memcpy(&ticket, PyBytes_AS_STRING(bytes), sizeof ticket);
  return ticket;
}
PyObject* send_storage(PyObject* self, PyObject*) {
  return guarded([&] {
    SharedTicket ticket = send(storage_of(self));
    return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(&ticket), sizeof ticket);
  });
}
PyObject* receive_storage(PyObject* type, PyObject* bytes) {
  return guarded([&]() -> PyObject* {
    auto storage = receive(ticket_from("_receive", bytes));
    auto found = known().find(storage.get());
    if (found != known().end()) return Py_NewRef(found->second);
    return new_storage(reinterpret_cast<PyTypeObject*>(type), std::move(storage));
  });
}
PyObject* recall_storage(PyObject*, PyObject* bytes) {
  return guarded([&] {
    recall(ticket_from("_recall", bytes));
    return Py_NewRef(Py_None);
  });
}
PyObject* no(PyObject*, PyObject*) { Py_RETURN_FALSE; }
PyObject* hash(PyObject* self, PyObject*) { return PyLong_FromVoidPtr(&storage_of(self)); }

PyObject* resize(PyObject* self, PyObject* size) {
  return guarded([&]() -> PyObject* {
    int64_t n = int_from(size, "resize_: size");
    check(n >= 0, ErrorKind::Runtime, "resize_: the number of bytes must not be negative, got ", n);
    check(storage_of(self).resizable(), ErrorKind::Runtime,
          "resize_: the storage is not resizable, its memory belongs to another owner");
    storage_of(self).resize(static_cast<size_t>(n));
    return Py_NewRef(self);
  });
}
PyObject* fill(PyObject* self, PyObject* value) {
  return guarded([&]() -> PyObject* {
    Storage& s = storage_of(self);
    auto byte = static_cast<uint8_t>(int_from(value, "fill_: value"));
    if (s.nbytes()) std::memset(bytes_of("fill_", s), byte, s.nbytes());
    return Py_NewRef(self);
  });
}
PyObject* copy_from(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"source", "non_blocking", nullptr};
  PyObject *source, *non_blocking = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:copy_", const_cast<char**>(keywords), &source, &non_blocking))
    return nullptr;
  return guarded([&]() -> PyObject* {
    Object inner;
    if (!is_storage(source) && PyObject_HasAttrString(source, "_untyped_storage")) {
      inner = Object::checked(PyObject_GetAttrString(source, "_untyped_storage"));
      source = inner.get();
    }
    check(is_storage(source), ErrorKind::Type, "copy_: expected a storage, got ", Py_TYPE(source)->tp_name);
    Storage &to = storage_of(self), &from = storage_of(source);
    check(to.nbytes() == from.nbytes(), ErrorKind::Runtime, "copy_: the source has ", from.nbytes(),
          " bytes, this storage ", to.nbytes());
    if (to.nbytes() && to.device().type != DeviceType::meta)
      std::memmove(bytes_of("copy_", to), bytes_of("copy_", from), to.nbytes());
    return Py_NewRef(self);
  });
}
PyObject* clone(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    Storage& s = storage_of(self);
    auto copy = make<Storage>(s.nbytes(), s.device());
    if (s.nbytes() && s.device().type != DeviceType::meta) std::memcpy(copy->data(), bytes_of("clone", s), s.nbytes());
    return new_storage(storage_type, std::move(copy));
  });
}
PyObject* byteswap(PyObject* self, PyObject* size) {
  return guarded([&]() -> PyObject* {
    Storage& s = storage_of(self);
    int64_t width = int_from(size, "byteswap: element size");
    check(width >= 1 && s.nbytes() % static_cast<size_t>(width) == 0, ErrorKind::Value, "byteswap: ", s.nbytes(),
          " bytes are no whole number of elements of ", width, " bytes");
    if (s.nbytes())
      for (uint8_t *p = bytes_of("byteswap", s), *end = p + s.nbytes(); p != end; p += width)
        std::reverse(p, p + width);
    return Py_NewRef(self);
  });
}

PyObject* get_device(PyObject* self, void*) { return wrap(storage_of(self).device()); }
PyObject* get_cdata(PyObject* self, void*) { return PyLong_FromVoidPtr(&storage_of(self)); }
PyObject* get_is_cuda(PyObject* self, void*) {
  return PyBool_FromLong(storage_of(self).device().type == DeviceType::cuda);
}
PyObject* get_filename(PyObject* self, void*) {
  if (!maps_a_file(storage_of(self))) Py_RETURN_NONE;
  return PyUnicode_DecodeFSDefault(static_cast<Mapping*>(storage_of(self).context())->path.c_str());
}
PyObject* compare(PyObject* a, PyObject* b, int op) {
  if (!is_storage(b) || (op != Py_EQ && op != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  return PyBool_FromLong((&storage_of(a) == &storage_of(b)) == (op == Py_EQ));
}
Py_hash_t hash_value(PyObject* self) {
  return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(&storage_of(self)) >> 4);
}

#define KEYWORDS(f) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f))
PyMethodDef storage_methods[] = {
    {"nbytes", nbytes, METH_NOARGS, "The number of bytes."},
    {"size", nbytes, METH_NOARGS, "The number of bytes."},
    {"data_ptr", data_ptr, METH_NOARGS, "The address of the bytes, which then stay in place."},
    {"element_size", element_size, METH_NOARGS, "Always 1: a storage has no type."},
    {"resizable", resizable, METH_NOARGS, "Whether resize_() is possible: the memory is the storage's own."},
    {"resize_", resize, METH_O, "Changes the number of bytes; the common beginning stays."},
    {"fill_", fill, METH_O, "Sets every byte."},
    {"copy_", KEYWORDS(copy_from), METH_VARARGS | METH_KEYWORDS, "Takes over the bytes of a storage of the same size."},
    {"clone", clone, METH_NOARGS, "A copy in memory of its own."},
    {"is_shared", shared_or_not, METH_NOARGS, "Whether other processes can see the same memory."},
    {"share_memory_", share_memory, METH_NOARGS,
     "Moves the bytes into memory that other processes can map; nothing happens where they are there already."},
    {"_new_shared", KEYWORDS(new_shared_storage), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "_new_shared(size, *, device='cpu')\n\nA storage in memory that other processes can map."},
    {"_send", send_storage, METH_NOARGS,
     "The ticket, as bytes, with which another process receives this storage. Shares it first."},
    {"_receive", receive_storage, METH_O | METH_CLASS, "The storage of a ticket."},
    {"_recall", recall_storage, METH_O | METH_STATIC, "Says that a ticket was never sent."},
    {"is_pinned", no, METH_VARARGS, "Whether the memory is page-locked for an accelerator."},
    {"byteswap_", byteswap, METH_O, "Reverses the bytes of each element of a given size."},
    {"from_file", KEYWORDS(from_file), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "from_file(filename, shared=False, nbytes=0)\n\nMaps the start of a file into memory. With `shared`, writing "
     "changes the file, which is made or stretched as needed."},
    {"_weak_ref", hash, METH_NOARGS, nullptr},
    {}};
PyGetSetDef storage_getset[] = {
    {"device", get_device, nullptr, "Where the bytes live.", nullptr},
    {"_cdata", get_cdata, nullptr, "A number that is the same for the same storage.", nullptr},
    {"is_cuda", get_is_cuda, nullptr, "Whether the bytes live on a CUDA device.", nullptr},
    {"filename", get_filename, nullptr, "The file that a shared mapping shows, or None.", nullptr},
    {}};
PyMemberDef storage_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(StorageObject, weakrefs), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(StorageObject, dict), READONLY, nullptr},
    {}};

// --- Tensor.set_ ---
PyObject* tensor_set(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("set_", self, args, n, kwnames, r)) return r;
  static constexpr const char* keys[] = {"source", "storage_offset", "size", "stride"};
  PyObject* given[4];
  if (!read_arguments("set_", keys, 4, 0, args, n, kwnames, given)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor t = tensor_of(self);
    TensorImpl* impl = t.impl();
    check(!(t_state.grad_enabled && is_leaf(t) && t.requires_grad()), ErrorKind::Runtime,
          "set_: a leaf Variable that requires grad is being used in an in-place operation.");
    Ref<Storage> storage;
    Layout layout(std::initializer_list<int64_t>{0});
    Keys bits = 0;
    PyObject* source = given[0];
    Object inner;
    if (source && !is_tensor(source) && !is_storage(source) && PyObject_HasAttrString(source, "_untyped_storage")) {
      Object type = Object::checked(PyObject_GetAttrString(source, "dtype"));
      check(is_dtype(type.get()) && dtype_of(type.get()) == t.dtype(), ErrorKind::Runtime,
            "set_: Expected a Storage of type ", name(t.dtype()), " or an UntypedStorage, but got one of another type");
      inner = Object::checked(PyObject_GetAttrString(source, "_untyped_storage"));
      source = inner.get();
    }
    if (!source || source == Py_None) {
      storage = make<Storage>(size_t{0}, t.device());
    } else if (is_tensor(source)) {
      Tensor from = tensor_of(source);
      check(from.dtype() == t.dtype(), ErrorKind::Runtime, "set_: could not set tensor of type ", name(from.dtype()),
            " to a tensor of type ", name(t.dtype()));
      storage = from.storage();
      layout = from.layout();
      bits = from.impl()->keys & (key::Conj | key::Neg);
    } else {
      check(is_storage(source), ErrorKind::Type, "set_: source has to be a Tensor or a storage, not ",
            Py_TYPE(source)->tp_name);
      storage = Ref<Storage>::share(&storage_of(source));
      layout = Layout(std::initializer_list<int64_t>{static_cast<int64_t>(storage->nbytes() / t.itemsize())});
    }
    check(storage->device().type == t.device().type, ErrorKind::Runtime, "set_: the tensor is on ",
          to_string(t.device()), ", the storage on ", to_string(storage->device()), "; the devices must match");
    if (given[1] || given[2] || given[3]) {
      Dims sizes = layout.sizes, strides;
      if (given[2])
        check(ints_from(given[2], sizes), ErrorKind::Type, "set_: size has to be a tuple of ints, not ",
              Py_TYPE(given[2])->tp_name);
      for (int64_t s : sizes) check(s >= 0, ErrorKind::Runtime, "set_: negative size in ", list_text(sizes));
      numel_of(sizes);
      strides = contiguous_strides(sizes);
      if (given[3] && given[3] != Py_None && !(PyTuple_Check(given[3]) && PyTuple_GET_SIZE(given[3]) == 0))
        check(ints_from(given[3], strides), ErrorKind::Type, "set_: stride has to be a tuple of ints, not ",
              Py_TYPE(given[3])->tp_name);
      check(strides.size() == sizes.size(), ErrorKind::Runtime, "set_: size ", list_text(sizes), " and stride ",
            list_text(strides), " differ in length");
      layout = Layout(sizes, strides, given[1] ? int_from(given[1], "set_: storage_offset") : 0);
      Layout probe = layout;
      size_t bytes = storage->nbytes();
      if (storage->resizable() && layout.offset >= 0 && !storage->pinned()) {
        // Sizes beyond the end stretch a storage of the library's own.
        bool plain = true;
        for (int64_t s : layout.strides) plain = plain && s >= 0;
        size_t wanted = plain ? storage_bytes("set_", layout, t.dtype()) : 0;
        if (wanted > bytes) storage->resize(wanted), bytes = wanted;
      }
      check_extent("set_", probe, t.itemsize(), bytes);
    }
    impl->storage = std::move(storage);
    impl->layout = std::move(layout);
    impl->keys = (impl->keys & ~(key::Conj | key::Neg)) | bits;
    impl->base = nullptr;
    impl->version = nullptr;
    return Py_NewRef(self);
  });
}
PyMethodDef tensor_methods[] = {{"set_", KEYWORDS(tensor_set), METH_FASTCALL | METH_KEYWORDS,
                                 "set_(source=None, storage_offset=0, size=None, stride=None)\n\nPuts this tensor over "
                                 "the bytes of a tensor or a storage."},
                                {}};

}  // namespace

Storage* storage_behind(PyObject* o) { return is_storage(o) ? &storage_of(o) : nullptr; }

PyObject* wrap(const Ref<Storage>& storage) {
  auto found = known().find(storage.get());
  if (found != known().end()) return Py_NewRef(found->second);
  return new_storage(storage_type, storage);
}

void init_storage(PyObject* module) {
#define SLOT(id, f) {id, reinterpret_cast<void*>(f)}
  PyType_Slot slots[] = {
      SLOT(Py_tp_new, storage_new),
      SLOT(Py_tp_dealloc, storage_dealloc),
      SLOT(Py_tp_traverse, storage_traverse),
      SLOT(Py_tp_clear, storage_clear),
      SLOT(Py_tp_methods, storage_methods),
      SLOT(Py_tp_getset, storage_getset),
      SLOT(Py_tp_members, storage_members),
      SLOT(Py_tp_richcompare, compare),
      SLOT(Py_tp_hash, hash_value),
      SLOT(Py_mp_length, length),
      SLOT(Py_mp_subscript, get_byte),
      SLOT(Py_mp_ass_subscript, set_byte),
      SLOT(Py_sq_length, length),
      SLOT(Py_bf_getbuffer, get_buffer),
      {Py_tp_doc,
       const_cast<char*>("UntypedStorage(nbytes, *, device='cpu')\n\nThe bytes behind tensors, without a type.")},
      {}};
#undef SLOT
  PyType_Spec spec{"flambeau._C.UntypedStorage", sizeof(StorageObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  storage_type = reinterpret_cast<PyTypeObject*>(Object::checked(PyType_FromSpec(&spec)).release());
  PyModule_AddObjectRef(module, "UntypedStorage", reinterpret_cast<PyObject*>(storage_type));
  attach_methods(tensor_type, tensor_methods);
}

}  // namespace flambeau::python
