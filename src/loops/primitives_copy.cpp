// Copies that only move bytes: complex pairs and planes, strided data, fill. Their speed is the memory's, so that they
// need no instruction set of their own.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic")
#endif
#include <cstring>

#include "src/core/error.h"
#include "src/loops/primitives.h"

namespace flambeau {
namespace {

struct Item16 {
  uint64_t low, high;
};

// Calls f with a value of the unsigned type of that size.
template <class F>
void with_item(const char* who, size_t size, F f) {
  switch (size) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    case 8: return f(uint64_t{});
    case 16: return f(Item16{});
    default: raise(ErrorKind::Value, who, ": item size must be 1, 2, 4, 8 or 16 bytes, got ", size);
  }
}

template <class T>
T load_item(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}

}  // namespace

void deinterleave(void* re, void* im, const void* in, size_t n, size_t part_size) {
  with_item("deinterleave", part_size, [&]<class T>(T) {
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
  with_item("interleave", part_size, [&]<class T>(T) {
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
  with_item("gather_strided", item_size, [&]<class T>(T) {
    const char* p = static_cast<const char*>(in);
    for (size_t i = 0; i < n; ++i, p += stride_bytes) static_cast<T*>(out)[i] = load_item<T>(p);
  });
}

void scatter_strided(void* out, int64_t stride_bytes, const void* in, size_t n, size_t item_size) {
  if (stride_bytes == static_cast<int64_t>(item_size)) {
    std::memcpy(out, in, n * item_size);
    return;
  }
  with_item("scatter_strided", item_size, [&]<class T>(T) {
    char* p = static_cast<char*>(out);
    for (size_t i = 0; i < n; ++i, p += stride_bytes) std::memcpy(p, static_cast<const T*>(in) + i, sizeof(T));
  });
}

void fill(void* out, const void* value, size_t n, size_t item_size) {
  with_item("fill", item_size, [&]<class T>(T) {
    const T v = load_item<T>(static_cast<const char*>(value));
    for (size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = v;
  });
}

}  // namespace flambeau
