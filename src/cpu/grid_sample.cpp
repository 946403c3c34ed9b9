// Sampling at the places of a grid, see grid_sample.h. A sample is a sum over taps: places in the image with a weight
// each, and the weight's derivative by the coordinates.
#include "cpu/grid_sample.h"

#include <algorithm>
#include <cmath>

#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

template <class T>
struct Coordinate {
  T at, slope;  // in elements of the image, and its derivative by the grid's value
};

template <class T>
Coordinate<T> unnormalized(T value, int64_t size, bool align) {
  return align ? Coordinate<T>{(value + 1) / 2 * static_cast<T>(size - 1), static_cast<T>(size - 1) / 2}
               : Coordinate<T>{((value + 1) * static_cast<T>(size) - 1) / 2, static_cast<T>(size) / 2};
}

// Mirrored at `low` and `high`, which are given twice as large so as to be whole.
template <class T>
Coordinate<T> mirrored(Coordinate<T> c, int64_t twice_low, int64_t twice_high) {
  if (twice_low == twice_high) return {0, 0};
  const T low = static_cast<T>(twice_low) / 2, span = static_cast<T>(twice_high - twice_low) / 2;
  T x = c.at - low, sign = 1;
  if (x < 0) x = -x, sign = -1;
  const T extra = std::fmod(x, span);
  const int64_t flips = static_cast<int64_t>(std::floor(x / span));
  return flips % 2 == 0 ? Coordinate<T>{extra + low, c.slope * sign}
                        : Coordinate<T>{span - extra + low, -c.slope * sign};
}

template <class T>
Coordinate<T> clipped(Coordinate<T> c, int64_t size) {
  const T most = static_cast<T>(size - 1);
  if (!(c.at > 0)) return {0, 0};  // NaN too
  if (c.at >= most) return {most, 0};
  return c;
}

template <class T>
Coordinate<T> brought_inside(Coordinate<T> c, int64_t size, const GridSample& s) {
  if (s.padding == 2) c = s.align_corners ? mirrored(c, 0, 2 * (size - 1)) : mirrored(c, -1, 2 * size - 1);
  if (s.padding != 0) c = clipped(c, size);
  return c;
}

// Beyond what an integer holds a coordinate is as good as outside.
template <class T>
int64_t whole(T value) {
  return value >= T(-1e9) && value <= T(1e9) ? static_cast<int64_t>(value) : -100;
}

template <class T>
struct AxisTaps {
  int count = 0;
  int64_t index[4];  // negative: outside, reads 0
  T weight[4], slope[4];
};

