// An operator: what its author writes (OpSpec, one block in src/ops/), and what the library makes of it (Op).
// Everything that knows operators reads this table; nothing else lists their names.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "formula/expr.h"
#include "op/bind.h"
#include "op/dtype_rule.h"
#include "op/form.h"
#include "op/signature.h"

namespace flambeau {

class Op;
struct Call;
class Grad;  // the context of a gradient, see autograd/grad.h

// Where the Python face shows an operator; any combination.
enum Face : uint32_t {
  hidden = 0,
  torch = 1,
  method = 2,
  functional = 4,
  special = 8,
  linalg = 16,
  fft = 32,
  nn_private = 64,
};
constexpr Face operator|(Face a, Face b) {
  return static_cast<Face>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}

// Which further forms exist beside the functional one: name_(self, ...) and name(..., out=...).
enum class Variants : uint8_t { automatic, none, inplace, out, both };

// One argument of a formula: an expression (tensor or number), or an attribute that is part of the program's key.
struct FormulaArg {
  Expr expr;  // null for attributes and absent optionals
  std::string_view text;
  bool flag = false;
};
struct Text {  // a text attribute of a formula: approximate == "tanh"
  std::string_view value;
  friend bool operator==(Text t, std::string_view other) { return t.value == other; }
};

class Formula {
 public:
  enum class Kind : uint8_t { Operand, Flag, Text };
  using Build = std::function<Expr(std::span<const FormulaArg>)>;
  Formula() = default;
  template <class F>
    requires requires(F f) { +f; }
  Formula(F f) {
    bind(+f);
  }
  explicit Formula(Build build) : build_(std::move(build)) {}
  explicit operator bool() const { return static_cast<bool>(build_); }
  Expr operator()(std::span<const FormulaArg> args) const { return build_(args); }
  int arity() const { return arity_; }

 private:
  template <class A>
  static A argument(const FormulaArg& a) {
    if constexpr (std::is_same_v<A, Expr>)
      return a.expr;
    else if constexpr (std::is_same_v<A, bool>)
      return a.flag;
    else if constexpr (std::is_same_v<A, std::optional<Expr>>)
      return a.expr ? std::optional<Expr>(a.expr) : std::nullopt;
    else
      return Text{a.text};
  }
  template <class... A>
  void bind(Expr (*f)(A...)) {
    arity_ = sizeof...(A);
    build_ = [f](std::span<const FormulaArg> args) {
      return [&]<size_t... I>(std::index_sequence<I...>) {
        return f(argument<std::remove_cvref_t<A>>(args[I])...);
      }(std::index_sequence_for<A...>());
    };
  }
  Build build_;
  int arity_ = -1;
};

// What the shape rule says of one result. Without strides it is contiguous; a result may also be absent.
struct ResultSpec {
  Dims sizes;
  DType dtype = DType::float32;
  std::optional<Dims> strides;
  bool absent = false;
};
using ResultSpecs = std::vector<ResultSpec>;
// A shape rule: a lambda over the operator's arguments that checks them and gives ResultSpec or ResultSpecs.
template <>
struct Pack<ResultSpec> {
  using Sink = ResultSpecs;
  static void put(Sink* out, ResultSpec&& r) { out->push_back(std::move(r)); }
};
template <>
struct Pack<ResultSpecs> {
  using Sink = ResultSpecs;
  static void put(Sink* out, ResultSpecs&& r) { *out = std::move(r); }
};
using ShapeRule = BoundTo<ResultSpecs>;
// A view rule gives the new layout over the first argument's storage, or several (split, unbind).
struct ViewResult {
  Layout one;
  std::vector<Layout> several;
};
template <>
struct Pack<Layout> {
  using Sink = ViewResult;
  static void put(Sink* out, Layout&& r) { out->one = std::move(r); }
};
template <>
struct Pack<std::vector<Layout>> {
  using Sink = ViewResult;
  static void put(Sink* out, std::vector<Layout>&& r) { out->several = std::move(r); }
};
using ViewRule = BoundTo<ViewResult>;

// What a kernel asks of tensors given as out=, before anything is written: to be of exactly the results' types, or to
// take the result converted; and to share no element with an argument or within themselves. Where the caller chooses
// the type (a dtype argument, which out= stands for), and for random numbers, any type is taken.
enum class OutRule : uint8_t { same_type, converts, distinct, distinct_converts };

// Which values a gradient needs kept: arguments by name, and results by position.
struct Saves {
  std::vector<const char*> arguments;
  uint32_t results = 0;
  Saves() = default;
  Saves(std::initializer_list<const char*> names) {
    for (const char* n : names) {
      std::string_view text(n);
      if (text == "result" || text == "result0")
        results |= 1;
      else if (text == "result1")
        results |= 2;
      else if (text == "result2")
        results |= 4;
      else if (text == "result3")
        results |= 8;
      else
        arguments.push_back(n);
    }
  }
};

class Gradient {
 public:
  Gradient() = default;
  template <class F>
    requires std::is_invocable_v<F, Grad&>
  Gradient(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F, Grad&>>)
      run_ = [f](Grad& g) {
        f(g);
        return Tensor();
      };
    else
      run_ = [f](Grad& g) { return Tensor(f(g)); };
  }
  explicit operator bool() const { return static_cast<bool>(run_); }
  Tensor operator()(Grad& g) const { return run_(g); }

