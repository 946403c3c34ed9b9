// Custom functions written in Python: the context as a node of the tape, and values saved for backward, with the hooks
// that pack them.
//
// Note: the context and its node
//   The context that forward and backward get is the node's Python object, y.grad_fn. Exactly one of the two holds the
//   other. While a graph has the node, the node holds the context, so that Python's collector does not take it for
//   garbage. When the graph lets go, the node's last count becomes the context's: a context that the program kept reads
//   its saved tensors whether or not the results are still there. If what it reads brings the node into a graph again,
//   and the program lets the context go, the count turns around once more.
#include "autograd/hooks.h"
#include "autograd/views.h"
#include "python/nodes.h"

namespace flambeau::python {

namespace {

// The node of an autograd.Function: calls `backward` of its context.
class FunctionNode final : public Node {
 public:
  explicit FunctionNode(std::string name) : name_(std::move(name)) {}
  std::vector<Tensor> apply(std::vector<Tensor> grads) override;
  void release_saved() override {
    if (!Py_IsInitialized()) return;
    WithGil gil;
    if (!python) return;
    Object context = Object::share(static_cast<PyObject*>(python));
    Object r(PyObject_CallMethod(context.get(), "_release_saved", nullptr));
    if (!r) PyErr_Clear();
  }
  std::string name() const override { return name_; }
  size_t arguments = 0;
  bool materialize = true;
  std::vector<bool> is_tensor_argument, is_tensor_result;
  mutable bool owns_context = false;

 protected:
  void destroy() const override;

 private:
  std::string name_;
};

FunctionNode* function_node(PyObject* context) {
  return static_cast<FunctionNode*>(reinterpret_cast<NodeObject*>(context)->node);
}

// As for tensors: Python finalizes an object once only; one that came back has to be finalizable again.
void allow_finalizing_again(PyObject* self) {
  if (!PyObject_IS_GC(self)) return;
  constexpr uintptr_t kFinalized = 1;
  (reinterpret_cast<uintptr_t*>(self) - 2)[1] &= ~kFinalized;
}

void FunctionNode::destroy() const {
  if (!owns_context || !Py_IsInitialized()) return Node::destroy();
  WithGil gil;
  if (!owns_context) return release();  // another thread was faster: the context holds a count of its own
  owns_context = false;
  auto* context = static_cast<PyObject*>(python);
  allow_finalizing_again(context);
  Py_DECREF(context);
}

void context_finalize(PyObject* self) {
  FunctionNode* node = function_node(self);
  if (!node || node->owns_context || node->use_count() <= 1) return;
  Py_INCREF(self);
  node->owns_context = true;
  node->release();
}

std::vector<Tensor> FunctionNode::apply(std::vector<Tensor> grads) {
  WithGil gil;
  static const OpCall zeros("zeros");
  check(python, ErrorKind::Runtime, name_, ": the context of the function was destroyed before its backward");
  Object context = Object::share(static_cast<PyObject*>(python));
  Object tuple(PyTuple_New(static_cast<Py_ssize_t>(outputs.size())));
  for (size_t i = 0; i < outputs.size(); ++i) {
    Tensor g = i < grads.size() ? grads[i] : Tensor();
    if (!g.defined() && materialize && is_tensor_result[i]) {
      const OutputMeta& m = outputs[i];
      g = zeros({m.sizes, m.dtype, Value(), m.device}).tensor();
    }
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), wrap(g));
  }
  Object result(PyObject_CallMethod(context.get(), "_apply_backward", "(O)", tuple.get()));
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

}  // namespace

PyObject* owned_context(Node* node) {
  auto* function = dynamic_cast<FunctionNode*>(node);
  return function && function->owns_context ? static_cast<PyObject*>(function->python) : nullptr;
}

namespace {

bool contains(PyObject* list, PyObject* o) {
  for (Py_ssize_t i = 0; list != Py_None && i < PySequence_Fast_GET_SIZE(list); ++i)
    if (PySequence_Fast_GET_ITEM(list, i) == o) return true;
  return false;
}

// The edge of the node that leads to an argument.
int edge_of(PyObject* arguments, PyObject* o) {
  int edge = 0;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) {
    PyObject* a = PyTuple_GET_ITEM(arguments, i);
    if (a == o) return edge;
    edge += is_tensor(a);
  }
  return -1;
}

