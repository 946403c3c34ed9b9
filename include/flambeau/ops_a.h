// Operators whose names begin with _, a, b, c, d; printed from the operator table by `./dev headers`, not to be edited.
#pragma once

namespace flambeau {

inline Tensor _amp_update_scale_(const Tensor& self, const Tensor& growth_tracker, const Tensor& found_inf, double scale_growth_factor, double scale_backoff_factor, int64_t growth_interval) { static const Operator op("_amp_update_scale_"); return op({self, growth_tracker, found_inf, scale_growth_factor, scale_backoff_factor, growth_interval}); }
inline Tensor _cast_copy(const Tensor& self, DType dtype, Device device, MemoryFormat memory_format) { static const Operator op("_cast_copy"); return op({self, dtype, device, memory_format}); }
inline Tensor _cholesky_solve_helper(const Tensor& self, const Tensor& A, bool upper) { static const Operator op("_cholesky_solve_helper"); return op({self, A, upper}); }
inline Tensor _conj(const Tensor& self) { static const Operator op("_conj"); return op({self}); }
inline Tensor _convolution(const Tensor& input, const Tensor& weight, const Tensor& bias, const IntList& stride, const IntList& padding, const IntList& dilation, bool transposed, const IntList& output_padding, int64_t groups, bool benchmark, bool deterministic, bool cudnn_enabled, bool allow_tf32) { static const Operator op("_convolution"); return op({input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, benchmark, deterministic, cudnn_enabled, allow_tf32}); }
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
inline Tensor _glu_halves(const Tensor& self, const Tensor& gate) { static const Operator op("_glu_halves"); return op({self, gate}); }
inline std::tuple<Tensor, Tensor, Tensor> _linalg_det(const Tensor& A) { static const Operator op("_linalg_det"); auto all = op.all({A}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _linalg_slogdet(const Tensor& A) { static const Operator op("_linalg_slogdet"); auto all = op.all({A}); return {all[0], all[1], all[2], all[3]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true, bool check_errors = false) { static const Operator op("_linalg_solve_ex"); auto all = op.all({A, B, left, check_errors}); return {all[0], all[1], all[2], all[3]}; }
inline Tensor _lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool adjoint) { static const Operator op("_lu_solve"); return op({LU, pivots, B, adjoint}); }
inline std::tuple<Tensor, Tensor, Tensor> _lu_with_info(const Tensor& self, bool pivot = true, bool check_errors = true) { static const Operator op("_lu_with_info"); auto all = op.all({self, pivot, check_errors}); return {all[0], all[1], all[2]}; }
inline Tensor _matmul_batched(const Tensor& self, const Tensor& other) { static const Operator op("_matmul_batched"); return op({self, other}); }
inline Tensor _nan_to_num_values(const Tensor& self, const Scalar& nan, const Scalar& posinf, const Scalar& neginf) { static const Operator op("_nan_to_num_values"); return op({self, nan, posinf, neginf}); }
inline Tensor _nan_to_num_values_(const Tensor& self, const Scalar& nan, const Scalar& posinf, const Scalar& neginf) { static const Operator op("_nan_to_num_values"); return op({self, nan, posinf, neginf}, 1); }
inline Tensor _neg_view(const Tensor& self) { static const Operator op("_neg_view"); return op({self}); }
inline Tensor _permutation_matrix(const Tensor& pivots, int64_t rows, DType dtype) { static const Operator op("_permutation_matrix"); return op({pivots, rows, dtype}); }
inline Tensor _polygamma(const Tensor& self, int64_t n) { static const Operator op("_polygamma"); return op({self, n}); }
inline Tensor _polygamma_(const Tensor& self, int64_t n) { static const Operator op("_polygamma"); return op({self, n}, 1); }
inline Tensor _prelu_kernel(const Tensor& self, const Tensor& weight) { static const Operator op("_prelu_kernel"); return op({self, weight}); }
inline Tensor _reshape_alias(const Tensor& self, const IntList& size, const IntList& stride) { static const Operator op("_reshape_alias"); return op({self, size, stride}); }
inline Tensor _round_scaled(const Tensor& self, const Scalar& ten_power, bool negative) { static const Operator op("_round_scaled"); return op({self, ten_power, negative}); }
inline Tensor _round_scaled_(const Tensor& self, const Scalar& ten_power, bool negative) { static const Operator op("_round_scaled"); return op({self, ten_power, negative}, 1); }
inline Tensor _to_copy(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, bool non_blocking = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("_to_copy"); return op({self, dtype, Argument(), device, pin_memory, non_blocking, memory_format}); }
inline Tensor _unsafe_view(const Tensor& self, const IntList& size) { static const Operator op("_unsafe_view"); return op({self, size}); }
inline Tensor _vector_norm_of_all(const Tensor& self, const Scalar& ord = 2, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("_vector_norm_of_all"); return op({self, ord, dtype}); }
inline Tensor _window_gather(const Tensor& self, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_size, const IntList& base_stride, int64_t base_offset) { static const Operator op("_window_gather"); return op({self, size, stride, offset, base_size, base_stride, base_offset}); }
inline Tensor _window_scatter(const Tensor& self, const Tensor& part, const IntList& size, const IntList& stride, int64_t offset, const IntList& base_stride, int64_t base_offset, bool accumulate = false) { static const Operator op("_window_scatter"); return op({self, part, size, stride, offset, base_stride, base_offset, accumulate}); }
inline Tensor abs(const Tensor& self) { static const Operator op("abs"); return op({self}); }
inline Tensor abs_(const Tensor& self) { static const Operator op("abs"); return op({self}, 1); }
inline Tensor absolute(const Tensor& self) { static const Operator op("absolute"); return op({self}); }
inline Tensor absolute_(const Tensor& self) { static const Operator op("absolute"); return op({self}, 1); }
inline Tensor acos(const Tensor& self) { static const Operator op("acos"); return op({self}); }
inline Tensor acos_(const Tensor& self) { static const Operator op("acos"); return op({self}, 1); }
inline Tensor acosh(const Tensor& self) { static const Operator op("acosh"); return op({self}); }
inline Tensor acosh_(const Tensor& self) { static const Operator op("acosh"); return op({self}, 1); }
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
inline Tensor alias(const Tensor& self) { static const Operator op("alias"); return op({self}); }
inline Tensor all(const Tensor& self) { static const Operator op("all"); return op({self}); }
inline Tensor all(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("all.dim"); return op({self, dim, keepdim}); }
inline Tensor amax(const Tensor& self, const IntList& dim = {}, bool keepdim = false) { static const Operator op("amax"); return op({self, dim, keepdim}); }
inline Tensor amin(const Tensor& self, const IntList& dim = {}, bool keepdim = false) { static const Operator op("amin"); return op({self, dim, keepdim}); }
inline std::tuple<Tensor, Tensor> aminmax(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false) { static const Operator op("aminmax"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor angle(const Tensor& self) { static const Operator op("angle"); return op({self}); }
inline Tensor any(const Tensor& self) { static const Operator op("any"); return op({self}); }
inline Tensor any(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("any.dim"); return op({self, dim, keepdim}); }
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
inline Tensor argwhere(const Tensor& self) { static const Operator op("argwhere"); return op({self}); }
inline Tensor as_strided(const Tensor& self, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset = std::nullopt) { static const Operator op("as_strided"); return op({self, size, stride, storage_offset}); }
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
inline Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("baddbmm"); return op({self, batch1, batch2, beta, alpha}); }
inline Tensor baddbmm_(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("baddbmm"); return op({self, batch1, batch2, beta, alpha}, 1); }
inline Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = Tensor()) { static const Operator op("bilinear"); return op({input1, input2, weight, bias}); }
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
inline Tensor block_diag(const std::vector<Tensor>& tensors) { static const Operator op("block_diag"); return op({tensors}); }
inline Tensor bmm(const Tensor& self, const Tensor& mat2) { static const Operator op("bmm"); return op({self, mat2}); }
inline std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) { static const Operator op("broadcast_tensors"); return op({tensors}); }
inline Tensor broadcast_to(const Tensor& self, const IntList& size) { static const Operator op("broadcast_to"); return op({self, size}); }
inline Tensor cat(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("cat"); return op({tensors, dim}); }
inline Tensor ceil(const Tensor& self) { static const Operator op("ceil"); return op({self}); }
inline Tensor ceil_(const Tensor& self) { static const Operator op("ceil"); return op({self}, 1); }
inline Tensor celu(const Tensor& self, const Scalar& alpha = 1.0) { static const Operator op("celu"); return op({self, alpha}); }
inline Tensor celu_(const Tensor& self, const Scalar& alpha = 1.0) { static const Operator op("celu"); return op({self, alpha}, 1); }
inline Tensor chain_matmul(const std::vector<Tensor>& matrices) { static const Operator op("chain_matmul"); return op({matrices}); }
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
inline Tensor column_stack(const std::vector<Tensor>& tensors) { static const Operator op("column_stack"); return op({tensors}); }
inline Tensor complex(const Tensor& real, const Tensor& imag) { static const Operator op("complex"); return op({real, imag}); }
inline Tensor concat(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("concat"); return op({tensors, dim}); }
inline Tensor concatenate(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("concatenate"); return op({tensors, dim}); }
inline Tensor conj(const Tensor& self) { static const Operator op("conj"); return op({self}); }
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
inline Tensor cos(const Tensor& self) { static const Operator op("cos"); return op({self}); }
inline Tensor cos_(const Tensor& self) { static const Operator op("cos"); return op({self}, 1); }
inline Tensor cosh(const Tensor& self) { static const Operator op("cosh"); return op({self}); }
inline Tensor cosh_(const Tensor& self) { static const Operator op("cosh"); return op({self}, 1); }
inline Tensor count_nonzero(const Tensor& self, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("count_nonzero"); return op({self, dim}); }
inline Tensor count_nonzero(const Tensor& self, const IntList& dim) { static const Operator op("count_nonzero.dim_IntList"); return op({self, dim}); }
inline Tensor cross(const Tensor& self, const Tensor& other, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("cross"); return op({self, other, dim}); }
inline Tensor deg2rad(const Tensor& self) { static const Operator op("deg2rad"); return op({self}); }
inline Tensor deg2rad_(const Tensor& self) { static const Operator op("deg2rad"); return op({self}, 1); }
inline Tensor det(const Tensor& self) { static const Operator op("det"); return op({self}); }
inline Tensor detach(const Tensor& self) { static const Operator op("detach"); return op({self}); }
inline Tensor digamma(const Tensor& self) { static const Operator op("digamma"); return op({self}); }
inline Tensor digamma_(const Tensor& self) { static const Operator op("digamma"); return op({self}, 1); }
inline Tensor div(const Tensor& self, const Tensor& other) { static const Operator op("div.Tensor"); return op({self, other}); }
inline Tensor div_(const Tensor& self, const Tensor& other) { static const Operator op("div.Tensor"); return op({self, other}, 1); }
inline Tensor div(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("div.Tensor_mode"); return op({self, other, rounding_mode}); }
inline Tensor div_(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("div.Tensor_mode"); return op({self, other, rounding_mode}, 1); }
inline Tensor divide(const Tensor& self, const Tensor& other) { static const Operator op("divide.Tensor"); return op({self, other}); }
inline Tensor divide_(const Tensor& self, const Tensor& other) { static const Operator op("divide.Tensor"); return op({self, other}, 1); }
inline Tensor divide(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("divide.Tensor_mode"); return op({self, other, rounding_mode}); }
inline Tensor divide_(const Tensor& self, const Tensor& other, const std::optional<std::string>& rounding_mode) { static const Operator op("divide.Tensor_mode"); return op({self, other, rounding_mode}, 1); }
inline Tensor dot(const Tensor& self, const Tensor& tensor) { static const Operator op("dot"); return op({self, tensor}); }
inline std::vector<Tensor> dsplit(const Tensor& self, const IntList& indices) { static const Operator op("dsplit.array"); return op({self, indices}); }
inline std::vector<Tensor> dsplit(const Tensor& self, int64_t sections) { static const Operator op("dsplit.int"); return op({self, sections}); }
inline Tensor dstack(const std::vector<Tensor>& tensors) { static const Operator op("dstack"); return op({tensors}); }

}  // namespace flambeau
