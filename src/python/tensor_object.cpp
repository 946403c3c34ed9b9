// The Python class Tensor: its life beside the C++ tensor, and the attributes that are not operators.
//
// Note: identity and resurrection
//   The Python object holds a count on the C++ tensor. When Python lets go while C++ still holds the tensor (a
//   parameter's .grad, a saved value), the object is not destroyed: the count turns around, and the C++ tensor keeps
//   the object alive. So `x.grad is x.grad`, and attributes set on it stay. Exactly one of the two holds the other at
//   any time. The count turns back when C++ hands the tensor to Python again and when C++ lets go of the tensor: then
//   the object, which a weak reference may have brought back to life in Python, lives or dies as Python's counts say,
//   and the tensor with it.
#include <Python.h>
#include <structmember.h>

#include <algorithm>

#include "autograd/node.h"
#include "python/bridges.h"
#include "python/layouts.h"
#include "python/nodes.h"
#include "python/overrides.h"

namespace flambeau::python {

PyTypeObject* tensor_type;
PyTypeObject* parameter_type;

namespace {

TensorObject* as_tensor(PyObject* o) { return reinterpret_cast<TensorObject*>(o); }

// C++ takes the object over: the count turns around.
void hand_to_tensor(TensorImpl* impl) {
  impl->owns_python = true;
  impl->release();
}
// Python wants the object again: it holds the tensor, as at first, and the tensor's count on it goes to the caller.
void hand_to_object(TensorImpl* impl) {
  impl->owns_python = false;
  impl->retain();
}

// Plain tensors come and go with every line of a program; their memory is kept for the next one.
struct Spare {
  static constexpr int kMost = 128;
  PyObject* objects[kMost];
  int count = 0;
} spare;

PyObject* tensor_alloc(PyTypeObject* type, Py_ssize_t items) {
  if (type != tensor_type || !spare.count) return PyType_GenericAlloc(type, items);
  PyObject* self = spare.objects[--spare.count];
  PyObject_Init(self, type);
  TensorObject* t = as_tensor(self);
  t->impl = nullptr;
  t->dict = t->weakrefs = nullptr;
  PyObject_GC_Track(self);
  return self;
}

void tensor_dealloc(PyObject* self) {
  TensorObject* t = as_tensor(self);
  TensorImpl* impl = t->impl;
  PyTypeObject* type = Py_TYPE(self);
  if (impl && type == tensor_type && impl->use_count() > 1) {
    Py_SET_REFCNT(self, 1);
    return hand_to_tensor(impl);
  }
  PyObject_GC_UnTrack(self);
  if (t->weakrefs) PyObject_ClearWeakRefs(self);
  Py_CLEAR(t->dict);
  if (impl) {
    t->impl = nullptr;
    impl->python = nullptr;
    impl->release();
  }
  if (type == tensor_type && spare.count < Spare::kMost)
    spare.objects[spare.count++] = self;
  else
    type->tp_free(self);
  Py_DECREF(type);
}

// A subclass made in Python has a deallocator of its own, which ends in ours when it is too late to keep the object;
// but it calls the finalizer first, and that may resurrect.
void tensor_finalize(PyObject* self) {
  TensorImpl* impl = impl_of(self);
  if (!impl || impl->owns_python || impl->use_count() <= 1) return;
  Py_INCREF(self);
  hand_to_tensor(impl);
}
// Python finalizes an object once only; one that came back has to be finalizable again.
void allow_finalizing_again(PyObject* self) {
  constexpr uintptr_t kFinalized = 1;
  auto* header = reinterpret_cast<uintptr_t*>(self) - 2;  // PyGC_Head: next, prev (with the flag in its lowest bit)
  header[1] &= ~kFinalized;
}

int tensor_traverse(PyObject* self, visitproc visit, void* arg) {
  TensorObject* t = as_tensor(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(t->dict);
  return t->impl && !t->impl->owns_python ? visit_tape(t->impl, visit, arg) : 0;
}
int tensor_clear(PyObject* self) {
  Py_CLEAR(as_tensor(self)->dict);
  return 0;
}

// C++'s last count on a tensor that owns its Python object becomes the object's.
void drop_python(TensorImpl* impl) {
  if (!Py_IsInitialized()) return;
  WithGil gil;
  if (!impl->owns_python) return impl->release();  // another thread was faster: the object holds a count of its own
  auto* self = static_cast<PyObject*>(impl->python);
  impl->owns_python = false;
  allow_finalizing_again(self);
  Py_DECREF(self);
}

PyObject* new_object(PyTypeObject* type, Tensor&& t) {
  PyObject* self = type->tp_alloc(type, 0);
  if (!self) return nullptr;
  TensorImpl* impl = t.detach_ref().detach();
  as_tensor(self)->impl = impl;
  impl->python = self;
  return self;
}

PyObject* tensor_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  // Tensor(data), Tensor(2, 3), Tensor(): the old constructor, kept in Python.
  Object m(PyImport_ImportModule("flambeau._tensor"));
  if (!m) return nullptr;
  Object make(PyObject_GetAttrString(m.get(), "legacy_new"));
  if (!make) return nullptr;
  Object full(PyTuple_New(PyTuple_GET_SIZE(args) + 1));
  PyTuple_SET_ITEM(full.get(), 0, Py_NewRef(reinterpret_cast<PyObject*>(type)));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i)
    PyTuple_SET_ITEM(full.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
  return PyObject_Call(make.get(), full.get(), kwargs);
}

int tensor_init(PyObject*, PyObject*, PyObject*) { return 0; }

// --- attributes ---
template <class F>
PyObject* get(PyObject* self, F&& f) {
  return guarded([&]() -> PyObject* { return f(tensor_of(self)); });
}
#define GETTER(name, ...)                                \
  PyObject* get_##name(PyObject* self, void*) {          \
    return get(self, [&](const Tensor& t) -> PyObject* { \
      (void)t;                                           \
      __VA_ARGS__;                                       \
    });                                                  \
  }

PyObject* get_shape(PyObject* self, void*) { return wrap_size(impl_of(self)->layout.sizes); }
PyObject* get_dtype(PyObject* self, void*) { return wrap(impl_of(self)->dtype); }
PyObject* get_device(PyObject* self, void*) { return wrap(impl_of(self)->device); }
PyObject* get_layout(PyObject* self, void*) { return wrap_layout(impl_of(self)); }
PyObject* get_ndim(PyObject* self, void*) { return PyLong_FromLongLong(impl_of(self)->layout.dim()); }
PyObject* get_requires_grad(PyObject* self, void*) {
  return PyBool_FromLong((impl_of(self)->all_keys() & key::Autograd) != 0);
}
PyObject* get_itemsize(PyObject* self, void*) { return PyLong_FromSize_t(itemsize(impl_of(self)->dtype)); }
GETTER(nbytes, return PyLong_FromLongLong(t.numel() * static_cast<int64_t>(t.itemsize())))
GETTER(is_leaf, return PyBool_FromLong(is_leaf(t)))
GETTER(version, return PyLong_FromLong(t.impl()->version ? static_cast<long>(t.impl()->version->value.load()) : 0))
GETTER(base, return wrap(Tensor(t.impl()->base)))
GETTER(is_cuda, return PyBool_FromLong(t.device().type == DeviceType::cuda))
GETTER(is_cpu, return PyBool_FromLong(t.device().type == DeviceType::cpu))
GETTER(is_meta, return PyBool_FromLong(t.is_meta()))
GETTER(is_sparse, return PyBool_FromLong(is_sparse(t)))
GETTER(false, Py_RETURN_FALSE)
GETTER(grad_fn, return wrap_node(grad_fn(t)))
GETTER(output_nr, TapeState* s = tape_or_null(t); return PyLong_FromLong(s ? s->output : 0))
GETTER(retains_grad, TapeState* s = tape_or_null(t); return PyBool_FromLong(s && s->retains_grad))
GETTER(name, Py_RETURN_NONE)

PyObject* get_grad(PyObject* self, void*) {
  auto* state = static_cast<TapeState*>(impl_of(self)->autograd.get());
  if (!state || !state->grad.defined()) Py_RETURN_NONE;
  return wrap(state->grad);
}

int set_grad(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        Tensor t = tensor_of(self);
        if (!value || value == Py_None) {
          if (TapeState* s = tape_or_null(t)) s->grad = Tensor();
          return 0;
        }
        check(is_tensor(value), ErrorKind::Type, "grad: assigned grad expected to be a Tensor or None, but got ",
              Py_TYPE(value)->tp_name);
        Tensor g = tensor_of(value);
        check(!g.is(t), ErrorKind::Runtime, "grad: can't assign Variable as its own grad");
        check(g.dtype() == t.dtype(), ErrorKind::Runtime,
              "grad: assigned grad has data of a different type: ", name(g.dtype()), " for ", name(t.dtype()));
        check(g.device() == t.device(), ErrorKind::Runtime,
              "grad: assigned grad has data located on a different device");
        check(std::ranges::equal(g.sizes(), t.sizes()), ErrorKind::Runtime,
              "grad: assigned grad has data of a different size: ", shape_text(g.sizes()), " for ",
              shape_text(t.sizes()));
        tape(t).grad = g;
        return 0;
      },
      -1);
}

