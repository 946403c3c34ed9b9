// Letting other threads of the program on while this one works for long. The interpreter's lock belongs to the Python
// face, which installs the two functions here; without it (a C++ program) nothing happens.
#pragma once

#include <chrono>
#include <cstdint>

namespace flambeau {

struct LongWork {
  // Lets go of the lock if the calling thread has it, and says what is needed to take it again; null if it has it not.
  static inline void* (*let_go)() = nullptr;
  static inline void (*take_again)(void* state) = nullptr;

  // About 50 microseconds of the cheapest work; less is not worth the way to the lock.
  static constexpr int64_t kWorth = 1 << 16;

  // `work` is counted in steps over elements. The lock is taken again when the scope ends, also by an exception.
  explicit LongWork(int64_t work) {
    if (__builtin_expect(work >= kWorth, 0) && let_go && forbidden == 0) state_ = let_go();
  }
  ~LongWork() {
    if (__builtin_expect(state_ != nullptr, 0)) take_again(state_);
  }
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  // Called between two nodes of a long backward pass: every 5 ms, the interpreter's own interval, other threads may go
  // on.
  static void breathe() {
    using Clock = std::chrono::steady_clock;
    static thread_local Clock::time_point last;
    if (Clock::now() - last < std::chrono::milliseconds(5)) return;
    { LongWork moment(kWorth); }
    last = Clock::now();
  }

  // While a lock of ours is held the interpreter's is neither given nor waited for: whoever has it may want ours.
  struct Forbid {
    Forbid() { ++forbidden; }
    ~Forbid() { --forbidden; }
    Forbid(const Forbid&) = delete;
    Forbid& operator=(const Forbid&) = delete;
  };

 private:
  static inline thread_local int forbidden = 0;
  void* state_ = nullptr;
};

}  // namespace flambeau
