// x[...] and x[...] = v: integers, slices, None and Ellipsis make one view; tensors and lists go to index and
// index_put_.
#include <algorithm>

#include "core/sparse.h"
#include "op/view_rules.h"
#include "python/overrides.h"

namespace flambeau::python {

namespace {

// One step of basic indexing, kept so that a tensor on the tape can record it as operators.
struct Step {
  enum Kind : uint8_t { Select, Slice, New } kind;
  int64_t dim, a = 0, b = 0, c = 1;
};

struct Index {
  SmallVector<Step, 6> steps;
  std::vector<Tensor> tensors;  // entries of the index list; undefined where a dimension is taken whole
  bool advanced = false;
};

bool is_sequence_index(PyObject* o) { return PyList_Check(o) || PyTuple_Check(o); }

Tensor index_tensor(PyObject* o) {
  if (is_tensor(o)) return tensor_of(o);
  // A list or an array: made a tensor by the general constructor. An empty list indexes nothing.
  static PyObject* make = nullptr;  // never let go of: statics end after the interpreter
  if (!make) {
    Object m = Object::checked(PyImport_ImportModule("flambeau._C"));
    make = Object::checked(PyObject_GetAttrString(m.get(), "tensor")).release();
  }
  Object t = Object::checked(PyObject_CallOneArg(make, o));
  Tensor out = tensor_of(t.get());
  if (out.numel() == 0 && !is_integral(out.dtype(), true)) {
    static const OpCall to("_to_copy");
    out = to({out, Value(DType::int64)}).tensor();
  }
  return out;
}

// `dim` counts the view's dimensions, `slot` the entries of the index list: a mask of several dimensions has one entry.
void add_one(const Tensor& self, PyObject* o, Layout& view, int64_t& dim, size_t& slot, Index& index) {
  auto put = [&](Tensor t) {
    index.tensors.resize(slot + 1);
    index.tensors[slot++] = std::move(t);
    index.advanced = true;
  };
  if (PyBool_Check(o)) {
    // A Python bool adds a dimension of one or none.
    index.steps.push_back({Step::New, dim});
    view = view.unsqueezed(dim);
    Tensor t = empty(Dims{1}, DType::bool_, self.device());
    if (!self.is_meta()) *t.data<bool>() = o == Py_True;
    ++dim;
    put(t);
    return;
  }
  if (o == Py_None) {
    index.steps.push_back({Step::New, dim});
    view = view.unsqueezed(dim++);
    ++slot;
    return;
  }
  if (PySlice_Check(o)) {
    check(dim < view.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim());
    auto bound = [](PyObject* v) {
      if (!is_tensor(v)) return Object::share(v);
      return Object::checked(PyNumber_Index(v));
    };
    auto* s = reinterpret_cast<PySliceObject*>(o);
    Object parts[3] = {bound(s->start), bound(s->stop), bound(s->step)};
    Object plain = Object::checked(PySlice_New(parts[0].get(), parts[1].get(), parts[2].get()));
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(plain.get(), &start, &stop, &step) < 0) throw PythonError();
    check(step > 0, ErrorKind::Value, "step must be greater than zero, got ", step,
          "; use flip() to reverse a dimension");
    Py_ssize_t length = PySlice_AdjustIndices(view.sizes[dim], &start, &stop, step);
    if (!(start == 0 && step == 1 && length == view.sizes[dim])) {
      index.steps.push_back({Step::Slice, dim, start, length, step});
      view = view.sliced(dim, start, length, step);
    }
    ++dim;
    ++slot;
    return;
  }
  bool number = PyLong_Check(o) || (!is_tensor(o) && !is_sequence_index(o) && PyIndex_Check(o));
  if (!number && is_tensor(o)) {
    TensorImpl* t = impl_of(o);
    number =
        t->layout.dim() == 0 && is_integral(t->dtype) && !(t->keys & key::Meta) && !(self.impl()->keys & key::Meta);
  }
  if (number) {
    check(dim < view.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim());
    int64_t i = int_from(o, "index"), size = view.sizes[dim];
    check(i >= -size && i < size, ErrorKind::Index, "index ", i, " is out of bounds for dimension ", dim, " with size ",
          size);
    if (i < 0) i += size;
    index.steps.push_back({Step::Select, dim, i});
    view = view.selected(dim, i);
    return;
  }
  if (is_tensor(o) || is_sequence_index(o) || PyObject_HasAttrString(o, "__array_interface__")) {
    Tensor t = index_tensor(o);
    check(is_integral(t.dtype(), true), ErrorKind::Index,
          "tensors used as indices must be long, int, byte or bool tensors, got ", name(t.dtype()));
    int64_t wide = t.dtype() == DType::bool_ || t.dtype() == DType::uint8 ? t.dim() : 1;
    if (wide == 0) {  // a 0-d mask: like a Python bool
      index.steps.push_back({Step::New, dim});
      view = view.unsqueezed(dim);
      wide = 1;
      static const OpCall unsqueeze("unsqueeze");
      t = unsqueeze({t, int64_t{0}}).tensor();
    }
    check(dim + wide <= view.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim());
    dim += wide;
    put(t);
    return;
  }
  raise(PyFloat_Check(o) ? ErrorKind::Index : ErrorKind::Type,
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got ",
        Py_TYPE(o)->tp_name, ")");
}

// How many dimensions of the tensor an index uses up.
int64_t dims_used(PyObject* o) {
  if (o == Py_None || o == Py_Ellipsis || PyBool_Check(o)) return 0;
  if (is_tensor(o)) {
    TensorImpl* t = impl_of(o);
    if (t->dtype == DType::bool_ || t->dtype == DType::uint8) return t->layout.dim();
    return 1;
  }
  if (PyList_Check(o) || PyTuple_Check(o)) {
    Tensor t = index_tensor(o);
    return t.dtype() == DType::bool_ ? t.dim() : 1;
  }
  return 1;
}

Index parse_index(const Tensor& self, PyObject* key, Layout& view) {
  Index index;
  int64_t dim = 0;
  size_t slot = 0;
  if (!PyTuple_Check(key)) {
    if (key != Py_Ellipsis) add_one(self, key, view, dim, slot, index);
    return index;
  }
  Py_ssize_t n = PyTuple_GET_SIZE(key);
  int64_t used = 0;
  bool seen = false;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* o = PyTuple_GET_ITEM(key, i);
    check(o != Py_Ellipsis || !seen, ErrorKind::Index, "an index can only have a single ellipsis ('...')");
    seen |= o == Py_Ellipsis;
    used += dims_used(o);
  }
  check(used <= self.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim(), ": got ", used);
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* o = PyTuple_GET_ITEM(key, i);
    if (o == Py_Ellipsis) {
      dim += self.dim() - used;
      slot += static_cast<size_t>(self.dim() - used);
    } else {
      add_one(self, o, view, dim, slot, index);
    }
  }
  return index;
}

