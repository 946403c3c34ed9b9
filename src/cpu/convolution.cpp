// Convolution of tensors, see convolution.h.
#include "cpu/convolution.h"

#include <algorithm>

#include "core/saturating.h"
#include "loops/copy.h"
#include "loops/parallel.h"

namespace flambeau {

namespace {

Dims repeated(const char* op, const char* what, IntSpan given, int64_t count, int64_t least) {
  check(given.size() == 1 || static_cast<int64_t>(given.size()) == count, ErrorKind::Runtime, op, ": expected ", what,
        " to be a single integer value or a list of ", count, " values to match the convolution dimensions, but got ",
        what, "=", list_text(given));
  Dims all;
  for (int64_t i = 0; i < count; ++i) {
    int64_t v = given[given.size() == 1 ? 0 : i];
    check(v >= least, ErrorKind::Runtime, op, ": ", least ? "non-positive " : "negative ", what,
          " is not supported, got ", list_text(given));
    all.push_back(v);
  }
  return all;
}

// The tensor in an order that the library takes: its own when it is one of the two, else a row-major copy.
Tensor ordered(const Tensor& t, libraries::Order& order, libraries::Order prefer) {
  if (libraries::order_of(static_cast<int>(t.dim()), t.sizes().data(), t.strides().data(), order, prefer)) return t;
  order = libraries::Order::channels_first;
  return as_contiguous(t);
}

// The library's view of the call. For a transposed convolution source and destination have changed places.
libraries::Convolution described(const ConvolutionArguments& a, const Tensor& source, const Tensor& weight,
                                 const Tensor& destination) {
  libraries::Convolution s;
  s.dtype = source.dtype();
  s.spatial = static_cast<int>(source.dim()) - 2;
  s.batch = source.size(0);
  s.groups = a.groups;
  s.in_channels = source.size(1);
  s.out_channels = destination.size(1);
  for (int i = 0; i < s.spatial; ++i) {
    s.input[i] = source.size(i + 2);
    s.output[i] = destination.size(i + 2);
    s.kernel[i] = weight.size(i + 2);
    s.stride[i] = a.stride[i];
    s.dilation[i] = a.dilation[i];
    s.padding[i] = a.padding[i];
  }
  return s;
}

bool small(const Tensor& out, const Tensor& weight) {
  return static_cast<double>(out.numel()) * static_cast<double>(weight.numel()) /
             static_cast<double>(std::max<int64_t>(1, weight.size(0))) <
         (1 << 16);
}

// Runs with as many threads as are free, or on this one where the work is small.
template <class Body>
void with_threads(libraries::Convolution& s, bool alone, Body&& body) {
  if (alone) return body();
  LibraryThreads threads;
  s.threads = threads.count();
  body();
}

bool is_integer(const Tensor& t) { return is_integral(t.dtype(), true); }

// Integers: straight from the definition, in wrapping arithmetic.
template <class T>
void integer_forward(const ConvolutionArguments& a, const Tensor& x, const Tensor& w, const Tensor& bias,
                     const Tensor& y) {
  const int spatial = static_cast<int>(x.dim()) - 2;
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1},
          padding[3] = {0, 0, 0};
  for (int i = 0; i < spatial; ++i) {
    int to = 3 - spatial + i;
    in[to] = x.size(i + 2), out[to] = y.size(i + 2), kernel[to] = w.size(i + 2);
    stride[to] = a.stride[i], dilation[to] = a.dilation[i], padding[to] = a.padding[i];
  }
  const int64_t channels = y.size(1), per_group = x.size(1) / a.groups, out_per_group = channels / a.groups;
  const int64_t in_plane = in[0] * in[1] * in[2], out_plane = out[0] * out[1] * out[2],
                taps = kernel[0] * kernel[1] * kernel[2];
  const T *px = x.data<T>(), *pw = w.data<T>(), *pb = bias.defined() ? bias.data<T>() : nullptr;
  T* py = y.data<T>();
  parallel_tasks(y.size(0) * channels, [&](int64_t task) {
    const int64_t n = task / channels, o = task % channels, first = o / out_per_group * per_group;
    T* to = py + task * out_plane;
    for (int64_t at = 0; at < out_plane; ++at) {
      const int64_t od = at / (out[1] * out[2]), oh = at / out[2] % out[1], ow = at % out[2];
      uint64_t sum = pb ? static_cast<uint64_t>(pb[o]) : 0;
      for (int64_t c = 0; c < per_group; ++c) {
        const T* plane = px + (n * x.size(1) + first + c) * in_plane;
        const T* weights =
            pw + (a.transposed ? (first + c) * out_per_group + o % out_per_group : o * per_group + c) * taps;
        for (int64_t t = 0; t < taps; ++t) {
          const int64_t tap[3] = {t / (kernel[1] * kernel[2]), t / kernel[2] % kernel[1], t % kernel[2]},
                        position[3] = {od, oh, ow};
          int64_t from = 0;
          bool inside = true;
          for (int i = 0; i < 3 && inside; ++i) {
            int64_t at;
            if (a.transposed) {
              at = position[i] + padding[i] - tap[i] * dilation[i];
              inside = at % stride[i] == 0;
              at /= stride[i];
            } else {
              at = position[i] * stride[i] - padding[i] + tap[i] * dilation[i];
            }
            inside = inside && at >= 0 && at < in[i];
            from = from * in[i] + at;
          }
          if (inside) sum += static_cast<uint64_t>(plane[from]) * static_cast<uint64_t>(weights[t]);
        }
      }
      to[at] = static_cast<T>(sum);
    }
  });
}

void integer_convolve(const ConvolutionArguments& a, const Tensor& input, const Tensor& weight, const Tensor& bias,
                      const Tensor& out) {
  Tensor x = as_contiguous(input), w = as_contiguous(weight), b = bias.defined() ? as_contiguous(bias) : bias;
  Tensor y = out.is_contiguous() ? out : empty(out.sizes(), out.dtype());
  switch (input.dtype()) {
    case DType::uint8: integer_forward<uint8_t>(a, x, w, b, y); break;
    case DType::int8: integer_forward<int8_t>(a, x, w, b, y); break;
    case DType::int16: integer_forward<int16_t>(a, x, w, b, y); break;
    case DType::int32: integer_forward<int32_t>(a, x, w, b, y); break;
    case DType::int64: integer_forward<int64_t>(a, x, w, b, y); break;
    default:
      raise(ErrorKind::NotImplemented, "convolution: not implemented for ", name(input.dtype()), "; cast to float32");
  }
  if (!y.is(out)) copy_elements(out, y);
}

// Adds a bias over dimension 1.
void add_bias(const Tensor& out, const Tensor& bias) {
  Layout layout = bias.layout();
  for (int64_t d = 2; d < out.dim(); ++d) layout = layout.unsqueezed(1);
  Tensor repeated = alias(bias, layout.expanded(out.sizes()));
  Tensor sum = empty_strided(Dims(out.sizes()), Dims(out.strides()), out.dtype());
  copy_elements(sum, repeated);
  const int64_t n = out.numel();
  auto add = [&](auto zero) {
    using T = decltype(zero);
    T* to = out.data<T>();
    const T* from = sum.data<T>();
    parallel_for(n, 1 << 15, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] += from[i];
    });
  };
  switch (out.dtype()) {
    case DType::float32: return add(0.0f);
    case DType::float64: return add(0.0);
    case DType::complex64: return add(std::complex<float>());
    case DType::complex128: return add(std::complex<double>());
    default: {
      Tensor wide = cast(out, DType::float32), more = cast(sum, DType::float32);
      float* to = wide.data<float>();
      const float* from = more.data<float>();
      for (int64_t i = 0; i < n; ++i) to[i] += from[i];
      copy_elements(out, wide);
    }
  }
}

