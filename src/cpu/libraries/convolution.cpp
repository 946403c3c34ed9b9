// Convolution by oneDNN: descriptions, the deterministic cut of weight gradients, narrow types without a native path.
#include "cpu/libraries/convolution.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "cpu/libraries/convert.h"
#include "cpu/libraries/depthwise.h"
#include "cpu/libraries/library.h"
#include "cpu/libraries/onednn.h"
#include "cpu/libraries/parallel.h"

namespace flambeau::libraries {
namespace {

int64_t product(const int64_t* sizes, int count) {
  int64_t result = 1;
  for (int i = 0; i < count; i++) result *= sizes[i];
  return result;
}
int64_t source_numel(const Convolution& s) { return s.batch * s.in_channels * product(s.input, s.spatial); }
int64_t destination_numel(const Convolution& s) { return s.batch * s.out_channels * product(s.output, s.spatial); }
int64_t weights_numel(const Convolution& s) {
  return s.out_channels * (s.in_channels / s.groups) * product(s.kernel, s.spatial);
}

void validate(const Convolution& s) {
  check(s.spatial >= 1 && s.spatial <= 3, ErrorKind::NotImplemented, "convolution: ", s.spatial,
        " spatial dimensions; 1 to 3 are supported");
  check(s.groups > 0 && s.in_channels % s.groups == 0 && s.out_channels % s.groups == 0, ErrorKind::Runtime,
        "convolution: ", s.in_channels, " input and ", s.out_channels, " output channels do not divide into ", s.groups,
        " groups");
  for (int i = 0; i < s.spatial; i++) {
    check(s.stride[i] > 0 && s.dilation[i] > 0 && s.kernel[i] > 0 && s.padding[i] >= 0, ErrorKind::Runtime,
          "convolution: stride ", s.stride[i], ", dilation ", s.dilation[i], ", kernel ", s.kernel[i], ", padding ",
          s.padding[i], " in spatial dimension ", i);
  }
}

// Threads worth waking for a call: one for about every 2 million multiplications.
int worthwhile_threads(const Convolution& s) {
  if (omp_in_parallel()) return 1;
  const double work = double(destination_numel(s)) * (weights_numel(s) / std::max<int64_t>(1, s.out_channels));
  return std::max(1, static_cast<int>(std::min<double>(s.threads, work / (1 << 21))));
}

onednn::Convolution describe(const Convolution& s, onednn::Pass pass, DType dtype, bool with_bias) {
  onednn::Convolution d{};
  d.pass = pass;
  d.type = onednn_type(dtype);
  d.spatial = s.spatial;
  d.threads = worthwhile_threads(s);
  d.with_bias = with_bias;
  d.source_last = s.source == Order::channels_last;
  d.weights_last = s.weights == Order::channels_last;
  d.destination_last = s.destination == Order::channels_last;
  d.batch = s.batch;
  d.groups = s.groups;
  d.in_channels = s.in_channels;
  d.out_channels = s.out_channels;
  for (int i = 0; i < 3; i++) d.input[i] = d.output[i] = d.kernel[i] = d.stride[i] = d.dilation[i] = 1;
  for (int i = 0; i < s.spatial; i++) {
    const int to = 3 - s.spatial + i;
    d.input[to] = s.input[i];
    d.output[to] = s.output[i];
    d.kernel[to] = s.kernel[i];
    d.stride[to] = s.stride[i];
    d.dilation[to] = s.dilation[i];
    d.padding_begin[to] = s.padding[i];
    // Elements that the last position reaches beyond the input; negative where a stride leaves some unread.
    d.padding_end[to] =
        (s.output[i] - 1) * s.stride[i] + (s.kernel[i] - 1) * s.dilation[i] + 1 - s.input[i] - s.padding[i];
  }
  return d;
}

bool native(DType dtype) {
  if (dtype == DType::float32) return true;
  const auto& table = onednn_table();
  return dtype == DType::bfloat16 ? table.native_bfloat16 : table.native_float16;
}
bool narrow_type(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }
bool by_library(DType dtype) { return dtype == DType::float32 || narrow_type(dtype); }

// Weight gradients: the batch is cut into at most this many parts, by shape alone, one single-threaded call each, and
// the parts are added pairwise.
constexpr int64_t kParts = 8;

Scratch widened(DType dtype, const void* data, int64_t count) {
  Scratch result(count * sizeof(float));
  if (data) widen(dtype, data, result.as<float>(), count);
  return result;
}

void add(float* to, const float* from, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

}  // namespace

int64_t convolution_output(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t padding_begin,
                           int64_t padding_end) {
  return (input + padding_begin + padding_end - dilation * (kernel - 1) - 1) / stride + 1;
}

bool order_of(int dims, const int64_t* sizes, const int64_t* strides, Order& order, Order prefer) {
  auto fits = [&](Order candidate) {
    int64_t step = 1;
    auto next = [&](int d) {
      const bool good = sizes[d] == 1 || strides[d] == step;
      step *= sizes[d];
      return good;
    };
    if (candidate == Order::channels_last && !next(1)) return false;
    for (int d = dims - 1; d >= 0; d--) {
      if (candidate == Order::channels_last && d == 1) continue;
      if (!next(d)) return false;
    }
    return true;
  };
  const Order other = prefer == Order::channels_first ? Order::channels_last : Order::channels_first;
  for (Order candidate : {prefer, other}) {
    if (fits(candidate)) {
      order = candidate;
      return true;
    }
  }
  return false;
}

PackedWeights::~PackedWeights() { onednn_table().release_weights(data_); }

std::shared_ptr<PackedWeights> pack_weights(const Convolution& s, const void* weights) {
  if (!by_library(s.dtype) || !native(s.dtype) || source_numel(s) == 0 || destination_numel(s) == 0) return nullptr;
  void* packed = nullptr;
  check_onednn("convolution",
               onednn_table().pack_weights(describe(s, onednn::Pass::forward, s.dtype, false), weights, &packed));
  return std::make_shared<PackedWeights>(packed);
}

void convolution_forward(const Convolution& s, const void* source, const void* weights, const void* bias,
                         void* destination, const PackedWeights* packed) {
  validate(s);
  if (!by_library(s.dtype)) return convolution_direct_forward(s, source, weights, bias, destination);
  if (destination_numel(s) == 0) return;
  check(source_numel(s) > 0 && weights_numel(s) > 0, ErrorKind::Runtime, "convolution: the input has no elements");
  if (auto run = depthwise(s) ? depthwise_forward : pointwise(s) ? pointwise_forward : nullptr)
    return run(s, static_cast<const float*>(source), static_cast<const float*>(weights),
               static_cast<const float*>(bias), static_cast<float*>(destination));
  if (!native(s.dtype)) {
    Convolution wide = s;
    wide.dtype = DType::float32;
    Scratch x = widened(s.dtype, source, source_numel(s)), w = widened(s.dtype, weights, weights_numel(s));
    Scratch b = widened(s.dtype, bias, bias ? s.out_channels : 0), y(destination_numel(s) * sizeof(float));
    convolution_forward(wide, x.data(), w.data(), bias ? b.data() : nullptr, y.data());
    return narrow(s.dtype, y.as<float>(), destination, destination_numel(s));
  }
  onednn::ConvolutionData data{const_cast<void*>(source), const_cast<void*>(weights), const_cast<void*>(bias),
                               destination, packed ? packed->data() : nullptr};
  check_onednn("convolution", onednn_table().convolution(describe(s, onednn::Pass::forward, s.dtype, bias), data));
}

void convolution_backward_data(const Convolution& s, const void* gradient, const void* weights, void* source) {
  validate(s);
  if (!by_library(s.dtype)) return convolution_direct_backward_data(s, gradient, weights, source);
  if (source_numel(s) == 0) return;
  if (destination_numel(s) == 0 || weights_numel(s) == 0) {
    std::fill_n(static_cast<char*>(source), source_numel(s) * itemsize(s.dtype), 0);
    return;
  }
  if (auto run = depthwise(s) ? depthwise_backward_data : pointwise(s) ? pointwise_backward_data : nullptr)
    return run(s, static_cast<const float*>(gradient), static_cast<const float*>(weights), static_cast<float*>(source));
  if (!native(s.dtype)) {
    Convolution wide = s;
    wide.dtype = DType::float32;
    Scratch dy = widened(s.dtype, gradient, destination_numel(s)), w = widened(s.dtype, weights, weights_numel(s));
    Scratch dx(source_numel(s) * sizeof(float));
    convolution_backward_data(wide, dy.data(), w.data(), dx.data());
    return narrow(s.dtype, dx.as<float>(), source, source_numel(s));
  }
  onednn::ConvolutionData data{source, const_cast<void*>(weights), nullptr, const_cast<void*>(gradient), nullptr};
  check_onednn("convolution_backward",
               onednn_table().convolution(describe(s, onednn::Pass::backward_data, s.dtype, false), data));
}

void convolution_backward_weights(const Convolution& s, const void* source, const void* gradient, void* weights,
                                  void* bias) {
  validate(s);
  if (!by_library(s.dtype)) return convolution_direct_backward_weights(s, source, gradient, weights, bias);
  const int64_t count = weights_numel(s);
  if (source_numel(s) == 0 || destination_numel(s) == 0) {
    std::fill_n(static_cast<char*>(weights), count * itemsize(s.dtype), 0);
    if (bias) std::fill_n(static_cast<char*>(bias), s.out_channels * itemsize(s.dtype), 0);
    return;
  }
  if (auto run = depthwise(s) ? depthwise_backward_weights : pointwise(s) ? pointwise_backward_weights : nullptr)
    return run(s, static_cast<const float*>(source), static_cast<const float*>(gradient), static_cast<float*>(weights),
               static_cast<float*>(bias));
  // Partial sums are kept in float, so a narrow type is widened as a whole when its batch is cut.
  const int64_t parts = s.deterministic ? std::min(s.batch, kParts) : 1;
  if (narrow_type(s.dtype) && (!native(s.dtype) || parts > 1)) {
    Convolution wide = s;
    wide.dtype = DType::float32;
    Scratch x = widened(s.dtype, source, source_numel(s)), dy = widened(s.dtype, gradient, destination_numel(s));
    Scratch dw(count * sizeof(float)), db(bias ? s.out_channels * sizeof(float) : 0);
    convolution_backward_weights(wide, x.data(), dy.data(), dw.data(), bias ? db.data() : nullptr);
    narrow(s.dtype, dw.as<float>(), weights, count);
    if (bias) narrow(s.dtype, db.as<float>(), bias, s.out_channels);
    return;
  }
  auto run = [&](const Convolution& shape, const void* x, const void* dy, void* dw, void* db) {
    onednn::ConvolutionData data{const_cast<void*>(x), dw, db, const_cast<void*>(dy), nullptr};
    check_onednn("convolution_backward",
                 onednn_table().convolution(describe(shape, onednn::Pass::backward_weights, s.dtype, db), data));
  };
  if (!s.deterministic) return run(s, source, gradient, weights, bias);
  Convolution one = s;
  one.threads = 1;
  if (parts == 1) return run(one, source, gradient, weights, bias);
  const int64_t extra = count + (bias ? s.out_channels : 0);
  const int64_t x_step = source_numel(s) / s.batch, y_step = destination_numel(s) / s.batch;
  Scratch partial((parts - 1) * extra * sizeof(float));
  auto part_of = [&](int64_t i) { return partial.as<float>() + (i - 1) * extra; };
  parallel(parts, worthwhile_threads(s), [&](int64_t i) {
    const int64_t begin = s.batch * i / parts, end = s.batch * (i + 1) / parts;
    Convolution share = one;
    share.batch = end - begin;
    float* dw = i == 0 ? static_cast<float*>(weights) : part_of(i);
    float* db = !bias ? nullptr : i == 0 ? static_cast<float*>(bias) : part_of(i) + count;
    run(share, static_cast<const float*>(source) + begin * x_step, static_cast<const float*>(gradient) + begin * y_step,
        dw, db);
  });
  auto sum = [&](float* first, int64_t offset, int64_t size) {
    constexpr int64_t kBlock = 4096;
    parallel((size + kBlock - 1) / kBlock, size < 1 << 15 ? 1 : s.threads, [&](int64_t block) {
      const int64_t begin = block * kBlock, length = std::min(kBlock, size - begin);
      auto at = [&](int64_t i) { return (i == 0 ? first : part_of(i) + offset) + begin; };
      for (int64_t step = 1; step < parts; step *= 2)
        for (int64_t i = 0; i + step < parts; i += 2 * step) add(at(i), at(i + step), length);
    });
  };
  sum(static_cast<float*>(weights), 0, count);
  if (bias) sum(static_cast<float*>(bias), count, s.out_channels);
}

}  // namespace flambeau::libraries
