// The one Python callable for all operators: an object over the overloads of a name, called with the vector protocol
// and driven by the parsed signatures. Function and method are two such objects (torch.add is not Tensor.add).
#include <Python.h>
#include <structmember.h>

#include <map>
#include <memory>

#include "autograd/node.h"
#include "python/overrides.h"
#include "transforms/levels.h"

namespace flambeau::python {

namespace {

constexpr int kMaxArguments = Call::kMaxArguments;

struct Callable {
  PyObject_HEAD vectorcallfunc vectorcall;
  const std::vector<const Op*>* overloads;
  Form form;
  bool method;
  PyObject* name;  // as Python shows it: add, add_
  PyObject* module;
};
PyTypeObject* callable_type;

Callable* as_callable(PyObject* o) { return reinterpret_cast<Callable*>(o); }

// The arguments of one call.
struct Parsed {
  explicit Parsed(const Op& op) : args(op.signature.arguments.size()) {}

  ValueArray<kMaxArguments> args;
  Form form = Form::functional;
  bool requires_grad = false;
  std::unique_ptr<std::array<Value, Call::kMaxResults>> outputs;  // of out=
};

bool same_name(PyObject* a, const std::string& b) {
  Py_ssize_t n;
  const char* text = PyUnicode_AsUTF8AndSize(a, &n);
  if (!text) PyErr_Clear();  // a lone surrogate is no argument's name
  return text && static_cast<size_t>(n) == b.size() && memcmp(text, b.data(), b.size()) == 0;
}

// Names that NumPy or the functions' documentation use for an argument.
bool names_argument(PyObject* key, const Argument& a) {
  if (same_name(key, a.name)) return true;
  if (a.name == "self") return same_name(key, "input") || same_name(key, "a") || same_name(key, "x");
  if (a.name == "dim") return same_name(key, "axis");
  if (a.name == "keepdim") return same_name(key, "keepdims");
  if (a.name == "other") return same_name(key, "x2");
  return false;
}

enum class Mismatch { none, count, type, keyword, missing, numbers };
struct Failure {
  Mismatch kind = Mismatch::none;
  int argument = -1;
  PyObject* object = nullptr;
};

bool takes_tensor_options(const Signature& s) { return s.index_of("pin_memory") >= 0; }

// Whether an object may be one of several sizes given one by one.
bool is_size(PyObject* o) {
  if (PyLong_CheckExact(o)) return true;
  return !PyBool_Check(o) && !PyTuple_Check(o) && !PyList_Check(o) && (is_tensor(o) || PyIndex_Check(o));
}

// A list of integers as a value. The list of the last call is used again when nobody kept it: view(4, 16) allocates
// none.
Value list_value(const Dims& items) {
  static thread_local IntList* spare = nullptr;
  if (!spare) spare = new IntList;
  if (spare->use_count() != 1) return Value(items);
  spare->items = items;
  spare->retain();
  return Value(Tag::Ints, spare);
}

// Fits the call's arguments to one signature. Positional ones first; a last or only list of integers also takes them
// one by one (view(2, 3)). `exact`: no tensor stands for a number, so that max(x, tensor(6)) is the maximum of two
// tensors and not the one along a dimension.
bool parse(const Op& op, const Callable& callable, PyObject* const* args, Py_ssize_t n, PyObject* kwnames, bool exact,
           Parsed& out, Failure& failure) {
  const auto& arguments = op.signature.arguments;
  int count = static_cast<int>(arguments.size());
  bool beside_tensor = false;  // a number was taken that needs a tensor beside it: Tensor|Scalar
  auto fits = [&](PyObject* o, int j) {
    const Argument& a = arguments[j];
    if (exact && a.type != ArgType::Tensor && !a.list && is_tensor(o)) return false;
    if (!convert(o, a, out.args[j], a.list_size > 0)) return false;
    beside_tensor |= a.is_tensor() && out.args[j].is_number() && a.list_size == 1;
    return true;
  };
  bool filled[kMaxArguments] = {};
  // The tensor a method is called on is `self`, wherever that stands in the signature.
  int self = callable.method ? op.signature.index_of("self") : -1;
  int at = 0;
  Py_ssize_t i = 0;
  if (self >= 0 && n > 0) {
    if (!fits(args[0], self)) {
      failure = {Mismatch::type, self, args[0]};
      return false;
    }
    filled[self] = true;
    i = 1;
  }
  for (; i < n; ++i) {
    while (at < count && filled[at]) ++at;
    if (at >= count || arguments[at].keyword_only) {
      failure = {Mismatch::count, at, args[i]};
      return false;
    }
    const Argument& a = arguments[at];
    // One by one: sizes are Python's or NumPy's integers, or tensors of one. Where another overload takes a tensor
    // there, that comes first.
    if (a.list && a.type == ArgType::Int && a.list_size == 0 && is_size(args[i]) && !(exact && is_tensor(args[i]))) {
      // A list given as separate integers, up to the end.
      Dims list;
      bool all = true;
      for (Py_ssize_t k = i; k < n && all; ++k) {
        int64_t v = 0;
        all = int_item(args[k], v);
        list.push_back(v);
      }
      if (all) {
        out.args[at] = list_value(list);
        filled[at] = true;
        i = n;
        break;
      }
    }
    if (!fits(args[i], at)) {
      failure = {Mismatch::type, at, args[i]};
      return false;
    }
    filled[at++] = true;
  }
  Py_ssize_t keywords = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    PyObject* key = PyTuple_GET_ITEM(kwnames, k);
    PyObject* value = args[n + k];
    int found = -1;
    for (int j = 0; j < count && found < 0; ++j)
      if (same_name(key, arguments[j].name)) found = j;
    if (found < 0 && key == names.out) {
      if (value == Py_None) continue;
      if (!op.has_out() || callable.form == Form::inplace) {
        failure = {Mismatch::keyword, -1, key};
        return false;
      }
      out.form = Form::out;
      if (!out.outputs) out.outputs = std::make_unique<std::array<Value, Call::kMaxResults>>();
      if (is_tensor(value)) {
        (*out.outputs)[0] = Value::borrow(impl_of(value));
        continue;
      }
      Py_ssize_t given = PyTuple_Check(value) || PyList_Check(value) ? PySequence_Fast_GET_SIZE(value) : -1;
      if (given != static_cast<Py_ssize_t>(op.signature.returns.size())) {
        failure = {Mismatch::type, -1, key};
        return false;
      }
      for (Py_ssize_t g = 0; g < given; ++g) {
        PyObject* item = PySequence_Fast_GET_ITEM(value, g);
        if (!is_tensor(item)) {
          failure = {Mismatch::type, -1, key};
          return false;
        }
        (*out.outputs)[g] = Value::borrow(impl_of(item));
      }
      continue;
    }
    if (found < 0 && key == names.requires_grad && takes_tensor_options(op.signature)) {
      out.requires_grad = truth(value);
      continue;
    }
    for (int j = 0; j < count && found < 0; ++j)
      if (names_argument(key, arguments[j])) found = j;
    if (found < 0) {
      failure = {Mismatch::keyword, -1, key};
      return false;
    }
    if (filled[found]) {
      failure = {Mismatch::count, found, key};
      return false;
    }
    if (!fits(value, found)) {
      failure = {Mismatch::type, found, value};
      return false;
    }
    filled[found] = true;
  }
  for (int j = 0; j < count; ++j) {
    if (filled[j]) continue;
    if (!arguments[j].has_default) {
      failure = {Mismatch::missing, j, nullptr};
      return false;
    }
    out.args[j] = arguments[j].fallback;
  }
  if (beside_tensor) {
    bool any = false;
    for (int j = 0; j < count; ++j) any |= out.args[j].is_tensor();
    if (!any) {
      failure = {Mismatch::numbers, 0, nullptr};
      return false;
    }
  }
  // A number may stand for a tensor, but nothing can be written into it.
  if (out.form == Form::inplace && count > 0 && arguments[0].is_tensor() && !out.args[0].is_tensor()) {
    failure = {Mismatch::type, 0, n > 0 ? args[0] : Py_None};
    return false;
  }
  return true;
}

// For messages: whatever UTF-8 cannot say is shown as '?'.
std::string text_of(PyObject* name) {
  Object bytes(PyUnicode_AsEncodedString(name, "utf-8", "replace"));
  if (!bytes) throw PythonError();
  return PyBytes_AS_STRING(bytes.get());
}

std::string type_text(PyObject* o) {
  if (PyTuple_Check(o) || PyList_Check(o)) {
    std::string text = PyTuple_Check(o) ? "tuple of (" : "list of [";
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o) && i < 8; ++i)
      text += (i ? ", " : "") + std::string(Py_TYPE(PySequence_Fast_GET_ITEM(o, i))->tp_name);
    return text + (PyTuple_Check(o) ? ")" : "]");
  }
  const char* name = Py_TYPE(o)->tp_name;
  return strncmp(name, "torch.", 6) == 0 ? name + 6 : name;
}

