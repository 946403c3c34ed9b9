// Moving elements between layouts at the memory's speed.
//
// Note [Copies past the caches]. The C library copies runs of some thousand bytes with one string instruction, which on
// Zen 3 is two to three times slower than a loop when target and source lie a little apart within a page (rows of 8 KiB
// moved by 28 bytes: 6.5 ms for 16 MiB against 3.3). So runs from 1 KiB on are vectors in a loop. And what is larger
// than a processor's share of the last cache (kStreamed) is written around the caches, as the lines would otherwise be
// read before they are written: 16 MiB are copied in 1.9 ms instead of 2.8 and filled in 0.4 instead of 1.6.
#include "loops/move.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "loops/items.h"
#include "loops/parallel.h"
#include "loops/primitives.h"

namespace flambeau {

namespace {

constexpr int64_t kStreamed = int64_t{8} << 20, kLoop = 1024;

struct Axis {
  int64_t size, to, from;  // strides in bytes
};
struct Axes {
  Axis axis[kMaxDims];  // innermost first, by the target's strides
  int rank = 0;
  // The offsets of a row-major position over axes [first, rank) but `skip`.
  std::pair<int64_t, int64_t> offsets(int64_t position, int first, int skip = -1) const {
    int64_t to = 0, from = 0;
    for (int d = first; d < rank; ++d) {
      if (d == skip) continue;
      int64_t at = position % axis[d].size;
      position /= axis[d].size;
      to += at * axis[d].to;
      from += at * axis[d].from;
    }
    return {to, from};
  }
};

Axes arrange(const Layout& target, const Layout& source, int64_t item) {
  Axes out;
  int64_t lead = target.dim() - source.dim();
  for (int64_t d = 0; d < target.dim(); ++d) {
    if (target.sizes[d] == 1) continue;
    int64_t from = d < lead || source.sizes[d - lead] == 1 ? 0 : source.strides[d - lead];
    out.axis[out.rank++] = {target.sizes[d], target.strides[d] * item, from * item};
  }
  std::stable_sort(out.axis, out.axis + out.rank, [](const Axis& a, const Axis& b) {
    return std::abs(a.to) != std::abs(b.to) ? std::abs(a.to) < std::abs(b.to) : std::abs(a.from) < std::abs(b.from);
  });
  int joined = 0;
  for (int d = 0; d < out.rank; ++d) {
    Axis a = out.axis[d];
    if (joined > 0) {
      Axis& last = out.axis[joined - 1];
      if (a.to == last.to * last.size && a.from == last.from * last.size) {
        last.size *= a.size;
        continue;
      }
    }
    out.axis[joined++] = a;
  }
  out.rank = joined;
  return out;
}

// Rows of a tile lie `pitch` bytes apart in `tile`; column c of it becomes row c of the target.
template <class T>
void turn(const char* tile, int64_t pitch, char* to, int64_t to_step, int64_t rows, int64_t columns) {
  int64_t c = 0;
#if defined(__SSE2__)
  if constexpr (sizeof(T) == 4) {
    for (; c + 4 <= columns; c += 4) {
      int64_t r = 0;
      for (; r + 4 <= rows; r += 4) {
        const char* at = tile + r * pitch + c * 4;
        __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + pitch));
        __m128i d = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 2 * pitch)),
                e = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 3 * pitch));
        __m128i ab_low = _mm_unpacklo_epi32(a, b), ab_high = _mm_unpackhi_epi32(a, b);
        __m128i de_low = _mm_unpacklo_epi32(d, e), de_high = _mm_unpackhi_epi32(d, e);
        char* out = to + c * to_step + r * 4;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_unpacklo_epi64(ab_low, de_low));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + to_step), _mm_unpackhi_epi64(ab_low, de_low));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * to_step), _mm_unpacklo_epi64(ab_high, de_high));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 3 * to_step), _mm_unpackhi_epi64(ab_high, de_high));
      }
      for (; r < rows; ++r)
        for (int64_t k = 0; k < 4; ++k) std::memcpy(to + (c + k) * to_step + r * 4, tile + r * pitch + (c + k) * 4, 4);
    }
  }
#endif
  for (; c < columns; ++c) {
    T* out = reinterpret_cast<T*>(to + c * to_step);
    const char* at = tile + c * static_cast<int64_t>(sizeof(T));
    for (int64_t r = 0; r < rows; ++r, at += pitch) std::memcpy(out + r, at, sizeof(T));
  }
}

// Axis 0 is contiguous in the target, axis j in the source: square tiles are read row by row into a small buffer, so
// that every line of memory is touched once however far rows are apart.
template <class T>
void move_turned(char* to, const char* from, const Axes& axes, int j) {
  constexpr int64_t kItem = sizeof(T), kSide = kItem >= 4 ? 32 : 64, kPitch = kSide * kItem + 16;
  const Axis &wide = axes.axis[0], &deep = axes.axis[j];
  int64_t wide_tiles = (wide.size + kSide - 1) / kSide, deep_tiles = (deep.size + kSide - 1) / kSide, outer = 1;
  for (int d = 1; d < axes.rank; ++d)
    if (d != j) outer *= axes.axis[d].size;
  parallel_for(outer * deep_tiles * wide_tiles, 8, [&](int64_t begin, int64_t end) {
    alignas(64) char tile[kSide * kPitch];
    for (int64_t t = begin; t < end; ++t) {
      int64_t w = t % wide_tiles * kSide, d = t / wide_tiles % deep_tiles * kSide;
      auto [to_offset, from_offset] = axes.offsets(t / wide_tiles / deep_tiles, 1, j);
      int64_t rows = std::min(kSide, wide.size - w), columns = std::min(kSide, deep.size - d);
      const char* source = from + from_offset + w * wide.from + d * kItem;
      for (int64_t r = 0; r < rows; ++r) std::memcpy(tile + r * kPitch, source + r * wide.from, columns * kItem);
      turn<T>(tile, kPitch, to + to_offset + w * kItem + d * deep.to, deep.to, rows, columns);
    }
  });
}

