// The vector primitives: values and edge cases on every lane, independence of position and in-place use for all of
// them, accuracy of the elementary functions against the C++ library, conversions, and the copies of bytes.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "src/loops/primitives.h"
#include "src/loops/small_floats.h"

using namespace flambeau;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();

template <class T>
constexpr Lane lane_for();
template <>
constexpr Lane lane_for<float>() {
  return Lane::f32;
}
template <>
constexpr Lane lane_for<double>() {
  return Lane::f64;
}
template <>
constexpr Lane lane_for<int32_t>() {
  return Lane::i32;
}
template <>
constexpr Lane lane_for<int64_t>() {
  return Lane::i64;
}
template <>
constexpr Lane lane_for<uint64_t>() {
  return Lane::u64;
}

template <class T>
T apply(Prim prim, T a, T b = 0, T c = 0) {
  T out{};
  PrimFn f = primitive(prim, lane_for<T>());
  REQUIRE((f != nullptr));
  f(&out, &a, arity(prim) > 1 ? &b : nullptr, arity(prim) > 2 ? &c : nullptr, 1);
  return out;
}

// NaN equals NaN, and zeros differ by sign.
template <class T>
bool same(T a, T b) {
  return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
}

template <class T>
bool mask_set(T v) {
  T all;
  std::memset(&all, 0xff, sizeof(T));
  const bool set = std::memcmp(&v, &all, sizeof(T)) == 0;
  const T zero{};
  REQUIRE((set || std::memcmp(&v, &zero, sizeof(T)) == 0));
  return set;
}

