// Pinned memory of the host: pages that stay in place, so that a device copies from and to them by itself, while the
// call returns. Blocks are cached; one that a copy still reads waits for it.
#pragma once

#include "core/tensor.h"
#include "cuda/stream.h"

namespace flambeau::cuda {

// A storage of the host whose bytes are pinned.
Ref<Storage> pinned_storage(size_t bytes);
bool is_pinned(const void* memory);
// A copy on this stream uses pinned memory: its block is not handed out again before that is done.
void pinned_used(const void* memory, int device, void* stream);
void empty_pinned_cache();

}  // namespace flambeau::cuda
