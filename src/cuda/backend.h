// The CUDA devices as a backend of the call path.
//
// Note [Kernels of a device]. Formulas run as emitted texts. An operator with a kernel of its own runs as that kernel
// stands where it reaches elements only through routines (op/routine.h), copies and fills: src/cuda/routines_*.cpp have
// the forms of routines. Where it asks for bytes of the host instead, the storage's gate refuses, and the call is
// refused by the operator's name.
#pragma once

namespace flambeau::cuda {

// Makes the device known. Opens no library: that happens with the first tensor.
void install();

}  // namespace flambeau::cuda
