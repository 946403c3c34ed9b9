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

#include "core/error.h"
#include "cpu/random_stream.h"
#include "cpu/random_types.h"

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

// Every 16 uniform numbers give 16 normals. Where the size is no multiple of 16 all are drawn (half precision: all of
// the full blocks), and then the last sixteen anew. Computed in `Work`, stored as T.
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
  check(from <= to && std::isfinite(to - from), ErrorKind::Runtime, "uniform_: from is ", from, " and to is ", to,
        ", but from must be at most to, and both finite");
  dispatch_floating("uniform_", dtype, [&]<class T>() {
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
  check(std >= 0, ErrorKind::Runtime, "normal_: std must be at least 0, not ", std);
  dispatch_floating("normal_", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    if (n >= 16 && rule == NormalRule::by_size) {
      using Work = std::conditional_t<std::is_same_v<T, double>, double, float>;
      return normal_by_blocks<T, Work>(stream, result, n, static_cast<Work>(mean), static_cast<Work>(std));
    }
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(std::fma(stream.normal(), std, mean));
  });
}

namespace {

// The largest whole number up to which the type holds all.
template <class T>
constexpr uint64_t largest_exact() {
  if constexpr (std::is_same_v<T, double>) return uint64_t{1} << 53;
  if constexpr (std::is_same_v<T, float>) return uint64_t{1} << 24;
  if constexpr (std::is_same_v<T, Half>) return uint64_t{1} << 11;
  if constexpr (std::is_same_v<T, BFloat16>) return uint64_t{1} << 8;
  if constexpr (std::is_integral_v<T>) return static_cast<uint64_t>(std::numeric_limits<T>::max());
}

// The bounds of integers drawn into a floating type: where the last one rounds up to the end or beyond, the end moves
// down to a number that the type holds, and likewise the start up.
template <class T>
void keep_exact(int64_t& low, int64_t& high) {
  constexpr int digits = std::bit_width(largest_exact<T>()) - 1;
  auto rounded = [](int64_t x) { return static_cast<int64_t>(widen(convert<T>(x))); };
  auto step = [](int64_t x) { return int64_t{1} << (std::bit_width(static_cast<uint64_t>(std::abs(x))) - digits); };
  int64_t after_low = rounded(low + 1);
  if (after_low < low) low = after_low + step(low + 1);
  int64_t last = rounded(high - 1);
  if (last >= high) high = last - step(high - 1);
}

}  // namespace

void fill_random(RandomStream& stream, DType dtype, void* out, size_t n) {
  dispatch_real("random_", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    constexpr uint64_t range = largest_exact<T>() + 1;
    for (size_t i = 0; i < n; ++i) {
      if constexpr (range == 0) {  // uint64
        result[i] = static_cast<T>(stream.g64());
      } else {
        const uint64_t x = sizeof(T) == 8 ? stream.g64() : stream.g32();
        result[i] = convert<T>(x % range);
      }
    }
  });
}

void fill_randint(RandomStream& stream, DType dtype, void* out, size_t n, int64_t low, uint64_t range) {
  dispatch_real("random_", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    if constexpr (!std::is_integral_v<T>) {
      if (range != 0) {
        auto high = static_cast<int64_t>(static_cast<uint64_t>(low) + range);
        keep_exact<T>(low, high);
        range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
      }
    }
    if (range == 0) {  // the word as it is
      for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int64_t>(stream.g64()));
      return;
    }
    const auto base = static_cast<uint64_t>(low);
    if (range >= uint64_t{1} << 28) {
      for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int64_t>(stream.g64() % range + base));
      return;
    }
    // The remainder by two multiplications (Lemire, Kaser and Kurz, "Faster remainder by direct computation", 2019).
    const uint64_t inverse = ~uint64_t{0} / range + 1;
    uint32_t words[kChunk];
    for (size_t done = 0; done < n;) {
      const size_t count = std::min(n - done, kChunk);
      stream.draw(words, count);
      for (size_t i = 0; i < count; ++i) {
        const auto x = static_cast<uint64_t>(static_cast<unsigned __int128>(inverse * words[i]) * range >> 64);
        result[done + i] = convert<T>(static_cast<int64_t>(x + base));
      }
      done += count;
    }
  });
}

// Swaps forward; very long permutations are built inside out (Durstenfeld) from 64-bit words instead, as 32 would
// favour some of them.
void random_permutation(RandomStream& stream, DType dtype, void* out, size_t n) {
  constexpr size_t long_one = std::numeric_limits<uint32_t>::max() / 20;
  dispatch_real("randperm", dtype, [&]<class T>() {
    constexpr uint64_t largest = largest_exact<T>();
    const bool fits = n == 0 || n - 1 <= largest || std::is_same_v<T, BFloat16>;  // bfloat16 always rounds
    check(fits, ErrorKind::Runtime, "randperm: n is ", n, ", but ", name(dtype), " holds whole numbers up to ",
          largest);
    T* result = static_cast<T*>(out);
    if (n >= long_one) {
      for (size_t i = 0; i < n; ++i) {
        size_t at = stream.g64() % (i + 1);
        result[i] = result[at];
        result[at] = convert<T>(static_cast<int64_t>(i));
      }
      return;
    }
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int64_t>(i));
    for (size_t i = 0; i + 1 < n; ++i) std::swap(result[i], result[i + stream.g32() % static_cast<uint32_t>(n - i)]);
  });
}

void fill_bernoulli(RandomStream& stream, DType dtype, void* out, size_t n, double p) {
  check(p >= 0 && p <= 1, ErrorKind::Runtime, "bernoulli_: p is a probability between 0 and 1, not ", p);
  dispatch_real("bernoulli_", dtype, [&]<class T>() {
    T* result = static_cast<T*>(out);
    for (size_t i = 0; i < n; ++i) result[i] = convert<T>(static_cast<int>(stream.u53() < p));
  });
}

void fill_bernoulli(RandomStream& stream, DType dtype, void* out, size_t n, DType p_dtype, const void* p) {
  dispatch_floating("bernoulli", p_dtype, [&]<class P>() {
    const P* probability = static_cast<const P*>(p);
    dispatch_real("bernoulli", dtype, [&]<class T>() {
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
