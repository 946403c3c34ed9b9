// Tensors on the tape: leaves, history, views, saved values, and taking graphs down.
#include <algorithm>
#include <array>
#include <mutex>

#include "autograd/forward.h"
#include "autograd/hooks.h"
#include "autograd/views.h"
#include "core/free_list.h"
#include "core/long_work.h"
#include "core/sparse.h"
#include "op/call.h"

namespace flambeau {

static std::atomic<uint64_t> g_sequence{0};
static std::atomic<int64_t> g_hook{0};
int64_t next_hook_id() { return g_hook++; }

Node::Node() : sequence(g_sequence.fetch_add(1, std::memory_order_relaxed)) {}
Node::~Node() = default;

// Note: taking graphs down
//   A node owns the nodes before it, so plain recursion would be as deep as the graph is long. A dying node hands
//   itself to the list of the outermost call on this thread, which deletes one after another.
void Node::destroy() const {
  static thread_local std::vector<const Node*>* waiting = nullptr;
  if (waiting) {
    waiting->push_back(this);
    return;
  }
  std::vector<const Node*> list{this};
  waiting = &list;
  while (!list.empty()) {
    const Node* node = list.back();
    list.pop_back();
    delete node;
  }
  waiting = nullptr;
}

TapeState::~TapeState() = default;
void* TapeState::operator new(size_t) { return FreeList<sizeof(TapeState)>::take(); }
void TapeState::operator delete(void* p, size_t) { FreeList<sizeof(TapeState)>::give(p); }
void* AccumulateGrad::operator new(size_t) { return FreeList<sizeof(AccumulateGrad)>::take(); }
void AccumulateGrad::operator delete(void* p, size_t) { FreeList<sizeof(AccumulateGrad)>::give(p); }

TapeState& tape(const Tensor& t) {
  TensorImpl* impl = t.impl();
  if (!impl->autograd) impl->autograd.reset(new TapeState);
  return static_cast<TapeState&>(*impl->autograd);
}
TapeState* tape_or_null(const Tensor& t) { return static_cast<TapeState*>(t.impl()->autograd.get()); }

bool is_leaf(const Tensor& t) { return !grad_fn(t); }

void set_requires_grad(const Tensor& t, bool value) {
  check(!value || is_differentiable(t.dtype()), ErrorKind::Runtime,
        "requires_grad_: only Tensors of floating point and complex dtype can require gradients, got ",
        name(t.dtype()));
  check(value || is_leaf(t), ErrorKind::Runtime,
        "requires_grad_: you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph "
        "that doesn't require differentiation use var_no_grad = var.detach().");
  check(!value || !t.impl()->inference || t_state.inference, ErrorKind::Runtime,
        "requires_grad_: Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  if (!value && !t.impl()->autograd) return;
  if (!is_leaf(t)) return;
  tape(t).requires_grad = value;
  if (value)
    t.impl()->keys |= key::Autograd;
  else
    t.impl()->keys &= ~key::Autograd;
}

void add_tensor_hook(Node& node, uint32_t slot, int64_t id, TensorHook hook) {
  auto& hooks = node.tensor_hooks;
  auto at = hooks.end();
  if (id != kRetains) at = std::find_if(hooks.begin(), hooks.end(), [](auto& h) { return std::get<1>(h) == kRetains; });
  hooks.emplace(at, slot, id, std::move(hook));
}

// A retained gradient is that of the tensor's present value: its hook goes along to the new history.
static void move_retaining_hook(TapeState& state, Node& to, uint32_t output) {
  auto& hooks = state.grad_fn->tensor_hooks;
  auto at = std::find_if(hooks.begin(), hooks.end(),
                         [&](auto& h) { return std::get<0>(h) == state.output && std::get<1>(h) == kRetains; });
  if (at == hooks.end()) return;
  add_tensor_hook(to, output, kRetains, std::move(std::get<2>(*at)));
  hooks.erase(at);
}

void set_history(const Tensor& t, Ref<Node> node, uint32_t output) {
  TapeState& state = tape(t);
  if (__builtin_expect(state.retains_grad, 0) && state.grad_fn) move_retaining_hook(state, *node, output);
  state.grad_fn = std::move(node);
  state.output = output;
  state.view_version = t.impl()->version ? t.impl()->version->value.load() : 0;
  t.impl()->keys |= key::Autograd;
}

Ref<Node> grad_fn(const Tensor& t) {
  TapeState* state = tape_or_null(t);
  const TensorImpl* impl = t.impl();
  if (impl->base && impl->version && !impl->no_grad_view &&
      impl->version->value.load(std::memory_order_relaxed) != (state ? state->view_version : 0)) {
    refresh_view(t);
    state = tape_or_null(t);
  }
  return state ? state->grad_fn : nullptr;
}

Edge gradient_edge(const Tensor& t) {
  if (!t.requires_grad() && !t.impl()->base) return {};
  if (auto node = grad_fn(t)) return {node, tape(t).output};
  if (!t.requires_grad()) return {};
  TapeState& state = tape(t);
  if (state.accumulator) {  // one that stands for the leaf as it is now (set_ and .data may have changed it)
    const OutputMeta& meta = state.accumulator->outputs[0];
    bool fits = meta.dtype == t.dtype() && meta.sizes == t.layout().sizes;
    if (fits && state.accumulator->try_retain()) return {Ref<Node>::adopt(state.accumulator), 0};
  }
  auto node = make<AccumulateGrad>(t);
  state.accumulator = node.get();
  return {node, 0};
}

Tensor detach(const Tensor& t) {
  Tensor out = alias(t, t.layout());
  if (__builtin_expect(t.impl()->all_keys() & key::Dual, 0))
    if (Tensor tangent = tangent_of(t); tangent.defined()) set_tangent(out, tangent);
  return out;
}

AccumulateGrad::AccumulateGrad(Tensor t) : leaf(std::move(t)) {
  outputs.push_back({leaf.layout().sizes, leaf.dtype(), leaf.device()});
}
// The leaf knows its accumulator without a count.
void AccumulateGrad::destroy() const {
  if (take_last()) Node::destroy();
}
AccumulateGrad::~AccumulateGrad() {
  if (TapeState* state = tape_or_null(leaf); state && state->accumulator == this) state->accumulator = nullptr;
}

// Whether the gradient lies in memory as the leaf does, or in order where the leaf has gaps or overlaps.
static bool lies_like(const Tensor& g, const Tensor& leaf) {
  if (is_sparse(g) || is_sparse(leaf)) return true;
  if (!leaf.layout().dense()) return g.is_contiguous();
  for (int64_t d = 0; d < g.dim(); ++d)
    if (g.size(d) != 1 && g.stride(d) != leaf.stride(d)) return false;
  return true;
}

static Tensor copy_laid_like(const Tensor& g, const Tensor& leaf) {
  static const OpCall clone("clone"), empty("new_empty_strided"), copy("copy_");
  if (is_sparse(g) || is_sparse(leaf)) return clone({g}).tensor();
  if (!leaf.layout().dense()) return clone({g, MemoryFormat::contiguous}).tensor();
  return copy({empty({g, leaf.sizes(), leaf.strides()}).tensor(), g}).tensor();
}

// Note: gradients from several threads
//   Threads that run backward passes into one leaf meet here. A lock makes each addition one step. It is never held
//   while a thread waits for the interpreter's lock, which whoever waits here may have: a long addition lets go of the
//   interpreter's lock before it takes this one and takes it again afterwards, a short one keeps it. What may run
//   Python code (letting go of a former gradient) happens outside. `.grad` itself changes only on a thread that has the
//   interpreter's lock (if it is one of Python's), so that reading it there needs no lock.
static std::mutex& lock_of(const Tensor& leaf) {
  static std::array<std::mutex, 64> locks;
  return locks[reinterpret_cast<uintptr_t>(leaf.impl()) / sizeof(TensorImpl) % locks.size()];
}

static void accumulate(const Tensor& leaf, TapeState& state, Tensor g) {
  static const OpCall add("add.Tensor"), add_in_place("add.Tensor", Form::inplace);
  std::mutex& mutex = lock_of(leaf);
  auto version_of = [](const Tensor& t) { return t.defined() ? t.impl()->versions().value.load() : 0; };
  // Puts `next` in the place of `seen`, unless another thread was faster: it may also have added to it in place.
  auto replace = [&](const Tensor& seen, uint32_t version, Tensor& next) {
    LongWork::Forbid forbid;
    std::lock_guard lock(mutex);
    if (state.grad.impl() != seen.impl() || version_of(seen) != version) return false;
    std::swap(state.grad, next);
    return true;
  };
  for (;;) {
    Tensor seen = state.grad;
    const uint32_t version = version_of(seen);
    if (!seen.defined()) {
      // The cotangent itself becomes .grad where nobody else can see it; otherwise a copy.
      Tensor first;
      if (t_state.grad_enabled)
        first = copy_laid_like(g, leaf);
      else if (g.impl()->use_count() == 1 && g.storage()->use_count() == 1 && g.layout().dense() && !g.is_conj() &&
               !g.is_neg() && lies_like(g, leaf))
        first = g;
      else
        first = copy_laid_like(detach(g), leaf);
      if (replace(seen, version, first)) return;
    } else if (t_state.grad_enabled || (is_sparse(seen) && !is_sparse(g))) {
      bool sparse = is_sparse(seen);  // sparse and strided make strided, which is written in this order
      Tensor sum = add({sparse ? g : seen, sparse ? seen : g}).tensor();
      if (replace(seen, version, sum)) return;
    } else {
      LongWork work(g.numel());
      LongWork::Forbid forbid;
      std::lock_guard lock(mutex);
      if (state.grad.impl() == seen.impl()) {
        add_in_place({seen, g});
        return;
      }
    }
  }
}

std::vector<Tensor> AccumulateGrad::apply(std::vector<Tensor> grads) {
  Tensor g = std::move(grads[0]);
  TapeState& state = tape(leaf);
  for (auto& [id, hook] : std::vector(state.leaf_hooks)) {
    Tensor replaced = hook(g);  // undefined where the pass has brought none
    if (replaced.defined()) g = replaced;
  }
  if (!g.defined()) return {};
  accumulate(leaf, state, std::move(g));
  for (auto& [id, hook] : std::vector(state.accumulated_hooks)) hook(leaf);
  return {};
}

SavedTensor::SavedTensor(const Tensor& t, bool is_result, uint32_t slot) : slot_(slot), is_result_(is_result) {
  if (!t.defined()) return;
  check(!t.impl()->inference || t_state.inference, ErrorKind::Runtime,
        "Inference tensors cannot be saved for backward. To work around you "
        "can make a clone to get a normal tensor and use it in autograd.");
  requires_grad_ = t.requires_grad();
  is_leaf_ = !is_result && is_leaf(t);
  VersionCounter& versions = t.impl()->versions();
  version_ = versions.value.load(std::memory_order_relaxed);
  versions.watched.store(true, std::memory_order_relaxed);
  if (!is_result && requires_grad_ && !is_leaf_) edge_ = gradient_edge(t);
  if (__builtin_expect(!hooks || hooks->empty(), 1)) {
    kept_ = is_leaf_ ? t : detach(t);
    return;
  }
  // What a hook gives stands in for the value, and the accumulator for a leaf. A result is packed without its history,
  // which holds the node that holds the value.
  static const Tensor packed_away = empty(Dims{0}, DType::float32);
  kept_ = packed_away;
  if (is_leaf_ && requires_grad_) edge_ = gradient_edge(t);
  packer_ = hooks->back();
  GradMode off(false);
  packed_ = packer_->pack(is_result ? detach(t) : t);
  check(versions.value.load(std::memory_order_relaxed) == version_, ErrorKind::Runtime,
        "saved_tensors_hooks: A saved tensor pack hook is modifying its input in place, which is also the program's "
        "tensor; pack a clone() instead");
}

void SavedTensor::take_tangent(const Tensor& tangent) const {
  if (kept_.defined()) set_tangent(kept_, tangent);
}

void SavedTensor::reset() {
  kept_ = Tensor();
  edge_ = Edge();
  packed_.reset();
}

void pack_saved(SavedTensor& saved, const Ref<Node>& owner, bool is_result, uint32_t slot,
                std::shared_ptr<SavedTensor::PackHooks> hooks) {
  check(saved.defined(), ErrorKind::Runtime,
        "register_hooks: Calling register_hooks on a saved tensor after it has been freed (or one that is None) is not "
        "allowed");
  Tensor value;
  {
    GradMode on(true);
    value = saved.unpack("register_hooks", owner);
  }
  std::vector<std::shared_ptr<SavedTensor::PackHooks>> only{std::move(hooks)};
  struct Exchange {
    std::vector<std::shared_ptr<SavedTensor::PackHooks>>* before;
    ~Exchange() { SavedTensor::hooks = before; }
  } exchange{std::exchange(SavedTensor::hooks, &only)};
  saved = SavedTensor(value, is_result, slot);
}

Tensor SavedTensor::unpack(const char* op, const Ref<Node>& owner) const {
  Tensor t = kept_;
  if (packed_) {
    t = packer_->unpack(packed_);
    check(t.defined(), ErrorKind::Type, "saved_tensors_hooks: unpack has to return a Tensor, got None");
  } else {
    if (!kept_.defined()) return {};
    const VersionCounter* versions = kept_.impl()->version.get();
    uint32_t now = versions ? versions->value.load(std::memory_order_relaxed) : 0;
    if (now != version_)
      raise(ErrorKind::Runtime, op,
            ": one of the variables needed for gradient computation has been modified by an inplace operation: [",
            describe(kept_), "]", is_result_ ? ", which is output 0 of " : ", an argument of ", op, ", is at version ",
            now, "; expected version ", version_, " instead.", versions->last_change(),
            " Hint: work on a clone() there, or use the out-of-place form.");
    if (is_leaf_) return kept_;
  }
  if (!t_state.grad_enabled || !(requires_grad_ || is_result_)) return t;
  Tensor fresh = detach(t);
  if (is_result_)
    set_history(fresh, owner, slot_);
  else if (edge_)
    set_history(fresh, edge_.node, edge_.input);
  return fresh;
}

}  // namespace flambeau
