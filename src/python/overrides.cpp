#include "python/overrides.h"

#include <structmember.h>

#include <algorithm>

namespace flambeau::python {

std::atomic<int> entered_modes{0};

namespace {

enum Switch : int { all_on, subclasses_off, all_off };
struct Thread {
  Switch state = all_on;
  std::vector<Object>* modes = nullptr;  // never freed: a thread may end without the lock of Python
};
thread_local Thread t;

class SetSwitch {
 public:
  explicit SetSwitch(Switch to) : before_(t.state) { t.state = std::max(t.state, to); }
  ~SetSwitch() { t.state = before_; }

 private:
  Switch before_;
};

// What a subclass sets to opt out; calls the function as if its arguments were plain tensors. A class between the two
// may have a hook of its own that ends here: it must not be asked again.
PyObject* disabled_torch_function(PyObject*, PyObject* args, PyObject*) {
  PyObject *func, *types, *call_args = nullptr, *kwargs = nullptr;
  if (!PyArg_ParseTuple(args, "OO|OO", &func, &types, &call_args, &kwargs)) return nullptr;
  Object empty(PyTuple_New(0));
  SetSwitch off(subclasses_off);
  return PyObject_Call(func, call_args ? call_args : empty.get(), kwargs && kwargs != Py_None ? kwargs : nullptr);
}
PyObject* g_disabled;

bool opts_out(PyObject* hook) {
  return hook == g_disabled ||
         (PyCFunction_Check(hook) &&
          PyCFunction_GET_FUNCTION(hook) ==
              reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(disabled_torch_function)));
}

// The types that are met all the time and never take over.
inline bool plain_type(PyTypeObject* type) {
  return type == tensor_type || type == &PyLong_Type || type == &PySlice_Type || type == &PyFloat_Type ||
         type == Py_TYPE(Py_None) || type == &PyTuple_Type || type == &PyList_Type || type == &PyBool_Type ||
         type == parameter_type || type == &PyUnicode_Type || type == &PyEllipsis_Type || type == &PyDict_Type;
}

bool takes_over(PyObject* o) {
  PyTypeObject* type = Py_TYPE(o);
  if (plain_type(type)) return false;
  PyObject* hook = _PyType_Lookup(type, names.torch_function);
  return hook && !opts_out(hook);
}

bool is_list(PyObject* o) { return PyTuple_CheckExact(o) || PyList_CheckExact(o); }

// One of each class; subclasses come before the classes they derive from, otherwise in order.
void collect(PyObject* o, std::vector<PyObject*>& found) {
  if (takes_over(o)) {
    for (PyObject* f : found)
      if (Py_TYPE(f) == Py_TYPE(o)) return;
    auto derived_from = [&](PyObject* f) { return PyType_IsSubtype(Py_TYPE(o), Py_TYPE(f)) != 0; };
    found.insert(std::find_if(found.begin(), found.end(), derived_from), o);
  } else if (is_list(o)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
      if (PyObject* item = PySequence_Fast_GET_ITEM(o, i); !is_list(item)) collect(item, found);
  }
}

std::vector<PyObject*> all_that_take_over(PyObject* const* args, Py_ssize_t n) {
  std::vector<PyObject*> found;
  if (t.state == all_on)
    for (Py_ssize_t i = 0; i < n; ++i) collect(args[i], found);
  return found;
}

Object name_of(PyObject* function) {
  static PyObject* resolve = nullptr;
  if (!resolve) {
    Object module = Object::checked(PyImport_ImportModule("flambeau.overrides"));
    resolve = Object::checked(PyObject_GetAttrString(module.get(), "_shown_name")).release();
  }
  return Object::checked(PyObject_CallOneArg(resolve, function));
}

// Asks the innermost mode, then the arguments, until one answers.
PyObject* offer(PyObject* function, const std::vector<PyObject*>& found, PyObject* args, PyObject* kwargs) {
  Object types = Object::checked(PyTuple_New(static_cast<Py_ssize_t>(found.size())));
  for (size_t i = 0; i < found.size(); ++i)
    PyTuple_SET_ITEM(types.get(), static_cast<Py_ssize_t>(i),
                     Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(found[i]))));
  auto ask = [&](PyObject* who) {
    Object hook = Object::checked(PyObject_GetAttr(who, names.torch_function));
    if (PyMethod_Check(hook.get()) && PyMethod_GET_SELF(hook.get()) == who && !PyType_Check(who) && is_tensor(who) &&
        PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "%s.__torch_function__ should be a classmethod: as a plain method it is deprecated",
                         Py_TYPE(who)->tp_name) < 0)
      throw PythonError();
    return Object::checked(PyObject_CallFunctionObjArgs(hook.get(), function, types.get(), args, kwargs, nullptr));
  };
  std::string asked;
  if (function_modes_active()) {
    Object mode = t.modes->back();
    t.modes->pop_back();  // the mode's own calls go to the ones below
    struct Restore {
      Object& mode;
      ~Restore() { t.modes->push_back(mode); }
    } restore{mode};
    Object result = ask(mode.get());
    if (result.get() != Py_NotImplemented) return result.release();
    asked = std::string("mode ") + Py_TYPE(mode.get())->tp_name;
  }
  for (PyObject* who : found) {
    Object result = ask(who);
    if (result.get() != Py_NotImplemented) return result.release();
    asked += (asked.empty() ? "" : ", ") + std::string(Py_TYPE(who)->tp_name);
  }
  raise(ErrorKind::Type, "no implementation found for '", PyUnicode_AsUTF8(name_of(function).get()),
        "' on types that implement __torch_function__: ", asked, " answered NotImplemented");
}

