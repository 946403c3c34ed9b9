// Matrix products of tensors: the choice between the libraries and the plain kernels, and the plain kernels.
#include "cpu/product.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "cpu/libraries/matmul.h"
#include "cpu/routines.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

constexpr double kThreadsFrom = 1 << 16;  // multiplications for which a second thread is worth waking

// The type that additions of products are kept in: unsigned, so that overflow wraps, and as narrow as the result
// allows.
template <class T>
struct Wrapping {
  using type = std::make_unsigned_t<T>;
};
template <>
struct Wrapping<bool> {
  using type = uint8_t;
};
template <>
struct Wrapping<int8_t> {
  using type = uint16_t;
};
template <>
struct Wrapping<uint8_t> {
  using type = uint16_t;
};

struct Matrices {
  int64_t m, n, k;
  int64_t a_row, a_column, b_row, b_column, c_row, c_column;
};

// Rows [begin, end) of one integer product; b is row-major with b_column 1.
template <class T>
__attribute__((optimize("O3"))) void integer_rows(const T* a, const T* b, T* c, const Matrices& s, int64_t begin,
                                                  int64_t end, int64_t alpha, int64_t beta) {
  using U = typename Wrapping<T>::type;
  constexpr int64_t kColumns = 512;
  U sums[kColumns];
  for (int64_t j0 = 0; j0 < s.n; j0 += kColumns) {
    const int64_t width = std::min(kColumns, s.n - j0);
    for (int64_t i = begin; i < end; ++i) {
      std::fill_n(sums, width, U(0));
      for (int64_t p = 0; p < s.k; ++p) {
        const U factor = static_cast<U>(a[i * s.a_row + p * s.a_column]);
        if (factor == 0) continue;
        const T* row = b + p * s.b_row + j0;
        if constexpr (std::is_same_v<T, bool>) {
          for (int64_t j = 0; j < width; ++j) sums[j] |= static_cast<U>(row[j]);
        } else {
          for (int64_t j = 0; j < width; ++j)
            sums[j] = static_cast<U>(sums[j] + static_cast<U>(factor * static_cast<U>(row[j])));
        }
      }
      for (int64_t j = 0; j < width; ++j) {
        T& out = c[i * s.c_row + (j0 + j) * s.c_column];
        if constexpr (std::is_same_v<T, bool>) {
          out = (sums[j] && alpha) || (beta && out);
        } else {
          uint64_t value = static_cast<uint64_t>(alpha) * static_cast<uint64_t>(sums[j]);
          if (beta) value += static_cast<uint64_t>(beta) * static_cast<uint64_t>(out);
          out = static_cast<T>(value);
        }
      }
    }
  }
}

template <class T>
void integer_product(const Tensor& c, const Tensor& a, const Tensor& given_b, int64_t alpha, int64_t beta) {
  Tensor b = given_b.stride(-1) == 1 || given_b.size(-1) <= 1 ? given_b : as_contiguous(given_b);
  const int64_t rank = c.dim();
  Matrices s{c.size(-2),   c.size(-1), a.size(-1),   a.stride(-2), a.stride(-1),
             b.stride(-2), 1,          c.stride(-2), c.stride(-1)};
  int64_t batches = 1;
  for (int64_t d = 0; d < rank - 2; ++d) batches *= c.size(d);
  if (batches == 0 || s.m == 0 || s.n == 0) return;
  const int64_t rows = std::clamp<int64_t>((1 << 16) / std::max<int64_t>(1, s.n * s.k), 1, s.m);
  const int64_t blocks = (s.m + rows - 1) / rows;
  auto work = [&](int64_t task) {
    int64_t rest = task / blocks, begin = task % blocks * rows;
    const T *pa = a.data<T>(), *pb = b.data<T>();
    T* pc = c.data<T>();
    for (int64_t d = rank - 2; d-- > 0;) {
      int64_t i = rest % c.size(d);
      rest /= c.size(d);
      if (a.size(d) > 1) pa += i * a.stride(d);
      if (b.size(d) > 1) pb += i * b.stride(d);
      pc += i * c.stride(d);
    }
    integer_rows<T>(pa, pb, pc, s, begin, std::min(begin + rows, s.m), alpha, beta);
  };
  if (batches * blocks == 1)
    work(0);
  else
    parallel_tasks(batches * blocks, work);
}

