// The engine: runs nodes in order of decreasing sequence number once all cotangents for them have arrived.
#include <algorithm>
#include <deque>
#include <queue>
#include <unordered_map>

#include "autograd/anomaly.h"
#include "autograd/engine.h"
#include "core/long_work.h"
#include "core/sparse.h"
#include "op/call.h"

namespace flambeau {

namespace {

thread_local int t_depth = 0;
thread_local std::vector<std::function<void()>>* t_callbacks = nullptr;

Tensor sum_of(const Tensor& a, const Tensor& b, bool may_write) {
  static const OpCall add("add.Tensor"), add_in_place("add.Tensor", Form::inplace);
  if (__builtin_expect((a.impl()->keys | b.impl()->keys) & key::Sparse, 0))
    return is_sparse(b) ? add({a, b}).tensor() : add({b, a}).tensor();
  // The first cotangent is ours to change when nobody else holds it.
  if (may_write && !t_state.grad_enabled && a.impl()->use_count() == 1 && a.storage()->use_count() == 1 &&
      a.dtype() == b.dtype() && a.layout().dense() && a.sizes().size() == b.sizes().size() &&
      std::ranges::equal(a.sizes(), b.sizes()))
    return add_in_place({a, b}).tensor();
  return add({a, b}).tensor();
}

struct Slots {
  Node* node = nullptr;
  std::vector<Tensor> grads;
  int waiting = 0;  // edges from which a cotangent has not arrived yet
  bool needed = true;
  bool queued = false;
};

// The nodes of a pass and their slots: a hash table with open addressing, on the heap only for larger graphs.
class SlotTable {
 public:
  // The node's slots; `fresh` tells whether it was met for the first time.
  Slots& at(Node* node, bool* fresh = nullptr) {
    if ((slots_.size() + 1) * 2 > buckets_.size()) grow();
    size_t i = place(node);
    bool is_new = buckets_[i] == 0;
    if (is_new) {
      slots_.emplace_back().node = node;
      buckets_[i] = static_cast<uint32_t>(slots_.size());
    }
    if (fresh) *fresh = is_new;
    return slots_[buckets_[i] - 1];
  }
  std::deque<Slots>& all() { return slots_; }
  const Slots* find(Node* node) const {
    if (buckets_.empty()) return nullptr;
    uint32_t at = buckets_[place(node)];
    return at ? &slots_[at - 1] : nullptr;
  }

 private:
  size_t place(Node* node) const {
    size_t mask = buckets_.size() - 1;
    size_t i = (reinterpret_cast<uintptr_t>(node) >> 4) * 0x9E3779B97F4A7C15ull >> 20 & mask;
    while (buckets_[i] && slots_[buckets_[i] - 1].node != node) i = (i + 1) & mask;
    return i;
  }
  void grow() {
    buckets_.assign(buckets_.empty() ? 64 : buckets_.size() * 4, 0);
    for (size_t k = 0; k < slots_.size(); ++k) buckets_[place(slots_[k].node)] = static_cast<uint32_t>(k + 1);
  }
  std::deque<Slots> slots_;
  std::vector<uint32_t> buckets_;  // index + 1 into slots_, 0 for free
};

// Brings a cotangent to the sizes, type and device of the forward result it belongs to, or raises.
Tensor fit(const Tensor& g, const OutputMeta& meta, const Node& producer, int index) {
  if (!g.defined()) return g;
  Tensor out = g;
  if (!std::ranges::equal(g.sizes(), IntSpan(meta.sizes))) {
    static const OpCall sum_to_size("sum_to_size");
    bool expandable = g.sizes().size() >= meta.sizes.size();
    for (size_t i = 0; expandable && i < meta.sizes.size(); ++i) {
      int64_t have = g.sizes()[g.sizes().size() - 1 - i], want = meta.sizes[meta.sizes.size() - 1 - i];
      expandable = have == want || want == 1;
    }
    check(expandable, ErrorKind::Runtime, "Function ", producer.name(), " returned an invalid gradient at index ",
          index, " - got ", list_text(g.sizes()), " but expected shape compatible with ", list_text(meta.sizes));
    out = sum_to_size({g, meta.sizes}).tensor();
  }
  if (out.dtype() != meta.dtype) {
    static const OpCall real("real"), to("_to_copy");
    if (out.is_complex() && !is_complex(meta.dtype)) out = real({out}).tensor();
    if (out.dtype() != meta.dtype) out = to({out, Value(meta.dtype)}).tensor();
  }
  return out;
}

class Pass;
thread_local Pass* t_pass = nullptr;
std::atomic<int64_t> g_passes{0};

class Pass {
 public:
  Pass(const BackwardOptions& options) : number(g_passes++), options_(options), outer_(t_pass) { t_pass = this; }
  ~Pass() { t_pass = outer_; }
  Pass(const Pass&) = delete;
  const int64_t number;
  bool reaches(const Node& node) const {
    const Slots* s = slots_.find(const_cast<Node*>(&node));
    if (!s || !s->needed) return false;
    bool only_captured = node.accumulates() && !options_.accumulate;
    return options_.inputs.empty() || only_captured || !node.accumulates() ||
           capture_.count(const_cast<Node*>(&node)) > 0;
  }

