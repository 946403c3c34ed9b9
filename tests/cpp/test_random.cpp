// The random streams against PyTorch's numbers: check sums out of tests/golden/random_streams.json, the byte format of
// the state, and equal bits on every instruction set of this machine.
#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include "src/core/error.h"
#include "src/cpu/random_stream.h"

namespace {

using namespace flambeau;

uint32_t crc32(const std::vector<uint8_t>& bytes) {
  uint32_t sum = ~0u;
  for (uint8_t byte : bytes) {
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0xedb88320u : 0);
  }
  return ~sum;
}

// The check sum of n elements that `fill` writes from a stream with this seed.
using Fill = std::function<void(RandomStream&, DType, void*, size_t)>;
uint32_t sum_of(uint64_t seed, DType dtype, size_t n, const Fill& fill) {
  RandomStream stream(seed);
  std::vector<uint8_t> bytes(n * itemsize(dtype));
  fill(stream, dtype, bytes.data(), n);
  return crc32(bytes);
}

Fill uniform(double from, double to) {
  return [=](RandomStream& s, DType t, void* out, size_t n) { fill_uniform(s, t, out, n, from, to); };
}
Fill normal(double mean, double std) {
  return [=](RandomStream& s, DType t, void* out, size_t n) { fill_normal(s, t, out, n, mean, std); };
}
Fill integers(int64_t low, int64_t high) {
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  return [=](RandomStream& s, DType t, void* out, size_t n) { fill_randint(s, t, out, n, low, range); };
}

constexpr DType f32 = DType::float32, f64 = DType::float64;

}  // namespace

TEST_CASE("random: the engine is MT19937") {
  RandomStream stream(5489);  // the seed of the published test vector
  CHECK(stream.g32() == 3499211612u);
  CHECK(stream.g32() == 581869302u);
  for (int i = 2; i < 9999; ++i) stream.g32();
  CHECK(stream.g32() == 4123659995u);
}

TEST_CASE("random: uniform and normal numbers") {
  CHECK(sum_of(7, f32, 1000, uniform(0, 1)) == 0x194f1b2c);
  CHECK(sum_of(7, f32, 1000003, uniform(0, 1)) == 0xbe375573);
  CHECK(sum_of(7, f64, 1000003, uniform(0, 1)) == 0x8c131917);
  CHECK(sum_of(42, f32, 1000, uniform(0.1, 0.7)) == 0x0fe2c66c);
  CHECK(sum_of(42, f64, 1000, uniform(0.1, 0.7)) == 0xa89b6130);
  CHECK(sum_of(7, f32, 1000, normal(0, 1)) == 0x28adb5bb);
  CHECK(sum_of(7, f32, 1000003, normal(0, 1)) == 0xacd6ed60);
  CHECK(sum_of(42, f32, 1000, normal(0.3, 1.7)) == 0x6703b587);
  CHECK(sum_of(42, f64, 1000, normal(0.3, 1.7)) == 0x0cb85f77);
}

TEST_CASE("random: under sixteen normals come one by one") {
  RandomStream stream(7);
  std::array<float, 2> two;
  fill_normal(stream, f32, two.data(), two.size(), 0, 1);
  CHECK(std::bit_cast<uint32_t>(two[0]) == 0xbe165174);
  CHECK(std::bit_cast<uint32_t>(two[1]) == 0x3f49408e);
}

TEST_CASE("random: integers and permutations") {
  CHECK(sum_of(3, DType::bool_, 1000, fill_random) == 0xd13b1b3e);
  CHECK(sum_of(3, DType::int8, 1000, fill_random) == 0x16b9e183);
  CHECK(sum_of(3, DType::int64, 1000, fill_random) == 0x16280926);
  CHECK(sum_of(3, f32, 1000, fill_random) == 0x90fb3596);
  CHECK(sum_of(3, DType::bfloat16, 1000, fill_random) == 0x50137add);
  constexpr uint64_t seed = 9223372036854775813u;
  CHECK(sum_of(seed, DType::int64, 1000, integers(0, 997)) == 0xe6e9d944);
  CHECK(sum_of(seed, DType::int64, 1000, integers(0, 268435456)) == 0x4a7ffb3d);
  CHECK(sum_of(seed, f32, 1000, integers(0, 268435455)) == 0x11f35dd0);
  CHECK(sum_of(9, DType::int32, 100000, random_permutation) == 0xc5770d49);
  CHECK(sum_of(9, DType::int64, 1000, random_permutation) == 0xc9078896);
}

