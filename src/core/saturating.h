// Arithmetic of sizes that a caller names: results beyond int64 stay at its ends, where the checks that follow refuse
// them, instead of overflowing to anything.
#pragma once

#include <cstdint>
#include <limits>

namespace flambeau {

inline int64_t sat_add(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}
inline int64_t sat_sub(int64_t a, int64_t b) {
  int64_t difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}
inline int64_t sat_mul(int64_t a, int64_t b) {
  int64_t product;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) != (b < 0) ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}
inline int64_t sat_abs(int64_t a) { return a < 0 ? sat_sub(0, a) : a; }

}  // namespace flambeau
