// Resizing: upsample_* in one to three dimensions with their antialiased and backward forms. One kernel serves them
// all.
#include <cmath>

#include "cpu/resample.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

std::optional<Dims> order_of_result(bool channels_last, IntSpan sizes) {
  return channels_last ? std::optional<Dims>(channels_last_strides(sizes)) : std::nullopt;
}

Value numbers(std::initializer_list<std::optional<double>> items) {
  auto* list = new DoubleList;
  for (const auto& item : items) list->items.push_back(item.value_or(0));
  return Value(Tag::Doubles, list);
}

Resample described(std::string_view mode, IntSpan input, IntSpan output, bool align_corners,
                   std::span<const double> scales, DType dtype, bool channels_last) {
  Resample r;
  const int64_t spatial = static_cast<int64_t>(scales.size());
  for (int64_t i = 0; i < spatial; ++i)
    r.axes[3 - spatial + i] =
        resample_axis(mode, input[i + 2], output[i + 2], align_corners, scales[i], dtype == DType::float64);
  r.channels_last = channels_last;
  r.batch = input[0];
  r.channels = input[1];
  return r;
}

DType kernel_type(DType t) { return t == DType::float64 ? t : DType::float32; }

Tensor in_order(const Tensor& t, bool channels_last, DType dtype) {
  Dims wanted = channels_last ? channels_last_strides(t.sizes()) : contiguous_strides(t.sizes());
  if (t.dtype() == dtype && std::ranges::equal(t.strides(), wanted)) return t;
  Tensor out = empty_strided(Dims(t.sizes()), wanted, dtype);
  copy_elements(out, t);
  return out;
}

void deliver(const Tensor& out, const Tensor& work) {
  if (work.is(out)) return;
  if (is_integral(out.dtype())) {  // rounded to the nearest, within the type's range
    float* p = work.data<float>();
    for (int64_t i = 0, n = work.numel(); i < n; ++i) p[i] = std::clamp(std::nearbyint(p[i]), 0.0f, 255.0f);
  }
  copy_elements(out, work);
}

void check_type(std::string_view mode, const Tensor& t) {
  check(t.is_floating() || t.dtype() == DType::uint8, ErrorKind::NotImplemented, "upsample (", mode,
        "): not implemented for ", name(t.dtype()), "; cast to float32");
}

}  // namespace

OP(_resample){
    .signature =
        "_resample(Tensor self, int[] output_size, str mode, bool align_corners, float[] scales, bool channels_last) "
        "-> Tensor",
    .python = hidden,
    .doc = "The kernel behind the upsample operators.",
    .shape = [](const Tensor& self, IntSpan output, std::string_view mode, bool, std::span<const double> scales,
                bool last) -> ResultSpec {
      const int64_t spatial = static_cast<int64_t>(scales.size());
      check(self.dim() == spatial + 2, ErrorKind::Runtime, "upsample (", mode,
            "): It is expected input_size equals to ", spatial + 2, ", but got size ", self.dim());
      check(static_cast<int64_t>(output.size()) == spatial, ErrorKind::Runtime, "upsample (", mode,
            "): It is expected output_size equals to ", spatial, ", but got size ", output.size());
      check_type(mode, self);
      Dims sizes{self.size(0), self.size(1)};
      for (int64_t i = 0; i < spatial; ++i) {
        check(self.size(i + 2) > 0 && output[i] > 0, ErrorKind::Runtime, "upsample (", mode,
              "): Input and output sizes should be greater than 0, but got input ", list_text(self.sizes()), " output ",
              list_text(output));
        sizes.push_back(output[i]);
      }
      check(self.size(1) > 0, ErrorKind::Runtime, "upsample (", mode, "): Non-empty ", spatial + 2,
            "D data tensor expected but got a tensor with sizes ", list_text(self.sizes()));
      return {sizes, self.dtype(), order_of_result(last, sizes)};
    },
    .cpu =
        [](const Tensor& self, IntSpan, std::string_view mode, bool align, std::span<const double> scales, bool last,
           const Tensor& out) {
          if (out.numel() == 0) return;
          const DType dtype = kernel_type(self.dtype());
          Resample r = described(mode, self.sizes(), out.sizes(), align, scales, dtype, last);
          Tensor x = in_order(self, last, dtype),
                 y = out.dtype() == dtype
                         ? out
                         : empty_strided(Dims(out.sizes()),
                                         last ? channels_last_strides(out.sizes()) : contiguous_strides(out.sizes()),
                                         dtype);
          if (dtype == DType::float64)
            resample<double>(r, x.data<double>(), y.data<double>());
          else
            resample<float>(r, x.data<float>(), y.data<float>());
          deliver(out, y);
        },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_resample_backward">(g.out(), g.sizes("self"), g.text("mode"), g.flag("align_corners"),
                                                   g.value("scales"), g.flag("channels_last")));
        },
};

