// The tape: nodes with edges to the nodes of their inputs, and what a tensor knows about the tape.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "op/value.h"

namespace flambeau {

class Node;

struct Edge {
  Ref<Node> node;
  uint32_t input = 0;  // which of the node's outputs in the forward direction: the cotangent's slot
  explicit operator bool() const { return static_cast<bool>(node); }
};

// What a node has to know of a forward result to check and fill in cotangents.
struct OutputMeta {
  Dims sizes;
  DType dtype = DType::float32;
  Device device;
};

// A function on a tensor's cotangent; gives a replacement or an undefined tensor for "unchanged".
using TensorHook = std::function<Tensor(const Tensor&)>;
using NodeHook = std::function<void(std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs)>;
using NodePreHook = std::function<void(std::vector<Tensor>& inputs)>;

class Node : public RefCounted {
 public:
  Node();
  ~Node() override;

  // Cotangents of the forward results -> cotangents of the forward inputs, one for each edge (undefined means zero).
  virtual std::vector<Tensor> apply(std::vector<Tensor> grads) = 0;
  virtual std::string name() const = 0;
  virtual void release_saved() {}
  virtual bool accumulates() const { return false; }

  const uint64_t sequence;
  std::vector<Edge> next;
  std::vector<OutputMeta> outputs;
  // Hooks on the cotangent of one forward result (Tensor.register_hook, retain_grad), by slot.
  std::vector<std::tuple<uint32_t, int64_t, TensorHook>> tensor_hooks;
  std::vector<std::pair<int64_t, NodePreHook>> pre_hooks;
  std::vector<std::pair<int64_t, NodeHook>> post_hooks;
  void* python = nullptr;  // borrowed: the Python object showing this node, if there is one

 protected:
  void destroy() const override;  // iterative: a chain of a million nodes must not overflow the stack
};

// The tape's state of one tensor.
class TapeState final : public AutogradState {
 public:
  ~TapeState() override;
  bool is_leaf() const override { return !grad_fn; }
  static void* operator new(size_t size);
  static void operator delete(void* p, size_t size);
  Tensor grad;
  Tensor tangent;              // see autograd/forward.h
  uint64_t tangent_level = 0;  // whose tangent it is
  Ref<Node> grad_fn;
  uint32_t output = 0;         // which result of grad_fn
  bool requires_grad = false;  // as a leaf
  bool retains_grad = false;
  Node* accumulator = nullptr;  // weak: lives as long as a graph needs it
  uint32_t view_version = 0;    // of a view: the version its grad_fn was made at
  std::vector<std::pair<int64_t, TensorHook>> leaf_hooks;
  std::vector<std::pair<int64_t, std::function<void(const Tensor&)>>> accumulated_hooks;
};

TapeState& tape(const Tensor& t);  // makes it on need
TapeState* tape_or_null(const Tensor& t);
void set_requires_grad(const Tensor& t, bool value);
Ref<Node> grad_fn(const Tensor& t);   // null for leaves; brings a view's up to date after in-place changes
Edge gradient_edge(const Tensor& t);  // grad_fn and slot, or the accumulator of a leaf
void set_history(const Tensor& t, Ref<Node> node, uint32_t output);
bool is_leaf(const Tensor& t);
Tensor detach(const Tensor& t);  // shares storage and version counter
int64_t next_hook_id();

// A value kept for backward, with the version it had.
class SavedTensor {
 public:
  SavedTensor() = default;
  // `owner`: the node whose own result this is (its history is put back on unpacking, not kept: that would be a cycle).
  SavedTensor(const Tensor& t, bool is_result, uint32_t slot = 0);
  Tensor unpack(const char* op, const Ref<Node>& owner) const;
  bool defined() const { return static_cast<bool>(kept_); }
  void reset();
  void take_tangent(const Tensor& tangent) const;  // of the innermost level, for the value that is kept

  // Packing hooks (saved_tensors_hooks), installed by the Python face for the thread.
  struct PackHooks {
    virtual ~PackHooks() = default;
    virtual std::shared_ptr<void> pack(const Tensor& t) = 0;
    virtual Tensor unpack(const std::shared_ptr<void>& packed) = 0;
  };
  static inline thread_local std::vector<std::shared_ptr<PackHooks>>* hooks = nullptr;

 private:
  Tensor kept_;  // without history, unless it is a leaf
  Edge edge_;    // the history of a non-leaf
  uint32_t version_ = 0;
  uint32_t slot_ = 0;
  bool is_result_ = false, is_leaf_ = false, requires_grad_ = false;
  std::shared_ptr<PackHooks> packer_;
  std::shared_ptr<void> packed_;
};

// Accumulates into a leaf's .grad.
class AccumulateGrad final : public Node {
 public:
  explicit AccumulateGrad(Tensor leaf);
  ~AccumulateGrad() override;
  std::vector<Tensor> apply(std::vector<Tensor> grads) override;
  static void* operator new(size_t size);
  static void operator delete(void* p, size_t size);
  std::string name() const override { return "AccumulateGrad"; }
  bool accumulates() const override { return true; }
  Tensor leaf;

 protected:
  void destroy() const override;
};

struct BackwardOptions {
  bool retain_graph = false;
  bool create_graph = false;
  bool accumulate = true;  // into leaves; otherwise only the cotangents of `inputs` are returned
  bool allow_unused = false;
  std::vector<Edge> inputs;           // empty: all leaves
  std::vector<Tensor> input_tensors;  // for accumulate with explicit inputs
};
// Runs the tape from the roots with their cotangents. Returns the cotangents of options.inputs.
std::vector<Tensor> run_backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& grads,
                                 const BackwardOptions& options);
// Called at the end of the running backward pass.
void queue_callback(std::function<void()> callback);
bool in_backward();

}  // namespace flambeau
