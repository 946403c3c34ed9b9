// Adaptive, fractional and inverse pooling. Windows that slide are in pooling.cpp.
#include "cpu/pooling_tensors.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

static const char* adaptive_name(bool largest, int64_t spatial) {
  static const char* maxima[] = {"", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"};
  static const char* averages[] = {"", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"};
  check(spatial >= 1 && spatial <= 3, ErrorKind::Runtime,
        "adaptive pooling: output_size must have 1 to 3 entries, got ", spatial);
  return (largest ? maxima : averages)[spatial];
}
static std::optional<Dims> order_of_result(bool channels_last, IntSpan sizes) {
  return channels_last ? std::optional<Dims>(channels_last_strides(sizes)) : std::nullopt;
}

// As PyTorch's: averages over one and two dimensions may have no channels, other pools have some where there is a
// batch.
static int64_t first_with_elements(int64_t dim, IntSpan output) {
  int64_t spatial = static_cast<int64_t>(output.size());
  return spatial < 3 ? dim - spatial : 1;
}

OP(_adaptive_average_pool){
    .signature = "_adaptive_average_pool(Tensor self, int[] output_size, bool channels_last) -> Tensor",
    .python = hidden,
    .doc = "The kernel behind adaptive_avg_pool1d to adaptive_avg_pool3d.",
    .shape = [](const Tensor& self, IntSpan output, bool last) -> ResultSpec {
      const char* op = adaptive_name(false, static_cast<int64_t>(output.size()));
      Dims sizes = adaptive_sizes(op, self, output, first_with_elements(self.dim(), output));
      check(self.is_floating(), ErrorKind::NotImplemented, op, ": not implemented for ", name(self.dtype()),
            "; cast to float32");
      return {sizes, self.dtype(), order_of_result(last, sizes)};
    },
    .cpu = [](const Tensor& self, IntSpan output, bool last,
              const Tensor& out) { average_pool_tensors(pooling_of(output, self.sizes(), last), self, out); },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_adaptive_average_pool_backward">(g.out(), g.sizes("self"), g.ints("output_size"),
                                                                g.flag("channels_last")));
        },
    .gradient_of_inputs = true,
};
OP(_adaptive_average_pool_backward){
    .signature =
        "_adaptive_average_pool_backward(Tensor self, int[] input_size, int[] output_size, bool channels_last) -> "
        "Tensor",
    .python = hidden,
    .doc = "The gradient of adaptive averages.",
    .shape = [](const Tensor& self, IntSpan input, IntSpan output, bool last) -> ResultSpec {
      Dims wanted = adaptive_sizes(adaptive_name(false, static_cast<int64_t>(output.size())),
                                   empty(input, self.dtype(), Device{DeviceType::meta}), output,
                                   first_with_elements(static_cast<int64_t>(input.size()), output));
      check(std::ranges::equal(self.sizes(), wanted), ErrorKind::Runtime,
            "adaptive_avg_pool_backward: expected grad_output of size ", list_text(wanted), ", got ",
            list_text(self.sizes()));
      return {Dims(input), self.dtype(), order_of_result(last, input)};
    },
    .cpu = [](const Tensor& self, IntSpan input, IntSpan output, bool last,
              const Tensor& out) { average_pool_backward_tensors(pooling_of(output, input, last), self, out); },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_adaptive_average_pool">(g.out(), g.ints("output_size"), g.flag("channels_last")));
        },
};

OP(_adaptive_max_pool){
    .signature = "_adaptive_max_pool(Tensor self, int[] output_size, bool channels_last) -> (Tensor, Tensor)",
    .python = hidden,
    .doc = "The kernel behind adaptive_max_pool1d to adaptive_max_pool3d.",
    .shape = [](const Tensor& self, IntSpan output, bool last) -> ResultSpecs {
      const char* op = adaptive_name(true, static_cast<int64_t>(output.size()));
      Dims sizes = adaptive_sizes(op, self, output);
      check(self.is_floating(), ErrorKind::NotImplemented, op, ": not implemented for ", name(self.dtype()),
            "; cast to float32");
      auto strides = order_of_result(last, sizes);
      return {{sizes, self.dtype(), strides}, {sizes, DType::int64, strides}};
    },
    .cpu = [](const Tensor& self, IntSpan output, bool last, const Tensor& out,
              const Tensor& indices) { max_pool_tensors(pooling_of(output, self.sizes(), last), self, out, indices); },
    .saves = {"result1"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_pool_scatter">(g.out(), g.result(1), static_cast<int64_t>(g.ints("output_size").size()),
                                              g.sizes("self"), g.flag("channels_last")));
        },
    .gradient_of_inputs = true,
};

