// What modes and subclasses see of operators that are not theirs to see as they stand.
#include "op/seen.h"

#include <map>
#include <mutex>

#include "op/dtype_rule.h"
#include "op/layers.h"

namespace flambeau {

namespace {

// Note: a derivative as operators
//   The gradient of a formula is a formula and runs as one program, which has no name that a mode could know. There it
//   is evaluated node by node instead, by the operators of the table whose whole formula is the node's primitive; where
//   the table has the operator `X_backward` of ATen, that one is called.

Value as_value(const Tensor& t) { return Value(t); }

// The table's operators that are one primitive over their tensors in order.
const std::map<Prim, const Op*>& operators_of_primitives() {
  static const auto* found = [] {
    auto* map = new std::map<Prim, const Op*>;
    const Tensor any = empty({}, DType::float32, Device{DeviceType::meta, 0});
    for (const Op* op : Registry::get().all()) {
      if (!op->pointwise() || op->derived || alias_of(*op) || op->signature.name.starts_with("_")) continue;
      if (seen_form(*op)) continue;
      std::vector<Value> args;
      std::vector<int> tensors;
      bool plain = true;
      for (size_t i = 0; i < op->signature.arguments.size(); ++i) {
        const Argument& a = op->signature.arguments[i];
        if (a.is_tensor() && !a.optional) {
          tensors.push_back(static_cast<int>(i));
          args.push_back(as_value(any));
        } else {
          plain &= a.has_default;
          args.push_back(a.fallback);
        }
      }
      if (!plain || tensors.empty() || tensors.size() > 3) continue;
      ExprScope scope;
      const ExprNode* node = op->build(args).node();
      if (!node || node->kind != ExprNode::Kind::Prim || arity(node->prim) != static_cast<int>(tensors.size()))
        continue;
      bool in_order = true;
      for (size_t k = 0; k < tensors.size(); ++k)
        in_order &= node->args[k]->kind == ExprNode::Kind::Input && node->args[k]->index == tensors[k] &&
                    !node->args[k]->imaginary;
      if (in_order) map->emplace(node->prim, op);
    }
    return map;
  }();
  return *found;
}

class Evaluation {
 public:
  explicit Evaluation(const Call& call) : call_(call), common_(computation_type(call)) {}

  Value operator()(const ExprNode* node) {
    if (auto known = known_.find(node); known != known_.end()) return known->second;
    return known_[node] = compute(node);
  }

 private:
  Value compute(const ExprNode* node) {
    switch (node->kind) {
      case ExprNode::Kind::Input:
      case ExprNode::Kind::Param: return call_.args[node->index];
      case ExprNode::Kind::Constant: return node->value.imag() != 0 ? Value(node->value) : Value(node->value.real());
      case ExprNode::Kind::Conj: return unary("conj", node);
      case ExprNode::Kind::Real: return unary("real", node);
      case ExprNode::Kind::Imag: return unary("imag", node);
      case ExprNode::Kind::Angle: return unary("angle", node);
      case ExprNode::Kind::Complex: {
        static const OpCall complex("complex");
        return complex({tensor(node->args[0]), tensor(node->args[1])});
      }
      case ExprNode::Kind::Round: return typed(tensor(node->args[0]), node->dtype);
      case ExprNode::Kind::Prim: return primitive(node);
      case ExprNode::Kind::Unread: break;
    }
    raise(ErrorKind::NotImplemented, call_.name(),
          ": this derivative has no form as operators of the table, which a mode or subclass could see");
  }

  Value unary(const char* name, const ExprNode* node) {
    if (Value number = (*this)(node->args[0]); number.is_number() && !number.scalar().is_complex()) {
      if (std::string_view(name) == "imag") return Value(0.0);
      if (std::string_view(name) != "angle") return number;
    }
    Tensor x = tensor(node->args[0]);
    if (!x.is_complex() && std::string_view(name) != "angle")
      return std::string_view(name) == "imag" ? OpCall("zeros_like")({x}) : Value(x);
    return OpCall(name)({x});
  }
  static Value typed(const Tensor& t, DType dtype) {
    static const OpCall to("to.dtype");
    return t.dtype() == dtype ? Value(t) : to({t, dtype});
  }
  Tensor tensor(const ExprNode* node) {
    Value v = (*this)(node);
    static const OpCall scalar("scalar_tensor");
    if (v.is_tensor()) return v.tensor();
    Tensor made = scalar({v, common_, Value(), device()}).tensor();
    return made;
  }
  Device device() const {
    Device found;
    for_each_tensor(call_, [&](TensorImpl* t) { found = t->device; });
    return found;
  }
  Tensor mask(const ExprNode* node) { return typed(tensor(node), DType::bool_).tensor(); }

  // Numbers among themselves, as far as derivatives have them.
  static bool of_numbers(Prim prim, const Value* v, int n, Value& out) {
    for (int i = 0; i < n; ++i)
      if (!v[i].is_number() || v[i].scalar().is_complex()) return false;
    const double a = v[0].number(), b = n > 1 ? v[1].number() : 0;
    switch (prim) {
      case Prim::add: out = Value(a + b); return true;
      case Prim::sub: out = Value(a - b); return true;
      case Prim::mul: out = Value(a * b); return true;
      case Prim::div: out = Value(a / b); return true;
      case Prim::neg: out = Value(-a); return true;
      case Prim::recip: out = Value(1 / a); return true;
      case Prim::square: out = Value(a * a); return true;
      default: return false;
    }
  }

