// Index patterns of sparse tensors: positions, coalescing, looking values up, and what else several forms share.
#include "ops/sparse_parts.h"

#include <algorithm>
#include <numeric>

#include "autograd/node.h"
#include "core/promote.h"
#include "loops/copy.h"

namespace flambeau::sparse {

void check_sparse(const char* op, const Tensor& t) {
  check(is_sparse(t), ErrorKind::Runtime, op, ": expected a tensor of layout sparse_coo, but got a strided one, ",
        describe(t));
}

Tensor without_elements(IntSpan sizes, int64_t sparse_dim, DType dtype, Device device) {
  Dims dense{0};
  for (size_t d = sparse_dim; d < sizes.size(); ++d) dense.push_back(sizes[d]);
  return sparse_tensor(empty(Dims{sparse_dim, 0}, DType::int64, device), empty(dense, dtype, device), sizes, true);
}

bool same_pattern(const Tensor& a, const Tensor& indices) {
  const Tensor& i = indices_of(a);
  if (!std::ranges::equal(i.sizes(), indices.sizes())) return false;
  return i.is(indices) ||
         (i.storage().get() == indices.storage().get() && i.offset() == indices.offset() &&
          std::ranges::equal(i.strides(), indices.strides())) ||
         call_value<"equal">(i, indices).boolean();
}

Tensor int_vector(const std::vector<int64_t>& items) {
  Tensor out = empty(Dims{static_cast<int64_t>(items.size())}, DType::int64);
  if (!items.empty()) std::ranges::copy(items, out.data<int64_t>());
  return out;
}

Tensor row_of(const Tensor& indices, int64_t d) { return call<"select.int">(indices, int64_t{0}, d); }

Tensor rows_to_indices(const std::vector<Tensor>& rows, int64_t nnz) {
  if (rows.empty()) return empty(Dims{0, nnz}, DType::int64);
  return call<"stack">(TensorSpan(rows), int64_t{0});
}

Tensor pick_columns(const Tensor& indices, const Tensor& which) {
  return call<"index_select">(indices, int64_t{1}, which);
}

std::vector<int64_t> flat_positions(const Tensor& indices, IntSpan sizes) {
  Tensor plain = as_contiguous(indices);
  int64_t n = indices.size(1), rows = indices.size(0);
  std::vector<int64_t> flat(n, 0);
  for (int64_t d = 0; d < rows && n; ++d) {
    const int64_t* row = plain.data<int64_t>() + d * n;
    for (int64_t i = 0; i < n; ++i) flat[i] = flat[i] * sizes[d] + row[i];
  }
  return flat;
}

Tensor sum_rows(const Tensor& values, const Tensor& row, int64_t count) {
  Dims sizes(values.sizes());
  sizes[0] = count;
  if (values.dtype() == DType::bool_) {  // any of them
    Tensor counts = call<"_cast_copy">(values, DType::int64, values.device(), MemoryFormat::contiguous);
    return call<"ne.Tensor">(call<"index_add">(call<"new_zeros">(counts, sizes), int64_t{0}, row, counts),
                             Scalar(int64_t{0}));
  }
  return call<"index_add">(call<"new_zeros">(values, sizes), int64_t{0}, row, values);
}

// Stable, so that duplicates are added in the order in which they stand.
Tensor coalesced(const Tensor& t) {
  if (is_coalesced(t)) return t;
  const Tensor& indices = indices_of(t);
  std::vector<int64_t> flat = flat_positions(indices, t.sizes()), order(flat.size()), group(flat.size()), first;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](int64_t a, int64_t b) { return flat[a] < flat[b]; });
  for (size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || flat[order[k]] != flat[order[k - 1]]) first.push_back(order[k]);
    group[order[k]] = static_cast<int64_t>(first.size()) - 1;
  }
  Tensor values = sum_rows(values_of(t), int_vector(group), static_cast<int64_t>(first.size()));
  return from_parts(pick_columns(indices, int_vector(first)), values, t.sizes(), true);
}

// Where each index column stands in a coalesced tensor, or -1.
static std::vector<int64_t> look_up(const Tensor& t, const Tensor& indices) {
  std::vector<int64_t> known = flat_positions(indices_of(t), t.sizes()), places = flat_positions(indices, t.sizes());
  for (int64_t& p : places) {
    auto found = std::ranges::lower_bound(known, p);
    p = found != known.end() && *found == p ? found - known.begin() : -1;
  }
  return places;
}

Tensor values_at(const Tensor& t, const Tensor& indices) {
  int64_t rows = indices.size(0);
  if (!is_sparse(t)) {
    if (rows == 0)
      return call<"expand">(call<"unsqueeze">(t, int64_t{0}), [&] {
        Dims sizes{indices.size(1)};
        for (int64_t s : t.sizes()) sizes.push_back(s);
        return sizes;
      }());
    std::vector<Tensor> where;
    for (int64_t d = 0; d < rows; ++d) where.push_back(row_of(indices, d));
    return call<"index.Tensor">(t, std::move(where));
  }
  check(rows == sparse_dim(t), ErrorKind::Runtime, "sparse: patterns of ", rows, " and ", sparse_dim(t),
        " sparse dimensions do not match");
  Tensor lookup = coalesced(t), values = values_of(lookup);
  std::vector<int64_t> at = look_up(lookup, indices), group, from;
  for (size_t i = 0; i < at.size(); ++i)
    if (at[i] >= 0) {
      group.push_back(static_cast<int64_t>(i));
      from.push_back(at[i]);
    }
  return sum_rows(call<"index_select">(values, int64_t{0}, int_vector(from)), int_vector(group), indices.size(1));
}

