// float16 and bfloat16 to float and back, once for each instruction set.
#include "cpu/libraries/convert.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/libraries/convert.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for each target

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::libraries::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
using WideBits = hn::RebindToUnsigned<Wide>;
using NarrowBits = hn::Rebind<uint16_t, Wide>;
using Half = hn::Rebind<hwy::float16_t, Wide>;

// Runs `body` over whole vectors, and over the rest by way of padded copies, so that every element takes the same path.
template <class From, class To, class Body>
void over_vectors(const From* from, To* to, size_t count, const Body& body) {
  const size_t lanes = hn::Lanes(Wide());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) body(from + i, to + i);
  if (i < count) {
    HWY_ALIGN From rest[hn::MaxLanes(Wide())] = {};
    HWY_ALIGN To result[hn::MaxLanes(Wide())];
    std::copy(from + i, from + count, rest);
    body(rest, result);
    std::copy(result, result + (count - i), to + i);
  }
}

void widen_bfloat16(const uint16_t* from, float* to, size_t count) {
  over_vectors(from, to, count, [](const uint16_t* f, float* t) {
    auto bits = hn::ShiftLeft<16>(hn::PromoteTo(WideBits(), hn::LoadU(NarrowBits(), f)));
    hn::StoreU(hn::BitCast(Wide(), bits), Wide(), t);
  });
}
void narrow_bfloat16(const float* from, uint16_t* to, size_t count) {
  over_vectors(from, to, count, [](const float* f, uint16_t* t) {
    const WideBits u;
    auto value = hn::LoadU(Wide(), f);
    auto bits = hn::BitCast(u, value);
    auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(u, 1));
    auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(u, 0x7fff))));
    auto nan = hn::RebindMask(u, hn::IsNaN(value));
    auto result = hn::IfThenElse(nan, hn::Set(u, 0x7fc0), rounded);
    hn::StoreU(hn::DemoteTo(NarrowBits(), hn::BitCast(hn::RebindToSigned<Wide>(), result)), NarrowBits(), t);
  });
}
void widen_float16(const uint16_t* from, float* to, size_t count) {
  over_vectors(from, to, count, [](const uint16_t* f, float* t) {
    auto half = hn::LoadU(Half(), reinterpret_cast<const hwy::float16_t*>(f));
    hn::StoreU(hn::PromoteTo(Wide(), half), Wide(), t);
  });
}
void narrow_float16(const float* from, uint16_t* to, size_t count) {
  over_vectors(from, to, count, [](const float* f, uint16_t* t) {
    hn::StoreU(hn::DemoteTo(Half(), hn::LoadU(Wide(), f)), Half(), reinterpret_cast<hwy::float16_t*>(t));
  });
}

}  // namespace flambeau::libraries::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::libraries {

HWY_EXPORT(widen_bfloat16);
HWY_EXPORT(narrow_bfloat16);
HWY_EXPORT(widen_float16);
HWY_EXPORT(narrow_float16);

void widen(DType dtype, const void* from, float* to, size_t count) {
  auto bits = static_cast<const uint16_t*>(from);
  if (dtype == DType::bfloat16)
    HWY_DYNAMIC_DISPATCH(widen_bfloat16)(bits, to, count);
  else
    HWY_DYNAMIC_DISPATCH(widen_float16)(bits, to, count);
}
void narrow(DType dtype, const float* from, void* to, size_t count) {
  auto bits = static_cast<uint16_t*>(to);
  if (dtype == DType::bfloat16)
    HWY_DYNAMIC_DISPATCH(narrow_bfloat16)(from, bits, count);
  else
    HWY_DYNAMIC_DISPATCH(narrow_float16)(from, bits, count);
}

}  // namespace flambeau::libraries
#endif
