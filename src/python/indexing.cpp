// x[...] and x[...] = v: integers, slices, None and Ellipsis make one view; tensors and lists go to index and
// index_put_.
#include <algorithm>

#include "core/sparse.h"
#include "op/views.h"
#include "python/bridges.h"
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

// A list or an array as a tensor of positions, or of truth values. An empty list indexes nothing.
Tensor index_tensor(PyObject* o) {
  Tensor out = tensor_from_data("index", o, std::nullopt, Device{});
  DType type = out.dtype();
  if (type == DType::bool_ || type == DType::uint8 || type == DType::int64) return out;
  static const OpCall to("_to_copy");
  return to({out, Value(DType::int64)}).tensor();
}

// What an index may be, after lists, arrays and NumPy's numbers have become tensors and integers. `made` keeps those.
PyObject* plain_index(PyObject* o, Object& made) {
  if (PyLong_Check(o) || PySlice_Check(o) || o == Py_None || o == Py_Ellipsis || is_tensor(o)) return o;
  bool number = is_array_scalar(o);
  if (is_array(o) || (PySequence_Check(o) && !number && !PyUnicode_Check(o) && !PyBytes_Check(o))) {
    made = Object(wrap(index_tensor(o)));
  } else if (number) {
    Scalar value;
    if (read_array_scalar(o, value) == DType::bool_)
      made = Object(PyBool_FromLong(value.to_bool()));
    else if (value.is_integral())
      made = Object::checked(PyNumber_Index(o));
  } else if (PyIndex_Check(o)) {
    made = Object::checked(PyNumber_Index(o));
  }
  if (made) return made.get();
  raise(PyUnicode_Check(o) || PyBytes_Check(o) ? ErrorKind::Type : ErrorKind::Index,
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got ",
        Py_TYPE(o)->tp_name, ")");
}

// Note: lists as indices
//   A short list (fewer than 32 items, which is what NumPy once allowed as dimensions) with an item that is itself an
//   index of several positions (a tensor, a sequence, a slice, None, an ellipsis) stands for the tuple of its items.
//   Any other list is one index.
bool stands_for_tuple(PyObject* list) {
  if (PyTuple_Check(list)) return true;
  if (!PyList_Check(list) && !(PySequence_Check(list) && !is_tensor(list) && !is_array(list) &&
                               !PyUnicode_Check(list) && !PyBytes_Check(list) && !is_array_scalar(list)))
    return false;
  Py_ssize_t n = PySequence_Size(list);
  if (n < 0) PyErr_Clear();
  if (n < 0 || n >= 32) return false;
  for (Py_ssize_t i = 0; i < n; ++i) {
    Object item(PySequence_GetItem(list, i));
    if (!item) throw PythonError();
    PyObject* o = item.get();
    if (is_tensor(o) || PySlice_Check(o) || o == Py_Ellipsis || o == Py_None ||
        (PySequence_Check(o) && !is_array_scalar(o)))
      return true;
  }
  return false;
}

