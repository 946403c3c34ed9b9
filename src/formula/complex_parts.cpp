// Complex arithmetic and elementary functions on real and imaginary parts. Sources: the usual identities (Abramowitz
// and Stegun, ch. 3–4), with division by Smith's method and square root and logarithm by way of the magnitude; inverse
// functions and tanh after Kahan, "Branch cuts for complex elementary functions" (1987). No intermediate result leaves
// the range of the type where the result does not.
#include "formula/complex_parts.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <unordered_map>

#include "core/error.h"

namespace flambeau {

using namespace formula;

namespace {

using C = ComplexParts;
Expr zero() { return Expr(0.0); }
Expr im(const C& z) { return z.im ? z.im : zero(); }

C add_(const C& a, const C& b) { return {a.re + b.re, a.im && b.im ? a.im + b.im : a.im ? a.im : b.im}; }
C neg_(const C& a) { return {-a.re, a.im ? -a.im : Expr()}; }
C sub_(const C& a, const C& b) {
  return {a.re - b.re, a.im && b.im ? a.im - b.im : a.im ? a.im : b.im ? -b.im : Expr()};
}
C mul_(const C& a, const C& b) {
  if (!a.im && !b.im) return {a.re * b.re, Expr()};
  if (!a.im) return {a.re * b.re, a.re * b.im};
  if (!b.im) return {a.re * b.re, a.im * b.re};
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
C scale(const C& a, Expr k) { return {a.re * k, a.im ? a.im * k : Expr()}; }
C div_(const C& a, const C& b) {
  if (!b.im) return {a.re / b.re, a.im ? a.im / b.re : Expr()};
  // Smith: divide by the part of larger magnitude first, so that squares do not overflow.
  Expr wide = abs(b.re) >= abs(b.im);
  Expr big = select(wide, b.re, b.im), small = select(wide, b.im, b.re);
  Expr r = select((b.re == 0) & (b.im == 0), zero(), small / big);
  Expr d = big + small * r;
  Expr x = a.re, y = im(a);
  return {select(wide, x + y * r, x * r + y) / d, select(wide, y - x * r, y * r - x) / d};
}
Expr magnitude(const C& z) { return z.im ? hypot(z.re, z.im) : abs(z.re); }
Expr argument(const C& z) {
  if (z.im) return atan2(z.im, z.re);
  return select(isnan(z.re), z.re, select(z.re < 0, Expr(std::numbers::pi), zero()));
}
Expr log_of_magnitude(const C& z) {
  if (!z.im) return log(abs(z.re));
  Expr a = abs(z.re), b = abs(z.im), m = hypot(z.re, z.im);
  Expr big = max(a, b), small = min(a, b);
  // About 1 the magnitude has lost what the logarithm is made of; beyond the range its half has not.
  Expr near = 0.5 * log1p((big - 1) * (big + 1) + small * small);
  Expr half = log(hypot(0.5 * z.re, 0.5 * z.im)) + std::numbers::ln2;
  return select((m > 0.75) & (m < 1.25), near, select(isinf(m), half, log(m)));
}
C log_(const C& z) { return {log_of_magnitude(z), argument(z)}; }
// growth * factor, where growth is `share` of e^|x| and may be beyond the range when the product is not: then the
// exponential is taken in two halves.
Expr grown(Expr growth, double share, Expr x, Expr factor) {
  Expr half = exp(0.5 * abs(x));
  Expr sign = share < 1 ? copysign(Expr(share), growth) : Expr(share);
  return select(isinf(growth) & isfinite(x), sign * half * factor * half, growth * factor);
}
// Where one part has left the range, what C99's Annex G says of the pair (note that select's branches are both
// computed).
Expr endless(const C& z) { return isinf(z.re) | isinf(im(z)); }

C exp_(const C& z) {
  Expr e = exp(z.re);
  if (!z.im) return {e, Expr()};
  Expr flat = z.im == 0;                               // keeps exp(inf + 0i) from becoming inf * 0
  Expr turning = isinf(z.re) & (isfinite(z.im) == 0);  // no direction: exp(inf + inf i) is inf + nan i, exp(-inf + …) 0
  return {select(flat | turning, e, grown(e, 1, z.re, cos(z.im))),
          select(flat, z.im, select(turning & (z.re < 0), zero(), grown(e, 1, z.re, sin(z.im))))};
}
C sqrt_(const C& z) {
  if (!z.im) return {sqrt(z.re), Expr()};
  Expr sum = magnitude(z) + abs(z.re);
  Expr quarter = hypot(0.25 * z.re, 0.25 * z.im) + 0.25 * abs(z.re);
  Expr big = select(isinf(sum), std::numbers::sqrt2 * sqrt(quarter), sqrt(sum * 0.5));
  Expr small = select(big == 0, zero(), abs(z.im) / (2 * big));
  Expr right = z.re >= 0, upright = isinf(z.im);  // sqrt(x + inf i) is inf + inf i for any x
  return {select(upright, abs(z.im), select(right, big, small)),
          select(upright, z.im, copysign(select(right, small, big), z.im))};
}
C i_times(const C& z) { return {-im(z), z.re}; }
C minus_i_times(const C& z) { return {im(z), -z.re}; }
C real_number(double v) { return {Expr(v), Expr()}; }

C sinh_(const C& z) {
  // On the axes one part is 0, whatever the other; beyond the range the direction may be unknown (nan), the size is
  // not.
  Expr x = z.re, y = im(z), turning = isinf(x) & (isfinite(y) == 0);
  return {select((x == 0) | turning, x, grown(sinh(x), 0.5, x, cos(y))),
          select(y == 0, y, grown(cosh(x), 0.5, x, sin(y)))};
}
C cosh_(const C& z) {
  Expr x = z.re, y = im(z), turning = isinf(x) & (isfinite(y) == 0);
  Expr product = copysign(zero(), x) * copysign(Expr(1.0), y);
  return {select(turning, abs(x), grown(cosh(x), 0.5, x, cos(y))),
          select((x == 0) | (y == 0), select(isfinite(x) & isfinite(y), grown(sinh(x), 0.5, x, sin(y)), product),
                 grown(sinh(x), 0.5, x, sin(y)))};
}
C tanh_(const C& z) {
  // With s = sinh x and t = tan y: ((1 + t²) s sqrt(1 + s²) + i t) / (1 + (1 + t²) s²); for large x its limit.
  Expr y = im(z), large = abs(z.re) > 20;
  Expr s = sinh(select(large, zero(), z.re)), t = tan(y);
  Expr b = 1 + t * t, d = 1 + b * s * s;
  Expr end = isinf(z.re);
  return {select(z.re == 0, z.re, select(large, copysign(Expr(1.0), z.re), b * s * sqrt(1 + s * s) / d)),
          select(y == 0, y,
                 select(end & (isfinite(y) == 0), zero(),
                        select(large, 4 * sin(y) * cos(y) * exp(-2 * abs(z.re)), t / d)))};
}
C log1p_(const C& z) {
  Expr m = magnitude(z);
  C shifted{z.re + 1, z.im};
  Expr near = 0.5 * log1p(z.re * (z.re + 2) + im(z) * im(z));
  return {select(m < 0.5, near, log_of_magnitude(shifted)), atan2(im(z), z.re + 1)};
}
C conj_(const C& z) { return {z.re, z.im ? -z.im : Expr()}; }
C asin_(const C& z) {
  C below = sqrt_(C{1 - z.re, -im(z)}), above = sqrt_(C{1 + z.re, im(z)});
  Expr end = endless(z), y = im(z);
  return {
      select(end, atan2(z.re, abs(y)), select(z.re == 0, z.re, atan2(z.re, mul_(below, above).re))),
      select(end, copysign(Expr(std::numeric_limits<double>::infinity()), y), asinh(im(mul_(conj_(below), above))))};
}
C asinh_(const C& z) { return minus_i_times(asin_(i_times(z))); }
C acos_(const C& z) {
  C below = sqrt_(C{1 - z.re, -im(z)}), above = sqrt_(C{1 + z.re, im(z)});
  Expr end = endless(z), y = im(z);
  return {
      select(end, atan2(abs(y), z.re), 2 * atan2(below.re, above.re)),
      select(end, copysign(Expr(std::numeric_limits<double>::infinity()), -y), asinh(im(mul_(conj_(above), below))))};
}
C acosh_(const C& z) {
  C below = sqrt_(C{z.re - 1, im(z)}), above = sqrt_(C{z.re + 1, im(z)});
  Expr end = endless(z);
  return {select(end, Expr(std::numeric_limits<double>::infinity()), asinh(mul_(conj_(below), above).re)),
          select(end, atan2(im(z), z.re), 2 * atan2(below.im, above.re))};
}
C atanh_(const C& z) {
  Expr y = im(z);
  // The real part is odd in x: taken from |x|, the logarithm's argument never comes near -1.
  Expr x = abs(z.re), distance = hypot(1 - x, y), large = distance > 1e17;
  Expr wide = 0.25 * log1p(4 * (x / distance) / distance), close = 0.25 * log(4 * x) - 0.5 * log(distance);
  Expr none = isinf(distance) | (x == 0);
  Expr re = copysign(select(none, zero(), select(distance < 1e-7, close, wide)), z.re);
  return {re, select(large & (isnan(y) == 0), copysign(Expr(std::numbers::pi / 2), y),
                     0.5 * atan2(2 * y, (1 - x) * (1 + x) - y * y))};
}
C atan_(const C& z) { return minus_i_times(atanh_(i_times(z))); }
C logaddexp_(const C& a, const C& b) {
  // The larger real part goes before the logarithm; equal infinite ones leave no difference to take.
  Expr first = a.re >= b.re;
  C high{select(first, a.re, b.re), select(first, im(a), im(b))},
      low{select(first, b.re, a.re), select(first, im(b), im(a))};
  C rest = log1p_(exp_(sub_(low, high)));
  C sum = add_(high, rest);
  Expr endless = isinf(high.re) & (a.re == b.re);
  C plain = log_(add_(exp_(a), exp_(b)));
  Expr gone = endless & (high.re < 0);
  return {select(gone, a.re, select(endless, plain.re, sum.re)),
          select(gone, im(a), select(endless, plain.im, sum.im))};
}
C recip_(const C& z) { return div_(real_number(1), z); }
// By the exponential that is at most 1.
C sigmoid_(const C& z) {
  Expr right = z.re >= 0;
  C e = exp_(C{-abs(z.re), select(right, -im(z), im(z))});
  C above{select(right, Expr(1.0), e.re), select(right, zero(), im(e))};
  return div_(above, add_(real_number(1), e));
}
C pow_(const C& z, const C& w) {
  C r = exp_(mul_(w, log_(z)));
  Expr base_zero = (z.re == 0) & (im(z) == 0);
  Expr exponent_zero = (w.re == 0) & (im(w) == 0);
  C fixed{select(base_zero, select(exponent_zero, Expr(1.0), zero()), r.re), select(base_zero, zero(), im(r))};
  // Small integer powers by multiplication keep the accuracy that exp(w log z) loses.
  C square = mul_(z, z);
  Expr two = (w.re == 2) & (im(w) == 0), one = (w.re == 1) & (im(w) == 0);
  return {select(two, square.re, select(one, z.re, fixed.re)), select(two, im(square), select(one, im(z), fixed.im))};
}

class Parts {
 public:
  Parts(std::span<const DType> inputs, uint32_t masks) : inputs_(inputs), masks_(masks) {}

  C visit(const ExprNode* n) {
    auto found = done_.find(n);
    if (found != done_.end()) return found->second;
    return done_[n] = make(n);
  }

 private:
  C make(const ExprNode* n) {
    using K = ExprNode::Kind;
    switch (n->kind) {
      case K::Input:
        if (!(masks_ >> n->index & 1) && is_complex(inputs_[n->index])) return {Expr(n), Expr::imaginary_plane(n)};
        return {Expr(n), Expr()};
      case K::Param: return {Expr(n), Expr::imaginary_plane(n)};
      case K::Constant: return {Expr(n->value.real()), n->value.imag() != 0 ? Expr(n->value.imag()) : Expr()};
      default: break;
    }
    C x[3];
    for (int i = 0; i < 3; ++i)
      if (n->args[i]) x[i] = visit(n->args[i]);
    switch (n->kind) {
      case K::Conj: return {x[0].re, x[0].im ? -x[0].im : Expr()};
      case K::Real: return {x[0].re, Expr()};
      case K::Imag: return {im(x[0]), Expr()};
      case K::Angle: return {argument(x[0]), Expr()};
      case K::Complex: return {x[0].re, x[1].re};
      case K::Round:
        return {round_to(x[0].re, to_real(n->dtype)), x[0].im ? round_to(x[0].im, to_real(n->dtype)) : Expr()};
      default: return primitive(n, x);
    }
  }

  C primitive(const ExprNode* n, const C* x) {
    switch (n->prim) {
      case Prim::add: return add_(x[0], x[1]);
      case Prim::sub: return sub_(x[0], x[1]);
      case Prim::mul: return mul_(x[0], x[1]);
      case Prim::div: return div_(x[0], x[1]);
      case Prim::mul_add: return add_(mul_(x[0], x[1]), x[2]);
      case Prim::neg: return neg_(x[0]);
      case Prim::square: return mul_(x[0], x[0]);
      case Prim::recip: return recip_(x[0]);
      case Prim::sqrt: return sqrt_(x[0]);
      case Prim::rsqrt: return recip_(sqrt_(x[0]));
      case Prim::abs: return {magnitude(x[0]), Expr()};
      case Prim::sign: {
        if (!x[0].im) return {sign(x[0].re), Expr()};
        Expr big = max(abs(x[0].re), abs(x[0].im)), flat = big == 0;
        Expr re = x[0].re / big, y = x[0].im / big, m = hypot(re, y);
        return {select(flat, zero(), re / m), select(flat, zero(), y / m)};
      }
      case Prim::eq: return {(x[0].re == x[1].re) & (im(x[0]) == im(x[1])), Expr()};
      case Prim::ne: return {(x[0].re != x[1].re) | (im(x[0]) != im(x[1])), Expr()};
      case Prim::isnan: return {isnan(x[0].re) | isnan(im(x[0])), Expr()};
      case Prim::isinf: return {isinf(x[0].re) | isinf(im(x[0])), Expr()};
      case Prim::isfinite: return {isfinite(x[0].re) & isfinite(im(x[0])), Expr()};
      case Prim::value_to_mask: return {(x[0].re != 0) | (im(x[0]) != 0), Expr()};
      case Prim::select:
        return {select(x[0].re, x[1].re, x[2].re), x[1].im || x[2].im ? select(x[0].re, im(x[1]), im(x[2])) : Expr()};
      case Prim::exp: return exp_(x[0]);
      case Prim::exp2: return exp_(scale(x[0], std::numbers::ln2));
      case Prim::expm1: {
        // e^x cos y - 1 = expm1(x) cos y - 2 sin²(y/2)
        Expr half = sin(0.5 * im(x[0]));
        C e = exp_(x[0]);
        Expr m = expm1(x[0].re);
        Expr turning = isinf(x[0].re) & (isfinite(im(x[0])) == 0);
        return {select(turning, m, select(isinf(m), e.re, m * cos(im(x[0])) - 2 * half * half)), im(e)};
      }
      case Prim::log: return log_(x[0]);
      case Prim::log2: return scale(log_(x[0]), 1 / std::numbers::ln2);
      case Prim::log10: return scale(log_(x[0]), 1 / std::numbers::ln10);
      case Prim::logaddexp: return logaddexp_(x[0], x[1]);
      case Prim::softplus: {
        // log(1 + e^z) with the logarithm's own imaginary part, between -pi and pi; beyond 30 the 1 is lost.
        if (!x[0].im) return {softplus(x[0].re), Expr()};
        Expr e = exp(min(x[0].re, Expr(30.0)));
        return {logaddexp_(x[0], real_number(0)).re, atan2(e * sin(x[0].im), 1 + e * cos(x[0].im))};
      }
      case Prim::log1p: return log1p_(x[0]);
      case Prim::sin: return minus_i_times(sinh_(i_times(x[0])));
      case Prim::cos: return cosh_(i_times(x[0]));
      case Prim::tan: return minus_i_times(tanh_(i_times(x[0])));
      case Prim::sinh: return sinh_(x[0]);
      case Prim::cosh: return cosh_(x[0]);
      case Prim::tanh: return tanh_(x[0]);
      case Prim::asin: return asin_(x[0]);
      case Prim::acos: return acos_(x[0]);
      case Prim::atan: return atan_(x[0]);
      case Prim::asinh: return asinh_(x[0]);
      case Prim::acosh: return acosh_(x[0]);
      case Prim::atanh: return atanh_(x[0]);
      case Prim::sigmoid: return sigmoid_(x[0]);
      case Prim::silu: return mul_(x[0], sigmoid_(x[0]));
      case Prim::pow: return pow_(x[0], x[1]);
      case Prim::sinc: {
        C t = scale(x[0], std::numbers::pi);
        C s = minus_i_times(sinh_(i_times(t)));
        C q = div_(s, t);
        Expr flat = (x[0].re == 0) & (im(x[0]) == 0);
        return {select(flat, Expr(1.0), q.re), select(flat, zero(), im(q))};
      }
      default: break;
    }
    bool any = false;
    for (int i = 0; i < 3; ++i) any |= static_cast<bool>(x[i].im);
    check(!any, ErrorKind::NotImplemented, name(n->prim),
          ": not implemented for complex types; the nearest alternative is to ", "work on x.real and x.imag");
    Expr args[3];
    int count = 0;
    for (int i = 0; i < 3; ++i)
      if (n->args[i]) args[count++] = x[i].re;
    return {Expr::make(n->prim, std::span<const Expr>(args, count)), Expr()};
  }

  std::span<const DType> inputs_;
  uint32_t masks_;
  std::unordered_map<const ExprNode*, C> done_;
};

}  // namespace

ComplexParts complex_parts(Expr root, std::span<const DType> inputs, uint32_t masks) {
  return Parts(inputs, masks).visit(root.node());
}

}  // namespace flambeau