[[noreturn]] void no_overload(const Callable& callable, PyObject* const* args, Py_ssize_t n, PyObject* kwnames,
                              const Failure& failure) {
  std::string name = PyUnicode_AsUTF8(callable.name);
  const auto& overloads = *callable.overloads;
  check(!overloads.empty(), ErrorKind::NotImplemented, name, ": this operator is not implemented");
  if (overloads.size() == 1) {
    const Signature& s = overloads[0]->signature;
    if (failure.kind == Mismatch::type && failure.argument >= 0) {
      const Argument& a = s.arguments[failure.argument];
      Argument shown = a;
      Signature one;
      one.arguments.push_back(shown);
      one.arguments[0].has_default = false;
      std::string wanted = show_for_python(one, false);
      wanted = wanted.substr(1, wanted.rfind(' ') - 1);
      raise(ErrorKind::Type, name, "(): argument '", a.name == "self" ? "input" : a.name, "' (position ",
            failure.argument + 1, ") must be ", wanted, ", not ", type_text(failure.object));
    }
    if (failure.kind == Mismatch::numbers)
      raise(ErrorKind::Type, name, "(): one of the arguments must be a Tensor, but all are numbers; the signature is ",
            name, show_for_python(s, callable.method));
    if (failure.kind == Mismatch::missing)
      raise(ErrorKind::Type, name, "() missing 1 required argument: '",
            s.arguments[failure.argument].name == "self" ? "input" : s.arguments[failure.argument].name,
            "'; the signature is ", name, show_for_python(s, callable.method));
    if (failure.kind == Mismatch::keyword)
      raise(ErrorKind::Type, name, "() got an unexpected keyword argument '", text_of(failure.object),
            "'; the signature is ", name, show_for_python(s, callable.method));
    if (failure.kind == Mismatch::count)
      raise(ErrorKind::Type, name, "() takes ", s.arguments.size(),
            " arguments, more were given or one was given twice; the signature is ", name,
            show_for_python(s, callable.method));
  }
  std::string got = "(";
  for (Py_ssize_t i = callable.method ? 1 : 0; i < n; ++i) got += (got.size() > 1 ? ", " : "") + type_text(args[i]);
  for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k)
    got += (got.size() > 1 ? ", " : "") + text_of(PyTuple_GET_ITEM(kwnames, k)) + "=" + type_text(args[n + k]);
  std::string message =
      name + "() received an invalid combination of arguments - got " + got + "), but expected one of:";
  for (const Op* op : overloads) message += "\n * " + show_for_python(op->signature, callable.method);
  raise(ErrorKind::Type, message);
}

