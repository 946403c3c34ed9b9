// The compiled programs of one operator. Read without a lock: entries are only ever added, at the head of a list.
#pragma once

#include <atomic>
#include <mutex>

#include "loops/cpu_program.h"
#include "op/op.h"

namespace flambeau {

struct Op::ProgramCache {
  struct Entry {
    uint64_t key;
    LoweredProgram program;
    Entry* next;
  };
  // For plain calls: tensors of one type and shape, and numbers that do not change it. Found by a few bits.
  struct Quick {
    uint32_t key;
    DType result;
    const CpuProgram* program;
  };
  static constexpr int kQuick = 16;
  std::atomic<Entry*> head{nullptr};
  std::atomic<const Quick*> quick[kQuick] = {};
  std::mutex mutex;

  const Quick* find_quick(uint32_t key) const {
    const Quick* q = quick[key * 2654435761u >> 28].load(std::memory_order_acquire);
    return q && q->key == key ? q : nullptr;
  }
  void set_quick(uint32_t key, DType result, const CpuProgram* program) {
    // What is replaced is left alone: another thread may be reading it, and it is small and rare.
    quick[key * 2654435761u >> 28].store(new Quick{key, result, program}, std::memory_order_release);
  }
  ~ProgramCache() {
    for (Entry* e = head; e;) delete std::exchange(e, e->next);
  }
  const LoweredProgram* find(uint64_t key) const {
    for (Entry* e = head.load(std::memory_order_acquire); e; e = e->next)
      if (e->key == key) return &e->program;
    return nullptr;
  }
  template <class Make>
  const LoweredProgram& add(uint64_t key, Make&& make) {
    std::lock_guard lock(mutex);
    if (const LoweredProgram* found = find(key)) return *found;
    auto* entry = new Entry{key, LoweredProgram(make()), head.load(std::memory_order_relaxed)};
    head.store(entry, std::memory_order_release);
    return entry->program;
  }
};

}  // namespace flambeau
