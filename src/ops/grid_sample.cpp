// Sampling at the places of a grid, and grids of affine maps.
#include "cpu/grid_sample.h"

#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

void check_grid(const char* op, const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding,
                int64_t spatial) {
  check(input.dim() == spatial + 2 && grid.dim() == spatial + 2, ErrorKind::Runtime, op, ": expected ", spatial + 2,
        "D input and grid with the same number of dimensions, ", "but got input with sizes ", list_text(input.sizes()),
        " and grid with sizes ", list_text(grid.sizes()));
  check(input.size(0) == grid.size(0), ErrorKind::Runtime, op,
        ": expected grid and input to have same batch size, but got input with sizes ", list_text(input.sizes()),
        " and grid with sizes ", list_text(grid.sizes()));
  check(grid.size(-1) == spatial, ErrorKind::Runtime, op, ": expected grid to have size ", spatial,
        " in last dimension, but got grid with sizes ", list_text(grid.sizes()));
  for (int64_t d = 2; d < input.dim(); ++d)
    check(input.size(d) > 0, ErrorKind::Runtime, op,
          ": expected input to have non-empty spatial dimensions, but input has sizes ", list_text(input.sizes()));
  check(input.is_floating() && input.dtype() == grid.dtype(), ErrorKind::Runtime, op,
        ": expected input and grid to have same dtype, but input has ", name(input.dtype()), " and grid has ",
        name(grid.dtype()));
  check(interpolation >= 0 && interpolation <= 2 && padding >= 0 && padding <= 2, ErrorKind::Runtime, op,
        ": interpolation mode ", interpolation, " or padding mode ", padding, " is not known");
  check(interpolation != 2 || spatial == 2, ErrorKind::Runtime, op, ": bicubic interpolation only supports 4D input");
}

ResultSpec sample_shape(const char* op, const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding,
                        int64_t spatial) {
  check_grid(op, input, grid, interpolation, padding, spatial);
  Dims sizes{input.size(0), input.size(1)};
  for (int64_t d = 1; d <= spatial; ++d) sizes.push_back(grid.size(d));
  return {sizes, input.dtype()};
}

DType kernel_type(DType t) { return t == DType::float64 ? t : DType::float32; }
Tensor ready(const Tensor& t) { return as_contiguous(cast(t, kernel_type(t.dtype()))); }
Tensor target(const Tensor& t) {
  return !t.defined() || (t.dtype() == kernel_type(t.dtype()) && t.is_contiguous())
             ? t
             : empty(t.sizes(), kernel_type(t.dtype()));
}

void sample_tensors(const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding, bool align,
                    const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor y = target(out);
  grid_sample({interpolation, padding, align}, ready(input), ready(grid), y);
  if (!y.is(out)) copy_elements(out, y);
}

// --- sampling by operators, whose gradient can be differentiated again -------------------------------------------
struct Tap {
  Tensor place, weight;  // a whole number, and its share; both (N, places...)
};
Tensor plus(const Tensor& a, const Value& b) { return call<"add.Tensor">(a, b); }
Tensor times(const Tensor& a, const Value& b) { return call<"mul.Tensor">(a, b); }

// Coordinates brought inside by the padding rule: 0 zeros (left as they are), 1 border, 2 reflection.
Tensor inside(Tensor x, int64_t padding, int64_t size, bool align) {
  if (padding == 0) return x;
  if (padding == 2) {
    double low = align ? 0 : -0.5, span = static_cast<double>(align ? size - 1 : size);
    if (span == 0) {
      x = times(x, 0.0);
    } else {
      // A triangle wave: |x - low| modulo twice the span, folded in its middle.
      Tensor phase = call<"remainder.Tensor">(call<"abs">(plus(x, -low)), 2 * span);
      Tensor folded = plus(call<"neg">(phase), 2 * span);
      x = plus(call<"where.self">(call<"le.Tensor">(phase, span), phase, folded), low);
    }
  }
  return call<"clamp">(x, 0.0, static_cast<double>(size - 1));
}

