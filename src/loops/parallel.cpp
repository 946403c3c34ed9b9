// The token, the OpenMP regions and their fork rule. Built without OpenMP (for ThreadSanitizer) everything is serial.
//
// Note [One team size]. libgomp ends the threads that a smaller team does not need and creates them anew for the next
// larger one. A region therefore always asks for the full count, even if it has fewer pieces than threads.
//
// Note [One token]. libgomp keeps a pool for every thread that opens a region. Four Python threads with four regions
// would run four times the set count; so a thread that finds the token taken works alone.
#include "loops/parallel.h"

#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "memory/fork.h"
#include "memory/limits.h"

namespace flambeau {
namespace {

std::atomic<int> thread_count{0};   // 0: not asked for yet
std::atomic<int> interop_count{0};  // 0: not set
std::atomic<bool> token_taken{false};

// Small enough for the static TLS block, so that reading it is one instruction.
struct ThreadState {
  bool in_region = false;
  bool holds_token = false;
};
__attribute__((tls_model("initial-exec"))) thread_local ThreadState state;

int default_threads() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {
    long n = std::strtol(text, nullptr, 10);  // of a list "4,2" the outermost level counts
    if (n >= 1) return static_cast<int>(std::min<long>(n, 1 << 16));
  }
  return allowed_processors();
}

bool in_foreign_region() {
#ifdef _OPENMP
  return omp_in_parallel();
#else
  return false;
#endif
}

// Takes the token for the calling thread; false if it must work alone. `fresh` tells whether there is something to give
// back: a thread inside its own LibraryThreads already has it.
bool take_token(bool& fresh) {
  fresh = false;
  if (state.in_region || in_foreign_region()) return false;
  if (state.holds_token) return true;
  if (token_taken.load(std::memory_order_relaxed) || token_taken.exchange(true, std::memory_order_acquire))
    return false;
  state.holds_token = fresh = true;
  return true;
}

void give_token(bool fresh) {
  if (!fresh) return;
  state.holds_token = false;
  token_taken.store(false, std::memory_order_release);
}

// The exception of the lowest piece. Pieces are started in ascending order and none is started after a failure, so
// every piece below a failing one has run and the choice does not depend on timing.
class FirstFailure {
 public:
  bool any() const { return failed_.load(std::memory_order_relaxed); }
  void keep(int64_t piece) noexcept {
    std::lock_guard lock(mutex_);
    if (!exception_ || piece < piece_) {
      exception_ = std::current_exception();
      piece_ = piece;
    }
    failed_.store(true, std::memory_order_relaxed);
  }
  void rethrow() {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr exception_;
  int64_t piece_ = 0;
};

#ifdef _OPENMP
// Runs work(thread, team size) on every thread of a full team; the token must be held.
template <class Work>
void region(int threads, Work&& work) {
#pragma omp parallel num_threads(threads)
  {
    state.in_region = true;
    work(omp_get_thread_num(), omp_get_num_threads());
    state.in_region = false;
  }
}
#else
template <class Work>
void region(int, Work&& work) {
  work(0, 1);
}
#endif

struct TokenReturn {
  bool fresh;
  ~TokenReturn() { give_token(fresh); }
};

}  // namespace

int num_threads() {
  int n = thread_count.load(std::memory_order_relaxed);
  if (n == 0) {
    int wanted = default_threads();
    thread_count.compare_exchange_strong(n, wanted);
    n = thread_count.load(std::memory_order_relaxed);
  }
  return n;
}

void set_num_threads(int n) {
  check(n >= 1, ErrorKind::Runtime, "set_num_threads: the number of threads must be at least 1, got ", n);
  thread_count.store(std::min(n, 1 << 16), std::memory_order_relaxed);
}

int num_interop_threads() {
  int n = interop_count.load(std::memory_order_relaxed);
  return n ? n : allowed_processors();
}

void set_num_interop_threads(int n) {
  check(n >= 1, ErrorKind::Runtime, "set_num_interop_threads: the number of threads must be at least 1, got ", n);
  int unset = 0;
  check(interop_count.compare_exchange_strong(unset, n), ErrorKind::Runtime,
        "set_num_interop_threads: it can be set only once, and was set to ", unset, " before");
}

bool in_parallel_region() { return state.in_region || in_foreign_region(); }

void refuse_fork_in_region() {
  check(!in_parallel_region(), ErrorKind::Runtime,
        "fork: called inside a parallel region; fork before the operator or after it has returned");
}

namespace parallel_detail {

void run_ranges(int64_t n, int64_t grain, Range range, void* context) {
  int threads = num_threads();
  bool fresh = false;
  if (threads == 1 || !take_token(fresh)) return range(context, 0, n);
  TokenReturn at_end{fresh};

  grain = std::max<int64_t>(grain, 1);
  int64_t pieces = std::min<int64_t>(threads, (n - 1) / grain + 1);
  int64_t step = (n - 1) / pieces + 1;
  if (step >= 1024) step = (step + 63) & ~int64_t{63};  // neighbours don't share a cache line
  FirstFailure failure;
  region(threads, [&](int thread, int team) {
    for (int64_t i = thread; i < pieces; i += team) {
      int64_t begin = std::min(i * step, n), end = std::min(begin + step, n);
      if (begin == end) break;
      try {
        range(context, begin, end);
      } catch (...) { failure.keep(i); }
    }
  });
  failure.rethrow();
}

void run_tasks(int64_t pieces, Piece piece, void* context) {
  int threads = num_threads();
  bool fresh = false;
  if (threads == 1 || !take_token(fresh)) {
    for (int64_t i = 0; i < pieces; ++i) piece(context, i);
    return;
  }
  TokenReturn at_end{fresh};

  FirstFailure failure;
  std::atomic<int64_t> next{0};
  region(threads, [&](int, int) {
    while (!failure.any()) {
      int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= pieces) break;
      try {
        piece(context, i);
      } catch (...) { failure.keep(i); }
    }
  });
  failure.rethrow();
}

}  // namespace parallel_detail

LibraryThreads::LibraryThreads() {
  int threads = num_threads();
  if (threads > 1 && take_token(holds_)) count_ = threads;
#ifdef _OPENMP
  before_ = omp_get_max_threads();
  if (before_ != count_) omp_set_num_threads(count_);
#endif
}

LibraryThreads::~LibraryThreads() {
#ifdef _OPENMP
  if (before_ != count_) omp_set_num_threads(before_);
#endif
  give_token(holds_);
}

namespace {

// The child has one thread: the one that forked. Its pool is ended before the fork and made anew on both sides; without
// that the child would wait for threads it doesn't have. Holding the token keeps other threads' library calls from
// being cut in two; a long call is not waited for forever.
bool token_for_fork = false;

void before_fork() {
  if (in_parallel_region()) {
    constexpr char text[] = "flambeau: fork called inside a parallel region: the child could never leave it\n";
    [[maybe_unused]] ssize_t written = write(2, text, sizeof text - 1);
    std::abort();
  }
  token_for_fork = false;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (!state.holds_token && !(token_for_fork = !token_taken.exchange(true, std::memory_order_acquire)) &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
#ifdef _OPENMP
  omp_pause_resource_all(omp_pause_hard);
#endif
}

void after_fork_in_parent() {
  if (token_for_fork) token_taken.store(false, std::memory_order_release);
}

void after_fork_in_child() { token_taken.store(state.holds_token, std::memory_order_release); }

[[maybe_unused]] const bool registered =
    (at_fork({ForkStage::Threads, before_fork, after_fork_in_parent, after_fork_in_child}), true);

}  // namespace
}  // namespace flambeau