// `dim` counts the view's dimensions, `own` those of the tensor, `slot` the entries of the index list: a mask of
// several dimensions has one entry.
struct Place {
  int64_t dim = 0, own = 0;
  size_t slot = 0;
};
void add_one(const Tensor& self, PyObject* o, Layout& view, Place& place, Index& index) {
  auto& [dim, own, slot] = place;
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
    auto* s = reinterpret_cast<PySliceObject*>(o);
    Object plain;  // the slice with integers for its tensors
    if (is_tensor(s->start) || is_tensor(s->stop) || is_tensor(s->step)) {
      auto bound = [](PyObject* v) { return is_tensor(v) ? Object::checked(PyNumber_Index(v)) : Object::share(v); };
      Object parts[3] = {bound(s->start), bound(s->stop), bound(s->step)};
      plain = Object::checked(PySlice_New(parts[0].get(), parts[1].get(), parts[2].get()));
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(plain ? plain.get() : o, &start, &stop, &step) < 0) throw PythonError();
    check(step > 0, ErrorKind::Value, "step must be greater than zero, got ", step,
          "; use flip() to reverse a dimension");
    Py_ssize_t length = PySlice_AdjustIndices(view.sizes[dim], &start, &stop, step);
    if (!(start == 0 && step == 1 && length == view.sizes[dim])) {
      index.steps.push_back({Step::Slice, dim, start, length, step});
      view = view.sliced(dim, start, length, step);
    }
    ++dim;
    ++own;
    ++slot;
    return;
  }
  bool number = PyLong_Check(o);
  if (!number) {  // a tensor
    TensorImpl* t = impl_of(o);
    number = t->layout.dim() == 0 && is_integral(t->dtype) && t->dtype != DType::uint8 && !(t->keys & key::Meta) &&
             !(self.impl()->keys & key::Meta);
  }
  if (number) {
    check(dim < view.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim());
    int64_t i = int_from(o, "index"), size = view.sizes[dim];
    check(i >= -size && i < size, ErrorKind::Index, "index ", i, " is out of bounds for dimension ", own, " with size ",
          size);
    ++own;
    if (i < 0) i += size;
    index.steps.push_back({Step::Select, dim, i});
    view = view.selected(dim, i);
    return;
  }
  Tensor t = tensor_of(o);
  check(
      t.dtype() == DType::int64 || t.dtype() == DType::int32 || t.dtype() == DType::uint8 || t.dtype() == DType::bool_,
      ErrorKind::Index, "tensors used as indices must be long, int, byte or bool tensors, got ", name(t.dtype()));
  if (t.dtype() == DType::uint8 &&
      PyErr_WarnEx(PyExc_UserWarning, "index: dtype uint8 is taken for a mask, which is deprecated; use bool", 1) < 0)
    throw PythonError();
  int64_t wide = t.dtype() == DType::bool_ || t.dtype() == DType::uint8 ? t.dim() : 1;
  if (wide == 0) {  // a 0-d mask: like a Python bool
    index.steps.push_back({Step::New, dim});
    view = view.unsqueezed(dim);
    wide = 1;
    --own;
    static const OpCall unsqueeze("unsqueeze");
    t = unsqueeze({t, int64_t{0}}).tensor();
  }
  check(dim + wide <= view.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim());
  dim += wide;
  own += wide;
  put(t);
}

// How many dimensions of the tensor an index uses up.
int64_t dims_used(PyObject* o) {
  if (o == Py_None || o == Py_Ellipsis || PyBool_Check(o)) return 0;
  if (is_tensor(o)) {
    TensorImpl* t = impl_of(o);
    if (t->dtype == DType::bool_ || t->dtype == DType::uint8) return t->layout.dim();
  }
  return 1;
}

Index parse_index(const Tensor& self, PyObject* key, Layout& view) {
  Index index;
  Place place;
  if (!stands_for_tuple(key)) {
    Object made;
    PyObject* only = plain_index(key, made);
    check(self.dim() > 0 || dims_used(only) == 0, ErrorKind::Index,
          "invalid index of a 0-dim tensor. Use `tensor.item()` to convert it to a number");
    if (only != Py_Ellipsis) add_one(self, only, view, place, index);
    return index;
  }
  Object items = PyTuple_Check(key) ? Object::share(key) : Object::checked(PySequence_Tuple(key));
  Py_ssize_t n = PyTuple_GET_SIZE(items.get());
  int64_t used = 0;
  SmallVector<PyObject*, 6> plain(static_cast<size_t>(n));
  std::vector<Object> kept;
  for (Py_ssize_t i = 0; i < n; ++i) {
    Object made;
    plain[i] = plain_index(PyTuple_GET_ITEM(items.get(), i), made);
    if (made) kept.push_back(std::move(made));
    used += dims_used(plain[i]);
  }
  check(used <= self.dim(), ErrorKind::Index, "too many indices for tensor of dimension ", self.dim(), ": got ", used);
  bool seen = false;
  for (PyObject* o : plain) {
    if (o != Py_Ellipsis) {
      add_one(self, o, view, place, index);
    } else if (!seen) {  // the first one stands for all that is left, the others for nothing
      seen = true;
      int64_t rest = self.dim() - used;
      place.dim += rest;
      place.own += rest;
      place.slot += static_cast<size_t>(rest);
    }
  }
  return index;
}

// The view that the basic part of an index describes. On the tape step by step, else at once.
Tensor basic_view(const Tensor& self, const Index& index, Layout view) {
  if (index.steps.empty()) return self;
  constexpr Keys watched = key::Sparse | key::Wrapped | key::Dual;  // by layers that have to see each step
  if ((self.requires_grad() && t_state.grad_enabled) || self.impl()->all_keys() & watched) {
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
  tie_view(*t.impl(), *self.impl());
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
  return tensor_from_data("__setitem__", value, self.dtype(), self.device());
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
