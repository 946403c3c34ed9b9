// Blocks above 64 KiB: one process-wide cache of warm blocks by size class, so that a loop over `a + a` takes no page
// faults. Blocks from 2 MiB are aligned to huge pages and backed by them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau::memory {

void* allocate_big(size_t bytes);
void release_big(void* block, size_t bytes) noexcept;

struct BigTotals {
  int64_t live = 0;  // as asked for
  int64_t held = 0;  // by live blocks, their size class
  int64_t cached = 0;
  int64_t allocations = 0;
  int64_t releases = 0;
};
BigTotals big_totals();

// The peak of small and big blocks together; see cpu_allocator.h.
int64_t peak_bytes();
void reset_peak_bytes();

// Raises OutOfMemory: what was asked, what is available, what lives, what is cached.
[[noreturn]] void raise_out_of_memory(size_t bytes, int64_t available);

void trim_big() noexcept;

// Called four times a second while anything is cached: gives back what has lain for ten seconds.
void tick_big() noexcept;

void lock_big();
void unlock_big();

}  // namespace flambeau::memory
