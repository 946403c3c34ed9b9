// Note: the storage gate
//   A storage is plain, or its bytes exist only in a deferred form (hidden element order, recorded computation, file
//   region). `data()` is the only way to the bytes: it turns a deferred storage into a plain one, once, under a lock,
//   by building a new buffer and publishing its address; whoever reads the deferred form holds a shared pointer to it,
//   so nothing disappears under a reader. Exporting an address pins the storage: it never becomes deferred again.
#include "core/storage.h"

#include <cstring>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/free_list.h"
#include "core/long_work.h"

namespace flambeau {

static Allocator* g_allocators[kDeviceTypes] = {};

void register_allocator(DeviceType type, Allocator* allocator) { g_allocators[static_cast<int>(type)] = allocator; }

Allocator& allocator(DeviceType type) {
  Allocator* found = g_allocators[static_cast<int>(type)];
  check(found != nullptr, ErrorKind::NotImplemented, "empty: device '", name(type),
        "' is not available here; the nearest alternative is 'cpu'");
  return *found;
}

// One lock for all gates: opening is rare and long, and a lock in each storage would cost every small tensor.
static std::mutex& gate_mutex() {
  static std::mutex mutex;
  return mutex;
}

void Allocator::move(void* to, const void* from, size_t bytes, Device) { std::memcpy(to, from, bytes); }

Storage::Storage(size_t bytes, Device device) : device_(device), bytes_(bytes) {
  if (device.type == DeviceType::cpu) {
    if (bytes) data_ = allocator(device.type).allocate(bytes, device);
    return;
  }
  plain_ = false;  // no bytes of the host's: the gate says so
  if (bytes && device.type != DeviceType::meta) away_ = allocator(device.type).allocate(bytes, device);
}

Storage::Storage(void* data, size_t bytes, Device device, Deleter deleter, void* context)
    : pinned_(true), device_(device), bytes_(bytes), deleter_(deleter), context_(context) {
  if (device.type == DeviceType::cpu)
    data_ = data;
  else
    away_ = data, plain_ = false;
}

Storage::Storage(std::shared_ptr<DeferredBytes> deferred, size_t bytes, Device device)
    : plain_(false), device_(device), bytes_(bytes), deferred_(std::move(deferred)) {}

Storage::~Storage() {
  if (deleter_) {
    deleter_(context_);
  } else if (void* data = away_ ? away_ : data_.load(std::memory_order_relaxed)) {
    allocator(device_.type).release(data, bytes_, device_);
  }
}

// Whoever gave the memory may know the storage without a count.
void Storage::destroy() const {
  if (!deleter_ || take_last()) delete this;
}

void* Storage::open_gate() {
  if (device_.type == DeviceType::meta) {
    check(bytes_ == 0, ErrorKind::NotImplemented,
          "Cannot copy out of meta tensor; no data! A meta tensor has shape but no values: this operator has to read "
          "them, so it has no 'meta' form; the nearest alternative is 'cpu'");
    return nullptr;
  }
  check(device_.type == DeviceType::cpu || bytes_ == 0 || deferred_, ErrorKind::NotImplemented,
        "the memory of a tensor on device '", to_string(device_),
        "' is not the host's: this operator has a form for the CPU only; the nearest alternative is .to('cpu')");
  if (device_.type != DeviceType::cpu && !deferred_) return nullptr;
  if (deferred_)
    if (void* there = deferred_->direct()) return there;
  LongWork::Forbid while_locked;
  std::lock_guard lock(gate_mutex());
  if (plain_.load(std::memory_order_acquire)) return data_.load(std::memory_order_relaxed);
  void* fresh = bytes_ ? allocator(device_.type).allocate(bytes_, device_) : nullptr;
  try {
    deferred_->build(fresh, bytes_);
  } catch (...) {
    if (fresh) allocator(device_.type).release(fresh, bytes_, device_);
    throw;
  }
  deferred_.reset();
  data_.store(fresh, std::memory_order_release);
  plain_.store(true, std::memory_order_release);
  return fresh;
}

std::shared_ptr<DeferredBytes> Storage::deferred() const {
  if (plain_.load(std::memory_order_acquire)) return nullptr;
  std::lock_guard lock(gate_mutex());
  return deferred_;
}

void* Storage::pin() {
  pinned_ = true;
  return device_data();
}

void Storage::resize(size_t bytes) {
  check(resizable(), ErrorKind::Runtime,
        "resize_: the storage's memory belongs to another owner and cannot be resized");
  if (bytes == bytes_) return;
  void* old = device_.type == DeviceType::meta ? nullptr : device_data();
  void* fresh = nullptr;
  if (bytes && device_.type != DeviceType::meta) {
    fresh = allocator(device_.type).allocate(bytes, device_);
    if (old) allocator(device_.type).move(fresh, old, bytes < bytes_ ? bytes : bytes_, device_);
  }
  if (device_.type == DeviceType::cpu)
    data_.store(fresh, std::memory_order_release);
  else
    away_ = fresh;
  if (old) allocator(device_.type).release(old, bytes_, device_);
  bytes_ = bytes;
}

Storage::Memory Storage::move_to(const Memory& to) {
  return {data_.exchange(to.data, std::memory_order_acq_rel), std::exchange(deleter_, to.deleter),
          std::exchange(context_, to.context)};
}

void* Storage::operator new(size_t) { return FreeList<sizeof(Storage)>::take(); }
void Storage::operator delete(void* p, size_t) { FreeList<sizeof(Storage)>::give(p); }

}  // namespace flambeau