 private:
  std::function<Tensor(Grad&)> run_;
};

// What an operator does with its floating-point arguments inside an autocast region: takes them all in the lower
// precision (products, convolutions), in float32 (losses, inverses), or in the widest among them. float64 is left
// alone.
enum class Autocast : uint8_t { none, low, high, widest };

inline constexpr Face kDefaultFace = torch | method;

struct OpSpec {
  const char* signature = "";
  Face python = kDefaultFace;
  Variants variants = Variants::automatic;
  const char* doc = "";
  // Pointwise: a formula and its type rule. `derivative` replaces the symbolic one: a lambda (grad, arguments...,
  // result).
  DTypeRule dtype = rule::promote;
  Formula formula;
  Formula derivative;
  Formula inplace_derivative;  // the same from the result alone, for the in-place form; else that keeps a copy of self
  void (*verify)(const Call& call,
                 DType common) = nullptr;  // refuses arguments (a zero divisor) before anything is written
  OutRule out = OutRule::same_type;
  std::vector<double> constants;  // numbers for which the formula is traced anew (an exponent of 2)
  // A view: the layouts of the results over the storage of the first argument.
  ViewRule view;
  Keys toggles = 0;                      // bits of laziness that the view turns over (conj, neg)
  DType (*view_dtype)(DType) = nullptr;  // where the view shows the bytes as another type
  // Composite: written with other operators; differentiable through them.
  Bound composite;
  // Kernel: `shape` checks and describes the results; `cpu` takes the arguments and then the allocated results. Without
  // a shape rule (results whose size depends on data) the kernel returns its results.
  ShapeRule shape;
  Bound cpu;
  const char* starts_from = nullptr;  // the result begins as a copy of this argument, and the kernel updates it
  const char* writes = nullptr;       // the kernel changes this argument and returns it (self of fill_, say)
  Saves saves;
  Gradient gradient;
  const char* not_differentiable = nullptr;  // the reason
  bool any_device = false;  // a kernel that makes its results itself and needs no data for it (factories)
  bool random = false;      // draws from a generator: never cached, never retried
  bool on_values = false;   // of a composite: inside of transforms it runs on the values, not on what stands for them
  bool reads_lazy = false;  // conjugates and negates as it goes (copies): lazy arguments are not resolved first
  bool device_neutral = false;  // the kernel reaches elements only through loops/copy.h: it serves every backend
  Autocast autocast = Autocast::none;
  // The gradient counts as a function of the inputs even where it is linear: under create_graph it requires grad, and
  // its derivative by the inputs is zero, not an error. So are PyTorch's gradients of poolings and normalizations.
  bool gradient_of_inputs = false;
};