// x._grad_fn = None: as detach_().
int set_grad_fn(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        check(value, ErrorKind::Runtime, "_grad_fn: it cannot be deleted; detach_() cuts the tensor off");
        check(value == Py_None, ErrorKind::Type, "_grad_fn: it can be set to None only");
        Object done = Object::checked(PyObject_CallMethod(self, "detach_", nullptr));
        return 0;
      },
      -1);
}

// Inside of a transform, gradients are its own to take.
void check_may_track(const Tensor& t, bool value) {
  check(!value || !(t.impl()->keys & key::Wrapped), ErrorKind::Runtime,
        "requires_grad_: You are attempting to call Tensor.requires_grad_() inside of a function being transformed "
        "(vmap, grad, vjp, jvp). This is unsupported; the nearest alternative is to transform again (func.grad, "
        "func.vjp), or to call requires_grad_() outside");
}

int set_requires_grad_attribute(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        check(value && PyBool_Check(value), ErrorKind::Runtime, "requires_grad must be a bool");
        check_may_track(tensor_of(self), value == Py_True);
        set_requires_grad(tensor_of(self), value == Py_True);
        return 0;
      },
      -1);
}

PyObject* get_data(PyObject* self, void*) {
  return get(self, [](const Tensor& t) {
    Tensor d = detach(t);
    d.impl()->version = nullptr;  // .data starts counting anew
    return wrap(d);
  });
}

