// Uniform, normal, integer and Bernoulli fills, and permutations. The rules are facts of PyTorch's streams; where they
// look odd (float16 uniform numbers that round up to the end become the start), the golden values hold them in place.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

#include "src/core/error.h"
#include "src/cpu/random_stream.h"
#include "src/cpu/random_types.h"

namespace flambeau {

using namespace random_detail;

namespace {

constexpr size_t kChunk = 1024;  // words taken at once: they and their results stay in the first cache

// The next U53 numbers of the stream.
void uniform_doubles(RandomStream& stream, double* out, size_t n) {
  uint32_t words[kChunk];
  for (size_t done = 0; done < n;) {
    size_t count = std::min(n - done, kChunk / 2);
    stream.draw(words, 2 * count);
    for (size_t i = 0; i < count; ++i) {
      uint64_t bits = static_cast<uint64_t>(words[2 * i]) << 32 | words[2 * i + 1];
      out[done + i] = static_cast<double>(static_cast<int64_t>(bits & 0x1fffffffffffff)) * 0x1p-53;
    }
    done += count;
  }
}

void uniform_floats(RandomStream& stream, float* out, size_t n, float from, float to) {
  uint32_t words[kChunk];
  for (size_t done = 0; done < n;) {
    size_t count = std::min(n - done, kChunk);
    stream.draw(words, count);
    uniform_from_words(words, out + done, count, from, to);
    done += count;
  }
}

using random_detail::normal_blocks;
void normal_blocks(double* data, size_t n, double mean, double std) {  // the C library's functions
  for (size_t i = 0; i + 16 <= n; i += 16) {
    for (size_t j = i; j < i + 8; ++j) {
      double radius = std::sqrt(-2 * std::log(1 - data[j]));
      double angle = 2 * std::numbers::pi * data[j + 8];
      data[j] = std::fma(radius * std::cos(angle), std, mean);
      data[j + 8] = std::fma(radius * std::sin(angle), std, mean);
    }
  }
}

void draw_uniform(RandomStream& stream, float* out, size_t n) { uniform_floats(stream, out, n, 0, 1); }
void draw_uniform(RandomStream& stream, double* out, size_t n) { uniform_doubles(stream, out, n); }

// Every 16 uniform numbers give 16 normals. Where the size is no multiple of 16 all are drawn (half precision: all of the
// full blocks), and then the last sixteen anew. Computed in `Work`, stored as T.
template <class T, class Work>
void normal_by_blocks(RandomStream& stream, T* out, size_t n, Work mean, Work std) {
  Work buffer[kChunk];
  auto store = [&](size_t at, size_t count) {
    if constexpr (std::is_same_v<T, Work>) {
      std::memcpy(out + at, buffer, count * sizeof(T));
    } else {
      for (size_t i = 0; i < count; ++i) out[at + i] = convert<T>(buffer[i]);
    }
  };
  const size_t drawn = is_half<T> ? n & ~size_t{15} : n;
  for (size_t done = 0; done < drawn;) {
    size_t count = std::min(drawn - done, kChunk);
    draw_uniform(stream, buffer, count);
    normal_blocks(buffer, count & ~size_t{15}, mean, std);
    store(done, count & ~size_t{15});
    done += count;
  }
  if (n % 16 != 0) {
    draw_uniform(stream, buffer, 16);
    normal_blocks(buffer, 16, mean, std);
    store(n - 16, 16);
  }
}

}  // namespace

void fill_uniform(RandomStream& stream, DType dtype, void* out, size_t n, double from, double to) {
  with_floating("uniform_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    if constexpr (std::is_same_v<T, double>) {
      uniform_doubles(stream, result, n);
      if (from == 0 && to == 1) return;
      for (size_t i = 0; i < n; ++i) {
        double x = std::fma(result[i], to - from, from);
        result[i] = x == to ? from : x;
      }
    } else if constexpr (std::is_same_v<T, float>) {
      uniform_floats(stream, result, n, static_cast<float>(from), static_cast<float>(to));
    } else {
      float buffer[kChunk];
      const T start = convert<T>(from), stop = convert<T>(to);
      const float start_float = static_cast<float>(from), stop_float = static_cast<float>(to);
      for (size_t done = 0; done < n;) {
        size_t count = std::min(n - done, kChunk);
        uniform_floats(stream, buffer, count, start_float, stop_float);
        for (size_t i = 0; i < count; ++i) {
          T x = convert<T>(buffer[i]);
          result[done + i] = x.bits == stop.bits ? start : x;
        }
        done += count;
      }
    }
  });
}

