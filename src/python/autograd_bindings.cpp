// The tape in Python: backward, grad modes, hooks, node objects, custom functions, and where values were changed.
#include <Python.h>
#include <frameobject.h>

#include <algorithm>
#include <map>

#include "autograd/grad.h"
#include "python/object.h"
#include "python/overrides.h"

namespace flambeau::python {

namespace {

// --- node objects: grad_fn ---
struct NodeObject {
  PyObject_HEAD Node* node;  // counted
  PyObject* dict;
};
PyTypeObject* node_type;
Node* node_of(PyObject* o) { return reinterpret_cast<NodeObject*>(o)->node; }

void node_dealloc(PyObject* self) {
  auto* n = reinterpret_cast<NodeObject*>(self);
  if (n->node->python == self) n->node->python = nullptr;
  n->node->release();
  Py_CLEAR(n->dict);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* node_name(PyObject* self, PyObject*) { return PyUnicode_FromString(node_of(self)->name().c_str()); }
PyObject* node_repr(PyObject* self) {
  return PyUnicode_FromFormat("<%s object at %p>", node_of(self)->name().c_str(), node_of(self));
}
PyObject* node_next(PyObject* self, void*) {
  return guarded([&]() -> PyObject* {
    const auto& next = node_of(self)->next;
    Object tuple(PyTuple_New(static_cast<Py_ssize_t>(next.size())));
    for (size_t i = 0; i < next.size(); ++i)
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i),
                       Py_BuildValue("(NI)", wrap_node(next[i].node), next[i].input));
    return tuple.release();
  });
}
PyObject* node_variable(PyObject* self, void*) {
  if (auto* leaf = dynamic_cast<AccumulateGrad*>(node_of(self))) return wrap(leaf->leaf);
  PyErr_SetString(PyExc_AttributeError, "only AccumulateGrad has a variable");
  return nullptr;
}
PyObject* node_sequence(PyObject* self, PyObject*) { return PyLong_FromUnsignedLongLong(node_of(self)->sequence); }
PyObject* node_metadata(PyObject* self, void*) {
  auto* n = reinterpret_cast<NodeObject*>(self);
  if (!n->dict) n->dict = PyDict_New();
  return Py_NewRef(n->dict);
}
PyObject* node_type_name(PyObject* self, void*) { return PyUnicode_FromString(node_of(self)->name().c_str()); }

// Converting tensor lists for hooks: undefined shows as None.
Object tuple_of(const std::vector<Tensor>& tensors) {
  Object tuple(PyTuple_New(static_cast<Py_ssize_t>(tensors.size())));
  for (size_t i = 0; i < tensors.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), wrap(tensors[i]));
  return tuple;
}
void tensors_from(PyObject* result, std::vector<Tensor>& out, const char* what) {
  auto one = [&](PyObject* o) -> Tensor {
    if (o == Py_None) return {};
    check(is_tensor(o), ErrorKind::Type, what, ": expected Tensor or None, got ", Py_TYPE(o)->tp_name);
    return tensor_of(o);
  };
  if (PyTuple_Check(result) || PyList_Check(result)) {
    check(static_cast<size_t>(PySequence_Fast_GET_SIZE(result)) == out.size(), ErrorKind::Runtime, what,
          ": has returned an incorrect number of values (got ", PySequence_Fast_GET_SIZE(result), ", but expected ",
          out.size(), ")");
    for (size_t i = 0; i < out.size(); ++i) out[i] = one(PySequence_Fast_GET_ITEM(result, static_cast<Py_ssize_t>(i)));
  } else {
    check(out.size() == 1, ErrorKind::Runtime, what, ": has to return ", out.size(), " values, got one");
    out[0] = one(result);
  }
}

// A Python callable kept by C++; released with the interpreter's lock.
std::shared_ptr<PyObject> keep(PyObject* callable) {
  Py_INCREF(callable);
  return std::shared_ptr<PyObject>(callable, [](PyObject* o) {
    if (!Py_IsInitialized()) return;
    WithGil gil;
    Py_DECREF(o);
  });
}

