// The parser of signatures and schemas: a cursor over the text, one function for each piece of the grammar.
#include "op/schema.h"

#include <charconv>
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
  std::string identifier(const char* what) {
    std::string out = word();
    if (out.empty()) fail(what);
    return out;
  }
};

// The numbers that stand for element types in schemas.
constexpr std::pair<int64_t, DType> dtype_numbers[] = {{0, DType::uint8},
                                                       {1, DType::int8},
                                                       {2, DType::int16},
                                                       {3, DType::int32},
                                                       {4, DType::int64},
                                                       {5, DType::float16},
                                                       {6, DType::float32},
                                                       {7, DType::float64},
                                                       {8, DType::complex32},
                                                       {9, DType::complex64},
                                                       {10, DType::complex128},
                                                       {11, DType::bool_},
                                                       {15, DType::bfloat16},
                                                       {23, DType::float8_e5m2},
                                                       {24, DType::float8_e4m3fn},
                                                       {25, DType::float8_e5m2fnuz},
                                                       {26, DType::float8_e4m3fnuz},
                                                       {27, DType::uint16},
                                                       {28, DType::uint32},
                                                       {29, DType::uint64}};
DType dtype_numbered(int64_t number, const Cursor& at) {
  for (auto& [known, type] : dtype_numbers)
    if (number == known) return type;
  at.fail("the number of an element type");
}

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
                                                          {"complex", ArgType::Scalar},
                                                          {"t", ArgType::Any}};
  for (auto& [known, type] : table)
    if (name == known) return type;
  at.fail("a type");
}

struct Type {
  ArgType type;
  std::string text;
  bool optional = false, list = false, optional_items = false, written = false, aliased = false;
  int size = 0;
};