PyObject* finish(const Op& op, Parsed& parsed) {
  Call call{op, parsed.args.data(), parsed.form};
  if (parsed.form == Form::out) call.results = *parsed.outputs;
  run(call);
  if (parsed.requires_grad) set_requires_grad(call.results[0].tensor(), true);
  return results_to_python(call);
}

// Note: factors among tensors
//   Old programs write add(x, 2, y), addmm(2, c, 3, a, b), x.addcmul_(2, a, b): the factors, which are keyword-only
//   numbers of the signature, stand before the tensors that they multiply. Where no signature fits a call as it is,
//   they are moved behind their names. Of two factors of a function the first is self's, so it comes first of all.
struct NamedFactors {
  std::vector<PyObject*> args;
  Object names;
};
bool name_factors(const Op& op, const Callable& callable, PyObject* const* args, Py_ssize_t n, PyObject* kwnames,
                  NamedFactors& out) {
  std::vector<PyObject*> factors;
  for (Py_ssize_t i = 0; i < n; ++i) {
    if (is_tensor(args[i]))
      out.args.push_back(args[i]);
    else if (is_number(args[i]))
      factors.push_back(args[i]);
    else
      return false;
  }
  std::vector<const Argument*> takers;
  for (const Argument& a : op.signature.arguments)
    if (a.keyword_only && a.type == ArgType::Scalar) takers.push_back(&a);
  if (factors.empty() || factors.size() > takers.size()) return false;
  if (!callable.method && (takers.size() > 1) != !is_tensor(args[0])) return false;
  Py_ssize_t given = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
  out.names = Object::checked(PyTuple_New(given + static_cast<Py_ssize_t>(factors.size())));
  for (Py_ssize_t k = 0; k < given; ++k) {
    PyTuple_SET_ITEM(out.names.get(), k, Py_NewRef(PyTuple_GET_ITEM(kwnames, k)));
    out.args.push_back(args[n + k]);
  }
  for (size_t k = 0; k < factors.size(); ++k) {
    PyTuple_SET_ITEM(out.names.get(), given + static_cast<Py_ssize_t>(k),
                     PyUnicode_FromString(takers[k]->name.c_str()));
    out.args.push_back(factors[k]);
  }
  return true;
}