// Whether the rows of a run on through its batches: (batch…, m, k) read as one (batch·m, k) matrix.
bool rows_run_on(const Tensor& t) {
  int64_t expected = t.stride(-2) * t.size(-2);
  for (int64_t d = t.dim() - 2; d-- > 0;) {
    if (t.size(d) == 1) continue;
    if (t.stride(d) != expected) return false;
    expected *= t.size(d);
  }
  return true;
}

void library_product(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha, const Scalar& beta) {
  libraries::Matmul call{};
  call.dtype = c.dtype();
  call.m = c.size(-2);
  call.n = c.size(-1);
  call.k = a.size(-1);
  call.a_row = a.stride(-2);
  call.a_column = a.stride(-1);
  call.b_row = b.stride(-2);
  call.b_column = b.stride(-1);
  call.c_row = c.stride(-2);
  call.c_column = c.stride(-1);
  call.a = a.data();
  call.b = b.data();
  call.c = c.data();
  call.alpha = alpha.to_complex();
  call.beta = beta.to_complex();
  const int64_t batch_rank = c.dim() - 2;
  Dims sizes, a_strides, b_strides, c_strides;
  bool one_b = true;
  for (int64_t d = 0; d < batch_rank; ++d) {
    if (c.size(d) == 1) continue;
    sizes.push_back(c.size(d));
    a_strides.push_back(a.size(d) == 1 ? 0 : a.stride(d));
    b_strides.push_back(b.size(d) == 1 ? 0 : b.stride(d));
    c_strides.push_back(c.stride(d));
    one_b = one_b && b_strides.back() == 0;
  }
  if (!sizes.empty() && one_b && rows_run_on(a) && rows_run_on(c) &&
      a.numel() == c.numel() / std::max<int64_t>(1, call.n) * call.k) {
    for (int64_t n : sizes) call.m *= n;
    if (c.size(-2) == 1) {  // the stride of a single row says nothing
      call.a_row = a_strides.back();
      call.c_row = c_strides.back();
    }
    sizes = {};
  }
  call.batch = sizes;
  call.a_batch = a_strides;
  call.b_batch = b_strides;
  call.c_batch = c_strides;
  if (static_cast<double>(c.numel()) * static_cast<double>(call.k) < kThreadsFrom) return libraries::matmul(call);
  LibraryThreads threads;
  call.threads = threads.count();
  libraries::matmul(call);
}

template <class T>
void integer_dot(const Tensor& out, const Tensor& a, const Tensor& b) {
  using U = typename Wrapping<T>::type;
  const T *x = a.data<T>(), *y = b.data<T>();
  U sum = 0;
  for (int64_t i = 0, n = a.numel(), sx = a.stride(0), sy = b.stride(0); i < n; ++i)
    sum = static_cast<U>(sum + static_cast<U>(static_cast<U>(x[i * sx]) * static_cast<U>(y[i * sy])));
  *out.data<T>() = static_cast<T>(sum);
}

using Four = float __attribute__((vector_size(16), aligned(4), may_alias));
Four load(const float* p) { return *reinterpret_cast<const Four*>(p); }

}  // namespace

void product(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha, const Scalar& beta) {
  if (c.numel() == 0) return;
  FLAMBEAU_ELSEWHERE(product, c, c, a, b, alpha, beta);
  switch (c.dtype()) {
    case DType::bool_: return integer_product<bool>(c, a, b, alpha.to_bool(), beta.to_bool());
    case DType::uint8: return integer_product<uint8_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::int8: return integer_product<int8_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::int16: return integer_product<int16_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::int32: return integer_product<int32_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::int64: return integer_product<int64_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::uint16: return integer_product<uint16_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::uint32: return integer_product<uint32_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::uint64: return integer_product<uint64_t>(c, a, b, alpha.to_int(), beta.to_int());
    case DType::float16:
    case DType::bfloat16:
    case DType::float32:
    case DType::float64:
    case DType::complex64:
    case DType::complex128: return library_product(c, a, b, alpha, beta);
    default: {  // the narrow types without products of their own
      DType wide = c.is_complex() ? DType::complex64 : DType::float32;
      Tensor sum = beta.equal(0) ? empty(c.sizes(), wide) : cast(as_contiguous(c), wide);
      library_product(sum, cast(a, wide), cast(b, wide), alpha, beta);
      copy_elements(c, sum);
    }
  }
}