TensorHook tensor_hook(PyObject* callable) {
  return [f = keep(callable)](const Tensor& g) -> Tensor {
    WithGil gil;
    Object grad(wrap(g));
    Object result(PyObject_CallOneArg(f.get(), grad.get()));
    if (!result) throw_python_error();
    if (result.get() == Py_None) return {};
    check(is_tensor(result.get()), ErrorKind::Type, "register_hook: a hook has to return None or a Tensor, not ",
          Py_TYPE(result.get())->tp_name);
    return tensor_of(result.get());
  };
}

PyObject* node_register_hook(PyObject* self, PyObject* callable) {
  int64_t id = next_hook_id();
  node_of(self)->post_hooks.emplace_back(
      id, [f = keep(callable)](std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs) {
        WithGil gil;
        Object a = tuple_of(outputs), b = tuple_of(inputs);
        Object result(PyObject_CallFunctionObjArgs(f.get(), a.get(), b.get(), nullptr));
        if (!result) throw_python_error();
        if (result.get() != Py_None) tensors_from(result.get(), outputs, "backward hook");
      });
  return PyLong_FromLongLong(id);
}
PyObject* node_register_prehook(PyObject* self, PyObject* callable) {
  int64_t id = next_hook_id();
  node_of(self)->pre_hooks.emplace_back(id, [f = keep(callable)](std::vector<Tensor>& inputs) {
    WithGil gil;
    Object a = tuple_of(inputs);
    Object result(PyObject_CallOneArg(f.get(), a.get()));
    if (!result) throw_python_error();
    if (result.get() != Py_None) tensors_from(result.get(), inputs, "backward pre-hook");
  });
  return PyLong_FromLongLong(id);
}
template <class List>
void erase_hook(List& hooks, int64_t id) {
  std::erase_if(hooks, [&](auto& h) { return std::get<int64_t>(h) == id; });
}
PyObject* node_remove_hook(PyObject* self, PyObject* id) {
  int64_t i = PyLong_AsLongLong(id);
  erase_hook(node_of(self)->post_hooks, i);
  erase_hook(node_of(self)->pre_hooks, i);
  Py_RETURN_NONE;
}

