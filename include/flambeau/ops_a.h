// Operators whose names begin with _, a, b, c, d; printed from the operator table by `./dev headers`, not to be edited.
// clang-format off
#pragma once

namespace flambeau {

inline Tensor _adaptive_average_pool(const Tensor& self, const IntList& output_size, bool channels_last) { static const Operator op("_adaptive_average_pool"); return op({self, output_size, channels_last}); }
inline Tensor _adaptive_average_pool_backward(const Tensor& self, const IntList& input_size, const IntList& output_size, bool channels_last) { static const Operator op("_adaptive_average_pool_backward"); return op({self, input_size, output_size, channels_last}); }
inline Tensor _adaptive_avg_pool2d(const Tensor& self, const IntList& output_size) { static const Operator op("_adaptive_avg_pool2d"); return op({self, output_size}); }
inline Tensor _adaptive_avg_pool2d_backward(const Tensor& grad_output, const Tensor& self) { static const Operator op("_adaptive_avg_pool2d_backward"); return op({grad_output, self}); }
inline Tensor _adaptive_avg_pool3d(const Tensor& self, const IntList& output_size) { static const Operator op("_adaptive_avg_pool3d"); return op({self, output_size}); }
inline Tensor _adaptive_avg_pool3d_backward(const Tensor& grad_output, const Tensor& self) { static const Operator op("_adaptive_avg_pool3d_backward"); return op({grad_output, self}); }
inline std::tuple<Tensor, Tensor> _adaptive_max_pool(const Tensor& self, const IntList& output_size, bool channels_last) { static const Operator op("_adaptive_max_pool"); auto all = op.all({self, output_size, channels_last}); return {all[0], all[1]}; }
inline Tensor _addmm_activation(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1, bool use_gelu = false) { static const Operator op("_addmm_activation"); return op({self, mat1, mat2, beta, alpha, use_gelu}); }
inline Tensor _affine_base_grid(const Tensor& like, const IntList& size, bool align_corners) { static const Operator op("_affine_base_grid"); return op({like, size, align_corners}); }
inline Tensor _amp_update_scale_(const Tensor& self, const Tensor& growth_tracker, const Tensor& found_inf, double scale_growth_factor, double scale_backoff_factor, int64_t growth_interval) { static const Operator op("_amp_update_scale_"); return op({self, growth_tracker, found_inf, scale_growth_factor, scale_backoff_factor, growth_interval}); }
inline Tensor _as_strided(const Tensor& self, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_stride, int64_t base_offset) { static const Operator op("_as_strided"); return op({self, size, stride, offset, base_stride, base_offset}); }
inline Tensor _as_strided_(const Tensor& self, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_stride, int64_t base_offset) { static const Operator op("_as_strided"); return op({self, size, stride, offset, base_stride, base_offset}, 1); }
inline Tensor _average_pool(const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, bool ceil_mode, bool count_include_pad, const std::optional<int64_t>& divisor_override, int64_t spatial, bool channels_last) { static const Operator op("_average_pool"); return op({self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, spatial, channels_last}); }
inline Tensor _average_pool_backward(const Tensor& self, const IntList& input_size, const IntList& kernel_size, const IntList& stride, const IntList& padding, bool ceil_mode, bool count_include_pad, const std::optional<int64_t>& divisor_override, int64_t spatial, bool channels_last) { static const Operator op("_average_pool_backward"); return op({self, input_size, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, spatial, channels_last}); }
inline Tensor _bce_logits_pos_table(const Tensor& self, const Tensor& target, const Tensor& pos_weight) { static const Operator op("_bce_logits_pos_table"); return op({self, target, pos_weight}); }
inline Tensor _bce_logits_table(const Tensor& self, const Tensor& target) { static const Operator op("_bce_logits_table"); return op({self, target}); }
inline Tensor _bce_table(const Tensor& self, const Tensor& target) { static const Operator op("_bce_table"); return op({self, target}); }
inline Tensor _between_layouts(const Tensor& self, const IntList& stride, int64_t offset, const IntList& to_size, const IntList& to_stride, int64_t to_offset, bool shares_at_end) { static const Operator op("_between_layouts"); return op({self, stride, offset, to_size, to_stride, to_offset, shares_at_end}); }
inline Tensor _cast_copy(const Tensor& self, DType dtype, Device device, MemoryFormat memory_format, bool non_blocking = false) { static const Operator op("_cast_copy"); return op({self, dtype, device, memory_format, non_blocking}); }
inline Tensor _cholesky_solve_helper(const Tensor& self, const Tensor& A, bool upper) { static const Operator op("_cholesky_solve_helper"); return op({self, A, upper}); }
inline Tensor _coalesced_(const Tensor& self, bool coalesced) { static const Operator op("_coalesced_"); return op({self, coalesced}); }
inline Tensor _compute_linear_combination(const Tensor& input, const Tensor& coefficients) { static const Operator op("_compute_linear_combination"); return op({input, coefficients}); }
inline Tensor _conj(const Tensor& self) { static const Operator op("_conj"); return op({self}); }
inline Tensor _conj_physical(const Tensor& self) { static const Operator op("_conj_physical"); return op({self}); }
inline Tensor _conj_physical_(const Tensor& self) { static const Operator op("_conj_physical"); return op({self}, 1); }
inline Tensor _convolution(const Tensor& input, const Tensor& weight, const Tensor& bias, const IntList& stride, const IntList& padding, const IntList& dilation, bool transposed, const IntList& output_padding, int64_t groups, bool benchmark, bool deterministic, bool cudnn_enabled, bool allow_tf32) { static const Operator op("_convolution"); return op({input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, benchmark, deterministic, cudnn_enabled, allow_tf32}); }
inline std::tuple<Tensor, Tensor> _cross_entropy_rows(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t ignore_index, double label_smoothing) { static const Operator op("_cross_entropy_rows"); auto all = op.all({self, target, weight, ignore_index, label_smoothing}); return {all[0], all[1]}; }
inline Tensor _cross_entropy_rows_backward(const Tensor& grad, const Tensor& self, const Tensor& target, const Tensor& weight, int64_t ignore_index, double label_smoothing, const Tensor& lse) { static const Operator op("_cross_entropy_rows_backward"); return op({grad, self, target, weight, ignore_index, label_smoothing, lse}); }
inline std::tuple<Tensor, Tensor> _ctc_loss(const Tensor& log_probs, const Tensor& targets, const IntList& input_lengths, const IntList& target_lengths, int64_t blank = 0, bool zero_infinity = false) { static const Operator op("_ctc_loss"); auto all = op.all({log_probs, targets, input_lengths, target_lengths, blank, zero_infinity}); return {all[0], all[1]}; }
inline Tensor _ctc_loss_gradient(const Tensor& grad, const Tensor& log_probs, const Tensor& targets, const IntList& input_lengths, const IntList& target_lengths, int64_t blank, bool zero_infinity) { static const Operator op("_ctc_loss_gradient"); return op({grad, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity}); }
inline Tensor _cumsum_from_end(const Tensor& self, int64_t dim) { static const Operator op("_cumsum_from_end"); return op({self, dim}); }
inline Tensor _dirichlet_grad(const Tensor& x, const Tensor& alpha, const Tensor& total) { static const Operator op("_dirichlet_grad"); return op({x, alpha, total}); }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _embedding_bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale_grad_by_freq = false, int64_t mode = 0, bool sparse = false, const Tensor& per_sample_weights = Tensor(), bool include_last_offset = false, int64_t padding_idx = -1) { static const Operator op("_embedding_bag"); auto all = op.all({weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx}); return {all[0], all[1], all[2], all[3]}; }
inline Tensor _fft_c2c(const Tensor& self, const IntList& dim, int64_t normalization, bool forward) { static const Operator op("_fft_c2c"); return op({self, dim, normalization, forward}); }
inline Tensor _fft_c2r(const Tensor& self, const IntList& dim, int64_t normalization, int64_t last_dim_size) { static const Operator op("_fft_c2r"); return op({self, dim, normalization, last_dim_size}); }
inline Tensor _fft_r2c(const Tensor& self, const IntList& dim, int64_t normalization, bool onesided) { static const Operator op("_fft_r2c"); return op({self, dim, normalization, onesided}); }
inline std::vector<Tensor> _foreach_abs(const std::vector<Tensor>& self) { static const Operator op("_foreach_abs"); return op({self}); }
inline std::vector<Tensor> _foreach_acos(const std::vector<Tensor>& self) { static const Operator op("_foreach_acos"); return op({self}); }
inline std::vector<Tensor> _foreach_add(const std::vector<Tensor>& self, const std::vector<Tensor>& other, const Scalar& alpha = 1) { static const Operator op("_foreach_add.List"); return op({self, other, alpha}); }
inline std::vector<Tensor> _foreach_add(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_add.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_add(const std::vector<Tensor>& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("_foreach_add.Tensor"); return op({self, other, alpha}); }
inline std::vector<Tensor> _foreach_addcdiv(const std::vector<Tensor>& self, const std::vector<Tensor>& tensor1, const std::vector<Tensor>& tensor2, const Scalar& value = 1) { static const Operator op("_foreach_addcdiv.Scalar"); return op({self, tensor1, tensor2, value}); }
inline std::vector<Tensor> _foreach_addcdiv(const std::vector<Tensor>& self, const std::vector<Tensor>& tensor1, const std::vector<Tensor>& tensor2, const Tensor& scalars) { static const Operator op("_foreach_addcdiv.Tensor"); return op({self, tensor1, tensor2, scalars}); }
inline std::vector<Tensor> _foreach_addcmul(const std::vector<Tensor>& self, const std::vector<Tensor>& tensor1, const std::vector<Tensor>& tensor2, const Scalar& value = 1) { static const Operator op("_foreach_addcmul.Scalar"); return op({self, tensor1, tensor2, value}); }
inline std::vector<Tensor> _foreach_addcmul(const std::vector<Tensor>& self, const std::vector<Tensor>& tensor1, const std::vector<Tensor>& tensor2, const Tensor& scalars) { static const Operator op("_foreach_addcmul.Tensor"); return op({self, tensor1, tensor2, scalars}); }
inline std::vector<Tensor> _foreach_asin(const std::vector<Tensor>& self) { static const Operator op("_foreach_asin"); return op({self}); }
inline std::vector<Tensor> _foreach_atan(const std::vector<Tensor>& self) { static const Operator op("_foreach_atan"); return op({self}); }
inline std::vector<Tensor> _foreach_ceil(const std::vector<Tensor>& self) { static const Operator op("_foreach_ceil"); return op({self}); }
inline std::vector<Tensor> _foreach_clamp_max(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_clamp_max.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_clamp_max(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_clamp_max.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_clamp_min(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_clamp_min.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_clamp_min(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_clamp_min.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_clone(const std::vector<Tensor>& self, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("_foreach_clone"); return op({self, memory_format}); }
inline std::vector<Tensor> _foreach_cos(const std::vector<Tensor>& self) { static const Operator op("_foreach_cos"); return op({self}); }
inline std::vector<Tensor> _foreach_cosh(const std::vector<Tensor>& self) { static const Operator op("_foreach_cosh"); return op({self}); }
inline std::vector<Tensor> _foreach_div(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_div.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_div(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_div.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_div(const std::vector<Tensor>& self, const Tensor& other) { static const Operator op("_foreach_div.Tensor"); return op({self, other}); }
inline std::vector<Tensor> _foreach_erf(const std::vector<Tensor>& self) { static const Operator op("_foreach_erf"); return op({self}); }
inline std::vector<Tensor> _foreach_erfc(const std::vector<Tensor>& self) { static const Operator op("_foreach_erfc"); return op({self}); }
inline std::vector<Tensor> _foreach_exp(const std::vector<Tensor>& self) { static const Operator op("_foreach_exp"); return op({self}); }
inline std::vector<Tensor> _foreach_expm1(const std::vector<Tensor>& self) { static const Operator op("_foreach_expm1"); return op({self}); }
inline std::vector<Tensor> _foreach_floor(const std::vector<Tensor>& self) { static const Operator op("_foreach_floor"); return op({self}); }
inline std::vector<Tensor> _foreach_frac(const std::vector<Tensor>& self) { static const Operator op("_foreach_frac"); return op({self}); }
inline std::vector<Tensor> _foreach_lerp(const std::vector<Tensor>& self, const std::vector<Tensor>& tensors1, const std::vector<Tensor>& weights) { static const Operator op("_foreach_lerp.List"); return op({self, tensors1, weights}); }
inline std::vector<Tensor> _foreach_lerp(const std::vector<Tensor>& self, const std::vector<Tensor>& tensors1, const Scalar& weight) { static const Operator op("_foreach_lerp.Scalar"); return op({self, tensors1, weight}); }
inline std::vector<Tensor> _foreach_lgamma(const std::vector<Tensor>& self) { static const Operator op("_foreach_lgamma"); return op({self}); }
inline std::vector<Tensor> _foreach_log(const std::vector<Tensor>& self) { static const Operator op("_foreach_log"); return op({self}); }
inline std::vector<Tensor> _foreach_log10(const std::vector<Tensor>& self) { static const Operator op("_foreach_log10"); return op({self}); }
inline std::vector<Tensor> _foreach_log1p(const std::vector<Tensor>& self) { static const Operator op("_foreach_log1p"); return op({self}); }
inline std::vector<Tensor> _foreach_log2(const std::vector<Tensor>& self) { static const Operator op("_foreach_log2"); return op({self}); }
inline std::vector<Tensor> _foreach_max(const std::vector<Tensor>& self) { static const Operator op("_foreach_max"); return op({self}); }
inline std::vector<Tensor> _foreach_maximum(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_maximum.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_maximum(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_maximum.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_minimum(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_minimum.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_minimum(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_minimum.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_mm(const std::vector<Tensor>& self, const std::vector<Tensor>& mat2) { static const Operator op("_foreach_mm"); return op({self, mat2}); }
inline std::vector<Tensor> _foreach_mul(const std::vector<Tensor>& self, const std::vector<Tensor>& other) { static const Operator op("_foreach_mul.List"); return op({self, other}); }
inline std::vector<Tensor> _foreach_mul(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_mul.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_mul(const std::vector<Tensor>& self, const Tensor& other) { static const Operator op("_foreach_mul.Tensor"); return op({self, other}); }
inline std::vector<Tensor> _foreach_neg(const std::vector<Tensor>& self) { static const Operator op("_foreach_neg"); return op({self}); }
inline std::vector<Tensor> _foreach_norm(const std::vector<Tensor>& self, const Scalar& ord = 2, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("_foreach_norm.Scalar"); return op({self, ord, dtype}); }
inline std::vector<Tensor> _foreach_pow(const std::vector<Tensor>& self, const std::vector<Tensor>& exponent) { static const Operator op("_foreach_pow.List"); return op({self, exponent}); }
inline std::vector<Tensor> _foreach_pow(const std::vector<Tensor>& self, const Scalar& exponent) { static const Operator op("_foreach_pow.Scalar"); return op({self, exponent}); }
inline std::vector<Tensor> _foreach_pow(const Scalar& self, const std::vector<Tensor>& exponent) { static const Operator op("_foreach_pow.ScalarAndTensor"); return op({self, exponent}); }
inline std::vector<Tensor> _foreach_reciprocal(const std::vector<Tensor>& self) { static const Operator op("_foreach_reciprocal"); return op({self}); }
inline std::vector<Tensor> _foreach_round(const std::vector<Tensor>& self) { static const Operator op("_foreach_round"); return op({self}); }
inline std::vector<Tensor> _foreach_rsqrt(const std::vector<Tensor>& self) { static const Operator op("_foreach_rsqrt"); return op({self}); }
inline std::vector<Tensor> _foreach_sigmoid(const std::vector<Tensor>& self) { static const Operator op("_foreach_sigmoid"); return op({self}); }
inline std::vector<Tensor> _foreach_sign(const std::vector<Tensor>& self) { static const Operator op("_foreach_sign"); return op({self}); }
inline std::vector<Tensor> _foreach_sin(const std::vector<Tensor>& self) { static const Operator op("_foreach_sin"); return op({self}); }
inline std::vector<Tensor> _foreach_sinh(const std::vector<Tensor>& self) { static const Operator op("_foreach_sinh"); return op({self}); }
inline std::vector<Tensor> _foreach_sqrt(const std::vector<Tensor>& self) { static const Operator op("_foreach_sqrt"); return op({self}); }
inline std::vector<Tensor> _foreach_sub(const std::vector<Tensor>& self, const std::vector<Tensor>& other, const Scalar& alpha = 1) { static const Operator op("_foreach_sub.List"); return op({self, other, alpha}); }
inline std::vector<Tensor> _foreach_sub(const std::vector<Tensor>& self, const Scalar& scalar) { static const Operator op("_foreach_sub.Scalar"); return op({self, scalar}); }
inline std::vector<Tensor> _foreach_tan(const std::vector<Tensor>& self) { static const Operator op("_foreach_tan"); return op({self}); }
inline std::vector<Tensor> _foreach_tanh(const std::vector<Tensor>& self) { static const Operator op("_foreach_tanh"); return op({self}); }
inline std::vector<Tensor> _foreach_trunc(const std::vector<Tensor>& self) { static const Operator op("_foreach_trunc"); return op({self}); }
inline Tensor _frames(const Tensor& self, int64_t size, int64_t step) { static const Operator op("_frames"); return op({self, size, step}); }
inline Tensor _gathered_back(const Tensor& self, int64_t dim, const Tensor& index, const IntList& sizes) { static const Operator op("_gathered_back"); return op({self, dim, index, sizes}); }
inline Tensor _gathered_like(const Tensor& self, int64_t dim, const Tensor& index, const IntList& sizes) { static const Operator op("_gathered_like"); return op({self, dim, index, sizes}); }
inline Tensor _glu_halves(const Tensor& self, const Tensor& gate) { static const Operator op("_glu_halves"); return op({self, gate}); }
inline Tensor _histogramdd(const Tensor& self, const std::vector<Tensor>& edges, const Tensor& weight, bool density) { static const Operator op("_histogramdd"); return op({self, edges, weight, density}); }
inline Tensor _huber_table(const Tensor& self, const Tensor& target, const Scalar& delta) { static const Operator op("_huber_table"); return op({self, target, delta}); }
inline Tensor _index_window(const Tensor& self, const IntList& sizes) { static const Operator op("_index_window"); return op({self, sizes}); }
inline Tensor _indices(const Tensor& self) { static const Operator op("_indices"); return op({self}); }
inline Tensor _kl_div_table(const Tensor& self, const Tensor& target, bool log_target) { static const Operator op("_kl_div_table"); return op({self, target, log_target}); }
inline Tensor _l1_table(const Tensor& self, const Tensor& target) { static const Operator op("_l1_table"); return op({self, target}); }
inline std::tuple<Tensor, Tensor, Tensor> _linalg_det(const Tensor& A) { static const Operator op("_linalg_det"); auto all = op.all({A}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor> _linalg_eigh(const Tensor& A, std::string UPLO = "L", bool compute_v = true) { static const Operator op("_linalg_eigh"); auto all = op.all({A, UPLO, compute_v}); return {all[0], all[1]}; }
inline Tensor _linalg_eigvals(const Tensor& self) { static const Operator op("_linalg_eigvals"); return op({self}); }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _linalg_slogdet(const Tensor& A) { static const Operator op("_linalg_slogdet"); auto all = op.all({A}); return {all[0], all[1], all[2], all[3]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true, bool check_errors = false) { static const Operator op("_linalg_solve_ex"); auto all = op.all({A, B, left, check_errors}); return {all[0], all[1], all[2], all[3]}; }
inline std::tuple<Tensor, Tensor, Tensor> _linalg_svd(const Tensor& A, bool full_matrices = false, bool compute_uv = true, const std::optional<std::string>& driver = std::nullopt) { static const Operator op("_linalg_svd"); auto all = op.all({A, full_matrices, compute_uv, driver}); return {all[0], all[1], all[2]}; }
inline Scalar _local_scalar_dense(const Tensor& self) { static const Operator op("_local_scalar_dense"); return op({self}); }
inline Tensor _log_softmax(const Tensor& self, int64_t dim, bool half_to_float) { static const Operator op("_log_softmax"); return op({self, dim, half_to_float}); }
inline Tensor _log_softmax_backward_data(const Tensor& grad_output, const Tensor& output, int64_t dim, DType input_dtype) { static const Operator op("_log_softmax_backward_data"); return op({grad_output, output, dim, input_dtype}); }
inline std::tuple<Tensor, Tensor, Tensor> _lstm_gates(const Tensor& gates, const Tensor& cx) { static const Operator op("_lstm_gates"); auto all = op.all({gates, cx}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor> _lstm_gates_backward(const Tensor& grad_hy, const Tensor& grad_cy, const Tensor& activations, const Tensor& cx, const Tensor& cy) { static const Operator op("_lstm_gates_backward"); auto all = op.all({grad_hy, grad_cy, activations, cx, cy}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> _lstm_layer(const Tensor& projected, const Tensor& hx, const Tensor& cx, const Tensor& w_hh, const Tensor& b_hh, const IntList& sizes, bool reverse) { static const Operator op("_lstm_layer"); auto all = op.all({projected, hx, cx, w_hh, b_hh, sizes, reverse}); return {all[0], all[1], all[2], all[3], all[4]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _lstm_layer_backward(const Tensor& grad_output, const Tensor& grad_hy, const Tensor& grad_cy, const Tensor& hx, const Tensor& cx, const Tensor& w_hh, const Tensor& output, const Tensor& cells, const Tensor& activations, const IntList& sizes, bool reverse) { static const Operator op("_lstm_layer_backward"); auto all = op.all({grad_output, grad_hy, grad_cy, hx, cx, w_hh, output, cells, activations, sizes, reverse}); return {all[0], all[1], all[2], all[3]}; }
inline Tensor _lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool adjoint) { static const Operator op("_lu_solve"); return op({LU, pivots, B, adjoint}); }
inline std::tuple<Tensor, Tensor, Tensor> _lu_with_info(const Tensor& self, bool pivot = true, bool check_errors = true) { static const Operator op("_lu_with_info"); auto all = op.all({self, pivot, check_errors}); return {all[0], all[1], all[2]}; }
inline Tensor _matmul_batched(const Tensor& self, const Tensor& other) { static const Operator op("_matmul_batched"); return op({self, other}); }
inline std::tuple<Tensor, Tensor> _max_pool(const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, const IntList& dilation, bool ceil_mode, int64_t spatial, bool channels_last) { static const Operator op("_max_pool"); auto all = op.all({self, kernel_size, stride, padding, dilation, ceil_mode, spatial, channels_last}); return {all[0], all[1]}; }
inline Tensor _mse_table(const Tensor& self, const Tensor& target) { static const Operator op("_mse_table"); return op({self, target}); }
inline Tensor _nan_to_num_values(const Tensor& self, const Scalar& nan, const Scalar& posinf, const Scalar& neginf) { static const Operator op("_nan_to_num_values"); return op({self, nan, posinf, neginf}); }
inline Tensor _nan_to_num_values_(const Tensor& self, const Scalar& nan, const Scalar& posinf, const Scalar& neginf) { static const Operator op("_nan_to_num_values"); return op({self, nan, posinf, neginf}, 1); }
inline std::tuple<Tensor, Tensor, Tensor> _native_batch_norm_legit(const Tensor& input, const Tensor& weight, const Tensor& bias, bool training, double momentum, double eps) { static const Operator op("_native_batch_norm_legit.no_stats"); auto all = op.all({input, weight, bias, training, momentum, eps}); return {all[0], all[1], all[2]}; }
inline Tensor _neg_view(const Tensor& self) { static const Operator op("_neg_view"); return op({self}); }
inline int64_t _nnz(const Tensor& self) { static const Operator op("_nnz"); return op({self}); }
inline Tensor _overlap_add(const Tensor& self, int64_t step, int64_t length) { static const Operator op("_overlap_add"); return op({self, step, length}); }
inline std::tuple<Tensor, Tensor> _pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first) { static const Operator op("_pack_padded_sequence"); auto all = op.all({input, lengths, batch_first}); return {all[0], all[1]}; }
inline Tensor _pad_circular(const Tensor& self, const IntList& pad) { static const Operator op("_pad_circular"); return op({self, pad}); }
inline std::tuple<Tensor, Tensor> _pad_packed_sequence(const Tensor& data, const Tensor& batch_sizes, bool batch_first, const Scalar& padding_value, int64_t total_length) { static const Operator op("_pad_packed_sequence"); auto all = op.all({data, batch_sizes, batch_first, padding_value, total_length}); return {all[0], all[1]}; }
inline Tensor _permutation_matrix(const Tensor& pivots, int64_t rows, DType dtype) { static const Operator op("_permutation_matrix"); return op({pivots, rows, dtype}); }
inline Tensor _pinv(const Tensor& self, const Tensor& atol, const Tensor& rtol, bool hermitian) { static const Operator op("_pinv"); return op({self, atol, rtol, hermitian}); }
inline Tensor _polygamma(const Tensor& self, int64_t n) { static const Operator op("_polygamma"); return op({self, n}); }
inline Tensor _polygamma_(const Tensor& self, int64_t n) { static const Operator op("_polygamma"); return op({self, n}, 1); }
inline Tensor _pool_gather(const Tensor& self, const Tensor& indices, int64_t spatial, bool channels_last) { static const Operator op("_pool_gather"); return op({self, indices, spatial, channels_last}); }
inline Tensor _pool_scatter(const Tensor& self, const Tensor& indices, int64_t spatial, const IntList& input_size, bool channels_last) { static const Operator op("_pool_scatter"); return op({self, indices, spatial, input_size, channels_last}); }
inline Tensor _prelu_kernel(const Tensor& self, const Tensor& weight) { static const Operator op("_prelu_kernel"); return op({self, weight}); }
inline Tensor _recurrence(const Tensor& self, const Tensor& factor, int64_t dim, bool reverse) { static const Operator op("_recurrence"); return op({self, factor, dim, reverse}); }
inline Tensor _resample(const Tensor& self, const IntList& output_size, std::string mode, bool align_corners, const std::vector<double>& scales, bool channels_last) { static const Operator op("_resample"); return op({self, output_size, mode, align_corners, scales, channels_last}); }
inline Tensor _resample_backward(const Tensor& self, const IntList& input_size, std::string mode, bool align_corners, const std::vector<double>& scales, bool channels_last) { static const Operator op("_resample_backward"); return op({self, input_size, mode, align_corners, scales, channels_last}); }
inline Tensor _reshape_alias(const Tensor& self, const IntList& size, const IntList& stride) { static const Operator op("_reshape_alias"); return op({self, size, stride}); }
inline Tensor _round_scaled(const Tensor& self, const Scalar& ten_power, bool negative) { static const Operator op("_round_scaled"); return op({self, ten_power, negative}); }
inline Tensor _round_scaled_(const Tensor& self, const Scalar& ten_power, bool negative) { static const Operator op("_round_scaled"); return op({self, ten_power, negative}, 1); }
inline Tensor _row_dots(const Tensor& self, const Tensor& other) { static const Operator op("_row_dots"); return op({self, other}); }
inline Tensor _sample_dirichlet(const Tensor& self) { static const Operator op("_sample_dirichlet"); return op({self}); }
inline std::tuple<Tensor, Tensor> _scaled_dot_product_flash_attention_for_cpu(const Tensor& query, const Tensor& key, const Tensor& value, double dropout_p = 0., bool is_causal = false, const Tensor& attn_mask = Tensor(), const std::optional<double>& scale = std::nullopt) { static const Operator op("_scaled_dot_product_flash_attention_for_cpu"); auto all = op.all({query, key, value, dropout_p, is_causal, attn_mask, scale}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> _scaled_dot_product_flash_attention_for_cpu_backward(const Tensor& grad_out, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& out, const Tensor& logsumexp, double dropout_p, bool is_causal, const Tensor& attn_mask = Tensor(), const std::optional<double>& scale = std::nullopt) { static const Operator op("_scaled_dot_product_flash_attention_for_cpu_backward"); auto all = op.all({grad_out, query, key, value, out, logsumexp, dropout_p, is_causal, attn_mask, scale}); return {all[0], all[1], all[2]}; }
inline Tensor _segment_reduce_backward(const Tensor& grad, const Tensor& output, const Tensor& data, std::string reduce, const Tensor& lengths = Tensor(), const Tensor& offsets = Tensor(), int64_t axis = 0, const std::optional<Scalar>& initial = std::nullopt) { static const Operator op("_segment_reduce_backward"); return op({grad, output, data, reduce, lengths, offsets, axis, initial}); }
inline Tensor _smooth_l1_table(const Tensor& self, const Tensor& target, const Scalar& beta) { static const Operator op("_smooth_l1_table"); return op({self, target, beta}); }
inline Tensor _soft_margin_table(const Tensor& self, const Tensor& target) { static const Operator op("_soft_margin_table"); return op({self, target}); }
inline Tensor _softmax(const Tensor& self, int64_t dim, bool half_to_float) { static const Operator op("_softmax"); return op({self, dim, half_to_float}); }
inline Tensor _softmax_backward_data(const Tensor& grad_output, const Tensor& output, int64_t dim, DType input_dtype) { static const Operator op("_softmax_backward_data"); return op({grad_output, output, dim, input_dtype}); }
inline Tensor _sparse_adopt_(const Tensor& self, const Tensor& other) { static const Operator op("_sparse_adopt_"); return op({self, other}); }
inline Tensor _sparse_broadcast_to(const Tensor& self, const IntList& size) { static const Operator op("_sparse_broadcast_to"); return op({self, size}); }
inline Tensor _sparse_from_parts(const Tensor& indices, const Tensor& values, const IntList& size, bool is_coalesced) { static const Operator op("_sparse_from_parts"); return op({indices, values, size, is_coalesced}); }
inline Tensor _sparse_shallow_copy(const Tensor& self) { static const Operator op("_sparse_shallow_copy"); return op({self}); }
inline Tensor _sparse_values(const Tensor& self) { static const Operator op("_sparse_values"); return op({self}); }
inline Tensor _standard_gamma(const Tensor& self) { static const Operator op("_standard_gamma"); return op({self}); }
inline Tensor _standard_gamma_grad(const Tensor& self, const Tensor& output) { static const Operator op("_standard_gamma_grad"); return op({self, output}); }
inline Tensor _to_copy(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, bool non_blocking = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("_to_copy"); return op({self, dtype, Argument(), device, pin_memory, non_blocking, memory_format}); }
inline Tensor _to_sparse(const Tensor& self, int64_t sparse_dim) { static const Operator op("_to_sparse.sparse_dim"); return op({self, sparse_dim}); }
inline std::tuple<Tensor, Tensor> _unique(const Tensor& self, bool sorted = true, bool return_inverse = false) { static const Operator op("_unique"); auto all = op.all({self, sorted, return_inverse}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> _unique2(const Tensor& self, bool sorted = true, bool return_inverse = false, bool return_counts = false) { static const Operator op("_unique2"); auto all = op.all({self, sorted, return_inverse, return_counts}); return {all[0], all[1], all[2]}; }
inline Tensor _unsafe_view(const Tensor& self, const IntList& size) { static const Operator op("_unsafe_view"); return op({self, size}); }
inline Tensor _upsample_bicubic2d_aa(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_bicubic2d_aa"); return op({self, output_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_bicubic2d_aa(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_bicubic2d_aa.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor _upsample_bicubic2d_aa_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_bicubic2d_aa_backward"); return op({grad_output, output_size, input_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_bilinear2d_aa(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_bilinear2d_aa"); return op({self, output_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_bilinear2d_aa(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_bilinear2d_aa.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor _upsample_bilinear2d_aa_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_bilinear2d_aa_backward"); return op({grad_output, output_size, input_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_lanczos2d_aa(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_lanczos2d_aa"); return op({self, output_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_lanczos2d_aa(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_lanczos2d_aa.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor _upsample_lanczos2d_aa_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_lanczos2d_aa_backward"); return op({grad_output, output_size, input_size, align_corners, scales_h, scales_w}); }
inline Tensor _upsample_nearest_exact1d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales = std::nullopt) { static const Operator op("_upsample_nearest_exact1d"); return op({self, output_size, scales}); }
inline Tensor _upsample_nearest_exact1d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_nearest_exact1d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor _upsample_nearest_exact1d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales = std::nullopt) { static const Operator op("_upsample_nearest_exact1d_backward"); return op({grad_output, output_size, input_size, scales}); }
inline Tensor _upsample_nearest_exact2d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_nearest_exact2d"); return op({self, output_size, scales_h, scales_w}); }
inline Tensor _upsample_nearest_exact2d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_nearest_exact2d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor _upsample_nearest_exact2d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_nearest_exact2d_backward"); return op({grad_output, output_size, input_size, scales_h, scales_w}); }
inline Tensor _upsample_nearest_exact3d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_nearest_exact3d"); return op({self, output_size, scales_d, scales_h, scales_w}); }
inline Tensor _upsample_nearest_exact3d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("_upsample_nearest_exact3d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor _upsample_nearest_exact3d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("_upsample_nearest_exact3d_backward"); return op({grad_output, output_size, input_size, scales_d, scales_h, scales_w}); }
inline Tensor _values(const Tensor& self) { static const Operator op("_values"); return op({self}); }
inline Tensor _vector_norm(const Tensor& self, double ord, const IntList& dim, bool keepdim) { static const Operator op("_vector_norm"); return op({self, ord, dim, keepdim}); }
inline Tensor _vector_norm_of_all(const Tensor& self, const Scalar& ord = 2, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("_vector_norm_of_all"); return op({self, ord, dtype}); }
inline Tensor _weight_norm(const Tensor& v, const Tensor& g, int64_t dim = 0) { static const Operator op("_weight_norm"); return op({v, g, dim}); }
inline std::tuple<Tensor, Tensor> _weight_norm_differentiable_backward(const Tensor& grad_w, const Tensor& saved_v, const Tensor& saved_g, const Tensor& saved_norms, int64_t dim) { static const Operator op("_weight_norm_differentiable_backward"); auto all = op.all({grad_w, saved_v, saved_g, saved_norms, dim}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> _weight_norm_interface(const Tensor& v, const Tensor& g, int64_t dim = 0) { static const Operator op("_weight_norm_interface"); auto all = op.all({v, g, dim}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> _weight_norm_interface_backward(const Tensor& grad_w, const Tensor& saved_v, const Tensor& saved_g, const Tensor& saved_norms, int64_t dim) { static const Operator op("_weight_norm_interface_backward"); auto all = op.all({grad_w, saved_v, saved_g, saved_norms, dim}); return {all[0], all[1]}; }
inline Tensor _window_gather(const Tensor& self, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_size, const IntList& base_stride, int64_t base_offset) { static const Operator op("_window_gather"); return op({self, size, stride, offset, base_size, base_stride, base_offset}); }
inline Tensor _window_scatter(const Tensor& self, const Tensor& part, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_stride, int64_t base_offset) { static const Operator op("_window_scatter"); return op({self, part, size, stride, offset, base_stride, base_offset}); }
inline Tensor abs(const Tensor& self) { static const Operator op("abs"); return op({self}); }
inline Tensor abs_(const Tensor& self) { static const Operator op("abs"); return op({self}, 1); }
inline Tensor absolute(const Tensor& self) { static const Operator op("absolute"); return op({self}); }
inline Tensor absolute_(const Tensor& self) { static const Operator op("absolute"); return op({self}, 1); }
inline Tensor acos(const Tensor& self) { static const Operator op("acos"); return op({self}); }
inline Tensor acos_(const Tensor& self) { static const Operator op("acos"); return op({self}, 1); }
inline Tensor acosh(const Tensor& self) { static const Operator op("acosh"); return op({self}); }
inline Tensor acosh_(const Tensor& self) { static const Operator op("acosh"); return op({self}, 1); }
inline Tensor adaptive_avg_pool1d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_avg_pool1d"); return op({self, output_size}); }
inline Tensor adaptive_avg_pool2d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_avg_pool2d"); return op({self, output_size}); }
inline Tensor adaptive_avg_pool3d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_avg_pool3d"); return op({self, output_size}); }
inline std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_max_pool1d"); auto all = op.all({self, output_size}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_max_pool2d"); auto all = op.all({self, output_size}); return {all[0], all[1]}; }
inline Tensor adaptive_max_pool2d_backward(const Tensor& grad_output, const Tensor& self, const Tensor& indices) { static const Operator op("adaptive_max_pool2d_backward"); return op({grad_output, self, indices}); }
inline std::tuple<Tensor, Tensor> adaptive_max_pool3d(const Tensor& self, const IntList& output_size) { static const Operator op("adaptive_max_pool3d"); auto all = op.all({self, output_size}); return {all[0], all[1]}; }
inline Tensor adaptive_max_pool3d_backward(const Tensor& grad_output, const Tensor& self, const Tensor& indices) { static const Operator op("adaptive_max_pool3d_backward"); return op({grad_output, self, indices}); }
inline Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("add.Tensor"); return op({self, other, alpha}); }
inline Tensor add_(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("add.Tensor"); return op({self, other, alpha}, 1); }
inline Tensor addbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addbmm"); return op({self, batch1, batch2, beta, alpha}); }
inline Tensor addbmm_(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addbmm"); return op({self, batch1, batch2, beta, alpha}, 1); }
inline Tensor addcdiv(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) { static const Operator op("addcdiv"); return op({self, tensor1, tensor2, value}); }
inline Tensor addcdiv_(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) { static const Operator op("addcdiv"); return op({self, tensor1, tensor2, value}, 1); }
inline Tensor addcmul(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) { static const Operator op("addcmul"); return op({self, tensor1, tensor2, value}); }
inline Tensor addcmul_(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) { static const Operator op("addcmul"); return op({self, tensor1, tensor2, value}, 1); }
inline Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addmm"); return op({self, mat1, mat2, beta, alpha}); }
inline Tensor addmm_(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addmm"); return op({self, mat1, mat2, beta, alpha}, 1); }
inline Tensor addmv(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addmv"); return op({self, mat, vec, beta, alpha}); }
inline Tensor addmv_(const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addmv"); return op({self, mat, vec, beta, alpha}, 1); }
inline Tensor addr(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addr"); return op({self, vec1, vec2, beta, alpha}); }
inline Tensor addr_(const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("addr"); return op({self, vec1, vec2, beta, alpha}, 1); }
inline Tensor adjoint(const Tensor& self) { static const Operator op("adjoint"); return op({self}); }
inline Tensor affine_grid_generator(const Tensor& theta, const IntList& size, bool align_corners) { static const Operator op("affine_grid_generator"); return op({theta, size, align_corners}); }
inline Tensor alias(const Tensor& self) { static const Operator op("alias"); return op({self}); }
inline Tensor alias_copy(const Tensor& self) { static const Operator op("alias_copy"); return op({self}); }
inline Tensor all(const Tensor& self) { static const Operator op("all"); return op({self}); }
inline Tensor all(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("all.dim"); return op({self, dim, keepdim}); }
inline bool allclose(const Tensor& self, const Tensor& other, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) { static const Operator op("allclose"); return op({self, other, rtol, atol, equal_nan}); }
inline Tensor alpha_dropout(const Tensor& input, double p, bool train) { static const Operator op("alpha_dropout"); return op({input, p, train}); }
inline Tensor alpha_dropout_(const Tensor& self, double p, bool train) { static const Operator op("alpha_dropout_"); return op({self, p, train}); }
inline Tensor amax(const Tensor& self, const IntList& dim = {}, bool keepdim = false) { static const Operator op("amax"); return op({self, dim, keepdim}); }
inline Tensor amin(const Tensor& self, const IntList& dim = {}, bool keepdim = false) { static const Operator op("amin"); return op({self, dim, keepdim}); }
inline std::tuple<Tensor, Tensor> aminmax(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false) { static const Operator op("aminmax"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor angle(const Tensor& self) { static const Operator op("angle"); return op({self}); }
inline Tensor any(const Tensor& self) { static const Operator op("any"); return op({self}); }
inline Tensor any(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("any.dim"); return op({self, dim, keepdim}); }
inline Tensor arange(const Scalar& end, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("arange"); return op({end, dtype, Argument(), device, pin_memory}); }
inline Tensor arange(const Scalar& start, const Scalar& end, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("arange.start"); return op({start, end, dtype, Argument(), device, pin_memory}); }
inline Tensor arccos(const Tensor& self) { static const Operator op("arccos"); return op({self}); }
inline Tensor arccos_(const Tensor& self) { static const Operator op("arccos"); return op({self}, 1); }
inline Tensor arccosh(const Tensor& self) { static const Operator op("arccosh"); return op({self}); }
inline Tensor arccosh_(const Tensor& self) { static const Operator op("arccosh"); return op({self}, 1); }
inline Tensor arcsin(const Tensor& self) { static const Operator op("arcsin"); return op({self}); }
inline Tensor arcsin_(const Tensor& self) { static const Operator op("arcsin"); return op({self}, 1); }
inline Tensor arcsinh(const Tensor& self) { static const Operator op("arcsinh"); return op({self}); }
inline Tensor arcsinh_(const Tensor& self) { static const Operator op("arcsinh"); return op({self}, 1); }
inline Tensor arctan(const Tensor& self) { static const Operator op("arctan"); return op({self}); }
inline Tensor arctan_(const Tensor& self) { static const Operator op("arctan"); return op({self}, 1); }
inline Tensor arctan2(const Tensor& self, const Tensor& other) { static const Operator op("arctan2"); return op({self, other}); }
inline Tensor arctan2_(const Tensor& self, const Tensor& other) { static const Operator op("arctan2"); return op({self, other}, 1); }
inline Tensor arctanh(const Tensor& self) { static const Operator op("arctanh"); return op({self}); }
inline Tensor arctanh_(const Tensor& self) { static const Operator op("arctanh"); return op({self}, 1); }
inline Tensor argmax(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false) { static const Operator op("argmax"); return op({self, dim, keepdim}); }
inline Tensor argmin(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false) { static const Operator op("argmin"); return op({self, dim, keepdim}); }
inline Tensor argsort(const Tensor& self, int64_t dim = -1, bool descending = false) { static const Operator op("argsort"); return op({self, dim, descending}); }
inline Tensor argsort(const Tensor& self, bool stable, int64_t dim = -1, bool descending = false) { static const Operator op("argsort.stable"); return op({self, stable, dim, descending}); }
inline Tensor argwhere(const Tensor& self) { static const Operator op("argwhere"); return op({self}); }
inline Tensor as_strided(const Tensor& self, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset = std::nullopt) { static const Operator op("as_strided"); return op({self, size, stride, storage_offset}); }
inline Tensor as_strided_(const Tensor& self, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset = std::nullopt) { static const Operator op("as_strided_"); return op({self, size, stride, storage_offset}); }
inline Tensor as_strided_copy(const Tensor& self, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset = std::nullopt) { static const Operator op("as_strided_copy"); return op({self, size, stride, storage_offset}); }
inline Tensor as_strided_scatter(const Tensor& self, const Tensor& src, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset = std::nullopt) { static const Operator op("as_strided_scatter"); return op({self, src, size, stride, storage_offset}); }
inline Tensor asin(const Tensor& self) { static const Operator op("asin"); return op({self}); }
inline Tensor asin_(const Tensor& self) { static const Operator op("asin"); return op({self}, 1); }
inline Tensor asinh(const Tensor& self) { static const Operator op("asinh"); return op({self}); }
inline Tensor asinh_(const Tensor& self) { static const Operator op("asinh"); return op({self}, 1); }
inline Tensor atan(const Tensor& self) { static const Operator op("atan"); return op({self}); }
inline Tensor atan_(const Tensor& self) { static const Operator op("atan"); return op({self}, 1); }
inline Tensor atan2(const Tensor& self, const Tensor& other) { static const Operator op("atan2"); return op({self, other}); }
inline Tensor atan2_(const Tensor& self, const Tensor& other) { static const Operator op("atan2"); return op({self, other}, 1); }
inline Tensor atanh(const Tensor& self) { static const Operator op("atanh"); return op({self}); }
inline Tensor atanh_(const Tensor& self) { static const Operator op("atanh"); return op({self}, 1); }
inline Tensor atleast_1d(const Tensor& self) { static const Operator op("atleast_1d"); return op({self}); }
inline std::vector<Tensor> atleast_1d(const std::vector<Tensor>& tensors) { static const Operator op("atleast_1d.Sequence"); return op({tensors}); }
inline Tensor atleast_2d(const Tensor& self) { static const Operator op("atleast_2d"); return op({self}); }
inline std::vector<Tensor> atleast_2d(const std::vector<Tensor>& tensors) { static const Operator op("atleast_2d.Sequence"); return op({tensors}); }
inline Tensor atleast_3d(const Tensor& self) { static const Operator op("atleast_3d"); return op({self}); }
inline std::vector<Tensor> atleast_3d(const std::vector<Tensor>& tensors) { static const Operator op("atleast_3d.Sequence"); return op({tensors}); }
inline Tensor avg_pool1d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, bool ceil_mode = false, bool count_include_pad = true) { static const Operator op("avg_pool1d"); return op({self, kernel_size, stride, padding, ceil_mode, count_include_pad}); }
inline Tensor avg_pool2d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, bool ceil_mode = false, bool count_include_pad = true, const std::optional<int64_t>& divisor_override = std::nullopt) { static const Operator op("avg_pool2d"); return op({self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override}); }
inline Tensor avg_pool2d_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, bool ceil_mode, bool count_include_pad, const std::optional<int64_t>& divisor_override) { static const Operator op("avg_pool2d_backward"); return op({grad_output, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override}); }
inline Tensor avg_pool3d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, bool ceil_mode = false, bool count_include_pad = true, const std::optional<int64_t>& divisor_override = std::nullopt) { static const Operator op("avg_pool3d"); return op({self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override}); }
inline Tensor avg_pool3d_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, bool ceil_mode, bool count_include_pad, const std::optional<int64_t>& divisor_override) { static const Operator op("avg_pool3d_backward"); return op({grad_output, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override}); }
inline Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("baddbmm"); return op({self, batch1, batch2, beta, alpha}); }
inline Tensor baddbmm_(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("baddbmm"); return op({self, batch1, batch2, beta, alpha}, 1); }
inline Tensor bartlett_window(int64_t window_length, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("bartlett_window"); return op({window_length, dtype, Argument(), device, pin_memory}); }
inline Tensor bartlett_window(int64_t window_length, bool periodic, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("bartlett_window.periodic"); return op({window_length, periodic, dtype, Argument(), device, pin_memory}); }
inline Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean, const Tensor& running_var, bool training, double momentum, double eps, bool cudnn_enabled) { static const Operator op("batch_norm"); return op({input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled}); }
inline Tensor bernoulli(const Tensor& self) { static const Operator op("bernoulli"); return op({self}); }
inline Tensor bernoulli(const Tensor& self, double p) { static const Operator op("bernoulli.p"); return op({self, p}); }
inline Tensor bernoulli_(const Tensor& self, const Tensor& p) { static const Operator op("bernoulli_.Tensor"); return op({self, p}); }
inline Tensor bernoulli_(const Tensor& self, double p = 0.5) { static const Operator op("bernoulli_.float"); return op({self, p}); }
inline Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = Tensor()) { static const Operator op("bilinear"); return op({input1, input2, weight, bias}); }
inline Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), int64_t reduction = 1) { static const Operator op("binary_cross_entropy"); return op({self, target, weight, reduction}); }
inline Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), const Tensor& pos_weight = Tensor(), int64_t reduction = 1) { static const Operator op("binary_cross_entropy_with_logits"); return op({self, target, weight, pos_weight, reduction}); }
inline Tensor bincount(const Tensor& self, const Tensor& weights = Tensor(), int64_t minlength = 0) { static const Operator op("bincount"); return op({self, weights, minlength}); }
inline Tensor binomial(const Tensor& count, const Tensor& prob) { static const Operator op("binomial"); return op({count, prob}); }
inline Tensor bitwise_and(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_and.Tensor"); return op({self, other}); }
inline Tensor bitwise_and_(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_and.Tensor"); return op({self, other}, 1); }
inline Tensor bitwise_left_shift(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_left_shift.Tensor"); return op({self, other}); }
inline Tensor bitwise_left_shift_(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_left_shift.Tensor"); return op({self, other}, 1); }
inline Tensor bitwise_not(const Tensor& self) { static const Operator op("bitwise_not"); return op({self}); }
inline Tensor bitwise_not_(const Tensor& self) { static const Operator op("bitwise_not"); return op({self}, 1); }
inline Tensor bitwise_or(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_or.Tensor"); return op({self, other}); }
inline Tensor bitwise_or_(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_or.Tensor"); return op({self, other}, 1); }
inline Tensor bitwise_right_shift(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_right_shift.Tensor"); return op({self, other}); }
inline Tensor bitwise_right_shift_(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_right_shift.Tensor"); return op({self, other}, 1); }
inline Tensor bitwise_xor(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_xor.Tensor"); return op({self, other}); }
inline Tensor bitwise_xor_(const Tensor& self, const Tensor& other) { static const Operator op("bitwise_xor.Tensor"); return op({self, other}, 1); }
inline Tensor blackman_window(int64_t window_length, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("blackman_window"); return op({window_length, dtype, Argument(), device, pin_memory}); }
inline Tensor blackman_window(int64_t window_length, bool periodic, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("blackman_window.periodic"); return op({window_length, periodic, dtype, Argument(), device, pin_memory}); }
inline Tensor block_diag(const std::vector<Tensor>& tensors) { static const Operator op("block_diag"); return op({tensors}); }
inline Tensor bmm(const Tensor& self, const Tensor& mat2) { static const Operator op("bmm"); return op({self, mat2}); }
inline std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) { static const Operator op("broadcast_tensors"); return op({tensors}); }
inline Tensor broadcast_to(const Tensor& self, const IntList& size) { static const Operator op("broadcast_to"); return op({self, size}); }
inline Tensor bucketize(const Scalar& self, const Tensor& boundaries, bool out_int32 = false, bool right = false) { static const Operator op("bucketize.Scalar"); return op({self, boundaries, out_int32, right}); }
inline Tensor bucketize(const Tensor& self, const Tensor& boundaries, bool out_int32 = false, bool right = false) { static const Operator op("bucketize.Tensor"); return op({self, boundaries, out_int32, right}); }
inline Tensor cartesian_prod(const std::vector<Tensor>& tensors) { static const Operator op("cartesian_prod"); return op({tensors}); }
inline Tensor cat(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("cat"); return op({tensors, dim}); }
inline Tensor cauchy_(const Tensor& self, double median = 0., double sigma = 1.) { static const Operator op("cauchy_"); return op({self, median, sigma}); }
inline Tensor cdist(const Tensor& x1, const Tensor& x2, double p = 2.0, const std::optional<int64_t>& compute_mode = std::nullopt) { static const Operator op("cdist"); return op({x1, x2, p, compute_mode}); }
inline Tensor ceil(const Tensor& self) { static const Operator op("ceil"); return op({self}); }
inline Tensor ceil_(const Tensor& self) { static const Operator op("ceil"); return op({self}, 1); }
inline Tensor celu(const Tensor& self, const Scalar& alpha = 1.0) { static const Operator op("celu"); return op({self, alpha}); }
inline Tensor celu_(const Tensor& self, const Scalar& alpha = 1.0) { static const Operator op("celu"); return op({self, alpha}, 1); }
inline Tensor chain_matmul(const std::vector<Tensor>& matrices) { static const Operator op("chain_matmul"); return op({matrices}); }
inline Tensor channel_shuffle(const Tensor& self, int64_t groups) { static const Operator op("channel_shuffle"); return op({self, groups}); }
inline Tensor cholesky(const Tensor& self, bool upper = false) { static const Operator op("cholesky"); return op({self, upper}); }
inline Tensor cholesky_inverse(const Tensor& self, bool upper = false) { static const Operator op("cholesky_inverse"); return op({self, upper}); }
inline Tensor cholesky_solve(const Tensor& self, const Tensor& input2, bool upper = false) { static const Operator op("cholesky_solve"); return op({self, input2, upper}); }
inline std::vector<Tensor> chunk(const Tensor& self, int64_t chunks, int64_t dim = 0) { static const Operator op("chunk"); return op({self, chunks, dim}); }
inline Tensor clamp(const Tensor& self, const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt) { static const Operator op("clamp"); return op({self, min, max}); }
inline Tensor clamp_(const Tensor& self, const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt) { static const Operator op("clamp"); return op({self, min, max}, 1); }
inline Tensor clamp_max(const Tensor& self, const Tensor& max) { static const Operator op("clamp_max"); return op({self, max}); }
inline Tensor clamp_max_(const Tensor& self, const Tensor& max) { static const Operator op("clamp_max"); return op({self, max}, 1); }
inline Tensor clamp_min(const Tensor& self, const Tensor& min) { static const Operator op("clamp_min"); return op({self, min}); }
inline Tensor clamp_min_(const Tensor& self, const Tensor& min) { static const Operator op("clamp_min"); return op({self, min}, 1); }
inline Tensor clip(const Tensor& self, const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt) { static const Operator op("clip"); return op({self, min, max}); }
inline Tensor clip_(const Tensor& self, const std::optional<Scalar>& min = std::nullopt, const std::optional<Scalar>& max = std::nullopt) { static const Operator op("clip"); return op({self, min, max}, 1); }
inline Tensor clone(const Tensor& self, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("clone"); return op({self, memory_format}); }
inline Tensor coalesce(const Tensor& self) { static const Operator op("coalesce"); return op({self}); }
inline Tensor col2im(const Tensor& self, const IntList& output_size, const IntList& kernel_size, const IntList& dilation, const IntList& padding, const IntList& stride) { static const Operator op("col2im"); return op({self, output_size, kernel_size, dilation, padding, stride}); }
inline Tensor column_stack(const std::vector<Tensor>& tensors) { static const Operator op("column_stack"); return op({tensors}); }
inline Tensor combinations(const Tensor& self, int64_t r = 2, bool with_replacement = false) { static const Operator op("combinations"); return op({self, r, with_replacement}); }
inline Tensor complex(const Tensor& real, const Tensor& imag) { static const Operator op("complex"); return op({real, imag}); }
inline Tensor concat(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("concat"); return op({tensors, dim}); }
inline Tensor concatenate(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("concatenate"); return op({tensors, dim}); }
inline Tensor conj(const Tensor& self) { static const Operator op("conj"); return op({self}); }
inline Tensor conj_physical(const Tensor& self) { static const Operator op("conj_physical"); return op({self}); }
inline Tensor conj_physical_(const Tensor& self) { static const Operator op("conj_physical"); return op({self}, 1); }
inline Tensor constant_pad_nd(const Tensor& self, const IntList& pad, const Scalar& value = 0) { static const Operator op("constant_pad_nd"); return op({self, pad, value}); }
inline Tensor contiguous(const Tensor& self, MemoryFormat memory_format = MemoryFormat::contiguous) { static const Operator op("contiguous"); return op({self, memory_format}); }
inline Tensor conv1d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1}, const IntList& padding = {0}, const IntList& dilation = {1}, int64_t groups = 1) { static const Operator op("conv1d"); return op({input, weight, bias, stride, padding, dilation, groups}); }
inline Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1, 1}, const IntList& padding = {0, 0}, const IntList& dilation = {1, 1}, int64_t groups = 1) { static const Operator op("conv2d"); return op({input, weight, bias, stride, padding, dilation, groups}); }
inline Tensor conv3d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1, 1, 1}, const IntList& padding = {0, 0, 0}, const IntList& dilation = {1, 1, 1}, int64_t groups = 1) { static const Operator op("conv3d"); return op({input, weight, bias, stride, padding, dilation, groups}); }
inline Tensor conv_tbc(const Tensor& self, const Tensor& weight, const Tensor& bias, int64_t pad = 0) { static const Operator op("conv_tbc"); return op({self, weight, bias, pad}); }
inline Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1}, const IntList& padding = {0}, const IntList& output_padding = {0}, int64_t groups = 1, const IntList& dilation = {1}) { static const Operator op("conv_transpose1d"); return op({input, weight, bias, stride, padding, output_padding, groups, dilation}); }
inline Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1, 1}, const IntList& padding = {0, 0}, const IntList& output_padding = {0, 0}, int64_t groups = 1, const IntList& dilation = {1, 1}) { static const Operator op("conv_transpose2d.input"); return op({input, weight, bias, stride, padding, output_padding, groups, dilation}); }
inline Tensor conv_transpose3d(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor(), const IntList& stride = {1, 1, 1}, const IntList& padding = {0, 0, 0}, const IntList& output_padding = {0, 0, 0}, int64_t groups = 1, const IntList& dilation = {1, 1, 1}) { static const Operator op("conv_transpose3d.input"); return op({input, weight, bias, stride, padding, output_padding, groups, dilation}); }
inline Tensor convolution(const Tensor& input, const Tensor& weight, const Tensor& bias, const IntList& stride, const IntList& padding, const IntList& dilation, bool transposed, const IntList& output_padding, int64_t groups) { static const Operator op("convolution"); return op({input, weight, bias, stride, padding, dilation, transposed, output_padding, groups}); }
inline Tensor copy_(const Tensor& self, const Tensor& src, bool non_blocking = false) { static const Operator op("copy_"); return op({self, src, non_blocking}); }
inline Tensor copysign(const Tensor& self, const Tensor& other) { static const Operator op("copysign.Tensor"); return op({self, other}); }
inline Tensor copysign_(const Tensor& self, const Tensor& other) { static const Operator op("copysign.Tensor"); return op({self, other}, 1); }
inline Tensor corrcoef(const Tensor& self) { static const Operator op("corrcoef"); return op({self}); }
inline Tensor cos(const Tensor& self) { static const Operator op("cos"); return op({self}); }
inline Tensor cos_(const Tensor& self) { static const Operator op("cos"); return op({self}, 1); }
inline Tensor cosh(const Tensor& self) { static const Operator op("cosh"); return op({self}); }
inline Tensor cosh_(const Tensor& self) { static const Operator op("cosh"); return op({self}, 1); }
inline Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0.0, int64_t reduction = 1) { static const Operator op("cosine_embedding_loss"); return op({input1, input2, target, margin, reduction}); }
inline Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int64_t dim = 1, double eps = 1e-08) { static const Operator op("cosine_similarity"); return op({x1, x2, dim, eps}); }
inline Tensor count_nonzero(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("count_nonzero"); return op({self, dim}); }
inline Tensor count_nonzero(const Tensor& self, const IntList& dim) { static const Operator op("count_nonzero.dim_IntList"); return op({self, dim}); }
inline Tensor cov(const Tensor& self, int64_t correction = 1, const Tensor& fweights = Tensor(), const Tensor& aweights = Tensor()) { static const Operator op("cov"); return op({self, correction, fweights, aweights}); }
inline Tensor cross(const Tensor& self, const Tensor& other, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("cross"); return op({self, other, dim}); }
inline Tensor cross_entropy_loss(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), int64_t reduction = 1, int64_t ignore_index = -100, double label_smoothing = 0.0) { static const Operator op("cross_entropy_loss"); return op({self, target, weight, reduction, ignore_index, label_smoothing}); }
inline Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const IntList& input_lengths, const IntList& target_lengths, int64_t blank = 0, int64_t reduction = 1, bool zero_infinity = false) { static const Operator op("ctc_loss.IntList"); return op({log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity}); }
inline Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths, int64_t blank = 0, int64_t reduction = 1, bool zero_infinity = false) { static const Operator op("ctc_loss.Tensor"); return op({log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity}); }
inline std::tuple<Tensor, Tensor> cummax(const Tensor& self, int64_t dim) { static const Operator op("cummax"); auto all = op.all({self, dim}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> cummin(const Tensor& self, int64_t dim) { static const Operator op("cummin"); auto all = op.all({self, dim}); return {all[0], all[1]}; }
inline Tensor cumprod(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("cumprod"); return op({self, dim, dtype}); }
inline Tensor cumprod_(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("cumprod"); return op({self, dim, dtype}, 1); }
inline Tensor cumsum(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("cumsum"); return op({self, dim, dtype}); }
inline Tensor cumsum_(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("cumsum"); return op({self, dim, dtype}, 1); }
inline Tensor cumulative_trapezoid(const Tensor& y, const Scalar& dx = 1, int64_t dim = -1) { static const Operator op("cumulative_trapezoid.dx"); return op({y, dx, dim}); }
inline Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int64_t dim = -1) { static const Operator op("cumulative_trapezoid.x"); return op({y, x, dim}); }
inline Tensor deg2rad(const Tensor& self) { static const Operator op("deg2rad"); return op({self}); }
inline Tensor deg2rad_(const Tensor& self) { static const Operator op("deg2rad"); return op({self}, 1); }
inline int64_t dense_dim(const Tensor& self) { static const Operator op("dense_dim"); return op({self}); }
inline Tensor det(const Tensor& self) { static const Operator op("det"); return op({self}); }
inline Tensor detach(const Tensor& self) { static const Operator op("detach"); return op({self}); }
inline Tensor detach_copy(const Tensor& self) { static const Operator op("detach_copy"); return op({self}); }
inline Tensor diag(const Tensor& self, int64_t diagonal = 0) { static const Operator op("diag"); return op({self, diagonal}); }
inline Tensor diag_embed(const Tensor& self, int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1) { static const Operator op("diag_embed"); return op({self, offset, dim1, dim2}); }
inline Tensor diagflat(const Tensor& self, int64_t offset = 0) { static const Operator op("diagflat"); return op({self, offset}); }
inline Tensor diagonal(const Tensor& self, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) { static const Operator op("diagonal"); return op({self, offset, dim1, dim2}); }
inline Tensor diagonal_backward(const Tensor& grad_output, const IntList& input_sizes, int64_t offset, int64_t dim1, int64_t dim2) { static const Operator op("diagonal_backward"); return op({grad_output, input_sizes, offset, dim1, dim2}); }
inline Tensor diagonal_copy(const Tensor& self, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) { static const Operator op("diagonal_copy"); return op({self, offset, dim1, dim2}); }
inline Tensor diagonal_scatter(const Tensor& self, const Tensor& src, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) { static const Operator op("diagonal_scatter"); return op({self, src, offset, dim1, dim2}); }
inline Tensor diff(const Tensor& self, int64_t n = 1, int64_t dim = -1, const Tensor& prepend = Tensor(), const Tensor& append = Tensor()) { static const Operator op("diff"); return op({self, n, dim, prepend, append}); }
inline Tensor digamma(const Tensor& self) { static const Operator op("digamma"); return op({self}); }
inline Tensor digamma_(const Tensor& self) { static const Operator op("digamma"); return op({self}, 1); }
inline Tensor dist(const Tensor& self, const Tensor& other, const Scalar& p = 2) { static const Operator op("dist"); return op({self, other, p}); }
inline Tensor div(const Tensor& self, const Tensor& other) { static const Operator op("div.Tensor"); return op({self, other}); }
inline Tensor div_(const Tensor& self, const Tensor& other) { static const Operator op("div.Tensor"); return op({self, other}, 1); }
inline Tensor div(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("div.Tensor_mode"); return op({self, other, rounding_mode}); }
inline Tensor div_(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("div.Tensor_mode"); return op({self, other, rounding_mode}, 1); }
inline Tensor divide(const Tensor& self, const Tensor& other) { static const Operator op("divide.Tensor"); return op({self, other}); }
inline Tensor divide_(const Tensor& self, const Tensor& other) { static const Operator op("divide.Tensor"); return op({self, other}, 1); }
inline Tensor divide(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("divide.Tensor_mode"); return op({self, other, rounding_mode}); }
inline Tensor divide_(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("divide.Tensor_mode"); return op({self, other, rounding_mode}, 1); }
inline Tensor dot(const Tensor& self, const Tensor& tensor) { static const Operator op("dot"); return op({self, tensor}); }
inline Tensor dropout(const Tensor& input, double p, bool train) { static const Operator op("dropout"); return op({input, p, train}); }
inline Tensor dropout_(const Tensor& self, double p, bool train) { static const Operator op("dropout_"); return op({self, p, train}); }
inline std::vector<Tensor> dsplit(const Tensor& self, const IntList& indices) { static const Operator op("dsplit.array"); return op({self, indices}); }
inline std::vector<Tensor> dsplit(const Tensor& self, int64_t sections) { static const Operator op("dsplit.int"); return op({self, sections}); }
inline Tensor dstack(const std::vector<Tensor>& tensors) { static const Operator op("dstack"); return op({tensors}); }

}  // namespace flambeau
