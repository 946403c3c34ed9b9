// Largest and average values of windows, and their gradients. Adaptive, fractional and inverse pooling are in
// pooling_adaptive.cpp. The operators of one, two and three dimensions share the kernels named with an underscore.
#include "cpu/pooling_tensors.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

static const char* pool_name(const char* kind, int64_t spatial) {
  static const char* maxima[] = {"max_pool", "max_pool1d", "max_pool2d", "max_pool3d"};
  static const char* averages[] = {"avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d"};
  return (kind[0] == 'm' ? maxima : averages)[spatial >= 1 && spatial <= 3 ? spatial : 0];
}
static std::optional<Dims> order_of_result(bool channels_last, IntSpan sizes) {
  return channels_last ? std::optional<Dims>(channels_last_strides(sizes)) : std::nullopt;
}

// Values at indices into planes, and its inverse; each is the other's gradient.
OP(_pool_scatter){
    .signature =
        "_pool_scatter(Tensor self, Tensor indices, int spatial, int[] input_size, bool channels_last) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Adds each element to the place in its plane that the index tells; the other places are 0.",
    .shape = [](const Tensor& self, const Tensor& indices, int64_t spatial, IntSpan input_size,
                bool channels_last) -> ResultSpec {
      check(std::ranges::equal(self.sizes(), indices.sizes()) &&
                self.dim() == static_cast<int64_t>(input_size.size()) && self.dim() >= spatial,
            ErrorKind::Runtime, "pooling: gradient ", list_text(self.sizes()), ", indices ", list_text(indices.sizes()),
            " and input ", list_text(input_size), " do not go together");
      for (int64_t d = 0; d < self.dim() - spatial; ++d)
        check(self.size(d) == input_size[d], ErrorKind::Runtime, "pooling: gradient ", list_text(self.sizes()),
              " and input ", list_text(input_size), " do not go together");
      check(indices.dtype() == DType::int64, ErrorKind::Runtime,
            "pooling: expected dtype int64 for indices but got dtype ", name(indices.dtype()));
      return {Dims(input_size), self.dtype(), order_of_result(channels_last, input_size)};
    },
    .cpu =
        [](const Tensor& self, const Tensor& indices, int64_t spatial, IntSpan input_size, bool channels_last,
           const Tensor& out) {
          scatter_tensors(pooling_between(spatial, input_size, self.sizes(), channels_last), self, indices, out);
        },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_pool_gather">(g.out(), g.arg("indices"), g.integer("spatial"), g.flag("channels_last")));
        },
};
OP(_pool_gather){
    .signature = "_pool_gather(Tensor self, Tensor indices, int spatial, bool channels_last) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The elements of planes that the indices tell.",
    .shape = [](const Tensor& self, const Tensor& indices, int64_t spatial, bool channels_last) -> ResultSpec {
      check(self.dim() == indices.dim() && self.dim() >= spatial, ErrorKind::Runtime, "pooling: input ",
            list_text(self.sizes()), " and indices ", list_text(indices.sizes()), " do not go together");
      for (int64_t d = 0; d < self.dim() - spatial; ++d)
        check(self.size(d) == indices.size(d), ErrorKind::Runtime, "pooling: input ", list_text(self.sizes()),
              " and indices ", list_text(indices.sizes()), " do not go together");
      check(indices.dtype() == DType::int64, ErrorKind::Runtime,
            "pooling: expected dtype int64 for indices but got dtype ", name(indices.dtype()));
      return {Dims(indices.sizes()), self.dtype(), order_of_result(channels_last, indices.sizes())};
    },
    .cpu =
        [](const Tensor& self, const Tensor& indices, int64_t spatial, bool channels_last, const Tensor& out) {
          gather_tensors(pooling_between(spatial, self.sizes(), indices.sizes(), channels_last), self, indices, out);
        },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_pool_scatter">(g.out(), g.arg("indices"), g.integer("spatial"), g.sizes("self"),
                                              g.flag("channels_last")));
        },
};

