// Levels of transforms and tangents in Python: what flambeau.func and autograd.forward_ad are written with.
#include "autograd/forward.h"
#include "ops/define.h"
#include "python/object.h"
#include "transforms/levels.h"

namespace flambeau::python {

namespace {

constexpr const char* kLevel = "flambeau.level";

constexpr const char* kOutside = "flambeau.outside";

void free_level(PyObject* capsule) { delete static_cast<Level*>(PyCapsule_GetPointer(capsule, kLevel)); }
Level& level_of(PyObject* capsule) {
  auto* level = static_cast<Level*>(PyCapsule_GetPointer(capsule, kLevel));
  if (!level) throw PythonError();
  return *level;
}
BatchLevel& batch_level_of(PyObject* capsule) {
  Level& level = level_of(capsule);
  check(level.kind == Level::Kind::batch, ErrorKind::Runtime, "vmap: this level is not one of batches");
  return static_cast<BatchLevel&>(level);
}

// _make_level(kind, size=0, randomness="error") -> level
PyObject* make_level(PyObject*, PyObject* args) {
  const char *kind, *randomness = "error";
  long long size = 0;
  if (!PyArg_ParseTuple(args, "s|Ls", &kind, &size, &randomness)) return nullptr;
  return guarded([&]() -> PyObject* {
    const std::string_view k = kind, r = randomness;
    Level* level;
    if (k == "batch")
      level = new BatchLevel(size, r == "different" ? Randomness::different
                                   : r == "same"    ? Randomness::same
                                                    : Randomness::error);
    else
      level = new WrapLevel(k == "jvp" ? Level::Kind::jvp : Level::Kind::grad);
    return PyCapsule_New(level, kLevel, free_level);
  });
}
PyObject* py_push_level(PyObject*, PyObject* capsule) {
  return guarded([&]() -> PyObject* {
    push_level(level_of(capsule));
    Py_RETURN_NONE;
  });
}
PyObject* py_pop_level(PyObject*, PyObject* capsule) {
  return guarded([&]() -> PyObject* {
    pop_level(level_of(capsule));
    Py_RETURN_NONE;
  });
}
// (kind, depth) of the innermost level, or None.
PyObject* current_level(PyObject*, PyObject*) {
  const Level* level = t_state.level;
  if (!level) Py_RETURN_NONE;
  static constexpr const char* kinds[] = {"grad", "jvp", "batch"};
  return Py_BuildValue("(si)", kinds[static_cast<int>(level->kind)], level->depth);
}

// (level, kind, size, randomness) of the innermost level, or None; the handle is good while the level is entered.
PyObject* innermost_level(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Level* level = t_state.level;
    if (!level) Py_RETURN_NONE;
    PyObject* handle = PyCapsule_New(level, kLevel, nullptr);
    if (level->kind != Level::Kind::batch)
      return Py_BuildValue("(NsOs)", handle, level->kind == Level::Kind::jvp ? "jvp" : "grad", Py_None, "");
    auto* batch = static_cast<BatchLevel*>(level);
    static constexpr const char* texts[] = {"error", "different", "same"};
    return Py_BuildValue("(NsLs)", handle, "batch", static_cast<long long>(batch->size),
                         texts[static_cast<int>(batch->randomness)]);
  });
}
// _step_outside() -> place; _step_back(place): in between the thread is as it is outside of the innermost level.
PyObject* step_outside(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    check(t_state.level, ErrorKind::Runtime, "_step_outside: no transform is at work on this thread");
    return PyCapsule_New(new Outside, kOutside, nullptr);
  });
}
PyObject* step_back(PyObject*, PyObject* place) {
  return guarded([&]() -> PyObject* {
    auto* outside = static_cast<Outside*>(PyCapsule_GetPointer(place, kOutside));
    if (!outside) throw PythonError();
    delete outside;
    PyCapsule_SetName(place, "flambeau.outside (left)");
    Py_RETURN_NONE;
  });
}

