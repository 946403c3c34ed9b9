// Loading OpenBLAS without its threads, and its table of functions.
#include "cpu/libraries/openblas.h"

#include <sched.h>

#include <string>

#include "cpu/libraries/library.h"

namespace flambeau::libraries {
namespace {

// OpenBLAS starts a thread for every processor that it sees while it is being loaded. Shown one processor it starts
// none; affinity is a property of the loading thread alone, so unlike an environment variable this disturbs nobody
// else.
class OneProcessor {
 public:
  OneProcessor() {
    known_ = sched_getaffinity(0, sizeof before_, &before_) == 0;
    int processor = sched_getcpu();
    if (!known_ || processor < 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() {
    if (known_) sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  cpu_set_t before_;
  bool known_;
};

template <class T>
void fill(Blas<T>& table, void* library, char letter) {
  auto find = [&](const char* name) { return find_symbol(library, (std::string("scipy_") + letter + name).c_str()); };
  table.gemm = reinterpret_cast<typename Blas<T>::Gemm*>(find("gemm_"));
  table.gemv = reinterpret_cast<typename Blas<T>::Gemv*>(find("gemv_"));
  table.trsm = reinterpret_cast<typename Blas<T>::Trsm*>(find("trsm_"));
}

OpenBlas load() {
  OpenBlas table;
  {
    OneProcessor alone;
    table.library = open_library("libscipy_openblas.so");
  }
  reinterpret_cast<void (*)(int)>(find_symbol(table.library, "scipy_openblas_set_num_threads"))(1);
  reinterpret_cast<void (*)(int)>(find_symbol(table.library, "scipy_LAPACKE_set_nancheck"))(0);
  const std::string core =
      reinterpret_cast<const char* (*)()>(find_symbol(table.library, "scipy_openblas_get_corename"))();
  table.avx512 = core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  fill(table.s, table.library, 's');
  fill(table.d, table.library, 'd');
  fill(table.c, table.library, 'c');
  fill(table.z, table.library, 'z');
  return table;
}

}  // namespace

const OpenBlas& openblas() {
  static const OpenBlas table = load();
  return table;
}

}  // namespace flambeau::libraries
