// The pooling kernels, compiled for each instruction set: plain loops that the compiler turns into vector code. Windows
// are taken apart: first over rows into a line buffer, then along the line.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/pooling_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include "cpu/pooling.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau {
namespace HWY_NAMESPACE {

template <class T>
constexpr T lowest() {
  if constexpr (std::is_floating_point_v<T>)
    return -std::numeric_limits<T>::infinity();
  else
    return std::numeric_limits<T>::min();
}
template <class T>
inline bool is_nan(T v) {
  if constexpr (std::is_floating_point_v<T>)
    return v != v;
  else
    return false;
}

// value/place: line buffers of the input's width. The earlier row wins among equals, NaN over everything.
template <class T>
void keep_larger(const T* row, int32_t at, int64_t n, T* value, int32_t* place) {
  for (int64_t i = 0; i < n; ++i) {
    const bool take = (row[i] > value[i]) | is_nan(row[i]);
    value[i] = take ? row[i] : value[i];
    place[i] = take ? at + static_cast<int32_t>(i) : place[i];
  }
}

template <class T, int kStride>
void keep_larger_along(const T* value, const int32_t* place, int64_t n, T* best, int32_t* found) {
  for (int64_t o = 0; o < n; ++o) {
    const T v = value[o * kStride];
    const int32_t p = place[o * kStride];
    const bool take = (v > best[o]) | is_nan(v) | ((v == best[o]) & (p < found[o]));
    best[o] = take ? v : best[o];
    found[o] = take ? p : found[o];
  }
}

template <class T>
void max_plane(const Pooling& p, const T* in, T* out, int64_t* indices, T* value, int32_t* place, int32_t* found) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t w = width.input, ow = width.output;
  for (int64_t od = 0; od < depth.output; ++od)
    for (int64_t oh = 0; oh < height.output; ++oh, out += ow, indices += ow) {
      const int64_t corner = (depth.begin[od] * height.input + height.begin[oh]) * w;
      bool first = true;
      for (int64_t d = depth.begin[od]; d < depth.end[od]; d += depth.step)
        for (int64_t h = height.begin[oh]; h < height.end[oh]; h += height.step) {
          const int64_t at = (d * height.input + h) * w;
          if (first) {
            std::memcpy(value, in + at, w * sizeof(T));
            for (int64_t i = 0; i < w; ++i) place[i] = static_cast<int32_t>(at + i);
            first = false;
          } else {
            keep_larger(in + at, static_cast<int32_t>(at), w, value, place);
          }
        }
      for (int64_t o = 0; o < ow; ++o) {
        out[o] = lowest<T>();
        found[o] = static_cast<int32_t>(corner + width.begin[o]);
      }
      if (first) {  // a window of padding alone
      } else if (width.stride == 1 || width.stride == 2) {
        for (int64_t tap = 0; tap < width.taps; ++tap) {
          const int64_t shift = tap * width.step - width.padding;  // input = o · stride + shift
          int64_t from = shift >= 0 ? 0 : (-shift + width.stride - 1) / width.stride,
                  to = w - 1 - shift < 0 ? 0 : (w - 1 - shift) / width.stride + 1;
          to = to < ow ? to : ow;
          if (from >= to) continue;
          const int64_t start = from * width.stride + shift;
          if (width.stride == 1)
            keep_larger_along<T, 1>(value + start, place + start, to - from, out + from, found + from);
          else
            keep_larger_along<T, 2>(value + start, place + start, to - from, out + from, found + from);
        }
      } else {
        for (int64_t o = 0; o < ow; ++o)
          for (int64_t i = width.begin[o]; i < width.end[o]; i += width.step)
            keep_larger_along<T, 1>(value + i, place + i, 1, out + o, found + o);
      }
      for (int64_t o = 0; o < ow; ++o) indices[o] = found[o];
    }
}

// One position of channels-last data: c elements at every tap.
template <class T>
void max_position(const Pooling& p, const T* in, int64_t od, int64_t oh, int64_t ow, T* out, int64_t* indices,
                  int32_t* found) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t c = p.channels;
  const int32_t corner =
      static_cast<int32_t>((depth.begin[od] * height.input + height.begin[oh]) * width.input + width.begin[ow]);
  for (int64_t k = 0; k < c; ++k) {
    out[k] = lowest<T>();
    found[k] = corner;
  }
  for (int64_t d = depth.begin[od]; d < depth.end[od]; d += depth.step)
    for (int64_t h = height.begin[oh]; h < height.end[oh]; h += height.step)
      for (int64_t w = width.begin[ow]; w < width.end[ow]; w += width.step) {
        const int32_t at = static_cast<int32_t>((d * height.input + h) * width.input + w);
        const T* row = in + at * c;
        for (int64_t k = 0; k < c; ++k) {
          const bool take = (row[k] > out[k]) | is_nan(row[k]);
          out[k] = take ? row[k] : out[k];
          found[k] = take ? at : found[k];
        }
      }
  for (int64_t k = 0; k < c; ++k) indices[k] = found[k];
}

