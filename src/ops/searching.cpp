// Distinct values, membership and search in sorted sequences.
#include "cpu/search.h"

#include <numeric>

#include "core/fits.h"
#include "cpu/sort.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

using Three = std::tuple<Tensor, Tensor, Tensor>;
constexpr const char* kPositions = "the result is chosen by comparing values";

Tensor from_vector(const std::vector<int64_t>& v) {
  Tensor out = empty(Dims{static_cast<int64_t>(v.size())}, DType::int64);
  if (!v.empty()) std::copy(v.begin(), v.end(), out.data<int64_t>());
  return out;
}
Tensor nothing() { return empty(Dims{0}, DType::int64); }

// Slices along `dim` as the rows of a matrix.
Tensor slices_as_rows(const Tensor& self, int64_t dim) {
  Dims order{dim};
  for (int64_t d = 0; d < self.dim(); ++d)
    if (d != dim) order.push_back(d);
  Tensor moved = as_contiguous(alias(self, self.layout().permuted(order)));
  int64_t n = self.size(dim);
  Layout rows(Dims{n, n ? moved.numel() / n : 0});
  rows.offset = moved.offset();
  return alias(moved, rows);
}

Three distinct_slices(const char* op, const Tensor& self, int64_t dim, bool sort, bool inverse, bool counts) {
  dim = wrap_dim(op, dim, self.dim());
  if (self.numel() == 0) {
    int64_t zeros = 0;
    for (int64_t s : self.sizes()) zeros += s == 0;
    check(self.size(dim) == 0, ErrorKind::Runtime, op,
          ": There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
    check(zeros == 1, ErrorKind::Runtime, op,
          ": Number of zero sized dimensions is more than one, so unique cannot be applied ");
    return {self, nothing(), nothing()};
  }
  Tensor rows = slices_as_rows(self, dim);
  std::vector<int64_t> order;
  if (sort) {
    order = row_order(rows);
  } else {
    order.resize(rows.size(0));
    std::iota(order.begin(), order.end(), 0);
  }
  Groups groups = group_rows(rows, order);
  // The chosen slices stand one after the other in memory.
  Dims order_in(1, dim), back(self.dim());
  for (int64_t d = 0; d < self.dim(); ++d)
    if (d != dim) order_in.push_back(d);
  for (int64_t d = 0; d < self.dim(); ++d) back[order_in[d]] = d;
  Tensor moved = alias(self, self.layout().permuted(order_in));
  Tensor chosen = call<"index_select">(moved, int64_t{0}, from_vector(groups.first));
  Tensor values = alias(chosen, chosen.layout().permuted(back));
  return {values, inverse ? from_vector(groups.inverse) : nothing(), counts ? from_vector(groups.counts) : nothing()};
}

Three distinct(const Tensor& self, bool inverse, bool counts) {
  Distinct found = distinct_values(as_contiguous(self), inverse, counts);
  Tensor where = inverse ? alias(found.inverse, Layout(self.sizes())) : nothing();
  return {found.values, where, counts ? found.counts : nothing()};
}

ResultSpec search_rule(const char* op, const Tensor& sequence, IntSpan sizes, bool out_int32) {
  check(sequence.dim() > 0, ErrorKind::Runtime, "torch.", op,
        "(): boundaries tensor should have positive dimension, but got 0 dimension");
  check(sequence.dim() == 1 || (sizes.size() == sequence.sizes().size() &&
                                std::equal(sizes.begin(), sizes.end() - 1, sequence.sizes().begin())),
        ErrorKind::Runtime, "torch.", op,
        "(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value "
        "tensor must match, but we got boundaries tensor ",
        list_text(sequence.sizes()), " and input value tensor ", list_text(sizes));
  check(!out_int32 || sequence.size(-1) < INT32_MAX, ErrorKind::Runtime, "torch.", op,
        "(): the size of boundaries' last dimension should be less than ", INT32_MAX, ", but we got ",
        sequence.size(-1));
  return {Dims(sizes), out_int32 ? DType::int32 : DType::int64};
}

bool from_right(bool right, std::string_view side) {
  check(side.empty() || side == "left" || side == "right", ErrorKind::Runtime,
        "torch.searchsorted(): side can only be 'left' or 'right' but got ", side);
  check(!(side == "left" && right), ErrorKind::Runtime,
        "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True");
  return right || side == "right";
}

void search(const Tensor& sequence, const Tensor& sorter, const Tensor& values, bool right, const Tensor& out) {
  DType type = sequence.dtype();
  if (type != values.dtype()) type = DType::float64;
  search_rows(as_contiguous(cast(sequence, type)),
              sorter.defined() ? as_contiguous(cast(sorter, DType::int64)) : Tensor(),
              as_contiguous(cast(values, type)), right, out);
}

Tensor number(const Scalar& value, DType like) {
  DType type = like;
  if (is_integral(like, true) && !value.is_integral())
    type = DType::float64;
  else if (!fits(value, like))
    type = value.kind() == Scalar::Kind::Int ? DType::int64 : DType::float64;
  Tensor t = empty({}, type);
  fill_elements(t, value);
  return t;
}

void check_sorter(const Tensor& sequence, const Tensor& sorter) {
  if (!sorter.defined()) return;
  check(sorter.dtype() == DType::int64, ErrorKind::Runtime,
        "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype ", name(sorter.dtype()));
  check(std::ranges::equal(sorter.sizes(), sequence.sizes()), ErrorKind::Runtime,
        "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor ",
        list_text(sequence.sizes()), " and got sorter tensor ", list_text(sorter.sizes()));
}
void check_sorter_range(const Tensor& sequence, const Tensor& sorter) {
  if (!sorter.defined() || sorter.numel() == 0) return;
  Tensor plain = as_contiguous(sorter);
  for (int64_t i = 0; i < plain.numel(); ++i)
    check(plain.data<int64_t>()[i] >= 0 && plain.data<int64_t>()[i] < sequence.size(-1), ErrorKind::Runtime,
          "torch.searchsorted(): sorter index out of range: ", plain.data<int64_t>()[i]);
}

}  // namespace

