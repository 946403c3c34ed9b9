// The tape in Python: backward, grad modes, hooks, node objects, custom functions, and where values were changed.
#include <Python.h>
#include <frameobject.h>

#include <algorithm>

#include "autograd/anomaly.h"
#include "autograd/engine.h"
#include "autograd/grad.h"
#include "autograd/hooks.h"
#include "python/nodes.h"
#include "python/overrides.h"

namespace flambeau::python {

namespace {

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

// Where the gradients of `inputs` arrive. A tensor that is not a leaf gets its own .grad by retaining it from now on.
std::vector<Edge> wanted_edges(PyObject* inputs, bool accumulate) {
  std::vector<Edge> edges;
  auto edge_object = [](PyObject* o) {  // a GradientEdge
    return PyTuple_Check(o) && PyTuple_GET_SIZE(o) >= 2 && PyObject_TypeCheck(PyTuple_GET_ITEM(o, 0), node_type);
  };
  if (PyTuple_Check(inputs) || PyList_Check(inputs)) {
    Py_ssize_t n = PySequence_Fast_GET_SIZE(inputs);
    bool any = false;
    for (Py_ssize_t i = 0; i < n; ++i) any |= edge_object(PySequence_Fast_GET_ITEM(inputs, i));
    if (any) {
      for (Py_ssize_t i = 0; i < n; ++i) {
        PyObject* item = PySequence_Fast_GET_ITEM(inputs, i);
        if (!edge_object(item)) {
          Object one(PyTuple_Pack(1, item));
          for (Edge& e : wanted_edges(one.get(), accumulate)) edges.push_back(std::move(e));
          continue;
        }
        edges.push_back({Ref<Node>::share(node_of(PyTuple_GET_ITEM(item, 0))),
                         static_cast<uint32_t>(int_from(PyTuple_GET_ITEM(item, 1), "inputs: output_nr"))});
      }
      return edges;
    }
  }
  for (const Tensor& t : tensor_list(inputs, "inputs")) {
    check(t.defined() && t.requires_grad(), ErrorKind::Runtime,
          "One of the differentiated Tensors does not require grad");
    if (accumulate && !is_leaf(t)) retain_gradient(t);
    edges.push_back(gradient_edge(t));
  }
  return edges;
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
    options.inputs = wanted_edges(inputs, accumulate);
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
    options.create_graph = truth(given[2]);
    options.retain_graph = given[1] == Py_None ? options.create_graph : truth(given[1]);
    options.inputs = wanted_edges(given[3], true);
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

PyObject* graph_task_id(PyObject*, PyObject*) { return PyLong_FromLongLong(current_pass()); }
PyObject* will_execute(PyObject*, PyObject* node) {
  return guarded([&]() -> PyObject* {
    check(PyObject_TypeCheck(node, node_type), ErrorKind::Type, "_will_engine_execute_node: expected a Node, got ",
          Py_TYPE(node)->tp_name);
    check(current_pass() >= 0, ErrorKind::Runtime,
          "_will_engine_execute_node: may only be called while a backward pass runs");
    return PyBool_FromLong(pass_reaches(*node_of(node)));
  });
}

// --- modes ---
PyObject* is_grad_enabled(PyObject*, PyObject*) { return PyBool_FromLong(t_state.grad_enabled && !t_state.inference); }
PyObject* set_grad_enabled(PyObject*, PyObject* value) {
  return guarded([&]() -> PyObject* {
    t_state.grad_enabled = truth(value);
    Py_RETURN_NONE;
  });
}
PyObject* is_inference_enabled(PyObject*, PyObject*) { return PyBool_FromLong(t_state.inference); }
PyObject* set_inference(PyObject*, PyObject* value) {
  return guarded([&]() -> PyObject* {
    t_state.inference = truth(value);
    Py_RETURN_NONE;
  });
}
PyObject* is_anomaly(PyObject*, PyObject*) { return PyBool_FromLong(t_state.anomaly); }
PyObject* is_anomaly_check_nan(PyObject*, PyObject*) { return PyBool_FromLong(t_anomaly_checks_nan); }
PyObject* set_anomaly(PyObject*, PyObject* args) {
  int on, check_nan;
  if (!PyArg_ParseTuple(args, "pp", &on, &check_nan)) return nullptr;
  t_state.anomaly = on;
  t_anomaly_checks_nan = check_nan;
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

}  // namespace

void init_autograd(PyObject* module) {
  VersionCounter::record_place = record_place;
  VersionCounter::describe_place = describe_place;
  VersionCounter::forget_place = forget_place;
  init_nodes(module);
  init_tensor_hooks(module);
  init_function_nodes(module);
  add_mode<false>(module, "_NoGrad", "torch._C._NoGrad");
  add_mode<true>(module, "_EnableGrad", "torch._C._EnableGrad");
  static PyMethodDef functions[] = {
      {"_backward", backward, METH_VARARGS, nullptr},
      {"_current_graph_task_id", graph_task_id, METH_NOARGS, nullptr},
      {"_will_engine_execute_node", will_execute, METH_O, nullptr},
      {"_queue_callback", queue_python_callback, METH_O, nullptr},
      {"is_grad_enabled", is_grad_enabled, METH_NOARGS, "Whether operators are recorded on this thread."},
      {"_set_grad_enabled", set_grad_enabled, METH_O, nullptr},
      {"is_inference_mode_enabled", is_inference_enabled, METH_NOARGS, "Whether inference mode is on."},
      {"_set_inference", set_inference, METH_O, nullptr},
      {"is_anomaly_enabled", is_anomaly, METH_NOARGS, "Whether anomaly mode is on."},
      {"is_anomaly_check_nan_enabled", is_anomaly_check_nan, METH_NOARGS, "Whether anomaly mode looks for NaN."},
      {"_set_anomaly", set_anomaly, METH_VARARGS, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
  static PyMethodDef backward_method = {
      "backward", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(tensor_backward)),
      METH_FASTCALL | METH_KEYWORDS, "Computes the gradients of the leaves and adds them to their .grad."};
  Object descriptor(PyDescr_NewMethod(tensor_type, &backward_method));
  PyObject_SetAttrString(reinterpret_cast<PyObject*>(tensor_type), "backward", descriptor.get());
}

}  // namespace flambeau::python
