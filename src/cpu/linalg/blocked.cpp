// Blocked LU, Cholesky and triangular solves: LAPACK for the panels, the library's matrix product for the bulk.
// Recursive halving (Toledo 1997; Gustavson 1997) down to where LAPACK alone is as quick. The cuts follow from the
// sizes alone.
#include "cpu/libraries/matmul.h"
#include "cpu/linalg/matrices.h"

namespace flambeau::linear {

namespace {

template <class T>
constexpr DType kDType = DType::float32;
template <>
constexpr DType kDType<double> = DType::float64;
template <>
constexpr DType kDType<std::complex<float>> = DType::complex64;
template <>
constexpr DType kDType<std::complex<double>> = DType::complex128;

constexpr int64_t kLeaf = 64;

int idle_threads() { return in_parallel_region() ? 1 : num_threads(); }

// C -= A op(B), column-major; B transposed and conjugated on demand.
template <class T>
void subtract_product(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, bool a_transposed, bool a_conjugate,
                      const T* b, int64_t ldb, bool b_transposed, bool b_conjugate, T* c, int64_t ldc) {
  if (m == 0 || n == 0 || k == 0) return;
  libraries::matmul({.dtype = kDType<T>,
                     .m = m,
                     .n = n,
                     .k = k,
                     .a = a,
                     .a_row = a_transposed ? lda : 1,
                     .a_column = a_transposed ? 1 : lda,
                     .b = b,
                     .b_row = b_transposed ? ldb : 1,
                     .b_column = b_transposed ? 1 : ldb,
                     .c = c,
                     .c_row = 1,
                     .c_column = ldc,
                     .alpha = -1,
                     .beta = 1,
                     .conjugate_a = a_conjugate,
                     .conjugate_b = b_conjugate,
                     .threads = idle_threads()});
}

template <class T>
void swap_rows(T* a, int64_t lda, int64_t columns, const int* pivots, int64_t count) {
  for (int64_t c = 0; c < columns; ++c) {
    T* column = a + c * lda;
    for (int64_t i = 0; i < count; ++i) std::swap(column[i], column[pivots[i] - 1]);
  }
}

template <class T>
int lu_recursive(int64_t m, int64_t n, T* a, int64_t lda, int* pivots) {
  int64_t k = std::min(m, n);
  if (k <= kLeaf)
    return libraries::getrf<T>(static_cast<int>(m), static_cast<int>(n), a, static_cast<int>(lda), pivots);
  int64_t left = (k / 2 + 15) / 16 * 16, right = n - left;
  int info = lu_recursive(m, left, a, lda, pivots);
  T* top = a + left * lda;
  T* bottom = top + left;
  swap_rows(top, lda, right, pivots, left);
  triangular_solve<T>(false, 'N', true, left, right, a, lda, top, lda);
  subtract_product<T>(m - left, right, left, a + left, lda, false, false, top, lda, false, false, bottom, lda);
  int below = lu_recursive(m - left, right, bottom, lda, pivots + left);
  if (info == 0 && below > 0) info = below + static_cast<int>(left);
  swap_rows(a + left, lda, left, pivots + left, k - left);
  for (int64_t i = left; i < k; ++i) pivots[i] += static_cast<int>(left);
  return info;
}

}  // namespace

template <class T>
int lu_factor(int64_t m, int64_t n, T* a, int64_t lda, int* pivots) {
  if (m == 0 || n == 0) return 0;
  return lu_recursive(m, n, a, lda, pivots);
}

template <class T>
int cholesky_factor(int64_t n, T* a, int64_t lda) {
  if (n == 0) return 0;
  if (n <= 2 * kLeaf) return libraries::potrf<T>('L', static_cast<int>(n), a, static_cast<int>(lda));
  int64_t first = (n / 2 + 15) / 16 * 16, second = n - first;
  if (int info = cholesky_factor(first, a, lda)) return info;
  T* below = a + first;
  T* rest = a + first * lda + first;
  // below := below L^-H
  libraries::trsm<T>('R', 'L', 'C', 'N', static_cast<int>(second), static_cast<int>(first), T(1), a,
                     static_cast<int>(lda), below, static_cast<int>(lda));
  // Only the lower triangle of the rest is wanted: strips of columns from their diagonal down.
  for (int64_t c = 0; c < second; c += 2 * kLeaf) {
    int64_t width = std::min(2 * kLeaf, second - c);
    subtract_product<T>(second - c, width, first, below + c, lda, false, false, below + c, lda, true, true,
                        rest + c * lda + c, lda);
  }
  int info = cholesky_factor(second, rest, lda);
  return info > 0 ? info + static_cast<int>(first) : info;
}

template <class T>
void triangular_solve(bool upper, char transpose, bool unit, int64_t n, int64_t columns, const T* a, int64_t lda, T* b,
                      int64_t ldb) {
  if (n == 0 || columns == 0) return;
  if (n <= kLeaf || columns < 16) {
    libraries::trsm<T>('L', upper ? 'U' : 'L', transpose, unit ? 'U' : 'N', static_cast<int>(n),
                       static_cast<int>(columns), T(1), a, static_cast<int>(lda), b, static_cast<int>(ldb));
    return;
  }
  int64_t first = (n / 2 + 15) / 16 * 16, second = n - first;
  bool flipped = transpose != 'N', conjugate = transpose == 'C';
  const T* corner = upper ? a + first * lda : a + first;  // the off-diagonal block
  const T* last = a + first * lda + first;
  bool forward = upper == flipped;  // op(A) is lower triangular
  if (forward) {
    triangular_solve<T>(upper, transpose, unit, first, columns, a, lda, b, ldb);
    subtract_product<T>(second, columns, first, corner, lda, flipped, conjugate, b, ldb, false, false, b + first, ldb);
    triangular_solve<T>(upper, transpose, unit, second, columns, last, lda, b + first, ldb);
  } else {
    triangular_solve<T>(upper, transpose, unit, second, columns, last, lda, b + first, ldb);
    subtract_product<T>(first, columns, second, corner, lda, flipped, conjugate, b + first, ldb, false, false, b, ldb);
    triangular_solve<T>(upper, transpose, unit, first, columns, a, lda, b, ldb);
  }
}

#define INSTANTIATE(T)                                            \
  template int lu_factor<T>(int64_t, int64_t, T*, int64_t, int*); \
  template int cholesky_factor<T>(int64_t, T*, int64_t);          \
  template void triangular_solve<T>(bool, char, bool, int64_t, int64_t, const T*, int64_t, T*, int64_t);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::complex<float>)
INSTANTIATE(std::complex<double>)
#undef INSTANTIATE

}  // namespace flambeau::linear
