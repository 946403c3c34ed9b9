// Operators over lists of tensors (_foreach_*): each is made from the operator of the same name, called for one entry
// after the other. Nothing is repeated per operator: the table at the end names them and the forms they have.
#include <cstring>
#include <deque>

#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// How the arguments of one call are picked from those of the list form: from lists the entry, the rest as it is.
struct ForEach {
  std::string base;  // full name of the operator for one entry
  bool inplace = false;
  int arguments = 0;  // of the list form
  int passed = 0;     // how many of them go to the operator; the rest is for the list form alone
  const Op* op = nullptr;
};

Value entry(const Value& v, size_t i, const std::string& name, size_t count) {
  auto fits = [&](size_t n) {
    check(n == count, ErrorKind::Runtime, name, ": Tensor lists must have the same number of tensors, got ", count,
          " and ", n);
  };
  switch (v.tag()) {
    case Tag::Tensors: fits(v.tensors().size()); return v.tensors()[i];
    case Tag::Scalars: fits(v.scalars().size()); return v.scalars()[i];
    case Tag::Doubles: fits(v.doubles().size()); return v.doubles()[i];
    case Tag::Ints: fits(v.ints().size()); return v.ints()[i];
    default: return v;
  }
}

void call_for_each(void (*raw)(), const Value* args, Value* results) {
  auto& plan = *const_cast<ForEach*>(reinterpret_cast<const ForEach*>(reinterpret_cast<const void*>(raw)));
  if (!plan.op) plan.op = &Registry::get().find(plan.base);
  const Op& op = *plan.op;
  size_t count = 0;
  bool any = false;
  for (int a = 0; a < plan.passed && !any; ++a)
    if (args[a].is_tensors()) {
      count = args[a].tensors().size();
      any = true;
    }
  check(count > 0, ErrorKind::Runtime, "_foreach_", op.signature.name, ": Tensor list must have at least one tensor.");
  size_t takes = op.signature.arguments.size();
  std::vector<Tensor> made;
  if (!plan.inplace) made.reserve(count);
  constexpr size_t kMost = 24;
  for (size_t i = 0; i < count; ++i) {
    Value one[kMost];
    for (size_t a = 0; a < takes; ++a)
      one[a] = a < static_cast<size_t>(plan.passed) ? entry(args[a], i, op.signature.name, count)
                                                    : op.signature.arguments[a].fallback;
    Call call{op, one, plan.inplace && op.writes < 0 ? Form::inplace : Form::functional};
    run(call);
    if (!plan.inplace) made.push_back(call.results[0].tensor());
  }
  if (!plan.inplace) results[0] = Value(std::move(made));
}

// One form of one operator: "List(Tensor[] self, Tensor[] other, *, Scalar alpha=1)" and what it calls.
void define(const std::string& name, const std::string& form, const std::string& arguments, int passed,
            const std::string& base, bool inplace) {
  static std::deque<ForEach> plans;
  static std::deque<std::string> texts;
  std::string rest = arguments;
  if (inplace) rest.replace(rest.find("Tensor[]"), 8, "Tensor(a!)[]");
  texts.push_back("_foreach_" + name + (inplace ? "_" : "") + form + "(" + rest + ") -> " +
                  (inplace ? "()" : "Tensor[]"));
  int count = 1;
  for (size_t at = rest.find(", "); at != std::string::npos; at = rest.find(", ", at + 2)) ++count;
  if (rest.find("*, ") != std::string::npos) --count;
  plans.push_back({base, inplace, count, passed < 0 ? count : passed});
  OpSpec spec;
  spec.signature = texts.back().c_str();
  spec.python = torch;
  texts.push_back("``" + base + "`` of every tensor of a list" + (inplace ? ", in place." : "."));
  spec.doc = texts.back().c_str();
  spec.composite = Bound::with_context(call_for_each, &plans.back(), count);
  Registry::get().add(new OpSpec(std::move(spec)));
}