template <class T>
void average_plane(const Pooling& p, const T* in, T* out, T* line) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t w = width.input, ow = width.output;
  for (int64_t od = 0; od < depth.output; ++od)
    for (int64_t oh = 0; oh < height.output; ++oh, out += ow) {
      bool first = true;
      if (ow == 1 && width.begin[0] == 0 && width.end[0] == w) {  // whole rows: one run of memory for each depth
        T lanes[32] = {};
        const int64_t rows = height.end[oh] - height.begin[oh];
        for (int64_t d = depth.begin[od]; d < depth.end[od]; ++d) {
          const T* run = in + (d * height.input + height.begin[oh]) * w;
          int64_t i = 0;
          for (; i + 32 <= rows * w; i += 32)
            for (int k = 0; k < 32; ++k) lanes[k] += run[i + k];
          for (; i < rows * w; ++i) lanes[i % 32] += run[i];
        }
        for (int step = 16; step > 0; step /= 2)
          for (int k = 0; k < step; ++k) lanes[k] += lanes[k + step];
        out[0] = lanes[0] / static_cast<T>(p.divisor ? p.divisor : depth.count[od] * height.count[oh] * width.count[0]);
        continue;
      }
      for (int64_t d = depth.begin[od]; d < depth.end[od]; ++d)
        for (int64_t h = height.begin[oh]; h < height.end[oh]; ++h) {
          const T* row = in + (d * height.input + h) * w;
          if (first)
            std::memcpy(line, row, w * sizeof(T));
          else
            for (int64_t i = 0; i < w; ++i) line[i] += row[i];
          first = false;
        }
      if (first) std::memset(line, 0, w * sizeof(T));
      if (width.stride == 2 && width.taps == 2 && width.padding == 0 && ow * 2 <= w) {
        for (int64_t o = 0; o < ow; ++o) out[o] = line[2 * o] + line[2 * o + 1];
      } else if (width.stride == 1 && width.padding == 0 && ow + width.taps - 1 <= w) {
        for (int64_t o = 0; o < ow; ++o) out[o] = line[o];
        for (int64_t tap = 1; tap < width.taps; ++tap)
          for (int64_t o = 0; o < ow; ++o) out[o] += line[o + tap];
      } else {
        for (int64_t o = 0; o < ow; ++o) {
          const int64_t begin = width.begin[o], end = width.end[o];
          T sum = 0;
          int64_t i = begin;
          if (end - begin >= 16) {
            T lanes[16] = {};
            for (; i + 16 <= end; i += 16)
              for (int k = 0; k < 16; ++k) lanes[k] += line[i + k];
            for (int k = 0; k < 16; ++k) sum += lanes[k];
          }
          for (; i < end; ++i) sum += line[i];
          out[o] = sum;
        }
      }
      const int64_t rows = depth.count[od] * height.count[oh];
      for (int64_t o = 0; o < ow; ++o) out[o] /= static_cast<T>(p.divisor ? p.divisor : rows * width.count[o]);
    }
}

template <class T>
void average_position(const Pooling& p, const T* in, int64_t od, int64_t oh, int64_t ow, T* out) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t c = p.channels;
  for (int64_t k = 0; k < c; ++k) out[k] = 0;
  for (int64_t d = depth.begin[od]; d < depth.end[od]; ++d)
    for (int64_t h = height.begin[oh]; h < height.end[oh]; ++h)
      for (int64_t w = width.begin[ow]; w < width.end[ow]; ++w) {
        const T* row = in + ((d * height.input + h) * width.input + w) * c;
        for (int64_t k = 0; k < c; ++k) out[k] += row[k];
      }
  const T divisor = static_cast<T>(p.divisor ? p.divisor : depth.count[od] * height.count[oh] * width.count[ow]);
  for (int64_t k = 0; k < c; ++k) out[k] /= divisor;
}

