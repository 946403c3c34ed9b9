// Diagonals and triangles of matrices; views written back into a copy (the _scatter forms).
#include <cstring>

#include "core/saturating.h"
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

Layout diagonal_layout(const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) {
  int64_t a = wrap_dim("diagonal", dim1, self.dim()), b = wrap_dim("diagonal", dim2, self.dim());
  check(a != b, ErrorKind::Runtime, "diagonal: dimensions cannot be identical ", dim1, ", ", dim2);
  Layout out = self.layout();
  int64_t n =
      offset >= 0 ? std::min(out.sizes[a], out.sizes[b] - offset) : std::min(out.sizes[a] + offset, out.sizes[b]);
  n = std::max<int64_t>(n, 0);
  if (n > 0) out.offset += offset >= 0 ? offset * out.strides[b] : -offset * out.strides[a];
  int64_t stride = out.strides[a] + out.strides[b];
  out.sizes.erase(std::max(a, b));
  out.strides.erase(std::max(a, b));
  out.sizes.erase(std::min(a, b));
  out.strides.erase(std::min(a, b));
  out.sizes.push_back(n);
  out.strides.push_back(stride);
  return out;
}

// A copy of self with `src` written to a view of it.
template <class View>
Tensor scattered(const char* op, const Tensor& self, const Tensor& src, View view) {
  Tensor out = call<"clone">(self, MemoryFormat::preserve);
  Tensor window = view(out);
  check(std::ranges::equal(window.sizes(), src.sizes()), ErrorKind::Runtime, op,
        ": expected src to have a size equal to the slice of self. src size = ", list_text(src.sizes()),
        ", slice size = ", list_text(window.sizes()));
  call<"copy_">(window, src);
  return out;
}

ResultSpec triangle_rule(const char* op, const Tensor& self) {
  check(self.dim() >= 2, ErrorKind::Runtime, op, ": input tensor must have at least 2 dimensions, got ", self.dim());
  return {Dims(self.sizes()), self.dtype()};
}

// Rows keep [0, k + row] (lower) or [k + row, end) (upper); the rest is zero.
void triangle(const Tensor& self, int64_t k, bool lower, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor from = as_contiguous(self);
  int64_t rows = out.size(-2), columns = out.size(-1);
  int64_t item = static_cast<int64_t>(out.itemsize());
  const char* source = static_cast<const char*>(from.data());
  char* to = static_cast<char*>(out.data());
  k = std::clamp<int64_t>(k, -rows, columns);
  parallel_for(out.numel() / columns, std::max<int64_t>(1, 131072 / (columns * item)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const char* row = source + r * columns * item;
      char* target = to + r * columns * item;
      int64_t cut = std::clamp<int64_t>(r % rows + k + (lower ? 1 : 0), 0, columns) * item, all = columns * item;
      if (lower) {
        std::memcpy(target, row, cut);
        std::memset(target + cut, 0, all - cut);
      } else {
        std::memset(target, 0, cut);
        std::memcpy(target + cut, row + cut, all - cut);
      }
    }
  });
}

Tensor triangle_indices(const char* op, int64_t rows, int64_t columns, int64_t offset, bool lower,
                        std::optional<DType> dtype, std::optional<Device> device) {
  check(rows >= 0, ErrorKind::Runtime, op, ": row must be non-negative, got ", rows);
  check(columns >= 0, ErrorKind::Runtime, op, ": col must be non-negative, got ", columns);
  // Row r has its first `edge(r)` columns below the triangle's edge: r + offset + 1 of them, or r + offset. In rows
  // [begin, end) that number grows by one a row; above them it is 0, below them all.
  using Wide = __int128;
  const Wide shift = static_cast<Wide>(offset) + (lower ? 1 : 0);
  auto edge = [&](int64_t r) { return static_cast<int64_t>(std::clamp<Wide>(r + shift, 0, columns)); };
  const auto begin = static_cast<int64_t>(std::clamp<Wide>(-shift, 0, rows)),
             end = static_cast<int64_t>(std::clamp<Wide>(columns - shift, begin, rows));
  const Wide below = (static_cast<Wide>(edge(begin)) + edge(end - 1)) * (end - begin) / 2 * (end > begin) +
                     static_cast<Wide>(rows - end) * columns,
             count = lower ? below : static_cast<Wide>(rows) * columns - below;
  check(count <= INT64_MAX / 32, ErrorKind::OutOfMemory, op, ": a triangle of ", rows, " rows and ", columns,
        " columns has too many elements");
  const auto n = static_cast<int64_t>(count);
  Tensor out = empty(Dims{2, n}, DType::int64, device.value_or(Device{}));
  if (!out.is_meta() && n > 0) {
    int64_t *row = out.data<int64_t>(), *column = row + n;
    for (int64_t r = lower ? begin : 0, until = lower ? rows : end; r < until; ++r)
      for (int64_t c = lower ? 0 : edge(r), last = lower ? edge(r) : columns; c < last; ++c) *row++ = r, *column++ = c;
  }
  if (dtype.value_or(DType::int64) == DType::int64) return out;
  return out.is_meta() ? empty(out.sizes(), *dtype, out.device()) : cast(out, *dtype);
}

}  // namespace