static Tensor adaptive_average(const Tensor& x, IntSpan output) {
  return call<"_adaptive_average_pool">(x, output, pools_channels_last(x, static_cast<int64_t>(output.size())));
}

static void check_entries(const char* op, IntSpan output, size_t wanted) {
  check(output.size() == wanted, ErrorKind::Runtime, op, ": output_size must have ", wanted, " entries, got ",
        list_text(output));
}

#define ADAPTIVE(n, average_face)                                                                        \
  OP(adaptive_avg_pool##n##d){                                                                           \
      .signature = "adaptive_avg_pool" #n "d(Tensor self, int[" #n "] output_size) -> Tensor",           \
      .python = average_face,                                                                            \
      .variants = Variants::out,                                                                         \
      .doc = "Means over windows chosen so that the last " #n " dimension(s) get the sizes asked for.",  \
      .composite = [](const Tensor& x, IntSpan output) -> Tensor {                                       \
        check_entries("adaptive_avg_pool" #n "d", output, n);                                            \
        return adaptive_average(x, output);                                                              \
      },                                                                                                 \
      .autocast = n == 3 ? Autocast::high : Autocast::none,                                              \
  };                                                                                                     \
  OP(adaptive_max_pool##n##d){                                                                           \
      .signature = "adaptive_max_pool" #n "d(Tensor self, int[" #n "] output_size) -> (Tensor, Tensor)", \
      .python = n == 1 ? torch : nn_private,                                                             \
      .variants = Variants::out,                                                                         \
      .doc = "Largest values, and their indices, of windows chosen so that the last " #n                 \
             " dimension(s) get the sizes asked for.",                                                   \
      .composite = [](const Tensor& x, IntSpan output) -> std::tuple<Tensor, Tensor> {                   \
        check_entries("adaptive_max_pool" #n "d", output, n);                                            \
        auto both = call_all<"_adaptive_max_pool">(x, output, pools_channels_last(x, n));                \
        return {both[0].tensor(), both[1].tensor()};                                                     \
      },                                                                                                 \
      .autocast = n == 3 ? Autocast::high : Autocast::none,                                              \
  };
ADAPTIVE(1, torch | functional)
ADAPTIVE(2, nn_private)
ADAPTIVE(3, nn_private)
#undef ADAPTIVE

#define ADAPTIVE_INNER(n)                                                                                          \
  OP(_adaptive_avg_pool##n##d){                                                                                    \
      .signature = "_adaptive_avg_pool" #n "d(Tensor self, SymInt[" #n "] output_size) -> Tensor",                 \
      .python = hidden,                                                                                            \
      .doc = "As adaptive_avg_pool" #n "d.",                                                                       \
      .composite = [](const Tensor& x, IntSpan output) -> Tensor { return adaptive_average(x, output); },          \
  };                                                                                                               \
  OP(_adaptive_avg_pool##n##d_backward){                                                                           \
      .signature = "_adaptive_avg_pool" #n "d_backward(Tensor grad_output, Tensor self) -> Tensor",                \
      .python = hidden,                                                                                            \
      .doc = "Gradient of adaptive_avg_pool" #n "d with respect to its input.",                                    \
      .composite = [](const Tensor& grad, const Tensor& x) -> Tensor {                                             \
        check(grad.dim() == x.dim() && x.dim() > n, ErrorKind::Runtime,                                            \
              "adaptive_avg_pool" #n "d_backward: gradient ", list_text(grad.sizes()), " and input ",              \
              list_text(x.sizes()), " do not go together");                                                        \
        return call<"_adaptive_average_pool_backward">(grad, x.sizes(), grad.sizes().last(n),                      \
                                                       pools_channels_last(x, n));                                 \
      },                                                                                                           \
  };                                                                                                               \
  OP(adaptive_max_pool##n##d_backward){                                                                            \
      .signature = "adaptive_max_pool" #n "d_backward(Tensor grad_output, Tensor self, Tensor indices) -> Tensor", \
      .python = hidden,                                                                                            \
      .doc = "Gradient of adaptive_max_pool" #n "d with respect to its input.",                                    \
      .composite = [](const Tensor& grad, const Tensor& x, const Tensor& indices) -> Tensor {                      \
        return call<"_pool_scatter">(grad, indices, int64_t{n}, x.sizes(), pools_channels_last(x, n));             \
      },                                                                                                           \
  };
ADAPTIVE_INNER(2)
ADAPTIVE_INNER(3)
#undef ADAPTIVE_INNER

// --- fractional pooling (Graham, 2014): windows at pseudo-random places, the same for a whole plane
// -------------------------
template <class T>
static PoolAxis fractional_axis(int64_t input, int64_t output, int64_t kernel, T sample) {
  PoolAxis axis;
  axis.input = input;
  axis.output = output;
  axis.begin.resize(output);
  axis.end.resize(output);
  axis.count.resize(output);
  const T alpha = output > 1 ? static_cast<T>(input - kernel) / static_cast<T>(output - 1) : T(0);
  for (int64_t o = 0; o < output; ++o) {
    axis.begin[o] = o + 1 == output ? input - kernel
                                    : static_cast<int64_t>((static_cast<T>(o) + sample) * alpha) -
                                          static_cast<int64_t>(sample * alpha);
    axis.begin[o] = std::clamp<int64_t>(axis.begin[o], 0, input - kernel);
    axis.end[o] = axis.begin[o] + kernel;
  }
  return axis;
}

static ResultSpecs fractional_shape(const char* op, int64_t spatial, const Tensor& self, IntSpan kernel, IntSpan output,
                                    const Tensor& samples) {
  for (auto& [name, given] : {std::pair{"kernel_size", kernel}, std::pair{"output_size", output}})
    check(static_cast<int64_t>(given.size()) == spatial, ErrorKind::Runtime, op, ": ", name,
          " must either be one int or have ", spatial, " of them, got ", list_text(given));
  Dims sizes = adaptive_sizes(op, self, output, self.dim() - spatial - 1);
  for (int64_t i = 0; i < spatial; ++i)
    check(kernel[i] > 0 && output[i] >= 0 && output[i] + kernel[i] - 1 <= self.size(self.dim() - spatial + i),
          ErrorKind::Runtime, op, ": pool size ", kernel[i], " and output ", output[i], " do not fit an input of ",
          self.size(self.dim() - spatial + i));
  const int64_t batch = self.dim() == spatial + 2 ? self.size(0) : 1, channels = self.size(self.dim() - spatial - 1);
  check(self.is_floating(), ErrorKind::NotImplemented, op, ": not implemented for ", name(self.dtype()),
        "; cast to float32");
  check(samples.dim() == 3 && samples.size(0) >= batch && samples.size(1) >= channels && samples.size(2) == spatial,
        ErrorKind::Runtime, op, ": expect _random_samples of size (", batch, ", ", channels, ", ", spatial, "), got ",
        list_text(samples.sizes()));
  check(samples.dtype() == self.dtype(), ErrorKind::Runtime, op,
        ": expect _random_samples to have the same dtype as input: ", name(self.dtype()), ", got ",
        name(samples.dtype()));
  return {{sizes, self.dtype()}, {sizes, DType::int64}};
}

static void fractional_pool(const Tensor& self, IntSpan kernel, IntSpan output, const Tensor& samples,
                            const Tensor& out, const Tensor& indices) {
  const int64_t spatial = static_cast<int64_t>(kernel.size());
  const bool wide = self.dtype() == DType::float64;
  const DType dtype = wide ? DType::float64 : DType::float32;
  Tensor x = as_contiguous(cast(self, dtype)), draws = as_contiguous(cast(samples, dtype));
  Tensor y = out.dtype() == dtype && out.is_contiguous() ? out : empty(out.sizes(), dtype),
         places = indices.is_contiguous() ? indices : empty(out.sizes(), DType::int64);
  const int64_t channels = self.size(self.dim() - spatial - 1), batch = self.dim() == spatial + 2 ? self.size(0) : 1;
  auto run = [&](auto zero) {
    using T = decltype(zero);
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t c = 0; c < channels; ++c) {
        const T* sample = draws.data<T>() + (n * draws.size(1) + c) * spatial;
        Pooling p;
        // The samples' order: width before height in two dimensions, depth, height, width in three.
        for (int64_t i = 0; i < spatial; ++i)
          p.axes[3 - spatial + i] = fractional_axis<T>(self.size(self.dim() - spatial + i), output[i], kernel[i],
                                                       sample[spatial == 2 ? 1 - i : i]);
        const int64_t plane = n * channels + c;
        max_pool<T>(p, x.data<T>() + plane * p.in_plane(), y.data<T>() + plane * p.out_plane(),
                    places.data<int64_t>() + plane * p.out_plane());
      }
  };
  if (out.numel()) wide ? run(double()) : run(float());
  if (!y.is(out)) copy_elements(out, y);
  if (!places.is(indices)) copy_elements(indices, places);
}

#define FRACTIONAL(n)                                                                                                 \
  OP(fractional_max_pool##n##d){                                                                                      \
      .signature = "fractional_max_pool" #n "d(Tensor self, int[" #n "] kernel_size, int[" #n                         \
                   "] output_size, Tensor random_samples) -> (Tensor, Tensor)",                                       \
      .python = nn_private,                                                                                           \
      .doc =                                                                                                          \
          "Largest values of windows placed pseudo-randomly (Graham, 2014); the samples, in [0, 1), set the places.", \
      .shape = [](const Tensor& self, IntSpan kernel, IntSpan output, const Tensor& samples) -> ResultSpecs {         \
        return fractional_shape("fractional_max_pool" #n "d", n, self, kernel, output, samples);                      \
      },                                                                                                              \
      .cpu = [](const Tensor& self, IntSpan kernel, IntSpan output, const Tensor& samples, const Tensor& out,         \
                const Tensor& indices) { fractional_pool(self, kernel, output, samples, out, indices); },             \
      .saves = {"result1"},                                                                                           \
      .gradient =                                                                                                     \
          [](Grad& g) {                                                                                               \
            g.set("self", call<"_pool_scatter">(g.out(), g.result(1), int64_t{n}, g.sizes("self"), false));           \
          },                                                                                                          \
      .autocast = Autocast::high,                                                                                     \
      .gradient_of_inputs = true,                                                                                     \
  };                                                                                                                  \
  OP(fractional_max_pool##n##d_backward){                                                                             \
      .signature = "fractional_max_pool" #n "d_backward(Tensor grad_output, Tensor self, int[" #n                     \
                   "] kernel_size, int[" #n "] output_size, Tensor indices) -> Tensor",                               \
      .python = hidden,                                                                                               \
      .doc = "Gradient of fractional_max_pool" #n "d with respect to its input.",                                     \
      .composite = [](const Tensor& grad, const Tensor& x, IntSpan, IntSpan, const Tensor& indices) -> Tensor {       \
        return call<"_pool_scatter">(grad, indices, int64_t{n}, x.sizes(), false);                                    \
      },                                                                                                              \
  };
FRACTIONAL(2)
FRACTIONAL(3)
#undef FRACTIONAL

// --- the inverse of maximum pooling
// ---------------------------------------------------------------------------------------
static ResultSpec unpool_shape(const char* op, const Tensor& self, const Tensor& indices, IntSpan output,
                               int64_t spatial) {
  check(indices.dtype() == DType::int64, ErrorKind::Runtime, op,
        ": elements in indices should be type int64 but got: ", name(indices.dtype()));
  check(static_cast<int64_t>(output.size()) == spatial, ErrorKind::Runtime, op, ": There should be exactly ", spatial,
        " elements in output_size, but got ", output.size(), " elements.");
  check(std::ranges::equal(self.sizes(), indices.sizes()), ErrorKind::Runtime, op,
        ": Expected shape of indices to be same as that of the input tensor (", list_text(self.sizes()),
        ") but got indices tensor with shape: ", list_text(indices.sizes()));
  Dims sizes = adaptive_sizes(op, self, output);
  auto strides = order_of_result(spatial == 2 && pools_channels_last(self, 2), sizes);
  return {std::move(sizes), self.dtype(), std::move(strides)};
}
static void unpool(const char* op, const Tensor& self, const Tensor& indices, const Tensor& out, int64_t spatial) {
  Tensor x = as_contiguous(self), at = as_contiguous(indices);
  Tensor y = out.is_contiguous() ? out : empty(out.sizes(), out.dtype());
  fill_elements(y, Scalar(0));
  if (x.numel()) {
    int64_t plane = 1, in = 1;
    for (int64_t i = 0; i < spatial; ++i) {
      plane *= out.size(out.dim() - 1 - i);
      in *= x.size(x.dim() - 1 - i);
    }
    const int64_t* index = at.data<int64_t>();
    const size_t width = x.itemsize();
    const char* from = x.data<char>();
    char* to = y.data<char>();
    for (int64_t i = 0, n = x.numel(); i < n; ++i) {
      check(index[i] >= 0 && index[i] < plane, ErrorKind::Runtime, op, ": Found an invalid max index: ", index[i],
            " (output volumes are of size ", list_text(out.sizes().last(spatial)), ")");
      std::copy_n(from + i * width, width, to + (i / in * plane + index[i]) * width);
    }
  }
  if (!y.is(out)) copy_elements(out, y);
}

OP(max_unpool2d){
    .signature = "max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor",
    .python = nn_private,
    .doc = "Puts values back to the places that max_pool2d took them from; zeros elsewhere.",
    .shape = [](const Tensor& self, const Tensor& indices, IntSpan output) -> ResultSpec {
      return unpool_shape("max_unpool2d", self, indices, output, 2);
    },
    .cpu = [](const Tensor& self, const Tensor& indices, IntSpan,
              const Tensor& out) { unpool("max_unpool2d", self, indices, out, 2); },
    .saves = {"indices"},
    .gradient = [](Grad& g) { g.set("self", call<"_pool_gather">(g.out(), g.arg("indices"), int64_t{2}, false)); },
    .autocast = Autocast::high,
};
OP(max_unpool3d){
    .signature =
        "max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride, int[3] padding) -> Tensor",
    .python = nn_private,
    .doc = "Puts values back to the places that max_pool3d took them from; zeros elsewhere.",
    .shape = [](const Tensor& self, const Tensor& indices, IntSpan output, IntSpan stride,
                IntSpan padding) -> ResultSpec {
      check(stride.size() == 3 && padding.size() == 3, ErrorKind::Runtime,
            "max_unpool3d: There should be exactly 3 elements in stride and padding, got ", list_text(stride), " and ",
            list_text(padding));
      for (int64_t s : stride)
        check(s > 0, ErrorKind::Runtime,
              "max_unpool3d: strides should be greater than zero, but got stride: ", list_text(stride));
      return unpool_shape("max_unpool3d", self, indices, output, 3);
    },
    .cpu = [](const Tensor& self, const Tensor& indices, IntSpan, IntSpan, IntSpan,
              const Tensor& out) { unpool("max_unpool3d", self, indices, out, 3); },
    .saves = {"indices"},
    .gradient = [](Grad& g) { g.set("self", call<"_pool_gather">(g.out(), g.arg("indices"), int64_t{3}, false)); },
    .autocast = Autocast::high,
};

}  // namespace flambeau
