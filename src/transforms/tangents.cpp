// Tangents of kernels that are used a lot; any other is differentiated through its gradient (Note [Tangents]).
#include "autograd/forward.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// Linear in these arguments together: those without a tangent count as zero.
Tensor jointly(const Tangents& t, std::initializer_list<const char*> names) {
  std::vector<Value> args(t.call.args, t.call.args + t.call.arguments());
  for (const char* name : names) args[t.index(name)] = t.has(name) ? t.of(name) : call<"zeros_like">(t.primal(name));
  Call inner{t.call.op, args.data()};
  run(inner);
  return inner.results[0].tensor();
}

// Linear in one argument each.
FORM(tangent, "sum"){.linear_in = {"self"}};
FORM(tangent, "sum.dim_IntList"){.linear_in = {"self"}};
FORM(tangent, "mean"){.linear_in = {"self"}};
FORM(tangent, "mean.dim"){.linear_in = {"self"}};
FORM(tangent, "cumsum"){.linear_in = {"self"}};
FORM(tangent, "flip"){.linear_in = {"self"}};
FORM(tangent, "roll"){.linear_in = {"self"}};
FORM(tangent, "tril"){.linear_in = {"self"}};
FORM(tangent, "triu"){.linear_in = {"self"}};
FORM(tangent, "clone"){.linear_in = {"self"}};
FORM(tangent, "_cast_copy"){.linear_in = {"self"}};
FORM(tangent, "gather"){.linear_in = {"self"}};
FORM(tangent, "index.Tensor"){.linear_in = {"self"}};
FORM(tangent, "index_select"){.linear_in = {"self"}};
FORM(tangent, "take"){.linear_in = {"self"}};
FORM(tangent, "embedding"){.linear_in = {"weight"}};
FORM(tangent, "im2col"){.linear_in = {"self"}};
FORM(tangent, "col2im"){.linear_in = {"self"}};
FORM(tangent, "_average_pool"){.linear_in = {"self"}};
FORM(tangent, "_adaptive_average_pool"){.linear_in = {"self"}};
FORM(tangent, "_resample"){.linear_in = {"self"}};
FORM(tangent, "_fft_c2c"){.linear_in = {"self"}};
FORM(tangent, "_fft_r2c"){.linear_in = {"self"}};
FORM(tangent, "_fft_c2r"){.linear_in = {"self"}};
FORM(tangent, "reflection_pad1d"){.linear_in = {"self"}};
FORM(tangent, "reflection_pad2d"){.linear_in = {"self"}};
FORM(tangent, "reflection_pad3d"){.linear_in = {"self"}};
FORM(tangent, "replication_pad1d"){.linear_in = {"self"}};
FORM(tangent, "replication_pad2d"){.linear_in = {"self"}};
FORM(tangent, "replication_pad3d"){.linear_in = {"self"}};

// Products.
FORM(tangent, "mm"){.linear_in = {"self", "mat2"}};
FORM(tangent, "bmm"){.linear_in = {"self", "mat2"}};
FORM(tangent, "mv"){.linear_in = {"self", "vec"}};
FORM(tangent, "_row_dots"){.linear_in = {"self", "other"}};
FORM(tangent, "dot"){.linear_in = {"self", "tensor"}};
FORM(tangent, "_matmul_batched"){.linear_in = {"self", "other"}};
FORM(tangent, "linear"){.rule = [](Tangents& t) -> std::vector<Tensor> {
  static const OpCall linear("linear");
  Tensor out;
  if (t.has("input")) out = linear({t.of("input"), t.primal("weight")}).tensor();
  if (t.has("weight")) out = sum_of_tangents(out, linear({t.primal("input"), t.of("weight")}).tensor());
  if (t.has("bias")) out = sum_of_tangents(out, t.of("bias"));
  return {out};
}};
FORM(tangent, "convolution"){.rule = [](Tangents& t) -> std::vector<Tensor> {
  std::vector<Value> args(t.call.args, t.call.args + t.call.arguments());
  args[t.index("bias")] = Value();
  Tensor out;
  for (const char* name : {"input", "weight"}) {
    if (!t.has(name)) continue;
    std::vector<Value> with = args;
    with[t.index(name)] = t.of(name);
    Call inner{t.call.op, with.data()};
    run(inner);
    out = sum_of_tangents(out, inner.results[0].tensor());
  }
  if (t.has("bias")) {
    Tensor bias = t.of("bias");
    while (bias.dim() + 1 < t.result().dim()) bias = call<"unsqueeze">(bias, int64_t{-1});
    out = sum_of_tangents(out, bias);
  }
  return {out};
}};

