// Files, blocks and slots of an arena.
#include "memory/arena.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "core/error.h"
#include "memory/limits.h"

namespace flambeau::memory {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLarge = 64 << 10;           // whole pages from here on, so that they can be given back
constexpr uint64_t kWorthPunching = 256 << 10;  // smaller spans stay as they are
constexpr int64_t kKept = 64 << 20;             // cached beside a quarter of what lives
constexpr int64_t kMillisecondsBetweenLooks = 200;
constexpr int64_t kFreshBeforeReaping = 16 << 20;

uint64_t up(uint64_t n, uint64_t unit) { return (n + unit - 1) / unit * unit; }
uint64_t down(uint64_t n, uint64_t unit) { return n / unit * unit; }

// Address space for twice the memory there is: it costs nothing until it is used. Under a limit (ulimit -v) a part.
size_t usual_capacity() {
  auto memory = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  uint64_t capacity = std::bit_ceil(std::max<uint64_t>(memory, uint64_t{2} << 30)) * 2;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    capacity = std::min<uint64_t>(capacity, limit.rlim_cur / 16);
  return up(std::max<uint64_t>(capacity, 1 << 20), kPage);
}

// An anonymous memory file, or where the system has none (or forbids it) a file without a name.
int new_file() {
  int file = memfd_create("flambeau", MFD_CLOEXEC);
  if (file >= 0 || (errno != ENOSYS && errno != EPERM)) return file;
  for (const char* folder : {"/dev/shm", "/tmp"})
    if ((file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) >= 0) return file;
  return file;
}

char* map_whole(int file, size_t capacity) {
  void* base = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  return base == MAP_FAILED ? nullptr : static_cast<char*>(base);
}

// 0 or an error number. In steps, because a signal undoes a step.
int set_aside(int file, uint64_t from, uint64_t to) {
  constexpr uint64_t kStep = 64 << 20;
  while (from < to) {
    uint64_t bytes = std::min(kStep, to - from);
    if (fallocate(file, 0, static_cast<off_t>(from), static_cast<off_t>(bytes)) == 0)
      from += bytes;
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

}  // namespace

std::unique_ptr<Arena> Arena::create(size_t bytes) {
  std::unique_ptr<Arena> arena(new Arena);
  size_t wanted = up(kFirstBlock + kBlockUnit + bytes, kPage);
  size_t capacity = std::max(usual_capacity(), wanted);
  arena->file_ = new_file();
  check(arena->file_ >= 0, ErrorKind::Runtime, "multiprocessing: no shared memory for ", bytes,
        " bytes: a memory file cannot be made: ", strerror(errno));
  struct stat status;
  fstat(arena->file_, &status);
  arena->device_ = status.st_dev, arena->inode_ = status.st_ino;
  int failed = set_aside(arena->file_, 0, kFirstBlock);
  check(failed == 0, ErrorKind::Runtime, "multiprocessing: no shared memory for ", bytes, " bytes: ", strerror(failed));
  while (!(arena->base_ = map_whole(arena->file_, capacity)) && capacity / 2 >= wanted)
    capacity = up(capacity / 2, kPage);
  check(arena->base_ != nullptr, ErrorKind::Runtime, "multiprocessing: no address space for ", capacity,
        " bytes of shared memory: ", strerror(errno));
  arena->capacity_ = capacity;
  arena->owned_ = true;
  arena->slot_ = 0;
  ArenaHeader& header = arena->header();
  header.capacity = capacity;
  header.end = kFirstBlock;
  header.owner_descriptor = arena->file_;
  header.slots[0] = this_process();
  check(getrandom(header.token, sizeof header.token, 0) == sizeof header.token, ErrorKind::Runtime,
        "multiprocessing: no random numbers: ", strerror(errno));
  prepare_mutex(header);
  header.magic = kArenaMagic;
  return arena;
}

std::unique_ptr<Arena> Arena::attach(const uint64_t token[2], Descriptor descriptor, std::string& why) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%u/fd/%d", descriptor.pid, descriptor.number);
  int file = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    why = std::string(path) + ": " + strerror(errno);
    return nullptr;
  }
  std::unique_ptr<Arena> arena(new Arena);
  arena->file_ = file;
  alignas(ArenaHeader) char start[offsetof(ArenaHeader, mutex)];
  const auto& header = *reinterpret_cast<ArenaHeader*>(start);
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      pread(file, start, sizeof start, 0) != static_cast<ssize_t>(sizeof start) || header.magic != kArenaMagic ||
      header.token[0] != token[0] || header.token[1] != token[1]) {
    why = std::string(path) + " is another file by now";
    return nullptr;
  }
  arena->device_ = status.st_dev, arena->inode_ = status.st_ino;
  arena->capacity_ = header.capacity;
  arena->base_ = map_whole(file, arena->capacity_);
  check(arena->base_ != nullptr, ErrorKind::Runtime, "multiprocessing: no address space for ", arena->capacity_,
        " bytes of shared memory: ", strerror(errno));
  return arena;
}

