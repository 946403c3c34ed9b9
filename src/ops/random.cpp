// Random tensors: factories, and fills in place. The numbers are those of cpu/random_stream.h.
#include <cmath>
#include <limits>
#include <numbers>

#include "cpu/random_tensor.h"
#include "loops/copy.h"
#include "op/warning.h"
#include "ops/define.h"

namespace flambeau {

namespace {

using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;
using MaybeBool = std::optional<bool>;
using MaybeFormat = std::optional<MemoryFormat>;
constexpr const char* kDrawn = "the numbers are drawn";

void uniform(const Tensor& t, Generator* generator, double from = 0, double to = 1) {
  if (t.is_meta()) return;
  if (is_complex(t.dtype())) return uniform(call<"view_as_real">(t), generator, from, to);
  fill_random_tensor(t, generator,
                     [=](RandomStream& s, DType d, void* out, size_t n, bool) { fill_uniform(s, d, out, n, from, to); },
                     {Draw::Kind::uniform, from, to});
}

void normal(const Tensor& t, Generator* generator, double mean = 0, double std = 1) {
  check(std >= 0, ErrorKind::Runtime, "normal expects std >= 0.0, but found std ", std);
  if (t.is_meta()) return;
  if (is_complex(t.dtype())) {
    // Both parts share the variance, and have the mean each.
    return normal(call<"view_as_real">(t), generator, mean, std * std::numbers::sqrt2 / 2);
  }
  fill_random_tensor(t, generator,
                     [=](RandomStream& s, DType d, void* out, size_t n, bool plain) {
                       fill_normal(s, d, out, n, mean, std, plain ? NormalRule::by_size : NormalRule::one_by_one);
                     },
                     {Draw::Kind::normal, mean, std});
}

// The largest integer that a type holds exactly, with all integers below it.
uint64_t exact_limit(DType t) {
  switch (t) {
    case DType::bool_: return 1;
    case DType::uint8: return 255;
    case DType::int8: return 127;
    case DType::int16: return 32767;
    case DType::uint16: return 65535;
    case DType::int32: return 2147483647;
    case DType::uint32: return 4294967295u;
    case DType::float16: return 1u << 11;
    case DType::bfloat16: return 1u << 8;
    case DType::float32: return 1u << 24;
    case DType::float64: return uint64_t{1} << 53;
    default: return std::numeric_limits<int64_t>::max();
  }
}

void integers(const char* op, const Tensor& t, Generator* generator, int64_t from, std::optional<int64_t> to) {
  uint64_t limit = exact_limit(t.dtype());
  if (to) {
    check(from < *to, ErrorKind::Runtime, op, " expects 'from' to be less than 'to', but got from=", from,
          " >= to=", *to);
    if (is_integral(t.dtype(), true)) {
      int64_t lowest = t.dtype() == DType::bool_ || is_unsigned(t.dtype()) ? 0 : -static_cast<int64_t>(limit) - 1;
      check(from >= lowest && (from < 0 || static_cast<uint64_t>(from) <= limit), ErrorKind::Runtime, op,
            ": from is out of bounds for ", name(t.dtype()), ", got ", from);
      check(*to - 1 >= lowest && (*to <= 0 || static_cast<uint64_t>(*to - 1) <= limit), ErrorKind::Runtime, op,
            ": to - 1 is out of bounds for ", name(t.dtype()), ", got ", *to - 1);
    } else if (show_warning) {
      auto warn = [&](const char* which, int64_t bound) {
        if (bound <= static_cast<int64_t>(limit) && bound >= -static_cast<int64_t>(limit)) return;
        show_warning(std::string(op) + ": " + which + " is out of bounds: " + std::string(name(t.dtype())) +
                     " holds integers up to " + std::to_string(limit) + " exactly, got " + std::to_string(bound) +
                     ", so that some numbers are not drawn");
      };
      warn("from", from);
      warn("to - 1", *to - 1);
    }
  }
  uint64_t range =
      to ? static_cast<uint64_t>(*to) - static_cast<uint64_t>(from) : limit - static_cast<uint64_t>(from) + 1;
  if (t.is_meta()) return;
  fill_random_tensor(
      t, generator,
      [=](RandomStream& s, DType d, void* out, size_t n, bool) { fill_randint(s, d, out, n, from, range); },
      {Draw::Kind::integers, 0, 0, from, range});
}

Tensor fresh(IntSpan size, MaybeDType dtype, MaybeDevice device, DType otherwise) {
  numel_of(size);
  return empty(size, dtype.value_or(otherwise), device.value_or(Device{}));
}
Tensor like(const Tensor& self, MaybeDType dtype, MaybeDevice device, MaybeFormat format) {
  return call<"empty_like">(self, dtype, Value(), device, Value(), format);
}

}  // namespace

// Each factory with and without a generator among its arguments: W is the overload's name, G the arguments' text, g and
// generator what the lambda takes and passes on.
#define OPTIONS "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
#define INT_OPTIONS "ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None"
#define GENERATOR "Generator? generator, "
#define FACTORY(id, text, arguments, parameters, make, fill, explanation) \
  OP(id){                                                                 \
      .signature = text "(" arguments ") -> Tensor",                      \
      .python = torch,                                                    \
      .variants = Variants::out,                                          \
      .doc = explanation,                                                 \
      .cpu = [] parameters -> Tensor {                                    \
        Tensor t = make;                                                  \
        fill;                                                             \
        return t;                                                         \
      },                                                                  \
      .not_differentiable = kDrawn,                                       \
      .any_device = true,                                                 \
      .random = true,                                                     \
  };
#define PLAIN (IntSpan size, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define WITH (IntSpan size, Generator * g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define FRESH fresh(size, dtype, device, default_dtype())
FACTORY(rand, "rand", "SymInt[] size, *, " OPTIONS, PLAIN, FRESH, uniform(t, nullptr),
        "Numbers drawn evenly from [0, 1).")
FACTORY(rand_generator, "rand.generator", "SymInt[] size, *, " GENERATOR OPTIONS, WITH, FRESH, uniform(t, g), "")
FACTORY(randn, "randn", "SymInt[] size, *, " OPTIONS, PLAIN, FRESH, normal(t, nullptr),
        "Numbers drawn from the standard normal distribution.")
FACTORY(randn_generator, "randn.generator", "SymInt[] size, *, " GENERATOR OPTIONS, WITH, FRESH, normal(t, g), "")

#define HIGH (int64_t high, IntSpan size, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define HIGH_WITH \
  (int64_t high, IntSpan size, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define LOW (int64_t low, int64_t high, IntSpan size, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define LOW_WITH \
  (int64_t low, int64_t high, IntSpan size, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool)
#define FRESH_INT fresh(size, dtype, device, DType::int64)
FACTORY(randint, "randint", "SymInt high, SymInt[] size, *, " INT_OPTIONS, HIGH, FRESH_INT,
        integers("randint", t, nullptr, 0, high), "Integers drawn evenly from ``low`` (0) up to and without ``high``.")
FACTORY(randint_generator, "randint.generator", "SymInt high, SymInt[] size, *, " GENERATOR INT_OPTIONS, HIGH_WITH,
        FRESH_INT, integers("randint", t, g, 0, high), "")
FACTORY(randint_low, "randint.low", "SymInt low, SymInt high, SymInt[] size, *, " INT_OPTIONS, LOW, FRESH_INT,
        integers("randint", t, nullptr, low, high), "")
FACTORY(randint_low_generator, "randint.low_generator",
        "SymInt low, SymInt high, SymInt[] size, *, " GENERATOR INT_OPTIONS, LOW_WITH, FRESH_INT,
        integers("randint", t, g, low, high), "")

namespace {
Tensor permutation(int64_t n, Generator* g, MaybeDType dtype, MaybeDevice device) {
  check(n >= 0, ErrorKind::Runtime, "randperm: n must be non-negative, got ", n);
  DType type = dtype.value_or(DType::int64);
  check(type == DType::bool_ || n == 0 || static_cast<uint64_t>(n - 1) <= exact_limit(type), ErrorKind::Runtime,
        "randperm: n = ", n, " is too large for result tensor type ", name(type));
  Tensor t = empty(Dims{n}, type, device.value_or(Device{}));
  if (!t.is_meta())
    fill_random_tensor(
        t, g, [](RandomStream& s, DType d, void* out, size_t count, bool) { random_permutation(s, d, out, count); });
  return t;
}
}  // namespace
FACTORY(randperm, "randperm", "SymInt n, *, " INT_OPTIONS,
        (int64_t n, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool),
        permutation(n, nullptr, dtype, device), , "The integers from 0 to n - 1 in random order.")
FACTORY(randperm_generator, "randperm.generator", "SymInt n, *, " GENERATOR INT_OPTIONS,
        (int64_t n, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool),
        permutation(n, g, dtype, device), , "")

#define LIKE_OPTIONS OPTIONS ", MemoryFormat? memory_format=None"
#define AS_SELF like(self, dtype, device, format)
#define LIKE (const Tensor& self, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool, MaybeFormat format)
#define LIKE_WITH \
  (const Tensor& self, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool, MaybeFormat format)
FACTORY(rand_like, "rand_like", "Tensor self, *, " LIKE_OPTIONS, LIKE, AS_SELF, uniform(t, nullptr),
        "Numbers drawn evenly from [0, 1), in the sizes and type of another tensor.")
FACTORY(rand_like_generator, "rand_like.generator", "Tensor self, *, " GENERATOR LIKE_OPTIONS, LIKE_WITH, AS_SELF,
        uniform(t, g), "")
FACTORY(randn_like, "randn_like", "Tensor self, *, " LIKE_OPTIONS, LIKE, AS_SELF, normal(t, nullptr),
        "Normal numbers in the sizes and type of another tensor.")
FACTORY(randn_like_generator, "randn_like.generator", "Tensor self, *, " GENERATOR LIKE_OPTIONS, LIKE_WITH, AS_SELF,
        normal(t, g), "")
#define LIKE_HIGH \
  (const Tensor& self, int64_t high, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool, MaybeFormat format)
#define LIKE_HIGH_WITH                                                                                            \
  (const Tensor& self, int64_t high, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool, \
   MaybeFormat format)
#define LIKE_LOW                                                                                                 \
  (const Tensor& self, int64_t low, int64_t high, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool, \
   MaybeFormat format)
#define LIKE_LOW_WITH                                                                                               \
  (const Tensor& self, int64_t low, int64_t high, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device, \
   MaybeBool, MaybeFormat format)
FACTORY(randint_like, "randint_like", "Tensor self, SymInt high, *, " LIKE_OPTIONS, LIKE_HIGH, AS_SELF,
        integers("randint_like", t, nullptr, 0, high),
        "Integers drawn evenly from ``low`` (0) up to and without ``high``, in the sizes and type of another tensor.")
FACTORY(randint_like_generator, "randint_like.generator", "Tensor self, SymInt high, *, " GENERATOR LIKE_OPTIONS,
        LIKE_HIGH_WITH, AS_SELF, integers("randint_like", t, g, 0, high), "")
FACTORY(randint_like_low, "randint_like.low_dtype", "Tensor self, SymInt low, SymInt high, *, " LIKE_OPTIONS, LIKE_LOW,
        AS_SELF, integers("randint_like", t, nullptr, low, high), "")
FACTORY(randint_like_low_generator, "randint_like.low_generator_dtype",
        "Tensor self, SymInt low, SymInt high, *, " GENERATOR LIKE_OPTIONS, LIKE_LOW_WITH, AS_SELF,
        integers("randint_like", t, g, low, high), "")

// Fills in place.
#define FILL(id, text, parameters, fill, explanation)                    \
  OP(id){                                                                \
      .signature = text ", *, Generator? generator=None) -> Tensor(a!)", \
      .python = method,                                                  \
      .doc = explanation,                                                \
      .shape = [] parameters -> ResultSpecs {                            \
        (void)g;                                                         \
        check_no_internal_overlap(#id, self);                            \
        return {};                                                       \
      },                                                                 \
      .cpu = [] parameters { fill; },                                    \
      .writes = "self",                                                  \
      .not_differentiable = kDrawn,                                      \
      .random = true,                                                    \
  };
namespace {
template <class F>
void fill_with(const Tensor& self, Generator* g, F f, const Draw& draw) {
  fill_random_tensor(self, g, [f](RandomStream& s, DType d, void* out, size_t n, bool) { f(s, d, out, n); }, draw);
}
void between_0_and_1(const char* op, double p) {
  check(p >= 0 && p <= 1, ErrorKind::Runtime, op, " expects p to be in [0, 1], but got p=", p);
}
}  // namespace
FILL(uniform_, "uniform_(Tensor(a!) self, float from=0., float to=1.",
     (const Tensor& self, double from, double to, Generator* g), uniform(self, g, from, to),
     "Fills with numbers drawn evenly from [from, to).")
FILL(normal_, "normal_(Tensor(a!) self, float mean=0., float std=1.",
     (const Tensor& self, double mean, double std, Generator* g), normal(self, g, mean, std),
     "Fills with numbers drawn from the normal distribution.")
FILL(random_, "random_(Tensor(a!) self", (const Tensor& self, Generator* g),
     fill_with(
         self, g, [](auto& s, DType d, void* out, size_t n) { fill_random(s, d, out, n); },
         (Draw{Draw::Kind::integers, 0, 0, 0, exact_limit(self.dtype()) + 1})),
     "Fills with integers drawn evenly from [from, to), by default from all that the type holds exactly, from 0 on.")
FILL(random_from, "random_.from(Tensor(a!) self, int from, int? to",
     (const Tensor& self, int64_t from, std::optional<int64_t> to, Generator* g),
     integers("random_", self, g, from, to), "")
FILL(random_to, "random_.to(Tensor(a!) self, int to", (const Tensor& self, int64_t to, Generator* g),
     integers("random_", self, g, 0, to), "")
FILL(bernoulli_float, "bernoulli_.float(Tensor(a!) self, float p=0.5", (const Tensor& self, double p, Generator* g),
     (between_0_and_1("bernoulli_", p),
      fill_with(
          self, g, [p](auto& s, DType d, void* out, size_t n) { fill_bernoulli(s, d, out, n, p); },
          (Draw{Draw::Kind::bernoulli, p}))),
     "Fills with ones, each with probability ``p``, and zeros.")
FILL(exponential_, "exponential_(Tensor(a!) self, float lambd=1.", (const Tensor& self, double lambda, Generator* g),
     (check(lambda > 0, ErrorKind::Runtime, "exponential_ expects lambda > 0.0, but found lambda=", lambda),
      fill_with(
          self, g, [lambda](auto& s, DType d, void* out, size_t n) { fill_exponential(s, d, out, n, lambda); },
          (Draw{Draw::Kind::exponential, lambda}))),
     "Fills with numbers of density ``lambd * exp(-lambd * x)``.")
FILL(geometric_, "geometric_(Tensor(a!) self, float p", (const Tensor& self, double p, Generator* g),
     (check(p > 0 && p < 1, ErrorKind::Runtime, "geometric_ expects p to be in (0, 1), but got p=", p),
      fill_with(
          self, g, [p](auto& s, DType d, void* out, size_t n) { fill_geometric(s, d, out, n, p); },
          (Draw{Draw::Kind::geometric, p}))),
     "Fills with the number of trials up to the first success.")
FILL(cauchy_, "cauchy_(Tensor(a!) self, float median=0., float sigma=1.",
     (const Tensor& self, double median, double sigma, Generator* g),
     (check(sigma > 0, ErrorKind::Runtime, "cauchy_ expects sigma > 0.0, but found sigma=", sigma),
      fill_with(
          self, g, [=](auto& s, DType d, void* out, size_t n) { fill_cauchy(s, d, out, n, median, sigma); },
          (Draw{Draw::Kind::cauchy, median, sigma}))),
     "Fills with numbers drawn from the Cauchy distribution.")
FILL(log_normal_, "log_normal_(Tensor(a!) self, float mean=1., float std=2.",
     (const Tensor& self, double mean, double std, Generator* g),
     (check(std > 0, ErrorKind::Runtime, "log_normal_ expects std > 0.0, but found std=", std),
      fill_with(
          self, g, [=](auto& s, DType d, void* out, size_t n) { fill_log_normal(s, d, out, n, mean, std); },
          (Draw{Draw::Kind::log_normal, mean, std}))),
     "Fills with numbers whose logarithm is normal.")

// normal: each of mean and std is a tensor or a number.
#define NORMAL(id, text, parameters, size, dtype_of, computed)                                 \
  OP(id){                                                                                      \
      .signature = "normal." text ", *, Generator? generator=None) -> Tensor",                 \
      .python = torch,                                                                         \
      .variants = Variants::out,                                                               \
      .doc = "Numbers drawn from normal distributions, one for each element of mean and std.", \
      .composite = [] parameters -> Tensor {                                                   \
        Tensor t = standard_normal(size, g, dtype_of);                                         \
        return computed;                                                                       \
      },                                                                                       \
      .random = true,                                                                          \
  };
namespace {
// By way of the operator, so that transforms see the drawing.
Tensor standard_normal(IntSpan size, Generator* g, const Tensor& like) {
  Value generator;
  if (g) {
    auto* counted = static_cast<RefCounted*>(g);
    counted->retain();
    generator = Value(Tag::Object, counted);
  }
  return call<"randn.generator">(Dims(size), generator, like.dtype(), Value(), like.device());
}
Tensor not_negative(const Tensor& std) {
  check(std.is_meta() || std.numel() == 0 || read_element(call<"any">(call<"lt.Tensor">(std, 0.0))).to_bool() == false,
        ErrorKind::Runtime, "normal expects all elements of std >= 0.0");
  return call<"detach">(std);
}
}  // namespace
NORMAL(normal_tensor_tensor, "Tensor_Tensor(Tensor mean, Tensor std",
       (const Tensor& mean, const Tensor& std, Generator* g), broadcast_sizes("normal", mean.sizes(), std.sizes()),
       mean, (call<"add.Tensor">(call<"mul.Tensor">(t, not_negative(std)), call<"detach">(mean))))
NORMAL(normal_tensor_float, "Tensor_float(Tensor mean, float std=1.", (const Tensor& mean, double std, Generator* g),
       mean.sizes(), mean,
       (check(std >= 0, ErrorKind::Runtime, "normal expects std >= 0.0, but found std ", std),
        call<"add.Tensor">(call<"mul.Tensor">(t, std), call<"detach">(mean))))
NORMAL(normal_float_tensor, "float_Tensor(float mean, Tensor std", (double mean, const Tensor& std, Generator* g),
       std.sizes(), std, (call<"add.Tensor">(call<"mul.Tensor">(t, not_negative(std)), mean)))
OP(normal_float_float){
    .signature = "normal.float_float(float mean, float std, SymInt[] size, *, Generator? generator=None, " OPTIONS
                 ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .cpu = [](double mean, double std, IntSpan size, Generator* g, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor {
      Tensor t = FRESH;
      normal(t, g, mean, std);
      return t;
    },
    .not_differentiable = kDrawn,
    .any_device = true,
    .random = true,
};

}  // namespace flambeau
