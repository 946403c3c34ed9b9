// The layer of tangents.
#include "autograd/forward.h"

#include <algorithm>

#include "autograd/grad.h"
#include "op/layers.h"
#include "op/level.h"

namespace flambeau {

static uint64_t& dual_slot() { return t_state.level ? t_state.level->dual_level : t_state.dual_level; }
uint64_t current_dual_level() { return dual_slot(); }
void set_dual_level(uint64_t level) { dual_slot() = level; }
Tensor sum_of_tangents(const Tensor& a, const Tensor& b) {
  static const OpCall add("add.Tensor");
  return !a.defined() ? b : !b.defined() ? a : add({a, b}).tensor();
}

namespace {

// Tangents are computed as if there were none: they have no tangents of the same level.
class WithoutTangents {
 public:
  WithoutTangents() : slot_(dual_slot()), level_(slot_) { slot_ = 0; }
  ~WithoutTangents() { slot_ = level_; }

 private:
  uint64_t& slot_;
  uint64_t level_;
};

bool carries(const Tensor& t) { return t.defined() && t.impl()->all_keys() & key::Dual; }

// Set at this level, if only to none.
const Tensor* own_tangent(const Tensor& t, uint64_t level) {
  TapeState* state = tape_or_null(t);
  return state && state->tangent_level == level ? &state->tangent : nullptr;
}

// The layout that a view of `base` has in memory of the base's own layout.
Tensor window(const Tensor& whole, const Tensor& base, const Tensor& view) {
  static const OpCall as_strided("as_strided");
  return as_strided({whole, view.layout().sizes, view.layout().strides, view.offset() - base.offset() + whole.offset()})
      .tensor();
}

Tensor same_layout(const Tensor& tangent, const Tensor& like) {
  static const OpCall make("new_empty_strided"), copy("copy_");
  if (std::ranges::equal(tangent.strides(), like.strides())) return tangent;
  if (!like.layout().dense()) return tangent;
  Tensor out = make({tangent, like.layout().sizes, like.layout().strides}).tensor();
  return copy({out, tangent}).tensor();
}

}  // namespace

Tensor tangent_of(const Tensor& t) {
  if (!carries(t)) return {};
  const uint64_t level = current_dual_level();
  if (!level) return {};
  if (const Tensor* own = own_tangent(t, level)) return *own;
  TensorImpl* impl = t.impl();
  if (!impl->base) return {};
  Tensor base(impl->base);
  const Tensor* whole = own_tangent(base, level);
  if (!whole || !whole->defined() || whole->dtype() != t.dtype()) return {};
  Tensor view = window(*whole, base, t);
  TapeState& state = tape(t);
  state.tangent = view;
  state.tangent_level = level;
  impl->keys |= key::Dual;
  return view;
}

void set_tangent(const Tensor& t, const Tensor& tangent) {
  const uint64_t level = current_dual_level();
  check(level != 0, ErrorKind::Runtime,
        "make_dual: no level is open; this is done inside `with forward_ad.dual_level()`");
  TapeState& state = tape(t);
  state.tangent = tangent;
  state.tangent_level = level;
  t.impl()->keys |= key::Dual;
}

namespace {

// Written in place: what shows the same memory (views and their base) has to see the new tangent.
void update_tangent(const Tensor& target, const Tensor& tangent) {
  static const OpCall copy("copy_");
  Tensor now = tangent_of(target);
  TensorImpl* impl = target.impl();
  if (!now.defined() && impl->base && tangent.defined()) {
    Tensor base(impl->base);
    if (base.layout().dense() && base.dtype() == target.dtype()) {
      // Made from the tangent, not from the base: at a level of batches it may be one where the base is not.
      static const OpCall make("new_empty_strided"), zero("zero_");
      Tensor whole = make({tangent, base.layout().sizes, base.layout().strides, base.dtype()}).tensor();
      zero({whole});
      set_tangent(base, whole);
      now = tangent_of(target);
    }
  }
  if (now.defined() && !now.layout().overlapping()) {
    static const OpCall zero("zero_");
    if (tangent.defined())
      copy({now, tangent});
    else
      zero({now});
    return;
  }
  if (tangent.defined()) set_tangent(target, same_layout(tangent, target));
}

// The tangent as the result has it: broadcast to its sizes, of its type.
Tensor fitted(Tensor tangent, const Tensor& result) {
  static const OpCall expand("expand"), to("_to_copy"), real("real");
  if (!tangent.defined()) return tangent;
  if (tangent.is_complex() && !result.is_complex()) tangent = real({tangent}).tensor();
  if (tangent.dtype() != result.dtype()) tangent = to({tangent, result.dtype()}).tensor();
  if (!std::ranges::equal(tangent.sizes(), result.sizes())) tangent = expand({tangent, Value(result.sizes())}).tensor();
  return tangent;
}

bool any_differentiable(const Call& call) {
  bool any = false;
  for (const Value& r : call.results) {
    if (r.is_tensor()) any |= is_differentiable(r.tensor_impl()->dtype);
    if (r.is_tensors())
      for (const Tensor& t : r.tensors()) any |= t.defined() && is_differentiable(t.dtype());
  }
  return any;
}

bool any_complex(const Call& call) {
  bool any = call.results[0].is_tensor() && is_complex(call.results[0].tensor_impl()->dtype);
  for_each_tensor(call, [&](TensorImpl* t) { any |= is_complex(t->dtype); });
  return any;
}

// A formula over real numbers: its derived operators are linear in the cotangent, element by element, so the same
// operators push tangents forward.
Tensor of_formula(const Call& call, const std::vector<Tensor>& tangents) {
  const int n = call.arguments();
  Tensor total;
  for (int i = 0; i < n; ++i) {
    if (!tangents[i].defined()) continue;
    const auto& d = call.op.derivative(i, std::span<const Value>(call.args, n));
    if (!d.op) continue;
    Value args[Call::kMaxArguments + 2];
    args[0] = tangents[i];
    for (int k = 0; k < n; ++k)
      if (!call.args[k].is_tensor() || d.arguments >> k & 1) args[k + 1] = call.args[k];
    if (d.result) args[n + 1] = call.results[0];
    Call derived{*d.op, args};
    run(derived);
    total = sum_of_tangents(total, fitted(derived.results[0].tensor(), call.results[0].tensor()));
  }
  return total;
}

// A gradient that cannot be differentiated by its cotangent: either it is zero, or there is no way forwards.
void check_no_derivative(const Call& call, const std::vector<Tensor>& outputs, BackwardOptions back, size_t input) {
  static const OpCall ones("ones_like"), nonzero("count_nonzero"), item("item");
  back.create_graph = false;
  std::vector<Tensor> seeds;
  for (const Tensor& o : outputs) seeds.push_back(ones({o}).tensor());
  Tensor g = run_backward(outputs, seeds, back)[input];
  check(!g.defined() || item({nonzero({g})}).integer() == 0, ErrorKind::NotImplemented, call.name(),
        ": its gradient has no derivative of its own, so there is no forward derivative; the nearest alternative is "
        "reverse mode (backward, func.vjp)");
}

// The derivative of a vector-Jacobian product by its cotangent: for what has a gradient of second order.
std::vector<Tensor> of_gradient(const Call& call, const std::vector<std::vector<Tensor>>& tangents) {
  static const OpCall view_as("view_as"), zeros("zeros_like"), clone("clone");
  GradMode on(true);
  std::vector<Value> args(call.args, call.args + call.arguments());
  std::vector<Tensor> inputs, directions;
  auto tracked = [&](const Tensor& t, const Tensor& tangent) {
    if (!tangent.defined()) return t;
    Tensor fresh;
    if (t.requires_grad()) {
      fresh = view_as({t, t}).tensor();
    } else {
      static const OpCall same("alias");
      fresh = python_sees(t.impl()) ? same({t}).tensor() : alias(t, t.layout());
      fresh.impl()->keys &= ~key::Dual;
      TapeState& state = tape(fresh);
      state.requires_grad = true;
      fresh.impl()->keys |= key::Autograd;
    }
    inputs.push_back(fresh);
    directions.push_back(tangent);
    return fresh;
  };
  for (int i = 0; i < call.arguments(); ++i) {
    if (args[i].is_tensor()) {
      args[i] = tracked(args[i].tensor(), tangents[i].empty() ? Tensor() : tangents[i][0]);
    } else if (args[i].is_tensors()) {
      std::vector<Tensor> list = args[i].tensors();
      for (size_t k = 0; k < list.size(); ++k)
        if (list[k].defined() && k < tangents[i].size()) list[k] = tracked(list[k], tangents[i][k]);
      args[i] = Value(std::move(list));
    }
  }
  const int written = call.form == Form::inplace ? 0 : call.op.writes;
  if (written >= 0) args[written] = clone({args[written]});
  Call again{call.op, args.data(), call.form == Form::out ? Form::functional : call.form};
  run_behind(LayerSlot::tangent, again);
  std::vector<Tensor> outputs;
  std::vector<int> slots;
  auto output = [&](const Tensor& t) {
    slots.push_back(t.defined() && t.requires_grad() ? static_cast<int>(outputs.size()) : -1);
    if (slots.back() >= 0) outputs.push_back(t);
  };
  for (size_t r = 0; r < call.op.signature.returns.size(); ++r) {
    if (again.results[r].is_tensors())
      for (const Tensor& t : again.results[r].tensors()) output(t);
    else
      output(again.results[r].tensor());
  }
  std::vector<Tensor> found(slots.size());
  if (outputs.empty()) return found;
  std::vector<Tensor> probes;
  for (const Tensor& o : outputs) {
    Tensor probe = zeros({o}).tensor();
    if (!python_sees(probe.impl())) probe = alias(probe, probe.layout());
    tape(probe).requires_grad = true;
    probe.impl()->keys |= key::Autograd;
    probes.push_back(probe);
  }
  BackwardOptions back;
  back.create_graph = back.retain_graph = true;
  back.accumulate = false;
  back.allow_unused = true;
  for (const Tensor& x : inputs) back.inputs.push_back(gradient_edge(x));
  std::vector<Tensor> pulled;
  for (bool done = false; !done;) {
    try {
      pulled = run_backward(outputs, probes, back);
      done = true;
    } catch (const Error&) {
      // Last results that refuse a cotangent (factors kept for the gradient, say) get no tangent.
      if (outputs.size() < 2) throw;
      outputs.pop_back();
      probes.pop_back();
      for (int& slot : slots)
        if (slot >= static_cast<int>(outputs.size())) slot = -1;
    }
  }
  std::vector<Tensor> roots, seeds;
  bool reached = false;
  for (size_t i = 0; i < pulled.size(); ++i) {
    if (!pulled[i].defined()) continue;
    reached = true;
    if (!pulled[i].requires_grad()) {
      check_no_derivative(call, outputs, back, i);
      continue;
    }
    roots.push_back(pulled[i]);
    seeds.push_back(fitted(directions[i], pulled[i]));
  }
  if (roots.empty()) {  // a derivative that is zero everywhere, as that of drawn numbers by their rates
    for (size_t i = 0; reached && i < slots.size(); ++i)
      if (slots[i] >= 0) found[i] = zeros({outputs[slots[i]]}).tensor();
    return found;
  }
  BackwardOptions forth;
  forth.create_graph = forth.retain_graph = true;
  forth.accumulate = false;
  forth.allow_unused = true;
  for (const Tensor& p : probes) forth.inputs.push_back(gradient_edge(p));
  std::vector<Tensor> pushed = run_backward(roots, seeds, forth);
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i] >= 0) found[i] = pushed[slots[i]];
  return found;
}