int set_data(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        check(value, ErrorKind::Runtime, "data: Deleting tensor data is not allowed");
        check(is_tensor(value), ErrorKind::Type, "data: Variable data has to be a tensor, but got ",
              Py_TYPE(value)->tp_name);
        check(is_sparse(tensor_of(self)) == is_sparse(tensor_of(value)), ErrorKind::Runtime,
              "data: incompatible tensor type: one is sparse, the other is not");
        TensorImpl *t = impl_of(self), *from = impl_of(value);
        check(!(t->keys & key::Autograd) || is_differentiable(from->dtype), ErrorKind::Runtime,
              "data set to a tensor that requires gradients must be floating point or complex dtype");
        t->storage = from->storage;
        t->layout = from->layout;
        t->dtype = from->dtype;
        t->device = from->device;
        t->keys = (t->keys & key::Autograd) | (from->keys & ~key::Autograd);
        t->base = nullptr;
        return 0;
      },
      -1);
}

#define OPERATOR_GETTER(name, operator_name)    \
  PyObject* get_##name(PyObject* self, void*) { \
    return get(self, [](const Tensor& t) {      \
      static const OpCall call(operator_name);  \
      return wrap(call({t}).tensor());          \
    });                                         \
  }
OPERATOR_GETTER(T, "numpy_T")
OPERATOR_GETTER(H, "matrix_H")
OPERATOR_GETTER(mT, "mT")
OPERATOR_GETTER(mH, "mH")
OPERATOR_GETTER(real, "real")
OPERATOR_GETTER(imag, "imag")

// x.real = value: the part is written to.
int set_part(const char* which, const OpCall& part, PyObject* self, PyObject* value) {
  return guarded(
      [&] {
        check(value != nullptr, ErrorKind::Type, "Tensor.", which, " cannot be deleted");
        Object target(wrap(part({tensor_of(self)}).tensor()));
        Object done =
            Object::checked(PyObject_CallMethod(target.get(), is_tensor(value) ? "copy_" : "fill_", "O", value));
        return 0;
      },
      -1);
}
int set_real(PyObject* self, PyObject* value, void*) {
  static const OpCall part("real");
  return set_part("real", part, self, value);
}
int set_imag(PyObject* self, PyObject* value, void*) {
  static const OpCall part("imag");
  return set_part("imag", part, self, value);
}

