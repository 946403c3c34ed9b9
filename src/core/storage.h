// A storage: the bytes behind tensors. `data()` is the one gate to them (Note: the storage gate, in storage.cpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "core/device.h"
#include "core/intrusive.h"

namespace flambeau {

// What a device offers to make storages; each memory room registers its own (abstract: core knows no allocator).
class Allocator {
 public:
  virtual ~Allocator() = default;
  virtual void* allocate(size_t bytes, Device device) = 0;  // 64-byte aligned; raises when the size cannot be had
  virtual void release(void* data, size_t bytes, Device device) noexcept = 0;
  virtual void move(void* to, const void* from, size_t bytes,
                    Device device);  // within the device; the CPU's by default
};
void register_allocator(DeviceType type, Allocator* allocator);
Allocator& allocator(DeviceType type);

// Bytes that exist in another form: in another element order, not yet computed, not yet read. `build` writes the plain
// form.
class DeferredBytes {
 public:
  virtual ~DeferredBytes() = default;
  virtual void build(void* plain, size_t bytes) = 0;
  // The address of bytes that are there as they are, though not this storage's own; null where they have to be built.
  virtual void* direct() { return nullptr; }
};

class Storage final : public RefCounted {
 public:
  using Deleter = void (*)(void* context);

  Storage(size_t bytes, Device device);                                              // fresh, uninitialised
  Storage(void* data, size_t bytes, Device device, Deleter deleter, void* context);  // foreign bytes
  Storage(std::shared_ptr<DeferredBytes> deferred, size_t bytes, Device device);
  ~Storage() override;

  // Bytes of the host: of another device's storage this raises, so that no host code reads or writes them unawares.
  void* data() {
    void* p = data_.load(std::memory_order_acquire);
    return __builtin_expect(p != nullptr || plain_.load(std::memory_order_acquire), 1) ? p : open_gate();
  }
  // The address on the storage's own device, for its backend, for copies and for showing.
  void* device_data() { return __builtin_expect(away_ != nullptr, 0) ? away_ : data(); }
  // The deferred form, for operators that understand it; null once the storage is plain. Readers keep it alive.
  std::shared_ptr<DeferredBytes> deferred() const;
  // The same without a count, for what stands in place of bytes for good (sparse parts, the value of a level).
  DeferredBytes* parts() const { return deferred_.get(); }
  void* pin();  // as data(), and the storage stays plain and in place for good: its address is known outside
  bool pinned() const { return pinned_.load(std::memory_order_relaxed); }

  size_t nbytes() const { return bytes_; }
  Device device() const { return device_; }
  bool resizable() const { return deleter_ == nullptr && !exported_; }
  void mark_exported() { exported_ = true; }  // others hold the address: the memory stays as it is for good
  void resize(size_t bytes);                  // keeps the common prefix; own memory only
  struct Memory {
    void* data;
    Deleter deleter;
    void* context;
  };
  // Puts the storage, and all that stands on it, over other memory of the host with the same bytes in it; returns what
  // it stood on before, which is the caller's to let go.
  Memory move_to(const Memory& to);
  void* context() const { return context_; }
  Deleter deleter() const { return deleter_; }

  static void* operator new(size_t size);
  static void operator delete(void* p, size_t size);

 private:
  void* open_gate();
  void destroy() const override;

  std::atomic<void*> data_{nullptr};
  void* away_ = nullptr;  // memory of another device
  std::atomic<bool> plain_{true};
  std::atomic<bool> pinned_{false};
  bool exported_ = false;
  Device device_;
  size_t bytes_;
  Deleter deleter_ = nullptr;
  void* context_ = nullptr;
  std::shared_ptr<DeferredBytes> deferred_;
};

}  // namespace flambeau
