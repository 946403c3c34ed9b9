// The engine of a CPU generator: seeding, blocks of words, the normal pair and the byte format of the state.
#include "cpu/random_stream.h"

#include <cmath>
#include <cstring>
#include <numbers>

#include "core/error.h"

namespace flambeau {

namespace {

// The bytes of a state. Each word of the recurrence takes eight of them, the upper half zero.
struct StateBytes {
  uint64_t seed;
  int32_t left;  // words of the block not yet given out, and one
  int32_t seeded;
  uint64_t next;  // words given out
  uint64_t words[RandomStream::block];
  double unused_x;
  double cached_normal;
  double unused_rho;
  int32_t has_normal;
  int32_t padding;
  uint8_t float_cache[8];
};
static_assert(sizeof(StateBytes) == RandomStream::state_bytes);

}  // namespace

void RandomStream::seed(uint64_t seed) {
  seed_ = seed;
  auto word = static_cast<uint32_t>(seed);
  state_[0] = word;
  for (uint32_t i = 1; i < block; ++i) {
    word = 1812433253u * (word ^ (word >> 30)) + i;
    state_[i] = word;
  }
  position_ = block;
  fresh_ = true;
  has_normal_ = false;
  cached_normal_ = 0;
  float_cache_ = {};
}

void RandomStream::next_block() {
  random_detail::twist(state_.data(), words_.data());
  position_ = 0;
  fresh_ = false;
}

void RandomStream::draw(uint32_t* out, size_t count) {
  while (count > 0) {
    if (position_ == block) next_block();
    size_t take = count < block - position_ ? count : block - position_;
    std::memcpy(out, words_.data() + position_, take * sizeof(uint32_t));
    position_ += take;
    out += take;
    count -= take;
  }
}

double RandomStream::normal() {
  if (has_normal_) {
    has_normal_ = false;
    double cached = cached_normal_;
    cached_normal_ = 0;
    return cached;
  }
  double angle = 2 * std::numbers::pi * u53();
  double radius = std::sqrt(-2 * std::log1p(-u53()));
  cached_normal_ = radius * std::sin(angle);
  has_normal_ = true;
  return radius * std::cos(angle);
}

void RandomStream::get_state(uint8_t* bytes) const {
  StateBytes s{};
  s.seed = seed_;
  s.left = fresh_ ? 1 : static_cast<int32_t>(block + 1 - position_);
  s.seeded = 1;
  s.next = fresh_ ? 0 : position_;
  for (size_t i = 0; i < block; ++i) s.words[i] = state_[i];
  s.cached_normal = has_normal_ ? cached_normal_ : 0;
  s.has_normal = has_normal_;
  std::memcpy(s.float_cache, float_cache_.data(), sizeof s.float_cache);
  std::memcpy(bytes, &s, sizeof s);
}

void RandomStream::set_state(const uint8_t* bytes, size_t count) {
  check(count == state_bytes, ErrorKind::Runtime, "set_state: a generator state has ", state_bytes, " bytes, not ",
        count);
  StateBytes s;
  std::memcpy(&s, bytes, sizeof s);
  bool fresh = s.next == 0 && s.left == 1;
  check(s.seeded == 1 && s.next <= block && (fresh || s.left == static_cast<int64_t>(block + 1 - s.next)) &&
            (fresh || s.next > 0),
        ErrorKind::Runtime, "set_state: these bytes are no generator state (seeded ", s.seeded, ", next ", s.next,
        ", left ", s.left, ")");
  seed_ = s.seed;
  for (size_t i = 0; i < block; ++i) state_[i] = static_cast<uint32_t>(s.words[i]);
  fresh_ = fresh;
  position_ = fresh ? block : s.next;
  if (!fresh) {
    for (size_t i = 0; i < block; ++i) words_[i] = random_detail::temper(state_[i]);
  }
  has_normal_ = s.has_normal != 0;
  cached_normal_ = s.cached_normal;
  std::memcpy(float_cache_.data(), s.float_cache, sizeof s.float_cache);
}

}  // namespace flambeau
