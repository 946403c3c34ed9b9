// One arena: a memory file that a process shares with others, mapped once as a whole. Its owner cuts blocks out of it;
// whoever maps it holds them. What the process as a whole does with arenas stands in shared_memory.h.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "memory/arena_format.h"

namespace flambeau {
class Storage;
}

namespace flambeau::memory {

class Arena;

// This process's part in one block: counted once in the block's header, however many storages stand on it here.
struct Held {
  Arena* arena;
  uint64_t offset;
  uint32_t references = 0;
  enum class Counted { Slot, Unslotted, Not } counted = Counted::Slot;  // how the block's header knows of it
  Storage* storage = nullptr;  // the newest over the block unless it has gone, under the lock of the process
  void (*forget)(void*) =
      nullptr;  // lets go of the memory that the storage stood on before, which others may still see
  void* former = nullptr;
};

// Where a file that some process has open may be opened too.
struct Descriptor {
  uint32_t pid;
  int32_t number;
};

// No member locks: callers hold the lock of the process (shared_memory.cpp) and, for what touches blocks, an ArenaLock.
class Arena {
 public:
  // A new one of this process, with room for a block of so many bytes and address space for many more.
  static std::unique_ptr<Arena> create(size_t bytes);
  // The one of that name, through the descriptor of a process that has it open; null where that is not (or no longer)
  // to be had. `why` then says what failed.
  static std::unique_ptr<Arena> attach(const uint64_t token[2], Descriptor descriptor, std::string& why);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  ArenaHeader& header() { return *reinterpret_cast<ArenaHeader*>(base_); }
  BlockHeader& block(uint64_t offset) { return *reinterpret_cast<BlockHeader*>(base_ + offset); }
  void* data(uint64_t offset) { return base_ + offset + kBlockUnit; }
  bool owned() const { return owned_; }
  // The number of the descriptor, -1 if the program has closed it: it may mean another file by now.
  int descriptor() const;
  // Whether a message's place is that of a living block.
  bool holds(uint64_t offset, uint64_t generation, uint64_t bytes);

  // --- the owner's part ---
  // A block held by this process, or 0 where the arena has no room. Raises when the system has no memory.
  uint64_t allocate(size_t bytes);
  void collect_returned();
  // Gives memory that no block uses back to the system.
  void trim();
  int64_t cached() const { return cached_ + static_cast<int64_t>(committed_ - end_); }
  int64_t lent() const { return blocks_ - held_by_owner_; }
  int64_t live() const { return live_; }

  // --- everybody's part ---
  Held* hold(uint64_t offset);     // an entry for a block that has none, with a bit of this process in its header
  void let_go(Held* held);         // and the opposite
  void forget(Held* held);         // where the lock of the arena is not to be had: the count in the header stays
  Held* take_up(uint64_t offset);  // of a block whose message has arrived
  void arrived(uint64_t offset);   // a message that changes nothing else
  void reap_dead_processes();      // clears the bits of processes that have ended
  bool owner_gone();               // looked up now and then

  // --- around a fork ---
  void before_fork();  // counts the blocks for the child too
  void in_child();

  std::unordered_map<uint64_t, std::unique_ptr<Held>> held;

 private:
  struct Span {
    uint64_t bytes;
    bool punched;  // parts of it have no memory
  };

  Arena() = default;
  int take_slot(const Slot& process);
  void fill_slot(int number, Slot process);
  void set_bit(BlockHeader& block, int slot, bool on);
  bool unused(const BlockHeader& block) const;
  void drop_if_unused(uint64_t offset);
  void free_block(uint64_t offset);
  void insert_span(uint64_t offset, Span span);
  void erase_span(std::map<uint64_t, Span>::iterator at);
  void commit(uint64_t from, uint64_t to);
  void punch(uint64_t from, uint64_t to);

  char* base_ = nullptr;
  size_t capacity_ = 0;
  int file_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool owned_ = false;
  int slot_ = -1;  // ours in the header; taken with the first block
  int child_slot_ = -1;
  bool child_counted_ = false;
  bool owner_gone_ = false;
  int64_t looked_ = 0;

  // Of an owner: spans of free blocks by place and by size, and what is behind the last block.
  std::map<uint64_t, Span> spans_;
  std::set<std::pair<uint64_t, uint64_t>> by_size_;
  uint64_t end_ = kFirstBlock, committed_ = kFirstBlock;
  int64_t cached_ = 0, live_ = 0, fresh_ = 0, blocks_ = 0, held_by_owner_ = 0;
};

}  // namespace flambeau::memory