template <class To, class From>
To stored(From v, DType to) {
  To out{};
  store_convert(lane_for<From>(), to)(&out, &v, 1);
  return out;
}
template <class To, class From>
To loaded(From v, DType from) {
  To out{};
  load_convert(from, lane_for<To>())(&out, &v, 1);
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("primitives: float arithmetic and its corners", T, float, double) {
  const T nan = T(nan_), infinity = T(inf);
  CHECK(apply<T>(Prim::mul_add, 2, 3, 4) == 10);
  CHECK(apply<T>(Prim::sign, nan) == 0);
  CHECK(apply<T>(Prim::sign, -3) == -1);
  for (Prim prim : {Prim::min, Prim::max}) {
    CHECK(std::isnan(apply<T>(prim, nan, 1)));
    CHECK(std::isnan(apply<T>(prim, 1, nan)));
  }
  for (Prim prim : {Prim::fmin, Prim::fmax}) {
    CHECK(apply<T>(prim, nan, 1) == 1);
    CHECK(apply<T>(prim, 1, nan) == 1);
  }
  CHECK(apply<T>(Prim::div_floor, -7, 2) == -4);
  CHECK(apply<T>(Prim::div_trunc, -7, 2) == -3);
  CHECK(apply<T>(Prim::div_floor, 1, 0) == infinity);
  CHECK(same(apply<T>(Prim::div_floor, T(-0.0), 2), T(-0.0)));
  CHECK(apply<T>(Prim::remainder, -7, 3) == 2);
  CHECK(apply<T>(Prim::fmod, -7, 3) == -1);
  CHECK(apply<T>(Prim::round, T(2.5)) == 2);
  CHECK(apply<T>(Prim::frac, T(-2.25)) == T(-0.25));
  CHECK(apply<T>(Prim::heaviside, 0, 7) == 7);
  CHECK(apply<T>(Prim::heaviside, nan, 7) == 0);
  CHECK(apply<T>(Prim::xlogy, 0, 0) == 0);
  CHECK(std::isnan(apply<T>(Prim::xlogy, 0, nan)));
  CHECK(apply<T>(Prim::logaddexp, infinity, infinity) == infinity);
  CHECK(apply<T>(Prim::logaddexp, -infinity, -infinity) == -infinity);
}

TEST_CASE_TEMPLATE("primitives: masks and comparisons", T, float, double, int32_t, int64_t, uint64_t) {
  CHECK(mask_set(apply<T>(Prim::lt, 1, 2)));
  CHECK(!mask_set(apply<T>(Prim::lt, 2, 2)));
  CHECK(mask_set(apply<T>(Prim::le, 2, 2)));
  CHECK(mask_set(apply<T>(Prim::ge, 2, 2)));
  CHECK(mask_set(apply<T>(Prim::ne, 1, 2)));
  CHECK(mask_set(apply<T>(Prim::value_to_mask, 5)));
  CHECK(apply<T>(Prim::mask_to_value, apply<T>(Prim::eq, 3, 3)) == 1);
  CHECK(apply<T>(Prim::select, apply<T>(Prim::gt, 3, 2), 10, 20) == 10);
  CHECK(apply<T>(Prim::select, apply<T>(Prim::gt, 2, 3), 10, 20) == 20);
  if constexpr (std::is_floating_point_v<T>) {
    const T nan = T(nan_);
    for (Prim prim : {Prim::eq, Prim::lt, Prim::le, Prim::gt, Prim::ge}) CHECK(!mask_set(apply<T>(prim, nan, nan)));
    CHECK(mask_set(apply<T>(Prim::ne, nan, nan)));
    CHECK(mask_set(apply<T>(Prim::value_to_mask, nan)));
    CHECK(mask_set(apply<T>(Prim::isnan, nan)));
    CHECK(mask_set(apply<T>(Prim::isinf, T(-inf))));
    CHECK(!mask_set(apply<T>(Prim::isfinite, nan)));
    CHECK(mask_set(apply<T>(Prim::signbit, T(-0.0))));
  }
}

TEST_CASE_TEMPLATE("primitives: integers never trap", T, int32_t, int64_t) {
  constexpr T lowest = std::numeric_limits<T>::min();
  for (Prim prim : {Prim::div_trunc, Prim::div_floor, Prim::remainder, Prim::fmod}) CHECK(apply<T>(prim, 5, 0) == 0);
  CHECK(apply<T>(Prim::div_floor, lowest, -1) == lowest);
  CHECK(apply<T>(Prim::remainder, lowest, -1) == 0);
  CHECK(apply<T>(Prim::div_floor, -7, 2) == -4);
  CHECK(apply<T>(Prim::remainder, -7, 3) == 2);
  CHECK(apply<T>(Prim::remainder, 7, -3) == -2);
  CHECK(apply<T>(Prim::pow, 3, 13) == 1594323);
  CHECK(apply<T>(Prim::pow, 2, -1) == 0);
  CHECK(apply<T>(Prim::pow, -1, -3) == -1);
  CHECK(apply<T>(Prim::pow, 0, 0) == 1);
  CHECK(apply<T>(Prim::gcd, -12, 18) == 6);
  CHECK(apply<T>(Prim::lcm, -4, 6) == 12);
  CHECK(apply<T>(Prim::shl, 1, sizeof(T) * 8) == 0);
  CHECK(apply<T>(Prim::shl, 1, -1) == 0);
  CHECK(apply<T>(Prim::shr, -5, 1) == -3);
  CHECK(apply<T>(Prim::shr, -5, -1) == -1);
  CHECK(apply<T>(Prim::shr, 5, 64) == 0);
}

TEST_CASE("primitives: unsigned 64-bit comparisons and division use the upper half") {
  constexpr uint64_t top = ~uint64_t(0);
  CHECK(mask_set(apply<uint64_t>(Prim::lt, 1, top)));
  CHECK(apply<uint64_t>(Prim::max, 1, top) == top);
  CHECK(apply<uint64_t>(Prim::div_floor, top, 2) == top / 2);
  CHECK(apply<uint64_t>(Prim::shr, top, 63) == 1);
}

// Every primitive: a value depends on its operands alone, not on position, count, or the output being an operand.
TEST_CASE("primitives: same bits at any offset and count, and in place") {
  std::mt19937_64 random(1);
  for (int p = 0; p < kPrims; ++p) {
    for (int l = 0; l < kLanes; ++l) {
      const Prim prim = Prim(p);
      const Lane lane = Lane(l);
      PrimFn f = primitive(prim, lane);
      if (!f) continue;
      const size_t size = lane_size(lane), count = 150;
      std::vector<char> operands[3], whole(count * size), part(count * size);
      for (auto& operand : operands) {
        operand.resize(count * size);
        for (size_t i = 0; i < count; ++i) {
          const double v = std::ldexp(double(random() % 2000) - 1000, int(random() % 16) - 10);
          const float vf = float(v);
          const int32_t vi = int32_t(v);
          const int64_t vl = int64_t(v);
          const void* source = lane == Lane::f32   ? (const void*)&vf
                               : lane == Lane::f64 ? (const void*)&v
                               : lane == Lane::i32 ? (const void*)&vi
                                                   : (const void*)&vl;
          std::memcpy(operand.data() + i * size, source, size);
        }
      }
      const auto call = [&](char* out, size_t begin, size_t n) {
        const size_t at = begin * size;
        f(out, operands[0].data() + at, arity(prim) > 1 ? operands[1].data() + at : nullptr,
          arity(prim) > 2 ? operands[2].data() + at : nullptr, n);
      };
      INFO(std::string(name(prim)), " lane ", l);
      call(whole.data(), 0, count);
      for (size_t begin : {1, 5}) {
        for (size_t n : {0, 1, 3, 7, 15, 16, 31, 64, 77}) {
          std::fill(part.begin(), part.end(), char(0x5a));
          call(part.data(), begin, n);
          REQUIRE(std::memcmp(part.data(), whole.data() + begin * size, n * size) == 0);
          REQUIRE(part[n * size] == char(0x5a));
        }
      }
      for (int k = 0; k < arity(prim); ++k) {
        const auto saved = operands[k];
        call(operands[k].data(), 0, count);
        REQUIRE(operands[k] == whole);
        operands[k] = saved;
      }
    }
  }
}

namespace {

template <class T>
double max_ulp(Prim prim, long double (*reference)(long double), double low, double high) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(low, high);
  double worst = 0;
  for (int i = 0; i < 20000; ++i) {
    const T x = T(uniform(random));
    const T got = apply<T>(prim, x);
    const long double want = reference(x);
    const T near = T(want);
    if (got == near) continue;
    const T step = std::nextafter(std::abs(near), std::numeric_limits<T>::infinity()) - std::abs(near);
    worst = std::max(worst, double(std::abs((long double)got - want) / step));
  }
  return worst;
}

}  // namespace

