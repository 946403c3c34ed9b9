// Autocast's state in Python, under the names that flambeau.amp and programs use.
#include <map>
#include <string>

#include "op/autocast.h"
#include "python/object.h"

namespace flambeau::python {

namespace {

// Kinds of device that do not exist here can be switched all the same; nothing reads it.
struct Absent {
  bool enabled = false;
  DType low = DType::float16;
};
std::map<std::string, Absent>& absent() {
  static auto* table = new std::map<std::string, Absent>{{"xpu", {}},
                                                         {"mps", {}},
                                                         {"mtia", {}},
                                                         {"ipu", {}},
                                                         {"hpu", {false, DType::bfloat16}},
                                                         {"xla", {false, DType::bfloat16}},
                                                         {"maia", {false, DType::bfloat16}},
                                                         {"privateuseone", {}}};
  return *table;
}

struct Kind {
  DeviceType type;
  Absent* other = nullptr;
};
Kind kind_of(const char* function, PyObject* name) {
  check(PyUnicode_Check(name), ErrorKind::Type, function, ": device_type is a ", Py_TYPE(name)->tp_name,
        ", a name such as 'cpu' is wanted");
  const char* utf8 = PyUnicode_AsUTF8(name);
  if (!utf8) throw PythonError();
  std::string text = utf8;
  for (int i = 0; i < kDeviceTypes; ++i)
    if (flambeau::name(static_cast<DeviceType>(i)) == text) return {static_cast<DeviceType>(i)};
  auto found = absent().find(text);
  check(found != absent().end(), ErrorKind::Runtime, function, ": '", text,
        "' is not a device type; there are cpu, cuda, meta, mock");
  return {DeviceType::cpu, &found->second};
}

bool enabled(const Kind& k) { return k.other ? k.other->enabled : autocast_enabled(k.type); }
DType lower(const Kind& k) { return k.other ? k.other->low : autocast_dtype(k.type); }
void enable(const Kind& k, bool on) {
  if (k.other)
    k.other->enabled = on;
  else
    set_autocast_enabled(k.type, on);
}
void set_lower(const char* function, const Kind& k, PyObject* dtype) {
  check(is_dtype(dtype), ErrorKind::Type, function, ": expected a dtype, got ", Py_TYPE(dtype)->tp_name);
  if (k.other)
    k.other->low = dtype_of(dtype);
  else
    set_autocast_dtype(k.type, dtype_of(dtype));
}
bool truth(const char* function, PyObject* o) {
  check(PyBool_Check(o), ErrorKind::Type, function, ": enabled must be a bool, not ", Py_TYPE(o)->tp_name);
  return o == Py_True;
}

// --- one function for all kinds of device ---
PyObject* is_enabled(PyObject*, PyObject* args) {
  PyObject* type = nullptr;
  if (!PyArg_ParseTuple(args, "|O:is_autocast_enabled", &type)) return nullptr;
  return guarded([&]() -> PyObject* {
    if (!type) return PyBool_FromLong(autocast_enabled(DeviceType::cuda));
    return PyBool_FromLong(enabled(kind_of("is_autocast_enabled", type)));
  });
}
PyObject* set_enabled(PyObject*, PyObject* args) {
  PyObject *type, *on = nullptr;
  if (!PyArg_ParseTuple(args, "O|O:set_autocast_enabled", &type, &on)) return nullptr;
  return guarded([&]() -> PyObject* {
    if (!on)
      enable({DeviceType::cuda}, truth("set_autocast_enabled", type));  // the old form, for the GPU
    else
      enable(kind_of("set_autocast_enabled", type), truth("set_autocast_enabled", on));
    Py_RETURN_NONE;
  });
}
PyObject* get_dtype(PyObject*, PyObject* type) {
  return guarded([&] { return wrap(lower(kind_of("get_autocast_dtype", type))); });
}
PyObject* set_dtype(PyObject*, PyObject* args) {
  PyObject *type, *dtype;
  if (!PyArg_ParseTuple(args, "OO:set_autocast_dtype", &type, &dtype)) return nullptr;
  return guarded([&]() -> PyObject* {
    set_lower("set_autocast_dtype", kind_of("set_autocast_dtype", type), dtype);
    Py_RETURN_NONE;
  });
}

// --- a function for each kind, as older programs have it ---
template <int Which>
Kind fixed() {
  if constexpr (Which == 0)
    return {DeviceType::cpu};
  else if constexpr (Which == 1)
    return {DeviceType::cuda};
  else
    return {DeviceType::cpu, &absent().at(Which == 2 ? "ipu" : "xla")};
}
template <int Which>
PyObject* is_enabled_for(PyObject*, PyObject*) {
  return PyBool_FromLong(enabled(fixed<Which>()));
}
template <int Which>
PyObject* set_enabled_for(PyObject*, PyObject* on) {
  return guarded([&]() -> PyObject* {
    enable(fixed<Which>(), truth("set_autocast_enabled", on));
    Py_RETURN_NONE;
  });
}
template <int Which>
PyObject* get_dtype_for(PyObject*, PyObject*) {
  return wrap(lower(fixed<Which>()));
}
template <int Which>
PyObject* set_dtype_for(PyObject*, PyObject* dtype) {
  return guarded([&]() -> PyObject* {
    set_lower("set_autocast_dtype", fixed<Which>(), dtype);
    Py_RETURN_NONE;
  });
}

PyObject* is_caching(PyObject*, PyObject*) { return PyBool_FromLong(autocast_cache_enabled()); }
PyObject* set_caching(PyObject*, PyObject* on) {
  return guarded([&]() -> PyObject* {
    set_autocast_cache_enabled(truth("set_autocast_cache_enabled", on));
    Py_RETURN_NONE;
  });
}
PyObject* enter(PyObject*, PyObject*) { return PyLong_FromLong(enter_autocast()); }
PyObject* leave(PyObject*, PyObject*) { return PyLong_FromLong(leave_autocast()); }
PyObject* clear(PyObject*, PyObject*) {
  clear_autocast_cache();
  Py_RETURN_NONE;
}

}  // namespace

void init_autocast(PyObject* module) {
  static PyMethodDef functions[] = {
      {"is_autocast_enabled", is_enabled, METH_VARARGS,
       "Whether operators on a kind of device choose their types; without an argument, on GPUs."},
      {"set_autocast_enabled", set_enabled, METH_VARARGS, "Switches autocast for a kind of device on this thread."},
      {"get_autocast_dtype", get_dtype, METH_O, "The lower precision of a kind of device."},
      {"set_autocast_dtype", set_dtype, METH_VARARGS, "Sets the lower precision of a kind of device on this thread."},
      {"is_autocast_cpu_enabled", is_enabled_for<0>, METH_NOARGS, "Whether operators on the CPU choose their types."},
      {"set_autocast_cpu_enabled", set_enabled_for<0>, METH_O, "Switches autocast on the CPU."},
      {"get_autocast_cpu_dtype", get_dtype_for<0>, METH_NOARGS, "The lower precision on the CPU."},
      {"set_autocast_cpu_dtype", set_dtype_for<0>, METH_O, "Sets the lower precision on the CPU."},
      {"get_autocast_gpu_dtype", get_dtype_for<1>, METH_NOARGS, "The lower precision on GPUs."},
      {"set_autocast_gpu_dtype", set_dtype_for<1>, METH_O, "Sets the lower precision on GPUs."},
      {"is_autocast_ipu_enabled", is_enabled_for<2>, METH_NOARGS, nullptr},
      {"set_autocast_ipu_enabled", set_enabled_for<2>, METH_O, nullptr},
      {"get_autocast_ipu_dtype", get_dtype_for<2>, METH_NOARGS, nullptr},
      {"set_autocast_ipu_dtype", set_dtype_for<2>, METH_O, nullptr},
      {"is_autocast_xla_enabled", is_enabled_for<3>, METH_NOARGS, nullptr},
      {"set_autocast_xla_enabled", set_enabled_for<3>, METH_O, nullptr},
      {"get_autocast_xla_dtype", get_dtype_for<3>, METH_NOARGS, nullptr},
      {"set_autocast_xla_dtype", set_dtype_for<3>, METH_O, nullptr},
      {"is_autocast_cache_enabled", is_caching, METH_NOARGS,
       "Whether converted parameters are kept until the region ends."},
      {"set_autocast_cache_enabled", set_caching, METH_O, "Sets whether converted parameters are kept."},
      {"autocast_increment_nesting", enter, METH_NOARGS, "Enters a region; gives the depth."},
      {"autocast_decrement_nesting", leave, METH_NOARGS, "Leaves a region; gives the depth that is left."},
      {"clear_autocast_cache", clear, METH_NOARGS, "Forgets the converted parameters."},
      {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
