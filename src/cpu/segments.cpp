// The loops of segment_reduce and its gradient.
#include "cpu/segments.h"

#include <limits>
#include <vector>

#include "core/layout.h"
#include "cpu/dispatch.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

// Calls body(first, end, place of the result, inner) for every segment and place behind the axis: element i of the
// segment is at (i * inner) from the segment's first, which is given as an index into data.
template <class Body>
void for_each_segment(const Tensor& data, const Tensor& bounds, int64_t axis, Body&& body) {
  int64_t outer = 1, inner = 1;
  for (int64_t d = 0; d < axis; ++d) outer *= data.size(d);
  for (int64_t d = axis + 1; d < data.dim(); ++d) inner *= data.size(d);
  const int64_t n = data.size(axis), segments = bounds.size(-1) - 1;
  const auto* at = bounds.data<int64_t>();
  parallel_tasks(outer * segments, [&](int64_t task) {
    const int64_t o = task / segments, s = task % segments;
    const int64_t begin = at[o * (segments + 1) + s], end = at[o * (segments + 1) + s + 1];
    for (int64_t i = 0; i < inner; ++i)
      body((o * n + begin) * inner + i, end - begin, (o * segments + s) * inner + i, inner);
  });
}

}  // namespace

void reduce_segments(const Tensor& data, const Tensor& bounds, int64_t axis, SegmentReduction how,
                     std::optional<double> initial, const Tensor& out) {
  dispatch_floating("segment_reduce", data.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T* x = data.data<T>();
    T* to = out.data<T>();
    constexpr W infinity = std::numeric_limits<W>::infinity();
    const W start = initial                         ? static_cast<W>(*initial)
                    : how == SegmentReduction::max  ? -infinity
                    : how == SegmentReduction::min  ? infinity
                    : how == SegmentReduction::prod ? W(1)
                                                    : W(0);
    for_each_segment(data, bounds, axis, [&](int64_t first, int64_t length, int64_t place, int64_t step) {
      W value = start;
      for (int64_t i = 0; i < length; ++i) {
        const W item = x[first + i * step];
        switch (how) {
          case SegmentReduction::max: value = item > value || item != item ? item : value; break;
          case SegmentReduction::min: value = item < value || item != item ? item : value; break;
          case SegmentReduction::prod: value *= item; break;
          default: value += item;
        }
      }
      if (how == SegmentReduction::mean) {
        if (length == 0 && !initial) value = std::numeric_limits<W>::quiet_NaN();
        if (length > 0) value /= static_cast<W>(length);
      }
      to[place] = value;
    });
  });
}

void reduce_segments_backward(const Tensor& grad, const Tensor& result, const Tensor& data, const Tensor& bounds,
                              int64_t axis, SegmentReduction how, std::optional<double> initial, const Tensor& out) {
  dispatch_floating("segment_reduce", data.dtype(), [&]<class T>() {
    using W = Wide<T>;
    const T *g = grad.data<T>(), *y = result.data<T>(), *x = data.data<T>();
    T* to = out.data<T>();
    for (int64_t i = 0; i < out.numel(); ++i) to[i] = T(0);  // what no segment holds
    for_each_segment(data, bounds, axis, [&](int64_t first, int64_t length, int64_t place, int64_t step) {
      const W share = g[place], whole = y[place];
      auto item = [&](int64_t i) { return static_cast<W>(x[first + i * step]); };
      auto extreme = [&](int64_t i) { return item(i) == whole || item(i) != item(i); };
      if (how == SegmentReduction::max || how == SegmentReduction::min) {
        int64_t hits = 0;
        for (int64_t i = 0; i < length; ++i) hits += extreme(i);
        for (int64_t i = 0; i < length; ++i)
          if (extreme(i)) to[first + i * step] = share / static_cast<W>(hits);
      } else if (how == SegmentReduction::prod) {
        // Division gives the product of the others, unless the element is 0 or nan: then from both sides of it.
        auto divides = [&](int64_t i) { return item(i) != 0 && item(i) == item(i); };
        std::vector<W> behind;
        W before = initial ? static_cast<W>(*initial) : W(1);
        for (int64_t i = 0; i < length; ++i) {
          if (divides(i)) {
            to[first + i * step] = share * whole / item(i);
          } else {
            if (behind.empty()) {
              behind.assign(static_cast<size_t>(length + 1), W(1));
              for (int64_t k = length - 1; k >= 0; --k) behind[k] = behind[k + 1] * item(k);
            }
            to[first + i * step] = share * (before * behind[i + 1]);
          }
          before *= item(i);
        }
      } else {
        const W part = how == SegmentReduction::mean ? share / static_cast<W>(length) : share;
        for (int64_t i = 0; i < length; ++i) to[first + i * step] = part;
      }
    });
  });
}

}  // namespace flambeau
