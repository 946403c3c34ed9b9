// Parallel loops: coverage, exceptions, the token between threads, library thread counts, fork in every combination.
#include <doctest/doctest.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/error.h"
#include "loops/parallel.h"

using namespace flambeau;

namespace {

// Puts the thread count back at the end of a test.
struct Threads {
  int before = num_threads();
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
};

// How many different threads take part in a loop; every thread waits until all have come, for at most 5 seconds.
int threads_seen(int expected) {
  std::atomic<int> arrived{0};
  parallel_for(expected, 1, [&](int64_t, int64_t) {
    ++arrived;
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (arrived < expected && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  return arrived;
}

bool runs_parallel(int expected) { return threads_seen(expected) == expected; }

// Forks, runs `use` in the child and in the parent, and tells whether both went well. The child is killed by SIGALRM if
// it hangs.
template <class Use>
bool both_after_fork(Use&& use) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(use() ? 0 : 1);
  }
  bool parent_well = use();
  int status = 1;
  waitpid(child, &status, 0);
  return parent_well && status == 0;
}

}  // namespace

TEST_CASE("every index is visited once") {
  for (int threads : {1, 2, 3, 7}) {
    Threads set(threads);
    for (int64_t n : {0, 1, 2, 3, 63, 64, 65, 1000, 4097, 100003}) {
      for (int64_t grain : {0, 1, 10, 5000}) {
        std::vector<std::atomic<int>> visits(n);
        parallel_for(n, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++visits[i];
        });
        bool once = true;
        for (auto& v : visits) once &= v == 1;
        CHECK(once);
      }
    }
    std::vector<std::atomic<int>> visits(501);
    parallel_tasks(501, [&](int64_t task) { ++visits[task]; });
    bool once = true;
    for (auto& v : visits) once &= v == 1;
    CHECK(once);
  }
}

TEST_CASE("the set count of threads takes part; small loops and one thread stay inline") {
  for (int threads : {2, 4, 7}) {
    Threads set(threads);
    CHECK(threads_seen(threads) == threads);
  }
  Threads set(4);
  auto caller = std::this_thread::get_id();
  parallel_for(100, 100, [&](int64_t begin, int64_t end) {
    CHECK(std::this_thread::get_id() == caller);
    CHECK(begin == 0);
    CHECK(end == 100);
    CHECK_FALSE(in_parallel_region());
  });
  set_num_threads(1);
  parallel_for(100, 1, [&](int64_t, int64_t end) { CHECK(end == 100); });
}

TEST_CASE("a loop inside a loop is serial") {
  Threads set(3);
  std::atomic<int> inner_pieces{0}, library_threads{0};
  CHECK_FALSE(in_parallel_region());
  parallel_for(3, 1, [&](int64_t, int64_t) {
    if (!in_parallel_region()) library_threads += 100;
    parallel_for(1000, 1, [&](int64_t, int64_t) { ++inner_pieces; });
    LibraryThreads library;
    library_threads += library.count();
  });
  CHECK(inner_pieces == 3);
  CHECK(library_threads == 3);
  CHECK_FALSE(in_parallel_region());
}

TEST_CASE("inside a foreign OpenMP region a loop is serial") {
  Threads set(4);
  std::atomic<int> pieces{0};
#pragma omp parallel num_threads(2)
  parallel_for(1000, 1, [&](int64_t, int64_t) { ++pieces; });
  CHECK(pieces == 2);
}

TEST_CASE("the exception of the lowest piece reaches the caller, and the next loop works") {
  Threads set(4);
  for (int round = 0; round < 50; ++round) {
    try {
      parallel_for(4, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          if (i >= 1) raise(ErrorKind::Index, "loop: index ", i);
      });
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Index);
      CHECK(error.message() == "loop: index 1");
    }
    try {
      parallel_tasks(100, [&](int64_t task) {
        if (task >= 17) throw std::runtime_error(std::to_string(task));
      });
      FAIL("nothing was thrown");
    } catch (const std::runtime_error& error) { CHECK(std::string(error.what()) == "17"); }
    CHECK_THROWS_AS(parallel_for(3, 5, [](int64_t, int64_t) { throw 7; }), int);
    CHECK_FALSE(in_parallel_region());
  }
  CHECK(runs_parallel(4));
}