// _wrap_at(level, tensor, track): a tensor of a level of gradients or tangents that stands for the given one.
PyObject* wrap_at(PyObject*, PyObject* args) {
  PyObject *capsule, *tensor;
  int track = 0;
  if (!PyArg_ParseTuple(args, "OO!|p", &capsule, tensor_type, &tensor, &track)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor value = tensor_of(tensor);
    Tensor out = wrap_value(level_of(capsule), value, value.layout());
    if (track && is_differentiable(out.dtype())) {
      tape(out).requires_grad = true;
      out.impl()->keys |= key::Autograd;
    }
    return wrap(out);
  });
}
// _unwrap_at(level, tensor): the value; a tensor that is not of the level comes back as it is.
PyObject* unwrap_at(PyObject*, PyObject* args) {
  PyObject *capsule, *tensor;
  if (!PyArg_ParseTuple(args, "OO!", &capsule, tensor_type, &tensor)) return nullptr;
  return guarded([&]() -> PyObject* { return wrap(unwrapped(level_of(capsule), tensor_of(tensor))); });
}
// _view_of(view, base): the tensor of a level, as a view of another one of it.
PyObject* view_of(PyObject*, PyObject* args) {
  PyObject *view, *base;
  if (!PyArg_ParseTuple(args, "O!O!", tensor_type, &view, tensor_type, &base)) return nullptr;
  return guarded([&]() -> PyObject* {
    follow_base(tensor_of(view), tensor_of(base), true, true);
    return Py_NewRef(view);
  });
}
PyObject* is_at(PyObject*, PyObject* args) {
  PyObject *capsule, *tensor;
  if (!PyArg_ParseTuple(args, "OO!", &capsule, tensor_type, &tensor)) return nullptr;
  return guarded([&]() -> PyObject* { return PyBool_FromLong(belongs_to(impl_of(tensor), level_of(capsule))); });
}
// _batch_at(level, tensor, dim): the entries along `dim`, seen as one.
PyObject* batch_at(PyObject*, PyObject* args) {
  PyObject *capsule, *tensor;
  long long dim;
  if (!PyArg_ParseTuple(args, "OO!L", &capsule, tensor_type, &tensor, &dim)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor value = tensor_of(tensor);
    if (dim != 0) value = call<"movedim.int">(value, static_cast<int64_t>(dim), int64_t{0});
    return wrap(batched(batch_level_of(capsule), value));
  });
}
// _unbatch_at(level, tensor, dim): the whole batch, with its dimension there; called from outside of the level.
PyObject* unbatch_at(PyObject*, PyObject* args) {
  PyObject *capsule, *tensor;
  long long dim;
  if (!PyArg_ParseTuple(args, "OO!L", &capsule, tensor_type, &tensor, &dim)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor whole = whole_batch(batch_level_of(capsule), tensor_of(tensor));
    if (dim != 0) whole = call<"movedim.int">(whole, int64_t{0}, static_cast<int64_t>(dim));
    return wrap(whole);
  });
}
// _wrapped_value(tensor) -> (value, depth or -1, kind) of a tensor inside of a transform, or None.
PyObject* wrapped_value(PyObject*, PyObject* tensor) {
  return guarded([&]() -> PyObject* {
    check(is_tensor(tensor), ErrorKind::Type, "_wrapped_value: expected a tensor");
    if (!is_wrapped(impl_of(tensor))) Py_RETURN_NONE;
    WrappedParts& parts = wrapped_parts(impl_of(tensor));
    int depth = -1;
    const char* kind = "ended";
    for (const Level* l = t_state.level; l; l = l->outer)
      if (l->id == parts.level) {
        depth = l->depth;
        kind = l->kind == Level::Kind::batch ? "batch" : l->kind == Level::Kind::jvp ? "jvp" : "grad";
      }
    return Py_BuildValue("(Nis)", wrap(parts.value), depth, kind);
  });
}

// --- tangents ---
PyObject* open_dual_level(PyObject*, PyObject*) {
  static std::atomic<uint64_t> next{uint64_t{1} << 62};
  uint64_t before = current_dual_level();
  set_dual_level(next++);
  return PyLong_FromUnsignedLongLong(before);
}
PyObject* close_dual_level(PyObject*, PyObject* before) {
  set_dual_level(PyLong_AsUnsignedLongLong(before));
  Py_RETURN_NONE;
}
// Closes the level for a while; gives what _close_dual_level opens it again with.
PyObject* suspend_tangents(PyObject*, PyObject*) {
  const uint64_t before = current_dual_level();
  set_dual_level(0);
  return PyLong_FromUnsignedLongLong(before);
}
// What a custom function asks of its thread, in bits: 1 gradients are recorded, 2 a transform is at work, 4 a level of
// tangents is open.
PyObject* call_state(PyObject*, PyObject*) {
  return PyLong_FromLong((t_state.grad_enabled && !t_state.inference ? 1 : 0) | (t_state.level ? 2 : 0) |
                         (current_dual_level() ? 4 : 0));
}
PyObject* dual_level_open(PyObject*, PyObject*) { return PyBool_FromLong(current_dual_level() != 0); }
PyObject* py_set_tangent(PyObject*, PyObject* args) {
  PyObject *tensor, *tangent;
  if (!PyArg_ParseTuple(args, "O!O", tensor_type, &tensor, &tangent)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(tangent == Py_None || is_tensor(tangent), ErrorKind::Type, "make_dual: a tangent is a tensor, got ",
          Py_TYPE(tangent)->tp_name);
    set_tangent(tensor_of(tensor), tangent == Py_None ? Tensor() : tensor_of(tangent));
    Py_RETURN_NONE;
  });
}
PyObject* py_tangent_of(PyObject*, PyObject* tensor) {
  return guarded([&]() -> PyObject* {
    check(is_tensor(tensor), ErrorKind::Type, "unpack_dual: expected a tensor, got ", Py_TYPE(tensor)->tp_name);
    return wrap(tangent_of(tensor_of(tensor)));
  });
}

