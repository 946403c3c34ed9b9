// Writing extensions of Flambeau in C++: the class Tensor, the library's operators (ops.h), Python modules of functions
// over tensors and numbers, and operators with gradients of one's own.
//
//     #include <flambeau/extension.h>
//     using namespace flambeau;
//     Tensor twice_plus(const Tensor& x, double a) { return mul(x, 2.0) + a; }
//     FLAMBEAU_EXTENSION(example, m) { m.def("twice_plus", &twice_plus); }
//
// An extension calls the library only through the table of abi.h, so it needs no rebuild for a later release.
#pragma once

#include <Python.h>

#include <complex>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "flambeau/abi.h"

namespace flambeau {

enum class DType : int {
  bool_,
  uint8,
  int8,
  int16,
  int32,
  int64,
  uint16,
  uint32,
  uint64,
  float16,
  bfloat16,
  float32,
  float64,
  complex32,
  complex64,
  complex128,
  float8_e4m3fn,
  float8_e5m2,
  float8_e4m3fnuz,
  float8_e5m2fnuz,
};
inline constexpr DType kBool = DType::bool_, kUInt8 = DType::uint8, kInt = DType::int32, kLong = DType::int64,
                       kHalf = DType::float16, kBFloat16 = DType::bfloat16, kFloat = DType::float32,
                       kDouble = DType::float64;
enum class MemoryFormat : int { contiguous, preserve, channels_last, channels_last_3d };
struct Device {
  enum Type : int { cpu, cuda, meta, mock } type = cpu;
  int index = -1;
};

// An error with the exception that Python is to see: throw Error(FLAMBEAU_VALUE_ERROR, "...").
class Error : public std::exception {
 public:
  Error(int kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  explicit Error(std::string message) : Error(FLAMBEAU_RUNTIME_ERROR, std::move(message)) {}
  int kind() const { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int kind_;
  std::string message_;
};

inline const FlambeauApi*& api() {
  static const FlambeauApi* table = nullptr;
  return table;
}
[[noreturn]] inline void throw_last_error() {
  int kind;
  const char* text = api()->last_error(&kind);
  throw Error(kind, text);
}
template <class T>
T* checked(T* p) {
  if (!p) throw_last_error();
  return p;
}

class Tensor;
class Scalar {
 public:
  Scalar(bool v) : v_{FLAMBEAU_BOOL, 0, {v}, 0} {}
  template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
  Scalar(T v) : v_{FLAMBEAU_INT, 0, {static_cast<int64_t>(v)}, 0} {}
  Scalar(double v) : v_{FLAMBEAU_DOUBLE, 0, {}, 0} { v_.real = v; }
  Scalar(float v) : Scalar(static_cast<double>(v)) {}
  Scalar(std::complex<double> v) : v_{FLAMBEAU_COMPLEX, 0, {}, v.imag()} { v_.real = v.real(); }
  explicit Scalar(const FlambeauValue& v) : v_(v) {}
  const FlambeauValue& value() const { return v_; }
  double to_double() const { return v_.tag <= FLAMBEAU_INT ? static_cast<double>(v_.integer) : v_.real; }
  int64_t to_int() const { return v_.tag <= FLAMBEAU_INT ? v_.integer : static_cast<int64_t>(v_.real); }

 private:
  FlambeauValue v_;
};

// A list of integers that an argument takes: {2, 3}, a vector, or what sizes() gave.
class IntList {
 public:
  IntList(std::initializer_list<int64_t> v) : items_(v) {}
  IntList(std::vector<int64_t> v) : items_(std::move(v)) {}
  IntList(int64_t v) : items_{v} {}
  const int64_t* data() const { return items_.data(); }
  size_t size() const { return items_.size(); }

 private:
  std::vector<int64_t> items_;
};

// A counted handle of a tensor of the library.
class Tensor {
 public:
  Tensor() : handle_(nullptr) {}
  static Tensor own(FlambeauTensor* handle) { return Tensor(handle); }  // takes over the count
  static Tensor share(FlambeauTensor* handle) {
    if (handle) api()->retain(handle);
    return Tensor(handle);
  }
  Tensor(const Tensor& other) : handle_(other.handle_) {
    if (handle_) api()->retain(handle_);
  }
  Tensor(Tensor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Tensor() {
    if (handle_) api()->release(handle_);
  }

  bool defined() const { return handle_ != nullptr; }
  FlambeauTensor* handle() const { return handle_; }
  int64_t dim() const { return api()->dim(handle_); }
  int64_t numel() const { return api()->numel(handle_); }
  std::vector<int64_t> sizes() const {
    auto* p = api()->sizes(handle_);
    return {p, p + dim()};
  }
  std::vector<int64_t> strides() const {
    auto* p = api()->strides(handle_);
    return {p, p + dim()};
  }
  int64_t size(int64_t d) const { return api()->sizes(handle_)[d < 0 ? d + dim() : d]; }
  DType dtype() const { return static_cast<DType>(api()->dtype(handle_)); }
  Device device() const {
    Device d;
    d.type = static_cast<Device::Type>(api()->device(handle_, &d.index));
    return d;
  }
  bool is_contiguous() const { return api()->is_contiguous(handle_); }
  bool requires_grad() const { return api()->requires_grad(handle_); }
  // The first element. Elements follow each other as strides() says; contiguous() gives a tensor without gaps.
  template <class T = void>
  T* data_ptr() const {
    void* p = api()->data(handle_);
    if (!p && numel() > 0) throw_last_error();
    return static_cast<T*>(p);
  }
  void bump_version() const { api()->bump_version(handle_); }  // after writing through data_ptr

#include "flambeau/tensor_methods.h"  // the operators as methods, printed from the table

 private:
  explicit Tensor(FlambeauTensor* handle) : handle_(handle) {}
  FlambeauTensor* handle_;
};

// One argument of an operator, in the form of the table.
class Argument {
 public:
  Argument() : v_{FLAMBEAU_NONE, 0, {0}, 0} {}
  Argument(std::nullopt_t) : Argument() {}
  Argument(const Tensor& t) : v_{t.defined() ? FLAMBEAU_TENSOR : FLAMBEAU_NONE, 0, {0}, 0} { v_.tensor = t.handle(); }
  Argument(const Scalar& s) : v_(s.value()) {}
  Argument(bool v) : Argument(Scalar(v)) {}
  Argument(int v) : Argument(Scalar(v)) {}
  Argument(int64_t v) : Argument(Scalar(v)) {}
  Argument(double v) : Argument(Scalar(v)) {}
  Argument(DType v) : v_{FLAMBEAU_DTYPE, 0, {static_cast<int64_t>(v)}, 0} {}
  Argument(Device v) : v_{FLAMBEAU_DEVICE, v.index, {static_cast<int64_t>(v.type)}, 0} {}
  Argument(MemoryFormat v) : v_{FLAMBEAU_MEMORY_FORMAT, 0, {static_cast<int64_t>(v)}, 0} {}
  Argument(const char* v) : Argument(std::string(v)) {}
  Argument(std::string v) : text_(std::move(v)), v_{FLAMBEAU_TEXT, 0, {0}, 0} {}
  Argument(const IntList& v) : v_{FLAMBEAU_INTS, static_cast<int64_t>(v.size()), {0}, 0} { v_.ints = v.data(); }
  Argument(const std::vector<double>& v) : v_{FLAMBEAU_DOUBLES, static_cast<int64_t>(v.size()), {0}, 0} {
    v_.doubles = v.data();
  }
  Argument(const std::vector<Tensor>& v) : v_{FLAMBEAU_TENSORS, static_cast<int64_t>(v.size()), {0}, 0} {
    for (const Tensor& t : v) handles_.push_back(t.handle());
  }
  template <class T>
  Argument(const std::optional<T>& v) {
    if (v)
      *this = Argument(*v);
    else
      v_ = {FLAMBEAU_NONE, 0, {0}, 0};
  }
  FlambeauValue value() const {
    FlambeauValue v = v_;
    if (v.tag == FLAMBEAU_TEXT) v.text = text_.c_str(), v.count = static_cast<int64_t>(text_.size());
    if (v.tag == FLAMBEAU_TENSORS) v.tensors = handles_.data();
    return v;
  }

 private:
  std::string text_;
  std::vector<FlambeauTensor*> handles_;
  FlambeauValue v_;
};

// One result of an operator.
class Result {
 public:
  explicit Result(FlambeauValue v) : v_(v) {}
  Result(Result&& o) noexcept : v_(o.v_) { o.v_.tag = FLAMBEAU_NONE; }
  Result(const Result&) = delete;
  ~Result() {
    if (v_.tag >= FLAMBEAU_TENSOR) api()->release_value(&v_);
  }
  operator Tensor() const { return v_.tag == FLAMBEAU_TENSOR ? Tensor::share(v_.tensor) : Tensor(); }
  operator std::vector<Tensor>() const {
    std::vector<Tensor> list;
    for (int64_t i = 0; v_.tag == FLAMBEAU_TENSORS && i < v_.count; ++i) list.push_back(Tensor::share(v_.tensors[i]));
    return list;
  }
  operator Scalar() const { return Scalar(v_); }
  operator bool() const { return v_.integer != 0; }
  operator int64_t() const { return Scalar(v_).to_int(); }
  operator double() const { return Scalar(v_).to_double(); }
  operator DType() const { return static_cast<DType>(v_.integer); }

 private:
  FlambeauValue v_;
};

// An operator by ATen's name: static const Operator op("add.Tensor"); Tensor c = op({a, b});
class Operator {
 public:
  explicit Operator(const char* full_name) : name_(full_name) {}
  std::vector<Result> all(std::initializer_list<Argument> arguments, int form = 0,
                          const std::vector<Tensor>& out = {}) const {
    if (!op_) op_ = checked(api()->find(name_));
    constexpr int kMost = 24, kResults = 8;
    FlambeauValue values[kMost], results[kResults] = {};
    int n = 0;
    for (const Argument& a : arguments) {
      if (n == kMost) throw Error(FLAMBEAU_TYPE_ERROR, std::string(name_) + ": too many arguments");
      values[n++] = a.value();
    }
    for (size_t i = 0; i < out.size() && i < kResults; ++i)
      results[i].tag = FLAMBEAU_TENSOR, results[i].tensor = out[i].handle();
    int count = api()->call(op_, form, values, n, results, kResults);
    if (count < 0) throw_last_error();
    std::vector<Result> list;
    list.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) list.emplace_back(results[i]);
    return list;
  }
  Result operator()(std::initializer_list<Argument> arguments, int form = 0) const {
    std::vector<Result> list = all(arguments, form);
    return std::move(list.at(0));
  }

 private:
  const char* name_;
  mutable const FlambeauOp* op_ = nullptr;
};

}  // namespace flambeau

#include "flambeau/ops.h"  // the operators as functions, printed from the table

namespace flambeau {

#define FLAMBEAU_BINARY(symbol, name)                               \
  inline Tensor operator symbol(const Tensor& a, const Tensor& b) { \
    static const Operator op(name);                                 \
    return op({a, b});                                              \
  }                                                                 \
  inline Tensor operator symbol(const Tensor& a, const Scalar& b) { \
    static const Operator op(name);                                 \
    return op({a, b});                                              \
  }                                                                 \
  inline Tensor operator symbol(const Scalar& a, const Tensor& b) { \
    static const Operator op(name);                                 \
    return op({a, b});                                              \
  }
// clang-format off
FLAMBEAU_BINARY(+, "add.Tensor")
FLAMBEAU_BINARY(-, "sub.Tensor")
FLAMBEAU_BINARY(*, "mul.Tensor")
FLAMBEAU_BINARY(/, "div.Tensor")
FLAMBEAU_BINARY(<, "lt.Tensor")
FLAMBEAU_BINARY(>, "gt.Tensor")
FLAMBEAU_BINARY(==, "eq.Tensor")
// clang-format on
#undef FLAMBEAU_BINARY
inline Tensor operator-(const Tensor& a) {
  static const Operator op("neg");
  return op({a});
}

// A tensor over memory of the caller's, which `free(context)` ends.
inline Tensor from_blob(void* data, const IntList& sizes, DType dtype, void (*free)(void*) = nullptr,
                        void* context = nullptr) {
  return Tensor::own(checked(api()->from_blob(data, static_cast<int>(sizes.size()), sizes.data(), nullptr,
                                              static_cast<int>(dtype), free, context)));
}

// While it lives, operators are not recorded on the tape.
class NoGrad {
 public:
  NoGrad() : before_(api()->set_grad_enabled(0)) {}
  ~NoGrad() { api()->set_grad_enabled(before_); }
  NoGrad(const NoGrad&) = delete;

