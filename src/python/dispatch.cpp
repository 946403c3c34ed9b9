#include "python/dispatch.h"

#include <algorithm>
#include <unordered_map>

#include "autograd/node.h"
#include "op/layers.h"
#include "op/overloads.h"
#include "op/seen.h"

namespace flambeau::python {

namespace {

constexpr Keys kSeen = key::Modes | key::Subclass;
constexpr Keys kTape = key::Autograd | key::Dual;

// --- modes ---
//
// Note: the order of modes
//   The innermost mode sees a call first; while it runs, the calls it makes go to the ones outside of it. Modes that
//   the library itself enters for fake tensors, tracing and functionalization have a place of their own each, outside
//   of all others, however late they are entered.
constexpr int kPlaces = 3;  // fake, proxy, functional: the last of them is the innermost
struct Thread {
  std::vector<Object>* modes = nullptr;  // never freed: a thread may end without the lock of Python
  Object* placed = nullptr;              // kPlaces of them
  Keys excluded_outside = 0;             // as it was where the call that is being run came in
  bool running = false;
};
thread_local Thread t;

void note_modes() {
  python_runs_calls = true;
  bool any = t.modes && !t.modes->empty();
  for (int i = 0; t.placed && i < kPlaces; ++i) any |= static_cast<bool>(t.placed[i]);
  t_state.included = any ? t_state.included | key::Modes : t_state.included & ~key::Modes;
}
void push_mode(Object mode) {
  if (!t.modes) t.modes = new std::vector<Object>;
  t.modes->push_back(std::move(mode));
  note_modes();
}
Object& place(int at) {
  check(at >= 0 && at < kPlaces, ErrorKind::Value, "dispatch mode: there is no place ", at, ", there are ", kPlaces);
  if (!t.placed) t.placed = new Object[kPlaces];
  return t.placed[at];
}
// Takes the innermost mode out; the place it had, -1 for none.
Object take_innermost(int& at) {
  at = -1;
  Object mode;
  if (t.modes && !t.modes->empty()) {
    mode = std::move(t.modes->back());
    t.modes->pop_back();
  } else {
    for (int i = kPlaces; i-- > 0 && !mode;)
      if (t.placed && t.placed[i]) {
        mode = std::exchange(t.placed[i], Object());
        at = i;
      }
  }
  note_modes();
  return mode;
}
void put_back(Object mode, int at) {
  if (at < 0) return push_mode(std::move(mode));
  place(at) = std::move(mode);
  note_modes();
}
std::vector<PyObject*> all_modes() {  // from the outermost
  std::vector<PyObject*> all;
  for (int i = 0; t.placed && i < kPlaces; ++i)
    if (t.placed[i]) all.push_back(t.placed[i].get());
  if (t.modes)
    for (Object& m : *t.modes) all.push_back(m.get());
  return all;
}

// --- who runs a call ---
PyObject* text_dispatch;
PyObject* disabled_torch_dispatch(PyObject*, PyObject* args, PyObject*) {
  PyObject *func, *types, *call_args = nullptr, *kwargs = nullptr;
  if (!PyArg_ParseTuple(args, "OO|OO", &func, &types, &call_args, &kwargs)) return nullptr;
  Object given(call_args ? PySequence_Tuple(call_args) : PyTuple_New(0));
  if (!given) return nullptr;
  const Keys before = t_state.excluded;
  t_state.excluded |= kSeen;
  PyObject* result = PyObject_Call(func, given.get(), kwargs && kwargs != Py_None ? kwargs : nullptr);
  t_state.excluded = before;
  return result;
}
bool opts_out(PyObject* hook) {
  return PyCFunction_Check(hook) &&
         PyCFunction_GET_FUNCTION(hook) ==
             reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(disabled_torch_dispatch));
}

// One of each class; subclasses come before the classes they derive from, otherwise in order.
void collect(PyObject* o, std::vector<PyObject*>& found) {
  if (!is_tensor(o) || !(impl_of(o)->keys & key::Subclass)) return;
  for (PyObject* f : found)
    if (Py_TYPE(f) == Py_TYPE(o)) return;
  auto derived_from = [&](PyObject* f) { return PyType_IsSubtype(Py_TYPE(o), Py_TYPE(f)) != 0; };
  found.insert(std::find_if(found.begin(), found.end(), derived_from), o);
}
void collect_all(PyObject* o, std::vector<PyObject*>& found) {
  if (PyTuple_Check(o) || PyList_Check(o)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) collect_all(PySequence_Fast_GET_ITEM(o, i), found);
  } else {
    collect(o, found);
  }
}

