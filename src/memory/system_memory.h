// Address space from the system: aligned mappings, counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau::memory {

inline constexpr size_t kPage = 4096;
inline constexpr size_t kHugePage = size_t{2} << 20;

// Fresh zeroed memory, or nullptr. Both arguments are multiples of a page, the alignment a power of two.
void* map(size_t bytes, size_t alignment, bool huge_pages) noexcept;
void unmap(void* block, size_t bytes) noexcept;
// Drops the pages and keeps the addresses.
void drop_pages(void* block, size_t bytes) noexcept;
int64_t system_calls() noexcept;

}  // namespace flambeau::memory