TEST_CASE_TEMPLATE("primitives: elementary functions are within a few ULP", T, float, double) {
  using Reference = long double (*)(long double);
  const struct {
    Prim prim;
    Reference reference;
    double low, high, bound;
  } cases[] = {
      {Prim::exp, std::exp, -80, 80, 1.5},       {Prim::exp2, std::exp2, -100, 100, 2},
      {Prim::expm1, std::expm1, -5, 5, 3},       {Prim::log, std::log, 1e-6, 100, 1.5},
      {Prim::log2, std::log2, 1e-6, 100, 3},     {Prim::log10, std::log10, 1e-6, 9, 3},
      {Prim::log1p, std::log1p, -0.9, 10, 2},    {Prim::sin, std::sin, -100, 100, 2},
      {Prim::cos, std::cos, -100, 100, 2},       {Prim::tan, std::tan, -100, 100, 4},
      {Prim::asin, std::asin, -1, 1, 3},         {Prim::acos, std::acos, -1, 1, 3},
      {Prim::atan, std::atan, -20, 20, 3},       {Prim::sinh, std::sinh, -9, 9, 4},
      {Prim::cosh, std::cosh, -9, 9, 3},         {Prim::tanh, std::tanh, -5, 5, 4},
      {Prim::asinh, std::asinh, -9, 9, 4},       {Prim::acosh, std::acosh, 1, 9, 4},
      {Prim::atanh, std::atanh, -0.99, 0.99, 4}, {Prim::erf, std::erf, -4, 4, 8},
  };
  for (const auto& c : cases) {
    INFO(std::string(name(c.prim)));
    CHECK(max_ulp<T>(c.prim, c.reference, c.low, c.high) <= c.bound);
  }
}