// The thread while Python runs a call: below autograd, and yet with gradients as switched on or off as above it.
class Below {
 public:
  explicit Below(bool recorded)
      : recorded_(std::exchange(t_recorded, false)),
        excluded_(t_state.excluded),
        grad_(t_state.grad_enabled),
        outside_(t.excluded_outside),
        running_(t.running) {
    t.excluded_outside = excluded_;
    t.running = true;
    t_state.excluded |= kTape;
    t_state.grad_enabled |= recorded;
  }
  ~Below() {
    t_recorded = recorded_;
    t_state.excluded = excluded_;
    t_state.grad_enabled = grad_;
    t.excluded_outside = outside_;
    t.running = running_;
  }
  Below(const Below&) = delete;

 private:
  bool recorded_;
  Keys excluded_;
  bool grad_;
  Keys outside_;
  bool running_;
};

// Asks the innermost mode, then the arguments, until one answers.
Object offer(PyObject* func, const std::vector<PyObject*>& found, PyObject* args, PyObject* kwargs) {
  Object types = Object::checked(PyTuple_New(static_cast<Py_ssize_t>(found.size())));
  for (size_t i = 0; i < found.size(); ++i)
    PyTuple_SET_ITEM(types.get(), static_cast<Py_ssize_t>(i),
                     Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(found[i]))));
  std::string asked;
  auto ask = [&](PyObject* who) {
    Object hook = Object::checked(PyObject_GetAttr(who, text_dispatch));
    Object result = Object::checked(PyObject_CallFunctionObjArgs(hook.get(), func, types.get(), args, kwargs, nullptr));
    if (result.get() == Py_NotImplemented) asked += (asked.empty() ? "" : ", ") + std::string(Py_TYPE(who)->tp_name);
    return result;
  };
  if (dispatch_modes_active()) {
    struct Without {
      Without() { mode = take_innermost(at); }
      ~Without() { put_back(std::move(mode), at); }
      Object mode;
      int at;
    } without;
    Object mode = without.mode;
    if (Object result = ask(mode.get()); result.get() != Py_NotImplemented) return result;
  }
  for (PyObject* who : found)
    if (Object result = ask(who); result.get() != Py_NotImplemented) return result;
  Object name = Object::checked(PyObject_Str(func));
  raise(ErrorKind::Type, "Multiple dispatch failed for '", PyUnicode_AsUTF8(name.get()),
        "': all __torch_dispatch__ handlers returned NotImplemented: ", asked);
}

// --- a call as Python sees it ---
bool same(const Value& a, const Value& b) {
  if (a.tag() != b.tag()) return false;
  switch (a.tag()) {
    case Tag::None: return true;
    case Tag::Double: return a.number() == b.number();
    case Tag::Complex: return a.scalar().to_complex() == b.scalar().to_complex();
    case Tag::Ints: return a.ints() == b.ints();
    case Tag::Doubles: return a.doubles() == b.doubles();
    case Tag::Bools: return a.bools() == b.bools();
    case Tag::Text: return a.text() == b.text();
    case Tag::Bool:
    case Tag::Int: return a.integer() == b.integer();
    case Tag::DType: return a.dtype() == b.dtype();
    case Tag::Device: return a.device() == b.device();
    case Tag::MemoryFormat: return a.memory_format() == b.memory_format();
    default: return false;
  }
}

const std::vector<const Overload*>& overloads_of(const Op& op, Form form) {
  static std::unordered_map<uintptr_t, std::vector<const Overload*>> known;
  auto& list = known[reinterpret_cast<uintptr_t>(&op) * 4 + static_cast<uintptr_t>(form)];
  if (!list.empty()) return list;
  std::string name = op.signature.name;
  if (form == Form::inplace) {
    if (name.starts_with("__"))
      name.insert(2, "i");
    else
      name += "_";
  }
  for (const std::string& n : {name, op.signature.name})
    for (const Overload& o : overloads_named(n))
      if (o.op == &op && o.form == form && std::ranges::find(list, &o) == list.end()) list.push_back(&o);
  check(!list.empty(), ErrorKind::NotImplemented, op.name,
        ": this form of the operator has no name that a mode or subclass could see");
  return list;
}

