// From an expression graph to a tile program: parts of complex values, conditions against values, registers.
#include <algorithm>
#include <numbers>
#include <unordered_map>

#include "core/error.h"
#include "formula/complex_parts.h"
#include "formula/program.h"

namespace flambeau {

Lane lane_of(DType dtype) {
  switch (to_real(dtype)) {
    case DType::float64: return Lane::f64;
    case DType::int64:
    case DType::uint32: return Lane::i64;
    case DType::uint64: return Lane::u64;
    case DType::bool_:
    case DType::uint8:
    case DType::int8:
    case DType::int16:
    case DType::uint16:
    case DType::int32: return Lane::i32;
    default: return Lane::f32;
  }
}

DType natural_type(Lane lane) {
  static constexpr DType table[] = {DType::float32, DType::float64, DType::int32, DType::int64, DType::uint64};
  return table[static_cast<int>(lane)];
}

namespace {

bool gives_mask(Prim p) { return p >= Prim::eq && p <= Prim::signbit; }
bool is_bitwise(Prim p) { return p == Prim::and_ || p == Prim::or_ || p == Prim::xor_ || p == Prim::not_; }

// Makes conditions and values agree: adds conversions where an operand is the other kind, and spells out what only
// complex nodes mean. Afterwards every node is a primitive of the lane, a leaf, or a Round.
class Normalizer {
 public:
  explicit Normalizer(const ProgramTypes& types) : types_(types) {}

  bool is_mask(Expr e) const {
    const ExprNode* n = e.node();
    if (n->kind == ExprNode::Kind::Input) return n->index < 32 && (types_.masks >> n->index & 1);
    if (n->kind != ExprNode::Kind::Prim) return false;
    if (gives_mask(n->prim) || n->prim == Prim::value_to_mask) return true;
    if (is_bitwise(n->prim)) return is_mask(n->args[0]);
    if (n->prim == Prim::select) return is_mask(n->args[1]);
    return false;
  }
  Expr value(Expr e) const { return is_mask(e) ? formula::mask_to_value(e) : e; }
  Expr mask(Expr e) const { return is_mask(e) ? e : formula::value_to_mask(e); }

  Expr visit(const ExprNode* n) {
    auto found = done_.find(n);
    if (found != done_.end()) return found->second;
    return done_[n] = make(n);
  }

 private:
  Expr make(const ExprNode* n) {
    using K = ExprNode::Kind;
    if (n->kind == K::Input || n->kind == K::Param || n->kind == K::Constant) return n;
    Expr x[3];
    int count = 0;
    for (; count < 3 && n->args[count]; ++count) x[count] = visit(n->args[count]);
    switch (n->kind) {
      case K::Conj:
      case K::Real:
      case K::Complex: return value(x[0]);
      case K::Imag: return Expr(0.0);
      case K::Angle: {
        Expr v = value(x[0]);
        return formula::select(formula::isnan(v), v, formula::select(v < 0, Expr(std::numbers::pi), Expr(0.0)));
      }
      case K::Round: {
        if (is_mask(x[0])) return x[0];
        if (n->dtype == DType::bool_) return formula::value_to_mask(x[0]);
        return n->dtype == natural_type(lane_of(types_.common)) ? x[0] : formula::round_to(x[0], n->dtype);
      }
      default: break;
    }
    if (n->prim == Prim::mask_to_value) return value(x[0]);
    if (n->prim == Prim::value_to_mask) return mask(x[0]);
    if (n->prim == Prim::select) {
      x[0] = mask(x[0]);
      if (is_mask(x[1]) != is_mask(x[2])) {
        x[1] = value(x[1]);
        x[2] = value(x[2]);
      }
    } else if (is_bitwise(n->prim)) {
      bool any = is_mask(x[0]) || (count > 1 && is_mask(x[1]));
      if (any || types_.common == DType::bool_)
        for (int i = 0; i < count; ++i) x[i] = mask(x[i]);
    } else {
      for (int i = 0; i < count; ++i) x[i] = value(x[i]);
    }
    return Expr::make(n->prim, std::span<const Expr>(x, count));
  }

  const ProgramTypes& types_;
  std::unordered_map<const ExprNode*, Expr> done_;
};

// Assigns registers. Operands and numbers keep theirs for the whole program; steps reuse those no longer needed; the
// result has one of its own, because it may be the memory of an operand.
class Allocator {
 public:
  Allocator(Program& program, const ProgramTypes& types, std::span<const int> operand_of)
      : p_(program), types_(types), operand_of_(operand_of) {}