OP(diagonal){
    .signature = "diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)",
    .doc =
        "The diagonal of the planes of two dimensions, as a view whose last dimension it is; ``offset`` above or below "
        "the main one.",
    .view = diagonal_layout,
    .gradient =
        [](Grad& g) {
          return call<"diagonal_backward">(g.out(), g.sizes("self"), g.integer("offset"), g.integer("dim1"),
                                           g.integer("dim2"));
        },
};
OP(diagonal_backward){
    .signature =
        "diagonal_backward(Tensor grad_output, SymInt[] input_sizes, int offset, int dim1, int dim2) -> Tensor",
    .python = hidden,
    .doc = "Zeros with the cotangent on the diagonal.",
    .composite = [](const Tensor& grad, IntSpan sizes, int64_t offset, int64_t dim1, int64_t dim2) -> Tensor {
      Tensor out = call<"new_zeros">(grad, sizes);
      call<"copy_">(call<"diagonal">(out, offset, dim1, dim2), grad);
      return out;
    },
};
OP(diagonal_copy){
    .signature = "diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A copy of what :func:`diagonal` shows.",
    .composite = [](const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) -> Tensor {
      return call<"clone">(call<"diagonal">(self, offset, dim1, dim2), MemoryFormat::contiguous);
    },
};
OP(linalg_diagonal){
    .signature = "linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)",
    .python = linalg,
    .doc = "The diagonals of a batch of matrices, as a view.",
    .composite = [](const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) -> Tensor {
      return call<"diagonal">(self, offset, dim1, dim2);
    },
};
OP(diag_embed){
    .signature = "diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
    .variants = Variants::out,
    .doc = "Square matrices of zeros with the last dimension of the argument on a diagonal.",
    .composite = [](const Tensor& self, int64_t offset, int64_t dim1, int64_t dim2) -> Tensor {
      int64_t rank = self.dim() + 1;
      check(self.dim() >= 1, ErrorKind::Runtime, "diag_embed: wants at least one dimension, got a number");
      int64_t a = wrap_dim("diag_embed", dim1, rank), b = wrap_dim("diag_embed", dim2, rank);
      check(a != b, ErrorKind::Runtime, "diag_embed: diagonal dimensions cannot be identical ", dim1, ", ", dim2);
      int64_t n = sat_add(self.size(-1), sat_abs(offset));
      Dims sizes(self.sizes());
      sizes.pop_back();
      sizes.insert(std::min(a, b), n);
      sizes.insert(std::max(a, b), n);
      Tensor out = call<"new_zeros">(self, sizes);
      call<"copy_">(call<"diagonal">(out, offset, a, b), self);
      return out;
    },
};
OP(diag){
    .signature = "diag(Tensor self, int diagonal=0) -> Tensor",
    .variants = Variants::out,
    .doc = "Of a matrix the diagonal; of a vector the matrix that has it on its diagonal.",
    .composite = [](const Tensor& self, int64_t offset) -> Tensor {
      check(self.dim() == 1 || self.dim() == 2, ErrorKind::Runtime, "diag(): Supports 1D or 2D tensors. Got ",
            self.dim(), "D");
      return self.dim() == 1 ? call<"diag_embed">(self, offset) : call<"diagonal_copy">(self, offset);
    },
};
OP(diagflat){
    .signature = "diagflat(Tensor self, int offset=0) -> Tensor",
    .doc = "A matrix with all elements of the argument on its diagonal.",
    .composite = [](const Tensor& self, int64_t offset) -> Tensor {
      return call<"diag_embed">(call<"reshape">(self, Dims{-1}), offset);
    },
};
OP(trace){
    .signature = "trace(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = "The sum of a matrix's diagonal.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dim() == 2, ErrorKind::Runtime, "trace: expected a matrix, but got tensor with dim ", self.dim());
      return call<"sum">(call<"diagonal">(self));
    },
    .autocast = Autocast::high,
};

