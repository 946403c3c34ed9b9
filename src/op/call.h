// The call path: from an operator and its arguments through the layers (composites, autograd, conjugation, …) to the
// kernel of the device.
#pragma once

#include <array>

#include "op/op.h"

namespace flambeau {

enum class Form : uint8_t { functional, inplace, out };

struct Call {
  static constexpr int kMaxArguments = 24, kMaxResults = 6;
  const Op& op;
  Value* args;  // one for each argument of the signature
  Form form = Form::functional;
  std::array<Value, kMaxResults> results{};  // for Form::out: the given tensors on entry

  Tensor tensor(int i) const { return args[i].tensor(); }
  const Argument& argument(int i) const { return op.signature.arguments[i]; }
  int arguments() const { return static_cast<int>(op.signature.arguments.size()); }
  const char* name() const { return op.signature.name.c_str(); }
};

class Level;  // see op/level.h

// Sees the calls of its thread below autograd, in place of the backend (key::Record): it may run them or only note
// them.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void run(Call& call) = 0;
};

// What a thread has switched on or off.
struct ThreadState {
  Keys included = 0, excluded = 0;
  bool grad_enabled = true;
  bool inference = false;
  bool anomaly = false;
  Recorder* recorder = nullptr;
  Level* level = nullptr;   // the innermost transform at work, see op/level.h
  uint64_t dual_level = 0;  // the open level of forward-mode derivatives outside of transforms, see autograd/forward.h
  int streams[kDeviceTypes] = {};  // the current stream of each kind of device, see op/backend.h
};
extern constinit thread_local ThreadState t_state;  // constinit: read without asking whether it is made

struct GradMode {  // restores on exit
  explicit GradMode(bool enabled) : before_(t_state.grad_enabled) { t_state.grad_enabled = enabled; }
  ~GradMode() { t_state.grad_enabled = before_; }
  GradMode(const GradMode&) = delete;
  bool before_;
};

void run(Call& call);          // the whole path
void run_backend(Call& call);  // from below autograd: shapes, allocation, kernel, version counters
void run_pointwise(Call& call);
DType computation_type(const Call& call);  // in which a pointwise operator would compute with these arguments
void run_kernel(Call& call);
void run_view(Call& call);
void bump_version(const Tensor& t);
void check_not_inference(const char* op, const Tensor& t);
// Replaces the storage, layout of `target` so that it has these sizes; keeps identity (out= of another shape).
void resize_output(const char* op, const Tensor& target, IntSpan sizes);
// PyTorch's rules for memory that is written: no element twice, no partial overlap with an input.
void check_no_internal_overlap(const char* op, const Tensor& written);
void check_no_partial_overlap(const char* op, const Tensor& written, const Tensor& read);
void check_same_device(const char* op, Device a, Device b);
// Applies `visit` to each tensor among the arguments, those in lists included.
template <class Visit>
void for_each_tensor(const Call& call, Visit&& visit) {
  for (int i = 0, n = call.arguments(); i < n; ++i) {
    const Value& v = call.args[i];
    if (v.is_tensor())
      visit(v.tensor_impl());
    else if (v.is_tensors())
      for (const Tensor& t : v.tensors())
        if (t.defined()) visit(t.impl());
  }
}

// A handle for calling an operator from C++ by name: static const OpCall op("sum.dim_IntList"); op({x, dims, true}).
class OpCall {
 public:
  explicit OpCall(const char* full_name, Form form = Form::functional) : name_(full_name), form_(form) {}
  // Missing trailing arguments take their defaults.
  Value operator()(std::initializer_list<Value> args) const;
  std::vector<Value> all(std::initializer_list<Value> args) const;  // every result
  const Op& op() const;

 private:
  const char* name_;
  Form form_;
  mutable const Op* op_ = nullptr;
};

}  // namespace flambeau
