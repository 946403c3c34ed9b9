// The mock device and fused chains in Python, and the interpreter's lock: who has it, and when it is let go.
#include <string>

#include "core/long_work.h"
#include "loops/fuse.h"
#include "loops/cpu_program.h"
#include "mock/backend.h"
#include "mock/driver.h"
#include "mock/stream_allocator.h"
#include "op/backend.h"
#include "python/object.h"

namespace flambeau::python {

namespace {

// --- the interpreter's lock ---
void* let_go() { return PyGILState_Check() ? PyEval_SaveThread() : nullptr; }
void take_again(void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); }

// --- the mock device ---
using mock::Driver;

PyObject* mock_log(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    auto entries = Driver::get().log();
    Object list(PyList_New(0));
    for (const auto& text : entries) PyList_Append(list.get(), Object(PyUnicode_FromString(text.c_str())).get());
    return list.release();
  });
}
PyObject* mock_clear_log(PyObject*, PyObject*) {
  Driver::get().clear_log();
  Py_RETURN_NONE;
}
PyObject* mock_fail(PyObject*, PyObject* args) {
  const char* what;
  int after = 0, times = 1;
  if (!PyArg_ParseTuple(args, "s|ii:_mock_fail", &what, &after, &times)) return nullptr;
  return guarded([&]() -> PyObject* {
    for (int e = 0; e < mock::kEntries; ++e)
      if (std::string_view(what) == mock::kEntryNames[e]) {
        Driver::get().fail(static_cast<mock::Entry>(e), after, times);
        Py_RETURN_NONE;
      }
    raise(ErrorKind::Value, "_mock_fail: the driver has no entry '", what,
          "'; it has allocate, release, launch, copy, record, wait, synchronize");
  });
}
PyObject* mock_synchronize(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Driver::get().synchronize_all();
    Py_RETURN_NONE;
  });
}
int stream_from(PyObject* o) {
  int64_t stream = int_from(o, "stream");
  check(stream >= 0 && stream < Driver::get().streams(), ErrorKind::Value, "stream: there are ",
        Driver::get().streams(), " streams, got ", stream);
  return static_cast<int>(stream);
}
PyObject* mock_new_stream(PyObject*, PyObject*) { return PyLong_FromLong(Driver::get().create_stream()); }
PyObject* mock_stream(PyObject*, PyObject*) { return PyLong_FromLong(current_stream(DeviceType::mock)); }
PyObject* mock_set_stream(PyObject*, PyObject* stream) {
  return guarded([&]() -> PyObject* {
    set_current_stream(DeviceType::mock, stream_from(stream));
    Py_RETURN_NONE;
  });
}
PyObject* mock_record(PyObject*, PyObject*) {
  return guarded([&] { return PyLong_FromLong(Driver::get().record(current_stream(DeviceType::mock))); });
}
int event_from(PyObject* o) { return static_cast<int>(int_from(o, "event")); }
PyObject* mock_wait(PyObject*, PyObject* event) {
  return guarded([&]() -> PyObject* {
    Driver::get().wait(current_stream(DeviceType::mock), event_from(event));
    Py_RETURN_NONE;
  });
}
PyObject* mock_done(PyObject*, PyObject* event) {
  return guarded([&] { return PyBool_FromLong(Driver::get().done(event_from(event))); });
}
PyObject* mock_used_on(PyObject*, PyObject* args) {
  PyObject *tensor, *stream;
  if (!PyArg_ParseTuple(args, "O!O:_mock_record_stream", tensor_type, &tensor, &stream)) return nullptr;
  return guarded([&]() -> PyObject* {
    mock::stream_allocator().used_on(impl_of(tensor)->storage->device_data(), stream_from(stream));
    Py_RETURN_NONE;
  });
}
PyObject* mock_stats(PyObject*, PyObject*) {
  auto s = mock::stream_allocator().stats();
  return Py_BuildValue("{s:n,s:n,s:L,s:L,s:L,s:n}", "allocated", static_cast<Py_ssize_t>(s.allocated), "cached",
                       static_cast<Py_ssize_t>(s.cached), "allocations", static_cast<long long>(s.allocations),
                       "from_cache", static_cast<long long>(s.from_cache), "out_of_memory",
                       static_cast<long long>(s.out_of_memory), "used", static_cast<Py_ssize_t>(Driver::get().used()));
}
PyObject* mock_empty_cache(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    mock::stream_allocator().empty_cache();
    Py_RETURN_NONE;
  });
}

// --- fused chains ---
struct FusedObject {
  PyObject_HEAD PyObject* function;
};

