// Whether a number from outside a tensor can stand in one: asked before it is written or computed with, because a
// conversion would make another number of it.
#pragma once

#include "core/dtype.h"
#include "core/scalar.h"

namespace flambeau {

// Integers have to be in the type's range, though negative ones may stand for the unsigned number of the same bits;
// floating-point numbers are cut to integers, so have to lie between the type's ends; float32 takes infinities but no
// finite number beyond its own. The 16-bit types round to infinity, bool takes everything.
bool fits(const Scalar& value, DType dtype);
[[noreturn]] void raise_unfit(const char* op, const Scalar& value, DType dtype);
// RuntimeError unless it does.
inline void check_fits(const char* op, const Scalar& value, DType dtype) {
  if (value.is_integral() && static_cast<uint64_t>(value.to_int()) < 128) return;  // fits everywhere
  if (!fits(value, dtype)) raise_unfit(op, value, dtype);
}

}  // namespace flambeau
