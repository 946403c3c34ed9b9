// The vector loops of the random streams: the Mersenne Twister's recurrence, uniform floats from its words, and the
// block form of the Box-Muller transform. Neighbour: random_fill.cpp, which feeds them.
//
// Note [Block normals]. The last bits of large float32 normals come from the polynomials of Cephes (Moshier: logf, sinf
// and cosf), every multiply-add rounded once. Highway's targets without a fused multiply-add therefore take the scalar
// path below through std::fma, which is slow but exact, so that all machines give the same numbers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/random_vector.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include "cpu/random_stream.h"

#ifndef FLAMBEAU_RANDOM_VECTOR_ONCE
#define FLAMBEAU_RANDOM_VECTOR_ONCE
namespace flambeau::random_detail {
namespace {

constexpr size_t kWords = RandomStream::block;
constexpr size_t kMiddle = 397;
constexpr uint32_t kMatrix = 0x9908b0dfu;

// Coefficients of Cephes' single precision functions, highest power first.
constexpr float kLog[9] = {7.0376836292E-2f,  -1.1514610310E-1f, 1.1676998740E-1f,  -1.2420140846E-1f, 1.4249322787E-1f,
                           -1.6668057665E-1f, 2.0000714765E-1f,  -2.4999993993E-1f, 3.3333331174E-1f};
constexpr float kLn2Low = -2.12194440E-4f, kLn2High = 0.693359375f;
constexpr float kSqrtHalf = 0.707106781186547524f;
constexpr float kSin[3] = {-1.9515295891E-4f, 8.3321608736E-3f, -1.6666654611E-1f};
constexpr float kCos[3] = {2.443315711809948E-5f, -1.388731625493765E-3f, 4.166664568298827E-2f};
constexpr float kQuarterPi[3] = {0.78515625f, 2.4187564849853515625E-4f, 3.77489497744594108E-8f};
constexpr float kFourOverPi = 1.27323954473516f;
constexpr float kTwoPi = 6.283185307179586f;

uint32_t mix(uint32_t here, uint32_t after) {
  uint32_t y = (here & 0x80000000u) | (after & 0x7fffffffu);
  return (y >> 1) ^ ((after & 1) ? kMatrix : 0);
}

// The scalar twin of NormalPair below, for targets without a fused multiply-add.
[[maybe_unused]] float scalar_log(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  float e = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126);
  bits = (bits & 0x007fffffu) | 0x3f000000u;
  std::memcpy(&x, &bits, sizeof bits);
  bool low = x < kSqrtHalf;
  float kept = low ? x : 0.0f;
  x = (x - 1.0f) + kept;
  e -= low ? 1.0f : 0.0f;
  float z = x * x, y = kLog[0];
  for (int i = 1; i < 9; ++i) y = std::fma(y, x, kLog[i]);
  y = std::fma(y * x, z, e * kLn2Low);
  y -= 0.5f * z;
  return std::fma(e, kLn2High, x + y);
}

[[maybe_unused]] void scalar_normal_pair(float* first, float* second, float mean, float std) {
  float radius = std::sqrt(-2.0f * scalar_log(1.0f - *first));
  float x = kTwoPi * *second;
  int32_t octant = (static_cast<int32_t>(x * kFourOverPi) + 1) & ~1;
  float turns = static_cast<float>(octant);
  for (float part : kQuarterPi) x = std::fma(-turns, part, x);
  float z = x * x;
  float c = std::fma(std::fma(kCos[0], z, kCos[1]), z, kCos[2]) * z;
  c = std::fma(c, z, -0.5f * z) + 1.0f;
  float s = std::fma(std::fma(kSin[0], z, kSin[1]), z, kSin[2]) * z;
  s = std::fma(s, x, x);
  float sine = (octant & 2) ? c : s, cosine = (octant & 2) ? s : c;
  if (octant & 4) sine = -sine;
  if ((octant + 2) & 4) cosine = -cosine;
  *first = std::fma(radius * cosine, std, mean);
  *second = std::fma(radius * sine, std, mean);
}

}  // namespace
}  // namespace flambeau::random_detail
#endif