template <class T>
void move_row(char* to, int64_t to_step, const char* from, int64_t from_step, int64_t n) {
  for (int64_t i = 0; i < n; ++i, to += to_step, from += from_step) std::memcpy(to, from, sizeof(T));
}

template <class T>
__attribute__((noinline, optimize("O3"))) void reverse_row(T* __restrict to, const T* __restrict last, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = last[-i];
}

}  // namespace

void copy_run(void* to, const void* from, int64_t bytes, int64_t total) {
  int64_t done = 0;
#if defined(__SSE2__)
  char* out = static_cast<char*>(to);
  const char* in = static_cast<const char*>(from);
  auto lines = [&](auto store) {
    for (; done + 64 <= bytes; done += 64) {
      const auto* at = reinterpret_cast<const __m128i*>(in + done);
      const __m128i a = _mm_loadu_si128(at), b = _mm_loadu_si128(at + 1), c = _mm_loadu_si128(at + 2),
                    d = _mm_loadu_si128(at + 3);
      auto* line = reinterpret_cast<__m128i*>(out + done);
      store(line, a), store(line + 1, b), store(line + 2, c), store(line + 3, d);
    }
  };
  if (total >= kStreamed && bytes >= 8 * kLoop) {
    done = static_cast<int64_t>(-reinterpret_cast<uintptr_t>(out) & 63);
    std::memcpy(out, in, done);
    lines([](__m128i* p, __m128i v) { _mm_stream_si128(p, v); });
    _mm_sfence();
  } else if (bytes >= kLoop) {
    lines([](__m128i* p, __m128i v) { _mm_storeu_si128(p, v); });
  }
#endif
  std::memcpy(static_cast<char*>(to) + done, static_cast<const char*>(from) + done, bytes - done);
}

void copy_bytes(void* to, const void* from, int64_t bytes) {
  constexpr int64_t kGrain = 262144;  // 25 microseconds
  if (bytes <= kGrain) {
    std::memcpy(to, from, bytes);
    return;
  }
  parallel_for(bytes, kGrain, [&](int64_t begin, int64_t end) {
    copy_run(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin, end - begin, bytes);
  });
}

void fill_run(void* to, const void* item, int64_t n, int64_t itemsize, int64_t total) {
#if defined(__SSE2__)
  if (total >= kStreamed && n * itemsize >= 8 * kLoop && reinterpret_cast<uintptr_t>(to) % itemsize == 0) {
    alignas(16) char pattern[16];
    fill(pattern, item, 16 / itemsize, itemsize);
    const __m128i v = _mm_load_si128(reinterpret_cast<const __m128i*>(pattern));
    int64_t head = static_cast<int64_t>(-reinterpret_cast<uintptr_t>(to) & 15) / itemsize;
    fill(to, item, head, itemsize);
    auto* at = reinterpret_cast<__m128i*>(static_cast<char*>(to) + head * itemsize);
    int64_t vectors = (n - head) * itemsize / 16;
    for (int64_t i = 0; i < vectors; ++i) _mm_stream_si128(at + i, v);
    _mm_sfence();
    fill(at + vectors, item, n - head - vectors * 16 / itemsize, itemsize);
    return;
  }
#endif
  fill(to, item, n, itemsize);
}

void move_elements(char* to, const Layout& target, const char* from, const Layout& source, size_t itemsize) {
  int64_t item = static_cast<int64_t>(itemsize), n = target.numel();
  if (n == 0) return;
  Axes axes = arrange(target, source, item);
  if (axes.rank == 0) {
    std::memcpy(to, from, itemsize);
    return;
  }
  const Axis inner = axes.axis[0];
  bool rows = inner.to == item && inner.from == item;
  if (rows && axes.rank == 1) return copy_bytes(to, from, n * item);
  if (!rows && inner.to == item && inner.from != 0)
    for (int j = 1; j < axes.rank; ++j)
      if (axes.axis[j].from == item && axes.axis[j].size >= 4 && inner.size >= 4)
        return dispatch_size(itemsize, [&]<class T>() { move_turned<T>(to, from, axes, j); });
  int64_t count = n / inner.size;
  parallel_for(count, std::max<int64_t>(1, 32768 / inner.size), [&](int64_t begin, int64_t end) {
    dispatch_size(itemsize, [&]<class T>() {
      for (int64_t r = begin; r < end; ++r) {
        auto [to_offset, from_offset] = axes.offsets(r, 1);
        if (rows)
          copy_run(to + to_offset, from + from_offset, inner.size * item, n * item);
        else if (inner.to == item && inner.from == 0)
          fill(to + to_offset, from + from_offset, inner.size, item);
        else if (inner.to == item && inner.from == -item)
          reverse_row(reinterpret_cast<T*>(to + to_offset), reinterpret_cast<const T*>(from + from_offset), inner.size);
        else
          move_row<T>(to + to_offset, inner.to, from + from_offset, inner.from, inner.size);
      }
    });
  });
}

}  // namespace flambeau