// As PyTorch's, a tensor's attributes are seen by __torch_function__: `asked` stands in front of each.
const PyGetSetDef attributes[] = {
    {"shape", get_shape, nullptr, "The sizes of the dimensions.", nullptr},
    {"dtype", get_dtype, nullptr, "The type of the elements.", nullptr},
    {"device", get_device, nullptr, "Where the elements live.", nullptr},
    {"layout", get_layout, nullptr, "How the elements are stored: strided or sparse_coo.", nullptr},
    {"ndim", get_ndim, nullptr, "The number of dimensions.", nullptr},
    {"itemsize", get_itemsize, nullptr, "Bytes of one element.", nullptr},
    {"nbytes", get_nbytes, nullptr, "Bytes of all elements of the view.", nullptr},
    {"requires_grad", get_requires_grad, set_requires_grad_attribute, "Whether gradients flow to this tensor.",
     nullptr},
    {"grad", get_grad, set_grad, "The gradient accumulated by backward(), or None.", nullptr},
    {"_grad", get_grad, set_grad, nullptr, nullptr},
    {"grad_fn", get_grad_fn, nullptr, "The node of the tape that made this tensor; None for leaves.", nullptr},
    {"_grad_fn", get_grad_fn, set_grad_fn, nullptr, nullptr},
    {"_backward_hooks", get_backward_hooks, set_backward_hooks, "The hooks on the gradient by id, or None.", nullptr},
    {"_post_accumulate_grad_hooks", get_accumulated_hooks, set_accumulated_hooks,
     "Of a leaf: the hooks called after its gradient has changed, by id, or None.", nullptr},
    {"output_nr", get_output_nr, nullptr, "Which result of grad_fn this tensor is.", nullptr},
    {"is_leaf", get_is_leaf, nullptr, "Whether the tensor was made by the user rather than by a recorded operator.",
     nullptr},
    {"retains_grad", get_retains_grad, nullptr, "Whether a non-leaf keeps its gradient.", nullptr},
    {"data", get_data, set_data, "The values, outside of the tape.", nullptr},
    {"_version", get_version, nullptr, "How many times the values were changed in place.", nullptr},
    {"_base", get_base, nullptr, "Of a view: the tensor it shows.", nullptr},
    {"is_cuda", get_is_cuda, nullptr, "Whether the tensor lives on a CUDA device.", nullptr},
    {"is_cpu", get_is_cpu, nullptr, "Whether the tensor lives in host memory.", nullptr},
    {"is_meta", get_is_meta, nullptr, "Whether the tensor has shape but no values.", nullptr},
    {"is_sparse", get_is_sparse, nullptr, "Whether the layout is sparse_coo.", nullptr},
    {"is_sparse_csr", get_false, nullptr, nullptr, nullptr},
    {"is_quantized", get_false, nullptr, nullptr, nullptr},
    {"is_nested", get_false, nullptr, nullptr, nullptr},
    {"is_mkldnn", get_false, nullptr, nullptr, nullptr},
    {"is_mps", get_false, nullptr, nullptr, nullptr},
    {"is_xpu", get_false, nullptr, nullptr, nullptr},
    {"is_vulkan", get_false, nullptr, nullptr, nullptr},
    {"name", get_name, nullptr, nullptr, nullptr},
    {"T", get_T, nullptr, "All dimensions in reverse order.", nullptr},
    {"H", get_H, nullptr, "The conjugate transpose of a matrix.", nullptr},
    {"mT", get_mT, nullptr, "The last two dimensions exchanged.", nullptr},
    {"mH", get_mH, nullptr, "The last two dimensions exchanged, conjugated.", nullptr},
    {"real", get_real, set_real, "The real part, as a view.", nullptr},
    {"imag", get_imag, set_imag, "The imaginary part, as a view.", nullptr},
};
PyObject* asked_get(PyObject* self, void* closure) {
  auto* attribute = static_cast<const PyGetSetDef*>(closure);
  if (PyObject * r; getter_overridden(attribute->name, self, r)) return r;
  return attribute->get(self, nullptr);
}
int asked_set(PyObject* self, PyObject* value, void* closure) {
  auto* attribute = static_cast<const PyGetSetDef*>(closure);
  if (int r; setter_overridden(attribute->name, self, value, r)) return r;
  return attribute->set(self, value, nullptr);
}
PyGetSetDef* asked_attributes() {
  constexpr size_t count = std::size(attributes);
  static PyGetSetDef made[count + 2];
  for (size_t i = 0; i < count; ++i) {
    const PyGetSetDef& a = attributes[i];
    // A second name of an attribute is seen as the first.
    auto* seen = std::ranges::find_if(attributes, [&](const PyGetSetDef& b) { return a.set && a.set == b.set; });
    auto* shown = seen == std::end(attributes) ? &a : seen;
    made[i] = {a.name, asked_get, a.set ? asked_set : nullptr, a.doc, const_cast<PyGetSetDef*>(shown)};
  }
  made[count] = {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, "What was set on the object.", nullptr};
  return made;
}