Object dict_of(PyObject* const* values, PyObject* kwnames) {
  Object kwargs = Object::checked(PyDict_New());
  for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k)
    if (PyDict_SetItem(kwargs.get(), PyTuple_GET_ITEM(kwnames, k), values[k]) < 0) throw PythonError();
  return kwargs;
}
Object tuple_of(PyObject* const* values, Py_ssize_t n) {
  Object tuple = Object::checked(PyTuple_New(n));
  for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(tuple.get(), i, Py_NewRef(values[i]));
  return tuple;
}

// --- functions written in Python ---
//
// Note: how a Python function is seen
//   `overridable(f)` leaves f the function it is - its name, code, signature, identity - and puts the question in front
//   of its calls by exchanging the pointer through which CPython calls a function. From 3.12 on there is a call for
//   that (PyFunction_SetVectorcall); the interpreter of 3.11 runs the code of an exact `function` without looking at
//   the pointer, so there the object also gets a type derived from it.
//
//   Who takes over gets the arguments in one form however the caller wrote them: those without a default by position,
//   the others by name, defaults filled in. Where another number goes by position, it stands in `__positional__` of the
//   function; -1: as the caller wrote them. `__with_flag__` is the name of a flag and the function that is seen where
//   it is set. `__unpacks__` is the place of the first of any number of arguments that may come in one list, too:
//   arguments that take over see them one by one, modes as the caller wrote them.
struct Bound {
  Object args, kwargs;
};

PyObject *text_positional, *text_with_flag, *text_unpacks;
constexpr Py_ssize_t kAsCalled = -1;

// False where the arguments don't fit; calling the function then says why.
bool bind(PyObject* function, PyObject* const* args, Py_ssize_t n, PyObject* kwnames, Bound& out) {
  auto* f = reinterpret_cast<PyFunctionObject*>(function);
  auto* code = reinterpret_cast<PyCodeObject*>(f->func_code);
  Py_ssize_t count = code->co_argcount, all = count + code->co_kwonlyargcount;
  bool more = code->co_flags & CO_VARARGS, more_named = code->co_flags & CO_VARKEYWORDS;
  Object shown = Object::checked(PyCode_GetVarnames(code));
  auto name = [&](Py_ssize_t i) { return PyTuple_GET_ITEM(shown.get(), i); };
  if (n > count && !more) return false;
  std::vector<PyObject*> values(static_cast<size_t>(all), nullptr);
  std::copy_n(args, std::min(n, count), values.begin());
  out.kwargs = Object::checked(PyDict_New());
  for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k) {
    PyObject* key = PyTuple_GET_ITEM(kwnames, k);
    Py_ssize_t at = 0;
    while (at < all && name(at) != key && PyUnicode_Compare(name(at), key) != 0) ++at;
    if (at < all && !values[at])
      values[at] = args[n + k];
    else if (at == all && more_named)
      PyDict_SetItem(out.kwargs.get(), key, args[n + k]);
    else
      return false;
  }
  Py_ssize_t defaults = f->func_defaults ? PyTuple_GET_SIZE(f->func_defaults) : 0, positional = count - defaults;
  for (Py_ssize_t i = positional; i < count; ++i)
    if (!values[i]) values[i] = PyTuple_GET_ITEM(f->func_defaults, i - positional);
  for (Py_ssize_t i = count; i < all; ++i)
    if (!values[i] && f->func_kwdefaults) values[i] = PyDict_GetItemWithError(f->func_kwdefaults, name(i));
  if (std::find(values.begin(), values.end(), nullptr) != values.end()) return false;
  if (f->func_dict)
    if (PyObject* given = PyDict_GetItemWithError(f->func_dict, text_positional)) positional = PyLong_AsSsize_t(given);
  if (positional == kAsCalled) {
    out = {tuple_of(args, n), dict_of(args + n, kwnames)};
    return true;
  }
  if (more && n > count) {
    out.args = tuple_of(args, n);
    positional = count;
  } else {
    out.args = tuple_of(values.data(), positional);
  }
  for (Py_ssize_t i = positional; i < all; ++i)
    if (PyDict_SetItem(out.kwargs.get(), name(i), values[i]) < 0) throw PythonError();
  return true;
}