Tensor dense_of(const Tensor& t) {
  if (!is_sparse(t)) return t;
  int64_t rows = 1;
  for (int64_t d = 0; d < sparse_dim(t); ++d) rows *= t.size(d);
  Tensor flat = sum_rows(values_of(t), int_vector(flat_positions(indices_of(t), t.sizes())), rows);
  return call<"reshape">(flat, t.sizes());
}

Tensor broadcast(const Tensor& t, IntSpan sizes) {
  if (std::ranges::equal(t.sizes(), sizes)) return t;
  int64_t before = static_cast<int64_t>(sizes.size()) - t.dim(), rows = sparse_dim(t), n = nnz(t), times = 1;
  check(before >= 0, ErrorKind::Runtime, "_sparse_broadcast_to: a tensor of ", t.dim(), " dimensions has no form of ",
        sizes.size());
  Dims of_values{n};
  std::vector<int64_t> grown;  // the dimensions whose places are repeated
  bool ordered = is_coalesced(t);
  for (int64_t d = 0, rank = static_cast<int64_t>(sizes.size()); d < rank; ++d) {
    int64_t own = d < before ? 1 : t.size(d - before);
    check(own == sizes[d] || own == 1, ErrorKind::Runtime, "_sparse_broadcast_to: size ", own, " of dimension ", d,
          " can't become ", sizes[d], ": only sizes of 1 can be repeated");
    if (d >= before + rows) {
      of_values.push_back(sizes[d]);
    } else if (own != sizes[d] || d < before) {
      ordered = ordered && grown.size() == static_cast<size_t>(d);  // before all that stay
      grown.push_back(d);
      times *= sizes[d];
    }
  }
  Tensor values = call<"expand">(values_of(t), of_values);
  if (times != 1) {  // all elements for each of the places
    Tensor which = call<"arange">(n * times, DType::int64);
    values = call<"index_select">(values, int64_t{0}, call<"remainder.Tensor">(which, Scalar(std::max<int64_t>(n, 1))));
  }
  Tensor old = as_contiguous(indices_of(t));
  Tensor indices = empty(Dims{before + rows, n * times}, DType::int64, t.device());
  int64_t* to = indices.numel() ? indices.data<int64_t>() : nullptr;
  for (int64_t d = before + rows, inner = 1; d-- > 0;) {
    bool repeated = std::ranges::find(grown, d) != grown.end();
    for (int64_t i = 0; i < n * times; ++i)
      to[d * n * times + i] = repeated ? i / n / inner % sizes[d] : old.data<int64_t>()[(d - before) * n + i % n];
    if (repeated) inner *= sizes[d];
  }
  return from_parts(indices, values, sizes, ordered);
}

Tensor add_to_dense(const Tensor& self, const Tensor& other, const Scalar& alpha, bool in_place) {
  check(std::ranges::equal(self.sizes(), other.sizes()), ErrorKind::Runtime,
        "add: expected 'self' and 'other' to have same size, got ", list_text(self.sizes()), " (strided) and ",
        list_text(other.sizes()), " (sparse)");
  Tensor target = self, values = values_of(other);
  DType common = promote(self.dtype(), other.dtype());
  if (in_place)
    check(can_cast(common, self.dtype()), ErrorKind::Runtime, "add_: result type ", name(common),
          " can't be cast to the desired output type ", name(self.dtype()));
  else if (common != self.dtype())
    target = call<"_cast_copy">(self, common, self.device(), MemoryFormat::preserve);
  if (values.dtype() != target.dtype())
    values = call<"_cast_copy">(values, target.dtype(), values.device(), MemoryFormat::contiguous);
  const Tensor& indices = indices_of(other);
  if (indices.size(0) == 1) {
    Tensor where = row_of(indices, 0);
    return in_place ? call_<"index_add">(target, int64_t{0}, where, values, alpha)
                    : call<"index_add">(target, int64_t{0}, where, values, alpha);
  }
  if (alpha.to_complex() != 1.0) values = call<"mul.Tensor">(values, alpha);
  if (indices.size(0) == 0) {
    values = call<"sum.dim_IntList">(values, Dims{0});
    return in_place ? call_<"add.Tensor">(target, values) : call<"add.Tensor">(target, values);
  }
  std::vector<Tensor> where;
  for (int64_t d = 0; d < indices.size(0); ++d) where.push_back(row_of(indices, d));
  return in_place ? call_<"index_put">(target, std::move(where), values, true)
                  : call<"index_put">(target, std::move(where), values, true);
}

void adopt(const char* op, const Tensor& self, const Tensor& from) {
  check_not_inference(op, self);
  if (t_state.grad_enabled) {
    check(!self.requires_grad() || !is_leaf(self), ErrorKind::Runtime, op,
          ": a leaf Variable that requires grad is being used in an in-place operation.");
    if (Edge edge = gradient_edge(from)) set_history(self, edge.node, edge.input);
  }
  SparseParts &to = sparse_parts(self), &parts = sparse_parts(from);
  Tensor values = parts.values;
  if (values.dtype() != self.dtype())
    values = call<"_cast_copy">(values, self.dtype(), values.device(), MemoryFormat::contiguous);
  to.indices = parts.indices;
  to.values = values;
  to.coalesced = parts.coalesced;
  bump_version(self);
}

}  // namespace flambeau::sparse
