// Tile programs as text. A register of the program becomes a variable for each value that it holds in turn; masks are
// bools.
#include "cuda/emit.h"

#include <map>
#include <sstream>
#include <vector>

#include "core/error.h"
#include "cuda/compiler.h"

namespace flambeau::cuda {

const char* memory_type(DType dtype) {
  switch (dtype) {
    case DType::bool_: return "bool8";
    case DType::uint8: return "uint8_t";
    case DType::int8: return "int8_t";
    case DType::int16: return "int16_t";
    case DType::uint16: return "uint16_t";
    case DType::int32: return "int32_t";
    case DType::uint32: return "uint32_t";
    case DType::int64: return "int64_t";
    case DType::uint64: return "uint64_t";
    case DType::float16: return "f16";
    case DType::bfloat16: return "bf16";
    case DType::float32: return "float";
    case DType::float64: return "double";
    case DType::complex32: return "pair<f16>";
    case DType::complex64: return "pair<float>";
    case DType::complex128: return "pair<double>";
    default:
      raise(ErrorKind::NotImplemented, "cuda: there are no kernels over elements of type ", name(dtype),
            "; the nearest alternative is .to('cpu')");
  }
}

const char* lane_type(Lane lane) {
  static constexpr const char* names[] = {"float", "double", "int32_t", "int64_t", "uint64_t"};
  return names[static_cast<int>(lane)];
}

namespace {

bool gives_mask(Prim p) { return p >= Prim::eq && p <= Prim::signbit; }
bool is_bitwise(Prim p) { return p == Prim::and_ || p == Prim::or_ || p == Prim::xor_ || p == Prim::not_; }

class Writer {
 public:
  explicit Writer(const Program& program) : p_(program), lane_(lane_type(program.lane)) {}

  // M0 element(M1 a1, ..., lane n0, ...)
  std::string element() {
    out_ << "inline " << memory_type(p_.store.dtype) << " element(";
    const char* comma = "";
    for (size_t i = 0; i < p_.loads.size(); ++i) {
      out_ << comma << memory_type(p_.loads[i].dtype) << " a" << i;
      comma = ", ";
    }
    for (size_t i = 0; i < p_.fills.size(); ++i) {
      out_ << comma << lane_ << " n" << i;
      comma = ", ";
    }
    out_ << ") {\n";
    for (size_t i = 0; i < p_.loads.size(); ++i) load(p_.loads[i], "a" + std::to_string(i));
    for (size_t i = 0; i < p_.fills.size(); ++i) held_[p_.fills[i].reg] = {"n" + std::to_string(i), false};
    for (const Program::Step& s : p_.steps) step(s);
    result();
    out_ << "}\n";
    return out_.str();
  }
  bool special() const { return special_; }

 private:
  struct Held {
    std::string text;
    bool mask = false;
  };
  Held variable(const std::string& value, bool mask) {
    std::string name = "v" + std::to_string(next_++);
    out_ << "  const " << (mask ? "bool" : lane_) << " " << name << " = " << value << ";\n";
    return {name, mask};
  }
  std::string rounding(const std::string& value, DType type) const {
    return std::string("rounded<") + memory_type(type) + ", " + lane_ + ">(" + value + ")";
  }

  void load(const Program::Load& l, const std::string& a) {
    if (l.kind == Program::Kind::mask) {
      held_[l.reg] = variable(a + ".v != 0", true);
      return;
    }
    auto part = [&](const std::string& from) {
      std::string value = std::string(lane_) + "(widen(" + from + "))";
      return variable(l.rounds ? rounding(value, to_real(p_.common)) : value, false);
    };
    held_[l.reg] = part(l.complex() ? a + ".re" : a);
    if (l.complex()) held_[l.imag] = part(a + ".im");
  }

  void step(const Program::Step& s) {
    Held a = held_.at(s.a);
    if (s.rounds) {
      held_[s.out] = variable(rounding(a.text, s.dtype), false);
      return;
    }
    if (s.prim == Prim::mask_to_value) {
      held_[s.out] = variable(std::string(lane_) + "(" + a.text + ")", false);
      return;
    }
    if (s.prim == Prim::value_to_mask) {
      held_[s.out] = variable(a.mask ? a.text : a.text + " != " + lane_ + "(0)", true);
      return;
    }
    special_ |= s.prim >= Prim::erfinv;
    std::string text = "p_" + std::string(name(s.prim)) + "(" + a.text;
    bool mask = gives_mask(s.prim) || (is_bitwise(s.prim) && a.mask);
    for (uint16_t r : {s.b, s.c})
      if (r != Program::kNone) text += ", " + held_.at(r).text;
    if (s.prim == Prim::select) mask = held_.at(s.b).mask;
    held_[s.out] = variable(text + ")", mask);
  }

  void result() {
    DType part = to_real(p_.store.dtype);
    auto narrowed = [&](uint16_t reg) {
      const Held& h = held_.at(reg);
      return std::string("narrow<") + memory_type(part) + ">(" +
             (h.mask ? std::string(lane_) + "(" + h.text + ")" : h.text) + ")";
    };
    out_ << "  " << memory_type(p_.store.dtype) << " r";
    if (p_.store.complex())
      out_ << " = {" << narrowed(p_.store.reg) << ", " << narrowed(p_.store.imag) << "};\n";
    else
      out_ << " = " << narrowed(p_.store.reg) << ";\n";
    out_ << "  return r;\n";
  }