OP(_unique2){
    .signature =
        "_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, "
        "Tensor, Tensor)",
    .python = torch,
    .doc = "The distinct values in order, where each element went, and how often each occurs.",
    .cpu = [](const Tensor& self, bool, bool inverse, bool counts) -> Three { return distinct(self, inverse, counts); },
    .not_differentiable = kPositions,
};
OP(_unique){
    .signature = "_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)",
    .python = torch,
    .doc = "The distinct values in order, and where each element went.",
    .cpu = [](const Tensor& self, bool, bool inverse) -> std::tuple<Tensor, Tensor> {
      auto [values, where, counts] = distinct(self, inverse, false);
      return {values, where};
    },
    .not_differentiable = kPositions,
};
OP(unique_dim){
    .signature =
        "unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> "
        "(Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc =
        "The distinct slices along a dimension in lexicographic order, where each slice went, and how often each "
        "occurs.",
    .cpu = [](const Tensor& self, int64_t dim, bool, bool, bool) -> Three {
      return distinct_slices("unique_dim", self, dim, true, true, true);
    },
    .not_differentiable = kPositions,
};
OP(unique_consecutive){
    .signature =
        "unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> "
        "(Tensor, Tensor, Tensor)",
    .python = hidden,
    .doc =
        "The first of every run of equal elements (slices, with ``dim``), which run each belongs to, and the runs' "
        "lengths.",
    .cpu = [](const Tensor& self, bool inverse, bool counts, std::optional<int64_t> dim) -> Three {
      if (dim) return distinct_slices("unique_consecutive", self, *dim, false, inverse, counts);
      Tensor flat = as_contiguous(self);
      Tensor vector = alias(flat, Layout(Dims{flat.numel()}, Dims{1}, flat.offset()));
      if (flat.numel() == 0)
        return {empty(Dims{0}, self.dtype()), inverse ? empty(self.sizes(), DType::int64) : nothing(), nothing()};
      auto [values, where, lengths] = distinct_slices("unique_consecutive", vector, 0, false, inverse, counts);
      return {values, inverse ? alias(where, Layout(self.sizes())) : where, lengths};
    },
    .not_differentiable = kPositions,
};
OP(unique_dim_consecutive){
    .signature =
        "unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, bool return_counts=False) -> (Tensor, "
        "Tensor, Tensor)",
    .python = hidden,
    .doc = "Like ``unique_consecutive`` with ``dim``.",
    .cpu = [](const Tensor& self, int64_t dim, bool inverse, bool counts) -> Three {
      return distinct_slices("unique_consecutive", self, dim, false, inverse, counts);
    },
    .not_differentiable = kPositions,
};

