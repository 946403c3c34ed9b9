// Lowering tile programs to the CPU's primitives.
//
// Note [Cost of an element]. CpuProgram::cost is what decides on threads (Note [Threads of a program]); a factor of two
// is near enough. Nanoseconds measured on a Zen 3 with AVX2, for a lane of 4 bytes: arithmetic and conversions 0.06,
// division and roots 0.25, elementary functions 0.6, powers and the like 4, special functions 15. Lanes of 8 bytes hold
// half as many elements, and their polynomials are twice as long.
#include "core/error.h"
#include "loops/cpu_program.h"

namespace flambeau {

namespace {

constexpr float kConvert = 0.1f;

float cost_of(Prim p, Lane lane) {
  bool wide = lane_size(lane) == 8, integer = lane != Lane::f32 && lane != Lane::f64;
  float width = wide ? 2 : 1;
  if (p >= Prim::erfinv) return 15 * width;
  if (p >= Prim::exp) return 0.6f * width * width;
  switch (p) {
    case Prim::div:
    case Prim::recip:
    case Prim::sqrt:
    case Prim::rsqrt: return 0.25f * width;
    case Prim::div_trunc:
    case Prim::div_floor:
    case Prim::remainder:
    case Prim::fmod:
    case Prim::nextafter:
    case Prim::hypot:
    case Prim::atan2:
    case Prim::ldexp:
    case Prim::pow:
    case Prim::xlogy:
    case Prim::xlog1py:
    case Prim::logaddexp:
    case Prim::logaddexp2:
    case Prim::gcd:
    case Prim::lcm: return (integer ? 2 : 4) * width;
    default: return 0.06f * width;
  }
}

}  // namespace

CpuProgram lower(const Program& p) {
  CpuProgram out;
  const Lane lane = out.lane = p.lane;
  out.common = p.common;
  out.registers = p.registers;
  out.fills = p.fills;
  for (const Program::Load& l : p.loads) {
    CpuProgram::Load& to = out.loads.emplace_back();
    to.operand = l.operand;
    to.reg = l.reg;
    to.imag = l.imag;
    to.dtype = l.dtype;
    const DType part = to_real(l.dtype);
    if (l.kind == Program::Kind::mask)
      to.convert = load_mask(lane_size(lane));
    else if (part != natural_type(lane))
      to.convert = load_convert(part, lane);
    if (l.rounds) to.round = round_convert(lane, to_real(p.common));
    if (l.complex()) to.part_size = static_cast<uint8_t>(itemsize(part));
    if (to.convert || to.round || to.part_size) out.cost += kConvert;
  }
  for (const Program::Step& s : p.steps) {
    if (s.rounds) {
      out.steps.push_back({nullptr, s.out, s.a, s.b, s.c, round_convert(lane, s.dtype)});
      out.cost += kConvert;
      continue;
    }
    PrimFn fn = primitive(s.prim, lane);
    check(fn != nullptr, ErrorKind::NotImplemented, "\"", name(s.prim), "_cpu\" not implemented for '", name(p.common),
          "'; the nearest alternative is float32");
    out.steps.push_back({fn, s.out, s.a, s.b, s.c});
    out.cost += cost_of(s.prim, lane);
  }
  out.store.reg = p.store.reg;
  out.store.imag = p.store.imag;
  out.store.dtype = p.store.dtype;
  const DType part = to_real(p.store.dtype);
  if (p.store.kind == Program::Kind::mask)
    out.store.convert = store_mask(lane_size(lane));
  else if (part != natural_type(lane))
    out.store.convert = store_convert(lane, part);
  if (out.store.convert) out.cost += kConvert;
  if (p.store.complex()) out.store.part_size = static_cast<uint8_t>(itemsize(part));
  out.straight =
      out.steps.size() == 1 && out.fills.empty() && out.steps[0].fn && !out.store.convert && !out.store.part_size;
  for (const CpuProgram::Load& l : out.loads) out.straight &= !l.convert && !l.round && !l.part_size;
  return out;
}

}  // namespace flambeau