// --- hooks of tensors ---
PyObject* add_tensor_hook(PyObject*, PyObject* args) {
  PyObject *tensor, *callable;
  if (!PyArg_ParseTuple(args, "O!O", tensor_type, &tensor, &callable)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor t = tensor_of(tensor);
    check(t.requires_grad(), ErrorKind::Runtime,
          "register_hook: cannot register a hook on a tensor that doesn't require gradient");
    int64_t id = next_hook_id();
    if (auto node = grad_fn(t))
      node->tensor_hooks.emplace_back(tape(t).output, id, tensor_hook(callable));
    else
      tape(t).leaf_hooks.emplace_back(id, tensor_hook(callable));
    return PyLong_FromLongLong(id);
  });
}
PyObject* remove_tensor_hook(PyObject*, PyObject* args) {
  PyObject* tensor;
  long long id;
  if (!PyArg_ParseTuple(args, "O!L", tensor_type, &tensor, &id)) return nullptr;
  Tensor t = tensor_of(tensor);
  if (TapeState* s = tape_or_null(t)) {
    erase_hook(s->leaf_hooks, id);
    erase_hook(s->accumulated_hooks, id);
    if (s->grad_fn) erase_hook(s->grad_fn->tensor_hooks, id);
  }
  Py_RETURN_NONE;
}
PyObject* add_accumulated_hook(PyObject*, PyObject* args) {
  PyObject *tensor, *callable;
  if (!PyArg_ParseTuple(args, "O!O", tensor_type, &tensor, &callable)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor t = tensor_of(tensor);
    check(t.requires_grad() && is_leaf(t), ErrorKind::Runtime,
          "register_post_accumulate_grad_hook: can only be registered on leaf tensors that require gradient");
    int64_t id = next_hook_id();
    tape(t).accumulated_hooks.emplace_back(id, [f = keep(callable)](const Tensor& leaf) {
      WithGil gil;
      Object o(wrap(leaf));
      Object r(PyObject_CallOneArg(f.get(), o.get()));
      if (!r) throw_python_error();
    });
    return PyLong_FromLongLong(id);
  });
}
PyObject* retain_grad(PyObject*, PyObject* tensor) {
  return guarded([&]() -> PyObject* {
    check(is_tensor(tensor), ErrorKind::Type, "retain_grad: expected a Tensor, got ", Py_TYPE(tensor)->tp_name);
    Tensor t = tensor_of(tensor);
    check(t.requires_grad(), ErrorKind::Runtime,
          "retain_grad: can't retain_grad on Tensor that has requires_grad=False");
    auto node = grad_fn(t);
    if (!node || tape(t).retains_grad) Py_RETURN_NONE;
    tape(t).retains_grad = true;
    Object ref(PyWeakref_NewRef(tensor, nullptr));
    node->tensor_hooks.emplace_back(tape(t).output, next_hook_id(), [r = keep(ref.get())](const Tensor& g) -> Tensor {
      WithGil gil;
      PyObject* target = PyWeakref_GetObject(r.get());
      if (target == Py_None) return {};
      Tensor owner = tensor_of(target);
      TapeState& s = tape(owner);
      if (!s.grad.defined())
        s.grad = t_state.grad_enabled ? g : detach(g);
      else {
        static const OpCall add("add.Tensor");
        s.grad = add({s.grad, g}).tensor();
      }
      return {};
    });
    Py_RETURN_NONE;
  });
}

// --- backward ---
std::vector<Tensor> tensor_list(PyObject* o, const char* what) {
  std::vector<Tensor> out;
  if (o == Py_None) return out;
  if (is_tensor(o)) return {tensor_of(o)};
  check(PyTuple_Check(o) || PyList_Check(o), ErrorKind::Type, what, " have to be a Tensor or a tuple of Tensors, got ",
        Py_TYPE(o)->tp_name);
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(o, i);
    check(item == Py_None || is_tensor(item), ErrorKind::Type, what, ": item ", i, " has to be a Tensor or None, got ",
          Py_TYPE(item)->tp_name);
    out.push_back(item == Py_None ? Tensor() : tensor_of(item));
  }
  return out;
}

// _backward(tensors, grads, retain_graph, create_graph, inputs or None, allow_unused, accumulate)
PyObject* backward(PyObject*, PyObject* args) {
  PyObject *roots, *grads, *inputs;
  int retain, create, allow_unused, accumulate;
  if (!PyArg_ParseTuple(args, "OOppOpp", &roots, &grads, &retain, &create, &inputs, &allow_unused, &accumulate))
    return nullptr;
  return guarded([&]() -> PyObject* {
    BackwardOptions options;
    options.retain_graph = retain;
    options.create_graph = create;
    options.accumulate = accumulate;
    options.allow_unused = allow_unused;
    for (const Tensor& t : tensor_list(inputs, "inputs")) {
      check(t.defined() && t.requires_grad(), ErrorKind::Runtime,
            "One of the differentiated Tensors does not require grad");
      options.inputs.push_back(gradient_edge(t));
    }
    auto out = run_backward(tensor_list(roots, "tensors"), tensor_list(grads, "gradients"), options);
    if (accumulate) Py_RETURN_NONE;
    for (size_t i = 0; i < out.size(); ++i)
      check(out[i].defined() || allow_unused, ErrorKind::Runtime,
            "One of the differentiated Tensors appears to not have been used in the graph. Set ",
            "allow_unused=True if this is the desired behavior.");
    return tuple_of(out).release();
  });
}

