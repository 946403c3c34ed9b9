// Batches of matrices for LAPACK: argument checks, column-major memory, and the loop over a batch. The operators of
// linear algebra (src/ops/linalg_*.cpp) and their kernels beside this file are written with it.
#pragma once

#include <algorithm>
#include <complex>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/saturating.h"
#include "core/tensor.h"
#include "cpu/libraries/lapack.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau::linear {

using libraries::Real;

// Calls f.template operator()<T>() for one of the four types that LAPACK has.
template <class F>
decltype(auto) with_type(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::complex64: return f.template operator()<std::complex<float>>();
    case DType::complex128: return f.template operator()<std::complex<double>>();
    default:
      raise(ErrorKind::NotImplemented, op, ": not implemented for ", name(dtype),
            "; convert the matrix to float32 first");
  }
}

// --- checks
// ------------------------------------------------------------------------------------------------------------
void check_matrix(const char* op, const Tensor& a, const char* argument = "A");
void check_square(const char* op, const Tensor& a, const char* argument = "A");
void check_numbers(const char* op, const Tensor& a);    // floating or complex
void check_precision(const char* op, const Tensor& a);  // the same, and no half types
void check_same_dtype(const char* op, const Tensor& a, const Tensor& b);
inline void check_square_numbers(const char* op, const Tensor& a) {
  check_square(op, a);
  check_precision(op, a);
}
// Raises LinAlgError for the first matrix whose `info` is positive; `what` says what it means, with {} for the number.
void check_info(const char* op, const Tensor& info, const char* what);

// --- sizes
// -------------------------------------------------------------------------------------------------------------
inline IntSpan batch_of(const Tensor& a, int64_t last = 2) { return a.sizes().first(a.dim() - last); }
inline Dims joined(IntSpan batch, std::initializer_list<int64_t> rest) {
  Dims out(batch);
  for (int64_t r : rest) out.push_back(r);
  return out;
}
Dims column_major(IntSpan sizes);  // strides: the last but one dimension is innermost
// Whether B is a batch of vectors for A: one dimension, or the sizes of A without its last.
bool is_vector_for(const Tensor& a, const Tensor& b);

// --- memory
// ------------------------------------------------------------------------------------------------------------ The
// tensor itself if its matrices are column-major without gaps, else a new one of that order (copied: with its values).
bool is_column_major(const Tensor& t);
Tensor columns_like(const Tensor& t);             // fresh or itself: to be written, then given to finish()
Tensor columns_copy(const Tensor& t);             // always memory of its own
Tensor columns_of(const Tensor& t);               // itself where possible: to be read
void assign(const Tensor& out, const Tensor& t);  // values only; quick where transposed
inline void finish(const Tensor& out, const Tensor& work) {
  if (!work.is(out)) assign(out, work);
}
// Values of `t` broadcast to `sizes`, column-major in memory of their own.
Tensor columns_broadcast(const Tensor& t, IntSpan sizes);

// Matrices of a column-major tensor, one after another.
template <class T>
struct Stack {
  explicit Stack(const Tensor& t, int64_t last = 2) : data(t.data<T>()) {
    step = last == 2 ? t.size(-1) * t.size(-2) : t.size(-1);
    rows = last == 2 ? t.size(-2) : t.size(-1);
    columns = last == 2 ? t.size(-1) : 1;
  }
  T* operator[](int64_t i) const { return data + i * step; }
  int lda() const { return static_cast<int>(std::max<int64_t>(1, rows)); }
  T* data;
  int64_t step, rows, columns;
};

inline int64_t count_of(IntSpan batch) {
  int64_t n = 1;
  for (int64_t b : batch) n = sat_mul(n, b);
  return n;
}

// body(i) for each matrix of a batch, spread over threads in groups that follow from the sizes alone.
template <class Body>
void for_each_matrix(int64_t count, double operations, Body&& body) {
  int64_t group = std::max<int64_t>(1, static_cast<int64_t>(100000.0 / (operations + 200)));
  int64_t tasks = (count + group - 1) / group;
  parallel_tasks(tasks, [&](int64_t task) {
    for (int64_t i = task * group, end = std::min(count, i + group); i < end; ++i) body(i);
  });
}

template <class T>
T conjugate(T v) {
  if constexpr (std::is_same_v<T, Real<T>>)
    return v;
  else
    return std::conj(v);
}

// --- factorizations of one matrix, blocked over the library's matrix product where that is quicker ------------------
template <class T>
int lu_factor(int64_t m, int64_t n, T* a, int64_t lda, int* pivots);
template <class T>
int cholesky_factor(int64_t n, T* a, int64_t lda);  // lower triangle; the upper one is left alone
// B := op(A)^-1 B for a triangular A; blocked the same way.
template <class T>
void triangular_solve(bool upper, char transpose, bool unit, int64_t n, int64_t columns, const T* a, int64_t lda, T* b,
                      int64_t ldb);

}  // namespace flambeau::linear
