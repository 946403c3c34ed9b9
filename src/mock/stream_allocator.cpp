// Blocks by stream and size; events for those that more than one stream used.
#include "mock/stream_allocator.h"

#include <algorithm>

#include "core/error.h"
#include "mock/driver.h"
#include "op/backend.h"

namespace flambeau::mock {

StreamAllocator& stream_allocator() {
  static auto* allocator = new StreamAllocator;
  return *allocator;
}

// Multiples of 512 bytes, from 1 MiB on of 128 KiB: few sizes, so that blocks find a second user.
size_t StreamAllocator::rounded(size_t bytes) {
  size_t step = bytes < (size_t{1} << 20) ? 512 : size_t{128} << 10;
  return (bytes + step - 1) / step * step;
}

void* StreamAllocator::allocate(size_t bytes, Device device) {
  std::lock_guard lock(mutex_);
  ++stats_.allocations;
  size_t size = rounded(bytes);
  int stream = current_stream(device.type);
  if (!pending_.empty()) collect();
  auto& list = free_[{stream, size}];
  void* data = nullptr;
  if (!list.empty()) {
    data = list.back();
    list.pop_back();
    stats_.cached -= size;
    ++stats_.from_cache;
  } else if (data = Driver::get().allocate(size); !data) {
    trim();
    data = Driver::get().allocate(size);
  }
  if (!data) {
    ++stats_.out_of_memory;
    raise(ErrorKind::OutOfMemory, "empty: device '", to_string(device), "' is out of memory: ", bytes,
          " bytes were asked for, ", stats_.allocated, " live in tensors and ", stats_.cached, " are cached, of ",
          Driver::kCapacity);
  }
  live_[data] = {size, stream, {}};
  stats_.allocated += size;
  return data;
}

void StreamAllocator::release(void* data, size_t, Device) noexcept {
  std::lock_guard lock(mutex_);
  auto found = live_.find(data);
  if (found == live_.end()) return;
  Block block = std::move(found->second);
  live_.erase(found);
  stats_.allocated -= block.bytes;
  try {
    if (block.others.empty()) {
      free_[{block.stream, block.bytes}].push_back(data);
      stats_.cached += block.bytes;
    } else {
      Pending waiting{data, std::move(block), {}};
      for (int stream : waiting.block.others) waiting.events.push_back(Driver::get().record(stream));
      pending_.push_back(std::move(waiting));
    }
  } catch (const std::exception&) {
    // The device has failed: nobody knows what still writes there, so the block is left alone.
  }
}

void StreamAllocator::move(void* to, const void* from, size_t bytes, Device device) {
  Driver::get().copy(current_stream(device.type), to, from, bytes, "within");
}

void StreamAllocator::used_on(void* data, int stream) {
  std::lock_guard lock(mutex_);
  auto found = live_.find(data);
  if (found != live_.end() && found->second.stream != stream) found->second.others.insert(stream);
}

void StreamAllocator::collect() {
  std::erase_if(pending_, [&](Pending& p) {
    for (int event : p.events)
      if (!Driver::get().done(event)) return false;
    free_[{p.block.stream, p.block.bytes}].push_back(p.data);
    stats_.cached += p.block.bytes;
    return true;
  });
}

void StreamAllocator::trim() {
  Driver::get().synchronize_all();
  collect();
  for (auto& [key, list] : free_) {
    for (void* data : list) {
      Driver::get().release(data, key.second);
      stats_.cached -= key.second;
    }
    list.clear();
  }
}

void StreamAllocator::empty_cache() {
  std::lock_guard lock(mutex_);
  trim();
}

StreamAllocator::Stats StreamAllocator::stats() {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace flambeau::mock