// The sum of a gradient over all dimensions but the channels.
void sum_channels(const Tensor& grad, const Tensor& out) {
  Tensor g = grad;
  const int64_t batch = g.size(0), channels = g.size(1);
  libraries::Order order;
  g = ordered(g, order, libraries::Order::channels_first);
  const int64_t plane = batch > 0 && channels > 0 ? g.numel() / (batch * channels) : 0;
  auto sum = [&](auto zero, auto read) {
    using T = decltype(zero);
    using S = decltype(read(T()));
    Tensor parts = empty(Dims{std::max<int64_t>(batch, 1), channels}, sizeof(S) == 4          ? DType::float32
                                                                      : is_complex(g.dtype()) ? to_complex(g.dtype())
                                                                                              : DType::float64);
    S* to = static_cast<S*>(parts.data());
    const T* from = g.data<T>();
    parallel_tasks(batch, [&](int64_t n) {
      S* row = to + n * channels;
      const T* x = from + n * channels * plane;
      if (order == libraries::Order::channels_first) {
        for (int64_t c = 0; c < channels; ++c) {
          S lanes[8] = {};
          const T* line = x + c * plane;
          int64_t i = 0;
          for (; i + 8 <= plane; i += 8)
            for (int k = 0; k < 8; ++k) lanes[k] += read(line[i + k]);
          for (; i < plane; ++i) lanes[0] += read(line[i]);
          row[c] = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        }
      } else {
        std::fill_n(row, channels, S());
        for (int64_t i = 0; i < plane; ++i)
          for (int64_t c = 0; c < channels; ++c) row[c] += read(x[i * channels + c]);
      }
    });
    if (batch == 0) std::fill_n(to, channels, S());
    for (int64_t n = 1; n < batch; ++n)
      for (int64_t c = 0; c < channels; ++c) to[c] += to[n * channels + c];
    copy_elements(out, alias(parts, Layout(Dims{channels})));
  };
  switch (g.dtype()) {
    case DType::float32: return sum(0.0f, [](float v) { return v; });
    case DType::float64: return sum(0.0, [](double v) { return v; });
    case DType::complex64: return sum(std::complex<float>(), [](std::complex<float> v) { return v; });
    case DType::complex128: return sum(std::complex<double>(), [](std::complex<double> v) { return v; });
    default: return sum_channels(cast(g, g.is_complex() ? DType::complex64 : DType::float32), out);
  }
}

}  // namespace