Type parse_type(Cursor& c) {
  c.space();
  std::string_view before = c.rest;
  Type t{type_named(c.word(), c), {}};
  for (bool more = true; more;) {
    more = false;
    if (!c.rest.empty() && c.rest[0] == '(') {  // alias annotation: (a), (a!), (a -> *)
      size_t close = c.rest.find(')');
      if (close == std::string_view::npos) c.fail(")");
      auto mark = c.rest.substr(1, close - 1);
      t.aliased = true;
      t.written |= mark.find('!') != std::string_view::npos;
      c.rest.remove_prefix(close + 1);
      more = true;
    }
    if (!c.rest.empty() && c.rest[0] == '[') {
      size_t close = c.rest.find(']');
      if (close == std::string_view::npos) c.fail("]");
      auto digits = c.rest.substr(1, close - 1);
      auto read = std::from_chars(digits.data(), digits.data() + digits.size(), t.size);
      if (read.ptr != digits.data() + digits.size() || t.list) c.fail("a list's length");
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
  t.text = before.substr(0, before.size() - c.rest.size());
  // Layout|sparse: the operator also makes sparse tensors in coordinate form.
  if (t.type == ArgType::Layout && c.take("|")) {
    if (c.word() != "sparse") c.fail("sparse");
    t.size = 1;
    t.optional = c.take("?");
    if (t.optional) t.text = "Layout?";
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
  for (const char* alternative : {"|Scalar", "|number", "|sparse"})
    for (size_t at; (at = text.find(alternative)) != std::string::npos;) text.erase(at, strlen(alternative));
  return text;
}

Value parse_number(Cursor& c) {
  c.space();
  std::string_view text = c.rest.substr(0, c.rest.find_first_of(",)] "));
  Value number;
  int64_t integer = 0;
  double real = 0;
  const char *first = text.data(), *last = first + text.size();
  // "1." and ".5" are floats; an integer has digits alone.
  if (auto read = std::from_chars(first, last, integer); !text.empty() && read.ptr == last && read.ec == std::errc())
    number = Value(integer);
  else if (auto r = std::from_chars(first, last, real);
           text.find_first_of(".en") != std::string_view::npos && r.ptr == last && r.ec == std::errc())
    number = Value(real);
  else
    c.fail("a number that 64 bits hold");
  c.rest.remove_prefix(text.size());
  return number;
}

Value parse_list(Cursor& c, const Argument& arg) {
  if (arg.type == ArgType::Int) {
    Dims items;
    for (bool first = true; !c.take("]"); first = false) {
      if (!first) c.expect(",");
      items.push_back(parse_number(c).integer());
    }
    return Value(items);
  }
  if (arg.type == ArgType::Bool) {
    auto list = make<BoolList>();
    for (bool first = true; !c.take("]"); first = false) {
      if (!first) c.expect(",");
      bool truth = c.take("True");
      if (!truth) c.expect("False");
      list->items.push_back(truth);
    }
    return Value(Tag::Bools, list.detach());
  }
  if (arg.type != ArgType::Float) c.fail("no list (only those of int, float and bool have defaults)");
  auto list = make<DoubleList>();
  for (bool first = true; !c.take("]"); first = false) {
    if (!first) c.expect(",");
    list->items.push_back(parse_number(c).number());
  }
  return Value(Tag::Doubles, list.detach());
}

Value parse_default(Cursor& c, const Argument& arg) {
  c.space();
  if (c.take("None")) return Value();
  if (arg.type == ArgType::Tensor) c.fail("None");
  if (c.take("True")) return Value(true);
  if (c.take("False")) return Value(false);
  if (c.take("[")) return parse_list(c, arg);
  if (c.rest.starts_with('\'') || c.rest.starts_with('"')) {
    size_t close = c.rest.find(c.rest[0], 1);
    if (close == std::string_view::npos) c.fail("a closing quote");
    std::string_view text = c.rest.substr(1, close - 1);
    c.rest.remove_prefix(close + 1);
    return arg.type == ArgType::Device ? Value(parse_device(text)) : Value(text);
  }
  bool number_in_letters = arg.type != ArgType::DType && (c.rest.starts_with("inf") || c.rest.starts_with("nan"));
  if (!c.rest.empty() && isalpha(static_cast<unsigned char>(c.rest[0])) && !number_in_letters) {
    std::string word = c.word();
    if (word == "contiguous_format") return Value(MemoryFormat::contiguous);
    if (word == "long") return Value(DType::int64);
    if (word == "float") return Value(DType::float32);
    if (word == "Mean") return Value(int64_t{1});
    if (word == "Sum") return Value(int64_t{2});
    if (word == "strided" || word == "cpu") return Value();  // the only ones there are
    for (auto& [number, type] : dtype_numbers)
      if (arg.type == ArgType::DType && word == name(type)) return Value(type);
    c.fail("a default");
  }
  Value number = parse_number(c);
  if (arg.type == ArgType::DType) return Value(dtype_numbered(number.integer(), c));
  if (arg.type == ArgType::Float && number.tag() == Tag::Int) number = Value(number.number());
  // A single number stands for every entry of a list argument.
  if (arg.list && arg.type == ArgType::Int) {
    Dims all(static_cast<size_t>(std::max(arg.list_size, 1)), number.integer());
    return Value(all);
  }
  return number;
}

void parse_arguments(Cursor& c, Schema& schema) {
  Signature& s = schema.signature;
  bool keyword_only = false;
  for (bool first = true; !c.take(")"); first = false) {
    if (!first) c.expect(",");
    if (c.take("*")) {
      keyword_only = true;
      continue;
    }
    Type t = parse_type(c);
    Argument arg;
    schema.argument_types.push_back(t.text);
    arg.type = t.type;
    arg.optional = t.optional;
    arg.list = t.list;
    arg.optional_items = t.optional_items;
    arg.list_size = t.size;
    arg.written = t.written;
    arg.aliased = t.aliased;
    arg.keyword_only = keyword_only;
    arg.name = c.identifier("an argument's name");
    if (c.take("=")) {
      arg.has_default = true;
      arg.fallback = parse_default(c, arg);
    }
    s.arguments.push_back(std::move(arg));
  }
}

void parse_returns(Cursor& c, Schema& schema) {
  auto one = [&] {
    Type t = parse_type(c);
    schema.return_types.push_back(t.text);
    schema.signature.returns.push_back({c.word(), t.type, t.list, t.aliased, t.written});
  };
  if (!c.take("(")) return one();
  for (bool first = true; !c.take(")"); first = false) {
    if (!first) c.expect(",");
    one();
  }
}

}  // namespace

int Signature::index_of(std::string_view argument) const {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].name == argument) return static_cast<int>(i);
  return -1;
}

Schema parse_schema(std::string_view text) {
  Cursor c{text, text};
  Schema schema;
  Signature& s = schema.signature;
  s.text = without_alternatives(std::string(text));
  s.name = c.identifier("an operator's name");
  if (c.take("::")) {
    schema.space = std::move(s.name);
    s.name = c.identifier("an operator's name");
  }
  if (c.take(".")) s.overload = c.identifier("an overload's name");
  c.expect("(");
  parse_arguments(c, schema);
  c.expect("->");
  parse_returns(c, schema);
  c.space();
  if (!c.rest.empty()) c.fail("the end");
  return schema;
}

Schema parse_whole_schema(std::string_view text) {
  Schema schema = parse_schema(text);
  const auto& arguments = schema.signature.arguments;
  for (size_t i = 1; i < arguments.size(); ++i)
    check(arguments[i].has_default || arguments[i].keyword_only || !arguments[i - 1].has_default, ErrorKind::Runtime,
          "signature '", text, "': expected a default of '", arguments[i].name, "', as the argument before has one");
  return schema;
}

Signature parse_signature(std::string_view text) { return parse_schema(text).signature; }

int64_t number_of(DType type) {
  for (auto& [number, known] : dtype_numbers)
    if (known == type) return number;
  return -1;
}

}  // namespace flambeau
