// Matrix products of any strides, single or batched: C = alpha · A · B + beta · C. Bits do not depend on the number of
// threads: work is cut by shape alone, and each piece is one single-threaded library call.
#pragma once

#include <complex>
#include <cstdint>
#include <span>

#include "core/dtype.h"

namespace flambeau::libraries {

// Strides count elements and may be anything, zero and negative included, for A and B; C must not overlap itself.
// A is m×k, B k×n, C m×n. A batch may have several dimensions; its strides are as many as `batch` has sizes.
struct Matmul {
  DType dtype;  // of A and B: float16, bfloat16, float32, float64, complex64, complex128, int8
  int64_t m, n, k;
  const void* a;
  int64_t a_row, a_column;
  const void* b;
  int64_t b_row, b_column;
  void* c;
  int64_t c_row, c_column;
  std::complex<double> alpha = 1, beta = 0;  // beta 0 never reads C
  bool conjugate_a = false, conjugate_b = false;
  bool float32_result = false;  // C is float32 although A and B are float16 or bfloat16; int8 always gives int32
  std::span<const int64_t> batch = {}, a_batch = {}, b_batch = {}, c_batch = {};
  int threads = 1;
};

void matmul(const Matmul& call);

}  // namespace flambeau::libraries