// Tensor.backward() of a scalar, without a way through Python.
PyObject* tensor_backward(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  return guarded([&]() -> PyObject* {
    static const char* keywords[] = {"gradient", "retain_graph", "create_graph", "inputs"};
    PyObject* given[4] = {Py_None, Py_None, Py_False, Py_None};
    check(n <= 4, ErrorKind::Type, "backward() takes at most 4 arguments, got ", n);
    for (Py_ssize_t i = 0; i < n; ++i) given[i] = args[i];
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k) {
      bool found = false;
      for (int j = 0; j < 4; ++j)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, k), keywords[j]) == 0) {
          given[j] = args[n + k];
          found = true;
        }
      check(found, ErrorKind::Type, "backward() got an unexpected keyword argument '",
            PyUnicode_AsUTF8(PyTuple_GET_ITEM(kwnames, k)), "'");
    }
    if (!plain_call(self)) {
      Object shown = Object::checked(PyTuple_New(4));
      for (int j = 0; j < 4; ++j) PyTuple_SET_ITEM(shown.get(), j, PyUnicode_InternFromString(keywords[j]));
      if (PyObject * r; method_overridden("backward", self, given, 0, shown.get(), r)) return r;
    }
    BackwardOptions options;
    options.create_graph = PyObject_IsTrue(given[2]);
    options.retain_graph = given[1] == Py_None ? options.create_graph : PyObject_IsTrue(given[1]);
    for (const Tensor& t : tensor_list(given[3], "inputs")) options.inputs.push_back(gradient_edge(t));
    check(given[3] == Py_None || !options.inputs.empty(), ErrorKind::Runtime,
          "backward: inputs argument cannot be empty");
    check(given[0] == Py_None || is_tensor(given[0]), ErrorKind::Type,
          "backward: gradient has to be a Tensor or None, not ", Py_TYPE(given[0])->tp_name);
    run_backward({tensor_of(self)}, {given[0] == Py_None ? Tensor() : tensor_of(given[0])}, options);
    Py_RETURN_NONE;
  });
}

PyObject* queue_python_callback(PyObject*, PyObject* callable) {
  return guarded([&]() -> PyObject* {
    queue_callback([f = keep(callable)] {
      WithGil gil;
      Object r(PyObject_CallNoArgs(f.get()));
      if (!r) throw_python_error();
    });
    Py_RETURN_NONE;
  });
}

// --- modes ---
PyObject* is_grad_enabled(PyObject*, PyObject*) { return PyBool_FromLong(t_state.grad_enabled && !t_state.inference); }
PyObject* set_grad_enabled(PyObject*, PyObject* value) {
  t_state.grad_enabled = PyObject_IsTrue(value) == 1;
  Py_RETURN_NONE;
}
PyObject* is_inference_enabled(PyObject*, PyObject*) { return PyBool_FromLong(t_state.inference); }
PyObject* set_inference(PyObject*, PyObject* value) {
  t_state.inference = PyObject_IsTrue(value) == 1;
  Py_RETURN_NONE;
}
PyObject* is_anomaly(PyObject*, PyObject*) { return PyBool_FromLong(t_state.anomaly); }
PyObject* set_anomaly(PyObject*, PyObject* value) {
  t_state.anomaly = PyObject_IsTrue(value) == 1;
  Py_RETURN_NONE;
}