OP(_max_pool){
    .signature =
        "_max_pool(Tensor self, int[] kernel_size, int[] stride, int[] padding, int[] dilation, bool ceil_mode, int "
        "spatial, bool channels_last) -> (Tensor, Tensor)",
    .python = hidden,
    .doc = "The kernel behind max_pool1d to max_pool3d.",
    .shape = [](const Tensor& self, IntSpan kernel, IntSpan stride, IntSpan padding, IntSpan dilation, bool ceil_mode,
                int64_t spatial, bool last) -> ResultSpecs {
      const char* op = pool_name("max", spatial);
      PoolArguments a(op, spatial, kernel, stride, padding, dilation, ceil_mode);
      Dims sizes = pool_sizes(op, self, a);
      check(!self.is_complex() && self.dtype() != DType::bool_, ErrorKind::NotImplemented, op, ": not implemented for ",
            name(self.dtype()));
      auto strides = order_of_result(last, sizes);
      return {{sizes, self.dtype(), strides}, {sizes, DType::int64, strides}};
    },
    .cpu =
        [](const Tensor& self, IntSpan kernel, IntSpan stride, IntSpan padding, IntSpan dilation, bool ceil_mode,
           int64_t spatial, bool last, const Tensor& out, const Tensor& indices) {
          PoolArguments a("max_pool", spatial, kernel, stride, padding, dilation, ceil_mode);
          max_pool_tensors(pooling_of(a, self.sizes(), out.sizes(), last), self, out, indices);
        },
    .saves = {"result1"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_pool_scatter">(g.out(), g.result(1), g.integer("spatial"), g.sizes("self"),
                                              g.flag("channels_last")));
        },
    .gradient_of_inputs = true,
};
static std::vector<Value> max_pool(const Tensor& x, IntSpan kernel, IntSpan stride, IntSpan padding, IntSpan dilation,
                                   bool ceil_mode, int64_t spatial) {
  return call_all<"_max_pool">(x, kernel, stride, padding, dilation, ceil_mode, spatial,
                               pools_channels_last(x, spatial));
}

#define MAX_POOL(n, face, padding_, dilation_, shape)                                                              \
  OP(max_pool##n##d){                                                                                              \
      .signature = "max_pool" #n "d(Tensor self, int[" #n "] kernel_size, int[" #n "] stride=[], int[" #n          \
                   "] padding=" padding_ ", int[" #n "] dilation=" dilation_ ", bool ceil_mode=False) -> Tensor",  \
      .python = torch,                                                                                             \
      .doc = "Largest value of each window over the last " #n " dimension(s) of an input ([N,] C, " shape ").",    \
      .composite = [](const Tensor& x, IntSpan k, IntSpan s, IntSpan p, IntSpan d, bool ceil) -> Tensor {          \
        return max_pool(x, k, s, p, d, ceil, n)[0].tensor();                                                       \
      },                                                                                                           \
      .autocast = n == 3 ? Autocast::high : Autocast::none,                                                        \
  };                                                                                                               \
  OP(max_pool##n##d_with_indices){                                                                                 \
      .signature =                                                                                                 \
          "max_pool" #n "d_with_indices(Tensor self, int[" #n "] kernel_size, int[" #n "] stride=[], int[" #n      \
          "] padding=" padding_ ", int[" #n "] dilation=" dilation_ ", bool ceil_mode=False) -> (Tensor, Tensor)", \
      .python = face,                                                                                              \
      .variants = Variants::out,                                                                                   \
      .doc = "Largest value of each window, and its index in the flattened plane.",                                \
      .composite = [](const Tensor& x, IntSpan k, IntSpan s, IntSpan p, IntSpan d,                                 \
                      bool ceil) -> std::tuple<Tensor, Tensor> {                                                   \
        auto both = max_pool(x, k, s, p, d, ceil, n);                                                              \
        return {both[0].tensor(), both[1].tensor()};                                                               \
      },                                                                                                           \
  };
MAX_POOL(1, torch, "[0]", "[1]", "L")
MAX_POOL(2, nn_private, "0", "1", "H, W")
MAX_POOL(3, nn_private, "0", "1", "D, H, W")
#undef MAX_POOL