// A warning is shown once in a process, or each time, as set_warn_always says.
bool g_warn_always = false;
void warn_of_factors(const Op& op, const Callable& callable) {
  static bool warned = false;
  if (std::exchange(warned, true) && !g_warn_always) return;
  const std::string name = PyUnicode_AsUTF8(callable.name);
  const std::string better = name + show_for_python(op.signature, callable.method);
  if (PyErr_WarnFormat(PyExc_UserWarning, 1,
                       "This overload of %s is deprecated: factors stand among the tensors. Give them by name: %s",
                       name.c_str(), better.c_str()) < 0)
    throw PythonError();
}
PyObject* set_warn_always(PyObject*, PyObject* on) {
  g_warn_always = PyObject_IsTrue(on) == 1;
  Py_RETURN_NONE;
}

PyObject* callable_vectorcall(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return guarded([&]() -> PyObject* {
    const Callable& callable = *as_callable(self);
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (PyObject* handled = try_torch_function(self, args, n, kwnames)) return handled;
    if (PyErr_Occurred()) throw PythonError();
    Failure failure;
    for (bool exact : {true, false}) {
      if (exact && callable.overloads->size() == 1) continue;
      for (const Op* op : *callable.overloads) {
        Parsed parsed(*op);
        parsed.form = callable.form;
        if (callable.form == Form::inplace && !op->has_inplace() && op->writes < 0) continue;
        if (parse(*op, callable, args, n, kwnames, exact, parsed, failure)) return finish(*op, parsed);
      }
    }
    for (const Op* op : *callable.overloads) {
      NamedFactors named;
      if (!name_factors(*op, callable, args, n, kwnames, named)) continue;
      Parsed parsed(*op);
      parsed.form = callable.form;
      if (callable.form == Form::inplace && !op->has_inplace()) continue;
      Failure ignored;
      Py_ssize_t tensors = static_cast<Py_ssize_t>(named.args.size()) - PyTuple_GET_SIZE(named.names.get());
      if (!parse(*op, callable, named.args.data(), tensors, named.names.get(), false, parsed, ignored)) continue;
      warn_of_factors(*op, callable);
      return finish(*op, parsed);
    }
    no_overload(callable, args, n, kwnames, failure);
  });
}

PyObject* callable_get(PyObject* self, PyObject* object, PyObject*) {
  if (!object || !as_callable(self)->method) return Py_NewRef(self);
  return PyMethod_New(self, object);
}

