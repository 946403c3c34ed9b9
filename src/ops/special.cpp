// Special functions: gamma and its relatives, Bessel functions, those of the normal distribution, zeta.
#include <numbers>

#include "ops/define.h"

namespace flambeau {

using namespace formula;

constexpr DTypeRule kReal = rule::float_like.without_complex();

#define SPECIAL(name, function, face, variants_, text)        \
  OP(name){                                                   \
      .signature = #name "(Tensor self) -> Tensor",           \
      .python = face,                                         \
      .variants = variants_,                                  \
      .doc = text,                                            \
      .dtype = kReal,                                         \
      .formula = [](Expr x) { return formula::function(x); }, \
  };
SPECIAL(lgamma, lgamma, torch | method, Variants::both, "Logarithm of the magnitude of the gamma function.")
SPECIAL(digamma, digamma, torch | method, Variants::both, "The logarithmic derivative of the gamma function.")
SPECIAL(i0, i0, torch | method, Variants::both, "The modified Bessel function of the first kind, order 0.")
SPECIAL(special_i0e, i0e, special, Variants::out, "``exp(-|x|) * i0(x)``.")
SPECIAL(special_i1, i1, special, Variants::out, "The modified Bessel function of the first kind, order 1.")
SPECIAL(special_i1e, i1e, special, Variants::out, "``exp(-|x|) * i1(x)``.")
SPECIAL(special_erfcx, erfcx, special, Variants::out, "``exp(x * x) * erfc(x)``.")
SPECIAL(special_ndtri, ndtri, special, Variants::out, "Inverse of :func:`ndtr`.")
SPECIAL(special_log_ndtr, log_ndtr, special, Variants::out, "Logarithm of :func:`ndtr`, accurate far below 0.")
#undef SPECIAL

OP(special_ndtr){
    .signature = "special_ndtr(Tensor self) -> Tensor",
    .python = special,
    .variants = Variants::out,
    .doc = "The area under the standard normal density up to the element.",
    .dtype = kReal,
    .formula = [](Expr x) { return 0.5 * erfc(x * -(1 / std::numbers::sqrt2)); },
};
OP(special_entr){
    .signature = "special_entr(Tensor self) -> Tensor",
    .python = special,
    .variants = Variants::out,
    .doc = "``-x * log(x)``, 0 at 0 and minus infinity below.",
    .dtype = kReal,
    .formula =
        [](Expr x) { return select(isnan(x), x, select(x > 0, -x * log(x), select(x == 0, 0, Expr(-INFINITY)))); },
    .derivative = [](Expr g, Expr x, Expr) { return g * (-1 - log(x)); },
};

// Without derivatives, as in PyTorch.
#define UNDERIVED(name, function, argument, text)                \
  OP(name){                                                      \
      .signature = #name "(Tensor " #argument ") -> Tensor",     \
      .python = special,                                         \
      .variants = Variants::out,                                 \
      .doc = text,                                               \
      .dtype = kReal,                                            \
      .formula = [](Expr x) { return formula::function(x); },    \
      .not_differentiable = "its derivative is not implemented", \
  };
UNDERIVED(special_bessel_j0, bessel_j0, self, "The Bessel function of the first kind, order 0.")
UNDERIVED(special_bessel_j1, bessel_j1, self, "The Bessel function of the first kind, order 1.")
UNDERIVED(special_bessel_y0, bessel_y0, self, "The Bessel function of the second kind, order 0.")
UNDERIVED(special_bessel_y1, bessel_y1, self, "The Bessel function of the second kind, order 1.")
UNDERIVED(special_modified_bessel_i0, i0, self, "The modified Bessel function of the first kind, order 0.")
UNDERIVED(special_modified_bessel_i1, i1, self, "The modified Bessel function of the first kind, order 1.")
UNDERIVED(special_modified_bessel_k0, bessel_k0, self, "The modified Bessel function of the second kind, order 0.")
UNDERIVED(special_modified_bessel_k1, bessel_k1, self, "The modified Bessel function of the second kind, order 1.")
UNDERIVED(special_scaled_modified_bessel_k0, bessel_k0e, x,
          "``exp(x)`` times the modified Bessel function of the second kind, order 0.")
UNDERIVED(special_scaled_modified_bessel_k1, bessel_k1e, x,
          "``exp(x)`` times the modified Bessel function of the second kind, order 1.")
UNDERIVED(special_spherical_bessel_j0, spherical_j0, x,
          "The spherical Bessel function of the first kind, order 0: ``sin(x) / x``.")
UNDERIVED(special_airy_ai, airy_ai, x, "The Airy function Ai.")
#undef UNDERIVED

// Orthogonal polynomials of degree n, where n is rounded towards zero; 0 for negative degrees.
#define POLYNOMIAL(name, expression, text)                                          \
  OP(name){                                                                         \
      .signature = "special_" #name "(Tensor|Scalar x, Tensor|Scalar n) -> Tensor", \
      .python = special,                                                            \
      .variants = Variants::out,                                                    \
      .doc = text,                                                                  \
      .dtype = kReal,                                                               \
      .formula = [](Expr x, Expr n) { return expression; },                         \
      .not_differentiable = "its derivative is not implemented",                    \
  };
POLYNOMIAL(chebyshev_polynomial_t, chebyshev_t(x, n), "Chebyshev polynomial of the first kind.")
POLYNOMIAL(chebyshev_polynomial_u, chebyshev_u(x, n), "Chebyshev polynomial of the second kind.")
POLYNOMIAL(chebyshev_polynomial_v, chebyshev_v(x, n), "Chebyshev polynomial of the third kind.")
POLYNOMIAL(chebyshev_polynomial_w, chebyshev_w(x, n), "Chebyshev polynomial of the fourth kind.")
POLYNOMIAL(shifted_chebyshev_polynomial_t, chebyshev_t(x + x - 1, n),
           "Chebyshev polynomial of the first kind at ``2x - 1``.")
POLYNOMIAL(shifted_chebyshev_polynomial_u, chebyshev_u(x + x - 1, n),
           "Chebyshev polynomial of the second kind at ``2x - 1``.")
POLYNOMIAL(shifted_chebyshev_polynomial_v, chebyshev_v(x + x - 1, n),
           "Chebyshev polynomial of the third kind at ``2x - 1``.")
POLYNOMIAL(shifted_chebyshev_polynomial_w, chebyshev_w(x + x - 1, n),
           "Chebyshev polynomial of the fourth kind at ``2x - 1``.")
POLYNOMIAL(hermite_polynomial_h, hermite_h(x, n), "The physicist's Hermite polynomial.")
POLYNOMIAL(hermite_polynomial_he, hermite_he(x, n), "The probabilist's Hermite polynomial.")
POLYNOMIAL(laguerre_polynomial_l, laguerre_l(x, n), "Laguerre polynomial.")
POLYNOMIAL(legendre_polynomial_p, legendre_p(x, n), "Legendre polynomial.")
#undef POLYNOMIAL

OP(special_xlog1py){
    .signature = "special_xlog1py(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    .python = special,
    .variants = Variants::out,
    .doc = "``self * log1p(other)``, and 0 where ``self`` is 0.",
    .dtype = kReal,
    .formula = [](Expr a, Expr b) { return xlog1py(a, b); },
};
OP(special_zeta){
    .signature = "special_zeta(Tensor|Scalar self, Tensor|Scalar other) -> Tensor",
    .python = special,
    .variants = Variants::out,
    .doc = "The Hurwitz zeta function: the sum of ``(other + k) ** -self`` over k = 0, 1, ….",
    .dtype = kReal,
    .formula = [](Expr a, Expr b) { return zeta(a, b); },
};
OP(igamma){
    .signature = "igamma(Tensor self, Tensor other) -> Tensor",
    .doc = "The regularized lower incomplete gamma function P(self, other).",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr a, Expr x) { return igamma(a, x); },
};
OP(igammac){
    .signature = "igammac(Tensor self, Tensor other) -> Tensor",
    .doc = "The regularized upper incomplete gamma function Q(self, other) = 1 - P.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr a, Expr x) { return igammac(a, x); },
};
OP(polygamma){
    .signature = "polygamma(int n, Tensor self) -> Tensor",
    .variants = Variants::both,
    .doc = "The derivative of order ``n`` of :func:`digamma`.",
    .composite = [](int64_t n, const Tensor& self) -> Tensor {
      check(n >= 0, ErrorKind::Runtime, "polygamma(n, x) does not support negative n, got ", n);
      if (n == 0) return call<"digamma">(self);
      return call<"_polygamma">(self, n);
    },
};
OP(polygamma_of_order){
    .signature = "_polygamma(Tensor self, int n) -> Tensor",
    .python = hidden,
    .doc = "The polygamma function of order ``n`` ≥ 1.",
    .dtype = kReal,
    .formula = [](Expr x, Expr n) { return polygamma(n, x); },
};
OP(mvlgamma){
    .signature = "mvlgamma(Tensor self, int p) -> Tensor",
    .variants = Variants::both,
    .doc = "Logarithm of the multivariate gamma function of dimension ``p``; elements are above ``(p - 1) / 2``.",
    .composite = [](const Tensor& self, int64_t p) -> Tensor {
      check(!is_complex(self.dtype()) && self.dtype() != DType::bool_, ErrorKind::Runtime,
            "mvlgamma: The input tensor may not be a boolean or complex tensor, got ", name(self.dtype()));
      check(p >= 1, ErrorKind::Runtime, "mvlgamma: p has to be greater than or equal to 1, got ", p);
      Tensor sum = call<"lgamma">(self);
      const int64_t few = std::min<int64_t>(p, 64);
      for (int64_t j = 1; j < few; ++j)
        sum = call<"add.Tensor">(sum, call<"lgamma">(call<"sub.Tensor">(self, static_cast<double>(j) / 2)));
      if (p > few) {  // the rest in a table, (..., p - few)
        Tensor halves = call<"div.Tensor">(call<"arange.start">(few, p, sum.dtype(), Value(), self.device()), 2.0);
        Tensor table = call<"lgamma">(call<"sub.Tensor">(call<"unsqueeze">(self, int64_t{-1}), halves));
        sum = call<"add.Tensor">(sum, call<"sum.dim_IntList">(table, Dims{-1}));
      }
      double constant = static_cast<double>(p) * static_cast<double>(p - 1) / 4 * std::log(std::numbers::pi);
      return p > 1 ? call<"add.Tensor">(sum, constant) : sum;
    },
};
OP(special_round){
    .signature = "special_round(Tensor self, *, int decimals=0) -> Tensor",
    .python = special,
    .variants = Variants::out,
    .doc = "The nearest integer, or number with so many decimal places.",
    .composite = [](const Tensor& self, int64_t decimals) -> Tensor { return call<"round.decimals">(self, decimals); },
};

}  // namespace flambeau
