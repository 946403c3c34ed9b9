// Streams by thread and device, and the pool they are taken from.
#include "cuda/stream.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/long_work.h"

namespace flambeau::cuda {

namespace {
constexpr int kMost = 64, kPooled = 32;
// By device; made when a thread first leaves the default stream. Static memory of threads is scarce where several
// libraries are loaded, so what is kept there is a pointer.
constinit thread_local std::vector<void*>* t_streams = nullptr;
struct ThreadEnd {
  ~ThreadEnd() { delete std::exchange(t_streams, nullptr); }
};

// Waiting leaves the interpreter to other threads.
constexpr int64_t kLong = int64_t{1} << 40;
}  // namespace

void* current_stream(int device) { return t_streams ? (*t_streams)[device] : nullptr; }
void set_current_stream(int device, void* stream) {
  if (!t_streams) {
    static thread_local ThreadEnd end;
    t_streams = new std::vector<void*>(kMost);
  }
  (*t_streams)[device] = stream;
}

void* pooled_stream(int device, int priority) {
  struct Pool {
    std::array<void*, kPooled> streams{};
    int next = 0;
  };
  static std::mutex mutex;
  static auto* pools = new std::map<std::pair<int, int>, Pool>;
  use(device);
  std::lock_guard lock(mutex);
  int least = 0, greatest = 0;
  ok(driver().cuCtxGetStreamPriorityRange(&least, &greatest), "Stream");
  priority = std::clamp(priority, greatest, least);
  Pool& pool = (*pools)[{device, priority}];
  void*& stream = pool.streams[pool.next];
  pool.next = (pool.next + 1) % kPooled;
  if (!stream)
    ok(driver().cuStreamCreateWithPriority(&stream, 1 /* does not wait for the default one */, priority), "Stream");
  return stream;
}

void synchronize_stream(int device, void* stream) {
  use(device);
  LongWork work(kLong);
  ok(driver().cuStreamSynchronize(stream), "synchronize");
}
bool stream_done(int device, void* stream) {
  use(device);
  int status = driver().cuStreamQuery(stream);
  if (status == kNotReady) return false;
  ok(status, "query");
  return true;
}
void synchronize_device(int device) {
  use(device);
  LongWork work(kLong);
  ok(driver().cuCtxSynchronize(), "synchronize");
}

Event::Event(int device, bool timing, bool blocking) : device_(device) {
  use(device);
  ok(driver().cuEventCreate(&handle_, (timing ? 0 : 2) | (blocking ? 1 : 0)), "Event");
}
Event& Event::operator=(Event&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(handle_, other.handle_);
  return *this;
}
Event::~Event() {
  if (const DriverApi* api = handle_ ? driver_or_null() : nullptr) api->cuEventDestroy_v2(handle_);
}
void Event::record(void* stream) {
  use(device_);
  ok(driver().cuEventRecord(handle_, stream), "record");
}
void Event::wait(void* stream) const { ok(driver().cuStreamWaitEvent(stream, handle_, 0), "wait_event"); }
bool Event::done() const {
  int status = driver().cuEventQuery(handle_);
  if (status == kNotReady) return false;
  ok(status, "query");
  return true;
}
void Event::synchronize() const {
  LongWork work(kLong);
  ok(driver().cuEventSynchronize(handle_), "synchronize");
}
float Event::milliseconds_to(const Event& end) const {
  float ms = 0;
  int status = driver().cuEventElapsedTime(&ms, handle_, end.handle_);
  check(status != kNotReady, ErrorKind::Runtime,
        "elapsed_time: both events must be completed before calculating elapsed time; synchronize() first");
  ok(status, "elapsed_time");
  return ms;
}

}  // namespace flambeau::cuda
