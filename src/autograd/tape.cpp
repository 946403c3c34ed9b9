// Tensors on the tape: leaves, history, views, saved values, and taking graphs down.
#include "autograd/node.h"
#include "core/free_list.h"
#include "core/sparse.h"
#include "op/call.h"

#include <algorithm>

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

void set_history(const Tensor& t, Ref<Node> node, uint32_t output) {
  TapeState& state = tape(t);
  state.grad_fn = std::move(node);
  state.output = output;
  state.view_version = t.impl()->version ? t.impl()->version->value.load() : 0;
  t.impl()->keys |= key::Autograd;
}

namespace {

// The history of a view whose base was changed in place: the view is a strided window on the base.
class WindowBackward final : public Node {
 public:
  std::vector<Tensor> apply(std::vector<Tensor> grads) override;
  std::string name() const override { return "AsStridedBackward0"; }
  Layout window, base;
};

std::vector<Tensor> WindowBackward::apply(std::vector<Tensor> grads) {
  static const OpCall zeros("new_zeros"), scatter("_window_scatter");
  if (!grads[0].defined()) return {Tensor()};
  Tensor zero = zeros({grads[0], base.sizes}).tensor();
  return {scatter({zero, grads[0], window.sizes, window.strides, window.offset, base.strides, base.offset}).tensor()};
}

}  // namespace

Ref<Node> grad_fn(const Tensor& t) {
  TapeState* state = tape_or_null(t);
  TensorImpl* impl = t.impl();
  if (impl->base && impl->version && !impl->no_grad_view) {
    uint32_t now = impl->version->value.load(std::memory_order_relaxed);
    if (now != (state ? state->view_version : 0)) {
      Tensor base(impl->base);
      if (base.requires_grad() && !is_leaf(base)) {
        auto node = make<WindowBackward>();
        node->window = impl->layout;
        node->base = base.layout();
        node->next.push_back(gradient_edge(base));
        node->outputs.push_back({impl->layout.sizes, impl->dtype, impl->device});
        set_history(t, node, 0);
        state = tape_or_null(t);
      } else if (state) {
        state->view_version = now;
      }
    }
  }
  return state ? state->grad_fn : nullptr;
}

Edge gradient_edge(const Tensor& t) {
  if (!t.requires_grad() && !t.impl()->base) return {};
  if (auto node = grad_fn(t)) return {node, tape(t).output};
  if (!t.requires_grad()) return {};
  TapeState& state = tape(t);
  if (state.accumulator) return {Ref<Node>::share(state.accumulator), 0};
  auto node = make<AccumulateGrad>(t);
  state.accumulator = node.get();
  return {node, 0};
}

Tensor detach(const Tensor& t) {
  Tensor out = alias(t, t.layout());
  return out;
}

AccumulateGrad::AccumulateGrad(Tensor t) : leaf(std::move(t)) {
  outputs.push_back({leaf.layout().sizes, leaf.dtype(), leaf.device()});
}
AccumulateGrad::~AccumulateGrad() {
  if (TapeState* state = tape_or_null(leaf); state && state->accumulator == this) state->accumulator = nullptr;
}

std::vector<Tensor> AccumulateGrad::apply(std::vector<Tensor> grads) {
  Tensor g = std::move(grads[0]);
  TapeState& state = tape(leaf);
  for (auto& [id, hook] : std::vector(state.leaf_hooks))
    if (g.defined()) {
      Tensor replaced = hook(g);
      if (replaced.defined()) g = replaced;
    }
  if (!g.defined()) return {};
  if (!state.grad.defined()) {
    // The cotangent itself becomes .grad where nobody else can see it; otherwise a copy.
    bool create = t_state.grad_enabled;
    if (!create && g.impl()->use_count() == 1 && g.storage()->use_count() == 1 && g.layout().dense() && !g.is_conj() &&
        !g.is_neg()) {
      state.grad = g;
    } else if (create) {
      static const OpCall clone("clone");
      state.grad = clone({g}).tensor();
    } else {
      static const OpCall clone("clone");
      state.grad = clone({detach(g)}).tensor();
    }
  } else if (t_state.grad_enabled || (is_sparse(state.grad) && !is_sparse(g))) {
    static const OpCall add("add.Tensor");
    bool sparse = is_sparse(state.grad);  // sparse and strided make strided, which is written in this order
    state.grad = add({sparse ? g : state.grad, sparse ? state.grad : g}).tensor();
  } else {
    static const OpCall add("add.Tensor", Form::inplace);
    add({state.grad, g});
  }
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
  kept_ = is_leaf_ ? t : detach(t);
  if (hooks && !hooks->empty()) {
    packer_ = hooks->back();
    GradMode off(false);
    packed_ = packer_->pack(detach(t));
    if (!is_leaf_ || !requires_grad_) kept_ = Tensor();
  }
}

void SavedTensor::reset() {
  kept_ = Tensor();
  edge_ = Edge();
  packed_.reset();
}

Tensor SavedTensor::unpack(const char* op, const Ref<Node>& owner) const {
  Tensor t = kept_;
  if (packed_) {
    t = packer_->unpack(packed_);
    if (!requires_grad_) return t;
    t = detach(t);
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
  if (!requires_grad_ && !is_result_) return t;
  if (!t_state.grad_enabled) return t;
  Tensor fresh = packed_ ? t : detach(t);
  if (is_result_)
    set_history(fresh, owner, slot_);
  else if (edge_)
    set_history(fresh, edge_.node, edge_.input);
  return fresh;
}

}  // namespace flambeau