// A function that a flag makes another one, which is what is seen then: max_pool2d(..., return_indices=True).
PyObject* with_flag(PyObject* function, PyObject* kwargs) {
  PyObject* own = reinterpret_cast<PyFunctionObject*>(function)->func_dict;
  PyObject* choice = own ? PyDict_GetItemWithError(own, text_with_flag) : nullptr;
  if (!choice) return function;
  PyObject* flag = PyDict_GetItemWithError(kwargs, PyTuple_GetItem(choice, 0));
  return flag && PyObject_IsTrue(flag) == 1 ? PyTuple_GetItem(choice, 1) : function;
}

// The list that stands in the place of any number of arguments, if the call has one.
PyObject* the_list(PyObject* function, PyObject* const* args, Py_ssize_t n) {
  PyObject* own = reinterpret_cast<PyFunctionObject*>(function)->func_dict;
  PyObject* place = own ? PyDict_GetItemWithError(own, text_unpacks) : nullptr;
  if (!place || PyLong_AsSsize_t(place) != n - 1) return nullptr;
  return is_list(args[n - 1]) ? args[n - 1] : nullptr;
}

PyObject* overridable_call(PyObject* function, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  Py_ssize_t n = PyVectorcall_NARGS(nargsf), total = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
  if (!overridden(args, total)) return _PyFunction_Vectorcall(function, args, nargsf, kwnames);
  return guarded([&]() -> PyObject* {
    Bound bound;
    std::vector<PyObject*> unpacked;
    if (PyObject* list = the_list(function, args, n); list && !kwnames && !function_modes_active()) {
      unpacked.assign(args, args + n - 1);
      for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i)
        unpacked.push_back(PySequence_Fast_GET_ITEM(list, i));
      args = unpacked.data();
      n = total = static_cast<Py_ssize_t>(unpacked.size());
    }
    if (!bind(function, args, n, kwnames, bound)) return _PyFunction_Vectorcall(function, args, nargsf, kwnames);
    return offer(with_flag(function, bound.kwargs.get()), all_that_take_over(args, total), bound.args.get(),
                 bound.kwargs.get());
  });
}

#if PY_VERSION_HEX < 0x030c0000
PyObject* function_reduce(PyObject* self, PyObject*) {
  return Py_NewRef(reinterpret_cast<PyFunctionObject*>(self)->func_qualname);
}
PyMethodDef function_methods[] = {{"__reduce__", function_reduce, METH_NOARGS, nullptr}, {}};
PyTypeObject function_type{PyVarObject_HEAD_INIT(nullptr, 0)};

bool prepare_function_type() {
  function_type.tp_name = "function";
  function_type.tp_basicsize = sizeof(PyFunctionObject);
  function_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR;
  function_type.tp_base = &PyFunction_Type;
  function_type.tp_methods = function_methods;
  function_type.tp_dealloc = PyFunction_Type.tp_dealloc;
  function_type.tp_traverse = PyFunction_Type.tp_traverse;
  function_type.tp_clear = PyFunction_Type.tp_clear;
  function_type.tp_descr_get = PyFunction_Type.tp_descr_get;
  function_type.tp_vectorcall_offset = PyFunction_Type.tp_vectorcall_offset;
  function_type.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  function_type.tp_call = PyVectorcall_Call;
  // The type's own __doc__, None, would hide that of its functions.
  return PyType_Ready(&function_type) == 0 && PyDict_DelItemString(function_type.tp_dict, "__doc__") == 0;
}
void put_in_front(PyObject* function) {
  Py_SET_TYPE(function, &function_type);
  reinterpret_cast<PyFunctionObject*>(function)->vectorcall = overridable_call;
}
#else
bool prepare_function_type() { return true; }
void put_in_front(PyObject* function) {
  PyFunction_SetVectorcall(reinterpret_cast<PyFunctionObject*>(function), overridable_call);
}
#endif

