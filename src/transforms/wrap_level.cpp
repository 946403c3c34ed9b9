// Levels of gradients and tangents: a call walks the layers over the level's tensors, and below autograd runs again on
// the values outside.
#include "op/layers.h"
#include "transforms/levels.h"

namespace flambeau {

namespace {

bool gives_numbers(const Op& op) {
  return !op.signature.returns.empty() && op.signature.returns[0].type != ArgType::Tensor;
}

void check_captured(const Call& call, const Level& level, const Tensor& written) {
  check(belongs_to(written.impl(), level), ErrorKind::Runtime, call.name(),
        ": during a grad (vjp, jvp, grad, etc) transform, the function attempted an in-place operation that would "
        "change a captured tensor (",
        describe(written), "). This is not supported; use the out-of-place form, or pass the tensor as an argument");
}

}  // namespace

void follow_base(const Tensor& view, const Tensor& base, bool recorded, bool differentiable) {
  TensorImpl& impl = *view.impl();
  TensorImpl* from = base.impl();
  impl.base = Ref<TensorImpl>::share(from->base ? from->base.get() : from);
  from->versions();
  impl.version = from->version;
  impl.no_grad_view = !recorded || from->no_grad_view;
  if (!recorded && differentiable) impl.keys |= key::RefusesChange;
}

void WrapLevel::run(Call& call) {
  if (!any_belongs_to(call, *this)) {
    const bool fresh =
        call.form == Form::functional && call.op.writes < 0 && !call.op.spec.view && !gives_numbers(call.op);
    if (fresh && call.op.spec.composite) return run_layers(call);
    if (fresh) return run_below(call);  // what is made at the level belongs to it: it may be changed in place
    Outside outside;
    return flambeau::run(call);
  }
  const int written = call.form == Form::inplace ? 0 : call.op.writes;
  if (written >= 0) check_captured(call, *this, call.tensor(written));
  if (gives_numbers(call.op) || call.op.spec.on_values) return run_below(call);
  // What has a history or a tangent outside is a constant here.
  bool foreign = false;
  for_each_tensor(
      call, [&](TensorImpl* t) { foreign |= t->all_keys() & (key::Autograd | key::Dual) && !belongs_to(t, *this); });
  if (!foreign) return run_layers(call);
  std::vector<Value> args = changed_arguments(call, [&](const Tensor& t) {
    return t.impl()->all_keys() & (key::Autograd | key::Dual) && !belongs_to(t.impl(), *this)
               ? wrap_value(*this, t, t.layout())
               : t;
  });
  Call inner{call.op, args.data(), call.form, call.results};
  run_layers(inner);
  call.results = std::move(inner.results);
}

void WrapLevel::run_below(Call& call) {
  const Op& op = call.op;
  const bool recorded = t_state.grad_enabled;
  std::vector<Value> args = changed_arguments(call, [&](const Tensor& t) { return unwrapped(*this, t); });
  Call inner{op, args.data(), call.form};
  if (call.form == Form::out)
    for (int r = 0; r < Call::kMaxResults; ++r)
      inner.results[r] = call.results[r].is_tensor() ? Value(unwrapped(*this, call.results[r].tensor())) : Value();
  {
    Outside outside;
    flambeau::run(inner);
  }
  auto changed = [&](const Tensor& target) {  // in place: the tensor stays, its value may have another layout now
    target.impl()->layout = unwrapped(*this, target).layout();
    bump_version(target);
    return target;
  };
  const int written = call.form == Form::inplace ? 0 : op.writes;
  if (written >= 0) {
    call.results[0] = changed(call.tensor(written));
    return;
  }
  const Tensor base = op.spec.view ? call.tensor(0) : Tensor();
  auto wrapped = [&](const Tensor& value) {
    if (!value.defined()) return value;
    Tensor out = wrap_value(*this, value, value.layout());
    if (base.defined() && belongs_to(base.impl(), *this)) follow_base(out, base, recorded, op.differentiable());
    return out;
  };
  for (int r = 0; r < Call::kMaxResults; ++r) {
    Value& result = inner.results[r];
    if (call.form == Form::out && call.results[r].is_tensor()) {
      changed(call.results[r].tensor());
    } else if (result.is_tensor()) {
      call.results[r] = wrapped(result.tensor());
    } else if (result.is_tensors()) {
      std::vector<Tensor> list = result.tensors();
      for (Tensor& t : list) {
        t = wrapped(t);
        if (recorded && t.defined() && base.defined()) t.impl()->keys |= key::OneOfViews;
      }
      call.results[r] = Value(std::move(list));
    } else {
      call.results[r] = std::move(result);
    }
  }
}

}  // namespace flambeau