OP(diagonal_scatter){
    .signature = "diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor",
    .variants = Variants::out,
    .doc = "A copy with ``src`` in the place of the diagonal.",
    .composite = [](const Tensor& self, const Tensor& src, int64_t offset, int64_t dim1, int64_t dim2) -> Tensor {
      return scattered("diagonal_scatter", self, src,
                       [&](const Tensor& t) { return call<"diagonal">(t, offset, dim1, dim2); });
    },
};
OP(select_scatter){
    .signature = "select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor",
    .variants = Variants::out,
    .doc = "A copy with ``src`` in the place of one slice.",
    .composite = [](const Tensor& self, const Tensor& src, int64_t dim, int64_t index) -> Tensor {
      return scattered("select_scatter", self, src, [&](const Tensor& t) { return call<"select.int">(t, dim, index); });
    },
};
OP(slice_scatter){
    .signature =
        "slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> "
        "Tensor",
    .variants = Variants::out,
    .doc = "A copy with ``src`` in the place of a range of slices.",
    .composite = [](const Tensor& self, const Tensor& src, int64_t dim, std::optional<int64_t> start,
                    std::optional<int64_t> end, int64_t step) -> Tensor {
      return scattered("slice_scatter", self, src,
                       [&](const Tensor& t) { return call<"slice.Tensor">(t, dim, start, end, step); });
    },
};
OP(as_strided_scatter){
    .signature =
        "as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> "
        "Tensor",
    .variants = Variants::out,
    .doc = "A copy with ``src`` in the place of a window of any layout.",
    .composite = [](const Tensor& self, const Tensor& src, IntSpan size, IntSpan stride,
                    std::optional<int64_t> offset) -> Tensor {
      return scattered("as_strided_scatter", self, src,
                       [&](const Tensor& t) { return call<"as_strided">(t, size, stride, offset); });
    },
};

OP(tril){
    .signature = "tril(Tensor self, SymInt diagonal=0) -> Tensor",
    .variants = Variants::both,
    .doc = "The elements on and below a diagonal of each matrix, zeros above.",
    .shape = [](const Tensor& self, int64_t) { return triangle_rule("tril", self); },
    .cpu = [](const Tensor& self, int64_t k, const Tensor& out) { triangle(self, k, true, out); },
    .gradient = [](Grad& g) { return call<"tril">(g.out(), g.integer("diagonal")); },
};
OP(triu){
    .signature = "triu(Tensor self, SymInt diagonal=0) -> Tensor",
    .variants = Variants::both,
    .doc = "The elements on and above a diagonal of each matrix, zeros below.",
    .shape = [](const Tensor& self, int64_t) { return triangle_rule("triu", self); },
    .cpu = [](const Tensor& self, int64_t k, const Tensor& out) { triangle(self, k, false, out); },
    .gradient = [](Grad& g) { return call<"triu">(g.out(), g.integer("diagonal")); },
};
#define TRIANGLE_INDICES(name, lower, text)                                                                          \
  OP(name){                                                                                                          \
      .signature = #name                                                                                             \
      "(int row, int col, int offset=0, *, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? " \
      "pin_memory=None) -> Tensor",                                                                                  \
      .python = torch,                                                                                               \
      .variants = Variants::out,                                                                                     \
      .doc = text,                                                                                                   \
      .cpu = [](int64_t rows, int64_t columns, int64_t offset, std::optional<DType> dtype, const Value&,             \
                std::optional<Device> device, std::optional<bool>) -> Tensor {                                       \
        return triangle_indices(#name, rows, columns, offset, lower, dtype, device);                                 \
      },                                                                                                             \
      .not_differentiable = "the result is positions",                                                               \
      .any_device = true,                                                                                            \
  };
TRIANGLE_INDICES(tril_indices, true, "Row and column numbers of the elements on and below a diagonal.")
TRIANGLE_INDICES(triu_indices, false, "Row and column numbers of the elements on and above a diagonal.")
#undef TRIANGLE_INDICES

OP(vander){
    .signature = "vander(Tensor x, int? N=None, bool increasing=False) -> Tensor",
    .python = hidden,
    .doc = "Powers of the elements of a vector, a row for each: the last column (first, if increasing) is all ones.",
    .composite = [](const Tensor& x, std::optional<int64_t> count, bool increasing) -> Tensor {
      check(x.dim() == 1, ErrorKind::Runtime, "vander(): x must be a one-dimensional tensor, got ", x.dim(),
            " dimensions");
      int64_t n = count.value_or(x.size(0));
      check(n >= 0, ErrorKind::Runtime, "vander(): N must be non-negative, got ", n);
      Tensor column = call<"unsqueeze">(x, int64_t{1});
      DType type = is_integral(x.dtype(), true) ? DType::int64 : x.dtype();
      if (n == 0) return call<"empty.memory_format">(Dims{x.size(0), 0}, type, Value(), x.device());
      Tensor table = call<"ones_like">(column, type);
      if (n > 1) {
        Tensor powers = call<"cumprod">(call<"expand">(column, Dims{x.size(0), n - 1}), int64_t{1}, type);
        std::vector<Tensor> both{table, powers};
        table = call<"cat">(TensorSpan(both), int64_t{1});
      }
      return increasing ? table : call<"flip">(table, Dims{1});
    },
};

}  // namespace flambeau