Arena::~Arena() {
  if (base_) {
    if (slot_ > 0) header().slots[slot_].state = SlotState::Free;  // one store, and no bit of it is set any more
    munmap(base_, capacity_);
  }
  if (file_ >= 0 && (inode_ == 0 || descriptor() >= 0)) close(file_);
}

int Arena::descriptor() const {
  struct stat status;
  bool ours = file_ >= 0 && fstat(file_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  return ours ? file_ : -1;
}

bool Arena::owner_gone() {
  if (owned_ || owner_gone_) return owner_gone_;
  timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  int64_t milliseconds = int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
  if (milliseconds - looked_ < kMillisecondsBetweenLooks) return false;
  looked_ = milliseconds;
  return owner_gone_ = !alive(header().slots[0]);
}

bool Arena::holds(uint64_t offset, uint64_t generation, uint64_t bytes) {
  if (offset < kFirstBlock || offset % kBlockUnit || offset >= header().end || generation == 0) return false;
  BlockHeader& b = block(offset);
  return b.generation == generation && !unused(b) && bytes <= b.total - kBlockUnit;
}

// --- memory ---
void Arena::commit(uint64_t from, uint64_t to) {
  if (from >= to) return;
  check(descriptor() >= 0, ErrorKind::Runtime,
        "multiprocessing: the program has closed the descriptor of its shared memory arena, which cannot grow now");
  int64_t available = to - from >= kFreshBeforeReaping ? available_memory() : INT64_MAX;
  int failed = static_cast<int64_t>(to - from) > available ? ENOMEM : set_aside(file_, from, to);
  if (failed) {
    raise(ErrorKind::Runtime, "multiprocessing: no shared memory for another ", to - from, " bytes: ", strerror(failed),
          "; this process shares ", live_, " bytes in ", blocks_, " blocks, ", lent(),
          " of which only other processes or messages under way hold");
  }
}

void Arena::punch(uint64_t from, uint64_t to) {
  from = up(from, kPage), to = down(to, kPage);
  if (from < to && descriptor() >= 0)
    fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
              static_cast<off_t>(to - from));
}

// A span begins where the bytes of a block were before, which say anything: its header has to say that it is free.
void Arena::insert_span(uint64_t offset, Span span) {
  block(offset).generation = 0;
  block(offset).total = span.bytes;
  spans_[offset] = span;
  by_size_.insert({span.bytes, offset});
  if (!span.punched) cached_ += static_cast<int64_t>(span.bytes);
}

void Arena::erase_span(std::map<uint64_t, Span>::iterator at) {
  by_size_.erase({at->second.bytes, at->first});
  if (!at->second.punched) cached_ -= static_cast<int64_t>(at->second.bytes);
  spans_.erase(at);
}

