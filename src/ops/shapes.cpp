// Other shapes of the same elements, written with view, permute and expand.
#include <algorithm>

#include "core/saturating.h"
#include "ops/define.h"

namespace flambeau {

namespace {

Tensor flattened(const Tensor& self, int64_t start, int64_t end) {
  int64_t rank = self.dim();
  start = wrap_dim("flatten", start, rank);
  end = wrap_dim("flatten", end, rank);
  check(start <= end, ErrorKind::Runtime, "flatten() has invalid args: start_dim cannot come after end_dim, got ",
        start, " and ", end);
  if (rank == 0) return call<"reshape">(self, Dims{1});
  if (start == end) return self;
  Dims sizes;
  int64_t joined = 1;
  for (int64_t d = 0; d < rank; ++d) {
    if (d < start || d > end)
      sizes.push_back(self.size(d));
    else
      joined *= self.size(d);
    if (d == end) sizes.push_back(joined);
  }
  return call<"reshape">(self, sizes);
}

Tensor unflattened(const Tensor& self, int64_t dim, IntSpan sizes) {
  dim = wrap_dim("unflatten", dim, self.dim());
  check(!sizes.empty(), ErrorKind::Runtime, "unflatten: sizes must be non-empty");
  int64_t size = self.dim() ? self.size(dim) : 1, product = 1, free = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      check(free < 0, ErrorKind::Runtime, "unflatten: only one dimension can be inferred, got ", list_text(sizes));
      free = static_cast<int64_t>(i);
    } else {
      product = sat_mul(product, sizes[i]);
    }
  }
  Dims inner(sizes);
  bool fits = free < 0 ? product == size : product > 0 && size % product == 0;
  check(fits, ErrorKind::Runtime, "unflatten: Provided sizes ", list_text(sizes),
        " don't multiply up to the size of dim ", dim, " (", size, ") in the input tensor");
  if (free >= 0) inner[free] = size / product;
  Dims out;
  for (int64_t d = 0; d < std::max<int64_t>(self.dim(), 1); ++d) {
    if (d == dim)
      for (int64_t s : inner) out.push_back(s);
    else
      out.push_back(self.size(d));
  }
  return call<"view">(self, out);
}

Tensor moved(const char* op, const Tensor& self, IntSpan source, IntSpan destination) {
  check(source.size() == destination.size(), ErrorKind::Runtime, op, ": Invalid source or destination dims: source (",
        list_text(source), " dims) should contain the same number of dims as destination (", list_text(destination),
        " dims)");
  int64_t rank = self.dim();
  Dims from, to;
  for (size_t i = 0; i < source.size(); ++i) {
    from.push_back(wrap_dim(op, source[i], rank));
    to.push_back(wrap_dim(op, destination[i], rank));
  }
  auto repeats = [](Dims dims) {
    std::sort(dims.begin(), dims.end());
    return std::adjacent_find(dims.begin(), dims.end()) != dims.end();
  };
  check(!repeats(from), ErrorKind::Runtime, op, ": repeated dim in `source` (", list_text(source), ")");
  check(!repeats(to), ErrorKind::Runtime, op, ": repeated dim in `destination` (", list_text(destination), ")");
  if (rank == 0) return call<"alias">(self);
  Dims order(rank, -1);
  for (size_t i = 0; i < from.size(); ++i) order[to[i]] = from[i];
  int64_t next = 0;
  for (int64_t d = 0; d < rank; ++d) {
    if (order[d] >= 0) continue;
    while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
    order[d] = next++;
  }
  return call<"permute">(self, order);
}

Tensor last_two(const char* op, const Tensor& self) {
  check(self.dim() >= 2 || self.dim() == 0, ErrorKind::Runtime, op,
        ": only supported on matrices or batches of matrices. Got ", self.dim(), "-D tensor.");
  return self.dim() == 0 ? self : call<"transpose.int">(self, int64_t{-2}, int64_t{-1});
}
Tensor conjugated(const Tensor& t) { return t.is_complex() ? call<"conj">(t) : t; }

}  // namespace

