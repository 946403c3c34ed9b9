// What stands behind `flambeau.ops`: a callable for one overload of an operator (of the table, or of one's own with a
// Python function behind it) and one for all overloads of a name. The classes seen in Python derive from these, see
// flambeau/_ops.py. Arguments go by the schema alone: no other names, no integers one by one.
#include <Python.h>
#include <structmember.h>

#include <memory>

#include "op/overloads.h"
#include "op/seen.h"
#include "python/overrides.h"

namespace flambeau::python {

namespace {

constexpr size_t kMost = Call::kMaxArguments + Call::kMaxResults;

struct OverloadObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  const Overload* overload;  // owned where there is a handler
  PyObject* handler;         // of an operator of one's own: handler(values of all arguments), else null
};
struct PacketObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* overloads;  // a list
  PyObject* name;       // "aten::add"
};
PyTypeObject *overload_type, *packet_type;

OverloadObject* as_overload(PyObject* o) { return reinterpret_cast<OverloadObject*>(o); }
PacketObject* as_packet(PyObject* o) { return reinterpret_cast<PacketObject*>(o); }
const Schema& schema_of(PyObject* o) { return as_overload(o)->overload->schema; }

std::string shown_value(PyObject* o) {
  if (is_tensor(o)) return describe(tensor_of(o));
  Object text(PyObject_Repr(o));
  if (!text) {
    PyErr_Clear();
    return "?";
  }
  const char* utf8 = PyUnicode_AsUTF8(text.get());
  if (!utf8) PyErr_Clear();
  std::string all = utf8 ? utf8 : "?";
  if (all.size() > 80) {
    all.resize(77);
    all += "...";
  }
  return all;
}

// A call's arguments fitted to one schema.
struct Bound {
  const OverloadObject& object;
  const Schema& schema;
  const Signature& signature;
  std::vector<PyObject*> given;  // borrowed; null where the default stands
  std::vector<Value> values;
  std::string why;  // it does not fit

  explicit Bound(PyObject* o)
      : object(*as_overload(o)),
        schema(schema_of(o)),
        signature(schema.signature),
        given(signature.arguments.size()),
        values(given.size()) {}

  bool fit(PyObject* const* args, Py_ssize_t n, PyObject* kwnames, bool numbers) {
    return place(args, n, kwnames) && read(numbers);
  }

 private:
  bool place(PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
    const auto& arguments = signature.arguments;
    Py_ssize_t positional = 0;
    while (positional < static_cast<Py_ssize_t>(arguments.size()) && !arguments[positional].keyword_only) ++positional;
    if (n > positional)
      return refuse("takes " + std::to_string(positional) + " positional arguments, but " + std::to_string(n) +
                    " were given");
    std::copy(args, args + n, given.begin());
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k) {
      const char* name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(kwnames, k));
      if (!name) throw PythonError();
      int at = signature.index_of(name);
      if (at < 0) return refuse("has no argument '" + std::string(name) + "'");
      if (given[at]) return refuse("argument '" + std::string(name) + "' was given twice");
      given[at] = args[n + k];
    }
    for (size_t i = 0; i < given.size(); ++i)
      if (!given[i] && !arguments[i].has_default) return refuse("argument '" + arguments[i].name + "' is missing");
    return true;
  }
  bool read(bool numbers) {
    for (size_t i = 0; i < given.size(); ++i) {
      const Argument& a = signature.arguments[i];
      if (!given[i])
        values[i] = a.fallback;
      else if (!(a.type == ArgType::Any && object.handler) &&
               !convert(given[i], a, values[i], numbers && takes_number(a)))
        return refuse("argument '" + a.name + "' (position " + std::to_string(i) + ") has to be of type " +
                      schema.argument_types[i] + ", but is " + Py_TYPE(given[i])->tp_name + " " +
                      shown_value(given[i]));
    }
    return true;
  }
  // A number in a tensor's place: what the block says of its arguments holds for all of its forms.
  bool takes_number(const Argument& a) const { return a.list_size > 0 && !a.written; }
  bool refuse(std::string reason) {
    why = schema.full_name() + ": " + std::move(reason) + "; the schema is " + show_schema(schema);
    return false;
  }
};

PyObject* result_tuple(const Call& call) {
  size_t n = call.op.signature.returns.size();
  if (n == 0) Py_RETURN_NONE;
  if (n == 1) return to_python(call.results[0]);
  Object tuple(PyTuple_New(static_cast<Py_ssize_t>(n)));
  for (size_t i = 0; i < n; ++i) PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), to_python(call.results[i]));
  return tuple.release();
}