// Whether the overload can say these arguments. Numbers stand for tensors only where ATen lets them.
bool says(const Overload& o, const Call& call) {
  const auto& shown = o.schema.signature.arguments;
  uint32_t said = 0;
  for (size_t i = 0; i < shown.size(); ++i) {
    const int at = o.places[i];
    if (at < 0) continue;
    said |= 1u << at;
    const Value& v = call.args[at];
    if (shown[i].is_tensor() && v.is_number() && shown[i].list_size != 2) return false;
    if (shown[i].type == ArgType::Scalar && v.is_tensor()) return false;
    if (v.is_none() && !shown[i].optional && !shown[i].list && !(shown[i].has_default && shown[i].fallback.is_none()))
      return false;
  }
  for (int i = 0; i < call.arguments(); ++i)
    if (!(said >> i & 1) && !same(call.args[i], call.argument(i).fallback)) return false;
  return true;
}
const Overload& overload_of(const Call& call) {
  const auto& all = overloads_of(call.op, call.form);
  for (const Overload* o : all)
    if (says(*o, call)) return *o;
  return *all.front();
}
PyObject* function_of(const Overload& o) {
  static std::unordered_map<const Overload*, PyObject*> known;
  PyObject*& function = known[&o];
  if (function) return function;
  Object module = Object::checked(PyImport_ImportModule("flambeau._ops"));
  const Signature& s = o.schema.signature;
  Object found = Object::checked(PyObject_CallMethod(module.get(), "_find", "ss", ("aten::" + s.name).c_str(),
                                                     s.overload.empty() ? "default" : s.overload.c_str()));
  return function = found.release();
}

Object shown_value(const Value& v, const Argument& a) {
  if (v.is_tensors()) {
    Object list = Object::checked(PyList_New(static_cast<Py_ssize_t>(v.tensors().size())));
    for (size_t i = 0; i < v.tensors().size(); ++i)
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), wrap(v.tensors()[i]));
    return list;
  }
  if (v.tag() == Tag::Object && a.type == ArgType::Generator) return Object::checked(wrap_generator(v));
  return Object::checked(to_python(v));
}

struct ShownCall {
  PyObject* func;
  Object args, kwargs;
  std::vector<PyObject*> found;
};
// Arguments that have their default's value are left out, at the end of the positional ones and of those by name.
// Factories say what they take from nowhere else: the device, and that memory is not pinned.
ShownCall show(const Call& call) {
  const Overload& o = overload_of(call);
  const auto& shown = o.schema.signature.arguments;
  ShownCall out{function_of(o), Object(), Object::checked(PyDict_New()), {}};
  std::vector<Value> values;
  values.reserve(shown.size());
  const bool factory = call.op.spec.any_device && call.form == Form::functional;
  for (size_t i = 0; i < shown.size(); ++i) {
    const int at = o.places[i];
    Value v = Value::borrow(at < 0 ? call.results[static_cast<size_t>(-1 - at)] : call.args[at]);
    if (factory && v.is_none() && shown[i].name == "pin_memory") v = Value(false);
    if (factory && v.is_none() && shown[i].type == ArgType::Device && call.op.tensor_arguments == 0)
      v = Value(Device{});
    values.push_back(std::move(v));
  }
  auto usual = [&](size_t i) { return shown[i].has_default && same(values[i], shown[i].fallback); };
  size_t positional = 0;
  while (positional < shown.size() && !shown[positional].keyword_only) ++positional;
  size_t count = positional;
  while (count && usual(count - 1)) --count;
  out.args = Object::checked(PyTuple_New(static_cast<Py_ssize_t>(count)));
  for (size_t i = 0; i < shown.size(); ++i) {
    if (i < positional ? i >= count : usual(i)) continue;
    Object value = shown_value(values[i], shown[i]);
    collect_all(value.get(), out.found);
    if (i < positional)
      PyTuple_SET_ITEM(out.args.get(), static_cast<Py_ssize_t>(i), value.release());
    else if (PyDict_SetItemString(out.kwargs.get(), shown[i].name.c_str(), value.get()) < 0)
      throw PythonError();
  }
  return out;
}

