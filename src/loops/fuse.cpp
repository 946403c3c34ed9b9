// Recording a chain and joining its formulas.
#include "loops/fuse.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/long_work.h"
#include "loops/cpu_program.h"
#include "op/backend.h"

namespace flambeau {

ChainRecorder::ChainRecorder() : outer_(t_state.recorder), before_(t_state.included) {
  t_state.recorder = this;
  t_state.included |= key::Record;
}
ChainRecorder::~ChainRecorder() {
  t_state.recorder = outer_;
  t_state.included = before_;
}

Tensor ChainRecorder::input(const Tensor& real) {
  Tensor stand_in = empty_strided(Dims(real.sizes()), Dims(real.strides()), real.dtype(), Device{DeviceType::meta});
  stand_in.impl()->wrapped_number = real.impl()->wrapped_number;
  chain_.inputs.push_back(stand_in);
  return stand_in;
}

void ChainRecorder::run(Call& call) {
  const Op& op = call.op;
  check(op.pointwise(), ErrorKind::NotImplemented, call.name(), ": '", op.name,
        "' is not pointwise and cannot be fused; the nearest alternative is to ",
        "call it outside of the fused function");
  check(call.form == Form::functional, ErrorKind::NotImplemented, call.name(),
        ": in-place and out= forms cannot be fused; the nearest alternative is the "
        "form that gives a new tensor");
  ChainStep step;
  step.op = &op;
  for (int i = 0; i < call.arguments(); ++i) {
    const Value& v = call.args[i];
    int source = ChainStep::kNumber;
    if (v.is_tensor()) {
      for (size_t k = 0; k < results_.size(); ++k)
        if (results_[k].impl() == v.tensor_impl()) source = ~static_cast<int>(k);
      for (size_t k = 0; k < chain_.inputs.size(); ++k)
        if (chain_.inputs[k].impl() == v.tensor_impl()) source = static_cast<int>(k);
      check(source != ChainStep::kNumber, ErrorKind::NotImplemented, call.name(),
            ": a tensor from outside the fused function (", describe(v.tensor()),
            "); the nearest alternative is to pass it as an argument");
    }
    step.arguments.push_back(v.is_tensor() ? Value(v.tensor()) : v);
    step.sources.push_back(source);
  }
  struct Paused {
    Paused() { t_state.included &= ~key::Record; }
    ~Paused() { t_state.included |= key::Record; }
  };
  {
    Paused paused;
    run_backend(call);  // on tensors without data: checks, sizes and types
    step.common = computation_type(call);
  }
  Tensor result = call.results[0].tensor();
  step.result = result.dtype();
  results_.push_back(result);
  chain_.steps.push_back(std::move(step));
}

Chain ChainRecorder::finish(const Tensor& result) {
  int last = -1;
  for (size_t k = 0; k < results_.size(); ++k)
    if (results_[k].is(result)) last = static_cast<int>(k);
  bool known = last >= 0;
  for (const Tensor& t : chain_.inputs) known |= t.is(result);
  check(known, ErrorKind::NotImplemented,
        "fuse: the function has to return a tensor that it computed from its arguments");
  // Steps that the result does not need would only cost time and operands; an input no step reads is no operand.
  int n = static_cast<int>(chain_.steps.size());
  std::vector<bool> needed(n, false), read(chain_.inputs.size(), false);
  if (last >= 0) needed[last] = true;
  for (int k = last; k >= 0; --k) {
    if (!needed[k]) continue;
    for (int s : chain_.steps[k].sources)
      if (s < 0)
        needed[~s] = true;
      else if (s != ChainStep::kNumber)
        read[s] = true;
  }
  std::vector<int> place(n, -1);
  Chain out;
  out.inputs = chain_.inputs;
  for (int k = 0; k <= last; ++k) {
    if (!needed[k]) continue;
    place[k] = static_cast<int>(out.steps.size());
    out.steps.push_back(std::move(chain_.steps[k]));
    for (int& s : out.steps.back().sources)
      if (s < 0) s = ~place[~s];
  }
  for (size_t i = 0; i < read.size(); ++i)
    if (!read[i] && last >= 0) out.inputs[i] = Tensor();
  return out;
}

// A number that the operator takes as a parameter of its program: not one at its default, which is a constant there.
static bool is_parameter(const ChainStep& step, int i) {
  const Argument& a = step.op->signature.arguments[i];
  const Value& v = step.arguments[i];
  return v.is_number() && a.type != ArgType::Bool && a.type != ArgType::Text && step.op->constant_index(a, v) < 0;
}

std::vector<Scalar> Chain::numbers() const {
  std::vector<Scalar> out;
  for (const ChainStep& s : steps)
    for (size_t i = 0; i < s.arguments.size(); ++i)
      if (is_parameter(s, static_cast<int>(i))) out.push_back(s.arguments[i].scalar());
  return out;
}

std::string Chain::key() const {
  std::string key;
  for (const Tensor& t : inputs) key += t.defined() ? static_cast<char>('a' + static_cast<int>(t.dtype())) : '-';
  for (const ChainStep& s : steps) {
    key += "|" + s.op->name + (s.op->derived ? "@" + std::to_string(reinterpret_cast<uintptr_t>(s.op)) : "") + ":" +
           std::to_string(s.op->attribute_key(s.arguments, 0)) + static_cast<char>('a' + static_cast<int>(s.common)) +
           static_cast<char>('a' + static_cast<int>(s.result));
    for (int source : s.sources) key += "," + std::to_string(source);
  }
  return key;
}

static std::unique_ptr<LoweredProgram> join(const Chain& chain) {
  DType common = chain.steps[0].common;
  uint32_t masks = 0, values = 0;  // inputs read as conditions, as values
  for (const ChainStep& s : chain.steps) {
    bool to_mask = s.result == DType::bool_;
    if (s.common != common || (s.result != common && !to_mask)) return nullptr;
    for (size_t i = 0; i < s.sources.size(); ++i)
      if (s.sources[i] >= 0 && s.sources[i] != ChainStep::kNumber)
        (s.op->spec.dtype.masks >> i & 1 ? masks : values) |= 1u << s.sources[i];
  }
  if (masks & values) return nullptr;
  ExprScope scope;
  std::vector<DType> types;
  std::vector<int> operands;
  int count = 0;
  for (const Tensor& t : chain.inputs) {
    types.push_back(t.defined() ? t.dtype() : common);
    operands.push_back(t.defined() ? ++count : 0);
  }
  if (count + 1 > Iterator::kMaxOperands) return nullptr;
  std::vector<Expr> results;
  int parameter = 0;
  for (const ChainStep& s : chain.steps) {
    // Parameters are numbered in the order of the arguments, whatever order the formula asks in.
    std::vector<int> number(s.arguments.size(), 0);
    for (size_t i = 0; i < s.arguments.size(); ++i)
      if (is_parameter(s, static_cast<int>(i))) number[i] = parameter++;
    Expr e = s.op->build(s.arguments, [&](int i) {
      int source = s.sources[i];
      return source == ChainStep::kNumber ? Expr::param(number[i])
             : source < 0                 ? results[~source]
                                          : Expr::input(source);
    });
    // A condition is a condition and stays one; a value takes the precision that it would have in memory.
    results.push_back(formula::round_to(e, s.result));
  }
  DType result = chain.steps.back().result;
  Expr root = result == DType::bool_ || result == common ? Expr(results.back().node()->args[0]) : results.back();
  return std::make_unique<LoweredProgram>(compile(root, {types, masks, common, result}, operands));
}

const LoweredProgram* Chain::program() const {
  static std::mutex mutex;
  static auto* known = new std::map<std::string, std::unique_ptr<LoweredProgram>>;
  if (steps.empty()) return nullptr;
  std::string k = key();
  std::lock_guard lock(mutex);
  auto found = known->find(k);
  if (found == known->end()) found = known->emplace(std::move(k), join(*this)).first;
  return found->second.get();
}

Tensor Chain::run(const LoweredProgram& program, std::span<const Tensor> with, IntSpan sizes) const {
  std::vector<const Layout*> layouts;
  std::vector<Tensor> read;
  for (size_t i = 0; i < with.size(); ++i) {
    if (!inputs[i].defined()) continue;
    read.push_back(with[i]);
  }
  for (const Tensor& t : read) layouts.push_back(&t.layout());
  Device device = read.empty() ? Device{} : read[0].device();
  for (const Tensor& t : read)
    if (t.dim() > 0) device = t.device();
  Tensor out = empty_strided(Dims(sizes), result_strides(sizes, layouts), program.program.store.dtype, device);
  if (out.numel() == 0) return out;
  Iterator::Operand operands[Iterator::kMaxOperands];
  operands[0] = {static_cast<char*>(out.device_data()), &out.layout(), out.itemsize()};
  for (size_t i = 0; i < read.size(); ++i)
    operands[i + 1] = {static_cast<char*>(read[i].device_data()), &read[i].layout(), read[i].itemsize()};
  Iterator over(std::span<const Iterator::Operand>(operands, read.size() + 1), sizes);
  std::vector<Scalar> parameters = numbers();
  if (device.type != DeviceType::cpu) {
    for (const Tensor& t : read) check_same_device("fuse", device, t.device());
    backend(device.type).run_program("fused", program.program, over, parameters, device);
    return out;
  }
  LongWork work(out.numel() * static_cast<int64_t>(1 + program.program.steps.size()) / 2);
  program.cpu.run_all(over, parameters);
  return out;
}

}  // namespace flambeau
