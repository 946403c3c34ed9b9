// Signatures written out: as schemas, and as the errors about arguments show them. The parser is in signature.cpp.
#include <cstdio>

#include "op/schema.h"

namespace flambeau {

namespace {

// As many digits as tell the number from its neighbours; a whole one keeps its point: 1.
std::string show_real(double v) {
  char digits[40];
  snprintf(digits, sizeof digits, "%.17g", v);
  std::string text = digits;
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + "." : text;
}

std::string show_number(const Value& v) {
  if (v.tag() == Tag::Bool) return v.boolean() ? "True" : "False";
  return v.tag() == Tag::Double ? show_real(v.number()) : std::to_string(v.integer());
}

template <class Items, class Show>
std::string show_list(const Items& items, Show&& show) {
  std::string text = "[";
  for (auto& item : items) text += (text.size() > 1 ? ", " : "") + show(item);
  return text + "]";
}

}  // namespace

std::string show_default(const Argument& a, std::string_view type) {
  const Value& v = a.fallback;
  switch (v.tag()) {
    case Tag::Bool:
    case Tag::Int:
    case Tag::Double: return show_number(v);
    case Tag::DType: return std::to_string(number_of(v.dtype()));
    case Tag::Device: return to_string(v.device());
    case Tag::MemoryFormat: return "0";  // contiguous: the only one that is a default
    case Tag::Text: {
      std::string text = "\"";
      for (char c : v.text()) text += c == '"' || c == '\\' || c == '\'' ? std::string("\\") + c : std::string(1, c);
      return text + "\"";
    }
    case Tag::Ints: {
      const Dims& items = v.ints();
      // One number stands for equal ones, where the type is int.
      bool equal = items.size() > 1 && type.starts_with("int");
      for (int64_t item : items) equal &= item == items[0];
      if (equal) return std::to_string(items[0]);
      return show_list(items, [](int64_t item) { return std::to_string(item); });
    }
    case Tag::Doubles: return show_list(v.doubles(), show_real);
    case Tag::Bools: return show_list(v.bools(), [](uint8_t b) { return std::string(b ? "True" : "False"); });
    default: return "None";
  }
}

std::string Schema::full_name() const { return (space.empty() ? "aten::" : space + "::") + signature.full_name(); }

std::string show_schema(const Schema& schema) {
  const Signature& s = schema.signature;
  std::string text = schema.full_name() + "(";
  bool star = false;
  for (size_t i = 0; i < s.arguments.size(); ++i) {
    const Argument& a = s.arguments[i];
    if (i) text += ", ";
    if (a.keyword_only && !star) text += "*, ";
    star |= a.keyword_only;
    text += schema.argument_types[i] + " " + a.name;
    if (a.has_default) text += "=" + show_default(a, schema.argument_types[i]);
  }
  text += ") -> ";
  bool bare = s.returns.size() == 1;
  if (!bare) text += "(";
  for (size_t i = 0; i < s.returns.size(); ++i)
    text += (i ? ", " : "") + schema.return_types[i] + (s.returns[i].name.empty() ? "" : " " + s.returns[i].name);
  return bare ? text : text + ")";
}

std::string show_for_python(const Signature& s, bool method) {
  static const char* names[] = {"Tensor", "Number",        "int",       "float",  "bool",    "str",  "dtype", "layout",
                                "device", "memory_format", "Generator", "Stream", "Storage", "name", "object"};
  std::string text = "(";
  bool star = false, first = true;
  for (const Argument& a : s.arguments) {
    if (method && a.name == "self") continue;
    if (!first) text += ", ";
    first = false;
    if (a.keyword_only && !star) {
      text += "*, ";
      star = true;
    }
    std::string type = names[static_cast<int>(a.type)];
    if (a.list) type = "tuple of " + type + "s";
    if (a.is_tensor() && a.list_size) type += " or Number";
    text += type + " " + (a.name == "self" ? "input" : a.name);
    if (a.has_default) text += a.fallback.is_none() ? " = None" : " = " + describe(a.fallback);
  }
  return text + ")";
}

}  // namespace flambeau