uint64_t Arena::allocate(size_t bytes) {
  uint64_t total = kBlockUnit + up(std::max<uint64_t>(bytes, 1), kBlockUnit);
  if (bytes > capacity_ || total + kFirstBlock > capacity_) return 0;
  if (total >= kLarge) total = up(total, kPage);
  collect_returned();
  if (fresh_ > std::max(kFreshBeforeReaping, live_ / 2)) reap_dead_processes();

  uint64_t offset = 0;
  if (auto fits = by_size_.lower_bound({total, 0}); fits != by_size_.end()) {
    offset = fits->second;
    auto at = spans_.find(offset);
    Span span = at->second;
    // With the header of what will be left over.
    if (span.punched) commit(down(offset, kPage), up(offset + std::min(total + kBlockUnit, span.bytes), kPage));
    erase_span(at);
    if (span.bytes - total >= 2 * kBlockUnit)
      insert_span(offset + total, {span.bytes - total, span.punched});  // its header first: blocks can always be walked
    else
      total = span.bytes;
    block(offset).total = total;
  } else {
    if (total > capacity_ - end_) return 0;
    if (end_ + total > committed_) {
      uint64_t step = std::clamp<uint64_t>(end_ / 4, 256 << 10, 16 << 20);
      uint64_t target = up(end_ + std::max(total, step), kPage);
      if (target > capacity_) target = up(end_ + total, kPage);
      commit(down(committed_, kPage), target);
      committed_ = target;
    }
    offset = end_;
    block(offset).total = total;
    block(offset).generation = 0;
    header().end = end_ = offset + total;
  }
  BlockHeader& b = block(offset);
  b.under_way = b.unslotted = 0;
  std::fill(std::begin(b.holders), std::end(b.holders), 0);
  b.next_returned = 0;
  b.generation = ++header().generations;
  ++blocks_;
  live_ += static_cast<int64_t>(total), fresh_ += static_cast<int64_t>(total);
  return offset;
}

// Joins the block with free neighbours; what touches the end becomes room behind it.
void Arena::free_block(uint64_t offset) {
  BlockHeader& b = block(offset);
  b.generation = 0;
  --blocks_;
  live_ -= static_cast<int64_t>(b.total);
  Span span{b.total, false};
  auto next = spans_.lower_bound(offset);
  if (next != spans_.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second.bytes == offset) {
      offset = before->first;
      span.bytes += before->second.bytes;
      span.punched |= before->second.punched;
      erase_span(before);
    }
  }
  if (next != spans_.end() && offset + span.bytes == next->first) {
    span.bytes += next->second.bytes;
    span.punched |= next->second.punched;
    erase_span(next);
  }
  if (offset + span.bytes == end_) {
    header().end = end_ = offset;
    if (span.punched && descriptor() >= 0 && ftruncate(file_, static_cast<off_t>(up(offset, kPage))) == 0)
      committed_ = up(offset, kPage);
  } else {
    insert_span(offset, span);
  }
  if (cached() > kKept + live_ / 4) trim();
}

void Arena::trim() {
  if (descriptor() < 0) return;
  uint64_t page_end = up(end_, kPage);
  if (committed_ > page_end && ftruncate(file_, static_cast<off_t>(page_end)) == 0) committed_ = page_end;
  for (auto& [offset, span] : spans_) {
    if (span.punched || span.bytes < kWorthPunching) continue;
    punch(offset + kBlockUnit, offset + span.bytes);
    cached_ -= static_cast<int64_t>(span.bytes);
    span.punched = true;
  }
}

// --- references ---
bool Arena::unused(const BlockHeader& b) const {
  if (b.under_way || b.unslotted) return false;
  return std::all_of(std::begin(b.holders), std::end(b.holders), [](uint64_t word) { return word == 0; });
}

void Arena::set_bit(BlockHeader& b, int slot, bool on) {
  uint64_t bit = uint64_t{1} << (slot % 64);
  if (on)
    b.holders[slot / 64] |= bit;
  else
    b.holders[slot / 64] &= ~bit;
}

// The number of the slot, or -1 where all are taken.
int Arena::take_slot(const Slot& process) {
  for (bool reaped = false;; reaped = true) {
    for (int i = 1; i < kSlots; ++i) {
      if (header().slots[i].state != SlotState::Free) continue;
      fill_slot(i, process);
      return i;
    }
    if (reaped) return -1;
    reap_dead_processes();
  }
}

void Arena::fill_slot(int number, Slot process) {
  SlotState state = std::exchange(process.state, SlotState::Free);
  header().slots[number] = process;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // a kill in between leaves it free
  header().slots[number].state = state;
}

