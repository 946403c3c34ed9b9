// The table of C functions that extensions call (include/flambeau/abi.h), exported as the capsule flambeau._C._api.
#include <flambeau/abi.h>

#include <algorithm>

#include "autograd/node.h"
#include "core/extent.h"
#include "python/bridges.h"

namespace flambeau::python {

namespace {

thread_local int t_kind = 0;
thread_local std::unique_ptr<std::string> t_text;  // a pointer: static memory of threads is scarce
std::string& message_of_thread() {
  if (!t_text) t_text = std::make_unique<std::string>();
  return *t_text;
}

TensorImpl* impl(const FlambeauTensor* t) { return reinterpret_cast<TensorImpl*>(const_cast<FlambeauTensor*>(t)); }
Tensor share(const FlambeauTensor* t) { return Tensor(Ref<TensorImpl>::share(impl(t))); }
FlambeauTensor* handle(Tensor t) {
  return t.defined() ? reinterpret_cast<FlambeauTensor*>(t.detach_ref().detach()) : nullptr;
}

// Runs `body`; an error is kept for last_error and `failed` returned.
template <class F, class R = std::invoke_result_t<F>>
R caught(F&& body, R failed) noexcept {
  try {
    return body();
  } catch (const Error& e) {
    t_kind = static_cast<int>(e.kind());
    message_of_thread() = e.message();
  } catch (const PythonError&) {
    t_kind = FLAMBEAU_PYTHON_ERROR;
    message_of_thread() = "a Python exception";
  } catch (const std::exception& e) {
    // An exception of Python that crossed the engine is put back; others show their text.
    bool python = std::string_view(e.what()) == "a Python exception";
    t_kind = python ? FLAMBEAU_PYTHON_ERROR : FLAMBEAU_RUNTIME_ERROR;
    message_of_thread() = e.what();
    if (python) set_error(e);
  }
  return failed;
}

const char* last_error(int* kind) {
  if (kind) *kind = t_kind;
  return message_of_thread().c_str();
}
void raise_error(int kind, const char* message) {
  t_kind = kind;
  message_of_thread() = message;
}
void set_python_error() {
  if (t_kind == FLAMBEAU_PYTHON_ERROR && PyErr_Occurred()) return;
  ErrorKind kind = t_kind >= 0 && t_kind <= FLAMBEAU_OVERFLOW ? static_cast<ErrorKind>(t_kind) : ErrorKind::Runtime;
  set_error(Error(kind, message_of_thread()));
}

void retain(FlambeauTensor* t) { impl(t)->retain(); }
void release(FlambeauTensor* t) {
  if (t) impl(t)->release();
}
int64_t dim(const FlambeauTensor* t) { return impl(t)->layout.dim(); }
int64_t numel(const FlambeauTensor* t) { return impl(t)->layout.numel(); }
const int64_t* sizes(const FlambeauTensor* t) { return impl(t)->layout.sizes.data(); }
const int64_t* strides(const FlambeauTensor* t) { return impl(t)->layout.strides.data(); }
int dtype(const FlambeauTensor* t) { return static_cast<int>(impl(t)->dtype); }
int device(const FlambeauTensor* t, int* index) {
  if (index) *index = impl(t)->device.index;
  return static_cast<int>(impl(t)->device.type);
}
int is_contiguous(const FlambeauTensor* t) { return impl(t)->layout.contiguous(); }
int requires_grad(const FlambeauTensor* t) { return (impl(t)->all_keys() & key::Autograd) != 0; }
void* data(FlambeauTensor* t) {
  return caught(
      [&]() -> void* {
        Tensor tensor = share(t);
        check(!tensor.is_meta(), ErrorKind::Runtime, "data: the tensor is on device 'meta' and has no bytes");
        check(!tensor.is_conj() && !tensor.is_neg(), ErrorKind::Runtime,
              "data: the tensor is lazily conjugated or negated; clone() it first");
        export_address(*tensor.impl()->storage);
        return tensor.data();
      },
      static_cast<void*>(nullptr));
}
void bump(FlambeauTensor* t) { bump_version(share(t)); }

FlambeauTensor* from_blob(void* bytes, int rank, const int64_t* given_sizes, const int64_t* given_strides, int type,
                          void (*free)(void*), void* context) {
  return caught(
      [&]() -> FlambeauTensor* {
        check(type >= 0 && type < kDTypes, ErrorKind::Type, "from_blob: ", type, " is no dtype");
        struct Free {
          void (*free)(void*);
          void* context;
        };
        Layout layout{IntSpan(given_sizes, static_cast<size_t>(rank))};
        if (given_strides) layout.strides = Dims(IntSpan(given_strides, static_cast<size_t>(rank)));
        size_t size = storage_bytes("from_blob", layout, static_cast<DType>(type));
        // The bytes live as long as a capsule does, whose end is the caller's function.
        PyObject* owner = PyCapsule_New(new Free{free, context}, "blob", [](PyObject* capsule) {
          auto* f = static_cast<Free*>(PyCapsule_GetPointer(capsule, "blob"));
          if (f->free) f->free(f->context);
          delete f;
        });
        return handle(tensor_over(foreign_storage(bytes, size, owner), std::move(layout), static_cast<DType>(type)));
      },
      static_cast<FlambeauTensor*>(nullptr));
}

const FlambeauOp* find(const char* name) {
  return caught([&] { return reinterpret_cast<const FlambeauOp*>(&Registry::get().find(name)); },
                static_cast<const FlambeauOp*>(nullptr));
}

Value value_of(const FlambeauValue& v) {
  switch (v.tag) {
    case FLAMBEAU_BOOL: return Value(v.integer != 0);
    case FLAMBEAU_INT: return Value(v.integer);
    case FLAMBEAU_DOUBLE: return Value(v.real);
    case FLAMBEAU_COMPLEX: return Value(std::complex<double>(v.real, v.imag));
    case FLAMBEAU_DTYPE: return Value(static_cast<DType>(v.integer));
    case FLAMBEAU_DEVICE: return Value(Device{static_cast<DeviceType>(v.integer), static_cast<int8_t>(v.count)});
    case FLAMBEAU_MEMORY_FORMAT: return Value(static_cast<MemoryFormat>(v.integer));
    case FLAMBEAU_TEXT: return Value(std::string_view(v.text, static_cast<size_t>(v.count)));
    case FLAMBEAU_INTS: return Value(IntSpan(v.ints, static_cast<size_t>(v.count)));
    case FLAMBEAU_DOUBLES: {
      auto list = make<DoubleList>();
      list->items.assign(v.doubles, v.doubles + v.count);
      return Value(Tag::Doubles, list.detach());
    }
    case FLAMBEAU_TENSOR: return v.tensor ? Value(share(v.tensor)) : Value();
    case FLAMBEAU_TENSORS: {
      std::vector<Tensor> list;
      for (int64_t i = 0; i < v.count; ++i) list.push_back(v.tensors[i] ? share(v.tensors[i]) : Tensor());
      return Value(std::move(list));
    }
    default: return Value();
  }
}

FlambeauValue give(const Value& v) {
  FlambeauValue out{};
  switch (v.tag()) {
    case Tag::Bool:
      out.tag = FLAMBEAU_BOOL;
      out.integer = v.boolean();
      break;
    case Tag::Int:
      out.tag = FLAMBEAU_INT;
      out.integer = v.integer();
      break;
    case Tag::Double:
      out.tag = FLAMBEAU_DOUBLE;
      out.real = v.number();
      break;
    case Tag::Complex:
      out.tag = FLAMBEAU_COMPLEX;
      out.real = v.scalar().to_double();
      out.imag = v.scalar().imag();
      break;
    case Tag::UInt:
      out.tag = FLAMBEAU_INT;
      out.integer = v.scalar().to_int();
      break;
    case Tag::DType:
      out.tag = FLAMBEAU_DTYPE;
      out.integer = static_cast<int>(v.dtype());
      break;
    case Tag::Tensor:
      out.tag = FLAMBEAU_TENSOR;
      out.tensor = handle(v.tensor());
      break;
    case Tag::Tensors: {
      const auto& list = v.tensors();
      auto** handles = new FlambeauTensor*[list.size()];
      for (size_t i = 0; i < list.size(); ++i) handles[i] = handle(list[i]);
      out.tag = FLAMBEAU_TENSORS;
      out.count = static_cast<int64_t>(list.size());
      out.tensors = handles;
      break;
    }
    default: break;
  }
  return out;
}

void release_value(FlambeauValue* v) {
  if (v->tag == FLAMBEAU_TENSOR) release(v->tensor);
  if (v->tag == FLAMBEAU_TENSORS) {
    for (int64_t i = 0; i < v->count; ++i) release(v->tensors[i]);
    delete[] v->tensors;
  }
  v->tag = FLAMBEAU_NONE;
}

// Whether a value may stand for an argument: a kernel reads it without asking.
bool fits(const Argument& a, const Value& v, bool number_for_tensor) {
  if (v.is_none()) return a.optional || (a.has_default && a.fallback.is_none());
  if (a.list) {
    switch (a.type) {
      case ArgType::Int: return v.tag() == Tag::Ints;
      case ArgType::Float: return v.tag() == Tag::Doubles;
      case ArgType::Tensor: return v.is_tensors();
      default: return false;
    }
  }
  switch (a.type) {
    case ArgType::Tensor: return v.is_tensor() || (number_for_tensor && v.is_number());
    case ArgType::Scalar: return v.is_number();
    case ArgType::Int: return v.tag() == Tag::Int;
    case ArgType::Float: return v.tag() == Tag::Int || v.tag() == Tag::Double;
    case ArgType::Bool: return v.tag() == Tag::Bool;
    case ArgType::Text: return v.tag() == Tag::Text;
    case ArgType::DType: return v.tag() == Tag::DType;
    case ArgType::Device: return v.tag() == Tag::Device;
    case ArgType::MemoryFormat: return v.tag() == Tag::MemoryFormat;
    default: return false;
  }
}

int call_operator(const FlambeauOp* which, int form, const FlambeauValue* given, int count, FlambeauValue* results,
                  int capacity) {
  return caught(
      [&] {
        const Op& op = *reinterpret_cast<const Op*>(which);
        constexpr int kMost = 24;
        int n = static_cast<int>(op.signature.arguments.size()),
            returns = static_cast<int>(op.signature.returns.size());
        check(count <= n && n <= kMost, ErrorKind::Type, op.name, ": takes ", n, " arguments, got ", count);
        check(form >= 0 && form <= 2, ErrorKind::Value, op.name, ": there is no form ", form);
        check(form != 1 || op.has_inplace() || op.writes >= 0, ErrorKind::Type, op.name, ": has no in-place form");
        check(form != 2 || op.has_out(), ErrorKind::Type, op.name, ": has no out= form");
        check(capacity >= returns, ErrorKind::Type, op.name, ": gives ", returns, " results, there is room for ",
              capacity);
        Value args[kMost];
        for (int i = 0; i < n; ++i) {
          const Argument& a = op.signature.arguments[i];
          if (i < count) {
            args[i] = value_of(given[i]);
            if (a.type == ArgType::Float && !a.list && args[i].tag() == Tag::Int)
              args[i] = Value(static_cast<double>(args[i].integer()));
            check(fits(a, args[i], op.pointwise()), ErrorKind::Type, op.name, ": argument '", a.name, "' (position ",
                  i + 1, ") cannot be ", describe(args[i]));
          } else {
            check(a.has_default, ErrorKind::Type, op.name, ": argument '", a.name, "' is missing");
            args[i] = a.fallback;
          }
        }
        Call call{op, args, static_cast<Form>(form)};
        if (form == 2)
          for (int i = 0; i < returns; ++i) {
            check(results[i].tag == FLAMBEAU_TENSOR, ErrorKind::Type, op.name, ": a tensor is wanted for result ", i);
            call.results[i] = Value(share(results[i].tensor));
          }
        run(call);
        for (int i = 0; i < returns; ++i) results[i] = give(call.results[i]);
        return returns;
      },
      -1);
}

// --- the tape ---
int set_grad_enabled(int enabled) {
  bool before = t_state.grad_enabled;
  t_state.grad_enabled = enabled != 0;
  return before;
}

class CustomNode final : public Node {
 public:
  CustomNode(std::string name, FlambeauBackward backward, void* context, void (*destroy)(void*))
      : name_(std::move(name)), backward_(backward), context_(context), destroy_(destroy) {}
  ~CustomNode() override { release_saved(); }
  std::vector<Tensor> apply(std::vector<Tensor> grads) override {
    check(!released_, ErrorKind::Runtime, name_,
          ": Trying to backward through the graph a second time; the saved values are gone. Give "
          "retain_graph=True the first time.");
    if (std::ranges::none_of(grads, [](const Tensor& g) { return g.defined(); }))
      return std::vector<Tensor>(next.size());
    static const OpCall zeros("zeros");
    grads.resize(outputs.size());
    for (size_t i = 0; i < grads.size(); ++i)  // the function sees zeros where nothing has come
      if (const OutputMeta& m = outputs[i]; !grads[i].defined())
        grads[i] = zeros({m.sizes, m.dtype, Value(), m.device}).tensor();
    std::vector<FlambeauTensor*> given, made(next.size(), nullptr);
    for (const Tensor& g : grads) given.push_back(reinterpret_cast<FlambeauTensor*>(g.impl()));
    int status =
        backward_(context_, given.data(), static_cast<int>(given.size()), made.data(), static_cast<int>(made.size()));
    std::vector<Tensor> out;
    for (FlambeauTensor* t : made) out.push_back(t ? Tensor(Ref<TensorImpl>::adopt(impl(t))) : Tensor());
    if (status < 0) {
      if (t_kind == FLAMBEAU_PYTHON_ERROR && PyErr_Occurred()) throw_python_error();
      throw Error(t_kind <= FLAMBEAU_OVERFLOW ? static_cast<ErrorKind>(t_kind) : ErrorKind::Runtime,
                  message_of_thread());
    }
    return out;
  }
  void release_saved() override {
    if (!released_ && destroy_) destroy_(context_);
    released_ = true;
  }
  std::string name() const override { return name_; }