OP(searchsorted){
    .signature =
        "searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? "
        "side=None, Tensor? sorter=None) -> Tensor",
    .python = torch,
    .doc =
        R"(Where each value would be inserted into a sorted sequence (a row of the last dimension for each row of values, or one for all),
before the entries equal to it, or after them with ``right``. Binary search.
      >>> flambeau.searchsorted(flambeau.tensor([1, 3, 5]), flambeau.tensor([3, 6]))
      tensor([1, 3]))",
    .shape =
        [](const Tensor& sequence, const Tensor& self, bool narrow, bool right, std::string_view side,
           const Tensor& sorter) {
          from_right(right, side);
          check_sorter(sequence, sorter);
          check(sequence.dtype() == self.dtype(), ErrorKind::Runtime,
                "torch.searchsorted(): boundary tensor and input value tensor should have same dtype, but got boundary "
                "tensor dtype ",
                name(sequence.dtype()), " and input value tensor dtype ", name(self.dtype()));
          return search_rule("searchsorted", sequence, self.sizes(), narrow);
        },
    .cpu =
        [](const Tensor& sequence, const Tensor& self, bool, bool right, std::string_view side, const Tensor& sorter,
           const Tensor& out) {
          check_sorter_range(sequence, sorter);
          search(sequence, sorter, self, from_right(right, side), out);
        },
    .not_differentiable = kPositions,
};
OP(searchsorted_scalar){
    .signature =
        "searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool right=False, str? "
        "side=None, Tensor? sorter=None) -> Tensor",
    .python = torch,
    .shape =
        [](const Tensor& sequence, const Scalar&, bool narrow, bool right, std::string_view side,
           const Tensor& sorter) {
          from_right(right, side);
          check_sorter(sequence, sorter);
          check(sequence.dim() == 1, ErrorKind::Runtime,
                "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we "
                "got boundaries tensor dim(",
                sequence.dim(), ")");
          return search_rule("searchsorted", sequence, {}, narrow);
        },
    .cpu =
        [](const Tensor& sequence, const Scalar& value, bool, bool right, std::string_view side, const Tensor& sorter,
           const Tensor& out) {
          check_sorter_range(sequence, sorter);
          search(sequence, sorter, number(value, sequence.dtype()), from_right(right, side), out);
        },
    .not_differentiable = kPositions,
};
OP(bucketize){
    .signature =
        "bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
    .python = torch,
    .doc =
        "The number of the bucket between sorted boundaries that each element falls into; a boundary belongs to the "
        "left bucket, with ``right`` to the next.",
    .shape =
        [](const Tensor& self, const Tensor& boundaries, bool narrow, bool) {
          check(boundaries.dim() == 1, ErrorKind::Runtime,
                "torch.bucketize(): boundaries tensor must be 1 dimension, but got dim(", boundaries.dim(), ")");
          return search_rule("bucketize", boundaries, self.sizes(), narrow);
        },
    .cpu = [](const Tensor& self, const Tensor& boundaries, bool, bool right,
              const Tensor& out) { search(boundaries, {}, self, right, out); },
    .not_differentiable = kPositions,
};
OP(bucketize_scalar){
    .signature =
        "bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
    .python = torch,
    .shape =
        [](const Scalar&, const Tensor& boundaries, bool narrow, bool) {
          check(boundaries.dim() == 1, ErrorKind::Runtime,
                "torch.bucketize(): boundaries tensor must be 1 dimension, but got dim(", boundaries.dim(), ")");
          return search_rule("bucketize", boundaries, {}, narrow);
        },
    .cpu = [](const Scalar& value, const Tensor& boundaries, bool, bool right,
              const Tensor& out) { search(boundaries, {}, number(value, boundaries.dtype()), right, out); },
    .not_differentiable = kPositions,
};

// The test values sorted, then a binary search for each element.
static void membership(const Tensor& elements, const Tensor& test, bool invert, const Tensor& out) {
  DType type = elements.dtype() == test.dtype() ? elements.dtype() : promote(elements.dtype(), test.dtype());
  Tensor have = as_contiguous(cast(test, type)), want = as_contiguous(cast(elements, type));
  int64_t n = have.numel(), count = want.numel();
  bool* to = count ? out.data<bool>() : nullptr;
  if (n == 0) return std::fill(to, to + count, invert);
  Tensor flat = alias(have, Layout(Dims{n}, Dims{1}, have.offset())), sorted = empty(Dims{n}, type);
  sort_rows("isin", flat, false, sorted, {});
  Tensor place = empty(Dims{count}, DType::int64);
  search_rows(sorted, {}, alias(want, Layout(Dims{count}, Dims{1}, want.offset())), false, place);
  Tensor hits =
      call<"eq.Tensor">(alias(want, Layout(Dims{count}, Dims{1}, want.offset())),
                        call<"index_select">(sorted, int64_t{0}, call<"clamp">(place, Value(), Scalar(n - 1))));
  const bool* hit = count ? hits.data<bool>() : nullptr;
  for (int64_t i = 0; i < count; ++i) to[i] = hit[i] != invert;
}
OP(isin){
    .signature =
        "isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> "
        "Tensor",
    .python = torch,
    .doc = R"(Whether each element is among the test elements.
      >>> flambeau.isin(flambeau.tensor([1, 2]), flambeau.tensor([2, 3]))
      tensor([False,  True]))",
    .shape = [](const Tensor& elements, const Tensor&, bool, bool) -> ResultSpec {
      return {Dims(elements.sizes()), DType::bool_};
    },
    .cpu = [](const Tensor& elements, const Tensor& test, bool, bool invert,
              const Tensor& out) { membership(elements, test, invert, out); },
    .not_differentiable = kPositions,
};
OP(isin_tensor_scalar){
    .signature =
        "isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False, bool invert=False) -> "
        "Tensor",
    .python = torch,
    .variants = Variants::out,
    .composite = [](const Tensor& elements, const Scalar& test, bool, bool invert) -> Tensor {
      return invert ? call<"ne.Tensor">(elements, test) : call<"eq.Tensor">(elements, test);
    },
};
OP(isin_scalar_tensor){
    .signature =
        "isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> "
        "Tensor",
    .python = torch,
    .variants = Variants::out,
    .composite = [](const Scalar& element, const Tensor& test, bool, bool invert) -> Tensor {
      Tensor hit = call<"any">(call<"eq.Tensor">(test, element));
      return invert ? call<"logical_not">(hit) : hit;
    },
};

}  // namespace flambeau
