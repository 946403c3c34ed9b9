// The cache of big blocks. Its nodes stand apart from the blocks, because writing into a block that nobody has touched
// would cost a (huge) page.
//
// Note [How much is cached]. While the process is busy, what has not been reused for ten seconds goes back; and before
// new memory is taken from the system, the oldest blocks go until live and cached blocks together are within a quarter
// (plus 64 MiB) of the most that has ever lived at once. So changing sizes cannot pile up blocks that no longer fit.
#include "memory/big_blocks.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <new>
#include <string>

#include "core/error.h"
#include "memory/cpu_allocator.h"
#include "memory/limits.h"
#include "memory/oversight.h"
#include "memory/size_classes.h"
#include "memory/small_blocks.h"
#include "memory/system_memory.h"

namespace flambeau::memory {
namespace {

constexpr size_t kChecked = size_t{16} << 20;  // smaller requests are checked only when the system refuses them
constexpr int64_t kSlack = int64_t{64} << 20;
constexpr uint32_t kOldTicks = 40;

struct Node {
  void* block;
  int index;
  uint32_t tick;        // when it came
  Node *newer, *older;  // over all cached blocks, by arrival
  Node *below, *above;  // in its bin, the last to come on top
};

struct Cache {
  std::mutex mutex;
  Node* bins[kClasses] = {};
  Node *newest = nullptr, *oldest = nullptr;
  Node* spare = nullptr;
  BigTotals totals;
  int64_t most_held = 0;
  int64_t peak = 0;
  uint32_t tick = 0;
};

Cache& cache() {
  static Cache* instance = new Cache;
  return *instance;
}

Node* new_node(Cache& c) {
  Node* node = c.spare;
  if (!node) return new (std::nothrow) Node;
  c.spare = node->older;
  return node;
}

void link(Cache& c, Node* node) {
  node->above = nullptr;
  node->below = c.bins[node->index];
  if (node->below) node->below->above = node;
  c.bins[node->index] = node;
  node->newer = nullptr;
  node->older = c.newest;
  (c.newest ? c.newest->newer : c.oldest) = node;
  c.newest = node;
  c.totals.cached += static_cast<int64_t>(class_bytes(node->index));
}

void* unlink(Cache& c, Node* node) {
  (node->above ? node->above->below : c.bins[node->index]) = node->below;
  if (node->below) node->below->above = node->above;
  (node->newer ? node->newer->older : c.newest) = node->older;
  (node->older ? node->older->newer : c.oldest) = node->newer;
  c.totals.cached -= static_cast<int64_t>(class_bytes(node->index));
  node->older = c.spare;
  c.spare = node;
  return node->block;
}

// Unmaps oldest blocks while `go_on(node)`. The lock is held while unmapping, so that a thread which sees less cached
// also finds the memory available.
template <class GoOn>
void evict(Cache& c, GoOn&& go_on) {
  while (c.oldest && go_on(*c.oldest)) {
    size_t bytes = class_bytes(c.oldest->index);
    unmap(unlink(c, c.oldest), bytes);
  }
}

std::string readable(int64_t bytes) {
  static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 6) value /= 1024, ++unit;
  char text[40];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.2f %s", value, units[unit]);
  return text;
}

// What can still be promised: pages of live blocks that have not been touched yet are no longer free for others.
int64_t room() {
  BigTotals big = big_totals();
  int64_t touched = std::max<int64_t>(resident_memory() - big.cached, 0);
  int64_t promised = std::max<int64_t>(big.live - touched, 0);
  return std::max<int64_t>(available_memory() - promised, 0);
}

void check_room(size_t bytes) {
  if (bytes <= static_cast<size_t>(room())) return;
  empty_cache();
  int64_t left = room();
  if (bytes > static_cast<size_t>(left)) raise_out_of_memory(bytes, left);
}

void* map_block(size_t bytes) {
  bool huge = bytes >= kHugePage;
  return map(bytes, huge ? kHugePage : kPage, huge);
}

}  // namespace

void* allocate_big(size_t bytes) {
  // A size this large comes from an overflow or a slip; no machine has it.
  if (bytes > class_bytes(kClasses - 1)) raise_out_of_memory(bytes, room());
  const int index = size_class(bytes);
  const auto held = static_cast<int64_t>(class_bytes(index));
  Cache& c = cache();
  void* block = nullptr;

  auto account = [&] {
    c.totals.live += static_cast<int64_t>(bytes);
    c.totals.held += held;
    ++c.totals.allocations;
    c.most_held = std::max(c.most_held, c.totals.held);
    Published small = publish_small();
    c.peak = std::max(c.peak, c.totals.live - static_cast<int64_t>(bytes) + small.highest);
    c.peak = std::max(c.peak, c.totals.live + small.now);
  };
  {
    std::lock_guard lock(c.mutex);
    if (Node* node = c.bins[index]) {
      block = unlink(c, node);
      account();
      return block;
    }
    int64_t most = std::max(c.most_held, c.totals.held + held);
    evict(c, [&](const Node&) { return c.totals.cached + c.totals.held + held > most + most / 4 + kSlack; });
  }
  if (bytes >= kChecked) check_room(bytes);
  block = map_block(static_cast<size_t>(held));
  if (!block) {
    empty_cache();
    block = map_block(static_cast<size_t>(held));
    if (!block) raise_out_of_memory(bytes, room());
  }
  std::lock_guard lock(c.mutex);
  account();
  return block;
}

void release_big(void* block, size_t bytes) noexcept {
  const int index = size_class(bytes);
  Cache& c = cache();
  {
    std::lock_guard lock(c.mutex);
    Published small = publish_small();
    c.peak = std::max(c.peak, c.totals.live + small.highest);
    c.totals.live -= static_cast<int64_t>(bytes);
    c.totals.held -= static_cast<int64_t>(class_bytes(index));
    ++c.totals.releases;
    Node* node = new_node(c);
    if (!node) {
      unmap(block, class_bytes(index));
      return;
    }
    node->block = block;
    node->index = index;
    node->tick = c.tick;
    link(c, node);
  }
  something_cached();
}

BigTotals big_totals() {
  std::lock_guard lock(cache().mutex);
  return cache().totals;
}

int64_t peak_bytes() {
  int64_t small = small_totals().live;
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  Published own = publish_small();
  return c.peak = std::max({c.peak, c.totals.live + own.highest, c.totals.live + small});
}

void reset_peak_bytes() {
  forget_small_peaks();
  int64_t small = small_totals().live;
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  c.peak = c.totals.live + small;
}

void raise_out_of_memory(size_t bytes, int64_t available) {
  MemoryStats stats = memory_stats();
  // The last words are what programs look for that try again with a smaller batch.
  raise(ErrorKind::OutOfMemory, "allocate: ", bytes, " bytes (",
        readable(static_cast<int64_t>(std::min(bytes, SIZE_MAX / 2))), ") asked for, ", readable(available),
        " available; live tensors hold ", readable(stats.allocated), ", the cache ", readable(stats.cached),
        " (DefaultCPUAllocator: can't allocate memory)");
}

void trim_big() noexcept {
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  evict(c, [](const Node&) { return true; });
}

void tick_big() noexcept {
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  ++c.tick;
  evict(c, [&](const Node& node) { return c.tick - node.tick > kOldTicks; });
}

void lock_big() { cache().mutex.lock(); }
void unlock_big() { cache().mutex.unlock(); }

}  // namespace flambeau::memory