 private:
  std::string name_;
  FlambeauBackward backward_;
  void* context_;
  void (*destroy_)(void*);
  bool released_ = false;
};

int record(const char* name, FlambeauTensor* const* inputs, int input_count, FlambeauTensor* const* results,
           int result_count, FlambeauBackward backward, void* context, void (*destroy)(void*)) {
  return caught(
      [&] {
        bool any = false;
        for (int i = 0; i < input_count; ++i) any |= inputs[i] && requires_grad(inputs[i]);
        if (!any || !t_state.grad_enabled) {
          if (destroy) destroy(context);
          return 0;
        }
        auto node = make<CustomNode>(std::string(name) + "Backward", backward, context, destroy);
        for (int i = 0; i < input_count; ++i)
          node->next.push_back(inputs[i] && requires_grad(inputs[i]) ? gradient_edge(share(inputs[i])) : Edge());
        for (int i = 0; i < result_count; ++i) {
          Tensor t = share(results[i]);
          node->outputs.push_back({t.layout().sizes, t.dtype(), t.device()});
          if (is_differentiable(t.dtype())) set_history(t, node, static_cast<uint32_t>(i));
        }
        return 0;
      },
      -1);
}

// --- Python ---
FlambeauTensor* from_python(void* object) {
  auto* o = static_cast<PyObject*>(object);
  return is_tensor(o) ? handle(tensor_of(o)) : nullptr;
}
void* to_python(FlambeauTensor* t) {
  if (!t) return Py_NewRef(Py_None);
  return guarded([&] { return wrap(share(t)); });
}
int dtype_from_python(void* object) {
  auto* o = static_cast<PyObject*>(object);
  return is_dtype(o) ? static_cast<int>(dtype_of(o)) : -1;
}
void* dtype_to_python(int type) { return wrap(static_cast<DType>(type)); }

}  // namespace

void init_extension_api(PyObject* module) {
  static const FlambeauApi api = {.version = FLAMBEAU_ABI_VERSION,
                                  .size = sizeof(FlambeauApi),
                                  .last_error = last_error,
                                  .raise = raise_error,
                                  .set_python_error = set_python_error,
                                  .retain = retain,
                                  .release = release,
                                  .dim = dim,
                                  .numel = numel,
                                  .sizes = sizes,
                                  .strides = strides,
                                  .dtype = dtype,
                                  .device = device,
                                  .is_contiguous = is_contiguous,
                                  .requires_grad = requires_grad,
                                  .data = data,
                                  .bump_version = bump,
                                  .from_blob = from_blob,
                                  .find = find,
                                  .call = call_operator,
                                  .release_value = release_value,
                                  .set_grad_enabled = set_grad_enabled,
                                  .record = record,
                                  .from_python = from_python,
                                  .to_python = to_python,
                                  .dtype_from_python = dtype_from_python,
                                  .dtype_to_python = dtype_to_python};
  Object capsule(PyCapsule_New(const_cast<FlambeauApi*>(&api), FLAMBEAU_ABI_CAPSULE, nullptr));
  PyModule_AddObjectRef(module, "_api", capsule.get());
}

}  // namespace flambeau::python
