// The fork handler: a fixed table of hooks, walked stage by stage. No memory is allocated between prepare and parent or
// child, where the allocator may be locked.
#include "memory/fork.h"

#include <pthread.h>

#include <iterator>
#include <mutex>

#include "core/error.h"

namespace flambeau {
namespace {

constexpr int kMostHooks = 64;
constexpr ForkStage kStages[] = {ForkStage::Threads, ForkStage::Locks, ForkStage::Sharing, ForkStage::Allocator};

struct Table {
  std::mutex mutex;
  ForkHooks hooks[kMostHooks];
  int count = 0;
};

// Never destroyed: a fork may happen while static objects are being torn down.
Table& table() {
  static Table* instance = new Table;
  return *instance;
}

void prepare() {
  Table& t = table();
  t.mutex.lock();
  for (ForkStage stage : kStages)
    for (int i = t.count - 1; i >= 0; --i)
      if (t.hooks[i].stage == stage && t.hooks[i].prepare) t.hooks[i].prepare();
}

template <void (*ForkHooks::*hook)()>
void afterwards() {
  Table& t = table();
  for (int s = static_cast<int>(std::size(kStages)) - 1; s >= 0; --s)
    for (int i = 0; i < t.count; ++i)
      if (t.hooks[i].stage == kStages[s] && t.hooks[i].*hook) (t.hooks[i].*hook)();
  t.mutex.unlock();
}

}  // namespace

void at_fork(const ForkHooks& hooks) {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  check(t.count < kMostHooks, ErrorKind::Runtime, "at_fork: all ", kMostHooks, " places are taken");
  if (t.count == 0) {
    int failed = pthread_atfork(prepare, afterwards<&ForkHooks::parent>, afterwards<&ForkHooks::child>);
    check(failed == 0, ErrorKind::Runtime, "at_fork: pthread_atfork failed with error ", failed);
  }
  t.hooks[t.count++] = hooks;
}

}  // namespace flambeau
