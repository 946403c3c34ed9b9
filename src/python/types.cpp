// The small immutable types: dtype, device, layout, memory_format, Size.
#include <cstring>

#include "core/promote.h"
#include "python/layouts.h"

namespace flambeau::python {

PyTypeObject* size_type;
PyTypeObject* generator_type;
InternedNames names;

namespace {

struct Constant {  // dtype, layout and memory_format: one object for each value
  PyObject_HEAD int value;
  const char* text;  // "flambeau.float32"
};
PyTypeObject *dtype_type, *layout_type, *memory_format_type;
PyObject* dtypes[kDTypes];
PyObject* memory_formats[4];
PyObject *strided, *sparse_coo;

PyObject* constant_repr(PyObject* self) { return PyUnicode_FromString(reinterpret_cast<Constant*>(self)->text); }
PyObject* constant_reduce(PyObject* self, PyObject*) {
  return PyUnicode_FromString(strchr(reinterpret_cast<Constant*>(self)->text, '.') + 1);  // a global of the package
}
PyObject* constant_copy(PyObject* self, PyObject*) { return Py_NewRef(self); }

DType value_of(PyObject* self) { return static_cast<DType>(reinterpret_cast<Constant*>(self)->value); }
PyObject* dtype_floating(PyObject* self, void*) { return PyBool_FromLong(is_floating(value_of(self))); }
PyObject* dtype_complex(PyObject* self, void*) { return PyBool_FromLong(is_complex(value_of(self))); }
PyObject* dtype_signed(PyObject* self, void*) {
  DType t = value_of(self);
  return PyBool_FromLong(t != DType::bool_ && !is_unsigned(t));
}
PyObject* dtype_itemsize(PyObject* self, void*) { return PyLong_FromSize_t(itemsize(value_of(self))); }
PyObject* dtype_to_real(PyObject* self, PyObject*) { return wrap(to_real(value_of(self))); }
PyObject* dtype_to_complex(PyObject* self, PyObject*) { return wrap(to_complex(value_of(self))); }

PyGetSetDef dtype_getset[] = {
    {"is_floating_point", dtype_floating, nullptr, "Whether the type is a real floating-point type.", nullptr},
    {"is_complex", dtype_complex, nullptr, "Whether the type is complex.", nullptr},
    {"is_signed", dtype_signed, nullptr, "Whether the type has negative values.", nullptr},
    {"itemsize", dtype_itemsize, nullptr, "Bytes of one element.", nullptr},
    {}};
PyMethodDef dtype_methods[] = {{"to_real", dtype_to_real, METH_NOARGS, "The type of the real part."},
                               {"to_complex", dtype_to_complex, METH_NOARGS, "The complex type with such parts."},
                               {"__reduce__", constant_reduce, METH_NOARGS, nullptr},
                               {"__copy__", constant_copy, METH_NOARGS, nullptr},
                               {"__deepcopy__", constant_copy, METH_O, nullptr},
                               {}};

PyTypeObject* constant_type(const char* name, const char* doc, bool dtype) {
  PyType_Slot slots[] = {{Py_tp_repr, reinterpret_cast<void*>(constant_repr)},
                         {Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_methods, dtype ? dtype_methods : dtype_methods + 2},
                         {dtype ? Py_tp_getset : 0, dtype_getset},
                         {}};
  PyType_Spec spec{name, sizeof(Constant), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

PyObject* make_constant(PyTypeObject* type, int value, std::string_view name) {
  auto* c = PyObject_New(Constant, type);
  c->value = value;
  c->text = strdup(("torch." + std::string(name)).c_str());
  return reinterpret_cast<PyObject*>(c);
}

// --- device ---
struct DeviceObject {
  PyObject_HEAD Device device;
};
PyTypeObject* device_type;

PyObject* device_new(PyTypeObject*, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"device", "index", nullptr};
  PyObject* what = nullptr;
  PyObject* index = nullptr;
  PyObject* type_keyword = nullptr;
  Object filtered;
  if (kwargs && (type_keyword = PyDict_GetItemString(kwargs, "type"))) {
    filtered = Object(PyDict_Copy(kwargs));
    PyDict_DelItemString(filtered.get(), "type");
    PyDict_SetItemString(filtered.get(), "device", type_keyword);
    kwargs = filtered.get();
  }
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:device", const_cast<char**>(keywords), &what, &index))
    return nullptr;
  return guarded([&]() -> PyObject* {
    Device d;
    check(device_from(what, d), ErrorKind::Type,
          "device(): expected a string such as 'cpu', an index or a device, not ", Py_TYPE(what)->tp_name);
    if (index && index != Py_None) {
      check(d.index < 0, ErrorKind::Runtime, "device(): the index stands in the type string already, got also ",
            int_from(index, "index"));
      int64_t i = int_from(index, "index");
      check(i >= 0 && i < 128, ErrorKind::Runtime, "device(): Device index must be between 0 and 127, got ", i);
      d.index = static_cast<int8_t>(i);
    }
    return wrap(d);
  });
}
Device device_value(PyObject* o) { return reinterpret_cast<DeviceObject*>(o)->device; }
PyObject* device_repr(PyObject* self) {
  Device d = device_value(self);
  std::string type(name(d.type));
  return d.index >= 0 ? PyUnicode_FromFormat("device(type='%s', index=%d)", type.c_str(), d.index)
                      : PyUnicode_FromFormat("device(type='%s')", type.c_str());
}
PyObject* device_str(PyObject* self) { return PyUnicode_FromString(to_string(device_value(self)).c_str()); }
PyObject* device_compare(PyObject* a, PyObject* b, int op) {
  if (!PyObject_TypeCheck(b, device_type) || (op != Py_EQ && op != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  return PyBool_FromLong((device_value(a) == device_value(b)) == (op == Py_EQ));
}
Py_hash_t device_hash(PyObject* self) {
  return static_cast<int>(device_value(self).type) * 257 + device_value(self).index + 1;
}
PyObject* device_get_type(PyObject* self, void*) {
  auto text = name(device_value(self).type);
  return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}
PyObject* device_get_index(PyObject* self, void*) {
  int i = device_value(self).index;
  if (i < 0) Py_RETURN_NONE;
  return PyLong_FromLong(i);
}
PyObject* device_reduce(PyObject* self, PyObject*) {
  return Py_BuildValue("(O(s))", device_type, to_string(device_value(self)).c_str());
}
// `with device:` makes it the default for new tensors; the Python side keeps the stack.
PyObject* device_enter(PyObject* self, PyObject*) {
  Object m = Object(PyImport_ImportModule("flambeau._device"));
  return m ? PyObject_CallMethod(m.get(), "push", "O", self) : nullptr;
}
PyObject* device_exit(PyObject* self, PyObject*) {
  Object m = Object(PyImport_ImportModule("flambeau._device"));
  return m ? PyObject_CallMethod(m.get(), "pop", nullptr) : nullptr;
}
PyGetSetDef device_getset[] = {
    {"type", device_get_type, nullptr, "'cpu', 'cuda', 'meta' or 'mock'.", nullptr},
    {"index", device_get_index, nullptr, "Which device of the type; None means the current one.", nullptr},
    {}};
PyMethodDef device_methods[] = {{"__reduce__", device_reduce, METH_NOARGS, nullptr},
                                {"__enter__", device_enter, METH_NOARGS, nullptr},
                                {"__exit__", device_exit, METH_VARARGS, nullptr},
                                {}};

// --- Size: a tuple of integers ---
PyObject* size_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  Object self(PyTuple_Type.tp_new(type, args, kwargs));
  if (!self) return nullptr;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self.get()); ++i) {
    PyObject* item = PyTuple_GET_ITEM(self.get(), i);
    if (PyLong_CheckExact(item)) continue;
    PyObject* number = PyNumber_Index(item);
    if (!number) {
      PyErr_Format(PyExc_TypeError, "Size(): item %zd is of type %s; sizes are integers", i, Py_TYPE(item)->tp_name);
      return nullptr;
    }
    Py_DECREF(item);
    PyTuple_SET_ITEM(self.get(), i, number);
  }
  return self.release();
}
PyObject* size_repr(PyObject* self) {
  Object plain(PySequence_List(self));
  Object text(plain ? PyObject_Repr(plain.get()) : nullptr);
  return text ? PyUnicode_FromFormat("torch.Size(%U)", text.get()) : nullptr;
}
PyObject* as_size(PyObject* tuple) {  // takes over the reference
  Object t(tuple);
  if (!t || !PyTuple_CheckExact(t.get())) return t.release();
  return PyObject_CallOneArg(reinterpret_cast<PyObject*>(size_type), t.get());
}
PyObject* size_subscript(PyObject* self, PyObject* key) {
  PyObject* r = PyTuple_Type.tp_as_mapping->mp_subscript(self, key);
  return r && PyTuple_CheckExact(r) && PySlice_Check(key) ? as_size(r) : r;
}
PyObject* size_concat(PyObject* a, PyObject* b) {
  if (!PyTuple_Check(a) || !PyTuple_Check(b)) Py_RETURN_NOTIMPLEMENTED;
  Object x(PySequence_List(a)), y(PySequence_List(b));
  Object joined(x && y ? PySequence_Concat(x.get(), y.get()) : nullptr);
  return joined ? PyObject_CallOneArg(reinterpret_cast<PyObject*>(size_type), joined.get()) : nullptr;
}
PyObject* size_repeat(PyObject* self, Py_ssize_t n) { return as_size(PyTuple_Type.tp_as_sequence->sq_repeat(self, n)); }
PyObject* size_numel(PyObject* self, PyObject*) {
  int64_t n = 1;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); ++i) n *= PyLong_AsLongLong(PyTuple_GET_ITEM(self, i));
  return PyLong_FromLongLong(n);
}
PyObject* size_reduce(PyObject* self, PyObject*) {
  Object items(PySequence_List(self));
  Object tuple(PyList_AsTuple(items.get()));
  return Py_BuildValue("(O(O))", size_type, tuple.get());
}
PyMethodDef size_methods[] = {{"numel", size_numel, METH_NOARGS, "The product of the sizes."},
                              {"__reduce__", size_reduce, METH_NOARGS, nullptr},
                              {}};

