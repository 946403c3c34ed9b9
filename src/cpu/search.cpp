// Distinct values by counting (integers in a narrow range) or sorting; binary search.
#include "cpu/search.h"

#include <algorithm>
#include <numeric>

#include "cpu/dispatch.h"
#include "cpu/sort.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

Tensor int64_vector(int64_t n) { return empty(Dims{n}, DType::int64); }

// Integers between low and high: a count for each possible value.
template <class T>
Distinct by_counting(const Tensor& self, int64_t low, int64_t high, bool inverse, bool counts) {
  const T* from = self.data<T>();
  int64_t n = self.numel(), range = high - low + 1;
  std::vector<int64_t> count(range, 0);
  if (counts) {
    for (int64_t i = 0; i < n; ++i) ++count[static_cast<int64_t>(from[i]) - low];
  } else {
    for (int64_t i = 0; i < n; ++i) count[static_cast<int64_t>(from[i]) - low] = 1;
  }
  int64_t distinct = 0;
  for (int64_t c : count) distinct += c != 0;
  Distinct out;
  out.values = empty(Dims{distinct}, self.dtype());
  if (counts) out.counts = int64_vector(distinct);
  int64_t at = 0;
  for (int64_t v = 0; v < range; ++v) {
    if (!count[v]) continue;
    out.values.data<T>()[at] = static_cast<T>(v + low);
    if (counts) out.counts.data<int64_t>()[at] = count[v];
    count[v] = at++;
  }
  if (inverse) {
    out.inverse = int64_vector(n);
    int64_t* to = out.inverse.data<int64_t>();
    parallel_for(n, 65536, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = count[static_cast<int64_t>(from[i]) - low];
    });
  }
  return out;
}

template <class T>
bool differ(T a, T b) {
  return !(static_cast<Wide<T>>(a) == static_cast<Wide<T>>(b));
}

template <class T>
Distinct by_sorting(const Tensor& self, bool inverse, bool counts) {
  int64_t n = self.numel();
  Tensor flat = alias(self, Layout(Dims{n}, Dims{1}, self.offset())), sorted = empty(Dims{n}, self.dtype()),
         order = inverse ? int64_vector(n) : Tensor();
  sort_rows("unique", flat, false, sorted, order);
  const T* s = sorted.data<T>();
  int64_t distinct = n > 0;
  for (int64_t i = 1; i < n; ++i) distinct += differ(s[i], s[i - 1]);
  Distinct out;
  out.values = empty(Dims{distinct}, self.dtype());
  if (counts) out.counts = int64_vector(distinct);
  if (inverse) out.inverse = int64_vector(n);
  T* to = out.values.data<T>();
  int64_t* c = counts ? out.counts.data<int64_t>() : nullptr;
  int64_t at = -1, start = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (i == 0 || differ(s[i], s[i - 1])) {
      if (c && at >= 0) c[at] = i - start;
      to[++at] = s[i];
      start = i;
    }
    if (inverse) out.inverse.data<int64_t>()[order.data<int64_t>()[i]] = at;
  }
  if (c && at >= 0) c[at] = n - start;
  return out;
}

}  // namespace

Distinct distinct_values(const Tensor& self, bool inverse, bool counts) {
  return dispatch_real("unique", self.dtype(), [&]<class T>() -> Distinct {
    if (self.numel() == 0) {
      Distinct out;
      out.values = empty(Dims{0}, self.dtype());
      if (inverse) out.inverse = int64_vector(0);
      if (counts) out.counts = int64_vector(0);
      return out;
    }
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, uint64_t>) {
      const T* from = self.data<T>();
      auto [low, high] = std::minmax_element(from, from + self.numel());
      uint64_t range =
          static_cast<uint64_t>(static_cast<int64_t>(*high)) - static_cast<uint64_t>(static_cast<int64_t>(*low));
      if (range < static_cast<uint64_t>(std::max<int64_t>(256, 2 * self.numel())) && range < (1u << 24))
        return by_counting<T>(self, *low, *high, inverse, counts);
    }
    return by_sorting<T>(self, inverse, counts);
  });
}

Groups group_rows(const Tensor& rows, const std::vector<int64_t>& order) {
  Groups out;
  int64_t n = static_cast<int64_t>(order.size()), width = rows.size(1);
  out.inverse.resize(n);
  dispatch_number("unique", rows.dtype(), [&]<class T>() {
    const T* data = n && width ? rows.data<T>() : nullptr;
    for (int64_t i = 0; i < n; ++i) {
      bool fresh = i == 0;
      for (int64_t k = 0; !fresh && k < width; ++k)
        fresh = differ(data[order[i] * width + k], data[order[i - 1] * width + k]);
      if (fresh) {
        out.first.push_back(order[i]);
        out.counts.push_back(0);
      }
      ++out.counts.back();
      out.inverse[order[i]] = static_cast<int64_t>(out.first.size()) - 1;
    }
  });
  return out;
}

std::vector<int64_t> row_order(const Tensor& rows) {
  std::vector<int64_t> order(rows.size(0));
  std::iota(order.begin(), order.end(), 0);
  int64_t width = rows.size(1);
  dispatch_real("unique", rows.dtype(), [&]<class T>() {
    const T* data = rows.numel() ? rows.data<T>() : nullptr;
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      for (int64_t k = 0; k < width; ++k) {
        Wide<T> x = static_cast<Wide<T>>(data[a * width + k]), y = static_cast<Wide<T>>(data[b * width + k]);
        if (x < y || (y != y && x == x)) return true;
        if (y < x || (x != x && y == y)) return false;
      }
      return false;
    });
  });
  return order;
}

void search_rows(const Tensor& sequence, const Tensor& order, const Tensor& values, bool right, const Tensor& out) {
  int64_t n = sequence.dim() ? sequence.size(-1) : 1;
  int64_t rows = n ? sequence.numel() / n : 0, count = values.numel();
  if (count == 0) return;
  int64_t width = sequence.dim() > 1 && values.dim() ? values.size(-1) : count;
  bool narrow = out.dtype() == DType::int32;
  dispatch_real("searchsorted", sequence.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T* base = n ? sequence.data<T>() : nullptr;
    const T* wanted = values.data<T>();
    const int64_t* places = order.defined() && n ? order.data<int64_t>() : nullptr;
    parallel_for(count, 2048, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t row = rows > 1 ? i / width : 0;
        const T* from = base + row * n;
        const int64_t* at = places ? places + row * n : nullptr;
        W value = static_cast<W>(wanted[i]);
        int64_t low = 0, high = n;
        while (low < high) {
          int64_t middle = low + (high - low) / 2;
          W seen = static_cast<W>(from[at ? at[middle] : middle]);
          // Written so that NaN goes behind everything.
          if (right ? !(seen > value) : !(seen >= value))
            low = middle + 1;
          else
            high = middle;
        }
        if (narrow)
          out.data<int32_t>()[i] = static_cast<int32_t>(low);
        else
          out.data<int64_t>()[i] = low;
      }
    });
  });
}

}  // namespace flambeau