  std::vector<Tensor> run(const std::vector<Tensor>& roots, const std::vector<Tensor>& grads) {
    std::vector<Edge> edges;
    for (const Tensor& t : roots) edges.push_back(gradient_edge(t));
    count_dependencies(edges);
    mark_needed(edges);
    captured_.resize(options_.inputs.size());
    for (size_t i = 0; i < edges.size(); ++i) deliver(edges[i], grads[i], false);
    for (const Edge& e : edges) {
      if (!e) continue;
      Slots& s = slots_.at(e.node.get());
      if (s.waiting == 0) push(s);
    }
    GradMode mode(options_.create_graph);
    while (!ready_.empty()) {
      Ref<Node> node = ready_.top().node;
      ready_.pop();
      step(node);
      if (++steps_ % 64 == 0) LongWork::breathe();
    }
    return std::move(captured_);
  }

 private:
  struct Ready {
    Ref<Node> node;
    bool operator<(const Ready& o) const { return node->sequence < o.node->sequence; }
  };

  void push(Slots& s) {
    if (s.queued) return;
    s.queued = true;
    ready_.push({Ref<Node>::share(s.node)});
  }

  void count_dependencies(const std::vector<Edge>& roots) {
    std::vector<Node*> stack;
    bool fresh;
    for (const Edge& e : roots)
      if (e && (slots_.at(e.node.get(), &fresh), fresh)) stack.push_back(e.node.get());
    while (!stack.empty()) {
      Node* n = stack.back();
      stack.pop_back();
      for (const Edge& e : n->next) {
        if (!e) continue;
        ++slots_.at(e.node.get(), &fresh).waiting;
        if (fresh) stack.push_back(e.node.get());
      }
    }
  }

  // With explicit inputs only the nodes on a way to one of them run.
  void mark_needed(const std::vector<Edge>&) {
    if (options_.inputs.empty()) return;
    for (size_t i = 0; i < options_.inputs.size(); ++i)
      if (options_.inputs[i]) capture_[options_.inputs[i].node.get()].push_back(i);
    std::vector<Slots*> order;
    for (Slots& s : slots_.all()) {
      s.needed = capture_.count(s.node) > 0;
      order.push_back(&s);
    }
    std::sort(order.begin(), order.end(), [](Slots* a, Slots* b) { return a->node->sequence < b->node->sequence; });
    // An edge leads to an older node or to an accumulator, which may be younger but has no edges: mostly one round is
    // enough.
    for (bool changed = true; changed;) {
      changed = false;
      for (Slots* s : order) {
        if (s->needed) continue;
        for (const Edge& e : s->node->next)
          if (e && slots_.at(e.node.get()).needed) {
            s->needed = changed = true;
            break;
          }
      }
    }
  }

  void deliver(const Edge& edge, Tensor grad, bool counted) {
    if (!edge) return;
    Slots& s = slots_.at(edge.node.get());
    size_t width = std::max<size_t>(edge.node->outputs.size(), edge.input + 1);
    if (s.grads.size() < width) s.grads.resize(width);
    if (grad.defined()) {
      Tensor& slot = s.grads[edge.input];
      if (slot.defined())
        slot = sum_of(slot, grad, counted);
      else
        slot = std::move(grad);
    }
    if (counted && --s.waiting == 0) push(s);
  }

  void step(const Ref<Node>& node) {
    Slots& state = slots_.at(node.get());
    if (!state.needed) return skip(*node);
    std::vector<Tensor> grads = std::move(state.grads);
    if (grads.size() < node->outputs.size()) grads.resize(node->outputs.size());
    if (!node->tensor_hooks.empty())
      for (auto& [slot, id, hook] : std::vector(node->tensor_hooks)) {
        if (slot >= grads.size()) continue;
        Tensor replaced = hook(grads[slot]);  // undefined where the pass has brought none
        if (replaced.defined()) grads[slot] = replaced;
      }
    auto wanted = capture_.find(node.get());
    if (wanted != capture_.end()) {
      for (size_t i : wanted->second) {
        uint32_t slot = options_.inputs[i].input;
        if (slot < grads.size()) captured_[i] = grads[slot];
      }
      if (!options_.accumulate && node->accumulates()) {
        run_leaf_hooks(*node, wanted->second);
        return;
      }
    }
    if (node->accumulates() && !options_.accumulate) return;
    if (!node->pre_hooks.empty())
      for (auto& [id, hook] : std::vector(node->pre_hooks)) hook(grads);
    std::vector<Tensor> out;
    {
      bool hooked = !node->post_hooks.empty();
      std::vector<Tensor> seen = hooked ? grads : std::vector<Tensor>();
      bool leaf = node->accumulates();
      if (!(leaf && !options_.inputs.empty() && wanted == capture_.end())) out = node->apply(std::move(grads));
      for (auto& [id, hook] : std::vector(node->post_hooks)) hook(out, seen);
      if (t_state.anomaly && t_anomaly_checks_nan) check_no_nan(*node, out);
    }
    if (!options_.retain_graph) node->release_saved();
    check(out.size() <= node->next.size() || node->accumulates(), ErrorKind::Runtime, node->name(), ": returned ",
          out.size(), " gradients, expected ", node->next.size());
    out.resize(node->next.size());
    for (size_t i = 0; i < node->next.size(); ++i) {
      const Edge& e = node->next[i];
      if (!e) continue;
      Tensor g = std::move(out[i]);
      if (g.defined() && e.input < e.node->outputs.size())
        g = fit(g, e.node->outputs[e.input], *node, static_cast<int>(i));
      deliver(e, std::move(g), true);
    }
  }

