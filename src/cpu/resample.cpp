// Separable resizing, compiled for each instruction set: rows first, into a line buffer, then along the line.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/resample.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cmath>
#include <cstring>
#include <type_traits>
#include "cpu/resample.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau {
namespace HWY_NAMESPACE {

// The row of one output position before the last axis: sums over the taps of depth and height.
template <class T>
void gather_rows(const Resample& r, const T* in, int64_t od, int64_t oh, int64_t n, T* line) {
  const ResampleAxis &depth = r.axes[0], &height = r.axes[1];
  bool first = true;
  for (int64_t i = depth.first[od]; i < depth.first[od + 1]; ++i)
    for (int64_t k = height.first[oh]; k < height.first[oh + 1]; ++k) {
      const T weight = static_cast<T>(depth.weight[i] * height.weight[k]);
      const T* row = in + (depth.index[i] * height.input + height.index[k]) * n;
      if (first)
        for (int64_t x = 0; x < n; ++x) line[x] = weight * row[x];
      else
        for (int64_t x = 0; x < n; ++x) line[x] += weight * row[x];
      first = false;
    }
}

template <class T>
void scatter_rows(const Resample& r, T* grad_in, int64_t od, int64_t oh, int64_t n, const T* line) {
  const ResampleAxis &depth = r.axes[0], &height = r.axes[1];
  for (int64_t i = depth.first[od]; i < depth.first[od + 1]; ++i)
    for (int64_t k = height.first[oh]; k < height.first[oh + 1]; ++k) {
      const T weight = static_cast<T>(depth.weight[i] * height.weight[k]);
      T* row = grad_in + (depth.index[i] * height.input + height.index[k]) * n;
      for (int64_t x = 0; x < n; ++x) row[x] += weight * line[x];
    }
}

// c is the number of elements at one position of the line: 1, or the channels.
template <class T>
void along(const ResampleAxis& width, const T* weights, const T* line, T* out, int64_t c) {
  const int64_t n = width.output;
  const int32_t* index = width.index.data();
  const int64_t taps = n ? width.first[1] - width.first[0] : 0;
  if (c == 1 && static_cast<int64_t>(width.index.size()) == taps * n && taps == 1) {
    for (int64_t o = 0; o < n; ++o) out[o] = weights[o] * line[index[o]];
  } else if (c == 1 && static_cast<int64_t>(width.index.size()) == taps * n && taps == 2) {
    for (int64_t o = 0; o < n; ++o)
      out[o] = weights[2 * o] * line[index[2 * o]] + weights[2 * o + 1] * line[index[2 * o + 1]];
  } else if (c == 1) {
    for (int64_t o = 0; o < n; ++o) {
      T sum = 0;
      for (int64_t i = width.first[o]; i < width.first[o + 1]; ++i) sum += weights[i] * line[index[i]];
      out[o] = sum;
    }
  } else {
    for (int64_t o = 0; o < n; ++o) {
      T* to = out + o * c;
      for (int64_t i = width.first[o]; i < width.first[o + 1]; ++i) {
        const T* from = line + index[i] * c;
        const T weight = weights[i];
        if (i == width.first[o])
          for (int64_t k = 0; k < c; ++k) to[k] = weight * from[k];
        else
          for (int64_t k = 0; k < c; ++k) to[k] += weight * from[k];
      }
    }
  }
}

template <class T>
void along_backward(const ResampleAxis& width, const T* weights, const T* grad, T* line, int64_t c) {
  std::memset(line, 0, width.input * c * sizeof(T));
  for (int64_t o = 0; o < width.output; ++o)
    for (int64_t i = width.first[o]; i < width.first[o + 1]; ++i)
      for (int64_t k = 0; k < c; ++k) line[width.index[i] * c + k] += weights[i] * grad[o * c + k];
}

#define FOR_TYPE(T, suffix)                                                                                        \
  void Row_##suffix(const Resample& r, const T* in, const T* weights, int64_t od, int64_t oh, int64_t c, T* line,  \
                    T* out) {                                                                                      \
    gather_rows<T>(r, in, od, oh, r.axes[2].input * c, line);                                                      \
    along<T>(r.axes[2], weights, line, out, c);                                                                    \
  }                                                                                                                \
  void RowBackward_##suffix(const Resample& r, const T* grad, const T* weights, int64_t od, int64_t oh, int64_t c, \
                            T* line, T* grad_in) {                                                                 \
    along_backward<T>(r.axes[2], weights, grad, line, c);                                                          \
    scatter_rows<T>(r, grad_in, od, oh, r.axes[2].input * c, line);                                                \
  }
