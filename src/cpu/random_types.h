// Storing random numbers in a tensor's element type, shared by the files that fill memory: half precision types and the
// choice of a type at run time.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/error.h"

namespace flambeau::random_detail {

struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};

inline BFloat16 round_bfloat16(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  if ((u & 0x7fffffff) > 0x7f800000) return {0x7fc0};
  return {static_cast<uint16_t>((u + 0x7fff + ((u >> 16) & 1)) >> 16)};
}

// Round to nearest even. The addition of a power of two makes the float unit do the rounding of subnormals.
inline Float16 round_float16(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  uint32_t sign = (u >> 16) & 0x8000;
  u &= 0x7fffffff;
  if (u > 0x7f800000) return {static_cast<uint16_t>(sign | 0x7e00)};
  if (u >= 0x477ff000) return {static_cast<uint16_t>(sign | 0x7c00)};
  if (u < 0x38800000) {
    float shifted = std::bit_cast<float>(u) + 0.5f;
    return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000))};
  }
  uint32_t rounded = u + 0xfff + ((u >> 13) & 1);
  return {static_cast<uint16_t>(sign | ((rounded >> 13) - (112u << 10)))};
}

inline float widen(BFloat16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16); }
inline float widen(Float16 x) {
  uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000) << 16, rest = x.bits & 0x7fff;
  if (rest >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  if (rest < 0x400) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(rest) * 0x1p-24f));
  return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
}
inline float widen(float x) { return x; }
inline double widen(double x) { return x; }

template <class T>
inline constexpr bool is_half = std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>;

template <class T, class From>
T convert(From x) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return round_bfloat16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<T, Float16>) {
    return round_float16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<T, bool>) {
    return x != 0;
  } else {
    return static_cast<T>(x);
  }
}

template <class T>
struct Type {
  using type = T;
};

// Calls f(Type<T>{}) for a floating dtype.
template <class F>
void with_floating(const char* name, DType dtype, F&& f) {
  switch (dtype) {
    case DType::float16: return f(Type<Float16>{});
    case DType::bfloat16: return f(Type<BFloat16>{});
    case DType::float32: return f(Type<float>{});
    case DType::float64: return f(Type<double>{});
    default:
      raise(ErrorKind::NotImplemented, name, ": no random numbers in ", flambeau::name(dtype),
            "; draw in float32 and convert");
  }
}

// Calls f(Type<T>{}) for any real dtype but the 8-bit floats.
template <class F>
void with_real(const char* name, DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_: return f(Type<bool>{});
    case DType::uint8: return f(Type<uint8_t>{});
    case DType::int8: return f(Type<int8_t>{});
    case DType::int16: return f(Type<int16_t>{});
    case DType::int32: return f(Type<int32_t>{});
    case DType::int64: return f(Type<int64_t>{});
    case DType::uint16: return f(Type<uint16_t>{});
    case DType::uint32: return f(Type<uint32_t>{});
    case DType::uint64: return f(Type<uint64_t>{});
    default: return with_floating(name, dtype, f);
  }
}

}  // namespace flambeau::random_detail