 private:
  int before_;
};

// A result with a gradient of one's own: computed under NoGrad, then tied to its inputs by
// `backward(grads of the results) -> gradients of the inputs`, a callable (undefined tensors stand for zero).
template <class Backward>
void set_gradient(const char* name, const std::vector<Tensor>& inputs, const std::vector<Tensor>& results,
                  Backward backward) {
  std::vector<FlambeauTensor*> in, out;
  for (const Tensor& t : inputs) in.push_back(t.handle());
  for (const Tensor& t : results) out.push_back(t.handle());
  auto* kept = new Backward(std::move(backward));
  FlambeauBackward run = [](void* context, FlambeauTensor* const* grads, int count, FlambeauTensor** made,
                            int made_count) -> int {
    try {
      std::vector<Tensor> given;
      for (int i = 0; i < count; ++i) given.push_back(Tensor::share(grads[i]));
      std::vector<Tensor> back = (*static_cast<Backward*>(context))(given);
      if (static_cast<int>(back.size()) != made_count)
        throw Error("backward gave " + std::to_string(back.size()) + " gradients for " + std::to_string(made_count) +
                    " inputs");
      for (int i = 0; i < made_count; ++i) {
        if (back[i].defined()) api()->retain(back[i].handle());
        made[i] = back[i].handle();
      }
      return 0;
    } catch (const Error& e) { api()->raise(e.kind(), e.what()); } catch (const std::exception& e) {
      api()->raise(FLAMBEAU_RUNTIME_ERROR, e.what());
    }
    return -1;
  };
  if (api()->record(name, in.data(), static_cast<int>(in.size()), out.data(), static_cast<int>(out.size()), run, kept,
                    [](void* context) { delete static_cast<Backward*>(context); }) < 0)
    throw_last_error();
}

// --- Python modules
// ---------------------------------------------------------------------------------------------------
namespace python {

struct Raised {};  // an exception is set in Python
struct Mismatch {};

template <class T, class = void>
struct Convert;
template <>
struct Convert<Tensor> {
  static Tensor from(PyObject* o) {
    Tensor t = Tensor::own(api()->from_python(o));
    if (!t.defined()) throw Mismatch{};
    return t;
  }
  static PyObject* to(const Tensor& t) { return static_cast<PyObject*>(api()->to_python(t.handle())); }
  static constexpr const char* name = "Tensor";
};
template <>
struct Convert<bool> {
  static bool from(PyObject* o) {
    if (!PyBool_Check(o)) throw Mismatch{};
    return o == Py_True;
  }
  static PyObject* to(bool v) { return PyBool_FromLong(v); }
  static constexpr const char* name = "bool";
};
template <class T>
struct Convert<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
  static T from(PyObject* o) {
    if (!PyLong_Check(o) || PyBool_Check(o)) throw Mismatch{};
    long long v = PyLong_AsLongLong(o);
    if (v == -1 && PyErr_Occurred()) throw Raised{};
    if (static_cast<long long>(static_cast<T>(v)) != v)
      throw Error(FLAMBEAU_OVERFLOW, "the integer " + std::to_string(v) + " does not fit");
    return static_cast<T>(v);
  }
  static PyObject* to(T v) { return PyLong_FromLongLong(static_cast<long long>(v)); }
  static constexpr const char* name = "int";
};
template <class T>
struct Convert<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static T from(PyObject* o) {
    if (!PyFloat_Check(o) && !PyLong_Check(o)) throw Mismatch{};
    double v = PyFloat_AsDouble(o);
    if (v == -1 && PyErr_Occurred()) throw Raised{};
    return static_cast<T>(v);
  }
  static PyObject* to(T v) { return PyFloat_FromDouble(v); }
  static constexpr const char* name = "float";
};
template <>
struct Convert<Scalar> {
  static Scalar from(PyObject* o) {
    if (PyBool_Check(o)) return Scalar(o == Py_True);
    if (PyLong_Check(o)) return Scalar(Convert<int64_t>::from(o));
    if (PyFloat_Check(o)) return Scalar(PyFloat_AS_DOUBLE(o));
    if (PyComplex_Check(o)) return Scalar(std::complex<double>(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
    throw Mismatch{};
  }
  static PyObject* to(const Scalar& s) {
    switch (s.value().tag) {
      case FLAMBEAU_BOOL: return PyBool_FromLong(s.value().integer != 0);
      case FLAMBEAU_INT: return PyLong_FromLongLong(s.value().integer);
      case FLAMBEAU_COMPLEX: return PyComplex_FromDoubles(s.value().real, s.value().imag);
      default: return PyFloat_FromDouble(s.value().real);
    }
  }
  static constexpr const char* name = "number";
};
template <>
struct Convert<std::string> {
  static std::string from(PyObject* o) {
    Py_ssize_t n;
    const char* text = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, &n) : nullptr;
    if (!text) throw Mismatch{};
    return std::string(text, static_cast<size_t>(n));
  }
  static PyObject* to(const std::string& v) {
    return PyUnicode_FromStringAndSize(v.data(), static_cast<Py_ssize_t>(v.size()));
  }
  static constexpr const char* name = "str";
};
template <>
struct Convert<DType> {
  static DType from(PyObject* o) {
    int v = api()->dtype_from_python(o);
    if (v < 0) throw Mismatch{};
    return static_cast<DType>(v);
  }
  static PyObject* to(DType v) { return static_cast<PyObject*>(api()->dtype_to_python(static_cast<int>(v))); }
  static constexpr const char* name = "dtype";
};
template <class T>
struct Convert<std::optional<T>> {
  static std::optional<T> from(PyObject* o) {
    return o == Py_None ? std::nullopt : std::optional<T>(Convert<T>::from(o));
  }
  static PyObject* to(const std::optional<T>& v) { return v ? Convert<T>::to(*v) : Py_NewRef(Py_None); }
  static constexpr const char* name = Convert<T>::name;
};
template <class T>
struct Convert<std::vector<T>> {
  static std::vector<T> from(PyObject* o) {
    if (!PyTuple_Check(o) && !PyList_Check(o)) throw Mismatch{};
    std::vector<T> list;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
      list.push_back(Convert<T>::from(PySequence_Fast_GET_ITEM(o, i)));
    return list;
  }
  static PyObject* to(const std::vector<T>& v) {
    PyObject* list = PyList_New(static_cast<Py_ssize_t>(v.size()));
    for (size_t i = 0; i < v.size(); ++i) PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), Convert<T>::to(v[i]));
    return list;
  }
  static constexpr const char* name = "list";
};
template <class... T>
struct Convert<std::tuple<T...>> {
  static PyObject* to(const std::tuple<T...>& v) {
    PyObject* tuple = PyTuple_New(sizeof...(T));
    [&]<size_t... I>(std::index_sequence<I...>) {
      (PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(I), Convert<T>::to(std::get<I>(v))), ...);
    }(std::index_sequence_for<T...>());
    return tuple;
  }
};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

