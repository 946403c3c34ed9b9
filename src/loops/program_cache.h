// The compiled programs of one operator. Read without a lock: entries are only ever added, at the head of a list.
#pragma once

#include <atomic>
#include <mutex>

#include "loops/program.h"
#include "op/op.h"

namespace flambeau {

struct Op::ProgramCache {
  struct Entry {
    uint64_t key;
    Program program;
    Entry* next;
  };
  std::atomic<Entry*> head{nullptr};
  std::mutex mutex;

  ~ProgramCache() {
    for (Entry* e = head; e;) delete std::exchange(e, e->next);
  }
  const Program* find(uint64_t key) const {
    for (Entry* e = head.load(std::memory_order_acquire); e; e = e->next)
      if (e->key == key) return &e->program;
    return nullptr;
  }
  template <class Make>
  const Program& add(uint64_t key, Make&& make) {
    std::lock_guard lock(mutex);
    if (const Program* found = find(key)) return *found;
    auto* entry = new Entry{key, make(), head.load(std::memory_order_relaxed)};
    head.store(entry, std::memory_order_release);
    return entry->program;
  }
};

}  // namespace flambeau
