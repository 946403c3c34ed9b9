// The sparse forms of operators, and running a call by them.
#include "op/sparse.h"

#include <algorithm>

#include "core/parts_error.h"
#include "core/sparse.h"
#include "op/call.h"

namespace flambeau {

namespace {

bool any_sparse(const Value& v) {
  if (v.is_tensor()) return v.tensor_impl()->keys & key::Sparse;
  return v.is_tensors() && std::ranges::any_of(v.tensors(), is_sparse);
}

[[noreturn]] void refuse(std::string_view op, const Value* args, int n) {
  std::string which, type;
  for (int i = 0; i < n; ++i) {
    if (!any_sparse(args[i])) continue;
    which += (which.empty() ? "" : ", ") + std::to_string(i + 1);
    if (type.empty() && args[i].is_tensor()) type = " (" + std::string(name(args[i].tensor_impl()->dtype)) + ")";
  }
  raise(ErrorKind::NotImplemented, op, ": there is no form for tensors of layout sparse_coo", type, " as argument ",
        which, "; use to_dense() first, or compute on values()");
}
[[noreturn]] void refuse(const Call& call) { refuse(call.name(), call.args, call.arguments()); }

// f(0) = 0, so that elements which are not there stay away.
bool keeps_zero(const Call& call, int tensor) {
  static const OpCall zeros("zeros"), item("item");
  std::vector<Value> args(call.args, call.args + call.arguments());
  GradMode off(false);
  args[tensor] = zeros({Dims{}, args[tensor].tensor_impl()->dtype}).tensor();
  Call probe{call.op, args.data()};
  run(probe);
  return item({probe.results[0].tensor()}).scalar().to_complex() == 0.0;
}

// The index of the only tensor among the arguments, or -1.
int only_tensor(const Call& call) {
  int at = -1;
  for (int i = 0; i < call.arguments(); ++i) {
    if (call.args[i].is_tensors()) return -1;
    if (!call.args[i].is_tensor()) continue;
    if (at >= 0) return -1;
    at = i;
  }
  return at;
}

void run_on_values(Call& call, int tensor, Value* results) {
  static const OpCall coalesce("coalesce"), values("_sparse_values"), make("_sparse_from_parts");
  Tensor self = coalesce({call.args[tensor]}).tensor();
  std::vector<Value> args(call.args, call.args + call.arguments());
  args[tensor] = values({self});
  Call inner{call.op, args.data()};
  run(inner);
  results[0] = make({sparse_parts(self).indices, inner.results[0], self.sizes(), true});
}

// The result of an in-place form, or what out= gets: its parts replace the target's. Only views change the sizes of
// what they are called on.
void replace(const Call& call, const Tensor& target, const Tensor& value) {
  check(can_cast(value.dtype(), target.dtype()), ErrorKind::Runtime, call.name(), call.form == Form::inplace ? "_" : "",
        ": result type ", name(value.dtype()), " can't be cast to the desired output type ", name(target.dtype()));
  if (call.form == Form::inplace && !call.op.spec.view)
    check(std::ranges::equal(value.sizes(), target.sizes()), ErrorKind::Runtime, call.name(), "_: output with shape ",
          list_text(target.sizes()), " doesn't match the broadcast shape ", list_text(value.sizes()));
  static const OpCall copy("copy_"), adopt("_sparse_adopt_");
  if (!is_sparse(target)) resize_output(call.name(), target, value.sizes());
  (is_sparse(target) && is_sparse(value) ? adopt : copy)({target, value});
}

// In place on the tape: the gradient reads the pattern that the tensor had before.
bool run_on_copy(Call& call) {
  static const OpCall copy("_sparse_shallow_copy");
  Tensor self = call.tensor(0);
  std::vector<Value> args(call.args, call.args + call.arguments());
  args[0] = copy({self});
  Call inner{call.op, args.data()};
  run(inner);
  replace(call, self, inner.results[0].tensor());
  call.results[0] = self;
  return true;
}

}  // namespace

static bool run_form(Call& call) {
  const SparseForm* form = call.op.form<SparseForm>();
  if (form && form->as_it_is) return false;
  if (call.form == Form::inplace && t_state.grad_enabled && is_sparse(call.tensor(0)) && call.tensor(0).requires_grad())
    return run_on_copy(call);
  std::array<Value, Call::kMaxResults> computed;
  if (form && form->inplace && call.form == Form::inplace) {
    form->inplace(call.args, call.results.data());
    return true;
  }
  if (form && form->run) {
    form->run(call.args, computed.data());
  } else {
    int tensor = call.op.pointwise() && !call.op.derived ? only_tensor(call) : -1;
    if (tensor < 0 || !keeps_zero(call, tensor)) refuse(call);
    run_on_values(call, tensor, computed.data());
  }
  if (call.form == Form::functional) {
    call.results = std::move(computed);
    return true;
  }
  if (call.form == Form::inplace) {
    replace(call, call.tensor(0), computed[0].tensor());
    call.results[0] = call.args[0];
    return true;
  }
  for (int i = 0; i < Call::kMaxResults; ++i) {
    if (!call.results[i].is_tensor() || !computed[i].is_tensor()) continue;
    replace(call, call.results[i].tensor(), computed[i].tensor());
  }
  return true;
}

// A form takes some of its arguments for sparse and others for strided: whichever way one is not, it is named here.
bool run_sparse(Call& call) {
  try {
    return run_form(call);
  } catch (const PartsError&) { refuse(call); }
}

void run_form_of_composite(const SparseForm& form, Call& call, Value* results) {
  try {
    form.run(call.args, results);
  } catch (const PartsError&) { refuse(call); }
}

}  // namespace flambeau
