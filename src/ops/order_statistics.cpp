// Medians, k-th smallest values, modes, quantiles, and counting: histograms of values and of integers.
#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "loops/parallel.h"
#include "ops/reduction.h"

namespace flambeau {

namespace {

template <class T>
struct Item {
  T value;
  int64_t index;
};
// Ascending; NaN above all; equals in the order of their places.
template <class T>
bool item_less(const Item<T>& a, const Item<T>& b) {
  bool an = a.value != a.value, bn = b.value != b.value;
  if (an || bn) return an == bn ? a.index < b.index : bn;
  return a.value < b.value || (a.value == b.value && a.index < b.index);
}

// Runs pick(items, n) -> Item for each line along dim, and writes value and place.
template <class Pick>
void select_lines(const char* op, const Tensor& self, int64_t dim, const Tensor& values, const Tensor& indices,
                  Pick&& pick) {
  if (values.numel() == 0) return;
  Tensor x = as_contiguous(self);
  int64_t n = 1, inner = 1, outer = 1;
  if (x.dim() > 0) {
    n = x.size(dim);
    for (int64_t d = 0; d < dim; ++d) outer *= x.size(d);
    for (int64_t d = dim + 1; d < x.dim(); ++d) inner *= x.size(d);
  }
  int64_t* where = indices.defined() ? indices.data<int64_t>() : nullptr;
  dispatch_real(op, x.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T* from = x.data<T>();
    T* to = values.data<T>();
    int64_t lines = outer * inner, per = std::max<int64_t>(1, 4096 / n);
    parallel_tasks((lines + per - 1) / per, [&](int64_t t) {
      std::vector<Item<W>> items(n);
      for (int64_t k = t * per, end = std::min(lines, k + per); k < end; ++k) {
        const T* line = from + k / inner * n * inner + k % inner;
        for (int64_t i = 0; i < n; ++i) items[i] = {static_cast<W>(line[i * inner]), i};
        int64_t at = pick(items).index;
        to[k] = line[at * inner];
        if (where) where[k] = at;
      }
    });
  });
}

constexpr auto kth_of = [](auto& items, int64_t k) {
  std::nth_element(items.begin(), items.begin() + k, items.end(), item_less<decltype(items[0].value)>);
  return items[k];
};
constexpr auto median_of = [](auto& items, bool skip_nan) {
  using W = decltype(items[0].value);
  int64_t n = static_cast<int64_t>(items.size());
  int64_t nans = std::count_if(items.begin(), items.end(), [](const Item<W>& i) { return i.value != i.value; });
  if (nans && !skip_nan)
    return *std::find_if(items.begin(), items.end(), [](const Item<W>& i) { return i.value != i.value; });
  int64_t k = nans == n ? 0 : (n - nans - 1) / 2;
  std::nth_element(items.begin(), items.begin() + k, items.end(), item_less<W>);
  return items[k];
};

ResultSpecs line_specs(const char* op, const Tensor& self, int64_t dim, bool keepdim) {
  uint64_t mask = dim_mask(op, Dims{dim}, self.dim());
  check(!self.is_complex(), ErrorKind::NotImplemented, op, ": complex numbers have no order");
  if (self.dim() > 0)
    check(self.size(dim < 0 ? dim + self.dim() : dim) > 0, ErrorKind::Index, op, "(): Expected reduction dim ", dim,
          " to have non-zero size.");
  Dims sizes = reduced_sizes(self.sizes(), mask, keepdim);
  return {{sizes, self.dtype()}, {sizes, DType::int64}};
}
Tensor line_gradient(Grad& g) {
  return call<"value_selecting_reduction_backward">(g.out(), g.integer("dim"), g.result(1), g.sizes("self"),
                                                    g.flag("keepdim"));
}

void median_all(const Tensor& self, bool skip_nan, const Tensor& out) {
  if (self.numel() == 0)
    return fill_elements(out, !is_integral(self.dtype(), true) ? Scalar(std::nan(""))
                              : is_unsigned(self.dtype())      ? Scalar(0)
                                                               : Scalar(INT64_MIN >> (64 - 8 * self.itemsize())));
  Tensor x = as_contiguous(self);
  Tensor flat = alias(x, [&] {
    Layout l(Dims{x.numel()});
    l.offset = x.offset();
    return l;
  }());
  select_lines("median", flat, 0, out, Tensor(), [&](auto& items) { return median_of(items, skip_nan); });
}

}  // namespace

