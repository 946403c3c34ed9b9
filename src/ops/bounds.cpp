// Bounds: clamp and its one-sided forms, fmin and fmax, and replacing what is not finite.
#include <limits>

#include "ops/define.h"
#include "ops/number_checks.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

namespace {

using MaybeExpr = std::optional<Expr>;

// NaN in the element or a bound comes out.
Expr clamped(Expr x, MaybeExpr low, MaybeExpr high) {
  if (low) x = max(x, *low);
  return high ? min(x, *high) : x;
}
// The element's cotangent passes where the element is within bounds, on them too.
Expr passes(Expr g, Expr x, MaybeExpr low, MaybeExpr high, Expr) {
  if (!low && !high) return g;
  Expr inside = low && high ? (x >= *low) & (x <= *high) : low ? x >= *low : x <= *high;
  return select(inside, g, 0);
}
void some_bound(const Call& call, DType) {
  check(!call.args[1].is_none() || !call.args[2].is_none(), ErrorKind::Runtime, call.name(),
        ": At least one of 'min' or 'max' must not be None");
}

}  // namespace

OP(clamp){
    .signature = "clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor",
    .doc = "Elements below ``min`` become ``min``, elements above ``max`` become ``max``.",
    .dtype = rule::real,
    .formula = [](Expr x, MaybeExpr low, MaybeExpr high) { return clamped(x, low, high); },
    .derivative = [](Expr g, Expr x, MaybeExpr low, MaybeExpr high, Expr y) { return passes(g, x, low, high, y); },
    .verify = some_bound,
};
OP(clamp_tensor){
    .signature = "clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor",
    .dtype = rule::real,
    .formula =
        [](Expr x, MaybeExpr low, MaybeExpr high) {
          if (low) x = select((x < *low) | isnan(*low), *low, x);
          return high ? select((x > *high) | isnan(*high), *high, x) : x;
        },
    .derivative = [](Expr g, Expr x, MaybeExpr low, MaybeExpr high, Expr y) { return passes(g, x, low, high, y); },
    .verify = some_bound,
};
OP(clamp_min){
    .signature = "clamp_min(Tensor self, Tensor|Scalar min) -> Tensor",
    .doc = "Elements below ``min`` become ``min``.",
    .dtype = rule::real,
    .formula = [](Expr x, Expr low) { return select((x < low) | isnan(low), low, x); },
    .derivative = [](Expr g, Expr x, Expr low, Expr) { return select(x >= low, g, 0); },
    .verify = checks::numbers_fit,
};
OP(clamp_max){
    .signature = "clamp_max(Tensor self, Tensor|Scalar max) -> Tensor",
    .doc = "Elements above ``max`` become ``max``.",
    .dtype = rule::real,
    .formula = [](Expr x, Expr high) { return select((x > high) | isnan(high), high, x); },
    .derivative = [](Expr g, Expr x, Expr high, Expr) { return select(x <= high, g, 0); },
    .verify = checks::numbers_fit,
};

OP(fmin){
    .signature = "fmin(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "The smaller of two elements; the other one where one is NaN.",
    .formula = [](Expr a, Expr b) { return formula::fmin(a, b); },
    .verify = checks::not_complex,
};
OP(fmax){
    .signature = "fmax(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "The larger of two elements; the other one where one is NaN.",
    .formula = [](Expr a, Expr b) { return formula::fmax(a, b); },
    .verify = checks::not_complex,
};
namespace {

struct Replacements {
  double nan, high, low;
};
Replacements replacements(DType dtype, std::optional<double> nan, std::optional<double> high,
                          std::optional<double> low) {
  DType real = to_real(dtype);
  double most = real == DType::float64    ? std::numeric_limits<double>::max()
                : real == DType::float32  ? std::numeric_limits<float>::max()
                : real == DType::bfloat16 ? 0x1.fep127
                                          : 65504.0;
  return {nan.value_or(0), high.value_or(most), low.value_or(-most)};
}

}  // namespace

// The work of nan_to_num, with the type's own limits filled in.
OP(nan_to_num_values){
    .signature = "_nan_to_num_values(Tensor self, Scalar nan, Scalar posinf, Scalar neginf) -> Tensor",
    .python = hidden,
    .doc = "NaN and infinities replaced by the given numbers.",
    .dtype = rule::first.without_complex(),
    .formula = [](Expr x, Expr nan, Expr high,
                  Expr low) { return select(isnan(x), nan, select(isinf(x), select(x > 0, high, low), x)); },
    .derivative = [](Expr g, Expr x, Expr, Expr, Expr, Expr) { return select(isfinite(x), g, 0); },
};
OP(nan_to_num){
    .signature = "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor",
    .variants = Variants::both,
    .doc =
        "NaN becomes ``nan`` (0), infinities become ``posinf`` and ``neginf`` (the largest and smallest numbers of the "
        "type).",
    .composite = [](const Tensor& self, std::optional<double> nan, std::optional<double> high,
                    std::optional<double> low) -> Tensor {
      if (is_integral(self.dtype(), true)) return call<"clone">(self);
      Replacements r = replacements(self.dtype(), nan, high, low);
      if (!is_complex(self.dtype())) return call<"_nan_to_num_values">(self, r.nan, r.high, r.low);
      return call<"view_as_complex">(call<"_nan_to_num_values">(call<"view_as_real">(self), r.nan, r.high, r.low));
    },
};

}  // namespace flambeau