Tensor with_replaced(const Call& call, std::vector<Value> args) {
  Call inner{call.op, args.data()};
  run(inner);
  return inner.results[0].tensor();
}

// One tangent for each tensor among the results, lists laid out flat.
std::vector<Tensor> tangents_of_results(const Call& call, const std::vector<std::vector<Tensor>>& tangents) {
  const Op& op = call.op;
  std::vector<Tensor> first(call.arguments());
  for (int i = 0; i < call.arguments(); ++i)
    if (call.args[i].is_tensor() && !tangents[i].empty()) first[i] = tangents[i][0];
  if (const auto* form = op.form<TangentForm>()) {
    Tangents context(call, first);
    if (form->rule) return form->rule(context);
    Tensor total;
    for (const char* name : form->linear_in)
      if (context.has(name)) total = sum_of_tangents(total, context.with({name}));
    return {total};
  }
  if (op.spec.formula && !any_complex(call)) return {of_formula(call, first)};
  if (op.spec.view && call.form == Form::functional) {
    std::vector<Value> args(call.args, call.args + call.arguments());
    args[0] = first[0];
    Call inner{op, args.data()};
    run(inner);
    if (inner.results[0].is_tensors()) return inner.results[0].tensors();
    return {inner.results[0].tensor()};
  }
  return of_gradient(call, tangents);
}

}  // namespace