const bool registered = [] {
  auto both = [](const char* name, const std::string& form, const std::string& arguments, const std::string& base,
                 int passed = -1) {
    define(name, form, arguments, passed, base, false);
    define(name, form, arguments, passed, base, true);
  };
  for (const char* name :
       {"abs",   "acos",  "asin",    "atan",   "ceil", "cos",   "cosh",  "erf",  "erfc", "exp",
        "expm1", "floor", "frac",    "lgamma", "log",  "log10", "log1p", "log2", "neg",  "reciprocal",
        "round", "rsqrt", "sigmoid", "sign",   "sin",  "sinh",  "sqrt",  "tan",  "tanh", "trunc"})
    both(name, "", "Tensor[] self", name);
  for (const char* name : {"add", "sub"}) {
    both(name, ".List", "Tensor[] self, Tensor[] other, *, Scalar alpha=1", std::string(name) + ".Tensor");
  }
  for (const char* name : {"mul", "div"})
    both(name, ".List", "Tensor[] self, Tensor[] other", std::string(name) + ".Tensor");
  both("pow", ".List", "Tensor[] self, Tensor[] exponent", "pow.Tensor_Tensor");
  both("clamp_min", ".List", "Tensor[] self, Tensor[] other", "clamp_min");
  both("clamp_max", ".List", "Tensor[] self, Tensor[] other", "clamp_max");
  both("minimum", ".List", "Tensor[] self, Tensor[] other", "minimum");
  both("maximum", ".List", "Tensor[] self, Tensor[] other", "maximum");
  const std::pair<const char*, const char*> with_numbers[] = {
      {"add", "add.Tensor"},    {"sub", "sub.Tensor"},      {"mul", "mul.Tensor"},
      {"div", "div.Tensor"},    {"clamp_min", "clamp_min"}, {"clamp_max", "clamp_max"},
      {"minimum", "clamp_max"}, {"maximum", "clamp_min"},   {"pow", "pow.Tensor_Tensor"}};
  for (auto [name, base] : with_numbers) {
    const char* number = strcmp(name, "pow") == 0 ? "exponent" : "scalar";
    const char* numbers = strcmp(name, "pow") == 0 ? "exponent" : "scalars";
    both(name, ".Scalar", std::string("Tensor[] self, Scalar ") + number, base);
    both(name, ".ScalarList", std::string("Tensor[] self, Scalar[] ") + numbers, base);
  }
  both("add", ".Tensor", "Tensor[] self, Tensor other, *, Scalar alpha=1", "add.Tensor");
  both("mul", ".Tensor", "Tensor[] self, Tensor other", "mul.Tensor");
  both("div", ".Tensor", "Tensor[] self, Tensor other", "div.Tensor");
  define("pow", ".ScalarAndTensor", "Scalar self, Tensor[] exponent", -1, "pow.Tensor_Tensor", false);
  for (const char* name : {"addcmul", "addcdiv"}) {
    both(name, ".Scalar", "Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1", name);
    both(name, ".ScalarList", "Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars", name);
  }
  both("lerp", ".List", "Tensor[] self, Tensor[] tensors1, Tensor[] weights", "lerp.Tensor");
  both("lerp", ".Scalar", "Tensor[] self, Tensor[] tensors1, Scalar weight", "lerp.Tensor");
  both("lerp", ".ScalarList", "Tensor[] self, Tensor[] tensors1, Scalar[] weight", "lerp.Tensor");
  define("zero", "", "Tensor[] self", -1, "zero_", true);
  define("copy", "", "Tensor[] self, Tensor[] src, bool non_blocking=False", -1, "copy_", true);
  define("clone", "", "Tensor[] self, *, MemoryFormat? memory_format=None", -1, "clone", false);
  define("norm", ".Scalar", "Tensor[] self, Scalar ord=2, ScalarType? dtype=None", -1, "_vector_norm_of_all", false);
  define("max", "", "Tensor[] self", -1, "max", false);
  define("mm", "", "Tensor[] self, Tensor[] mat2", -1, "mm", false);
  return true;
}();

}  // namespace

OP(vector_norm_of_all){
    .signature = "_vector_norm_of_all(Tensor self, Scalar ord=2, ScalarType? dtype=None) -> Tensor",
    .python = hidden,
    .doc = "The vector norm over all elements.",
    .composite = [](const Tensor& self, const Scalar& order, std::optional<DType> dtype) -> Tensor {
      return call<"linalg_vector_norm">(self, order, std::nullopt, false, dtype);
    },
};

