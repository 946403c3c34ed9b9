// A number from outside a tensor: bool, integer, float or complex, with its kind remembered because promotion asks.
#pragma once

#include <complex>
#include <cstdint>
#include <string>

#include "core/dtype.h"

namespace flambeau {

class Scalar {
 public:
  enum class Kind : uint8_t { Bool, Int, UInt, Float, Complex };

  Scalar() : Scalar(int64_t{0}) {}
  Scalar(bool v) : kind_(Kind::Bool), i_(v) {}
  Scalar(int v) : kind_(Kind::Int), i_(v) {}
  Scalar(int64_t v) : kind_(Kind::Int), i_(v) {}
  Scalar(uint64_t v) : kind_(v > INT64_MAX ? Kind::UInt : Kind::Int), i_(static_cast<int64_t>(v)) {}
  Scalar(double v) : kind_(Kind::Float), re_(v) {}
  Scalar(std::complex<double> v) : kind_(Kind::Complex), re_(v.real()), im_(v.imag()) {}

  Kind kind() const { return kind_; }
  bool is_integral() const { return kind_ <= Kind::UInt; }
  bool is_complex() const { return kind_ == Kind::Complex; }

  double to_double() const {
    return kind_ == Kind::UInt ? static_cast<double>(static_cast<uint64_t>(i_))
           : is_integral()     ? static_cast<double>(i_)
                               : re_;
  }
  double imag() const { return kind_ == Kind::Complex ? im_ : 0.0; }
  int64_t to_int() const;  // truncates; out-of-range floats saturate the way the processor does
  bool to_bool() const { return is_integral() ? i_ != 0 : re_ != 0 || imag() != 0; }
  std::complex<double> to_complex() const { return {to_double(), imag()}; }
  bool equal(double v) const { return imag() == 0 && to_double() == v; }
  // The type that a tensor made from this number alone would have, given the default floating type.
  DType natural_dtype(DType default_float) const;

 private:
  Kind kind_;
  int64_t i_ = 0;
  double re_ = 0, im_ = 0;
};

std::string to_string(const Scalar& value);

}  // namespace flambeau
