// Address space from the system: aligned mappings, counted.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace flambeau::memory {

inline constexpr size_t kPage = 4096;
inline constexpr size_t kHugePage = size_t{2} << 20;

// Fresh zeroed memory, or nullptr. Both arguments are multiples of a page, the alignment a power of two.
void* map(size_t bytes, size_t alignment, bool huge_pages) noexcept;
void unmap(void* block, size_t bytes) noexcept;
// Drops the pages and keeps the addresses.
void drop_pages(void* block, size_t bytes) noexcept;
int64_t system_calls() noexcept;

// Under AddressSanitizer, what a tensor must not touch: the rest of its block, and blocks in the cache.
inline void forbid_access([[maybe_unused]] void* start, [[maybe_unused]] size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  __asan_poison_memory_region(start, bytes);
#endif
}
inline void allow_access([[maybe_unused]] void* start, [[maybe_unused]] size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(start, bytes);
#endif
}

}  // namespace flambeau::memory
