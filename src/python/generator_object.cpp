// The class Generator: Python's hold on a generator of random numbers.
#include <cstring>

#include "core/current_device.h"
#include "cpu/generator.h"

#include "cuda/generators.h"
#include "python/bridges.h"
#include "python/dispatch.h"

namespace flambeau::python {

namespace {

struct GeneratorObject {
  PyObject_HEAD Generator* generator;  // one count
};
Generator& generator_of(PyObject* o) { return *reinterpret_cast<GeneratorObject*>(o)->generator; }

PyObject* wrap_generator(PyTypeObject* type, Ref<Generator> generator) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self) reinterpret_cast<GeneratorObject*>(self)->generator = generator.detach();
  return self;
}

PyObject* generator_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {"device", nullptr};
  PyObject* given = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Generator", const_cast<char**>(keywords), &given)) return nullptr;
  return guarded([&] {
    Device device = device_argument("Generator", given).value_or(Device{});
    check(device.type != DeviceType::meta, ErrorKind::Runtime, "Generator: device '", to_string(device),
          "' has no generator here; the nearest alternative is 'cpu'");
    return wrap_generator(type, make<Generator>(on_current(device)));
  });
}

void generator_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (Generator* g = reinterpret_cast<GeneratorObject*>(self)->generator) g->release();
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* manual_seed(PyObject* self, PyObject* number) {
  return guarded([&]() -> PyObject* {
    check(PyLong_Check(number) || PyIndex_Check(number), ErrorKind::Runtime, "manual_seed expected a long, but got ",
          Py_TYPE(number)->tp_name);
    Object whole = Object::checked(PyNumber_Index(number));
    // Seeds run from -2**63 to 2**64 - 1; the negative ones count from the end.
    int overflow = 0;
    uint64_t seed = static_cast<uint64_t>(PyLong_AsLongLongAndOverflow(whole.get(), &overflow));
    if (overflow > 0) seed = PyLong_AsUnsignedLongLong(whole.get());
    if (overflow < 0 || PyErr_Occurred()) {
      PyErr_Clear();
      raise(ErrorKind::Value, "manual_seed: Overflow when unpacking long long; a seed lies in [-2**63, 2**64)");
    }
    Generator& g = generator_of(self);
    std::lock_guard lock(g.mutex);
    g.stream.seed(seed);
    g.offset = 0;
    return Py_NewRef(self);
  });
}
PyObject* fresh_seed(PyObject* self, PyObject*) {
  return guarded([&] {
    uint64_t seed = nondeterministic_seed();
    Generator& g = generator_of(self);
    std::lock_guard lock(g.mutex);
    g.stream.seed(seed);
    return PyLong_FromUnsignedLongLong(seed);
  });
}
PyObject* initial_seed(PyObject* self, PyObject*) {
  Generator& g = generator_of(self);
  std::lock_guard lock(g.mutex);
  return PyLong_FromUnsignedLongLong(g.stream.initial_seed());
}
// Of a device: seed and offset, in 16 bytes.
bool counts(const Generator& g) { return g.device.type == DeviceType::cuda; }

PyObject* get_state(PyObject* self, PyObject*) {
  return guarded([&] {
    if (Generator& g = generator_of(self); counts(g)) {
      Tensor state = empty(std::initializer_list<int64_t>{16}, DType::uint8);
      std::lock_guard lock(g.mutex);
      uint64_t words[2] = {g.stream.initial_seed(), g.offset};
      std::memcpy(state.data<uint8_t>(), words, 16);
      return wrap(state);
    }
    Tensor state = empty(std::initializer_list<int64_t>{static_cast<int64_t>(RandomStream::state_bytes)}, DType::uint8);
    Generator& g = generator_of(self);
    {
      std::lock_guard lock(g.mutex);
      g.stream.get_state(state.data<uint8_t>());
    }
    return wrap(state);
  });
}
PyObject* set_state(PyObject* self, PyObject* given) {
  return guarded([&]() -> PyObject* {
    check(is_tensor(given), ErrorKind::Type, "set_state: expected a torch.ByteTensor, but got ",
          Py_TYPE(given)->tp_name);
    Tensor state = tensor_of(given);
    check(state.dtype() == DType::uint8 && state.device().type == DeviceType::cpu, ErrorKind::Type,
          "set_state: RNG state must be a torch.ByteTensor, got ", describe(state), " on ", to_string(state.device()));
    if (Generator& g = generator_of(self); counts(g)) {
      check(state.numel() == 16 && state.is_contiguous(), ErrorKind::Runtime,
            "set_state: the state of a generator of device '", to_string(g.device), "' has 16 bytes, got ",
            state.numel());
      uint64_t words[2];
      std::memcpy(words, state.data<uint8_t>(), 16);
      std::lock_guard lock(g.mutex);
      g.stream.seed(words[0]);
      g.offset = words[1];
      return Py_NewRef(self);
    }
    check(state.numel() == static_cast<int64_t>(RandomStream::state_bytes), ErrorKind::Runtime,
          "set_state: expected a state of ", RandomStream::state_bytes, " bytes, got ", state.numel());
    std::vector<uint8_t> bytes(RandomStream::state_bytes);
    int64_t step = 1;
    check(state.dim() == 1 || state.is_contiguous(), ErrorKind::Runtime, "set_state: RNG state must be contiguous");
    if (state.dim() == 1) step = state.stride(0);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = state.data<uint8_t>()[static_cast<int64_t>(i) * step];
    Generator& g = generator_of(self);
    std::lock_guard lock(g.mutex);
    g.stream.set_state(bytes.data(), bytes.size());
    return Py_NewRef(self);
  });
}
PyObject* clone_state(PyObject* self, PyObject*) {
  return guarded([&] {
    Generator& g = generator_of(self);
    auto copy = make<Generator>(g.device);
    {
      std::lock_guard lock(g.mutex);
      copy->stream = g.stream;
      copy->offset = g.offset;
    }
    return wrap_generator(generator_type, std::move(copy));
  });
}
PyObject* refuse_offset() {
  PyErr_SetString(PyExc_RuntimeError,
                  "Generator: a CPU generator has no offset; its place in the stream is part of get_state()");
  return nullptr;
}
PyObject* get_offset(PyObject* self, PyObject*) {
  Generator& g = generator_of(self);
  return counts(g) ? PyLong_FromUnsignedLongLong(g.offset) : refuse_offset();
}
PyObject* set_offset(PyObject* self, PyObject* number) {
  Generator& g = generator_of(self);
  if (!counts(g)) return refuse_offset();
  uint64_t offset = PyLong_AsUnsignedLongLong(number);
  if (PyErr_Occurred()) return nullptr;
  std::lock_guard lock(g.mutex);
  g.offset = offset;
  return Py_NewRef(self);
}
PyObject* get_device(PyObject* self, void*) { return wrap(generator_of(self).device); }
PyObject* get_address(PyObject* self, void*) { return PyLong_FromVoidPtr(&generator_of(self)); }