// --- what Python gives back ---
Value returned(const char* op, PyObject* o, const Return& wanted, bool alone) {
  auto refuse = [&](const char* what) {
    raise(ErrorKind::Runtime, op, ": Unable to cast the result of __torch_dispatch__, of type ", Py_TYPE(o)->tp_name,
          ", to ", what);
  };
  if (wanted.list) {
    if (!PyTuple_Check(o) && !PyList_Check(o)) refuse("a list of tensors");
    std::vector<Tensor> list;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
      PyObject* item = PySequence_Fast_GET_ITEM(o, i);
      if (item != Py_None && !is_tensor(item)) refuse("a list of tensors");
      list.push_back(item == Py_None ? Tensor() : tensor_of(item));
    }
    return Value(std::move(list));
  }
  if (wanted.type == ArgType::Tensor) {
    if (o == Py_None && alone) refuse("a tensor: expected one, but got None");
    if (o == Py_None) return Value();
    if (!is_tensor(o)) refuse("a tensor");
    return Value(tensor_of(o));
  }
  if (o == Py_None) return Value();
  if (wanted.type == ArgType::Bool && PyBool_Check(o)) return Value(o == Py_True);
  if (wanted.type == ArgType::DType && is_dtype(o)) return Value(dtype_of(o));
  Scalar number;
  if (!number_from(o, number)) refuse("a number");
  if (wanted.type == ArgType::Bool) return Value(number.to_bool());
  return Value(number);
}

// A view shows the memory of its base, whatever holds that memory.
void follow_base(const Tensor& view, const Tensor& base, bool differentiable, bool recorded, bool several) {
  TensorImpl &impl = *view.impl(), &from = *base.impl();
  if (&impl == &from || impl.base || !(impl.keys & key::Subclass)) return;
  if (impl.version && impl.version->value.load() != 0) return;
  from.versions();
  impl.version = from.version;
  if (from.storage->parts() && impl.storage->parts()) impl.storage = from.storage;
  if (!differentiable) return;
  impl.base = Ref<TensorImpl>::share(from.base ? from.base.get() : &from);
  impl.no_grad_view = !recorded || from.no_grad_view;
  if (!recorded) impl.keys |= key::RefusesChange;
  if (recorded && several) impl.keys |= key::OneOfViews;
}

void take_results(Call& call, PyObject* given, bool recorded) {
  const auto& returns = call.op.signature.returns;
  const int written = call.form == Form::inplace ? 0 : call.op.writes;
  if (written >= 0) {  // what comes back is the tensor itself, whatever Python says
    call.results[0] = call.args[written];
    return;
  }
  if (call.form == Form::out) return;  // they are there
  if (returns.size() == 1) {
    call.results[0] = returned(call.name(), given, returns[0], true);
  } else if (!returns.empty()) {
    check((PyTuple_Check(given) || PyList_Check(given)) &&
              PySequence_Fast_GET_SIZE(given) == static_cast<Py_ssize_t>(returns.size()),
          ErrorKind::Runtime, call.name(), ": Unable to cast the result of __torch_dispatch__, of type ",
          Py_TYPE(given)->tp_name, ", to a tuple of ", returns.size(), " results");
    for (size_t i = 0; i < returns.size(); ++i)
      call.results[i] =
          returned(call.name(), PySequence_Fast_GET_ITEM(given, static_cast<Py_ssize_t>(i)), returns[i], false);
  }
  if (!call.op.spec.view) return;
  const Tensor base = call.tensor(0);
  const bool differentiable = call.op.differentiable();
  if (call.results[0].is_tensor())
    follow_base(call.results[0].tensor(), base, differentiable, recorded, false);
  else if (call.results[0].is_tensors())
    for (const Tensor& v : call.results[0].tensors())
      if (v.defined()) follow_base(v, base, differentiable, recorded, true);
}

bool run_in_python(Call& call) {
  WithGil gil;
  try {
    const bool recorded = t_recorded;
    std::vector<Value> other_args;
    const SeenForm* form = seen_form(call.op);
    const Op& seen_op = form && form->as ? Registry::get().find(form->as) : call.op;
    if (form && form->arguments) other_args = form->arguments(call.args);
    const Call seen{seen_op, other_args.empty() ? call.args : other_args.data(), call.form, call.results};
    ShownCall shown = show(seen);
    const int written = call.form == Form::inplace ? 0 : call.op.writes;
    uint32_t version = 0;
    if (written >= 0) {
      check_not_inference(call.name(), call.tensor(written));
      version = call.tensor(written).impl()->versions().value.load();
    }
    Object given;
    {
      Below below(recorded);
      given = offer(shown.func, shown.found, shown.args.get(), shown.kwargs.get());
    }
    take_results(call, given.get(), recorded || t_state.grad_enabled);
    if (written >= 0 && call.tensor(written).impl()->versions().value.load() == version)
      bump_version(call.tensor(written));
    return true;
  } catch (const PythonError&) { throw_python_error(); }
}
const LayerRegistrar mode_layer(LayerSlot::mode, run_in_python);
const LayerRegistrar subclass_layer(LayerSlot::subclass, run_in_python);

