// Matrix products over any element type and strides.
#include "cpu/routines.h"
#include "cuda/emit.h"
#include "cuda/numbers.h"
#include "cuda/walk.h"
#include "loops/copy.h"

namespace flambeau::cuda {

namespace {

struct Matrix {
  int64_t row, column;
  StridedWalk batch;
};
struct ComplexNumber {
  double re, im;
};

// Batches of c; those of a and b repeat where they have size 1 or are missing.
Dimensions batches(const Tensor& t, IntSpan sizes) {
  Dims strides(sizes.size());
  int64_t own = t.dim() - 2, lead = static_cast<int64_t>(sizes.size()) - own;
  for (int64_t d = 0; d < own; ++d) strides[lead + d] = t.size(d) == 1 ? 0 : t.stride(d);
  Dimensions all;  // not joined: the walks of all three go over the same sizes
  for (size_t d = sizes.size(); d-- > 0;) {
    check(all.rank < 8, ErrorKind::NotImplemented,
          "matmul: more than eight dimensions of batches are too many for a CUDA kernel; "
          "the nearest alternative is reshape to fewer");
    all.walk.size[all.rank] = Divisor(static_cast<uint32_t>(sizes[d]));
    all.walk.stride[all.rank++] = strides[d];
    all.count *= sizes[d];
  }
  return all;
}

void multiply(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha, const Scalar& beta,
              bool conjugate) {
  int device = index_of(c.device());
  use(device);
  const DType type = c.dtype(), part = to_real(type);
  const Lane lane = lane_of(part);
  const char* number = lane == Lane::f32 || lane == Lane::f64 ? lane_type(lane) : "uint64_t";
  const bool pairs = is_complex(type);
  const int64_t m = c.size(-2), n = c.size(-1), k = a.size(-1);
  IntSpan sizes = c.sizes().first(static_cast<size_t>(c.dim() - 2));
  Dimensions cb = batches(c, sizes), ab = batches(a, sizes), bb = batches(b, sizes);
  const int tile = m * n <= 4096 || pairs ? 1 : 4;
  const Kernel& kernel_ = kernel("product.cu", "product", device,
                                 {{"M", memory_type(type)},
                                  {"P", number},
                                  {"L", pairs ? std::string("pair<") + number + ">" : number},
                                  {"COMPLEX", pairs ? "1" : "0"},
                                  {"CONJUGATE", conjugate ? "1" : "0"},
                                  {"T", std::to_string(tile)},
                                  {"A_BY_ROW", a.stride(-1) == 1 ? "1" : "0"},
                                  {"B_BY_ROW", b.stride(-1) == 1 ? "1" : "0"},
                                  {"BATCH", cb.rank_text()}},
                                 "matmul");
  auto matrix = [](const Tensor& t, const Dimensions& d) { return Matrix{t.stride(-2), t.stride(-1), d.walk}; };
  const int64_t side = 16 * tile;
  Grid grid{(n + side - 1) / side, std::min<int64_t>((m + side - 1) / side, 65535), std::min<int64_t>(cb.count, 65535)};
  auto run = [&](auto x, auto y) {
    launch("matmul", device, kernel_, grid, 256, 0, elements(c), elements(a), elements(b), matrix(c, cb), matrix(a, ab),
           matrix(b, bb), m, n, k, cb.count, x, y);
  };
  if (pairs && part == DType::float64)
    return run(ComplexNumber{alpha.to_double(), alpha.imag()}, ComplexNumber{beta.to_double(), beta.imag()});
  struct Narrow {
    alignas(8) float re;
    float im;
  };
  if (pairs)
    return run(Narrow{static_cast<float>(alpha.to_double()), static_cast<float>(alpha.imag())},
               Narrow{static_cast<float>(beta.to_double()), static_cast<float>(beta.imag())});
  if (lane == Lane::f64) return run(alpha.to_double(), beta.to_double());
  if (lane == Lane::f32) return run(static_cast<float>(alpha.to_double()), static_cast<float>(beta.to_double()));
  auto whole = [&](const Scalar& s) {
    return static_cast<uint64_t>(type == DType::bool_ ? static_cast<int64_t>(s.to_bool()) : s.to_int());
  };
  run(whole(alpha), whole(beta));
}

}  // namespace

ROUTINE(cuda, product) = [](const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha,
                            const Scalar& beta) { multiply(c, a, b, alpha, beta, false); };

ROUTINE(cuda, dot_product) = [](const Tensor& out, const Tensor& a, const Tensor& b, bool conjugate) {
  int64_t n = a.numel();
  Tensor row = alias(a, Layout(Dims{1, n}, Dims{n, a.stride(0)}, a.offset())),
         column = alias(b, Layout(Dims{n, 1}, Dims{b.stride(0), 1}, b.offset())),
         one = alias(out, Layout(Dims{1, 1}, Dims{1, 1}, out.offset()));
  multiply(one, row, column, 1, 0, conjugate);
};

}  // namespace flambeau::cuda
