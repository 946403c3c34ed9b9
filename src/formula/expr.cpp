// Interning and simplification of expression nodes.
#include "formula/expr.h"

#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <unordered_map>

#include "core/error.h"

namespace flambeau {

namespace {
thread_local ExprScope* t_scope = nullptr;

struct Hash {
  size_t operator()(const ExprNode& n) const {
    size_t h = static_cast<size_t>(n.kind) * 131 + static_cast<size_t>(n.prim) * 31 + static_cast<size_t>(n.dtype) * 7 +
               n.index * 2 + n.imaginary;
    h ^= std::hash<double>()(n.value.real()) * 3 + std::hash<double>()(n.value.imag());
    for (auto* a : n.args) h = h * 1000003 + reinterpret_cast<size_t>(a);
    return h;
  }
};
struct Same {
  bool operator()(const ExprNode& a, const ExprNode& b) const {
    // Constants are compared by their bits: -0.0 is not 0.0, and a NaN is itself.
    return a.kind == b.kind && a.prim == b.prim && a.dtype == b.dtype && a.index == b.index &&
           a.imaginary == b.imaginary && std::memcmp(&a.value, &b.value, sizeof a.value) == 0 &&
           std::equal(a.args, a.args + 3, b.args);
  }
};
}  // namespace

struct ExprScope::Impl {
  std::deque<ExprNode> nodes;
  std::unordered_map<ExprNode, const ExprNode*, Hash, Same> known;
};

ExprScope::ExprScope() : impl_(new Impl), outer_(t_scope) { t_scope = this; }
ExprScope::~ExprScope() { t_scope = outer_; }

const ExprNode* ExprScope::intern(ExprNode node) {
  auto found = impl_->known.find(node);
  if (found != impl_->known.end()) return found->second;
  ExprNode key = node;
  node.order = static_cast<int>(impl_->nodes.size());
  impl_->nodes.push_back(node);
  impl_->known.emplace(key, &impl_->nodes.back());
  return &impl_->nodes.back();
}

static Expr intern(ExprNode node) {
  check(t_scope != nullptr, ErrorKind::Runtime, "Expr: there is no ExprScope on this thread");
  return t_scope->intern(node);
}

Expr::Expr(double value) : Expr(constant(value)) {}

Expr Expr::constant(std::complex<double> value) {
  ExprNode n{ExprNode::Kind::Constant};
  n.value = value;
  return intern(n);
}

static Expr leaf(ExprNode::Kind kind, int index) {
  ExprNode n{kind};
  n.index = index;
  return intern(n);
}
Expr Expr::input(int index) { return leaf(ExprNode::Kind::Input, index); }
Expr Expr::param(int index) { return leaf(ExprNode::Kind::Param, index); }
Expr Expr::imaginary_plane(const ExprNode* of) {
  ExprNode n{of->kind};
  n.index = of->index;
  n.imaginary = true;
  return intern(n);
}
Expr Expr::unread() {
  static thread_local int next = 0;
  return leaf(ExprNode::Kind::Unread, next++);
}

Expr Expr::make(Prim prim, std::span<const Expr> a) {
  // Identities that hold for every value, NaN and signed zero included.
  if (prim == Prim::mul && a[1].is_constant(1)) return a[0];
  if (prim == Prim::mul && a[0].is_constant(1)) return a[1];
  if (prim == Prim::div && a[1].is_constant(1)) return a[0];
  if (prim == Prim::neg && a[0].node()->kind == ExprNode::Kind::Prim && a[0].node()->prim == Prim::neg)
    return a[0].node()->args[0];
  ExprNode n{ExprNode::Kind::Prim, prim};
  for (size_t i = 0; i < a.size(); ++i) n.args[i] = a[i].node();
  return intern(n);
}

namespace formula {
static Expr unary(ExprNode::Kind kind, Expr x, DType dtype = DType::float32) {
  ExprNode n{kind};
  n.dtype = dtype;
  n.args[0] = x.node();
  return intern(n);
}
Expr conj(Expr x) {
  return x.node()->kind == ExprNode::Kind::Conj ? Expr(x.node()->args[0]) : unary(ExprNode::Kind::Conj, x);
}
Expr real(Expr x) { return unary(ExprNode::Kind::Real, x); }
Expr imag(Expr x) { return unary(ExprNode::Kind::Imag, x); }
Expr angle(Expr x) { return unary(ExprNode::Kind::Angle, x); }
Expr round_to(Expr x, DType dtype) { return unary(ExprNode::Kind::Round, x, dtype); }
Expr complex(Expr re, Expr im) {
  ExprNode n{ExprNode::Kind::Complex};
  n.args[0] = re.node();
  n.args[1] = im.node();
  return intern(n);
}
}  // namespace formula

static Expr rebuild(const ExprNode* n, const std::function<Expr(const ExprNode*)>& visit) {
  Expr args[3];
  int count = 0;
  for (auto* a : n->args)
    if (a) args[count++] = visit(a);
  if (!count) return n;
  if (n->kind == ExprNode::Kind::Prim) return Expr::make(n->prim, std::span<const Expr>(args, count));
  ExprNode copy = *n;
  copy.order = 0;
  for (int i = 0; i < count; ++i) copy.args[i] = args[i].node();
  return intern(copy);
}

Expr substitute(Expr in, Expr from, Expr to) {
  std::unordered_map<const ExprNode*, Expr> done;
  std::function<Expr(const ExprNode*)> visit = [&](const ExprNode* n) -> Expr {
    if (n == from.node()) return to;
    auto found = done.find(n);
    if (found != done.end()) return found->second;
    return done[n] = rebuild(n, visit);
  };
  return visit(in.node());
}

bool depends_on(Expr in, Expr on) {
  if (in.node() == on.node()) return true;
  for (auto* a : in.node()->args)
    if (a && depends_on(a, on)) return true;
  return false;
}

}  // namespace flambeau
