// Sparse tensors in coordinate form: making them, taking them apart, and the way to and from strided ones.
#include "autograd/node.h"
#include "core/saturating.h"
#include "loops/copy.h"
#include "ops/sparse_parts.h"

namespace flambeau {

using namespace sparse;

namespace {

void check_parts(const char* op, const Tensor& indices, const Tensor& values, IntSpan sizes) {
  check(indices.dim() == 2, ErrorKind::Runtime, op, ": indices must be sparse_dim x nnz, but got ",
        list_text(indices.sizes()));
  check(values.dim() >= 1 && values.size(0) == indices.size(1), ErrorKind::Runtime, op,
        ": indices and values must have same nnz, but got nnz from indices: ", indices.size(1),
        ", nnz from values: ", values.dim() ? values.size(0) : 0);
  numel_of(sizes);
  int64_t rows = indices.size(0), dense = values.dim() - 1;
  check(static_cast<int64_t>(sizes.size()) == rows + dense, ErrorKind::Runtime, op, ": size has ", sizes.size(),
        " dimensions, but indices of shape ", list_text(indices.sizes()), " and values of shape ",
        list_text(values.sizes()), " want ", rows + dense);
  for (int64_t d = 0; d < dense; ++d)
    check(values.size(d + 1) == sizes[rows + d], ErrorKind::Runtime, op, ": values has incorrect size ",
          list_text(values.sizes()), ", which does not fit the sizes ", list_text(sizes), " in dense dimension ", d);
}

// Coordinates of the elements that differ from 0, over the first `sparse_dim` dimensions.
Tensor sparse_from_dense(const Tensor& self, int64_t rows) {
  check(rows >= 0 && rows <= self.dim() && (rows > 0 || self.dim() == 0), ErrorKind::Runtime,
        "to_sparse: sparse_dim must be in 1 to ", self.dim(), ", got ", rows);
  check(!self.is_meta(), ErrorKind::NotImplemented,
        "to_sparse: the number of elements depends on data, so there is no 'meta' form; use 'cpu'");
  if (rows == 0) {
    Tensor values = call<"unsqueeze">(self, int64_t{0});
    bool some = call_value<"item">(call<"ne.Tensor">(call<"detach">(self), Scalar(int64_t{0}))).boolean();
    return from_parts(empty(Dims{0, some ? 1 : 0}, DType::int64), some ? values : call<"new_zeros">(self, Dims{0}),
                      self.sizes(), true);
  }
  Tensor there = call<"ne.Tensor">(call<"detach">(self), Scalar(int64_t{0}));
  for (int64_t d = self.dim() - 1; d >= rows; --d) there = call<"any.dim">(there, d);
  Tensor indices = call<"contiguous">(call<"t">(call<"nonzero">(there)));
  return from_parts(indices, values_at(self, indices), self.sizes(), true);
}

}  // namespace

OP(_sparse_from_parts){
    .signature = "_sparse_from_parts(Tensor indices, Tensor values, SymInt[] size, bool is_coalesced) -> Tensor",
    .python = hidden,
    .doc = R"(The sparse tensor with the elements ``values`` (nnz, dense sizes...) at the columns of ``indices``
    (sparse_dim, nnz). The indices are taken as they are: not copied, and not checked against the sizes.)",
    .cpu = [](const Tensor& indices, const Tensor& values, IntSpan size, bool coalesced) -> Tensor {
      check_parts("sparse_coo_tensor", indices, values, size);
      check(!is_sparse(values), ErrorKind::Runtime, "sparse_coo_tensor: values have to be strided, got sparse ones");
      return sparse_tensor(indices, values, size, coalesced);
    },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          // A cotangent of this very pattern belongs to the values one by one, even where a place stands twice.
          Tensor grad = g.out(), indices = g.arg("indices");
          bool own = is_sparse(grad) && same_pattern(grad, indices);
          g.set("values", own ? values_of(grad) : values_at(grad, indices));
        },
    .any_device = true,
};
OP(_sparse_values){
    .signature = "_sparse_values(Tensor self) -> Tensor",
    .python = hidden,
    .doc = "The values of a sparse tensor, coalesced or not; their gradient is sparse, of the same pattern.",
    .cpu = [](const Tensor& self) -> Tensor {
      check_sparse("values", self);
      return alias(sparse_parts(self).values, sparse_parts(self).values.layout());
    },
    .saves = {"self"},
    .gradient = [](Grad& g) { g.set("self", with_values(g.arg("self"), dense_of(g.out()))); },
    .any_device = true,
};
FORM(sparse_coo, "_sparse_values"){.as_it_is = true};

