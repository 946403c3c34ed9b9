// Histograms with edges, and a hash of all bits. histc and bincount are in order_statistics.cpp.
#include <algorithm>
#include <cmath>

#include "cpu/dispatch.h"
#include "cpu/reduce.h"
#include "loops/copy.h"
#include "ops/reduction.h"

namespace flambeau {

// --- histograms -----------------------------------------------------------------------------------------------------
namespace {

// The bin of a value among ascending edges, or -1 outside of them. The last bin contains its upper edge.
template <class T>
int64_t bin_of(T value, const T* edges, int64_t count) {
  if (!(value >= edges[0] && value <= edges[count - 1])) return -1;
  int64_t at = std::upper_bound(edges, edges + count, value) - edges - 1;
  return std::min(at, count - 2);
}

// Edges of `bins` equal bins over the range, or over the values' own; a range of no width is widened by 1.
Tensor equal_edges(const Tensor& self, int64_t bins, std::span<const double> range) {
  check(bins > 0, ErrorKind::Runtime, "histogram: bins must be > 0, but got ", bins);
  check(range.empty() || range.size() == 2, ErrorKind::Runtime, "histogram: range should have 2 elements, but got ",
        range.size());
  double low = 0, high = 1;
  if (!range.empty()) {
    low = range[0], high = range[1];
  } else if (self.numel() > 0) {
    low = read_element(call<"amin">(self)).to_double();
    high = read_element(call<"amax">(self)).to_double();
  }
  check(std::isfinite(low) && std::isfinite(high), ErrorKind::Runtime, "histogram: range of [", low, ", ", high,
        "] is not finite");
  check(low <= high, ErrorKind::Runtime, "histogram: min should not exceed max, got ", low, " and ", high);
  if (low == high) low -= 0.5, high += 0.5;
  return call<"linspace">(low, high, bins + 1, self.dtype(), Value(), self.device());
}

std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& edges, const Tensor& weight, bool density) {
  check(edges.dim() == 1, ErrorKind::Runtime, "histogram: bins tensor should have one dimension, but got ",
        edges.dim());
  Tensor points = call<"reshape">(self, Dims{-1, 1});
  Tensor weights = weight.defined() ? call<"reshape">(weight, Dims{-1}) : weight;
  return {call<"_histogramdd">(points, std::vector<Tensor>{edges}, weights, density), edges};
}

}  // namespace

