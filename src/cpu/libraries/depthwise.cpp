// Depthwise convolution, compiled for each instruction set. A plane is copied into a padded image whose rows are split
// by the stride's phases, so that every tap of an output row is one contiguous load; see depthwise.h.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/libraries/depthwise.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "cpu/libraries/depthwise.h"
#include "cpu/libraries/depthwise_image.h"

HWY_BEFORE_NAMESPACE();
namespace flambeau::libraries {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// out (height, width) = bias + sum over taps; taps 0 stands for any count.
template <int64_t kTaps>
void correlate(const PaddedImage& image, const float* weights, float bias, float* out) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), width = image.width;
  const int64_t taps = kTaps ? kTaps : image.taps;
  for (int64_t y = 0; y < image.height; ++y, out += width) {
    const float* base = image.data + y * image.step;
    int64_t x = 0;
    for (; x + 2 * lanes <= width; x += 2 * lanes) {
      auto a = hn::Set(d, bias), b = a;
      for (int64_t t = 0; t < taps; ++t) {
        const float* from = base + image.offsets[t] + x;
        const auto w = hn::Set(d, weights[t]);
        a = hn::MulAdd(w, hn::LoadU(d, from), a);
        b = hn::MulAdd(w, hn::LoadU(d, from + lanes), b);
      }
      hn::StoreU(a, d, out + x);
      hn::StoreU(b, d, out + x + lanes);
    }
    for (; x < width; x += lanes) {
      auto a = hn::Set(d, bias);
      for (int64_t t = 0; t < taps; ++t)
        a = hn::MulAdd(hn::Set(d, weights[t]), hn::LoadU(d, base + image.offsets[t] + x), a);
      if (x + lanes <= width)
        hn::StoreU(a, d, out + x);
      else
        hn::BlendedStore(a, hn::FirstN(d, static_cast<size_t>(width - x)), d, out + x);
    }
  }
}
void Correlate(const PaddedImage& image, const float* weights, float bias, float* out) {
  image.taps == 9 ? correlate<9>(image, weights, bias, out) : correlate<0>(image, weights, bias, out);
}

// sums[t] = sum over the plane of gradient times what tap t sees; three taps at a time. Lanes beyond a row are left out
// of the image too: an infinity there is nobody's business.
template <int kCount>
void dots(const PaddedImage& image, const float* gradient, int64_t tap, float* sums) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), width = image.width;
  const auto rest = hn::FirstN(d, static_cast<size_t>(width % lanes));
  auto a = hn::Zero(d), b = a, c = a;
  const int64_t o0 = image.offsets[tap], o1 = image.offsets[tap + (kCount > 1)],
                o2 = image.offsets[tap + (kCount > 2 ? 2 : 0)];
  for (int64_t y = 0; y < image.height; ++y, gradient += width) {
    const float* base = image.data + y * image.step;
    int64_t x = 0;
    for (; x + lanes <= width; x += lanes) {
      const auto g = hn::LoadU(d, gradient + x);
      a = hn::MulAdd(g, hn::LoadU(d, base + o0 + x), a);
      if constexpr (kCount > 1) b = hn::MulAdd(g, hn::LoadU(d, base + o1 + x), b);
      if constexpr (kCount > 2) c = hn::MulAdd(g, hn::LoadU(d, base + o2 + x), c);
    }
    if (x < width) {
      const auto g = hn::MaskedLoad(rest, d, gradient + x);
      a = hn::MulAdd(g, hn::IfThenElseZero(rest, hn::LoadU(d, base + o0 + x)), a);
      if constexpr (kCount > 1) b = hn::MulAdd(g, hn::IfThenElseZero(rest, hn::LoadU(d, base + o1 + x)), b);
      if constexpr (kCount > 2) c = hn::MulAdd(g, hn::IfThenElseZero(rest, hn::LoadU(d, base + o2 + x)), c);
    }
  }
  sums[tap] = hn::GetLane(hn::SumOfLanes(d, a));
  if constexpr (kCount > 1) sums[tap + 1] = hn::GetLane(hn::SumOfLanes(d, b));
  if constexpr (kCount > 2) sums[tap + 2] = hn::GetLane(hn::SumOfLanes(d, c));
}
void Dots(const PaddedImage& image, const float* gradient, float* sums) {
  int64_t t = 0;
  for (; t + 3 <= image.taps; t += 3) dots<3>(image, gradient, t, sums);
  if (image.taps - t == 2) dots<2>(image, gradient, t, sums);
  if (image.taps - t == 1) dots<1>(image, gradient, t, sums);
}

