// The extension module flambeau._C.
#include <Python.h>

#include "core/promote.h"
#include "loops/parallel.h"
#include "loops/primitives.h"
#include "memory/cpu_allocator.h"
#include "memory/shared_memory.h"
#include "python/dispatch.h"
#include "python/overrides.h"

namespace flambeau::python {

void init_errors(PyObject* module);
void init_bridges(PyObject* module);
void init_extension_api(PyObject* module);
void init_module_slots(PyObject* module);
void init_devices(PyObject* module);
void init_cuda(PyObject* module);
void init_autocast(PyObject* module);
void init_overloads(PyObject* module);
void init_profile(PyObject* module);

namespace {

PyObject* get_default_dtype(PyObject*, PyObject*) { return wrap(default_dtype()); }
PyObject* py_set_default_dtype(PyObject*, PyObject* dtype) {
  return guarded([&]() -> PyObject* {
    check(is_dtype(dtype), ErrorKind::Type, "set_default_dtype: expected a dtype, got ", Py_TYPE(dtype)->tp_name);
    set_default_dtype(dtype_of(dtype));
    Py_RETURN_NONE;
  });
}
PyObject* get_num_threads(PyObject*, PyObject*) { return PyLong_FromLong(num_threads()); }
PyObject* py_set_num_threads(PyObject*, PyObject* n) {
  return guarded([&]() -> PyObject* {
    int64_t count = int_from(n, "set_num_threads: the number of threads");
    check(count > 0 && count <= 4096, ErrorKind::Runtime, "set_num_threads: expects a positive integer, got ", count);
    set_num_threads(static_cast<int>(count));
    Py_RETURN_NONE;
  });
}
PyObject* get_num_interop_threads(PyObject*, PyObject*) { return PyLong_FromLong(num_interop_threads()); }
PyObject* py_set_num_interop_threads(PyObject*, PyObject* n) {
  return guarded([&]() -> PyObject* {
    set_num_interop_threads(static_cast<int>(int_from(n, "set_num_interop_threads: the number of threads")));
    Py_RETURN_NONE;
  });
}
PyObject* py_refuse_fork(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    refuse_fork_in_region();
    Py_RETURN_NONE;
  });
}
PyObject* py_memory_stats(PyObject*, PyObject*) {
  auto s = memory_stats();
  return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "allocated", static_cast<Py_ssize_t>(s.allocated), "peak",
                       static_cast<Py_ssize_t>(s.peak), "reserved", static_cast<Py_ssize_t>(s.reserved), "cached",
                       static_cast<Py_ssize_t>(s.cached), "allocations", static_cast<Py_ssize_t>(s.allocations),
                       "releases", static_cast<Py_ssize_t>(s.releases), "system_calls",
                       static_cast<Py_ssize_t>(s.system_calls));
}
PyObject* py_shared_memory_stats(PyObject*, PyObject*) {
  return guarded([&] {
    auto s = shared_memory_stats();
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n}", "arenas", static_cast<Py_ssize_t>(s.arenas), "owned",
                         static_cast<Py_ssize_t>(s.owned), "lent", static_cast<Py_ssize_t>(s.lent), "cached",
                         static_cast<Py_ssize_t>(s.cached), "received", static_cast<Py_ssize_t>(s.received));
  });
}
PyObject* py_tend_shared_memory(PyObject*, PyObject*) {
  tend_shared_memory();
  Py_RETURN_NONE;
}
PyObject* py_reset_peak(PyObject*, PyObject*) {
  reset_peak();
  Py_RETURN_NONE;
}
PyObject* py_empty_cache(PyObject*, PyObject*) {
  empty_cache();
  Py_RETURN_NONE;
}
PyObject* py_vector_target(PyObject*, PyObject*) {
  auto t = vector_target();
  return PyUnicode_FromStringAndSize(t.data(), static_cast<Py_ssize_t>(t.size()));
}
// A mode or an argument may take the function over.
PyObject* asked_first(const char* name, PyObject* module, PyObject* args) {
  return function_overridden(name, module, PySequence_Fast_ITEMS(args), PyTuple_GET_SIZE(args), nullptr);
}
PyObject* py_promote_types(PyObject* module, PyObject* args) {
  if (PyObject* r = asked_first("promote_types", module, args)) return r;
  if (PyErr_Occurred()) return nullptr;
  PyObject *a, *b;
  if (!PyArg_ParseTuple(args, "OO:promote_types", &a, &b)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(is_dtype(a) && is_dtype(b), ErrorKind::Type, "promote_types: expected two dtypes");
    return wrap(promote(dtype_of(a), dtype_of(b)));
  });
}
PyObject* py_can_cast(PyObject* module, PyObject* args, PyObject* kwargs) {
  if (PyObject* r = asked_first("can_cast", module, args)) return r;
  if (PyErr_Occurred()) return nullptr;
  static const char* keywords[] = {"from_", "to", nullptr};
  PyObject *a, *b;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:can_cast", const_cast<char**>(keywords), &a, &b)) return nullptr;
  return guarded([&]() -> PyObject* {
    check(is_dtype(a) && is_dtype(b), ErrorKind::Type, "can_cast: expected two dtypes");
    return PyBool_FromLong(can_cast(dtype_of(a), dtype_of(b)));
  });
}
PyObject* py_result_type(PyObject* module, PyObject* args) {
  if (PyObject* r = asked_first("result_type", module, args)) return r;
  if (PyErr_Occurred()) return nullptr;
  return guarded([&]() -> PyObject* {
    Promotion p;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
      PyObject* o = PyTuple_GET_ITEM(args, i);
      Scalar s;
      if (is_tensor(o))
        p.tensor(impl_of(o)->dtype, impl_of(o)->layout.dim(), impl_of(o)->wrapped_number);
      else if (number_from(o, s))
        p.number(s);
      else
        raise(ErrorKind::Type, "result_type: expected tensors and numbers, got ", Py_TYPE(o)->tp_name);
    }
    return wrap(p.result());
  });
}

