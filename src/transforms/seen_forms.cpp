// What modes and subclasses below autograd see of operators that ATen writes with others, or has whole where they are
// written with others here.
#include "op/seen.h"
#include "ops/define.h"

namespace flambeau {

namespace {

Tensor with_bias(const Tensor& product, const Tensor& bias) {
  return bias.defined() ? call<"add.Tensor">(product, bias) : product;
}

// The product of rows: one matrix where the input is one or lies like one.
Tensor linear_parts(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const Tensor turned = call<"t">(weight);
  if (bias.defined() && input.dim() == 2) return call<"addmm">(bias, input, turned);
  if (bias.defined() && input.dim() == 3 && input.is_contiguous() && bias.dim() == 1) {
    Dims sizes(input.sizes());
    const Tensor rows = call<"view">(input, Dims{sizes[0] * sizes[1], sizes[2]});
    return call<"view">(call<"addmm">(bias, rows, turned), Dims{sizes[0], sizes[1], weight.size(0)});
  }
  return with_bias(call<"matmul">(input, turned), bias);
}

}  // namespace

SEEN(.parts = linear_parts)("linear");
SEEN(.parts = [](const Tensor& x) { return call<"hardtanh">(x, 0, 6); })("relu6");
SEEN(.parts = [](const Tensor& x) {
  return call<"elu">(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946);
})("selu");
SEEN(.parts = [](const Tensor& x) {
  if (!x.is_floating() && !x.is_complex()) return call<"ones_like">(x, DType::bool_);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  return call<"mul.Tensor">(call<"eq.Tensor">(x, x), call<"ne.Tensor">(call<"abs">(x), infinite));
})("isfinite");
SEEN(.parts = [](const Tensor& x) -> Scalar {
  check(x.numel() == 1, ErrorKind::Runtime, "a Tensor with ", x.numel(), " elements cannot be converted to Scalar");
  static const OpCall read("_local_scalar_dense");
  return read({x}).scalar();
})("item");

// Read elements between their parts, which only the class of a tensor without them can give.
SEEN(.whole = true)
("_check_sparse_indices", "_pad_packed_sequence", "ctc_loss.Tensor", "embedding_bag", "embedding_bag.padding_idx",
 "gru.data", "histogram.bin_ct", "inverse", "linalg_cholesky", "linalg_inv", "linalg_ldl_factor", "linalg_lu_factor",
 "linalg_solve", "linalg_tensorinv", "linalg_tensorsolve", "lstm.data", "nanquantile", "quantile", "rnn_relu.data",
 "rnn_tanh.data", "tensor_split.tensor_indices_or_sections");

// (self, dtype, device, memory_format) as (self, dtype, layout, device, pin_memory, non_blocking, memory_format)
std::vector<Value> arguments_of_to_copy(const Value* args) {
  const Tensor self = args[0].tensor();
  const bool typed = args[1].dtype() != self.dtype(), moved = !(args[2].device() == self.device());
  const bool laid = args[3].memory_format() != MemoryFormat::preserve;
  return {args[0],      typed ? args[1] : Value(), Value(), moved ? args[2] : Value(), Value(),
          Value(false), laid ? args[3] : Value()};
}
SEEN(.as = "_to_copy", .arguments = arguments_of_to_copy)("_cast_copy");
SEEN(
        .as = "as_strided", .arguments = [](const Value* args) -> std::vector<Value> {
          return {args[0], args[1], args[2], args[3]};
        })("_as_strided");

// Written with others here, one operator in ATen.
SEEN(.whole = true)
("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "_cholesky_solve_helper", "_convolution", "_embedding_bag",
 "_index_put_impl_", "_native_batch_norm_legit.no_stats", "_pack_padded_sequence", "_to_copy", "_unsafe_index.Tensor",
 "_unsafe_index_put", "_unsafe_view", "_upsample_bicubic2d_aa", "_upsample_bicubic2d_aa_backward",
 "_upsample_bilinear2d_aa", "_upsample_bilinear2d_aa_backward", "_upsample_lanczos2d_aa",
 "_upsample_lanczos2d_aa_backward", "_upsample_nearest_exact1d", "_upsample_nearest_exact1d_backward",
 "_upsample_nearest_exact2d", "_upsample_nearest_exact2d_backward", "_upsample_nearest_exact3d",
 "_upsample_nearest_exact3d_backward", "_weight_norm_interface", "_weight_norm_interface_backward",
 "adaptive_max_pool2d", "adaptive_max_pool2d_backward", "adaptive_max_pool3d", "adaptive_max_pool3d_backward", "addr",
 "affine_grid_generator", "alias_copy", "as_strided", "as_strided_", "as_strided_copy", "as_strided_scatter",
 "avg_pool2d", "avg_pool2d_backward", "avg_pool3d", "avg_pool3d_backward", "binary_cross_entropy",
 "binary_cross_entropy_with_logits", "block_diag", "channel_shuffle", "cholesky", "cholesky_inverse", "cholesky_solve",
 "conv_tbc", "count_nonzero", "count_nonzero.dim_IntList", "detach_copy", "diag_embed", "diagonal_backward",
 "diagonal_copy", "diagonal_scatter", "dist", "equal", "expand_copy", "fft_fftfreq", "fft_rfftfreq", "fill.Scalar",
 "fill.Tensor", "fractional_max_pool3d_backward", "glu", "huber_loss", "isin.Scalar_Tensor", "isin.Tensor_Scalar",
 "linalg_cross", "linalg_lu", "linalg_lu_solve", "linalg_pinv.atol_rtol_tensor", "linalg_vector_norm",
 "log_sigmoid_forward", "lu_unpack", "masked_scatter_backward", "max_pool2d_with_indices",
 "max_pool2d_with_indices_backward", "max_pool3d_with_indices", "max_pool3d_with_indices_backward", "mse_loss",
 "multi_margin_loss", "mvlgamma", "nan_to_num", "narrow_copy", "native_dropout", "norm.Scalar", "norm.ScalarOpt_dim",
 "norm.ScalarOpt_dim_dtype", "norm.ScalarOpt_dtype", "normal.Tensor_Tensor", "normal.Tensor_float",
 "normal.float_Tensor", "permute_copy", "pixel_shuffle", "pixel_unshuffle", "polygamma", "renorm", "repeat", "resize_",
 "resize_as_", "rot90", "round.decimals", "select_backward", "select_copy.int", "select_scatter", "slice_backward",
 "slice_copy.Tensor", "slice_scatter", "smooth_l1_loss", "soft_margin_loss", "split_copy.Tensor",
 "split_with_sizes_copy", "squeeze_copy", "squeeze_copy.dim", "squeeze_copy.dims", "t_copy", "trace",
 "transpose_copy.int", "triangular_solve", "unbind_copy.int", "unfold_backward", "unfold_copy", "unsafe_split.Tensor",
 "unsafe_split_with_sizes", "unsqueeze_copy", "upsample_bicubic2d", "upsample_bicubic2d_backward",
 "upsample_bilinear2d", "upsample_bilinear2d_backward", "upsample_linear1d", "upsample_linear1d_backward",
 "upsample_nearest1d", "upsample_nearest1d_backward", "upsample_nearest2d", "upsample_nearest2d_backward",
 "upsample_nearest3d", "upsample_nearest3d_backward", "upsample_trilinear3d", "upsample_trilinear3d_backward",
 "view.dtype", "view_as_complex_copy", "view_as_real_copy", "view_copy");

}  // namespace flambeau
