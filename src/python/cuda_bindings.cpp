// The CUDA devices in Python: what python/flambeau/cuda is made of. Streams are the driver's handles as numbers, events
// are capsules.
#include <string>

#include "core/current_device.h"
#include "cuda/allocator.h"
#include "cuda/backend.h"
#include "cuda/compiler.h"
#include "cuda/generators.h"
#include "cuda/pinned.h"
#include "cuda/walk.h"
#include "loops/copy.h"
#include "python/object.h"

namespace flambeau::python {

namespace {

using namespace flambeau::cuda;

PyObject* none() { Py_RETURN_NONE; }
int device_from_number(PyObject* o) { return static_cast<int>(int_from(o, "device")); }
void* handle_from(PyObject* o) {
  void* handle = PyLong_AsVoidPtr(o);
  if (PyErr_Occurred()) throw PythonError();
  return handle;
}
// The arguments of a call as objects; each binding says how many there are.
template <size_t N>
std::array<PyObject*, N> arguments(const char* name, PyObject* tuple) {
  std::array<PyObject*, N> list{};
  check(PyTuple_GET_SIZE(tuple) == static_cast<Py_ssize_t>(N), ErrorKind::Type, name, ": takes ", N, " arguments");
  for (size_t i = 0; i < N; ++i) list[i] = PyTuple_GET_ITEM(tuple, static_cast<Py_ssize_t>(i));
  return list;
}

// --- devices ---
PyObject* count(PyObject*, PyObject*) {
  return guarded([&] { return PyLong_FromLong(device_count()); });
}
PyObject* problem(PyObject*, PyObject*) {
  return guarded([&] { return PyUnicode_FromString(driver_problem().c_str()); });
}
PyObject* is_initialized(PyObject*, PyObject*) { return PyBool_FromLong(initialized()); }
PyObject* start(PyObject*, PyObject* device) {
  return guarded([&] {
    use(device_from_number(device));
    return none();
  });
}
PyObject* current(PyObject*, PyObject*) { return PyLong_FromLong(current_device(DeviceType::cuda)); }
PyObject* set_current(PyObject*, PyObject* device) {
  return guarded([&] {
    int index = device_from_number(device);
    use(index);
    set_current_device(DeviceType::cuda, static_cast<int8_t>(index));
    return none();
  });
}
PyObject* device_properties(PyObject*, PyObject* device) {
  return guarded([&] {
    const Properties& p = properties(device_from_number(device));
    return Py_BuildValue("{s:s,s:i,s:i,s:n,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:O}", "name", p.name.c_str(), "major",
                         p.major, "minor", p.minor, "total_memory", static_cast<Py_ssize_t>(p.total_memory),
                         "multi_processor_count", p.multiprocessors, "warp_size", p.warp_size, "max_threads_per_block",
                         p.threads_per_block, "max_threads_per_multi_processor", p.threads_per_multiprocessor,
                         "shared_memory_per_block", p.shared_per_block, "shared_memory_per_block_optin",
                         p.shared_per_block_optin, "shared_memory_per_multiprocessor", p.shared_per_multiprocessor,
                         "regs_per_multiprocessor", p.registers_per_multiprocessor, "L2_cache_size", p.l2_cache,
                         "is_integrated", p.integrated ? Py_True : Py_False);
  });
}
PyObject* driver_version(PyObject*, PyObject*) {
  return guarded([&] {
    int version = 0;
    ok(driver().cuDriverGetVersion(&version), "cuda");
    return PyLong_FromLong(version);
  });
}
PyObject* wait_for_device(PyObject*, PyObject* device) {
  return guarded([&] {
    int index = device_from_number(device);
    synchronize_device(index);
    check_report(index);
    return none();
  });
}

// --- streams ---
PyObject* get_stream(PyObject*, PyObject* device) {
  return guarded([&] { return PyLong_FromVoidPtr(current_stream(device_from_number(device))); });
}
PyObject* set_stream(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, stream] = arguments<2>("_cuda_set_stream", args);
    set_current_stream(device_from_number(device), handle_from(stream));
    return none();
  });
}
PyObject* new_stream(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, priority] = arguments<2>("_cuda_new_stream", args);
    return PyLong_FromVoidPtr(
        pooled_stream(device_from_number(device), static_cast<int>(int_from(priority, "priority"))));
  });
}
PyObject* stream_query(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, stream] = arguments<2>("_cuda_stream_query", args);
    return PyBool_FromLong(stream_done(device_from_number(device), handle_from(stream)));
  });
}
PyObject* stream_wait(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, stream] = arguments<2>("_cuda_stream_synchronize", args);
    int index = device_from_number(device);
    synchronize_stream(index, handle_from(stream));
    check_report(index);
    return none();
  });
}