OP(_sparse_shallow_copy){
    .signature = "_sparse_shallow_copy(Tensor self) -> Tensor",
    .python = hidden,
    .doc = "The same parts and history in a tensor of its own, which does not follow when the parts are replaced.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("_sparse_shallow_copy", self);
      SparseParts& parts = sparse_parts(self);
      Tensor copy = sparse_tensor(parts.indices, parts.values, self.sizes(), parts.coalesced);
      if (Edge edge = gradient_edge(self)) set_history(copy, edge.node, edge.input);
      return copy;
    },
};

OP(_sparse_adopt_){
    .signature = "_sparse_adopt_(Tensor(a!) self, Tensor other) -> Tensor(a!)",
    .python = hidden,
    .doc = "Takes over the sizes, a copy of the parts, and the history of another sparse tensor.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      check_sparse("_sparse_adopt_", self);
      check_sparse("_sparse_adopt_", other);
      adopt("_sparse_adopt_", self, call<"clone">(other));
      self.impl()->layout = other.layout();
      return self;
    },
};

OP(_check_sparse_indices){
    .signature = "_check_sparse_indices(Tensor indices, SymInt[] size) -> ()",
    .python = hidden,
    .doc = "Raises RuntimeError for the first index that is negative or not below its size.",
    .composite =
        [](const Tensor& indices, IntSpan size) {
          check(indices.dtype() == DType::int64 && indices.dim() == 2 &&
                    indices.size(0) <= static_cast<int64_t>(size.size()),
                ErrorKind::Runtime, "sparse_coo_tensor: indices ", describe(indices),
                " have to be an int64 matrix with a row for each of the first dimensions of size ", list_text(size));
          Tensor plain = as_contiguous(indices);
          int64_t n = indices.size(1);
          for (int64_t d = 0; d < indices.size(0) && n; ++d)
            for (int64_t i = 0; i < n; ++i) {
              int64_t at = plain.data<int64_t>()[d * n + i];
              check(at >= 0, ErrorKind::Runtime, "sparse_coo_tensor: found negative index ", at, " for dim ", d);
              check(at < size[d], ErrorKind::Runtime, "sparse_coo_tensor: index ", at, " is too large for dim ", d,
                    " of size ", size[d]);
            }
        },
};

