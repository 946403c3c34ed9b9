// The signature parser: a cursor over the text, one function for each piece of the grammar.
#include "op/signature.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace flambeau {

namespace {

struct Cursor {
  std::string_view text, rest;

  [[noreturn]] void fail(const char* wanted) const {
    raise(ErrorKind::Runtime, "signature '", text, "': expected ", wanted, " at '", rest, "'");
  }
  void space() {
    while (!rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
  }
  bool take(std::string_view token) {
    space();
    if (!rest.starts_with(token)) return false;
    rest.remove_prefix(token.size());
    return true;
  }
  void expect(const char* token) {
    if (!take(token)) fail(token);
  }
  std::string word() {
    space();
    size_t n = 0;
    while (n < rest.size() && (isalnum(static_cast<unsigned char>(rest[n])) || rest[n] == '_')) ++n;
    std::string out(rest.substr(0, n));
    rest.remove_prefix(n);
    return out;
  }
};

ArgType type_named(const std::string& name, const Cursor& at) {
  static const std::pair<const char*, ArgType> table[] = {{"Tensor", ArgType::Tensor},
                                                          {"Scalar", ArgType::Scalar},
                                                          {"number", ArgType::Scalar},
                                                          {"int", ArgType::Int},
                                                          {"SymInt", ArgType::Int},
                                                          {"float", ArgType::Float},
                                                          {"bool", ArgType::Bool},
                                                          {"str", ArgType::Text},
                                                          {"ScalarType", ArgType::DType},
                                                          {"Layout", ArgType::Layout},
                                                          {"Device", ArgType::Device},
                                                          {"MemoryFormat", ArgType::MemoryFormat},
                                                          {"Generator", ArgType::Generator},
                                                          {"Stream", ArgType::Stream},
                                                          {"Storage", ArgType::Storage},
                                                          {"Dimname", ArgType::Dimname},
                                                          {"Any", ArgType::Any},
                                                          {"t", ArgType::Any}};
  for (auto& [known, type] : table)
    if (name == known) return type;
  at.fail("a type");
}

struct Type {
  ArgType type;
  bool optional = false, list = false, optional_items = false, written = false, aliased = false;
  int size = 0;
};

Type parse_type(Cursor& c) {
  Type t{type_named(c.word(), c)};
  for (bool more = true; more;) {
    more = false;
    if (!c.rest.empty() && c.rest[0] == '(') {  // alias annotation: (a), (a!), (a -> *)
      size_t close = c.rest.find(')');
      auto mark = c.rest.substr(1, close - 1);
      t.aliased = true;
      t.written |= mark.find('!') != std::string_view::npos;
      c.rest.remove_prefix(close + 1);
      more = true;
    }
    if (!c.rest.empty() && c.rest[0] == '[') {
      size_t close = c.rest.find(']');
      auto digits = c.rest.substr(1, close - 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), t.size);
      t.optional_items = t.optional;
      t.optional = false;
      t.list = true;
      c.rest.remove_prefix(close + 1);
      more = true;
    }
    if (!c.rest.empty() && c.rest[0] == '?') {
      t.optional = true;
      c.rest.remove_prefix(1);
      more = true;
    }
  }
  // Tensor|Scalar: ATen has an overload with a Scalar in this place, which the operator serves too. Tensor|number: a
  // Python number may stand here whatever stands beside it.
  if (t.type == ArgType::Tensor && c.take("|")) {
    std::string other = c.word();
    if (other != "Scalar" && other != "number") c.fail("Scalar or number");
    t.size = other == "Scalar" ? 1 : 2;
  }
  return t;
}

// The text without the alternatives of this library's notation: ATen's.
std::string without_alternatives(std::string text) {
  for (const char* alternative : {"|Scalar ", "|number "})
    for (size_t at; (at = text.find(alternative)) != std::string::npos;) text.erase(at, strlen(alternative) - 1);
  return text;
}

Value parse_number(std::string_view text) {
  if (text == "inf") return Value(INFINITY);
  if (text.find_first_of(".e") != std::string_view::npos) return Value(std::stod(std::string(text)));
  return Value(static_cast<int64_t>(std::stoll(std::string(text))));
}

Value parse_default(Cursor& c, const Argument& arg) {
  c.space();
  if (c.take("None")) return Value();
  if (c.take("True")) return Value(true);
  if (c.take("False")) return Value(false);
  if (c.take("[")) {
    Dims ints;
    auto* bools = new BoolList;
    while (!c.take("]")) {
      c.take(",");
      if (c.take("True"))
        bools->items.push_back(1);
      else if (c.take("False"))
        bools->items.push_back(0);
      else {
        c.space();
        size_t n = c.rest.find_first_of(",]");
        ints.push_back(parse_number(c.rest.substr(0, n)).integer());
        c.rest.remove_prefix(n);
      }
    }
    if (arg.type == ArgType::Bool) return Value(Tag::Bools, bools);
    bools->release();
    return Value(ints);
  }
  if (c.rest[0] == '\'' || c.rest[0] == '"') {
    size_t close = c.rest.find(c.rest[0], 1);
    Value text(c.rest.substr(1, close - 1));
    c.rest.remove_prefix(close + 1);
    return text;
  }
  if (isalpha(static_cast<unsigned char>(c.rest[0])) && !c.rest.starts_with("inf")) {
    std::string word = c.word();
    if (word == "contiguous_format") return Value(MemoryFormat::contiguous);
    if (word == "long") return Value(DType::int64);
    if (word == "float") return Value(DType::float32);
    if (word == "Mean") return Value(int64_t{1});
    if (word == "Sum") return Value(int64_t{2});
    return Value();  // strided, cpu: the only ones there are
  }
  size_t n = c.rest.find_first_of(",) ");
  Value number = parse_number(c.rest.substr(0, n));
  c.rest.remove_prefix(n);
  if (arg.type == ArgType::DType) return Value(DType::int64);  // written as a number, 4: there is no other
  if (arg.type == ArgType::Float && number.tag() == Tag::Int) number = Value(number.number());
  // A single number stands for every entry of a list argument.
  if (arg.list && arg.type == ArgType::Int) {
    Dims all(static_cast<size_t>(std::max(arg.list_size, 1)), number.integer());
    return Value(all);
  }
  return number;
}

}  // namespace

