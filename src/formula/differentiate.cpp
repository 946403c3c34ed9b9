// Symbolic reverse differentiation of formulas. Each rule gives the cotangent of an operand from the cotangent `g` of
// the node; where it can, it is written with the node's own value `y`, so that the input need not be kept.
#include <map>
#include <numbers>

#include "core/error.h"
#include "formula/expr.h"

namespace flambeau {

using namespace formula;

namespace {

constexpr double kTwoOverSqrtPi = 2 * std::numbers::inv_sqrtpi;
constexpr double kInvSqrt2Pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;

// The product of a cotangent with the conjugate of a derivative (conj is nothing on real types).
Expr chain(Expr g, Expr derivative) { return g * conj(derivative); }

using Rule = void (*)(Expr g, Expr y, const Expr* x, Expr* out);

#define RULE(name, ...)                                       \
  {Prim::name, [](Expr g, Expr y, const Expr* x, Expr* out) { \
     (void)g;                                                 \
     (void)y;                                                 \
     (void)x;                                                 \
     __VA_ARGS__;                                             \
   }}
// A function of one operand with derivative d, and one whose two operands have derivatives d and e.
#define D1(name, d) RULE(name, out[0] = chain(g, d))
#define D2(name, d, e) RULE(name, out[0] = chain(g, d); out[1] = chain(g, e))

const std::map<Prim, Rule>& rules() {
  static const std::map<Prim, Rule> table = {
    RULE(add, out[0] = g; out[1] = g),
    RULE(sub, out[0] = g; out[1] = -g),
    D2(mul, x[1], x[0]),
    RULE(div, out[0] = g / conj(x[1]); out[1] = -g * conj(x[0] / x[1] / x[1])),
    RULE(mul_add, out[0] = chain(g, x[1]); out[1] = chain(g, x[0]); out[2] = g),
    RULE(neg, out[0] = -g),
    // A magnitude is real: of a complex cotangent only the real part counts.
    RULE(abs, out[0] = real(g) * sign(x[0])),
    RULE(nextafter, out[0] = select(x[0] == x[1], 0, g); out[1] = 0),
    // Of complex numbers the part of the cotangent across the direction counts; of real ones nothing is left.
    RULE(sign, Expr m = abs(x[0]); out[0] = select(m == 0, 0, (g - y * real(conj(y) * g)) / m)),
    D1(recip, -y * y),
    RULE(sqrt, out[0] = g / conj(2 * y)),
    D1(rsqrt, -0.5 * y * y * y),
    D1(square, 2 * x[0]),
    RULE(remainder, out[0] = g; out[1] = -g * div_floor(x[0], x[1])),
    RULE(fmod, out[0] = g; out[1] = -g * div_trunc(x[0], x[1])),
    RULE(min, Expr half = g * 0.5; Expr tie = x[0] == x[1]; out[0] = select(tie, half, select(x[0] < x[1], g, 0));
         out[1] = select(tie, half, select(x[1] < x[0], g, 0))),
    RULE(max, Expr half = g * 0.5; Expr tie = x[0] == x[1]; out[0] = select(tie, half, select(x[0] > x[1], g, 0));
         out[1] = select(tie, half, select(x[1] > x[0], g, 0))),
    RULE(fmin, Expr first = (x[0] <= x[1]) | isnan(x[1]); out[0] = select(first, g, 0); out[1] = select(first, 0, g)),
    RULE(fmax, Expr first = (x[0] >= x[1]) | isnan(x[1]); out[0] = select(first, g, 0); out[1] = select(first, 0, g)),
    RULE(copysign, out[0] = select(x[0] == 0, 0, g * (y / x[0])); out[1] = 0),
    RULE(hypot, out[0] = g * (x[0] / y); out[1] = g * (x[1] / y)),
    RULE(atan2, Expr r = recip(x[0] * x[0] + x[1] * x[1]); Expr safe = (x[0] == 0) & (x[1] == 0);
         out[0] = g * select(safe, 0, x[1] * r); out[1] = g * select(safe, 0, -x[0] * r)),
    RULE(ldexp, out[0] = g * exp2(x[1])),
    RULE(pow, out[0] = select(x[1] == 0, 0, chain(g, x[1] * pow(x[0], x[1] - 1)));
         out[1] = select((x[0] == 0) & (real(x[1]) >= 0), 0, chain(g, y * log(x[0])))),
    RULE(xlogy, out[0] = g * select((x[0] == 0) & (x[1] <= 0), 0, log(x[1])); out[1] = g * x[0] / x[1]),
    RULE(xlog1py, out[0] = g * select((x[0] == 0) & (x[1] <= -1), 0, log1p(x[1])); out[1] = g * x[0] / (x[1] + 1)),
    D2(logaddexp, exp(x[0] - y), exp(x[1] - y)),
    RULE(logaddexp2, out[0] = g * exp2(x[0] - y); out[1] = g * exp2(x[1] - y)),
    RULE(select, out[1] = select(x[0], g, 0); out[2] = select(x[0], 0, g)),
    RULE(floor, out[0] = 0),
    RULE(ceil, out[0] = 0),
    RULE(trunc, out[0] = 0),
    RULE(round, out[0] = 0),
    RULE(div_floor, out[0] = 0; out[1] = 0),
    RULE(div_trunc, out[0] = 0; out[1] = 0),
    RULE(heaviside, out[0] = 0),
    RULE(frac, out[0] = g),
    D1(exp, y),
    D1(exp2, y * std::numbers::ln2),
    D1(expm1, y + 1),
    RULE(log, out[0] = g / conj(x[0])),
    RULE(log2, out[0] = g / conj(x[0] * std::numbers::ln2)),
    RULE(log10, out[0] = g / conj(x[0] * std::numbers::ln10)),
    RULE(log1p, out[0] = g / conj(x[0] + 1)),
    D1(sin, cos(x[0])),
    D1(cos, -sin(x[0])),
    D1(tan, 1 + y * y),
    D1(asin, rsqrt(1 - x[0] * x[0])),
    D1(acos, -rsqrt(1 - x[0] * x[0])),
    RULE(atan, out[0] = g / conj(x[0] * x[0] + 1)),
    D1(sinh, cosh(x[0])),
    D1(cosh, sinh(x[0])),
    D1(tanh, 1 - y * y),
    D1(asinh, rsqrt(x[0] * x[0] + 1)),
    D1(acosh, rsqrt(x[0] - 1) * rsqrt(x[0] + 1)),
    RULE(atanh, out[0] = g / conj(1 - x[0] * x[0])),
    D1(sigmoid, y * (1 - y)),
    D1(erf, kTwoOverSqrtPi * exp(-x[0] * x[0])),
    D1(erfc, -kTwoOverSqrtPi * exp(-x[0] * x[0])),
    D1(erfinv, (1 / kTwoOverSqrtPi) * exp(y * y)),
    D1(erfcx, 2 * x[0] * y - kTwoOverSqrtPi),
    D1(gelu, 0.5 * (1 + erf(x[0] * (1 / std::numbers::sqrt2))) + x[0] * kInvSqrt2Pi * exp(-0.5 * x[0] * x[0])),
    RULE(silu, Expr s = sigmoid(x[0]); out[0] = chain(g, s * (1 + x[0] * (1 - s)))),
    D1(softplus, sigmoid(x[0])),
    D1(sinc, select(x[0] == 0, 0,
                    (std::numbers::pi * x[0] * cos(std::numbers::pi * x[0]) - sin(std::numbers::pi * x[0])) /
                        (std::numbers::pi * x[0] * x[0]))),
    D1(lgamma, digamma(x[0])),
    D1(digamma, trigamma(x[0])),
    D1(trigamma, polygamma(2, x[0])),
    RULE(polygamma, out[1] = g * polygamma(x[0] + 1, x[1])),
    RULE(zeta, out[1] = -g * x[0] * zeta(x[0] + 1, x[1])),
    D1(i0, i1(x[0])),
    D1(i0e, i1e(x[0]) - sign(x[0]) * y),
    // What is divided by is never 0, or the derivative of the part that is not taken would be NaN.
    D1(i1, select(abs(x[0]) > 1e-30, i0(x[0]) - y / select(abs(x[0]) > 1e-30, x[0], 1), 0.5)),
    D1(i1e, select(abs(x[0]) > 1e-30, i0e(x[0]) - y * (sign(x[0]) + recip(select(abs(x[0]) > 1e-30, x[0], 1))), 0.5)),
    D1(ndtri, (1 / kInvSqrt2Pi) * exp(0.5 * y * y)),
    D1(log_ndtr, kInvSqrt2Pi * exp(-0.5 * x[0] * x[0] - y)),
    D1(bessel_j0, -bessel_j1(x[0])),
    D1(bessel_y0, -bessel_y1(x[0])),
    RULE(igamma, out[1] = g * exp((x[0] - 1) * log(x[1]) - x[1] - lgamma(x[0]))),
    RULE(igammac, out[1] = -g * exp((x[0] - 1) * log(x[1]) - x[1] - lgamma(x[0]))),
    RULE(eq, ),
    RULE(ne, ),
    RULE(lt, ),
    RULE(le, ),
    RULE(gt, ),
    RULE(ge, ),
    RULE(isnan, ),
    RULE(isinf, ),
    RULE(isfinite, ),
    RULE(signbit, ),
    RULE(and_, ),
    RULE(or_, ),
    RULE(xor_, ),
    RULE(not_, ),
    RULE(mask_to_value, ),
    RULE(value_to_mask, ),
  };
  return table;
}
#undef D1
#undef D2
#undef RULE

void operand_cotangents(const ExprNode* n, Expr g, Expr* out) {
  Expr y = n;
  const Expr x[3] = {n->args[0], n->args[1], n->args[2]};
  switch (n->kind) {
    case ExprNode::Kind::Conj: out[0] = conj(g); return;
    case ExprNode::Kind::Real: out[0] = complex(real(g), 0); return;
    case ExprNode::Kind::Imag: out[0] = complex(0, real(g)); return;
    case ExprNode::Kind::Complex:
      out[0] = real(g);
      out[1] = imag(g);
      return;
    case ExprNode::Kind::Round: out[0] = g; return;
    case ExprNode::Kind::Angle: {  // d angle = Im(dz / z): the cotangent of z is i g z / |z|²
      Expr norm = real(x[0]) * real(x[0]) + imag(x[0]) * imag(x[0]);
      Expr scale = select(norm == 0, 0, real(g) / norm);
      out[0] = complex(-imag(x[0]) * scale, real(x[0]) * scale);
      return;
    }
    case ExprNode::Kind::Prim: {
      auto rule = rules().find(n->prim);
      check(rule != rules().end(), ErrorKind::NotImplemented, name(n->prim),
            ": the derivative of this function is not implemented; the nearest alternative is a custom "
            "autograd.Function");
      rule->second(g, y, x, out);
      return;
    }
    default: return;
  }
}

}  // namespace

Expr differentiate(Expr result, Expr wrt, Expr grad) {
  if (!depends_on(result, wrt)) return Expr();
  // Users come after their operands in order of creation, so walking down by it sees every user first.
  std::map<int, const ExprNode*, std::greater<>> waiting;
  std::map<const ExprNode*, Expr> cotangent;
  auto give = [&](const ExprNode* n, Expr g) {
    if (!g || !depends_on(n, wrt)) return;
    auto [at, fresh] = cotangent.emplace(n, g);
    if (!fresh && !g.is_constant(0)) at->second = at->second.is_constant(0) ? g : at->second + g;
    waiting[n->order] = n;
  };
  give(result.node(), grad);
  while (!waiting.empty()) {
    const ExprNode* n = waiting.begin()->second;
    waiting.erase(waiting.begin());
    if (n == wrt.node()) continue;
    Expr out[3];
    operand_cotangents(n, cotangent[n], out);
    for (int i = 0; i < 3; ++i)
      if (n->args[i]) give(n->args[i], out[i]);
  }
  auto found = cotangent.find(wrt.node());
  return found == cotangent.end() ? Expr() : found->second;
}

}  // namespace flambeau