ConvolutionArguments::ConvolutionArguments(const char* op, const Tensor& input, const Tensor& weight, IntSpan s,
                                           IntSpan p, IntSpan d, bool t, IntSpan op_, int64_t g)
    : transposed(t), groups(g) {
  const int64_t spatial = weight.dim() - 2;
  check(spatial >= 1 && spatial <= 3, ErrorKind::Runtime, op, ": weight must have 3 to 5 dimensions, got ",
        describe(weight));
  check(input.dim() == weight.dim(), ErrorKind::Runtime, op, ": Expected ", weight.dim(), "D input for weight ",
        list_text(weight.sizes()), ", but got input of size ", list_text(input.sizes()));
  check(g > 0, ErrorKind::Runtime, op, ": non-positive groups is not supported, got ", g);
  stride = repeated(op, "stride", s, spatial, 1);
  padding = repeated(op, "padding", p, spatial, 0);
  dilation = repeated(op, "dilation", d, spatial, 1);
  output_padding = t ? repeated(op, "output_padding", op_, spatial, 0) : Dims(static_cast<size_t>(spatial), 0);
}

int64_t ConvolutionArguments::spread_kernel(size_t i, IntSpan weight) const {
  return sat_add(sat_mul(dilation[i], weight[i + 2] - 1), 1);
}

Dims ConvolutionArguments::output_sizes(IntSpan input, IntSpan weight) const {
  Dims out{input[0], transposed ? sat_mul(weight[1], groups) : weight[0]};
  for (size_t i = 0; i + 2 < input.size(); ++i) {
    const int64_t kernel = spread_kernel(i, weight), both = sat_mul(2, padding[i]);
    out.push_back(transposed
                      ? sat_add(sat_sub(sat_mul(input[i + 2] - 1, stride[i]), both), sat_add(kernel, output_padding[i]))
                      : sat_sub(sat_add(input[i + 2], both), kernel) / stride[i] + 1);
  }
  return out;
}

