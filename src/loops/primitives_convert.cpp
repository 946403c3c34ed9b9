// Conversions between memory types and lanes, between lanes, of masks, and rounding in a lane to a memory type. Float
// to the narrow floats and back is vector code of our own; the other loops are plain C++ that the compiler turns into
// vector code for each instruction set. What they call must be inlined, and std functions from the precompiled header
// are not, as it lacks this file's options: hence the compiler's own bit casts in small_floats.h.
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
template <class B, FloatFormat F>
struct Narrow {
  using Bits = B;
  Bits bits;
  static constexpr FloatFormat format = F;
  static constexpr int width = sizeof(Bits) * 8;
  static Narrow encode(float v) { return {Bits(encode_float<F, width>(v))}; }
  float decode() const { return decode_float<F, width>(bits); }
};
struct BFloat16 {
  using Bits = uint16_t;
  Bits bits;
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
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
using WideBits = hn::RebindToUnsigned<Wide>;
using WideInt = hn::RebindToSigned<Wide>;
using Floats = hn::Vec<Wide>;
using Codes = hn::Vec<WideBits>;

// Codes and values as in small_floats.h, a vector at a time.
template <class M>
struct Coder {
  static constexpr FloatFormat F = M::format;
  static constexpr uint32_t kSign = 1u << (M::width - 1);
  static constexpr int kDrop = 23 - F.mantissa;

  static HWY_INLINE Codes encode(Floats value) {
    const Wide d;
    const WideBits u;
    const Codes bits = hn::BitCast(u, value);
    const Codes sign = hn::And(hn::ShiftRight<32 - M::width>(bits), hn::Set(u, kSign));
    const Codes magnitude = hn::And(bits, hn::Set(u, 0x7fffffffu));
    constexpr uint32_t shift_bits = uint32_t(127 + 1 - F.bias + kDrop) << 23;
    const Floats shift = hn::BitCast(d, hn::Set(u, shift_bits));
    const Codes subnormal = hn::Sub(hn::BitCast(u, hn::Add(hn::BitCast(d, magnitude), shift)), hn::Set(u, shift_bits));
    const Codes odd = hn::And(hn::ShiftRight<kDrop>(magnitude), hn::Set(u, 1));
    const Codes rounded = hn::Add(hn::Add(magnitude, hn::Set(u, (1u << (kDrop - 1)) - 1)), odd);
    const Codes normal = hn::Sub(hn::ShiftRight<kDrop>(rounded), hn::Set(u, uint32_t(127 - F.bias) << F.mantissa));
    Codes code = hn::IfThenElse(below(magnitude, uint32_t(127 + 1 - F.bias) << 23), subnormal, normal);
    code = hn::IfThenElse(below(hn::Set(u, F.largest), code), hn::Set(u, F.overflow), code);
    code = hn::IfThenElse(hn::RebindMask(u, hn::IsNaN(value)), hn::Set(u, F.nan), code);
    if (!F.fnuz) return hn::Or(code, sign);
    return hn::Or(code, hn::IfThenZeroElse(hn::Eq(code, hn::Zero(u)), sign));
  }
  static HWY_INLINE Floats decode(Codes code) {
    const Wide d;
    const WideBits u;
    const Codes magnitude = hn::And(code, hn::Set(u, kSign - 1));
    const Codes sign = hn::ShiftLeft<32 - M::width>(hn::And(code, hn::Set(u, kSign)));
    const Floats step = hn::BitCast(d, hn::Set(u, uint32_t(127 + 1 - F.bias - F.mantissa) << 23));
    const Codes subnormal = hn::BitCast(u, hn::Mul(hn::ConvertTo(d, hn::BitCast(WideInt(), magnitude)), step));
    const Codes normal = hn::Add(hn::ShiftLeft<kDrop>(magnitude), hn::Set(u, uint32_t(127 - F.bias) << 23));
    Codes bits = hn::IfThenElse(below(magnitude, 1u << F.mantissa), subnormal, normal);
    const Codes nan = hn::Set(u, 0x7fc00000u);
    if (F.fnuz) {
      bits = hn::IfThenElse(hn::Eq(code, hn::Set(u, kSign)), nan, bits);
    } else {
      bits = hn::IfThenElse(below(hn::Set(u, F.largest), magnitude), nan, bits);
      if (F.ieee_top) bits = hn::IfThenElse(hn::Eq(magnitude, hn::Set(u, F.overflow)), hn::Set(u, 0x7f800000u), bits);
    }
    return hn::BitCast(d, hn::Or(bits, sign));
  }

 private:
  // Both sides are below 2^31, where the signed comparison (the one that every instruction set has) says the same.
  static HWY_INLINE auto below(Codes a, Codes b) {
    return hn::RebindMask(WideBits(), hn::Lt(hn::BitCast(WideInt(), a), hn::BitCast(WideInt(), b)));
  }
  static HWY_INLINE auto below(Codes a, uint32_t b) { return below(a, hn::Set(WideBits(), b)); }
};

template <>
struct Coder<BFloat16> {
  static HWY_INLINE Codes encode(Floats value) {
    const WideBits u;
    const Codes bits = hn::BitCast(u, value);
    const Codes odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(u, 1));
    const Codes rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(u, 0x7fff)), odd));
    return hn::IfThenElse(hn::RebindMask(u, hn::IsNaN(value)), hn::Set(u, 0x7fc0), rounded);
  }
  static HWY_INLINE Floats decode(Codes code) { return hn::BitCast(Wide(), hn::ShiftLeft<16>(code)); }
};