// Coefficients held in one tensor: read as numbers, one for each entry; where a gradient may reach them they stay a
// tensor, and each entry is self + scalars[i] * (tensor1 times or over tensor2).
static ScalarList* numbers_of(const Tensor& t) {
  auto* list = new ScalarList;
  for (int64_t i = 0; i < t.numel(); ++i) list->items.push_back(read_element(t, i * t.strides()[0]));
  return list;
}
static void check_numbers(const char* op, const Tensor& t, size_t count) {
  check(t.dim() == 1 && t.numel() == static_cast<int64_t>(count), ErrorKind::Runtime, op, ": expected a vector of ",
        count, " numbers, one for each tensor, got ", list_text(t.sizes()));
}
// The summands of each entry, with the coefficients as tensors without dimensions.
static std::vector<Tensor> summands(const char* op, bool divides, TensorSpan self, TensorSpan a, TensorSpan b,
                                    const Tensor& scalars) {
  for (TensorSpan list : {a, b})
    check(list.size() == self.size(), ErrorKind::Runtime, op,
          ": Tensor lists must have the same number of tensors, got ", self.size(), " and ", list.size());
  std::vector<Tensor> out;
  for (size_t i = 0; i < self.size(); ++i) {
    Tensor term = divides ? call<"div.Tensor">(a[i], b[i]) : call<"mul.Tensor">(a[i], b[i]);
    out.push_back(call<"mul.Tensor">(term, call<"select.int">(scalars, int64_t{0}, static_cast<int64_t>(i))));
  }
  return out;
}
static bool tracked(const Tensor& t) {
  return (t_state.grad_enabled && t.requires_grad()) || t.impl()->all_keys() & (key::Dual | key::Wrapped);
}

#define WITH_TENSOR_OF_NUMBERS(name, divides)                                                                         \
  OP(name##_tensor){                                                                                                  \
      .signature =                                                                                                    \
          "_foreach_" #name ".Tensor(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> Tensor[]", \
      .python = torch,                                                                                                \
      .composite = [](TensorSpan self, TensorSpan a, TensorSpan b, const Tensor& scalars) -> std::vector<Tensor> {    \
        check_numbers("_foreach_" #name, scalars, self.size());                                                       \
        if (!tracked(scalars))                                                                                        \
          return call_value<"_foreach_" #name ".ScalarList">(self, a, b, Value(Tag::Scalars, numbers_of(scalars)))    \
              .tensors();                                                                                             \
        std::vector<Tensor> out = summands("_foreach_" #name, divides, self, a, b, scalars);                          \
        for (size_t i = 0; i < self.size(); ++i) out[i] = call<"add.Tensor">(self[i], out[i]);                        \
        return out;                                                                                                   \
      },                                                                                                              \
  };                                                                                                                  \
  OP(name##_tensor_inplace){                                                                                          \
      .signature =                                                                                                    \
          "_foreach_" #name "_.Tensor(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> ()",  \
      .python = torch,                                                                                                \
      .composite =                                                                                                    \
          [](TensorSpan self, TensorSpan a, TensorSpan b, const Tensor& scalars) {                                    \
            check_numbers("_foreach_" #name "_", scalars, self.size());                                               \
            if (!tracked(scalars)) {                                                                                  \
              call_all<"_foreach_" #name "_.ScalarList">(self, a, b, Value(Tag::Scalars, numbers_of(scalars)));       \
              return;                                                                                                 \
            }                                                                                                         \
            std::vector<Tensor> terms = summands("_foreach_" #name "_", divides, self, a, b, scalars);                \
            for (size_t i = 0; i < self.size(); ++i) call_<"add.Tensor">(self[i], terms[i]);                          \
          },                                                                                                          \
  };
WITH_TENSOR_OF_NUMBERS(addcmul, false)
WITH_TENSOR_OF_NUMBERS(addcdiv, true)
#undef WITH_TENSOR_OF_NUMBERS

}  // namespace flambeau