void fill_normal(RandomStream& stream, DType dtype, void* out, size_t n, double mean, double std, NormalRule rule) {
  with_floating("normal_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    if (n >= 16 && rule == NormalRule::by_size) {
      using Work = std::conditional_t<std::is_same_v<T, double>, double, float>;
      return normal_by_blocks<T, Work>(stream, result, n, static_cast<Work>(mean), static_cast<Work>(std));
    }
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(std::fma(stream.normal(), std, mean));
  });
}

void fill_random(RandomStream& stream, DType dtype, void* out, size_t n) {
  with_real("random_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) {
      if constexpr (std::is_same_v<T, bool>) {
        result[i] = stream.g32() & 1;
      } else if constexpr (std::is_same_v<T, double>) {
        result[i] = static_cast<double>(stream.g64() % ((uint64_t{1} << 53) + 1));
      } else if constexpr (std::is_same_v<T, float>) {
        result[i] = static_cast<float>(stream.g32() % ((1u << 24) + 1));
      } else if constexpr (std::is_same_v<T, Float16>) {
        result[i] = convert<T>(stream.g32() % ((1u << 11) + 1));
      } else if constexpr (std::is_same_v<T, BFloat16>) {
        result[i] = convert<T>(stream.g32() % ((1u << 8) + 1));
      } else if constexpr (sizeof(T) == 8) {
        result[i] = static_cast<T>(stream.g64() % (static_cast<uint64_t>(std::numeric_limits<T>::max()) + 1));
      } else {
        result[i] = static_cast<T>(stream.g32() % (static_cast<uint64_t>(std::numeric_limits<T>::max()) + 1));
      }
    }
  });
}

namespace {

// The bounds of integers drawn into a floating type: where the last one rounds up to the end or beyond, the end moves
// down to a number that the type holds, and likewise the start up.
template <class T>
void keep_exact(int64_t& low, int64_t& high) {
  constexpr int digits = std::is_same_v<T, double> ? 53 : std::is_same_v<T, float> ? 24 : std::is_same_v<T, Float16> ? 11 : 8;
  auto rounded = [](int64_t x) { return static_cast<int64_t>(widen(convert<T>(x))); };
  auto step = [](int64_t x) { return int64_t{1} << (std::bit_width(static_cast<uint64_t>(std::abs(x))) - digits); };
  int64_t after_low = rounded(low + 1);
  if (after_low < low) low = after_low + step(low + 1);
  int64_t last = rounded(high - 1);
  if (last >= high) high = last - step(high - 1);
}

}  // namespace

void fill_randint(RandomStream& stream, DType dtype, void* out, size_t n, int64_t low, uint64_t range) {
  with_real("random_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    if constexpr (!std::is_integral_v<T>) {
      if (range != 0) {
        auto high = static_cast<int64_t>(static_cast<uint64_t>(low) + range);
        keep_exact<T>(low, high);
        range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
      }
    }
    const bool wide = range == 0 || range >= uint64_t{1} << 28;
    const uint64_t base = range == 0 ? 0 : static_cast<uint64_t>(low);  // all of 2^64: the word as it is
    for (size_t i = 0; i < n; ++i) {
      uint64_t x = wide ? stream.g64() : stream.g32();
      if (range != 0) x = wide ? x % range : static_cast<uint32_t>(x) % static_cast<uint32_t>(range);
      result[i] = convert<T>(static_cast<int64_t>(x + base));
    }
  });
}

void random_permutation(RandomStream& stream, DType dtype, void* out, size_t n) {
  with_real("randperm", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int64_t>(i));
    for (size_t i = 0; i + 1 < n; ++i) std::swap(result[i], result[i + stream.g32() % static_cast<uint32_t>(n - i)]);
  });
}

void fill_bernoulli(RandomStream& stream, DType dtype, void* out, size_t n, double p) {
  check(p >= 0 && p <= 1, ErrorKind::Runtime, "bernoulli_: p is a probability between 0 and 1, not ", p);
  with_real("bernoulli_", dtype, [&]<class T>(Type<T>) {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int>(stream.u53() < p));
  });
}

void fill_bernoulli(RandomStream& stream, DType dtype, void* out, size_t n, DType p_dtype, const void* p) {
  with_floating("bernoulli", p_dtype, [&]<class P>(Type<P>) {
    const P* probability = static_cast<const P*>(p);
    with_real("bernoulli", dtype, [&]<class T>(Type<T>) {
      T* result = static_cast<T*>(out);
      for (size_t i = 0; i < n; ++i) {
        const auto limit = widen(probability[i]);
        check(limit >= 0 && limit <= 1, ErrorKind::Runtime, "bernoulli: p[", i, "] is ", limit,
              ", but a probability lies between 0 and 1");
        bool one;
        if constexpr (std::is_same_v<P, double>) {
          one = stream.u53() < limit;
        } else {
          one = stream.u24() < limit;
        }
        result[i] = convert<T>(static_cast<int>(one));
      }
    });
  });
}

}  // namespace flambeau