PyObject* run_table_operator(Bound& bound, void (*way)(Call&) = run) {
  const Overload& overload = *bound.object.overload;
  const auto& arguments = overload.op->signature.arguments;
  Value args[Call::kMaxArguments];
  bool filled[Call::kMaxArguments] = {};
  Call call{*overload.op, args, overload.form};
  for (size_t i = 0; i < overload.places.size(); ++i) {
    int place = overload.places[i];
    if (place < 0) {
      call.results[-1 - place] = std::move(bound.values[i]);
    } else {
      args[place] = std::move(bound.values[i]);
      filled[place] = true;
    }
  }
  for (size_t i = 0; i < arguments.size(); ++i)
    if (!filled[i]) args[i] = arguments[i].fallback;
  way(call);
  return result_tuple(call);
}

// The values as the function behind an operator of one's own gets them: lists are lists, numbers of the schema's type.
PyObject* run_own_operator(PyObject* self, Bound& bound) {
  Object values(PyTuple_New(static_cast<Py_ssize_t>(bound.values.size())));
  for (size_t i = 0; i < bound.values.size(); ++i) {
    const Argument& a = bound.signature.arguments[i];
    PyObject* value = a.type == ArgType::Any && bound.given[i] ? Py_NewRef(bound.given[i]) : to_python(bound.values[i]);
    if (value && PyTuple_Check(value) && a.list) {
      PyObject* list = PySequence_List(value);
      Py_DECREF(value);
      value = list;
    }
    if (!value) throw PythonError();
    PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), value);
  }
  PyObject* args[] = {self, values.get()};
  return PyObject_Vectorcall(as_overload(self)->handler, args, 2, nullptr);
}

PyObject* finish(PyObject* overload, Bound& bound) {
  return as_overload(overload)->handler ? run_own_operator(overload, bound) : run_table_operator(bound);
}

PyObject* overload_vectorcall(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return guarded([&]() -> PyObject* {
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (PyObject* handled = try_torch_function(self, args, n, kwnames)) return handled;
    if (PyErr_Occurred()) throw PythonError();
    Bound bound(self);
    check(bound.fit(args, n, kwnames, true), ErrorKind::Runtime, bound.why);
    return finish(self, bound);
  });
}

PyObject* packet_vectorcall(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return guarded([&]() -> PyObject* {
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (PyObject* handled = try_torch_function(self, args, n, kwnames)) return handled;
    if (PyErr_Occurred()) throw PythonError();
    PyObject* overloads = as_packet(self)->overloads;
    std::string why;
    for (bool numbers : {false, true})
      for (Py_ssize_t i = 0; i < PyList_GET_SIZE(overloads); ++i) {
        Object overload = Object::share(PyList_GET_ITEM(overloads, i));
        Bound bound(overload.get());
        if (bound.fit(args, n, kwnames, numbers)) return finish(overload.get(), bound);
        if (numbers) why += "\n  " + bound.why;
      }
    raise(ErrorKind::Runtime, PyUnicode_AsUTF8(as_packet(self)->name), ": no overload takes these arguments:", why);
  });
}

// OverloadBase("add", "Tensor") is the table's; OverloadBase("mine::f(Tensor x) -> Tensor", function) is one's own.
PyObject* overload_new(PyTypeObject* type, PyObject* args, PyObject*) {
  const char* text;
  PyObject* second;
  if (!PyArg_ParseTuple(args, "sO", &text, &second)) return nullptr;
  return guarded([&]() -> PyObject* {
    const Overload* overload = nullptr;
    if (PyUnicode_Check(second)) {
      const char* wanted = PyUnicode_AsUTF8(second);
      if (!wanted) throw PythonError();
      for (const Overload& o : overloads_named(text))
        if (o.schema.signature.overload == wanted) overload = &o;
      check(overload != nullptr, ErrorKind::Runtime, "there is no operator 'aten::", text, "' with an overload '",
            wanted, "'");
    } else {
      auto made = std::make_unique<Overload>(Overload{nullptr, Form::functional, parse_whole_schema(text), {}});
      check(made->schema.signature.arguments.size() <= 4 * kMost, ErrorKind::Runtime, text, ": too many arguments");
      overload = made.release();
    }
    auto* self = as_overload(Object::checked(type->tp_alloc(type, 0)).release());
    self->vectorcall = overload_vectorcall;
    self->overload = overload;
    self->handler = PyUnicode_Check(second) ? nullptr : Py_NewRef(second);
    return reinterpret_cast<PyObject*>(self);
  });
}
int overload_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_overload(self)->handler);
  Py_VISIT(Py_TYPE(self));
  return 0;
}
void overload_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (as_overload(self)->handler) delete as_overload(self)->overload;
  Py_CLEAR(as_overload(self)->handler);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* text_object(const std::string& text) {
  return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}
