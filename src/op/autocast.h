// Autocast: inside a region, operators choose the type of their floating-point arguments. Which operator does what
// stands with the operator (OpSpec::autocast); here is the layer that acts on it and the calling thread's state.
#pragma once

#include "op/call.h"

namespace flambeau {

bool autocast_enabled(DeviceType type);
void set_autocast_enabled(DeviceType type, bool enabled);
DType autocast_dtype(DeviceType type);  // the lower precision
void set_autocast_dtype(DeviceType type, DType dtype);
bool autocast_cache_enabled();
void set_autocast_cache_enabled(bool enabled);
int enter_autocast();  // nesting depth of regions, after the change
int leave_autocast();
// Casts of parameters are kept until the outermost region ends.
void clear_autocast_cache();

}  // namespace flambeau
