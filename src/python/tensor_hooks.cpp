// The hooks of tensors: dictionaries by id, which the programs see as _backward_hooks and _post_accumulate_grad_hooks,
// and the retained gradients of non-leaves.
//
// Note: who owns a table of hooks
//   A leaf's dictionaries belong to its tape state, a non-leaf's to the node that made the value: a change in place
//   leaves them with the former value. Where the tensor's Python object is the only way to them, Python's collector
//   sees through the tensor into the dictionary, so that a hook that refers to its own tensor is garbage with it.
#include <algorithm>

#include "autograd/hooks.h"
#include "python/nodes.h"

namespace flambeau::python {

namespace {

std::string name_of(PyObject* callable) {
  Object name(PyObject_GetAttrString(callable, "__name__"));
  const char* text = name && PyUnicode_Check(name.get()) ? PyUnicode_AsUTF8(name.get()) : nullptr;
  PyErr_Clear();
  return text ? text : Py_TYPE(callable)->tp_name;
}

// A dictionary of hooks among those of a tape state or a node. `call` is a copyable function: the core's std::function
// holds one, and hooks_in finds it there again.
class HookDictionary {
 public:
  explicit HookDictionary(PyObject* dict) : dict_(keep(dict)) {}
  PyObject* dict() const { return dict_.get(); }
  bool sole() const { return dict_.use_count() == 1; }

 protected:
  Object values() const { return Object::checked(PyMapping_Values(dict())); }  // one may take itself away

 private:
  std::shared_ptr<PyObject> dict_;
};

Tensor checked_gradient(PyObject* hook, PyObject* result, const Tensor& g) {
  check(is_tensor(result), ErrorKind::Type, "register_hook: a hook has to return None or a Tensor, not ",
        Py_TYPE(result)->tp_name);
  Tensor changed = tensor_of(result);
  if (!g.defined()) return changed;
  check(changed.dtype() == g.dtype(), ErrorKind::Runtime, "register_hook: hook '", name_of(hook),
        "' has changed the type of value (was ", name(g.dtype()), " got ", name(changed.dtype()), ")");
  check(std::ranges::equal(changed.sizes(), g.sizes()), ErrorKind::Runtime, "register_hook: hook '", name_of(hook),
        "' has changed the size of value (was ", list_text(g.sizes()), " got ", list_text(changed.sizes()), ")");
  check(changed.device() == g.device(), ErrorKind::Runtime, "register_hook: hook '", name_of(hook),
        "' has changed the device of value (was ", to_string(g.device()), " got ", to_string(changed.device()), ")");
  return changed;
}

struct GradientHooks : HookDictionary {
  using HookDictionary::HookDictionary;
  Tensor operator()(const Tensor& given) const {
    WithGil gil;
    Tensor g = given, replaced;  // undefined where the pass has brought none
    try {
      Object all = values();
      for (Py_ssize_t i = 0; i < PyList_GET_SIZE(all.get()); ++i) {
        PyObject* hook = PyList_GET_ITEM(all.get(), i);
        Object shown(wrap(g));
        Object result = Object::checked(PyObject_CallOneArg(hook, shown.get()));
        if (result.get() != Py_None) g = replaced = checked_gradient(hook, result.get(), g);
      }
    } catch (const PythonError&) { throw_python_error(); }
    return replaced;
  }
};

struct AccumulatedHooks : HookDictionary {
  using HookDictionary::HookDictionary;
  void operator()(const Tensor& leaf) const {
    WithGil gil;
    try {
      Object all = values(), shown(wrap(leaf));
      for (Py_ssize_t i = 0; i < PyList_GET_SIZE(all.get()); ++i) {
        Object result = Object::checked(PyObject_CallOneArg(PyList_GET_ITEM(all.get(), i), shown.get()));
        check(result.get() == Py_None, ErrorKind::Runtime,
              "register_post_accumulate_grad_hook: a hook has to return None, not ", Py_TYPE(result.get())->tp_name);
      }
    } catch (const PythonError&) { throw_python_error(); }
  }
};

const GradientHooks* gradient_hooks(const TapeState& state) {
  for (auto& [id, hook] : state.leaf_hooks)
    if (auto* found = hook.target<GradientHooks>()) return found;
  if (Node* node = state.grad_fn.get())
    for (auto& [slot, id, hook] : node->tensor_hooks)
      if (slot == state.output)
        if (auto* found = hook.target<GradientHooks>()) return found;
  return nullptr;
}
const AccumulatedHooks* accumulated_hooks(const TapeState& state) {
  for (auto& [id, hook] : state.accumulated_hooks)
    if (auto* found = hook.target<AccumulatedHooks>()) return found;
  return nullptr;
}

// The tape state of a tensor with its history up to date: a view whose base has changed has another one, without hooks.
TapeState* present_state(const Tensor& t) {
  grad_fn(t);
  return tape_or_null(t);
}

PyObject* shown(const HookDictionary* hooks) { return Py_NewRef(hooks ? hooks->dict() : Py_None); }

bool given(PyObject* value) {
  check(value, ErrorKind::Runtime, "hooks of a tensor cannot be deleted; set them to None");
  check(value == Py_None || PyDict_Check(value), ErrorKind::Type,
        "hooks of a tensor are a dictionary by id, or None, not ", Py_TYPE(value)->tp_name);
  return value != Py_None;
}

}  // namespace

PyObject* get_backward_hooks(PyObject* self, void*) {
  return guarded([&] {
    TapeState* state = present_state(tensor_of(self));
    return shown(state ? gradient_hooks(*state) : nullptr);
  });
}
PyObject* get_accumulated_hooks(PyObject* self, void*) {
  return guarded([&] {
    TapeState* state = present_state(tensor_of(self));
    return shown(state ? accumulated_hooks(*state) : nullptr);
  });
}

int set_backward_hooks(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        Tensor t = tensor_of(self);
        const bool any = given(value);
        if (TapeState* state = present_state(t)) {
          auto dropped = state->leaf_hooks;  // let go of at the end: that may run Python code
          std::erase_if(state->leaf_hooks, [](auto& h) { return h.second.template target<GradientHooks>(); });
          if (Node* node = state->grad_fn.get())
            for (auto& [slot, id, hook] : std::vector(node->tensor_hooks))
              if (slot == state->output && hook.target<GradientHooks>())
                std::erase_if(node->tensor_hooks, [id = id](auto& h) { return std::get<1>(h) == id; });
        }
        if (!any) return 0;
        if (auto node = grad_fn(t))
          add_tensor_hook(*node, tape(t).output, next_hook_id(), GradientHooks(value));
        else
          tape(t).leaf_hooks.emplace_back(next_hook_id(), GradientHooks(value));
        return 0;
      },
      -1);
}
int set_accumulated_hooks(PyObject* self, PyObject* value, void*) {
  return guarded(
      [&] {
        Tensor t = tensor_of(self);
        const bool any = given(value);
        if (!any && !tape_or_null(t)) return 0;
        auto& hooks = tape(t).accumulated_hooks;
        auto dropped = hooks;
        std::erase_if(hooks, [](auto& h) { return h.second.template target<AccumulatedHooks>(); });
        if (any) hooks.emplace_back(next_hook_id(), AccumulatedHooks(value));
        return 0;
      },
      -1);
}