// --- events ---
constexpr const char* kEvent = "flambeau.cuda.event";
Event& event_from(PyObject* capsule) {
  auto* event = static_cast<Event*>(PyCapsule_GetPointer(capsule, kEvent));
  if (!event) throw PythonError();
  return *event;
}
PyObject* new_event(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, timing, blocking] = arguments<3>("_cuda_event", args);
    auto event = std::make_unique<Event>(device_from_number(device), truth(timing), truth(blocking));
    return PyCapsule_New(event.release(), kEvent,
                         [](PyObject* capsule) { delete static_cast<Event*>(PyCapsule_GetPointer(capsule, kEvent)); });
  });
}
PyObject* event_record(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [event, stream] = arguments<2>("_cuda_event_record", args);
    event_from(event).record(handle_from(stream));
    return none();
  });
}
PyObject* event_wait(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [event, stream] = arguments<2>("_cuda_event_wait", args);
    event_from(event).wait(handle_from(stream));
    return none();
  });
}
PyObject* event_query(PyObject*, PyObject* event) {
  return guarded([&] { return PyBool_FromLong(event_from(event).done()); });
}
PyObject* event_synchronize(PyObject*, PyObject* event) {
  return guarded([&] {
    event_from(event).synchronize();
    check_report(event_from(event).device());
    return none();
  });
}
PyObject* event_elapsed(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [from, to] = arguments<2>("_cuda_event_elapsed", args);
    return PyFloat_FromDouble(event_from(from).milliseconds_to(event_from(to)));
  });
}

