// Blocks by address, cached by size in powers of two.
#include "cuda/pinned.h"

#include <bit>
#include <map>
#include <mutex>
#include <vector>

namespace flambeau::cuda {

namespace {

struct Block {
  char* data;
  size_t bytes;
  bool live = true;
  std::vector<Event> events;
};

class PinnedCache {
 public:
  Block* take(size_t bytes) {
    use(current_device(DeviceType::cuda));
    size_t size = std::bit_ceil(std::max<size_t>(bytes, 512));
    std::lock_guard lock(mutex_);
    for (auto& [address, block] : blocks_)
      if (!block.live && block.bytes == size && done(block)) {
        block.live = true;
        return &block;
      }
    void* memory = nullptr;
    int status = driver().cuMemHostAlloc(&memory, size, 1 /* for all contexts */);
    if (status == kOutOfMemory) {
      drop_idle();
      status = driver().cuMemHostAlloc(&memory, size, 1);
    }
    ok(status, "pin_memory");
    char* data = static_cast<char*>(memory);
    return &blocks_.emplace(data, Block{data, size, true, {}}).first->second;
  }
  void give(Block* block) noexcept {
    std::lock_guard lock(mutex_);
    block->live = false;
  }
  Block* find(const void* memory) {
    const char* at = static_cast<const char*>(memory);
    auto after = blocks_.upper_bound(const_cast<char*>(at));
    if (after == blocks_.begin()) return nullptr;
    Block& block = std::prev(after)->second;
    return at < block.data + block.bytes ? &block : nullptr;
  }
  bool contains(const void* memory) {
    std::lock_guard lock(mutex_);
    return find(memory) != nullptr;
  }
  void used(const void* memory, int device, void* stream) {
    std::lock_guard lock(mutex_);
    if (Block* block = find(memory)) {
      block->events.emplace_back(device);
      block->events.back().record(stream);
    }
  }
  void empty() {
    std::lock_guard lock(mutex_);
    drop_idle();
  }

 private:
  static bool done(Block& block) {
    std::erase_if(block.events, [](Event& e) { return e.done(); });
    return block.events.empty();
  }
  void drop_idle() {
    for (auto at = blocks_.begin(); at != blocks_.end();) {
      Block& block = at->second;
      if (block.live) {
        ++at;
        continue;
      }
      for (Event& e : block.events) e.synchronize();
      ok(driver().cuMemFreeHost(block.data), "empty_cache");
      at = blocks_.erase(at);
    }
  }
  std::mutex mutex_;
  std::map<char*, Block> blocks_;
};

PinnedCache& cache() {
  static auto* pinned = new PinnedCache;
  return *pinned;
}

}  // namespace

Ref<Storage> pinned_storage(size_t bytes) {
  if (bytes == 0) return make<Storage>(size_t{0}, Device{});
  Block* block = cache().take(bytes);
  return make<Storage>(block->data, bytes, Device{}, [](void* b) { cache().give(static_cast<Block*>(b)); }, block);
}
bool is_pinned(const void* memory) { return initialized() && cache().contains(memory); }
void pinned_used(const void* memory, int device, void* stream) { cache().used(memory, device, stream); }
void empty_pinned_cache() { cache().empty(); }

}  // namespace flambeau::cuda
