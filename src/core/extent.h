// The bytes that a layout reaches over, for whoever makes or grows a storage.
#pragma once

#include "core/dtype.h"
#include "core/layout.h"

namespace flambeau {

// From the storage's first byte to the end of the layout's last element; 0 without elements. Raises RuntimeError in the
// name of `op` where that number does not fit into 63 bits.
size_t storage_bytes(const char* op, const Layout& layout, DType dtype);

}  // namespace flambeau
