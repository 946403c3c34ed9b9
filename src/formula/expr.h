// Formulas: small expression graphs over the vector primitives, made by calling a formula with symbolic values. Equal
// subexpressions are one node. From such a graph come the tile program (formula/program.h) and the derivative.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/dtype.h"
#include "formula/primitive.h"

namespace flambeau {

struct ExprNode {
  enum class Kind : uint8_t {
    Input,     // tensor argument `index`, converted to the computation's type
    Param,     // number argument `index`: known when the program runs
    Constant,  // known now
    Prim,      // a vector primitive over up to three operands
    Conj,
    Real,
    Imag,
    Angle,
    Complex,  // from real and imaginary part
    Round,    // through the type `dtype` and back: the boundary between two operators of a fused chain
    Unread,   // an argument that is not given, because what is kept of the formula does not read it
  };
  Kind kind;
  Prim prim = Prim::add;
  DType dtype = DType::float32;
  int index = 0;
  bool imaginary = false;  // of a complex input or number: its imaginary plane
  std::complex<double> value;
  const ExprNode* args[3] = {};
  int order = 0;  // position of creation; operands come before their users
};

// The arena of the nodes made on this thread while it lives. Scopes nest; a node belongs to the innermost.
class ExprScope {
 public:
  ExprScope();
  ~ExprScope();
  ExprScope(const ExprScope&) = delete;
  const ExprNode* intern(ExprNode node);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  ExprScope* outer_;
};

class Expr {
 public:
  Expr() = default;
  Expr(const ExprNode* node) : node_(node) {}
  Expr(double constant);
  Expr(int constant) : Expr(static_cast<double>(constant)) {}
  static Expr input(int index);
  static Expr param(int index);
  static Expr imaginary_plane(const ExprNode* of);  // of an input or number
  static Expr unread();                             // another one at each call
  static Expr constant(std::complex<double> value);
  static Expr make(Prim prim, std::span<const Expr> args);

  const ExprNode* node() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }
  bool is_constant(double value) const { return node_->kind == ExprNode::Kind::Constant && node_->value == value; }
  bool same(Expr other) const { return node_ == other.node_; }

 private:
  const ExprNode* node_ = nullptr;
};

// One function for each primitive, under its name (exp, tanh, pow, ...); and_, or_, xor_, not_ are operators below.
namespace expr_detail {
template <class... E>
Expr call(Prim prim, E... args) {
  const Expr list[] = {args...};
  return Expr::make(prim, list);
}
}  // namespace expr_detail
#define FLAMBEAU_ARGS_1 Expr a
#define FLAMBEAU_ARGS_2 Expr a, Expr b
#define FLAMBEAU_ARGS_3 Expr a, Expr b, Expr c
#define FLAMBEAU_PASS_1 a
#define FLAMBEAU_PASS_2 a, b
#define FLAMBEAU_PASS_3 a, b, c
#define FLAMBEAU_X(name, arity) \
  inline Expr name(FLAMBEAU_ARGS_##arity) { return expr_detail::call(Prim::name, FLAMBEAU_PASS_##arity); }
namespace formula {
FLAMBEAU_PRIMITIVES(FLAMBEAU_X)
Expr conj(Expr x);
Expr real(Expr x);
Expr imag(Expr x);
Expr angle(Expr x);
Expr complex(Expr re, Expr im);
Expr round_to(Expr x, DType dtype);
inline Expr where(Expr condition, Expr a, Expr b) { return select(condition, a, b); }
inline Expr cube(Expr x) { return x.node() ? expr_detail::call(Prim::mul, expr_detail::call(Prim::mul, x, x), x) : x; }
}  // namespace formula
#undef FLAMBEAU_X
#undef FLAMBEAU_ARGS_1
#undef FLAMBEAU_ARGS_2
#undef FLAMBEAU_ARGS_3
#undef FLAMBEAU_PASS_1
#undef FLAMBEAU_PASS_2
#undef FLAMBEAU_PASS_3

inline Expr operator+(Expr a, Expr b) { return formula::add(a, b); }
inline Expr operator-(Expr a, Expr b) { return formula::sub(a, b); }
inline Expr operator*(Expr a, Expr b) { return formula::mul(a, b); }
inline Expr operator/(Expr a, Expr b) { return formula::div(a, b); }
inline Expr operator-(Expr a) { return formula::neg(a); }
inline Expr operator==(Expr a, Expr b) { return formula::eq(a, b); }
inline Expr operator!=(Expr a, Expr b) { return formula::ne(a, b); }
inline Expr operator<(Expr a, Expr b) { return formula::lt(a, b); }
inline Expr operator<=(Expr a, Expr b) { return formula::le(a, b); }
inline Expr operator>(Expr a, Expr b) { return formula::gt(a, b); }
inline Expr operator>=(Expr a, Expr b) { return formula::ge(a, b); }
inline Expr operator&(Expr a, Expr b) { return formula::and_(a, b); }
inline Expr operator|(Expr a, Expr b) { return formula::or_(a, b); }
inline Expr operator^(Expr a, Expr b) { return formula::xor_(a, b); }
inline Expr operator~(Expr a) { return formula::not_(a); }

// The gradient of `result` with respect to input `wrt`, given the cotangent `grad`: symbolic reverse differentiation.
// Null when the result does not depend on the input. Complex values follow the conjugate convention.
Expr differentiate(Expr result, Expr wrt, Expr grad);
// The expression with each occurrence of `from` replaced.
Expr substitute(Expr in, Expr from, Expr to);
bool depends_on(Expr in, Expr on);

}  // namespace flambeau
