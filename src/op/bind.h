// From typed C++ functions to one calling convention. A kernel, shape rule, view or composite is a lambda without
// captures whose parameters are the operator's arguments in C++ types; `Bound` unpacks the values for it.
#pragma once

#include <tuple>
#include <type_traits>

#include "op/value.h"

namespace flambeau {

using TensorSpan = std::span<const Tensor>;
class Generator;  // see cpu/generator.h

// Values whose meaning is a Python object's: a generator, say. The box is a RefCounted of the type asked for.
template <class T>
struct Unpack;

template <>
struct Unpack<Tensor> {
  static Tensor get(const Value& v) { return v.tensor(); }
};
template <>
struct Unpack<Scalar> {
  static Scalar get(const Value& v) { return v.scalar(); }
};
template <>
struct Unpack<int64_t> {
  static int64_t get(const Value& v) { return v.integer(); }
};
template <>
struct Unpack<double> {
  static double get(const Value& v) { return v.number(); }
};
template <>
struct Unpack<bool> {
  static bool get(const Value& v) { return v.boolean(); }
};
template <>
struct Unpack<DType> {
  static DType get(const Value& v) { return v.dtype(); }
};
template <>
struct Unpack<Device> {
  static Device get(const Value& v) { return v.device(); }
};
template <>
struct Unpack<MemoryFormat> {
  static MemoryFormat get(const Value& v) { return v.memory_format(); }
};
template <>
struct Unpack<IntSpan> {
  static IntSpan get(const Value& v) { return v.is_none() ? IntSpan() : IntSpan(v.ints()); }
};
template <>
struct Unpack<std::span<const double>> {
  static std::span<const double> get(const Value& v) { return v.doubles(); }
};
template <>
struct Unpack<std::span<const uint8_t>> {
  static std::span<const uint8_t> get(const Value& v) { return v.bools(); }
};
template <>
struct Unpack<std::span<const Scalar>> {
  static std::span<const Scalar> get(const Value& v) { return v.scalars(); }
};
template <>
struct Unpack<TensorSpan> {
  static TensorSpan get(const Value& v) { return v.tensors(); }
};
template <>
struct Unpack<std::string_view> {
  static std::string_view get(const Value& v) { return v.is_none() ? std::string_view() : v.text(); }
};
template <>
struct Unpack<Generator*> {
  static Generator* get(const Value& v) { return v.is_none() ? nullptr : reinterpret_cast<Generator*>(v.counted()); }
};
template <>
struct Unpack<Value> {
  static const Value& get(const Value& v) { return v; }
};
template <class T>
struct Unpack<std::optional<T>> {
  static std::optional<T> get(const Value& v) {
    return v.is_none() ? std::nullopt : std::optional<T>(Unpack<T>::get(v));
  }
};

// Results: a tensor, a number, nothing, a vector of tensors (one value), or a tuple of these.
template <class R>
struct Pack {
  using Sink = Value;
  static void put(Value* out, R&& r) { out[0] = Value(std::move(r)); }
};
template <class... R>
struct Pack<std::tuple<R...>> {
  using Sink = Value;
  static void put(Value* out, std::tuple<R...>&& r) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      ((out[I] = Value(std::move(std::get<I>(r)))), ...);
    }(std::index_sequence_for<R...>());
  }
};

// A tensor that a function takes by reference is borrowed from the values, which outlive the call: nothing is counted.
class BorrowedTensor {
 public:
  explicit BorrowedTensor(const Value& v)
      : tensor_(Ref<TensorImpl>::adopt(v.is_tensor() ? v.tensor_impl() : nullptr)) {}
  BorrowedTensor(const BorrowedTensor&) = delete;
  ~BorrowedTensor() {}
  operator const Tensor&() const { return tensor_; }

 private:
  union {
    Tensor tensor_;  // never destroyed
  };
};

template <class A>
decltype(auto) unpack(const Value& v) {
  if constexpr (std::is_same_v<A, const Tensor&>)
    return BorrowedTensor(v);
  else
    return Unpack<std::remove_cvref_t<A>>::get(v);
}

// A function over values, bound by its own parameters; what it returns goes where Pack says: into values, or into the
// sink of a rule.
template <class Sink>
class BoundTo {
 public:
  BoundTo() = default;
  template <class F>
    requires requires(F f) { +f; } || std::is_function_v<std::remove_pointer_t<F>>
  BoundTo(F f) {
    bind(+f);
  }

  // A function over values with a context of its own: for operators made in numbers (the _foreach_ family).
  using Invoke = void (*)(void (*)(), const Value*, Sink*);
  static BoundTo with_context(Invoke invoke, const void* context, int arity) {
    BoundTo b;
    b.function_ = reinterpret_cast<void (*)()>(const_cast<void*>(context));
    b.invoke_ = invoke;
    b.arity_ = arity;
    return b;
  }

  explicit operator bool() const { return invoke_ != nullptr; }
  int arity() const { return arity_; }
  // Reads `arity` values (operator arguments, then outputs) and writes the results.
  void operator()(const Value* args, Sink* results) const { invoke_(function_, args, results); }

 private:
  template <class R, class... A>
  void bind(R (*f)(A...)) {
    function_ = reinterpret_cast<void (*)()>(f);
    arity_ = sizeof...(A);
    invoke_ = [](void (*raw)(), const Value* args, Sink* results) {
      auto call = reinterpret_cast<R (*)(A...)>(raw);
      [&]<size_t... I>(std::index_sequence<I...>) {
        if constexpr (std::is_void_v<R>) {
          call(unpack<A>(args[I])...);
        } else {
          static_assert(std::is_same_v<typename Pack<R>::Sink, Sink>, "no such result here");
          Pack<R>::put(results, call(unpack<A>(args[I])...));
        }
      }(std::index_sequence_for<A...>());
    };
  }

  void (*function_)() = nullptr;
  void (*invoke_)(void (*)(), const Value*, Sink*) = nullptr;
  int arity_ = -1;
};
using Bound = BoundTo<Value>;

}  // namespace flambeau
