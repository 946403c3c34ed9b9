// How a loop is spread over threads. Every parallel region of the library goes through here: one team of OpenMP threads
// for the whole process, guarded by a token, so that several Python threads together never use more than the set count.
// Library calls (oneDNN, BLAS) ask LibraryThreads how many threads they may use.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace flambeau {

// Threads of one parallel region. Default: OMP_NUM_THREADS, otherwise min(affinity, control group's quota).
int num_threads();
void set_num_threads(int n);

// Threads for independent operators. Kept as a number: programs set and read it; it can be set once, as in PyTorch.
int num_interop_threads();
void set_num_interop_threads(int n);

// True in a body that parallel_for or parallel_tasks has put on several threads, and in other code's OpenMP regions.
bool in_parallel_region();

// Raises if the calling thread is inside a parallel region: a child forked there could never leave it. The fork handler
// can only abort; whoever can still refuse (an audit hook on "os.fork") calls this first.
void refuse_fork_in_region();

namespace parallel_detail {
// `piece(context, i)` for every i in [0, pieces).
using Piece = void (*)(void* context, int64_t i);
using Range = void (*)(void* context, int64_t begin, int64_t end);
void run_tasks(int64_t pieces, Piece piece, void* context);
void run_ranges(int64_t n, int64_t grain, Range range, void* context);
}  // namespace parallel_detail

// Calls body(begin, end) for ranges that together cover [0, n). Ranges are cut by n, grain and the thread count, so the
// body must treat every index alike (pointwise work); for anything that combines indices use parallel_tasks. Small
// loops (n <= grain) are a direct call. If bodies throw, the exception of the lowest range reaches the caller.
template <class Body>
inline void parallel_for(int64_t n, int64_t grain, Body&& body) {
  if (n <= grain) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
  using Plain = std::remove_reference_t<Body>;
  parallel_detail::run_ranges(
      n, grain, [](void* context, int64_t begin, int64_t end) { (*static_cast<Plain*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

// Calls body(task) once for every task in [0, tasks). What a task is must follow from shapes alone; then results don't
// depend on the thread count. Tasks are handed out in order to whichever thread is free.
template <class Body>
inline void parallel_tasks(int64_t tasks, Body&& body) {
  if (tasks <= 1) {
    if (tasks == 1) body(int64_t{0});
    return;
  }
  using Plain = std::remove_reference_t<Body>;
  parallel_detail::run_tasks(
      tasks, [](void* context, int64_t task) { (*static_cast<Plain*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(std::addressof(body))));
}

// Held while a library with its own threading runs: takes the token if it is free, and sets the calling thread's OpenMP
// thread count to count() until the end of the scope.
class LibraryThreads {
 public:
  LibraryThreads();
  ~LibraryThreads();
  LibraryThreads(const LibraryThreads&) = delete;
  LibraryThreads& operator=(const LibraryThreads&) = delete;
  int count() const { return count_; }  // 1 when the token is taken by another thread or inside a region

 private:
  int count_ = 1;
  int before_ = 0;
  bool holds_ = false;
};

}  // namespace flambeau
