// Sparse forms of products and of what rearranges index columns: transposes, selections, joins.
#include <algorithm>
#include <numeric>

#include "loops/copy.h"
#include "ops/sparse_parts.h"

namespace flambeau {

using namespace sparse;

namespace {

void check_matrix(const char* op, const Tensor& t) {
  check(t.dim() == 2 && (!is_sparse(t) || sparse_dim(t) == 2), ErrorKind::Runtime, op,
        ": expected matrices with two dimensions of indices, got ", describe(t));
}

Tensor transposed(const Tensor& self, int64_t a, int64_t b) {
  a = wrap_dim("transpose", a, self.dim()), b = wrap_dim("transpose", b, self.dim());
  if (a == b) return with_values(self, values_of(self));
  int64_t rows = sparse_dim(self);
  check((a < rows) == (b < rows), ErrorKind::Runtime, "transpose: dimensions ", a, " and ", b,
        " of a sparse tensor with ", rows, " sparse dimensions are not of one kind");
  Dims sizes(self.sizes());
  std::swap(sizes[a], sizes[b]);
  if (a >= rows)
    return from_parts(indices_of(self), call<"transpose.int">(values_of(self), a - rows + 1, b - rows + 1), sizes,
                      is_coalesced(self));
  std::vector<Tensor> order;
  for (int64_t d = 0; d < rows; ++d) order.push_back(row_of(indices_of(self), d == a ? b : d == b ? a : d));
  return from_parts(rows_to_indices(order, nnz(self)), values_of(self), sizes, false);
}

// (m, k) sparse by (k, n) strided: each element times the row that its column names.
Tensor sparse_by_dense(const Tensor& a, const Tensor& b) {
  const Tensor& indices = indices_of(a);
  Tensor products = call<"mul.Tensor">(call<"index_select">(b, int64_t{0}, row_of(indices, 1)),
                                       call<"unsqueeze">(values_of(a), int64_t{1}));
  return sum_rows(products, row_of(indices, 0), a.size(0));
}

// alpha * (m, k) sparse by (k, n) strided, in the rows of the first that hold elements: those rows, and their products.
std::pair<Tensor, Tensor> product_rows(const char* op, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  check_matrix(op, a);
  check(is_sparse(a) && b.dim() == 2 && !is_sparse(b) && a.size(1) == b.size(0), ErrorKind::Runtime, op,
        ": expected a sparse matrix (m, k) and a strided one (k, n), got ", describe(a), " and ", describe(b));
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op, ": expected matrices of one type, got ", name(a.dtype()),
        " and ", name(b.dtype()));
  Tensor row = row_of(indices_of(coalesced(a)), 0), product = sparse_by_dense(a, b);
  Tensor plain = as_contiguous(row);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < row.numel(); ++i)
    if (rows.empty() || rows.back() != plain.data<int64_t>()[i]) rows.push_back(plain.data<int64_t>()[i]);
  Tensor there = int_vector(rows), values = call<"index_select">(product, int64_t{0}, there);
  return {there, alpha.to_complex() == 1.0 ? values : call<"mul.Tensor">(values, alpha)};
}

// The same, sparse in both dimensions.
Tensor sparse_product(const char* op, const Tensor& a, const Tensor& b, const Scalar& alpha) {
  auto [rows, values] = product_rows(op, a, b, alpha);
  int64_t n = b.size(1);
  Tensor row = call<"repeat_interleave.self_int">(rows, n);
  Tensor column = call<"repeat">(call<"arange">(n, DType::int64), Dims{rows.numel()});
  return from_parts(rows_to_indices({row, column}, row.numel()), call<"reshape">(values, Dims{-1}), Dims{a.size(0), n},
                    true);
}