TEST_CASE("random: distributions") {
  const auto exponential = [](auto& s, DType t, void* out, size_t n) { fill_exponential(s, t, out, n, 1.5); };
  const auto cauchy = [](auto& s, DType t, void* out, size_t n) { fill_cauchy(s, t, out, n, 0.3, 1.7); };
  const auto log_normal = [](auto& s, DType t, void* out, size_t n) { fill_log_normal(s, t, out, n, 0.3, 1.7); };
  const auto bernoulli = [](auto& s, DType t, void* out, size_t n) { fill_bernoulli(s, t, out, n, 0.3); };
  const auto geometric = [](auto& s, DType t, void* out, size_t n) { fill_geometric(s, t, out, n, 0.3); };
  CHECK(sum_of(42, f32, 1000, exponential) == 0x8c941c64);
  CHECK(sum_of(42, f32, 1000, cauchy) == 0x39363e78);
  CHECK(sum_of(42, f32, 1000, log_normal) == 0x4936596e);
  CHECK(sum_of(3, f32, 1000, bernoulli) == 0xbd3c188d);
  CHECK(sum_of(3, f32, 1000, geometric) == 0x1e30ae0f);

  std::vector<float> ramp(100), fifty(100, 50.0f), hundredths(100);
  std::iota(ramp.begin(), ramp.end(), 1.0f);
  for (size_t i = 0; i < 100; ++i) hundredths[i] = ramp[i] / 100;
  for (size_t i = 0; i < 100; ++i) ramp[i] = hundredths[i] * 100;
  const auto poisson = [&](auto& s, DType t, void* out, size_t n) { fill_poisson(s, t, out, ramp.data(), n); };
  const auto gamma = [&](auto& s, DType t, void* out, size_t n) { fill_standard_gamma(s, t, out, ramp.data(), n); };
  const auto binomial = [&](auto& s, DType t, void* out, size_t n) {
    fill_binomial(s, t, out, fifty.data(), hundredths.data(), n);
  };
  CHECK(sum_of(5, f32, 100, poisson) == 0x41b0fb9f);
  CHECK(sum_of(5, f32, 100, binomial) == 0xb957e2da);
  CHECK(sum_of(5, f32, 100, gamma) == 0xf428718d);
}

TEST_CASE("random: the state carries over") {
  RandomStream first(123);
  for (int draws : {0, 1, 5, 624, 700}) {
    for (int i = 0; i < draws; ++i) first.g32();
    first.normal();
    std::array<uint8_t, RandomStream::state_bytes> bytes, again;
    first.get_state(bytes.data());
    RandomStream second;
    second.set_state(bytes.data(), bytes.size());
    second.get_state(again.data());
    CHECK(bytes == again);
    CHECK(first.normal() == second.normal());
    for (int i = 0; i < 1000; ++i) REQUIRE(first.g32() == second.g32());
  }
  std::array<uint8_t, RandomStream::state_bytes> zeros{};
  CHECK_THROWS_AS(first.set_state(zeros.data(), zeros.size()), Error);
  CHECK_THROWS_AS(first.set_state(zeros.data(), 16), Error);
}

TEST_CASE("random: the same bits on every instruction set") {
  std::vector<uint32_t> uniforms, normals;
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    uniforms.push_back(sum_of(42, f32, 100003, uniform(0.1, 0.7)));
    normals.push_back(sum_of(42, f32, 100003, normal(0.3, 1.7)));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  CHECK(std::adjacent_find(uniforms.begin(), uniforms.end(), std::not_equal_to<>()) == uniforms.end());
  CHECK(std::adjacent_find(normals.begin(), normals.end(), std::not_equal_to<>()) == normals.end());
}
