// The autograd layer of the call path: runs an operator and puts a node for it on the tape. One function for all
// operators.
#include <algorithm>

#include "autograd/anomaly.h"
#include "autograd/grad.h"
#include "autograd/saves.h"
#include "autograd/views.h"
#include "loops/copy.h"
#include "op/layers.h"

namespace flambeau {

namespace {

Ref<OpNode> build_node(Call& call) {
  const Op& op = call.op;
  auto node = make<OpNode>(op);
  int n = call.arguments();
  node->first.resize(n, -1);
  node->counts.resize(n, 0);
  node->entries.reserve(op.tensor_arguments);
  node->next.reserve(op.tensor_arguments);
  for (int i = 0; i < n; ++i) {
    const Value& v = call.args[i];
    auto entry = [&](const Tensor& t) {
      OpNode::Entry& e = node->entries.emplace_back();
      if (!t.defined()) return;
      e.sizes = t.layout().sizes;
      e.dtype = t.dtype();
      e.device = t.device();
      e.given = true;
      if (t.requires_grad() && is_differentiable(t.dtype())) {
        e.edge = static_cast<int>(node->next.size());
        node->next.push_back(gradient_edge(t));
      }
    };
    if (v.is_tensor() || (v.is_none() && call.argument(i).is_tensor())) {
      node->first[i] = static_cast<int>(node->entries.size());
      node->counts[i] = 1;
      entry(v.tensor());
    } else if (v.is_tensors()) {
      node->first[i] = static_cast<int>(node->entries.size());
      node->counts[i] = static_cast<int>(v.tensors().size());
      for (const Tensor& t : v.tensors()) entry(t);
    } else {
      if (node->arguments.empty()) node->arguments.resize(n);
      node->arguments[i] = v;
    }
  }
  if (node->arguments.empty()) node->arguments.resize(n);
  return node;
}

// A copy with the history of the original, unless nobody else can get at the original.
Tensor copy_to_keep(const Tensor& t) {
  static const OpCall clone("clone");
  if (!t.impl()->python && !t.impl()->base && t.storage()->use_count() == 1) return t;
  GradMode off(false);
  constexpr Keys kPlain = key::Autograd | key::OfFunction | key::OneOfViews | key::RefusesChange;
  Tensor copy;
  if (t.numel() <= 4096 && t.layout().dense() && !(t.impl()->all_keys() & ~kPlain) && !t_state.included) {
    // What the call would do, which costs more than this few bytes.
    copy = empty_strided(t.layout().sizes, t.layout().strides, t.dtype());
    copy_elements(copy, t);
  } else {
    copy = clone({t}).tensor();
  }
  if (Edge edge = gradient_edge(t)) set_history(copy, edge.node, edge.input);
  return copy;
}

void save_argument(OpNode& node, const Call& call, int i, bool copy = false) {
  const Value& v = call.args[i];
  if (i == 0 && call.form == Form::inplace) {  // about to be overwritten: a copy, with its history, is kept
    static const OpCall clone("clone");
    node.entries[node.first[i]].saved = SavedTensor(clone({v}).tensor(), false);
    return;
  }
  if (v.is_tensor())
    node.entries[node.first[i]].saved = SavedTensor(copy ? copy_to_keep(v.tensor()) : v.tensor(), false);
  else if (v.is_tensors())
    for (int k = 0; k < node.counts[i]; ++k) node.entries[node.first[i] + k].saved = SavedTensor(v.tensors()[k], false);
}

// What the gradient reads: for a formula, what its derivatives turn out to read; else what the operator says.
uint32_t save_inputs(OpNode& node, const Call& call) {
  const OpSpec& spec = call.op.spec;
  uint32_t results = 0;
  if (spec.formula && !spec.gradient) {
    uint32_t needed = 0;
    int n = call.arguments();
    for (int i = 0; i < n; ++i) {
      if (node.first[i] < 0) continue;
      OpNode::Entry& e = node.entries[node.first[i]];
      if (e.edge < 0) continue;
      const auto& d = call.op.derivative(i, std::span<const Value>(call.args, n), call.form == Form::inplace);
      e.derivative = &d;
      needed |= d.arguments;
      results |= d.result;
    }
    for (int i = 0; i < n; ++i)
      if (needed >> i & 1) save_argument(node, call, i);
  } else {
    uint32_t wanting = 0;
    for (int i = 0, n = call.arguments(); i < n; ++i)
      for (int k = 0; k < node.counts[i]; ++k)
        if (node.entries[node.first[i] + k].edge >= 0) wanting |= 1u << i;
    for (const Kept& kept : kept_by(call.op)) {
      if (!(kept.wanted_by & wanting)) continue;
      if (kept.argument >= 0)
        save_argument(node, call, kept.argument, kept.copy);
      else
        results |= 1u << kept.result;
    }
  }
  return results;
}

}  // namespace

static void run_autograd(Call& call) {
  const Op& op = call.op;
  int written = call.form == Form::inplace ? 0 : op.writes;
  if (call.form == Form::out) {
    for (const Value& r : call.results)
      check(!(r.is_tensor() && r.tensor_impl()->keys & key::Autograd), ErrorKind::Runtime, call.name(),
            ": functions with out=... arguments don't support automatic differentiation, but one of the arguments "
            "requires grad.");
    bool any = false;
    for_each_tensor(call, [&](TensorImpl* t) { any |= (t->keys & key::Autograd) != 0; });
    check(!any, ErrorKind::Runtime, call.name(),
          ": functions with out=... arguments don't support automatic differentiation, but one of the arguments "
          "requires grad.");
  }
  if (written >= 0) check_inplace(call.name(), call.tensor(written));
  const bool shows_inference = op.spec.view && call.args[0].is_tensor() && call.args[0].tensor_impl()->inference;
  if (!op.differentiable() || shows_inference) {
    GradMode off(false);
    run_backend(call);
    return;
  }
  Ref<OpNode> node = build_node(call);
  if (node->next.empty()) {
    GradMode off(false);
    return run_backend(call);
  }
  uint32_t results = save_inputs(*node, call);
  if (t_state.anomaly) remember_place(*node);
  {
    GradMode off(false);
    run_backend(call);
  }
  auto attach = [&](const Tensor& t, uint32_t slot) {
    if (node->outputs.size() <= slot) node->outputs.resize(slot + 1);
    node->outputs[slot] = {t.layout().sizes, t.dtype(), t.device()};
    if (!is_differentiable(t.dtype())) return;
    t.impl()->no_grad_view = false;
    t.impl()->keys &= ~key::RefusesChange;
    if (op.spec.view && op.signature.returns[0].list) t.impl()->keys |= key::OneOfViews;
    set_history(t, node, slot);
  };
  if (written >= 0) {
    Tensor target = call.results[0].tensor();
    if (target.impl()->base && !op.spec.view) {
      node->outputs.push_back({target.layout().sizes, target.dtype(), target.device()});
      if (results & 1) node->results.push_back(SavedTensor(target, true));
      rebase_history(target, node, node->entries[node->first[written]].edge);
      return;
    }
    attach(target, 0);
    if (results & 1) node->results.push_back(SavedTensor(target, true));
    return;
  }
  uint32_t slot = 0;
  for (size_t r = 0; r < op.signature.returns.size(); ++r) {
    Value& v = call.results[r];
    if (v.is_tensor()) {
      attach(v.tensor(), slot);
    } else if (v.is_tensors()) {
      for (const Tensor& t : v.tensors()) attach(t, slot++);
      continue;
    }
    ++slot;
  }
  node->outputs.resize(slot);
  for (int r = 0; r < Call::kMaxResults; ++r) {
    if (!(results >> r & 1)) continue;
    node->results.resize(r + 1);
    node->results[r] = SavedTensor(call.results[r].tensor(), true, r);
  }
}

static const LayerRegistrar autograd_layer(LayerSlot::autograd, [](Call& call) {
  if (!t_state.grad_enabled || t_state.inference) return false;
  run_autograd(call);
  return true;
});

std::string OpNode::name() const {
  // AddBackward0: the operator's name in camel case, and the number of the overload among its siblings.
  std::string out;
  bool upper = true;
  for (char c : op.signature.name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper ? static_cast<char>(toupper(c)) : c;
    upper = false;
  }
  int number = 0;
  if (!op.derived) {
    const auto& overloads = Registry::get().overloads(op.signature.name);
    number = static_cast<int>(std::find(overloads.begin(), overloads.end(), &op) - overloads.begin());
  }
  return out + "Backward" + std::to_string(number);
}

void OpNode::release_saved() {
  released |= keeps_values();
  for (Entry& e : entries) e.saved.reset();
  for (SavedTensor& s : results) s.reset();
}

}  // namespace flambeau