template <class T>
AxisTaps<T> taps_of(T value, int64_t size, const GridSample& s) {
  AxisTaps<T> taps;
  Coordinate<T> c = unnormalized(value, size, s.align_corners);
  auto add = [&](int64_t i, T weight, T slope) {
    taps.index[taps.count] = i >= 0 && i < size ? i : -1;
    taps.weight[taps.count] = weight;
    taps.slope[taps.count++] = slope;
  };
  if (s.interpolation == 2) {
    const T floor = std::floor(c.at), t = c.at - floor;
    constexpr T a = T(-0.75);
    auto near = [](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    auto far = [](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
    auto near_slope = [](T x) { return (3 * (a + 2) * x - 2 * (a + 3)) * x; };
    auto far_slope = [](T x) { return (3 * a * x - 10 * a) * x + 8 * a; };
    const T weights[4] = {far(t + 1), near(t), near(1 - t), far(2 - t)};
    const T slopes[4] = {far_slope(t + 1), near_slope(t), -near_slope(1 - t), -far_slope(2 - t)};
    for (int k = 0; k < 4; ++k) {
      const T place = brought_inside(Coordinate<T>{floor - 1 + static_cast<T>(k), 0}, size, s).at;
      add(whole(place), weights[k], slopes[k] * c.slope);
    }
    return taps;
  }
  c = brought_inside(c, size, s);
  if (s.interpolation == 1) {
    add(whole(std::nearbyint(c.at)), 1, 0);
    return taps;
  }
  const T floor = std::floor(c.at);
  const int64_t i = whole(floor);
  add(i, floor + 1 - c.at, -c.slope);
  add(i == -100 ? i : i + 1, c.at - floor, c.slope);
  return taps;
}

template <class T>
struct Volume {
  int64_t size[3] = {1, 1, 1};  // depth, height, width
  int spatial;
  explicit Volume(const Tensor& t) : spatial(static_cast<int>(t.dim()) - 2) {
    for (int i = 0; i < spatial; ++i) size[3 - spatial + i] = t.size(i + 2);
  }
  int64_t numel() const { return size[0] * size[1] * size[2]; }
  // Taps by axis for one place of the grid; an absent depth has one.
  void taps(const T* place, const GridSample& s, AxisTaps<T> (&axes)[3]) const {
    axes[0].count = 1;
    axes[0].index[0] = 0;
    axes[0].weight[0] = 1;
    axes[0].slope[0] = 0;
    for (int i = 0; i < spatial; ++i) axes[2 - i] = taps_of(place[i], size[2 - i], s);
  }
  // body(offset, which tap of each axis) for the taps inside.
  template <class Body>
  void each(const AxisTaps<T> (&axes)[3], Body&& body) const {
    for (int d = 0; d < axes[0].count; ++d)
      for (int h = 0; h < axes[1].count; ++h)
        for (int w = 0; w < axes[2].count; ++w)
          if (axes[0].index[d] >= 0 && axes[1].index[h] >= 0 && axes[2].index[w] >= 0)
            body((axes[0].index[d] * size[1] + axes[1].index[h]) * size[2] + axes[2].index[w], d, h, w);
  }
};

template <class T>
void sample(const GridSample& s, const Tensor& input, const Tensor& grid, const Tensor& out) {
  const Volume<T> in(input);
  const int64_t plane = in.numel(), places = Volume<T>(out).numel(), channels = input.size(1);
  constexpr int64_t kBlock = 1024;
  const int64_t blocks = (places + kBlock - 1) / kBlock;
  parallel_tasks(input.size(0) * blocks, [&](int64_t task) {
    const int64_t n = task / blocks, begin = task % blocks * kBlock, end = std::min(places, begin + kBlock);
    const T* image = input.data<T>() + n * channels * plane;
    T* to = out.data<T>() + n * channels * places;
    AxisTaps<T> axes[3];
    for (int64_t i = begin; i < end; ++i) {
      in.taps(grid.data<T>() + (n * places + i) * in.spatial, s, axes);
      for (int64_t c = 0; c < channels; ++c) to[c * places + i] = 0;
      in.each(axes, [&](int64_t at, int d, int h, int w) {
        const T weight = axes[0].weight[d] * axes[1].weight[h] * axes[2].weight[w];
        for (int64_t c = 0; c < channels; ++c) to[c * places + i] += weight * image[c * plane + at];
      });
    }
  });
}

template <class T>
void sample_backward(const GridSample& s, const Tensor& grad, const Tensor& input, const Tensor& grid,
                     const Tensor& grad_input, const Tensor& grad_grid) {
  const Volume<T> in(input);
  const int64_t plane = in.numel(), places = Volume<T>(grad).numel(), channels = input.size(1);
  parallel_tasks(input.size(0), [&](int64_t n) {
    const T* image = input.data<T>() + n * channels * plane;
    const T* g = grad.data<T>() + n * channels * places;
    T* to = grad_input.defined() ? grad_input.data<T>() + n * channels * plane : nullptr;
    if (to) std::fill_n(to, channels * plane, T(0));
    AxisTaps<T> axes[3];
    for (int64_t i = 0; i < places; ++i) {
      in.taps(grid.data<T>() + (n * places + i) * in.spatial, s, axes);
      T slopes[3] = {0, 0, 0};
      in.each(axes, [&](int64_t at, int d, int h, int w) {
        const T wd = axes[0].weight[d], wh = axes[1].weight[h], ww = axes[2].weight[w];
        T sum = 0;
        for (int64_t c = 0; c < channels; ++c) {
          if (to) to[c * plane + at] += wd * wh * ww * g[c * places + i];
          sum += g[c * places + i] * image[c * plane + at];
        }
        slopes[0] += sum * axes[0].slope[d] * wh * ww;
        slopes[1] += sum * wd * axes[1].slope[h] * ww;
        slopes[2] += sum * wd * wh * axes[2].slope[w];
      });
      if (grad_grid.defined())
        for (int k = 0; k < in.spatial; ++k) grad_grid.data<T>()[(n * places + i) * in.spatial + k] = slopes[2 - k];
    }
  });
}

}  // namespace

void grid_sample(const GridSample& s, const Tensor& input, const Tensor& grid, const Tensor& out) {
  if (out.dtype() == DType::float64)
    sample<double>(s, input, grid, out);
  else
    sample<float>(s, input, grid, out);
}

void grid_sample_backward(const GridSample& s, const Tensor& grad, const Tensor& input, const Tensor& grid,
                          const Tensor& grad_input, const Tensor& grad_grid) {
  if (input.dtype() == DType::float64)
    sample_backward<double>(s, grad, input, grid, grad_input, grad_grid);
  else
    sample_backward<float>(s, grad, input, grid, grad_input, grad_grid);
}

}  // namespace flambeau