void check_convolution(const char* op, const ConvolutionArguments& a, const Tensor& input, const Tensor& weight,
                       IntSpan bias, bool has_bias) {
  check(input.dtype() == weight.dtype(), ErrorKind::Runtime, op, ": Input type (", name(input.dtype()),
        ") and weight type (", name(weight.dtype()), ") should be the same");
  const int64_t wanted = a.transposed ? weight.size(0) : sat_mul(weight.size(1), a.groups);
  check(input.size(1) == wanted, ErrorKind::Runtime, op, ": Given ",
        a.transposed ? "transposed=1" : "groups=" + std::to_string(a.groups), ", weight of size ",
        list_text(weight.sizes()), ", expected input", list_text(input.sizes()), " to have ", wanted,
        " channels, but got ", input.size(1), " channels instead");
  check(weight.size(0) % a.groups == 0, ErrorKind::Runtime, op, ": Given groups=", a.groups,
        ", expected weight to be divisible by ", a.groups, " at dimension 0, but got weight of size ",
        list_text(weight.sizes()), " instead");
  const int64_t channels = a.transposed ? sat_mul(weight.size(1), a.groups) : weight.size(0);
  check(!has_bias || (bias.size() == 1 && bias[0] == channels), ErrorKind::Runtime, op, ": Given weight of size ",
        list_text(weight.sizes()), ", expected bias to be 1-dimensional with ", channels,
        " elements, but got bias of size ", list_text(bias), " instead");
  Dims out = a.output_sizes(input.sizes(), weight.sizes());
  auto kernel = [&](size_t i) { return a.spread_kernel(i, weight.sizes()); };
  auto padded = [&](size_t i) { return sat_add(input.size(i + 2), sat_mul(2, a.padding[i])); };
  bool fits = true;
  for (size_t i = 0; i < a.stride.size(); ++i) {
    if (a.transposed) {
      check(a.output_padding[i] < std::max(a.stride[i], a.dilation[i]), ErrorKind::Runtime, op,
            ": output padding must be smaller than either stride or dilation, but got output_padding ",
            list_text(a.output_padding), " stride ", list_text(a.stride), " dilation ", list_text(a.dilation));
      check(out[i + 2] > 0, ErrorKind::Runtime, op, ": Given input size per channel ",
            list_text(input.sizes().subspan(2)), ". Calculated output size per channel ",
            list_text(IntSpan(out).subspan(2)), ". Output size is too small");
    } else {
      fits = fits && padded(i) >= kernel(i) && weight.size(i + 2) > 0;
    }
  }
  if (fits) return;
  std::string windows, kernels;
  for (size_t i = 0; i < a.stride.size(); ++i) {
    windows += (i ? " x " : "") + std::to_string(padded(i));
    kernels += (i ? " x " : "") + std::to_string(kernel(i));
  }
  raise(ErrorKind::Runtime, op, ": Calculated padded input size per channel: (", windows, "). Kernel size: (", kernels,
        "). Kernel size can't be greater than actual input size: input ", list_text(input.sizes()), ", weight ",
        list_text(weight.sizes()));
}

bool convolves_channels_last(const Tensor& input, const Tensor& weight) {
  if (input.dim() < 4) return false;
  return input.layout().channels_last() || weight.layout().channels_last();
}

