// A value on the way into or out of an operator: 16 bytes, a tag and a word. Tensors and lists are counted pointers,
// unless borrowed from a caller that outlives the call.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/scalar.h"
#include "core/tensor.h"

namespace flambeau {

enum class Tag : uint8_t {
  None,
  Bool,
  Int,
  Double,
  DType,
  Device,
  MemoryFormat,
  Layout,  // in the word itself
  Complex,
  UInt,
  Ints,
  Doubles,
  Bools,
  Text,
  Tensors,
  Scalars,
  Object,
  Tensor,  // counted
};

class Value;
class IntList final : public RefCounted {
 public:
  Dims items;
};
class DoubleList final : public RefCounted {
 public:
  std::vector<double> items;
};
class BoolList final : public RefCounted {
 public:
  std::vector<uint8_t> items;
};
class ScalarList final : public RefCounted {
 public:
  std::vector<Scalar> items;
};
class TextBox final : public RefCounted {
 public:
  std::string text;
};
class ScalarBox final : public RefCounted {
 public:
  Scalar number;
};
class TensorList final : public RefCounted {
 public:
  std::vector<Tensor> items;
};

class Value {
 public:
  Value() = default;
  Value(std::nullopt_t) {}
  Value(bool v) : tag_(Tag::Bool) { word_.i = v; }
  Value(int v) : Value(int64_t{v}) {}
  Value(int64_t v) : tag_(Tag::Int) { word_.i = v; }
  Value(double v) : tag_(Tag::Double) { word_.d = v; }
  Value(flambeau::DType v) : tag_(Tag::DType) { word_.i = static_cast<int>(v); }
  Value(flambeau::Device v) : tag_(Tag::Device) {
    word_.i = (static_cast<int64_t>(v.index) << 8) | static_cast<int>(v.type);
  }
  Value(flambeau::MemoryFormat v) : tag_(Tag::MemoryFormat) { word_.i = static_cast<int>(v); }
  Value(const flambeau::Scalar& v);
  Value(std::complex<double> v) : Value(flambeau::Scalar(v)) {}
  Value(const flambeau::Tensor& t) : Value(flambeau::Tensor(t)) {}
  Value(flambeau::Tensor&& t) : tag_(t.defined() ? Tag::Tensor : Tag::None) { word_.tensor = t.detach_ref().detach(); }
  Value(std::string_view text) : tag_(Tag::Text) {
    auto* box = new TextBox;
    box->text = text;
    word_.counted = box;
  }
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(IntSpan v) : tag_(Tag::Ints) {
    auto* list = new IntList;
    list->items = Dims(v);
    word_.counted = list;
  }
  Value(const Dims& v) : Value(IntSpan(v)) {}
  Value(std::initializer_list<int64_t> v) : Value(IntSpan(v.begin(), v.size())) {}
  Value(std::vector<flambeau::Tensor> v) : tag_(Tag::Tensors) {
    auto* list = new TensorList;
    list->items = std::move(v);
    word_.counted = list;
  }
  Value(std::span<const flambeau::Tensor> v) : Value(std::vector<flambeau::Tensor>(v.begin(), v.end())) {}
  template <class T>
  Value(const std::optional<T>& v) {
    if (v) *this = Value(*v);
  }
  Value(Tag tag, RefCounted* counted) : tag_(tag) { word_.counted = counted; }  // takes over the count

  // The same value, which must outlive this one: nothing is counted.
  static Value borrow(const Value& other) {
    Value v;
    v.word_ = other.word_;
    v.tag_ = other.tag_;
    v.borrowed_ = true;
    return v;
  }
  static Value borrow(TensorImpl* t) {
    Value v;
    v.tag_ = Tag::Tensor;
    v.borrowed_ = true;
    v.word_.tensor = t;
    return v;
  }