// Where along one dimension the values are taken, and with which weights.
std::vector<Tap> taps(const Tensor& grid, int64_t size, int64_t interpolation, int64_t padding, bool align) {
  double half = static_cast<double>(align ? size - 1 : size) / 2;
  Tensor x = plus(times(grid, half), align ? half : half - 0.5);
  if (interpolation == 1) {
    Tensor at = call<"round">(inside(x, padding, size, align));
    return {{at, call<"ones_like">(at)}};
  }
  if (interpolation == 0) {
    x = inside(x, padding, size, align);
    Tensor first = call<"floor">(x), t = call<"sub.Tensor">(x, first);
    return {{first, plus(call<"neg">(t), 1.0)}, {plus(first, 1.0), t}};
  }
  // Keys' cubic convolution with a = -3/4 (1981); each of the four places is padded by itself.
  constexpr double a = -0.75;
  Tensor first = call<"floor">(x), t = call<"sub.Tensor">(x, first);
  std::vector<Tap> out;
  for (int k = -1; k <= 2; ++k) {
    Tensor d = k <= 0 ? plus(t, static_cast<double>(-k)) : plus(call<"neg">(t), static_cast<double>(k));
    Tensor w = k == 0 || k == 1 ? plus(times(times(d, d), plus(times(d, a + 2), -(a + 3))), 1.0)
                                : plus(times(d, plus(times(d, plus(times(d, a), -5 * a)), 8 * a)), -4 * a);
    out.push_back({inside(plus(first, static_cast<double>(k)), padding, size, align), w});
  }
  return out;
}

Tensor sample_by_operators(const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding,
                           bool align) {
  const int64_t spatial = input.dim() - 2, n = input.size(0), channels = input.size(1);
  std::vector<std::vector<Tap>> along;  // from the first spatial dimension, which the grid's last coordinate tells
  for (int64_t d = 0; d < spatial; ++d)
    along.push_back(
        taps(call<"select.int">(grid, int64_t{-1}, spatial - 1 - d), input.size(2 + d), interpolation, padding, align));
  Dims places{n, 1, grid.numel() / std::max<int64_t>(1, n * spatial)}, wide{n, channels, places[2]};
  Tensor flat = call<"reshape">(input, Dims{n, channels, -1}), result;
  const size_t choices = along[0].size();
  size_t corners = 1;
  for (int64_t d = 0; d < spatial; ++d) corners *= choices;
  for (size_t corner = 0; corner < corners; ++corner) {
    Tensor at, weight;
    size_t rest = corner;
    for (int64_t d = 0; d < spatial; ++d, rest /= choices) {
      const Tap& tap = along[d][rest % choices];
      double last = static_cast<double>(input.size(2 + d) - 1);
      Tensor there = call<"logical_and">(call<"ge.Tensor">(tap.place, 0.0), call<"le.Tensor">(tap.place, last));
      Tensor share = call<"where.self">(there, tap.weight, call<"zeros_like">(tap.weight));
      Tensor index =
          call<"to.dtype">(call<"where.self">(there, tap.place, call<"zeros_like">(tap.place)), DType::int64);
      weight = weight.defined() ? times(weight, share) : share;
      at = at.defined() ? plus(times(at, input.size(2 + d)), index) : index;
    }
    Tensor values = call<"gather">(flat, int64_t{2}, call<"expand">(call<"reshape">(at, places), wide));
    Tensor part = times(values, call<"reshape">(weight, places));
    result = result.defined() ? plus(result, part) : part;
  }
  Dims sizes{n, channels};
  for (int64_t d = 1; d <= spatial; ++d) sizes.push_back(grid.size(d));
  return call<"reshape">(result, sizes);
}

// The gradient through those operators, as a function of the cotangent, the input and the grid.
void differentiable_gradient(Grad& g) {
  Tensor input = g.arg("input"), grid = g.arg("grid");
  Tensor out = sample_by_operators(input, grid, g.integer("interpolation_mode"), g.integer("padding_mode"),
                                   g.flag("align_corners"));
  BackwardOptions options;
  options.create_graph = options.retain_graph = options.allow_unused = true;
  options.accumulate = false;
  if (g.wants("input")) options.inputs.push_back(gradient_edge(input));
  if (g.wants("grid")) options.inputs.push_back(gradient_edge(grid));
  std::vector<Tensor> grads = run_backward({out}, {g.out()}, options);
  auto or_zeros = [](const Tensor& t, const Tensor& like) { return t.defined() ? t : call<"zeros_like">(like); };
  if (g.wants("input")) g.set("input", or_zeros(grads[0], input));
  if (g.wants("grid")) g.set("grid", or_zeros(grads.back(), grid));
}

}  // namespace