// no_grad, enable_grad: the context itself in C, entered in every evaluation loop.
struct ModeObject {
  PyObject_HEAD PyObject* dict;
  bool value, before;
};
template <bool Value>
PyObject* mode_enter(PyObject* self, PyObject*) {
  auto* m = reinterpret_cast<ModeObject*>(self);
  m->before = t_state.grad_enabled;
  t_state.grad_enabled = Value;
  Py_RETURN_NONE;
}
PyObject* mode_exit(PyObject* self, PyObject* const*, Py_ssize_t) {
  t_state.grad_enabled = reinterpret_cast<ModeObject*>(self)->before;
  Py_RETURN_NONE;
}
template <bool Value>
void add_mode(PyObject* module, const char* name, const char* full) {
  static PyMethodDef methods[] = {
      {"__enter__", mode_enter<Value>, METH_NOARGS, nullptr},
      {"__exit__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(mode_exit)), METH_FASTCALL, nullptr},
      {}};
  static PyType_Slot slots[] = {{Py_tp_methods, methods}, {}};
  PyType_Spec spec{full, sizeof(ModeObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyModule_AddObjectRef(module, name, PyType_FromSpec(&spec));
}

// --- custom functions ---
// The node of an autograd.Function: calls `backward` of its context, the Python object made by forward.
class PythonNode final : public Node {
 public:
  PythonNode(PyObject* context, std::string name) : context_(keep(context)), name_(std::move(name)) {}
  std::vector<Tensor> apply(std::vector<Tensor> grads) override {
    WithGil gil;
    static const OpCall zeros("zeros");
    Object tuple(PyTuple_New(static_cast<Py_ssize_t>(outputs.size())));
    for (size_t i = 0; i < outputs.size(); ++i) {
      Tensor g = i < grads.size() ? grads[i] : Tensor();
      if (!g.defined() && materialize && differentiable[i]) {
        const OutputMeta& m = outputs[i];
        g = zeros({m.sizes, m.dtype, Value(), m.device}).tensor();
      }
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), wrap(g));
    }
    Object result(PyObject_CallMethod(context_.get(), "_apply_backward", "(O)", tuple.get()));
    if (!result) throw_python_error();
    // One value for each argument of forward; those that were not tensors are None.
    std::vector<Tensor> all(arguments, Tensor());
    if (PyTuple_Check(result.get()) && static_cast<size_t>(PyTuple_GET_SIZE(result.get())) > arguments) {
      for (Py_ssize_t i = static_cast<Py_ssize_t>(arguments); i < PyTuple_GET_SIZE(result.get()); ++i)
        check(PyTuple_GET_ITEM(result.get(), i) == Py_None, ErrorKind::Runtime, "function ", name_,
              " returned an incorrect number of gradients (expected ", arguments, ", got ",
              PyTuple_GET_SIZE(result.get()), ")");
      result = Object(PyTuple_GetSlice(result.get(), 0, static_cast<Py_ssize_t>(arguments)));
    }
    check(!PyTuple_Check(result.get()) || static_cast<size_t>(PyTuple_GET_SIZE(result.get())) == arguments,
          ErrorKind::Runtime, "function ", name_, " returned an incorrect number of gradients (expected ", arguments,
          ", got ", PyTuple_Check(result.get()) ? PyTuple_GET_SIZE(result.get()) : 1, ")");
    if (result.get() != Py_None || arguments != 1) tensors_from(result.get(), all, name_.c_str());
    std::vector<Tensor> out;
    for (size_t i = 0; i < arguments; ++i)
      if (is_tensor_argument[i]) out.push_back(all[i]);
    return out;
  }
  void release_saved() override {
    WithGil gil;
    Object r(PyObject_CallMethod(context_.get(), "_release_saved", nullptr));
    PyErr_Clear();
  }
  std::string name() const override { return name_; }
  size_t arguments = 0;
  bool materialize = true;
  std::vector<bool> is_tensor_argument, differentiable;

 private:
  std::shared_ptr<PyObject> context_;
  std::string name_;
};

// _attach_function(context, name, arguments, outputs, non_differentiable ids, dirty ids, materialize) -> outputs
PyObject* attach_function(PyObject*, PyObject* args) {
  PyObject *context, *arguments, *outputs, *frozen, *dirty;
  const char* name;
  int materialize;
  if (!PyArg_ParseTuple(args, "OsO!O!OOp", &context, &name, &PyTuple_Type, &arguments, &PyTuple_Type, &outputs, &frozen,
                        &dirty, &materialize))
    return nullptr;
  return guarded([&]() -> PyObject* {
    auto node = make<PythonNode>(context, name);
    node->materialize = materialize;
    node->arguments = static_cast<size_t>(PyTuple_GET_SIZE(arguments));
    bool any = false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) {
      PyObject* a = PyTuple_GET_ITEM(arguments, i);
      node->is_tensor_argument.push_back(is_tensor(a));
      if (!is_tensor(a)) continue;
      Tensor t = tensor_of(a);
      any |= t.requires_grad();
      node->next.push_back(t.requires_grad() ? gradient_edge(t) : Edge());
    }
    auto contains = [](PyObject* list, PyObject* o) {
      for (Py_ssize_t i = 0; list != Py_None && i < PySequence_Fast_GET_SIZE(list); ++i)
        if (PySequence_Fast_GET_ITEM(list, i) == o) return true;
      return false;
    };
    Py_ssize_t n = PyTuple_GET_SIZE(outputs);
    Object result(PyTuple_New(n));
    uint32_t slot = 0;
    for (Py_ssize_t i = 0; i < n; ++i) {
      PyObject* o = PyTuple_GET_ITEM(outputs, i);
      Object given = Object::share(o);
      if (!is_tensor(o)) {
        // Every returned value has a slot, so that backward sees one gradient for each.
        node->outputs.push_back({});
        node->differentiable.push_back(false);
        ++slot;
        PyTuple_SET_ITEM(result.get(), i, given.release());
        continue;
      }
      Tensor t = tensor_of(o);
      bool is_input = contains(arguments, o);
      bool is_dirty = contains(dirty, o);
      bool differentiable = is_differentiable(t.dtype()) && !contains(frozen, o);
      if (is_input && !is_dirty) {  // returned as it came: a view of its own, so that the argument keeps its history
        t = alias(t, t.layout());
        given = Object(wrap(t));
      }
      if (is_dirty) bump_version(t);
      node->outputs.push_back({t.layout().sizes, t.dtype(), t.device()});
      node->differentiable.push_back(differentiable);
      if (any && differentiable) {
        check(!(is_dirty && is_leaf(t) && t.requires_grad()), ErrorKind::Runtime, name,
              ": a leaf Variable that requires grad is being used in an in-place operation.");
        set_history(t, node, slot);
      }
      ++slot;
      PyTuple_SET_ITEM(result.get(), i, given.release());
    }
    Object fn(any ? wrap_node(node) : Py_NewRef(Py_None));
    return Py_BuildValue("(OO)", result.get(), fn.get());
  });
}