// _note_untracked(outputs): of a function that is not on the tape. What it returned as views is not to be changed in
// place by what is on the tape, either.
PyObject* note_untracked(PyObject*, PyObject* outputs) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outputs); ++i) {
    PyObject* o = PyTuple_GET_ITEM(outputs, i);
    if (is_tensor(o) && impl_of(o)->base) impl_of(o)->keys |= key::OfFunction;
  }
  Py_RETURN_NONE;
}

// _attach_function(context, name, arguments, outputs, non_differentiable, dirty, materialize) -> outputs
// Puts the context on the tape as the history of the outputs, where an argument requires a gradient.
PyObject* attach_function(PyObject*, PyObject* args) {
  PyObject *context, *arguments, *outputs, *frozen, *dirty;
  const char* name;
  int materialize;
  if (!PyArg_ParseTuple(args, "O!sO!O!OOp", node_type, &context, &name, &PyTuple_Type, &arguments, &PyTuple_Type,
                        &outputs, &frozen, &dirty, &materialize))
    return nullptr;
  return guarded([&]() -> PyObject* {
    check(!reinterpret_cast<NodeObject*>(context)->node, ErrorKind::Runtime, name,
          ": the context is on the tape already");
    auto node = make<FunctionNode>(name);
    node->materialize = materialize;
    node->arguments = static_cast<size_t>(PyTuple_GET_SIZE(arguments));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) {
      PyObject* a = PyTuple_GET_ITEM(arguments, i);
      node->is_tensor_argument.push_back(is_tensor(a));
      if (!is_tensor(a)) continue;
      Tensor t = tensor_of(a);
      node->next.push_back(t.requires_grad() ? gradient_edge(t) : Edge());
    }
    Py_ssize_t n = PyTuple_GET_SIZE(outputs);
    for (Py_ssize_t i = 0; dirty != Py_None && i < PySequence_Fast_GET_SIZE(dirty); ++i) {
      PyObject* d = PySequence_Fast_GET_ITEM(dirty, i);
      check(is_tensor(d), ErrorKind::Type, name, ": mark_dirty takes tensors, got ", Py_TYPE(d)->tp_name);
      check(contains(outputs, d), ErrorKind::Runtime, name,
            ": Some elements marked as dirty during the forward method were not returned as output. The inputs that "
            "are modified inplace must all be outputs of the Function.");
    }
    Object result(PyTuple_New(n));
    for (Py_ssize_t i = 0; i < n; ++i) {
      auto slot = static_cast<uint32_t>(i);  // every returned value has one, so that backward sees a gradient for each
      PyObject* o = PyTuple_GET_ITEM(outputs, i);
      Object given = Object::share(o);
      node->is_tensor_result.push_back(is_tensor(o));
      if (!is_tensor(o)) {
        node->outputs.push_back({});
        PyTuple_SET_ITEM(result.get(), i, given.release());
        continue;
      }
      Tensor t = tensor_of(o);
      bool is_dirty = contains(dirty, o);
      bool differentiable = is_differentiable(t.dtype()) && !contains(frozen, o);
      if (contains(arguments, o) && !is_dirty) {  // returned as it came: a view of it, which has a history of its own
        TensorImpl* root = t.impl()->base ? t.impl()->base.get() : t.impl();
        t = alias(t, t.layout());
        if (differentiable) t.impl()->base = Ref<TensorImpl>::share(root);
        given = Object(wrap(t));
      }
      node->outputs.push_back({t.layout().sizes, t.dtype(), t.device()});
      if (is_dirty) {
        check_inplace(name, t);
        bump_version(t);
      }
      if (is_dirty && t.impl()->base && differentiable) {
        check(n == 1, ErrorKind::Runtime, name,
              ": If your Function modifies inplace an input that is a view, it has to return that input alone, but it "
              "returned ",
              n, " values");
        rebase_history(t, node, edge_of(arguments, o));
      } else if (differentiable) {
        t.impl()->no_grad_view = false;
        t.impl()->keys &= ~key::RefusesChange;
        if (t.impl()->base) t.impl()->keys |= key::OfFunction;
        set_history(t, node, slot);
      } else if (t.requires_grad()) {  // made with gradients on inside of forward: cut off
        TapeState& state = tape(t);
        state.grad_fn = nullptr;
        state.requires_grad = false;
        t.impl()->keys &= ~key::Autograd;
        t.impl()->base = nullptr;
      }
      PyTuple_SET_ITEM(result.get(), i, given.release());
    }
    node->python = Py_NewRef(context);
    node->owns_context = true;
    reinterpret_cast<NodeObject*>(context)->node = node.get();
    return result.release();
  });
}