void convolve(const ConvolutionArguments& a, const Tensor& input, const Tensor& weight, const Tensor& bias,
              const Tensor& out) {
  if (out.numel() == 0) return;
  if (is_integer(input)) return integer_convolve(a, input, weight, bias, out);
  libraries::Order to;
  if (!libraries::order_of(static_cast<int>(out.dim()), out.sizes().data(), out.strides().data(), to))
    raise(ErrorKind::Runtime, "convolution: the result is not dense");
  if (input.numel() == 0 || weight.numel() == 0) {
    fill_elements(out, Scalar(0));
    if (bias.defined()) add_bias(out, bias);
    return;
  }
  if (out.dtype() == DType::complex32) {
    Tensor wide = empty(out.sizes(), DType::complex64);
    convolve(a, cast(input, DType::complex64), cast(weight, DType::complex64),
             bias.defined() ? cast(bias, DType::complex64) : bias, wide);
    return copy_elements(out, wide);
  }
  libraries::Order from, weights;
  Tensor x = ordered(input, from, to), w = ordered(weight, weights, to);
  if (!a.transposed) {
    libraries::Convolution s = described(a, x, w, out);
    s.source = from, s.weights = weights, s.destination = to;
    Tensor b = bias.defined() ? as_contiguous(bias) : bias;
    with_threads(s, small(out, w), [&] {
      libraries::convolution_forward(s, x.data(), w.data(), b.defined() ? b.data() : nullptr, out.data());
    });
  } else {
    libraries::Convolution s = described(a, out, w, x);
    s.source = to, s.weights = weights, s.destination = from;
    with_threads(s, small(x, w), [&] { libraries::convolution_backward_data(s, x.data(), w.data(), out.data()); });
    if (bias.defined()) add_bias(out, bias);
  }
}

void convolve_backward(const ConvolutionArguments& a, const Tensor& grad, const Tensor& input, const Tensor& weight,
                       const Tensor& grad_input, const Tensor& grad_weight, const Tensor& grad_bias) {
  if (grad.dtype() == DType::complex32) {
    auto wide = [](const Tensor& t) { return cast(t, DType::complex64); };
    auto fresh = [](const Tensor& t) { return t.defined() ? empty(t.sizes(), DType::complex64) : t; };
    Tensor gi = fresh(grad_input), gw = fresh(grad_weight), gb = fresh(grad_bias);
    convolve_backward(a, wide(grad), wide(input), wide(weight), gi, gw, gb);
    if (gi.defined()) copy_elements(grad_input, gi);
    if (gw.defined()) copy_elements(grad_weight, gw);
    if (gb.defined()) copy_elements(grad_bias, gb);
    return;
  }
  if (grad.numel() == 0 || input.numel() == 0 || weight.numel() == 0) {
    if (grad_input.defined()) fill_elements(grad_input, Scalar(0));
    if (grad_weight.defined()) fill_elements(grad_weight, Scalar(0));
    if (grad_bias.defined()) sum_channels(grad, grad_bias);
    return;
  }
  const auto prefer =
      convolves_channels_last(input, weight) ? libraries::Order::channels_last : libraries::Order::channels_first;
  libraries::Order x_order, w_order, y_order, to;
  Tensor x = ordered(input, x_order, prefer), w = ordered(weight, w_order, prefer), y = ordered(grad, y_order, prefer);
  auto target = [&](const Tensor& t) {
    libraries::order_of(static_cast<int>(t.dim()), t.sizes().data(), t.strides().data(), to, prefer);
  };
  const bool alone = small(a.transposed ? x : y, w);
  if (grad_input.defined()) {
    target(grad_input);
    if (!a.transposed) {
      libraries::Convolution s = described(a, grad_input, w, y);
      s.source = to, s.weights = w_order, s.destination = y_order;
      with_threads(s, alone, [&] { libraries::convolution_backward_data(s, y.data(), w.data(), grad_input.data()); });
    } else {
      libraries::Convolution s = described(a, y, w, grad_input);
      s.source = y_order, s.weights = w_order, s.destination = to;
      with_threads(s, alone,
                   [&] { libraries::convolution_forward(s, y.data(), w.data(), nullptr, grad_input.data()); });
    }
  }
  bool bias_done = false;
  if (grad_weight.defined()) {
    target(grad_weight);
    const Tensor &source = a.transposed ? y : x, &destination = a.transposed ? x : y;
    libraries::Convolution s = described(a, source, w, destination);
    s.source = a.transposed ? y_order : x_order;
    s.destination = a.transposed ? x_order : y_order;
    s.weights = to;
    bias_done = !a.transposed && grad_bias.defined();
    with_threads(s, alone, [&] {
      libraries::convolution_backward_weights(s, source.data(), destination.data(), grad_weight.data(),
                                              bias_done ? grad_bias.data() : nullptr);
    });
  }
  if (grad_bias.defined() && !bias_done) sum_channels(y, grad_bias);
}

}  // namespace flambeau
