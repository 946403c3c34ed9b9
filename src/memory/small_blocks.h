// Blocks up to 64 KiB. Each thread keeps a list of free blocks per size class; lists are filled from and emptied into
// the central lists (small_blocks.cpp), where blocks belong to slabs of 1 MiB that can go back to the system.
//
// Note [Claiming a cache]. A thread's cache is touched by others on two occasions: trimming an idle process, and fork.
// A lock would cost more than the allocation. Instead the owner marks its cache busy with a plain store, and whoever
// claims it sets `claimed`, makes every running thread pass a memory barrier (membarrier), and waits until it is not
// busy.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "memory/size_classes.h"

namespace flambeau::memory {

struct FreeBlock {
  FreeBlock* next;
};

// Counters have one writer, their thread; others only read them.
struct alignas(64) ThreadCache {
  struct List {
    FreeBlock* head = nullptr;
    uint32_t count = 0;
    uint32_t most = 0;
  };
  std::atomic<bool> busy{false};
  std::atomic<bool> claimed{false};
  std::atomic<int64_t> live{0};       // bytes allocated minus bytes released here; negative if others' blocks end here
  std::atomic<int64_t> peak{0};       // of `live` since it was last published
  std::atomic<int64_t> published{0};  // the part of `live` that the process-wide sum contains
  std::atomic<int64_t> allocations{0};
  std::atomic<int64_t> releases{0};
  ThreadCache* next = nullptr;
  ThreadCache* previous = nullptr;
  List lists[kSmallClasses];

  bool enter() {
    busy.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (__builtin_expect(!claimed.load(std::memory_order_acquire), 1)) return true;
    leave();
    return false;
  }
  void leave() { busy.store(false, std::memory_order_release); }

  void count_allocation(size_t bytes) {
    int64_t now = live.load(std::memory_order_relaxed) + static_cast<int64_t>(bytes);
    live.store(now, std::memory_order_relaxed);
    if (now > peak.load(std::memory_order_relaxed)) peak.store(now, std::memory_order_relaxed);
    allocations.store(allocations.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void count_release(size_t bytes) {
    live.store(live.load(std::memory_order_relaxed) - static_cast<int64_t>(bytes), std::memory_order_relaxed);
    releases.store(releases.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

// Null before a thread's first block and after its end.
extern constinit __attribute__((tls_model("initial-exec"))) thread_local ThreadCache* thread_cache;

void* allocate_small_slowly(size_t bytes);
void release_small_slowly(void* block, size_t bytes) noexcept;

inline void* allocate_small(size_t bytes) {
  ThreadCache* cache = thread_cache;
  if (__builtin_expect(cache != nullptr && cache->enter(), 1)) {
    ThreadCache::List& list = cache->lists[size_class(bytes)];
    if (FreeBlock* block = list.head; __builtin_expect(block != nullptr, 1)) {
      list.head = block->next;
      --list.count;
      cache->count_allocation(bytes);
      cache->leave();
      return block;
    }
    cache->leave();
  }
  return allocate_small_slowly(bytes);
}

inline void release_small(void* pointer, size_t bytes) noexcept {
  ThreadCache* cache = thread_cache;
  if (__builtin_expect(cache != nullptr && cache->enter(), 1)) {
    ThreadCache::List& list = cache->lists[size_class(bytes)];
    if (__builtin_expect(list.count < list.most, 1)) {
      auto* block = static_cast<FreeBlock*>(pointer);
      block->next = list.head;
      list.head = block;
      ++list.count;
      cache->count_release(bytes);
      cache->leave();
      return;
    }
    cache->leave();
  }
  release_small_slowly(pointer, bytes);
}

// The sum over all threads, ended ones included.
struct SmallTotals {
  int64_t live = 0, allocations = 0, releases = 0;
  int64_t carved = 0;  // bytes of slabs that have been handed out at least once
};
SmallTotals small_totals();

// Adds what the calling thread has allocated and released since the last call to the process-wide sum. `highest` is the
// most that this sum has reached in between, seen from this thread; `now` is the sum.
struct Published {
  int64_t highest, now;
};
Published publish_small();
void forget_small_peaks();

// Empties the caches of all threads into the central lists and gives whole free slabs back. Inside larger free blocks
// of other slabs the pages are dropped.
void trim_small() noexcept;

// Around fork: everything locked and no thread inside its cache; the child then owns what the other threads had cached.
void lock_small();
void unlock_small();
void unlock_small_in_child();

}  // namespace flambeau::memory