#define GRID_SAMPLER(n)                                                                                                \
  OP(grid_sampler_##n##d){                                                                                             \
      .signature =                                                                                                     \
          "grid_sampler_" #n                                                                                           \
          "d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor",      \
      .python = torch,                                                                                                 \
      .variants = Variants::none,                                                                                      \
      .doc = "Values of the input at the places of the grid, whose coordinates run from -1 to 1; see grid_sample.",    \
      .shape = [](const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding, bool)               \
          -> ResultSpec { return sample_shape("grid_sampler_" #n "d", input, grid, interpolation, padding, n); },      \
      .cpu = [](const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding, bool align,           \
                const Tensor& out) { sample_tensors(input, grid, interpolation, padding, align, out); },               \
      .saves = {"input", "grid"},                                                                                      \
      .gradient =                                                                                                      \
          [](Grad& g) {                                                                                                \
            if (g.tracked() && g.arg("input").numel() > 0) return differentiable_gradient(g);                          \
            auto parts = call_all<"grid_sampler_" #n "d_backward">(                                                    \
                g.out(), g.arg("input"), g.arg("grid"), g.integer("interpolation_mode"), g.integer("padding_mode"),    \
                g.flag("align_corners"), flags({g.wants("input"), g.wants("grid")}));                                  \
            if (g.wants("input")) g.set("input", parts[0].tensor());                                                   \
            if (g.wants("grid")) g.set("grid", parts[1].tensor());                                                     \
          },                                                                                                           \
      .autocast = Autocast::high,                                                                                      \
      .gradient_of_inputs = true,                                                                                      \
  };                                                                                                                   \
  OP(grid_sampler_##n##d_backward){                                                                                    \
      .signature = "grid_sampler_" #n                                                                                  \
                   "d_backward(Tensor grad_output, Tensor input, Tensor grid, int interpolation_mode, int "            \
                   "padding_mode, bool align_corners, "                                                                \
                   "bool[2] output_mask) -> (Tensor, Tensor)",                                                         \
      .python = hidden,                                                                                                \
      .variants = Variants::none,                                                                                      \
      .doc = "Gradients of grid_sampler_" #n "d with respect to input and grid.",                                      \
      .shape = [](const Tensor& grad, const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding, \
                  bool, std::span<const uint8_t> mask) -> ResultSpecs {                                                \
        ResultSpec out = sample_shape("grid_sampler_" #n "d_backward", input, grid, interpolation, padding, n);        \
        check(std::ranges::equal(grad.sizes(), out.sizes) && grad.dtype() == input.dtype(), ErrorKind::Runtime,        \
              "grid_sampler_" #n "d_backward: expected a gradient of size ", list_text(out.sizes), " and type ",       \
              name(input.dtype()), ", got ", describe(grad));                                                          \
        ResultSpecs results;                                                                                           \
        results.push_back({Dims(input.sizes()), input.dtype(), {}, !mask[0]});                                         \
        results.push_back({Dims(grid.sizes()), grid.dtype(), {}, !mask[1]});                                           \
        return results;                                                                                                \
      },                                                                                                               \
      .cpu =                                                                                                           \
          [](const Tensor& grad, const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding,      \
             bool align, std::span<const uint8_t>, const Tensor& grad_input, const Tensor& grad_grid) {                \
            Tensor gi = target(grad_input), gg = target(grad_grid);                                                    \
            grid_sample_backward({interpolation, padding, align}, ready(grad), ready(input), ready(grid), gi, gg);     \
            if (gi.defined() && !gi.is(grad_input)) copy_elements(grad_input, gi);                                     \
            if (gg.defined() && !gg.is(grad_grid)) copy_elements(grad_grid, gg);                                       \
          },                                                                                                           \
      .not_differentiable = "grid_sampler gives its second derivative through operators",                              \
  };
GRID_SAMPLER(2)
GRID_SAMPLER(3)
#undef GRID_SAMPLER

OP(grid_sampler){
    .signature =
        "grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> "
        "Tensor",
    .python = torch,
    .doc =
        "Values of an image (N, C, H, W) or volume (N, C, D, H, W) at the places of the grid. Modes: 0 linear, 1 "
        "nearest, 2 cubic; beyond the border: 0 zeros, 1 border, 2 mirrored.",
    .composite = [](const Tensor& input, const Tensor& grid, int64_t interpolation, int64_t padding,
                    bool align) -> Tensor {
      check(input.dim() == 4 || input.dim() == 5, ErrorKind::Runtime,
            "grid_sampler(): expected 4D or 5D input, but got input with sizes ", list_text(input.sizes()));
      return input.dim() == 4 ? call<"grid_sampler_2d">(input, grid, interpolation, padding, align)
                              : call<"grid_sampler_3d">(input, grid, interpolation, padding, align);
    },
    .autocast = Autocast::high,
};

// Homogeneous coordinates (x, y, [z,] 1) of a regular grid.
OP(_affine_base_grid){
    .signature = "_affine_base_grid(Tensor like, int[] size, bool align_corners) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The places of a regular grid in homogeneous coordinates.",
    .shape = [](const Tensor& like, IntSpan size, bool) -> ResultSpec {
      check(size.size() == 4 || size.size() == 5, ErrorKind::Runtime,
            "affine_grid_generator: size must have 4 or 5 entries, got ", list_text(size));
      int64_t places = 1;
      for (size_t d = 2; d < size.size(); ++d) places *= size[d];
      return {Dims{places, static_cast<int64_t>(size.size()) - 1}, like.dtype()};
    },
    .cpu =
        [](const Tensor&, IntSpan size, bool align, const Tensor& out) {
          const int64_t spatial = static_cast<int64_t>(size.size()) - 2, width = spatial + 1;
          Tensor wide = empty(out.sizes(), DType::float64);
          double* p = wide.data<double>();
          for (int64_t i = 0, n = out.size(0); i < n; ++i, p += width) {
            int64_t rest = i;
            for (int64_t k = 0; k < spatial; ++k) {
              const int64_t extent = size[size.size() - 1 - k], at = rest % extent;
              rest /= extent;
              const double steps = align ? static_cast<double>(extent - 1) : static_cast<double>(extent);
              p[k] = extent <= 1 ? 0
                     : align     ? 2.0 * static_cast<double>(at) / steps - 1
                                 : (2.0 * static_cast<double>(at) + 1) / steps - 1;
            }
            p[spatial] = 1;
          }
          copy_elements(out, wide);
        },
    .not_differentiable = "the grid is fixed",
};

OP(affine_grid_generator){
    .signature = "affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc =
        "Sampling grids of affine maps: theta (N, 2, 3) for an image of size (N, C, H, W), or (N, 3, 4) for a volume.",
    .composite = [](const Tensor& theta, IntSpan size, bool align) -> Tensor {
      const int64_t spatial = static_cast<int64_t>(size.size()) - 2;
      check(spatial == 2 || spatial == 3, ErrorKind::Runtime,
            "affine_grid_generator needs 4d (spatial) or 5d (volumetric) inputs, got size ", list_text(size));
      check(theta.dim() == 3 && theta.size(0) == size[0] && theta.size(1) == spatial && theta.size(2) == spatial + 1,
            ErrorKind::Runtime, "affine_grid_generator: Expected a batch of ", spatial, "D affine matrices of shape ",
            size[0], "x", spatial, "x", spatial + 1, " for size ", list_text(size), ". Got ", list_text(theta.sizes()),
            ".");
      for (int64_t n : size)
        check(n > 0, ErrorKind::Runtime, "affine_grid_generator: Expected non-zero, positive output size. Got ",
              list_text(size));
      Tensor base = call<"_affine_base_grid">(theta, size, align);
      Dims sizes{size[0]};
      for (size_t d = 2; d < size.size(); ++d) sizes.push_back(size[d]);
      sizes.push_back(spatial);
      return call<"reshape">(call<"matmul">(base, call<"transpose.int">(theta, int64_t{1}, int64_t{2})), sizes);
    },
};

}  // namespace flambeau