template <class T, size_t N>
PyTypeObject* new_type(const char* name, size_t size, unsigned flags, PyType_Slot (&slots)[N],
                       PyTypeObject* base = nullptr) {
  PyType_Spec spec{name, static_cast<int>(size), 0, static_cast<unsigned>(Py_TPFLAGS_DEFAULT | flags), slots};
  PyObject* t = base ? PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base)) : PyType_FromSpec(&spec);
  return reinterpret_cast<PyTypeObject*>(t);
}

}  // namespace

PyObject* wrap(DType dtype) { return Py_NewRef(dtypes[static_cast<int>(dtype)]); }
PyObject* wrap_layout() { return Py_NewRef(strided); }
PyObject* wrap_layout(const TensorImpl* t) { return Py_NewRef(t->keys & key::Sparse ? sparse_coo : strided); }
PyObject* wrap(MemoryFormat format) { return Py_NewRef(memory_formats[static_cast<int>(format)]); }
PyObject* wrap(Device device) {
  auto* d = PyObject_New(DeviceObject, device_type);
  d->device = device;
  return reinterpret_cast<PyObject*>(d);
}
PyObject* wrap_size(IntSpan sizes) {
  PyObject* t = size_type->tp_alloc(size_type, static_cast<Py_ssize_t>(sizes.size()));
  if (t)
    for (size_t i = 0; i < sizes.size(); ++i)
      PyTuple_SET_ITEM(t, static_cast<Py_ssize_t>(i), PyLong_FromLongLong(sizes[i]));
  return t;
}
PyObject* wrap(const Scalar& s) {
  switch (s.kind()) {
    case Scalar::Kind::Bool: return PyBool_FromLong(s.to_bool());
    case Scalar::Kind::Int: return PyLong_FromLongLong(s.to_int());
    case Scalar::Kind::UInt: return PyLong_FromUnsignedLongLong(static_cast<unsigned long long>(s.to_int()));
    case Scalar::Kind::Float: return PyFloat_FromDouble(s.to_double());
    case Scalar::Kind::Complex: return PyComplex_FromDoubles(s.to_double(), s.imag());
  }
  return nullptr;
}
bool is_dtype(PyObject* o) {
  return Py_TYPE(o) == dtype_type || o == reinterpret_cast<PyObject*>(&PyFloat_Type) ||
         o == reinterpret_cast<PyObject*>(&PyLong_Type) || o == reinterpret_cast<PyObject*>(&PyBool_Type) ||
         o == reinterpret_cast<PyObject*>(&PyComplex_Type);
}
DType dtype_of(PyObject* o) {
  if (o == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::float64;
  if (o == reinterpret_cast<PyObject*>(&PyLong_Type)) return DType::int64;
  if (o == reinterpret_cast<PyObject*>(&PyBool_Type)) return DType::bool_;
  if (o == reinterpret_cast<PyObject*>(&PyComplex_Type)) return DType::complex128;
  return value_of(o);
}
bool is_strided(PyObject* layout) { return layout == strided; }
bool is_sparse_coo(PyObject* layout) { return layout == sparse_coo; }
bool is_layout(PyObject* o) { return Py_TYPE(o) == layout_type; }
bool is_memory_format(PyObject* o) { return Py_TYPE(o) == memory_format_type; }
MemoryFormat memory_format_of(PyObject* o) { return static_cast<MemoryFormat>(reinterpret_cast<Constant*>(o)->value); }
bool device_from(PyObject* o, Device& out) {
  if (Py_TYPE(o) == device_type) {
    out = device_value(o);
  } else if (PyUnicode_Check(o)) {
    const char* text = PyUnicode_AsUTF8(o);
    if (!text) throw PythonError();
    out = parse_device(text);
  } else if (PyLong_Check(o) && !PyBool_Check(o)) {
    int overflow = 0;
    long index = PyLong_AsLongAndOverflow(o, &overflow);
    check(!overflow && index >= 0 && index <= INT8_MAX, ErrorKind::Runtime, "device: the index must be from 0 to ",
          INT8_MAX, ", got ", overflow ? (overflow > 0 ? "a larger number" : "a negative one") : std::to_string(index));
    out = Device{DeviceType::cuda, static_cast<int8_t>(index)};
  } else {
    return false;
  }
  return true;
}

void init_types(PyObject* module) {
  auto intern = [](const char* s) { return PyUnicode_InternFromString(s); };
  names = {
      intern("self"),  intern("input"),   intern("other"),    intern("out"),           intern("dim"),
      intern("axis"),  intern("keepdim"), intern("keepdims"), intern("requires_grad"), intern("__torch_function__"),
      intern("dtype"), intern("x"),       intern("__name__")};
  dtype_type = constant_type("torch.dtype", "The type of a tensor's elements.", true);
  layout_type = constant_type("torch.layout", "How a tensor's elements are stored.", false);
  memory_format_type = constant_type("torch.memory_format", "The order of a tensor's dimensions in memory.", false);
  for (int i = 0; i < kDTypes; ++i) {
    auto t = static_cast<DType>(i);
    dtypes[i] = make_constant(dtype_type, i, name(t));
    PyModule_AddObjectRef(module, std::string(name(t)).c_str(), dtypes[i]);
    if (!info(t).alias.empty()) PyModule_AddObjectRef(module, std::string(info(t).alias).c_str(), dtypes[i]);
  }
  static const char* formats[] = {"contiguous_format", "preserve_format", "channels_last", "channels_last_3d"};
  for (int i = 0; i < 4; ++i) {
    memory_formats[i] = make_constant(memory_format_type, i, formats[i]);
    PyModule_AddObjectRef(module, formats[i], memory_formats[i]);
  }
  strided = make_constant(layout_type, 0, "strided");
  PyModule_AddObjectRef(module, "strided", strided);
  int kind = 1;
  for (const char* sparse : {"sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"})
    PyModule_AddObjectRef(module, sparse, make_constant(layout_type, kind++, sparse));
  sparse_coo = PyObject_GetAttrString(module, "sparse_coo");

  PyType_Slot device_slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(device_new)},
      {Py_tp_repr, reinterpret_cast<void*>(device_repr)},
      {Py_tp_str, reinterpret_cast<void*>(device_str)},
      {Py_tp_richcompare, reinterpret_cast<void*>(device_compare)},
      {Py_tp_hash, reinterpret_cast<void*>(device_hash)},
      {Py_tp_getset, device_getset},
      {Py_tp_methods, device_methods},
      {Py_tp_doc, const_cast<char*>("Where a tensor lives: device('cpu'), device('cuda', 1).")},
      {}};
  device_type = new_type<DeviceObject>("torch.device", sizeof(DeviceObject), 0, device_slots);
  PyType_Slot size_slots[] = {{Py_tp_new, reinterpret_cast<void*>(size_new)},
                              {Py_tp_repr, reinterpret_cast<void*>(size_repr)},
                              {Py_mp_subscript, reinterpret_cast<void*>(size_subscript)},
                              {Py_sq_concat, reinterpret_cast<void*>(size_concat)},
                              {Py_nb_add, reinterpret_cast<void*>(size_concat)},
                              {Py_sq_repeat, reinterpret_cast<void*>(size_repeat)},
                              {Py_tp_methods, size_methods},
                              {Py_tp_doc, const_cast<char*>("The sizes of a tensor: a tuple of integers.")},
                              {}};
  size_type = new_type<PyObject>("torch.Size", 0, 0, size_slots, &PyTuple_Type);
  PyModule_AddObjectRef(module, "dtype", reinterpret_cast<PyObject*>(dtype_type));
  PyModule_AddObjectRef(module, "layout", reinterpret_cast<PyObject*>(layout_type));
  PyModule_AddObjectRef(module, "memory_format", reinterpret_cast<PyObject*>(memory_format_type));
  PyModule_AddObjectRef(module, "device", reinterpret_cast<PyObject*>(device_type));
  PyModule_AddObjectRef(module, "Size", reinterpret_cast<PyObject*>(size_type));
}

}  // namespace flambeau::python