// --- saved values of custom functions, and packing hooks ---
struct PythonPackHooks final : SavedTensor::PackHooks {
  PythonPackHooks(PyObject* pack, PyObject* unpack) : pack_(keep(pack)), unpack_(keep(unpack)) {}
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
    check(is_tensor(r.get()), ErrorKind::Type,
          "saved_tensors_hooks: Output of saved tensor unpack_hook expected to be a Tensor but got result of type ",
          Py_TYPE(r.get())->tp_name);
    return tensor_of(r.get());
  }
};
// Why hooks are refused on this thread, if they are (disable_saved_tensors_hooks).
thread_local const std::string* t_hooks_refused = nullptr;

PyObject* push_pack_hooks(PyObject*, PyObject* args) {
  PyObject *pack, *unpack;
  if (!PyArg_ParseTuple(args, "OO", &pack, &unpack)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(!t_hooks_refused, ErrorKind::Runtime, t_hooks_refused ? *t_hooks_refused : "");
    if (!SavedTensor::hooks) SavedTensor::hooks = new std::vector<std::shared_ptr<SavedTensor::PackHooks>>;
    SavedTensor::hooks->push_back(std::make_shared<PythonPackHooks>(pack, unpack));
    Py_RETURN_NONE;
  });
}
PyObject* pop_pack_hooks(PyObject*, PyObject*) {
  if (SavedTensor::hooks && !SavedTensor::hooks->empty()) SavedTensor::hooks->pop_back();
  Py_RETURN_NONE;
}
// _refuse_pack_hooks(message or None) -> the message before
PyObject* refuse_pack_hooks(PyObject*, PyObject* message) {
  return guarded([&]() -> PyObject* {
    const std::string* before = t_hooks_refused;
    check(message == Py_None || !SavedTensor::hooks || SavedTensor::hooks->empty(), ErrorKind::Runtime,
          message == Py_None ? "" : PyUnicode_AsUTF8(message));
    Object was(before ? PyUnicode_FromString(before->c_str()) : Py_NewRef(Py_None));
    t_hooks_refused = message == Py_None ? nullptr : new std::string(PyUnicode_AsUTF8(message));
    delete before;
    return was.release();
  });
}

// A SavedTensor as a Python object: one of a context's own, or one that an operator's node keeps.
struct SavedObject {
  PyObject_HEAD SavedTensor* saved;
  Node* owner;  // counted, of an operator's node; null where the object owns the value
  bool is_result, hooked;
  uint32_t slot;
};
PyTypeObject* saved_type;