// --- methods that are not operators ---
#define METHOD(name, ...)                                                               \
  PyObject* method_##name(PyObject* self, PyObject*) {                                  \
    if (PyObject * r; method_overridden(#name, self, nullptr, 0, nullptr, r)) return r; \
    return get(self, [&](const Tensor& t) -> PyObject* {                                \
      (void)t;                                                                          \
      __VA_ARGS__;                                                                      \
    });                                                                                 \
  }
METHOD(dim, return PyLong_FromLongLong(t.dim()))
METHOD(numel, return PyLong_FromLongLong(t.numel()))
METHOD(data_ptr, check(!is_sparse(t), ErrorKind::Runtime,
                       "data_ptr: a sparse tensor has no memory of its own; _indices() and _values() have");
       return PyLong_FromVoidPtr(t.is_meta() || t.numel() == 0 ? nullptr : (t.storage()->pin(), t.device_data())))
METHOD(storage_offset, return PyLong_FromLongLong(t.offset()))
METHOD(untyped_storage, check(!is_sparse(t), ErrorKind::NotImplemented,
                              "untyped_storage: a sparse tensor has no storage; _indices() and _values() have");
       return wrap(t.storage()))
METHOD(element_size, return PyLong_FromSize_t(t.itemsize()))
METHOD(is_inference, return PyBool_FromLong(t.impl()->inference))
METHOD(is_conj, return PyBool_FromLong(t.is_conj()))
METHOD(is_neg, return PyBool_FromLong(t.is_neg()))
METHOD(is_complex, return PyBool_FromLong(t.is_complex()))
METHOD(is_floating_point, return PyBool_FromLong(t.is_floating()))
METHOD(is_signed, return PyBool_FromLong(t.dtype() != DType::bool_ && !is_unsigned(t.dtype())))
METHOD(_is_view, return PyBool_FromLong(t.impl()->base.get() != nullptr))
METHOD(_grad_accumulator, return wrap_node(gradient_edge(t).node))
METHOD(_detach_plain, return wrap(detach(t)))
METHOD(_forget_history,
       check(!t.impl()->base || !t.requires_grad(), ErrorKind::Runtime,
             "detach_: Can't detach views in-place: their base would go on with their history. Use detach() instead");
       if (TapeState* s = tape_or_null(t)) s->grad_fn = nullptr; t.impl()->keys &= ~key::Autograd;
       t.impl()->base = nullptr; return Py_NewRef(self))
METHOD(_bump_version, bump_version(t); Py_RETURN_NONE)

PyObject* method_size(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("size", self, args, n, kwnames, r)) return r;
  return guarded([&]() -> PyObject* {
    TensorImpl* t = impl_of(self);
    Py_ssize_t total = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    if (total == 0 || args[0] == Py_None) return wrap_size(t->layout.sizes);
    return PyLong_FromLongLong(t->layout.sizes[wrap_dim("size", int_from(args[0], "size: dim"), t->layout.dim())]);
  });
}
PyObject* method_stride(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("stride", self, args, n, kwnames, r)) return r;
  return guarded([&]() -> PyObject* {
    TensorImpl* t = impl_of(self);
    Py_ssize_t total = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    if (total == 0) {
      Object size(wrap_size(t->layout.strides));
      return PySequence_Tuple(Object(PySequence_List(size.get())).get());
    }
    return PyLong_FromLongLong(
        t->layout.strides[wrap_dim("stride", int_from(args[0], "stride: dim"), t->layout.dim())]);
  });
}
PyObject* method_requires_grad_(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("requires_grad_", self, args, n, kwnames, r)) return r;
  return guarded([&]() -> PyObject* {
    bool value = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0) == 0 || PyObject_IsTrue(args[0]);
    check_may_track(tensor_of(self), value);
    set_requires_grad(tensor_of(self), value);
    return Py_NewRef(self);
  });
}
PyObject* method_is_contiguous(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  if (PyObject * r; method_overridden("is_contiguous", self, args, n, kwnames, r)) return r;
  MemoryFormat f = MemoryFormat::contiguous;
  if (n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0) && is_memory_format(args[0])) f = memory_format_of(args[0]);
  return PyBool_FromLong(!(impl_of(self)->keys & key::Sparse) && impl_of(self)->layout.matches(f));
}
PyObject* make_subclass(PyObject*, PyObject* args) {
  PyObject *type, *data;
  int requires_grad = 0;
  if (!PyArg_ParseTuple(args, "OO|p", &type, &data, &requires_grad)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(PyType_Check(type) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), tensor_type), ErrorKind::Type,
          "_make_subclass: the first argument has to be a subclass of Tensor");
    check(is_tensor(data), ErrorKind::Type, "_make_subclass: data has to be a Tensor, not ", Py_TYPE(data)->tp_name);
    Tensor t = detach(tensor_of(data));
    t.impl()->version = nullptr;
    if (requires_grad) set_requires_grad(t, true);
    return wrap_as(reinterpret_cast<PyTypeObject*>(type), t);
  });
}
// The same tensor, storage and history, as an object of a subclass.
PyObject* as_subclass(PyObject*, PyObject* args) {
  PyObject *type, *data;
  if (!PyArg_ParseTuple(args, "OO!", &type, tensor_type, &data)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(PyType_Check(type) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), tensor_type), ErrorKind::Type,
          "as_subclass: the class has to be a subclass of Tensor");
    static const OpCall same("alias");
    return wrap_as(reinterpret_cast<PyTypeObject*>(type), same({tensor_of(data)}).tensor());
  });
}
PyObject* set_parameter_type(PyObject*, PyObject* type) {
  parameter_type = reinterpret_cast<PyTypeObject*>(Py_NewRef(type));
  Py_RETURN_NONE;
}
// Exchanges everything but identity.
PyObject* swap_contents(PyObject*, PyObject* args) {
  PyObject *a, *b;
  if (!PyArg_ParseTuple(args, "O!O!", tensor_type, &a, tensor_type, &b)) return nullptr;
  for (PyObject* o : {a, b})
    if (impl_of(o)->owns_python) {  // it came by a weak reference: the caller has a count on it besides the tensor's
      hand_to_object(impl_of(o));
      Py_DECREF(o);
    }
  std::swap(as_tensor(a)->impl, as_tensor(b)->impl);
  std::swap(impl_of(a)->python, impl_of(b)->python);
  impl_of(a)->python = a;
  impl_of(b)->python = b;
  Py_RETURN_NONE;
}

