// Streams as queues of functions, run when waited for.
#include "mock/driver.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "core/long_work.h"

namespace flambeau::mock {

namespace {
constexpr size_t kLogged = 10000;  // entries kept

// The queue is worked off under the driver's lock, so the interpreter's must not change hands meanwhile.
struct Locked {
  explicit Locked(std::recursive_mutex& mutex) : lock(mutex) {}
  LongWork::Forbid forbid;
  std::lock_guard<std::recursive_mutex> lock;
};
}  // namespace

Driver& Driver::get() {
  static auto* driver = new Driver;  // storages may be released at the very end
  return *driver;
}

bool Driver::note(Entry entry, std::string text) {
  log_.push_back(std::string(kEntryNames[static_cast<int>(entry)]) + (text.empty() ? "" : " ") + text);
  if (log_.size() > kLogged) log_.pop_front();
  auto found = failures_.find(entry);
  if (found == failures_.end() || found->second.first-- > 0) return true;
  if (--found->second.second <= 0) failures_.erase(found);
  log_.back() += " FAILED";
  return false;
}

void* Driver::allocate(size_t bytes) {
  Locked locked(mutex_);
  if (!note(Entry::allocate, std::to_string(bytes)) || bytes > kCapacity - used_) return nullptr;
  void* memory = std::aligned_alloc(256, (bytes + 255) & ~size_t{255});
  if (memory) used_ += bytes;
  return memory;
}

void Driver::release(void* memory, size_t bytes) noexcept {
  Locked locked(mutex_);
  try {
    note(Entry::release, std::to_string(bytes));
  } catch (...) {  // only the log suffers
  }
  used_ -= bytes;
  std::free(memory);
}

int Driver::create_stream() {
  Locked locked(mutex_);
  streams_.emplace_back();
  return static_cast<int>(streams_.size()) - 1;
}

int Driver::streams() {
  Locked locked(mutex_);
  return static_cast<int>(streams_.size());
}

void Driver::launch(int stream, std::string name, std::function<void()> work) {
  Locked locked(mutex_);
  check(note(Entry::launch, name + " stream " + std::to_string(stream)), ErrorKind::Runtime, name,
        ": the mock device refused the launch on stream ", stream);
  streams_.at(stream).queue.push_back({std::move(work)});
}

void Driver::copy(int stream, void* to, const void* from, size_t bytes, const char* direction) {
  Locked locked(mutex_);
  check(note(Entry::copy, std::string(direction) + " " + std::to_string(bytes) + " stream " + std::to_string(stream)),
        ErrorKind::Runtime, "copy: the mock device refused to copy ", bytes, " bytes ", direction);
  streams_.at(stream).queue.push_back({[=] { std::memcpy(to, from, bytes); }});
}

int Driver::record(int stream) {
  Locked locked(mutex_);
  int event = static_cast<int>(event_stream_.size());
  check(note(Entry::record, "event " + std::to_string(event) + " stream " + std::to_string(stream)), ErrorKind::Runtime,
        "record: the mock device refused to record an event");
  event_stream_.push_back(stream);
  Stream& s = streams_.at(stream);
  event_done_.push_back(s.queue.empty());
  if (!s.queue.empty()) s.queue.push_back({{}, event});
  return event;
}

bool Driver::done(int event) {
  Locked locked(mutex_);
  return event_done_.at(event);
}

void Driver::wait(int stream, int event) {
  Locked locked(mutex_);
  check(note(Entry::wait, "event " + std::to_string(event) + " stream " + std::to_string(stream)), ErrorKind::Runtime,
        "wait: the mock device refused to wait for an event");
  if (!event_done_.at(event)) streams_.at(stream).queue.push_back({{}, -1, event});
}

void Driver::run_until(int stream, int event) {
  // Streams wait for each other only for events recorded before, so this cannot go round in a circle.
  auto& queue = streams_.at(stream).queue;
  while (!queue.empty() && (event < 0 || !event_done_[event])) {
    Item item = std::move(queue.front());
    queue.pop_front();
    if (item.event >= 0) event_done_[item.event] = true;
    if (item.awaited >= 0 && !event_done_[item.awaited]) run_until(event_stream_[item.awaited], item.awaited);
    if (item.work) item.work();
  }
}

void Driver::synchronize(int stream) {
  Locked locked(mutex_);
  check(note(Entry::synchronize, "stream " + std::to_string(stream)), ErrorKind::Runtime,
        "synchronize: the mock device has failed");
  run_until(stream, -1);
}

void Driver::synchronize_event(int event) {
  Locked locked(mutex_);
  check(note(Entry::synchronize, "event " + std::to_string(event)), ErrorKind::Runtime,
        "synchronize: the mock device has failed");
  if (!event_done_.at(event)) run_until(event_stream_[event], event);
}

void Driver::synchronize_all() {
  Locked locked(mutex_);
  check(note(Entry::synchronize, ""), ErrorKind::Runtime, "synchronize: the mock device has failed");
  for (size_t s = 0; s < streams_.size(); ++s) run_until(static_cast<int>(s), -1);
}

void Driver::fail(Entry entry, int after, int times) {
  Locked locked(mutex_);
  failures_[entry] = {after, times};
}

std::vector<std::string> Driver::log() {
  Locked locked(mutex_);
  return {log_.begin(), log_.end()};
}

void Driver::clear_log() {
  Locked locked(mutex_);
  log_.clear();
}

size_t Driver::used() {
  Locked locked(mutex_);
  return used_;
}

}  // namespace flambeau::mock