OP(_resample_backward){
    .signature =
        "_resample_backward(Tensor self, int[] input_size, str mode, bool align_corners, float[] scales, bool "
        "channels_last) -> Tensor",
    .python = hidden,
    .doc = "The gradient of resizing: each element's share goes back to where it was taken from.",
    .shape = [](const Tensor& self, IntSpan input, std::string_view mode, bool, std::span<const double> scales,
                bool last) -> ResultSpec {
      const int64_t spatial = static_cast<int64_t>(scales.size());
      check(self.dim() == spatial + 2 && self.dim() == static_cast<int64_t>(input.size()) && self.size(0) == input[0] &&
                self.size(1) == input[1],
            ErrorKind::Runtime, "upsample_backward (", mode, "): gradient ", list_text(self.sizes()), " and input ",
            list_text(input), " do not go together");
      for (int64_t i = 0; i < spatial; ++i)
        check(self.size(i + 2) > 0 && input[i + 2] > 0, ErrorKind::Runtime, "upsample_backward (", mode,
              "): Input and output sizes should be greater than 0");
      check_type(mode, self);
      return {Dims(input), self.dtype(), order_of_result(last, input)};
    },
    .cpu =
        [](const Tensor& self, IntSpan input, std::string_view mode, bool align, std::span<const double> scales,
           bool last, const Tensor& out) {
          if (out.numel() == 0) return;
          const DType dtype = kernel_type(self.dtype());
          Resample r = described(mode, input, self.sizes(), align, scales, dtype, last);
          Tensor x = in_order(self, last, dtype),
                 y = out.dtype() == dtype
                         ? out
                         : empty_strided(Dims(out.sizes()),
                                         last ? channels_last_strides(out.sizes()) : contiguous_strides(out.sizes()),
                                         dtype);
          if (dtype == DType::float64)
            resample_backward<double>(r, x.data<double>(), y.data<double>());
          else
            resample_backward<float>(r, x.data<float>(), y.data<float>());
          deliver(out, y);
        },
    .gradient =
        [](Grad& g) {
          g.set("self", call<"_resample">(g.out(), g.sizes("self").subspan(2), g.text("mode"), g.flag("align_corners"),
                                          g.value("scales"), g.flag("channels_last")));
        },
};

static bool keeps_channels_last(const Tensor& x) { return x.dim() >= 4 && x.layout().channels_last(); }

static Tensor resized(const Tensor& x, IntSpan output, const char* mode, bool align, Value scales) {
  return call<"_resample">(x, output, mode, align, scales, keeps_channels_last(x));
}

// Exactly one of sizes and factors is given.
static Tensor resized_by(const char* op, const Tensor& x, const Value& output, const char* mode, bool align,
                         const Value& factors, int64_t spatial) {
  check(output.is_none() != factors.is_none(), ErrorKind::Runtime, op,
        ": Must specify exactly one of output_size and scale_factors");
  auto* scales = new DoubleList;
  Value list(Tag::Doubles, scales);
  if (!output.is_none()) {
    scales->items.assign(static_cast<size_t>(spatial), 0.0);
    return resized(x, output.ints(), mode, align, list);
  }
  check(static_cast<int64_t>(factors.doubles().size()) == spatial && x.dim() == spatial + 2, ErrorKind::Runtime, op,
        ": input ", list_text(x.sizes()), " and ", factors.doubles().size(), " scale factors do not go together; ",
        spatial, " are wanted");
  Dims sizes;
  for (int64_t i = 0; i < spatial; ++i) {
    const double factor = factors.doubles()[i];
    scales->items.push_back(factor);
    sizes.push_back(static_cast<int64_t>(static_cast<double>(x.size(i + 2)) * factor));
  }
  return resized(x, sizes, mode, align, list);
}

#define SCALES_1 "float? scales=None"
#define SCALES_2 "float? scales_h=None, float? scales_w=None"
#define SCALES_3 "float? scales_d=None, float? scales_h=None, float? scales_w=None"
#define PARAMETERS_1 std::optional<double> a
#define PARAMETERS_2 std::optional<double> a, std::optional<double> b
#define PARAMETERS_3 std::optional<double> a, std::optional<double> b, std::optional<double> c
#define LIST_1 numbers({a})
#define LIST_2 numbers({a, b})
#define LIST_3 numbers({a, b, c})
#define RANK_1 "3"
#define RANK_2 "4"
#define RANK_3 "5"

