// The typed LAPACK functions: LAPACKE symbols of OpenBLAS, looked up at the first call of each.
#include "cpu/libraries/lapack.h"

#include <string>
#include <utility>
#include <vector>

#include "cpu/libraries/library.h"
#include "cpu/libraries/openblas.h"

namespace flambeau::libraries {
namespace {

constexpr int kColumnMajor = 102;  // LAPACK_COL_MAJOR

template <class T>
constexpr char kLetter = std::is_same_v<T, float>                 ? 's'
                         : std::is_same_v<T, double>              ? 'd'
                         : std::is_same_v<T, std::complex<float>> ? 'c'
                                                                  : 'z';
template <class T>
constexpr bool kComplex = !std::is_same_v<T, Real<T>>;

template <class T>
void* lookup(const char* real_name, const char* complex_name) {
  return find_symbol(openblas().library,
                     (std::string("scipy_LAPACKE_") + kLetter<T> + (kComplex<T> ? complex_name : real_name)).c_str());
}

}  // namespace

// Calls LAPACKE_<letter><name>; its C prototype is that of the arguments given, so they must have LAPACKE's exact
// types.
#define CALL(real_name, complex_name, ...)                                                         \
  [](auto... arguments) {                                                                          \
    using Function = int (*)(int, decltype(arguments)...);                                         \
    static const auto function = reinterpret_cast<Function>(lookup<T>(#real_name, #complex_name)); \
    return function(kColumnMajor, arguments...);                                                   \
  }(__VA_ARGS__)

template <class T>
int getrf(int m, int n, T* a, int lda, int* pivots) {
  return CALL(getrf, getrf, m, n, a, lda, pivots);
}
template <class T>
int getrs(char transpose, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb) {
  return CALL(getrs, getrs, transpose, n, columns, a, lda, pivots, b, ldb);
}
template <class T>
int getri(int n, T* a, int lda, const int* pivots) {
  return CALL(getri, getri, n, a, lda, pivots);
}
template <class T>
int potrf(char uplo, int n, T* a, int lda) {
  return CALL(potrf, potrf, uplo, n, a, lda);
}
template <class T>
int potri(char uplo, int n, T* a, int lda) {
  return CALL(potri, potri, uplo, n, a, lda);
}
template <class T>
int potrs(char uplo, int n, int columns, const T* a, int lda, T* b, int ldb) {
  return CALL(potrs, potrs, uplo, n, columns, a, lda, b, ldb);
}
template <class T>
int geqrf(int m, int n, T* a, int lda, T* tau) {
  return CALL(geqrf, geqrf, m, n, a, lda, tau);
}
template <class T>
int orgqr(int m, int n, int k, T* a, int lda, const T* tau) {
  return CALL(orgqr, ungqr, m, n, k, a, lda, tau);
}
template <class T>
int ormqr(char side, char transpose, int m, int n, int k, const T* a, int lda, const T* tau, T* c, int ldc) {
  return CALL(ormqr, unmqr, side, transpose, m, n, k, a, lda, tau, c, ldc);
}
template <class T>
int gesdd(char job, int m, int n, T* a, int lda, Real<T>* s, T* u, int ldu, T* vt, int ldvt) {
  return CALL(gesdd, gesdd, job, m, n, a, lda, s, u, ldu, vt, ldvt);
}
template <class T>
int syevd(char job, char uplo, int n, T* a, int lda, Real<T>* w) {
  return CALL(syevd, heevd, job, uplo, n, a, lda, w);
}

template <class T>
int geev(int n, T* a, int lda, Complex<T>* w, Complex<T>* left, Complex<T>* right) {
  const char job_left = left ? 'V' : 'N', job_right = right ? 'V' : 'N';
  const int ld = n > 0 ? n : 1;
  if constexpr (kComplex<T>) {
    return CALL(geev, geev, job_left, job_right, n, a, lda, w, left, ld, right, ld);
  } else {
    // Real routines give real and imaginary parts apart, and a conjugate pair of vectors as two real columns.
    std::vector<T> re(n), im(n), vl(left ? size_t(n) * n : 0), vr(right ? size_t(n) * n : 0);
    int info = CALL(geev, geev, job_left, job_right, n, a, lda, re.data(), im.data(), vl.data(), ld, vr.data(), ld);
    auto unpack = [&](const std::vector<T>& from, Complex<T>* to) {
      for (int j = 0; to && j < n; j++) {
        const T* x = from.data() + size_t(j) * n;
        const bool pair = im[j] != 0 && j + 1 < n;
        for (int i = 0; i < n; i++) {
          to[size_t(j) * n + i] = {x[i], pair ? x[n + i] : T(0)};
          if (pair) to[size_t(j + 1) * n + i] = {x[i], -x[n + i]};
        }
        j += pair;
      }
    };
    for (int i = 0; i < n; i++) w[i] = {re[i], im[i]};
    unpack(vl, left);
    unpack(vr, right);
    return info;
  }
}

template <class T>
int gels(char transpose, int m, int n, int columns, T* a, int lda, T* b, int ldb) {
  return CALL(gels, gels, transpose, m, n, columns, a, lda, b, ldb);
}
template <class T>
int gelsy(int m, int n, int columns, T* a, int lda, T* b, int ldb, int* pivots, Real<T> rcond, int* rank) {
  return CALL(gelsy, gelsy, m, n, columns, a, lda, b, ldb, pivots, rcond, rank);
}
template <class T>
int gelsd(int m, int n, int columns, T* a, int lda, T* b, int ldb, Real<T>* s, Real<T> rcond, int* rank) {
  return CALL(gelsd, gelsd, m, n, columns, a, lda, b, ldb, s, rcond, rank);
}
template <class T>
int gelss(int m, int n, int columns, T* a, int lda, T* b, int ldb, Real<T>* s, Real<T> rcond, int* rank) {
  return CALL(gelss, gelss, m, n, columns, a, lda, b, ldb, s, rcond, rank);
}
template <class T>
int trtrs(char uplo, char transpose, char diagonal, int n, int columns, const T* a, int lda, T* b, int ldb) {
  return CALL(trtrs, trtrs, uplo, transpose, diagonal, n, columns, a, lda, b, ldb);
}
template <class T>
void trsm(char side, char uplo, char transpose, char diagonal, int m, int n, T alpha, const T* a, int lda, T* b,
          int ldb) {
  blas<T>().trsm(&side, &uplo, &transpose, &diagonal, &m, &n, &alpha, a, &lda, b, &ldb);
}
template <class T>
int sytrf(char uplo, int n, T* a, int lda, int* pivots) {
  return CALL(sytrf, sytrf, uplo, n, a, lda, pivots);
}
template <class T>
int hetrf(char uplo, int n, T* a, int lda, int* pivots) {
  return CALL(sytrf, hetrf, uplo, n, a, lda, pivots);
}
template <class T>
int sytrs(char uplo, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb) {
  return CALL(sytrs, sytrs, uplo, n, columns, a, lda, pivots, b, ldb);
}
template <class T>
int hetrs(char uplo, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb) {
  return CALL(sytrs, hetrs, uplo, n, columns, a, lda, pivots, b, ldb);
}

#define FOR_TYPE(T)                                                                   \
  template int getrf<T>(int, int, T*, int, int*);                                     \
  template int getrs<T>(char, int, int, const T*, int, const int*, T*, int);          \
  template int getri<T>(int, T*, int, const int*);                                    \
  template int potrf<T>(char, int, T*, int);                                          \
  template int potri<T>(char, int, T*, int);                                          \
  template int potrs<T>(char, int, int, const T*, int, T*, int);                      \
  template int geqrf<T>(int, int, T*, int, T*);                                       \
  template int orgqr<T>(int, int, int, T*, int, const T*);                            \
  template int ormqr<T>(char, char, int, int, int, const T*, int, const T*, T*, int); \
  template int gesdd<T>(char, int, int, T*, int, Real<T>*, T*, int, T*, int);         \
  template int syevd<T>(char, char, int, T*, int, Real<T>*);                          \
  template int geev<T>(int, T*, int, Complex<T>*, Complex<T>*, Complex<T>*);          \
  template int gels<T>(char, int, int, int, T*, int, T*, int);                        \
  template int gelsy<T>(int, int, int, T*, int, T*, int, int*, Real<T>, int*);        \
  template int gelsd<T>(int, int, int, T*, int, T*, int, Real<T>*, Real<T>, int*);    \
  template int gelss<T>(int, int, int, T*, int, T*, int, Real<T>*, Real<T>, int*);    \
  template int trtrs<T>(char, char, char, int, int, const T*, int, T*, int);          \
  template void trsm<T>(char, char, char, char, int, int, T, const T*, int, T*, int); \
  template int sytrf<T>(char, int, T*, int, int*);                                    \
  template int hetrf<T>(char, int, T*, int, int*);                                    \
  template int sytrs<T>(char, int, int, const T*, int, const int*, T*, int);          \
  template int hetrs<T>(char, int, int, const T*, int, const int*, T*, int);
FOR_TYPE(float)
FOR_TYPE(double)
FOR_TYPE(std::complex<float>)
FOR_TYPE(std::complex<double>)

}  // namespace flambeau::libraries
