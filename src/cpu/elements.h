// Element types as C++ types for kernels that handle one value at a time: by size where bytes are only moved, by number
// where they are added or compared. Half and BFloat are read as float and rounded when written.
#pragma once

#include <complex>
#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/error.h"
#include "loops/small_floats.h"

namespace flambeau::elements {

struct Item16 {
  uint64_t low, high;
};

struct Half {
  uint16_t bits = 0;
  Half() = default;
  Half(float v) : bits(static_cast<uint16_t>(loops::encode_float<loops::kHalf, 16>(v))) {}
  operator float() const { return loops::decode_float<loops::kHalf, 16>(bits); }
};
struct BFloat {
  uint16_t bits = 0;
  BFloat() = default;
  BFloat(float v) : bits(loops::encode_bfloat16(v)) {}
  operator float() const { return loops::decode_bfloat16(bits); }
};
template <loops::FloatFormat F>
struct Float8 {
  uint8_t bits = 0;
  Float8() = default;
  Float8(float v) : bits(static_cast<uint8_t>(loops::encode_float<F, 8>(v))) {}
  operator float() const { return loops::decode_float<F, 8>(bits); }
};

// The type that sums and products of T are taken in.
template <class T>
struct WideOf {
  using type = T;
};
template <>
struct WideOf<bool> {
  using type = int;
};
template <>
struct WideOf<Half> {
  using type = float;
};
template <>
struct WideOf<BFloat> {
  using type = float;
};
template <loops::FloatFormat F>
struct WideOf<Float8<F>> {
  using type = float;
};
template <class T>
using Wide = typename WideOf<T>::type;

template <class T>
inline constexpr bool is_complex_type = false;
template <class T>
inline constexpr bool is_complex_type<std::complex<T>> = true;
template <class T>
inline constexpr bool is_float_type =
    std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat>;

// Calls f with a value of an unsigned type of that many bytes.
template <class F>
decltype(auto) by_size(size_t bytes, F&& f) {
  switch (bytes) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    case 8: return f(uint64_t{});
    default: return f(Item16{});
  }
}

// Calls f with a value of the real type; complex and 8-bit floating types are refused.
template <class F>
decltype(auto) by_real(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_: return f(bool{});
    case DType::uint8: return f(uint8_t{});
    case DType::int8: return f(int8_t{});
    case DType::int16: return f(int16_t{});
    case DType::int32: return f(int32_t{});
    case DType::int64: return f(int64_t{});
    case DType::uint16: return f(uint16_t{});
    case DType::uint32: return f(uint32_t{});
    case DType::uint64: return f(uint64_t{});
    case DType::float16: return f(Half{});
    case DType::bfloat16: return f(BFloat{});
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    default:
      raise(ErrorKind::NotImplemented, op, ": not implemented for '", name(dtype),
            "'; cast to float32 or float64 first");
  }
}

// The same with complex64 and complex128.
template <class F>
decltype(auto) by_number(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::complex64: return f(std::complex<float>{});
    case DType::complex128: return f(std::complex<double>{});
    default: return by_real(op, dtype, std::forward<F>(f));
  }
}

// Calls f with int32_t or int64_t: the types of indices.
template <class F>
decltype(auto) by_index(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::int32: return f(int32_t{});
    case DType::int64: return f(int64_t{});
    default: raise(ErrorKind::Runtime, op, ": expected an index of dtype int32 or int64, got ", name(dtype));
  }
}

}  // namespace flambeau::elements
