// Sequences of numbers: arange, range, linspace, logspace; and the identity matrix.
#include <algorithm>

#include "core/fits.h"
#include "core/saturating.h"
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/move.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

#define OPTIONS "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;
using MaybeBool = std::optional<bool>;
constexpr const char* kConstant = "the values depend on numbers alone";

// value(i) for every element; computed in double (int64 for integers) and rounded once.
template <class Value>
void fill_with(const char* op, const Tensor& out, Value value) {
  if (out.is_meta() || out.numel() == 0) return;
  if (out.is_complex()) {
    Tensor wide = empty(out.sizes(), DType::complex128);
    auto* to = wide.data<std::complex<double>>();
    for (int64_t i = 0; i < wide.numel(); ++i) to[i] = std::complex<double>(value(i));
    return copy_elements(out, wide);
  }
  dispatch_real(op, out.dtype(), [&]<class T>() {
    T* to = out.data<T>();
    parallel_for(out.numel(), 32768, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        auto v = value(i);
        if constexpr (is_floating_v<T>)
          to[i] = T(static_cast<Wide<T>>(std::real(v)));
        else if constexpr (std::is_same_v<T, bool>)
          to[i] = std::real(v) != 0;
        else if constexpr (std::is_integral_v<decltype(v)>)
          to[i] = static_cast<T>(v);  // not by way of a double
        else
          to[i] = static_cast<T>(static_cast<int64_t>(std::real(v)));
      }
    });
  });
}

int64_t int_steps(const char* op, int64_t start, int64_t end, int64_t step) {
  int64_t distance;
  check(!__builtin_sub_overflow(end, start, &distance) && distance != std::numeric_limits<int64_t>::min(),
        ErrorKind::Runtime, op, ": the distance from ", start, " to ", end, " overflows");
  // Rounded up; the callers have seen to it that the step leads from start to end.
  return distance / step + (distance % step != 0 && (distance < 0) == (step < 0));
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, MaybeDType dtype, MaybeDevice device) {
  bool integral = start.is_integral() && end.is_integral() && step.is_integral();
  DType type = dtype.value_or(integral ? DType::int64 : default_dtype());
  check(!start.is_complex() && !end.is_complex() && !step.is_complex(), ErrorKind::Runtime,
        "arange: complex numbers have no order, so there is no range of them");
  double a = start.to_double(), b = end.to_double(), s = step.to_double();
  check(s != 0, ErrorKind::Runtime, "arange: step must be nonzero");
  check(std::isfinite(a) && std::isfinite(b), ErrorKind::Runtime, "arange: unsupported range: ", a, " -> ", b);
  check(s > 0 ? b >= a : b <= a, ErrorKind::Runtime,
        "arange: upper bound and lower bound inconsistent with step sign: ", a, ", ", b, ", ", s);
  for (const Scalar* number : {&start, &end, &step})
    check(!is_integral(type) || fits(*number, DType::int64), ErrorKind::Runtime, "arange: ", to_string(*number),
          " is out of the range of integers");
  int64_t n;
  if (integral || type == DType::int64) {
    check(step.to_int() != 0, ErrorKind::Value, "arange: step must be nonzero as an integer, got ", s);
    n = int_steps("arange", start.to_int(), end.to_int(), step.to_int());
  } else {
    double size = std::ceil((b - a) / s);
    check(size >= 0 && size < 9.2e18, ErrorKind::Runtime, "arange: invalid size, possible overflow: ", size);
    n = static_cast<int64_t>(size);
  }
  Tensor out = empty(Dims{n}, type, device.value_or(Device{}));
  if (is_integral(type, true) || integral) {
    int64_t first = start.to_int(), by = step.to_int();
    if (integral || is_integral(type, true)) {
      if (type == DType::int64 && !out.is_meta()) {
        int64_t* to = out.data<int64_t>();
        parallel_for(n, 65536, [=](int64_t begin, int64_t end) {
          constexpr int64_t kTile = 2048;
          int64_t tile[kTile], v = first + begin * by;
          for (int64_t at = begin; at < end; at += kTile) {
            int64_t count = std::min(kTile, end - at);
            for (int64_t i = 0; i < count; ++i, v += by) tile[i] = v;
            copy_run(to + at, tile, count * 8, n * 8);
          }
        });
      } else {
        fill_with("arange", out, [=](int64_t i) { return sat_add(first, sat_mul(i, by)); });
      }
      return out;
    }
  }
  fill_with("arange", out, [=](int64_t i) { return a + s * static_cast<double>(i); });
  return out;
}