void callable_dealloc(PyObject* self) {
  Py_CLEAR(as_callable(self)->name);
  Py_CLEAR(as_callable(self)->module);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* callable_repr(PyObject* self) {
  return PyUnicode_FromFormat(
      as_callable(self)->method ? "<method '%U' of 'torch.Tensor' objects>" : "<built-in function %U>",
      as_callable(self)->name);
}
PyObject* callable_doc(PyObject* self, void*) {
  const auto& overloads = *as_callable(self)->overloads;
  std::string text;
  for (const Op* op : overloads)
    text += op->signature.name + show_for_python(op->signature, as_callable(self)->method) + "\n";
  for (const Op* op : overloads)
    if (*op->spec.doc) {
      text += std::string("\n") + op->spec.doc;
      break;
    }
  return PyUnicode_FromString(text.c_str());
}
PyObject* callable_operator(PyObject* self, void*) {
  const auto& overloads = *as_callable(self)->overloads;
  return overloads.empty() ? Py_NewRef(as_callable(self)->name)
                           : PyUnicode_FromString(overloads[0]->signature.name.c_str());
}
// What isinstance and inspect take it for: flambeau.add is a builtin function, Tensor.add a method descriptor.
PyObject* callable_class(PyObject* self, void*) {
  return Py_NewRef(reinterpret_cast<PyObject*>(as_callable(self)->method ? &PyMethodDescr_Type : &PyCFunction_Type));
}
PyObject* callable_is_method(PyObject* self, void*) { return PyBool_FromLong(as_callable(self)->method); }
PyObject* callable_overloads(PyObject* self, PyObject*) {
  PyObject* list = PyList_New(0);
  for (const Op* op : *as_callable(self)->overloads) {
    Object name(PyUnicode_FromString(op->signature.overload.c_str()));
    PyList_Append(list, name.get());
  }
  return list;
}
PyObject* callable_reduce(PyObject* self, PyObject*) {
  if (as_callable(self)->method)
    return Py_BuildValue("(O(OO))", PyDict_GetItemString(PyEval_GetBuiltins(), "getattr"), tensor_type,
                         as_callable(self)->name);
  return Py_NewRef(as_callable(self)->name);
}

PyObject* make_callable(const std::string& name, Form form, bool method, const char* module) {
  auto* c = PyObject_New(Callable, callable_type);
  c->vectorcall = callable_vectorcall;
  c->overloads = &Registry::get().overloads(name);
  c->form = form;
  c->method = method;
  std::string shown = name + (form == Form::inplace && !name.ends_with("_") ? "_" : "");
  if (name.starts_with("__") && form == Form::inplace) shown = "__i" + name.substr(2);
  c->name = PyUnicode_InternFromString(shown.c_str());
  c->module = PyUnicode_InternFromString(module);
  return reinterpret_cast<PyObject*>(c);
}

bool any_inplace(const std::vector<const Op*>& overloads) {
  for (const Op* op : overloads)
    if (op->has_inplace()) return true;
  return false;
}

struct FaceName {
  const char* name;
  Face face;
  const char* module;
  const char* prefix;  // of ATen's name that Python leaves out
};
const FaceName faces[] = {{"torch", torch, "torch", ""},
                          {"functional", functional, "torch.nn.functional", ""},
                          {"special", special, "torch.special", "special_"},
                          {"linalg", linalg, "torch.linalg", "linalg_"},
                          {"fft", fft, "torch.fft", "fft_"},
                          {"nn", nn_private, "torch._C._nn", ""}};

// Puts the operators of a face into a dictionary, under their Python names, where the name is free; names the public
// ones in a list that the dictionary has as __all__.
PyObject* export_operators(PyObject*, PyObject* args) {
  const char* which;
  PyObject* into;
  if (!PyArg_ParseTuple(args, "sO!", &which, &PyDict_Type, &into)) return nullptr;
  PyObject* names = PyDict_GetItemString(into, "__all__");
  if (names && !PyList_Check(names)) names = nullptr;
  return guarded([&]() -> PyObject* {
    const FaceName* face = nullptr;
    for (auto& f : faces)
      if (strcmp(f.name, which) == 0) face = &f;
    check(face != nullptr, ErrorKind::Value, "export_operators: no face '", which, "'");
    std::string last;
    for (const Op* op : Registry::get().all()) {
      if (!(op->spec.python & face->face) || op->signature.name == last) continue;
      last = op->signature.name;
      std::string shown = last.starts_with(face->prefix) ? last.substr(strlen(face->prefix)) : last;
      auto place = [&](const std::string& name, Form form) {
        if (PyDict_GetItemString(into, name.c_str())) return;
        Object callable(make_callable(last, form, false, face->module));
        PyDict_SetItemString(into, name.c_str(), callable.get());
        if (names && !name.starts_with("_")) {
          Object text(PyUnicode_FromString(name.c_str()));
          if (PyList_Append(names, text.get()) < 0) throw PythonError();
        }
      };
      place(shown, Form::functional);
      if ((face->face == torch || face->face == functional) && any_inplace(Registry::get().overloads(last)) &&
          !last.starts_with("__"))
        place(shown + "_", Form::inplace);
    }
    Py_RETURN_NONE;
  });
}

// Methods of the Tensor class.
void add_methods() {
  std::string last;
  PyObject* type = reinterpret_cast<PyObject*>(tensor_type);
  for (const Op* op : Registry::get().all()) {
    if (!(op->spec.python & method) || op->signature.name == last) continue;
    last = op->signature.name;
    const auto& overloads = Registry::get().overloads(last);
    if (!last.starts_with("__")) {
      Object m(make_callable(last, Form::functional, true, "torch"));
      PyObject_SetAttrString(type, last.c_str(), m.get());
      if (any_inplace(overloads)) {
        Object in(make_callable(last, Form::inplace, true, "torch"));
        PyObject_SetAttrString(type, (last + "_").c_str(), in.get());
      }
    }
  }
}

// `aten`: every operator under its own name, made when first asked for.
PyObject* aten_getattr(PyObject* self, PyObject* name) {
  PyObject* known = PyObject_GenericGetAttr(self, name);
  if (known || !PyErr_ExceptionMatches(PyExc_AttributeError)) return known;
  PyErr_Clear();
  return guarded([&]() -> PyObject* {
    const char* utf8 = PyUnicode_AsUTF8(name);
    if (!utf8) throw PythonError();
    std::string text = utf8;
    Form form = Form::functional;
    if (Registry::get().overloads(text).empty()) {
      std::string base = text.ends_with("_") ? text.substr(0, text.size() - 1) : "";
      if (base.empty() || !any_inplace(Registry::get().overloads(base))) {
        PyErr_Format(PyExc_AttributeError, "operator 'aten::%U' is not implemented", name);
        throw PythonError();
      }
      text = base;
      form = Form::inplace;
    }
    Object callable(make_callable(text, form, false, "torch.ops.aten"));
    PyObject_SetAttr(self, name, callable.get());
    return callable.release();
  });
}

}  // namespace