PyObject* fused_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  PyObject* function = reinterpret_cast<FusedObject*>(self)->function;
  return guarded([&]() -> PyObject* {
    check(!kwargs || PyDict_GET_SIZE(kwargs) == 0, ErrorKind::Type,
          "fuse: the fused function takes positional arguments only");
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    std::vector<Tensor> real;
    bool differentiable = false, lazy = false;
    for (Py_ssize_t i = 0; i < n; ++i) {
      PyObject* a = PyTuple_GET_ITEM(args, i);
      if (!is_tensor(a)) continue;
      real.push_back(tensor_of(a));
      differentiable |= real.back().requires_grad();
      lazy |= real.back().is_conj() || real.back().is_neg();
    }
    // The tape sees single operators.
    if ((differentiable && t_state.grad_enabled) || lazy || real.empty()) return PyObject_Call(function, args, nullptr);
    Chain chain;
    Dims sizes;
    {
      ChainRecorder recorder;
      Object stand_ins(PyTuple_New(n));
      for (Py_ssize_t i = 0, k = 0; i < n; ++i) {
        PyObject* a = PyTuple_GET_ITEM(args, i);
        PyTuple_SET_ITEM(stand_ins.get(), i, is_tensor(a) ? wrap(recorder.input(real[k++])) : Py_NewRef(a));
      }
      Object result(PyObject_Call(function, stand_ins.get(), nullptr));
      if (!result) throw PythonError();
      check(is_tensor(result.get()), ErrorKind::Type, "fuse: the function has to return one tensor, not ",
            Py_TYPE(result.get())->tp_name);
      Tensor t = tensor_of(result.get());
      chain = recorder.finish(t);
      sizes = t.layout().sizes;
    }
    if (const LoweredProgram* program = chain.program()) return wrap(chain.run(*program, real, sizes));
    return PyObject_Call(function, args, nullptr);
  });
}
void fused_dealloc(PyObject* self) {
  Py_CLEAR(reinterpret_cast<FusedObject*>(self)->function);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}
PyTypeObject* fused_type;
PyObject* fuse(PyObject*, PyObject* function) {
  if (!PyCallable_Check(function)) {
    PyErr_Format(PyExc_TypeError, "fuse: expected a function over tensors, got %s", Py_TYPE(function)->tp_name);
    return nullptr;
  }
  PyObject* self = fused_type->tp_alloc(fused_type, 0);
  if (self) reinterpret_cast<FusedObject*>(self)->function = Py_NewRef(function);
  return self;
}

}  // namespace

void init_devices(PyObject* module) {
  LongWork::let_go = let_go;
  LongWork::take_again = take_again;
  mock::install();
  static PyMethodDef functions[] = {
      {"_mock_log", mock_log, METH_NOARGS, "The calls that reached the mock driver, oldest first."},
      {"_mock_clear_log", mock_clear_log, METH_NOARGS, nullptr},
      {"_mock_fail", mock_fail, METH_VARARGS,
       "_mock_fail(entry, after=0, times=1): after so many more calls of the entry, so many fail."},
      {"_mock_synchronize", mock_synchronize, METH_NOARGS, "Waits for all streams of the mock device."},
      {"_mock_new_stream", mock_new_stream, METH_NOARGS, nullptr},
      {"_mock_current_stream", mock_stream, METH_NOARGS, nullptr},
      {"_mock_set_stream", mock_set_stream, METH_O, nullptr},
      {"_mock_record_event", mock_record, METH_NOARGS, "An event on the current stream."},
      {"_mock_wait_event", mock_wait, METH_O, "The current stream goes on after the event."},
      {"_mock_event_done", mock_done, METH_O, nullptr},
      {"_mock_record_stream", mock_used_on, METH_VARARGS, "The tensor's memory is used by work on this stream too."},
      {"_mock_stats", mock_stats, METH_NOARGS, "What the stream-ordered allocator holds."},
      {"_mock_empty_cache", mock_empty_cache, METH_NOARGS, nullptr},
      {"_fuse", fuse, METH_O,
       "A function over tensors, made of pointwise operators and numbers, that runs as one tile program."},
      {}};
  PyModule_AddFunctions(module, functions);
  static PyType_Slot slots[] = {
      {Py_tp_call, reinterpret_cast<void*>(fused_call)}, {Py_tp_dealloc, reinterpret_cast<void*>(fused_dealloc)}, {}};
  static PyType_Spec spec{"torch._C.FusedFunction", sizeof(FusedObject), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  fused_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

}  // namespace flambeau::python
