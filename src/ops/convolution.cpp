// Convolution and its gradients: the two kernels everything else here is composed of.
#include "cpu/convolution.h"
#include "core/saturating.h"
#include "ops/product_rules.h"

namespace flambeau {

static std::optional<Dims> result_order(const Tensor& input, const Tensor& weight, IntSpan sizes) {
  if (!convolves_channels_last(input, weight)) return std::nullopt;
  return channels_last_strides(sizes);
}

OP(convolution){
    .signature =
        "convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, "
        "bool transposed, "
        "SymInt[] output_padding, SymInt groups) -> Tensor",
    .python = torch,
    .doc =
        R"(Convolution, or its transpose, over one to three spatial dimensions: input (N, C, …), weight (O, C / groups, …), or
    (C, O / groups, …) when transposed. If one of the two is in channels-last order, the result is too.)",
    .shape = [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
                IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding,
                int64_t groups) -> ResultSpec {
      const char* op = transposed ? "conv_transpose" : "convolution";
      ConvolutionArguments a(op, input, weight, stride, padding, dilation, transposed, output_padding, groups);
      check_convolution(op, a, input, weight, bias ? bias->sizes() : IntSpan(), bias.has_value());
      check(!bias || bias->dtype() == input.dtype(), ErrorKind::Runtime, op, ": Input type (", name(input.dtype()),
            ") and bias type (", bias ? name(bias->dtype()) : "", ") should be the same");
      Dims sizes = a.output_sizes(input.sizes(), weight.sizes());
      auto strides = result_order(input, weight, sizes);
      return {std::move(sizes), input.dtype(), std::move(strides)};
    },
    .cpu =
        [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
           IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding, int64_t groups,
           const Tensor& out) {
          ConvolutionArguments a("convolution", input, weight, stride, padding, dilation, transposed, output_padding,
                                 groups);
          convolve(a, input, weight, bias ? *bias : Tensor(), out);
        },
    .saves = {"input", "weight"},
    .gradient =
        [](Grad& g) {
          const bool bias = g.given("bias");
          auto parts = call_all<"convolution_backward">(
              g.out(), g.arg("input"), g.arg("weight"), bias ? Value(g.sizes("bias")) : Value(), g.ints("stride"),
              g.ints("padding"), g.ints("dilation"), g.flag("transposed"), g.ints("output_padding"),
              g.integer("groups"), flags({g.wants("input"), g.wants("weight"), bias && g.wants("bias")}));
          if (g.wants("input")) g.set("input", parts[0].tensor());
          if (g.wants("weight")) g.set("weight", parts[1].tensor());
          if (bias && g.wants("bias")) g.set("bias", parts[2].tensor());
        },
};

// A bilinear map in all of its three arguments: the gradient is made of the same two operators.
OP(convolution_backward){
    .signature =
        "convolution_backward(Tensor grad_output, Tensor input, Tensor weight, SymInt[]? bias_sizes, SymInt[] stride, "
        "SymInt[] padding, SymInt[] dilation, "
        "bool transposed, SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)",
    .python = nn_private,
    .variants = Variants::none,
    .doc = "Gradients of :func:`convolution` with respect to input, weight and bias, those that the mask asks for.",
    .shape = [](const Tensor& grad, const Tensor& input, const Tensor& weight, IntSpan, IntSpan stride, IntSpan padding,
                IntSpan dilation, bool transposed, IntSpan output_padding, int64_t groups,
                std::span<const uint8_t> mask) -> ResultSpecs {
      const char* op = "convolution_backward";
      ConvolutionArguments a(op, input, weight, stride, padding, dilation, transposed, output_padding, groups);
      check_convolution(op, a, input, weight, {}, false);
      Dims wanted = a.output_sizes(input.sizes(), weight.sizes());
      check(std::ranges::equal(grad.sizes(), wanted), ErrorKind::Runtime, op, ": expected grad_output of size ",
            list_text(wanted), ", got ", list_text(grad.sizes()));
      check_same_type(op, grad, input);
      ResultSpecs results;
      results.push_back({Dims(input.sizes()), input.dtype(), result_order(input, weight, input.sizes()), !mask[0]});
      results.push_back({Dims(weight.sizes()), weight.dtype(), result_order(input, weight, weight.sizes()), !mask[1]});
      results.push_back({Dims{wanted[1]}, weight.dtype(), {}, !mask[2]});
      return results;
    },
    .cpu =
        [](const Tensor& grad, const Tensor& input, const Tensor& weight, IntSpan, IntSpan stride, IntSpan padding,
           IntSpan dilation, bool transposed, IntSpan output_padding, int64_t groups, std::span<const uint8_t>,
           const Tensor& grad_input, const Tensor& grad_weight, const Tensor& grad_bias) {
          auto plain = [](const Tensor& t) { return t.is_complex() ? call<"resolve_conj">(call<"conj">(t)) : t; };
          convolve_backward(ConvolutionArguments("convolution_backward", input, weight, stride, padding, dilation,
                                                 transposed, output_padding, groups),
                            grad, plain(input), plain(weight), grad_input, grad_weight, grad_bias);
        },
    .saves = {"grad_output", "input", "weight"},
    .gradient =
        [](Grad& g) {
          Tensor dy = g.arg("grad_output"), x = g.arg("input"), w = g.arg("weight");
          auto forward = [&](const Tensor& a, const Tensor& b) {
            return call<"convolution">(a, b, Value(), g.ints("stride"), g.ints("padding"), g.ints("dilation"),
                                       g.flag("transposed"), g.ints("output_padding"), g.integer("groups"));
          };
          auto backward = [&](const Tensor& a, const Tensor& b, int part) {
            return call_all<"convolution_backward">(dy, a, b, Value(), g.ints("stride"), g.ints("padding"),
                                                    g.ints("dilation"), g.flag("transposed"), g.ints("output_padding"),
                                                    g.integer("groups"), flags({part == 0, part == 1, false}))[part]
                .tensor();
          };
          if (g.wants("grad_output")) {
            Tensor sum;
            auto add = [&](const Tensor& t) { sum = sum.defined() ? call<"add.Tensor">(sum, t) : t; };
            if (g.has_out(0)) add(forward(g.out(0), w));
            if (g.has_out(1)) add(forward(x, g.out(1)));
            if (g.has_out(2)) {
              Dims one(static_cast<size_t>(dy.dim()), 1);
              one[1] = -1;
              add(call<"expand">(call<"view">(g.out(2), one), dy.sizes()));
            }
            if (sum.defined()) g.set("grad_output", sum);
          }
          if (g.wants("input") && g.has_out(1)) g.set("input", backward(x, g.out(1), 0));
          if (g.wants("weight") && g.has_out(0)) g.set("weight", backward(g.out(0), w, 1));
        },
};