float Sum(const float* x, int64_t n) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    a = hn::Add(a, hn::LoadU(d, x + i));
    b = hn::Add(b, hn::LoadU(d, x + i + lanes));
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  for (; i < n; ++i) sum += x[i];
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace flambeau::libraries
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "cpu/libraries/library.h"
#include "cpu/libraries/parallel.h"

namespace flambeau::libraries {

HWY_EXPORT(Correlate);
HWY_EXPORT(Dots);
HWY_EXPORT(Sum);

namespace {

constexpr int64_t kMostTaps = 49, kMostElements = 1 << 16, kSlack = 32, kPlanesOfTask = 8;

// A padded image in memory of its own: zero where no element is put.
struct Image {
  PaddedImage view;
  Scratch memory;
  int64_t row, phase, phases;
  std::vector<int64_t> offsets;

  static int64_t elements(int64_t rows, int64_t columns, int64_t phases) {
    return rows * phases * ((columns + phases - 1) / phases + kSlack) + kSlack;
  }
  // Output of height × width, each at (y · down, x · across) of an image of rows × columns.
  Image(const Convolution& s, int64_t height, int64_t width, int64_t down, int64_t across) : phases(across) {
    const int64_t rows = (height - 1) * down + (s.kernel[0] - 1) * s.dilation[0] + 1,
                  columns = (width - 1) * across + (s.kernel[1] - 1) * s.dilation[1] + 1;
    phase = (columns + across - 1) / across + kSlack;
    row = across * phase;
    const int64_t count = elements(rows, columns, across);
    memory = Scratch(count * sizeof(float));
    std::fill_n(memory.as<float>(), count, 0.0f);
    for (int64_t ky = 0; ky < s.kernel[0]; ++ky)
      for (int64_t kx = 0; kx < s.kernel[1]; ++kx)
        offsets.push_back(ky * s.dilation[0] * row + kx * s.dilation[1] % across * phase + kx * s.dilation[1] / across);
    rows_ = rows, columns_ = columns;
    view = {memory.as<float>(), offsets.data(), static_cast<int64_t>(offsets.size()), down * row, height, width};
  }
  // Puts element (y, x) of a plane at (y · down + top, x · across + left); what falls outside stays out.
  void fill(const float* plane, int64_t height, int64_t width, int64_t down, int64_t across, int64_t top,
            int64_t left) {
    for (int64_t y = 0; y < height; ++y, plane += width) {
      const int64_t to_row = y * down + top;
      if (to_row < 0 || to_row >= rows_) continue;
      float* to = memory.as<float>() + to_row * row;
      int64_t begin = left < 0 ? (-left + across - 1) / across : 0;
      const int64_t end = std::min(width, (columns_ - left + across - 1) / across);
      if (phases == 1 && across == 1) {
        if (end > begin) std::copy_n(plane + begin, end - begin, to + begin + left);
      } else if (phases == 1) {
        for (int64_t x = begin; x < end; ++x) to[x * across + left] = plane[x];
      } else {
        for (int64_t p = 0; p < phases; ++p) {
          // Columns x with (x + left) mod phases = p.
          int64_t x = begin + ((p - begin - left) % phases + phases) % phases;
          float* line = to + p * phase + (x + left - p) / phases;
          for (; x < end; x += phases) *line++ = plane[x];
        }
      }
    }
  }