HWY_BEFORE_NAMESPACE();
namespace flambeau::random_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One stretch of the recurrence: state[begin..end) from the words at distance `offset` (kMiddle, or kMiddle - kWords
// once those are new). Elements of one vector never depend on one another, as the distance is at least 227.
HWY_ATTR void TwistRange(uint32_t* state, size_t begin, size_t end, ptrdiff_t offset) {
  const hn::CappedTag<uint32_t, 16> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = begin;
  for (; i + lanes <= end; i += lanes) {
    const auto here = hn::LoadU(d, state + i), after = hn::LoadU(d, state + i + 1);
    const auto far = hn::LoadU(d, state + i + offset);
    const auto y = hn::Or(hn::And(here, hn::Set(d, 0x80000000u)), hn::And(after, hn::Set(d, 0x7fffffffu)));
    // all ones where the last bit of `after` is set
    const auto odd = hn::Sub(hn::Zero(d), hn::And(after, hn::Set(d, 1u)));
    hn::StoreU(hn::Xor(far, hn::Xor(hn::ShiftRight<1>(y), hn::And(odd, hn::Set(d, kMatrix)))), d, state + i);
  }
  for (; i < end; ++i) state[i] = state[i + offset] ^ mix(state[i], state[i + 1]);
}

HWY_ATTR void Twist(uint32_t* state, uint32_t* words) {
  constexpr ptrdiff_t back = static_cast<ptrdiff_t>(kMiddle) - static_cast<ptrdiff_t>(kWords);
  TwistRange(state, 0, kWords - kMiddle, kMiddle);
  TwistRange(state, kWords - kMiddle, kWords - 1, back);
  state[kWords - 1] = state[kMiddle - 1] ^ mix(state[kWords - 1], state[0]);
  const hn::CappedTag<uint32_t, 16> d;  // 624 is a multiple of 16
  for (size_t i = 0; i < kWords; i += hn::Lanes(d)) {
    auto y = hn::LoadU(d, state + i);
    y = hn::Xor(y, hn::ShiftRight<11>(y));
    y = hn::Xor(y, hn::And(hn::ShiftLeft<7>(y), hn::Set(d, 0x9d2c5680u)));
    y = hn::Xor(y, hn::And(hn::ShiftLeft<15>(y), hn::Set(d, 0xefc60000u)));
    y = hn::Xor(y, hn::ShiftRight<18>(y));
    hn::StoreU(y, d, words + i);
  }
}

HWY_ATTR void UniformFromWords(const uint32_t* words, float* out, size_t n, float from, float to) {
  const float range = to - from;
  size_t i = 0;
#if HWY_NATIVE_FMA
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const size_t lanes = hn::Lanes(d);
  const auto mask = hn::Set(di, 0xffffff);
  const auto scale = hn::Set(d, 0x1p-24f), start = hn::Set(d, from), stop = hn::Set(d, to), width = hn::Set(d, range);
  for (; i + lanes <= n; i += lanes) {
    const auto bits = hn::And(hn::LoadU(di, reinterpret_cast<const int32_t*>(words) + i), mask);
    const auto x = hn::MulAdd(hn::Mul(hn::ConvertTo(d, bits), scale), width, start);
    hn::StoreU(hn::IfThenElse(hn::Eq(x, stop), start, x), d, out + i);
  }
#endif
  for (; i < n; ++i) {
    float u = static_cast<float>(words[i] & 0xffffff) * 0x1p-24f;
    float x = from == 0 ? u * range : std::fma(u, range, from);
    out[i] = x == to ? from : x;
  }
}

#if HWY_NATIVE_FMA
template <class D, class V = hn::VFromD<D>>
HWY_ATTR HWY_INLINE void NormalPair(D d, V& first, V& second, V mean, V std) {
  const hn::RebindToSigned<D> di;
  const auto one = hn::Set(d, 1.0f), half = hn::Set(d, 0.5f);

  // log of 1 - first
  const auto bits = hn::BitCast(di, hn::Sub(one, first));
  auto e = hn::ConvertTo(d, hn::Sub(hn::ShiftRight<23>(bits), hn::Set(di, 126)));
  auto m = hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(di, 0x007fffff)), hn::Set(di, 0x3f000000)));
  const auto low = hn::Lt(m, hn::Set(d, kSqrtHalf));
  m = hn::Add(hn::Sub(m, one), hn::IfThenElseZero(low, m));
  e = hn::Sub(e, hn::IfThenElseZero(low, one));
  auto z = hn::Mul(m, m);
  auto y = hn::Set(d, kLog[0]);
  for (int i = 1; i < 9; ++i) y = hn::MulAdd(y, m, hn::Set(d, kLog[i]));
  y = hn::MulAdd(hn::Mul(y, m), z, hn::Mul(e, hn::Set(d, kLn2Low)));
  y = hn::Sub(y, hn::Mul(half, z));
  const auto log = hn::MulAdd(e, hn::Set(d, kLn2High), hn::Add(m, y));
  const auto radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0f), log));

  // sine and cosine of 2 pi second, by octants
  auto x = hn::Mul(hn::Set(d, kTwoPi), second);
  auto octant = hn::ConvertTo(di, hn::Mul(x, hn::Set(d, kFourOverPi)));
  octant = hn::And(hn::Add(octant, hn::Set(di, 1)), hn::Set(di, ~1));
  const auto turns = hn::ConvertTo(d, octant);
  for (float part : kQuarterPi) x = hn::NegMulAdd(turns, hn::Set(d, part), x);
  z = hn::Mul(x, x);
  auto c = hn::MulAdd(hn::MulAdd(hn::Set(d, kCos[0]), z, hn::Set(d, kCos[1])), z, hn::Set(d, kCos[2]));
  c = hn::Add(hn::MulSub(hn::Mul(c, z), z, hn::Mul(half, z)), one);
  auto s = hn::MulAdd(hn::MulAdd(hn::Set(d, kSin[0]), z, hn::Set(d, kSin[1])), z, hn::Set(d, kSin[2]));
  s = hn::MulAdd(hn::Mul(s, z), x, x);
  const auto swap = hn::MaskFromVec(hn::BitCast(d, hn::Neg(hn::ShiftRight<1>(hn::And(octant, hn::Set(di, 2))))));
  // bit 2 of the octant (and of two octants on) is the sign
  const auto sine_sign = hn::BitCast(d, hn::ShiftLeft<29>(hn::And(octant, hn::Set(di, 4))));
  const auto cosine_sign = hn::BitCast(d, hn::ShiftLeft<29>(hn::And(hn::Add(octant, hn::Set(di, 2)), hn::Set(di, 4))));
  const auto sine = hn::Xor(hn::IfThenElse(swap, c, s), sine_sign);
  const auto cosine = hn::Xor(hn::IfThenElse(swap, s, c), cosine_sign);

  first = hn::MulAdd(hn::Mul(radius, cosine), std, mean);
  second = hn::MulAdd(hn::Mul(radius, sine), std, mean);
}
#endif

