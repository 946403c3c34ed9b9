// Running one operator's gradient.
#include "autograd/grad.h"

#include <algorithm>

#include "op/call.h"

namespace flambeau {

Tensor reduce_to(const Tensor& grad, IntSpan sizes, DType dtype) {
  static const OpCall sum_to_size("sum_to_size"), real("real"), to("_to_copy");
  Tensor g = grad;
  if (!std::ranges::equal(g.sizes(), sizes)) g = sum_to_size({g, Value(sizes)}).tensor();
  if (g.is_complex() && !is_complex(dtype)) g = real({g}).tensor();
  if (g.dtype() != dtype) g = to({g, Value(dtype)}).tensor();
  return g;
}

int Grad::argument(std::string_view name) const {
  int i = node_.op.signature.index_of(name);
  check(i >= 0, ErrorKind::Runtime, node_.op.name, ": its gradient asks for '", name, "', which is not an argument");
  return i;
}

int Grad::entry(std::string_view name, int item) const {
  int first = node_.first[argument(name)];
  check(first >= 0, ErrorKind::Runtime, node_.op.name, ": '", name, "' is not a tensor argument");
  return first + item;
}

Tensor Grad::out(int i) const {
  if (has_out(i)) return grads_[i];
  static const OpCall zeros("zeros");
  const OutputMeta& m = node_.outputs.at(i);
  return zeros({m.sizes, m.dtype, Value(), m.device}).tensor();
}

Tensor Grad::arg(std::string_view name) const { return arg(name, 0); }

Tensor Grad::arg(std::string_view name, int item) const {
  int i = entry(name, item);
  if (!node_.entries[i].given) return {};
  check(node_.entries[i].saved.defined(), ErrorKind::Runtime, node_.op.name, ": its gradient reads '", name,
        "', which .saves does not list");
  return node_.entries[i].saved.unpack(node_.op.signature.name.c_str(), Ref<Node>::share(&node_));
}

Tensor Grad::result(int i) const {
  check(i < static_cast<int>(node_.results.size()) && node_.results[i].defined(), ErrorKind::Runtime, node_.op.name,
        ": its gradient reads result ", i, ", which .saves does not list");
  return node_.results[i].unpack(node_.name().c_str(), Ref<Node>::share(&node_));
}

int Grad::count(std::string_view name) const { return node_.counts[argument(name)]; }
IntSpan Grad::sizes(std::string_view name, int item) const { return node_.entries[entry(name, item)].sizes; }
DType Grad::dtype(std::string_view name, int item) const { return node_.entries[entry(name, item)].dtype; }
Device Grad::device(std::string_view name) const { return node_.entries[entry(name, 0)].device; }
bool Grad::given(std::string_view name) const {
  int i = argument(name);
  return node_.first[i] >= 0 ? node_.entries[node_.first[i]].given : !node_.arguments[i].is_none();
}
const Value& Grad::value(std::string_view name) const { return node_.arguments[argument(name)]; }
bool Grad::tracked() const { return t_state.grad_enabled || t_state.level || t_state.dual_level; }
bool Grad::wants(std::string_view name, int item) const {
  return node_.first[argument(name)] >= 0 && node_.entries[entry(name, item)].edge >= 0;
}

void Grad::set(std::string_view name, Tensor grad, int item) {
  int i = entry(name, item);
  const OpNode::Entry& e = node_.entries[i];
  if (e.edge < 0 || !grad.defined()) return;
  inputs_[e.edge] = reduce_to(grad, e.sizes, e.dtype);
}

namespace {

// The history of a gradient by the inputs that it does not depend on, see OpSpec::gradient_of_inputs.
class ZeroDerivative final : public Node {
 public:
  std::vector<Tensor> apply(std::vector<Tensor>) override {
    static const OpCall zeros("zeros");
    std::vector<Tensor> out;
    for (const OutputMeta& m : inputs) out.push_back(zeros({m.sizes, m.dtype, Value(), m.device}).tensor());
    return out;
  }
  std::string name() const override { return "ZeroDerivative"; }
  std::vector<OutputMeta> inputs;  // by edge
};

void couple_to_inputs(const OpNode& node, std::vector<Tensor>& grads) {
  for (Tensor& g : grads) {
    if (!g.defined() || g.requires_grad()) continue;
    auto zero = make<ZeroDerivative>();
    zero->next = node.next;
    zero->inputs.resize(node.next.size());
    for (const OpNode::Entry& e : node.entries)
      if (e.edge >= 0) zero->inputs[e.edge] = {e.sizes, e.dtype, e.device};
    zero->outputs.push_back({Dims(g.sizes()), g.dtype(), g.device()});
    g = detach(g);  // the cotangent itself may be what is passed on: its history is not ours to set
    set_history(g, zero, 0);
  }
}

}  // namespace

bool OpNode::keeps_values() const {
  return std::any_of(entries.begin(), entries.end(), [](auto& e) { return e.saved.defined(); }) ||
         std::any_of(results.begin(), results.end(), [](auto& s) { return s.defined(); });
}

std::vector<Tensor> OpNode::apply(std::vector<Tensor> grads) {
  bool any = std::any_of(grads.begin(), grads.end(), [](const Tensor& g) { return g.defined(); });
  std::vector<Tensor> inputs(next.size());
  if (!any) return inputs;
  check(!released, ErrorKind::Runtime,
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been "
        "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
        "Specify retain_graph=True if "
        "you need to backward through the graph a second time or if you need to access saved tensors after calling "
        "backward.");
  Grad context(*this, grads, inputs);
  if (op.spec.gradient) {
    Tensor first_grad = op.spec.gradient(context);
    if (first_grad.defined()) {
      for (size_t i = 0; i < first.size(); ++i)
        if (first[i] >= 0) {
          context.set(op.signature.arguments[i].name, first_grad);
          break;
        }
    }
    if (op.spec.gradient_of_inputs && t_state.grad_enabled) couple_to_inputs(*this, inputs);
    return inputs;
  }
  // A formula: one derived operator for each argument that needs a cotangent.
  Ref<Node> self = Ref<Node>::share(this);
  int n = static_cast<int>(arguments.size());
  for (int i = 0; i < n; ++i) {
    if (first[i] < 0) continue;
    const Entry& entry = entries[first[i]];
    if (entry.edge < 0 || !entry.derivative->op) continue;
    const Op::Derivative& d = *entry.derivative;
    ValueArray<Call::kMaxArguments + 2> args(n + 2);
    args[0] = grads[0];
    for (int k = 0; k < n; ++k) {
      if (first[k] < 0)
        args[k + 1] = arguments[k];
      else if (d.arguments >> k & 1)
        args[k + 1] = entries[first[k]].saved.unpack(op.signature.name.c_str(), self);
    }
    if (d.result) args[n + 1] = results[0].unpack(name().c_str(), self);
    Call call{*d.op, args.data()};
    run(call);
    inputs[entry.edge] = reduce_to(call.results[0].tensor(), entry.sizes, entry.dtype);
  }
  return inputs;
}

}  // namespace flambeau
