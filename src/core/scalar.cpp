// Conversions of single numbers.
#include "core/scalar.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "core/error.h"
#include "core/fits.h"

namespace flambeau {

int64_t Scalar::to_int() const {
  if (is_integral()) return i_;
  if (!(re_ >= -9223372036854775808.0 && re_ < 9223372036854775808.0)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(re_);
}

namespace {

struct Range {
  int64_t least;
  uint64_t most;
};
Range range_of(DType integer) {
  int bits = static_cast<int>(itemsize(integer)) * 8;
  if (is_unsigned(integer)) return {0, ~uint64_t{0} >> (64 - bits)};
  uint64_t most = ~uint64_t{0} >> (65 - bits);
  return {-static_cast<int64_t>(most) - 1, most};
}

bool fits_integer(const Scalar& value, DType dtype) {
  Range range = range_of(dtype);
  if (value.kind() == Scalar::Kind::UInt) return static_cast<uint64_t>(value.to_int()) <= range.most;
  if (value.is_integral()) {
    int64_t v = value.to_int();
    if (v >= 0) return static_cast<uint64_t>(v) <= range.most;
    return is_unsigned(dtype) ? uint64_t{0} - static_cast<uint64_t>(v) <= range.most : v >= range.least;
  }
  // As a double the upper end of 64 bits is the power of two above it, which itself is out of range.
  double v = value.to_double(), most = static_cast<double>(range.most);
  return v >= static_cast<double>(range.least) && (itemsize(dtype) == 8 ? v < most : v <= most);
}

bool fits_float(double v) { return std::isinf(v) || !(std::fabs(v) > std::numeric_limits<float>::max()); }

}  // namespace

bool fits(const Scalar& value, DType dtype) {
  if (dtype == DType::bool_) return true;
  if (value.imag() != 0 && !is_complex(dtype)) return false;
  if (is_integral(dtype)) return fits_integer(value, dtype);
  if (dtype == DType::float32 || dtype == DType::complex64)
    return fits_float(value.to_double()) && fits_float(value.imag());
  return true;
}

void raise_unfit(const char* op, const Scalar& value, DType dtype) {
  raise(ErrorKind::Runtime, op, ": value cannot be converted to type ", name(dtype),
        " without overflow: ", to_string(value));
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
