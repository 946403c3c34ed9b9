// The caching allocator for tensor data in host memory. Small blocks (up to 64 KiB) come from lists of the calling
// thread, see small_blocks.h; larger ones from one cache of warm, huge-page-backed blocks, see big_blocks.h. Here: the
// two functions everybody calls, what can be asked about memory, and how it is given back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau {

inline constexpr size_t kMemoryAlignment = 64;

// A block of at least `bytes` bytes, aligned to 64; nullptr for 0 bytes. Its contents are undefined. Raises
// Error(OutOfMemory), before touching a page, if the machine or the control group cannot give that much.
void* allocate(size_t bytes);

// Gives a block back, from any thread; `bytes` is what was asked for.
void release(void* block, size_t bytes) noexcept;

struct MemoryStats {
  int64_t allocated = 0;    // bytes of live blocks, as asked for
  int64_t peak = 0;         // highest value of `allocated` since the start or reset_peak()
  int64_t reserved = 0;     // bytes held from the system, live or not
  int64_t cached = 0;       // bytes of them in no live block
  int64_t allocations = 0;  // calls of allocate(), and of release()
  int64_t releases = 0;
  int64_t system_calls = 0;  // mmap, munmap, madvise
};

// Exact when no other thread is allocating at the moment.
MemoryStats memory_stats();
void reset_peak();

// Gives everything that is cached back to the system. Happens by itself when nothing has been allocated or released for
// a second.
void empty_cache() noexcept;

}  // namespace flambeau
