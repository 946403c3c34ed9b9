// A pretended accelerator: host memory behind a driver with streams, events, a log of its calls and failures on
// request. Work put on a stream does not run before something waits for it, as late as a real device might, and always
// in the same order; so a missing wait shows as a wrong result each time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace flambeau::mock {

enum class Entry { allocate, release, launch, copy, record, wait, synchronize };
inline constexpr int kEntries = 7;
inline constexpr const char* kEntryNames[kEntries] = {"allocate", "release", "launch",     "copy",
                                                      "record",   "wait",    "synchronize"};

class Driver {
 public:
  static Driver& get();

  // nullptr when the device is full or the failure was asked for.
  void* allocate(size_t bytes);
  void release(void* memory, size_t bytes) noexcept;

  int create_stream();  // 0 exists from the beginning
  int streams();
  void launch(int stream, std::string name,
              std::function<void()> work);  // raises on failure, before anything is queued
  void copy(int stream, void* to, const void* from, size_t bytes, const char* direction);

  // An event is a point on a stream: done once everything before it has run.
  int record(int stream);
  bool done(int event);
  void wait(int stream, int event);  // what comes next on the stream runs after the event
  void synchronize(int stream);
  void synchronize_event(int event);
  void synchronize_all();

  // After `after` more calls of an entry, `times` of them fail.
  void fail(Entry entry, int after, int times = 1);
  std::vector<std::string> log();
  void clear_log();
  size_t used();
  static constexpr size_t kCapacity = size_t{256} << 20;

 private:
  struct Item {
    std::function<void()> work;
    int event = -1;    // recorded here
    int awaited = -1;  // waited for here
  };
  struct Stream {
    std::deque<Item> queue;
  };
  bool note(Entry entry, std::string text);  // false when it has to fail
  void run_until(int stream, int event);     // -1: everything; the mutex is held

  std::recursive_mutex mutex_;
  std::vector<Stream> streams_{1};
  std::vector<int> event_stream_;
  std::vector<bool> event_done_;
  std::map<Entry, std::pair<int, int>> failures_;  // calls until then, calls that fail
  std::deque<std::string> log_;
  size_t used_ = 0;
};

}  // namespace flambeau::mock