// --- memory ---
PyObject* memory_stats(PyObject*, PyObject* device) {
  return guarded([&]() -> PyObject* {
    MemoryStats s = caching_allocator().stats(device_from_number(device));
    Object all(PyDict_New());
    auto put = [&](const std::string& name, size_t value) {
      PyDict_SetItemString(all.get(), name.c_str(), Object(PyLong_FromSize_t(value)).get());
    };
    auto amount = [&](const std::string& name, const MemoryStats::Amount& a) {
      put(name + ".all.current", a.current);
      put(name + ".all.peak", a.peak);
      put(name + ".all.allocated", a.taken);
      put(name + ".all.freed", a.given);
    };
    amount("allocated_bytes", s.allocated);
    amount("reserved_bytes", s.reserved);
    amount("requested_bytes", s.requested);
    amount("allocation", s.blocks);
    amount("segment", s.segments);
    put("num_alloc_retries", static_cast<size_t>(s.retries));
    put("num_ooms", static_cast<size_t>(s.out_of_memory));
    put("num_device_alloc", static_cast<size_t>(s.segments.taken));
    put("num_device_free", static_cast<size_t>(s.segments.given));
    return all.release();
  });
}
PyObject* reset_peaks(PyObject*, PyObject* device) {
  return guarded([&] {
    caching_allocator().reset_peaks(device_from_number(device));
    return none();
  });
}
PyObject* empty_cache(PyObject*, PyObject*) {
  return guarded([&] {
    if (initialized()) {
      caching_allocator().empty_cache();
      empty_pinned_cache();
    }
    return none();
  });
}
PyObject* limit_memory(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [device, fraction] = arguments<2>("_cuda_limit_memory", args);
    caching_allocator().limit(device_from_number(device), PyFloat_AsDouble(fraction));
    return none();
  });
}
PyObject* snapshot(PyObject*, PyObject*) {
  return guarded([&]() -> PyObject* {
    Object list(PyList_New(0));
    for (const auto& b : caching_allocator().snapshot()) {
      Object entry(
          Py_BuildValue("{s:i,s:n,s:n,s:O,s:n,s:n}", "device", b.device, "address", static_cast<Py_ssize_t>(b.address),
                        "size", static_cast<Py_ssize_t>(b.bytes), "allocated", b.live ? Py_True : Py_False, "stream",
                        reinterpret_cast<Py_ssize_t>(b.stream), "segment", static_cast<Py_ssize_t>(b.segment)));
      PyList_Append(list.get(), entry.get());
    }
    return list.release();
  });
}
PyObject* memory_info(PyObject*, PyObject* device) {
  return guarded([&] {
    use(device_from_number(device));
    size_t free = 0, total = 0;
    ok(driver().cuMemGetInfo_v2(&free, &total), "mem_get_info");
    return Py_BuildValue("(nn)", static_cast<Py_ssize_t>(free), static_cast<Py_ssize_t>(total));
  });
}
PyObject* record_stream(PyObject*, PyObject* args) {
  return guarded([&] {
    auto [tensor, stream] = arguments<2>("record_stream", args);
    check(is_tensor(tensor) && impl_of(tensor)->device.type == DeviceType::cuda, ErrorKind::Runtime,
          "record_stream: wants a tensor on a CUDA device");
    caching_allocator().record_stream(impl_of(tensor)->storage->device_data(), handle_from(stream));
    return none();
  });
}
PyObject* pin(PyObject*, PyObject* tensor) {
  return guarded([&] {
    check(is_tensor(tensor), ErrorKind::Type, "pin_memory: expected a Tensor, got ", Py_TYPE(tensor)->tp_name);
    Tensor t = tensor_of(tensor);
    check(t.device().type == DeviceType::cpu, ErrorKind::Runtime, "cannot pin '", to_string(t.device()),
          "' only dense CPU tensors can be pinned");
    auto storage = pinned_storage(static_cast<size_t>(t.numel()) * t.itemsize());
    Tensor out(make<TensorImpl>(std::move(storage), Layout(t.sizes()), t.dtype(), Device{}));
    copy_elements(out, t);
    return wrap(out);
  });
}
PyObject* pinned(PyObject*, PyObject* tensor) {
  return guarded([&] {
    check(is_tensor(tensor), ErrorKind::Type, "is_pinned: expected a Tensor, got ", Py_TYPE(tensor)->tp_name);
    TensorImpl* t = impl_of(tensor);
    return PyBool_FromLong(t->device.type == DeviceType::cpu && !(t->keys & key::Sparse) && t->storage->nbytes() &&
                           cuda::is_pinned(t->storage->data()));
  });
}

// --- numbers and texts ---
PyObject* seed_all(PyObject*, PyObject* number) {
  return guarded([&] {
    uint64_t seed = PyLong_AsUnsignedLongLongMask(number);
    if (PyErr_Occurred()) throw PythonError();
    seed_generators(seed);
    return none();
  });
}
PyObject* compile(PyObject*, PyObject* args) {
  const char *text, *architecture;
  int fused = 0;
  if (!PyArg_ParseTuple(args, "ss|p:_cuda_compile", &text, &architecture, &fused)) return nullptr;
  return guarded([&] {
    std::string image = compile_image(text, "text", architecture, fused != 0);
    return PyBytes_FromStringAndSize(image.data(), static_cast<Py_ssize_t>(image.size()));
  });
}
PyObject* compiled(PyObject*, PyObject*) {
  CompilerStats s = compiler_stats();
  return Py_BuildValue("{s:L,s:L,s:d}", "compiled", static_cast<long long>(s.compiled), "from_disk",
                       static_cast<long long>(s.from_disk), "seconds", s.seconds);
}

