// What the gradient of an operator is written with: the cotangents, the saved values, and the arguments of the call.
#pragma once

#include "autograd/node.h"
#include "core/free_list.h"
#include "op/op.h"

namespace flambeau {

class OpNode final : public Node {
 public:
  explicit OpNode(const Op& op) : op(op) {}
  std::vector<Tensor> apply(std::vector<Tensor> grads) override;
  std::string name() const override;
  void release_saved() override;
  bool keeps_values() const;  // whether backward reads any

  struct Entry {  // a tensor argument, or one item of a list argument
    Dims sizes;
    SavedTensor saved;                           // empty where not kept
    const Op::Derivative* derivative = nullptr;  // of a formula
    int edge = -1;                               // into `next`; -1 where it needs no gradient
    DType dtype = DType::float32;
    Device device;
    bool given = false;
  };
  const Op& op;
  std::vector<Value> arguments;    // numbers, sizes and the like; tensors are left out
  std::vector<Entry> entries;      // all tensor arguments in order
  SmallVector<int32_t, 8> first;   // argument -> its first entry, or -1
  SmallVector<int32_t, 8> counts;  // argument -> how many entries
  std::vector<SavedTensor> results;
  bool released = false;

  static void* operator new(size_t) { return FreeList<sizeof(OpNode)>::take(); }
  static void operator delete(void* p, size_t) { FreeList<sizeof(OpNode)>::give(p); }
};

class Grad {
 public:
  Grad(OpNode& node, std::vector<Tensor>& grads, std::vector<Tensor>& inputs)
      : node_(node), grads_(grads), inputs_(inputs) {}

  // Cotangent of result i; zeros when nothing flowed there.
  Tensor out(int i = 0) const;
  bool has_out(int i) const { return i < static_cast<int>(grads_.size()) && grads_[i].defined(); }
  Tensor arg(std::string_view name) const;  // saved (see .saves); undefined for None
  Tensor arg(std::string_view name, int item) const;
  Tensor self() const { return arg("self"); }
  Tensor result(int i = 0) const;          // saved
  int count(std::string_view name) const;  // tensors in a list argument

  // Always known, saved or not.
  IntSpan sizes(std::string_view name, int item = 0) const;
  int64_t dim(std::string_view name) const { return static_cast<int64_t>(sizes(name).size()); }
  DType dtype(std::string_view name, int item = 0) const;
  Device device(std::string_view name) const;
  bool given(std::string_view name) const;  // the optional argument was there
  const Value& value(std::string_view name) const;
  int64_t integer(std::string_view name) const { return value(name).integer(); }
  double number(std::string_view name) const { return value(name).number(); }
  bool flag(std::string_view name) const { return value(name).boolean(); }
  Scalar scalar(std::string_view name) const { return value(name).scalar(); }
  IntSpan ints(std::string_view name) const { return value(name).is_none() ? IntSpan() : IntSpan(value(name).ints()); }
  std::string_view text(std::string_view name) const { return value(name).text(); }

  // Whether what is computed here may be differentiated in turn: under create_graph, and at a level of transforms or
  // tangents. Where it is not, a fused kernel without a gradient of its own may do.
  bool tracked() const;
  bool wants(std::string_view name, int item = 0) const;
  // Sets the cotangent of an argument; broadcast dimensions and type are brought back to the argument's.
  void set(std::string_view name, Tensor grad, int item = 0);

 private:
  int argument(std::string_view name) const;
  int entry(std::string_view name, int item) const;
  OpNode& node_;
  std::vector<Tensor>& grads_;
  std::vector<Tensor>& inputs_;
};

// The cotangent brought to a broadcast argument's sizes and type: sums what was repeated, drops an imaginary part.
Tensor reduce_to(const Tensor& grad, IntSpan sizes, DType dtype);

}  // namespace flambeau