// Both sparse: an element of `a` meets the row of `b` that its column names.
Tensor sparse_by_sparse(const Tensor& first, const Tensor& second) {
  Tensor a = coalesced(first), b = coalesced(second);
  Tensor ia = as_contiguous(indices_of(a)), ib = as_contiguous(indices_of(b));
  int64_t na = nnz(a), nb = nnz(b);
  const int64_t *pa = na ? ia.data<int64_t>() : nullptr, *pb = nb ? ib.data<int64_t>() : nullptr;
  std::vector<int64_t> start(b.size(0) + 1, 0), from_a, from_b, row, column;
  for (const auto& [place, n, size] : {std::tuple(pa + na, na, b.size(0)), std::tuple(pb, nb, b.size(0))})
    for (int64_t i = 0; i < n; ++i)
      check(place[i] >= 0 && place[i] < size, ErrorKind::Index, "mm: index ", place[i],
            " of a sparse matrix is out of range for size ", size);
  for (int64_t i = 0; i < nb; ++i) ++start[pb[i] + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  for (int64_t i = 0; i < na; ++i)
    for (int64_t k = start[pa[na + i]]; k < start[pa[na + i] + 1]; ++k) {
      from_a.push_back(i);
      from_b.push_back(k);
      row.push_back(pa[i]);
      column.push_back(pb[nb + k]);
    }
  Tensor values = call<"mul.Tensor">(call<"index_select">(values_of(a), int64_t{0}, int_vector(from_a)),
                                     call<"index_select">(values_of(b), int64_t{0}, int_vector(from_b)));
  return coalesced(from_parts(rows_to_indices({int_vector(row), int_vector(column)}, static_cast<int64_t>(row.size())),
                              values, Dims{a.size(0), b.size(1)}, false));
}

Tensor product(const char* op, const Tensor& a, const Tensor& b) {
  check_matrix(op, a);
  check_matrix(op, b);
  check(a.size(1) == b.size(0), ErrorKind::Runtime, op, ": mat1 and mat2 shapes cannot be multiplied (", a.size(0), "x",
        a.size(1), " and ", b.size(0), "x", b.size(1), ")");
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op, ": expected matrices of one type, got ", name(a.dtype()),
        " and ", name(b.dtype()));
  if (is_sparse(a)) return is_sparse(b) ? sparse_by_sparse(a, b) : sparse_by_dense(a, b);
  return call<"t">(sparse_by_dense(transposed(b, 0, 1), call<"t">(a)));
}

// The columns for which `keep` says a place in dimension d of the result; the places are written there.
template <class Keep>
Tensor keep_columns(const Tensor& self, int64_t d, int64_t size, bool drop, Keep&& keep) {
  Tensor indices = as_contiguous(indices_of(self));
  int64_t n = nnz(self), rows = sparse_dim(self);
  std::vector<int64_t> which, place;
  for (int64_t i = 0; i < n; ++i)
    keep(indices.data<int64_t>()[d * n + i], [&](int64_t to) {
      which.push_back(i);
      place.push_back(to);
    });
  Tensor chosen = int_vector(which), columns = pick_columns(indices, chosen);
  std::vector<Tensor> kept;
  Dims sizes;
  for (int64_t k = 0; k < self.dim(); ++k)
    if (k != d || !drop) sizes.push_back(k == d ? size : self.size(k));
  for (int64_t k = 0; k < rows; ++k)
    if (k != d || !drop) kept.push_back(k == d ? int_vector(place) : row_of(columns, k));
  Tensor values = call<"index_select">(values_of(self), int64_t{0}, chosen);
  if (kept.empty()) return call<"sum.dim_IntList">(values, Dims{0}, false, self.dtype());
  // Columns keep their order, and places do where the selection is monotonic.
  return from_parts(rows_to_indices(kept, static_cast<int64_t>(which.size())), values, sizes,
                    is_coalesced(self) && std::ranges::is_sorted(place) && (drop || d == 0));
}

}  // namespace