// The three overloads of an operator whose modes have no corners to align, and of one that has.
#define NEAREST(id, n, mode, text)                                                                        \
  OP(id){                                                                                                 \
      .signature = #id "(Tensor self, SymInt[" #n "] output_size, " SCALES_##n ") -> Tensor",             \
      .python = nn_private,                                                                               \
      .variants = Variants::out,                                                                          \
      .doc = text,                                                                                        \
      .composite = [](const Tensor& x, IntSpan output, PARAMETERS_##n) -> Tensor {                        \
        return resized(x, output, mode, false, LIST_##n);                                                 \
      },                                                                                                  \
  };                                                                                                      \
  OP(id##_vec){                                                                                           \
      .signature = #id ".vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor",     \
      .python = nn_private,                                                                               \
      .composite = [](const Tensor& x, const Value& output, const Value& factors) -> Tensor {             \
        return resized_by(#id, x, output, mode, false, factors, n);                                       \
      },                                                                                                  \
  };                                                                                                      \
  OP(id##_backward){                                                                                      \
      .signature = #id "_backward(Tensor grad_output, SymInt[" #n "] output_size, SymInt[" RANK_##n       \
      "] input_size, " SCALES_##n ") -> Tensor",                                                          \
      .python = hidden,                                                                                   \
      .doc = "Gradient of " #id " with respect to its input.",                                            \
      .composite = [](const Tensor& grad, IntSpan, IntSpan input, PARAMETERS_##n) -> Tensor {             \
        return call<"_resample_backward">(grad, input, mode, false, LIST_##n, keeps_channels_last(grad)); \
      },                                                                                                  \
  };
#define FILTERED(id, n, mode, text)                                                                               \
  OP(id){                                                                                                         \
      .signature = #id "(Tensor self, SymInt[" #n "] output_size, bool align_corners, " SCALES_##n ") -> Tensor", \
      .python = nn_private,                                                                                       \
      .variants = Variants::out,                                                                                  \
      .doc = text,                                                                                                \
      .composite = [](const Tensor& x, IntSpan output, bool align, PARAMETERS_##n) -> Tensor {                    \
        return resized(x, output, mode, align, LIST_##n);                                                         \
      },                                                                                                          \
  };                                                                                                              \
  OP(id##_vec){                                                                                                   \
      .signature =                                                                                                \
          #id ".vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor",  \
      .python = nn_private,                                                                                       \
      .composite = [](const Tensor& x, const Value& output, bool align, const Value& factors) -> Tensor {         \
        return resized_by(#id, x, output, mode, align, factors, n);                                               \
      },                                                                                                          \
  };                                                                                                              \
  OP(id##_backward){                                                                                              \
      .signature = #id "_backward(Tensor grad_output, SymInt[" #n "] output_size, SymInt[" RANK_##n               \
      "] input_size, bool align_corners, " SCALES_##n ") -> Tensor",                                              \
      .python = hidden,                                                                                           \
      .doc = "Gradient of " #id " with respect to its input.",                                                    \
      .composite = [](const Tensor& grad, IntSpan, IntSpan input, bool align, PARAMETERS_##n) -> Tensor {         \
        return call<"_resample_backward">(grad, input, mode, align, LIST_##n, keeps_channels_last(grad));         \
      },                                                                                                          \
  };
NEAREST(upsample_nearest1d, 1, "nearest", "Resizes (N, C, L) by repeating or dropping elements.")
NEAREST(upsample_nearest2d, 2, "nearest", "Resizes (N, C, H, W) by repeating or dropping elements.")
NEAREST(upsample_nearest3d, 3, "nearest", "Resizes (N, C, D, H, W) by repeating or dropping elements.")
NEAREST(_upsample_nearest_exact1d, 1, "nearest-exact",
        "As upsample_nearest1d, with the element whose centre is nearest.")
NEAREST(_upsample_nearest_exact2d, 2, "nearest-exact",
        "As upsample_nearest2d, with the element whose centre is nearest.")
NEAREST(_upsample_nearest_exact3d, 3, "nearest-exact",
        "As upsample_nearest3d, with the element whose centre is nearest.")
FILTERED(upsample_linear1d, 1, "linear", "Resizes (N, C, L) by linear interpolation.")
FILTERED(upsample_bilinear2d, 2, "linear", "Resizes (N, C, H, W) by linear interpolation in both directions.")
FILTERED(upsample_trilinear3d, 3, "linear", "Resizes (N, C, D, H, W) by linear interpolation in three directions.")
FILTERED(upsample_bicubic2d, 2, "cubic", "Resizes (N, C, H, W) by cubic convolution (Keys, 1981) with a = -0.75.")
FILTERED(_upsample_bilinear2d_aa, 2, "linear-aa", "As upsample_bilinear2d, with the filter widened when shrinking.")
FILTERED(_upsample_bicubic2d_aa, 2, "cubic-aa",
         "As upsample_bicubic2d (a = -0.5), with the filter widened when shrinking.")
FILTERED(_upsample_lanczos2d_aa, 2, "lanczos-aa",
         "Resizes (N, C, H, W) by the Lanczos filter with three lobes, widened when shrinking.")

}  // namespace flambeau
