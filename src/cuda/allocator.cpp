// Segments of the driver's memory cut into blocks. Requests up to 1 MiB come from segments of 2 MiB, others from
// segments of 20 MiB or, from 10 MiB on, of their own size.
#include "cuda/allocator.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"

namespace flambeau::cuda {

namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kStep = 512, kSmall = kMiB, kSmallSegment = 2 * kMiB, kLargeSegment = 20 * kMiB, kOwn = 10 * kMiB;

size_t round_up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }
size_t segment_size(size_t bytes) {
  return bytes <= kSmall ? kSmallSegment : bytes < kOwn ? kLargeSegment : round_up(bytes, 2 * kMiB);
}
std::string in_words(size_t bytes) {
  char text[48];
  if (bytes >= 1024 * kMiB)
    std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / (1024.0 * kMiB));
  else if (bytes >= kMiB)
    std::snprintf(text, sizeof text, "%.2f MiB", static_cast<double>(bytes) / kMiB);
  else
    std::snprintf(text, sizeof text, "%zu bytes", bytes);
  return text;
}

}  // namespace

CachingAllocator& caching_allocator() {
  static auto* allocator = new CachingAllocator;  // storages may be released at the very end
  return *allocator;
}

CachingAllocator::Block* CachingAllocator::find(PerDevice& d, void* stream, bool small, size_t bytes) {
  auto& list = d.free[{stream, small}];
  Block key{nullptr, bytes, 0, 0, nullptr, small, false, nullptr, nullptr, nullptr, {}};
  auto found = list.lower_bound(&key);
  if (found == list.end()) return nullptr;
  // A large block is not spent on a much smaller request that would leave it split.
  if (!small && bytes < kOwn && (*found)->bytes >= kLargeSegment * 4) return nullptr;
  Block* block = *found;
  list.erase(found);
  return block;
}

CachingAllocator::Block* CachingAllocator::new_segment(PerDevice& d, int device, void* stream, bool small,
                                                       size_t bytes) {
  size_t size = segment_size(bytes);
  if (size > d.most - std::min(d.most, d.stats.reserved.current)) return nullptr;
  Address memory = 0;
  ++d.stats.driver_calls;
  int status = driver().cuMemAlloc_v2(&memory, size);
  if (status == kOutOfMemory) return nullptr;
  ok(status, "empty");
  d.stats.reserved.add(size);
  d.stats.segments.add(1);
  char* data = reinterpret_cast<char*>(memory);
  return new Block{data, size, 0, device, stream, small, false, data, nullptr, nullptr, {}};
}

void CachingAllocator::split(PerDevice& d, Block* block, size_t bytes) {
  size_t rest = block->bytes - bytes;
  if (rest < (block->small ? kStep : kSmall + 1)) return;
  auto* other =
      new Block{block->data + bytes, rest, 0, block->device, block->stream, block->small, false, block->segment, block,
                block->after,        {}};
  if (block->after) block->after->before = other;
  block->after = other;
  block->bytes = bytes;
  d.free[{block->stream, block->small}].insert(other);
}

void* CachingAllocator::allocate(size_t bytes, Device where) {
  int device = index_of(where);
  use(device);
  void* stream = current_stream(device);
  std::lock_guard lock(mutex_);
  PerDevice& d = devices_[device];
  size_t size = round_up(bytes, kStep);
  check(size >= bytes, ErrorKind::OutOfMemory, "empty: ", bytes, " bytes are more than any device has");
  bool small = size <= kSmall;
  if (!d.pending.empty()) collect(d, false);
  Block* block = find(d, stream, small, size);
  if (!block) block = new_segment(d, device, stream, small, size);
  if (!block) {
    ++d.stats.retries;
    trim(d, device);
    block = new_segment(d, device, stream, small, size);
  }
  if (!block) raise_full(d, device, bytes);
  split(d, block, size);
  block->live = true;
  block->requested = bytes;
  live_[block->data] = block;
  d.stats.allocated.add(block->bytes);
  d.stats.requested.add(bytes);
  d.stats.blocks.add(1);
  return block->data;
}

void CachingAllocator::raise_full(PerDevice& d, int device, size_t bytes) {
  ++d.stats.out_of_memory;
  size_t free = 0, total = 0;
  driver().cuMemGetInfo_v2(&free, &total);
  std::vector<size_t> largest;
  for (const auto& [data, block] : live_)
    if (block->device == device) largest.push_back(block->bytes);
  std::ranges::sort(largest, std::greater<>());
  std::string list;
  for (size_t i = 0; i < largest.size() && i < 3; ++i) list += (i ? ", " : "") + in_words(largest[i]);
  std::string limit = d.most == ~size_t{0} ? "" : " The process may have " + in_words(d.most) + " of it.";
  raise(ErrorKind::OutOfMemory, "CUDA out of memory. Tried to allocate ", in_words(bytes), ". GPU ", device,
        " has a total capacity of ", in_words(total), " of which ", in_words(free), " is free.", limit, " ",
        in_words(d.stats.allocated.current), " live in ", d.stats.blocks.current,
        " tensors (the largest: ", list.empty() ? "none" : list, "), and ",
        in_words(d.stats.reserved.current - d.stats.allocated.current), " are reserved but not in use.");
}

