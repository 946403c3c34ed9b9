// Radix sort by bytes, least significant first, leaving out the bytes that all keys share; insertion sort for short
// rows.
#include "cpu/sort.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include "cpu/dispatch.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

template <size_t Bytes>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using type = uint8_t;
};
template <>
struct UnsignedOf<2> {
  using type = uint16_t;
};
template <>
struct UnsignedOf<4> {
  using type = uint32_t;
};
template <>
struct UnsignedOf<8> {
  using type = uint64_t;
};
template <class T>
using Key = typename UnsignedOf<sizeof(T)>::type;

// The same order as the elements': zeros of both signs are equal, all NaNs are equal and last.
template <class T>
inline Key<T> key_of(T value) {
  using K = Key<T>;
  constexpr K top = static_cast<K>(K{1} << (8 * sizeof(T) - 1));
  if constexpr (is_floating_v<T>) {
    K bits = __builtin_bit_cast(K, value);
    K magnitude = bits & static_cast<K>(~top);
    constexpr K infinity = std::is_same_v<T, Half> ? 0x7c00
                           : std::is_same_v<T, BFloat16>
                               ? 0x7f80
                               : static_cast<K>(sizeof(T) == 4 ? 0x7f800000u : 0x7ff0000000000000u);
    K key = bits & top ? static_cast<K>(~bits) : static_cast<K>(bits | top);
    key = magnitude == 0 ? top : key;
    return magnitude > infinity ? static_cast<K>(~K{0}) : key;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<K>(static_cast<K>(value) ^ top);
  } else {
    return value;
  }
}

// The element of a key; used only where equal keys have equal bits (not for floats with -0 or NaN payloads).
template <class T>
inline T value_of(Key<T> key) {
  constexpr Key<T> top = static_cast<Key<T>>(Key<T>{1} << (8 * sizeof(T) - 1));
  if constexpr (std::is_same_v<T, bool>)
    return key != 0;
  else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return static_cast<T>(key ^ top);
  else
    return static_cast<T>(key);
}

template <class K, class P>
struct Entry {
  K key;
  P at;
};

template <class K, class E, class KeyFn>
E* radix(E* from, E* to, int64_t n, KeyFn key) {
  constexpr int kDigits = sizeof(K);
  std::vector<uint32_t> counts(256 * kDigits, 0);
  for (int64_t i = 0; i < n; ++i) {
    K k = key(from[i]);
    for (int d = 0; d < kDigits; ++d) ++counts[256 * d + static_cast<uint8_t>(k >> (8 * d))];
  }
  K first = key(from[0]);
  for (int d = 0; d < kDigits; ++d) {
    uint32_t* c = counts.data() + 256 * d;
    if (c[static_cast<uint8_t>(first >> (8 * d))] == n) continue;  // the byte is the same everywhere
    uint32_t start = 0;
    for (int b = 0; b < 256; ++b) {
      uint32_t have = c[b];
      c[b] = start;
      start += have;
    }
    for (int64_t i = 0; i < n; ++i) to[c[static_cast<uint8_t>(key(from[i]) >> (8 * d))]++] = from[i];
    std::swap(from, to);
  }
  return from;
}

template <class E, class Less>
void insertion(E* items, int64_t n, Less less) {
  for (int64_t i = 1; i < n; ++i) {
    E item = items[i];
    int64_t j = i;
    for (; j > 0 && less(item, items[j - 1]); --j) items[j] = items[j - 1];
    items[j] = item;
  }
}

// Sorts entries by key; gives the buffer that holds the result.
template <class K, class P>
Entry<K, P>* sort_entries(Entry<K, P>* items, Entry<K, P>* spare, int64_t n) {
  using E = Entry<K, P>;
  auto less = [](const E& a, const E& b) { return a.key < b.key; };
  if (n <= 32) {
    insertion(items, n, less);
    return items;
  }
  if (n <= 160 && sizeof(K) == 8) {
    std::stable_sort(items, items + n, less);
    return items;
  }
  return radix<K>(items, spare, n, [](const E& e) { return e.key; });
}