Tangents::Tangents(const Call& call, const std::vector<Tensor>& of_arguments) : call(call), first_(of_arguments) {}
int Tangents::index(std::string_view argument) const {
  int i = call.op.signature.index_of(argument);
  check(i >= 0, ErrorKind::Runtime, call.op.name, ": its tangent asks for '", argument, "', which is not an argument");
  return i;
}
Tensor Tangents::with(std::initializer_list<std::string_view> replaced) const {
  std::vector<Value> args(call.args, call.args + call.arguments());
  for (std::string_view name : replaced) args[index(name)] = first_[index(name)];
  return with_replaced(call, std::move(args));
}

static bool run_tangents(Call& call) {
  if (!current_dual_level()) return false;
  const Op& op = call.op;
  std::vector<std::vector<Tensor>> tangents(call.arguments());
  bool any = false;
  for (int i = 0; i < call.arguments(); ++i) {
    const Value& v = call.args[i];
    if (v.is_tensor()) {
      tangents[i].push_back(tangent_of(v.tensor()));
      any |= tangents[i][0].defined();
    } else if (v.is_tensors()) {
      for (const Tensor& t : v.tensors()) {
        tangents[i].push_back(t.defined() ? tangent_of(t) : Tensor());
        any |= tangents[i].back().defined();
      }
    }
  }
  if (!any) return false;
  check(call.form != Form::out, ErrorKind::Runtime, call.name(),
        ": functions with out=... arguments don't support forward-mode derivatives; use the form without out=");
  if (!op.differentiable()) {
    run_behind(LayerSlot::tangent, call);
    const int written = call.form == Form::inplace ? 0 : op.writes;
    if (written >= 0 && tangents[written][0].defined()) update_tangent(call.tensor(written), Tensor());
    return true;
  }
  const int written = call.form == Form::inplace ? 0 : op.writes;
  std::vector<Value> before(call.args, call.args + call.arguments());
  if (written >= 0 && !op.spec.view) {
    // Derivatives are taken where the arguments were before the change.
    static const OpCall clone("clone");
    WithoutTangents plain;
    Tensor& tangent = tangents[written][0];
    before[written] = clone({call.args[written]});
    if (tangent.defined()) tangent = clone({tangent}).tensor();
  }
  const int64_t start = written >= 0 ? call.tensor(written).offset() : 0;
  run_behind(LayerSlot::tangent, call);
  if (written >= 0 && op.spec.view) {  // t_(), squeeze_(): the tangent takes the same turn
    static const OpCall as_strided("as_strided");
    Tensor self = call.tensor(written);
    set_tangent(self, as_strided({tangents[written][0], self.layout().sizes, self.layout().strides,
                                  tangents[written][0].offset() + self.offset() - start})
                          .tensor());
    return true;
  }
  std::vector<Tensor> found;
  if (any_differentiable(call)) {
    WithoutTangents plain;
    Call seen{op, before.data(), call.form, call.results};
    found = tangents_of_results(seen, tangents);
  }
  if (written >= 0) {
    Tensor self = call.tensor(written);
    update_tangent(self, fitted(found.empty() ? Tensor() : found[0], self));
    return true;
  }
  size_t at = 0;
  auto attach = [&](const Tensor& t) {
    Tensor tangent = at < found.size() ? found[at] : Tensor();
    ++at;
    if (!t.defined() || !tangent.defined() || !is_differentiable(t.dtype())) return;
    tangent = fitted(tangent, t);
    tangent = op.spec.view ? tangent : same_layout(tangent, t);
    set_tangent(t, tangent);
    // What the tape has kept of the result was kept before it had one.
    if (t.requires_grad())
      if (auto* node = dynamic_cast<OpNode*>(grad_fn(t).get()))
        if (size_t slot = tape(t).output; slot < node->results.size()) node->results[slot].take_tangent(tangent);
  };
  for (size_t r = 0; r < op.signature.returns.size(); ++r) {
    if (call.results[r].is_tensors())
      for (const Tensor& t : call.results[r].tensors()) attach(t);
    else
      attach(call.results[r].tensor());
  }
  return true;
}
static const LayerRegistrar tangent_layer(LayerSlot::tangent, run_tangents);

}  // namespace flambeau