PyObject* new_saved(SavedTensor* saved, Node* owner, bool is_result, uint32_t slot) {
  auto* o = reinterpret_cast<SavedObject*>(saved_type->tp_alloc(saved_type, 0));
  if (!o) throw PythonError();
  o->saved = saved;
  o->owner = owner;
  o->is_result = is_result;
  o->slot = slot;
  o->hooked = SavedTensor::hooks && !SavedTensor::hooks->empty() && !owner;
  return reinterpret_cast<PyObject*>(o);
}
void saved_dealloc(PyObject* self) {
  auto* s = reinterpret_cast<SavedObject*>(self);
  PyTypeObject* type = Py_TYPE(self);
  if (s->owner)
    s->owner->release();
  else
    delete s->saved;
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* saved_new(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_RuntimeError,
                  "SavedTensor: Trying to create a SavedTensor object from Python is forbidden; nodes make them");
  return nullptr;
}
PyObject* saved_register_hooks(PyObject* self, PyObject* args) {
  PyObject *pack, *unpack;
  if (!PyArg_ParseTuple(args, "OO", &pack, &unpack)) return nullptr;
  return guarded([&]() -> PyObject* {
    auto* s = reinterpret_cast<SavedObject*>(self);
    check(!s->hooked, ErrorKind::Runtime,
          "register_hooks: Calling register_hooks on a saved tensor whose hooks have already been set is not allowed");
    pack_saved(*s->saved, s->owner ? Ref<Node>::share(s->owner) : Ref<Node>(), s->is_result, s->slot,
               std::make_shared<PythonPackHooks>(pack, unpack));
    s->hooked = true;
    Py_RETURN_NONE;
  });
}
// _save_value(tensor, is_result) -> SavedTensor
PyObject* save_value(PyObject*, PyObject* args) {
  PyObject* tensor;
  int is_result;
  if (!PyArg_ParseTuple(args, "O!p", tensor_type, &tensor, &is_result)) return nullptr;
  return guarded([&]() -> PyObject* {
    Tensor t = tensor_of(tensor);
    uint32_t slot = is_result ? tape(t).output : 0;
    auto saved = std::make_unique<SavedTensor>(t, is_result, slot);
    PyObject* object = new_saved(saved.get(), nullptr, is_result, slot);
    saved.release();
    return object;
  });
}
// _unpack_value(saved, context, name) -> tensor
PyObject* unpack_value(PyObject*, PyObject* args) {
  PyObject *saved, *context;
  const char* name;
  if (!PyArg_ParseTuple(args, "O!O!s", saved_type, &saved, node_type, &context, &name)) return nullptr;
  return guarded([&]() -> PyObject* {
    Ref<Node> owner = Ref<Node>::share(reinterpret_cast<NodeObject*>(context)->node);
    GradMode on(true);  // a context shows its values with their histories, also where nothing is recorded
    return wrap(reinterpret_cast<SavedObject*>(saved)->saved->unpack(name, owner));
  });
}

}  // namespace

PyObject* wrap_saved(SavedTensor* saved, const Ref<Node>& owner, bool is_result, uint32_t slot) {
  owner->retain();
  return new_saved(saved, owner.get(), is_result, slot);
}

PyObject* wrap_node(const Ref<Node>& node) {
  if (!node) Py_RETURN_NONE;
  auto* known = static_cast<PyObject*>(node->python);
  return known ? Py_NewRef(known) : new_node_object(node);
}

void init_function_nodes(PyObject* module) {
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(PyType_GenericNew)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(node_dealloc)},
                         {Py_tp_finalize, reinterpret_cast<void*>(context_finalize)},
                         {}};
  PyType_Spec spec{"torch._C._FunctionBase", sizeof(NodeObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  Object base(PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(node_type)));
  PyModule_AddObjectRef(module, "_FunctionBase", base.get());

  static PyMethodDef saved_methods[] = {
      {"register_hooks", saved_register_hooks, METH_VARARGS,
       "register_hooks(pack, unpack): keep pack(value) in place of the value, and read it through unpack."},
      {}};
  PyType_Slot saved_slots[] = {{Py_tp_new, reinterpret_cast<void*>(saved_new)},
                               {Py_tp_dealloc, reinterpret_cast<void*>(saved_dealloc)},
                               {Py_tp_methods, saved_methods},
                               {}};
  PyType_Spec saved_spec{"torch._C._autograd.SavedTensor", sizeof(SavedObject), 0, Py_TPFLAGS_DEFAULT, saved_slots};
  saved_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&saved_spec));
  PyModule_AddObjectRef(module, "_SavedTensor", reinterpret_cast<PyObject*>(saved_type));

  static PyMethodDef functions[] = {{"_attach_function", attach_function, METH_VARARGS, nullptr},
                                    {"_note_untracked", note_untracked, METH_O, nullptr},
                                    {"_push_pack_hooks", push_pack_hooks, METH_VARARGS, nullptr},
                                    {"_pop_pack_hooks", pop_pack_hooks, METH_NOARGS, nullptr},
                                    {"_refuse_pack_hooks", refuse_pack_hooks, METH_O, nullptr},
                                    {"_save_value", save_value, METH_VARARGS, nullptr},
                                    {"_unpack_value", unpack_value, METH_VARARGS, nullptr},
                                    {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
