// Values that need more than their word, and how values are shown in messages.
#include "op/value.h"

namespace flambeau {

Value::Value(const flambeau::Scalar& v) {
  switch (v.kind()) {
    case Scalar::Kind::Bool:
      tag_ = Tag::Bool;
      word_.i = v.to_bool();
      return;
    case Scalar::Kind::Int:
      tag_ = Tag::Int;
      word_.i = v.to_int();
      return;
    case Scalar::Kind::Float:
      tag_ = Tag::Double;
      word_.d = v.to_double();
      return;
    case Scalar::Kind::UInt: tag_ = Tag::UInt; break;
    case Scalar::Kind::Complex: tag_ = Tag::Complex; break;
  }
  auto* box = new ScalarBox;
  box->number = v;
  word_.counted = box;
}

Scalar Value::scalar() const {
  switch (tag_) {
    case Tag::Bool: return Scalar(word_.i != 0);
    case Tag::Int: return Scalar(word_.i);
    case Tag::Double: return Scalar(word_.d);
    case Tag::Complex:
    case Tag::UInt: return static_cast<ScalarBox*>(word_.counted)->number;
    default: return Scalar();
  }
}

std::string describe(const Value& v) {
  switch (v.tag()) {
    case Tag::None: return "None";
    case Tag::Bool:
    case Tag::Int:
    case Tag::Double:
    case Tag::Complex:
    case Tag::UInt: return to_string(v.scalar());
    case Tag::DType: return std::string(name(v.dtype()));
    case Tag::Device: return to_string(v.device());
    case Tag::MemoryFormat: return "memory_format";
    case Tag::Layout: return "layout";
    case Tag::Ints: return list_text(v.ints());
    case Tag::Doubles: return "list of float";
    case Tag::Bools: return "list of bool";
    case Tag::Scalars: return "list of numbers";
    case Tag::Text: return "'" + std::string(v.text()) + "'";
    case Tag::Object: return "object";
    case Tag::Tensor: return describe(v.tensor());
    case Tag::Tensors: {
      std::string text = "[";
      for (const Tensor& t : v.tensors()) text += (text.size() > 1 ? ", " : "") + std::string(describe(t));
      return text + "]";
    }
  }
  return "?";
}

}  // namespace flambeau
