// mmap, munmap and madvise, counted.
#include "memory/system_memory.h"

#include <sys/mman.h>

#include <atomic>

namespace flambeau::memory {
namespace {
std::atomic<int64_t> calls{0};
void count() { calls.fetch_add(1, std::memory_order_relaxed); }
}  // namespace

void* map(size_t bytes, size_t alignment, bool huge_pages) noexcept {
  size_t slack = alignment > kPage ? alignment - kPage : 0;
  if (bytes + slack < bytes) return nullptr;
  count();
  void* start = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  auto first = reinterpret_cast<uintptr_t>(start);
  auto aligned = (first + alignment - 1) & ~(alignment - 1);
  if (size_t head = aligned - first) unmap(start, head);
  if (size_t tail = slack - (aligned - first)) unmap(reinterpret_cast<void*>(aligned + bytes), tail);
  void* block = reinterpret_cast<void*>(aligned);
  if (huge_pages) {
    count();
    madvise(block, bytes, MADV_HUGEPAGE);
  }
  return block;
}

void unmap(void* block, size_t bytes) noexcept {
  count();
  allow_access(block, bytes);
  // munmap in the middle of a mapping can fail at the limit of mappings; then at least the pages go.
  if (munmap(block, bytes) != 0) drop_pages(block, bytes);
}

void drop_pages(void* block, size_t bytes) noexcept {
  count();
  madvise(block, bytes, MADV_DONTNEED);
}

int64_t system_calls() noexcept { return calls.load(std::memory_order_relaxed); }

}  // namespace flambeau::memory