Tensor closed_range(const Scalar& start, const Scalar& end, const Scalar& step, MaybeDType dtype, MaybeDevice device) {
  double a = start.to_double(), b = end.to_double(), s = step.to_double();
  check(s != 0, ErrorKind::Runtime, "range: step must be nonzero");
  check(std::isfinite(a) && std::isfinite(b), ErrorKind::Runtime, "range: unsupported range: ", a, " -> ", b);
  check(s > 0 ? b >= a : b <= a, ErrorKind::Runtime,
        "range: upper bound and lower bound inconsistent with step sign: ", a, ", ", b, ", ", s);
  DType type = dtype.value_or(default_dtype());
  double size = std::floor((b - a) / s) + 1;
  check(size < 9.2e18, ErrorKind::Runtime, "range: invalid size, possible overflow: ", size);
  if (start.is_integral() && end.is_integral() && step.is_integral())  // exact beyond double precision
    size = static_cast<double>((sat_sub(end.to_int(), start.to_int())) / step.to_int() + 1);
  Tensor out = empty(Dims{static_cast<int64_t>(size)}, type, device.value_or(Device{}));
  if (is_integral(type, true)) {
    int64_t first = start.to_int(), by = step.to_int();
    fill_with("range", out, [=](int64_t i) { return sat_add(first, sat_mul(i, by)); });
  } else {
    fill_with("range", out, [=](int64_t i) { return a + s * static_cast<double>(i); });
  }
  return out;
}

DType linear_dtype(const char* op, const Scalar& start, const Scalar& end, MaybeDType dtype) {
  bool complex = start.is_complex() || end.is_complex();
  DType type = dtype.value_or(complex ? to_complex(default_dtype()) : default_dtype());
  check(!complex || is_complex(type), ErrorKind::Runtime, op,
        "(): inferred dtype complex can't be safely cast to passed dtype ", name(type));
  check_fits(op, start, type);
  check_fits(op, end, type);
  return type;
}

// Both ends are exact: the first half is counted from the start, the second from the end.
Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, MaybeDType dtype, MaybeDevice device) {
  check(steps >= 0, ErrorKind::Runtime, "linspace: number of steps must be non-negative, got ", steps);
  DType type = linear_dtype("linspace", start, end, dtype);
  Tensor out = empty(Dims{steps}, type, device.value_or(Device{}));
  if (steps == 1) {
    if (!out.is_meta()) fill_elements(out, start, "linspace");
    return out;
  }
  auto between = [&](auto a, auto b, auto round) {
    auto step = round((b - a) / static_cast<double>(steps - 1));
    fill_with("linspace", out, [=](int64_t i) {
      return i < steps / 2 ? a + step * static_cast<double>(i) : b - step * static_cast<double>(steps - 1 - i);
    });
  };
  if (is_complex(type)) {
    between(start.to_complex(), end.to_complex(), [](std::complex<double> v) { return v; });
  } else if (is_integral(type, true)) {
    // The ends as integers of the type; the steps between them in double precision, cut to integers.
    auto whole = [&](const Scalar& v) {
      double shift = is_unsigned(type) && v.to_int() < 0 ? std::ldexp(1.0, static_cast<int>(8 * itemsize(type))) : 0;
      return static_cast<double>(v.to_int()) + shift;
    };
    between(whole(start), whole(end), [](double v) { return v; });
  } else if (type == DType::float64) {
    between(start.to_double(), end.to_double(), [](double v) { return v; });
  } else {  // in single precision throughout
    float a = static_cast<float>(start.to_double()), b = static_cast<float>(end.to_double()),
          step = (b - a) / static_cast<float>(steps - 1);
    fill_with("linspace", out, [=](int64_t i) -> double {
      return i < steps / 2 ? a + step * static_cast<float>(i) : b - step * static_cast<float>(steps - i - 1);
    });
  }
  return out;
}