// Linear in several arguments together.
FORM(tangent, "scatter.src"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {jointly(t, {"self", "src"})}; }};
FORM(tangent, "scatter_add"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {jointly(t, {"self", "src"})}; }};
FORM(tangent, "index_add"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {jointly(t, {"self", "source"})}; }};
FORM(tangent,
     "index_copy"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {jointly(t, {"self", "source"})}; }};
FORM(tangent, "index_put"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {jointly(t, {"self", "values"})}; }};
FORM(tangent,
     "copy_"){.rule = [](Tangents& t) -> std::vector<Tensor> { return {t.has("src") ? t.of("src") : Tensor()}; }};
FORM(tangent, "fill_.Scalar"){.rule = [](Tangents&) -> std::vector<Tensor> { return {Tensor()}; }};
FORM(tangent, "fill_.Tensor"){
    .rule = [](Tangents& t) -> std::vector<Tensor> { return {t.has("value") ? t.of("value") : Tensor()}; }};
FORM(tangent, "zero_"){.rule = [](Tangents&) -> std::vector<Tensor> { return {Tensor()}; }};

// Softmax: J t = y (t - <y, t>).
FORM(tangent, "_softmax"){.rule = [](Tangents& t) -> std::vector<Tensor> {
  Tensor y = t.result(), d = t.of("self");
  if (y.dim() == 0) return {call<"zeros_like">(y)};
  if (d.dtype() != y.dtype()) d = call<"_to_copy">(d, y.dtype());
  const Dims dim{t.value("dim").integer()};
  return {call<"mul.Tensor">(y, call<"sub.Tensor">(d, call<"sum.dim_IntList">(call<"mul.Tensor">(y, d), dim, true)))};
}};
FORM(tangent, "_log_softmax"){.rule = [](Tangents& t) -> std::vector<Tensor> {
  Tensor y = t.result(), d = t.of("self");
  if (y.dim() == 0) return {call<"zeros_like">(y)};
  if (d.dtype() != y.dtype()) d = call<"_to_copy">(d, y.dtype());
  const Dims dim{t.value("dim").integer()};
  return {call<"sub.Tensor">(d, call<"sum.dim_IntList">(call<"mul.Tensor">(call<"exp">(y), d), dim, true))};
}};

// Selections: the tangent of what was selected.
std::vector<Tensor> selected(Tangents& t) {
  Tensor indices = t.result(1), d = t.of("self");
  if (d.dim() == 0) return {d};
  const int64_t dim = t.value("dim").integer();
  const bool dropped = indices.dim() < d.dim();
  Tensor out = call<"gather">(d, dim, dropped ? call<"unsqueeze">(indices, dim < 0 ? dim : dim) : indices);
  return {dropped ? call<"squeeze.dim">(out, dim) : out};
}
FORM(tangent, "sort"){.rule = selected};
FORM(tangent, "sort.stable"){.rule = selected};
FORM(tangent, "topk"){.rule = selected};
FORM(tangent, "kthvalue"){.rule = selected};
FORM(tangent, "max.dim"){.rule = selected};
FORM(tangent, "min.dim"){.rule = selected};
FORM(tangent, "median.dim"){.rule = selected};
FORM(tangent, "nanmedian.dim"){.rule = selected};
FORM(tangent, "mode"){.rule = selected};
FORM(tangent, "cummax"){.rule = selected};
FORM(tangent, "cummin"){.rule = selected};

}  // namespace

}  // namespace flambeau