PyMethodDef functions[] = {
    {"get_default_dtype", get_default_dtype, METH_NOARGS, "The floating-point type of new tensors."},
    {"set_default_dtype", py_set_default_dtype, METH_O, "Sets the floating-point type of new tensors on this thread."},
    {"get_num_threads", get_num_threads, METH_NOARGS, "How many threads an operator may use."},
    {"set_num_threads", py_set_num_threads, METH_O, "Sets how many threads an operator may use."},
    {"get_num_interop_threads", get_num_interop_threads, METH_NOARGS,
     "How many operators may run at once in the interpreter of saved programs."},
    {"set_num_interop_threads", py_set_num_interop_threads, METH_O,
     "Sets how many operators may run at once; only once."},
    {"_refuse_fork_in_region", py_refuse_fork, METH_NOARGS, nullptr},
    {"memory_stats", py_memory_stats, METH_NOARGS, "What the CPU allocator holds, in bytes, and what it did."},
    {"shared_memory_stats", py_shared_memory_stats, METH_NOARGS,
     "Arenas mapped; of this process's blocks the bytes, how many only others hold, unused bytes; blocks received."},
    {"tend_shared_memory", py_tend_shared_memory, METH_NOARGS,
     "Takes up what other processes have given back, forgets those that have ended, frees what is unused."},
    {"reset_peak_memory_stats", py_reset_peak, METH_NOARGS, "Starts measuring the peak anew."},
    {"empty_cache", py_empty_cache, METH_NOARGS, "Gives cached memory back to the system."},
    {"vector_target", py_vector_target, METH_NOARGS, "The vector instruction set in use."},
    {"promote_types", py_promote_types, METH_VARARGS, "The smallest type to which both can be cast."},
    {"can_cast", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(py_can_cast)), METH_VARARGS | METH_KEYWORDS,
     "Whether a cast keeps the class of the type."},
    {"result_type", py_result_type, METH_VARARGS, "The type that arithmetic between the arguments would give."},
    {}};

PyModuleDef definition{PyModuleDef_HEAD_INIT,
                       "flambeau._C",
                       "The compiled core of Flambeau.",
                       -1,
                       functions,
                       nullptr,
                       nullptr,
                       nullptr,
                       nullptr};

}  // namespace

PyObject* make_module() {
  PyObject* module = PyModule_Create(&definition);
  if (!module) return nullptr;
  init_errors(module);
  init_types(module);
  init_tensor(module);
  init_autograd(module);
  init_overrides(module);
  init_transforms(module);
  init_dispatch(module);
  init_operators(module);
  init_overloads(module);
  init_bridges(module);
  init_extension_api(module);
  init_module_slots(module);
  init_devices(module);
  init_cuda(module);
  init_autocast(module);
  init_profile(module);
  return module;
}

}  // namespace flambeau::python

extern "C" __attribute__((visibility("default"))) PyObject* PyInit__C() {
  return flambeau::python::guarded([] { return flambeau::python::make_module(); });
}
