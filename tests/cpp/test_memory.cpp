// The caching allocator: alignment and contents, reuse without system calls, cross-thread release, statistics, trimming
// when idle, refusal before touching, fork.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "memory/cpu_allocator.h"
#include "memory/fork.h"
#include "memory/limits.h"
#include "memory/size_classes.h"

using namespace flambeau;

namespace {

constexpr size_t KiB = 1024, MiB = 1024 * KiB;

long page_faults() {
  rusage use;
  getrusage(RUSAGE_THREAD, &use);
  return use.ru_minflt + use.ru_majflt;
}

struct Block {
  char* data = nullptr;
  size_t bytes = 0;
  char mark = 0;
};

Block make(size_t bytes, char mark) {
  Block b{static_cast<char*>(allocate(bytes)), bytes, mark};
  std::memset(b.data, mark, bytes);
  return b;
}

bool intact(const Block& b) {
  for (size_t i = 0; i < b.bytes; i += 61)
    if (b.data[i] != b.mark) return false;
  return b.data[b.bytes - 1] == b.mark;
}

// Random sizes, blocks alive at once, contents checked: overlapping blocks would show.
bool churn(unsigned seed, int steps) {
  std::mt19937 random(seed);
  std::vector<Block> live(64);
  bool well = true;
  for (int i = 0; i < steps; ++i) {
    Block& slot = live[random() % live.size()];
    if (slot.data) {
      well &= intact(slot);
      release(slot.data, slot.bytes);
    }
    size_t bytes = 1 + random() % (size_t{1} << (random() % 19));
    slot = make(bytes, static_cast<char>(i));
    well &= reinterpret_cast<uintptr_t>(slot.data) % kMemoryAlignment == 0;
  }
  for (Block& b : live)
    if (b.data) {
      well &= intact(b);
      release(b.data, b.bytes);
    }
  return well;
}

template <class Condition>
bool soon(Condition&& condition) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace

TEST_CASE("size classes tile the range and waste at most an eighth") {
  size_t before = 0;
  bool well = true;
  for (int i = 0; i < memory::kClasses; ++i) {
    size_t bytes = memory::class_bytes(i);
    well &= memory::size_class(bytes) == i && memory::size_class(before + 1) == i && bytes > before;
    if (bytes > KiB) well &= (bytes - before) * 8 <= bytes;
    before = bytes;
  }
  CHECK(well);
}

TEST_CASE("blocks are aligned, apart and usable") {
  CHECK(allocate(0) == nullptr);
  release(nullptr, 0);
  CHECK(churn(1, 20000));
  for (size_t bytes : {size_t{1}, 64 * KiB, 64 * KiB + 1, 2 * MiB - 1, 2 * MiB, 5 * MiB + 3}) {
    Block b = make(bytes, 7);
    CHECK(intact(b));
    CHECK(reinterpret_cast<uintptr_t>(b.data) % (bytes >= 2 * MiB ? 2 * MiB : kMemoryAlignment) == 0);
    release(b.data, bytes);
  }
}

TEST_CASE("a loop reuses warm blocks: no system calls, no page faults") {
  for (size_t bytes : {100 * KiB, MiB, 32 * MiB}) {
    for (int i = 0; i < 2; ++i) {
      Block a = make(bytes, 1), b = make(bytes - bytes / 100, 2);
      release(a.data, a.bytes);
      release(b.data, b.bytes);
    }
    int64_t calls = memory_stats().system_calls;
    long faults = page_faults();
    for (int i = 0; i < 20; ++i) {
      Block b = make(bytes - static_cast<size_t>(i), 3);
      release(b.data, b.bytes);
    }
    CHECK(memory_stats().system_calls == calls);
    CHECK(page_faults() - faults <= 2);
  }
}

TEST_CASE("statistics are exact") {
  MemoryStats start = memory_stats();
  void* small = allocate(1000);
  void* big = allocate(3 * MiB);
  MemoryStats now = memory_stats();
  CHECK(now.allocated - start.allocated == static_cast<int64_t>(1000 + 3 * MiB));
  CHECK(now.allocations - start.allocations == 2);
  CHECK(now.reserved >= now.allocated);
  reset_peak();
  CHECK(memory_stats().peak == now.allocated);
  void* more = allocate(5 * MiB);
  release(more, 5 * MiB);
  CHECK(memory_stats().peak == now.allocated + static_cast<int64_t>(5 * MiB));
  reset_peak();
  std::vector<void*> many;
  for (int i = 0; i < 1000; ++i) many.push_back(allocate(500));
  for (void* p : many) release(p, 500);
  CHECK(memory_stats().peak == now.allocated + 500000);
  void* last = allocate(MiB);
  release(last, MiB);
  CHECK(memory_stats().peak == now.allocated + static_cast<int64_t>(MiB));
  release(small, 1000);
  release(big, 3 * MiB);
  MemoryStats end = memory_stats();
  CHECK(end.allocated == start.allocated);
  CHECK(end.releases - start.releases == 1004);
  CHECK(end.cached >= static_cast<int64_t>(3 * MiB));
  empty_cache();
  CHECK(memory_stats().cached < static_cast<int64_t>(MiB));
}

TEST_CASE("blocks released by other threads come back") {
  MemoryStats start = memory_stats();
  constexpr int kThreads = 4;
  std::vector<std::vector<Block>> handed(kThreads);
  std::atomic<bool> well{true};
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> makers, takers;
    for (int t = 0; t < kThreads; ++t)
      makers.emplace_back([&, t] {
        for (int i = 0; i < 2000; ++i) handed[t].push_back(make(1 + (i * 37) % 9000, static_cast<char>(t + i)));
        for (int i = 0; i < 3; ++i) handed[t].push_back(make(200 * KiB, static_cast<char>(t)));
      });
    for (auto& thread : makers) thread.join();
    for (int t = 0; t < kThreads; ++t)
      takers.emplace_back([&, t] {
        for (Block& b : handed[(t + 1) % kThreads]) {
          if (!intact(b)) well = false;
          release(b.data, b.bytes);
        }
        handed[(t + 1) % kThreads].clear();
      });
    for (auto& thread : takers) thread.join();
  }
  CHECK(well);
  MemoryStats end = memory_stats();
  CHECK(end.allocated == start.allocated);
  CHECK(end.allocations - start.allocations == 5 * kThreads * 2003);
  CHECK(end.releases - start.releases == 5 * kThreads * 2003);
}

