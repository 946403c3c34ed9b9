// Convolution as matrix products over unfolded blocks, for the types that oneDNN lacks. Work is cut by shape alone and
// no two pieces add to the same element, so bits do not depend on the number of threads.
#include <algorithm>
#include <complex>

#include "core/error.h"
#include "cpu/libraries/convolution.h"
#include "cpu/libraries/library.h"
#include "cpu/libraries/matmul.h"
#include "cpu/libraries/parallel.h"

namespace flambeau::libraries {
namespace {

// Shapes with the spatial dimensions padded to three in front, and strides of each tensor in elements.
struct Plan {
  int64_t batch, groups, in_channels, out_channels;  // channels of one group
  int64_t input[3], output[3], kernel[3], stride[3], dilation[3], padding[3];
  struct Strides {
    int64_t outer, channel, space[3];
  } source, weights, destination;
  int64_t taps, positions;  // elements of a kernel and of an output plane

  explicit Plan(const Convolution& s)
      : batch(s.batch),
        groups(s.groups),
        in_channels(s.in_channels / s.groups),
        out_channels(s.out_channels / s.groups) {
    for (int i = 0; i < 3; i++) {
      const int from = i - (3 - s.spatial);
      const bool used = from >= 0;
      input[i] = used ? s.input[from] : 1;
      output[i] = used ? s.output[from] : 1;
      kernel[i] = used ? s.kernel[from] : 1;
      stride[i] = used ? s.stride[from] : 1;
      dilation[i] = used ? s.dilation[from] : 1;
      padding[i] = used ? s.padding[from] : 0;
    }
    source = strides(s.in_channels, input, s.source);
    weights = strides(in_channels, kernel, s.weights);
    destination = strides(s.out_channels, output, s.destination);
    taps = kernel[0] * kernel[1] * kernel[2];
    positions = output[0] * output[1] * output[2];
  }
  static Strides strides(int64_t channels, const int64_t* space, Order order) {
    const int64_t volume = space[0] * space[1] * space[2];
    const int64_t step = order == Order::channels_last ? channels : 1;
    return {channels * volume,
            order == Order::channels_last ? 1 : volume,
            {space[1] * space[2] * step, space[2] * step, step}};
  }
  // Step from one output position to the next in the destination: positions are evenly spaced in both orders.
  int64_t position_step() const { return destination.space[2]; }
};

// Visits the elements of the unfolded block: rows are (channel, tap), columns are output positions [begin, end).
// visit(offset in the source or -1 in the padding, element of the block).
template <class Visit>
void unfold(const Plan& p, int64_t channel_begin, int64_t channels, int64_t begin, int64_t end, const Visit& visit) {
  const int64_t width = end - begin;
  for (int64_t channel = 0; channel < channels; channel++) {
    const int64_t base = (channel_begin + channel) * p.source.channel;
    for (int64_t tap = 0; tap < p.taps; tap++) {
      const int64_t kz = tap / (p.kernel[1] * p.kernel[2]), ky = tap / p.kernel[2] % p.kernel[1],
                    kx = tap % p.kernel[2];
      int64_t element = (channel * p.taps + tap) * width;
      int64_t x = begin % p.output[2], y = begin / p.output[2] % p.output[1], z = begin / (p.output[2] * p.output[1]);
      for (int64_t done = 0; done < width;) {
        const int64_t run = std::min(p.output[2] - x, width - done);
        const int64_t iz = z * p.stride[0] - p.padding[0] + kz * p.dilation[0];
        const int64_t iy = y * p.stride[1] - p.padding[1] + ky * p.dilation[1];
        const bool row = iz >= 0 && iz < p.input[0] && iy >= 0 && iy < p.input[1];
        const int64_t line = base + iz * p.source.space[0] + iy * p.source.space[1];
        int64_t ix = x * p.stride[2] - p.padding[2] + kx * p.dilation[2];
        for (int64_t i = 0; i < run; i++, ix += p.stride[2], element++) {
          visit(row && ix >= 0 && ix < p.input[2] ? line + ix * p.source.space[2] : -1, element);
        }
        done += run;
        x = 0;
        if (++y == p.output[1]) {
          y = 0;
          z++;
        }
      }
    }
  }
}

// A weights matrix with rows (channel, tap) needs one stride over both; other orders are copied to (O, I, taps) first.
template <class T>
struct PlainWeights {
  const T* data;
  Scratch copy;
  PlainWeights(const Plan& p, const T* given) : data(given) {
    if (p.weights.channel == p.taps || p.in_channels == 1 || p.taps == 1) return;
    copy = Scratch(p.groups * p.out_channels * p.in_channels * p.taps * sizeof(T));
    T* to = copy.as<T>();
    data = to;
    for (int64_t o = 0; o < p.groups * p.out_channels; o++)
      for (int64_t i = 0; i < p.in_channels; i++)
        for (int64_t tap = 0; tap < p.taps; tap++)
          *to++ = given[o * p.weights.outer + i * p.weights.channel + tap * p.weights.space[2]];
  }
};

template <class T>
void multiply(DType dtype, int64_t m, int64_t n, int64_t k, const T* a, int64_t a_row, int64_t a_column, const T* b,
              int64_t b_row, int64_t b_column, T* c, int64_t c_row, int64_t c_column, bool accumulate) {
  Matmul call{dtype, m, n, k, a, a_row, a_column, b, b_row, b_column, c, c_row, c_column};
  call.beta = accumulate ? 1 : 0;
  matmul(call);
}

constexpr int64_t kBlockElements = 1 << 15;  // of an unfolded block: stays in the second-level cache

int64_t block_width(int64_t rows, int64_t positions) {
  return std::min(positions, std::max<int64_t>(32, kBlockElements / std::max<int64_t>(1, rows)));
}

template <class T>
void forward(const Convolution& s, const T* source, const T* given, const T* bias, T* destination) {
  const Plan p(s);
  const PlainWeights<T> weights(p, given);
  const int64_t rows = p.in_channels * p.taps, width = block_width(rows, p.positions);
  const int64_t blocks = p.positions ? (p.positions + width - 1) / width : 0;
  parallel(p.batch * p.groups * blocks, s.threads, [&](int64_t index) {
    const int64_t block = index % blocks, group = index / blocks % p.groups, n = index / blocks / p.groups;
    const int64_t begin = block * width, end = std::min(p.positions, begin + width), step = p.position_step();
    const T* image = source + n * p.source.outer;
    T* result = destination + n * p.destination.outer + group * p.out_channels * p.destination.channel + begin * step;
    if (bias) {
      for (int64_t o = 0; o < p.out_channels; o++)
        for (int64_t i = 0; i < end - begin; i++)
          result[o * p.destination.channel + i * step] = bias[group * p.out_channels + o];
    }
    Scratch unfolded(rows * (end - begin) * sizeof(T));
    T* columns = unfolded.as<T>();
    unfold(p, group * p.in_channels, p.in_channels, begin, end,
           [&](int64_t offset, int64_t element) { columns[element] = offset < 0 ? T(0) : image[offset]; });
    multiply<T>(s.dtype, p.out_channels, end - begin, rows, weights.data + group * p.out_channels * rows, rows, 1,
                columns, end - begin, 1, result, p.destination.channel, step, bias != nullptr);
  });
}

template <class T>
void backward_data(const Convolution& s, const T* gradient, const T* given, T* source) {
  const Plan p(s);
  const PlainWeights<T> weights(p, given);
  const int64_t rows = p.in_channels * p.taps;
  // A piece owns some input channels of one image, so that overlapping positions add up in one place.
  const int64_t channels = std::min<int64_t>(p.in_channels, std::max<int64_t>(1, 64 / p.taps));
  const int64_t shares = p.in_channels ? (p.in_channels + channels - 1) / channels : 0;
  parallel(p.batch * p.groups * shares, s.threads, [&](int64_t index) {
    const int64_t first = index % shares * channels, group = index / shares % p.groups, n = index / shares / p.groups;
    const int64_t count = std::min(channels, p.in_channels - first), step = p.position_step();
    const int64_t channel = group * p.in_channels + first;
    T* image = source + n * p.source.outer;
    for (int64_t c = 0; c < count; c++)
      for (int64_t i = 0; i < p.input[0] * p.input[1] * p.input[2]; i++)
        image[(channel + c) * p.source.channel + i * p.source.space[2]] = T(0);
    const int64_t width = block_width(count * p.taps, p.positions);
    Scratch unfolded(count * p.taps * width * sizeof(T));
    T* columns = unfolded.as<T>();
    for (int64_t begin = 0; begin < p.positions; begin += width) {
      const int64_t end = std::min(p.positions, begin + width);
      const T* dy = gradient + n * p.destination.outer + group * p.out_channels * p.destination.channel + begin * step;
      multiply<T>(s.dtype, count * p.taps, end - begin, p.out_channels,
                  weights.data + group * p.out_channels * rows + first * p.taps, 1, rows, dy, p.destination.channel,
                  step, columns, end - begin, 1, false);
      unfold(p, channel, count, begin, end, [&](int64_t offset, int64_t element) {
        if (offset >= 0) image[offset] += columns[element];
      });
    }
  });
}

template <class T>
void backward_weights(const Convolution& s, const T* source, const T* gradient, T* weights, T* bias) {
  const Plan p(s);
  const int64_t rows = p.in_channels * p.taps, step = p.position_step();
  const int64_t channels = std::min<int64_t>(p.in_channels, std::max<int64_t>(1, 64 / p.taps));
  const int64_t shares = p.in_channels ? (p.in_channels + channels - 1) / channels : 0;
  Scratch plain(p.groups * p.out_channels * rows * sizeof(T));
  parallel(p.groups * shares, s.threads, [&](int64_t index) {
    const int64_t first = index % shares * channels, group = index / shares;
    const int64_t count = std::min(channels, p.in_channels - first);
    T* dw = plain.as<T>() + group * p.out_channels * rows + first * p.taps;
    for (int64_t o = 0; o < p.out_channels; o++) std::fill_n(dw + o * rows, count * p.taps, T(0));
    const int64_t width = block_width(count * p.taps, p.positions);
    Scratch unfolded(count * p.taps * width * sizeof(T));
    T* columns = unfolded.as<T>();
    for (int64_t n = 0; n < p.batch; n++) {
      const T* image = source + n * p.source.outer;
      for (int64_t begin = 0; begin < p.positions; begin += width) {
        const int64_t end = std::min(p.positions, begin + width);
        const T* dy =
            gradient + n * p.destination.outer + group * p.out_channels * p.destination.channel + begin * step;
        unfold(p, group * p.in_channels + first, count, begin, end,
               [&](int64_t offset, int64_t element) { columns[element] = offset < 0 ? T(0) : image[offset]; });
        multiply<T>(s.dtype, p.out_channels, count * p.taps, end - begin, dy, p.destination.channel, step, columns, 1,
                    end - begin, dw, rows, 1, true);
      }
    }
  });
  for (int64_t o = 0; o < p.groups * p.out_channels; o++)
    for (int64_t i = 0; i < p.in_channels; i++)
      for (int64_t tap = 0; tap < p.taps; tap++)
        weights[o * p.weights.outer + i * p.weights.channel + tap * p.weights.space[2]] =
            plain.as<T>()[o * rows + i * p.taps + tap];
  if (!bias) return;
  parallel(p.groups * p.out_channels, s.threads, [&](int64_t o) {
    T total(0);
    for (int64_t n = 0; n < p.batch; n++) {
      const T* dy = gradient + n * p.destination.outer + o * p.destination.channel;
      T plane(0);
      for (int64_t i = 0; i < p.positions; i++) plane += dy[i * step];
      total += plane;
    }
    bias[o] = total;
  });
}

template <class Body>
void with_type(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::float32: return body(float{});
    case DType::float64: return body(double{});
    case DType::complex64: return body(std::complex<float>{});
    case DType::complex128: return body(std::complex<double>{});
    default: raise(ErrorKind::NotImplemented, "convolution: not implemented for ", name(dtype));
  }
}

}  // namespace

void convolution_direct_forward(const Convolution& s, const void* source, const void* weights, const void* bias,
                                void* destination) {
  with_type(s.dtype, [&]<class T>(T) {
    forward<T>(s, static_cast<const T*>(source), static_cast<const T*>(weights), static_cast<const T*>(bias),
               static_cast<T*>(destination));
  });
}
void convolution_direct_backward_data(const Convolution& s, const void* gradient, const void* weights, void* source) {
  with_type(s.dtype, [&]<class T>(T) {
    backward_data<T>(s, static_cast<const T*>(gradient), static_cast<const T*>(weights), static_cast<T*>(source));
  });
}
void convolution_direct_backward_weights(const Convolution& s, const void* source, const void* gradient, void* weights,
                                         void* bias) {
  with_type(s.dtype, [&]<class T>(T) {
    backward_weights<T>(s, static_cast<const T*>(source), static_cast<const T*>(gradient), static_cast<T*>(weights),
                        static_cast<T*>(bias));
  });
}

}  // namespace flambeau::libraries
