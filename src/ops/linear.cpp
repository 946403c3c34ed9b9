// Affine maps of the last dimension: linear, bilinear.
#include "cpu/product.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

// Leading dimensions of x as one, without a copy where strides allow.
static Tensor rows_of(const Tensor& x) {
  if (x.dim() == 2) return x;
  const int64_t last = x.size(-1), rows = last ? x.numel() / last : [&] {
    int64_t n = 1;
    for (int64_t d = 0; d + 1 < x.dim(); ++d) n *= x.size(d);
    return n;
  }();
  Layout out;
  if (x.layout().viewed(Dims{rows, last}, out)) return alias(x, out);
  return alias(as_contiguous(x), Layout(Dims{rows, last}));
}
static Tensor transposed(const Tensor& t) { return alias(t, t.layout().transposed(0, 1)); }

OP(linear){
    .signature = "linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    .python = functional,
    .doc = R"(``input @ weight.T + bias`` over the last dimension: input (…, k), weight (n, k) or (k), bias (n).

    >>> flambeau.nn.functional.linear(flambeau.ones(2), flambeau.ones(3, 2), flambeau.ones(3))
    tensor([3., 3., 3.]))",
    .shape = [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) -> ResultSpec {
      check(weight.dim() == 1 || weight.dim() == 2, ErrorKind::Runtime,
            "linear: weight must have 1 or 2 dimensions, got ", describe(weight));
      check(input.dim() > 0, ErrorKind::Runtime,
            "linear: both arguments to linear need to be at least 1D, but they are ", input.dim(), "D and ",
            weight.dim(), "D");
      check(input.size(-1) == weight.size(-1), ErrorKind::Runtime, "linear: input ", list_text(input.sizes()), " has ",
            input.size(-1), " features in its last dimension, weight ", list_text(weight.sizes()), " wants ",
            weight.size(-1), "; mat1 and mat2 shapes cannot be multiplied");
      check(input.dtype() == weight.dtype(), ErrorKind::Runtime,
            "linear: mat1 and mat2 must have the same dtype, but got ", name(input.dtype()), " and ",
            name(weight.dtype()));
      Dims sizes(input.sizes());
      if (weight.dim() == 2)
        sizes.back() = weight.size(0);
      else
        sizes.pop_back();
      if (bias) {
        check(bias->dtype() == input.dtype(), ErrorKind::Runtime,
              "linear: self and mat2 must have the same dtype, but got ", name(bias->dtype()), " and ",
              name(input.dtype()));
        check_expands("linear", *bias, sizes);
      }
      return {std::move(sizes), input.dtype()};
    },
    .cpu =
        [](const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias, const Tensor& out) {
          const int64_t k = weight.size(-1), n = weight.dim() == 2 ? weight.size(0) : 1;
          if (input.dtype() == DType::float32 && input.device().type == DeviceType::cpu && out.numel() * k <= 8192 &&
              input.is_contiguous() && weight.is_contiguous() &&
              (!bias || (bias->dim() == 1 && bias->size(0) == n && bias->is_contiguous()))) {
            if (out.numel() == 0) return;
            return small_linear(input.data<float>(), weight.data<float>(), bias ? bias->data<float>() : nullptr,
                                out.data<float>(), out.numel() / n, n, k);
          }
          Tensor x = rows_of(input), w = weight.dim() == 2 ? weight : alias(weight, weight.layout().unsqueezed(0));
          Tensor y = alias(out, Layout(Dims{x.size(0), n}, Dims{n, 1}, out.offset()));
          if (bias) copy_elements(out, *bias);
          product(y, x, transposed(w), 1, bias ? 1 : 0);
        },
    .saves = {"input for weight", "weight for input"},
    .gradient =
        [](Grad& g) {
          if (g.dim("weight") == 2) {
            bool bias = g.given("bias") && g.wants("bias"),
                 plain = bias && g.dim("bias") == 1 && g.sizes("bias")[0] == g.sizes("weight")[0];
            bool to_input = g.wants("input"), to_weight = g.wants("weight");
            auto parts =
                call_all<"linear_backward">(to_weight ? g.arg("input") : Tensor(), g.out(),
                                            to_input ? g.arg("weight") : Tensor(), flags({to_input, to_weight, plain}));
            if (g.wants("input")) g.set("input", parts[0].tensor());
            if (g.wants("weight")) g.set("weight", parts[1].tensor());
            if (plain)
              g.set("bias", parts[2].tensor());
            else if (bias)
              g.set("bias", g.out());
            return;
          }
          Tensor column = call<"unsqueeze">(g.out(), int64_t{-1});
          if (g.wants("input")) g.set("input", call<"mul.Tensor">(column, conjugated(g.arg("weight"))));
          if (g.wants("weight")) g.set("weight", call<"mul.Tensor">(column, conjugated(g.arg("input"))));
          if (g.given("bias") && g.wants("bias")) g.set("bias", g.out());
        },
    .autocast = Autocast::low,
};