// The expression as its method sees it, then as the method of the right side does; NotImplemented, so that Python asks
// further, where both answer with a TypeError.
static PyObject* overridden_binary(BinarySlot& slot, PyObject* a, PyObject* b) {
  for (bool reflected : {false, true}) {
    PyObject* args[] = {reflected ? b : a, reflected ? a : b};
    const char* name = reflected ? slot.reflected : slot.method;
    if (!name || !is_tensor(args[0]) || (reflected && Py_TYPE(a) == Py_TYPE(b))) continue;
    Object function = Object::checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(tensor_type), name));
    if (PyObject* handled = guarded([&] { return try_torch_function(function.get(), args, 2, nullptr); }))
      return handled;
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return nullptr;
    PyErr_Clear();
  }
  Py_RETURN_NOTIMPLEMENTED;
}

PyObject* binary(BinarySlot& slot, PyObject* a, PyObject* b) {
  return guarded([&]() -> PyObject* {
    bool reflected = !is_tensor(a);
    if (PyObject * args[] = {a, b}; overridden(args, 2)) return overridden_binary(slot, a, b);
    PyObject* other = reflected ? a : b;
    if (!is_tensor(other) && !is_number(other)) Py_RETURN_NOTIMPLEMENTED;
    if (!slot.op) {
      static const char* preferred[] = {".Tensor", "", ".Tensor_Tensor"};
      for (const char* suffix : preferred)
        if (!slot.op) slot.op = Registry::get().find_or_null(std::string(slot.name) + suffix);
      check(slot.op != nullptr, ErrorKind::NotImplemented, slot.name, ": this operator is not implemented");
    }
    const Op& op = *slot.op;
    Parsed parsed(op);
    parsed.form = slot.form;
    auto operand = [&](PyObject* o, Value& v) {
      if (is_tensor(o)) {
        v = Value::borrow(impl_of(o));
      } else {
        Scalar s;
        if (!number_from(o, s)) throw PythonError();
        v = Value(s);
      }
    };
    operand(a, parsed.args[0]);
    operand(b, parsed.args[1]);
    for (size_t i = 2; i < op.signature.arguments.size(); ++i) parsed.args[i] = op.signature.arguments[i].fallback;
    if (!op.pointwise() && !is_tensor(other)) Py_RETURN_NOTIMPLEMENTED;
    return finish(op, parsed);
  });
}