// --- for Python ---
PyObject* py_push(PyObject*, PyObject* mode) {
  push_mode(Object::share(mode));
  Py_RETURN_NONE;
}
// _pop_torch_dispatch_stack(place=None): the innermost of those without a place, or the one of a place.
PyObject* py_pop(PyObject*, PyObject* args) {
  PyObject* at = Py_None;
  if (!PyArg_ParseTuple(args, "|O", &at)) return nullptr;
  return guarded([&]() -> PyObject* {
    Object mode;
    if (at != Py_None) {
      mode = std::exchange(place(static_cast<int>(int_from(at, "place"))), Object());
    } else if (t.modes && !t.modes->empty()) {
      mode = std::move(t.modes->back());
      t.modes->pop_back();
    }
    note_modes();
    check(static_cast<bool>(mode), ErrorKind::Runtime, "no dispatch mode is active");
    return mode.release();
  });
}
PyObject* py_count(PyObject*, PyObject*) { return PyLong_FromSize_t(all_modes().size()); }
PyObject* py_mode_at(PyObject*, PyObject* index) {
  return guarded([&]() -> PyObject* {
    auto all = all_modes();
    const int64_t at = int_from(index, "index");
    check(at >= 0 && at < static_cast<int64_t>(all.size()), ErrorKind::Index, "there is no dispatch mode ", at,
          ", there are ", all.size());
    return Py_NewRef(all[static_cast<size_t>(at)]);
  });
}
PyObject* py_mode_of_place(PyObject*, PyObject* index) {
  return guarded([&]() -> PyObject* {
    Object& mode = place(static_cast<int>(int_from(index, "place")));
    return Py_NewRef(mode ? mode.get() : Py_None);
  });
}
PyObject* py_set_place(PyObject*, PyObject* args) {
  PyObject* mode;
  int at;
  if (!PyArg_ParseTuple(args, "iO", &at, &mode)) return nullptr;
  return guarded([&]() -> PyObject* {
    Object before = std::exchange(place(at), mode == Py_None ? Object() : Object::share(mode));
    note_modes();
    return before ? before.release() : Py_NewRef(Py_None);
  });
}

// _offer_torch_dispatch(func, args, kwargs): for operators of one's own. (result,), or None where nobody runs calls.
PyObject* py_offer(PyObject*, PyObject* all) {
  PyObject *func, *args, *kwargs;
  if (!PyArg_ParseTuple(all, "OO!O!", &func, &PyTuple_Type, &args, &PyDict_Type, &kwargs)) return nullptr;
  return guarded([&]() -> PyObject* {
    if (t_state.excluded & key::Subclass) Py_RETURN_NONE;
    std::vector<PyObject*> found;
    collect_all(args, found);
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(kwargs, &at, &name, &value)) collect_all(value, found);
    if (found.empty() && !dispatch_modes_active()) Py_RETURN_NONE;
    Below below(false);
    Object result = offer(func, found, args, kwargs);
    return PyTuple_Pack(1, result.get());
  });
}
PyObject* py_runs_own_calls(PyObject*, PyObject* type) {
  return PyBool_FromLong(PyType_Check(type) && runs_own_calls(reinterpret_cast<PyTypeObject*>(type)));
}

// What stands behind a tensor that holds others: sizes and strides, and no bytes.
class NoBytes final : public DeferredBytes {
 public:
  void build(void*, size_t) override { refuse(); }
  void* direct() override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    raise(ErrorKind::Runtime,
          "Cannot access data pointer of Tensor: a wrapper subclass (or fake tensor) has no elements of its own; the "
          "calls on it go to its __torch_dispatch__, which is to reach the tensors that it holds");
  }
};

bool holds_no_bytes(const TensorImpl* t) {
  return t->keys & key::Subclass && dynamic_cast<NoBytes*>(t->storage->parts());
}