  const Program& p_;
  const char* lane_;
  std::ostringstream out_;
  std::map<uint16_t, Held> held_;
  int next_ = 0;
  bool special_ = false;
};

// a1[i], or for a repeated operand the value read before the loop.
std::string elements(const Program& p, const Walk& walk, const std::string& index) {
  std::string text;
  for (size_t i = 0; i < p.loads.size(); ++i) {
    bool repeated = walk.rank == 0 && walk.repeated >> p.loads[i].operand & 1;
    std::string a = std::to_string(i);
    text += (i ? ", " : "") + (repeated ? "r" + a : "a" + a + "[" + (walk.rank ? "q" + a : index) + "]");
  }
  for (size_t i = 0; i < p.fills.size(); ++i) text += (text.empty() ? "n" : ", n") + std::to_string(i);
  return text;
}

}  // namespace

std::string emit(const Program& p, const Walk& walk) {
  Writer writer(p);
  std::string element = writer.element();
  std::ostringstream o;
  o << kernel_text("types.cuh") << kernel_text("arithmetic.cuh");
  if (writer.special())
    o << "#define FLAMBEAU_DEVICE_TEXT\n" << kernel_text("special_functions.h") << kernel_text("special.cuh");
  o << element;
  const char* index = walk.wide ? "uint64_t" : "uint32_t";
  const char* result = memory_type(p.store.dtype);
  const int operands = static_cast<int>(p.loads.size());
  if (walk.rank) {
    o << "struct Index {";
    if (walk.rank > 1) o << (walk.wide ? " uint64_t size[" : " Divisor size[") << walk.rank - 1 << "];";
    o << " int64_t stride[" << operands + 1 << "][" << walk.rank << "]; };\n";
  }
  o << "extern \"C\" __global__ void run(" << result << "* o";
  for (int i = 0; i < operands; ++i) o << ", const " << memory_type(p.loads[i].dtype) << "* a" << i;
  for (size_t i = 0; i < p.fills.size(); ++i) o << ", " << lane_type(p.lane) << " n" << i;
  o << ", " << index << " n" << (walk.rank ? ", const __grid_constant__ Index x) {\n" : ") {\n");
  for (int i = 0; i < operands; ++i)
    if (walk.rank == 0 && walk.repeated >> p.loads[i].operand & 1)
      o << "  const " << memory_type(p.loads[i].dtype) << " r" << i << " = a" << i << "[0];\n";
  o << "  const " << index << " step = " << index << "(gridDim.x) * blockDim.x;\n  " << index << " i = " << index
    << "(blockIdx.x) * blockDim.x + threadIdx.x;\n";
  if (walk.rank) {
    o << "  for (; i < n; i += step) {\n    " << index << " rest = i;\n    int64_t q = 0";
    for (int i = 0; i < operands; ++i) o << ", q" << i << " = 0";
    o << ";\n";
    for (int d = 0; d < walk.rank; ++d) {
      bool last = d + 1 == walk.rank;
      o << "    {";
      if (last)
        o << " const " << index << " at = rest;";
      else if (walk.wide)
        o << " const uint64_t next = rest / x.size[" << d << "], at = rest - next * x.size[" << d << "]; rest = next;";
      else
        o << " const uint32_t next = divide(rest, x.size[" << d << "]), at = rest - next * x.size[" << d
          << "].d; rest = next;";
      o << " q += int64_t(at) * x.stride[0][" << d << "];";
      for (int i = 0; i < operands; ++i) o << " q" << i << " += int64_t(at) * x.stride[" << i + 1 << "][" << d << "];";
      o << " }\n";
    }
    o << "    o[q] = element(" << elements(p, walk, "") << ");\n  }\n}\n";
    return o.str();
  }
  if (walk.vector > 1) {
    const int v = walk.vector;
    o << "  const " << index << " whole = n / " << v << ";\n  for (" << index << " k = i; k < whole; k += step) {\n";
    for (int i = 0; i < operands; ++i)
      if (!(walk.repeated >> p.loads[i].operand & 1)) {
        std::string type = std::string("vec<") + memory_type(p.loads[i].dtype) + ", " + std::to_string(v) + ">";
        o << "    const " << type << " w" << i << " = reinterpret_cast<const " << type << "*>(a" << i << ")[k];\n";
      }
    o << "    vec<" << result << ", " << v << "> y;\n    for (int j = 0; j < " << v << "; ++j) y.at[j] = element(";
    for (int i = 0; i < operands; ++i)
      o << (i ? ", " : "") << (walk.repeated >> p.loads[i].operand & 1 ? "r" : "w") << i
        << (walk.repeated >> p.loads[i].operand & 1 ? "" : ".at[j]");
    for (size_t i = 0; i < p.fills.size(); ++i) o << (operands || i ? ", n" : "n") << i;
    o << ");\n    reinterpret_cast<vec<" << result << ", " << v << ">*>(o)[k] = y;\n  }\n  i += whole * " << v << ";\n";
  }
  o << "  for (; i < n; i += step) o[i] = element(" << elements(p, walk, "i") << ");\n}\n";
  return o.str();
}

}  // namespace flambeau::cuda
