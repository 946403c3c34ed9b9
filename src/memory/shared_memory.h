// Storages that other processes see too: their bytes are blocks of this process's arenas, or of those of others that it
// has mapped. What is sent to another process is a ticket; arena.h says how blocks live and end.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/storage.h"

namespace flambeau {

// What a message carries in place of the bytes: a plain value that is the same in every process.
struct SharedTicket {
  uint64_t token[2];
  uint64_t offset;
  uint64_t generation;
  uint64_t bytes;
  uint32_t owner;  // two processes that have the arena open, and the numbers of the descriptor there
  int32_t owner_descriptor;
  uint32_t sender;
  int32_t sender_descriptor;
};

bool is_shared(const Storage& storage);  // as a block of an arena
// Moves the bytes into an arena of this process; everything that stands on the storage sees them there. Nothing happens
// to a storage that is shared already. Raises Error(Runtime) when there is no memory for it.
void share(Storage& storage);
Ref<Storage> new_shared(size_t bytes);  // uninitialised

// The storage's ticket; its block stays until somebody has received it (once for each call), or `recall` was called.
SharedTicket send(Storage& storage);
void recall(const SharedTicket& ticket) noexcept;
// The storage of a ticket: the same one as long as it lives. Raises Error(Runtime) when the memory is gone.
Ref<Storage> receive(const SharedTicket& ticket);

struct SharedMemoryStats {
  int64_t arenas = 0;    // mapped, of this process and of others
  int64_t owned = 0;     // bytes of this process's living blocks, headers included
  int64_t lent = 0;      // blocks of this process that only others or messages under way hold
  int64_t cached = 0;    // bytes with memory that are in no block
  int64_t received = 0;  // blocks of other processes that are held here
};
SharedMemoryStats shared_memory_stats();

// Takes up what others have given back, forgets processes that have ended and arenas of such that nothing here uses,
// and gives unused memory back to the system. Happens by itself when the process is quiet.
void tend_shared_memory() noexcept;

namespace memory {
bool shared_memory_wants_tending();  // whether another process may still change something
}

}  // namespace flambeau