PyObject* overridable(PyObject*, PyObject* args, PyObject* kwargs) {
  PyObject *function, *positional = nullptr, *with_flag = nullptr, *unpacks = nullptr;
  static const char* keywords[] = {"function", "positional", "with_flag", "unpacks", nullptr};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O!O!O!", const_cast<char**>(keywords), &function, &PyLong_Type,
                                   &positional, &PyTuple_Type, &with_flag, &PyLong_Type, &unpacks))
    return nullptr;
  if (!PyFunction_Check(function)) {
    PyErr_Format(PyExc_TypeError, "overridable: a function written in Python is wanted, not %s",
                 Py_TYPE(function)->tp_name);
    return nullptr;
  }
  if (positional && PyObject_SetAttr(function, text_positional, positional) < 0) return nullptr;
  if (with_flag && PyObject_SetAttr(function, text_with_flag, with_flag) < 0) return nullptr;
  if (unpacks && PyObject_SetAttr(function, text_unpacks, unpacks) < 0) return nullptr;
  put_in_front(function);
  return Py_NewRef(function);
}
PyObject* is_overridable(PyObject*, PyObject* o) {
  return PyBool_FromLong(PyObject_TypeCheck(o, &PyFunction_Type) &&
                         reinterpret_cast<PyFunctionObject*>(o)->vectorcall == overridable_call);
}
PyObject* overridable_as_called(PyObject* module, PyObject* function) {
  Object args(PyTuple_Pack(1, function)), kwargs(Py_BuildValue("{s:n}", "positional", kAsCalled));
  return overridable(module, args.get(), kwargs.get());
}

}  // namespace

bool modes_on_this_thread() { return t.modes && !t.modes->empty() && t.state != all_off; }

bool overridden_by_any(PyObject* const* args, Py_ssize_t n) {
  if (function_modes_active()) return true;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyTypeObject* type = Py_TYPE(args[i]);
    bool any = false;
    if (type == &PyTuple_Type || type == &PyList_Type) {
      PyObject** items = PySequence_Fast_ITEMS(args[i]);
      for (Py_ssize_t k = 0, count = PySequence_Fast_GET_SIZE(args[i]); k < count && !any; ++k)
        any = !PyLong_CheckExact(items[k]) && takes_over(items[k]);
    } else {
      any = type != tensor_type && takes_over(args[i]);
    }
    if (any) return t.state == all_on;
  }
  return false;
}

PyObject* try_torch_function(PyObject* function, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  Py_ssize_t total = n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
  if (!overridden(args, total)) return nullptr;
  return offer(function, all_that_take_over(args, total), tuple_of(args, n).get(), dict_of(args + n, kwnames).get());
}

PyObject* function_overridden(const char* name, PyObject* owner, PyObject* const* args, Py_ssize_t n,
                              PyObject* kwnames) {
  return guarded([&]() -> PyObject* {
    Object function = Object::checked(PyObject_GetAttrString(owner, name));
    return try_torch_function(function.get(), args, n, kwnames);
  });
}

bool method_overridden(const char* name, PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames,
                       PyObject*& result) {
  if (plain_call(self)) return false;
  std::vector<PyObject*> all{self};
  all.insert(all.end(), args, args + n + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0));
  if (!overridden(all.data(), 1)) return false;
  result = function_overridden(name, reinterpret_cast<PyObject*>(tensor_type), all.data(), n + 1, kwnames);
  return true;
}

namespace {
PyObject* accessor(const char* name, const char* which) {
  Object descriptor = Object::checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), name));
  return Object::checked(PyObject_GetAttrString(descriptor.get(), which)).release();
}
}  // namespace

bool getter_overridden(const char* name, PyObject* self, PyObject*& result) {
  if (plain_call(self) || !overridden(&self, 1)) return false;
  result = guarded([&] {
    Object get(accessor(name, "__get__"));
    return try_torch_function(get.get(), &self, 1, nullptr);
  });
  return true;
}