// conv1d and its kin: an input without a batch dimension gets one for the call.
static Tensor batched(const char* op, const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                      IntSpan stride, IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding,
                      int64_t groups, int64_t spatial) {
  check(weight.dim() == spatial + 2, ErrorKind::Runtime, op, ": weight must have ", spatial + 2, " dimensions, got ",
        describe(weight));
  check(input.dim() == spatial + 1 || input.dim() == spatial + 2, ErrorKind::Runtime, op, ": Expected ", spatial + 1,
        "D (unbatched) or ", spatial + 2, "D (batched) input to ", op,
        ", but got input of size: ", list_text(input.sizes()));
  const bool single = input.dim() == spatial + 1;
  Tensor out = call<"convolution">(single ? call<"unsqueeze">(input, int64_t{0}) : input, weight, bias, stride, padding,
                                   dilation, transposed, output_padding, groups);
  return single ? call<"squeeze.dim">(out, int64_t{0}) : out;
}

// padding as a word: "valid" is none, "same" keeps the sizes (a surplus element goes to the end).
static Tensor padded(const char* op, const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                     IntSpan stride, std::string_view padding, IntSpan dilation, int64_t groups, int64_t spatial) {
  check(padding == "same" || padding == "valid", ErrorKind::Runtime, op, ": Invalid padding string: '", padding,
        "'; 'same' and 'valid' are known");
  if (padding == "valid")
    return batched(op, input, weight, bias, stride, Dims{0}, dilation, false, Dims{0}, groups, spatial);
  check(weight.dim() == spatial + 2, ErrorKind::Runtime, op, ": weight must have ", spatial + 2, " dimensions, got ",
        describe(weight));
  for (int64_t s : stride)
    check(s == 1, ErrorKind::Runtime, op, ": padding='same' is not supported for strided convolutions, got stride ",
          list_text(stride));
  check(dilation.size() == 1 || static_cast<int64_t>(dilation.size()) == spatial, ErrorKind::Runtime, op,
        ": expected dilation to be a single integer value or a list of ", spatial,
        " values, but got dilation=", list_text(dilation));
  Dims sides, extra;
  bool uneven = false;
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t total = sat_mul(dilation[dilation.size() == 1 ? 0 : i], weight.size(i + 2) - 1);
    sides.push_back(total / 2);
    extra.push_back(total % 2);
    uneven |= total % 2;
  }
  Tensor x = input;
  if (uneven) {
    Dims pads;
    for (int64_t i = spatial; i-- > 0;) {
      pads.push_back(0);
      pads.push_back(extra[i]);
    }
    x = call<"constant_pad_nd">(input, pads, 0);
  }
  return batched(op, x, weight, bias, stride, sides, dilation, false, Dims{0}, groups, spatial);
}

