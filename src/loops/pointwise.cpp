// Calling a pointwise operator: the common type, the program for it, the result, and the loop.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/fits.h"
#include "core/long_work.h"
#include "loops/program_cache.h"
#include "op/backend.h"
#include "op/call.h"

namespace flambeau {

Op::ProgramCache& Op::programs() const {
  if (auto* made = shown_programs_.load(std::memory_order_acquire)) return *made;
  std::lock_guard lock(mutex_);
  if (!programs_) programs_ = std::make_shared<ProgramCache>();
  shown_programs_.store(programs_.get(), std::memory_order_release);
  return *programs_;
}

namespace {

constexpr int kMaxArguments = 16;

[[noreturn]] void refuse(const Call& call, const char* why, DType dtype) {
  if (call.form == Form::inplace && call.args[0].is_tensor())
    check(can_cast(dtype, call.args[0].tensor_impl()->dtype), ErrorKind::Runtime, call.name(), "_: result type ",
          name(dtype), " can't be cast to the desired output type ", name(call.args[0].tensor_impl()->dtype));
  raise(ErrorKind::NotImplemented, call.name(), ": not implemented for '", name(dtype), "': ", why);
}

DType computation_type(const Call& call, const DTypeRule& rule) {
  using C = DTypeRule::Compute;
  Promotion p;
  DType first = DType::float32, same = DType::float32;
  bool any = false, uniform = true;
  int highest = -1;
  for (int i = 0, n = call.arguments(); i < n; ++i) {
    const Value& v = call.args[i];
    const Argument& a = call.argument(i);
    if ((rule.masks | rule.outside) >> i & 1) {
      if (rule.masks >> i & 1 && v.is_tensor())
        check(v.tensor_impl()->dtype == DType::bool_, ErrorKind::Runtime, call.name(), ": '", a.name,
              "' must be a tensor of type bool, got ", name(v.tensor_impl()->dtype));
      continue;
    }
    if (v.is_tensor()) {
      TensorImpl* t = v.tensor_impl();
      if (!any)
        first = same = t->dtype;
      else
        uniform &= t->dtype == same;
      any = true;
      if (t->wrapped_number) uniform = false;
      p.tensor(t->dtype, t->layout.dim(), t->wrapped_number);
    } else if (v.is_number() && (a.type == ArgType::Tensor || a.type == ArgType::Scalar)) {
      int rank = v.tag() == Tag::Bool ? 0 : v.tag() == Tag::Double ? 2 : v.tag() == Tag::Complex ? 3 : 1;
      highest = std::max(highest, rank);
      p.number(v.scalar());
    }
  }
  int own = is_complex(same) ? 3 : is_floating(same) ? 2 : same == DType::bool_ ? 0 : 1;
  DType common = rule.compute == C::First ? first : any && uniform && highest <= own ? same : p.result();
  switch (rule.compute) {
    case C::FloatLike:
      if (is_integral(common, true)) common = default_dtype();
      break;
    case C::Floating:
      if (is_integral(common, true))
        refuse(call, "only floating-point and complex types; convert with .float()", common);
      break;
    case C::FloatUnlessText: {
      bool text = false;
      for (int i = 0, n = call.arguments(); i < n; ++i) text |= call.args[i].tag() == Tag::Text;
      if (!text && is_integral(common, true)) common = default_dtype();
      break;
    }
    case C::Complex:
      if (is_integral(common, true)) common = default_dtype();
      common = to_complex(common);
      break;
    case C::Double: common = is_complex(common) ? DType::complex128 : DType::float64; break;
    case C::Integral:
      if (!is_integral(common, true)) refuse(call, "only integers and bool", common);
      break;
    case C::Real:
      if (is_complex(common))
        refuse(call, "complex numbers have no order; the nearest alternative is to work on .abs() or .real", common);
      break;
    default: break;
  }
  if (rule.no_bool && common == DType::bool_)
    raise(
        ErrorKind::Runtime, call.name(),
        ": the `-` operator and this function are not supported on a bool tensor. If you are trying to invert a mask, "
        "use the `~` or `logical_not()` operator instead.");
  if (rule.no_complex && is_complex(common)) refuse(call, "not defined for complex numbers", common);
  return common;
}

DType result_type(const DTypeRule& rule, DType common) {
  switch (rule.result) {
    case DTypeRule::Result::Bool: return DType::bool_;
    case DTypeRule::Result::RealPart: return to_real(common);
    case DTypeRule::Result::Complex: return to_complex(common);
    case DTypeRule::Result::Int64: return DType::int64;
    default: return common;
  }
}

uint64_t fold(uint64_t key, uint64_t code) { return (key ^ code) * 1099511628211ull; }

const LoweredProgram& program_for(const Call& call, DType common, DType natural, DType result, const int* operand_of) {
  const Op& op = call.op;
  uint64_t key = fold(fold(1469598103934665603ull, static_cast<uint64_t>(common)), static_cast<uint64_t>(result));
  int n = call.arguments();
  for (int i = 0; i < n; ++i) {
    const Value& v = call.args[i];
    const Argument& a = call.argument(i);
    uint64_t code = 40;
    if (v.is_tensor())
      code = static_cast<uint64_t>(v.tensor_impl()->dtype);
    else if (v.is_none())
      code = 41;
    else if (a.type == ArgType::Bool)
      code = v.boolean() ? 43 : 42;
    else if (v.tag() == Tag::Text)
      code = std::hash<std::string_view>()(v.text()) | 64;
    else if (int constant = op.constant_index(a, v); constant >= 0)
      code = 128 + constant;
    key = fold(key, code);
  }
  auto& cache = op.programs();
  if (const LoweredProgram* found = cache.find(key)) return *found;
  return cache.add(key, [&] {
    ExprScope scope;
    DType types[kMaxArguments] = {};
    int operands[kMaxArguments];
    for (int i = 0; i < n; ++i) {
      operands[i] = operand_of[i];
      if (call.args[i].is_tensor()) types[i] = call.args[i].tensor_impl()->dtype;
    }
    Expr root = op.build(std::span<const Value>(call.args, n));
    check(static_cast<bool>(root), ErrorKind::Runtime, op.name, ": the formula gave nothing");
    if (result != natural && result != DType::bool_) root = formula::round_to(root, natural);
    return compile(root, {std::span<const DType>(types, n), op.spec.dtype.masks, common, result},
                   std::span<const int>(operands, n));
  });
}

// Note: the short way
//   Most calls are plain: tensors of one type and shape, contiguous, on the CPU, perhaps with a number that leaves the
//   type alone. Their key is a few bits, found without looking at rules, promotion or strides; the long way below
//   leaves the program for them. Returns 0 where the call is not of this kind.
uint32_t plain_key(const Call& call, TensorImpl*& lead) {
  int n = call.arguments();
  if (n > 4 || call.form == Form::out) return 0;
  uint32_t code = 1;
  for (int i = 0; i < n; ++i) {
    const Value& v = call.args[i];
    uint32_t kind;
    switch (v.tag()) {
      case Tag::Tensor: {
        TensorImpl* t = v.tensor_impl();
        if (t->keys & ~key::Autograd || t->wrapped_number || !t->layout.contiguous()) return 0;
        if (!lead) {
          lead = t;
        } else if (t->dtype != lead->dtype || !(t->layout.sizes == lead->layout.sizes)) {
          return 0;
        }
        kind = 1;
        break;
      }
      case Tag::Int:
      case Tag::Double: {
        const Argument& a = call.argument(i);
        if (a.type != ArgType::Tensor && a.type != ArgType::Scalar) return 0;
        int constant = call.op.constant_index(a, v);
        if (constant > 0) return 0;
        if (constant == 0)
          kind = 4;
        else
          kind = v.tag() == Tag::Int ? 2 : 3;
        if (!lead || (v.tag() == Tag::Double && is_integral(lead->dtype, true)) || lead->dtype == DType::bool_)
          return 0;
        break;
      }
      default: return 0;
    }
    code = code * 8 + kind;
  }
  if (!lead) return 0;
  // Integers may become the default floating type, which programs change.
  if (is_integral(lead->dtype, true)) code = code * 32 + static_cast<uint32_t>(default_dtype());
  return code * 32 + static_cast<uint32_t>(lead->dtype);
}

// A number that every type holds which the short way leads to: most are.
bool surely_fits(const Value& v) {
  if (v.tag() == Tag::Int) return static_cast<uint64_t>(v.integer()) < 128;
  return std::fabs(v.number()) <= std::numeric_limits<float>::max();
}

bool run_plain(Call& call, uint32_t key, TensorImpl* lead) {
  const auto* quick = call.op.programs().find_quick(key);
  if (!quick) return false;
  int64_t numel = lead->layout.numel();
  if (numel > 1024 || t_state.inference) return false;
  if (call.op.spec.verify) call.op.spec.verify(call, lead->dtype);
  Tensor out;
  if (call.form == Form::inplace) {
    if (call.args[0].tensor_impl() != lead || quick->result != lead->dtype || lead->inference) return false;
    out = call.tensor(0);
  } else {
    out = Tensor(make<TensorImpl>(make<Storage>(numel * itemsize(quick->result), lead->device), lead->layout,
                                  quick->result, lead->device));
    out.impl()->layout.offset = 0;
  }
  char* operands[5];
  Scalar numbers[4];
  auto address = [](TensorImpl* t) {
    return static_cast<char*>(t->storage->data()) + t->layout.offset * static_cast<int64_t>(itemsize(t->dtype));
  };
  operands[0] = address(out.impl());
  int count = 0;
  for (int i = 0, n = call.arguments(); i < n; ++i) {
    const Value& v = call.args[i];
    if (v.is_tensor()) {
      TensorImpl* t = v.tensor_impl();
      if (call.form == Form::inplace && i > 0) check_no_partial_overlap(call.name(), out, v.tensor());
      operands[++count] = address(t);
    } else {
      numbers[i] = v.scalar();
      if (call.argument(i).type == ArgType::Scalar && !surely_fits(v) && !fits(numbers[i], lead->dtype)) return false;
    }
  }
  if (numel) quick->program->run_flat(numel, operands, numbers);
  if (call.form == Form::inplace) bump_version(out);
  call.results[0] = std::move(out);
  return true;
}

// On another device. Tensors of the host among the arguments have no dimensions and stand for numbers: they go over
// first.
void run_on_backend(const Call& call, const Program& program, const Tensor& out, std::span<TensorImpl* const> inputs,
                    std::span<const Scalar> numbers) {
  Device device = out.device();
  Backend& to = backend(device.type);
  std::vector<Tensor> kept;
  Iterator::Operand operands[Iterator::kMaxOperands];
  operands[0] = {static_cast<char*>(out.device_data()), &out.layout(), out.itemsize()};
  for (size_t i = 0; i < inputs.size(); ++i) {
    Tensor t(Ref<TensorImpl>::share(inputs[i]));
    if (!(t.device() == device)) {
      Tensor moved = empty({}, t.dtype(), device);
      to.upload(moved.device_data(), t.data(), t.itemsize(), device);
      t = moved;
    }
    operands[i + 1] = {static_cast<char*>(t.device_data()), &t.layout(), t.itemsize()};
    kept.push_back(std::move(t));
  }
  to.run_program(call.name(), program,
                 Iterator(std::span<const Iterator::Operand>(operands, inputs.size() + 1), out.sizes()), numbers,
                 device);
}

}  // namespace

DType computation_type(const Call& call) { return computation_type(call, call.op.spec.dtype); }

void run_pointwise(Call& call) {
  TensorImpl* plain = nullptr;
  uint32_t quick_key = plain_key(call, plain);
  if (quick_key && run_plain(call, quick_key, plain)) return;
  const Op& op = call.op;
  const DTypeRule& rule = op.spec.dtype;
  int n = call.arguments();
  check(n <= kMaxArguments, ErrorKind::Runtime, call.name(), ": too many arguments");
  TensorImpl* inputs[Iterator::kMaxOperands];
  int operand_of[kMaxArguments];
  int count = 0;
  bool same_shape = true, contiguous = true;
  TensorImpl* lead = nullptr;
  bool meta = false;
  for (int i = 0; i < n; ++i) {
    operand_of[i] = 0;
    if (!call.args[i].is_tensor()) continue;
    TensorImpl* t = call.args[i].tensor_impl();
    inputs[count] = t;
    operand_of[i] = ++count;
    meta |= t->device.type == DeviceType::meta;
    if (!lead) {
      lead = t;
    } else {
      same_shape = same_shape && t->layout.sizes == lead->layout.sizes;
      if (!(t->device == lead->device)) {
        if (lead->layout.dim() == 0 && lead->device.type == DeviceType::cpu)
          lead = t;
        else if (t->layout.dim() > 0 || t->device.type != DeviceType::cpu)
          check_same_device(call.name(), lead->device, t->device);
      }
    }
    contiguous = contiguous && t->layout.contiguous();
  }
  // All arguments are numbers (add(2, 3)): the first becomes a tensor.
  if (!lead) {
    check(call.args[0].is_number(), ErrorKind::Type, call.name(), ": needs a tensor among its arguments");
    Scalar number = call.args[0].scalar();
    Tensor t = empty({}, number.natural_dtype(default_dtype()));
    static const OpCall fill("fill_.Scalar");
    fill({t, number});
    t.impl()->wrapped_number = true;
    std::vector<Value> args(call.args, call.args + n);
    args[0] = t;
    Call inner{op, args.data(), call.form, std::move(call.results)};
    run_pointwise(inner);
    call.results = std::move(inner.results);
    return;
  }
  DType common = computation_type(call, rule);
  DType natural = result_type(rule, common);
  if (op.spec.verify) op.spec.verify(call, common);
  // A number is converted to the type of the computation. One that stands for a tensor wraps around as that would.
  for (int i = 0; i < n; ++i)
    if (call.argument(i).type == ArgType::Scalar && call.args[i].is_number())
      check_fits(call.name(), call.args[i].scalar(), common);

  Tensor given = call.form == Form::inplace ? call.tensor(0)
                 : call.form == Form::out   ? call.results[0].tensor()
                                            : Tensor();
  Dims broadcast;
  const Dims* sizes = &lead->layout.sizes;
  if (!same_shape) {
    broadcast = inputs[0]->layout.sizes;
    for (int i = 1; i < count; ++i) broadcast = broadcast_sizes(call.name(), broadcast, inputs[i]->layout.sizes);
    sizes = &broadcast;
  }
  Tensor out;
  if (given.defined()) {
    check(can_cast(natural, given.dtype()), ErrorKind::Runtime, call.name(), call.form == Form::inplace ? "_" : "",
          ": result type ", name(natural), " can't be cast to the desired output type ", name(given.dtype()));
    check_not_inference(call.name(), given);
    if (call.form == Form::inplace)
      check(std::ranges::equal(given.sizes(), *sizes), ErrorKind::Runtime, call.name(), "_: output with shape ",
            list_text(given.sizes()), " doesn't match the broadcast shape ", list_text(*sizes));
    else
      check_same_device(call.name(), given.device(), lead->device);
    check_no_internal_overlap(call.name(), given);
    for (int i = 0; i < count; ++i)
      check_no_partial_overlap(call.name(), given, Tensor(Ref<TensorImpl>::share(inputs[i])));
    if (call.form == Form::out && !std::ranges::equal(given.sizes(), *sizes)) {  // sized anew, as a fresh result is
      resize_output(call.name(), given, *sizes);
      const Layout* layouts[Iterator::kMaxOperands];
      for (int i = 0; i < count; ++i) layouts[i] = &inputs[i]->layout;
      given.impl()->layout.strides = result_strides(*sizes, std::span<const Layout* const>(layouts, count));
    }
    out = given;
    contiguous = contiguous && out.is_contiguous();
  } else if (contiguous && same_shape) {
    out = empty(*sizes, natural, lead->device);
  } else {
    const Layout* layouts[Iterator::kMaxOperands];
    for (int i = 0; i < count; ++i) layouts[i] = &inputs[i]->layout;
    out = empty_strided(*sizes, result_strides(*sizes, std::span<const Layout* const>(layouts, count)), natural,
                        lead->device);
  }
  if (t_state.inference && !given.defined()) out.impl()->inference = true;

  const LoweredProgram& program = program_for(call, common, natural, out.dtype(), operand_of);
  if (quick_key && out.dtype() == natural) op.programs().set_quick(quick_key, natural, &program.cpu);
  int64_t numel = out.numel();
  if (!meta && numel) {
    Scalar params[kMaxArguments];
    for (int i = 0; i < n; ++i)
      if (call.args[i].is_number()) params[i] = call.args[i].scalar();
    std::span<const Scalar> numbers(params, n);
    auto address = [](TensorImpl* t) {
      return static_cast<char*>(t->storage->data()) + t->layout.offset * static_cast<int64_t>(itemsize(t->dtype));
    };
    if (__builtin_expect(lead->device.type != DeviceType::cpu, 0)) {
      run_on_backend(call, program.program, out, std::span<TensorImpl* const>(inputs, count), numbers);
    } else if (contiguous && same_shape && numel <= 1024) {
      char* operands[Iterator::kMaxOperands + 1];
      operands[0] = address(out.impl());
      for (int i = 0; i < count; ++i) operands[i + 1] = address(inputs[i]);
      program.cpu.run_flat(numel, operands, numbers);
    } else {
      Iterator::Operand operands[Iterator::kMaxOperands + 1];
      operands[0] = {address(out.impl()), &out.layout(), out.itemsize()};
      for (int i = 0; i < count; ++i)
        operands[i + 1] = {address(inputs[i]), &inputs[i]->layout, itemsize(inputs[i]->dtype)};
      LongWork work(numel * static_cast<int64_t>(1 + program.program.steps.size()) / 2);
      program.cpu.run_all(Iterator(std::span<const Iterator::Operand>(operands, count + 1), *sizes), numbers);
    }
  }
  if (given.defined()) bump_version(given);
  call.results[0] = std::move(out);
}

}  // namespace flambeau
