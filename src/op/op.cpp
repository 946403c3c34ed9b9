// The registry, and what is derived from an operator's formula.
#include "op/op.h"

#include "op/seen.h"

#include <algorithm>
#include <cstring>

namespace flambeau {

Registry& Registry::get() {
  static auto* registry = new Registry;  // never destroyed: Python objects refer to operators until the very end
  return *registry;
}

void Registry::add(const OpSpec* spec) { specs_.push_back(spec); }
void Registry::add_alias(const char* name, const char* of, Face python) { aliases_.push_back({name, of, python}); }

// There is one registry, so that a static does what std::call_once would (which reads thread-local state of the C++
// library, and with that ties where the library's block may lie).
void Registry::parse() { [[maybe_unused]] static const bool parsed = (define_all(), true); }

static std::map<const Op*, const Op*>& originals_of_aliases() {
  static auto* map = new std::map<const Op*, const Op*>;
  return *map;
}
const Op* alias_of(const Op& op) {
  const auto& known = originals_of_aliases();
  auto found = known.find(&op);
  return found == known.end() ? nullptr : found->second;
}

void Registry::define_all() {
  auto define = [this](OpSpec spec) {
    auto* op = new Op(std::move(spec), false);
    check(by_name_.emplace(op->name, op).second, ErrorKind::Runtime, "operator '", op->name, "' is defined twice");
    by_overload_[op->signature.name].push_back(op);
    return op;
  };
  std::vector<std::pair<Op*, const Op*>> aliases;
  for (const OpSpec* spec : specs_) define(*spec);
  for (const AliasSpec& alias : aliases_) {
    // A name with an overload means that one alone.
    const std::string of = alias.of, base = of.substr(0, of.find('.'));
    std::vector<const Op*> originals;
    if (of == base)
      originals = by_overload_[of];
    else if (auto found = by_name_.find(of); found != by_name_.end())
      originals.push_back(found->second);
    check(!originals.empty(), ErrorKind::Runtime, "alias '", alias.name, "': there is no operator '", alias.of, "'");
    for (const Op* original : originals) {
      OpSpec spec = original->spec;
      spec.signature = strdup((alias.name + std::string(spec.signature + original->signature.name.size())).c_str());
      spec.python = alias.python;
      spec.doc = strdup(("Another name of ``" + base + "``.").c_str());
      aliases.emplace_back(define(spec), original);
    }
  }
  for (const RegisteredForm& form : registered_forms()) {
    auto found = by_name_.find(form.full_name);
    check(found != by_name_.end(), ErrorKind::Runtime, "a form is attached to '", form.full_name,
          "', but there is no such operator");
    const void*& slot = const_cast<Op*>(found->second)->forms_[static_cast<int>(form.kind)];
    check(!slot, ErrorKind::Runtime, "operator '", form.full_name, "' has two forms of one kind");
    slot = form.form;
  }
  for (auto& [alias, original] : aliases) {
    originals_of_aliases().emplace(alias, original);
    for (int i = 0; i < kFormKinds; ++i)
      if (!alias->forms_[i]) alias->forms_[i] = original->forms_[i];
  }
  for (auto& [name, op] : by_name_) ordered_.push_back(op);
  specs_.clear();
}

const Op* Registry::find_or_null(std::string_view full_name) {
  parse();
  auto found = by_name_.find(full_name);
  return found == by_name_.end() ? nullptr : found->second;
}

const Op& Registry::find(std::string_view full_name) {
  const Op* op = find_or_null(full_name);
  check(op != nullptr, ErrorKind::NotImplemented, "operator '", full_name, "' is not implemented");
  return *op;
}

const std::vector<const Op*>& Registry::overloads(std::string_view name) {
  parse();
  static const std::vector<const Op*> none;
  auto found = by_overload_.find(name);
  return found == by_overload_.end() ? none : found->second;
}

const std::vector<const Op*>& Registry::all() {
  parse();
  return ordered_;
}

Op::Op(OpSpec s, bool derived)
    : spec(std::move(s)), signature(parse_signature(spec.signature)), name(signature.full_name()), derived(derived) {
  auto fail = [&](const char* why) { raise(ErrorKind::Runtime, "operator '", name, "': ", why); };
  int arguments = static_cast<int>(signature.arguments.size());
  for (const Argument& a : signature.arguments) tensor_arguments += a.type == ArgType::Tensor;
  int kinds = static_cast<bool>(spec.formula) + static_cast<bool>(spec.view) + static_cast<bool>(spec.composite) +
              static_cast<bool>(spec.cpu);
  if (kinds != 1) fail("has to have exactly one of formula, view, composite and cpu");
  if (spec.formula && !derived && spec.formula.arity() != arguments)
    fail("the formula's parameters are not the signature's arguments");
  if (spec.view && spec.view.arity() != arguments) fail("the view's parameters are not the signature's arguments");
  if (spec.composite && spec.composite.arity() != arguments)
    fail("the composite's parameters are not the signature's arguments");
  if (spec.shape && spec.shape.arity() != arguments)
    fail("the shape rule's parameters are not the signature's arguments");
  if (spec.cpu) {
    int outputs = spec.shape && !spec.writes ? static_cast<int>(signature.returns.size()) : 0;
    if (spec.cpu.arity() != arguments + outputs)
      fail("the kernel's parameters are not the signature's arguments followed by its results");
    if (!spec.gradient && !spec.not_differentiable) fail("needs a gradient, or not_differentiable with the reason");
  }
  if (spec.view && !spec.gradient && !spec.not_differentiable)
    fail("needs a gradient, or not_differentiable with the reason");
  if (spec.starts_from) starts_from = signature.index_of(spec.starts_from);
  if (spec.writes) writes = signature.index_of(spec.writes);
  if (tensor_arguments == 0) device_argument = signature.index_of("device");
  distinct_out = spec.out == OutRule::distinct || spec.out == OutRule::distinct_converts;
  exact_out = (spec.out == OutRule::same_type || spec.out == OutRule::distinct) && tensor_arguments > 0 &&
              !spec.random && signature.index_of("dtype") < 0;
}

bool Op::has_inplace() const {
  if (spec.variants == Variants::automatic) return pointwise() && !derived && signature.arguments[0].name == "self";
  return spec.variants == Variants::inplace || spec.variants == Variants::both;
}

bool Op::has_out() const {
  if (spec.variants == Variants::automatic) return (pointwise() && !derived) || (spec.shape && writes < 0);
  return spec.variants == Variants::out || spec.variants == Variants::both;
}

int Op::constant_index(const Argument& a, const Value& v) const {
  if (!v.is_number() || a.type == ArgType::Bool) return -1;
  if (a.type != ArgType::Tensor && a.has_default && a.fallback.is_number() && v.tag() == a.fallback.tag() &&
      v.number() == a.fallback.number())
    return 0;
  if (!spec.constants.empty() && (v.tag() == Tag::Int || v.tag() == Tag::Double)) {
    auto found = std::find(spec.constants.begin(), spec.constants.end(), v.number());
    if (found != spec.constants.end()) return 1 + static_cast<int>(found - spec.constants.begin());
  }
  return -1;
}

uint64_t Op::attribute_key(std::span<const Value> arguments, uint64_t key) const {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument& a = signature.arguments[i];
    const Value& v = arguments[i];
    uint64_t code = 1;
    if (v.is_none())
      code = 2;
    else if (a.type == ArgType::Bool)
      code = v.boolean() ? 4 : 3;
    else if (a.type == ArgType::Text)
      code = std::hash<std::string_view>()(v.text()) | 64;
    else if (v.is_tensor())
      code = 5;
    else if (int constant = constant_index(a, v); constant >= 0)
      code = 6 + static_cast<uint64_t>(constant);
    key = (key ^ code) * 1099511628211ull;
  }
  return key;
}

