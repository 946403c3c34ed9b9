// Checks, memory order and error reports for batches of matrices.
#include "cpu/linalg/matrices.h"

#include <string>
#include <string_view>

namespace flambeau::linear {

void check_matrix(const char* op, const Tensor& a, const char* argument) {
  check(a.dim() >= 2, ErrorKind::Runtime, op, ": The input tensor ", argument,
        " must have at least 2 dimensions, got shape ", list_text(a.sizes()));
}

void check_square(const char* op, const Tensor& a, const char* argument) {
  check_matrix(op, a, argument);
  check(a.size(-1) == a.size(-2), ErrorKind::Runtime, op, ": ", argument,
        " must be batches of square matrices, but they are ", a.size(-2), " by ", a.size(-1), " matrices");
}

void check_numbers(const char* op, const Tensor& a) {
  check(a.is_floating() || a.is_complex(), ErrorKind::Runtime, op,
        ": Expected a floating point or complex tensor as input. Got ", name(a.dtype()));
}

void check_precision(const char* op, const Tensor& a) {
  check_numbers(op, a);
  bool low = a.itemsize() < (a.is_complex() ? 8u : 4u);
  check(!low, ErrorKind::Runtime, op, ": Low precision dtypes not supported. Got ", name(a.dtype()));
}

void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op,
        ": Expected A and B to have the same dtype, but found A of type ", name(a.dtype()), " and B of type ",
        name(b.dtype()), " instead");
}

void check_info(const char* op, const Tensor& info, const char* what) {
  if (info.is_meta() || info.numel() == 0) return;
  Tensor plain = as_contiguous(info);
  const int32_t* codes = plain.data<int32_t>();
  for (int64_t i = 0, n = plain.numel(); i < n; ++i) {
    if (codes[i] == 0) continue;
    std::string where = info.dim() ? "(Batch element " + std::to_string(i) + "): " : "";
    check(codes[i] > 0, ErrorKind::Runtime, op, ": ", where, "argument ", -codes[i], " has an illegal value");
    std::string text(what);
    for (size_t at; (at = text.find("{}")) != std::string::npos;) text.replace(at, 2, std::to_string(codes[i]));
    raise(ErrorKind::LinAlg, op, ": ", where, text);
  }
}

Dims column_major(IntSpan sizes) {
  Dims strides = contiguous_strides(sizes);
  size_t n = sizes.size();
  if (n < 2) return strides;
  strides[n - 2] = 1;
  strides[n - 1] = std::max<int64_t>(1, sizes[n - 2]);
  return strides;
}

bool is_vector_for(const Tensor& a, const Tensor& b) {
  return b.dim() == 1 || (a.dim() - 1 == b.dim() && std::ranges::equal(b.sizes(), a.sizes().first(a.dim() - 1)));
}

bool is_column_major(const Tensor& t) {
  if (t.numel() == 0) return true;
  Dims want = column_major(t.sizes());
  for (int64_t d = 0; d < t.dim(); ++d)
    if (t.size(d) != 1 && t.stride(d) != want[d]) return false;
  return true;
}

// 16×16 tiles keep both sides in the cache.
template <class T>
static void transpose(const T* from, T* to, int64_t rows, int64_t columns) {
  constexpr int64_t kTile = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kTile)
    for (int64_t c0 = 0; c0 < columns; c0 += kTile)
      for (int64_t c = c0, c1 = std::min(columns, c0 + kTile); c < c1; ++c)
        for (int64_t r = r0, r1 = std::min(rows, r0 + kTile); r < r1; ++r) to[c * rows + r] = from[r * columns + c];
}

void assign(const Tensor& out, const Tensor& t) {
  bool plain = out.dtype() == t.dtype() && !t.is_conj() && !t.is_neg() && t.dim() >= 2 && t.numel() > 0 &&
               std::ranges::equal(out.sizes(), t.sizes());
  if (plain && ((t.is_contiguous() && is_column_major(out)) || (is_column_major(t) && out.is_contiguous()))) {
    bool to_columns = t.is_contiguous() && is_column_major(out);
    int64_t rows = to_columns ? t.size(-2) : t.size(-1), columns = to_columns ? t.size(-1) : t.size(-2);
    int64_t step = rows * columns, count = t.numel() / step;
    auto move = [&]<class T>() {
      for_each_matrix(count, static_cast<double>(step),
                      [&](int64_t i) { transpose(t.data<T>() + i * step, out.data<T>() + i * step, rows, columns); });
    };
    switch (t.itemsize()) {
      case 4: return move.template operator()<float>();
      case 8: return move.template operator()<double>();
      case 16: return move.template operator()<std::complex<double>>();
      default: break;
    }
  }
  copy_elements(out, t);
}

static Tensor fresh_columns(IntSpan sizes, DType dtype) {
  return empty_strided(Dims(sizes), column_major(sizes), dtype);
}

Tensor columns_like(const Tensor& t) { return is_column_major(t) ? t : fresh_columns(t.sizes(), t.dtype()); }

Tensor columns_copy(const Tensor& t) {
  Tensor out = fresh_columns(t.sizes(), t.dtype());
  assign(out, t);
  return out;
}

Tensor columns_of(const Tensor& t) { return is_column_major(t) && !t.is_conj() && !t.is_neg() ? t : columns_copy(t); }

Tensor columns_broadcast(const Tensor& t, IntSpan sizes) {
  Tensor out = fresh_columns(sizes, t.dtype());
  assign(out, t);
  return out;
}

}  // namespace flambeau::linear