OP(linear_backward){
    .signature =
        "linear_backward(Tensor? self, Tensor grad_output, Tensor? weight, bool[3] output_mask) -> (Tensor, Tensor, "
        "Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "The three gradients of :func:`linear`, those that the mask asks for; ``self`` is read for the weight's, "
        "``weight`` for the input's.",
    .shape = [](const Tensor& self, const Tensor& grad, const Tensor& weight,
                std::span<const uint8_t> mask) -> ResultSpecs {
      const size_t lead = grad.dim() ? grad.sizes().size() - 1 : 0;
      bool fits = grad.dim() > 0 && (weight.defined() || !mask[0]) && (self.defined() || !mask[1]);
      if (weight.defined())
        fits = fits && weight.dim() == 2 && grad.size(-1) == weight.size(0) && grad.dtype() == weight.dtype();
      if (self.defined())
        fits = fits && grad.dim() == self.dim() && grad.dtype() == self.dtype() &&
               std::ranges::equal(self.sizes().first(lead), grad.sizes().first(lead));
      if (weight.defined() && self.defined()) fits = fits && self.size(-1) == weight.size(1);
      check(fits, ErrorKind::Runtime, "linear_backward: input ", describe(self), ", gradient ", describe(grad),
            " and weight ", describe(weight), " do not go together");
      const int64_t n = grad.size(-1), k = weight.defined() ? weight.size(1) : self.defined() ? self.size(-1) : 0;
      Dims input(grad.sizes());
      input.back() = k;
      ResultSpecs results;
      results.push_back({std::move(input), grad.dtype(), {}, !mask[0]});
      results.push_back({Dims{n, k}, grad.dtype(), {}, !mask[1]});
      results.push_back({Dims{n}, grad.dtype(), {}, !mask[2]});
      return results;
    },
    .cpu =
        [](const Tensor& self, const Tensor& grad, const Tensor& weight, std::span<const uint8_t>,
           const Tensor& grad_input, const Tensor& grad_weight, const Tensor& grad_bias) {
          Tensor dy = rows_of(grad), x = self.defined() ? rows_of(self) : Tensor();
          auto rows = [&] { return alias(grad_input, Layout(Dims{dy.size(0), weight.size(1)})); };
          if (grad.is_complex()) {  // real matrices have nothing to conjugate
            auto plain = [](const Tensor& t) { return call<"resolve_conj">(call<"conj">(t)); };
            if (grad_input.defined()) product(rows(), dy, plain(weight));
            if (grad_weight.defined()) product(grad_weight, transposed(dy), plain(x));
          } else {
            if (grad_input.defined()) product(rows(), dy, weight);
            if (grad_weight.defined()) product(grad_weight, transposed(dy), x);
          }
          if (grad_bias.defined()) {
            if (dy.dtype() == DType::float32 && dy.device().type == DeviceType::cpu &&
                dy.numel() <= 4096) {  // few rows: added up here, in order
              const int64_t n = dy.size(1);
              float* sum = grad_bias.data<float>();
              std::fill_n(sum, n, 0.0f);
              for (int64_t i = 0; i < dy.size(0); ++i) {
                const float* row = dy.data<float>() + i * dy.stride(0);
                for (int64_t j = 0, step = dy.stride(1); j < n; ++j) sum[j] += row[j * step];
              }
            } else {
              copy_elements(grad_bias, call<"sum.dim_IntList">(dy, Dims{0}, false));
            }
          }
        },
    .saves = {"self", "grad_output", "weight"},
    .gradient =
        [](Grad& g) {
          Tensor x = g.self(), dy = g.arg("grad_output"), w = g.arg("weight");
          auto columns = [](const Tensor& t) { return t.dim() == 2 ? t : call<"reshape">(t, Dims{-1, t.size(-1)}); };
          if (g.wants("self") && g.has_out(1)) g.set("self", conjugated(call<"matmul">(conjugated(dy), g.out(1))));
          if (g.wants("weight") && g.has_out(0)) {
            Tensor left = columns(dy), right = columns(g.out(0));
            g.set("weight", call<"mm">(call<"t">(left), conjugated(right)));
          }
          if (g.wants("grad_output")) {
            Tensor sum;
            auto add = [&](const Tensor& t) { sum = sum.defined() ? call<"add.Tensor">(sum, t) : t; };
            if (g.has_out(0)) add(call<"matmul">(g.out(0), call<"t">(w)));
            if (g.has_out(1)) add(call<"matmul">(x, call<"t">(g.out(1))));
            if (g.has_out(2)) add(call<"expand">(g.out(2), dy.sizes()));
            if (sum.defined()) g.set("grad_output", sum);
          }
        },
};

