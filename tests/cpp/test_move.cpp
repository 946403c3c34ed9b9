// Copies and fills of runs of bytes: at every alignment, on both sides of the sizes where the way of storing changes,
// nothing outside the run is touched.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "src/loops/move.h"

using namespace flambeau;

namespace {

constexpr int64_t kLarge = int64_t{64} << 20;  // a total that is written around the caches
constexpr int64_t kGuard = 80;

std::vector<uint8_t> pattern(int64_t n, int seed) {
  std::vector<uint8_t> out(n);
  uint32_t state = seed;
  for (auto& b : out) b = uint8_t((state = state * 1664525u + 1013904223u) >> 24);
  return out;
}

}  // namespace

TEST_CASE("move: runs are copied whole and alone") {
  for (int64_t bytes : {0, 1, 63, 1023, 1024, 1025, 8191, 8192, 8300, 20001})
    for (int64_t total : {bytes, kLarge})
      for (int64_t to : {0, 1, 4, 28, 63})
        for (int64_t from : {0, 3, 16}) {
          const std::vector<uint8_t> source = pattern(bytes + kGuard, 1), before = pattern(bytes + 2 * kGuard, 2);
          std::vector<uint8_t> target = before, wanted = before;
          if (bytes) std::memcpy(wanted.data() + to, source.data() + from, bytes);
          copy_run(target.data() + to, source.data() + from, bytes, total);
          REQUIRE(target == wanted);
        }
}

TEST_CASE("move: runs are filled with items of every size") {
  for (int64_t item : {1, 2, 4, 8, 16})
    for (int64_t bytes : {0, 16, 8176, 8192, 16384, 20000})
      for (int64_t total : {bytes, kLarge})
        for (int64_t shift : {0, 1, 3}) {
          const int64_t n = bytes / item, to = shift * item;
          const std::vector<uint8_t> value = pattern(16, 3), before = pattern(bytes + 2 * kGuard, 4);
          std::vector<uint8_t> target = before, wanted = before;
          for (int64_t i = 0; i < n; ++i) std::memcpy(wanted.data() + to + i * item, value.data(), item);
          fill_run(target.data() + to, value.data(), n, item, total);
          REQUIRE(target == wanted);
        }
}

TEST_CASE("move: a copy of many megabytes") {
  const std::vector<uint8_t> source = pattern(20'000'003, 5);
  std::vector<uint8_t> target(source.size());
  copy_bytes(target.data(), source.data(), static_cast<int64_t>(source.size()));
  CHECK(target == source);
}