// --- saved values of custom functions, and packing hooks ---
struct PythonPackHooks final : SavedTensor::PackHooks {
  std::shared_ptr<PyObject> pack_, unpack_;
  std::shared_ptr<void> pack(const Tensor& t) override {
    WithGil gil;
    Object o(wrap(t));
    Object r(PyObject_CallOneArg(pack_.get(), o.get()));
    if (!r) throw_python_error();
    return keep(r.get());
  }
  Tensor unpack(const std::shared_ptr<void>& packed) override {
    WithGil gil;
    Object r(PyObject_CallOneArg(unpack_.get(), static_cast<PyObject*>(packed.get())));
    if (!r) throw_python_error();
    check(is_tensor(r.get()), ErrorKind::Type, "saved_tensors_hooks: unpack has to return a Tensor, got ",
          Py_TYPE(r.get())->tp_name);
    return tensor_of(r.get());
  }
};
PyObject* push_pack_hooks(PyObject*, PyObject* args) {
  PyObject *pack, *unpack;
  if (!PyArg_ParseTuple(args, "OO", &pack, &unpack)) return nullptr;
  auto hooks = std::make_shared<PythonPackHooks>();
  hooks->pack_ = keep(pack);
  hooks->unpack_ = keep(unpack);
  if (!SavedTensor::hooks) SavedTensor::hooks = new std::vector<std::shared_ptr<SavedTensor::PackHooks>>;
  SavedTensor::hooks->push_back(hooks);
  Py_RETURN_NONE;
}
PyObject* pop_pack_hooks(PyObject*, PyObject*) {
  if (SavedTensor::hooks && !SavedTensor::hooks->empty()) SavedTensor::hooks->pop_back();
  Py_RETURN_NONE;
}