#define CONVOLUTION(n, one, zero, shape)                                                                               \
  OP(conv##n##d){                                                                                                      \
      .signature = "conv" #n "d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[" #n "] stride=" one            \
                   ", SymInt[" #n "] padding=" zero ", SymInt[" #n "] dilation=" one ", SymInt groups=1) -> Tensor",   \
      .python = torch | functional,                                                                                    \
      .doc = "Convolution over " #n " spatial dimension(s): input ([N,] C, " shape                                     \
             "), weight (O, C / groups, …), bias (O).",                                                                \
      .composite = [](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, IntSpan stride,                \
                      IntSpan padding, IntSpan dilation, int64_t groups) -> Tensor {                                   \
        return batched("conv" #n "d", x, w, b, stride, padding, dilation, false, Dims{0}, groups, n);                  \
      },                                                                                                               \
      .autocast = Autocast::low,                                                                                       \
  };                                                                                                                   \
  OP(conv##n##d_padding){                                                                                              \
      .signature = "conv" #n "d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[" #n "] stride=" one    \
                   ", str padding=\"valid\", SymInt[" #n "] dilation=" one ", SymInt groups=1) -> Tensor",             \
      .python = torch | functional,                                                                                    \
      .composite = [](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, IntSpan stride,                \
                      std::string_view padding, IntSpan dilation, int64_t groups) -> Tensor {                          \
        return padded("conv" #n "d", x, w, b, stride, padding, dilation, groups, n);                                   \
      },                                                                                                               \
      .autocast = Autocast::low,                                                                                       \
  };                                                                                                                   \
  OP(conv_transpose##n##d){                                                                                            \
      .signature = "conv_transpose" #n "d" TRANSPOSED_OVERLOAD_##n                                                     \
      "(Tensor input, Tensor weight, Tensor? bias=None, SymInt[" #n "] stride=" one ", SymInt[" #n "] padding=" zero   \
      ", SymInt[" #n "] output_padding=" zero ", SymInt groups=1, SymInt[" #n "] dilation=" one ") -> Tensor",         \
      .python = torch | functional,                                                                                    \
      .doc = "Transposed convolution (the gradient of a convolution with respect to its input): input ([N,] C, " shape \
             "), weight (C, O / groups, …).",                                                                          \
      .composite = [](const Tensor& x, const Tensor& w, const std::optional<Tensor>& b, IntSpan stride,                \
                      IntSpan padding, IntSpan output_padding, int64_t groups, IntSpan dilation) -> Tensor {           \
        return batched("conv_transpose" #n "d", x, w, b, stride, padding, dilation, true, output_padding, groups, n);  \
      },                                                                                                               \
      .autocast = Autocast::low,                                                                                       \
  };
#define TRANSPOSED_OVERLOAD_1 ""
#define TRANSPOSED_OVERLOAD_2 ".input"
#define TRANSPOSED_OVERLOAD_3 ".input"
CONVOLUTION(1, "[1]", "[0]", "L")
CONVOLUTION(2, "[1, 1]", "[0, 0]", "H, W")
CONVOLUTION(3, "[1, 1, 1]", "[0, 0, 0]", "D, H, W")
#undef CONVOLUTION

OP(conv_tbc){
    .signature = "conv_tbc(Tensor self, Tensor weight, Tensor bias, int pad=0) -> Tensor",
    .python = torch | functional,
    .variants = Variants::out,
    .doc = "Convolution over time of sequences (T, B, C) with weight (width, C, O).",
    .composite = [](const Tensor& self, const Tensor& weight, const Tensor& bias, int64_t pad) -> Tensor {
      check_rank("conv_tbc", "Input", self, 3);
      check_rank("conv_tbc", "Weight", weight, 3);
      check_rank("conv_tbc", "Bias", bias, 1);
      check(self.size(2) == weight.size(1), ErrorKind::Runtime,
            "conv_tbc: Input dim 2 (input channels) has to match weight dim 1: ", list_text(self.sizes()), " and ",
            list_text(weight.sizes()));
      check(weight.size(2) == bias.size(0), ErrorKind::Runtime,
            "conv_tbc: Bias size must equal dim 2 in the weight tensor (output channels): ", list_text(weight.sizes()),
            " and ", list_text(bias.sizes()));
      Tensor out = call<"convolution">(call<"permute">(self, Dims{1, 2, 0}), call<"permute">(weight, Dims{2, 1, 0}),
                                       bias, Dims{1}, Dims{pad}, Dims{1}, false, Dims{0}, int64_t{1});
      return call<"contiguous">(call<"permute">(out, Dims{2, 0, 1}));
    },
    .autocast = Autocast::low,
};

OP(_convolution){
    .signature =
        "_convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, "
        "bool transposed, "
        "SymInt[] output_padding, SymInt groups, bool benchmark, bool deterministic, bool cudnn_enabled, bool "
        "allow_tf32) -> Tensor",
    .python = hidden,
    .doc =
        "As :func:`convolution`; the further arguments choose among an accelerator's implementations and are not read "
        "here.",
    .composite = [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, IntSpan stride,
                    IntSpan padding, IntSpan dilation, bool transposed, IntSpan output_padding, int64_t groups, bool,
                    bool, bool, bool) -> Tensor {
      return call<"convolution">(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups);
    },
    .autocast = Autocast::low,
};

}  // namespace flambeau
