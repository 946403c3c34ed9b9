// Views with memory of their own: each _copy operator is its view, cloned.
#include "ops/define.h"

namespace flambeau {

static Tensor copied(const Tensor& view) { return call<"clone">(view, MemoryFormat::contiguous); }

#define VIEW_COPY(id, signature_, parameters, view_)                  \
  OP(id){                                                             \
      .signature = signature_ " -> Tensor",                           \
      .python = torch,                                                \
      .variants = Variants::out,                                      \
      .doc = "A copy of what the view of this name shows.",           \
      .composite = [] parameters -> Tensor { return copied(view_); }, \
  };
#define P(...) (__VA_ARGS__)
VIEW_COPY(alias_copy, "alias_copy(Tensor self)", P(const Tensor& self), self)
VIEW_COPY(detach_copy, "detach_copy(Tensor self)", P(const Tensor& self), call<"detach">(self))
VIEW_COPY(view_copy, "view_copy(Tensor self, SymInt[] size)", P(const Tensor& self, IntSpan size),
          call<"reshape">(self, size))  // memory of its own fits sizes that no view of the tensor has
VIEW_COPY(expand_copy, "expand_copy(Tensor self, SymInt[] size, *, bool implicit=False)",
          P(const Tensor& self, IntSpan size, bool), call<"expand">(self, size))
VIEW_COPY(permute_copy, "permute_copy(Tensor self, int[] dims)", P(const Tensor& self, IntSpan dims),
          call<"permute">(self, dims))
VIEW_COPY(transpose_copy, "transpose_copy.int(Tensor self, int dim0, int dim1)",
          P(const Tensor& self, int64_t a, int64_t b), call<"transpose.int">(self, a, b))
VIEW_COPY(t_copy, "t_copy(Tensor self)", P(const Tensor& self), call<"t">(self))
VIEW_COPY(select_copy, "select_copy.int(Tensor self, int dim, SymInt index)",
          P(const Tensor& self, int64_t dim, int64_t index), call<"select.int">(self, dim, index))
VIEW_COPY(slice_copy, "slice_copy.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1)",
          P(const Tensor& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step),
          call<"slice.Tensor">(self, dim, start, end, step))
VIEW_COPY(unsqueeze_copy, "unsqueeze_copy(Tensor self, int dim)", P(const Tensor& self, int64_t dim),
          call<"unsqueeze">(self, dim))
VIEW_COPY(squeeze_copy, "squeeze_copy(Tensor self)", P(const Tensor& self), call<"squeeze">(self))
VIEW_COPY(squeeze_copy_dim, "squeeze_copy.dim(Tensor self, int dim)", P(const Tensor& self, int64_t dim),
          call<"squeeze.dim">(self, dim))
VIEW_COPY(squeeze_copy_dims, "squeeze_copy.dims(Tensor self, int[] dim)", P(const Tensor& self, IntSpan dims),
          call<"squeeze.dims">(self, dims))
VIEW_COPY(as_strided_copy, "as_strided_copy(Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None)",
          P(const Tensor& self, IntSpan size, IntSpan stride, std::optional<int64_t> offset),
          call<"as_strided">(self, size, stride, offset))
VIEW_COPY(view_as_real_copy, "view_as_real_copy(Tensor self)", P(const Tensor& self), call<"view_as_real">(self))
VIEW_COPY(view_as_complex_copy, "view_as_complex_copy(Tensor self)", P(const Tensor& self),
          call<"view_as_complex">(self))
#undef P
#undef VIEW_COPY

}  // namespace flambeau