// --- asking ---
OP(is_coalesced){
    .signature = "is_coalesced(Tensor self) -> bool",
    .python = method,
    .doc = "Whether the index columns of a sparse tensor are in order and none stands twice.",
    .composite = [](const Tensor& self) -> bool {
      check_sparse("is_coalesced", self);
      return is_coalesced(self);
    },
};
OP(_nnz){
    .signature = "_nnz(Tensor self) -> int",
    .python = method,
    .doc = "How many elements of a sparse tensor are given, duplicates counted.",
    .composite = [](const Tensor& self) -> int64_t {
      check(is_sparse(self), ErrorKind::NotImplemented, "_nnz: expected a sparse tensor, but got a strided one, ",
            describe(self), "; count_nonzero() counts its elements");
      return nnz(self);
    },
};
OP(sparse_dim){
    .signature = "sparse_dim(Tensor self) -> int",
    .python = method,
    .doc = "How many dimensions have indices; 0 for strided tensors.",
    .composite = [](const Tensor& self) -> int64_t { return is_sparse(self) ? sparse_dim(self) : 0; },
};
OP(dense_dim){
    .signature = "dense_dim(Tensor self) -> int",
    .python = method,
    .doc = "How many dimensions each value has; all of them for strided tensors.",
    .composite = [](const Tensor& self) -> int64_t { return self.dim() - (is_sparse(self) ? sparse_dim(self) : 0); },
};
OP(_indices){
    .signature = "_indices(Tensor(a) self) -> Tensor(a)",
    .python = method,
    .doc = "The indices (sparse_dim, nnz) of a sparse tensor, whether it is coalesced or not.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("_indices", self);
      return detach(indices_of(self));
    },
};
OP(_values){
    .signature = "_values(Tensor(a) self) -> Tensor(a)",
    .python = method,
    .doc = "The values (nnz, dense sizes...) of a sparse tensor, whether it is coalesced or not, outside of the tape.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("_values", self);
      return detach(sparse_parts(self).values);
    },
};
OP(indices){
    .signature = "indices(Tensor(a) self) -> Tensor(a)",
    .python = method,
    .doc = "The indices (sparse_dim, nnz) of a coalesced sparse tensor.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("indices", self);
      check(is_coalesced(self), ErrorKind::Runtime,
            "indices: Cannot get indices on an uncoalesced tensor; call coalesce() first, or _indices()");
      return detach(indices_of(self));
    },
};
OP(values){
    .signature = "values(Tensor(a) self) -> Tensor(a)",
    .python = method,
    .doc = "The values (nnz, dense sizes...) of a coalesced sparse tensor.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("values", self);
      check(is_coalesced(self), ErrorKind::Runtime,
            "values: Cannot get values on an uncoalesced tensor; call coalesce() first, or _values()");
      return values_of(self);
    },
};