void CachingAllocator::put_back(PerDevice& d, Block* block) {
  auto& list = d.free[{block->stream, block->small}];
  auto join = [&](Block* left, Block* right) {
    left->bytes += right->bytes;
    left->after = right->after;
    if (right->after) right->after->before = left;
    delete right;
    return left;
  };
  block->others.clear();
  if (Block* next = block->after; next && list.erase(next)) block = join(block, next);
  if (Block* previous = block->before; previous && list.erase(previous)) block = join(previous, block);
  list.insert(block);
}

void CachingAllocator::release(void* data, size_t, Device) noexcept {
  std::lock_guard lock(mutex_);
  auto found = live_.find(data);
  if (found == live_.end()) return;
  Block* block = found->second;
  live_.erase(found);
  PerDevice& d = devices_[block->device];
  block->live = false;
  d.stats.allocated.subtract(block->bytes);
  d.stats.requested.subtract(block->requested);
  d.stats.blocks.subtract(1);
  if (block->others.empty()) return put_back(d, block);
  try {
    std::vector<Event> events;
    for (void* stream : block->others) {
      events.emplace_back(block->device);
      events.back().record(stream);
    }
    d.pending.push_back({block, std::move(events)});
  } catch (...) {  // the device has failed: the block is lost, nothing could be put on it anyway
  }
}

void CachingAllocator::collect(PerDevice& d, bool wait) {
  std::erase_if(d.pending, [&](Pending& p) {
    for (Event& e : p.events) {
      if (wait) e.synchronize();
      if (!wait && !e.done()) return false;
    }
    put_back(d, p.block);
    return true;
  });
}

// Whole segments go back to the driver, which waits until nothing uses them.
void CachingAllocator::trim(PerDevice& d, int device) {
  use(device);
  collect(d, true);
  for (auto& [key, list] : d.free)
    std::erase_if(list, [&](Block* block) {
      if (block->before || block->after) return false;
      ++d.stats.driver_calls;
      ok(driver().cuMemFree_v2(reinterpret_cast<Address>(block->data)), "empty_cache");
      d.stats.reserved.subtract(block->bytes);
      d.stats.segments.subtract(1);
      delete block;
      return true;
    });
}

void CachingAllocator::move(void* to, const void* from, size_t bytes, Device device) {
  int index = index_of(device);
  use(index);
  ok(driver().cuMemcpyDtoDAsync_v2(reinterpret_cast<Address>(to), reinterpret_cast<Address>(from), bytes,
                                   current_stream(index)),
     "copy");
}

void CachingAllocator::record_stream(void* data, void* stream) {
  std::lock_guard lock(mutex_);
  auto found = live_.find(data);
  if (found != live_.end() && found->second->stream != stream) found->second->others.insert(stream);
}

void CachingAllocator::empty_cache() {
  std::lock_guard lock(mutex_);
  for (auto& [device, d] : devices_) trim(d, device);
}

MemoryStats CachingAllocator::stats(int device) {
  std::lock_guard lock(mutex_);
  return devices_[device].stats;
}

void CachingAllocator::reset_peaks(int device) {
  std::lock_guard lock(mutex_);
  MemoryStats& s = devices_[device].stats;
  for (auto* amount : {&s.allocated, &s.reserved, &s.requested, &s.blocks, &s.segments}) amount->peak = amount->current;
}

void CachingAllocator::limit(int device, double fraction) {
  size_t total = properties(device).total_memory;
  std::lock_guard lock(mutex_);
  devices_[device].most = static_cast<size_t>(static_cast<double>(total) * fraction);
}

std::vector<CachingAllocator::BlockInfo> CachingAllocator::snapshot() {
  std::lock_guard lock(mutex_);
  std::vector<BlockInfo> list;
  auto add = [&](const Block* b) {
    list.push_back({b->device, reinterpret_cast<size_t>(b->data), b->bytes, b->live, b->stream,
                    reinterpret_cast<size_t>(b->segment)});
  };
  for (const auto& [data, block] : live_) add(block);
  for (auto& [device, d] : devices_) {
    for (const auto& [key, blocks] : d.free)
      for (const Block* block : blocks) add(block);
    for (const Pending& p : d.pending) add(p.block);
  }
  std::ranges::sort(list, {}, &BlockInfo::address);
  return list;
}

}  // namespace flambeau::cuda