// _make_wrapper(cls, size, strides or None, offset, dtype, device, requires_grad, bytes or None)
PyObject* make_wrapper(PyObject*, PyObject* args) {
  PyObject *type, *size, *strides, *dtype, *device, *bytes;
  long long offset;
  int requires_grad;
  if (!PyArg_ParseTuple(args, "O!OOLOOpO", &PyType_Type, &type, &size, &strides, &offset, &dtype, &device,
                        &requires_grad, &bytes))
    return nullptr;
  return guarded([&]() -> PyObject* {
    auto* cls = reinterpret_cast<PyTypeObject*>(type);
    check(PyType_IsSubtype(cls, tensor_type), ErrorKind::Type,
          "_make_wrapper_subclass: the first argument has to be a subclass of Tensor");
    check(runs_own_calls(cls), ErrorKind::Runtime, "_make_wrapper_subclass: ", cls->tp_name,
          " has to define __torch_dispatch__");
    Dims sizes, steps;
    check(ints_from(size, sizes), ErrorKind::Type, "_make_wrapper_subclass: size has to be a list of integers");
    Layout layout{IntSpan(sizes)};
    if (strides != Py_None) {
      check(ints_from(strides, steps) && steps.size() == sizes.size(), ErrorKind::Type,
            "_make_wrapper_subclass: strides has to be a list of as many integers as there are sizes");
      layout.strides = steps;
    }
    layout.offset = offset;
    Device where;
    check(is_dtype(dtype) && device_from(device, where), ErrorKind::Type,
          "_make_wrapper_subclass: expected a dtype and a device");
    const DType kind = dtype_of(dtype);
    const size_t wanted = bytes == Py_None ? static_cast<size_t>(layout.extent()) * itemsize(kind)
                                           : static_cast<size_t>(int_from(bytes, "storage_size"));
    Tensor made(
        make<TensorImpl>(make<Storage>(std::make_shared<NoBytes>(), wanted, where), std::move(layout), kind, where));
    made.impl()->keys = key::Subclass;
    if (requires_grad) set_requires_grad(made, true);
    return wrap_as(cls, std::move(made));
  });
}

// _share_storage(tensor, of): what a view made by others shares with its base.
PyObject* share_storage(PyObject*, PyObject* args) {
  PyObject *to, *from;
  if (!PyArg_ParseTuple(args, "O!O!", tensor_type, &to, tensor_type, &from)) return nullptr;
  if (impl_of(to)->storage->parts() && impl_of(from)->storage->parts()) impl_of(to)->storage = impl_of(from)->storage;
  Py_RETURN_NONE;
}
// _take_layout(wrapper, like): the wrapper has the sizes, strides and type of another tensor from now on.
PyObject* take_layout(PyObject*, PyObject* args) {
  PyObject *to, *from;
  if (!PyArg_ParseTuple(args, "O!O!", tensor_type, &to, tensor_type, &from)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(holds_no_bytes(impl_of(to)), ErrorKind::Runtime, "_take_layout: the tensor has elements of its own");
    impl_of(to)->layout = impl_of(from)->layout;
    impl_of(to)->dtype = impl_of(from)->dtype;
    Py_RETURN_NONE;
  });
}
PyObject* py_holds_no_bytes(PyObject*, PyObject* tensor) {
  return PyBool_FromLong(is_tensor(tensor) && holds_no_bytes(impl_of(tensor)));
}

// --- guards: an object that holds the thread in another state, until it goes or its `with` ends ---
struct Guard {
  PyObject_HEAD Keys before;
  bool active;
};
PyTypeObject* guard_type;
Guard* as_guard(PyObject* o) { return reinterpret_cast<Guard*>(o); }
PyObject* new_guard(Keys excluded) {
  PyObject* self = guard_type->tp_alloc(guard_type, 0);
  if (!self) return nullptr;
  as_guard(self)->before = t_state.excluded;
  as_guard(self)->active = true;
  t_state.excluded = excluded;
  return self;
}
void release_guard(PyObject* self) {
  if (as_guard(self)->active) t_state.excluded = as_guard(self)->before;
  as_guard(self)->active = false;
}
PyObject* guard_enter(PyObject* self, PyObject*) { return Py_NewRef(self); }
PyObject* guard_exit(PyObject* self, PyObject*) {
  release_guard(self);
  Py_RETURN_NONE;
}
void guard_dealloc(PyObject* self) {
  release_guard(self);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* disable_dispatch(PyObject*, PyObject*) { return new_guard(t_state.excluded | kSeen); }
PyObject* below_autograd(PyObject*, PyObject*) { return new_guard(t_state.excluded | kTape); }
PyObject* as_outside(PyObject*, PyObject*) {
  return new_guard(t.running ? (t.excluded_outside & kTape) | (t_state.excluded & ~kTape) : t_state.excluded);
}
PyObject* is_below_autograd(PyObject*, PyObject*) { return PyBool_FromLong((t_state.excluded & key::Autograd) != 0); }
PyObject* py_python_runs_calls(PyObject*, PyObject*) { return PyBool_FromLong(python_runs_calls); }
PyObject* is_disabled(PyObject*, PyObject*) { return PyBool_FromLong((t_state.excluded & key::Subclass) != 0); }

}  // namespace

