// Matrix products: strides brought to what BLAS takes, the choice of library, and the cut into single-threaded pieces.
// Narrow types without a native path are widened to float first.
#include "cpu/libraries/matmul.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/error.h"
#include "cpu/libraries/convert.h"
#include "cpu/libraries/library.h"
#include "cpu/libraries/onednn.h"
#include "cpu/libraries/openblas.h"
#include "cpu/libraries/parallel.h"

namespace flambeau::libraries {
namespace {

constexpr int64_t kLargestInt = std::numeric_limits<int>::max();

template <class T>
struct View {  // rows × columns
  T* data;
  int64_t rows, columns, row, column;

  View transposed() const { return {data, columns, rows, column, row}; }
  View block(int64_t i, int64_t j, int64_t height, int64_t width) const {
    return {data + i * row + j * column, height, width, row, column};
  }
  // One of the strides is 1 and the other one is a leading dimension for BLAS.
  bool column_major() const { return row == 1 && (columns <= 1 || (column >= std::max<int64_t>(rows, 1))); }
  bool row_major() const { return transposed().column_major(); }
  bool dense() const { return column_major() || row_major(); }
};

// A dimension of size 1 may carry any stride; give it one that makes the matrix dense if that is possible.
template <class T>
View<T> tidy(View<T> view) {
  if (view.rows == 1 && view.columns == 1) return {view.data, 1, 1, 1, 1};
  if (view.rows == 1)
    view.row = view.column == 1 ? view.columns : 1;
  else if (view.columns == 1)
    view.column = view.row == 1 ? view.rows : 1;
  return view;
}

template <class T>
void copy(View<const T> from, View<T> to) {
  if (std::abs(from.row) < std::abs(from.column)) {
    from = from.transposed();
    to = to.transposed();
  }
  for (int64_t i = 0; i < from.rows; i++)
    for (int64_t j = 0; j < from.columns; j++)
      to.data[i * to.row + j * to.column] = from.data[i * from.row + j * from.column];
}

// An operand as BLAS takes it: its own memory, or a dense row-major copy.
template <class T>
struct Operand {
  View<const T> view;
  Scratch copy_;
  explicit Operand(View<const T> given) : view(tidy(given)) {
    if (view.dense()) return;
    copy_ = Scratch(view.rows * view.columns * sizeof(T));
    View<T> target{copy_.as<T>(), view.rows, view.columns, view.columns, 1};
    copy<T>(view, target);
    view = {target.data, target.rows, target.columns, target.row, 1};
  }
};

template <class T>
T scalar(std::complex<double> value) {
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<T>(value.real());
  else
    return T(value);
}

template <class T>
struct Product {
  T alpha, beta;
  bool conjugate_a, conjugate_b;
};

// Column-major operand letter: N as it is, T transposed, R conjugated, C both.
template <class T>
char letter(const View<const T>& view, bool conjugate) {
  const bool plain = view.column_major();
  if (conjugate && !std::is_arithmetic_v<T>) return plain ? 'R' : 'C';
  return plain ? 'N' : 'T';
}
template <class T>
int leading(const View<T>& view) {
  const bool plain = view.column_major();
  return static_cast<int>(std::max<int64_t>(
      plain ? (view.columns > 1 ? view.column : view.rows) : (view.rows > 1 ? view.row : view.columns), 1));
}

template <class T>
void blas_gemm(View<const T> a, View<const T> b, View<T> c, const Product<T>& p) {
  const int m = c.rows, n = c.columns, k = a.columns;
  const char ta = letter(a, p.conjugate_a), tb = letter(b, p.conjugate_b);
  const int lda = leading(a), ldb = leading(b), ldc = leading(c);
  blas<T>().gemm(&ta, &tb, &m, &n, &k, &p.alpha, a.data, &lda, b.data, &ldb, &p.beta, c.data, &ldc);
}

// C (m×1) = A · b. Only for real or unconjugated operands.
template <class T>
void blas_gemv(View<const T> a, View<const T> b, View<T> c, const Product<T>& p) {
  const bool plain = a.column_major();
  const int rows = plain ? a.rows : a.columns, columns = plain ? a.columns : a.rows;
  const char transpose = plain ? 'N' : 'T';
  const int lda = leading(a), incx = b.row ? b.row : 1, incy = c.row ? c.row : 1;
  blas<T>().gemv(&transpose, &rows, &columns, &p.alpha, a.data, &lda, b.data, &incx, &p.beta, c.data, &incy);
}

// Note [Which library]. Measured in docs/decisions.md; decided by the processor's features and the shape alone. With
// AVX-512 kernels float products from about 112³ multiplications on go to oneDNN. Without them only middling ones do:
// from about 2²² on OpenBLAS is as fast or faster, and where rows lie far apart much faster, since oneDNN reads
// operands of that size unpacked, so that lines a power of two apart throw each other out of the cache.
template <class T>
bool to_onednn(const View<const T>& a, const View<const T>& b, const View<T>& c) {
  if (!std::is_same_v<T, float> || c.rows <= 1 || c.columns <= 1) return false;
  const int64_t work = c.rows * c.columns * a.columns;
  if (openblas().avx512) return work >= 112 * 112 * 112;
  return work >= 40 * 40 * 40 && work <= 1 << 22 && std::max({leading(a), leading(b), leading(c)}) < 1024;
}

// One piece on the calling thread; c is column-major, a and b dense.
template <class T>
void piece(View<const T> a, View<const T> b, View<T> c, const Product<T>& p) {
  if constexpr (std::is_same_v<T, float>) {
    if (to_onednn(a, b, c)) {
      // Row-major C^T = B^T · A^T; a column-major matrix is its transpose in row-major order.
      onednn::Sgemm call{
          .a = b.data, .b = a.data, .c = c.data, .lda = leading(b), .ldb = leading(a), .ldc = leading(c)};
      call.transpose_a = b.column_major() ? 'N' : 'T';
      call.transpose_b = a.column_major() ? 'N' : 'T';
      call.m = c.columns, call.n = c.rows, call.k = a.columns;
      call.alpha = p.alpha, call.beta = p.beta;
      check_onednn("matmul", onednn_table().sgemm(call));
      return;
    }
  }
  blas_gemm(a, b, c, p);
}

// The grid of pieces for an m×n result: set by the shape alone. Pieces stay large enough for a library call to be
// efficient and numerous enough for many threads.
struct Grid {
  int64_t rows, columns;  // size of a piece
  Grid(int64_t m, int64_t n, int64_t k) : rows(m), columns(n) {
    constexpr int64_t kLeastSide = 96;
    const double work = double(m) * n * k;
    // OpenBLAS packs both operands anew for every piece: a sixth of the time at 8 pieces of 1024×1536×384.
    const bool packs = !openblas().avx512;
    const double most = !packs || work > 0x1p35 ? 32 : work > 0x1p33 ? 16 : work > 0x1p31 ? 8 : 4;
    int64_t pieces = std::min(most, work / (packs ? 0x1p22 : 0x1p21));
    while (pieces > 1) {
      if (rows >= columns && rows >= 2 * kLeastSide)
        rows = (rows / 2 + 31) / 32 * 32;
      else if (columns >= 2 * kLeastSide)
        columns = (columns / 2 + 31) / 32 * 32;
      else
        break;
      pieces /= 2;
    }
  }
};

template <class T>
void scale(View<T> c, T beta) {
  for (int64_t i = 0; i < c.rows; i++)
    for (int64_t j = 0; j < c.columns; j++) {
      T& value = c.data[i * c.row + j * c.column];
      value = beta == T(0) ? T(0) : value * beta;
    }
}

template <class T>
void one_product(View<const T> a, View<const T> b, View<T> c, Product<T> p, int threads) {
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns == 0) return scale(c, p.beta);
  check(std::max({c.rows, c.columns, a.columns}) <= kLargestInt, ErrorKind::NotImplemented, "matmul: a product of ",
        c.rows, "x", a.columns, " and ", a.columns, "x", c.columns, " exceeds 2147483647 in a dimension");
  c = tidy(c);
  if (!c.dense()) {  // through a dense copy
    Scratch memory(c.rows * c.columns * sizeof(T));
    View<T> dense{memory.as<T>(), c.rows, c.columns, 1, c.rows};
    if (p.beta != T(0)) copy<T>({c.data, c.rows, c.columns, c.row, c.column}, dense);
    one_product(a, b, dense, p, threads);
    copy<T>({dense.data, c.rows, c.columns, 1, c.rows}, c);
    return;
  }
  if (!c.column_major()) {  // C^T = B^T · A^T
    auto turned = b.transposed();
    b = a.transposed();
    a = turned;
    c = c.transposed();
    std::swap(p.conjugate_a, p.conjugate_b);
  }
  Operand<T> left(a), right(b);
  check(std::max({leading(left.view), leading(right.view), leading(c)}) > 0, ErrorKind::NotImplemented,
        "matmul: a stride exceeds 2147483647");
  const bool conjugated = p.conjugate_a || p.conjugate_b;
  if (!conjugated && (c.columns == 1 || c.rows == 1)) {
    View<const T> matrix = left.view, vector = right.view;
    View<T> result = c;
    if (c.columns != 1) {
      matrix = right.view.transposed();
      vector = left.view.transposed();
      result = c.transposed();
    }
    if (result.rows > 1 || matrix.columns > 1) {
      const int64_t rows = result.rows * matrix.columns < (1 << 16)
                               ? result.rows
                               : std::max<int64_t>(64, (result.rows / 16 + 15) / 16 * 16);
      parallel((result.rows + rows - 1) / rows, threads, [&](int64_t i) {
        int64_t begin = i * rows, height = std::min(rows, result.rows - begin);
        auto part = matrix.block(begin, 0, height, matrix.columns);
        if (!part.dense()) part = tidy(part);
        blas_gemv(part, vector, result.block(begin, 0, height, 1), p);
      });
      return;
    }
  }
  const Grid grid(c.rows, c.columns, left.view.columns);
  const int64_t down = (c.rows + grid.rows - 1) / grid.rows, across = (c.columns + grid.columns - 1) / grid.columns;
  parallel(down * across, threads, [&](int64_t index) {
    int64_t i = index % down * grid.rows, j = index / down * grid.columns;
    int64_t height = std::min(grid.rows, c.rows - i), width = std::min(grid.columns, c.columns - j);
    piece(left.view.block(i, 0, height, left.view.columns), right.view.block(0, j, right.view.rows, width),
          c.block(i, j, height, width), p);
  });
}

template <class T>
void typed(const Matmul& call, const void* a, const void* b, void* c, int threads) {
  one_product<T>({static_cast<const T*>(a), call.m, call.k, call.a_row, call.a_column},
                 {static_cast<const T*>(b), call.k, call.n, call.b_row, call.b_column},
                 {static_cast<T*>(c), call.m, call.n, call.c_row, call.c_column},
                 {scalar<T>(call.alpha), scalar<T>(call.beta), call.conjugate_a, call.conjugate_b}, threads);
}

// A narrow operand widened to a dense row-major float matrix.
Scratch widened(DType dtype, const void* data, int64_t rows, int64_t columns, int64_t row, int64_t column,
                bool& turned) {
  Scratch result(rows * columns * sizeof(float));
  const auto* from = static_cast<const uint16_t*>(data);
  turned = row == 1 && column != 1;
  if (turned) {
    std::swap(rows, columns);
    std::swap(row, column);
  }
  Scratch line(column == 1 ? 0 : columns * sizeof(uint16_t));
  for (int64_t i = 0; i < rows; i++) {
    const uint16_t* source = from + i * row;
    if (column != 1) {
      for (int64_t j = 0; j < columns; j++) line.as<uint16_t>()[j] = source[j * column];
      source = line.as<uint16_t>();
    }
    widen(dtype, source, result.as<float>() + i * columns, columns);
  }
  return result;
}

void through_float(const Matmul& call, const void* a, const void* b, void* c, int threads) {
  bool a_turned, b_turned;
  Scratch left = widened(call.dtype, a, call.m, call.k, call.a_row, call.a_column, a_turned);
  Scratch right = widened(call.dtype, b, call.k, call.n, call.b_row, call.b_column, b_turned);
  Matmul wide = call;
  wide.a_row = a_turned ? 1 : call.k;
  wide.a_column = a_turned ? call.m : 1;
  wide.b_row = b_turned ? 1 : call.n;
  wide.b_column = b_turned ? call.k : 1;
  if (call.float32_result) return typed<float>(wide, left.data(), right.data(), c, threads);
  wide.c_row = call.n;
  wide.c_column = 1;
  Scratch result(call.m * call.n * sizeof(float));
  Scratch line(call.n * sizeof(uint16_t));
  auto* target = static_cast<uint16_t*>(c);
  auto* bits = line.as<uint16_t>();
  if (wide.beta != 0.0) {
    for (int64_t i = 0; i < call.m; i++) {
      for (int64_t j = 0; j < call.n; j++) bits[j] = target[i * call.c_row + j * call.c_column];
      widen(call.dtype, bits, result.as<float>() + i * call.n, call.n);
    }
  }
  typed<float>(wide, left.data(), right.data(), result.data(), threads);
  for (int64_t i = 0; i < call.m; i++) {
    const float* source = result.as<float>() + i * call.n;
    if (call.c_column == 1) {
      narrow(call.dtype, source, target + i * call.c_row, call.n);
      continue;
    }
    narrow(call.dtype, source, bits, call.n);
    for (int64_t j = 0; j < call.n; j++) target[i * call.c_row + j * call.c_column] = bits[j];
  }
}

bool dense_matrix(int64_t rows, int64_t columns, int64_t row, int64_t column) {
  return tidy(View<const char>{nullptr, rows, columns, row, column}).dense();
}

// True if oneDNN's matmul primitive takes the call as it is.
bool fits_primitive(const Matmul& call) {
  if (call.m == 0 || call.n == 0 || call.k == 0) return false;
  return dense_matrix(call.m, call.k, call.a_row, call.a_column) &&
         dense_matrix(call.k, call.n, call.b_row, call.b_column) &&
         dense_matrix(call.m, call.n, call.c_row, call.c_column);
}

void through_primitive(const Matmul& call, const void* a, const void* b, void* c) {
  const bool integer = call.dtype == DType::int8;
  auto type = onednn_type(call.dtype);
  auto result = integer ? onednn::Type::int32 : call.float32_result ? onednn::Type::float32 : type;
  auto left = tidy(View<const char>{nullptr, call.m, call.k, call.a_row, call.a_column});
  auto right = tidy(View<const char>{nullptr, call.k, call.n, call.b_row, call.b_column});
  auto target = tidy(View<const char>{nullptr, call.m, call.n, call.c_row, call.c_column});
  onednn::Matmul p{type,
                   type,
                   result,
                   1,
                   1,
                   call.m,
                   call.n,
                   call.k,
                   call.m * call.k,
                   left.row,
                   left.column,
                   call.k * call.n,
                   right.row,
                   right.column,
                   call.m * call.n,
                   target.row,
                   target.column,
                   static_cast<float>(call.alpha.real()),
                   static_cast<float>(call.beta.real())};
  const int64_t size = integer || call.float32_result ? 4 : 2, width = itemsize(call.dtype);
  const Grid grid(call.m, call.n, call.k);
  const int64_t down = (call.m + grid.rows - 1) / grid.rows, across = (call.n + grid.columns - 1) / grid.columns;
  const bool turned = target.column != 1;  // primitives write row-major results
  parallel(down * across, call.threads, [&](int64_t index) {
    int64_t i = index % down * grid.rows, j = index / down * grid.columns;
    onednn::Matmul part = p;
    part.m = std::min(grid.rows, call.m - i);
    part.n = std::min(grid.columns, call.n - j);
    const char* pa = static_cast<const char*>(a) + i * left.row * width;
    const char* pb = static_cast<const char*>(b) + j * right.column * width;
    char* pc = static_cast<char*>(c) + (i * target.row + j * target.column) * size;
    if (turned) {
      std::swap(part.m, part.n);
      std::swap(pa, pb);
      std::swap(part.a_row, part.b_column);
      std::swap(part.a_column, part.b_row);
      std::swap(part.c_row, part.c_column);
    }
    part.a_batch = part.m * part.k;
    check_onednn("matmul", onednn_table().matmul(part, pa, pb, pc));
  });
}

// One product of a batch.
void one(const Matmul& call, const void* a, const void* b, void* c, int threads) {
  switch (call.dtype) {
    case DType::float32: return typed<float>(call, a, b, c, threads);
    case DType::float64: return typed<double>(call, a, b, c, threads);
    case DType::complex64: return typed<std::complex<float>>(call, a, b, c, threads);
    case DType::complex128: return typed<std::complex<double>>(call, a, b, c, threads);
    case DType::float16:
    case DType::bfloat16: {
      const auto& table = onednn_table();
      const bool native = call.dtype == DType::bfloat16 ? table.native_bfloat16 : table.native_float16;
      if (!native || !fits_primitive(call)) return through_float(call, a, b, c, threads);
      Matmul with = call;
      with.threads = threads;
      return through_primitive(with, a, b, c);
    }
    case DType::int8: {
      check(fits_primitive(call), ErrorKind::NotImplemented,
            "matmul: int8 wants matrices that are dense and not empty");
      Matmul with = call;
      with.threads = threads;
      return through_primitive(with, a, b, c);
    }
    default: raise(ErrorKind::NotImplemented, "matmul: no library takes ", name(call.dtype));
  }
}

}  // namespace