TEST_CASE("four threads at once never use more than the set count together") {
  Threads set(3);
  std::atomic<int> in_pools{0}, most{0}, serial{0};
  std::atomic<bool> stop{false};
  // A caller that works alone counts as itself; what may not happen is a second team beside the first.
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      while (!stop) {
        parallel_for(3000, 1, [&](int64_t, int64_t) {
          if (!in_parallel_region()) {
            ++serial;
            return;
          }
          int now = ++in_pools, seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {}
          std::this_thread::sleep_for(std::chrono::microseconds(50));
          --in_pools;
        });
        LibraryThreads library;
        int count = library.count();
        if (count != 1 && count != 3) most = 1000;
      }
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  stop = true;
  for (auto& caller : callers) caller.join();
  CHECK(most >= 1);
  CHECK(most <= 3);
  CHECK(serial > 0);
  CHECK(runs_parallel(3));
}

TEST_CASE("a library gets the full count only while it holds the token") {
  Threads set(3);
  int before = omp_get_max_threads();
  {
    LibraryThreads library;
    CHECK(library.count() == 3);
    CHECK(omp_get_max_threads() == 3);
    CHECK(runs_parallel(3));  // its own thread may open regions
    {
      LibraryThreads nested;
      CHECK(nested.count() == 3);
    }
    std::thread([&] {
      LibraryThreads other;
      CHECK(other.count() == 1);
      CHECK(omp_get_max_threads() == 1);
      int pieces = 0;
      parallel_for(1000, 1, [&](int64_t, int64_t) { ++pieces; });
      CHECK(pieces == 1);
    }).join();
  }
  CHECK(omp_get_max_threads() == before);
  std::thread([] {
    LibraryThreads library;
    CHECK(library.count() == 3);
  }).join();
}

TEST_CASE("thread counts are checked") {
  CHECK(num_threads() >= 1);
  CHECK_THROWS_AS(set_num_threads(0), Error);
  CHECK_THROWS_AS(set_num_threads(-3), Error);
  CHECK_THROWS_AS(set_num_interop_threads(0), Error);
  CHECK(num_interop_threads() >= 1);
  set_num_interop_threads(5);
  CHECK(num_interop_threads() == 5);
  CHECK_THROWS_AS(set_num_interop_threads(6), Error);
}

TEST_CASE("parent and child use all threads after fork") {
  Threads set(4);
  auto parallel = [] { return runs_parallel(4) && LibraryThreads().count() == 4; };
  for (bool warm : {false, true}) {
    int well = 0;
    for (int i = 0; i < 100; ++i) {
      if (warm && !runs_parallel(4)) continue;
      well += both_after_fork(parallel);
    }
    CHECK(well == 100);
  }
  SUBCASE("a child forks again") {
    int well = 0;
    for (int i = 0; i < 100; ++i)
      well += both_after_fork([&] { return parallel() && both_after_fork(parallel) && parallel(); });
    CHECK(well == 100);
  }
  SUBCASE("fork from another thread while the first is in its loops") {
    std::atomic<bool> stop{false};
    std::thread busy([&] {
      while (!stop) parallel_for(100000, 1, [](int64_t, int64_t) {});
    });
    int well = 0;
    for (int i = 0; i < 100; ++i) {
      pid_t child = fork();
      if (child == 0) {
        alarm(20);
        _exit(parallel() ? 0 : 1);
      }
      int status = 1;
      waitpid(child, &status, 0);
      well += status == 0;
    }
    stop = true;
    busy.join();
    CHECK(well == 100);
    CHECK(parallel());
  }
}

TEST_CASE("fork inside a region is refused by name") {
  Threads set(2);
  CHECK_NOTHROW(refuse_fork_in_region());
  CHECK_THROWS_AS(parallel_for(2, 1, [](int64_t, int64_t) { refuse_fork_in_region(); }), Error);
  pid_t child = fork();
  if (child == 0) {
    int null = dup2(STDOUT_FILENO, STDERR_FILENO);  // the message of the expected abort is not this run's error
    (void)null;
    signal(SIGABRT, SIG_DFL);
    parallel_for(2, 1, [](int64_t, int64_t) { fork(); });
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}