Tensor logspace(const Scalar& start, const Scalar& end, int64_t steps, double base, MaybeDType dtype,
                MaybeDevice device) {
  check(steps >= 0, ErrorKind::Runtime, "logspace: number of steps must be non-negative, got ", steps);
  DType type = linear_dtype("logspace", start, end, dtype);
  Tensor out = empty(Dims{steps}, type, device.value_or(Device{}));
  if (steps == 1) {
    if (!out.is_meta())
      fill_elements(out, is_complex(type) ? Scalar(std::pow(std::complex<double>(base), start.to_complex()))
                                          : Scalar(std::pow(base, start.to_double())));
    return out;
  }
  if (is_complex(type)) {
    std::complex<double> a = start.to_complex(), b = end.to_complex(),
                         step = (b - a) / static_cast<double>(std::max<int64_t>(steps - 1, 1));
    fill_with("logspace", out, [=](int64_t i) {
      return std::pow(std::complex<double>(base),
                      i < steps / 2 ? a + step * double(i) : b - step * double(steps - 1 - i));
    });
  } else if (is_integral(type, true)) {
    double a = static_cast<double>(start.to_int()), b = static_cast<double>(end.to_int()),
           step = (b - a) / static_cast<double>(std::max<int64_t>(steps - 1, 1));
    fill_with("logspace", out, [=](int64_t i) {
      return std::pow(base, i < steps / 2 ? a + step * double(i) : b - step * double(steps - 1 - i));
    });
  } else {
    double a = start.to_double(), b = end.to_double(),
           step = (b - a) / static_cast<double>(std::max<int64_t>(steps - 1, 1));
    fill_with("logspace", out, [=](int64_t i) {
      return std::pow(base, i < steps / 2 ? a + step * double(i) : b - step * double(steps - 1 - i));
    });
  }
  return out;
}

Scalar only_element(const char* op, const Tensor& t, const char* what) {
  check(t.dim() == 0, ErrorKind::Runtime, op, ": only supports 0-dimensional start and end tensors, but got ", what,
        " with ", t.dim(), " dimension(s).");
  return read_element(t);
}

Tensor identity(int64_t rows, int64_t columns, MaybeDType dtype, MaybeDevice device) {
  check(rows >= 0, ErrorKind::Runtime, "eye: n must be greater or equal to 0, got ", rows);
  check(columns >= 0, ErrorKind::Runtime, "eye: m must be greater or equal to 0, got ", columns);
  Tensor out = empty(Dims{rows, columns}, dtype.value_or(default_dtype()), device.value_or(Device{}));
  if (out.is_meta()) return out;
  fill_elements(out, Scalar(int64_t{0}));
  int64_t n = std::min(rows, columns);
  if (n > 0) fill_elements(alias(out, Layout(Dims{n}, Dims{columns + 1}, 0)), Scalar(int64_t{1}));
  return out;
}

}  // namespace