OP(flatten){
    .signature = "flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
    .doc = "The dimensions from ``start_dim`` to ``end_dim`` joined to one; a view where the strides allow it.",
    .composite = [](const Tensor& self, int64_t start, int64_t end) -> Tensor { return flattened(self, start, end); },
};
OP(unflatten){
    .signature = "unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)",
    .doc = "A dimension cut into several; one of the sizes may be -1.",
    .composite = [](const Tensor& self, int64_t dim, IntSpan sizes) -> Tensor { return unflattened(self, dim, sizes); },
};
OP(ravel){
    .signature = "ravel(Tensor(a) self) -> Tensor(a)",
    .doc = "All elements as one contiguous vector; a view where they lie so already.",
    .composite = [](const Tensor& self) -> Tensor { return call<"view">(call<"contiguous">(self), Dims{-1}); },
};
OP(_unsafe_view){
    .signature = "_unsafe_view(Tensor self, SymInt[] size) -> Tensor",
    .python = hidden,
    .doc = "The same elements in other sizes, as a tensor of its own: for arguments that nobody else holds.",
    .cpu = [](const Tensor& self, IntSpan size) -> Tensor {
      Layout layout;
      Dims sizes = infer_sizes("_unsafe_view", size, self.numel());
      check(self.layout().viewed(sizes, layout), ErrorKind::Runtime, "_unsafe_view: the strides of ", describe(self),
            " do not allow a view of sizes ", list_text(sizes), "; use reshape()");
      return alias(self, std::move(layout));
    },
    .gradient = [](Grad& g) { g.set("self", call<"reshape">(g.out(), g.sizes("self"))); },
    .any_device = true,
};
OP(_reshape_alias){
    .signature = "_reshape_alias(Tensor(a) self, SymInt[] size, SymInt[] stride) -> Tensor(a)",
    .python = hidden,
    .doc = "A view of given sizes; kept for traced programs.",
    .composite = [](const Tensor& self, IntSpan size, IntSpan) -> Tensor { return call<"view">(self, size); },
};
OP(view_as){
    .signature = "view_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    .python = method,
    .doc = "A view of the sizes of ``other``.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor { return call<"view">(self, other.sizes()); },
};
OP(reshape_as){
    .signature = "reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    .python = method,
    .doc = "The elements in the sizes of ``other``.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor { return call<"reshape">(self, other.sizes()); },
};
OP(expand_as){
    .signature = "expand_as(Tensor(a) self, Tensor other) -> Tensor(a)",
    .python = method,
    .doc = "Repeated without a copy to the sizes of ``other``.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor { return call<"expand">(self, other.sizes()); },
};
OP(broadcast_to){
    .signature = "broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)",
    .doc = "Repeated without a copy to the given sizes.",
    .composite = [](const Tensor& self, IntSpan size) -> Tensor { return call<"expand">(self, size); },
};
OP(broadcast_tensors){
    .signature = "broadcast_tensors(Tensor[] tensors) -> Tensor[]",
    .python = hidden,
    .doc = "All tensors expanded to their common sizes.",
    .composite = [](TensorSpan tensors) -> std::vector<Tensor> {
      Dims sizes;
      for (const Tensor& t : tensors) sizes = broadcast_sizes("broadcast_tensors", sizes, t.sizes());
      std::vector<Tensor> out;
      for (const Tensor& t : tensors) out.push_back(call<"expand">(t, sizes));
      return out;
    },
};