template <class T>
void average_plane_backward(const Pooling& p, const T* grad, T* grad_in, T* line, T* shares) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t w = width.input, ow = width.output;
  std::memset(grad_in, 0, p.in_plane() * sizeof(T));
  for (int64_t od = 0; od < depth.output; ++od)
    for (int64_t oh = 0; oh < height.output; ++oh, grad += ow) {
      const int64_t rows = depth.count[od] * height.count[oh];
      for (int64_t o = 0; o < ow; ++o)
        shares[o] = grad[o] / static_cast<T>(p.divisor ? p.divisor : rows * width.count[o]);
      if (width.stride == 2 && width.taps == 2 && width.padding == 0 && ow * 2 <= w) {
        for (int64_t o = 0; o < ow; ++o) line[2 * o] = line[2 * o + 1] = shares[o];
        for (int64_t i = 2 * ow; i < w; ++i) line[i] = 0;
      } else {
        std::memset(line, 0, w * sizeof(T));
        for (int64_t o = 0; o < ow; ++o)
          for (int64_t i = width.begin[o]; i < width.end[o]; ++i) line[i] += shares[o];
      }
      for (int64_t d = depth.begin[od]; d < depth.end[od]; ++d)
        for (int64_t h = height.begin[oh]; h < height.end[oh]; ++h) {
          T* row = grad_in + (d * height.input + h) * w;
          for (int64_t i = 0; i < w; ++i) row[i] += line[i];
        }
    }
}

template <class T>
void average_image_backward(const Pooling& p, const T* grad, T* grad_in, T* share) {
  const PoolAxis &depth = p.axes[0], &height = p.axes[1], &width = p.axes[2];
  const int64_t c = p.channels;
  std::memset(grad_in, 0, p.in_plane() * c * sizeof(T));
  for (int64_t od = 0; od < depth.output; ++od)
    for (int64_t oh = 0; oh < height.output; ++oh)
      for (int64_t ow = 0; ow < width.output; ++ow, grad += c) {
        const T divisor = static_cast<T>(p.divisor ? p.divisor : depth.count[od] * height.count[oh] * width.count[ow]);
        for (int64_t k = 0; k < c; ++k) share[k] = grad[k] / divisor;
        for (int64_t d = depth.begin[od]; d < depth.end[od]; ++d)
          for (int64_t h = height.begin[oh]; h < height.end[oh]; ++h)
            for (int64_t w = width.begin[ow]; w < width.end[ow]; ++w) {
              T* row = grad_in + ((d * height.input + h) * width.input + w) * c;
              for (int64_t k = 0; k < c; ++k) row[k] += share[k];
            }
      }
}

// Functions that can be exported: one for each type.
#define FOR_TYPE(T, suffix)                                                                                           \
  void MaxPlane_##suffix(const Pooling& p, const T* in, T* out, int64_t* indices, T* value, int32_t* place,           \
                         int32_t* found) {                                                                            \
    max_plane<T>(p, in, out, indices, value, place, found);                                                           \
  }                                                                                                                   \
  void MaxPosition_##suffix(const Pooling& p, const T* in, int64_t d, int64_t h, int64_t w, T* out, int64_t* indices, \
                            int32_t* found) {                                                                         \
    max_position<T>(p, in, d, h, w, out, indices, found);                                                             \
  }                                                                                                                   \
  void AveragePlane_##suffix(const Pooling& p, const T* in, T* out, T* line) { average_plane<T>(p, in, out, line); }  \
  void AveragePosition_##suffix(const Pooling& p, const T* in, int64_t d, int64_t h, int64_t w, T* out) {             \
    average_position<T>(p, in, d, h, w, out);                                                                         \
  }                                                                                                                   \
  void AveragePlaneBackward_##suffix(const Pooling& p, const T* grad, T* grad_in, T* line, T* shares) {               \
    average_plane_backward<T>(p, grad, grad_in, line, shares);                                                        \
  }                                                                                                                   \
  void AverageImageBackward_##suffix(const Pooling& p, const T* grad, T* grad_in, T* share) {                         \
    average_image_backward<T>(p, grad, grad_in, share);                                                               \
  }
FOR_TYPE(float, f32)
FOR_TYPE(double, f64)
FOR_TYPE(int64_t, i64)
#undef FOR_TYPE

}  // namespace HWY_NAMESPACE
}  // namespace flambeau
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <atomic>

#include "core/error.h"
#include "core/saturating.h"
#include "loops/parallel.h"