Expr Op::build(std::span<const Value> arguments) const {
  return build(arguments, [&](int i) { return arguments[i].is_tensor() ? Expr::input(i) : Expr::param(i); });
}

Expr Op::build(std::span<const Value> arguments, const std::function<Expr(int)>& operand) const {
  std::vector<FormulaArg> args(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument& a = signature.arguments[i];
    const Value& v = arguments[i];
    if (a.type == ArgType::Bool)
      args[i].flag = v.boolean();
    else if (a.type == ArgType::Text)
      args[i].text = v.is_none() ? std::string_view() : v.text();
    else if (v.is_none())
      continue;
    else if (!v.is_tensor() && constant_index(a, v) >= 0)
      args[i].expr = Expr::constant(v.scalar().to_complex());
    else
      args[i].expr = operand(static_cast<int>(i));
  }
  return spec.formula(args);
}

// The gradient of one argument as an operator of its own: (grad, arguments..., result) -> Tensor. Being a formula like
// any other, it has derivatives in turn. Arguments of the forward operator keep their place, shifted by one.
const Op::Derivative& Op::derivative(int wrt, std::span<const Value> arguments, bool inplace) const {
  inplace = inplace && spec.inplace_derivative;
  uint64_t key = attribute_key(arguments, static_cast<uint64_t>(2 * wrt + inplace) + 1469598103934665603ull);
  for (KnownDerivative* d = derivatives_.load(std::memory_order_acquire); d; d = d->next)
    if (d->key == key) return d->derivative;
  Derivative made = make_derivative(wrt, arguments, inplace);
  std::lock_guard lock(mutex_);
  auto* entry = new KnownDerivative{key, made, derivatives_.load(std::memory_order_relaxed)};
  derivatives_.store(entry, std::memory_order_release);
  return entry->derivative;
}

