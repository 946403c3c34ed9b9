// Overloads from the operator table, see overloads.h.
#include "op/overloads.h"

#include <algorithm>
#include <mutex>

namespace flambeau {

namespace {

bool takes_results(const Argument& a) { return a.written && a.keyword_only; }

// "Tensor" and "Tensor(a)" as "Tensor(a!)", "Tensor[]" as "Tensor(a!)[]".
std::string marked(const std::string& type, char letter) {
  size_t rest = type.starts_with("Tensor(") ? type.find(')') + 1 : std::string("Tensor").size();
  return "Tensor(" + std::string(1, letter) + "!)" + type.substr(rest);
}

// The overload that takes a number in a tensor's place, which the table writes as Tensor|Scalar. Its name says where:
// "Scalar" for the last argument of "Tensor", "Scalar_Tensor" for the first, "Tensor_Scalar" for the last of
// "Tensor_Tensor", "n_scalar" in `special`.
bool number_form(Schema schema, size_t place, Schema& out) {
  Signature& s = schema.signature;
  bool first = place == 0;
  std::string& name = s.overload;
  if (s.name.starts_with("special_"))
    name = s.arguments[place].name + "_scalar";
  else if (name == "Tensor_Tensor")
    name = first ? "Scalar" : "Tensor_Scalar";
  else if (name == "Tensor" || name.empty())
    name = first ? "Scalar_Tensor" : "Scalar";
  else if (name == "Tensor_mode" && !first)
    name = "Scalar_mode";
  else
    return false;
  schema.argument_types[place] = "Scalar";
  s.arguments[place].type = ArgType::Scalar;
  s.arguments[place].list_size = 0;
  out = std::move(schema);
  return true;
}

Schema inplace_form(Schema schema) {
  Signature& s = schema.signature;
  s.name += s.name.ends_with("__") ? "" : "_";
  if (s.name.starts_with("__")) s.name.insert(2, "i");
  schema.argument_types[0] = marked(schema.argument_types[0], 'a');
  s.arguments[0].written = s.arguments[0].aliased = true;
  s.returns.resize(1);
  s.returns[0].name.clear();
  schema.return_types = {"Tensor(a!)"};
  return schema;
}

Schema out_form(Schema schema) {
  Signature& s = schema.signature;
  s.overload = s.overload.empty() ? "out" : s.overload + "_out";
  bool named = !s.returns[0].name.empty(), makes_new = s.index_of("pin_memory") >= 0;
  for (size_t i = s.arguments.size(); makes_new && i-- > 0;) {  // what a given tensor has already
    ArgType type = s.arguments[i].type;
    if (type != ArgType::DType && type != ArgType::Layout && type != ArgType::Device &&
        s.arguments[i].name != "pin_memory")
      continue;
    s.arguments.erase(s.arguments.begin() + static_cast<ptrdiff_t>(i));
    schema.argument_types.erase(schema.argument_types.begin() + static_cast<ptrdiff_t>(i));
  }
  for (size_t i = 0; i < s.returns.size(); ++i) {
    Argument out;
    out.name = s.returns.size() == 1 ? "out" : named ? s.returns[i].name : "out" + std::to_string(i);
    out.type = ArgType::Tensor;
    out.list = s.returns[i].list;
    out.written = out.aliased = out.keyword_only = true;
    s.arguments.push_back(std::move(out));
    schema.return_types[i] = marked(schema.return_types[i], static_cast<char>('a' + i));
    schema.argument_types.push_back(schema.return_types[i]);
  }
  return schema;
}

Overload placed(const Op& op, Form form, Schema schema) {
  Overload o{&op, form, std::move(schema), {}};
  int results = 0;
  for (const Argument& a : o.schema.signature.arguments) {
    bool result = form == Form::out && takes_results(a);
    int place = result ? -1 - results++ : op.signature.index_of(a.name);
    check(result || place >= 0, ErrorKind::Runtime, "operator '", op.name, "': its form '", o.schema.full_name(),
          "' has an argument '", a.name, "' of its own");
    o.places.push_back(place);
  }
  return o;
}

using Served = std::map<std::string, std::vector<const char*>, std::less<>>;
Served& served() {
  static auto* texts = new Served;
  return *texts;
}

using Table = std::map<std::string, std::vector<Overload>, std::less<>>;

void add_forms(const Op& op, Table& table) {
  const Schema own = parse_schema(op.spec.signature);
  std::vector<Schema> functional, given;
  if (auto found = served().find(op.name); found != served().end())
    for (const char* text : found->second) {
      Schema s = parse_schema(text);
      bool plain = s.signature.name == op.signature.name && std::ranges::none_of(s.signature.arguments, takes_results);
      (plain ? functional : given).push_back(std::move(s));
    }
  auto known = [&](const Schema& s) {
    return std::ranges::any_of(functional, [&](const Schema& f) {
      return f.signature.overload == s.signature.overload || f.argument_types == s.argument_types;
    });
  };
  // ATen may call by the block's name what takes a number, and the block's own form otherwise.
  if (!known(own)) functional.insert(functional.begin(), own);
  const auto& arguments = own.signature.arguments;
  for (size_t i = arguments.size(); i-- > 0;) {
    bool takes_number = arguments[i].is_tensor() && arguments[i].list_size > 0;
    bool whatever_stands_beside = arguments[i].list_size == 2;
    Schema made;
    if (takes_number && !(i == 0 && whatever_stands_beside) && number_form(own, i, made) && !known(made))
      functional.push_back(std::move(made));
  }
  auto add = [&](Form form, Schema s) {
    auto& there = table[s.signature.name];
    // What a block says of itself goes before what a rule makes of another one.
    for (const Overload& o : there)
      if (o.schema.signature.overload == s.signature.overload) return;
    there.push_back(placed(op, form, std::move(s)));
  };
  // Whether a given text stands in place of the form that the rule makes: it takes the same arguments.
  auto replaced = [&](const Schema& made) {
    return std::ranges::any_of(given, [&](const Schema& g) {
      return g.signature.name == made.signature.name && g.argument_types == made.argument_types;
    });
  };
  for (const Schema& s : functional) add(Form::functional, s);
  for (const Schema& s : given)
    add(std::ranges::any_of(s.signature.arguments, takes_results) ? Form::out : Form::inplace, s);
  for (const Schema& s : functional) {
    const Signature& sig = s.signature;
    if (op.has_inplace() && !sig.arguments.empty() && sig.arguments[0].is_tensor())
      if (Schema made = inplace_form(s); !replaced(made)) add(Form::inplace, std::move(made));
    if (op.has_out() && !sig.returns.empty())
      if (Schema made = out_form(s); !replaced(made)) add(Form::out, std::move(made));
  }
}

}  // namespace

const std::vector<Overload>& overloads_named(std::string_view name) {
  static std::mutex mutex;
  static auto* known = new Table;  // never destroyed: Python objects refer to it until the very end
  std::lock_guard lock(mutex);
  auto found = known->find(name);
  if (found != known->end()) return found->second;
  Table made;
  std::string base(name);
  for (const Op* op : Registry::get().overloads(base)) add_forms(*op, made);
  if (base.starts_with("__i"))
    base.erase(2, 1);
  else if (base.ends_with("_"))
    base.pop_back();
  if (base != name)
    for (const Op* op : Registry::get().overloads(base)) add_forms(*op, made);
  static const std::vector<Overload> none;
  auto here = made.find(name);
  return here == made.end() ? none : known->emplace(name, std::move(here->second)).first->second;
}

std::vector<std::string> overload_names() {
  Table made;
  for (const Op* op : Registry::get().all()) add_forms(*op, made);
  std::vector<std::string> names;
  for (auto& [name, overloads] : made) names.push_back(name);
  return names;
}

ServesRegistrar::ServesRegistrar(const char* full_name, std::initializer_list<const char*> texts) {
  auto& there = served()[full_name];
  there.insert(there.end(), texts);
}

}  // namespace flambeau