PyObject* operator_method(const char* name) {
  static std::map<std::string, PyObject*> made;
  PyObject*& m = made[name];
  if (!m) m = make_callable(name, Form::functional, true, "torch");
  return m;
}

// A line for each part: the type's own would put all into one.
PyObject* named_repr(PyObject* self, PyObject*) {
  return guarded([&]() -> PyObject* {
    std::string text = std::string(Py_TYPE(self)->tp_name) + "(\n";
    PyObject* fields = PyDict_GetItemString(Py_TYPE(self)->tp_dict, "__match_args__");
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); ++i) {
      Object part(PyObject_Repr(PyTuple_GET_ITEM(self, i)));
      if (!part.get()) throw PythonError();
      text += (i ? ",\n" : "") + std::string(PyUnicode_AsUTF8(PyTuple_GET_ITEM(fields, i))) + "=" +
              PyUnicode_AsUTF8(part.get());
    }
    return PyUnicode_FromString((text + ")").c_str());
  });
}
PyMethodDef named_repr_method = {"__repr__", named_repr, METH_NOARGS, nullptr};

// The named tuple of an operator that names its results: max(x, dim) -> (values, indices).
PyObject* return_type(const Op& op) {
  static std::map<const Op*, PyObject*> types;
  auto found = types.find(&op);
  if (found != types.end()) return found->second;
  const auto& returns = op.signature.returns;
  if (returns.size() < 2 || returns[0].name.empty() || op.signature.name.starts_with("native_") ||
      op.signature.name.starts_with("_"))
    return types[&op] = nullptr;
  auto* fields = new PyStructSequence_Field[returns.size() + 1]();
  for (size_t i = 0; i < returns.size(); ++i) fields[i].name = strdup(returns[i].name.c_str());
  auto* full = strdup(("torch.return_types." + op.signature.name).c_str());
  PyStructSequence_Desc description{full, "", fields, static_cast<int>(returns.size())};
  PyTypeObject* type = PyStructSequence_NewType(&description);
  Object repr(PyDescr_NewMethod(type, &named_repr_method));
  PyObject_SetAttrString(reinterpret_cast<PyObject*>(type), "__repr__", repr.get());
  return types[&op] = reinterpret_cast<PyObject*>(type);
}