// The view that the basic part of an index describes. On the tape step by step, else at once.
Tensor basic_view(const Tensor& self, const Index& index, Layout view) {
  if (index.steps.empty()) return self;
  if ((self.requires_grad() && t_state.grad_enabled) || is_sparse(self)) {
    static const OpCall select("select.int"), slice("slice.Tensor"), unsqueeze("unsqueeze");
    Tensor t = self;
    for (const Step& s : index.steps) {
      if (s.kind == Step::Select)
        t = select({t, s.dim, s.a}).tensor();
      else if (s.kind == Step::New)
        t = unsqueeze({t, s.dim}).tensor();
      else
        t = slice({t, s.dim, s.a, s.a + s.b * s.c - (s.b ? s.c - 1 : 0), s.c}).tensor();
    }
    return t;
  }
  Tensor t = alias(self, std::move(view));
  TensorImpl* root = self.impl()->base ? self.impl()->base.get() : self.impl();
  t.impl()->base = Ref<TensorImpl>::share(root);
  t.impl()->no_grad_view = !t_state.grad_enabled || self.impl()->no_grad_view;
  if (!t_state.grad_enabled) t.impl()->keys |= key::RefusesChange;
  return t;
}

Value list_of(std::vector<Tensor> tensors) { return Value(std::move(tensors)); }

Tensor value_tensor(const Tensor& self, PyObject* value) {
  if (is_tensor(value)) return tensor_of(value);
  Scalar s;
  if (number_from(value, s)) {
    Tensor t = empty({}, self.dtype(), self.device());
    static const OpCall fill("fill_.Scalar");
    fill({t, s});
    return t;
  }
  Object m = Object::checked(PyImport_ImportModule("flambeau._C"));
  Object make = Object::checked(PyObject_GetAttrString(m.get(), "tensor"));
  Object t = Object::checked(PyObject_CallOneArg(make.get(), value));
  return tensor_of(t.get());
}

}  // namespace

PyObject* get_item(PyObject* self, PyObject* key) {
  return guarded([&]() -> PyObject* {
    if (PyObject * args[] = {self, key}; overridden(args, 2)) {
      static PyObject* function = PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), "__getitem__");
      if (PyObject* handled = try_torch_function(function, args, 2, nullptr)) return handled;
      if (PyErr_Occurred()) throw PythonError();
    }
    Tensor t = tensor_of(self);
    Layout view = t.layout();
    Index index = parse_index(t, key, view);
    Tensor basic = basic_view(t, index, std::move(view));
    if (!index.advanced) {
      if (index.steps.empty()) {  // x[:], x[...]: still a new tensor
        static const OpCall same("alias");
        basic = same({t}).tensor();
      }
      return wrap(std::move(basic));
    }
    static const OpCall take("index.Tensor");
    return wrap(take({basic, list_of(std::move(index.tensors))}).tensor());
  });
}

int set_item(PyObject* self, PyObject* key, PyObject* value) {
  return guarded(
      [&] {
        check(value != nullptr, ErrorKind::Type, "Tensor does not support deleting items");
        if (PyObject * args[] = {self, key, value}; overridden(args, 3)) {
          static PyObject* function = PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), "__setitem__");
          if (PyObject* handled = try_torch_function(function, args, 3, nullptr)) {
            Py_DECREF(handled);
            return 0;
          }
          if (PyErr_Occurred()) throw PythonError();
        }
        Tensor t = tensor_of(self);
        Layout view = t.layout();
        Index index = parse_index(t, key, view);
        Tensor basic = basic_view(t, index, std::move(view));
        if (!index.advanced) {
          Scalar s;
          static const OpCall copy("copy_"), fill("fill_.Scalar");
          if (!is_tensor(value) && number_from(value, s)) {
            fill({basic, s});
            return 0;
          }
          Tensor v = value_tensor(basic, value);
          // Leading dimensions of one that the target lacks are dropped, as in NumPy.
          while (v.dim() > basic.dim() && v.size(0) == 1) {
            static const OpCall squeeze("squeeze.dim");
            v = squeeze({v, int64_t{0}}).tensor();
          }
          copy({basic, v});
          return 0;
        }
        static const OpCall put("index_put", Form::inplace);
        Tensor v = value_tensor(basic, value);
        put({basic, list_of(std::move(index.tensors)), v, false});
        return 0;
      },
      -1);
}

}  // namespace flambeau::python