int Signature::index_of(std::string_view argument) const {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].name == argument) return static_cast<int>(i);
  return -1;
}

Signature parse_signature(std::string_view text) {
  Cursor c{text, text};
  Signature s;
  s.text = without_alternatives(std::string(text));
  s.name = c.word();
  if (c.take(".")) s.overload = c.word();
  c.expect("(");
  bool keyword_only = false;
  while (!c.take(")")) {
    c.take(",");
    if (c.take("*")) {
      keyword_only = true;
      continue;
    }
    Type t = parse_type(c);
    Argument arg;
    arg.type = t.type;
    arg.optional = t.optional;
    arg.list = t.list;
    arg.optional_items = t.optional_items;
    arg.list_size = t.size;
    arg.written = t.written;
    arg.aliased = t.aliased;
    arg.keyword_only = keyword_only;
    arg.name = c.word();
    if (c.take("=")) {
      arg.has_default = true;
      arg.fallback = parse_default(c, arg);
    }
    s.arguments.push_back(std::move(arg));
  }
  c.expect("->");
  if (c.take("(")) {
    while (!c.take(")")) {
      c.take(",");
      Type t = parse_type(c);
      s.returns.push_back({c.word(), t.type, t.list, t.aliased, t.written});
    }
  } else {
    Type t = parse_type(c);
    s.returns.push_back({"", t.type, t.list, t.aliased, t.written});
  }
  return s;
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
