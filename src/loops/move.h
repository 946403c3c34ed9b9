// Moving elements of one type between two layouts: rows where both sides have them, tiles where dimensions change
// places.
#pragma once

#include "core/layout.h"

namespace flambeau {

// to[i] = from[i] for all positions of `target`; `source` broadcasts to its sizes and may have negative strides. The
// pointers are those of the first elements. Nothing may overlap.
void move_elements(char* to, const Layout& target, const char* from, const Layout& source, size_t itemsize);

// One piece of a copy of `total` bytes, on the calling thread; see Note [Copies past the caches].
void copy_run(void* to, const void* from, int64_t bytes, int64_t total);
// A copy on as many threads as it deserves.
void copy_bytes(void* to, const void* from, int64_t bytes);
// n times the item of 1, 2, 4, 8 or 16 bytes; one piece of `total` bytes.
void fill_run(void* to, const void* item, int64_t n, int64_t itemsize, int64_t total);

}  // namespace flambeau