namespace flambeau {

#define EXPORTS(suffix)                      \
  HWY_EXPORT(MaxPlane_##suffix);             \
  HWY_EXPORT(MaxPosition_##suffix);          \
  HWY_EXPORT(AveragePlane_##suffix);         \
  HWY_EXPORT(AveragePosition_##suffix);      \
  HWY_EXPORT(AveragePlaneBackward_##suffix); \
  HWY_EXPORT(AverageImageBackward_##suffix);
EXPORTS(f32)
EXPORTS(f64)
EXPORTS(i64)
#undef EXPORTS
#define CHOOSE(T, function)                         \
  [] {                                              \
    if constexpr (std::is_same_v<T, float>)         \
      return &HWY_DYNAMIC_DISPATCH(function##_f32); \
    else if constexpr (std::is_same_v<T, double>)   \
      return &HWY_DYNAMIC_DISPATCH(function##_f64); \
    else                                            \
      return &HWY_DYNAMIC_DISPATCH(function##_i64); \
  }()

namespace {

// Planes for one task: enough work to be worth handing out.
int64_t planes_together(const Pooling& p) {
  return std::max<int64_t>(1, (1 << 15) / std::max<int64_t>(1, p.in_plane() + p.out_plane()));
}

template <class Body>
void over_planes(const Pooling& p, Body&& body) {
  const int64_t planes = p.batch * p.channels, together = planes_together(p);
  parallel_tasks((planes + together - 1) / together,
                 [&](int64_t task) { body(task * together, std::min(planes, (task + 1) * together)); });
}

// Rows of the output of channels-last data: body(n, od, oh).
template <class Body>
void over_rows(const Pooling& p, Body&& body) {
  const int64_t per_image = p.axes[0].output * p.axes[1].output;
  parallel_tasks(p.batch * per_image, [&](int64_t task) {
    const int64_t n = task / per_image, row = task % per_image;
    body(n, row / p.axes[1].output, row % p.axes[1].output);
  });
}

}  // namespace

template <class T>
void max_pool(const Pooling& p, const T* in, T* out, int64_t* indices) {
  if (p.channels_last) {
    auto position = CHOOSE(T, MaxPosition);
    return over_rows(p, [&](int64_t n, int64_t od, int64_t oh) {
      std::vector<int32_t> found(p.channels);
      for (int64_t ow = 0; ow < p.axes[2].output; ++ow) {
        const int64_t at = (n * p.out_plane() + (od * p.axes[1].output + oh) * p.axes[2].output + ow) * p.channels;
        position(p, in + n * p.in_plane() * p.channels, od, oh, ow, out + at, indices + at, found.data());
      }
    });
  }
  auto plane = CHOOSE(T, MaxPlane);
  over_planes(p, [&](int64_t begin, int64_t end) {
    std::vector<T> value(p.axes[2].input + 1);
    std::vector<int32_t> place(p.axes[2].input + 1), found(p.axes[2].output + 1);
    for (int64_t i = begin; i < end; ++i)
      plane(p, in + i * p.in_plane(), out + i * p.out_plane(), indices + i * p.out_plane(), value.data(), place.data(),
            found.data());
  });
}

template <class T>
void average_pool(const Pooling& p, const T* in, T* out) {
  if (p.channels_last) {
    auto position = CHOOSE(T, AveragePosition);
    return over_rows(p, [&](int64_t n, int64_t od, int64_t oh) {
      for (int64_t ow = 0; ow < p.axes[2].output; ++ow) {
        const int64_t at = (n * p.out_plane() + (od * p.axes[1].output + oh) * p.axes[2].output + ow) * p.channels;
        position(p, in + n * p.in_plane() * p.channels, od, oh, ow, out + at);
      }
    });
  }
  auto plane = CHOOSE(T, AveragePlane);
  over_planes(p, [&](int64_t begin, int64_t end) {
    std::vector<T> line(p.axes[2].input + 1);
    for (int64_t i = begin; i < end; ++i) plane(p, in + i * p.in_plane(), out + i * p.out_plane(), line.data());
  });
}

template <class T>
void average_pool_backward(const Pooling& p, const T* grad, T* grad_in) {
  if (p.channels_last) {
    auto image = CHOOSE(T, AverageImageBackward);
    return parallel_tasks(p.batch, [&](int64_t n) {
      std::vector<T> share(p.channels);
      image(p, grad + n * p.out_plane() * p.channels, grad_in + n * p.in_plane() * p.channels, share.data());
    });
  }
  auto plane = CHOOSE(T, AveragePlaneBackward);
  over_planes(p, [&](int64_t begin, int64_t end) {
    std::vector<T> line(p.axes[2].input + 1), shares(p.axes[2].output + 1);
    for (int64_t i = begin; i < end; ++i)
      plane(p, grad + i * p.out_plane(), grad_in + i * p.in_plane(), line.data(), shares.data());
  });
}

template <class T>
void scatter_by_index(const Pooling& p, const T* grad, const int64_t* indices, T* grad_in) {
  const int64_t in = p.in_plane(), out = p.out_plane();
  std::atomic<bool> outside = false;
  auto done = [&] {
    check(!outside, ErrorKind::Runtime, "pooling: an index lies outside of the planes of ", in,
          " elements that it points into");
  };
  if (p.channels_last) {
    const int64_t c = p.channels;
    parallel_tasks(p.batch, [&](int64_t n) {
      T* to = grad_in + n * in * c;
      std::memset(static_cast<void*>(to), 0, in * c * sizeof(T));
      const T* g = grad + n * out * c;
      const int64_t* index = indices + n * out * c;
      for (int64_t i = 0; i < out; ++i)
        for (int64_t k = 0; k < c; ++k) {
          const auto at = static_cast<uint64_t>(index[i * c + k]);
          if (at < static_cast<uint64_t>(in))
            to[at * c + k] += g[i * c + k];
          else
            outside = true;
        }
    });
    return done();
  }
  over_planes(p, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      T* to = grad_in + plane * in;
      std::memset(static_cast<void*>(to), 0, in * sizeof(T));
      const T* g = grad + plane * out;
      const int64_t* index = indices + plane * out;
      for (int64_t i = 0; i < out; ++i) {
        const auto at = static_cast<uint64_t>(index[i]);
        if (at < static_cast<uint64_t>(in))
          to[at] += g[i];
        else
          outside = true;
      }
    }
  });
  done();
}

template <class T>
void gather_by_index(const Pooling& p, const T* in, const int64_t* indices, T* out) {
  const int64_t size = p.in_plane(), results = p.out_plane();
  for (int64_t i = 0, n = p.batch * p.channels * results; i < n; ++i)
    check(indices[i] >= 0 && indices[i] < size, ErrorKind::Runtime, "pooling: index ", indices[i],
          " lies outside of the planes of ", size, " elements that it points into");
  if (p.channels_last) {
    const int64_t c = p.channels;
    return parallel_tasks(p.batch, [&](int64_t n) {
      for (int64_t i = 0; i < results; ++i)
        for (int64_t k = 0; k < c; ++k) {
          const int64_t at = (n * results + i) * c + k;
          out[at] = in[(n * size + indices[at]) * c + k];
        }
    });
  }
  over_planes(p, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane)
      for (int64_t i = 0; i < results; ++i) out[plane * results + i] = in[plane * size + indices[plane * results + i]];
  });
}

#define INSTANCES(T)                                                               \
  template void max_pool<T>(const Pooling&, const T*, T*, int64_t*);               \
  template void average_pool<T>(const Pooling&, const T*, T*);                     \
  template void average_pool_backward<T>(const Pooling&, const T*, T*);            \
  template void scatter_by_index<T>(const Pooling&, const T*, const int64_t*, T*); \
  template void gather_by_index<T>(const Pooling&, const T*, const int64_t*, T*);
INSTANCES(float)
INSTANCES(double)
INSTANCES(int64_t)
#undef INSTANCES

PoolAxis window_axis(int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation,
                     bool count_padding) {
  PoolAxis axis;
  axis.input = input;
  axis.output = output;
  axis.step = dilation;
  axis.stride = stride;
  axis.padding = padding;
  axis.taps = kernel;
  axis.begin.resize(output);
  axis.end.resize(output);
  axis.count.resize(output);
  for (int64_t o = 0; o < output; ++o) {
    const int64_t start = o * stride - padding, stop = std::min(start + (kernel - 1) * dilation + 1, input + padding);
    axis.begin[o] = start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation;
    axis.end[o] = std::min(stop, input);
    axis.count[o] = count_padding ? stop - start : axis.end[o] - axis.begin[o];
  }
  return axis;
}

PoolAxis adaptive_axis(int64_t input, int64_t output) {
  PoolAxis axis;
  axis.input = input;
  axis.output = output;
  axis.begin.resize(output);
  axis.end.resize(output);
  axis.count.resize(output);
  for (int64_t o = 0; o < output; ++o) {
    axis.begin[o] = o * input / output;
    axis.end[o] = ((o + 1) * input + output - 1) / output;
    axis.count[o] = axis.end[o] - axis.begin[o];
  }
  return axis;
}

int64_t pooled_size(int64_t input, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil_mode) {
  const int64_t padded = sat_add(input, sat_mul(2, padding)), spread = sat_add(sat_mul(dilation, kernel - 1), 1),
                room = sat_add(sat_sub(padded, spread), ceil_mode ? stride - 1 : 0);
  int64_t output = sat_add(room / stride - (room < 0 && room % stride != 0), 1);  // rounded down
  if (ceil_mode && sat_mul(output - 1, stride) >= sat_add(input, padding)) --output;
  return output;
}

}  // namespace flambeau
#endif