#define MAX_POOL_BACKWARD(n)                                                                                        \
  OP(max_pool##n##d_with_indices_backward){                                                                         \
      .signature =                                                                                                  \
          "max_pool" #n "d_with_indices_backward(Tensor grad_output, Tensor self, int[" #n "] kernel_size, int[" #n \
          "] stride, int[" #n "] padding, int[" #n "] dilation, bool ceil_mode, Tensor indices) -> Tensor",         \
      .python = hidden,                                                                                             \
      .doc = "Gradient of max_pool" #n "d_with_indices with respect to its input.",                                 \
      .composite = [](const Tensor& grad, const Tensor& x, IntSpan, IntSpan, IntSpan, IntSpan, bool,                \
                      const Tensor& indices) -> Tensor {                                                            \
        return call<"_pool_scatter">(grad, indices, int64_t{n}, x.sizes(), pools_channels_last(x, n));              \
      },                                                                                                            \
  };
MAX_POOL_BACKWARD(2)
MAX_POOL_BACKWARD(3)
#undef MAX_POOL_BACKWARD

static PoolArguments average_arguments(int64_t spatial, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode,
                                       bool count, std::optional<int64_t> divisor) {
  const char* op = pool_name("avg", spatial);
  static const int64_t one = 1;
  PoolArguments a(op, spatial, kernel, stride, padding, IntSpan(&one, 1), ceil_mode);
  check(!divisor || *divisor != 0, ErrorKind::Runtime, op, ": divisor must be not zero");
  a.count_padding = count;
  a.divisor = divisor.value_or(0);
  return a;
}

OP(_average_pool){
    .signature =
        "_average_pool(Tensor self, int[] kernel_size, int[] stride, int[] padding, bool ceil_mode, bool "
        "count_include_pad, int? divisor_override, int spatial, "
        "bool channels_last) -> Tensor",
    .python = hidden,
    .doc = "The kernel behind avg_pool1d to avg_pool3d.",
    .shape = [](const Tensor& self, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode, bool count,
                std::optional<int64_t> divisor, int64_t spatial, bool last) -> ResultSpec {
      Dims sizes = pool_sizes(pool_name("avg", spatial), self,
                              average_arguments(spatial, kernel, stride, padding, ceil_mode, count, divisor));
      check(!self.is_complex() && self.dtype() != DType::bool_, ErrorKind::NotImplemented, pool_name("avg", spatial),
            ": not implemented for ", name(self.dtype()));
      return {sizes, self.dtype(), order_of_result(last, sizes)};
    },
    .cpu =
        [](const Tensor& self, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode, bool count,
           std::optional<int64_t> divisor, int64_t spatial, bool last, const Tensor& out) {
          average_pool_tensors(
              pooling_of(average_arguments(spatial, kernel, stride, padding, ceil_mode, count, divisor), self.sizes(),
                         out.sizes(), last),
              self, out);
        },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_average_pool_backward">(g.out(), g.sizes("self"), g.ints("kernel_size"),
                                                       g.ints("stride"), g.ints("padding"), g.flag("ceil_mode"),
                                                       g.flag("count_include_pad"), g.value("divisor_override"),
                                                       g.integer("spatial"), g.flag("channels_last")));
        },
    .gradient_of_inputs = true,
};
OP(_average_pool_backward){
    .signature =
        "_average_pool_backward(Tensor self, int[] input_size, int[] kernel_size, int[] stride, int[] padding, bool "
        "ceil_mode, bool count_include_pad, "
        "int? divisor_override, int spatial, bool channels_last) -> Tensor",
    .python = hidden,
    .doc = "The gradient of the averages over windows.",
    .shape = [](const Tensor& self, IntSpan input, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode,
                bool count, std::optional<int64_t> divisor, int64_t spatial, bool last) -> ResultSpec {
      const char* op = pool_name("avg", spatial);
      Tensor like = empty(input, self.dtype(), Device{DeviceType::meta});
      Dims wanted =
          pool_sizes(op, like, average_arguments(spatial, kernel, stride, padding, ceil_mode, count, divisor));
      check(std::ranges::equal(self.sizes(), wanted), ErrorKind::Runtime, op,
            "_backward: Expected grad_output of size ", list_text(wanted), ", got ", list_text(self.sizes()));
      return {Dims(input), self.dtype(), order_of_result(last, input)};
    },
    .cpu =
        [](const Tensor& self, IntSpan input, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode,
           bool count, std::optional<int64_t> divisor, int64_t spatial, bool last, const Tensor& out) {
          average_pool_backward_tensors(
              pooling_of(average_arguments(spatial, kernel, stride, padding, ceil_mode, count, divisor), input,
                         self.sizes(), last),
              self, out);
        },
    .gradient =
        [](Grad& g) {
          g.set("self",
                call<"_average_pool">(g.out(), g.ints("kernel_size"), g.ints("stride"), g.ints("padding"),
                                      g.flag("ceil_mode"), g.flag("count_include_pad"), g.value("divisor_override"),
                                      g.integer("spatial"), g.flag("channels_last")));
        },
};