int visit_tape(TensorImpl* impl, visitproc visit, void* arg) {
  auto* state = static_cast<TapeState*>(impl->autograd.get());
  if (!state || impl->use_count() > 1) return 0;
  Node* node = state->grad_fn.get();
  if (node && node->use_count() > 1) return 0;
  if (auto* hooks = gradient_hooks(*state); hooks && hooks->sole()) Py_VISIT(hooks->dict());
  if (auto* hooks = accumulated_hooks(*state); hooks && hooks->sole()) Py_VISIT(hooks->dict());
  if (PyObject* context = owned_context(node)) Py_VISIT(context);
  return 0;
}

namespace {

void retain_gradient(const Tensor& t, PyObject* tensor) {
  auto node = grad_fn(t);
  if (!node || tape(t).retains_grad) return;
  tape(t).retains_grad = true;
  Object ref(PyWeakref_NewRef(tensor, nullptr));
  add_tensor_hook(*node, tape(t).output, kRetains, [r = keep(ref.get())](const Tensor& g) -> Tensor {
    WithGil gil;
    PyObject* target = PyWeakref_GetObject(r.get());
    if (target == Py_None || !g.defined()) return {};
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
}

PyObject* retain_grad(PyObject*, PyObject* tensor) {
  return guarded([&]() -> PyObject* {
    check(is_tensor(tensor), ErrorKind::Type, "retain_grad: expected a Tensor, got ", Py_TYPE(tensor)->tp_name);
    check(tensor_of(tensor).requires_grad(), ErrorKind::Runtime,
          "retain_grad: can't retain_grad on Tensor that has requires_grad=False");
    retain_gradient(tensor_of(tensor), tensor);
    Py_RETURN_NONE;
  });
}

}  // namespace

void retain_gradient(const Tensor& t) {
  Object o(wrap(t));
  retain_gradient(t, o.get());
}

void init_tensor_hooks(PyObject* module) {
  static PyMethodDef functions[] = {{"_retain_grad", retain_grad, METH_O, nullptr}, {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
