// Arithmetic between tensors and numbers. Each block is the whole operator: in-place and out= forms, types, gradients
// and shape-only execution follow from the formula.
#include "ops/define.h"
#include "ops/number_checks.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

// alpha takes no part in promotion, so it has to be of the result's kind.
static void alpha_fits(const Call& call, DType common) {
  Tag tag = call.args[2].tag();
  check(tag != Tag::Bool || common == DType::bool_, ErrorKind::Runtime, call.name(),
        ": Boolean alpha only supported for Boolean results.");
  check(tag != Tag::Double || !is_integral(common, true), ErrorKind::Runtime, call.name(),
        ": For integral input tensors, argument alpha must not be a floating point number.");
  check(tag != Tag::Complex || is_complex(common), ErrorKind::Runtime, call.name(),
        ": For non-complex input tensors, argument alpha must not be a complex number.");
}

static void difference_fits(const Call& call, DType common) {
  for (int i = 0; i < 2; ++i)
    check(!call.args[i].is_tensor() || call.args[i].tensor_impl()->dtype != DType::bool_, ErrorKind::Runtime,
          call.name(),
          ": Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
          "use the `~` or "
          "`logical_not()` operator instead.");
  alpha_fits(call, common);
}

OP(add){
    .signature = "add.Tensor(Tensor|number self, Tensor|number other, *, Scalar alpha=1) -> Tensor",
    .doc = R"(Sum of two tensors, the second multiplied by ``alpha``; sizes broadcast, types promote.

    >>> flambeau.add(flambeau.tensor([1, 2]), flambeau.tensor([0.5, 1.0]), alpha=2)
    tensor([2., 4.]))",
    .dtype = rule::promote.ignore(2),
    .formula = [](Expr self, Expr other, Expr alpha) { return self + other * alpha; },
    .verify = alpha_fits,
};

OP(sub){
    .signature = "sub.Tensor(Tensor|number self, Tensor|number other, *, Scalar alpha=1) -> Tensor",
    .doc =
        "Difference of two tensors, the second multiplied by ``alpha``. Not defined between bools: use ``^`` or "
        "``logical_xor``.",
    .dtype = rule::promote.without_bool().ignore(2),
    .formula = [](Expr self, Expr other, Expr alpha) { return self - other * alpha; },
    .verify = difference_fits,
};

OP(rsub){
    .signature = "rsub.Tensor(Tensor self, Tensor|Scalar other, *, Scalar alpha=1) -> Tensor",
    .variants = Variants::none,
    .doc = "``other - alpha * self``.",
    .dtype = rule::promote.without_bool().ignore(2),
    .formula = [](Expr self, Expr other, Expr alpha) { return other - self * alpha; },
    .verify = difference_fits,
};

OP(mul){
    .signature = "mul.Tensor(Tensor|number self, Tensor|number other) -> Tensor",
    .doc = "Product of two tensors, element by element.",
    .formula = [](Expr self, Expr other) { return self * other; },
};

OP(div){
    .signature = "div.Tensor(Tensor|number self, Tensor|number other) -> Tensor",
    .doc = "Quotient of two tensors; integers are divided as floating-point numbers.",
    .dtype = rule::float_like,
    .formula = [](Expr self, Expr other) { return self / other; },
};

OP(reciprocal){
    .signature = "reciprocal(Tensor self) -> Tensor",
    .doc = "``1 / x``.",
    .dtype = rule::float_like,
    .formula = [](Expr x) { return recip(x); },
};

OP(neg){
    .signature = "neg(Tensor self) -> Tensor",
    .doc = "The negative. Not defined for bool.",
    .dtype = rule::promote.without_bool(),
    .formula = [](Expr x) { return -x; },
};

OP(abs){
    .signature = "abs(Tensor self) -> Tensor",
    .doc = "Absolute value; for complex numbers the magnitude, which is real.",
    .dtype = rule::promote.gives(DTypeRule::Result::RealPart),
    .formula = [](Expr x) { return abs(x); },
};

OP(square){
    .signature = "square(Tensor self) -> Tensor",
    .variants = Variants::both,
    .doc = "``x * x``.",
    .composite = [](const Tensor& self) -> Tensor {
      return self.dtype() == DType::bool_ ? call<"pow.Tensor_Tensor">(self, int64_t{2})
                                          : call<"mul.Tensor">(self, self);
    },
};

OP(sign){
    .signature = "sign(Tensor self) -> Tensor",
    .doc = "-1, 0 or 1 by the sign of each element. For complex numbers use ``sgn``.",
    .dtype = rule::promote.without_complex(),
    .formula = [](Expr x) { return sign(x); },
    .derivative = [](Expr, Expr, Expr) { return Expr(0); },
};

OP(sgn){
    .signature = "sgn(Tensor self) -> Tensor",
    .doc = "The sign; for complex numbers ``x / |x|``, and 0 at 0.",
    .formula = [](Expr x) { return sign(x); },
};

OP(maximum){
    .signature = "maximum(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "The larger of two elements; NaN when one of them is.",
    .formula = [](Expr a, Expr b) { return max(a, b); },
    .verify = checks::not_complex,
};

OP(minimum){
    .signature = "minimum(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "The smaller of two elements; NaN when one of them is.",
    .formula = [](Expr a, Expr b) { return min(a, b); },
    .verify = checks::not_complex,
};

OP(where){
    .signature = "where.self(Tensor condition, Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    .variants = Variants::out,
    .doc = "Elements of ``self`` where the condition holds, of ``other`` elsewhere.",
    .dtype = rule::promote.mask(0),
    .formula = [](Expr condition, Expr self, Expr other) { return where(condition, self, other); },
    .verify = checks::numbers_fit,
};

OP(addcmul){
    .signature = "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    .doc = "``self + value * tensor1 * tensor2``.",
    .dtype = rule::promote.ignore(3),
    .formula = [](Expr self, Expr a, Expr b, Expr value) { return self + a * b * value; },
};

OP(addcdiv){
    .signature = "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
    .doc = "``self + value * tensor1 / tensor2``, for floating-point tensors.",
    .dtype = rule::promote.ignore(3),
    .formula = [](Expr self, Expr a, Expr b, Expr value) { return self + a / b * value; },
    .verify =
        [](const Call&, DType common) {
          check(!is_integral(common, true), ErrorKind::Runtime,
                "addcdiv: Integer division with addcdiv is no longer supported; use "
                "(input + value * torch.trunc(tensor1 / tensor2)) or convert to floating point");
        },
};

OP(lerp){
    .signature = "lerp.Tensor(Tensor self, Tensor end, Tensor|Scalar weight) -> Tensor",
    .doc = "Linear interpolation: ``self + weight * (end - self)``, computed from the nearer end.",
    .dtype = rule::floating,
    .formula =
        [](Expr self, Expr end, Expr weight) {
          return select(abs(weight) < 0.5, self + weight * (end - self), end - (end - self) * (1 - weight));
        },
    .verify = checks::same_dtype,
};

}  // namespace flambeau