class Op {
 public:
  Op(OpSpec spec, bool derived);
  const OpSpec spec;
  Signature signature;
  std::string name;                       // "add.Tensor"
  bool derived = false;                   // made from another operator's formula; not shown
  int tensor_arguments = 0;               // arguments of type Tensor, Tensor? or lists of them
  int first_tensor() const { return 0; }  // formulas have their first tensor first
  bool has_inplace() const;
  bool has_out() const;
  bool pointwise() const { return static_cast<bool>(spec.formula); }
  bool differentiable() const { return !spec.not_differentiable; }
  bool exact_out = false;     // out= has to be of exactly the results' types
  bool distinct_out = false;  // out= may share no element
  int writes = -1, starts_from = -1;
  int device_argument = -1;  // of operators that are given the device by it, having no tensors

  // The derived operator that gives the gradient of argument `wrt`; `saves` tells which of its inputs it really reads.
  // `attributes` are the call's arguments (flags, texts and presence of optionals matter).
  struct Derivative {
    const Op* op = nullptr;  // null: the gradient is zero
    uint32_t arguments = 0;  // bits of the arguments it reads
    bool result = false;
  };
  const Derivative& derivative(int wrt, std::span<const Value> arguments, bool inplace = false) const;
  // Builds the formula with inputs and parameters in place of the arguments.
  Expr build(std::span<const Value> arguments) const;
  // What of the arguments chooses a program: attributes, which optionals are there, which numbers are constants of it.
  uint64_t attribute_key(std::span<const Value> arguments, uint64_t seed) const;
  // Whether a number is a constant of the program: -1 if not, 0 for the argument's default, 1 + i for
  // spec.constants[i].
  int constant_index(const Argument& a, const Value& v) const;
  // The same with other expressions for tensors and for numbers that are not constants, by argument.
  Expr build(std::span<const Value> arguments, const std::function<Expr(int)>& operand) const;

  struct ProgramCache;
  ProgramCache& programs() const;

  // What a room has attached to this operator, or null; see op/form.h.
  template <class F>
  const F* form() const {
    return static_cast<const F*>(forms_[static_cast<int>(F::kind)]);
  }

 private:
  // Read without a lock, like programs: entries are only added at the head.
  struct KnownDerivative {
    uint64_t key;
    Derivative derivative;
    KnownDerivative* next;
  };
  friend class Registry;  // resolves the forms
  const void* forms_[kFormKinds] = {};

  Derivative make_derivative(int wrt, std::span<const Value> arguments, bool inplace) const;

  mutable std::mutex mutex_;
  mutable std::atomic<KnownDerivative*> derivatives_{nullptr};
  mutable std::shared_ptr<ProgramCache> programs_;
  mutable std::atomic<ProgramCache*> shown_programs_{nullptr};
};

class Registry {
 public:
  static Registry& get();
  void add(const OpSpec* spec);  // load time: remembers the pointer
  void add_alias(const char* name, const char* of, Face python);
  const Op& find(std::string_view full_name);  // raises when there is none
  const Op* find_or_null(std::string_view full_name);
  const std::vector<const Op*>& overloads(std::string_view name);
  const std::vector<const Op*>& all();  // in order of name

 private:
  void parse();
  void define_all();
  struct AliasSpec {
    const char *name, *of;
    Face python;
  };
  std::vector<const OpSpec*> specs_;
  std::vector<AliasSpec> aliases_;
  std::map<std::string, const Op*, std::less<>> by_name_;
  std::map<std::string, std::vector<const Op*>, std::less<>> by_overload_;
  std::vector<const Op*> ordered_;
};

struct Registrar {
  Registrar(OpSpec spec) { Registry::get().add(new OpSpec(std::move(spec))); }
};
// A second name for all overloads of an operator: ALIAS(absolute, "abs", torch | method);
struct AliasRegistrar {
  AliasRegistrar(const char* name, const char* of, Face python) { Registry::get().add_alias(name, of, python); }
};
#define ALIAS(name, of, python) static const ::flambeau::AliasRegistrar alias_##name(#name, of, python)
// OP(erfinv) { .signature = "...", ... };   The identifier only has to be unique in its file.
#define OP(identifier) static const ::flambeau::Registrar op_##identifier = ::flambeau::OpSpec

}  // namespace flambeau