// --- products ---
FORM(sparse_coo, "mm"){.run = [](const Tensor& a, const Tensor& b) -> Tensor { return product("mm", a, b); }};
FORM(sparse_coo, "mv"){
    .run = [](const Tensor& a, const Tensor& b) -> Tensor {
      check(b.dim() == 1 && !is_sparse(b), ErrorKind::Runtime, "mv: expected a strided vector, got ", describe(b));
      check(a.dim() == 2 && a.size(1) == b.size(0), ErrorKind::Runtime,
            "mv: expected self.size(-1) == vec.size(-1), got ", describe(a), " and ", describe(b));
      return call<"squeeze.dim">(product("mv", a, call<"unsqueeze">(b, int64_t{1})), int64_t{1});
    },
};
FORM(sparse_coo, "addmm"){
    .run = [](const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta, const Scalar& alpha) -> Tensor {
      Tensor out = product("addmm", a, b);
      if (alpha.to_complex() != 1.0) out = call<"mul.Tensor">(out, alpha);
      if (beta.to_complex() == 0.0) return out;
      Tensor added = beta.to_complex() == 1.0 ? self : call<"mul.Tensor">(self, beta);
      return is_sparse(out) && !is_sparse(added) ? call<"add.Tensor">(call<"expand">(added, out.sizes()), out)
                                                 : call<"add.Tensor">(added, out);
    },
};
FORM(sparse_coo, "bmm"){
    .run = [](const Tensor& a, const Tensor& b) -> Tensor {
      check(is_sparse(a) && !is_sparse(b) && a.dim() == 3 && sparse_dim(a) == 3 && b.dim() == 3 &&
                a.size(0) == b.size(0) && a.size(2) == b.size(1),
            ErrorKind::Runtime,
            "bmm: expected a sparse (b, m, k), its dimensions all sparse, and a strided (b, k, n), got ", describe(a),
            " and ", describe(b));
      int64_t batch = a.size(0), m = a.size(1), k = a.size(2);
      auto at = [&](int64_t d, int64_t size) {  // the batch's matrices along a diagonal
        return call<"add.Tensor">(row_of(indices_of(a), d), call<"mul.Tensor">(row_of(indices_of(a), 0), Scalar(size)));
      };
      Tensor one = from_parts(rows_to_indices({at(1, m), at(2, k)}, nnz(a)), values_of(a), Dims{batch * m, batch * k},
                              is_coalesced(a));
      return call<"view">(product("bmm", one, call<"reshape">(b, Dims{batch * k, b.size(2)})),
                          Dims{batch, m, b.size(2)});
    },
};
OP(sspaddmm){
    .signature = "sspaddmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .doc = "``beta * self + alpha * (mat1 @ mat2)``, sparse, of a sparse ``self`` and ``mat1`` and a strided ``mat2``.",
    .composite = [](const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta,
                    const Scalar& alpha) -> Tensor {
      check_sparse("sspaddmm", self);
      check_sparse("sspaddmm", a);
      Tensor added = beta.to_complex() == 1.0 ? self : call<"mul.Tensor">(self, beta);
      return call<"add.Tensor">(added, sparse_product("sspaddmm", a, b, alpha));
    },
};
OP(smm){
    .signature = "smm(Tensor self, Tensor mat2) -> Tensor",
    .doc = "The product of a sparse matrix and a strided one, as a sparse matrix of the rows that hold elements.",
    .composite = [](const Tensor& self, const Tensor& b) -> Tensor {
      check_sparse("smm", self);
      return sparse_product("smm", self, b, Scalar(int64_t{1}));
    },
};
FORM(sparse_coo, "matmul"){
    .run = [](const Tensor& a, const Tensor& b) -> Tensor {
      if (a.dim() == 2 && b.dim() == 1) return call<"mv">(a, b);
      check(a.dim() == 2 && b.dim() == 2, ErrorKind::NotImplemented,
            "matmul: with sparse tensors a matrix by a matrix or a vector only, got ", describe(a), " and ",
            describe(b), "; use to_dense()");
      return product("matmul", a, b);
    },
};