// One long row on several threads: its parts are sorted alone and then merged in a fixed tree.
template <class K, class P>
Entry<K, P>* sort_long(Entry<K, P>* items, Entry<K, P>* spare, int64_t n) {
  using E = Entry<K, P>;
  auto less = [](const E& a, const E& b) { return a.key < b.key; };
  constexpr int64_t kParts = 2;
  int64_t piece = (n + kParts - 1) / kParts;
  parallel_tasks(kParts, [&](int64_t p) {
    int64_t begin = p * piece, end = std::min(n, begin + piece);
    E* sorted = sort_entries(items + begin, spare + begin, end - begin);
    if (sorted != items + begin) std::memcpy(static_cast<void*>(items + begin), sorted, (end - begin) * sizeof(E));
  });
  // Both halves of the merge at once: each from its own end.
  E *a = items, *a_end = items + piece, *b = a_end, *b_end = items + n;
  int64_t half = n / 2;
  // The split where `half` entries are below: as many from a as keep the merge stable.
  int64_t low = std::max<int64_t>(0, half - (b_end - b)), high = std::min<int64_t>(half, a_end - a);
  while (low < high) {
    int64_t mid = (low + high) / 2;
    if (!less(b[half - mid - 1], a[mid]))
      low = mid + 1;
    else
      high = mid;
  }
  int64_t from_a = low, from_b = half - low;
  parallel_tasks(2, [&](int64_t part) {
    if (part == 0)
      std::merge(a, a + from_a, b, b + from_b, spare, less);
    else
      std::merge(a + from_a, a_end, b + from_b, b_end, spare + half, less);
  });
  return spare;
}

// Whether a key of the row is below the limit, in vector code.
template <class T>
__attribute__((noinline, optimize("O3"))) bool any_below(const T* __restrict row, int64_t n, Key<T> flip,
                                                         Key<T> limit) {
  Key<T> any = 0;
  for (int64_t i = 0; i < n; ++i) any |= static_cast<Key<T>>(static_cast<Key<T>>(key_of(row[i]) ^ flip) < limit);
  return any != 0;
}

template <class T>
inline constexpr bool exact_keys = std::is_integral_v<T>;

template <class T, class P>
void sort_row(const T* row, int64_t n, bool descending, T* values, int64_t* indices, Entry<Key<T>, P>* items,
              Entry<Key<T>, P>* spare, bool alone) {
  using K = Key<T>;
  K flip = descending ? static_cast<K>(~K{0}) : K{0};
  for (int64_t i = 0; i < n; ++i) items[i] = {static_cast<K>(key_of(row[i]) ^ flip), static_cast<P>(i)};
  auto* sorted = alone && n >= 65536 ? sort_long(items, spare, n) : sort_entries(items, spare, n);
  if (values)
    for (int64_t i = 0; i < n; ++i)
      values[i] = exact_keys<T> ? value_of<T>(static_cast<K>(sorted[i].key ^ flip)) : row[sorted[i].at];
  if (indices)
    for (int64_t i = 0; i < n; ++i) indices[i] = sorted[i].at;
}

template <class T, class P>
void sort_all(const T* from, int64_t rows, int64_t n, bool descending, T* values, int64_t* indices) {
  using E = Entry<Key<T>, P>;
  bool alone = rows == 1;
  parallel_for(rows, std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    std::unique_ptr<E[]> buffer(new E[2 * n]);
    for (int64_t r = begin; r < end; ++r)
      sort_row<T, P>(from + r * n, n, descending, values ? values + r * n : nullptr,
                     indices ? indices + r * n : nullptr, buffer.get(), buffer.get() + n, alone);
  });
}

}  // namespace

