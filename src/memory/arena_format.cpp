// The robust lock of an arena and the question whether a process is still alive.
#include "memory/arena_format.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "core/error.h"

namespace flambeau::memory {
namespace {

constexpr uint64_t kMostMillisecondsUnborn = 20'000;

uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
}

uint64_t namespace_of_this_process() {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

struct Life {
  bool known = false, gone = false;
  uint64_t started = 0;
};

// Field 3 of /proc/PID/stat is the state, 20 the number of threads, 22 the time of start. The name in field 2 may hold
// anything, so counting begins at its last parenthesis.
Life look_at(uint32_t pid) {
  char text[1024];
  std::snprintf(text, sizeof text, "/proc/%u/stat", pid);
  int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {.known = errno == ENOENT, .gone = errno == ENOENT};
  ssize_t n = read(file, text, sizeof text - 1);
  int error = errno;
  close(file);
  if (n <= 0) return {.known = n < 0 && error == ESRCH, .gone = n < 0 && error == ESRCH};
  text[n] = 0;
  char* at = std::strrchr(text, ')');
  if (!at || !at[1]) return {};
  char state = at[2];
  uint64_t threads = 0;
  for (int field = 3; field < 22 && at; ++field) {
    at = std::strchr(at + (field == 3 ? 2 : 1), ' ');
    if (field == 19 && at) threads = std::strtoull(at, nullptr, 10);
  }
  if (!at) return {};
  // A main thread that has ended shows as a zombie while others of the process still run.
  bool zombie = (state == 'Z' || state == 'X') && threads <= 1;
  return {.known = true, .gone = zombie, .started = std::strtoull(at, nullptr, 10)};
}

}  // namespace

ArenaLock::ArenaLock(ArenaHeader& header) : mutex_(header.mutex) {
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 60;
  int failed = pthread_mutex_timedlock(&mutex_, &until);
  if (failed == EOWNERDEAD) failed = pthread_mutex_consistent(&mutex_);  // Note [Counts that survive a kill]
  check(failed == 0, ErrorKind::Runtime,
        "multiprocessing: the lock of a shared memory arena cannot be had: ", strerror(failed));
}

void prepare_mutex(ArenaHeader& header) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&header.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

Slot this_process() {
  auto pid = static_cast<uint32_t>(getpid());
  Life life = look_at(pid);
  return {SlotState::Living, pid, life.started, namespace_of_this_process(), now()};
}

bool alive(const Slot& slot) {
  if (slot.state == SlotState::Unborn) return now() - slot.since < kMostMillisecondsUnborn;
  static const uint64_t here = namespace_of_this_process();
  if (slot.started == 0 || slot.namespace_id != here) return true;
  Life life = look_at(slot.pid);
  return !life.known || (!life.gone && life.started == slot.started);
}

}  // namespace flambeau::memory
