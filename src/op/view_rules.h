// What may not be done to a view: bits of its keys that no layer of the call path looks at.
#pragma once

#include "core/tensor.h"

namespace flambeau::key {

inline constexpr Keys OneOfViews =
    1u << 29;  // made with others by one operator (unbind, split): no change in place on the tape
inline constexpr Keys OfFunction = 1u << 27;     // result of a custom Function, whose backward no other may override
inline constexpr Keys RefusesChange = 1u << 30;  // made while gradients were off: no change in place once they are on

}  // namespace flambeau::key
