// A caching allocator in the order of streams: a block given back on the stream it was made on is free for the next
// request there at once, because whatever still uses it runs before. Another stream that used it is waited for by an
// event. It sees the device through the driver alone; an accelerator's allocator has the same shape.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/storage.h"

namespace flambeau::mock {

class StreamAllocator final : public Allocator {
 public:
  void* allocate(size_t bytes, Device device) override;
  void release(void* data, size_t bytes, Device device) noexcept override;
  void move(void* to, const void* from, size_t bytes, Device device) override;

  // The block that `data` lies at the start of is also used by work on this stream.
  void used_on(void* data, int stream);
  void empty_cache();  // waits for what is pending

  struct Stats {
    size_t allocated = 0, cached = 0;
    int64_t allocations = 0, from_cache = 0, out_of_memory = 0;
  };
  Stats stats();

 private:
  struct Block {
    size_t bytes;
    int stream;
    std::set<int> others;  // streams besides its own
  };
  struct Pending {
    void* data;
    Block block;
    std::vector<int> events;
  };
  static size_t rounded(size_t bytes);
  void collect();  // what waited for events that are done becomes free
  void trim();     // gives free blocks back to the driver; the lock is held

  std::mutex mutex_;
  std::map<std::pair<int, size_t>, std::vector<void*>> free_;  // by stream and size
  std::unordered_map<void*, Block> live_;
  std::vector<Pending> pending_;
  Stats stats_;
};

StreamAllocator& stream_allocator();

}  // namespace flambeau::mock
