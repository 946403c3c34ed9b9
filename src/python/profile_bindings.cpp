// Profiles in Python: flambeau.autograd.profiler and flambeau.utils.flop_counter read these records.
#include "op/profile.h"

#include "python/object.h"

namespace flambeau::python {

namespace {

PyObject* sizes_of(const std::vector<Dims>& list) {
  Object result(PyList_New(0));
  if (!result) throw PythonError();
  for (const Dims& sizes : list) {
    Object one(wrap_size(sizes));
    if (!one || PyList_Append(result.get(), one.get()) < 0) throw PythonError();
  }
  return result.release();
}

// (sizes of tensors, list of their sizes, number, …) by the signature's arguments.
PyObject* arguments_of(const ProfiledCall& record) {
  if (!record.shaped) Py_RETURN_NONE;
  Object result(PyList_New(0));
  for (size_t i = 0; i < record.arguments.size(); ++i) {
    const Argument& argument = record.op->signature.arguments[i];
    bool list = argument.list, tensor = !record.arguments[i].empty();
    Object one(list && tensor ? sizes_of(record.arguments[i])
               : tensor       ? wrap_size(record.arguments[i][0])
                              : to_python(record.scalars[i]));
    if (!one || PyList_Append(result.get(), one.get()) < 0) throw PythonError();
  }
  return result.release();
}

PyObject* record_of(const ProfiledCall& record) {
  const char* form = !record.op                     ? "range"
                     : record.form == Form::inplace ? "inplace"
                     : record.form == Form::out     ? "out"
                                                    : "functional";
  Object arguments(arguments_of(record)), results(record.shaped ? sizes_of(record.results) : Py_NewRef(Py_None));
  return Py_BuildValue("(sssLLiLOO)", record.op ? record.op->signature.name.c_str() : record.range.c_str(),
                       record.op ? record.op->signature.overload.c_str() : "", form,
                       static_cast<long long>(record.start), static_cast<long long>(record.end), record.depth,
                       static_cast<long long>(record.allocated), arguments.get(), results.get());
}

PyObject* start(PyObject*, PyObject* shapes) {
  return guarded([&]() -> PyObject* { return PyLong_FromSize_t(profile::start(truth(shapes))); });
}
PyObject* stop(PyObject*, PyObject* place) {
  return guarded([&]() -> PyObject* {
    std::vector<ProfiledCall> records =
        profile::stop(static_cast<size_t>(int_from(place, "profile: the place of a start")));
    Object result(PyList_New(static_cast<Py_ssize_t>(records.size())));
    if (!result) throw PythonError();
    for (size_t i = 0; i < records.size(); ++i) {
      PyObject* one = record_of(records[i]);
      if (!one) throw PythonError();
      PyList_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), one);
    }
    return result.release();
  });
}
PyObject* enter(PyObject*, PyObject* name) {
  return guarded([&]() -> PyObject* {
    if (!profile::running()) return PyLong_FromLong(-1);
    const char* text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : nullptr;
    check(text, ErrorKind::Type, "record_function: the name of a range is a str, not ", Py_TYPE(name)->tp_name);
    return PyLong_FromSize_t(profile::enter(text));
  });
}
PyObject* leave(PyObject*, PyObject* place) {
  return guarded([&]() -> PyObject* {
    int64_t at = int_from(place, "record_function: the place of an entry");
    if (at >= 0) profile::leave(static_cast<size_t>(at));
    Py_RETURN_NONE;
  });
}
PyObject* now(PyObject*, PyObject*) { return PyLong_FromLongLong(profile::now()); }
PyObject* running(PyObject*, PyObject*) { return PyBool_FromLong(profile::running()); }

PyMethodDef methods[] = {{"_profiler_start", start, METH_O, nullptr},
                         {"_profiler_stop", stop, METH_O, nullptr},
                         {"_profiler_enter", enter, METH_O, nullptr},
                         {"_profiler_leave", leave, METH_O, nullptr},
                         {"_profiler_now", now, METH_NOARGS, nullptr},
                         {"_profiler_running", running, METH_NOARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};

}  // namespace

void init_profile(PyObject* module) { PyModule_AddFunctions(module, methods); }

}  // namespace flambeau::python
