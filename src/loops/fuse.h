// Chains of pointwise operators as one tile program. What a chain computes is recorded from calls, on tensors without
// data; its formulas are joined with the rounding of each operator's result between them, so the bits are those of the
// single operators.
#pragma once

#include <memory>
#include <vector>

#include "op/call.h"

namespace flambeau {

struct LoweredProgram;

// One operator of a chain: its arguments, with tensors named by where they come from.
struct ChainStep {
  const Op* op;
  std::vector<Value> arguments;  // tensors as recorded (without data)
  std::vector<int> sources;      // by argument: i >= 0 input i, ~k result of step k, kNumber otherwise
  DType common, result;          // the type of the computation, of the result
  static constexpr int kNumber = 1 << 20;
};

class Chain {
 public:
  std::vector<Tensor> inputs;  // as recorded
  std::vector<ChainStep> steps;
  std::vector<Scalar> numbers() const;  // parameters of the program, in its order

  // The one program of the last step's result, from a cache by operators, types and wiring (never by numbers or sizes);
  // null where the chain does not fit one: operators compute in different types, or there are too many inputs.
  const LoweredProgram* program() const;
  // Runs it over tensors with the inputs' types, broadcast to `sizes`.
  Tensor run(const LoweredProgram& program, std::span<const Tensor> with, IntSpan sizes) const;

 private:
  std::string key() const;
};

// Notes the calls of its thread while it lives. Tensors on `meta` that stand for the inputs go in by input().
class ChainRecorder final : public Recorder {
 public:
  ChainRecorder();
  ~ChainRecorder() override;
  Tensor input(const Tensor& real);  // the stand-in for it
  void run(Call& call) override;     // raises NotImplementedError for what is not pointwise
  // The chain that ends in `result`, without steps that it does not need; it may be an input itself (no steps).
  Chain finish(const Tensor& result);

 private:
  Chain chain_;
  std::vector<Tensor> results_;  // by step
  Recorder* outer_;
  Keys before_;
};

}  // namespace flambeau
