// Filling tensors with random numbers: the order of elements that Note [Order of a fill] in random_stream.h asks for.
#pragma once

#include <functional>

#include "core/tensor.h"
#include "cpu/generator.h"

namespace flambeau {

// Writes n consecutive elements of a type; `plain` says that the tensor they are for is row-major.
using Fill = std::function<void(RandomStream&, DType, void* out, size_t n, bool plain)>;

// The same in words, for devices that draw by themselves: each element from its own number.
struct Draw {
  enum class Kind : uint8_t { other, uniform, normal, integers, bernoulli, exponential, geometric, cauchy, log_normal };
  Kind kind = Kind::other;
  double a = 0, b = 1;  // from and to, mean and std, p, lambda, median and sigma
  int64_t low = 0;
  uint64_t range = 0;  // of integers; 0: all of int64
};

// Fills a tensor in memory order while holding the generator's lock.
void fill_random_tensor(const Tensor& t, Generator* generator, const Fill& fill, const Draw& draw = {});

}  // namespace flambeau
