// Central lists, slabs, the register of thread caches, claiming. Lock order: register, then one central list.
#include "memory/small_blocks.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>

#include "memory/oversight.h"
#include "memory/system_memory.h"

namespace flambeau::memory {

constinit thread_local ThreadCache* thread_cache = nullptr;

namespace {

constexpr size_t kSlabBytes = size_t{1} << 20;

// Stands at the beginning of its 1 MiB, so that a block finds its slab by masking its address.
struct alignas(kUnit) Slab {
  Slab* next;
  Slab* previous;
  FreeBlock* free;
  uint32_t free_count;
  uint32_t carved;  // blocks that have been handed out at least once; the rest is untouched
  uint32_t capacity;
  uint32_t dirty;  // blocks have come back since pages were last dropped
};
static_assert(sizeof(Slab) == kUnit);

Slab* slab_of(void* block) { return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~(kSlabBytes - 1)); }

struct Central {
  std::mutex mutex;
  Slab* usable = nullptr;  // slabs with a free or an untouched block
};

struct Register {
  std::mutex mutex;
  ThreadCache* first = nullptr;
  SmallTotals ended;  // counts of threads that are gone, and of threads without a cache
  std::mutex ended_mutex;
};

// Never destroyed: blocks are released while static objects are being torn down.
Central* central() {
  static Central* lists = new Central[kSmallClasses];
  return lists;
}
Register& caches() {
  static Register* instance = new Register;
  return *instance;
}

std::atomic<int64_t> carved_bytes{0};
std::atomic<int64_t> published_sum{0};
__attribute__((tls_model("initial-exec"))) thread_local bool thread_ended = false;

void link(Central& list, Slab* slab) {
  slab->previous = nullptr;
  slab->next = list.usable;
  if (slab->next) slab->next->previous = slab;
  list.usable = slab;
}

void unlink(Central& list, Slab* slab) {
  (slab->previous ? slab->previous->next : list.usable) = slab->next;
  if (slab->next) slab->next->previous = slab->previous;
}

// A process with a few small tensors needs no watching.
void note_growth() {
  if (carved_bytes.load(std::memory_order_relaxed) > int64_t{8} << 20) something_cached();
}

struct Chain {
  FreeBlock* head = nullptr;
  uint32_t count = 0;
};

// Up to `wanted` blocks; none if the system has no memory.
Chain take_from_central(int index, uint32_t wanted) {
  Central& list = central()[index];
  const size_t bytes = class_bytes(index);
  Chain chain;
  std::lock_guard lock(list.mutex);
  while (chain.count < wanted) {
    Slab* slab = list.usable;
    if (!slab) {
      void* memory = map(kSlabBytes, kSlabBytes, false);
      if (!memory) break;
      slab = new (memory) Slab{};
      slab->capacity = static_cast<uint32_t>((kSlabBytes - sizeof(Slab)) / bytes);
      link(list, slab);
    }
    while (chain.count < wanted && slab->free) {
      FreeBlock* block = slab->free;
      slab->free = block->next;
      --slab->free_count;
      *block = {chain.head};
      chain.head = block;
      ++chain.count;
    }
    uint32_t fresh = std::min(wanted - chain.count, slab->capacity - slab->carved);
    char* start = reinterpret_cast<char*>(slab + 1) + slab->carved * bytes;
    for (uint32_t i = fresh; i-- > 0;) chain.head = new (start + i * bytes) FreeBlock{chain.head};
    chain.count += fresh;
    slab->carved += fresh;
    carved_bytes.fetch_add(static_cast<int64_t>(fresh * bytes), std::memory_order_relaxed);
    if (!slab->free && slab->carved == slab->capacity) unlink(list, slab);
  }
  return chain;
}

void give_to_central(int index, FreeBlock* head) {
  if (!head) return;
  Central& list = central()[index];
  {
    std::lock_guard lock(list.mutex);
    while (head) {
      FreeBlock* block = head;
      head = block->next;
      Slab* slab = slab_of(block);
      if (!slab->free && slab->carved == slab->capacity) link(list, slab);
      block->next = slab->free;
      slab->free = block;
      ++slab->free_count;
      slab->dirty = 1;
    }
  }
  note_growth();
}

void empty(ThreadCache& cache) {
  for (int i = 0; i < kSmallClasses; ++i) {
    give_to_central(i, cache.lists[i].head);
    cache.lists[i].head = nullptr;
    cache.lists[i].count = 0;
  }
}

// Folds the counts of a cache that goes away; the register is locked.
void retire(ThreadCache* cache) {
  Register& r = caches();
  (cache->previous ? cache->previous->next : r.first) = cache->next;
  if (cache->next) cache->next->previous = cache->previous;
  empty(*cache);
  published_sum += cache->live - cache->published;
  {
    std::lock_guard lock(r.ended_mutex);
    r.ended.live += cache->live;
    r.ended.allocations += cache->allocations;
    r.ended.releases += cache->releases;
  }
  delete cache;
}

void thread_ends(void* cache) {
  thread_cache = nullptr;
  thread_ended = true;
  std::lock_guard lock(caches().mutex);
  retire(static_cast<ThreadCache*>(cache));
}

ThreadCache* make_cache() {
  static pthread_key_t key = [] {
    pthread_key_t k;
    pthread_key_create(&k, thread_ends);
    return k;
  }();
  auto* cache = new (std::nothrow) ThreadCache;
  if (!cache) return nullptr;
  for (int i = 0; i < kSmallClasses; ++i)
    cache->lists[i].most = static_cast<uint32_t>(std::clamp<size_t>((size_t{256} << 10) / class_bytes(i), 8, 256));
  Register& r = caches();
  std::lock_guard lock(r.mutex);
  cache->next = r.first;
  if (r.first) r.first->previous = cache;
  r.first = cache;
  pthread_setspecific(key, cache);
  return thread_cache = cache;
}

// Enters the calling thread's cache, waiting while another claims it; null if the thread has none.
ThreadCache* enter_own_cache() {
  ThreadCache* cache = thread_cache;
  if (!cache && !thread_ended) cache = make_cache();
  while (cache && !cache->enter()) std::lock_guard wait(caches().mutex);
  return cache;
}

// For threads that have ended (or could not get a cache): counted in one place under a lock.
void count_without_cache(int64_t bytes, int64_t allocations, int64_t releases) {
  Register& r = caches();
  std::lock_guard lock(r.ended_mutex);
  r.ended.live += bytes;
  r.ended.allocations += allocations;
  r.ended.releases += releases;
  published_sum += bytes;
}

long barrier_in_all_threads() {
  long failed = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  if (failed && syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0)
    failed = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  return failed;
}

// Claims all caches but the caller's own; the register is locked and stays so until unclaim(). Where the system has no
// membarrier, only the own cache can be worked on.
bool claim_others() {
  bool any = false;
  for (ThreadCache* c = caches().first; c; c = c->next)
    if (c != thread_cache) c->claimed.store(any = true);
  if (!any) return true;
  if (barrier_in_all_threads() != 0) return false;
  for (ThreadCache* c = caches().first; c; c = c->next)
    while (c != thread_cache && c->busy.load(std::memory_order_acquire)) sched_yield();
  return true;
}

void unclaim() {
  for (ThreadCache* c = caches().first; c; c = c->next) c->claimed.store(false, std::memory_order_release);
}

// Drops whole pages inside the free blocks of a slab; the first page of a block holds its list link.
void drop_inside(Slab* slab, size_t bytes) {
  if (bytes < 4 * kPage || !slab->dirty) return;
  for (FreeBlock* block = slab->free; block; block = block->next) {
    uintptr_t start = reinterpret_cast<uintptr_t>(block);
    uintptr_t first = (start + sizeof(FreeBlock) + kPage - 1) & ~(kPage - 1), last = (start + bytes) & ~(kPage - 1);
    if (first < last) drop_pages(reinterpret_cast<void*>(first), last - first);
  }
  slab->dirty = 0;
}

void trim_central(int index) {
  Central& list = central()[index];
  std::lock_guard lock(list.mutex);
  for (Slab *slab = list.usable, *next; slab; slab = next) {
    next = slab->next;
    if (slab->free_count == slab->carved) {
      unlink(list, slab);
      carved_bytes.fetch_sub(static_cast<int64_t>(slab->carved * class_bytes(index)), std::memory_order_relaxed);
      unmap(slab, kSlabBytes);
    } else {
      drop_inside(slab, class_bytes(index));
    }
  }
}

}  // namespace

