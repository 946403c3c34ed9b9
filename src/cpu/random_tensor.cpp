// The order in which a tensor's elements take their random numbers.
#include "cpu/random_tensor.h"

#include <algorithm>
#include <numeric>

#include "cpu/routines.h"
#include "loops/copy.h"

namespace flambeau {

void fill_random_tensor(const Tensor& t, Generator* given, const Fill& fill, const Draw& draw) {
  size_t n = static_cast<size_t>(t.numel());
  if (n == 0) return;
  FLAMBEAU_ELSEWHERE(random_fill, t, t, given, draw);
  Generator& generator = generator_or_default(given);
  std::lock_guard lock(generator.mutex);
  if (t.is_contiguous() || t.layout().dense()) return fill(generator.stream, t.dtype(), t.data(), n, t.is_contiguous());
  // Elements lie apart: numbers go to a line of their own first, then to the dimensions from the largest stride down.
  std::vector<int64_t> order(static_cast<size_t>(t.dim()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return t.strides()[a] > t.strides()[b]; });
  Layout sorted = t.layout().permuted(order);
  Tensor line = empty(sorted.sizes, t.dtype());
  fill(generator.stream, t.dtype(), line.data(), n, false);
  copy_elements(alias(t, std::move(sorted), t.dtype()), line);
}

}  // namespace flambeau
