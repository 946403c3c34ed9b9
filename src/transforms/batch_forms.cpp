// How products, convolutions, norms, losses and other kernels take a batch.
#include "transforms/batch.h"

namespace flambeau {

namespace {

Tensor product(const BatchCall& b, std::string_view left, std::string_view right) {
  return call<"matmul">(b.raw(left), b.raw(right));
}

// beta * self + alpha * product, with self aligned to entries of this rank.
BatchResults added(const BatchCall& b, int64_t rank, const Tensor& product) {
  Tensor out = call<"mul.Tensor">(product, b.value("alpha").scalar());
  const Scalar beta = b.value("beta").scalar();
  if (!beta.is_complex() && beta.to_double() == 0) return {out};
  Tensor self = b.is_batched("self") ? b.aligned(b.index("self"), rank) : b.raw("self");
  return {call<"add.Tensor">(out, call<"mul.Tensor">(self, beta))};
}

Tensor column(const Tensor& vectors) { return call<"unsqueeze">(vectors, int64_t{-1}); }
Tensor transposed(const Tensor& t) { return call<"transpose.int">(t, int64_t{-2}, int64_t{-1}); }
Tensor front(const Tensor& t) { return call<"movedim.int">(t, int64_t{0}, int64_t{1}); }

Tensor batched_matvec(const BatchCall& b, std::string_view matrix, std::string_view vector) {
  return call<"squeeze.dim">(call<"matmul">(b.raw(matrix), column(b.raw(vector))), int64_t{-1});
}

FORM(batch, "mm"){.rule = [](const BatchCall& b) -> BatchResults { return {product(b, "self", "mat2")}; }};
FORM(batch, "bmm"){.rule = [](const BatchCall& b) -> BatchResults { return {product(b, "self", "mat2")}; }};
FORM(batch, "_matmul_batched"){.leading = true};
FORM(batch, "mv"){.rule = [](const BatchCall& b) -> BatchResults { return {batched_matvec(b, "self", "vec")}; }};
FORM(batch,
     "addmm"){.rule = [](const BatchCall& b) -> BatchResults { return added(b, 2, product(b, "mat1", "mat2")); }};
FORM(batch,
     "baddbmm"){.rule = [](const BatchCall& b) -> BatchResults { return added(b, 3, product(b, "batch1", "batch2")); }};
FORM(batch, "addbmm"){.rule = [](const BatchCall& b) -> BatchResults {
  return added(b, 2, call<"sum.dim_IntList">(product(b, "batch1", "batch2"), Dims{-3}));
}};
FORM(batch,
     "addmv"){.rule = [](const BatchCall& b) -> BatchResults { return added(b, 1, batched_matvec(b, "mat", "vec")); }};

BatchResults dots(const BatchCall& b, const Tensor& left, std::string_view right) {
  // A product of matrices for each entry costs more than the few numbers in it; halves are summed wide there.
  if (itemsize(left.dtype()) >= 4) {
    Tensor products = call<"mul.Tensor">(left, b.raw(right));
    return {call<"sum.dim_IntList">(products, Dims{-1}, false, left.dtype())};
  }
  Tensor rows = call<"unsqueeze">(left, int64_t{-2});
  Tensor out = call<"matmul">(rows, column(b.raw(right)));
  return {call<"reshape">(out, Dims{b.batch})};
}
FORM(batch, "dot"){.rule = [](const BatchCall& b) -> BatchResults {
  const DType dtype = b.raw("self").dtype();
  if (b.is_batched("self") && b.is_batched("tensor") && (dtype == DType::float32 || dtype == DType::float64))
    return {call<"_row_dots">(b.raw("self"), b.raw("tensor"))};
  return dots(b, b.raw("self"), "tensor");
}};
FORM(batch, "_row_dots"){.leading = true, .core = {1, 1}};
FORM(batch,
     "vdot"){.rule = [](const BatchCall& b) -> BatchResults { return dots(b, call<"conj">(b.raw("self")), "other"); }};

FORM(batch, "linear"){.rule = [](const BatchCall& b) -> BatchResults {
  if (!b.is_batched("weight") && !b.is_batched("bias")) {
    static const OpCall linear("linear");
    return {linear({b.raw("input"), b.raw("weight"), b.raw("bias")}).tensor()};
  }
  const int64_t rank = b.rank("input");
  if (b.rank("weight") == 1) {  // one output, without a dimension
    Tensor w = b.is_batched("weight") ? b.aligned(b.index("weight"), std::max<int64_t>(rank, 1)) : b.raw("weight");
    Tensor out = call<"sum.dim_IntList">(call<"mul.Tensor">(b.whole("input"), w), Dims{-1});
    if (!b.given("bias")) return {out};
    return {call<"add.Tensor">(out, b.is_batched("bias") ? b.aligned(b.index("bias"), rank - 1) : b.raw("bias"))};
  }
  Tensor x = b.is_batched("input") ? b.whole("input") : b.raw("input");
  Tensor w = b.raw("weight");
  if (b.is_batched("weight")) {
    // (B, out, in), behind the rows of an entry: (B, 1…, out, in).
    while (w.dim() < std::max<int64_t>(rank, 2) + 1) w = call<"unsqueeze">(w, int64_t{1});
    if (rank == 1) x = call<"unsqueeze">(x, int64_t{-2});
  }
  Tensor out = call<"matmul">(x, transposed(w));
  if (b.is_batched("weight") && rank == 1) out = call<"squeeze.dim">(out, int64_t{-2});
  if (!b.given("bias")) return {out};
  return {call<"add.Tensor">(
      out, b.is_batched("bias") ? b.aligned(b.index("bias"), std::max<int64_t>(rank, 1)) : b.raw("bias"))};
}};
FORM(batch, "linear_backward"){.rule = [](const BatchCall& b) -> BatchResults {
  // What the mask does not ask for is neither given nor made.
  const std::span<const uint8_t> mask = b.call.args[b.index("output_mask")].bools();
  Tensor g = b.whole("grad_output"), rows_g = call<"reshape">(g, Dims{b.batch, -1, g.size(-1)});
  const int64_t rank = b.rank("grad_output");
  BatchResults out(3);
  if (mask[0]) {
    Tensor w = b.is_batched("weight") ? b.aligned(b.index("weight"), std::max<int64_t>(rank, 2)) : b.raw("weight");
    out[0] = rank == 1 ? call<"squeeze.dim">(call<"matmul">(call<"unsqueeze">(g, int64_t{-2}), w), int64_t{-2})
                       : call<"matmul">(g, w);
  }
  if (mask[1]) {
    Tensor x = b.whole("self");
    out[1] = call<"matmul">(transposed(rows_g), call<"reshape">(x, Dims{b.batch, -1, x.size(-1)}));
  }
  if (mask[2]) out[2] = call<"sum.dim_IntList">(rows_g, Dims{1});
  return out;
}};

// --- convolutions: through groups where the weights differ, else through the rows ---

// (B, N, C, …) as (N, B·C, …), and back.
Tensor channels_folded(const Tensor& t) {
  Tensor moved = front(t);
  Dims sizes{moved.size(0), moved.size(1) * moved.size(2)};
  for (int64_t d = 3; d < moved.dim(); ++d) sizes.push_back(moved.size(d));
  return call<"reshape">(moved, sizes);
}
Tensor channels_unfolded(const Tensor& t, int64_t batch) {
  Dims sizes{t.size(0), batch, t.size(1) / batch};
  for (int64_t d = 2; d < t.dim(); ++d) sizes.push_back(t.size(d));
  return front(call<"reshape">(t, sizes));
}

BatchResults convolved(const BatchCall& b) {
  static const OpCall convolution("convolution");
  const bool own_weight = b.is_batched("weight");
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  const bool own_bias = b.is_batched("bias");
  Tensor out;
  if (!own_weight) {
    args[b.index("input")] = folded(b.whole("input"));
    if (own_bias) args[b.index("bias")] = Value();
    out = unfolded(run_with(b.call.op, args)[0], b.batch);
    if (!own_bias) return {out};
  } else {
    args[b.index("input")] = channels_folded(b.whole("input"));
    args[b.index("weight")] = folded(b.whole("weight"));
    args[b.index("bias")] = Value();
    args[b.index("groups")] = b.value("groups").integer() * b.batch;
    out = channels_unfolded(run_with(b.call.op, args)[0], b.batch);
  }
  if (!b.given("bias")) return {out};
  Tensor bias = b.whole("bias");  // (B, C): (B, 1, C, 1…)
  bias = call<"unsqueeze">(bias, int64_t{1});
  while (bias.dim() < out.dim()) bias = call<"unsqueeze">(bias, int64_t{-1});
  return {call<"add.Tensor">(out, bias)};
}
FORM(batch, "convolution"){.rule = convolved};

BatchResults convolved_backward(const BatchCall& b) {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  const Value& mask = b.value("output_mask");
  const std::vector<uint8_t> wanted(mask.bools());
  auto only = [&](bool x, bool w) {
    auto* list = new BoolList;
    list->items = {static_cast<uint8_t>(x && wanted[0]), static_cast<uint8_t>(w && wanted[1]), 0};
    args[b.index("output_mask")] = Value(Tag::Bools, list);
  };
  BatchResults out(3);
  Tensor g = b.whole("grad_output");
  const bool own_weight = b.is_batched("weight");
  if (!own_weight && wanted[0]) {
    only(true, false);
    args[b.index("grad_output")] = folded(g);
    args[b.index("input")] = folded(b.whole("input"));
    out[0] = unfolded(run_with(b.call.op, args)[0], b.batch);
  }
  if (wanted[1] || (own_weight && wanted[0])) {
    only(own_weight, true);
    args[b.index("grad_output")] = channels_folded(g);
    args[b.index("input")] = channels_folded(b.whole("input"));
    args[b.index("weight")] = folded(b.whole("weight"));
    args[b.index("groups")] = b.value("groups").integer() * b.batch;
    std::vector<Tensor> found = run_with(b.call.op, args);
    if (own_weight && wanted[0]) out[0] = channels_unfolded(found[0], b.batch);
    if (wanted[1]) out[1] = unfolded(found[1], b.batch);
  }
  if (wanted[2]) {
    Dims dims{1};
    for (int64_t d = 3; d < g.dim(); ++d) dims.push_back(d);
    out[2] = call<"sum.dim_IntList">(g, dims);
  }
  return out;
}
FORM(batch, "convolution_backward"){.rule = convolved_backward};

// --- images: the batch joins the rows ---
FORM(batch, "_adaptive_average_pool"){.rows = {"self"}, .spatial = "output_size"};
FORM(batch, "_adaptive_average_pool_backward"){.rows = {"self"}, .spatial = "output_size"};
FORM(batch, "_adaptive_max_pool"){.rows = {"self"}, .spatial = "output_size"};
FORM(batch, "_average_pool"){.rows = {"self"}, .spatial = "spatial"};
FORM(batch, "_average_pool_backward"){.rows = {"self"}, .spatial = "spatial"};
FORM(batch, "_max_pool"){.rows = {"self"}, .spatial = "spatial"};
FORM(batch, "_pool_gather"){.rows = {"self", "indices"}, .spatial = "spatial"};
FORM(batch, "_pool_scatter"){.rows = {"self", "indices"}, .spatial = "spatial"};
FORM(batch, "_resample"){.rows = {"self"}, .spatial = "output_size"};
FORM(batch, "_resample_backward"){.rows = {"self"}, .rows_rank = 0, .spatial = "scales"};
FORM(batch, "grid_sampler_2d"){.rows = {"input", "grid"}, .rows_rank = 4};
FORM(batch, "grid_sampler_3d"){.rows = {"input", "grid"}, .rows_rank = 5};
FORM(batch, "grid_sampler_2d_backward"){.rows = {"grad_output", "input", "grid"}, .rows_rank = 4};
FORM(batch, "grid_sampler_3d_backward"){.rows = {"grad_output", "input", "grid"}, .rows_rank = 5};
FORM(batch, "max_unpool2d"){.rows = {"self", "indices"}, .spatial = "output_size"};
FORM(batch, "max_unpool3d"){.rows = {"self", "indices"}, .spatial = "output_size"};
FORM(batch, "fractional_max_pool2d"){.rows = {"self", "random_samples"}, .spatial = "kernel_size"};
FORM(batch, "fractional_max_pool3d"){.rows = {"self", "random_samples"}, .spatial = "kernel_size"};
FORM(batch, "im2col"){.rows = {"self"}, .rows_rank = 4};
FORM(batch, "col2im"){.rows = {"self"}, .rows_rank = 3};
FORM(batch, "reflection_pad1d"){.rows = {"self"}, .rows_rank = 3};
FORM(batch, "reflection_pad2d"){.rows = {"self"}, .rows_rank = 4};
FORM(batch, "reflection_pad3d"){.rows = {"self"}, .rows_rank = 5};
FORM(batch, "replication_pad1d"){.rows = {"self"}, .rows_rank = 3};
FORM(batch, "replication_pad2d"){.rows = {"self"}, .rows_rank = 4};
FORM(batch, "replication_pad3d"){.rows = {"self"}, .rows_rank = 5};
FORM(batch, "reflection_pad1d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 3};
FORM(batch, "reflection_pad2d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 4};
FORM(batch, "reflection_pad3d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 5};
FORM(batch, "replication_pad1d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 3};
FORM(batch, "replication_pad2d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 4};
FORM(batch, "replication_pad3d_backward"){.rows = {"grad_output", "self"}, .rows_rank = 5};

// --- rows of other kinds ---
FORM(batch, "_lstm_gates"){.rows = {"gates", "cx"}, .rows_rank = 2};
FORM(batch, "_lstm_gates_backward"){.rows = {"grad_hy", "grad_cy", "activations", "cx", "cy"}, .rows_rank = 2};
FORM(batch, "_cross_entropy_rows"){.rows = {"self", "target"}, .rows_rank = 2};
FORM(batch, "_cross_entropy_rows_backward"){.rows = {"grad", "self", "target", "lse"}, .rows_rank = 1};
FORM(batch, "multinomial"){.rows = {"self"}, .rows_rank = 2};

// --- dimensions in front change nothing ---
FORM(batch, "_frames"){.rows = {"self"}, .rows_rank = 2};
FORM(batch, "_overlap_add"){.rows = {"self"}, .rows_rank = 3};
FORM(batch, "copy_"){.leading = true};
FORM(batch, "fill_.Scalar"){.leading = true};
FORM(batch, "fill_.Tensor"){.leading = true};
FORM(batch, "zero_"){.leading = true};
FORM(batch, "_linalg_det"){.leading = true};
FORM(batch, "_linalg_eigh"){.leading = true};
FORM(batch, "_linalg_eigvals"){.leading = true};
FORM(batch, "_linalg_slogdet"){.leading = true};
FORM(batch, "_linalg_svd"){.leading = true};
FORM(batch, "_lu_solve"){.leading = true, .core = {2, 1, 2}};
FORM(batch, "_permutation_matrix"){.leading = true};
FORM(batch, "geqrf"){.leading = true};
FORM(batch, "ormqr"){.leading = true, .core = {2, 1, 2}};
FORM(batch, "linalg_householder_product"){.leading = true, .core = {2, 1}};
FORM(batch, "linalg_cholesky_ex"){.leading = true};
FORM(batch, "linalg_eig"){.leading = true};
FORM(batch, "linalg_inv_ex"){.leading = true};
FORM(batch, "linalg_ldl_factor_ex"){.leading = true};
FORM(batch, "linalg_ldl_solve"){.leading = true, .core = {2, 1, 2}};
FORM(batch, "linalg_lu_factor_ex"){.leading = true};
FORM(batch, "linalg_matrix_exp"){.leading = true};
FORM(batch, "linalg_qr"){.leading = true};
FORM(batch, "linalg_solve_triangular"){.leading = true};
FORM(batch, "tril"){.leading = true};
FORM(batch, "triu"){.leading = true};
FORM(batch, "constant_pad_nd"){.leading = true};
FORM(batch, "frexp.Tensor"){.leading = true};
FORM(batch, "one_hot"){.leading = true};
FORM(batch, "_standard_gamma_grad"){.leading = true};
FORM(batch, "_dirichlet_grad"){.leading = true};
// In the memory format that an entry would have.
Tensor copied(const BatchCall& b, MemoryFormat format, DType dtype, Device device) {
  Tensor whole = b.whole("self");
  if (format == MemoryFormat::preserve) return call<"_cast_copy">(whole, dtype, device, MemoryFormat::preserve);
  Dims entry(whole.sizes().subspan(1)), sizes(whole.sizes());
  Layout one(entry, format == MemoryFormat::contiguous ? contiguous_strides(entry) : channels_last_strides(entry));
  Dims strides = one.strides;
  strides.insert(0, one.numel() ? one.extent() : 1);
  Tensor out = call<"new_empty_strided">(whole, sizes, strides, dtype, Value(), device);
  return call<"copy_">(out, whole);
}
FORM(batch, "clone"){.rule = [](const BatchCall& b) -> BatchResults {
  const Value& format = b.value("memory_format");
  Tensor self = b.raw("self");
  return {copied(b, format.is_none() ? MemoryFormat::preserve : format.memory_format(), self.dtype(), self.device())};
}};
FORM(batch, "_cast_copy"){.rule = [](const BatchCall& b) -> BatchResults {
  return {copied(b, b.value("memory_format").memory_format(), b.value("dtype").dtype(), b.value("device").device())};
}};
FORM(batch, "view.dtype"){.rule = [](const BatchCall& b) -> BatchResults {
  return {call<"view.dtype">(b.whole("self"), b.value("dtype").dtype())};
}};
FORM(batch, "roll"){.rule = [](const BatchCall& b) -> BatchResults {
  Tensor self = b.whole("self");
  const Value shifts = b.value("shifts");
  Dims dims = b.value("dims").ints();
  if (dims.empty()) {
    Tensor flat = call<"roll">(call<"reshape">(self, Dims{b.batch, -1}), shifts, Dims{1});
    return {call<"reshape">(flat, self.layout().sizes)};
  }
  const int64_t rank = b.rank("self");
  for (int64_t& d : dims) {
    check(d >= -rank && d < rank, ErrorKind::Index, "roll: Dimension out of range (expected to be in range of [", -rank,
          ", ", rank - 1, "], but got ", d, ")");
    d = (d < 0 ? d + rank : d) + 1;
  }
  return {call<"roll">(self, shifts, dims)};
}};
FORM(batch, "masked_fill.Tensor"){.rule = [](const BatchCall& b) -> BatchResults {
  const int64_t rank = std::max(b.rank("self"), b.rank("mask"));
  auto aligned = [&](const char* name) { return b.aligned(b.index(name), rank); };
  Tensor value = call<"_to_copy">(aligned("value"), b.raw("self").dtype());
  return {call<"where.self">(aligned("mask"), value, aligned("self"))};
}};

// Windows on the memory of a whole: the batch lies outermost.
int64_t reach(IntSpan sizes, IntSpan strides) {
  Layout base{Dims(sizes), Dims(strides)};
  return base.numel() ? base.extent() : 1;
}
Dims with_front(IntSpan list, int64_t first) {
  Dims out(list);
  out.insert(0, first);
  return out;
}
FORM(batch, "_window_gather"){.rule = [](const BatchCall& b) -> BatchResults {
  IntSpan size = b.value("size").ints(), stride = b.value("stride").ints(), base = b.value("base_size").ints(),
          base_stride = b.value("base_stride").ints();
  const int64_t entry = reach(base, base_stride);
  return {call<"_window_gather">(b.whole("self"), with_front(size, b.batch), with_front(stride, entry),
                                 b.value("offset").integer(), with_front(base, b.batch), with_front(base_stride, entry),
                                 b.value("base_offset").integer())};
}};
FORM(batch, "_window_scatter"){.rule = [](const BatchCall& b) -> BatchResults {
  Tensor self = b.whole("self");
  IntSpan size = b.value("size").ints(), stride = b.value("stride").ints(), base_stride = b.value("base_stride").ints();
  const int64_t entry = reach(self.sizes().subspan(1), base_stride);
  return {call<"_window_scatter">(self, b.whole("part"), with_front(size, b.batch), with_front(stride, entry),
                                  b.value("offset").integer(), with_front(base_stride, entry),
                                  b.value("base_offset").integer())};
}};

// --- over everything ---
FORM(batch, "sum"){.over_all = "sum.dim_IntList"};
FORM(batch, "mean"){.over_all = "mean.dim"};
FORM(batch, "prod"){.over_all = "prod.dim_int"};
FORM(batch, "all"){.over_all = "all.dim"};
FORM(batch, "any"){.over_all = "any.dim"};
FORM(batch, "max"){.over_all = "amax"};
FORM(batch, "min"){.over_all = "amin"};
FORM(batch, "median"){.over_all = "median.dim"};
FORM(batch, "nanmedian"){.over_all = "nanmedian.dim"};

// --- norms ---
Tensor behind(const BatchCall& b, std::string_view name, int64_t rank) {  // (B, C…) for entries of this rank
  return b.is_batched(name) ? b.aligned(b.index(name), rank) : b.raw(name);
}
BatchResults layer_normed(const BatchCall& b) {
  static const OpCall norm("native_layer_norm");
  const bool plain = !b.is_batched("weight") && !b.is_batched("bias");
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  args[b.index("input")] = b.whole("input");
  if (!plain) args[b.index("weight")] = args[b.index("bias")] = Value();
  std::vector<Tensor> out = run_with(b.call.op, args);
  if (plain) return out;
  if (b.given("weight")) out[0] = call<"mul.Tensor">(out[0], behind(b, "weight", b.rank("input")));
  if (b.given("bias")) out[0] = call<"add.Tensor">(out[0], behind(b, "bias", b.rank("input")));
  return out;
}
FORM(batch, "native_layer_norm"){.rule = layer_normed};

// (B, C) to the shape of (B, N, C, 1…).
Tensor per_channel(const BatchCall& b, std::string_view name, int64_t rank) {
  Tensor t = call<"unsqueeze">(b.whole(name), int64_t{1});
  while (t.dim() < rank + 1) t = call<"unsqueeze">(t, int64_t{-1});
  return t;
}
Tensor affine(const BatchCall& b, Tensor out) {
  if (b.given("weight")) out = call<"mul.Tensor">(out, per_channel(b, "weight", b.rank("input")));
  if (b.given("bias")) out = call<"add.Tensor">(out, per_channel(b, "bias", b.rank("input")));
  return out;
}
FORM(batch, "native_group_norm"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  args[b.index("input")] = folded(b.whole("input"));
  args[b.index("N")] = b.value("N").integer() * b.batch;
  const bool own = b.is_batched("weight") || b.is_batched("bias");
  if (own) args[b.index("weight")] = args[b.index("bias")] = Value();
  std::vector<Tensor> out = run_with(b.call.op, args);
  for (Tensor& t : out) t = unfolded(t, b.batch);
  if (own) out[0] = affine(b, out[0]);
  return out;
}};
// Sums over these dimensions of the whole, in the type of the cotangent.
Tensor summed(const Tensor& t, const Dims& dims, DType dtype) {
  Tensor out = dims.empty() ? t : call<"sum.dim_IntList">(t, dims);
  return out.dtype() == dtype ? out : call<"_to_copy">(out, dtype);
}
Value input_alone() {
  auto* mask = new BoolList;
  mask->items = {1, 0, 0};
  return Value(Tag::Bools, mask);
}

// The cotangent of the input by the kernel, with the weight multiplied in before; those of weight and bias are sums
// over the rows of each entry.
FORM(batch, "native_layer_norm_backward"){.rule = [](const BatchCall& b) -> BatchResults {
  const std::vector<uint8_t> wanted(b.value("output_mask").bools());
  Tensor g = b.whole("grad_out"), x = b.whole("input"), mean = b.whole("mean"), rstd = b.whole("rstd");
  const int64_t rank = b.rank("input");
  BatchResults out(3);
  if (wanted[0]) {
    std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
    args[b.index("grad_out")] = b.given("weight") ? call<"mul.Tensor">(g, behind(b, "weight", rank)) : g;
    args[b.index("input")] = x;
    args[b.index("mean")] = mean;
    args[b.index("rstd")] = rstd;
    args[b.index("weight")] = args[b.index("bias")] = Value();
    args[b.index("output_mask")] = input_alone();
    out[0] = run_with(b.call.op, std::move(args))[0];
  }
  Dims rows;
  for (int64_t d = 1; d <= rank - static_cast<int64_t>(b.value("normalized_shape").ints().size()); ++d)
    rows.push_back(d);
  if (wanted[1]) {
    Tensor normal = call<"mul.Tensor">(call<"sub.Tensor">(x, mean), rstd);
    out[1] = summed(call<"mul.Tensor">(g, normal), rows, g.dtype());
  }
  if (wanted[2]) out[2] = summed(g, rows, g.dtype());
  return out;
}};
FORM(batch, "native_group_norm_backward"){.rule = [](const BatchCall& b) -> BatchResults {
  const std::vector<uint8_t> wanted(b.value("output_mask").bools());
  Tensor g = b.whole("grad_out"), x = b.whole("input"), mean = b.whole("mean"), rstd = b.whole("rstd");
  const int64_t rank = b.rank("input"), N = b.value("N").integer(), C = b.value("C").integer();
  const int64_t groups = b.value("group").integer();
  BatchResults out(3);
  if (wanted[0]) {
    std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
    Tensor scaled = b.given("weight") ? call<"mul.Tensor">(g, per_channel(b, "weight", rank)) : g;
    args[b.index("grad_out")] = folded(scaled);
    args[b.index("input")] = folded(x);
    args[b.index("mean")] = folded(mean);
    args[b.index("rstd")] = folded(rstd);
    args[b.index("weight")] = Value();
    args[b.index("N")] = N * b.batch;
    args[b.index("output_mask")] = input_alone();
    out[0] = unfolded(run_with(b.call.op, std::move(args))[0], b.batch);
  }
  const Dims by_channel{b.batch, N, C, -1};
  if (wanted[1]) {
    const Dims by_group{b.batch, N, groups, -1};
    auto column = [](const Tensor& t) { return call<"unsqueeze">(t, int64_t{-1}); };
    Tensor normal = call<"mul.Tensor">(call<"sub.Tensor">(call<"reshape">(x, by_group), column(mean)), column(rstd));
    Tensor product = call<"mul.Tensor">(call<"reshape">(g, by_channel), call<"reshape">(normal, by_channel));
    out[1] = summed(product, Dims{1, 3}, g.dtype());
  }
  if (wanted[2]) out[2] = summed(call<"reshape">(g, by_channel), Dims{1, 3}, g.dtype());
  return out;
}};
FORM(batch, "native_batch_norm"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  const bool training = b.value("training").boolean();
  args[b.index("input")] = channels_folded(b.whole("input"));
  args[b.index("weight")] = args[b.index("bias")] = Value();
  for (const char* name : {"running_mean", "running_var"}) {
    if (!b.given(name)) continue;
    check(!training || b.is_batched(name), ErrorKind::Runtime,
          "batch_norm: vmap: the running statistics are shared by all entries and would be changed by each "
          "(in-place on a captured tensor); use eval(), track_running_stats=False, or "
          "func.replace_all_batch_norm_modules_");
    args[b.index(name)] =
        call<"view">(b.is_batched(name) ? b.whole(name) : call<"contiguous">(b.whole(name)), Dims{-1});
  }
  std::vector<Tensor> out = run_with(b.call.op, args);
  out[0] = affine(b, channels_unfolded(out[0], b.batch));
  for (int i : {1, 2})
    if (out[i].defined() && out[i].numel())
      out[i] = call<"reshape">(out[i], Dims{b.batch, -1});
    else if (out[i].defined())
      out[i] = call<"reshape">(out[i], Dims{b.batch, 0});
  return out;
}};

// --- attention: the batch joins the first dimension ---
std::vector<Value> attention_arguments(const BatchCall& b, std::initializer_list<const char*> tensors) {
  std::vector<Value> args(b.call.args, b.call.args + b.call.arguments());
  for (const char* name : tensors) args[b.index(name)] = folded(b.whole(name));
  const int at = b.index("attn_mask");
  if (b.given("attn_mask")) {
    Tensor mask = b.aligned(at, 4), query = b.whole("query");  // (B, N or 1, H or 1, L, S)
    args[at] = folded(call<"expand">(mask, Dims{b.batch, query.size(1), mask.size(2), mask.size(3), mask.size(4)}));
  }
  return args;
}
FORM(batch, "_scaled_dot_product_flash_attention_for_cpu"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Tensor> out = run_with(b.call.op, attention_arguments(b, {"query", "key", "value"}));
  for (Tensor& t : out) t = unfolded(t, b.batch);
  return out;
}};
FORM(batch, "_scaled_dot_product_flash_attention_for_cpu_backward"){.rule = [](const BatchCall& b) -> BatchResults {
  std::vector<Tensor> out =
      run_with(b.call.op, attention_arguments(b, {"grad_out", "query", "key", "value", "out", "logsumexp"}));
  for (Tensor& t : out) t = unfolded(t, b.batch);
  return out;
}};

// --- losses over classes: written with gather ---
struct Picked {
  Tensor losses, weights;  // of each row, (B, rows…)
};
Picked picked(const BatchCall& b) {
  Tensor x = b.whole("self"), target = b.whole("target");
  const int64_t classes = b.rank("self") == 1 ? 1 : 2;  // the dimension of the whole
  const int64_t ignored = b.value("ignore_index").integer();
  Tensor keep = call<"ne.Tensor">(target, Scalar(ignored));
  Tensor safe = call<"where.self">(keep, target, Scalar(int64_t{0}));
  Tensor values =
      call<"neg">(call<"squeeze.dim">(call<"gather">(x, classes, call<"unsqueeze">(safe, classes)), classes));
  Tensor weights = call<"_to_copy">(keep, x.dtype());
  if (b.given("weight")) {
    Tensor w = b.whole("weight"), flat = call<"reshape">(safe, Dims{b.batch, -1});
    weights = call<"mul.Tensor">(weights, call<"reshape">(call<"gather">(w, int64_t{1}, flat), safe.layout().sizes));
  }
  return {call<"mul.Tensor">(values, weights), weights};
}
BatchResults class_loss(const BatchCall& b) {
  Picked p = picked(b);
  const int64_t reduction = b.value("reduction").integer();
  Tensor rows = call<"reshape">(p.losses, Dims{b.batch, -1}), weights = call<"reshape">(p.weights, Dims{b.batch, -1});
  Tensor total = call<"sum.dim_IntList">(weights, Dims{1});
  if (reduction == 0) return {p.losses, call<"zeros_like">(total)};
  Tensor sum = call<"sum.dim_IntList">(rows, Dims{1});
  return {reduction == 1 ? call<"div.Tensor">(sum, total) : sum, total};
}
FORM(batch, "nll_loss_forward"){.rule = class_loss};
FORM(batch, "nll_loss2d_forward"){.rule = class_loss};

BatchResults class_loss_backward(const BatchCall& b) {
  Picked p = picked(b);
  Tensor x = b.whole("self"), target = b.whole("target"), g = b.whole("grad_output");
  const int64_t classes = b.rank("self") == 1 ? 1 : 2, reduction = b.value("reduction").integer();
  while (g.dim() < target.dim()) g = call<"unsqueeze">(g, int64_t{-1});
  if (reduction == 1) {
    Tensor total = b.whole("total_weight");
    while (total.dim() < target.dim()) total = call<"unsqueeze">(total, int64_t{-1});
    g = call<"div.Tensor">(g, total);
  }
  Tensor each = call<"neg">(call<"mul.Tensor">(g, p.weights));
  Tensor keep = call<"ne.Tensor">(target, Scalar(b.value("ignore_index").integer()));
  Tensor safe = call<"where.self">(keep, target, Scalar(int64_t{0}));
  return {call<"scatter.src">(call<"zeros_like">(x), classes, call<"unsqueeze">(safe, classes),
                              call<"unsqueeze">(each, classes))};
}
FORM(batch, "nll_loss_backward"){.rule = class_loss_backward};
FORM(batch, "nll_loss2d_backward"){.rule = class_loss_backward};

}  // namespace

}  // namespace flambeau