Held* Arena::hold(uint64_t offset) {
  if (slot_ < 0) slot_ = take_slot(this_process());
  auto entry = std::make_unique<Held>(Held{.arena = this, .offset = offset});
  entry->counted = slot_ < 0 ? Held::Counted::Unslotted : Held::Counted::Slot;
  BlockHeader& b = block(offset);
  if (slot_ >= 0)
    set_bit(b, slot_, true);
  else
    ++b.unslotted;
  held_by_owner_ += owned_;
  return (held[offset] = std::move(entry)).get();
}

Held* Arena::take_up(uint64_t offset) {
  BlockHeader& b = block(offset);
  if (b.under_way) --b.under_way;  // first: Note [Counts that survive a kill]
  return hold(offset);
}

void Arena::arrived(uint64_t offset) {
  BlockHeader& b = block(offset);
  if (b.under_way) --b.under_way;
  drop_if_unused(offset);
}

void Arena::let_go(Held* entry) {
  uint64_t offset = entry->offset;
  BlockHeader& b = block(offset);
  if (entry->counted == Held::Counted::Unslotted)
    b.unslotted -= b.unslotted > 0;
  else if (entry->counted == Held::Counted::Slot)
    set_bit(b, slot_, false);
  forget(entry);
  drop_if_unused(offset);
}

void Arena::forget(Held* entry) {
  held_by_owner_ -= owned_;
  held.erase(entry->offset);
}

// The owner takes an unused block back at once; others put it on the list for the owner, or, where that is gone, give
// its memory back to the system.
void Arena::drop_if_unused(uint64_t offset) {
  BlockHeader& b = block(offset);
  if (!unused(b) || b.generation == 0 || b.next_returned) return;
  if (owned_) return free_block(offset);
  if (b.total >= kWorthPunching && owner_gone()) punch(offset + kBlockUnit, offset + b.total);
  b.next_returned = header().returned ? header().returned : 1;
  header().returned = offset;
}

void Arena::collect_returned() {
  uint64_t offset = header().returned;
  header().returned = 0;
  while (offset > 1) {
    uint64_t next = block(offset).next_returned;
    block(offset).next_returned = 0;
    if (block(offset).generation && unused(block(offset))) free_block(offset);
    offset = next;
  }
}

void Arena::reap_dead_processes() {
  uint64_t dead[kSlots / 64] = {};
  bool any = false;
  for (int i = 0; i < kSlots; ++i) {
    Slot& slot = header().slots[i];
    if (i == slot_ || slot.state == SlotState::Free || alive(slot)) continue;
    dead[i / 64] |= uint64_t{1} << (i % 64);
    any = true;
  }
  fresh_ = 0;
  if (owned_) collect_returned();
  // Blocks that a killed process let go of without putting them on the list turn up here too.
  std::vector<uint64_t> dropped;
  for (uint64_t offset = kFirstBlock; offset < header().end; offset += block(offset).total) {
    BlockHeader& b = block(offset);
    if (b.generation == 0) continue;
    for (int word = 0; word < kSlots / 64; ++word) b.holders[word] &= ~dead[word];
    if (unused(b)) dropped.push_back(offset);
  }
  for (uint64_t offset : dropped) drop_if_unused(offset);
  if (!any) return;
  for (int i = 1; i < kSlots; ++i)
    if (dead[i / 64] >> (i % 64) & 1) header().slots[i].state = SlotState::Free;
}

// --- fork ---
// The child's slot is taken by the parent: no block can be given back before the child has counted it.
void Arena::before_fork() {
  child_slot_ = -1;
  child_counted_ = held.empty();
  if (child_counted_) return;
  ArenaLock lock(header());
  Slot unborn = this_process();
  unborn.state = SlotState::Unborn;
  child_slot_ = take_slot(unborn);
  for (auto& [offset, entry] : held) {
    if (child_slot_ >= 0)
      set_bit(block(offset), child_slot_, true);
    else
      ++block(offset).unslotted;
  }
  child_counted_ = true;
}

void Arena::in_child() {
  owned_ = false;
  spans_.clear();
  by_size_.clear();
  slot_ = child_slot_;
  using enum Held::Counted;
  for (auto& [offset, entry] : held) entry->counted = !child_counted_ ? Not : slot_ < 0 ? Unslotted : Slot;
  if (slot_ < 0) return;
  ArenaLock lock(header());
  fill_slot(slot_, this_process());
}

}  // namespace flambeau::memory
