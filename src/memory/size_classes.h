// Block sizes: multiples of 64 up to 1 KiB, then eight classes to a doubling, so that at most an eighth of a block is
// unused and blocks of one class replace each other.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace flambeau::memory {

inline constexpr size_t kUnit = 64;
inline constexpr size_t kSmallLimit = 64 << 10;
inline constexpr int kClasses = 8 + 8 * 39;  // up to 2^48 bytes

// bytes >= 1
constexpr int size_class(size_t bytes) {
  size_t units = (bytes + kUnit - 1) / kUnit;
  if (units <= 8) return static_cast<int>(units) - 1;
  int shift = std::bit_width(units - 1) - 4;  // units - 1 is 1xxx << shift
  return 8 * shift + static_cast<int>((units - 1) >> shift);
}

constexpr size_t class_bytes(int index) {
  if (index < 8) return kUnit * (static_cast<size_t>(index) + 1);
  int shift = index / 8 - 1;
  return kUnit * ((static_cast<size_t>(index % 8) + 9) << shift);
}

inline constexpr int kSmallClasses = size_class(kSmallLimit) + 1;
static_assert(class_bytes(kSmallClasses - 1) == kSmallLimit && kSmallClasses == 64);
static_assert(class_bytes(kClasses - 1) == size_t{1} << 48);

}  // namespace flambeau::memory