PyObject* py_looped_operators(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Object list(PyList_New(0));
    for (const std::string& name : looped_operators()) {
      Object text(PyUnicode_FromString(name.c_str()));
      if (PyList_Append(list.get(), text.get()) < 0) throw PythonError();
    }
    return list.release();
  });
}

PyObject* py_note_loop(PyObject*, PyObject* name) {
  return guarded([&]() -> PyObject* {
    const char* text = PyUnicode_AsUTF8(name);
    if (!text) throw PythonError();
    note_loop(text);
    Py_RETURN_NONE;
  });
}

bool g_warns = true;
PyObject* set_warns_of_loops(PyObject*, PyObject* on) {
  g_warns = PyObject_IsTrue(on) == 1;
  Py_RETURN_NONE;
}
PyObject* warns_of_loops(PyObject*, PyObject*) { return PyBool_FromLong(g_warns); }
void warn(const char* op) {
  WithGil gil;
  if (!g_warns) return;
  if (PyErr_WarnFormat(PyExc_UserWarning, 1,
                       "vmap: there is no batching rule for '%s' yet, so it runs entry by entry, which is slow; the "
                       "results are right",
                       op) < 0)
    throw PythonError();
}

}  // namespace

void init_transforms(PyObject* module) {
  warn_of_loop = warn;
  static PyMethodDef functions[] = {
      {"_make_level", make_level, METH_VARARGS, nullptr},
      {"_push_level", py_push_level, METH_O, nullptr},
      {"_pop_level", py_pop_level, METH_O, nullptr},
      {"_current_level", current_level, METH_NOARGS, nullptr},
      {"_innermost_level", innermost_level, METH_NOARGS, nullptr},
      {"_step_outside", step_outside, METH_NOARGS, nullptr},
      {"_step_back", step_back, METH_O, nullptr},
      {"_suspend_tangents", suspend_tangents, METH_NOARGS, nullptr},
      {"_call_state", call_state, METH_NOARGS, nullptr},
      {"_wrap_at", wrap_at, METH_VARARGS, nullptr},
      {"_unwrap_at", unwrap_at, METH_VARARGS, nullptr},
      {"_view_of", view_of, METH_VARARGS, nullptr},
      {"_is_at", is_at, METH_VARARGS, nullptr},
      {"_batch_at", batch_at, METH_VARARGS, nullptr},
      {"_unbatch_at", unbatch_at, METH_VARARGS, nullptr},
      {"_wrapped_value", wrapped_value, METH_O, nullptr},
      {"_open_dual_level", open_dual_level, METH_NOARGS, nullptr},
      {"_close_dual_level", close_dual_level, METH_O, nullptr},
      {"_dual_level_open", dual_level_open, METH_NOARGS, nullptr},
      {"_set_tangent", py_set_tangent, METH_VARARGS, nullptr},
      {"_tangent_of", py_tangent_of, METH_O, nullptr},
      {"_note_loop", py_note_loop, METH_O, nullptr},
      {"_looped_operators", py_looped_operators, METH_NOARGS,
       "The operators that ran entry by entry under vmap since the start."},
      {"_debug_only_are_vmap_fallback_warnings_enabled", warns_of_loops, METH_NOARGS,
       "Whether the first such call of an operator warns."},
      {"_debug_only_display_vmap_fallback_warnings", set_warns_of_loops, METH_O, "Sets that."},
      {"_set_vmap_fallback_warning_enabled", set_warns_of_loops, METH_O,
       "Whether the first such call of an operator warns."},
      {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