// A function of the module: knows its types, and calls with arguments from Python.
struct Function {
  std::string name, doc;
  std::vector<std::string> names;
  PyObject* (*call)(const Function&, PyObject* const*, PyObject**);
  void (*target)();
  int count;
  PyMethodDef definition;
};

template <class R, class... A>
PyObject* invoke(const Function& f, PyObject* const* given, PyObject**) {
  return [&]<size_t... I>(std::index_sequence<I...>) -> PyObject* {
    auto argument = [&]<class T>(size_t i, T*) -> T {
      if (!given[i]) {
        if constexpr (is_optional<T>::value) return std::nullopt;
        throw Error(FLAMBEAU_TYPE_ERROR, f.name + "() is missing argument " + std::to_string(i + 1) +
                                             (i < f.names.size() ? " ('" + f.names[i] + "')" : ""));
      }
      try {
        return Convert<T>::from(given[i]);
      } catch (Mismatch) {
        throw Error(FLAMBEAU_TYPE_ERROR, f.name + "(): argument " +
                                             (i < f.names.size() ? "'" + f.names[i] + "' " : "") + "(position " +
                                             std::to_string(i + 1) + ") must be " + Convert<T>::name + ", not " +
                                             Py_TYPE(given[i])->tp_name);
      }
    };
    auto* target = reinterpret_cast<R (*)(A...)>(f.target);
    std::tuple<std::decay_t<A>...> values{argument(I, static_cast<std::decay_t<A>*>(nullptr))...};
    if constexpr (std::is_void_v<R>) {
      target(std::get<I>(values)...);
      return Py_NewRef(Py_None);
    } else {
      return Convert<std::decay_t<R>>::to(target(std::get<I>(values)...));
    }
  }(std::index_sequence_for<A...>());
}