Op::Derivative Op::make_derivative(int wrt, std::span<const Value> arguments, bool inplace) const {
  int count = static_cast<int>(arguments.size());
  std::vector<bool> present;
  for (const Value& v : arguments) present.push_back(!v.is_none());
  auto build_reading = [forward = this, wrt, count, present, inplace](std::span<const FormulaArg> given,
                                                                      bool result) -> Expr {
    std::vector<FormulaArg> args(given.begin(), given.end());
    // What the derivative does not read is not passed; the forward formula still has to be traced over something, and
    // over something else at each level of differentiation.
    for (int i = 0; i < count; ++i)
      if (present[i] && !args[i + 1].expr) args[i + 1].expr = Expr::unread();
    if (!args[count + 1].expr) args[count + 1].expr = Expr::unread();
    if (inplace && wrt == forward->first_tensor()) return forward->spec.inplace_derivative(args);
    if (forward->spec.derivative && wrt == forward->first_tensor()) return forward->spec.derivative(args);
    auto inner = std::span<const FormulaArg>(args).subspan(1, count);
    Expr y = forward->spec.formula(inner);
    Expr d = differentiate(y, inner[wrt].expr, args[0].expr);
    return result && d && !y.same(inner[wrt].expr) ? substitute(d, y, args[count + 1].expr) : d;
  };

  // Whether to read the result. Unless the operator says what it keeps ("result for exponent"), where that alone is
  // enough (exp): otherwise the arguments do.
  auto reads_result = [&](const std::vector<FormulaArg>& args) {
    if (spec.saves.results) return true;
    if (!spec.saves.arguments.empty())
      return std::ranges::any_of(spec.saves.arguments, [&](std::string_view item) {
        return item.starts_with("result for ") && item.substr(11) == signature.arguments[wrt].name;
      });
    Expr d = build_reading(args, true);
    if (!d || !depends_on(d, args[count + 1].expr)) return false;
    for (int i = 0; i < count; ++i)
      if (arguments[i].is_tensor() && args[i + 1].expr && depends_on(d, args[i + 1].expr)) return false;
    return true;
  };

  Derivative made;
  {
    ExprScope scope;
    std::vector<FormulaArg> args(count + 2);
    args[0].expr = Expr::input(0);
    for (int i = 0; i < count; ++i) {
      const Argument& a = signature.arguments[i];
      const Value& v = arguments[i];
      if (a.type == ArgType::Bool)
        args[i + 1].flag = v.boolean();
      else if (a.type == ArgType::Text)
        args[i + 1].text = v.is_none() ? std::string_view() : v.text();
      else if (v.is_none())
        continue;
      else if (constant_index(a, v) >= 0)
        args[i + 1].expr = Expr::constant(v.scalar().to_complex());
      else
        args[i + 1].expr = Expr::input(i + 1);
    }
    args[count + 1].expr = Expr::input(count + 1);
    bool result = reads_result(args);
    auto build = [build_reading, result](std::span<const FormulaArg> given) { return build_reading(given, result); };
    Expr d = build(args);
    if (d) {
      for (int i = 0; i < count; ++i)
        if (args[i + 1].expr && depends_on(d, args[i + 1].expr)) made.arguments |= 1u << i;
      made.result = depends_on(d, args[count + 1].expr);
      OpSpec s;
      std::string text = signature.name + "_backward." + std::to_string(wrt) + "(Tensor grad";
      for (const Argument& a : signature.arguments) {
        text += a.type == ArgType::Bool     ? ", bool "
                : a.type == ArgType::Text   ? ", str "
                : a.type == ArgType::Tensor ? ", Tensor? "
                                            : ", Scalar? ";
        text += a.name;
        if (a.has_default && a.fallback.is_number() && a.type != ArgType::Bool) text += "=" + describe(a.fallback);
      }
      text += ", Tensor? result) -> Tensor";
      s.signature = strdup(text.c_str());
      s.python = hidden;
      s.dtype = spec.dtype;
      s.dtype.masks <<= 1;
      s.dtype.outside <<= 1;
      s.dtype.result = DTypeRule::Result::Same;
      s.dtype.no_bool = false;
      s.constants = spec.constants;
      if (s.dtype.compute == DTypeRule::Compute::First || s.dtype.compute == DTypeRule::Compute::Real)
        s.dtype.compute = DTypeRule::Compute::Promote;
      s.formula = Formula(Formula::Build(build));
      made.op = new Op(std::move(s), true);
    }
  }
  return made;
}

}  // namespace flambeau