namespace {

PyObject* return_type_named(PyObject*, PyObject* name) {
  return guarded([&]() -> PyObject* {
    for (const Op* op : Registry::get().overloads(PyUnicode_AsUTF8(name)))
      if (PyObject* t = return_type(*op)) return Py_NewRef(t);
    PyErr_Format(PyExc_AttributeError, "return_types: no operator '%U' with named results", name);
    throw PythonError();
  });
}

// The table, for tests, documentation and printed headers.
PyObject* list_operators(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Object list(PyList_New(0));
    for (const Op* op : Registry::get().all()) {
      const OpSpec& s = op->spec;
      const char* kind = s.formula ? "pointwise" : s.view ? "view" : s.composite ? "composite" : "kernel";
      Object faces_list(PyList_New(0));
      for (auto& f : faces)
        if (s.python & f.face) PyList_Append(faces_list.get(), Object(PyUnicode_FromString(f.name)).get());
      if (s.python & method) PyList_Append(faces_list.get(), Object(PyUnicode_FromString("method")).get());
      Object item(Py_BuildValue("{s:s,s:s,s:s,s:s,s:s,s:s,s:O,s:O,s:O,s:O,s:O,s:O}", "name", op->name.c_str(),
                                "signature", op->signature.text.c_str(), "kind", kind, "base",
                                op->signature.name.c_str(), "overload", op->signature.overload.c_str(), "doc", s.doc,
                                "faces", faces_list.get(), "inplace", op->has_inplace() ? Py_True : Py_False, "out",
                                op->has_out() ? Py_True : Py_False, "differentiable",
                                op->differentiable() ? Py_True : Py_False, "random", s.random ? Py_True : Py_False,
                                "entry_by_entry", runs_entry_by_entry(*op) ? Py_True : Py_False));
      if (!item) throw PythonError();
      PyList_Append(list.get(), item.get());
    }
    return list.release();
  });
}

}  // namespace

void init_operators(PyObject* module) {
  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(Callable, vectorcall), READONLY, nullptr},
      {"__name__", T_OBJECT, offsetof(Callable, name), READONLY, nullptr},
      {"__qualname__", T_OBJECT, offsetof(Callable, name), READONLY, nullptr},
      {"__module__", T_OBJECT, offsetof(Callable, module), READONLY, nullptr},
      {}};
  static PyGetSetDef getset[] = {
      {"__class__", callable_class, nullptr, nullptr, nullptr},
      {"__doc__", callable_doc, nullptr, nullptr, nullptr},
      {"operator", callable_operator, nullptr, "The name of the operator in the table.", nullptr},
      {"is_method", callable_is_method, nullptr, "Whether it is a method of Tensor.", nullptr},
      {}};
  static PyMethodDef methods[] = {{"overloads", callable_overloads, METH_NOARGS, "The names of the overloads."},
                                  {"__reduce__", callable_reduce, METH_NOARGS, nullptr},
                                  {}};
  PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(callable_dealloc)},
                         {Py_tp_repr, reinterpret_cast<void*>(callable_repr)},
                         {Py_tp_descr_get, reinterpret_cast<void*>(callable_get)},
                         {Py_tp_members, members},
                         {Py_tp_getset, getset},
                         {Py_tp_methods, methods},
                         {}};
  PyType_Spec spec{"torch._C.Operator", sizeof(Callable), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
                       Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
  callable_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  PyModule_AddObjectRef(module, "Operator", reinterpret_cast<PyObject*>(callable_type));

  PyType_Slot aten_slots[] = {{Py_tp_getattro, reinterpret_cast<void*>(aten_getattr)}, {}};
  struct Aten {
    PyObject_HEAD PyObject* dict;
  };
  static PyMemberDef aten_members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(Aten, dict), READONLY, nullptr}, {}};
  PyType_Slot aten_all[] = {aten_slots[0], {Py_tp_members, aten_members}, {}};
  PyType_Spec aten_spec{"torch._C.AtenNamespace", sizeof(Aten), 0, Py_TPFLAGS_DEFAULT, aten_all};
  auto* aten_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&aten_spec));
  PyModule_AddObjectRef(module, "aten", aten_type->tp_alloc(aten_type, 0));

  static PyMethodDef functions[] = {
      {"_set_warn_always", set_warn_always, METH_O, nullptr},
      {"export_operators", export_operators, METH_VARARGS,
       "Adds the operators of a face (torch, functional, …) to a dictionary."},
      {"list_operators", list_operators, METH_NOARGS, "The operator table as a list of dictionaries."},
      {"_return_type", return_type_named, METH_O, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
  add_methods();
}

}  // namespace flambeau::python