PyObject* reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    Object state = Object::checked(get_state(self, nullptr)), seed = Object::checked(initial_seed(self, nullptr));
    std::string device = to_string(generator_of(self).device);
    return Py_BuildValue("(O(s)(OOO))", Py_TYPE(self), device.c_str(), seed.get(), Py_None, state.get());
  });
}
PyObject* restore(PyObject* self, PyObject* packed) {
  PyObject *seed, *offset, *state;
  if (!PyArg_ParseTuple(packed, "OOO:__setstate__", &seed, &offset, &state)) return nullptr;
  Object done(set_state(self, state));
  if (!done) return nullptr;
  Py_RETURN_NONE;
}
PyObject* deep_copy(PyObject* self, PyObject*) { return clone_state(self, nullptr); }

PyMethodDef methods[] = {
    {"manual_seed", manual_seed, METH_O, "Starts the stream that belongs to a seed, an integer of [-2**63, 2**64)."},
    {"seed", fresh_seed, METH_NOARGS, "Starts a stream from a seed of the operating system, and returns the seed."},
    {"initial_seed", initial_seed, METH_NOARGS, "The seed that the stream was started with."},
    {"get_state", get_state, METH_NOARGS, "The whole state as a tensor of 5,056 bytes."},
    {"set_state", set_state, METH_O, "Continues from a state that get_state() gave."},
    {"graphsafe_get_state", clone_state, METH_NOARGS, "A generator with a copy of the state."},
    {"clone_state", clone_state, METH_NOARGS, "A generator of its own that continues from the same state."},
    {"get_offset", get_offset, METH_NOARGS, "How many numbers of a device's stream have been taken, in fours."},
    {"set_offset", set_offset, METH_O, "Goes to a place in a device's stream."},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__setstate__", restore, METH_O, nullptr},
    {"__deepcopy__", deep_copy, METH_O, nullptr},
    {}};
PyGetSetDef getset[] = {{"device", get_device, nullptr, "The device whose random numbers this makes.", nullptr},
                        {"_cdata", get_address, nullptr, nullptr, nullptr},
                        {}};

}  // namespace

PyObject* cuda_default_generator(PyObject*, PyObject* index) {
  return guarded([&] {
    return wrap_generator(generator_type,
                          Ref<Generator>::share(&cuda::default_generator(static_cast<int>(int_from(index, "device")))));
  });
}

bool generator_from(PyObject* o, Value& out) {
  if (!generator_type || !PyObject_TypeCheck(o, generator_type)) return false;
  Generator& g = generator_of(o);
  g.retain();
  out = Value(Tag::Object, &g);
  return true;
}

PyObject* wrap_generator(const Value& value) {
  if (value.is_none()) Py_RETURN_NONE;
  return wrap_generator(generator_type, Ref<Generator>::share(reinterpret_cast<Generator*>(value.counted())));
}

void init_generator(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(generator_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(generator_dealloc)},
      {Py_tp_methods, methods},
      {Py_tp_getset, getset},
      {Py_tp_doc, const_cast<char*>(
                      "Generator(device='cpu')\n\nA stream of random numbers; the same seed gives the same numbers.")},
      {}};
  PyType_Spec spec{"flambeau._C.Generator", sizeof(GeneratorObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                   slots};
  generator_type = reinterpret_cast<PyTypeObject*>(Object::checked(PyType_FromSpec(&spec)).release());
  PyModule_AddObjectRef(module, "Generator", reinterpret_cast<PyObject*>(generator_type));
  Object first = Object::checked(wrap_generator(generator_type, Ref<Generator>::share(&default_generator())));
  PyModule_AddObjectRef(module, "default_generator", first.get());
  static PyMethodDef functions[] = {
      {"_cuda_default_generator", cuda_default_generator, METH_O, "The generator of a CUDA device, by its index."}, {}};
  PyModule_AddFunctions(module, functions);
}

}  // namespace flambeau::python