// A SavedTensor as a Python object, for save_for_backward.
void saved_free(PyObject* capsule) { delete static_cast<SavedTensor*>(PyCapsule_GetPointer(capsule, "saved")); }
PyObject* save_value(PyObject*, PyObject* args) {
  PyObject* tensor;
  int is_result;
  if (!PyArg_ParseTuple(args, "O!p", tensor_type, &tensor, &is_result)) return nullptr;
  return guarded(
      [&]() -> PyObject* { return PyCapsule_New(new SavedTensor(tensor_of(tensor), is_result), "saved", saved_free); });
}
PyObject* unpack_value(PyObject*, PyObject* args) {
  PyObject *capsule, *fn;
  const char* name;
  if (!PyArg_ParseTuple(args, "OOs", &capsule, &fn, &name)) return nullptr;
  return guarded([&]() -> PyObject* {
    auto* saved = static_cast<SavedTensor*>(PyCapsule_GetPointer(capsule, "saved"));
    if (!saved) throw PythonError();
    Ref<Node> owner = fn == Py_None ? Ref<Node>() : Ref<Node>::share(node_of(fn));
    return wrap(saved->unpack(name, owner));
  });
}

// --- where a saved value was last changed ---
void record_place(VersionCounter& v) {
  if (!PyGILState_Check()) return;
  PyFrameObject* frame = PyEval_GetFrame();
  if (!frame) return;
  PyCodeObject* code = PyFrame_GetCode(frame);
  if (v.place) Py_DECREF(static_cast<PyObject*>(v.place));
  v.place = code;
  v.instruction = PyFrame_GetLasti(frame);
}
std::string describe_place(const VersionCounter& v) {
  WithGil gil;
  auto* code = static_cast<PyCodeObject*>(v.place);
  int line = PyCode_Addr2Line(code, v.instruction);
  const char* file = PyUnicode_AsUTF8(code->co_filename);
  return " Last changed in " + std::string(file ? file : "?") + ", line " + std::to_string(line) + ".";
}
void forget_place(VersionCounter& v) {
  if (!Py_IsInitialized()) return;
  WithGil gil;
  Py_DECREF(static_cast<PyObject*>(v.place));
}

PyObject* set_history_edge(PyObject*, PyObject* args) {
  PyObject *tensor, *fn;
  if (!PyArg_ParseTuple(args, "O!O", tensor_type, &tensor, &fn)) return nullptr;
  return guarded([&]() -> PyObject* {
    set_history(tensor_of(tensor), Ref<Node>::share(node_of(fn)), 0);
    Py_RETURN_NONE;
  });
}

// A custom function's context knows its node by address: the node owns the context, so it outlives every use of it.
PyObject* weak_node(PyObject*, PyObject* fn) {
  return fn == Py_None ? Py_NewRef(Py_None) : PyLong_FromVoidPtr(node_of(fn));
}
PyObject* strong_node(PyObject*, PyObject* address) {
  return wrap_node(Ref<Node>::share(static_cast<Node*>(PyLong_AsVoidPtr(address))));
}

}  // namespace

// Each kind of node shows as a class of its name: type(y.grad_fn).__name__ == "AddBackward0".
static PyTypeObject* class_of(const std::string& name) {
  static std::map<std::string, PyTypeObject*> classes;
  PyTypeObject*& type = classes[name];
  if (!type) {
    PyType_Slot slots[] = {{}};
    char* full = strdup(("torch.autograd.graph." + name).c_str());
    PyType_Spec spec{full, sizeof(NodeObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    type = reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(node_type)));
  }
  return type;
}

PyObject* wrap_node(const Ref<Node>& node) {
  if (!node) Py_RETURN_NONE;
  if (node->python) return Py_NewRef(static_cast<PyObject*>(node->python));
  PyTypeObject* type = class_of(node->name());
  auto* o = reinterpret_cast<NodeObject*>(type->tp_alloc(type, 0));
  o->node = node.get();
  node->retain();
  node->python = o;
  return reinterpret_cast<PyObject*>(o);
}