TEST_CASE_TEMPLATE("primitives: elementary functions at the edges", T, float, double) {
  const T infinity = T(inf), nan = T(nan_), tiny = std::numeric_limits<T>::denorm_min();
  CHECK(apply<T>(Prim::exp, infinity) == infinity);
  CHECK(apply<T>(Prim::exp, -infinity) == 0);
  CHECK(apply<T>(Prim::log, 0) == -infinity);
  CHECK(std::isnan(apply<T>(Prim::log, -1)));
  CHECK(apply<T>(Prim::log, tiny) == doctest::Approx(std::log(double(tiny))));
  CHECK(apply<T>(Prim::log1p, -1) == -infinity);
  for (Prim prim : {Prim::sin, Prim::cos, Prim::tan}) CHECK(std::isnan(apply<T>(prim, infinity)));
  CHECK(apply<T>(Prim::sin, T(1e20)) == doctest::Approx(double(std::sin(T(1e20)))));
  CHECK(apply<T>(Prim::tanh, infinity) == 1);
  CHECK(apply<T>(Prim::sigmoid, -infinity) == 0);
  CHECK(apply<T>(Prim::erf, -infinity) == -1);
  CHECK(apply<T>(Prim::gelu, infinity) == infinity);
  CHECK(apply<T>(Prim::softplus, infinity) == infinity);
  CHECK(apply<T>(Prim::sinh, -infinity) == -infinity);
  CHECK(apply<T>(Prim::atan, infinity) == doctest::Approx(1.5707963267948966));
  for (Prim prim : {Prim::sin, Prim::tan, Prim::asin, Prim::atan, Prim::sinh, Prim::tanh, Prim::asinh, Prim::atanh,
                    Prim::expm1, Prim::log1p, Prim::erf}) {
    INFO(std::string(name(prim)));
    CHECK(same(apply<T>(prim, T(-0.0)), T(-0.0)));
    CHECK(apply<T>(prim, tiny) == doctest::Approx(double(tiny)));
    CHECK(std::isnan(apply<T>(prim, nan)));
  }
  for (Prim prim : {Prim::exp, Prim::log, Prim::cos, Prim::acos, Prim::cosh, Prim::acosh, Prim::sigmoid, Prim::gelu,
                    Prim::softplus, Prim::log2, Prim::log10, Prim::exp2}) {
    CHECK(std::isnan(apply<T>(prim, nan)));
  }
  CHECK(apply<T>(Prim::pow, -2, 3) == -8);
  CHECK(std::isnan(apply<T>(Prim::pow, -2, T(0.5))));
  CHECK(apply<T>(Prim::pow, nan, 0) == 1);
  CHECK(apply<T>(Prim::pow, 1, nan) == 1);
  CHECK(same(apply<T>(Prim::pow, T(-0.0), -1), -infinity));
  CHECK(apply<T>(Prim::pow, -infinity, T(0.5)) == infinity);
}

TEST_CASE("primitives: special functions at known values") {
  const auto at = [](Prim prim, double a, double b = 0) { return apply<double>(prim, a, b); };
  CHECK(at(Prim::erfinv, 0.5) == doctest::Approx(0.47693627620446987).epsilon(1e-14));
  CHECK(at(Prim::erfinv, 1) == inf);
  CHECK(at(Prim::erfcx, 30) == doctest::Approx(0.018795888861416751).epsilon(1e-12));
  CHECK(at(Prim::lgamma, 0.5) == doctest::Approx(0.57236494292470008).epsilon(1e-14));
  CHECK(at(Prim::digamma, 1) == doctest::Approx(-0.57721566490153286).epsilon(1e-13));
  CHECK(std::isnan(at(Prim::digamma, -2)));
  CHECK(at(Prim::trigamma, 1) == doctest::Approx(1.6449340668482264).epsilon(1e-13));
  CHECK(at(Prim::zeta, 3, 1) == doctest::Approx(1.2020569031595943).epsilon(1e-13));
  CHECK(at(Prim::polygamma, 2, 1) == doctest::Approx(-2.4041138063191886).epsilon(1e-13));
  CHECK(at(Prim::i0, 1) == doctest::Approx(1.2660658777520083).epsilon(1e-14));
  CHECK(at(Prim::i1, 1) == doctest::Approx(0.56515910399248503).epsilon(1e-14));
  CHECK(at(Prim::i0e, 100) == doctest::Approx(0.039944373551165797).epsilon(1e-8));
  CHECK(at(Prim::igamma, 1, 1) == doctest::Approx(0.63212055882855768).epsilon(1e-13));
  CHECK(at(Prim::igammac, 1, 1) == doctest::Approx(0.36787944117144233).epsilon(1e-13));
  CHECK(at(Prim::ndtri, 0.975) == doctest::Approx(1.959963984540054).epsilon(1e-13));
  CHECK(at(Prim::bessel_j0, 1) == doctest::Approx(0.76519768655796655).epsilon(1e-13));
}