#define MEDIAN(name, skip, text)                                                                                    \
  OP(name){                                                                                                         \
      .signature = #name "(Tensor self) -> Tensor",                                                                 \
      .doc = text,                                                                                                  \
      .shape = [](const Tensor& self) -> ResultSpec { return {{}, self.dtype()}; },                                 \
      .cpu = [](const Tensor& self, const Tensor& out) { median_all(self, skip, out); },                            \
      .saves = {"self", "result"},                                                                                  \
      .gradient = [](Grad& g) { return share_among_equal(g.out(), g.self(), g.result(), ~uint64_t{0}, false); },    \
  };                                                                                                                \
  OP(name##_dim){                                                                                                   \
      .signature = #name ".dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",       \
      .out = OutRule::distinct,                                                                                     \
      .shape = [](const Tensor& self, int64_t dim, bool keepdim) { return line_specs(#name, self, dim, keepdim); }, \
      .cpu =                                                                                                        \
          [](const Tensor& self, int64_t dim, bool, const Tensor& values, const Tensor& indices) {                  \
            select_lines(#name, self, wrap_dim(#name, dim, self.dim()), values, indices,                            \
                         [](auto& items) { return median_of(items, skip); });                                       \
          },                                                                                                        \
      .saves = {"result1"},                                                                                         \
      .gradient = line_gradient,                                                                                    \
  };
MEDIAN(median, false, "The median, the lower one of two; NaN where there is one. With ``dim`` its place too.")
MEDIAN(nanmedian, true, "The median of what is not NaN, the lower one of two. With ``dim`` its place too.")
#undef MEDIAN

OP(kthvalue){
    .signature = "kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc = "The ``k``-th smallest element along ``dim`` (1 is the smallest) and its place.",
    .out = OutRule::distinct,
    .shape =
        [](const Tensor& self, int64_t k, int64_t dim, bool keepdim) {
          ResultSpecs specs = line_specs("kthvalue", self, dim, keepdim);
          int64_t n = self.dim() ? self.size(wrap_dim("kthvalue", dim, self.dim())) : 1;
          check(k >= 1 && k <= n, ErrorKind::Runtime, "kthvalue(): selected number k out of range for dimension ", dim,
                ": k is ", k, ", the size ", n);
          return specs;
        },
    .cpu =
        [](const Tensor& self, int64_t k, int64_t dim, bool, const Tensor& values, const Tensor& indices) {
          select_lines("kthvalue", self, wrap_dim("kthvalue", dim, self.dim()), values, indices,
                       [k](auto& items) { return kth_of(items, k - 1); });
        },
    .saves = {"result1"},
    .gradient = line_gradient,
};
OP(mode){
    .signature = "mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc = "The commonest element along ``dim``, the smallest of several, and the last place where it stands.",
    .out = OutRule::distinct,
    .shape = [](const Tensor& self, int64_t dim, bool keepdim) { return line_specs("mode", self, dim, keepdim); },
    .cpu =
        [](const Tensor& self, int64_t dim, bool, const Tensor& values, const Tensor& indices) {
          select_lines("mode", self, wrap_dim("mode", dim, self.dim()), values, indices, [](auto& items) {
            std::sort(items.begin(), items.end(), item_less<decltype(items[0].value)>);
            size_t best = 0, length = 0;
            for (size_t i = 0, run = 0; i < items.size(); ++i) {
              run = i > 0 && items[i].value == items[i - 1].value ? run + 1 : 1;
              if (run > length) length = run, best = i;
            }
            return items[best];
          });
        },
    .saves = {"result1"},
    .gradient = line_gradient,
};

// --- quantiles ------------------------------------------------------------------------------------------------------
static Tensor quantile_of(const char* op, const Tensor& self, const Tensor& q, std::optional<int64_t> dim, bool keepdim,
                          std::string_view interpolation, bool skip_nan) {
  check(self.dtype() == DType::float32 || self.dtype() == DType::float64, ErrorKind::Runtime, op,
        "() input tensor must be either float or double dtype, got ", name(self.dtype()));
  check(q.dim() <= 1, ErrorKind::Runtime, op, "() q must be a scalar or 1D tensor, got size ", list_text(q.sizes()));
  check(q.dtype() == self.dtype(), ErrorKind::Runtime, op,
        "() q tensor must be same dtype as the input tensor: ", name(q.dtype()), " and ", name(self.dtype()));
  check(self.numel() > 0, ErrorKind::Runtime, op, "() input tensor must be non-empty");
  check(interpolation == "linear" || interpolation == "lower" || interpolation == "higher" ||
            interpolation == "midpoint" || interpolation == "nearest",
        ErrorKind::Runtime, op, "() interpolation must be one of linear, lower, higher, midpoint or nearest, but got ",
        interpolation);
  if (!q.is_meta() && q.numel()) {
    GradMode off(false);
    double low = read_element(call<"amin">(q)).to_double(), high = read_element(call<"amax">(q)).to_double();
    check(low >= 0 && high <= 1, ErrorKind::Runtime, op, "() q values must be in the range [0, 1], got ", low, " to ",
          high);
  }
  int64_t rank = self.dim(), d = dim ? wrap_dim(op, *dim, rank) : 0;
  Tensor x = dim && rank > 0 ? call<"transpose.int">(self, d, rank - 1) : call<"reshape">(self, Dims{-1});
  Tensor sorted = call_all<"sort">(x, int64_t{-1}, false)[0].tensor();
  double last = static_cast<double>(sorted.size(-1) - 1);
  Tensor steps = q.dim() == 0 ? call<"unsqueeze">(q, int64_t{0}) : q, ranks;
  Tensor nan = call<"isnan">(sorted);
  if (skip_nan) {
    Tensor count = call<"sum.dim_IntList">(call<"logical_not">(nan), Dims{-1}, true);
    ranks = call<"mul.Tensor">(steps, call<"clamp">(call<"sub.Tensor">(count, int64_t{1}), int64_t{0}));
  } else {
    ranks = call<"mul.Tensor">(steps, last);
    Dims rows(sorted.sizes());
    rows[rows.size() - 1] = steps.numel();
    ranks = call<"where.self">(call<"any.dim">(nan, int64_t{-1}, true),
                               call<"full_like">(call<"expand">(ranks, rows), last), call<"expand">(ranks, rows));
  }
  if (interpolation == "lower")
    ranks = call<"floor">(ranks);
  else if (interpolation == "higher")
    ranks = call<"ceil">(ranks);
  else if (interpolation == "nearest")
    ranks = call<"round">(ranks);
  auto at = [&](const Tensor& index) {
    return call<"gather">(sorted, int64_t{-1}, call<"_to_copy">(index, DType::int64));
  };
  Tensor floor = call<"floor">(ranks), result = at(floor);
  if (interpolation == "linear" || interpolation == "midpoint") {
    Tensor weight = interpolation == "midpoint" ? call<"full_like">(ranks, 0.5) : call<"sub.Tensor">(ranks, floor);
    result = call<"lerp.Tensor">(result, at(call<"ceil">(ranks)), weight);
  }
  // (..., nq): the quantiles first, the reduced dimension back where it was
  if (q.dim() == 0) {
    result = call<"squeeze.dim">(result, int64_t{-1});
    if (keepdim) {
      Dims kept(self.sizes());
      if (dim && rank > 0) return call<"transpose.int">(call<"unsqueeze">(result, int64_t{-1}), d, rank - 1);
      for (int64_t& s : kept) s = 1;
      return call<"reshape">(result, kept);
    }
    if (!dim || rank <= 1 || d == rank - 1) return result;
    // transposed dimensions d and last: bring the one that stood last back to its place
    Dims order;
    for (int64_t k = 0; k < rank - 1; ++k) order.push_back(k);
    order.erase(d);
    order.push_back(d);
    return call<"permute">(result, order);
  }
  int64_t r = result.dim();
  Dims order{r - 1};
  for (int64_t k = 0; k < r - 1; ++k) order.push_back(k);
  result = call<"permute">(result, order);
  if (!dim || rank == 0) {
    if (!keepdim) return result;
    Dims kept{q.numel()};
    for (int64_t k = 0; k < rank; ++k) kept.push_back(1);
    return call<"reshape">(result, kept);
  }
  if (keepdim) return call<"transpose.int">(call<"unsqueeze">(result, int64_t{-1}), d + 1, rank);
  if (d == rank - 1) return result;
  Dims back{0};
  for (int64_t k = 1; k < rank; ++k)
    if (k != d + 1) back.push_back(k);
  back.push_back(d + 1);
  return call<"permute">(result, back);
}

#define QUANTILE(name, skip, text)                                                                                     \
  OP(name){                                                                                                            \
      .signature =                                                                                                     \
          #name "(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor", \
      .variants = Variants::out,                                                                                       \
      .doc = text,                                                                                                     \
      .composite =                                                                                                     \
          [](const Tensor& self, const Tensor& q, std::optional<int64_t> dim, bool keepdim,                            \
             std::string_view interpolation) {                                                                         \
            return quantile_of(#name, self, q, dim, keepdim, interpolation, skip);                                     \
          },                                                                                                           \
      .autocast = Autocast::high,                                                                                      \
  };                                                                                                                   \
  OP(name##_scalar){                                                                                                   \
      .signature = #name                                                                                               \
      ".scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor",     \
      .variants = Variants::out,                                                                                       \
      .composite =                                                                                                     \
          [](const Tensor& self, double q, std::optional<int64_t> dim, bool keepdim, std::string_view interpolation) { \
            check(q >= 0 && q <= 1, ErrorKind::Runtime, #name "() q must be in the range [0, 1] but got ", q);         \
            return quantile_of(#name, self, call<"full">(IntSpan(), q, self.dtype(), Value(), self.device()), dim,     \
                               keepdim, interpolation, skip);                                                          \
          },                                                                                                           \
      .autocast = Autocast::high,                                                                                      \
  };
QUANTILE(quantile, false,
         "The values below which shares ``q`` of the elements lie, interpolated between neighbours; of all elements or "
         "along ``dim``.")
QUANTILE(nanquantile, true, "``quantile`` of the elements that are not NaN.")
#undef QUANTILE

// --- counting -------------------------------------------------------------------------------------------------------
OP(histc){
    .signature = "histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor",
    .doc =
        "Numbers of elements in ``bins`` equal intervals from ``min`` to ``max``, or over the data's own range when "
        "both are equal; what lies outside is not counted.",
    .shape = [](const Tensor& self, int64_t bins, const Value& min, const Value& max) -> ResultSpec {
      check(bins > 0, ErrorKind::Runtime, "histc(): bins must be > 0, but got ", bins);
      check(is_floating(self.dtype()) || is_integral(self.dtype()), ErrorKind::NotImplemented,
            "histc: not implemented for ", name(self.dtype()));
      check(min.number() <= max.number(), ErrorKind::Runtime, "histc: max must be larger than min, got ", min.number(),
            " and ", max.number());
      return {Dims{bins}, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, int64_t bins, const Value& min, const Value& max, const Tensor& out) {
          double low = min.number(), high = max.number();
          if (low == high && self.numel() > 0) {
            Tensor edge = empty(Dims{}, self.dtype());
            reduce_fold(Fold::min, self, ~uint64_t{0}, edge);
            low = read_element(edge).to_double();
            reduce_fold(Fold::max, self, ~uint64_t{0}, edge);
            high = read_element(edge).to_double();
          }
          if (low == high) low -= 1, high += 1;
          check(std::isfinite(low) && std::isfinite(high), ErrorKind::Runtime, "histc: range of [", low, ", ", high,
                "] is not finite");
          Tensor x = as_contiguous(self);
          int64_t n = x.numel(), per = 65536, tasks = (n + per - 1) / per;
          std::vector<int64_t> counts(std::max<int64_t>(1, tasks) * bins);
          dispatch_real("histc", x.dtype(), [&]<class T>() {
            const T* from = x.data<T>();
            parallel_tasks(tasks, [&](int64_t t) {
              int64_t* own = counts.data() + t * bins;
              for (int64_t i = t * per, end = std::min(n, i + per); i < end; ++i) {
                double v = static_cast<double>(static_cast<Wide<T>>(from[i]));
                if (!(v >= low && v <= high)) continue;
                int64_t k = static_cast<int64_t>((v - low) / (high - low) * static_cast<double>(bins));
                ++own[std::min(k, bins - 1)];
              }
            });
          });
          for (int64_t t = 1; t < tasks; ++t)
            for (int64_t b = 0; b < bins; ++b) counts[b] += counts[t * bins + b];
          Tensor total = empty(Dims{bins}, DType::int64);
          std::copy_n(counts.data(), bins, total.data<int64_t>());
          copy_elements(out, total);
        },
    .not_differentiable = "counts do not change with small changes of the values",
};

OP(bincount){
    .signature = "bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor",
    .variants = Variants::none,
    .doc = "How often each non-negative integer occurs, or the sum of its weights; at least ``minlength`` entries.",
    .cpu = [](const Tensor& self, const Tensor& weights, int64_t minlength) -> Tensor {
      check(is_integral(self.dtype()), ErrorKind::NotImplemented, "bincount: not implemented for ", name(self.dtype()),
            "; the numbers to be counted are integers");
      check(self.dim() == 1, ErrorKind::Runtime, "bincount only supports 1-d non-negative integral inputs, got ",
            describe(self));
      check(minlength >= 0, ErrorKind::Runtime, "bincount: minlength should be >= 0, got ", minlength);
      check(!weights.defined() || (weights.dim() == 1 && weights.numel() == self.numel()), ErrorKind::Runtime,
            "bincount: weights should be 1-d and have the same length as input");
      Tensor x = as_contiguous(cast(self, DType::int64));
      const int64_t* from = x.data<int64_t>();
      int64_t n = x.numel(), top = -1, low = 0;
      if (n > 0) {
        Tensor edge = empty(Dims{}, DType::int64);
        reduce_fold(Fold::min, x, ~uint64_t{0}, edge);
        low = *edge.data<int64_t>();
        reduce_fold(Fold::max, x, ~uint64_t{0}, edge);
        top = *edge.data<int64_t>();
      }
      check(low >= 0, ErrorKind::Runtime, "bincount only supports 1-d non-negative integral inputs, found ", low);
      check(top < INT64_MAX, ErrorKind::Runtime, "bincount: the largest value has no bin, it should be < ", INT64_MAX,
            " but got ", top);
      int64_t bins = std::max(minlength, top + 1);
      if (!weights.defined()) {
        Tensor out = empty(Dims{bins}, DType::int64);
        int64_t* to = out.data<int64_t>();
        std::fill(to, to + bins, int64_t{0});
        for (int64_t i = 0; i < n; ++i) ++to[from[i]];
        return out;
      }
      DType type = weights.dtype() == DType::float32 ? DType::float32 : DType::float64;
      Tensor w = as_contiguous(cast(weights, type)), out = empty(Dims{bins}, type);
      fill_elements(out, Scalar(0));
      dispatch_floating("bincount", type, [&]<class T>() {
        T* to = out.data<T>();
        const T* weight = w.data<T>();
        for (int64_t i = 0; i < n; ++i)
          to[from[i]] = static_cast<T>(static_cast<Wide<T>>(to[from[i]]) + static_cast<Wide<T>>(weight[i]));
      });
      return out;
    },
    .not_differentiable = "counts do not change with small changes of the values",
};

}  // namespace flambeau