bool setter_overridden(const char* name, PyObject* self, PyObject* value, int& result) {
  if (plain_call(self) || !overridden(&self, 1)) return false;
  result = guarded(
      [&] {
        Object set(accessor(name, value ? "__set__" : "__delete__"));
        PyObject* args[] = {self, value};
        Object done = Object::checked(try_torch_function(set.get(), args, value ? 2 : 1, nullptr));
        return 0;
      },
      -1);
  return true;
}

namespace {

// --- for Python ---
PyObject* push_mode(PyObject*, PyObject* mode) {
  if (!t.modes) t.modes = new std::vector<Object>;
  t.modes->push_back(Object::share(mode));
  entered_modes.fetch_add(1, std::memory_order_relaxed);
  Py_RETURN_NONE;
}
PyObject* pop_mode(PyObject*, PyObject*) {
  if (!t.modes || t.modes->empty()) {
    PyErr_SetString(PyExc_RuntimeError, "no function mode is active");
    return nullptr;
  }
  PyObject* top = t.modes->back().release();
  t.modes->pop_back();
  entered_modes.fetch_sub(1, std::memory_order_relaxed);
  return top;
}
PyObject* mode_count(PyObject*, PyObject*) { return PyLong_FromSize_t(t.modes ? t.modes->size() : 0); }
PyObject* mode_at(PyObject*, PyObject* index) {
  Py_ssize_t at = PyLong_AsSsize_t(index), count = t.modes ? static_cast<Py_ssize_t>(t.modes->size()) : 0;
  if (at == -1 && PyErr_Occurred()) return nullptr;
  if (at < 0 || at >= count) {
    PyErr_Format(PyExc_IndexError, "there is no function mode %zd, there are %zd", at, count);
    return nullptr;
  }
  return Py_NewRef((*t.modes)[static_cast<size_t>(at)].get());
}
PyObject* modes_enabled(PyObject*, PyObject*) { return PyBool_FromLong(function_modes_active()); }
PyObject* subclasses_enabled(PyObject*, PyObject*) { return PyBool_FromLong(t.state == all_on); }
PyObject* everything_disabled(PyObject*, PyObject*) { return PyBool_FromLong(t.state == all_off); }

PyObject* has_torch_function(PyObject*, PyObject* given) {
  Object list(PySequence_Fast(given, "has_torch_function: a sequence of arguments is wanted"));
  if (!list) return nullptr;
  return PyBool_FromLong(overridden(PySequence_Fast_ITEMS(list.get()), PySequence_Fast_GET_SIZE(list.get())));
}
PyObject* has_torch_function_unary(PyObject*, PyObject* one) { return PyBool_FromLong(overridden(&one, 1)); }
PyObject* has_torch_function_variadic(PyObject*, PyObject* const* args, Py_ssize_t n) {
  return PyBool_FromLong(overridden(args, n));
}
PyObject* takers(PyObject*, PyObject* given) {
  return guarded([&] {
    Object list = Object::checked(PySequence_Fast(given, "a sequence of arguments is wanted"));
    auto found = all_that_take_over(PySequence_Fast_ITEMS(list.get()), PySequence_Fast_GET_SIZE(list.get()));
    Object result = Object::checked(PyList_New(0));
    for (PyObject* o : found)
      if (PyList_Append(result.get(), o) < 0) throw PythonError();
    return result.release();
  });
}
PyObject* takes_no_arguments(PyObject*, PyObject* method) {
  return PyBool_FromLong(Py_TYPE(method) == &PyMethodDescr_Type &&
                         reinterpret_cast<PyMethodDescrObject*>(method)->d_method->ml_flags & METH_NOARGS);
}
// _offer_torch_function(function, relevant arguments, args, kwargs)
PyObject* py_offer(PyObject*, PyObject* all) {
  PyObject *function, *relevant, *args, *kwargs;
  if (!PyArg_ParseTuple(all, "OOO!O!", &function, &relevant, &PyTuple_Type, &args, &PyDict_Type, &kwargs))
    return nullptr;
  return guarded([&] {
    Object list = Object::checked(PySequence_Fast(relevant, "a sequence of arguments is wanted"));
    return offer(function, all_that_take_over(PySequence_Fast_ITEMS(list.get()), PySequence_Fast_GET_SIZE(list.get())),
                 args, kwargs);
  });
}

// Contexts in which nobody is asked, or somebody again; they may be entered again and again.
template <Switch to>
struct Disabled {
  PyObject_HEAD std::vector<Switch>* before;