// --- changing form ---
OP(coalesce){
    .signature = "coalesce(Tensor(a) self) -> Tensor(a)",
    .python = method,
    .doc = "The sparse tensor with its indices in order and values of the same place added up; itself if it is so.",
    .composite = [](const Tensor& self) -> Tensor {
      check_sparse("coalesce", self);
      return coalesced(self);
    },
};
OP(_coalesced_){
    .signature = "_coalesced_(Tensor(a!) self, bool coalesced) -> Tensor(a!)",
    .python = method,
    .doc = "Says that the tensor is coalesced, or that it is not.",
    .composite = [](const Tensor& self, bool coalesced) -> Tensor {
      check_sparse("_coalesced_", self);
      sparse_parts(self).coalesced = coalesced;
      return self;
    },
};
OP(to_dense){
    .signature = "to_dense(Tensor self, ScalarType? dtype=None, *, bool? masked_grad=None) -> Tensor",
    .python = method,
    .doc = R"(A strided tensor of the same values. The gradient is sparse, of the tensor's pattern.

    >>> flambeau.sparse_coo_tensor([[0, 1]], [3, 4]).to_dense()
    tensor([3, 4]))",
    .composite = [](const Tensor& self, std::optional<DType> dtype, std::optional<bool>) -> Tensor {
      Tensor out = dense_of(self);
      if (dtype && *dtype != out.dtype()) out = call<"_cast_copy">(out, *dtype, out.device(), MemoryFormat::preserve);
      return out;
    },
};
OP(_to_sparse){
    .signature = "_to_sparse.sparse_dim(Tensor self, int sparse_dim) -> Tensor",
    .python = hidden,
    .doc = "The elements that differ from 0, as a coalesced sparse tensor with ``sparse_dim`` dimensions of indices.",
    .composite = [](const Tensor& self, int64_t rows) -> Tensor {
      if (!is_sparse(self)) return sparse_from_dense(self, rows);
      check(rows == sparse_dim(self), ErrorKind::Runtime, "to_sparse: the tensor is sparse in ", sparse_dim(self),
            " dimensions already, got sparse_dim=", rows);
      return self;
    },
};
OP(sparse_mask){
    .signature = "sparse_mask(Tensor self, Tensor mask) -> Tensor",
    .python = method,
    .doc = "The values of a strided or sparse tensor at the places of a sparse one, which gives the pattern.",
    .composite = [](const Tensor& self, const Tensor& mask) -> Tensor {
      check_sparse("sparse_mask", mask);
      check(std::ranges::equal(self.sizes(), mask.sizes()), ErrorKind::Runtime,
            "sparse_mask: tensor and mask want the same sizes, got ", list_text(self.sizes()), " and ",
            list_text(mask.sizes()));
      return with_values(mask, values_at(self, indices_of(mask)));
    },
};
OP(sparse_resize_){
    .signature = "sparse_resize_(Tensor(a!) self, SymInt[] size, int sparse_dim, int dense_dim) -> Tensor(a!)",
    .python = method,
    .doc = "Gives a sparse tensor without elements other sizes; one with elements may only grow.",
    .composite = [](const Tensor& self, IntSpan size, int64_t rows, int64_t dense) -> Tensor {
      check_sparse("sparse_resize_", self);
      check(rows >= 0 && dense >= 0 && sat_add(rows, dense) == static_cast<int64_t>(size.size()), ErrorKind::Runtime,
            "sparse_resize_: size ", list_text(size), " has not ", rows, " + ", dense, " dimensions");
      if (nnz(self) == 0) {
        Tensor fresh = without_elements(size, rows, self.dtype(), self.device());
        adopt("sparse_resize_", self, fresh);
      } else {
        auto stays = [](bool kept, const char* what, int64_t before, int64_t after) {
          check(kept, ErrorKind::Runtime, "sparse_resize_: changing the number of ", what, " dimensions (from ", before,
                " to ", after, ") of a tensor with elements is not defined");
        };
        stays(rows == sparse_dim(self), "sparse", sparse_dim(self), rows);
        stays(dense == self.dim() - rows, "dense", self.dim() - sparse_dim(self), dense);
        Dims of_values{nnz(self)};
        for (int64_t d = 0; d < rows + dense; ++d) {
          check(size[d] >= self.size(d), ErrorKind::Runtime, "sparse_resize_: shrinking the size of ",
                d < rows ? "sparse" : "dense", " dimensions (dimension ", d, " from ", self.size(d), " to ", size[d],
                ") of a tensor with elements is not defined");
          if (d >= rows) of_values.push_back(size[d]);
        }
        SparseParts& parts = sparse_parts(self);
        if (!std::ranges::equal(parts.values.sizes(), of_values))  // as a strided tensor is sized anew
          parts.values = call<"resize_">(call<"clone">(parts.values, MemoryFormat::contiguous), of_values);
        bump_version(self);
      }
      self.impl()->layout = Layout(size);
      return self;
    },
};
FORM(sparse_coo, "resize_as_"){
    .run = [](const Tensor& self, const Tensor& other, const Value&) -> Tensor {
      if (!is_sparse(self)) return call<"resize_">(self, other.sizes());
      check_sparse("resize_as_", other);
      return call<"sparse_resize_">(self, other.sizes(), sparse_dim(other), other.dim() - sparse_dim(other));
    },
};
OP(sparse_resize_and_clear_){
    .signature =
        "sparse_resize_and_clear_(Tensor(a!) self, SymInt[] size, int sparse_dim, int dense_dim) -> Tensor(a!)",
    .python = method,
    .doc = "Gives a sparse tensor other sizes and no elements.",
    .composite = [](const Tensor& self, IntSpan size, int64_t rows, int64_t dense) -> Tensor {
      check_sparse("sparse_resize_and_clear_", self);
      check(rows >= 0 && dense >= 0 && sat_add(rows, dense) == static_cast<int64_t>(size.size()), ErrorKind::Runtime,
            "sparse_resize_and_clear_: size ", list_text(size), " has not ", rows, " + ", dense, " dimensions");
      adopt("sparse_resize_and_clear_", self, without_elements(size, rows, self.dtype(), self.device()));
      self.impl()->layout = Layout(size);
      return self;
    },
};

}  // namespace flambeau
