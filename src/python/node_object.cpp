// Nodes as Python objects (grad_fn): edges, hooks, and the values that they keep for backward.
#include "python/nodes.h"

#include <map>

#include "autograd/grad.h"

namespace flambeau::python {

PyTypeObject* node_type;

Node* node_of(PyObject* o) {
  Node* node = reinterpret_cast<NodeObject*>(o)->node;
  check(node, ErrorKind::Runtime, Py_TYPE(o)->tp_name,
        ": the function has no node on the tape: no argument of it "
        "required a gradient, or it has not run yet");
  return node;
}

void node_dealloc(PyObject* self) {
  auto* n = reinterpret_cast<NodeObject*>(self);
  PyTypeObject* type = Py_TYPE(self);
  if (Node* node = std::exchange(n->node, nullptr)) {
    if (node->python == self) node->python = nullptr;
    node->release();
  }
  Py_CLEAR(n->dict);
  type->tp_free(self);
  Py_DECREF(type);
}

std::shared_ptr<PyObject> keep(PyObject* object) {
  Py_INCREF(object);
  return std::shared_ptr<PyObject>(object, [](PyObject* o) {
    if (!Py_IsInitialized()) return;
    WithGil gil;
    Py_DECREF(o);
  });
}

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

namespace {

PyObject* node_name(PyObject* self, PyObject*) {
  return guarded([&] { return PyUnicode_FromString(node_of(self)->name().c_str()); });
}
PyObject* node_repr(PyObject* self) {
  Node* node = reinterpret_cast<NodeObject*>(self)->node;
  return PyUnicode_FromFormat("<%s object at %p>", node ? node->name().c_str() : Py_TYPE(self)->tp_name, self);
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
PyObject* node_sequence(PyObject* self, PyObject*) {
  return guarded([&] { return PyLong_FromUnsignedLongLong(node_of(self)->sequence); });
}
PyObject* node_metadata(PyObject* self, void*) {
  auto* n = reinterpret_cast<NodeObject*>(self);
  if (!n->dict) n->dict = PyDict_New();
  return Py_XNewRef(n->dict);
}

// grad_fn(g, ...): the node's gradient alone, without hooks and what comes behind it.
PyObject* node_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded([&]() -> PyObject* {
    Ref<Node> node = Ref<Node>::share(node_of(self));
    check(!kwargs || PyDict_GET_SIZE(kwargs) == 0, ErrorKind::Type, node->name(), ": takes no keyword arguments");
    std::vector<Tensor> grads(std::max<size_t>(node->outputs.size(), 1));
    const auto given = static_cast<size_t>(PyTuple_GET_SIZE(args));
    check(given == grads.size(), ErrorKind::Type, node->name(), ": expected ", grads.size(), " arguments, got ", given,
          " instead");
    tensors_from(args, grads, node->name().c_str());
    std::vector<Tensor> out = node->apply(std::move(grads));
    return out.size() == 1 ? wrap(out[0]) : tuple_of(out).release();
  });
}

PyObject* node_register_hook(PyObject* self, PyObject* callable) {
  return guarded([&] {
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
  });
}
PyObject* node_register_prehook(PyObject* self, PyObject* callable) {
  return guarded([&] {
    int64_t id = next_hook_id();
    node_of(self)->pre_hooks.emplace_back(id, [f = keep(callable)](std::vector<Tensor>& inputs) {
      WithGil gil;
      Object a = tuple_of(inputs);
      Object result(PyObject_CallOneArg(f.get(), a.get()));
      if (!result) throw_python_error();
      if (result.get() != Py_None) tensors_from(result.get(), inputs, "backward pre-hook");
    });
    return PyLong_FromLongLong(id);
  });
}
PyObject* node_remove_hook(PyObject* self, PyObject* id) {
  return guarded([&]() -> PyObject* {
    int64_t i = PyLong_AsLongLong(id);
    auto is_it = [&](auto& hook) { return hook.first == i; };
    std::erase_if(node_of(self)->post_hooks, is_it);
    std::erase_if(node_of(self)->pre_hooks, is_it);
    Py_RETURN_NONE;
  });
}

// --- values kept for backward, under _saved_NAME (unpacked) and _raw_saved_NAME ---

// What an operator's node keeps under a name: an argument's name, or "result", "result0", … for its results.
struct KeptValue {
  std::vector<SavedTensor*> tensors;
  bool list = false;
  int result = -1;               // of the tensor, where it is a result
  const Value* value = nullptr;  // of an argument that is no tensor
};

bool find_kept(OpNode& node, std::string_view name, KeptValue& out) {
  const auto& arguments = node.op.signature.arguments;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name != name) continue;
    if (node.first[i] < 0) {
      out.value = &node.arguments[i];
      return true;
    }
    out.list = arguments[i].list;
    bool any = false;
    for (int k = 0; k < node.counts[i]; ++k) {
      OpNode::Entry& entry = node.entries[node.first[i] + k];
      any |= entry.saved.defined() || node.released;
      out.tensors.push_back(&entry.saved);
    }
    return any;
  }
  for (size_t r = 0; r < node.results.size(); ++r) {
    bool its_name = node.op.signature.returns.size() == 1 ? name == "result" : name == "result" + std::to_string(r);
    if (!its_name || (!node.results[r].defined() && !node.released)) continue;
    out.tensors.push_back(&node.results[r]);
    out.result = static_cast<int>(r);
    return true;
  }
  return false;
}

