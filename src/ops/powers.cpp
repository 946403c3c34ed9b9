// Powers. Common exponents are traced as constants, so that x ** 2 is one multiplication.
#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

namespace {

Expr power(Expr x, Expr y) {
  if (y.is_constant(0.5)) return sqrt(x);
  if (y.is_constant(2)) return x * x;
  if (y.is_constant(3)) return x * x * x;
  if (y.is_constant(-0.5)) return rsqrt(x);
  if (y.is_constant(-1)) return recip(x);
  if (y.is_constant(-2)) return recip(x * x);
  return pow(x, y);
}

// Powers of integers stay integers; as a negative number makes no integer, it is refused.
void no_negative_integer_power(const Call& call, DType common) {
  check(common != DType::bool_ || call.args[1].is_number(), ErrorKind::NotImplemented,
        "\"pow\" not implemented for 'Bool'");
  if (!is_integral(common, true) || !call.args[1].is_number()) return;
  check(call.args[1].number() >= 0, ErrorKind::Runtime, "Integers to negative integer powers are not allowed.");
}

}  // namespace

OP(pow_tensor){
    .signature = "pow.Tensor_Tensor(Tensor|Scalar self, Tensor|Scalar exponent) -> Tensor",
    .doc = R"(``self`` to the power of ``exponent``; each may be a number.

    >>> flambeau.pow(2, flambeau.tensor([1, 2, 3]))
    tensor([2, 4, 8]))",
    .formula = [](Expr self, Expr exponent) { return power(self, exponent); },
    .verify = no_negative_integer_power,
    .constants = {0.5, 2, 3, -0.5, -1, -2},
    .saves = {"result for exponent"},
};

OP(float_power){
    .signature = "float_power.Tensor_Tensor(Tensor|Scalar self, Tensor|Scalar exponent) -> Tensor",
    .doc = "``self`` to the power of ``exponent``, computed in float64 (complex128 for complex arguments).",
    .dtype = rule::in_double,
    .formula = [](Expr self, Expr exponent) { return power(self, exponent); },
    .verify =
        [](const Call& call, DType common) {
          check(call.form != Form::inplace || call.args[0].tensor_impl()->dtype == common, ErrorKind::Runtime,
                "float_power_: the base has dtype ",
                call.args[0].is_tensor() ? name(call.args[0].tensor_impl()->dtype) : "",
                " but the operation's result requires dtype ", name(common));
        },
    .constants = {0.5, 2, 3, -0.5, -1, -2},
};

OP(ldexp){
    .signature = "ldexp.Tensor(Tensor self, Tensor other) -> Tensor",
    .doc = "``self * 2 ** other``.",
    .dtype = rule::float_like,
    .formula = [](Expr self, Expr other) { return self * exp2(other); },
};

OP(hypot){
    .signature = "hypot(Tensor self, Tensor other) -> Tensor",
    .doc = "``sqrt(self ** 2 + other ** 2)`` without overflow.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr self, Expr other) { return hypot(self, other); },
    .saves = {"result"},
};

OP(frexp){
    .signature = "frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)",
    .doc = "Mantissa in [0.5, 1) and binary exponent (int32): ``self = mantissa * 2 ** exponent``.",
    .shape = [](const Tensor& self) -> ResultSpecs {
      check(is_floating(self.dtype()), ErrorKind::Runtime, "frexp: wants a floating-point tensor, got ",
            name(self.dtype()));
      return {{Dims(self.sizes()), self.dtype()}, {Dims(self.sizes()), DType::int32}};
    },
    .cpu =
        [](const Tensor& self, const Tensor& mantissa, const Tensor& exponent) {
          Tensor x = as_contiguous(cast(self, DType::float64)), m = empty(self.sizes(), DType::float64);
          int32_t* e = exponent.data<int32_t>();
          for (int64_t i = 0; i < x.numel(); ++i) {
            int power = 0;
            m.data<double>()[i] = std::frexp(x.data<double>()[i], &power);
            e[i] = power;
          }
          copy_elements(mantissa, m);
        },
    .saves = {"result1"},
    .gradient = [](Grad& g) { return call<"ldexp.Tensor">(g.out(), call<"neg">(g.result(1))); },
};

}  // namespace flambeau