void matmul(const Matmul& call) {
  const int64_t width = itemsize(call.dtype);
  const int64_t result = call.dtype == DType::int8 || call.float32_result ? 4 : width;
  int64_t products = 1;
  for (int64_t size : call.batch) products *= size;
  if (products == 1) return one(call, call.a, call.b, call.c, call.threads);
  // Many small products share the threads; a few large ones use them all in turn.
  const bool spread = products >= 2 && (double(call.m) * call.n * call.k < 1 << 22 || products >= 64);
  const int64_t group =
      spread
          ? std::max<int64_t>(
                1, std::min<int64_t>(products / 4,
                                     (1 << 16) / std::max<int64_t>(1, call.m * call.n * std::max<int64_t>(1, call.k))))
          : 1;
  auto run = [&](int64_t first, int64_t last, int threads) {
    for (int64_t index = first; index < last; index++) {
      int64_t rest = index, a = 0, b = 0, c = 0;
      for (size_t d = call.batch.size(); d-- > 0;) {
        int64_t i = rest % call.batch[d];
        rest /= call.batch[d];
        a += i * call.a_batch[d];
        b += i * call.b_batch[d];
        c += i * call.c_batch[d];
      }
      one(call, static_cast<const char*>(call.a) + a * width, static_cast<const char*>(call.b) + b * width,
          static_cast<char*>(call.c) + c * result, threads);
    }
  };
  if (!spread) return run(0, products, call.threads);
  parallel((products + group - 1) / group, call.threads,
           [&](int64_t g) { run(g * group, std::min(products, (g + 1) * group), 1); });
}

}  // namespace flambeau::libraries
