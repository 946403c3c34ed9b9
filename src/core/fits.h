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
// RuntimeError unless it does.
void check_fits(const char* op, const Scalar& value, DType dtype);

}  // namespace flambeau
