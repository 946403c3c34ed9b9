// The operators as C++ functions and methods of Tensor; printed from the operator table by `./dev headers`, not to be edited.
// Include extension.h.
#pragma once

#include <cmath>

#include "flambeau/ops_a.h"
#include "flambeau/ops_e.h"
#include "flambeau/ops_m.h"
#include "flambeau/ops_s.h"
#include "flambeau/tensor_methods_inline.h"