// `nvidia` folders on Python's path.
std::vector<std::string> nvidia_folders() {
  std::vector<std::string> found;
  PyGILState_STATE state = PyGILState_Ensure();
  PyObject* path = PySys_GetObject("path");
  for (Py_ssize_t i = 0; path && PyList_Check(path) && i < PyList_GET_SIZE(path); ++i) {
    PyObject* entry = PyList_GET_ITEM(path, i);
    if (const char* text = PyUnicode_Check(entry) ? PyUnicode_AsUTF8(entry) : nullptr; text && *text)
      found.push_back(std::string(text) + "/nvidia");
  }
  PyErr_Clear();
  PyGILState_Release(state);
  return found;
}

}  // namespace

void init_cuda(PyObject* module) {
  cuda::package_folders = nvidia_folders;
  cuda::install();
  static PyMethodDef functions[] = {
      {"_cuda_device_count", count, METH_NOARGS, "The number of CUDA devices; opens the driver."},
      {"_cuda_problem", problem, METH_NOARGS, "Why there is no driver; empty where there is one."},
      {"_cuda_is_initialized", is_initialized, METH_NOARGS, nullptr},
      {"_cuda_init", start, METH_O, "Makes the context of a device."},
      {"_cuda_current_device", current, METH_NOARGS, nullptr},
      {"_cuda_set_device", set_current, METH_O, nullptr},
      {"_cuda_properties", device_properties, METH_O, nullptr},
      {"_cuda_driver_version", driver_version, METH_NOARGS, "1000 * major + 10 * minor of the driver's CUDA."},
      {"_cuda_synchronize", wait_for_device, METH_O, nullptr},
      {"_cuda_current_stream", get_stream, METH_O, nullptr},
      {"_cuda_set_stream", set_stream, METH_VARARGS, nullptr},
      {"_cuda_new_stream", new_stream, METH_VARARGS, "_cuda_new_stream(device, priority): the next of the pool."},
      {"_cuda_stream_query", stream_query, METH_VARARGS, nullptr},
      {"_cuda_stream_synchronize", stream_wait, METH_VARARGS, nullptr},
      {"_cuda_event", new_event, METH_VARARGS, "_cuda_event(device, timing, blocking)"},
      {"_cuda_event_record", event_record, METH_VARARGS, nullptr},
      {"_cuda_event_wait", event_wait, METH_VARARGS, nullptr},
      {"_cuda_event_query", event_query, METH_O, nullptr},
      {"_cuda_event_synchronize", event_synchronize, METH_O, nullptr},
      {"_cuda_event_elapsed", event_elapsed, METH_VARARGS, nullptr},
      {"_cuda_memory_stats", memory_stats, METH_O, nullptr},
      {"_cuda_reset_peaks", reset_peaks, METH_O, nullptr},
      {"_cuda_empty_cache", empty_cache, METH_NOARGS, nullptr},
      {"_cuda_limit_memory", limit_memory, METH_VARARGS, "_cuda_limit_memory(device, fraction)"},
      {"_cuda_memory_snapshot", snapshot, METH_NOARGS, nullptr},
      {"_cuda_memory_info", memory_info, METH_O, "(free, total) bytes of a device."},
      {"_cuda_record_stream", record_stream, METH_VARARGS, "_cuda_record_stream(tensor, stream)"},
      {"_cuda_pin", pin, METH_O, "A copy of a tensor in pinned memory."},
      {"_cuda_is_pinned", pinned, METH_O, nullptr},
      {"_cuda_seed_all", seed_all, METH_O, nullptr},
      {"_cuda_compile", compile, METH_VARARGS, "_cuda_compile(text, architecture, fused=False): the image."},
      {"_cuda_compiled", compiled, METH_NOARGS, "How many texts were compiled and how many came from the disk."},
      {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