#define FAST(name)                                                                                                   \
  {#name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_##name)), METH_FASTCALL | METH_KEYWORDS, \
   nullptr}
PyMethodDef methods[] = {
    {"dim", method_dim, METH_NOARGS, "The number of dimensions."},
    {"ndimension", method_dim, METH_NOARGS, "The number of dimensions."},
    {"numel", method_numel, METH_NOARGS, "The number of elements."},
    {"nelement", method_numel, METH_NOARGS, "The number of elements."},
    {"data_ptr", method_data_ptr, METH_NOARGS, "The address of the first element; the storage then stays where it is."},
    {"storage_offset", method_storage_offset, METH_NOARGS,
     "Elements from the start of the storage to the first element."},
    {"untyped_storage", method_untyped_storage, METH_NOARGS, "The bytes behind the tensor."},
    {"element_size", method_element_size, METH_NOARGS, "Bytes of one element."},
    {"is_inference", method_is_inference, METH_NOARGS, "Whether the tensor was made in inference mode."},
    {"is_conj", method_is_conj, METH_NOARGS, "Whether the values are the conjugate of the bytes."},
    {"is_neg", method_is_neg, METH_NOARGS, "Whether the values are the negative of the bytes."},
    {"is_complex", method_is_complex, METH_NOARGS, "Whether the type is complex."},
    {"is_floating_point", method_is_floating_point, METH_NOARGS, "Whether the type is real floating point."},
    {"is_signed", method_is_signed, METH_NOARGS, "Whether the type has negative values."},
    {"_is_view", method__is_view, METH_NOARGS, "Whether the tensor shows another one's storage."},
    {"_grad_accumulator", method__grad_accumulator, METH_NOARGS, nullptr},
    {"_detach_plain", method__detach_plain, METH_NOARGS, nullptr},
    {"_forget_history", method__forget_history, METH_NOARGS, nullptr},
    {"_bump_version", method__bump_version, METH_NOARGS, nullptr},
    FAST(size),
    FAST(stride),
    FAST(requires_grad_),
    FAST(is_contiguous),
    {"_make_subclass", make_subclass, METH_VARARGS | METH_STATIC, "A tensor of a subclass over the data of another."},
    {}};

// --- number protocol ---
// The operator, and the methods of Tensor as which __torch_function__ sees the expression, one for each side on which a
// tensor may stand.
#define BINARY(slot, name, ...)                      \
  PyObject* slot(PyObject* a, PyObject* b) {         \
    static BinarySlot expression{name, __VA_ARGS__}; \
    return binary(expression, a, b);                 \
  }
// clang-format off
BINARY(nb_add, "add", "add", "add")
BINARY(nb_mul, "mul", "mul", "mul")
BINARY(nb_sub, "sub", "sub", "__rsub__")
BINARY(nb_div, "div", "div", "__rtruediv__")
BINARY(nb_matmul, "matmul", "matmul", "__rmatmul__")
BINARY(nb_floordiv, "floor_divide", "__floordiv__", "__rfloordiv__")
BINARY(nb_mod, "remainder", "remainder", "__rmod__")
BINARY(nb_and, "__and__", "__and__", "bitwise_and")
BINARY(nb_or, "__or__", "__or__", "bitwise_or")
BINARY(nb_xor, "__xor__", "__xor__", "bitwise_xor")
BINARY(nb_lshift, "__lshift__", "__lshift__", "__rlshift__")
BINARY(nb_rshift, "__rshift__", "__rshift__", "__rrshift__")
BINARY(nb_iadd, "add", "add_", nullptr, Form::inplace)
BINARY(nb_imul, "mul", "mul_", nullptr, Form::inplace)
BINARY(nb_isub, "sub", "sub_", nullptr, Form::inplace)
BINARY(nb_idiv, "div", "div_", nullptr, Form::inplace)
BINARY(nb_iand, "__and__", "__iand__", nullptr, Form::inplace)
BINARY(nb_ior, "__or__", "__ior__", nullptr, Form::inplace)
BINARY(nb_ixor, "__xor__", "__ixor__", nullptr, Form::inplace)
BINARY(nb_ifloordiv, "floor_divide", "floor_divide_", nullptr, Form::inplace)
BINARY(nb_imod, "remainder", "remainder_", nullptr, Form::inplace)
BINARY(nb_ilshift, "__lshift__", "__ilshift__", nullptr, Form::inplace)
BINARY(nb_irshift, "__rshift__", "__irshift__", nullptr, Form::inplace)
// clang-format on
PyObject* nb_pow(PyObject* a, PyObject* b, PyObject*) {
  static BinarySlot expression{"pow", "__pow__", "__rpow__"};
  return binary(expression, a, b);
}
PyObject* nb_ipow(PyObject* a, PyObject* b, PyObject*) {
  static BinarySlot expression{"pow", "__ipow__", nullptr, Form::inplace};
  return binary(expression, a, b);
}

