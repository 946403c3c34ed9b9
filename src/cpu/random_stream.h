// The random numbers of a CPU generator: the engine (RandomStream) and the functions that fill memory from it. Every
// rule here gives PyTorch's numbers bit for bit from the same seed, so that seeds carry over; the golden values stand
// in tests/golden/random_streams.json. The engine is random_stream.cpp, its vector loops random_vector.cpp, the fills
// random_fill.cpp, the named distributions random_distributions.cpp and random_rejection.cpp.
//
// Note [Order of a fill]. All functions write `n` consecutive elements. A tensor whose elements lie apart or in another
// order is filled in memory order: dimensions sorted by stride, the smallest running fastest (so a transposed or
// channels-last tensor gets the same bytes as its plain counterpart; a step-2 slice gets its elements one by one); a
// dimension with a negative step never occurs. Beyond the order:
//   - `fill_normal` uses the block rule only for a tensor that is contiguous in the row-major sense; for any other pass
//     NormalRule::one_by_one (`randn_like` of a transposed tensor, too, as it keeps the strides);
//   - `bernoulli(p)`, `poisson`, `binomial` and the gamma family make a row-major result and read their parameters in
//     that order; `bernoulli_(p)` goes by the memory order of the tensor it fills;
//   - `normal(mean, std)` with tensors is a row-major fill_normal(0, 1), times std, plus mean, each rounded;
//   - complex `randn` is a real one of twice the size with std sqrt(1/2);
//   - `multinomial` takes its numbers in the memory order of the weights: see DrawOrder.
//
// Note [Names]. g32 is the next 32-bit output of the generator, g64 two of them, the first one high;
// U24 = (g32 mod 2^24) / 2^24 and U53 = (g64 mod 2^53) / 2^53.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/dtype.h"

namespace flambeau {

// The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with the cached second half of a pair of normals. Not
// synchronized: the owner of a generator holds its lock for the whole of a fill.
class RandomStream {
 public:
  static constexpr uint64_t default_seed = 67280421310721;
  static constexpr size_t state_bytes = 5056;  // what torch.get_rng_state() holds
  static constexpr size_t block = 624;         // words made at once

  explicit RandomStream(uint64_t seed = default_seed) { this->seed(seed); }

  void seed(uint64_t seed);  // only the low 32 bits reach the engine, the whole is remembered
  uint64_t initial_seed() const { return seed_; }

  uint32_t g32() {
    if (position_ == block) next_block();
    return words_[position_++];
  }
  uint64_t g64() {
    uint64_t high = g32();
    return high << 32 | g32();
  }
  float u24() { return static_cast<float>(g32() & 0xffffff) * 0x1p-24f; }
  double u53() { return static_cast<double>(g64() & 0x1fffffffffffff) * 0x1p-53; }
  double normal();                         // standard normal by Box and Muller, two at a time
  void draw(uint32_t* out, size_t count);  // the next `count` outputs

  // The state in the byte format of torch.get_rng_state(); it carries over both ways. Raises on bytes that are no
  // state.
  void get_state(uint8_t* bytes) const;
  void set_state(const uint8_t* bytes, size_t count);

 private:
  void next_block();

  uint64_t seed_ = 0;
  size_t position_ = block;  // words of this block already given out
  bool fresh_ = true;        // seeded, and no block made yet
  bool has_normal_ = false;
  double cached_normal_ = 0;
  std::array<uint8_t, 8> float_cache_{};             // a field of the format that nothing uses; kept as it came
  alignas(64) std::array<uint32_t, block> state_{};  // the recurrence
  alignas(64) std::array<uint32_t, block> words_{};  // its tempered outputs
};

enum class NormalRule { by_size, one_by_one };

// Floating results: float16, bfloat16, float32, float64.
void fill_uniform(RandomStream&, DType, void* out, size_t n, double from, double to);
void fill_normal(RandomStream&, DType, void* out, size_t n, double mean, double std,
                 NormalRule rule = NormalRule::by_size);
void fill_exponential(RandomStream&, DType, void* out, size_t n, double lambda);
void fill_cauchy(RandomStream&, DType, void* out, size_t n, double median, double sigma);
void fill_log_normal(RandomStream&, DType, void* out, size_t n, double mean, double std);

// Any real dtype: the result is converted to it.
void fill_geometric(RandomStream&, DType, void* out, size_t n, double p);
void fill_random(RandomStream&, DType, void* out,
                 size_t n);  // random_(): all values that are exact in the dtype, from 0
// Integers of [low, low + range); range 0 stands for all of int64. randint and random_(from, to).
void fill_randint(RandomStream&, DType, void* out, size_t n, int64_t low, uint64_t range);
void fill_bernoulli(RandomStream&, DType, void* out, size_t n, double p);
// One probability per element, any floating dtype of p.
void fill_bernoulli(RandomStream&, DType, void* out, size_t n, DType p_dtype, const void* p);
// A permutation of 0 … n-1.
void random_permutation(RandomStream&, DType, void* out, size_t n);

// One parameter per element, in the dtype of the result (floating).
void fill_poisson(RandomStream&, DType, void* out, const void* rate, size_t n);
void fill_binomial(RandomStream&, DType, void* out, const void* count, const void* probability, size_t n);
void fill_standard_gamma(RandomStream&, DType, void* out, const void* alpha, size_t n);
void fill_dirichlet(RandomStream&, DType, void* out, const void* alpha, size_t rows, size_t columns);

// weights: (rows, columns), row-major, floating; out: (rows, samples). Raises on negative, infinite or all-zero
// weights. Where the caller's weights had a smaller stride along rows than along columns, pass
// DrawOrder::column_by_column.
enum class DrawOrder { row_by_row, column_by_column };
void multinomial(RandomStream&, DType weights_dtype, const void* weights, size_t rows, size_t columns, int64_t* out,
                 size_t samples, bool replacement, DrawOrder order = DrawOrder::row_by_row);

namespace random_detail {
// Vector loops of random_vector.cpp; the same bits on every instruction set.
inline uint32_t temper(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}
void twist(uint32_t* state, uint32_t* words);  // the next block of the recurrence, and its tempered outputs
// out[i] = fma(U24 of words[i], to - from, from), and `from` where that rounds up to `to`
void uniform_from_words(const uint32_t* words, float* out, size_t n, float from, float to);
void normal_blocks(float* data, size_t n, float mean, float std);  // U24 numbers to normals, n a multiple of 16
}  // namespace random_detail

}  // namespace flambeau
