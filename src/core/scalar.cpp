// Conversions of single numbers.
#include "core/scalar.h"

#include <cmath>
#include <limits>
#include <sstream>

namespace flambeau {

int64_t Scalar::to_int() const {
  if (is_integral()) return i_;
  if (!(re_ >= -9223372036854775808.0 && re_ < 9223372036854775808.0)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(re_);
}

DType Scalar::natural_dtype(DType default_float) const {
  switch (kind_) {
    case Kind::Bool: return DType::bool_;
    case Kind::Int: return DType::int64;
    case Kind::UInt: return DType::uint64;
    case Kind::Float: return default_float;
    case Kind::Complex: return flambeau::to_complex(default_float);
  }
  return default_float;
}

std::string to_string(const Scalar& value) {
  std::ostringstream out;
  switch (value.kind()) {
    case Scalar::Kind::Bool: out << (value.to_bool() ? "True" : "False"); break;
    case Scalar::Kind::Int: out << value.to_int(); break;
    case Scalar::Kind::UInt: out << static_cast<uint64_t>(value.to_int()); break;
    case Scalar::Kind::Float: out << value.to_double(); break;
    case Scalar::Kind::Complex: out << "(" << value.to_double() << "+" << value.imag() << "j)"; break;
  }
  return out.str();
}

}  // namespace flambeau