TEST_CASE("threads allocate while the cache is emptied under them") {
  int64_t before = memory_stats().allocated;
  std::atomic<int> well{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t) threads.emplace_back([&, t] { well += churn(t, 30000); });
  std::thread trimmer([&] {
    while (!stop) {
      empty_cache();
      memory_stats();
    }
  });
  for (auto& thread : threads) thread.join();
  stop = true;
  trimmer.join();
  CHECK(well == 3);
  CHECK(memory_stats().allocated == before);
}

TEST_CASE("a block may be released while its thread ends") {
  struct Late {
    void* block = nullptr;
    ~Late() { release(block, 300); }
  };
  int64_t before = memory_stats().allocated;
  std::thread([] {
    thread_local Late late;
    late.block = allocate(300);
  }).join();
  CHECK(memory_stats().allocated == before);
}

TEST_CASE("an idle process keeps little more than what lives") {
  empty_cache();
  // What code, libraries and other tests hold beside this test's blocks.
  [[maybe_unused]] const int64_t beside = resident_memory() - memory_stats().allocated;
  Block keep = make(64 * MiB, 1);
  std::vector<Block> blocks;
  for (size_t bytes : {40 * MiB, 17 * MiB, 300 * KiB}) blocks.push_back(make(bytes, 2));
  for (int i = 0; i < 400; ++i) blocks.push_back(make(60 * KiB, 3));
  for (int i = 0; i < 100000; ++i) blocks.push_back(make(200, 4));
  for (Block& b : blocks) release(b.data, b.bytes);
  CHECK(memory_stats().cached > static_cast<int64_t>(80 * MiB));
  std::atomic<bool> stop{false};
  std::thread idle([&] {  // holds a cache of its own and does nothing more
    std::vector<Block> own;
    for (int i = 0; i < 300; ++i) own.push_back(make(32 * KiB, 5));
    for (Block& b : own) release(b.data, b.bytes);
    while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  CHECK(soon([] { return memory_stats().cached < static_cast<int64_t>(2 * MiB); }));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(resident_memory() - beside < memory_stats().allocated * 11 / 10 + static_cast<int64_t>(4 * MiB));
#endif
  stop = true;
  idle.join();
  CHECK(intact(keep));
  release(keep.data, keep.bytes);
  CHECK(soon([] { return memory_stats().cached < static_cast<int64_t>(2 * MiB); }));
}

TEST_CASE("changing sizes do not pile up") {
  empty_cache();
  for (size_t mib = 3; mib < 160; ++mib) {
    void* block = allocate(mib * MiB);
    release(block, mib * MiB);
  }
  MemoryStats stats = memory_stats();
  CHECK(stats.cached < static_cast<int64_t>((160 + 40 + 64 + 20) * MiB));
  empty_cache();
}

TEST_CASE("what cannot be had is refused before a page is touched") {
  int64_t resident = resident_memory(), calls = memory_stats().system_calls;
  auto refused = [](size_t bytes) {
    try {
      release(allocate(bytes), bytes);
      return std::string("given");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::OutOfMemory);
      return error.message();
    }
  };
  constexpr size_t most = std::numeric_limits<size_t>::max();
  for (size_t bytes : {most, most - 1, most - 63, most / 2, size_t{1} << 48, size_t{1} << 44,
                       static_cast<size_t>(available_memory()) + 256 * MiB}) {
    std::string message = refused(bytes);
    CHECK(message.rfind("allocate: " + std::to_string(bytes) + " bytes (", 0) == 0);
    CHECK(message.find("can't allocate memory") != std::string::npos);
  }
  CHECK(memory_stats().system_calls - calls < 200);
  CHECK(resident_memory() - resident < static_cast<int64_t>(16 * MiB));

  // Promised but untouched memory counts as used.
  size_t most_of_it = static_cast<size_t>(available_memory()) / 10 * 6;
  void* first = allocate(most_of_it);
  CHECK(refused(most_of_it) != "given");
  release(first, most_of_it);
  CHECK(refused(most_of_it) == "given");
  empty_cache();
}

TEST_CASE("parent and child allocate after fork, while other threads are at it") {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      unsigned seed = t;
      while (!stop) churn(++seed, 200);
    });
  int well = 0;
  for (int i = 0; i < 100; ++i) {
    Block mine = make(100 * KiB, 1);
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      bool good = intact(mine) && churn(1000 + i, 300);
      std::thread([&] { good &= churn(2000 + i, 300); }).join();
      empty_cache();
      memory_stats();
      _exit(good ? 0 : 1);
    }
    bool good = churn(3000 + i, 300);
    int status = 1;
    waitpid(child, &status, 0);
    well += good && status == 0 && intact(mine);
    release(mine.data, mine.bytes);
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  CHECK(well == 100);
}

TEST_CASE("a child trims when idle, too") {
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    Block b = make(50 * MiB, 1);
    release(b.data, b.bytes);
    bool had = memory_stats().cached >= static_cast<int64_t>(50 * MiB);
    _exit(had && soon([] { return memory_stats().cached < static_cast<int64_t>(2 * MiB); }) ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("fork hooks run by stage, there and back") {
  static std::string order;
  at_fork({ForkStage::Locks, [] { order += "a"; }, [] { order += "A"; }, nullptr});
  at_fork({ForkStage::Threads, [] { order += "t"; }, [] { order += "T"; }, nullptr});
  at_fork({ForkStage::Locks, [] { order += "b"; }, [] { order += "B"; }, nullptr});
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  CHECK(order == "tbaABT");
}

TEST_CASE("limits are sensible") {
  CHECK(allowed_processors() >= 1);
  CHECK(available_memory() > static_cast<int64_t>(MiB));
  CHECK(resident_memory() > static_cast<int64_t>(100 * KiB));
}
