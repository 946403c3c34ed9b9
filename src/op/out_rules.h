// What kernels ask of tensors given as out=, for OpSpec::verify. It is called before anything is written, with the type
// of the first result.
#pragma once

#include "op/call.h"

namespace flambeau::checks {

// The rule without a `verify`: out= has exactly the results' types. It does not hold where the caller chooses the type
// (a dtype argument, which out= stands for) and for random numbers.
// An out= of another type takes the result converted.
void converting_out(const Call& call, DType result);
// Exactly the results' types, and no element shared with an argument or written twice, not even by the same tensor.
void distinct_out(const Call& call, DType result);
// Converts as the first and shares nothing as the second.
void distinct_converting_out(const Call& call, DType result);

}  // namespace flambeau::checks
