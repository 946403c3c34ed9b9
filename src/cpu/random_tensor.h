// Filling tensors with random numbers: the order of elements that Note [Order of a fill] in random_stream.h asks for.
#pragma once

#include <functional>

#include "core/tensor.h"
#include "cpu/generator.h"

namespace flambeau {

// Writes n consecutive elements of a type; `plain` says that the tensor they are for is row-major.
using Fill = std::function<void(RandomStream&, DType, void* out, size_t n, bool plain)>;

// Fills a tensor in memory order while holding the generator's lock.
void fill_random_tensor(const Tensor& t, Generator* generator, const Fill& fill);

}  // namespace flambeau