OP(_histogramdd){
    .signature = "_histogramdd(Tensor self, Tensor[] edges, Tensor? weight, bool density) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "Counts (or sums of weights) of the points ``self`` (N, D) in the boxes between the edges of each dimension; "
        "with ``density`` over total and volume.",
    .shape = [](const Tensor& self, TensorSpan edges, const Tensor& weight, bool) -> ResultSpec {
      check(self.is_floating(), ErrorKind::NotImplemented, "histogram: not implemented for ", name(self.dtype()),
            "; convert the input to float32");
      check(self.dim() == 2 && self.size(1) == static_cast<int64_t>(edges.size()), ErrorKind::Runtime,
            "histogramdd: expected ", self.dim() == 2 ? self.size(1) : -1,
            " sequences of bin edges for points of shape ", list_text(self.sizes()), ", but got ", edges.size());
      Dims sizes;
      for (const Tensor& e : edges) {
        check(e.dim() == 1 && e.numel() > 1, ErrorKind::Runtime,
              "histogramdd: bin edges should be vectors of 2 or more numbers, but got shape ", list_text(e.sizes()));
        check(e.dtype() == self.dtype(), ErrorKind::Runtime,
              "histogramdd: bin edges and input should have the same "
              "dtype, but got ",
              name(e.dtype()), " and ", name(self.dtype()));
        sizes.push_back(e.numel() - 1);
      }
      if (weight.defined()) {
        check(weight.dtype() == self.dtype(), ErrorKind::Runtime,
              "histogramdd: weight and input should have the same dtype, but got ", name(weight.dtype()), " and ",
              name(self.dtype()));
        check(weight.dim() == 1 && weight.numel() == self.size(0), ErrorKind::Runtime,
              "histogramdd: expected a weight for each of ", self.size(0), " points, but got shape ",
              list_text(weight.sizes()));
      }
      return {sizes, self.dtype()};
    },
    .cpu =
        [](const Tensor& self, TensorSpan edges, const Tensor& weight, bool density, const Tensor& result) {
          const int64_t n = self.size(0), d = self.size(1);
          const DType dtype = self.dtype() == DType::float64 ? DType::float64 : DType::float32;
          auto read = [dtype](const Tensor& t) { return as_contiguous(cast(t, dtype)); };
          Tensor out = result.dtype() == dtype ? result : empty(result.sizes(), dtype);
          dispatch_floating("histogram", dtype, [&]<class T>() {
            if constexpr (std::is_floating_point_v<T>) {
              Tensor points = read(self), weights = weight.defined() ? read(weight) : weight;
              std::vector<Tensor> bounds;
              for (const Tensor& e : edges) bounds.push_back(read(e));
              std::vector<double> sums(static_cast<size_t>(out.numel()), 0.0);
              double total = 0;
              for (int64_t i = 0; i < n; ++i) {
                int64_t at = 0;
                for (int64_t k = 0; k < d && at >= 0; ++k) {
                  int64_t bin = bin_of(points.data<T>()[i * d + k], bounds[k].data<T>(), bounds[k].numel());
                  at = bin < 0 ? -1 : at * (bounds[k].numel() - 1) + bin;
                }
                if (at < 0) continue;
                double w = weights.defined() ? static_cast<double>(weights.data<T>()[i]) : 1.0;
                sums[at] += w;
                total += w;
              }
              for (int64_t i = 0, count = out.numel(); i < count; ++i) {
                double value = sums[i];
                if (density) {
                  value /= total;
                  int64_t rest = i;
                  for (int64_t k = d; k-- > 0;) {
                    int64_t bins = bounds[k].numel() - 1, b = rest % bins;
                    value /=
                        static_cast<double>(bounds[k].data<T>()[b + 1]) - static_cast<double>(bounds[k].data<T>()[b]);
                    rest /= bins;
                  }
                }
                out.data<T>()[i] = static_cast<T>(value);
              }
            }
          });
          if (!out.is(result)) copy_elements(result, out);
        },
    .not_differentiable = "counts do not change with small changes of the values",
};
OP(histogram_bins){
    .signature =
        "histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, "
        "Tensor bin_edges)",
    .variants = Variants::out,
    .doc =
        "Numbers of elements (sums of their weights) between ascending edges, and the edges: ``bins`` itself, or as "
        "many equal bins over ``range``, by default from the smallest to the largest element. The last bin contains "
        "its "
        "upper edge; ``density`` divides by the total and the bins' widths.",
    .composite = [](const Tensor& self, const Tensor& bins, const Tensor& weight, bool density)
        -> std::tuple<Tensor, Tensor> { return histogram(self, call<"clone">(bins), weight, density); },
};
OP(histogram_count){
    .signature =
        "histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, bool density=False) "
        "-> (Tensor hist, Tensor bin_edges)",
    .variants = Variants::out,
    .composite = [](const Tensor& self, int64_t bins, const Value& range, const Tensor& weight,
                    bool density) -> std::tuple<Tensor, Tensor> {
      check(self.is_floating(), ErrorKind::NotImplemented, "histogram: not implemented for ", name(self.dtype()),
            "; convert the input to float32");
      std::vector<double> bounds;
      if (!range.is_none()) bounds.assign(range.doubles().begin(), range.doubles().end());
      return histogram(self, equal_edges(self, bins, bounds), weight, density);
    },
};

// --- a hash ---------------------------------------------------------------------------------------------------------
OP(hash_tensor){
    .signature = "hash_tensor(Tensor self, int[1] dim=[], *, bool keepdim=False, int mode=0) -> Tensor",
    .variants = Variants::out,
    .doc =
        "The exclusive or, as uint64, of the elements' bits as float64 (integers: as int64), over ``dim`` or all "
        "dimensions. ``mode`` 0 is the only one.",
    .shape =
        [](const Tensor& self, IntSpan dim, bool keepdim, int64_t mode) {
          check(mode == 0, ErrorKind::Runtime, "hash_tensor: mode should be 0, but got ", mode);
          check(!self.is_complex(), ErrorKind::NotImplemented, "hash_tensor: not implemented for ", name(self.dtype()),
                "; hash view_as_real of it");
          for (int64_t d : mask_dims(dim_mask("hash_tensor", dim, self.dim()), self.dim()))
            check(self.size(d) > 0 || dim.empty(), ErrorKind::Index, "hash_tensor: Expected reduction dim ", d,
                  " to have non-zero size.");
          return reduced_spec("hash_tensor", self, dim, keepdim, DType::uint64);
        },
    .cpu =
        [](const Tensor& self, IntSpan dim, bool, int64_t, const Tensor& out) {
          uint64_t mask = dim_mask("hash_tensor", dim, self.dim());
          Dims order = mask_dims(~mask, self.dim());
          for (int64_t d : mask_dims(mask, self.dim())) order.push_back(d);
          Tensor wide = cast(self, self.is_floating() ? DType::float64 : DType::int64);
          Tensor moved = as_contiguous(alias(wide, wide.layout().permuted(order)));
          const int64_t rows = out.numel(), n = rows ? moved.numel() / rows : 0;
          const auto* from = static_cast<const uint64_t*>(moved.data());
          for (int64_t r = 0; r < rows; ++r) {
            uint64_t hash = 0;
            for (int64_t i = 0; i < n; ++i) hash ^= from[r * n + i];
            out.data<uint64_t>()[r] = hash;
          }
        },
    .not_differentiable = "it is made of bits",
};

}  // namespace flambeau
