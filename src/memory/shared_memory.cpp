// The arenas of this process and the storages over their blocks.
//
// Note [Moving while others look]. A kernel that runs without the interpreter's lock may still work on the memory that
// a storage stood on before it was shared (a queue shares what it sends in a thread of its own), and an array or a
// pointer handed out keeps showing it. So the former memory stays: of a storage whose address is known outside as long
// as the storage, of others for ten seconds at most.
#include "memory/shared_memory.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/long_work.h"
#include "memory/arena.h"
#include "memory/fork.h"
#include "memory/oversight.h"

namespace flambeau {

using namespace memory;

namespace {

using Clock = std::chrono::steady_clock;

struct Moved {
  Arena* arena;
  uint64_t offset, generation;
  Clock::time_point when;
};

struct Process {
  std::mutex mutex;
  std::vector<std::unique_ptr<Arena>> arenas;
  std::deque<Moved> moved;  // in the order of time
  std::atomic<bool> wants_tending{false};
};

Process& process() {
  static Process* instance = new Process;  // never destroyed: storages are released until the very end
  return *instance;
}

// A storage's place on a held block. While one that is dying waits for the lock of the process, another may come to
// stand on the block: then the two of them keep it.
struct Standing {
  Held* held;
  Storage* storage;
};

void release_standing(void* context) {
  std::unique_ptr<Standing> standing(static_cast<Standing*>(context));
  Held* held = standing->held;
  Process& p = process();
  void (*forget)(void*) = nullptr;
  void* former = nullptr;
  {
    LongWork::Forbid while_locked;
    std::lock_guard lock(p.mutex);
    if (held->storage == standing->storage) held->storage = nullptr;
    if (--held->references > 0) return;
    forget = held->forget, former = held->former;
    Arena& arena = *held->arena;
    try {
      ArenaLock shared(arena.header());
      arena.let_go(held);
    } catch (const Error&) {  // the lock cannot be had: the block stays until this process ends
      arena.forget(held);
    }
    p.wants_tending = true;
  }
  if (forget) forget(former);
  something_cached();
}

Held* held_of(const Storage& storage) {
  return storage.deleter() == release_standing ? static_cast<Standing*>(storage.context())->held : nullptr;
}

Ref<Storage> storage_over(Held* held, size_t bytes) {
  auto standing = std::make_unique<Standing>(held, nullptr);
  auto storage = make<Storage>(held->arena->data(held->offset), bytes, Device{}, release_standing, standing.get());
  ++held->references;
  held->storage = standing.release()->storage = storage.get();
  return storage;
}

// A block of our own, held. The lock of the process is taken.
Held* new_block(Process& p, size_t bytes) {
  check(bytes < (uint64_t{1} << 46), ErrorKind::Runtime, "multiprocessing: no shared memory for ", bytes, " bytes");
  for (auto& arena : p.arenas) {
    if (!arena->owned()) continue;
    ArenaLock shared(arena->header());
    if (uint64_t offset = arena->allocate(bytes)) return arena->hold(offset);
  }
  auto arena = Arena::create(bytes);
  Held* held;
  {
    ArenaLock shared(arena->header());
    held = arena->hold(arena->allocate(bytes));
  }
  p.arenas.push_back(std::move(arena));  // one that could not give the block is not kept
  return held;
}

Arena* find(Process& p, const SharedTicket& ticket) {
  for (auto& arena : p.arenas)
    if (arena->header().token[0] == ticket.token[0] && arena->header().token[1] == ticket.token[1]) return arena.get();
  return nullptr;
}

void forget_arenas_of_the_dead(Process& p) {
  std::erase_if(p.arenas, [](auto& arena) { return !arena->owned() && arena->held.empty() && arena->owner_gone(); });
}

Arena& arena_of(Process& p, const SharedTicket& ticket) {
  if (Arena* known = find(p, ticket)) return *known;
  forget_arenas_of_the_dead(p);
  std::string reasons[2];
  const Descriptor descriptors[] = {{ticket.sender, ticket.sender_descriptor}, {ticket.owner, ticket.owner_descriptor}};
  for (int i = 0; i < 2; ++i) {
    if (auto arena = Arena::attach(ticket.token, descriptors[i], reasons[i])) {
      p.arenas.push_back(std::move(arena));
      return *p.arenas.back();
    }
  }
  raise(ErrorKind::Runtime, "multiprocessing: the memory of a received tensor (", ticket.bytes,
        " bytes) cannot be opened (", reasons[0], "; ", reasons[1],
        "): the sending process must live until the tensor has been received, as a user that this one may look at");
}

struct FormerMemory {
  void* data;
  size_t bytes;
  Device device;
};

void release_former(void* context) {
  auto* former = static_cast<FormerMemory*>(context);
  allocator(former->device.type).release(former->data, former->bytes, former->device);
  delete former;
}

}  // namespace

// What storages stood on ten seconds ago and more.
static std::vector<void*> former_memory_nobody_uses(Process& p) {
  std::vector<void*> found;
  while (!p.moved.empty() && Clock::now() - p.moved.front().when > std::chrono::seconds(10)) {
    Moved moved = p.moved.front();
    p.moved.pop_front();
    auto held = moved.arena->held.find(moved.offset);
    if (held == moved.arena->held.end() || moved.arena->block(moved.offset).generation != moved.generation) continue;
    held->second->forget = nullptr;
    found.push_back(std::exchange(held->second->former, nullptr));
  }
  return found;
}

bool is_shared(const Storage& storage) { return held_of(storage) != nullptr; }

void share(Storage& storage) {
  if (is_shared(storage)) return;
  check(storage.device().type == DeviceType::cpu, ErrorKind::NotImplemented, "share_memory_: a storage on ",
        to_string(storage.device()), " cannot be shared between processes; the nearest alternative is 'cpu'");
  bool handed_out = storage.pinned();
  void* from = storage.pin();
  Process& p = process();
  LongWork::Forbid while_locked;
  std::lock_guard lock(p.mutex);
  if (is_shared(storage)) return;
  auto standing = std::make_unique<Standing>(nullptr, &storage);
  Held* held = standing->held = new_block(p, storage.nbytes());
  if (storage.nbytes()) std::memcpy(held->arena->data(held->offset), from, storage.nbytes());
  held->references = 1;
  held->storage = &storage;
  auto former = storage.move_to({held->arena->data(held->offset), release_standing, standing.release()});
  held->forget = former.deleter ? former.deleter : release_former;  // Note [Moving while others look]
  held->former = former.deleter ? former.context : new FormerMemory{former.data, storage.nbytes(), Device{}};
  if (!handed_out && !former.deleter)
    p.moved.push_back({held->arena, held->offset, held->arena->block(held->offset).generation, Clock::now()});
  p.wants_tending = true;
}

Ref<Storage> new_shared(size_t bytes) {
  Process& p = process();
  std::lock_guard lock(p.mutex);
  return storage_over(new_block(p, bytes), bytes);
}

SharedTicket send(Storage& storage) {
  share(storage);
  Held* held = held_of(storage);
  std::lock_guard lock(process().mutex);
  Arena& arena = *held->arena;
  ArenaHeader& header = arena.header();
  ArenaLock shared(header);
  BlockHeader& block = arena.block(held->offset);
  ++block.under_way;
  return {{header.token[0], header.token[1]},
          held->offset,
          block.generation,
          storage.nbytes(),
          header.slots[0].pid,
          header.owner_descriptor,
          static_cast<uint32_t>(getpid()),
          arena.descriptor()};
}

void recall(const SharedTicket& ticket) noexcept {
  try {
    std::lock_guard lock(process().mutex);
    Arena* arena = find(process(), ticket);
    if (!arena) return;
    ArenaLock shared(arena->header());
    if (arena->holds(ticket.offset, ticket.generation, ticket.bytes)) arena->arrived(ticket.offset);
  } catch (const Error&) {}
}

Ref<Storage> receive(const SharedTicket& ticket) {
  Process& p = process();
  std::lock_guard lock(p.mutex);
  Arena& arena = arena_of(p, ticket);
  ArenaLock shared(arena.header());
  check(arena.holds(ticket.offset, ticket.generation, ticket.bytes), ErrorKind::Runtime,
        "multiprocessing: the memory of a received tensor (", ticket.bytes,
        " bytes) has been given back: its message was received before, and nobody holds it any more");
  auto known = arena.held.find(ticket.offset);
  Held* held = known == arena.held.end() ? nullptr : known->second.get();
  if (!held) {
    held = arena.take_up(ticket.offset);
  } else {
    arena.arrived(ticket.offset);
    if (held->storage && held->storage->try_retain()) return Ref<Storage>::adopt(held->storage);
  }
  return storage_over(held, ticket.bytes);
}

SharedMemoryStats shared_memory_stats() {
  Process& p = process();
  std::lock_guard lock(p.mutex);
  SharedMemoryStats stats;
  stats.arenas = static_cast<int64_t>(p.arenas.size());
  for (auto& arena : p.arenas) {
    if (!arena->owned()) {
      stats.received += static_cast<int64_t>(arena->held.size());
      continue;
    }
    ArenaLock shared(arena->header());
    arena->collect_returned();
    stats.owned += arena->live();
    stats.lent += arena->lent();
    stats.cached += arena->cached();
  }
  return stats;
}

void tend_shared_memory() noexcept {
  Process& p = process();
  std::vector<void*> former;
  {
    std::lock_guard lock(p.mutex);
    former = former_memory_nobody_uses(p);
  }
  for (void* memory : former) release_former(memory);
  std::lock_guard lock(p.mutex);
  p.wants_tending = false;
  bool others = !p.moved.empty();
  for (auto& arena : p.arenas) {
    try {
      ArenaLock shared(arena->header());
      if (arena->owned()) {
        arena->reap_dead_processes();
        arena->trim();
        others |= arena->lent() > 0;
      } else if (arena->owner_gone()) {
        arena->reap_dead_processes();
      } else {
        others |= arena->held.empty();
      }
    } catch (const Error&) {  // a stopped process has the lock; another time
      others = true;
    }
  }
  forget_arenas_of_the_dead(p);
  if (others) p.wants_tending = true;
}

namespace memory {

bool shared_memory_wants_tending() { return process().wants_tending.load(std::memory_order_relaxed); }

}  // namespace memory

namespace {

void before_fork() {
  process().mutex.lock();
  for (auto& arena : process().arenas) {
    try {
      arena->before_fork();
    } catch (const Error&) {  // the child then takes its own slot, as soon as the lock can be had
    }
  }
}

void after_fork_in_parent() { process().mutex.unlock(); }

void after_fork_in_child() {
  process().moved.clear();  // what the storages stood on goes with them
  for (auto& arena : process().arenas) {
    try {
      arena->in_child();
    } catch (const Error&) {}
  }
  process().mutex.unlock();
}

[[maybe_unused]] const bool registered =
    (at_fork({ForkStage::Sharing, before_fork, after_fork_in_parent, after_fork_in_child}), true);

}  // namespace
}  // namespace flambeau
