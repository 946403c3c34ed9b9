// The caching allocator of the devices' memory, in the order of streams: a block given back is free at once for the
// next request on the stream it was made on, because what still uses it runs before. Other streams that used it are
// waited for by events. Memory is taken from the driver in segments, which are split and merged again.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/storage.h"
#include "cuda/stream.h"

namespace flambeau::cuda {

struct MemoryStats {
  struct Amount {
    size_t current = 0, peak = 0, taken = 0, given = 0;
    void add(size_t n) {
      current += n, taken += n;
      if (current > peak) peak = current;
    }
    void subtract(size_t n) { current -= n, given += n; }
  };
  Amount allocated, reserved, requested, blocks, segments;
  int64_t retries = 0, out_of_memory = 0, driver_calls = 0;
};

class CachingAllocator final : public Allocator {
 public:
  void* allocate(size_t bytes, Device device) override;
  void release(void* data, size_t bytes, Device device) noexcept override;
  void move(void* to, const void* from, size_t bytes, Device device) override;

  void record_stream(void* data, void* stream);  // the block that begins there is also used by work on this stream
  void empty_cache();
  MemoryStats stats(int device);
  void reset_peaks(int device);
  void limit(int device, double fraction);  // of the device's memory

  struct BlockInfo {
    int device;
    size_t address, bytes;
    bool live;
    void* stream;
    size_t segment;  // address of its segment
  };
  std::vector<BlockInfo> snapshot();

 private:
  struct Block {
    char* data;
    size_t bytes, requested = 0;
    int device;
    void* stream;
    bool small, live = false;
    char* segment;
    Block *before = nullptr, *after = nullptr;  // neighbours in the segment
    std::set<void*> others;                     // streams besides its own
  };
  struct BySize {
    bool operator()(const Block* a, const Block* b) const {
      return a->bytes != b->bytes ? a->bytes < b->bytes : a->data < b->data;
    }
  };
  struct Pending {
    Block* block;
    std::vector<Event> events;
  };
  struct PerDevice {
    std::map<std::pair<void*, bool>, std::set<Block*, BySize>> free;  // by stream and kind
    std::vector<Pending> pending;
    MemoryStats stats;
    size_t most = ~size_t{0};
  };

  Block* find(PerDevice& d, void* stream, bool small, size_t bytes);
  Block* new_segment(PerDevice& d, int device, void* stream, bool small, size_t bytes);
  void split(PerDevice& d, Block* block, size_t bytes);
  void put_back(PerDevice& d, Block* block);
  void collect(PerDevice& d, bool wait);
  void trim(PerDevice& d, int device);
  [[noreturn]] void raise_full(PerDevice& d, int device, size_t bytes);

  std::mutex mutex_;
  std::map<int, PerDevice> devices_;
  std::unordered_map<void*, Block*> live_;
};

CachingAllocator& caching_allocator();

}  // namespace flambeau::cuda
