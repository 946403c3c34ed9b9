// Element types: their names, sizes and classes. Promotion between them is in promote.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flambeau {

enum class DType : uint8_t {
  bool_,
  uint8,
  int8,
  int16,
  int32,
  int64,
  uint16,
  uint32,
  uint64,
  float16,
  bfloat16,
  float32,
  float64,
  complex32,
  complex64,
  complex128,
  float8_e4m3fn,
  float8_e5m2,
  float8_e4m3fnuz,
  float8_e5m2fnuz,
};
inline constexpr int kDTypes = 20;

namespace dtype_detail {
enum Class : uint8_t { Bool, Unsigned, Signed, Floating, Complex };
struct Info {
  std::string_view name;
  std::string_view alias;  // the second name PyTorch gives it, or nothing
  uint8_t size;
  Class kind;
};
inline constexpr std::array<Info, kDTypes> table = {{
    {"bool", "", 1, Bool},
    {"uint8", "", 1, Unsigned},
    {"int8", "", 1, Signed},
    {"int16", "short", 2, Signed},
    {"int32", "int", 4, Signed},
    {"int64", "long", 8, Signed},
    {"uint16", "", 2, Unsigned},
    {"uint32", "", 4, Unsigned},
    {"uint64", "", 8, Unsigned},
    {"float16", "half", 2, Floating},
    {"bfloat16", "", 2, Floating},
    {"float32", "float", 4, Floating},
    {"float64", "double", 8, Floating},
    {"complex32", "chalf", 4, Complex},
    {"complex64", "cfloat", 8, Complex},
    {"complex128", "cdouble", 16, Complex},
    {"float8_e4m3fn", "", 1, Floating},
    {"float8_e5m2", "", 1, Floating},
    {"float8_e4m3fnuz", "", 1, Floating},
    {"float8_e5m2fnuz", "", 1, Floating},
}};
}  // namespace dtype_detail

constexpr const dtype_detail::Info& info(DType t) { return dtype_detail::table[static_cast<size_t>(t)]; }
constexpr size_t itemsize(DType t) { return info(t).size; }
constexpr std::string_view name(DType t) { return info(t).name; }
constexpr bool is_floating(DType t) { return info(t).kind == dtype_detail::Floating; }
constexpr bool is_complex(DType t) { return info(t).kind == dtype_detail::Complex; }
constexpr bool is_integral(DType t, bool with_bool = false) {
  auto kind = info(t).kind;
  return kind == dtype_detail::Unsigned || kind == dtype_detail::Signed || (with_bool && kind == dtype_detail::Bool);
}
constexpr bool is_unsigned(DType t) { return info(t).kind == dtype_detail::Unsigned; }
constexpr bool is_float8(DType t) { return t >= DType::float8_e4m3fn; }
constexpr bool is_differentiable(DType t) { return is_floating(t) || is_complex(t); }

// The real type of a complex type's parts, and the complex type with parts of a real type.
constexpr DType to_real(DType t) {
  switch (t) {
    case DType::complex32: return DType::float16;
    case DType::complex64: return DType::float32;
    case DType::complex128: return DType::float64;
    default: return t;
  }
}
constexpr DType to_complex(DType t) {
  switch (t) {
    case DType::float16: return DType::complex32;
    case DType::float64: return DType::complex128;
    case DType::complex32:
    case DType::complex64:
    case DType::complex128: return t;
    default: return DType::complex64;
  }
}

}  // namespace flambeau
