// Division that rounds, and what it leaves: floor_divide, remainder, fmod.
#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

OP(div_mode){
    .signature = "div.Tensor_mode(Tensor|number self, Tensor|number other, *, str? rounding_mode) -> Tensor",
    .dtype = rule::float_unless_text,
    .formula =
        [](Expr self, Expr other, Text rounding_mode) {
          if (rounding_mode == "trunc") return div_trunc(self, other);
          return rounding_mode == "floor" ? div_floor(self, other) : self / other;
        },
    .verify =
        [](const Call& call, DType common) {
          if (call.args[2].is_none()) return;
          std::string_view mode = call.args[2].text();
          check(mode == "trunc" || mode == "floor", ErrorKind::Runtime,
                "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '", mode, "'");
          check(!is_complex(common), ErrorKind::NotImplemented,
                "div(rounding_mode): not defined for complex numbers, got ", name(common));
          checks::zero_divisor(call, common);
        },
};

OP(floor_divide){
    .signature = "floor_divide(Tensor|number self, Tensor|number other) -> Tensor",
    .doc = "The quotient rounded down. Integers stay integers, and a zero among their divisors is an error.",
    .dtype = rule::real,
    .formula = [](Expr self, Expr other) { return div_floor(self, other); },
    .verify = checks::zero_divisor,
};

OP(remainder){
    .signature = "remainder.Tensor(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    .doc = "What :func:`floor_divide` leaves; it has the divisor's sign, as Python's ``%``.",
    .dtype = rule::real,
    .formula = [](Expr self, Expr other) { return formula::remainder(self, other); },
    .verify = checks::zero_divisor,
};

OP(fmod){
    .signature = "fmod.Tensor(Tensor self, Tensor|Scalar other) -> Tensor",
    .doc = "What the quotient rounded towards zero leaves; it has the dividend's sign, as C's ``fmod``.",
    .dtype = rule::real,
    .formula = [](Expr self, Expr other) { return formula::fmod(self, other); },
    .verify = checks::zero_divisor,
};

// Python's operators: reflected forms of a tensor.
OP(rpow_like){
    .signature = "__rpow__(Tensor self, Tensor|Scalar other) -> Tensor",
    .python = method,
    .doc = "``other ** self``.",
    .formula = [](Expr self, Expr other) { return pow(other, self); },
};

}  // namespace flambeau