bool runs_own_calls(PyTypeObject* type) {
  if (type == tensor_type || type == parameter_type) return false;
  PyObject* hook = _PyType_Lookup(type, text_dispatch);
  if (!hook) return false;
  // classmethod objects around the disabled one count as that, too
  if (Py_TYPE(hook) == &PyClassMethod_Type || Py_TYPE(hook) == &PyStaticMethod_Type) {
    Object inner(PyObject_GetAttrString(hook, "__func__"));
    if (inner && opts_out(inner.get())) return false;
    if (!inner) PyErr_Clear();
  }
  return !opts_out(hook);
}

void init_dispatch(PyObject* module) {
  text_dispatch = PyUnicode_InternFromString("__torch_dispatch__");
  static PyMethodDef guard_methods[] = {
      {"__enter__", guard_enter, METH_NOARGS, nullptr}, {"__exit__", guard_exit, METH_VARARGS, nullptr}, {}};
  PyType_Slot slots[] = {{Py_tp_methods, guard_methods}, {Py_tp_dealloc, reinterpret_cast<void*>(guard_dealloc)}, {}};
  PyType_Spec spec{"torch._C._DispatchGuard", sizeof(Guard), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
  guard_type = reinterpret_cast<PyTypeObject*>(Object::checked(PyType_FromSpec(&spec)).release());
  static PyMethodDef functions[] = {
      {"_push_on_torch_dispatch_stack", py_push, METH_O, nullptr},
      {"_pop_torch_dispatch_stack", py_pop, METH_VARARGS, nullptr},
      {"_len_torch_dispatch_stack", py_count, METH_NOARGS, nullptr},
      {"_get_dispatch_stack_at", py_mode_at, METH_O, nullptr},
      {"_dispatch_mode_of_place", py_mode_of_place, METH_O, nullptr},
      {"_set_dispatch_mode_of_place", py_set_place, METH_VARARGS, nullptr},
      {"_offer_torch_dispatch", py_offer, METH_VARARGS, nullptr},
      {"_runs_own_calls", py_runs_own_calls, METH_O, "Whether a class runs the calls on its tensors itself."},
      {"_make_wrapper", make_wrapper, METH_VARARGS, nullptr},
      {"_share_storage", share_storage, METH_VARARGS, nullptr},
      {"_take_layout", take_layout, METH_VARARGS, nullptr},
      {"_holds_no_bytes", py_holds_no_bytes, METH_O,
       "Whether a tensor is one of _make_wrapper_subclass, which has no elements of its own."},
      {"_DisableTorchDispatch", disable_dispatch, METH_NOARGS,
       "While the object lives, modes and subclasses see no calls."},
      {"_AutoDispatchBelowAutograd", below_autograd, METH_NOARGS,
       "While the object lives, nothing is put on the tape."},
      {"_RestorePythonTLSSnapshot", as_outside, METH_NOARGS,
       "Inside of __torch_dispatch__: while the object lives, calls go through autograd as where they came in."},
      {"_torch_dispatch_disabled", is_disabled, METH_NOARGS, nullptr},
      {"_is_below_autograd", is_below_autograd, METH_NOARGS, nullptr},
      {"_python_runs_calls", py_python_runs_calls, METH_NOARGS,
       "Whether there has been a mode or a tensor whose class runs its calls."},
      {"_disabled_torch_dispatch_impl",
       reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(disabled_torch_dispatch)),
       METH_VARARGS | METH_KEYWORDS, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
