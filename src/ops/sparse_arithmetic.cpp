// Sparse forms of copies, arithmetic and sums: written over indices and values, which carry the gradient.
#include "autograd/node.h"
#include "loops/copy.h"
#include "ops/sparse_parts.h"

namespace flambeau {

using namespace sparse;

namespace {

// What multiplies a whole sparse tensor: a number, or a strided tensor without dimensions.
bool is_factor(const Value& v) {
  return v.is_number() || (v.is_tensor() && !is_sparse(v.tensor()) && v.tensor_impl()->layout.dim() == 0);
}

// Whether the index columns are in order and none is there twice, as far as one look at them tells.
bool in_order(const Tensor& t) {
  if (is_coalesced(t)) return true;
  if (t.device().type != DeviceType::cpu) return false;
  Tensor indices = as_contiguous(indices_of(t));
  const int64_t rows = indices.size(0), n = indices.size(1), *at = indices.data<int64_t>();
  for (int64_t i = 1; i < n; ++i) {
    int64_t d = 0;
    while (d < rows && at[d * n + i] == at[d * n + i - 1]) ++d;
    if (d == rows || at[d * n + i] < at[d * n + i - 1]) return false;
  }
  return true;
}

// a + alpha * b, both sparse: merged where both are in order, otherwise beside each other; added at once where the
// patterns are the same.
Tensor sum_of_sparse(const char* op, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  check(std::ranges::equal(a.sizes(), b.sizes()) && sparse_dim(a) == sparse_dim(b), ErrorKind::Runtime, op,
        ": two sparse tensors want the same sizes and sparse dimensions, got ", list_text(a.sizes()), " with ",
        sparse_dim(a), " and ", list_text(b.sizes()), " with ", sparse_dim(b));
  if (same_pattern(a, indices_of(b)))
    return from_parts(indices_of(a), call<"add.Tensor">(values_of(a), values_of(b), alpha), a.sizes(),
                      is_coalesced(a) && is_coalesced(b));
  Tensor second = values_of(b);
  if (alpha.to_complex() != 1.0) second = call<"mul.Tensor">(second, alpha);
  std::vector<Tensor> indices{indices_of(a), indices_of(b)}, values{values_of(a), second};
  Tensor sum = from_parts(call<"cat">(std::move(indices), int64_t{1}), call<"cat">(std::move(values), int64_t{0}),
                          a.sizes(), false);
  return in_order(a) && in_order(b) ? coalesced(sum) : sum;
}

Tensor add(const char* op, const Value& self, const Value& other, const Scalar& alpha, bool in_place) {
  Tensor a = self.tensor(), b = other.tensor();
  if (is_sparse(a) && is_sparse(b)) {
    Tensor sum = sum_of_sparse(op, a, b, alpha);
    if (!in_place) return sum;
    return call<"copy_">(a, sum);
  }
  check(a.defined() && !is_sparse(a), ErrorKind::Runtime, op,
        ": a sparse tensor takes no strided one or number; write it the other way round, strided ", op,
        " sparse, or use to_dense()");
  return add_to_dense(a, b, alpha, in_place);
}

Scalar negative(const Scalar& s) {
  if (s.is_complex()) return Scalar(-s.to_complex());
  return s.is_integral() ? Scalar(-s.to_int()) : Scalar(-s.to_double());
}

Tensor multiply(const Value& self, const Value& other) {
  if (is_factor(other)) {
    Tensor a = self.tensor();
    return with_values(a, call_value<"mul.Tensor">(values_of(a), other).tensor());
  }
  if (is_factor(self)) {
    Tensor b = other.tensor();
    return with_values(b, call_value<"mul.Tensor">(values_of(b), self).tensor());
  }
  Tensor a = self.tensor(), b = other.tensor();
  if (!is_sparse(a)) std::swap(a, b);
  if (is_sparse(b)) {
    check(std::ranges::equal(a.sizes(), b.sizes()) && sparse_dim(a) == sparse_dim(b), ErrorKind::Runtime,
          "mul: two sparse tensors want the same sizes and sparse dimensions, got ", list_text(a.sizes()), " and ",
          list_text(b.sizes()));
    if (is_coalesced(a) && is_coalesced(b) && same_pattern(a, indices_of(b)))
      return with_values(a, call<"mul.Tensor">(values_of(a), values_of(b)));
    return with_values(a, call<"mul.Tensor">(values_of(a), values_at(b, indices_of(a))));
  }
  return with_values(a, call<"mul.Tensor">(values_of(a), values_at(call<"expand">(b, a.sizes()), indices_of(a))));
}

Tensor divide(const Tensor& a, const Value& other, const Value& mode) {
  check(is_sparse(a) && is_factor(other), ErrorKind::Runtime,
        "div: a sparse tensor is divided by a number or a strided tensor without dimensions only, got ",
        describe(other));
  // Rounding is not linear: duplicates are added up first.
  Tensor self = mode.is_none() ? a : coalesced(a);
  return with_values(self, call_value<"div.Tensor_mode">(values_of(self), other, mode).tensor());
}

Tensor sum_over(const Tensor& self, IntSpan dims, bool keepdim, std::optional<DType> dtype) {
  int64_t rows = sparse_dim(self), rank = self.dim();
  std::vector<bool> gone(rank, dims.empty());
  for (int64_t d : dims) gone[wrap_dim("sum", d, rank)] = true;
  Dims dense, sizes;
  std::vector<Tensor> kept;
  bool all_rows = true;
  for (int64_t d = rows; d < rank; ++d)
    if (gone[d]) dense.push_back(d - rows + 1);
  Tensor values = values_of(self), indices = indices_of(self);
  if (!dense.empty() || dtype) {
    values = dense.empty() ? call<"_cast_copy">(values, *dtype, values.device(), MemoryFormat::preserve)
                           : call<"sum.dim_IntList">(values, dense, keepdim, dtype);
  }
  for (int64_t d = 0; d < rank; ++d)
    if (!gone[d] || keepdim) sizes.push_back(gone[d] ? 1 : self.size(d));
  for (int64_t d = 0; d < rows; ++d) {
    if (!gone[d])
      kept.push_back(row_of(indices, d));
    else if (keepdim)
      kept.push_back(call<"zeros_like">(row_of(indices, d)));
    all_rows = all_rows && gone[d];
  }
  if (all_rows && !keepdim) return call<"sum.dim_IntList">(values, Dims{0});
  bool same = static_cast<int64_t>(kept.size()) == rows && !keepdim;
  return coalesced(from_parts(rows_to_indices(kept, nnz(self)), values, sizes, same && is_coalesced(self)));
}

Tensor zeros_as(const Tensor& self, std::optional<DType> dtype, std::optional<Device> device) {
  return without_elements(self.sizes(), sparse_dim(self), dtype.value_or(self.dtype()), device.value_or(self.device()));
}

}  // namespace

// --- copies ---
FORM(sparse_coo, "clone"){
    .run = [](const Tensor& self, const Value&) -> Tensor {
      return from_parts(call<"clone">(indices_of(self)), call<"clone">(values_of(self)), self.sizes(),
                        is_coalesced(self));
    },
};
FORM(sparse_coo, "detach"){.run = [](const Tensor& self) -> Tensor { return detach(self); }};
FORM(sparse_coo, "alias"){.run = [](const Tensor& self) -> Tensor { return with_values(self, values_of(self)); }};
FORM(sparse_coo, "_cast_copy"){
    .run = [](const Tensor& self, DType dtype, Device device, const Value&) -> Tensor {
      const Tensor& indices = indices_of(self);
      Tensor values = call<"_cast_copy">(values_of(self), dtype, device, MemoryFormat::preserve);
      return from_parts(call<"_cast_copy">(indices, DType::int64, device, MemoryFormat::preserve), values, self.sizes(),
                        is_coalesced(self));
    },
};
FORM(sparse_coo, "copy_"){
    .run = [](const Tensor& self, const Value& source, const Value&) -> Tensor {
      Tensor from = source.tensor();
      check(from.defined() && std::ranges::equal(self.sizes(), from.sizes()), ErrorKind::Runtime,
            "copy_: a sparse tensor is copied from one of its sizes, ", list_text(self.sizes()), ", got ",
            describe(source));
      if (!is_sparse(self)) return call<"copy_">(self, dense_of(from));
      check(is_sparse(from), ErrorKind::Runtime,
            "copy_: copying a strided tensor to a sparse one is not defined; use to_sparse()");
      if (!from.is(self)) adopt("copy_", self, call<"clone">(from));
      return self;
    },
};
FORM(sparse_coo, "zero_"){
    .run = [](const Tensor& self) -> Tensor {
      adopt("zero_", self, zeros_as(self, {}, {}));
      return self;
    },
};
FORM(sparse_coo, "zeros_like"){
    .run = [](const Tensor& self, std::optional<DType> dtype, const Value&, std::optional<Device> device, const Value&,
              const Value&) -> Tensor { return zeros_as(self, dtype, device); },
};
FORM(sparse_coo, "new_zeros"){
    .run = [](const Tensor& self, IntSpan size, std::optional<DType> dtype, const Value&, std::optional<Device> device,
              const Value&) -> Tensor {
      return without_elements(size, static_cast<int64_t>(size.size()), dtype.value_or(self.dtype()),
                              device.value_or(self.device()));
    },
};
FORM(sparse_coo, "empty_like"){
    .run = [](const Tensor& self, std::optional<DType> dtype, const Value&, std::optional<Device> device, const Value&,
              const Value&) -> Tensor { return zeros_as(self, dtype, device); },
};

// --- arithmetic ---
FORM(sparse_coo, "add.Tensor"){
    .run = [](const Value& self, const Value& other, const Scalar& alpha) -> Tensor {
      return add("add", self, other, alpha, false);
    },
    .inplace = [](const Value& self, const Value& other, const Scalar& alpha) -> Tensor {
      return add("add", self, other, alpha, true);
    },
};
FORM(sparse_coo, "sub.Tensor"){
    .run = [](const Value& self, const Value& other, const Scalar& alpha) -> Tensor {
      return add("sub", self, other, negative(alpha), false);
    },
    .inplace = [](const Value& self, const Value& other, const Scalar& alpha) -> Tensor {
      return add("sub", self, other, negative(alpha), true);
    },
};
FORM(sparse_coo,
     "neg"){.run = [](const Tensor& self) -> Tensor { return with_values(self, call<"neg">(values_of(self))); }};
FORM(sparse_coo, "mul.Tensor"){
    .run = [](const Value& self, const Value& other) -> Tensor { return multiply(self, other); },
};
FORM(sparse_coo, "div.Tensor"){
    .run = [](const Tensor& self, const Value& other) -> Tensor { return divide(self, other, Value()); },
};
FORM(sparse_coo, "div.Tensor_mode"){
    .run = [](const Tensor& self, const Value& other, const Value& mode) -> Tensor {
      return divide(self, other, mode);
    },
};

// --- sums and norms ---
FORM(sparse_coo, "sum"){
    .run = [](const Tensor& self, std::optional<DType> dtype) -> Tensor { return call<"sum">(values_of(self), dtype); },
};
FORM(sparse_coo, "sum.dim_IntList"){
    .run = [](const Tensor& self, IntSpan dims, bool keepdim, std::optional<DType> dtype) -> Tensor {
      return sum_over(self, dims, keepdim, dtype);
    },
};
FORM(sparse_coo, "_vector_norm"){
    .run = [](const Tensor& self, double ord, IntSpan dims, bool keepdim) -> Tensor {
      check(dims.empty() || static_cast<int64_t>(dims.size()) == self.dim(), ErrorKind::NotImplemented,
            "linalg_vector_norm: of a sparse tensor only over all dimensions; use to_dense() for some of them");
      Tensor values = values_of(coalesced(self));
      // Elements that are not there count as zeros: they matter to negative orders only.
      check(ord >= 0 || values.numel() == self.numel(), ErrorKind::NotImplemented, "linalg_vector_norm: order ", ord,
            " of a sparse tensor; use to_dense()");
      if (values.numel() == 0 && self.numel() > 0) values = call<"zeros">(Dims{1}, values.dtype());
      Tensor norm = call<"_vector_norm">(values, ord, Dims{}, false);
      return keepdim ? call<"reshape">(norm, Dims(self.dim(), 1)) : norm;
    },
};
FORM(sparse_coo,
     "any"){.run = [](const Tensor& self) -> Tensor { return call<"any">(sparse_parts(coalesced(self)).values); }};
FORM(sparse_coo, "is_same_size"){
    .run = [](const Tensor& self, const Tensor& other) -> bool {
      return std::ranges::equal(self.sizes(), other.sizes());
    },
};
FORM(sparse_coo, "isnan"){
    .run = [](const Tensor& self) -> Tensor {
      Tensor one = coalesced(self);
      return with_values(one, call<"isnan">(sparse_parts(one).values));
    },
};

}  // namespace flambeau