TEST_CASE("primitives: storing floats as integers and bool") {
  CHECK(stored<int64_t>(nan_, DType::int64) == std::numeric_limits<int64_t>::min());
  CHECK(stored<int32_t>(3e9f, DType::int32) == std::numeric_limits<int32_t>::min());
  CHECK(stored<int32_t>(-300.7f, DType::int32) == -300);
  CHECK(stored<int32_t>(2147483647.5, DType::int32) == 2147483647);
  CHECK(stored<uint8_t>(300.7f, DType::uint8) == 44);
  CHECK(stored<uint8_t>(-1.0, DType::uint8) == 255);
  CHECK(stored<uint32_t>(3e9f, DType::uint32) == 3000000000u);
  CHECK(stored<uint64_t>(1e19, DType::uint64) == 10000000000000000000u);
  CHECK(stored<uint8_t>(nan_, DType::bool_) == 1);
  CHECK(stored<uint8_t>(-0.0f, DType::bool_) == 0);
  CHECK(stored<int8_t>(int32_t(200), DType::int8) == -56);
}

TEST_CASE("primitives: narrow floats round to even and come back") {
  CHECK(stored<uint16_t>(65519.0f, DType::float16) == 0x7bff);
  CHECK(stored<uint16_t>(65520.0f, DType::float16) == 0x7c00);
  CHECK(stored<uint16_t>(std::ldexp(1.0f, -25), DType::float16) == 0);
  CHECK(stored<uint16_t>(std::ldexp(3.0f, -25), DType::float16) == 2);
  CHECK(stored<uint16_t>(std::bit_cast<float>(0x3f808000u), DType::bfloat16) == 0x3f80);
  CHECK(stored<uint16_t>(std::bit_cast<float>(0x3f818000u), DType::bfloat16) == 0x3f82);
  CHECK(stored<uint8_t>(1e9f, DType::float8_e4m3fn) == 0x7e);
  CHECK(stored<uint8_t>(float(inf), DType::float8_e5m2) == 0x7c);
  CHECK(stored<uint8_t>(-1e9f, DType::float8_e4m3fnuz) == 0x80);
  CHECK(stored<uint8_t>(-0.0f, DType::float8_e5m2fnuz) == 0);
  for (DType dtype : {DType::float16, DType::bfloat16, DType::float8_e4m3fn, DType::float8_e5m2, DType::float8_e4m3fnuz,
                      DType::float8_e5m2fnuz}) {
    const int codes = itemsize(dtype) == 2 ? 65536 : 256;
    for (int code = 0; code < codes; ++code) {
      const uint16_t bits = uint16_t(code);
      const float v = loaded<float>(bits, dtype);
      if (std::isnan(v)) continue;
      REQUIRE(stored<uint16_t>(v, dtype) == bits);
      REQUIRE(loaded<double>(bits, dtype) == double(v));
    }
  }
}