FOR_TYPE(float, f32)
FOR_TYPE(double, f64)
#undef FOR_TYPE

}  // namespace HWY_NAMESPACE
}  // namespace flambeau
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "core/error.h"
#include "loops/parallel.h"

namespace flambeau {

HWY_EXPORT(Row_f32);
HWY_EXPORT(Row_f64);
HWY_EXPORT(RowBackward_f32);
HWY_EXPORT(RowBackward_f64);
#define CHOOSE(T, function)                         \
  [] {                                              \
    if constexpr (std::is_same_v<T, float>)         \
      return &HWY_DYNAMIC_DISPATCH(function##_f32); \
    else                                            \
      return &HWY_DYNAMIC_DISPATCH(function##_f64); \
  }()

template <class T>
void resample(const Resample& r, const T* in, T* out) {
  auto row = CHOOSE(T, Row);
  const int64_t c = r.channels_last ? r.channels : 1, planes = r.channels_last ? r.batch : r.batch * r.channels;
  const int64_t rows = r.axes[0].output * r.axes[1].output, width = r.axes[2].output * c;
  const std::vector<T> weights(r.axes[2].weight.begin(), r.axes[2].weight.end());
  const int64_t together = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, width)),
                tasks = (planes * rows + together - 1) / together;
  parallel_tasks(tasks, [&](int64_t task) {
    std::vector<T> line(r.axes[2].input * c + 1);
    for (int64_t i = task * together, end = std::min(planes * rows, i + together); i < end; ++i)
      row(r, in + i / rows * r.in_plane() * c, weights.data(), i % rows / r.axes[1].output, i % r.axes[1].output, c,
          line.data(), out + i * width);
  });
}

template <class T>
void resample_backward(const Resample& r, const T* grad, T* grad_in) {
  auto row = CHOOSE(T, RowBackward);
  const int64_t c = r.channels_last ? r.channels : 1, planes = r.channels_last ? r.batch : r.batch * r.channels;
  const int64_t rows = r.axes[0].output * r.axes[1].output, width = r.axes[2].output * c;
  const std::vector<T> weights(r.axes[2].weight.begin(), r.axes[2].weight.end());
  parallel_tasks(planes, [&](int64_t plane) {
    std::vector<T> line(r.axes[2].input * c + 1);
    T* to = grad_in + plane * r.in_plane() * c;
    std::fill_n(to, r.in_plane() * c, T(0));
    for (int64_t i = 0; i < rows; ++i)
      row(r, grad + (plane * rows + i) * width, weights.data(), i / r.axes[1].output, i % r.axes[1].output, c,
          line.data(), to);
  });
}

template void resample<float>(const Resample&, const float*, float*);
template void resample<double>(const Resample&, const double*, double*);
template void resample_backward<float>(const Resample&, const float*, float*);
template void resample_backward<double>(const Resample&, const double*, double*);

namespace {

struct AxisBuilder {
  ResampleAxis axis;
  AxisBuilder(int64_t input, int64_t output) {
    axis.input = input;
    axis.output = output;
    axis.first = {0};
    axis.index.clear();
    axis.weight.clear();
  }
  void tap(int64_t index, double weight) {
    axis.index.push_back(static_cast<int32_t>(index));
    axis.weight.push_back(weight);
  }
  void next() { axis.first.push_back(static_cast<int64_t>(axis.index.size())); }
};

double linear_filter(double x) { return std::max(0.0, 1 - std::abs(x)); }
// Keys (1981) with a = -0.5.
double cubic_filter(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
double lanczos_filter(double x) {
  auto sinc = [](double v) { return v == 0 ? 1 : std::sin(v * 3.141592653589793) / (v * 3.141592653589793); };
  return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

// T is the type that positions are computed in: float for float tensors, so that neighbours are chosen alike
// everywhere.
// A position as a whole number; those far outside, and NaN, as one next to the input.
template <class T>
int64_t whole(T at, int64_t input) {
  const T most = static_cast<T>(input) + 4;
  return at > -4 ? static_cast<int64_t>(at < most ? at : most) : -4;
}

template <class T>
ResampleAxis build(std::string_view mode, int64_t input, int64_t output, bool align_corners, double scale) {
  AxisBuilder b(input, output);
  if (mode == "nearest" || mode == "nearest-exact") {
    const float step =
        scale > 0 ? static_cast<float>(1.0 / scale) : static_cast<float>(input) / static_cast<float>(output);
    for (int64_t o = 0; o < output; ++o) {
      const float at = mode == "nearest" ? static_cast<float>(o) * step : (static_cast<float>(o) + 0.5f) * step;
      int64_t i = whole(std::floor(at), input);
      if (input == output)
        i = o;
      else if (mode == "nearest" && output == 2 * input)
        i = o / 2;
      b.tap(std::clamp<int64_t>(i, 0, input - 1), 1);
      b.next();
    }
    return b.axis;
  }
  T step;
  if (align_corners)
    step = output > 1 ? static_cast<T>(input - 1) / static_cast<T>(output - 1) : T(0);
  else
    step = scale > 0 ? static_cast<T>(1.0 / scale) : static_cast<T>(input) / static_cast<T>(output);
  const bool antialiased = mode.ends_with("-aa");
  for (int64_t o = 0; o < output; ++o) {
    if (antialiased) {
      const double half = mode == "linear-aa" ? 1 : mode == "cubic-aa" ? 2 : 3;
      const double s = step, support = s >= 1 ? half * s : half, inverse = s >= 1 ? 1 / s : 1,
                   center = s * (static_cast<double>(o) + 0.5);
      const int64_t low = std::max<int64_t>(whole(center - support + 0.5, input), 0);
      const int64_t high = std::min<int64_t>(whole(center + support + 0.5, input), input);
      double total = 0;
      const size_t before = b.axis.weight.size();
      for (int64_t i = low; i < high; ++i) {
        const double x = (static_cast<double>(i) - center + 0.5) * inverse;
        const double w = mode == "linear-aa"  ? linear_filter(x)
                         : mode == "cubic-aa" ? cubic_filter(x)
                                              : lanczos_filter(x);
        b.tap(i, w);
        total += w;
      }
      for (size_t k = before; k < b.axis.weight.size() && total != 0; ++k) b.axis.weight[k] /= total;
    } else {
      T at = align_corners ? step * static_cast<T>(o) : step * (static_cast<T>(o) + T(0.5)) - T(0.5);
      if (mode == "linear") {
        at = std::max(at, T(0));
        const int64_t i = std::clamp<int64_t>(whole(at, input), 0, input - 1);
        const T t = std::clamp(at - static_cast<T>(i), T(0), T(1));
        b.tap(i, input == output ? 1 : T(1) - t);
        b.tap(std::min(i + 1, input - 1), input == output ? 0 : t);
      } else {
        const T floor = std::floor(at), t = at - floor;
        constexpr T a = T(-0.75);
        auto near = [](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
        auto far = [](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
        const T w[4] = {far(t + 1), near(t), near(1 - t), far(2 - t)};
        for (int64_t k = 0; k < 4; ++k) b.tap(std::clamp<int64_t>(whole(floor, input) - 1 + k, 0, input - 1), w[k]);
      }
    }
    b.next();
  }
  return b.axis;
}

}  // namespace

ResampleAxis resample_axis(std::string_view mode, int64_t input, int64_t output, bool align_corners, double scale,
                           bool in_double) {
  return in_double ? build<double>(mode, input, output, align_corners, scale)
                   : build<float>(mode, input, output, align_corners, scale);
}

}  // namespace flambeau
#endif