inline PyObject* enter(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* kwnames) {
  auto& f = *static_cast<Function*>(PyCapsule_GetPointer(self, nullptr));
  try {
    std::vector<PyObject*> given(static_cast<size_t>(f.count) + 1, nullptr);
    if (n > f.count)
      throw Error(FLAMBEAU_TYPE_ERROR,
                  f.name + "() takes " + std::to_string(f.count) + " arguments, got " + std::to_string(n));
    for (Py_ssize_t i = 0; i < n; ++i) given[static_cast<size_t>(i)] = args[i];
    for (Py_ssize_t k = 0; kwnames && k < PyTuple_GET_SIZE(kwnames); ++k) {
      const char* key = PyUnicode_AsUTF8(PyTuple_GET_ITEM(kwnames, k));
      size_t at = 0;
      while (at < f.names.size() && f.names[at] != key) ++at;
      if (at >= f.names.size() || at >= static_cast<size_t>(f.count) || given[at])
        throw Error(FLAMBEAU_TYPE_ERROR, f.name + "() got an unexpected or repeated keyword argument '" + key + "'");
      given[at] = args[n + k];
    }
    return f.call(f, given.data(), nullptr);
  } catch (const Raised&) {
  } catch (const Error& e) {
    api()->raise(e.kind(), e.what());
    api()->set_python_error();
  } catch (const std::exception& e) {
    api()->raise(FLAMBEAU_RUNTIME_ERROR, (f.name + ": " + e.what()).c_str());
    api()->set_python_error();
  }
  return nullptr;
}

}  // namespace python