  void skip(Node& node) {
    for (const Edge& e : node.next)
      if (e) {
        Slots& s = slots_.at(e.node.get());
        if (--s.waiting == 0) push(s);
      }
  }

  void run_leaf_hooks(Node& node, const std::vector<size_t>& indices) {
    auto& leaf = static_cast<AccumulateGrad&>(node).leaf;
    for (auto& [id, hook] : std::vector(tape(leaf).leaf_hooks))
      for (size_t i : indices)
        if (captured_[i].defined()) {
          Tensor replaced = hook(captured_[i]);
          if (replaced.defined()) captured_[i] = replaced;
        }
  }

  const BackwardOptions& options_;
  Pass* const outer_;
  int64_t steps_ = 0;  // nodes done
  SlotTable slots_;
  std::unordered_map<Node*, std::vector<size_t>> capture_;
  std::priority_queue<Ready> ready_;
  std::vector<Tensor> captured_;
};

}  // namespace

bool in_backward() { return t_depth > 0; }
int64_t current_pass() { return t_pass ? t_pass->number : -1; }
bool pass_reaches(const Node& node) { return t_pass && t_pass->reaches(node); }

void queue_callback(std::function<void()> callback) {
  check(t_callbacks != nullptr, ErrorKind::Runtime, "Final callbacks can only be installed during backward pass.");
  t_callbacks->push_back(std::move(callback));
}

std::vector<Tensor> run_backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& given,
                                 const BackwardOptions& options) {
  std::vector<Tensor> kept_roots, grads;
  for (size_t i = 0; i < roots.size(); ++i) {
    const Tensor& root = roots[i];
    check(root.requires_grad() || grad_fn(root), ErrorKind::Runtime, "element ", i,
          " of tensors does not require grad and does not have a grad_fn");
    Tensor g = i < given.size() ? given[i] : Tensor();
    if (!g.defined()) {
      check(root.numel() == 1, ErrorKind::Runtime, "grad can be implicitly created only for scalar outputs");
      check(!root.is_complex(), ErrorKind::Runtime,
            "grad can be implicitly created only for real scalar outputs but got ", name(root.dtype()));
      static const OpCall ones_like("ones_like");
      GradMode off(false);
      g = ones_like({root, Value(), Value(), Value(), Value(), MemoryFormat::preserve}).tensor();
    } else {
      check(std::ranges::equal(g.sizes(), root.sizes()), ErrorKind::Runtime, "Mismatch in shape: grad_output[", i,
            "] has a shape of torch.Size(", list_text(g.sizes()), ") and output[", i, "] has a shape of torch.Size(",
            list_text(root.sizes()), ").");
      check(g.is_complex() == root.is_complex(), ErrorKind::Runtime,
            "For complex Tensors, both grad_output and output are required to have the "
            "same dtype. Mismatch in dtype: grad_output[",
            i, "] has a dtype of ", name(g.dtype()), " and output[", i, "] has a dtype of ", name(root.dtype()), ".");
    }
    kept_roots.push_back(root);
    grads.push_back(g);
  }
  std::vector<std::function<void()>> callbacks;
  auto* outer = t_callbacks;
  if (t_depth == 0 || !outer) t_callbacks = &callbacks;
  ++t_depth;
  std::vector<Tensor> out;
  try {
    out = Pass(options).run(kept_roots, grads);
    if (t_callbacks == &callbacks)
      for (size_t i = 0; i < callbacks.size(); ++i) {
        auto callback = callbacks[i];  // one may add another
        callback();
      }
  } catch (...) {
    --t_depth;
    t_callbacks = outer;
    throw;
  }
  --t_depth;
  t_callbacks = outer;
  return out;
}

}  // namespace flambeau