PyObject* call_method(const char* name, PyObject* self) { return PyObject_CallMethod(self, name, nullptr); }
PyObject* nb_neg(PyObject* a) { return call_method("neg", a); }
PyObject* nb_pos(PyObject* a) { return call_method("positive", a); }
PyObject* nb_abs(PyObject* a) { return call_method("abs", a); }
PyObject* nb_invert(PyObject* a) {
  if (PyObject * r; method_overridden("__invert__", a, nullptr, 0, nullptr, r)) return r;
  return call_method("bitwise_not", a);
}

Scalar only_element(PyObject* self, const char* what) {
  Tensor t = tensor_of(self);
  check(t.numel() == 1, ErrorKind::Value, what, ": only one element tensors can be converted to Python scalars, got ",
        describe(t));
  static const OpCall item("item");
  return item({t}).scalar();
}
int nb_bool(PyObject* self) {
  if (PyObject * r; method_overridden("__bool__", self, nullptr, 0, nullptr, r)) {
    Object answer(r);
    return answer ? PyObject_IsTrue(answer.get()) : -1;
  }
  return guarded(
      [&] {
        int64_t n = impl_of(self)->layout.numel();
        check(n != 0, ErrorKind::Runtime, "Boolean value of Tensor with no values is ambiguous");
        check(n == 1, ErrorKind::Runtime, "Boolean value of Tensor with more than one value is ambiguous");
        return static_cast<int>(only_element(self, "bool").to_bool());
      },
      -1);
}
PyObject* nb_float(PyObject* self) {
  if (PyObject * r; method_overridden("__float__", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&]() -> PyObject* {
    Scalar s = only_element(self, "float");
    check(!s.is_complex() || s.imag() == 0, ErrorKind::Runtime,
          "float: value cannot be converted to type double without overflow");
    return PyFloat_FromDouble(s.to_double());
  });
}
PyObject* nb_int(PyObject* self) {
  if (PyObject * r; method_overridden("__int__", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&]() -> PyObject* {
    Scalar s = only_element(self, "int");
    check(s.imag() == 0, ErrorKind::Runtime, "int: value cannot be converted to type int64 without overflow");
    if (s.is_integral()) return Object(wrap(s.kind() == Scalar::Kind::Bool ? Scalar(s.to_int()) : s)).release();
    return PyLong_FromDouble(s.to_double());
  });
}
PyObject* nb_index(PyObject* self) {
  if (PyObject * r; method_overridden("__index__", self, nullptr, 0, nullptr, r)) return r;
  return guarded([&]() -> PyObject* {
    TensorImpl* t = impl_of(self);
    check(t->layout.numel() == 1 && is_integral(t->dtype, true), ErrorKind::Type,
          "only integer tensors of a single element can be converted to an index, got ", describe(tensor_of(self)));
    return PyLong_FromLongLong(only_element(self, "index").to_int());
  });
}
Py_ssize_t mp_length(PyObject* self) {
  if (PyObject * r; method_overridden("__len__", self, nullptr, 0, nullptr, r)) {
    Object answer(r);
    return answer ? PyLong_AsSsize_t(answer.get()) : -1;
  }
  const Layout& l = impl_of(self)->layout;
  if (l.dim() == 0) {
    PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
    return -1;
  }
  return static_cast<Py_ssize_t>(l.sizes[0]);
}
Py_hash_t tensor_hash(PyObject* self) { return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(self) >> 4); }
PyObject* richcompare(PyObject* a, PyObject* b, int op) {
  static BinarySlot expressions[] = {{"lt", "lt", "gt"}, {"le", "le", "ge"}, {"eq", "__eq__", "__eq__"},
                                     {"ne", "ne", "ne"}, {"gt", "gt", "lt"}, {"ge", "ge", "le"}};
  Object array;  // as a tensor: NumPy itself leaves comparisons with tensors to the tensor
  if (is_array(b)) {
    array = Object(guarded([&]() -> PyObject* { return wrap(tensor_from_array("comparison", b, false)); }));
    if (!array) return nullptr;
    b = array.get();
  }
  PyObject* r = binary(expressions[op], a, b);
  if (!r && (op == Py_EQ || op == Py_NE) && PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
  }
  return r;
}

PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(TensorObject, weakrefs), READONLY, nullptr},
                         {"__dictoffset__", T_PYSSIZET, offsetof(TensorObject, dict), READONLY, nullptr},
                         {}};

}  // namespace

PyObject* wrap(Tensor t) {
  if (!t.defined()) Py_RETURN_NONE;
  TensorImpl* impl = t.impl();
  if (auto* known = static_cast<PyObject*>(impl->python)) {
    if (impl->owns_python) {  // the count turns back
      hand_to_object(impl);
      allow_finalizing_again(known);
      return known;
    }
    return Py_NewRef(known);
  }
  return new_object(tensor_type, std::move(t));
}

PyObject* wrap_as(PyTypeObject* type, Tensor t) {
  check(t.impl()->python == nullptr, ErrorKind::Runtime, "the tensor has a Python object already");
  return new_object(type, std::move(t));
}

void init_tensor(PyObject* module) {
  TensorImpl::drop_python = drop_python;
#define SLOT(id, f) {id, reinterpret_cast<void*>(f)}
  PyType_Slot slots[] = {SLOT(Py_tp_dealloc, tensor_dealloc),
                         SLOT(Py_tp_finalize, tensor_finalize),
                         SLOT(Py_tp_alloc, tensor_alloc),
                         SLOT(Py_tp_traverse, tensor_traverse),
                         SLOT(Py_tp_clear, tensor_clear),
                         SLOT(Py_tp_new, tensor_new),
                         SLOT(Py_tp_init, tensor_init),
                         SLOT(Py_tp_getset, asked_attributes()),
                         SLOT(Py_tp_methods, methods),
                         SLOT(Py_tp_members, members),
                         SLOT(Py_tp_hash, tensor_hash),
                         SLOT(Py_tp_richcompare, richcompare),
                         SLOT(Py_mp_length, mp_length),
                         SLOT(Py_mp_subscript, get_item),
                         SLOT(Py_mp_ass_subscript, set_item),
                         SLOT(Py_nb_add, nb_add),
                         SLOT(Py_nb_subtract, nb_sub),
                         SLOT(Py_nb_multiply, nb_mul),
                         SLOT(Py_nb_true_divide, nb_div),
                         SLOT(Py_nb_matrix_multiply, nb_matmul),
                         SLOT(Py_nb_floor_divide, nb_floordiv),
                         SLOT(Py_nb_remainder, nb_mod),
                         SLOT(Py_nb_power, nb_pow),
                         SLOT(Py_nb_and, nb_and),
                         SLOT(Py_nb_or, nb_or),
                         SLOT(Py_nb_xor, nb_xor),
                         SLOT(Py_nb_lshift, nb_lshift),
                         SLOT(Py_nb_rshift, nb_rshift),
                         SLOT(Py_nb_inplace_add, nb_iadd),
                         SLOT(Py_nb_inplace_subtract, nb_isub),
                         SLOT(Py_nb_inplace_multiply, nb_imul),
                         SLOT(Py_nb_inplace_true_divide, nb_idiv),
                         SLOT(Py_nb_inplace_floor_divide, nb_ifloordiv),
                         SLOT(Py_nb_inplace_remainder, nb_imod),
                         SLOT(Py_nb_inplace_power, nb_ipow),
                         SLOT(Py_nb_inplace_and, nb_iand),
                         SLOT(Py_nb_inplace_or, nb_ior),
                         SLOT(Py_nb_inplace_xor, nb_ixor),
                         SLOT(Py_nb_inplace_lshift, nb_ilshift),
                         SLOT(Py_nb_inplace_rshift, nb_irshift),
                         SLOT(Py_nb_negative, nb_neg),
                         SLOT(Py_nb_positive, nb_pos),
                         SLOT(Py_nb_absolute, nb_abs),
                         SLOT(Py_nb_invert, nb_invert),
                         SLOT(Py_nb_bool, nb_bool),
                         SLOT(Py_nb_float, nb_float),
                         SLOT(Py_nb_int, nb_int),
                         SLOT(Py_nb_index, nb_index),
                         {Py_tp_doc, const_cast<char*>("A multi-dimensional array of elements of one type.")},
                         {}};
#undef SLOT
  PyType_Spec spec{"torch.Tensor", sizeof(TensorObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  tensor_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  PyModule_AddObjectRef(module, "Tensor", reinterpret_cast<PyObject*>(tensor_type));
  static PyMethodDef functions[] = {{"_as_subclass", as_subclass, METH_VARARGS, nullptr},
                                    {"_set_parameter_type", set_parameter_type, METH_O, nullptr},
                                    {"_swap_contents", swap_contents, METH_VARARGS, nullptr},
                                    {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
