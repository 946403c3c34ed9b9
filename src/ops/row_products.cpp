// Dot products of rows with rows: what a batch of dot() comes down to.
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// Sixteen running sums, which the compiler keeps in registers; their order is fixed by n alone.
template <class T>
void rows_with_rows(const Tensor& a, const Tensor& b, const Tensor& out, int64_t n) {
  const T *x = a.data<T>(), *y = b.data<T>();
  T* to = out.data<T>();
  parallel_for(out.numel(), std::max<int64_t>(1, (1 << 15) / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T *p = x + row * n, *q = y + row * n;
      T sums[16] = {};
      int64_t k = 0;
      for (; k + 16 <= n; k += 16)
        for (int j = 0; j < 16; ++j) sums[j] += p[k + j] * q[k + j];
      for (int half = 8; half; half /= 2)
        for (int j = 0; j < half; ++j) sums[j] += sums[j + half];
      for (; k < n; ++k) sums[0] += p[k] * q[k];
      to[row] = sums[0];
    }
  });
}

}  // namespace

OP(_row_dots){
    .signature = "_row_dots(Tensor self, Tensor other) -> Tensor",
    .python = hidden,
    .doc = "Dot products of the rows (…, n) of two tensors of float32 or float64: (…).",
    .shape = [](const Tensor& self, const Tensor& other) -> ResultSpec {
      check(self.dim() > 0 && std::ranges::equal(self.sizes(), other.sizes()), ErrorKind::Runtime,
            "_row_dots: expected rows of the same sizes, got ", list_text(self.sizes()), " and ",
            list_text(other.sizes()));
      check(self.dtype() == other.dtype() && (self.dtype() == DType::float32 || self.dtype() == DType::float64),
            ErrorKind::NotImplemented, "_row_dots: not implemented for ", name(self.dtype()), " and ",
            name(other.dtype()), "; (self * other).sum(-1) takes all types");
      return {.sizes = Dims(self.sizes().first(self.sizes().size() - 1)), .dtype = self.dtype()};
    },
    .cpu =
        [](const Tensor& self, const Tensor& other, const Tensor& out) {
          Tensor a = as_contiguous(self), b = as_contiguous(other);
          if (self.dtype() == DType::float32)
            rows_with_rows<float>(a, b, out, self.size(-1));
          else
            rows_with_rows<double>(a, b, out, self.size(-1));
        },
    .saves = {"self for other", "other for self"},
    .gradient =
        [](Grad& g) {
          Tensor column = call<"unsqueeze">(g.out(), int64_t{-1});
          if (g.wants("self")) g.set("self", call<"mul.Tensor">(column, g.arg("other")));
          if (g.wants("other")) g.set("other", call<"mul.Tensor">(column, g.self()));
        },
};

}  // namespace flambeau