  Value primitive(const ExprNode* node) {
    const int n = arity(node->prim);
    Value v[3];
    for (int i = 0; i < n; ++i) v[i] = (*this)(node->args[i]);
    if (Value number; of_numbers(node->prim, v, n, number)) return number;
    static const OpCall add("add.Tensor"), mul("mul.Tensor"), where("where.self"), ne("ne.Tensor"),
        polygamma("polygamma"), in_mode("div.Tensor_mode"), both("logical_and"), either("logical_or"),
        one("logical_xor"), invert("logical_not");
    switch (node->prim) {
      case Prim::mul_add: return add({mul({v[0], v[1]}), v[2]});
      case Prim::recip: return call("reciprocal", node);
      case Prim::select: return where({mask(node->args[0]), v[1], v[2]});
      case Prim::mask_to_value: return typed(tensor(node->args[0]), common_);
      case Prim::value_to_mask: return ne({v[0], Value(int64_t{0})});
      case Prim::and_: return both({mask(node->args[0]), mask(node->args[1])});
      case Prim::or_: return either({mask(node->args[0]), mask(node->args[1])});
      case Prim::xor_: return one({mask(node->args[0]), mask(node->args[1])});
      case Prim::not_: return invert({mask(node->args[0])});
      case Prim::square: return mul({v[0], v[0]});
      case Prim::isfinite: return call("isfinite", node);
      case Prim::softplus: return call("softplus", node);
      case Prim::trigamma: return polygamma({int64_t{1}, tensor(node->args[0])});
      case Prim::div_trunc: return in_mode({v[0], v[1], "trunc"});
      default: break;
    }
    const auto& known = operators_of_primitives();
    auto found = known.find(node->prim);
    check(found != known.end(), ErrorKind::NotImplemented, call_.name(), ": the primitive '", name(node->prim),
          "' of this derivative is no operator of the table, which a mode or subclass could see");
    const Op& op = *found->second;
    std::vector<Value> args;
    int at = 0;
    for (const Argument& a : op.signature.arguments) {
      if (!(a.is_tensor() && !a.optional))
        args.push_back(a.fallback);
      else if (v[at].is_number() && a.list_size > 0)
        args.push_back(v[at++]);
      else
        args.push_back(as_value(tensor(node->args[at++])));
    }
    Call inner{op, args.data()};
    run(inner);
    return inner.results[0];
  }
  Value call(const char* operator_name, const ExprNode* node) { return OpCall(operator_name)({tensor(node->args[0])}); }

  const Call& call_;
  const DType common_;
  std::map<const ExprNode*, Value> known_;
};

// ATen's operator for the derivative by self, where the table has it: what its arguments are in those of the derived
// one, (grad, arguments…, result).
bool run_backward_operator(Call& call) {
  const std::string& derived = call.op.signature.name;
  const Op* op = call.op.signature.overload == "0" ? Registry::get().find_or_null(derived) : nullptr;
  if (!op || op == &call.op || op->derived) return false;
  std::vector<Value> args;
  for (const Argument& a : op->signature.arguments) {
    const std::string_view wanted = a.name == "grad_output"                    ? "grad"
                                    : a.name == "output" || a.name == "result" ? "result"
                                                                               : std::string_view(a.name);
    const int at = call.op.signature.index_of(wanted);
    if (at < 0 || (a.is_tensor() && !call.args[at].is_tensor())) return false;
    args.push_back(call.args[at]);
  }
  Call inner{*op, args.data()};
  run(inner);
  call.results[0] = std::move(inner.results[0]);
  return true;
}

void run_derived(Call& call) {
  if (run_backward_operator(call)) return;
  ExprScope scope;
  std::span<const Value> given(call.args, static_cast<size_t>(call.arguments()));
  const Expr formula = call.op.build(given);
  Evaluation evaluate(call);
  std::array<Value, Call::kMaxResults> computed;
  computed[0] = evaluate(formula.node());
  if (!computed[0].is_tensor()) {  // a number: the gradient is the same everywhere
    static const OpCall full_like("full_like");
    const Tensor grad = call.tensor(0);
    computed[0] = full_like({grad, computed[0]});
  }
  deliver(call, computed);
}

}  // namespace

static std::map<std::string_view, SeenForm, std::less<>>& forms_by_name() {
  static auto* map = new std::map<std::string_view, SeenForm, std::less<>>;
  return *map;
}
SeenRegistrar::SeenRegistrar(std::initializer_list<const char*> full_names, SeenForm form) {
  for (const char* name : full_names) forms_by_name().emplace(name, form);
}
const SeenForm* seen_form(const Op& op) {
  const auto& known = forms_by_name();
  auto found = known.find(op.name);
  return found == known.end() ? nullptr : &found->second;
}

bool seen_otherwise(const Call& call, Keys keys) {
  if (!(keys & (key::Modes | key::Subclass)) || t_state.level) return false;
  if (t_state.inference) return true;
  const SeenForm* form = seen_form(call.op);
  if (!form) return call.op.signature.name.starts_with("_foreach_") && !(keys & (key::Autograd | key::Dual));
  return form->parts || !(keys & (key::Autograd | key::Dual) && t_state.grad_enabled);
}

bool seen_as_parts(const Op& op) {
  const SeenForm* form = seen_form(op);
  if (alias_of(op) || (form && form->parts)) return true;
  return op.spec.composite && !(form && form->whole) && !op.signature.name.starts_with("_foreach_");
}

bool run_as_seen(Call& call) {
  if (t_state.level) return false;  // its calls come here again
  const Op& op = call.op;
  if (op.derived) {
    run_derived(call);
    return true;
  }
  if (const Op* original = alias_of(op)) {
    Call inner{*original, call.args, call.form, call.results};
    run_layers(inner);
    call.results = std::move(inner.results);
    return true;
  }
  const auto* form = seen_form(op);
  if (!form || !form->parts) return false;
  std::array<Value, Call::kMaxResults> computed;
  form->parts(call.args, computed.data());
  deliver(call, computed);
  return true;
}

}  // namespace flambeau
