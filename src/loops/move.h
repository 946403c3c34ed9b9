// Moving elements of one type between two layouts: rows where both sides have them, tiles where dimensions change
// places.
#pragma once

#include "core/layout.h"

namespace flambeau {

// to[i] = from[i] for all positions of `target`; `source` broadcasts to its sizes and may have negative strides. The
// pointers are those of the first elements. Nothing may overlap.
void move_elements(char* to, const Layout& target, const char* from, const Layout& source, size_t itemsize);

}  // namespace flambeau
