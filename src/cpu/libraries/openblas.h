// The table of OpenBLAS functions in use, filled on first use. OpenBLAS always runs on the calling thread here: its own
// thread pool is never started, and work is divided by this folder's code. LAPACK is in lapack.h.
#pragma once

#include <complex>
#include <cstdint>

namespace flambeau::libraries {

template <class T>
struct Blas {
  using Gemm = void(const char* transpose_a, const char* transpose_b, const int* m, const int* n, const int* k,
                    const T* alpha, const T* a, const int* lda, const T* b, const int* ldb, const T* beta, T* c,
                    const int* ldc);
  using Gemv = void(const char* transpose, const int* m, const int* n, const T* alpha, const T* a, const int* lda,
                    const T* x, const int* incx, const T* beta, T* y, const int* incy);
  using Trsm = void(const char* side, const char* uplo, const char* transpose, const char* diagonal, const int* m,
                    const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb);
  Gemm* gemm;
  Gemv* gemv;
  Trsm* trsm;
};

struct OpenBlas {
  void* library;
  bool avx512;  // its kernels are the 512-bit ones
  Blas<float> s;
  Blas<double> d;
  Blas<std::complex<float>> c;
  Blas<std::complex<double>> z;
};

const OpenBlas& openblas();

template <class T>
const Blas<T>& blas();
template <>
inline const Blas<float>& blas() {
  return openblas().s;
}
template <>
inline const Blas<double>& blas() {
  return openblas().d;
}
template <>
inline const Blas<std::complex<float>>& blas() {
  return openblas().c;
}
template <>
inline const Blas<std::complex<double>>& blas() {
  return openblas().z;
}

}  // namespace flambeau::libraries