#define MOVED_DIMENSIONS(name)                                                                     \
  OP(name##_int){                                                                                  \
      .signature = #name ".int(Tensor(a) self, int source, int destination) -> Tensor(a)",         \
      .doc = "Dimensions moved to other places; the others keep their order.",                     \
      .composite = [](const Tensor& self, int64_t source, int64_t destination) -> Tensor {         \
        return moved(#name, self, IntSpan(&source, 1), IntSpan(&destination, 1));                  \
      },                                                                                           \
  };                                                                                               \
  OP(name##_list){                                                                                 \
      .signature = #name ".intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)", \
      .composite = [](const Tensor& self, IntSpan source, IntSpan destination) -> Tensor {         \
        return moved(#name, self, source, destination);                                            \
      },                                                                                           \
  };
MOVED_DIMENSIONS(movedim)
MOVED_DIMENSIONS(moveaxis)
#undef MOVED_DIMENSIONS

#define SWAPPED(name, a, b)                                                                                  \
  OP(name){                                                                                                  \
      .signature = #name "(Tensor(a) self, int " a ", int " b ") -> Tensor(a)",                              \
      .variants = Variants::inplace,                                                                         \
      .doc = "Another name of :func:`transpose`.",                                                           \
      .view =                                                                                                \
          [](const Tensor& self, int64_t x, int64_t y) {                                                     \
            return self.layout().transposed(wrap_dim(#name, x, self.dim()), wrap_dim(#name, y, self.dim())); \
          },                                                                                                 \
      .gradient = [](Grad& g) { return call<"transpose.int">(g.out(), g.integer(a), g.integer(b)); },        \
  };
SWAPPED(swapaxes, "axis0", "axis1")
SWAPPED(swapdims, "dim0", "dim1")
#undef SWAPPED

OP(numpy_T){
    .signature = "numpy_T(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "All dimensions in reverse order.",
    .composite = [](const Tensor& self) -> Tensor {
      Dims order;
      for (int64_t d = self.dim(); d-- > 0;) order.push_back(d);
      return call<"permute">(self, order);
    },
};
OP(matrix_H){
    .signature = "matrix_H(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "The conjugate transpose of a matrix.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dim() == 2 || self.dim() == 0, ErrorKind::Runtime,
            "tensor.H is only supported on matrices (2-D tensors). Got ", self.dim(), "-D tensor.");
      return conjugated(last_two("H", self));
    },
};
OP(mT){
    .signature = "mT(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "The last two dimensions exchanged.",
    .composite = [](const Tensor& self) -> Tensor { return last_two("tensor.mT", self); },
};
OP(mH){
    .signature = "mH(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "The last two dimensions exchanged, and conjugated.",
    .composite = [](const Tensor& self) -> Tensor { return conjugated(last_two("tensor.mH", self)); },
};
OP(adjoint){
    .signature = "adjoint(Tensor(a) self) -> Tensor(a)",
    .doc = "The last two dimensions exchanged, and conjugated.",
    .composite = [](const Tensor& self) -> Tensor { return conjugated(last_two("adjoint()", self)); },
};

OP(atleast_1d){
    .signature = "atleast_1d(Tensor self) -> Tensor",
    .python = torch,
    .doc = "A number as a vector of one element; anything else as it is.",
    .composite = [](const Tensor& self) -> Tensor { return self.dim() == 0 ? call<"reshape">(self, Dims{1}) : self; },
};
OP(atleast_2d){
    .signature = "atleast_2d(Tensor self) -> Tensor",
    .python = torch,
    .doc = "Numbers and vectors as a matrix of one row; anything else as it is.",
    .composite = [](const Tensor& self) -> Tensor {
      if (self.dim() == 0) return call<"reshape">(self, Dims{1, 1});
      return self.dim() == 1 ? call<"unsqueeze">(self, int64_t{0}) : self;
    },
};
OP(atleast_3d){
    .signature = "atleast_3d(Tensor self) -> Tensor",
    .python = torch,
    .doc =
        "Numbers, vectors (as a row) and matrices with further dimensions of size 1, so that there are three at least.",
    .composite = [](const Tensor& self) -> Tensor {
      if (self.dim() == 0) return call<"reshape">(self, Dims{1, 1, 1});
      if (self.dim() == 1) return call<"unsqueeze">(call<"unsqueeze">(self, int64_t{0}), int64_t{-1});
      return self.dim() == 2 ? call<"unsqueeze">(self, int64_t{-1}) : self;
    },
};
#define ATLEAST_LIST(name)                                             \
  OP(name##_list){                                                     \
      .signature = #name ".Sequence(Tensor[] tensors) -> Tensor[]",    \
      .python = torch,                                                 \
      .composite = [](TensorSpan tensors) -> std::vector<Tensor> {     \
        std::vector<Tensor> out;                                       \
        for (const Tensor& t : tensors) out.push_back(call<#name>(t)); \
        return out;                                                    \
      },                                                               \
  };
ATLEAST_LIST(atleast_1d)
ATLEAST_LIST(atleast_2d)
ATLEAST_LIST(atleast_3d)
#undef ATLEAST_LIST

}  // namespace flambeau