void init_autograd(PyObject* module) {
  VersionCounter::record_place = record_place;
  VersionCounter::describe_place = describe_place;
  VersionCounter::forget_place = forget_place;
  static PyGetSetDef getset[] = {
      {"next_functions", node_next, nullptr, "The nodes that the gradients go to, each with a slot.", nullptr},
      {"variable", node_variable, nullptr, "The leaf that AccumulateGrad adds to.", nullptr},
      {"metadata", node_metadata, nullptr, "A dictionary for notes on the node.", nullptr},
      {"_name", node_type_name, nullptr, nullptr, nullptr},
      {}};
  static PyMethodDef methods[] = {{"name", node_name, METH_NOARGS, "The node's name."},
                                  {"_sequence_nr", node_sequence, METH_NOARGS, nullptr},
                                  {"_register_hook", node_register_hook, METH_O, nullptr},
                                  {"_register_prehook", node_register_prehook, METH_O, nullptr},
                                  {"_remove_hook", node_remove_hook, METH_O, nullptr},
                                  {}};
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(node_dealloc)},
                         {Py_tp_repr, reinterpret_cast<void*>(node_repr)},
                         {Py_tp_getset, getset},
                         {Py_tp_methods, methods},
                         {}};
  PyType_Spec spec{"torch.autograd.graph.Node", sizeof(NodeObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  node_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  PyModule_AddObjectRef(module, "Node", reinterpret_cast<PyObject*>(node_type));
  add_mode<false>(module, "_NoGrad", "torch._C._NoGrad");
  add_mode<true>(module, "_EnableGrad", "torch._C._EnableGrad");
  static PyMethodDef functions[] = {
      {"_backward", backward, METH_VARARGS, nullptr},
      {"_queue_callback", queue_python_callback, METH_O, nullptr},
      {"_add_tensor_hook", add_tensor_hook, METH_VARARGS, nullptr},
      {"_remove_tensor_hook", remove_tensor_hook, METH_VARARGS, nullptr},
      {"_add_accumulated_hook", add_accumulated_hook, METH_VARARGS, nullptr},
      {"_retain_grad", retain_grad, METH_O, nullptr},
      {"is_grad_enabled", is_grad_enabled, METH_NOARGS, "Whether operators are recorded on this thread."},
      {"_set_grad_enabled", set_grad_enabled, METH_O, nullptr},
      {"is_inference_mode_enabled", is_inference_enabled, METH_NOARGS, "Whether inference mode is on."},
      {"_set_inference", set_inference, METH_O, nullptr},
      {"is_anomaly_enabled", is_anomaly, METH_NOARGS, "Whether anomaly mode is on."},
      {"_set_anomaly", set_anomaly, METH_O, nullptr},
      {"_attach_function", attach_function, METH_VARARGS, nullptr},
      {"_push_pack_hooks", push_pack_hooks, METH_VARARGS, nullptr},
      {"_pop_pack_hooks", pop_pack_hooks, METH_NOARGS, nullptr},
      {"_save_value", save_value, METH_VARARGS, nullptr},
      {"_unpack_value", unpack_value, METH_VARARGS, nullptr},
      {"_weak_node", weak_node, METH_O, nullptr},
      {"_strong_node", strong_node, METH_O, nullptr},
      {"_set_history", set_history_edge, METH_VARARGS, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
  static PyMethodDef backward_method = {
      "backward", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(tensor_backward)),
      METH_FASTCALL | METH_KEYWORDS, "Computes the gradients of the leaves and adds them to their .grad."};
  Object descriptor(PyDescr_NewMethod(tensor_type, &backward_method));
  PyObject_SetAttrString(reinterpret_cast<PyObject*>(tensor_type), "backward", descriptor.get());
}

}  // namespace flambeau::python
