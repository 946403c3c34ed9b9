// Per-thread free lists for the small objects of every call: a tensor costs two allocations, and malloc would double
// it.
#pragma once

#include <cstddef>
#include <new>

namespace flambeau {

template <size_t Size, int Keep = 256>
struct FreeList {
  struct Slot {
    Slot* next;
  };
  // Plain data, so that it is usable while a thread (or the process) winds down: what is cached then is simply left.
  static inline thread_local Slot* head = nullptr;
  static inline thread_local int count = 0;

  static void* take() {
    if (Slot* slot = head) {
      head = slot->next;
      --count;
      return slot;
    }
    return ::operator new(Size);
  }
  static void give(void* p) {
    if (count >= Keep) return ::operator delete(p);
    head = new (p) Slot{head};
    ++count;
  }
};

}  // namespace flambeau
