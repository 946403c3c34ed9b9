// The stack of levels, and tensors that stand for a value at one.
#include "op/level.h"

#include <atomic>

namespace flambeau {

static std::atomic<uint64_t> g_levels{1};

Level::Level(Kind kind, bool own_gradients)
    : id(g_levels.fetch_add(1, std::memory_order_relaxed)),
      kind(kind),
      own_gradients(own_gradients),
      dual_level(kind == Kind::jvp ? id : 0) {}

void push_level(Level& level) {
  level.outer = t_state.level;
  level.depth = level.outer ? level.outer->depth + 1 : 1;
  level.outer_grad = t_state.grad_enabled;
  t_state.level = &level;
  t_state.included |= key::Levels;
  if (level.own_gradients) t_state.grad_enabled = level.kind == Level::Kind::grad || t_state.grad_enabled;
}

void pop_level(Level& level) {
  check(t_state.level == &level, ErrorKind::Runtime, "a transform was left that is not the innermost of its thread");
  t_state.level = level.outer;
  if (!level.outer) t_state.included &= ~key::Levels;
  if (level.own_gradients) t_state.grad_enabled = level.outer_grad;
}

Outside::Outside()
    : level_(t_state.level), included_(t_state.included), excluded_(t_state.excluded), grad_(t_state.grad_enabled) {
  t_state.level = level_->outer;
  if (!level_->outer) t_state.included &= ~key::Levels;
  t_state.excluded = 0;
  if (level_->own_gradients) t_state.grad_enabled = level_->outer_grad;
}

Outside::~Outside() {
  t_state.level = level_;
  t_state.included = included_;
  t_state.excluded = excluded_;
  t_state.grad_enabled = grad_;
}

void* WrappedParts::direct() { return same_layout_ ? value.storage()->data() : nullptr; }

void WrappedParts::build(void*, size_t) {
  raise(ErrorKind::Runtime,
        "vmap, grad, jvp: the elements of a tensor inside of a transform cannot be read one by one (.item(), "
        ".tolist(), .numpy(), a condition of Python's `if`, an operator without a rule for it): the nearest "
        "alternative is torch.where, or to do it outside of the transformed function");
}

Tensor wrap_value(const Level& level, const Tensor& value, Layout layout) {
  check(!(value.impl()->keys & key::Sparse), ErrorKind::NotImplemented,
        "transforms of functions: sparse tensors have no form here; the nearest alternative is to_dense()");
  auto parts = std::make_shared<WrappedParts>(value, level);
  auto storage = make<Storage>(std::shared_ptr<DeferredBytes>(std::move(parts)), size_t{0}, value.device());
  Tensor out(make<TensorImpl>(std::move(storage), std::move(layout), value.dtype(), value.device()));
  out.impl()->keys |= key::Wrapped | (value.impl()->keys & (key::Conj | key::Neg));
  out.impl()->wrapped_number = value.impl()->wrapped_number;
  return out;
}

Tensor unwrapped(const Level& level, const Tensor& t) {
  return t.defined() && belongs_to(t.impl(), level) ? wrapped_parts(t.impl()).value : t;
}

bool any_belongs_to(const Call& call, const Level& level) {
  bool any = false;
  for_each_tensor(call, [&](TensorImpl* t) { any |= belongs_to(t, level); });
  if (call.form == Form::out)
    for (const Value& r : call.results) any |= r.is_tensor() && belongs_to(r.tensor_impl(), level);
  return any;
}

static bool ended(const TensorImpl* t) {
  if (!is_wrapped(t)) return false;
  const uint64_t id = wrapped_parts(t).level;
  for (const Level* l = t_state.level; l; l = l->outer)
    if (l->id == id) return false;
  return true;
}

bool run_ended(Call& call) {
  bool any = false;
  for_each_tensor(call, [&](TensorImpl* t) { any |= ended(t); });
  if (!any) return false;
  auto value = [](const Tensor& t) {
    Tensor out = t;
    while (ended(out.impl())) out = Tensor(wrapped_parts(out.impl()).value);
    return out;
  };
  std::vector<Value> args = changed_arguments(call, value);
  Call inner{call.op, args.data(), call.form, call.results};
  run(inner);
  call.results = std::move(inner.results);
  return true;
}

}  // namespace flambeau