void* allocate_small_slowly(size_t bytes) {
  const int index = size_class(bytes);
  ThreadCache* cache = enter_own_cache();
  if (!cache) {
    Chain chain = take_from_central(index, 1);
    if (chain.head) count_without_cache(static_cast<int64_t>(bytes), 1, 0);
    return chain.head;
  }
  uint32_t most = cache->lists[index].most;
  cache->leave();
  // The central lock is never waited for while inside the cache: its holder may be waiting for us to leave.
  Chain chain = take_from_central(index, std::max<uint32_t>(most / 4, 1));
  if (!chain.head) return nullptr;
  note_growth();
  FreeBlock* result = chain.head;
  enter_own_cache();
  ThreadCache::List& list = cache->lists[index];
  list.count += chain.count - 1;
  for (FreeBlock* block = result->next; block;) {
    FreeBlock* next = block->next;
    if (!next) {
      block->next = list.head;
      list.head = result->next;
    }
    block = next;
  }
  cache->count_allocation(bytes);
  cache->leave();
  return result;
}

void release_small_slowly(void* pointer, size_t bytes) noexcept {
  const int index = size_class(bytes);
  auto* block = static_cast<FreeBlock*>(pointer);
  ThreadCache* cache = enter_own_cache();
  if (!cache) {
    block->next = nullptr;
    give_to_central(index, block);
    count_without_cache(-static_cast<int64_t>(bytes), 0, 1);
    return;
  }
  ThreadCache::List& list = cache->lists[index];
  block->next = list.head;
  list.head = block;
  ++list.count;
  cache->count_release(bytes);
  FreeBlock* surplus = nullptr;
  if (list.count > list.most) {  // half goes, the part that has lain longest
    FreeBlock* last = list.head;
    uint32_t keep = list.most / 2;
    for (uint32_t i = 1; i < keep; ++i) last = last->next;
    surplus = last->next;
    last->next = nullptr;
    list.count = keep;
  }
  cache->leave();
  give_to_central(index, surplus);
}

