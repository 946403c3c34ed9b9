// What has to happen around fork(). A cache registers here the lock it holds, a thread pool how it is stopped; one
// pthread_atfork handler runs them in an order that cannot deadlock. posix_spawn and vfork do not come this way.
#pragma once

namespace flambeau {

// Before the fork the stages run from the first to the last, after it (in parent and child) from the last to the first.
// Threads are stopped before any lock is taken, because a thread that ends returns its memory; the allocator is locked
// last, because whoever holds another lock may allocate, and shared memory before it, because storages may be released
// under a lock.
enum class ForkStage { Threads, Locks, Sharing, Allocator };

struct ForkHooks {
  ForkStage stage = ForkStage::Locks;
  void (*prepare)() = nullptr;  // in the parent, before
  void (*parent)() = nullptr;   // in the parent, after
  void (*child)() = nullptr;    // in the child, where only the calling thread exists
};

// Registers hooks for the life of the process; any of the functions may be null. Within a stage `prepare` runs in the
// reverse order of registration, the others in the order of registration.
void at_fork(const ForkHooks& hooks);

}  // namespace flambeau