  void order(const ExprNode* n) {
    if (seen_.count(n)) return;
    seen_[n] = 1;
    for (auto* a : n->args)
      if (a) order(a);
    sequence_.push_back(n);
    for (auto* a : n->args)
      if (a) last_use_[a] = static_cast<int>(sequence_.size()) - 1;
  }

  void emit(std::span<const Expr> roots) {
    for (Expr root : roots) order(root.node());
    for (Expr root : roots) last_use_[root.node()] = 1 << 30;
    for (size_t i = 0; i < sequence_.size(); ++i) place(sequence_[i], static_cast<int>(i));
    p_.registers = next_;
  }
  uint16_t reg(Expr e) const { return reg_.at(e.node()); }

 private:
  void place(const ExprNode* n, int at) {
    using K = ExprNode::Kind;
    switch (n->kind) {
      case K::Input: return load(n);
      case K::Param: {
        p_.fills.push_back({n->index, n->imaginary, reg_[n] = next_++, 0});
        return;
      }
      case K::Constant: p_.fills.push_back({-1, false, reg_[n] = next_++, n->value.real()}); return;
      default: break;
    }
    uint16_t in[3] = {Program::kNone, Program::kNone, Program::kNone};
    for (int i = 0; i < 3 && n->args[i]; ++i) in[i] = reg_.at(n->args[i]);
    bool root = last_use_[n] == 1 << 30;
    uint16_t out;
    if (!root && !free_.empty()) {
      out = free_.back();
      free_.pop_back();
    } else {
      out = next_++;
    }
    reg_[n] = out;
    if (n->kind == K::Round) {
      p_.steps.push_back({Prim::add, out, in[0], Program::kNone, Program::kNone, true, to_real(n->dtype)});
    } else {
      p_.steps.push_back({n->prim, out, in[0], in[1], in[2]});
    }
    for (auto* a : n->args)
      if (a && last_use_[a] == at && a->kind != K::Input && a->kind != K::Param && a->kind != K::Constant) {
        if (std::find(free_.begin(), free_.end(), reg_[a]) == free_.end()) free_.push_back(reg_[a]);
      }
  }

  void load(const ExprNode* n) {
    const bool imag = n->imaginary;
    const int index = n->index;
    // Both planes of a complex operand come from one load.
    for (auto& l : p_.loads)
      if (l.operand == operand_of_[index] && l.complex()) {
        reg_[n] = imag ? l.imag : l.reg;
        return;
      }
    Program::Load l;
    l.operand = operand_of_[index];
    l.dtype = types_.inputs[index];
    l.reg = next_++;
    if (types_.masks >> index & 1) {
      check(l.dtype == DType::bool_, ErrorKind::Type, "condition has to be of type bool, got ", name(l.dtype));
      l.kind = Program::Kind::mask;
      reg_[n] = l.reg;
    } else {
      const DType part = to_real(l.dtype), common = to_real(types_.common);
      l.rounds = part != common && common != natural_type(p_.lane) && part != DType::bool_ && !is_complex(l.dtype);
      if (is_complex(l.dtype)) l.imag = next_++;
      reg_[n] = imag ? l.imag : l.reg;
    }
    p_.loads.push_back(l);
  }

  Program& p_;
  const ProgramTypes& types_;
  std::span<const int> operand_of_;
  std::vector<const ExprNode*> sequence_;
  std::unordered_map<const ExprNode*, int> seen_, last_use_;
  std::unordered_map<const ExprNode*, uint16_t> reg_;
  std::vector<uint16_t> free_;
  uint16_t next_ = 0;
};

}  // namespace

Program compile(Expr root, const ProgramTypes& types, std::span<const int> operand_of) {
  Program p;
  p.lane = lane_of(types.common);
  p.common = types.common;
  ComplexParts parts{root, Expr()};
  if (is_complex(types.common)) parts = complex_parts(root, types.inputs, types.masks);
  Normalizer normal(types);
  Expr re = normal.visit(parts.re.node());
  bool to_mask = types.result == DType::bool_;
  if (to_mask && !normal.is_mask(re) && is_complex(types.common)) re = normal.mask(re);
  bool as_mask = to_mask && normal.is_mask(re);
  if (!to_mask) re = normal.value(re);
  std::vector<Expr> roots{re};
  if (is_complex(types.result)) roots.push_back(parts.im ? normal.visit(parts.im.node()) : Expr(0.0));

  Allocator allocator(p, types, operand_of);
  allocator.emit(roots);
  p.store.dtype = types.result;
  p.store.reg = allocator.reg(re);
  if (as_mask) p.store.kind = Program::Kind::mask;
  if (is_complex(types.result)) p.store.imag = allocator.reg(roots[1]);
  return p;
}

}  // namespace flambeau
