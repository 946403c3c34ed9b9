// Bits of the narrow floating types to float32 and back, one value at a time: IEEE half, bfloat16 and the four 8-bit
// formats (OCP e4m3fn and e5m2, and the "fnuz" variants without infinities and negative zero). All round to nearest
// even.
#pragma once

#include <bit>
#include <cstdint>

namespace flambeau::loops {

// Formats as numbers: exponent bias, mantissa bits, largest finite code, and what overflow and NaN become.
struct FloatFormat {
  int bias, mantissa;
  uint32_t largest;   // code of the largest finite value
  uint32_t overflow;  // code of what is beyond it
  uint32_t nan;
  bool ieee_top;  // the top exponent holds infinity and NaN
  bool fnuz;      // the code of negative zero is the only NaN
};
inline constexpr FloatFormat kHalf{15, 10, 0x7bff, 0x7c00, 0x7e00, true, false};
inline constexpr FloatFormat kE4m3fn{7, 3, 0x7e, 0x7e, 0x7f, false, false};  // saturates
inline constexpr FloatFormat kE5m2{15, 2, 0x7b, 0x7c, 0x7f, true, false};
inline constexpr FloatFormat kE4m3fnuz{8, 3, 0x7f, 0x80, 0x80, false, true};
inline constexpr FloatFormat kE5m2fnuz{16, 2, 0x7f, 0x80, 0x80, false, true};

// Width: 8 or 16 bits. Choices are conditional values rather than branches, so that loops become vector code.
template <FloatFormat F, int Width>
constexpr uint32_t encode_float(float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t sign = (bits >> 31) << (Width - 1);
  const uint32_t magnitude = bits & 0x7fffffffu;
  constexpr int drop = 23 - F.mantissa;
  // Subnormal there: adding a power of two whose last place is the subnormal step rounds in hardware.
  constexpr float shift = __builtin_bit_cast(float, uint32_t(127 + 1 - F.bias + drop) << 23);
  const uint32_t subnormal =
      __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, magnitude) + shift) - __builtin_bit_cast(uint32_t, shift);
  const uint32_t rounded = magnitude + ((1u << (drop - 1)) - 1) + ((magnitude >> drop) & 1);
  const uint32_t normal = (rounded >> drop) - (uint32_t(127 - F.bias) << F.mantissa);
  uint32_t code = magnitude < uint32_t(127 + 1 - F.bias) << 23 ? subnormal : normal;
  code = code > F.largest ? F.overflow : code;
  code = magnitude > 0x7f800000u ? F.nan : code;
  return F.fnuz ? code | (code == 0 ? 0 : sign) : code | sign;
}

template <FloatFormat F, int Width>
constexpr float decode_float(uint32_t code) {
  constexpr uint32_t sign_bit = 1u << (Width - 1);
  constexpr float step = __builtin_bit_cast(float, uint32_t(127 + 1 - F.bias - F.mantissa) << 23);
  const uint32_t magnitude = code & (sign_bit - 1);
  const uint32_t sign = (code & sign_bit) << (32 - Width);
  const uint32_t subnormal = __builtin_bit_cast(uint32_t, float(int32_t(magnitude)) * step);
  const uint32_t normal = (magnitude << (23 - F.mantissa)) + (uint32_t(127 - F.bias) << 23);
  uint32_t bits = magnitude < (1u << F.mantissa) ? subnormal : normal;
  if constexpr (F.fnuz) {
    bits = code == sign_bit ? 0x7fc00000u : bits;
  } else {
    bits = magnitude > F.largest ? 0x7fc00000u : bits;
    bits = F.ieee_top && magnitude == F.overflow ? 0x7f800000u : bits;
  }
  return __builtin_bit_cast(float, bits | sign);
}

inline uint16_t encode_bfloat16(float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return value != value ? 0x7fc0 : uint16_t(rounded);
}
inline float decode_bfloat16(uint16_t code) { return __builtin_bit_cast(float, uint32_t(code) << 16); }

}  // namespace flambeau::loops
