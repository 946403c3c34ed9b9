// Streams and events. A stream is the driver's handle; null is the device's default stream, which waits for all others
// and is waited for by them.
#pragma once

#include "cuda/device.h"

namespace flambeau::cuda {

// The stream on which the calling thread puts its work for a device.
void* current_stream(int device);
void set_current_stream(int device, void* stream);
// A stream of the device's pool, which hands out 32 of each priority in turn (negative: urgent).
void* pooled_stream(int device, int priority);
void synchronize_stream(int device, void* stream);
bool stream_done(int device, void* stream);
void synchronize_device(int device);  // waits for all streams

class Event {
 public:
  explicit Event(int device, bool timing = false, bool blocking = false);
  Event(Event&& other) noexcept : device_(other.device_), handle_(other.handle_) { other.handle_ = nullptr; }
  Event& operator=(Event&& other) noexcept;
  ~Event();
  void record(void* stream);
  void wait(void* stream) const;  // what comes next on the stream runs after the event
  bool done() const;
  void synchronize() const;
  float milliseconds_to(const Event& end) const;
  int device() const { return device_; }
  void* handle() const { return handle_; }

 private:
  int device_;
  void* handle_ = nullptr;
};

}  // namespace flambeau::cuda