OP(arange){
    .signature = "arange(Scalar end, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = R"(The numbers from ``start`` (0) up to but not including ``end``, ``step`` (1) apart.
      >>> flambeau.arange(1, 7, 2)
      tensor([1, 3, 5]))",
    .cpu = [](const Scalar& end, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      return arange(Scalar(int64_t{0}), end, Scalar(int64_t{1}), dtype, device);
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(arange_start){
    .signature = "arange.start(Scalar start, Scalar end, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .cpu = [](const Scalar& start, const Scalar& end, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor { return arange(start, end, Scalar(int64_t{1}), dtype, device); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(arange_step){
    .signature = "arange.start_step(Scalar start, Scalar end, Scalar step=1, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .cpu = [](const Scalar& start, const Scalar& end, const Scalar& step, MaybeDType dtype, const Value&,
              MaybeDevice device, MaybeBool) -> Tensor { return arange(start, end, step, dtype, device); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(range){
    .signature = "range.step(Scalar start, Scalar end, Scalar step=1, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc =
        "The numbers from ``start`` to ``end``, that included; kept for old programs, which should use :func:`arange`.",
    .cpu = [](const Scalar& start, const Scalar& end, const Scalar& step, MaybeDType dtype, const Value&,
              MaybeDevice device, MaybeBool) -> Tensor { return closed_range(start, end, step, dtype, device); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(linspace){
    .signature = "linspace(Scalar start, Scalar end, int steps, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = R"(``steps`` numbers at equal distances from ``start`` to ``end``, both included.
      >>> flambeau.linspace(0, 1, 5)
      tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000]))",
    .cpu = [](const Scalar& start, const Scalar& end, int64_t steps, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor { return linspace(start, end, steps, dtype, device); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(logspace){
    .signature = "logspace(Scalar start, Scalar end, int steps, float base=10.0, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Powers of ``base`` with exponents at equal distances from ``start`` to ``end``, both included.",
    .cpu = [](const Scalar& start, const Scalar& end, int64_t steps, double base, MaybeDType dtype, const Value&,
              MaybeDevice device, MaybeBool) -> Tensor { return logspace(start, end, steps, base, dtype, device); },
    .not_differentiable = kConstant,
    .any_device = true,
};

// The ends may be tensors without dimensions.
#define WITH_TENSORS(id, overload, A, a, B, b)                                                                     \
  OP(linspace_##id){                                                                                               \
      .signature = "linspace." overload "(" #A " start, " #B " end, int steps, *, " OPTIONS ") -> Tensor",         \
      .python = torch,                                                                                             \
      .variants = Variants::out,                                                                                   \
      .cpu = [](const A& start, const B& end, int64_t steps, MaybeDType dtype, const Value&, MaybeDevice device,   \
                MaybeBool) -> Tensor { return linspace(a, b, steps, dtype, device); },                             \
      .not_differentiable = kConstant,                                                                             \
      .any_device = true,                                                                                          \
  };                                                                                                               \
  OP(logspace_##id){                                                                                               \
      .signature =                                                                                                 \
          "logspace." overload "(" #A " start, " #B " end, int steps, float base=10.0, *, " OPTIONS ") -> Tensor", \
      .python = torch,                                                                                             \
      .variants = Variants::out,                                                                                   \
      .cpu = [](const A& start, const B& end, int64_t steps, double base, MaybeDType dtype, const Value&,          \
                MaybeDevice device, MaybeBool) -> Tensor { return logspace(a, b, steps, base, dtype, device); },   \
      .not_differentiable = kConstant,                                                                             \
      .any_device = true,                                                                                          \
  };
#define FIRST only_element("linspace", start, "start")
#define LAST only_element("linspace", end, "end")
WITH_TENSORS(tt, "Tensor_Tensor", Tensor, FIRST, Tensor, LAST)
WITH_TENSORS(ts, "Tensor_Scalar", Tensor, FIRST, Scalar, end)
WITH_TENSORS(st, "Scalar_Tensor", Scalar, start, Tensor, LAST)
#undef FIRST
#undef LAST
#undef WITH_TENSORS

OP(eye){
    .signature = "eye(SymInt n, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Ones on the diagonal of a matrix of zeros with ``n`` rows and ``m`` (``n``) columns.",
    .cpu = [](int64_t n, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      return identity(n, n, dtype, device);
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(eye_m){
    .signature = "eye.m(SymInt n, SymInt m, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .cpu = [](int64_t n, int64_t m, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      return identity(n, m, dtype, device);
    },
    .not_differentiable = kConstant,
    .any_device = true,
};

}  // namespace flambeau
