// What lies in an arena, the shared memory file of one process, as every process that maps it sees it: a header with
// the places of the processes, then blocks one after another, each with a header of its own in front of its bytes.
//
// Note [Counts that survive a kill]. A block lives as long as a bit of `holders` is set, one for each process's slot,
// or a message that names it is under way. Everything here changes under the header's mutex, which is robust: when its
// holder is killed, the next one gets it. What a change takes away goes first and what it adds comes last, each in one
// store, so that a killed process leaves nothing counted but its own slot, which others clear when they find it dead.
// Only messages that nobody will ever read cannot be told from those that somebody will: their blocks stay until the
// process that owns the arena ends.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>

namespace flambeau::memory {

inline constexpr uint64_t kArenaMagic = 0x31616e657261'6c66;  // "flarena1"
inline constexpr int kSlots = 256;
inline constexpr uint64_t kBlockUnit = 64;

enum class SlotState : uint32_t { Free, Unborn, Living };

// A process that holds blocks. It is the same process only if its time of start is the same too.
struct Slot {
  SlotState state;
  uint32_t pid;           // of the parent while unborn: a fork is under way
  uint64_t started;       // clock ticks since boot; 0 if it could not be read
  uint64_t namespace_id;  // of its process numbers
  uint64_t since;         // milliseconds of the monotonic clock, for the unborn
};

struct BlockHeader {
  uint64_t total;       // bytes up to the next header
  uint64_t generation;  // another one for each use; 0 while the block is in its owner's free list
  uint32_t under_way;   // messages that name the block and have not been received
  uint32_t unslotted;   // references of processes that found no free slot
  uint64_t holders[kSlots / 64];
  uint64_t next_returned;  // 0: not in the list; 1: the last of it; otherwise the offset of the next
};
static_assert(sizeof(BlockHeader) == kBlockUnit);

struct ArenaHeader {
  uint64_t magic;
  uint64_t token[2];  // random: the arena's name
  uint64_t capacity;  // bytes of address space; the file grows up to it
  uint64_t end;       // offset behind the last block
  uint64_t returned;  // the first block given back by others and not yet taken up by the owner, or 0
  uint64_t generations;
  int32_t owner_descriptor;
  pthread_mutex_t mutex;
  Slot slots[kSlots];  // the owner's is the first
};

inline constexpr uint64_t kFirstBlock = (sizeof(ArenaHeader) + 4095) / 4096 * 4096;

// The arena's lock. Raises if it cannot be had within a minute: a process that holds it was stopped.
class ArenaLock {
 public:
  explicit ArenaLock(ArenaHeader& header);
  ~ArenaLock() { pthread_mutex_unlock(&mutex_); }
  ArenaLock(const ArenaLock&) = delete;
  ArenaLock& operator=(const ArenaLock&) = delete;

 private:
  pthread_mutex_t& mutex_;
};
void prepare_mutex(ArenaHeader& header);

// The calling process as a slot, and whether the process of a slot is still there (yes if that cannot be found out).
Slot this_process();
bool alive(const Slot& slot);

}  // namespace flambeau::memory