OP(bilinear){
    .signature = "bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
    .python = torch | functional,
    .doc = "``input1 · weight[o] · input2 + bias[o]`` over the last dimensions: weight (out, in1, in2).",
    .composite = [](const Tensor& input1, const Tensor& input2, const Tensor& weight,
                    const std::optional<Tensor>& bias) -> Tensor {
      check(weight.dim() == 3, ErrorKind::Runtime, "bilinear: weight must have 3 dimensions, got ", describe(weight));
      check(input1.dim() == input2.dim() && input1.dim() > 0, ErrorKind::Runtime,
            "bilinear(): input dimensions do not match: got ", input1.dim(), " and ", input2.dim());
      for (int64_t d = 0; d + 1 < input1.dim(); ++d)
        check(input1.size(d) == input2.size(d), ErrorKind::Runtime,
              "bilinear(): input batch dimensions do not match at dim ", d, ": got ", input1.size(d), " and ",
              input2.size(d));
      check(input1.size(-1) == weight.size(1) && input2.size(-1) == weight.size(2), ErrorKind::Runtime,
            "bilinear(): input1 ", list_text(input1.sizes()), " and input2 ", list_text(input2.sizes()),
            " do not match weight ", list_text(weight.sizes()));
      check(!bias || bias->size(0) == weight.size(0), ErrorKind::Runtime,
            "bilinear(): bias size does not match weight size: got ", bias ? bias->size(0) : 0, " but expected ",
            weight.size(0));
      Dims sizes(input1.sizes());
      sizes.back() = weight.size(0);
      Tensor x1 = call<"reshape">(input1, Dims{-1, input1.size(-1)}),
             x2 = call<"reshape">(input2, Dims{-1, input2.size(-1)});
      // (in1, out·in2): one product, then a weighted sum over in2.
      Tensor w = call<"reshape">(call<"permute">(weight, Dims{1, 0, 2}), Dims{weight.size(1), -1});
      Tensor partial = call<"view">(call<"mm">(x1, w), Dims{x1.size(0), weight.size(0), weight.size(2)});
      Tensor out = call<"squeeze.dim">(call<"bmm">(partial, call<"unsqueeze">(x2, int64_t{-1})), int64_t{-1});
      if (bias) out = call<"add.Tensor">(out, *bias);
      return call<"reshape">(out, sizes);
    },
};

}  // namespace flambeau
