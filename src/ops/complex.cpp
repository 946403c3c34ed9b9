// Complex numbers from their parts, and angles.
#include "ops/define.h"
#include "ops/pointwise_checks.h"

namespace flambeau {

using namespace formula;

namespace {

void two_real_parts(const Call& call, DType common) {
  for (int i = 0; i < 2; ++i) {
    check(call.args[i].is_tensor(), ErrorKind::Type, call.name(), ": argument '", call.argument(i).name,
          "' must be Tensor, not a number");
    DType t = call.args[i].tensor_impl()->dtype;
    check(t == DType::float16 || t == DType::float32 || t == DType::float64, ErrorKind::Runtime, call.name(),
          ": expected both inputs to be Half, Float or Double tensors, but got ", name(t), " for '",
          call.argument(i).name, "'");
  }
  checks::same_dtype(call, DType::float32);
  if (call.form != Form::out) return;
  DType given = call.results[0].tensor_impl()->dtype;
  check(given == common, ErrorKind::Runtime, call.name(), ": out= has dtype ", name(given), ", but the result is ",
        name(common));
}

}  // namespace

OP(_conj_physical){
    .signature = "_conj_physical(Tensor self) -> Tensor",
    .python = hidden,
    .doc = "The conjugates of complex numbers, in new memory.",
    .formula = [](Expr x) { return conj(x); },
};
OP(conj_physical){
    .signature = "conj_physical(Tensor self) -> Tensor",
    .variants = Variants::both,
    .doc =
        "The complex conjugate, written out; ``conj`` gives a view that is only marked as one. Real tensors are "
        "given back as they are.",
    .composite = [](const Tensor& self) -> Tensor { return self.is_complex() ? call<"_conj_physical">(self) : self; },
};
OP(complex){
    .signature = "complex(Tensor real, Tensor imag) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "The complex number with these real and imaginary parts.",
    .dtype = rule::complex,
    .formula = [](Expr re, Expr im) { return complex(re, im); },
    .verify = two_real_parts,
};
OP(polar){
    .signature = "polar(Tensor abs, Tensor angle) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "The complex number of this magnitude and angle (radians).",
    .dtype = rule::complex,
    .formula = [](Expr length, Expr turn) { return complex(length * cos(turn), length * sin(turn)); },
    .verify = two_real_parts,
    .autocast = Autocast::high,
};
OP(angle){
    .signature = "angle(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "The angle of complex numbers in radians; of real ones 0 or, where negative, pi.",
    .dtype = rule::float_like.gives(DTypeRule::Result::RealPart),
    .formula = [](Expr x) { return angle(x); },
};

}  // namespace flambeau
