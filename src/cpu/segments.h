// Reductions of consecutive segments of one dimension, and their gradients.
#pragma once

#include <optional>
#include <string_view>

#include "core/tensor.h"

namespace flambeau {

enum class SegmentReduction { sum, mean, max, min, prod };

// data, out: row-major, (outer, n, inner) and (outer, segments, inner); bounds: int64, (outer, segments + 1), ascending
// and inside of 0 … n.
void reduce_segments(const Tensor& data, const Tensor& bounds, int64_t axis, SegmentReduction how,
                     std::optional<double> initial, const Tensor& out);
// The gradient of data from that of the result (grad). Of a maximum the elements that equal it share; of several nan
// the nan do. Of a product each element gets the product of the others.
void reduce_segments_backward(const Tensor& grad, const Tensor& result, const Tensor& data, const Tensor& bounds,
                              int64_t axis, SegmentReduction how, std::optional<double> initial, const Tensor& out);

}  // namespace flambeau