PyObject* overload_schema(PyObject* self, void*) {
  return guarded([&] { return text_object(show_schema(schema_of(self))); });
}
PyObject* overload_own_name(PyObject* self, void*) { return text_object(schema_of(self).signature.overload); }
// What the table says of an operator: how it is written, and what its results hang on. Empty for one's own.
PyObject* overload_traits(PyObject* self, void*) {
  const Op* op = as_overload(self)->overload->op;
  if (!op) return PyTuple_New(0);
  const OpSpec& s = op->spec;
  const char* kind = seen_as_parts(*op) ? "composite" : s.formula ? "pointwise" : s.view ? "view" : "kernel";
  bool sized_by_data = s.cpu && !s.shape && !s.any_device && op->writes < 0;
  Object one(PyUnicode_FromString(kind)), random(PyUnicode_FromString("random")),
      data(PyUnicode_FromString("sized by data"));
  Object list(PyList_New(0));
  PyList_Append(list.get(), one.get());
  if (s.random) PyList_Append(list.get(), random.get());
  if (sized_by_data) PyList_Append(list.get(), data.get());
  return PyList_AsTuple(list.get());
}

// _run_parts(overload, args, kwargs): an operator as the calls that it is written with.
PyObject* py_run_parts(PyObject*, PyObject* all) {
  PyObject *overload, *args, *kwargs;
  if (!PyArg_ParseTuple(all, "O!O!O!", overload_type, &overload, &PyTuple_Type, &args, &PyDict_Type, &kwargs))
    return nullptr;
  return guarded([&]() -> PyObject* {
    check(as_overload(overload)->overload->op != nullptr, ErrorKind::Runtime,
          "decompose: an operator of one's own is not taken apart");
    std::vector<PyObject*> given(PySequence_Fast_ITEMS(args), PySequence_Fast_ITEMS(args) + PyTuple_GET_SIZE(args));
    Object names = Object::checked(PyTuple_New(PyDict_GET_SIZE(kwargs)));
    PyObject *name, *value;
    Py_ssize_t at = 0, count = 0;
    while (PyDict_Next(kwargs, &at, &name, &value)) {
      PyTuple_SET_ITEM(names.get(), count++, Py_NewRef(name));
      given.push_back(value);
    }
    Bound bound(overload);
    check(bound.fit(given.data(), PyTuple_GET_SIZE(args), names.get(), true), ErrorKind::Runtime, bound.why);
    return run_table_operator(bound, run_parts);
  });
}

// PacketBase("aten::add", [overloads])
PyObject* packet_new(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject *name, *overloads;
  if (!PyArg_ParseTuple(args, "UO!", &name, &PyList_Type, &overloads)) return nullptr;
  PyObject* self = type->tp_alloc(type, 0);
  if (!self) return nullptr;
  as_packet(self)->vectorcall = packet_vectorcall;
  as_packet(self)->name = Py_NewRef(name);
  as_packet(self)->overloads = Py_NewRef(overloads);
  return self;
}
int packet_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_packet(self)->overloads);
  Py_VISIT(Py_TYPE(self));
  return 0;
}
int packet_clear(PyObject* self) {
  Py_CLEAR(as_packet(self)->overloads);
  return 0;
}
void packet_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  packet_clear(self);
  Py_CLEAR(as_packet(self)->name);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* overloads_of(PyObject*, PyObject* name) {
  return guarded([&]() -> PyObject* {
    const char* text = PyUnicode_AsUTF8(name);
    if (!text) throw PythonError();
    Object list(PyList_New(0));
    for (const Overload& o : overloads_named(text)) {
      Object item(text_object(o.schema.signature.overload));
      if (PyList_Append(list.get(), item.get())) throw PythonError();
    }
    return list.release();
  });
}
PyObject* names_with_overloads(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Object list(PyList_New(0));
    for (const std::string& name : overload_names()) {
      Object item(text_object(name));
      if (PyList_Append(list.get(), item.get())) throw PythonError();
    }
    return list.release();
  });
}