  static Disabled* of(PyObject* o) { return reinterpret_cast<Disabled*>(o); }
  static PyObject* enter(PyObject* self, PyObject*) {
    if (!of(self)->before) of(self)->before = new std::vector<Switch>;
    of(self)->before->push_back(t.state);
    t.state = to == all_on ? all_on : std::max(t.state, to);
    return Py_NewRef(self);
  }
  static PyObject* exit(PyObject* self, PyObject*) {
    auto* before = of(self)->before;
    if (!before || before->empty()) {
      PyErr_SetString(PyExc_RuntimeError, "the context was not entered");
      return nullptr;
    }
    t.state = before->back();
    before->pop_back();
    Py_RETURN_NONE;
  }
  static void dealloc(PyObject* self) {
    delete of(self)->before;
    PyTypeObject* type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
  }
  static void add(PyObject* module, const char* name, const char* full, const char* doc) {
    static PyMethodDef methods[] = {
        {"__enter__", enter, METH_NOARGS, nullptr}, {"__exit__", exit, METH_VARARGS, nullptr}, {}};
    PyType_Slot slots[] = {{Py_tp_methods, methods},
                           {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                           {Py_tp_doc, const_cast<char*>(doc)},
                           {}};
    PyType_Spec spec{full, sizeof(Disabled), 0, Py_TPFLAGS_DEFAULT, slots};
    Object type(PyType_FromSpec(&spec));
    PyModule_AddObjectRef(module, name, type.get());
  }
};

}  // namespace

void init_overrides(PyObject* module) {
  text_positional = PyUnicode_InternFromString("__positional__");
  text_with_flag = PyUnicode_InternFromString("__with_flag__");
  text_unpacks = PyUnicode_InternFromString("__unpacks__");
  if (!prepare_function_type()) throw PythonError();
  static PyMethodDef functions[] = {
      {"overridable", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(overridable)),
       METH_VARARGS | METH_KEYWORDS,
       "Lets __torch_function__ see the calls of a function written in Python; gives back the same function."},
      {"overridable_as_called", overridable_as_called, METH_O,
       "The same; the arguments are shown as the caller wrote them."},
      {"_is_overridable", is_overridable, METH_O, nullptr},
      {"_push_on_torch_function_stack", push_mode, METH_O, nullptr},
      {"_pop_torch_function_stack", pop_mode, METH_NOARGS, nullptr},
      {"_len_torch_function_stack", mode_count, METH_NOARGS, nullptr},
      {"_get_function_stack_at", mode_at, METH_O, nullptr},
      {"_is_torch_function_mode_enabled", modes_enabled, METH_NOARGS, nullptr},
      {"_is_torch_function_enabled", subclasses_enabled, METH_NOARGS, nullptr},
      {"_is_torch_function_all_disabled", everything_disabled, METH_NOARGS, nullptr},
      {"_has_torch_function", has_torch_function, METH_O, nullptr},
      {"_has_torch_function_unary", has_torch_function_unary, METH_O, nullptr},
      {"_has_torch_function_variadic",
       reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(has_torch_function_variadic)), METH_FASTCALL,
       nullptr},
      {"_that_take_over", takers, METH_O, nullptr},
      {"_takes_no_arguments", takes_no_arguments, METH_O, nullptr},
      {"_offer_torch_function", py_offer, METH_VARARGS, nullptr},
      {"_disabled_torch_function_impl",
       reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(disabled_torch_function)),
       METH_VARARGS | METH_KEYWORDS, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
  g_disabled = PyObject_GetAttrString(module, "_disabled_torch_function_impl");
  Disabled<all_on>::add(module, "_EnableTorchFunction", "torch._C._EnableTorchFunction",
                        "A context in which modes and the classes of arguments take calls over again.");
  Disabled<subclasses_off>::add(module, "DisableTorchFunctionSubclass", "torch._C.DisableTorchFunctionSubclass",
                                "A context in which the classes of arguments take no calls over; modes still do.");
  Disabled<all_off>::add(module, "DisableTorchFunction", "torch._C.DisableTorchFunction",
                         "A context in which neither modes nor the classes of arguments take calls over.");
}

}  // namespace flambeau::python