namespace {
template <loops::FloatFormat F, int Width>
struct Reference {
  static uint32_t encode(float v) { return loops::encode_float<F, Width>(v); }
  static float decode(uint32_t code) { return loops::decode_float<F, Width>(code); }
};
struct ReferenceBFloat16 {
  static uint32_t encode(float v) { return loops::encode_bfloat16(v); }
  static float decode(uint32_t code) { return loops::decode_bfloat16(uint16_t(code)); }
};

// Every bit of the vector code's results is that of the one-value definitions, NaN included.
template <class Bits, class R>
void check_narrow(DType dtype) {
  INFO(std::string(name(dtype)));
  std::vector<Bits> codes(size_t{1} << (8 * sizeof(Bits)));
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = Bits(i);
  std::vector<float> values(codes.size());
  load_convert(dtype, Lane::f32)(values.data(), codes.data(), codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    REQUIRE(std::bit_cast<uint32_t>(values[i]) == std::bit_cast<uint32_t>(R::decode(codes[i])));

  // All signs, exponents and first bits of the mantissa; below them what is to be rounded.
  const uint32_t tails[] = {0, 1, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001, 0xffff};
  std::vector<float> floats;
  for (uint32_t high = 0; high < 0x10000; ++high)
    for (uint32_t low : tails) floats.push_back(std::bit_cast<float>(high << 16 | low));
  std::vector<Bits> stored(floats.size());
  std::vector<float> rounded(floats.size());
  store_convert(Lane::f32, dtype)(stored.data(), floats.data(), floats.size());
  round_convert(Lane::f32, dtype)(rounded.data(), floats.data(), floats.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    const uint32_t code = R::encode(floats[i]);
    REQUIRE(uint32_t(stored[i]) == code);
    REQUIRE(std::bit_cast<uint32_t>(rounded[i]) == std::bit_cast<uint32_t>(R::decode(code)));
  }
}
}  // namespace

TEST_CASE("primitives: vector code of the narrow floats gives the defined bits") {
  check_narrow<uint16_t, ReferenceBFloat16>(DType::bfloat16);
  check_narrow<uint16_t, Reference<loops::kHalf, 16>>(DType::float16);
  check_narrow<uint8_t, Reference<loops::kE4m3fn, 8>>(DType::float8_e4m3fn);
  check_narrow<uint8_t, Reference<loops::kE5m2, 8>>(DType::float8_e5m2);
  check_narrow<uint8_t, Reference<loops::kE4m3fnuz, 8>>(DType::float8_e4m3fnuz);
  check_narrow<uint8_t, Reference<loops::kE5m2fnuz, 8>>(DType::float8_e5m2fnuz);
}

TEST_CASE("primitives: conversion loops agree with single values at any count") {
  std::vector<float> in(133);
  for (size_t i = 0; i < in.size(); ++i) in[i] = (float(i) - 60) * 13.7f;
  for (int t = 0; t < kDTypes; ++t) {
    const DType dtype = DType(t);
    ConvertFn store = store_convert(Lane::f32, dtype), load = load_convert(dtype, Lane::f32);
    CHECK_EQ(store == nullptr, is_complex(dtype));
    if (!store) continue;
    const size_t size = itemsize(dtype);
    std::vector<char> whole(in.size() * size), single(in.size() * size);
    std::vector<float> back(in.size()), back_single(in.size());
    store(whole.data(), in.data(), in.size());
    load(back.data(), whole.data(), in.size());
    for (size_t i = 0; i < in.size(); ++i) {
      store(single.data() + i * size, &in[i], 1);
      load(&back_single[i], single.data() + i * size, 1);
    }
    INFO(std::string(name(dtype)));
    CHECK(whole == single);
    CHECK(std::memcmp(back.data(), back_single.data(), back.size() * 4) == 0);
  }
}

TEST_CASE("primitives: masks, planes and strided copies") {
  const uint8_t flags[] = {0, 1, 2, 0, 255};
  int64_t mask[5];
  uint8_t back[5];
  load_mask(8)(mask, flags, 5);
  store_mask(8)(back, mask, 5);
  for (int i = 0; i < 5; ++i) {
    CHECK(mask[i] == (flags[i] ? -1 : 0));
    CHECK(back[i] == (flags[i] ? 1 : 0));
  }
  const float pairs[] = {1, 2, 3, 4, 5, 6};
  float re[3], im[3], joined[6];
  deinterleave(re, im, pairs, 3, 4);
  interleave(joined, re, im, 3, 4);
  CHECK(re[2] == 5);
  CHECK(im[1] == 4);
  CHECK(std::memcmp(joined, pairs, sizeof(pairs)) == 0);
  const int16_t line[] = {1, 2, 3, 4, 5, 6};
  int16_t picked[3], spread[6] = {};
  gather_strided(picked, line + 5, -4, 3, 2);
  CHECK(picked[2] == 2);
  scatter_strided(spread, 4, picked, 3, 2);
  CHECK(spread[4] == 2);
  CHECK(spread[1] == 0);
  const int64_t seven = 7;
  int64_t sevens[3];
  fill(sevens, &seven, 3, 8);
  CHECK(sevens[2] == 7);
}
