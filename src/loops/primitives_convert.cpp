// Conversions between memory types and lanes, between lanes, of masks, of complex pairs and planes, and strided copies.
// The loops are plain C++ that the compiler turns into vector code for each instruction set.
#if defined(__GNUC__) && !defined(__clang__)  // floating-point exceptions are never read: lets choices become blends
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic", "no-trapping-math")
#endif
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/error.h"
#include "loops/primitive_table.h"
#include "loops/small_floats.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "loops/primitives_convert.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#ifndef FLAMBEAU_CONVERT_ONCE
#define FLAMBEAU_CONVERT_ONCE
namespace flambeau::loops {

// Tags of the memory types that C++ has no type for.
template <class Bits, FloatFormat F>
struct Narrow {
  Bits bits;
  static constexpr int width = sizeof(Bits) * 8;
  static Narrow encode(float v) { return {Bits(encode_float<F, width>(v))}; }
  float decode() const { return decode_float<F, width>(bits); }
};
struct BFloat16 {
  uint16_t bits;
  static BFloat16 encode(float v) { return {encode_bfloat16(v)}; }
  float decode() const { return decode_bfloat16(bits); }
};
struct Bool {
  uint8_t bits;
};
using Half = Narrow<uint16_t, kHalf>;
using E4m3fn = Narrow<uint8_t, kE4m3fn>;
using E5m2 = Narrow<uint8_t, kE5m2>;
using E4m3fnuz = Narrow<uint8_t, kE4m3fnuz>;
using E5m2fnuz = Narrow<uint8_t, kE5m2fnuz>;

template <class T>
inline constexpr bool is_narrow = !std::is_arithmetic_v<T> && !std::is_same_v<T, Bool>;

}  // namespace flambeau::loops
#endif

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {

// Float to integer toward zero. Out of range and NaN give what x86 gives, without undefined behaviour: the most
// negative value; unsigned types as wide as the intermediate take the upper half through an offset.
template <class I, class F>
HWY_INLINE I truncate_to(F v) {
  using Wide = std::conditional_t<sizeof(I) == 8 || std::is_same_v<I, uint8_t>, int64_t, int32_t>;
  constexpr F half = sizeof(Wide) == 8 ? F(9223372036854775808.0) : F(2147483648.0);
  constexpr Wide lowest = std::numeric_limits<Wide>::min();
  const auto in_range = [&](F x) {
    // Compared after truncation, so that doubles between the bound and the next integer stay in range.
    const F t = std::is_same_v<F, double> && sizeof(Wide) == 4 ? F(std::trunc(x)) : x;
    return t >= -half && t < half;
  };
  if constexpr (std::is_unsigned_v<I> && sizeof(I) == sizeof(Wide)) {
    if (!(v >= half)) return I(in_range(v) ? Wide(v) : lowest);
    const F rest = v - half;
    return I(in_range(rest) ? Wide(rest) : lowest) ^ I(lowest);
  } else {
    return I(in_range(v) ? Wide(v) : lowest);
  }
}

template <class To, class From>
HWY_INLINE To convert_one(From v) {
  if constexpr (std::is_same_v<From, Bool>) {
    return To(v.bits != 0);
  } else if constexpr (is_narrow<From>) {
    return convert_one<To>(v.decode());
  } else if constexpr (std::is_same_v<To, Bool>) {
    return Bool{uint8_t(v != 0)};
  } else if constexpr (is_narrow<To>) {
    return To::encode(float(v));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate_to<To>(v);
  } else {
    return static_cast<To>(v);
  }
}

// Equal sizes may be converted in place.
template <class From, class To>
void convert_loop(void* out, const void* in, size_t n) {
  if constexpr (std::is_same_v<From, To>) {
    if (out != in) std::memcpy(out, in, n * sizeof(To));
  } else {
    for (size_t i = 0; i < n; ++i) {
      From v;
      std::memcpy(&v, static_cast<const char*>(in) + i * sizeof(From), sizeof(From));
      const To r = convert_one<To>(v);
      std::memcpy(static_cast<char*>(out) + i * sizeof(To), &r, sizeof(To));
    }
  }
}

template <class Memory>
void fill_memory(ConvertTable& t, DType dtype) {
  const auto both = [&]<class L>(L) {
    t.load[static_cast<size_t>(dtype)][static_cast<size_t>(lane_of<L>())] = &convert_loop<Memory, L>;
    t.store[static_cast<size_t>(lane_of<L>())][static_cast<size_t>(dtype)] = &convert_loop<L, Memory>;
  };
  both(float{});
  both(double{});
  both(int32_t{});
  both(int64_t{});
  both(uint64_t{});
}

template <class From>
void fill_lane(ConvertTable& t) {
  const auto to = [&]<class L>(L) {
    t.lanes[static_cast<size_t>(lane_of<From>())][static_cast<size_t>(lane_of<L>())] = &convert_loop<From, L>;
  };
  to(float{});
  to(double{});
  to(int32_t{});
  to(int64_t{});
  to(uint64_t{});
}

template <class Bits>
void load_mask_loop(void* out, const void* in, size_t n) {
  for (size_t i = 0; i < n; ++i) static_cast<Bits*>(out)[i] = Bits(0) - Bits(static_cast<const uint8_t*>(in)[i] != 0);
}
template <class Bits>
void store_mask_loop(void* out, const void* in, size_t n) {
  for (size_t i = 0; i < n; ++i) static_cast<uint8_t*>(out)[i] = uint8_t(static_cast<const Bits*>(in)[i] & 1);
}

void fill_convert_(ConvertTable& t) {
  fill_memory<Bool>(t, DType::bool_);
  fill_memory<uint8_t>(t, DType::uint8);
  fill_memory<int8_t>(t, DType::int8);
  fill_memory<int16_t>(t, DType::int16);
  fill_memory<int32_t>(t, DType::int32);
  fill_memory<int64_t>(t, DType::int64);
  fill_memory<uint16_t>(t, DType::uint16);
  fill_memory<uint32_t>(t, DType::uint32);
  fill_memory<uint64_t>(t, DType::uint64);
  fill_memory<Half>(t, DType::float16);
  fill_memory<BFloat16>(t, DType::bfloat16);
  fill_memory<float>(t, DType::float32);
  fill_memory<double>(t, DType::float64);
  fill_memory<E4m3fn>(t, DType::float8_e4m3fn);
  fill_memory<E5m2>(t, DType::float8_e5m2);
  fill_memory<E4m3fnuz>(t, DType::float8_e4m3fnuz);
  fill_memory<E5m2fnuz>(t, DType::float8_e5m2fnuz);
  fill_lane<float>(t);
  fill_lane<double>(t);
  fill_lane<int32_t>(t);
  fill_lane<int64_t>(t);
  fill_lane<uint64_t>(t);
  t.load_mask[0] = &load_mask_loop<uint32_t>;
  t.load_mask[1] = &load_mask_loop<uint64_t>;
  t.store_mask[0] = &store_mask_loop<uint32_t>;
  t.store_mask[1] = &store_mask_loop<uint64_t>;
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::loops {
HWY_EXPORT(fill_convert_);
void fill_convert(ConvertTable& table) { HWY_DYNAMIC_DISPATCH(fill_convert_)(table); }
}  // namespace flambeau::loops
#endif
