// Copies that only move bytes: complex pairs and planes, strided data, fill. Their speed is the memory's, so that they
// need no instruction set of their own.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic")
#endif
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "loops/items.h"
#include "loops/primitives.h"

namespace flambeau {
namespace {

template <class T>
T load_item(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

// Every second item, vectors at a time; gives how many were taken. Never reads past the last one.
template <class T>
size_t gather_halves(void* out, const char* in, size_t n) {
  size_t i = 0;
#if defined(__SSE2__)
  if constexpr (sizeof(T) == 4 || sizeof(T) == 8) {
    constexpr size_t kItems = 16 / sizeof(T);
    for (; i + kItems < n; i += kItems) {
      const double* at = reinterpret_cast<const double*>(in + 2 * i * sizeof(T));
      const __m128d a = _mm_loadu_pd(at), b = _mm_loadu_pd(at + 2);
      double* to = reinterpret_cast<double*>(static_cast<char*>(out) + i * sizeof(T));
      if constexpr (sizeof(T) == 8)
        _mm_storeu_pd(to, _mm_unpacklo_pd(a, b));
      else
        _mm_storeu_pd(to, _mm_castps_pd(_mm_shuffle_ps(_mm_castpd_ps(a), _mm_castpd_ps(b), 0x88)));
    }
  }
#endif
  return i;
}

}  // namespace

void deinterleave(void* re, void* im, const void* in, size_t n, size_t part_size) {
  dispatch_size(part_size, [&]<class T>() {
    const T* pairs = static_cast<const T*>(in);
    T* r = static_cast<T*>(re);
    T* m = static_cast<T*>(im);
    for (size_t i = 0; i < n; ++i) {
      r[i] = pairs[2 * i];
      m[i] = pairs[2 * i + 1];
    }
  });
}

void interleave(void* out, const void* re, const void* im, size_t n, size_t part_size) {
  dispatch_size(part_size, [&]<class T>() {
    T* pairs = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) {
      pairs[2 * i] = static_cast<const T*>(re)[i];
      pairs[2 * i + 1] = static_cast<const T*>(im)[i];
    }
  });
}

void gather_strided(void* out, const void* in, int64_t stride_bytes, size_t n, size_t item_size) {
  if (stride_bytes == static_cast<int64_t>(item_size)) {
    std::memcpy(out, in, n * item_size);
    return;
  }
  if (stride_bytes == 0 && n > 0) return fill(out, in, n, item_size);
  dispatch_size(item_size, [&]<class T>() {
    const char* p = static_cast<const char*>(in);
    size_t i = stride_bytes == 2 * static_cast<int64_t>(sizeof(T)) ? gather_halves<T>(out, p, n) : 0;
    for (p += static_cast<int64_t>(i) * stride_bytes; i < n; ++i, p += stride_bytes)
      static_cast<T*>(out)[i] = load_item<T>(p);
  });
}

void scatter_strided(void* out, int64_t stride_bytes, const void* in, size_t n, size_t item_size) {
  if (stride_bytes == static_cast<int64_t>(item_size)) {
    std::memcpy(out, in, n * item_size);
    return;
  }
  dispatch_size(item_size, [&]<class T>() {
    char* p = static_cast<char*>(out);
    for (size_t i = 0; i < n; ++i, p += stride_bytes) std::memcpy(p, static_cast<const T*>(in) + i, sizeof(T));
  });
}

void fill(void* out, const void* value, size_t n, size_t item_size) {
  dispatch_size(item_size, [&]<class T>() {
    const T v = load_item<T>(static_cast<const char*>(value));
    for (size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = v;
  });
}

}  // namespace flambeau