SmallTotals small_totals() {
  Register& r = caches();
  std::lock_guard lock(r.mutex);
  std::lock_guard also(r.ended_mutex);
  SmallTotals totals = r.ended;
  for (ThreadCache* c = r.first; c; c = c->next) {
    totals.live += c->live;
    totals.allocations += c->allocations;
    totals.releases += c->releases;
  }
  totals.carved = carved_bytes.load(std::memory_order_relaxed);
  return totals;
}

Published publish_small() {
  ThreadCache* c = thread_cache;
  if (!c) return {published_sum, published_sum};
  int64_t change = c->live - c->published, rise = c->peak - c->published;
  int64_t before = change ? published_sum.fetch_add(change, std::memory_order_relaxed) : published_sum.load();
  c->published.store(c->live, std::memory_order_relaxed);
  c->peak.store(c->live, std::memory_order_relaxed);
  return {before + std::max(rise, change), before + change};
}

void forget_small_peaks() {
  std::lock_guard lock(caches().mutex);
  for (ThreadCache* c = caches().first; c; c = c->next) c->peak.store(c->live, std::memory_order_relaxed);
}

void trim_small() noexcept {
  {
    std::lock_guard lock(caches().mutex);
    bool all = claim_others();
    for (ThreadCache* c = caches().first; c; c = c->next)
      if (all || c == thread_cache) empty(*c);
    unclaim();
  }
  for (int i = 0; i < kSmallClasses; ++i) trim_central(i);
}

void lock_small() {
  caches().mutex.lock();
  claim_others();
  caches().ended_mutex.lock();
  for (int i = 0; i < kSmallClasses; ++i) central()[i].mutex.lock();
}

void unlock_small() {
  for (int i = 0; i < kSmallClasses; ++i) central()[i].mutex.unlock();
  caches().ended_mutex.unlock();
  unclaim();
  caches().mutex.unlock();
}

// A cache that was busy (no membarrier) may be half changed: its blocks are left alone.
void unlock_small_in_child() {
  for (int i = 0; i < kSmallClasses; ++i) central()[i].mutex.unlock();
  caches().ended_mutex.unlock();
  for (ThreadCache *c = caches().first, *next; c; c = next) {
    next = c->next;
    if (c == thread_cache) continue;
    if (c->busy) std::fill(std::begin(c->lists), std::end(c->lists), ThreadCache::List{});
    retire(c);
  }
  unclaim();
  caches().mutex.unlock();
}

}  // namespace flambeau::memory
