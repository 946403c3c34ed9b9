// One thread, started when there is first something to watch; it sleeps without a timeout while nothing is cached. It
// is stopped before a fork, and the cache emptied: a child would otherwise pay for copying pages that hold nothing.
#include "memory/oversight.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>

#include "memory/big_blocks.h"
#include "memory/cpu_allocator.h"
#include "memory/fork.h"
#include "memory/shared_memory.h"
#include "memory/small_blocks.h"

namespace flambeau::memory {
namespace {

constexpr auto kTick = std::chrono::milliseconds(250);
constexpr int kQuietTicks = 4;

struct Watch {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> awake{false};
  bool running = false;
  bool stop = false;
  std::atomic<bool> forking{false};
  pthread_t thread;
};

Watch& watch() {
  static Watch* instance = new Watch;
  return *instance;
}

int64_t activity() {
  SmallTotals small = small_totals();
  BigTotals big = big_totals();
  return small.allocations + small.releases + big.allocations + big.releases;
}

void* look_after(void*) {
  Watch& w = watch();
  int64_t last = -1;
  int quiet = 0;
  std::unique_lock lock(w.mutex);
  while (!w.stop) {
    if (!w.awake && !shared_memory_wants_tending()) {
      w.changed.wait(lock);
      continue;
    }
    if (!w.awake) {  // what other processes hold of ours comes back without a word
      w.changed.wait_for(lock, kQuietTicks * kTick);
      if (w.stop || w.awake) continue;
      lock.unlock();
      tend_shared_memory();
      lock.lock();
      continue;
    }
    w.changed.wait_for(lock, kTick);
    if (w.stop) break;
    lock.unlock();
    int64_t now = activity();
    quiet = now == last ? quiet + 1 : 0;
    last = now;
    if (quiet >= kQuietTicks) {
      w.awake = false;  // first, so that whatever is cached from now on wakes us again
      quiet = 0;
      empty_cache();
      tend_shared_memory();
    } else {
      tick_big();
    }
    lock.lock();
  }
  return nullptr;
}

// Signals are for the program's own threads.
bool start(Watch& w) {
  sigset_t all, before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);  // a fault here is reported
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 << 10);
  bool started = pthread_create(&w.thread, &attributes, look_after, nullptr) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (started) pthread_setname_np(w.thread, "flambeau-memory");
  return started;
}

void before_fork() {
  Watch& w = watch();
  bool join;
  {
    std::lock_guard lock(w.mutex);
    w.forking = w.stop = true;
    join = w.running;
  }
  w.changed.notify_all();
  if (join) pthread_join(w.thread, nullptr);
  empty_cache();
}

// Restarted when something is cached again: right after a fork the caller may still want to count its threads.
void after_fork_in_parent() {
  Watch& w = watch();
  std::lock_guard lock(w.mutex);
  w.awake = w.running = w.stop = w.forking = false;
}

// The mutex is not held across the fork (a thread inside the small blocks may be waiting for it), so in the child its
// state, and the condition's, is whatever it was.
void after_fork_in_child() {
  Watch& w = watch();
  new (&w.mutex) std::mutex;
  new (&w.changed) std::condition_variable;
  w.awake = w.running = w.stop = w.forking = false;
}

[[maybe_unused]] const bool registered =
    (at_fork({ForkStage::Threads, before_fork, after_fork_in_parent, after_fork_in_child}), true);

}  // namespace

void something_cached() noexcept {
  Watch& w = watch();
  if (w.awake.load(std::memory_order_relaxed)) return;
  if (w.forking) return;
  {
    std::lock_guard lock(w.mutex);
    if (w.forking || (!w.running && !start(w))) return;
    w.running = w.awake = true;
  }
  w.changed.notify_all();
}

}  // namespace flambeau::memory