void sort_rows(const char* op, const Tensor& self, bool descending, const Tensor& values, const Tensor& indices) {
  int64_t n = self.dim() ? self.size(-1) : 1;
  if (self.numel() == 0) return;
  int64_t rows = self.numel() / n;
  dispatch_real(op, self.dtype(), [&]<class T>() {
    const T* from = self.data<T>();
    T* to = values.defined() ? values.data<T>() : nullptr;
    int64_t* at = indices.defined() ? indices.data<int64_t>() : nullptr;
    if (n < (int64_t{1} << 32))
      sort_all<T, uint32_t>(from, rows, n, descending, to, at);
    else
      sort_all<T, int64_t>(from, rows, n, descending, to, at);
  });
}

void topk_rows(const char* op, const Tensor& self, int64_t k, bool largest, bool sorted, const Tensor& values,
               const Tensor& indices) {
  int64_t n = self.dim() ? self.size(-1) : 1;
  if (k == 0 || self.numel() == 0) return;
  int64_t rows = self.numel() / n;
  dispatch_real(op, self.dtype(), [&]<class T>() {
    using K = Key<T>;
    using E = Entry<K, int64_t>;
    const T* from = self.data<T>();
    T* to = values.data<T>();
    int64_t* at = indices.data<int64_t>();
    K flip = largest ? static_cast<K>(~K{0}) : K{0};  // then the smallest keys are wanted
    auto less = [](const E& a, const E& b) { return a.key != b.key ? a.key < b.key : a.at < b.at; };
    // Candidates below a limit are collected; a full buffer is cut down to the best k and tightens the limit. Appending
    // is a store and an addition: whether an element is a candidate cannot be foreseen.
    auto select = [&](const T* row, int64_t first, int64_t last, std::vector<E>& best) {
      constexpr int64_t kStep = 64;
      int64_t room = std::min(2 * k + kStep, last - first), count = 0;
      best.resize(room + kStep);
      K limit = static_cast<K>(~K{0});
      bool limited = false;
      auto cut = [&] {
        std::nth_element(best.begin(), best.begin() + (k - 1), best.begin() + count, less);
        count = k;
        limit = best[k - 1].key;
        limited = true;
      };
      for (int64_t i = first; i < last;) {
        int64_t stop = std::min(last, i + kStep);
        if (limited && !any_below(row + i, stop - i, flip, limit)) {
          i = stop;
          continue;
        }
        for (; i < stop; ++i) {
          K key = static_cast<K>(key_of(row[i]) ^ flip);
          best[count] = {key, i};
          count += !limited || key < limit;
        }
        if (count >= room) cut();
      }
      if (count > k) cut();
      best.resize(count);
    };
    auto put = [&](const T* row, std::vector<E>& best, int64_t r) {
      if (sorted) std::sort(best.begin(), best.end(), less);
      for (int64_t i = 0; i < k; ++i) {
        to[r * k + i] = row[best[i].at];
        at[r * k + i] = best[i].at;
      }
    };
    if (rows == 1 && n >= 131072 && k * 8 < n) {
      constexpr int64_t kParts = 8;
      std::vector<E> parts[kParts];
      int64_t piece = (n + kParts - 1) / kParts;
      parallel_tasks(kParts, [&](int64_t p) { select(from, p * piece, std::min(n, (p + 1) * piece), parts[p]); });
      std::vector<E> best;
      for (auto& part : parts) best.insert(best.end(), part.begin(), part.end());
      std::nth_element(best.begin(), best.begin() + (k - 1), best.end(), less);
      best.resize(k);
      put(from, best, 0);
      return;
    }
    parallel_for(rows, std::max<int64_t>(1, 16384 / n), [&](int64_t begin, int64_t end) {
      std::vector<E> best;
      for (int64_t r = begin; r < end; ++r) {
        select(from + r * n, 0, n, best);
        put(from + r * n, best, r);
      }
    });
  });
}

}  // namespace flambeau