static Tensor average_pool(const Tensor& x, IntSpan kernel, IntSpan stride, IntSpan padding, bool ceil_mode, bool count,
                           std::optional<int64_t> divisor, int64_t n) {
  return call<"_average_pool">(x, kernel, stride, padding, ceil_mode, count, divisor, n, pools_channels_last(x, n));
}

OP(avg_pool1d){
    .signature =
        "avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], bool ceil_mode=False, bool "
        "count_include_pad=True) -> Tensor",
    .python = torch | functional,
    .variants = Variants::out,
    .doc =
        "Mean of each window over the last dimension of an input ([N,] C, L); padding counts as zeros unless "
        "``count_include_pad`` is false.",
    .composite = [](const Tensor& x, IntSpan k, IntSpan s, IntSpan p, bool ceil, bool count) -> Tensor {
      return average_pool(x, k, s, p, ceil, count, {}, 1);
    },
};
#define AVERAGE_POOL(n, shape)                                                                                       \
  OP(avg_pool##n##d){                                                                                                \
      .signature =                                                                                                   \
          "avg_pool" #n "d(Tensor self, int[" #n "] kernel_size, int[" #n "] stride=[], int[" #n                     \
          "] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",   \
      .python = functional,                                                                                          \
      .variants = Variants::out,                                                                                     \
      .doc = "Mean of each window over the last " #n " dimensions of an input ([N,] C, " shape                       \
             "); ``divisor_override`` is divided by instead of the size.",                                           \
      .composite = [](const Tensor& x, IntSpan k, IntSpan s, IntSpan p, bool ceil, bool count,                       \
                      std::optional<int64_t> divisor) -> Tensor {                                                    \
        return average_pool(x, k, s, p, ceil, count, divisor, n);                                                    \
      },                                                                                                             \
      .autocast = n == 3 ? Autocast::high : Autocast::none,                                                          \
  };                                                                                                                 \
  OP(avg_pool##n##d_backward){                                                                                       \
      .signature =                                                                                                   \
          "avg_pool" #n "d_backward(Tensor grad_output, Tensor self, int[" #n "] kernel_size, int[" #n               \
          "] stride, int[" #n "] padding, bool ceil_mode, bool count_include_pad, int? divisor_override) -> Tensor", \
      .python = hidden,                                                                                              \
      .doc = "Gradient of avg_pool" #n "d with respect to its input.",                                               \
      .composite = [](const Tensor& grad, const Tensor& x, IntSpan k, IntSpan s, IntSpan p, bool ceil, bool count,   \
                      std::optional<int64_t> divisor) -> Tensor {                                                    \
        return call<"_average_pool_backward">(grad, x.sizes(), k, s, p, ceil, count, divisor, int64_t{n},            \
                                              pools_channels_last(x, n));                                            \
      },                                                                                                             \
  };
AVERAGE_POOL(2, "H, W")
AVERAGE_POOL(3, "D, H, W")
#undef AVERAGE_POOL

}  // namespace flambeau
