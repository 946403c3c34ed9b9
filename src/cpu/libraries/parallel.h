// A parallel loop over independent pieces for this folder: pieces are handed out one by one, an exception of any of
// them is raised by the caller's thread. Callers inside a parallel region run serially.
#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>

namespace flambeau::libraries {

template <class Body>
void parallel(int64_t pieces, int threads, const Body& body) {
  threads = static_cast<int>(std::min<int64_t>(threads, pieces));
  if (threads <= 1 || omp_in_parallel()) {
    for (int64_t i = 0; i < pieces; i++) body(i);
    return;
  }
  std::atomic<int64_t> next = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr error;
#pragma omp parallel num_threads(threads)
  {
    for (int64_t i; !failed.load(std::memory_order_relaxed) && (i = next++) < pieces;) {
      try {
        body(i);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace flambeau::libraries