 private:
  int64_t rows_, columns_;
};

template <class Body>
void over_planes(const Convolution& s, int64_t planes, const Body& body) {
  const double work = double(s.output[0]) * s.output[1] * s.kernel[0] * s.kernel[1] * kPlanesOfTask;
  const int64_t tasks = (planes + kPlanesOfTask - 1) / kPlanesOfTask;
  parallel(tasks, work * tasks < (1 << 16) ? 1 : s.threads,
           [&](int64_t task) { body(task * kPlanesOfTask, std::min(planes, (task + 1) * kPlanesOfTask)); });
}

}  // namespace

float sum_in_lanes(const float* x, int64_t n) { return HWY_DYNAMIC_DISPATCH(Sum)(x, n); }

bool depthwise(const Convolution& s) {
  if (s.dtype != DType::float32 || s.spatial != 2 || s.groups == 1 || s.groups != s.in_channels ||
      s.groups != s.out_channels || s.kernel[0] * s.kernel[1] > kMostTaps)
    return false;
  if (s.source != Order::channels_first || s.destination != Order::channels_first) return false;
  const int64_t reach[2] = {(s.kernel[0] - 1) * s.dilation[0], (s.kernel[1] - 1) * s.dilation[1]};
  const int64_t rows = std::max(s.input[0], s.output[0] * s.stride[0]) + reach[0],
                columns = std::max(s.input[1], s.output[1] * s.stride[1]) + reach[1];
  return Image::elements(rows, columns, s.stride[1]) <= kMostElements;
}

void depthwise_forward(const Convolution& s, const float* source, const float* weights, const float* bias,
                       float* destination) {
  const int64_t in = s.input[0] * s.input[1], out = s.output[0] * s.output[1], taps = s.kernel[0] * s.kernel[1];
  over_planes(s, s.batch * s.groups, [&](int64_t begin, int64_t end) {
    Image image(s, s.output[0], s.output[1], s.stride[0], s.stride[1]);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t channel = i % s.groups;
      image.fill(source + i * in, s.input[0], s.input[1], 1, 1, s.padding[0], s.padding[1]);
      HWY_DYNAMIC_DISPATCH(Correlate)
      (image.view, weights + channel * taps, bias ? bias[channel] : 0.0f, destination + i * out);
    }
  });
}

// The gradient spread by the stride, with the kernel turned around.
void depthwise_backward_data(const Convolution& s, const float* gradient, const float* weights, float* source) {
  const int64_t in = s.input[0] * s.input[1], out = s.output[0] * s.output[1], taps = s.kernel[0] * s.kernel[1];
  over_planes(s, s.batch * s.groups, [&](int64_t begin, int64_t end) {
    Image image(s, s.input[0], s.input[1], 1, 1);
    float turned[kMostTaps];
    for (int64_t i = begin; i < end; ++i) {
      const float* w = weights + i % s.groups * taps;
      std::reverse_copy(w, w + taps, turned);
      image.fill(gradient + i * out, s.output[0], s.output[1], s.stride[0], s.stride[1],
                 (s.kernel[0] - 1) * s.dilation[0] - s.padding[0], (s.kernel[1] - 1) * s.dilation[1] - s.padding[1]);
      HWY_DYNAMIC_DISPATCH(Correlate)(image.view, turned, 0.0f, source + i * in);
    }
  });
}

void depthwise_backward_weights(const Convolution& s, const float* source, const float* gradient, float* weights,
                                float* bias) {
  const int64_t in = s.input[0] * s.input[1], out = s.output[0] * s.output[1], taps = s.kernel[0] * s.kernel[1];
  const int64_t each = taps + 1;  // and the sum for the bias
  Scratch partial(s.batch * s.groups * each * sizeof(float));
  float* sums = partial.as<float>();
  over_planes(s, s.batch * s.groups, [&](int64_t begin, int64_t end) {
    Image image(s, s.output[0], s.output[1], s.stride[0], s.stride[1]);
    for (int64_t i = begin; i < end; ++i) {
      image.fill(source + i * in, s.input[0], s.input[1], 1, 1, s.padding[0], s.padding[1]);
      HWY_DYNAMIC_DISPATCH(Dots)(image.view, gradient + i * out, sums + i * each);
      if (bias) sums[i * each + taps] = sum_in_lanes(gradient + i * out, out);
    }
  });
  for (int64_t c = 0; c < s.groups; ++c)
    for (int64_t t = 0; t < taps + (bias != nullptr); ++t) {
      float total = 0;
      for (int64_t n = 0; n < s.batch; ++n) total += sums[(n * s.groups + c) * each + t];
      (t < taps ? weights[c * taps + t] : bias[c]) = total;
    }
}

}  // namespace flambeau::libraries
#endif
