// Copies that may go on after the call.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// As copy_elements; between the host and a device the call may return before it is done, where the host's side is
// pinned memory.
void transfer_elements(const Tensor& dst, const Tensor& src);

}  // namespace flambeau
