// LAPACK through OpenBLAS, one typed function per routine for float, double and their complex types. Matrices are
// column-major with a leading dimension; work memory is found inside; the result is LAPACK's `info` (0: success,
// negative: bad argument, positive: numerical failure). Calls run on the calling thread.
#pragma once

#include <complex>
#include <type_traits>

namespace flambeau::libraries {

template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
template <class T>
using Real = typename RealOf<T>::type;
template <class T>
using Complex = std::complex<Real<T>>;

// LU with row exchanges (pivots count from 1), solving with it ('N', 'T', 'C'), and the inverse from it.
template <class T>
int getrf(int m, int n, T* a, int lda, int* pivots);
template <class T>
int getrs(char transpose, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb);
template <class T>
int getri(int n, T* a, int lda, const int* pivots);

// Cholesky of the triangle `uplo` ('U' or 'L'), inverse and solving from it.
template <class T>
int potrf(char uplo, int n, T* a, int lda);
template <class T>
int potri(char uplo, int n, T* a, int lda);
template <class T>
int potrs(char uplo, int n, int columns, const T* a, int lda, T* b, int ldb);

// QR: reflectors and tau; Q made explicit (complex: ungqr); Q applied to C from `side` 'L' or 'R' (complex: unmqr,
// 'C').
template <class T>
int geqrf(int m, int n, T* a, int lda, T* tau);
template <class T>
int orgqr(int m, int n, int k, T* a, int lda, const T* tau);
template <class T>
int ormqr(char side, char transpose, int m, int n, int k, const T* a, int lda, const T* tau, T* c, int ldc);

// Singular values: job 'A', 'S' or 'N'.
template <class T>
int gesdd(char job, int m, int n, T* a, int lda, Real<T>* s, T* u, int ldu, T* vt, int ldvt);

// Eigenvalues of a symmetric or Hermitian matrix, ascending; job 'V' leaves the vectors in `a`.
template <class T>
int syevd(char job, char uplo, int n, T* a, int lda, Real<T>* w);

// Eigenvalues and, where the pointer is not null, left and right eigenvectors (n×n, dense) of a general matrix.
template <class T>
int geev(int n, T* a, int lda, Complex<T>* w, Complex<T>* left, Complex<T>* right);

// Least squares. b is max(m, n) × columns. rank is written by all but gels.
template <class T>
int gels(char transpose, int m, int n, int columns, T* a, int lda, T* b, int ldb);
template <class T>
int gelsy(int m, int n, int columns, T* a, int lda, T* b, int ldb, int* pivots, Real<T> rcond, int* rank);
template <class T>
int gelsd(int m, int n, int columns, T* a, int lda, T* b, int ldb, Real<T>* s, Real<T> rcond, int* rank);
template <class T>
int gelss(int m, int n, int columns, T* a, int lda, T* b, int ldb, Real<T>* s, Real<T> rcond, int* rank);

// Triangular solve: trtrs tells of a zero on the diagonal, trsm does not look.
template <class T>
int trtrs(char uplo, char transpose, char diagonal, int n, int columns, const T* a, int lda, T* b, int ldb);
template <class T>
void trsm(char side, char uplo, char transpose, char diagonal, int m, int n, T alpha, const T* a, int lda, T* b,
          int ldb);

// Bunch-Kaufman factors of a symmetric matrix, and solving with them; he…: of a Hermitian one (equal for real types).
template <class T>
int sytrf(char uplo, int n, T* a, int lda, int* pivots);
template <class T>
int hetrf(char uplo, int n, T* a, int lda, int* pivots);
template <class T>
int sytrs(char uplo, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb);
template <class T>
int hetrs(char uplo, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb);

}  // namespace flambeau::libraries