std::vector<std::string> kept_names(OpNode& node) {
  std::vector<std::string> names;
  for (const Argument& a : node.op.signature.arguments) names.push_back(a.name);
  for (size_t r = 0; r < node.results.size(); ++r)
    names.push_back(node.op.signature.returns.size() == 1 ? "result" : "result" + std::to_string(r));
  std::erase_if(names, [&](const std::string& name) {
    KeptValue kept;
    return !find_kept(node, name, kept);
  });
  return names;
}

PyObject* node_getattr(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  auto* node = dynamic_cast<OpNode*>(reinterpret_cast<NodeObject*>(self)->node);
  const char* text = PyUnicode_AsUTF8(name);
  if (!node || !text) return nullptr;
  std::string_view wanted = text;
  bool raw = wanted.starts_with("_raw_saved_");
  if (!raw && !wanted.starts_with("_saved_")) return nullptr;
  wanted.remove_prefix(raw ? 11 : 7);
  return guarded([&]() -> PyObject* {
    KeptValue kept;
    if (!find_kept(*node, wanted, kept) || (raw && kept.value)) return nullptr;
    PyErr_Clear();
    check(!node->released, ErrorKind::Runtime, node->name(),
          ": Trying to backward through the graph a second time (or directly access saved tensors after they have "
          "already been freed). Specify retain_graph=True to read them after backward.");
    if (kept.value) return to_python(*kept.value);
    Ref<Node> owner = Ref<Node>::share(node);
    auto shown = [&](SavedTensor* saved) -> PyObject* {
      return raw ? wrap_saved(saved, owner, kept.result >= 0, static_cast<uint32_t>(std::max(kept.result, 0)))
                 : wrap(saved->unpack(node->op.signature.name.c_str(), owner));
    };
    if (!kept.list) return shown(kept.tensors[0]);
    Object tuple(PyTuple_New(static_cast<Py_ssize_t>(kept.tensors.size())));
    for (size_t i = 0; i < kept.tensors.size(); ++i)
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), Object::checked(shown(kept.tensors[i])).release());
    return tuple.release();
  });
}

PyObject* node_dir(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    Object names(PyObject_Dir(reinterpret_cast<PyObject*>(Py_TYPE(self))));
    if (!names) throw PythonError();
    if (auto* node = dynamic_cast<OpNode*>(reinterpret_cast<NodeObject*>(self)->node); node && !node->released)
      for (const std::string& name : kept_names(*node))
        for (const char* prefix : {"_saved_", "_raw_saved_"}) {
          Object text(PyUnicode_FromString((prefix + name).c_str()));
          PyList_Append(names.get(), text.get());
        }
    return names.release();
  });
}

// Each kind of node shows as a class of its name: type(y.grad_fn).__name__ == "AddBackward0".
PyObject* node_variable(PyObject* self, void*) {
  return guarded([&]() -> PyObject* {
    if (auto* leaf = dynamic_cast<AccumulateGrad*>(node_of(self))) return wrap(leaf->leaf);
    PyErr_SetString(PyExc_AttributeError, "only AccumulateGrad has a variable");
    return nullptr;
  });
}
PyTypeObject* class_of(const std::string& name) {
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

}  // namespace

PyObject* new_node_object(const Ref<Node>& node) {
  PyTypeObject* type = class_of(node->name());
  auto* o = reinterpret_cast<NodeObject*>(type->tp_alloc(type, 0));
  if (!o) throw PythonError();
  o->node = node.get();
  node->retain();
  node->python = o;
  return reinterpret_cast<PyObject*>(o);
}

void init_nodes(PyObject* module) {
  static PyGetSetDef getset[] = {
      {"next_functions", node_next, nullptr, "The nodes that the gradients go to, each with a slot.", nullptr},
      {"variable", node_variable, nullptr, "The leaf that AccumulateGrad adds to.", nullptr},
      {"metadata", node_metadata, nullptr, "A dictionary for notes on the node.", nullptr},
      {}};
  static PyMethodDef methods[] = {{"name", node_name, METH_NOARGS, "The node's name."},
                                  {"_sequence_nr", node_sequence, METH_NOARGS, nullptr},
                                  {"_register_hook", node_register_hook, METH_O, nullptr},
                                  {"_register_prehook", node_register_prehook, METH_O, nullptr},
                                  {"_remove_hook", node_remove_hook, METH_O, nullptr},
                                  {"__dir__", node_dir, METH_NOARGS, nullptr},
                                  {}};
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(node_dealloc)},
                         {Py_tp_repr, reinterpret_cast<void*>(node_repr)},
                         {Py_tp_call, reinterpret_cast<void*>(node_call)},
                         {Py_tp_getattro, reinterpret_cast<void*>(node_getattr)},
                         {Py_tp_getset, getset},
                         {Py_tp_methods, methods},
                         {}};
  PyType_Spec spec{"torch.autograd.graph.Node", sizeof(NodeObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  node_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  PyModule_AddObjectRef(module, "Node", reinterpret_cast<PyObject*>(node_type));
}

}  // namespace flambeau::python