template <class M>
HWY_INLINE Floats load_narrow(const M* p) {
  using Bits = typename M::Bits;
  const hn::Rebind<Bits, Wide> narrow;
  return Coder<M>::decode(hn::PromoteTo(WideBits(), hn::LoadU(narrow, reinterpret_cast<const Bits*>(p))));
}
template <class M>
HWY_INLINE void store_narrow(M* p, Floats value) {
  using Bits = typename M::Bits;
  const hn::Rebind<Bits, Wide> narrow;
  const auto codes = hn::DemoteTo(narrow, hn::BitCast(WideInt(), Coder<M>::encode(value)));
  hn::StoreU(codes, narrow, reinterpret_cast<Bits*>(p));
}
template <class M>
HWY_INLINE Floats round_narrow(Floats value) {
  return Coder<M>::decode(Coder<M>::encode(value));
}

#if HWY_TARGET <= HWY_AVX2 && HWY_ARCH_X86 && !defined(HWY_DISABLE_F16C)
// The processor's own conversion, but with the one NaN that the other code gives.
template <>
HWY_INLINE Floats load_narrow(const Half* p) {
  const Wide d;
  const hn::Rebind<hwy::float16_t, Wide> narrow;
  const Floats v = hn::PromoteTo(d, hn::LoadU(narrow, reinterpret_cast<const hwy::float16_t*>(p)));
  const Floats nan = hn::CopySign(hn::BitCast(d, hn::Set(WideBits(), 0x7fc00000u)), v);
  return hn::IfThenElse(hn::IsNaN(v), nan, v);
}
template <>
HWY_INLINE void store_narrow(Half* p, Floats v) {
  const Wide d;
  const hn::Rebind<hwy::float16_t, Wide> narrow;
  const Floats nan = hn::CopySign(hn::BitCast(d, hn::Set(WideBits(), 0x7fc00000u)), v);
  hn::StoreU(hn::DemoteTo(narrow, hn::IfThenElse(hn::IsNaN(v), nan, v)), narrow, reinterpret_cast<hwy::float16_t*>(p));
}
template <>
HWY_INLINE Floats round_narrow<Half>(Floats v) {
  const Wide d;
  const hn::Rebind<hwy::float16_t, Wide> narrow;
  const Floats nan = hn::CopySign(hn::BitCast(d, hn::Set(WideBits(), 0x7fc00000u)), v);
  return hn::IfThenElse(hn::IsNaN(v), nan, hn::PromoteTo(d, hn::DemoteTo(narrow, v)));
}
#endif

// f(address in, address out) moves one vector; the rest goes through padded copies, so that every element takes the
// same path.
template <class From, class To, class F>
HWY_INLINE void over_vectors(void* out_, const void* in_, size_t n, F f) {
  const size_t lanes = hn::Lanes(Wide());
  const From* in = static_cast<const From*>(in_);
  To* out = static_cast<To*>(out_);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) f(in + i, out + i);
  if (i < n) {
    HWY_ALIGN From rest[hn::MaxLanes(Wide())] = {};
    HWY_ALIGN To result[hn::MaxLanes(Wide())];
    std::memcpy(rest, in + i, (n - i) * sizeof(From));
    f(rest, result);
    std::memcpy(out + i, result, (n - i) * sizeof(To));
  }
}

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
  } else if constexpr (is_narrow<From> && std::is_same_v<To, float>) {
    over_vectors<From, To>(out, in, n, [](const From* a, To* b) HWY_ATTR { hn::StoreU(load_narrow(a), Wide(), b); });
  } else if constexpr (is_narrow<To> && std::is_same_v<From, float>) {
    over_vectors<From, To>(out, in, n, [](const From* a, To* b) HWY_ATTR { store_narrow(b, hn::LoadU(Wide(), a)); });
  } else {
    for (size_t i = 0; i < n; ++i) {
      From v;
      std::memcpy(&v, static_cast<const char*>(in) + i * sizeof(From), sizeof(From));
      const To r = convert_one<To>(v);
      std::memcpy(static_cast<char*>(out) + i * sizeof(To), &r, sizeof(To));
    }
  }
}

// Values of a lane as they would come back from memory of that type.
template <class L, class Memory>
void round_loop(void* out, const void* in, size_t n) {
  if constexpr (std::is_same_v<L, Memory>) {
    if (out != in) std::memcpy(out, in, n * sizeof(L));
  } else if constexpr (is_narrow<Memory> && std::is_same_v<L, float>) {
    over_vectors<L, L>(out, in, n, [](const L* a, L* b) HWY_ATTR {
      hn::StoreU(round_narrow<Memory>(hn::LoadU(Wide(), a)), Wide(), b);
    });
  } else {
    for (size_t i = 0; i < n; ++i)
      static_cast<L*>(out)[i] = convert_one<L>(convert_one<Memory>(static_cast<const L*>(in)[i]));
  }
}

template <class Memory>
void fill_memory(ConvertTable& t, DType dtype) {
  const auto both = [&]<class L>(L) {
    t.load[static_cast<size_t>(dtype)][static_cast<size_t>(lane_of<L>())] = &convert_loop<Memory, L>;
    t.store[static_cast<size_t>(lane_of<L>())][static_cast<size_t>(dtype)] = &convert_loop<L, Memory>;
    t.round[static_cast<size_t>(lane_of<L>())][static_cast<size_t>(dtype)] = &round_loop<L, Memory>;
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