// --- rearranging ---
FORM(sparse_coo, "transpose.int"){
    .run = [](const Tensor& self, int64_t a, int64_t b) -> Tensor { return transposed(self, a, b); },
};
FORM(sparse_coo, "t"){
    .run = [](const Tensor& self) -> Tensor {
      check(self.dim() <= 2, ErrorKind::Runtime, "t() expects a tensor with <= 2 dimensions, but self is ", self.dim(),
            "D");
      return self.dim() < 2 ? self : transposed(self, 0, 1);
    },
};
FORM(sparse_coo, "permute"){
    .run = [](const Tensor& self, IntSpan dims) -> Tensor {
      int64_t rows = sparse_dim(self), rank = self.dim();
      check(static_cast<int64_t>(dims.size()) == rank, ErrorKind::Runtime, "permute: got ", dims.size(),
            " dimensions for a tensor of ", rank);
      std::vector<bool> seen(rank, false);
      std::vector<Tensor> order;
      Dims sizes, dense{0};
      bool sorted = true;
      for (int64_t k = 0; k < rank; ++k) {
        int64_t d = wrap_dim("permute", dims[k], rank);
        check(!seen[d], ErrorKind::Runtime, "permute: dimension ", d, " stands twice");
        check((d < rows) == (k < rows), ErrorKind::Runtime,
              "permute: sparse and dense dimensions of a sparse tensor can't be exchanged, got ", list_text(dims));
        seen[d] = true;
        sizes.push_back(self.size(d));
        if (d < rows)
          order.push_back(row_of(indices_of(self), d));
        else
          dense.push_back(d - rows + 1);
        sorted = sorted && (d >= rows || d == k);
      }
      return from_parts(rows_to_indices(order, nnz(self)), call<"permute">(values_of(self), dense), sizes,
                        sorted && is_coalesced(self));
    },
};
FORM(sparse_coo, "unsqueeze"){
    .run = [](const Tensor& self, int64_t dim) -> Tensor {
      dim = wrap_dim("unsqueeze", dim, self.dim() + 1);
      int64_t rows = sparse_dim(self);
      Dims sizes(self.sizes());
      sizes.insert(dim, 1);
      if (dim > rows)
        return from_parts(indices_of(self), call<"unsqueeze">(values_of(self), dim - rows + 1), sizes,
                          is_coalesced(self));
      std::vector<Tensor> order;
      for (int64_t d = 0; d < rows; ++d) order.push_back(row_of(indices_of(self), d));
      order.insert(order.begin() + dim, call<"zeros">(Dims{nnz(self)}, DType::int64));
      return from_parts(rows_to_indices(order, nnz(self)), values_of(self), sizes, is_coalesced(self));
    },
};
FORM(sparse_coo, "select.int"){
    .run = [](const Tensor& self, int64_t dim, int64_t index) -> Tensor {
      dim = wrap_dim("select", dim, self.dim());
      int64_t size = self.size(dim);
      check(index >= -size && index < size, ErrorKind::Index, "select(): index ", index, " out of range for dimension ",
            dim, " of size ", size);
      if (index < 0) index += size;
      int64_t rows = sparse_dim(self);
      if (dim >= rows) {
        Dims sizes(self.sizes());
        sizes.erase(dim);
        return from_parts(indices_of(self), call<"select.int">(values_of(self), dim - rows + 1, index), sizes,
                          is_coalesced(self));
      }
      return keep_columns(self, dim, 0, true, [&](int64_t at, auto&& put) {
        if (at == index) put(0);
      });
    },
};
FORM(sparse_coo, "index_select"){
    .run = [](const Tensor& self, int64_t dim, const Tensor& index) -> Tensor {
      dim = wrap_dim("index_select", dim, self.dim());
      check(index.dim() <= 1, ErrorKind::Index, "index_select: the index has to be a vector, got ", describe(index));
      int64_t rows = sparse_dim(self), n = index.numel();
      Dims sizes(self.sizes());
      sizes[dim] = n;
      if (dim >= rows)
        return from_parts(indices_of(self), call<"index_select">(values_of(self), dim - rows + 1, index), sizes,
                          is_coalesced(self));
      Tensor where = cast(as_contiguous(index), DType::int64);
      std::vector<std::vector<int64_t>> places(self.size(dim));
      for (int64_t k = 0; k < n; ++k) {
        int64_t at = where.data<int64_t>()[k];
        check(at >= -self.size(dim) && at < self.size(dim), ErrorKind::Index, "index_select: index ", at,
              " is out of range for dimension ", dim, " of size ", self.size(dim));
        if (at < 0) at += self.size(dim);
        places[at].push_back(k);
      }
      return keep_columns(self, dim, n, false, [&](int64_t at, auto&& put) {
        check(at >= 0 && at < static_cast<int64_t>(places.size()), ErrorKind::Index,
              "index_select: the tensor has an index ", at, " in a dimension of size ", places.size());
        for (int64_t k : places[at]) put(k);
      });
    },
};
FORM(sparse_coo, "slice.Tensor"){
    .run = [](const Tensor& self, int64_t dim, std::optional<int64_t> from, std::optional<int64_t> to,
              int64_t step) -> Tensor {
      dim = wrap_dim("slice", dim, self.dim());
      check(step > 0, ErrorKind::Runtime, "slice: step must be positive, got ", step);
      int64_t rows = sparse_dim(self), size = self.size(dim);
      auto bound = [&](int64_t v) { return std::clamp<int64_t>(v < 0 ? v + size : v, 0, size); };
      int64_t first = bound(from.value_or(0)), last = std::max(first, bound(to.value_or(size)));
      int64_t length = (last - first + step - 1) / step;
      if (dim >= rows) {
        Dims sizes(self.sizes());
        sizes[dim] = length;
        return from_parts(indices_of(self), call<"slice.Tensor">(values_of(self), dim - rows + 1, first, last, step),
                          sizes, is_coalesced(self));
      }
      return keep_columns(self, dim, length, false, [&](int64_t at, auto&& put) {
        if (at >= first && at < last && (at - first) % step == 0) put((at - first) / step);
      });
    },
};
FORM(sparse_coo, "narrow_copy"){
    .run = [](const Tensor& self, int64_t dim, int64_t start, int64_t length) -> Tensor {
      check(dim >= 0 && dim < self.dim(), ErrorKind::Runtime, "narrow_copy: dimension ", dim,
            " of a sparse tensor with ", self.dim());
      check(start >= 0 && length >= 0 && start <= self.size(dim) - length, ErrorKind::Runtime, "narrow_copy: start ",
            start, " and length ", length, " go beyond dimension ", dim, " of size ", self.size(dim));
      return call<"slice.Tensor">(self, dim, start, start + length, int64_t{1});
    },
};
FORM(sparse_coo, "unbind.int"){
    .run =
        [](const Tensor& self, int64_t dim) {
          dim = wrap_dim("unbind", dim, self.dim());
          std::vector<Tensor> parts;
          for (int64_t i = 0; i < self.size(dim); ++i) parts.push_back(call<"select.int">(self, dim, i));
          return parts;
        },
};
OP(_sparse_broadcast_to){
    .signature = "_sparse_broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)",
    .python = torch,
    .doc =
        "A sparse tensor repeated to other sizes: the sparse form of :func:`broadcast_to`, which takes no part in "
        "views.",
    .composite = [](const Tensor& self, IntSpan size) -> Tensor {
      check_sparse("_sparse_broadcast_to", self);
      return broadcast(self, size);
    },
};
FORM(sparse_coo, "stack"){
    .run = [](TensorSpan tensors, int64_t dim) -> Tensor {
      std::vector<Tensor> parts;
      for (const Tensor& t : tensors) parts.push_back(call<"unsqueeze">(t, dim));
      return call<"cat">(std::move(parts), wrap_dim("stack", dim, tensors[0].dim() + 1));
    },
};
FORM(sparse_coo, "cat"){
    .run = [](TensorSpan tensors, int64_t dim) -> Tensor {
      const Tensor& first = tensors[0];
      dim = wrap_dim("cat", dim, first.dim());
      Dims sizes(first.sizes());
      sizes[dim] = 0;
      std::vector<Tensor> indices, values;
      for (const Tensor& t : tensors) {
        check(is_sparse(t) && t.dim() == first.dim() && sparse_dim(t) == sparse_dim(first), ErrorKind::Runtime,
              "cat: sparse tensors are joined with sparse ones of the same dimensions, got ", describe(t), " beside ",
              describe(first));
        for (int64_t d = 0; d < t.dim(); ++d)
          check(d == dim || t.size(d) == first.size(d), ErrorKind::Runtime,
                "cat: All tensors must have the same shape: ", list_text(first.sizes()), ", except in dimension ", dim,
                "; got ", list_text(t.sizes()));
      }
      int64_t rows = sparse_dim(first);
      check(dim < rows, ErrorKind::NotImplemented, "cat: along dense dimension ", dim,
            " of sparse tensors; use to_dense()");
      for (const Tensor& t : tensors) {
        std::vector<Tensor> order;
        for (int64_t d = 0; d < rows; ++d) {
          Tensor row = row_of(indices_of(t), d);
          order.push_back(d == dim ? call<"add.Tensor">(row, Scalar(sizes[dim])) : row);
        }
        indices.push_back(rows_to_indices(order, nnz(t)));
        values.push_back(values_of(t));
        sizes[dim] += t.size(dim);
      }
      return from_parts(call<"cat">(std::move(indices), int64_t{1}), call<"cat">(std::move(values), int64_t{0}), sizes,
                        false);
    },
};

}  // namespace flambeau