  Value(const Value& other) : word_(other.word_), tag_(other.tag_) { retain(); }
  Value(Value&& other) noexcept : word_(other.word_), tag_(other.tag_), borrowed_(other.borrowed_) {
    other.tag_ = Tag::None;
  }
  Value& operator=(const Value& other) { return *this = Value(other); }
  Value& operator=(Value&& other) noexcept {
    std::swap(word_, other.word_);
    std::swap(tag_, other.tag_);
    std::swap(borrowed_, other.borrowed_);
    return *this;
  }
  ~Value() {
    if (tag_ >= Tag::Complex && !borrowed_) drop();
  }

  Tag tag() const { return tag_; }
  bool is_none() const { return tag_ == Tag::None; }
  bool is_tensor() const { return tag_ == Tag::Tensor; }
  bool is_tensors() const { return tag_ == Tag::Tensors; }
  bool is_number() const {
    return (tag_ >= Tag::Bool && tag_ <= Tag::Double) || tag_ == Tag::Complex || tag_ == Tag::UInt;
  }

  TensorImpl* tensor_impl() const { return word_.tensor; }
  flambeau::Tensor tensor() const {
    return tag_ == Tag::Tensor ? flambeau::Tensor(Ref<TensorImpl>::share(word_.tensor)) : flambeau::Tensor();
  }
  bool boolean() const { return word_.i != 0; }
  int64_t integer() const { return tag_ == Tag::Double ? static_cast<int64_t>(word_.d) : word_.i; }
  double number() const { return tag_ == Tag::Double ? word_.d : scalar().to_double(); }
  flambeau::Scalar scalar() const;
  flambeau::DType dtype() const { return static_cast<flambeau::DType>(word_.i); }
  flambeau::Device device() const {
    return {static_cast<DeviceType>(word_.i & 255), static_cast<int8_t>(word_.i >> 8)};
  }
  flambeau::MemoryFormat memory_format() const { return static_cast<flambeau::MemoryFormat>(word_.i); }
  const Dims& ints() const { return static_cast<IntList*>(word_.counted)->items; }
  const std::vector<double>& doubles() const { return static_cast<DoubleList*>(word_.counted)->items; }
  const std::vector<uint8_t>& bools() const { return static_cast<BoolList*>(word_.counted)->items; }
  const std::vector<flambeau::Scalar>& scalars() const { return static_cast<ScalarList*>(word_.counted)->items; }
  const std::vector<flambeau::Tensor>& tensors() const { return static_cast<TensorList*>(word_.counted)->items; }
  std::vector<flambeau::Tensor>& tensors() { return static_cast<TensorList*>(word_.counted)->items; }
  std::string_view text() const { return static_cast<TextBox*>(word_.counted)->text; }
  RefCounted* counted() const { return word_.counted; }

 private:
  void retain() const {
    if (tag_ < Tag::Complex) return;
    if (tag_ == Tag::Tensor)
      word_.tensor->retain();
    else
      word_.counted->retain();
  }
  void drop() {
    if (tag_ == Tag::Tensor)
      word_.tensor->release();
    else
      word_.counted->release();
  }

  union Word {
    int64_t i = 0;
    double d;
    TensorImpl* tensor;
    RefCounted* counted;
  } word_;
  Tag tag_ = Tag::None;
  bool borrowed_ = false;
};

// Values of a number known at run time only, at most N, on the stack: the rest is never touched.
template <int N>
class ValueArray {
 public:
  explicit ValueArray(size_t n) : size_(n) { std::uninitialized_default_construct_n(data(), n); }
  ~ValueArray() { std::destroy_n(data(), size_); }
  ValueArray(const ValueArray&) = delete;
  Value* data() { return reinterpret_cast<Value*>(bytes_); }
  Value& operator[](size_t i) { return data()[i]; }

 private:
  alignas(Value) std::byte bytes_[N * sizeof(Value)];
  size_t size_;
};

static_assert(sizeof(Value) == 16);
std::string describe(const Value& value);

}  // namespace flambeau