// The parts of a schema: (namespace, name, overload, arguments, returns, text as PyTorch writes it) with
// (name, type, length of a list or None, whether there is a default, default, keyword only, written) and (name, type).
PyObject* schema_parts(PyObject*, PyObject* text) {
  return guarded([&]() -> PyObject* {
    Py_ssize_t size;
    const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (!utf8) throw PythonError();
    Schema schema = parse_whole_schema(std::string_view(utf8, static_cast<size_t>(size)));
    const Signature& s = schema.signature;
    Object arguments(PyList_New(0)), returns(PyList_New(0));
    for (size_t i = 0; i < s.arguments.size(); ++i) {
      const Argument& a = s.arguments[i];
      Object fallback(a.fallback.tag() == Tag::DType          ? PyLong_FromLongLong(number_of(a.fallback.dtype()))
                      : a.fallback.tag() == Tag::MemoryFormat ? PyLong_FromLong(0)
                                                              : to_python(a.fallback));
      Object length(a.list && a.list_size ? PyLong_FromLong(a.list_size) : Py_NewRef(Py_None));
      Object item(Object::checked(Py_BuildValue("(ssOOOOO)", a.name.c_str(), schema.argument_types[i].c_str(),
                                                length.get(), a.has_default ? Py_True : Py_False, fallback.get(),
                                                a.keyword_only ? Py_True : Py_False, a.written ? Py_True : Py_False)));
      PyList_Append(arguments.get(), item.get());
    }
    for (size_t i = 0; i < s.returns.size(); ++i) {
      Object item(Object::checked(Py_BuildValue("(ss)", s.returns[i].name.c_str(), schema.return_types[i].c_str())));
      PyList_Append(returns.get(), item.get());
    }
    return Py_BuildValue("(sssOOs)", schema.space.c_str(), s.name.c_str(), s.overload.c_str(), arguments.get(),
                         returns.get(), show_schema(schema).c_str());
  });
}

// A class that a Python class statement derives keeps the vector call only when told so.
PyObject* call_by_vector(PyObject*, PyObject* cls) {
  reinterpret_cast<PyTypeObject*>(cls)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  return Py_NewRef(cls);
}

PyTypeObject* make_type(const char* name, int size, PyMemberDef* members, PyGetSetDef* getset, newfunc make,
                        traverseproc traverse, inquiry clear, destructor dealloc) {
  PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                         {Py_tp_new, reinterpret_cast<void*>(make)},
                         {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(clear)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                         {Py_tp_members, members},
                         {Py_tp_getset, getset},
                         {}};
  PyType_Spec spec{name, size, 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  return reinterpret_cast<PyTypeObject*>(Object::checked(PyType_FromSpec(&spec)).release());
}

int overload_clear(PyObject*) { return 0; }  // the handler belongs to the operator as long as it lives

}  // namespace

void init_overloads(PyObject* module) {
  static PyMemberDef overload_members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(OverloadObject, vectorcall), READONLY, nullptr}, {}};
  static PyGetSetDef overload_getset[] = {
      {"_schema_text", overload_schema, nullptr, "The schema as text.", nullptr},
      {"_own_overload_name", overload_own_name, nullptr, "The overload's name; empty for the default one.", nullptr},
      {"_traits", overload_traits, nullptr, "How the operator is written, and what its results hang on.", nullptr},
      {}};
  static PyMemberDef packet_members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(PacketObject, vectorcall), READONLY, nullptr},
      {"_overload_list", T_OBJECT, offsetof(PacketObject, overloads), READONLY, nullptr},
      {"_qualified_op_name", T_OBJECT, offsetof(PacketObject, name), READONLY, nullptr},
      {}};
  static PyGetSetDef none[] = {{}};
  overload_type = make_type("torch._C.OverloadBase", sizeof(OverloadObject), overload_members, overload_getset,
                            overload_new, overload_traverse, overload_clear, overload_dealloc);
  packet_type = make_type("torch._C.PacketBase", sizeof(PacketObject), packet_members, none, packet_new,
                          packet_traverse, packet_clear, packet_dealloc);
  PyModule_AddObjectRef(module, "OverloadBase", reinterpret_cast<PyObject*>(overload_type));
  PyModule_AddObjectRef(module, "PacketBase", reinterpret_cast<PyObject*>(packet_type));
  static PyMethodDef functions[] = {
      {"_overloads_of", overloads_of, METH_O, "The names of an operator's overloads, from the operator table."},
      {"_names_with_overloads", names_with_overloads, METH_NOARGS, "Every name that has overloads."},
      {"_parse_schema", schema_parts, METH_O, "The parts of a schema."},
      {"_call_by_vector", call_by_vector, METH_O, nullptr},
      {"_run_parts", py_run_parts, METH_VARARGS, nullptr},
      {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
