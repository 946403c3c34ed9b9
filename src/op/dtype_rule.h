// Type rules of pointwise operators: in which type the formula is computed, and of which type the result is.
#pragma once

#include "core/promote.h"

namespace flambeau {

struct DTypeRule {
  enum class Compute : uint8_t {
    Promote,          // the common type of the arguments
    FloatLike,        // the same, but integers become the default floating type
    Floating,         // the same, but integers are refused
    Integral,         // the same, but only integers and bool are accepted
    Real,             // the same, but complex is refused
    Boolean,          // arguments are read as truth values
    First,            // the type of the first tensor argument, whatever the others are
    FloatUnlessText,  // FloatLike where the text argument is absent, Promote where it is given (rounding_mode)
    Complex,          // the complex type of the common floating type
    Double,           // float64, or complex128
  };
  enum class Result : uint8_t { Same, Bool, RealPart, Complex, Int64 };

  Compute compute = Compute::Promote;
  Result result = Result::Same;
  uint32_t masks = 0;    // arguments (by position) that are conditions, read as bool and outside of promotion
  uint32_t outside = 0;  // arguments outside of promotion, converted to the common type
  bool no_bool = false;  // subtraction and negation of bool are errors
  bool no_complex = false;
  bool no_half = false;

  constexpr DTypeRule mask(int i) const {
    auto r = *this;
    r.masks |= 1u << i;
    return r;
  }
  constexpr DTypeRule ignore(int i) const {
    auto r = *this;
    r.outside |= 1u << i;
    return r;
  }
  constexpr DTypeRule gives(Result kind) const {
    auto r = *this;
    r.result = kind;
    return r;
  }
  constexpr DTypeRule without_bool() const {
    auto r = *this;
    r.no_bool = true;
    return r;
  }
  constexpr DTypeRule without_complex() const {
    auto r = *this;
    r.no_complex = true;
    return r;
  }
};

namespace rule {
inline constexpr DTypeRule promote{DTypeRule::Compute::Promote};
inline constexpr DTypeRule float_like{DTypeRule::Compute::FloatLike};
inline constexpr DTypeRule floating{DTypeRule::Compute::Floating};
inline constexpr DTypeRule integral{DTypeRule::Compute::Integral};
inline constexpr DTypeRule real{DTypeRule::Compute::Real};
inline constexpr DTypeRule float_unless_text{DTypeRule::Compute::FloatUnlessText};
inline constexpr DTypeRule complex{DTypeRule::Compute::Complex};
inline constexpr DTypeRule in_double{DTypeRule::Compute::Double};
inline constexpr DTypeRule first{DTypeRule::Compute::First};
inline constexpr DTypeRule compare{DTypeRule::Compute::Promote, DTypeRule::Result::Bool};
inline constexpr DTypeRule order{DTypeRule::Compute::Real, DTypeRule::Result::Bool};
inline constexpr DTypeRule logical{DTypeRule::Compute::Boolean, DTypeRule::Result::Bool};
}  // namespace rule

}  // namespace flambeau
