// The front of the allocator: picks small or big, gathers the statistics, registers the fork rule.
#include "memory/cpu_allocator.h"

#include <algorithm>

#include "core/storage.h"
#include "memory/big_blocks.h"
#include "memory/fork.h"
#include "memory/limits.h"
#include "memory/size_classes.h"
#include "memory/small_blocks.h"
#include "memory/system_memory.h"

namespace flambeau {

using namespace memory;

namespace {

__attribute__((noinline, cold)) void* allocate_small_under_pressure(size_t bytes) {
  empty_cache();
  if (void* block = allocate_small(bytes)) return block;
  raise_out_of_memory(bytes, available_memory());
}

// The sanitizer's view of a block, in use and in the cache, where its first bytes link it to the next.
void expose([[maybe_unused]] void* block, [[maybe_unused]] size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  if (!block) return;
  forbid_access(block, class_bytes(size_class(bytes)));
  allow_access(block, bytes);
#endif
}

void conceal([[maybe_unused]] void* block, [[maybe_unused]] size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  if (!block) return;
  forbid_access(block, class_bytes(size_class(bytes)));
  allow_access(block, sizeof(FreeBlock));
#endif
}

}  // namespace

void* allocate(size_t bytes) {
  void* block = nullptr;
  if (__builtin_expect(bytes - 1 < kSmallLimit, 1)) {
    block = allocate_small(bytes);
    if (__builtin_expect(block == nullptr, 0)) block = allocate_small_under_pressure(bytes);
  } else if (bytes != 0) {
    block = allocate_big(bytes);
  }
  expose(block, bytes);
  return block;
}

void release(void* block, size_t bytes) noexcept {
  conceal(block, bytes);
  if (__builtin_expect(bytes - 1 < kSmallLimit, 1)) return release_small(block, bytes);
  if (block) release_big(block, bytes);
}

MemoryStats memory_stats() {
  MemoryStats stats;
  stats.peak = peak_bytes();
  SmallTotals small = small_totals();
  BigTotals big = big_totals();
  stats.allocated = small.live + big.live;
  stats.peak = std::max(stats.peak, stats.allocated);
  stats.reserved = small.carved + big.held + big.cached;
  stats.cached = std::max<int64_t>(small.carved - small.live, 0) + big.cached;
  stats.allocations = small.allocations + big.allocations;
  stats.releases = small.releases + big.releases;
  stats.system_calls = system_calls();
  return stats;
}

void reset_peak() { reset_peak_bytes(); }

void empty_cache() noexcept {
  trim_small();
  trim_big();
}

namespace {

void before_fork() {
  lock_small();
  lock_big();
}

void after_fork_in_parent() {
  unlock_big();
  unlock_small();
}

void after_fork_in_child() {
  unlock_big();
  unlock_small_in_child();
}

class CpuAllocator final : public Allocator {
 public:
  void* allocate(size_t bytes, Device) override { return flambeau::allocate(bytes); }
  void release(void* data, size_t bytes, Device) noexcept override { flambeau::release(data, bytes); }
};

// Never destroyed: storages are released until the very end of the process.
[[maybe_unused]] const bool registered =
    (at_fork({ForkStage::Allocator, before_fork, after_fork_in_parent, after_fork_in_child}),
     register_allocator(DeviceType::cpu, new CpuAllocator), true);

}  // namespace
}  // namespace flambeau