class Module {
 public:
  explicit Module(PyObject* module) : module_(module) {}
  // A function for Python. `names` allows arguments by name; a trailing std::optional may be left out.
  template <class R, class... A>
  Module& def(const char* name, R (*function)(A...), const char* doc = "", std::vector<std::string> names = {}) {
    auto* f = new python::Function{
        name,         doc, std::move(names), &python::invoke<R, A...>, reinterpret_cast<void (*)()>(function),
        sizeof...(A), {}};
    f->definition = {f->name.c_str(), reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&python::enter)),
                     METH_FASTCALL | METH_KEYWORDS, f->doc.c_str()};
    PyObject* self = PyCapsule_New(f, nullptr, nullptr);
    PyObject* callable = PyCFunction_NewEx(&f->definition, self, nullptr);
    Py_DECREF(self);
    PyModule_AddObjectRef(module_, name, callable);
    Py_DECREF(callable);
    return *this;
  }
  Module& attr(const char* name, const Scalar& value) {
    PyModule_AddObject(module_, name, python::Convert<Scalar>::to(value));
    return *this;
  }
  Module& attr(const char* name, const std::string& value) {
    PyModule_AddStringConstant(module_, name, value.c_str());
    return *this;
  }

 private:
  PyObject* module_;
};

inline PyObject* make_module(const char* name, void (*fill)(Module&)) {
  auto* table = static_cast<const FlambeauApi*>(PyCapsule_Import(FLAMBEAU_ABI_CAPSULE, 0));
  if (!table) return nullptr;
  if (table->version != FLAMBEAU_ABI_VERSION || table->size < sizeof(FlambeauApi)) {
    PyErr_Format(
        PyExc_ImportError,
        "%s: built for version %d of the extension interface (%zu bytes), this Flambeau offers version %d (%d bytes)",
        name, FLAMBEAU_ABI_VERSION, sizeof(FlambeauApi), table->version, table->size);
    return nullptr;
  }
  api() = table;
  static PyModuleDef definition{
      PyModuleDef_HEAD_INIT, nullptr, nullptr, -1, nullptr, nullptr, nullptr, nullptr, nullptr};
  definition.m_name = name;
  PyObject* module = PyModule_Create(&definition);
  if (!module) return nullptr;
  Module m(module);
  fill(m);
  return module;
}

}  // namespace flambeau

#define FLAMBEAU_EXTENSION(name, m) FLAMBEAU_EXTENSION_1(name, m)
#define FLAMBEAU_EXTENSION_1(name, m)                                           \
  static void flambeau_fill_##name(::flambeau::Module&);                        \
  extern "C" __attribute__((visibility("default"))) PyObject* PyInit_##name() { \
    return ::flambeau::make_module(#name, flambeau_fill_##name);                \
  }                                                                             \
  static void flambeau_fill_##name(::flambeau::Module& m)
