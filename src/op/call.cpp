// Walking the layers, and the generic parts of every kernel call: shape rule, allocation, in-place and out= forms.
#include "op/call.h"

#include <algorithm>

#include "core/extent.h"
#include "core/long_work.h"
#include "core/sparse.h"
#include "op/backend.h"
#include "op/layers.h"
#include "op/level.h"
#include "op/profile.h"
#include "op/sparse.h"
#include "op/views.h"

namespace flambeau {

constinit thread_local ThreadState t_state;

static Keys keys_of(const Call& call) {
  Keys keys = 0;
  for_each_tensor(call, [&](TensorImpl* t) { keys |= t->all_keys(); });
  if (call.form == Form::out)
    for (const Value& r : call.results)
      if (r.is_tensor()) keys |= r.tensor_impl()->all_keys();
  return keys;
}

static void copy_into(const Tensor& target, const Tensor& value) {
  static const OpCall copy("copy_");
  copy({target, value});
}

static void check_out_type(const Call& call, DType result, DType given) {
  check(result == given || !call.op.exact_out, ErrorKind::Runtime, call.name(), ": out= has dtype ", name(given),
        ", but the result is ", name(result));
  check(can_cast(result, given), ErrorKind::Runtime, call.name(), ": result type ", name(result),
        " can't be cast to the desired output type ", name(given));
}

// Where the caller may choose the type of the result, out= chooses it. Norms of complex numbers are real: there dtype=
// is the type to compute in, and out= says nothing of it.
static void take_dtype_of_out(Call& call) {
  int i = call.op.signature.index_of("dtype");
  if (i < 0 || !call.results[0].is_tensor()) return;
  DType given = call.results[0].tensor_impl()->dtype;
  const Value& usual = call.op.signature.arguments[i].fallback;
  if (call.args[i].is_none() || (usual.tag() == Tag::DType && call.args[i].dtype() == usual.dtype())) {
    bool complex_input = false;
    for_each_tensor(call, [&](TensorImpl* t) { complex_input |= is_complex(t->dtype); });
    if (!complex_input || is_complex(given)) call.args[i] = Value(given);
    return;
  }
  DType wanted = call.args[i].dtype();
  check(wanted == given || (is_complex(wanted) && !is_complex(given)), ErrorKind::Runtime, call.name(),
        ": dtype=", name(wanted), " does not match out=, which has dtype ", name(given));
}

// Sequences (arange, linspace, …) are given their length alone: out= of any sizes with as many elements takes them in
// row-major order.
static bool counts_elements(const Call& call, const Tensor& value) {
  bool numbers = !call.op.spec.random && value.dim() == 1 && value.is_contiguous();
  for_each_tensor(call, [&](TensorImpl* t) { numbers &= t->layout.dim() == 0; });
  return numbers && call.op.spec.any_device && call.op.signature.index_of("size") < 0;
}

// Composites and operators without a shape rule compute their result and copy it where it was asked for.
static void deliver(Call& call, std::array<Value, Call::kMaxResults>& computed) {
  if (call.form == Form::functional) {
    call.results = std::move(computed);
  } else if (call.form == Form::inplace) {
    Tensor self = call.tensor(std::max(call.op.signature.index_of("self"), 0)), value = computed[0].tensor();
    check(can_cast(value.dtype(), self.dtype()), ErrorKind::Runtime, call.name(), "_: result type ",
          name(value.dtype()), " can't be cast to the desired output type ", name(self.dtype()));
    check(std::ranges::equal(value.sizes(), self.sizes()), ErrorKind::Runtime, call.name(), "_: output with shape ",
          list_text(self.sizes()), " doesn't match the broadcast shape ", list_text(value.sizes()));
    copy_into(self, value);
    call.results[0] = self;
  } else {
    for (int i = 0; i < Call::kMaxResults; ++i) {
      if (!call.results[i].is_tensor() || !computed[i].is_tensor()) continue;
      Tensor target = call.results[i].tensor(), value = computed[i].tensor();
      if (call.op.spec.composite)
        check(can_cast(value.dtype(), target.dtype()), ErrorKind::Runtime, call.name(), ": result type ",
              name(value.dtype()), " can't be cast to the desired output type ", name(target.dtype()));
      else
        check_out_type(call, value.dtype(), target.dtype());
      if (counts_elements(call, value) && target.numel() == value.numel()) {
        copy_into(target, alias(value, Layout(target.sizes())));
        continue;
      }
      resize_output(call.name(), target, value.sizes());
      copy_into(target, value);
    }
  }
}

static bool shares_elements(const TensorImpl* a, const Layout& la, const TensorImpl* b) {
  const Layout& lb = b->layout;
  if (a->storage.get() != b->storage.get() || la.numel() == 0 || lb.numel() == 0) return a == b;
  size_t a0 = la.offset * itemsize(a->dtype), a1 = la.extent() * itemsize(a->dtype);
  size_t b0 = lb.offset * itemsize(b->dtype), b1 = lb.extent() * itemsize(b->dtype);
  // Interleaved layouts (columns of one matrix) can't be told apart cheaply: they pass.
  return a == b || (a1 > b0 && b1 > a0 && la.dense() && lb.dense());
}

// OutRule::distinct. A result that is to be given other sizes first counts with those.
static void check_distinct_out(const Call& call, const ResultSpecs* specs = nullptr) {
  for (size_t i = 0; i < std::size(call.results); ++i) {
    const Value& r = call.results[i];
    if (!r.is_tensor()) continue;
    check_no_internal_overlap(call.name(), r.tensor());
    Layout layout = r.tensor_impl()->layout;
    if (specs && i < specs->size() && !std::ranges::equal(layout.sizes, (*specs)[i].sizes)) {
      const int64_t offset = layout.offset;
      layout = Layout((*specs)[i].sizes);
      layout.offset = offset;
    }
    for_each_tensor(call, [&](TensorImpl* t) {
      check(!shares_elements(r.tensor_impl(), layout, t), ErrorKind::Runtime, call.name(),
            ": unsupported operation: out= (", list_text(layout.sizes), ") shares memory with an argument (",
            list_text(t->layout.sizes), "); clone() one of them first");
    });
  }
}
// Kernels that change places which other arguments name.
static void check_distinct_inplace(const Call& call) {
  const TensorImpl* self = call.args[0].tensor_impl();
  bool first = true;
  for_each_tensor(call, [&](TensorImpl* t) {
    if (!std::exchange(first, false))
      check(!shares_elements(self, self->layout, t), ErrorKind::Runtime, call.name(),
            "_: unsupported operation: the tensor shares memory with an argument (", list_text(t->layout.sizes),
            "); clone() one of them first");
  });
}

static void run_composite(Call& call) {
  const OpSpec& spec = call.op.spec;
  if (call.form == Form::out && call.op.distinct_out) check_distinct_out(call);
  std::array<Value, Call::kMaxResults> computed;
  const auto* sparse = call.op.form<SparseForm>();
  if (__builtin_expect(sparse && keys_of(call) & key::Sparse, 0))
    run_form_of_composite(*sparse, call, computed.data());
  else
    spec.composite(call.args, computed.data());
  deliver(call, computed);
}

// Lazy conjugation and negation: anything but a view or a copy sees plain values.
static bool run_resolved(Call& call) {
  if (call.op.spec.reads_lazy) return false;
  static const OpCall resolve_conj("resolve_conj"), resolve_neg("resolve_neg");
  auto plain = [&](const Tensor& t) { return resolve_neg({resolve_conj({t}).tensor()}).tensor(); };
  std::vector<Value> args(call.args, call.args + call.arguments());
  for (Value& v : args) {
    if (v.is_tensor() && v.tensor_impl()->keys & (key::Conj | key::Neg))
      v = plain(v.tensor());
    else if (v.is_tensors()) {
      std::vector<Tensor> list = v.tensors();
      for (Tensor& t : list)
        if (t.defined() && t.impl()->keys & (key::Conj | key::Neg)) t = plain(t);
      v = Value(std::move(list));
    }
  }
  int written = call.form == Form::inplace ? 0 : call.op.writes;
  Call inner{call.op, args.data(), call.form == Form::out ? Form::functional : call.form};
  run_backend(inner);
  if (written >= 0 && args[written].tensor_impl() != call.args[written].tensor_impl()) {
    copy_into(call.tensor(written), args[written].tensor());
    call.results[0] = call.args[written];
  } else if (call.form == Form::out) {
    deliver(call, inner.results);
  } else {
    call.results = std::move(inner.results);
  }
  return true;
}

static bool run_level(Call& call) {
  if (!run_ended(call)) t_state.level->run(call);
  return true;
}
static bool run_below_level(Call& call) {
  if (!t_state.level) return false;
  t_state.level->run_below(call);
  return true;
}
static bool run_recorded(Call& call) {
  t_state.recorder->run(call);
  return true;
}

constinit Layer layers[kLayers] = {
    {key::Autocast, "autocast", nullptr},
    {key::Levels, "level", run_level},
    {key::Wrapped, "ended level", run_ended},
    {key::Dual, "tangent", nullptr},
    {key::Sparse, "sparse", run_sparse},
    {key::Autograd, "autograd", nullptr},
    {key::Levels, "below the level", run_below_level},
    {key::Record, "record", run_recorded},
    {key::Conj | key::Neg, "lazy", run_resolved},
};

static bool walk(Call& call, Keys keys, LayerSlot from, LayerSlot to) {
  for (int i = static_cast<int>(from); i <= static_cast<int>(to); ++i)
    if (keys & layers[i].bit && layers[i].run && layers[i].run(call)) return true;
  return false;
}
static Keys keys_at(const Call& call) { return (keys_of(call) | t_state.included) & ~t_state.excluded; }

static void run_unprofiled(Call& call) {
  if (!walk(call, t_state.included, LayerSlot::autocast, LayerSlot::level)) run_layers(call);
}

void run(Call& call) {
  if (__builtin_expect(call.form == Form::out, 0)) take_dtype_of_out(call);
  if (__builtin_expect(t_state.included & (key::Profile | key::Autocast | key::Levels), 0))
    return t_state.included & key::Profile ? run_profiled(call, run_unprofiled) : run_unprofiled(call);
  run_layers(call);
}

// No layer has to do with it.
static void run_plain(Call& call) {
  const OpSpec& spec = call.op.spec;
  if (spec.view) return run_view(call);
  if (spec.formula) return run_pointwise(call);
  run_kernel(call);
}

void run_layers(Call& call) {
  if (call.op.spec.composite) return run_composite(call);
  Keys keys = keys_at(call);
  if (__builtin_expect(!(keys & ~key::Backends), 1)) return run_plain(call);
  if (!walk(call, keys, LayerSlot::ended, LayerSlot::autograd)) run_backend(call);
}

void run_behind(LayerSlot slot, Call& call) {
  auto next = static_cast<LayerSlot>(static_cast<int>(slot) + 1);
  if (!walk(call, keys_at(call), next, LayerSlot::autograd)) run_backend(call);
}

void run_backend(Call& call) {
  if (__builtin_expect(t_state.included & (key::Levels | key::Record), 0) &&
      walk(call, t_state.included, LayerSlot::below_level, LayerSlot::record))
    return;
  if (!call.op.spec.view && __builtin_expect(keys_of(call) & (key::Conj | key::Neg), 0) && run_resolved(call)) return;
  run_plain(call);
}

void check_not_inference(const char* op, const Tensor& t) {
  check(!t.impl()->inference || t_state.inference, ErrorKind::Runtime, op,
        ": Inplace update to inference tensor outside InferenceMode is not allowed; work on a clone() instead");
  const TensorImpl* base = t.impl()->base.get();
  check(!(t.impl()->keys & key::RefusesChange) || !t_state.grad_enabled || !base || !(base->keys & key::Autograd) ||
            t_state.inference,
        ErrorKind::Runtime, op,
        ": A view was created in no_grad mode and is being modified inplace with grad mode enabled. Make the view with "
        "grad mode enabled, "
        "or change it under no_grad.");
}

void bump_version(const Tensor& t) {
  TensorImpl* impl = t.impl();
  if (impl->inference) return;
  impl->versions().bump();
}

void resize_output(const char* op, const Tensor& target, IntSpan sizes) {
  if (std::ranges::equal(target.sizes(), sizes)) return;
  TensorImpl* impl = target.impl();
  check(!target.requires_grad() || !t_state.grad_enabled, ErrorKind::Runtime, op,
        ": functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
        "grad");
  Layout layout{sizes};
  layout.offset = impl->layout.offset;
  size_t wanted = storage_bytes(op, layout, target.dtype());
  if (wanted > impl->storage->nbytes()) impl->storage->resize(wanted);
  impl->layout = std::move(layout);
}

void check_no_internal_overlap(const char* op, const Tensor& written) {
  if (written.is_contiguous()) return;
  check(!written.layout().overlapping(), ErrorKind::Runtime, op,
        ": unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
        "Please clone() "
        "the tensor before performing the operation");
}

void check_no_partial_overlap(const char* op, const Tensor& written, const Tensor& read) {
  if (written.storage().get() != read.storage().get() || written.is(read)) return;
  if (written.numel() == 0 || read.numel() == 0) return;
  const Layout &a = written.layout(), &b = read.layout();
  if (written.dtype() == read.dtype() && a.offset == b.offset && a.sizes == b.sizes && a.strides == b.strides) return;
  size_t a0 = a.offset * written.itemsize(), a1 = a.extent() * written.itemsize();
  size_t b0 = b.offset * read.itemsize(), b1 = b.extent() * read.itemsize();
  if (a1 <= b0 || b1 <= a0) return;
  check(!(a.dense() && b.dense()), ErrorKind::Runtime, op,
        ": unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        "location. "
        "Please clone() the tensor before performing the operation.");
}

void check_same_device(const char* op, Device a, Device b) {
  check(a == b, ErrorKind::Runtime, op,
        ": Expected all tensors to be on the same device, but found at least two devices, ", to_string(a), " and ",
        to_string(b), "!");
}

static void check_devices(const Call& call, Device& device) {
  bool first = true;
  for_each_tensor(call, [&](TensorImpl* t) {
    if (first) {
      device = t->device;
      first = false;
    } else if (!(t->device == device) && t->layout.dim() > 0 &&
               (!call.op.spec.device_neutral || t->device.type == DeviceType::meta)) {
      check_same_device(call.name(), device, t->device);
    }
  });
}

// Whether an argument of the call shares its memory with a result that the caller gave.
static bool is_read(const Call& call, const Tensor& given) {
  bool shared = false;
  for_each_tensor(call, [&](TensorImpl* t) { shared |= t->storage.get() == given.storage().get(); });
  return shared;
}

// Results given by the caller are used in place where the kernel can write them directly.
static bool usable(const Tensor& given, const ResultSpec& spec, const Call& call) {
  if (given.dtype() != spec.dtype || !std::ranges::equal(given.sizes(), spec.sizes) || !given.is_contiguous())
    return false;
  if (spec.strides && !given.layout().contiguous()) return false;
  return !is_read(call, given);
}

// A kernel that updates a copy of `self` may update self itself: such kernels check everything before they write.
static bool updatable(const Tensor& self, const ResultSpec& spec, const Call& call) {
  if (self.dtype() != spec.dtype || spec.strides || !self.is_contiguous()) return false;
  bool shared = false;
  for_each_tensor(call, [&](TensorImpl* t) { shared |= t != self.impl() && t->storage.get() == self.storage().get(); });
  return !shared;
}

// The kernel of the device, over the call's arguments and then its results.
static void launch(const Call& call, Device device, const Value* values, Value* results) {
  const OpSpec& spec = call.op.spec;
  if (__builtin_expect(device.type != DeviceType::cpu, 0) && !spec.device_neutral && !spec.any_device)
    return backend(device.type).run_kernel(call.op, values, results, resolved(device));
  int64_t elements = 0;
  for (int i = 0, n = spec.cpu.arity(); i < n; ++i) {
    if (values[i].is_tensor())
      elements += values[i].tensor_impl()->layout.numel();
    else if (values[i].is_tensors())
      for (const Tensor& t : values[i].tensors())
        if (t.defined()) elements += t.numel();
  }
  LongWork work(elements);
  spec.cpu(values, results);
}

void run_kernel(Call& call) {
  const Op& op = call.op;
  const OpSpec& spec = op.spec;
  int n = call.arguments();
  Device device;
  check_devices(call, device);
  if (op.device_argument >= 0 && !call.args[op.device_argument].is_none())
    device = call.args[op.device_argument].device();
  bool meta = device.type == DeviceType::meta;

  if (op.writes >= 0) {  // changes an argument itself
    Tensor target = call.tensor(op.writes);
    check_not_inference(call.name(), target);
    if (spec.shape) {
      ResultSpecs checked;
      spec.shape(call.args, &checked);
    }
    if (!meta) {
      Value ignored[Call::kMaxResults];
      launch(call, device, call.args, ignored);
    }
    bump_version(target);
    call.results[0] = target;
    return;
  }

  if (!spec.shape) {
    check(!meta || spec.any_device, ErrorKind::NotImplemented, call.name(),
          ": the shape of the result depends on data, so there is no 'meta' form; use 'cpu'");
    if (call.form == Form::out && op.distinct_out) check_distinct_out(call);
    if (spec.verify) spec.verify(call, call.args[0].is_tensor() ? call.args[0].tensor_impl()->dtype : DType::float32);
    std::array<Value, Call::kMaxResults> computed;
    launch(call, device, call.args, computed.data());
    return deliver(call, computed);
  }

  ResultSpecs specs;
  spec.shape(call.args, &specs);
  int results = static_cast<int>(op.signature.returns.size());
  check(static_cast<int>(specs.size()) == results, ErrorKind::Runtime, call.name(), ": the shape rule gave ",
        specs.size(), " results");
  if (call.form == Form::out && op.distinct_out) check_distinct_out(call, &specs);
  if (spec.verify) spec.verify(call, specs[0].dtype);
  ValueArray<Call::kMaxArguments + Call::kMaxResults> values(n + results);  // the arguments, then the results
  for (int i = 0; i < n; ++i) values[i] = Value::borrow(call.args[i]);
  std::array<Tensor, Call::kMaxResults> fresh;
  std::array<Tensor, Call::kMaxResults> given;
  bool late[Call::kMaxResults] = {};
  for (int i = 0; i < results; ++i) {
    const ResultSpec& r = specs[i];
    if (call.form == Form::inplace && i == 0)
      given[i] = call.tensor(0);
    else if (call.form == Form::out && call.results[i].is_tensor())
      given[i] = call.results[i].tensor();
    if (r.absent) continue;
    if (given[i].defined()) {
      if (call.form == Form::inplace && op.starts_from == 0) check_distinct_inplace(call);
      if (call.form == Form::out)
        check_out_type(call, r.dtype, given[i].dtype());
      else
        check(can_cast(r.dtype, given[i].dtype()), ErrorKind::Runtime, call.name(), "_: result type ", name(r.dtype),
              " can't be cast to the desired output type ", name(given[i].dtype()));
      check_not_inference(call.name(), given[i]);
      if (call.form == Form::out) {
        check_same_device(call.name(), given[i].device(), device);
        // An argument that takes another size as out= keeps its own until the kernel has read it.
        late[i] = !std::ranges::equal(given[i].sizes(), r.sizes) && is_read(call, given[i]);
        if (!late[i]) resize_output(call.name(), given[i], r.sizes);
      } else {
        check(std::ranges::equal(given[i].sizes(), r.sizes), ErrorKind::Runtime, call.name(), "_: output with shape ",
              list_text(given[i].sizes()), " doesn't match the broadcast shape ", list_text(r.sizes));
      }
      check_no_internal_overlap(call.name(), given[i]);
    }
    if (given[i].defined() && call.form == Form::out && !late[i] && usable(given[i], r, call))
      fresh[i] = given[i];
    else if (call.form == Form::inplace && op.starts_from == 0 && updatable(given[i], r, call))
      fresh[i] = given[i];
    else
      fresh[i] = r.strides ? empty_strided(r.sizes, *r.strides, r.dtype, device) : empty(r.sizes, r.dtype, device);
    values[n + i] = Value::borrow(fresh[i].impl());
  }
  if (!meta) {
    if (op.starts_from >= 0 && !fresh[0].is(call.tensor(op.starts_from)))
      copy_into(fresh[0], call.tensor(op.starts_from));
    Value ignored[Call::kMaxResults];
    launch(call, device, values.data(), ignored);
  }
  for (int i = 0; i < results; ++i) {
    if (!fresh[i].defined()) {
      call.results[i] = Value();
      continue;
    }
    if (given[i].defined()) {
      if (late[i]) resize_output(call.name(), given[i], fresh[i].sizes());
      if (!given[i].is(fresh[i]))
        copy_into(given[i], fresh[i]);  // counts the change
      else
        bump_version(given[i]);
      call.results[i] = given[i];
    } else {
      call.results[i] = fresh[i];
      if (t_state.inference) fresh[i].impl()->inference = true;
    }
  }
}

void tie_view(TensorImpl& view, TensorImpl& from, bool differentiable) {
  if (from.inference) return;
  const bool recorded = t_state.grad_enabled && !t_state.inference;
  view.no_grad_view = !recorded || from.no_grad_view;
  if (!differentiable) return;  // detach(): a tensor of its own
  view.base = Ref<TensorImpl>::share(from.base ? from.base.get() : &from);
  if (recorded) return;
  view.keys |= key::RefusesChange;
  if (t_state.inference) view.keys |= from.all_keys() & key::Autograd;
}

void run_view(Call& call) {
  const OpSpec& spec = call.op.spec;
  ViewResult layouts;
  spec.view(call.args, &layouts);
  TensorImpl& base = *call.args[0].tensor_impl();
  auto view = [&](Layout&& layout) {
    Tensor v = alias(base, std::move(layout), spec.view_dtype ? spec.view_dtype(base.dtype) : base.dtype);
    TensorImpl& impl = *v.impl();
    impl.keys ^= spec.toggles;
    tie_view(impl, base, call.op.differentiable());
    return v;
  };
  if (call.op.signature.returns[0].list) {
    std::vector<Tensor> views;
    for (Layout& l : layouts.several) {
      views.push_back(view(std::move(l)));
      if (t_state.grad_enabled) views.back().impl()->keys |= key::OneOfViews;
    }
    call.results[0] = Value(std::move(views));
  } else if (call.form == Form::inplace) {  // t_(), squeeze_(), …: the tensor itself takes the new layout
    check_not_inference(call.name(), call.tensor(0));
    base.layout = std::move(layouts.one);
    bump_version(call.tensor(0));
    call.results[0] = call.args[0];
  } else {
    call.results[0] = view(std::move(layouts.one));
  }
}

const Op& OpCall::op() const {
  if (!op_) op_ = &Registry::get().find(name_);
  return *op_;
}

template <class Finish>
static auto call_with_defaults(const Op& op, Form form, std::initializer_list<Value> given, Finish&& finish) {
  size_t n = op.signature.arguments.size();
  check(given.size() <= n && n <= Call::kMaxArguments, ErrorKind::Type, op.name, ": takes ", n, " arguments, got ",
        given.size());
  ValueArray<Call::kMaxArguments> args(n);
  std::transform(given.begin(), given.end(), args.data(), [](const Value& v) { return Value::borrow(v); });
  for (size_t i = given.size(); i < n; ++i) args[i] = Value::borrow(op.signature.arguments[i].fallback);
  Call call{op, args.data(), form};
  run(call);
  return finish(call);
}

Value OpCall::operator()(std::initializer_list<Value> given) const {
  return call_with_defaults(op(), form_, given, [](Call& call) { return std::move(call.results[0]); });
}

std::vector<Value> OpCall::all(std::initializer_list<Value> given) const {
  return call_with_defaults(op(), form_, given, [](Call& call) {
    auto first = std::make_move_iterator(call.results.begin());
    return std::vector<Value>(first, first + call.op.signature.returns.size());
  });
}

}  // namespace flambeau