void dot_product(const Tensor& out, const Tensor& a, const Tensor& b, bool conjugate) {
  FLAMBEAU_ELSEWHERE(dot_product, out, out, a, b, conjugate);
  switch (out.dtype()) {
    case DType::bool_: {
      bool any = false;
      for (int64_t i = 0; i < a.numel(); ++i)
        any = any || (a.data<bool>()[i * a.stride(0)] && b.data<bool>()[i * b.stride(0)]);
      *out.data<bool>() = any;
      return;
    }
    case DType::uint8: return integer_dot<uint8_t>(out, a, b);
    case DType::int8: return integer_dot<int8_t>(out, a, b);
    case DType::int16: return integer_dot<int16_t>(out, a, b);
    case DType::int32: return integer_dot<int32_t>(out, a, b);
    case DType::int64: return integer_dot<int64_t>(out, a, b);
    default: break;
  }
  // Blocks of fixed size, each one library call; their sums are added in order.
  constexpr int64_t kBlock = 1 << 15;
  const int64_t n = a.numel(), blocks = std::max<int64_t>(1, (n + kBlock - 1) / kBlock);
  const DType wide = is_complex(out.dtype()) ? (out.dtype() == DType::complex128 ? DType::complex128 : DType::complex64)
                                             : (out.dtype() == DType::float64 ? DType::float64 : DType::float32);
  Tensor x = cast(a, wide), y = cast(b, wide), sums = empty(Dims{blocks}, wide);
  auto block = [&](int64_t i) {
    libraries::Matmul call{};
    call.dtype = wide;
    call.m = call.n = 1;
    call.k = std::min(kBlock, n - i * kBlock);
    call.a_row = call.k;
    call.a_column = x.stride(0);
    call.b_row = y.stride(0);
    call.b_column = 1;
    call.c_row = call.c_column = 1;
    const int64_t width = static_cast<int64_t>(flambeau::itemsize(wide));
    call.a = x.data<char>() + i * kBlock * x.stride(0) * width;
    call.b = y.data<char>() + i * kBlock * y.stride(0) * width;
    call.c = sums.data<char>() + i * width;
    call.conjugate_a = conjugate;
    libraries::matmul(call);
  };
  if (n == 0)
    fill_elements(sums, Scalar(0));
  else if (blocks == 1)
    block(0);
  else
    parallel_tasks(blocks, block);
  auto add_up = [&](auto zero) {
    auto* p = sums.data<decltype(zero)>();
    for (int64_t i = 1; i < blocks; ++i) p[0] += p[i];
  };
  switch (wide) {
    case DType::float32: add_up(0.0f); break;
    case DType::float64: add_up(0.0); break;
    case DType::complex64: add_up(std::complex<float>()); break;
    default: add_up(std::complex<double>());
  }
  copy_elements(out, alias(sums, Layout(Dims{}, Dims{})));
}

// Four outputs at once: four sums of four lanes each, brought together by a 4×4 transposition.
void small_linear(const float* x, const float* weight, const float* bias, float* y, int64_t m, int64_t n, int64_t k) {
  for (int64_t i = 0; i < m; ++i, x += k, y += n) {
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) {
      const float *w0 = weight + j * k, *w1 = w0 + k, *w2 = w1 + k, *w3 = w2 + k;
      Four s0{}, s1{}, s2{}, s3{};
      int64_t p = 0;
      for (; p + 4 <= k; p += 4) {
        const Four v = load(x + p);
        s0 += v * load(w0 + p);
        s1 += v * load(w1 + p);
        s2 += v * load(w2 + p);
        s3 += v * load(w3 + p);
      }
      const Four a = __builtin_shufflevector(s0, s1, 0, 4, 1, 5) + __builtin_shufflevector(s0, s1, 2, 6, 3, 7);
      const Four b = __builtin_shufflevector(s2, s3, 0, 4, 1, 5) + __builtin_shufflevector(s2, s3, 2, 6, 3, 7);
      Four sum = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
      for (; p < k; ++p) sum += x[p] * Four{w0[p], w1[p], w2[p], w3[p]};
      if (bias) sum += load(bias + j);
      std::memcpy(y + j, &sum, sizeof sum);
    }
    for (; j < n; ++j) {
      const float* w = weight + j * k;
      float sum = 0;
      for (int64_t p = 0; p < k; ++p) sum += x[p] * w[p];
      y[j] = bias ? sum + bias[j] : sum;
    }
  }
}

}  // namespace flambeau
