// The layer: casts the arguments that its operator's class says, and calls the operator again without itself.
#include "op/autocast.h"

#include <unordered_map>

#include "op/layers.h"

namespace flambeau {

namespace {

struct Region {
  bool enabled[kDeviceTypes] = {};
  DType low[kDeviceTypes] = {DType::bfloat16, DType::float16, DType::bfloat16,
                             DType::bfloat16};  // cpu, cuda, meta, mock
  bool caches = true;
  int depth = 0;
  struct Kept {
    Tensor source, cast;
  };
  // By tensor and by whether the cast is on the tape: one made under no_grad has no history. Behind a pointer, because
  // static memory of threads is scarce.
  std::unique_ptr<std::unordered_map<uintptr_t, Kept>> kept;
};
thread_local Region t_region;

bool eligible(const TensorImpl* t) {
  return is_floating(t->dtype) && !is_float8(t->dtype) && t->dtype != DType::float64 &&
         t_region.enabled[static_cast<int>(t->device.type)];
}

Tensor converted(const Tensor& t, DType to) {
  static const OpCall cast("_to_copy");
  DType low = t_region.low[static_cast<int>(t.device().type)];
  bool keep = t_region.caches && to == low && t.dtype() == DType::float32 && t.requires_grad() && !t.impl()->base &&
              t.impl()->autograd && t.impl()->autograd->is_leaf();
  if (!keep) return cast({t, Value(to)}).tensor();
  if (!t_region.kept) t_region.kept = std::make_unique<std::unordered_map<uintptr_t, Region::Kept>>();
  Region::Kept& kept = (*t_region.kept)[reinterpret_cast<uintptr_t>(t.impl()) | (t_state.grad_enabled ? 1 : 0)];
  if (!kept.cast.defined() || kept.cast.dtype() != to) kept = {t, cast({t, Value(to)}).tensor()};
  return kept.cast;
}

struct Without {  // the layer itself
  Without() : before(t_state.included) { t_state.included &= ~key::Autocast; }
  ~Without() { t_state.included = before; }
  Keys before;
};

}  // namespace

static bool run_autocast(Call& call) {
  Autocast kind = call.op.spec.autocast;
  if (kind == Autocast::none) return false;
  bool any = false, wide = false;
  DType low = DType::bfloat16;
  for_each_tensor(call, [&](TensorImpl* t) {
    if (!eligible(t)) return;
    any = true;
    low = t_region.low[static_cast<int>(t->device.type)];
    wide |= t->dtype != low;
  });
  if (!any || kind == Autocast::none || call.form == Form::out) return false;
  Without guard;
  DType to = kind == Autocast::low ? low : kind == Autocast::high || wide ? DType::float32 : low;
  std::vector<Value> args(call.args, call.args + call.arguments());
  int written = call.form == Form::inplace ? 0 : call.op.writes;
  for (int i = 0; i < call.arguments(); ++i) {
    if (i == written) continue;
    Value& v = args[i];
    if (v.is_tensor() && eligible(v.tensor_impl()) && v.tensor_impl()->dtype != to) {
      v = converted(v.tensor(), to);
    } else if (v.is_tensors()) {
      std::vector<Tensor> list = v.tensors();
      for (Tensor& t : list)
        if (t.defined() && eligible(t.impl()) && t.dtype() != to) t = converted(t, to);
      v = Value(std::move(list));
    }
  }
  Call inner{call.op, args.data(), call.form};
  run(inner);
  call.results = std::move(inner.results);
  return true;
}
static const LayerRegistrar autocast_layer(LayerSlot::autocast, run_autocast);

bool autocast_enabled(DeviceType type) { return t_region.enabled[static_cast<int>(type)]; }
void set_autocast_enabled(DeviceType type, bool enabled) {
  t_region.enabled[static_cast<int>(type)] = enabled;
  bool any = false;
  for (bool e : t_region.enabled) any |= e;
  if (any)
    t_state.included |= key::Autocast;
  else
    t_state.included &= ~key::Autocast;
}
DType autocast_dtype(DeviceType type) { return t_region.low[static_cast<int>(type)]; }
void set_autocast_dtype(DeviceType type, DType dtype) { t_region.low[static_cast<int>(type)] = dtype; }
bool autocast_cache_enabled() { return t_region.caches; }
void set_autocast_cache_enabled(bool enabled) { t_region.caches = enabled; }
int enter_autocast() { return ++t_region.depth; }
int leave_autocast() { return --t_region.depth; }
void clear_autocast_cache() { t_region.kept.reset(); }

}  // namespace flambeau