HWY_ATTR void NormalBlocks(float* data, size_t n, float mean, float std) {
  size_t i = 0;
#if HWY_NATIVE_FMA
#if HWY_TARGET <= HWY_AVX3  // sixteen lanes hold the first halves of two blocks
  const hn::CappedTag<float, 16> wide;
  for (; i + 32 <= n; i += 32) {
    const auto a = hn::LoadU(wide, data + i), b = hn::LoadU(wide, data + i + 16);
    auto first = hn::ConcatLowerLower(wide, b, a), second = hn::ConcatUpperUpper(wide, b, a);
    NormalPair(wide, first, second, hn::Set(wide, mean), hn::Set(wide, std));
    hn::StoreU(hn::ConcatLowerLower(wide, second, first), wide, data + i);
    hn::StoreU(hn::ConcatUpperUpper(wide, second, first), wide, data + i + 16);
  }
#endif
  const hn::CappedTag<float, 8> d;
  for (; i + 16 <= n; i += 16) {
    for (size_t j = i; j < i + 8; j += hn::Lanes(d)) {
      auto first = hn::LoadU(d, data + j), second = hn::LoadU(d, data + j + 8);
      NormalPair(d, first, second, hn::Set(d, mean), hn::Set(d, std));
      hn::StoreU(first, d, data + j);
      hn::StoreU(second, d, data + j + 8);
    }
  }
#endif
  for (; i + 16 <= n; i += 16) {
    for (size_t j = i; j < i + 8; ++j) scalar_normal_pair(data + j, data + j + 8, mean, std);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace flambeau::random_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::random_detail {
HWY_EXPORT(Twist);
HWY_EXPORT(UniformFromWords);
HWY_EXPORT(NormalBlocks);

void twist(uint32_t* state, uint32_t* words) { HWY_DYNAMIC_DISPATCH(Twist)(state, words); }
void uniform_from_words(const uint32_t* words, float* out, size_t n, float from, float to) {
  HWY_DYNAMIC_DISPATCH(UniformFromWords)(words, out, n, from, to);
}
void normal_blocks(float* data, size_t n, float mean, float std) {
  HWY_DYNAMIC_DISPATCH(NormalBlocks)(data, n, mean, std);
}
}  // namespace flambeau::random_detail
#endif
