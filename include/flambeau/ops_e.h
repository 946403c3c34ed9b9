// Operators whose names begin with e, f, g, h, i, j, k, l; printed from the operator table by `./dev headers`, not to be edited.
// clang-format off
#pragma once

namespace flambeau {

inline Tensor einsum(std::string equation, const std::vector<Tensor>& tensors, const std::optional<IntList>& path = std::nullopt) { static const Operator op("einsum"); return op({equation, tensors, path}); }
inline Tensor elu(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) { static const Operator op("elu"); return op({self, alpha, scale, input_scale}); }
inline Tensor elu_(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) { static const Operator op("elu"); return op({self, alpha, scale, input_scale}, 1); }
inline Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx = -1, bool scale_grad_by_freq = false, bool sparse = false) { static const Operator op("embedding"); return op({weight, indices, padding_idx, scale_grad_by_freq, sparse}); }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale_grad_by_freq = false, int64_t mode = 0, bool sparse = false, const Tensor& per_sample_weights = Tensor(), bool include_last_offset = false) { static const Operator op("embedding_bag"); auto all = op.all({weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset}); return {all[0], all[1], all[2], all[3]}; }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale_grad_by_freq, int64_t mode, bool sparse, const Tensor& per_sample_weights, bool include_last_offset, const std::optional<int64_t>& padding_idx) { static const Operator op("embedding_bag.padding_idx"); auto all = op.all({weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx}); return {all[0], all[1], all[2], all[3]}; }
inline Tensor embedding_dense_backward(const Tensor& grad_output, const Tensor& indices, int64_t num_weights, int64_t padding_idx, bool scale_grad_by_freq) { static const Operator op("embedding_dense_backward"); return op({grad_output, indices, num_weights, padding_idx, scale_grad_by_freq}); }
inline Tensor embedding_renorm_(const Tensor& self, const Tensor& indices, double max_norm, double norm_type) { static const Operator op("embedding_renorm_"); return op({self, indices, max_norm, norm_type}); }
inline Tensor empty(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("empty.memory_format"); return op({size, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor empty_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("empty_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor empty_permuted(const IntList& size, const IntList& physical_layout, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("empty_permuted"); return op({size, physical_layout, dtype, Argument(), device, pin_memory}); }
inline Tensor empty_strided(const IntList& size, const IntList& stride, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("empty_strided"); return op({size, stride, dtype, Argument(), device, pin_memory}); }
inline Tensor eq(const Tensor& self, const Tensor& other) { static const Operator op("eq.Tensor"); return op({self, other}); }
inline Tensor eq_(const Tensor& self, const Tensor& other) { static const Operator op("eq.Tensor"); return op({self, other}, 1); }
inline bool equal(const Tensor& self, const Tensor& other) { static const Operator op("equal"); return op({self, other}); }
inline Tensor erf(const Tensor& self) { static const Operator op("erf"); return op({self}); }
inline Tensor erf_(const Tensor& self) { static const Operator op("erf"); return op({self}, 1); }
inline Tensor erfc(const Tensor& self) { static const Operator op("erfc"); return op({self}); }
inline Tensor erfc_(const Tensor& self) { static const Operator op("erfc"); return op({self}, 1); }
inline Tensor erfinv(const Tensor& self) { static const Operator op("erfinv"); return op({self}); }
inline Tensor erfinv_(const Tensor& self) { static const Operator op("erfinv"); return op({self}, 1); }
inline Tensor exp(const Tensor& self) { static const Operator op("exp"); return op({self}); }
inline Tensor exp_(const Tensor& self) { static const Operator op("exp"); return op({self}, 1); }
inline Tensor exp2(const Tensor& self) { static const Operator op("exp2"); return op({self}); }
inline Tensor exp2_(const Tensor& self) { static const Operator op("exp2"); return op({self}, 1); }
inline Tensor expand(const Tensor& self, const IntList& size, bool implicit = false) { static const Operator op("expand"); return op({self, size, implicit}); }
inline Tensor expand_as(const Tensor& self, const Tensor& other) { static const Operator op("expand_as"); return op({self, other}); }
inline Tensor expand_copy(const Tensor& self, const IntList& size, bool implicit = false) { static const Operator op("expand_copy"); return op({self, size, implicit}); }
inline Tensor expm1(const Tensor& self) { static const Operator op("expm1"); return op({self}); }
inline Tensor expm1_(const Tensor& self) { static const Operator op("expm1"); return op({self}, 1); }
inline Tensor exponential_(const Tensor& self, double lambd = 1.) { static const Operator op("exponential_"); return op({self, lambd}); }
inline Tensor eye(int64_t n, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("eye"); return op({n, dtype, Argument(), device, pin_memory}); }
inline Tensor eye(int64_t n, int64_t m, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("eye.m"); return op({n, m, dtype, Argument(), device, pin_memory}); }
inline Tensor feature_alpha_dropout(const Tensor& input, double p, bool train) { static const Operator op("feature_alpha_dropout"); return op({input, p, train}); }
inline Tensor feature_alpha_dropout_(const Tensor& self, double p, bool train) { static const Operator op("feature_alpha_dropout_"); return op({self, p, train}); }
inline Tensor feature_dropout(const Tensor& input, double p, bool train) { static const Operator op("feature_dropout"); return op({input, p, train}); }
inline Tensor feature_dropout_(const Tensor& self, double p, bool train) { static const Operator op("feature_dropout_"); return op({self, p, train}); }
inline Tensor fft_fft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_fft"); return op({self, n, dim, norm}); }
inline Tensor fft_fft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_fft2"); return op({self, s, dim, norm}); }
inline Tensor fft_fftfreq(int64_t n, double d = 1., const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("fft_fftfreq"); return op({n, d, dtype, Argument(), device, pin_memory}); }
inline Tensor fft_fftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_fftn"); return op({self, s, dim, norm}); }
inline Tensor fft_fftshift(const Tensor& self, const std::optional<IntList>& dim = std::nullopt) { static const Operator op("fft_fftshift"); return op({self, dim}); }
inline Tensor fft_hfft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_hfft"); return op({self, n, dim, norm}); }
inline Tensor fft_hfft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_hfft2"); return op({self, s, dim, norm}); }
inline Tensor fft_hfftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_hfftn"); return op({self, s, dim, norm}); }
inline Tensor fft_ifft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ifft"); return op({self, n, dim, norm}); }
inline Tensor fft_ifft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ifft2"); return op({self, s, dim, norm}); }
inline Tensor fft_ifftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ifftn"); return op({self, s, dim, norm}); }
inline Tensor fft_ifftshift(const Tensor& self, const std::optional<IntList>& dim = std::nullopt) { static const Operator op("fft_ifftshift"); return op({self, dim}); }
inline Tensor fft_ihfft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ihfft"); return op({self, n, dim, norm}); }
inline Tensor fft_ihfft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ihfft2"); return op({self, s, dim, norm}); }
inline Tensor fft_ihfftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_ihfftn"); return op({self, s, dim, norm}); }
inline Tensor fft_irfft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_irfft"); return op({self, n, dim, norm}); }
inline Tensor fft_irfft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_irfft2"); return op({self, s, dim, norm}); }
inline Tensor fft_irfftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_irfftn"); return op({self, s, dim, norm}); }
inline Tensor fft_rfft(const Tensor& self, const std::optional<int64_t>& n = std::nullopt, int64_t dim = -1, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_rfft"); return op({self, n, dim, norm}); }
inline Tensor fft_rfft2(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const IntList& dim = {-2, -1}, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_rfft2"); return op({self, s, dim, norm}); }
inline Tensor fft_rfftfreq(int64_t n, double d = 1., const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("fft_rfftfreq"); return op({n, d, dtype, Argument(), device, pin_memory}); }
inline Tensor fft_rfftn(const Tensor& self, const std::optional<IntList>& s = std::nullopt, const std::optional<IntList>& dim = std::nullopt, const std::optional<std::string>& norm = std::nullopt) { static const Operator op("fft_rfftn"); return op({self, s, dim, norm}); }
inline Tensor fill(const Tensor& self, const Scalar& value) { static const Operator op("fill.Scalar"); return op({self, value}); }
inline Tensor fill(const Tensor& self, const Tensor& value) { static const Operator op("fill.Tensor"); return op({self, value}); }
inline Tensor fill_(const Tensor& self, const Scalar& value) { static const Operator op("fill_.Scalar"); return op({self, value}); }
inline Tensor fill_(const Tensor& self, const Tensor& value) { static const Operator op("fill_.Tensor"); return op({self, value}); }
inline Tensor fix(const Tensor& self) { static const Operator op("fix"); return op({self}); }
inline Tensor fix_(const Tensor& self) { static const Operator op("fix"); return op({self}, 1); }
inline Tensor flatten(const Tensor& self, int64_t start_dim = 0, int64_t end_dim = -1) { static const Operator op("flatten.using_ints"); return op({self, start_dim, end_dim}); }
inline Tensor flip(const Tensor& self, const IntList& dims) { static const Operator op("flip"); return op({self, dims}); }
inline Tensor fliplr(const Tensor& self) { static const Operator op("fliplr"); return op({self}); }
inline Tensor flipud(const Tensor& self) { static const Operator op("flipud"); return op({self}); }
inline Tensor float_power(const Tensor& self, const Tensor& exponent) { static const Operator op("float_power.Tensor_Tensor"); return op({self, exponent}); }
inline Tensor float_power_(const Tensor& self, const Tensor& exponent) { static const Operator op("float_power.Tensor_Tensor"); return op({self, exponent}, 1); }
inline Tensor floor(const Tensor& self) { static const Operator op("floor"); return op({self}); }
inline Tensor floor_(const Tensor& self) { static const Operator op("floor"); return op({self}, 1); }
inline Tensor floor_divide(const Tensor& self, const Tensor& other) { static const Operator op("floor_divide"); return op({self, other}); }
inline Tensor floor_divide_(const Tensor& self, const Tensor& other) { static const Operator op("floor_divide"); return op({self, other}, 1); }
inline Tensor fmax(const Tensor& self, const Tensor& other) { static const Operator op("fmax"); return op({self, other}); }
inline Tensor fmin(const Tensor& self, const Tensor& other) { static const Operator op("fmin"); return op({self, other}); }
inline Tensor fmod(const Tensor& self, const Tensor& other) { static const Operator op("fmod.Tensor"); return op({self, other}); }
inline Tensor fmod_(const Tensor& self, const Tensor& other) { static const Operator op("fmod.Tensor"); return op({self, other}, 1); }
inline Tensor frac(const Tensor& self) { static const Operator op("frac"); return op({self}); }
inline Tensor frac_(const Tensor& self) { static const Operator op("frac"); return op({self}, 1); }
inline std::tuple<Tensor, Tensor> fractional_max_pool2d(const Tensor& self, const IntList& kernel_size, const IntList& output_size, const Tensor& random_samples) { static const Operator op("fractional_max_pool2d"); auto all = op.all({self, kernel_size, output_size, random_samples}); return {all[0], all[1]}; }
inline Tensor fractional_max_pool2d_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& output_size, const Tensor& indices) { static const Operator op("fractional_max_pool2d_backward"); return op({grad_output, self, kernel_size, output_size, indices}); }
inline std::tuple<Tensor, Tensor> fractional_max_pool3d(const Tensor& self, const IntList& kernel_size, const IntList& output_size, const Tensor& random_samples) { static const Operator op("fractional_max_pool3d"); auto all = op.all({self, kernel_size, output_size, random_samples}); return {all[0], all[1]}; }
inline Tensor fractional_max_pool3d_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& output_size, const Tensor& indices) { static const Operator op("fractional_max_pool3d_backward"); return op({grad_output, self, kernel_size, output_size, indices}); }
inline std::tuple<Tensor, Tensor> frexp(const Tensor& self) { static const Operator op("frexp.Tensor"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor frobenius_norm(const Tensor& self, const IntList& dim, bool keepdim = false) { static const Operator op("frobenius_norm.dim"); return op({self, dim, keepdim}); }
inline Tensor full(const IntList& size, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("full"); return op({size, fill_value, dtype, Argument(), device, pin_memory}); }
inline Tensor full_like(const Tensor& self, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("full_like"); return op({self, fill_value, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor gather(const Tensor& self, int64_t dim, const Tensor& index, bool sparse_grad = false) { static const Operator op("gather"); return op({self, dim, index, sparse_grad}); }
inline Tensor gcd(const Tensor& self, const Tensor& other) { static const Operator op("gcd"); return op({self, other}); }
inline Tensor gcd_(const Tensor& self, const Tensor& other) { static const Operator op("gcd"); return op({self, other}, 1); }
inline Tensor ge(const Tensor& self, const Tensor& other) { static const Operator op("ge.Tensor"); return op({self, other}); }
inline Tensor ge_(const Tensor& self, const Tensor& other) { static const Operator op("ge.Tensor"); return op({self, other}, 1); }
inline Tensor gelu(const Tensor& self, std::string approximate = "none") { static const Operator op("gelu"); return op({self, approximate}); }
inline Tensor gelu_(const Tensor& self, std::string approximate = "none") { static const Operator op("gelu"); return op({self, approximate}, 1); }
inline Tensor geometric_(const Tensor& self, double p) { static const Operator op("geometric_"); return op({self, p}); }
inline std::tuple<Tensor, Tensor> geqrf(const Tensor& self) { static const Operator op("geqrf"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor ger(const Tensor& self, const Tensor& vec2) { static const Operator op("ger"); return op({self, vec2}); }
inline Tensor glu(const Tensor& self, int64_t dim = -1) { static const Operator op("glu"); return op({self, dim}); }
inline Tensor greater(const Tensor& self, const Tensor& other) { static const Operator op("greater.Tensor"); return op({self, other}); }
inline Tensor greater_(const Tensor& self, const Tensor& other) { static const Operator op("greater.Tensor"); return op({self, other}, 1); }
inline Tensor greater_equal(const Tensor& self, const Tensor& other) { static const Operator op("greater_equal.Tensor"); return op({self, other}); }
inline Tensor greater_equal_(const Tensor& self, const Tensor& other) { static const Operator op("greater_equal.Tensor"); return op({self, other}, 1); }
inline Tensor grid_sampler(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode, bool align_corners) { static const Operator op("grid_sampler"); return op({input, grid, interpolation_mode, padding_mode, align_corners}); }
inline Tensor grid_sampler_2d(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode, bool align_corners) { static const Operator op("grid_sampler_2d"); return op({input, grid, interpolation_mode, padding_mode, align_corners}); }
inline Tensor grid_sampler_3d(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode, bool align_corners) { static const Operator op("grid_sampler_3d"); return op({input, grid, interpolation_mode, padding_mode, align_corners}); }
inline Tensor group_norm(const Tensor& input, int64_t num_groups, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(), double eps = 1e-05, bool cudnn_enabled = true) { static const Operator op("group_norm"); return op({input, num_groups, weight, bias, eps, cudnn_enabled}); }
inline std::tuple<Tensor, Tensor> gru(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional) { static const Operator op("gru.data"); auto all = op.all({data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> gru(const Tensor& input, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional, bool batch_first) { static const Operator op("gru.input"); auto all = op.all({input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first}); return {all[0], all[1]}; }
inline Tensor gru_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih = Tensor(), const Tensor& b_hh = Tensor()) { static const Operator op("gru_cell"); return op({input, hx, w_ih, w_hh, b_ih, b_hh}); }
inline Tensor gt(const Tensor& self, const Tensor& other) { static const Operator op("gt.Tensor"); return op({self, other}); }
inline Tensor gt_(const Tensor& self, const Tensor& other) { static const Operator op("gt.Tensor"); return op({self, other}, 1); }
inline Tensor hamming_window(int64_t window_length, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hamming_window"); return op({window_length, dtype, Argument(), device, pin_memory}); }
inline Tensor hamming_window(int64_t window_length, bool periodic, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hamming_window.periodic"); return op({window_length, periodic, dtype, Argument(), device, pin_memory}); }
inline Tensor hamming_window(int64_t window_length, bool periodic, double alpha, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hamming_window.periodic_alpha"); return op({window_length, periodic, alpha, dtype, Argument(), device, pin_memory}); }
inline Tensor hamming_window(int64_t window_length, bool periodic, double alpha, double beta, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hamming_window.periodic_alpha_beta"); return op({window_length, periodic, alpha, beta, dtype, Argument(), device, pin_memory}); }
inline Tensor hann_window(int64_t window_length, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hann_window"); return op({window_length, dtype, Argument(), device, pin_memory}); }
inline Tensor hann_window(int64_t window_length, bool periodic, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("hann_window.periodic"); return op({window_length, periodic, dtype, Argument(), device, pin_memory}); }
inline Tensor hardshrink(const Tensor& self, const Scalar& lambd = 0.5) { static const Operator op("hardshrink"); return op({self, lambd}); }
inline Tensor hardsigmoid(const Tensor& self) { static const Operator op("hardsigmoid"); return op({self}); }
inline Tensor hardsigmoid_(const Tensor& self) { static const Operator op("hardsigmoid"); return op({self}, 1); }
inline Tensor hardswish(const Tensor& self) { static const Operator op("hardswish"); return op({self}); }
inline Tensor hardswish_(const Tensor& self) { static const Operator op("hardswish"); return op({self}, 1); }
inline Tensor hardtanh(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) { static const Operator op("hardtanh"); return op({self, min_val, max_val}); }
inline Tensor hardtanh_(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) { static const Operator op("hardtanh"); return op({self, min_val, max_val}, 1); }
inline Tensor hash_tensor(const Tensor& self, const IntList& dim = {}, bool keepdim = false, int64_t mode = 0) { static const Operator op("hash_tensor"); return op({self, dim, keepdim, mode}); }
inline Tensor heaviside(const Tensor& self, const Tensor& values) { static const Operator op("heaviside"); return op({self, values}); }
inline Tensor heaviside_(const Tensor& self, const Tensor& values) { static const Operator op("heaviside"); return op({self, values}, 1); }
inline Tensor hinge_embedding_loss(const Tensor& self, const Tensor& target, double margin = 1.0, int64_t reduction = 1) { static const Operator op("hinge_embedding_loss"); return op({self, target, margin, reduction}); }
inline Tensor histc(const Tensor& self, int64_t bins = 100, const Scalar& min = 0, const Scalar& max = 0) { static const Operator op("histc"); return op({self, bins, min, max}); }
inline std::tuple<Tensor, Tensor> histogram(const Tensor& self, int64_t bins = 100, const std::optional<std::vector<double>>& range = std::nullopt, const Tensor& weight = Tensor(), bool density = false) { static const Operator op("histogram.bin_ct"); auto all = op.all({self, bins, range, weight, density}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> histogram(const Tensor& self, const Tensor& bins, const Tensor& weight = Tensor(), bool density = false) { static const Operator op("histogram.bins_tensor"); auto all = op.all({self, bins, weight, density}); return {all[0], all[1]}; }
inline std::vector<Tensor> hsplit(const Tensor& self, const IntList& indices) { static const Operator op("hsplit.array"); return op({self, indices}); }
inline std::vector<Tensor> hsplit(const Tensor& self, int64_t sections) { static const Operator op("hsplit.int"); return op({self, sections}); }
inline Tensor hstack(const std::vector<Tensor>& tensors) { static const Operator op("hstack"); return op({tensors}); }
inline Tensor huber_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1, double delta = 1.0) { static const Operator op("huber_loss"); return op({self, target, reduction, delta}); }
inline Tensor hypot(const Tensor& self, const Tensor& other) { static const Operator op("hypot"); return op({self, other}); }
inline Tensor hypot_(const Tensor& self, const Tensor& other) { static const Operator op("hypot"); return op({self, other}, 1); }
inline Tensor i0(const Tensor& self) { static const Operator op("i0"); return op({self}); }
inline Tensor i0_(const Tensor& self) { static const Operator op("i0"); return op({self}, 1); }
inline Tensor igamma(const Tensor& self, const Tensor& other) { static const Operator op("igamma"); return op({self, other}); }
inline Tensor igamma_(const Tensor& self, const Tensor& other) { static const Operator op("igamma"); return op({self, other}, 1); }
inline Tensor igammac(const Tensor& self, const Tensor& other) { static const Operator op("igammac"); return op({self, other}); }
inline Tensor igammac_(const Tensor& self, const Tensor& other) { static const Operator op("igammac"); return op({self, other}, 1); }
inline Tensor im2col(const Tensor& self, const IntList& kernel_size, const IntList& dilation, const IntList& padding, const IntList& stride) { static const Operator op("im2col"); return op({self, kernel_size, dilation, padding, stride}); }
inline Tensor imag(const Tensor& self) { static const Operator op("imag"); return op({self}); }
inline Tensor index_add(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) { static const Operator op("index_add"); return op({self, dim, index, source, alpha}); }
inline Tensor index_add_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha = 1) { static const Operator op("index_add"); return op({self, dim, index, source, alpha}, 1); }
inline Tensor index_copy(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) { static const Operator op("index_copy"); return op({self, dim, index, source}); }
inline Tensor index_copy_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) { static const Operator op("index_copy"); return op({self, dim, index, source}, 1); }
inline Tensor index_fill(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) { static const Operator op("index_fill.int_Scalar"); return op({self, dim, index, value}); }
inline Tensor index_fill_(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) { static const Operator op("index_fill.int_Scalar"); return op({self, dim, index, value}, 1); }
inline Tensor index_fill(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) { static const Operator op("index_fill.int_Tensor"); return op({self, dim, index, value}); }
inline Tensor index_fill_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) { static const Operator op("index_fill.int_Tensor"); return op({self, dim, index, value}, 1); }
inline Tensor index_reduce(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string reduce, bool include_self = true) { static const Operator op("index_reduce"); return op({self, dim, index, source, reduce, include_self}); }
inline Tensor index_reduce_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string reduce, bool include_self = true) { static const Operator op("index_reduce"); return op({self, dim, index, source, reduce, include_self}, 1); }
inline Tensor index_select(const Tensor& self, int64_t dim, const Tensor& index) { static const Operator op("index_select"); return op({self, dim, index}); }
inline Tensor index_select_backward(const Tensor& grad, const IntList& self_sizes, int64_t dim, const Tensor& index) { static const Operator op("index_select_backward"); return op({grad, self_sizes, dim, index}); }
inline Tensor indices(const Tensor& self) { static const Operator op("indices"); return op({self}); }
inline Tensor inner(const Tensor& self, const Tensor& other) { static const Operator op("inner"); return op({self, other}); }
inline Tensor instance_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean, const Tensor& running_var, bool use_input_stats, double momentum, double eps, bool cudnn_enabled) { static const Operator op("instance_norm"); return op({input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled}); }
inline Tensor inverse(const Tensor& self) { static const Operator op("inverse"); return op({self}); }
inline bool is_coalesced(const Tensor& self) { static const Operator op("is_coalesced"); return op({self}); }
inline bool is_same_size(const Tensor& self, const Tensor& other) { static const Operator op("is_same_size"); return op({self, other}); }
inline Tensor isclose(const Tensor& self, const Tensor& other, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) { static const Operator op("isclose"); return op({self, other, rtol, atol, equal_nan}); }
inline Tensor isfinite(const Tensor& self) { static const Operator op("isfinite"); return op({self}); }
inline Tensor isin(const Scalar& element, const Tensor& test_elements, bool assume_unique = false, bool invert = false) { static const Operator op("isin.Scalar_Tensor"); return op({element, test_elements, assume_unique, invert}); }
inline Tensor isin(const Tensor& elements, const Scalar& test_element, bool assume_unique = false, bool invert = false) { static const Operator op("isin.Tensor_Scalar"); return op({elements, test_element, assume_unique, invert}); }
inline Tensor isin(const Tensor& elements, const Tensor& test_elements, bool assume_unique = false, bool invert = false) { static const Operator op("isin.Tensor_Tensor"); return op({elements, test_elements, assume_unique, invert}); }
inline Tensor isinf(const Tensor& self) { static const Operator op("isinf"); return op({self}); }
inline Tensor isnan(const Tensor& self) { static const Operator op("isnan"); return op({self}); }
inline Tensor isneginf(const Tensor& self) { static const Operator op("isneginf"); return op({self}); }
inline Tensor isposinf(const Tensor& self) { static const Operator op("isposinf"); return op({self}); }
inline Tensor isreal(const Tensor& self) { static const Operator op("isreal"); return op({self}); }
inline Tensor istft(const Tensor& self, int64_t n_fft, const std::optional<int64_t>& hop_length = std::nullopt, const std::optional<int64_t>& win_length = std::nullopt, const Tensor& window = Tensor(), bool center = true, bool normalized = false, const std::optional<bool>& onesided = std::nullopt, const std::optional<int64_t>& length = std::nullopt, bool return_complex = false) { static const Operator op("istft"); return op({self, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex}); }
inline Scalar item(const Tensor& self) { static const Operator op("item"); return op({self}); }
inline Tensor kaiser_window(int64_t window_length, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("kaiser_window"); return op({window_length, dtype, Argument(), device, pin_memory}); }
inline Tensor kaiser_window(int64_t window_length, bool periodic, double beta, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("kaiser_window.beta"); return op({window_length, periodic, beta, dtype, Argument(), device, pin_memory}); }
inline Tensor kaiser_window(int64_t window_length, bool periodic, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("kaiser_window.periodic"); return op({window_length, periodic, dtype, Argument(), device, pin_memory}); }
inline Tensor kl_div(const Tensor& self, const Tensor& target, int64_t reduction = 1, bool log_target = false) { static const Operator op("kl_div"); return op({self, target, reduction, log_target}); }
inline Tensor kron(const Tensor& self, const Tensor& other) { static const Operator op("kron"); return op({self, other}); }
inline std::tuple<Tensor, Tensor> kthvalue(const Tensor& self, int64_t k, int64_t dim = -1, bool keepdim = false) { static const Operator op("kthvalue"); auto all = op.all({self, k, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor l1_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1) { static const Operator op("l1_loss"); return op({self, target, reduction}); }
inline Tensor layer_norm(const Tensor& input, const IntList& normalized_shape, const Tensor& weight = Tensor(), const Tensor& bias = Tensor(), double eps = 1e-05, bool cudnn_enable = true) { static const Operator op("layer_norm"); return op({input, normalized_shape, weight, bias, eps, cudnn_enable}); }
inline Tensor lcm(const Tensor& self, const Tensor& other) { static const Operator op("lcm"); return op({self, other}); }
inline Tensor lcm_(const Tensor& self, const Tensor& other) { static const Operator op("lcm"); return op({self, other}, 1); }
inline Tensor ldexp(const Tensor& self, const Tensor& other) { static const Operator op("ldexp.Tensor"); return op({self, other}); }
inline Tensor ldexp_(const Tensor& self, const Tensor& other) { static const Operator op("ldexp.Tensor"); return op({self, other}, 1); }
inline Tensor le(const Tensor& self, const Tensor& other) { static const Operator op("le.Tensor"); return op({self, other}); }
inline Tensor le_(const Tensor& self, const Tensor& other) { static const Operator op("le.Tensor"); return op({self, other}, 1); }
inline Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope = 0.01) { static const Operator op("leaky_relu"); return op({self, negative_slope}); }
inline Tensor leaky_relu_(const Tensor& self, const Scalar& negative_slope = 0.01) { static const Operator op("leaky_relu"); return op({self, negative_slope}, 1); }
inline Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight) { static const Operator op("lerp.Tensor"); return op({self, end, weight}); }
inline Tensor lerp_(const Tensor& self, const Tensor& end, const Tensor& weight) { static const Operator op("lerp.Tensor"); return op({self, end, weight}, 1); }
inline Tensor less(const Tensor& self, const Tensor& other) { static const Operator op("less.Tensor"); return op({self, other}); }
inline Tensor less_(const Tensor& self, const Tensor& other) { static const Operator op("less.Tensor"); return op({self, other}, 1); }
inline Tensor less_equal(const Tensor& self, const Tensor& other) { static const Operator op("less_equal.Tensor"); return op({self, other}); }
inline Tensor less_equal_(const Tensor& self, const Tensor& other) { static const Operator op("less_equal.Tensor"); return op({self, other}, 1); }
inline Tensor lgamma(const Tensor& self) { static const Operator op("lgamma"); return op({self}); }
inline Tensor lgamma_(const Tensor& self) { static const Operator op("lgamma"); return op({self}, 1); }
inline Tensor lift_fresh(const Tensor& self) { static const Operator op("lift_fresh"); return op({self}); }
inline Tensor linalg_cholesky(const Tensor& self, bool upper = false) { static const Operator op("linalg_cholesky"); return op({self, upper}); }
inline std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper = false, bool check_errors = false) { static const Operator op("linalg_cholesky_ex"); auto all = op.all({self, upper, check_errors}); return {all[0], all[1]}; }
inline Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p = std::nullopt) { static const Operator op("linalg_cond"); return op({self, p}); }
inline Tensor linalg_cond(const Tensor& self, std::string p) { static const Operator op("linalg_cond.p_str"); return op({self, p}); }
inline Tensor linalg_cross(const Tensor& self, const Tensor& other, int64_t dim = -1) { static const Operator op("linalg_cross"); return op({self, other, dim}); }
inline Tensor linalg_det(const Tensor& A) { static const Operator op("linalg_det"); return op({A}); }
inline Tensor linalg_diagonal(const Tensor& A, int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1) { static const Operator op("linalg_diagonal"); return op({A, offset, dim1, dim2}); }
inline std::tuple<Tensor, Tensor> linalg_eig(const Tensor& self) { static const Operator op("linalg_eig"); auto all = op.all({self}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> linalg_eigh(const Tensor& self, std::string UPLO = "L") { static const Operator op("linalg_eigh"); auto all = op.all({self, UPLO}); return {all[0], all[1]}; }
inline Tensor linalg_eigvals(const Tensor& self) { static const Operator op("linalg_eigvals"); return op({self}); }
inline Tensor linalg_eigvalsh(const Tensor& self, std::string UPLO = "L") { static const Operator op("linalg_eigvalsh"); return op({self, UPLO}); }
inline Tensor linalg_householder_product(const Tensor& input, const Tensor& tau) { static const Operator op("linalg_householder_product"); return op({input, tau}); }
inline Tensor linalg_inv(const Tensor& A) { static const Operator op("linalg_inv"); return op({A}); }
inline std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors = false) { static const Operator op("linalg_inv_ex"); auto all = op.all({A, check_errors}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> linalg_ldl_factor(const Tensor& self, bool hermitian = false) { static const Operator op("linalg_ldl_factor"); auto all = op.all({self, hermitian}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> linalg_ldl_factor_ex(const Tensor& self, bool hermitian = false, bool check_errors = false) { static const Operator op("linalg_ldl_factor_ex"); auto all = op.all({self, hermitian, check_errors}); return {all[0], all[1], all[2]}; }
inline Tensor linalg_ldl_solve(const Tensor& LD, const Tensor& pivots, const Tensor& B, bool hermitian = false) { static const Operator op("linalg_ldl_solve"); return op({LD, pivots, B, hermitian}); }
inline std::tuple<Tensor, Tensor, Tensor, Tensor> linalg_lstsq(const Tensor& self, const Tensor& b, const std::optional<double>& rcond = std::nullopt, const std::optional<std::string>& driver = std::nullopt) { static const Operator op("linalg_lstsq"); auto all = op.all({self, b, rcond, driver}); return {all[0], all[1], all[2], all[3]}; }
inline std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot = true) { static const Operator op("linalg_lu"); auto all = op.all({A, pivot}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot = true) { static const Operator op("linalg_lu_factor"); auto all = op.all({A, pivot}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot = true, bool check_errors = false) { static const Operator op("linalg_lu_factor_ex"); auto all = op.all({A, pivot, check_errors}); return {all[0], all[1], all[2]}; }
inline Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true, bool adjoint = false) { static const Operator op("linalg_lu_solve"); return op({LU, pivots, B, left, adjoint}); }
inline Tensor linalg_matmul(const Tensor& self, const Tensor& other) { static const Operator op("linalg_matmul"); return op({self, other}); }
inline Tensor linalg_matrix_exp(const Tensor& self) { static const Operator op("linalg_matrix_exp"); return op({self}); }
inline Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, const IntList& dim = {-2, -1}, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("linalg_matrix_norm"); return op({self, ord, dim, keepdim, dtype}); }
inline Tensor linalg_matrix_norm(const Tensor& self, std::string ord = "fro", const IntList& dim = {-2, -1}, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("linalg_matrix_norm.str_ord"); return op({self, ord, dim, keepdim, dtype}); }
inline Tensor linalg_matrix_power(const Tensor& self, int64_t n) { static const Operator op("linalg_matrix_power"); return op({self, n}); }
inline Tensor linalg_matrix_rank(const Tensor& self, double tol, bool hermitian = false) { static const Operator op("linalg_matrix_rank"); return op({self, tol, hermitian}); }
inline Tensor linalg_matrix_rank(const Tensor& self, const std::optional<double>& atol = std::nullopt, const std::optional<double>& rtol = std::nullopt, bool hermitian = false) { static const Operator op("linalg_matrix_rank.atol_rtol_float"); return op({self, atol, rtol, hermitian}); }
inline Tensor linalg_matrix_rank(const Tensor& input, const Tensor& tol, bool hermitian = false) { static const Operator op("linalg_matrix_rank.tol_tensor"); return op({input, tol, hermitian}); }
inline Tensor linalg_multi_dot(const std::vector<Tensor>& tensors) { static const Operator op("linalg_multi_dot"); return op({tensors}); }
inline Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord = std::nullopt, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("linalg_norm"); return op({self, ord, dim, keepdim, dtype}); }
inline Tensor linalg_norm(const Tensor& self, std::string ord, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("linalg_norm.ord_str"); return op({self, ord, dim, keepdim, dtype}); }
inline Tensor linalg_pinv(const Tensor& self, double rcond, bool hermitian = false) { static const Operator op("linalg_pinv"); return op({self, rcond, hermitian}); }
inline Tensor linalg_pinv(const Tensor& self, const std::optional<double>& atol = std::nullopt, const std::optional<double>& rtol = std::nullopt, bool hermitian = false) { static const Operator op("linalg_pinv.atol_rtol_float"); return op({self, atol, rtol, hermitian}); }
inline Tensor linalg_pinv(const Tensor& self, const Tensor& rcond, bool hermitian = false) { static const Operator op("linalg_pinv.rcond_tensor"); return op({self, rcond, hermitian}); }
inline std::tuple<Tensor, Tensor> linalg_qr(const Tensor& A, std::string mode = "reduced") { static const Operator op("linalg_qr"); auto all = op.all({A, mode}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) { static const Operator op("linalg_slogdet"); auto all = op.all({A}); return {all[0], all[1]}; }
inline Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left = true) { static const Operator op("linalg_solve"); return op({A, B, left}); }
inline std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true, bool check_errors = false) { static const Operator op("linalg_solve_ex"); auto all = op.all({A, B, left, check_errors}); return {all[0], all[1]}; }
inline Tensor linalg_solve_triangular(const Tensor& self, const Tensor& B, bool upper, bool left = true, bool unitriangular = false) { static const Operator op("linalg_solve_triangular"); return op({self, B, upper, left, unitriangular}); }
inline std::tuple<Tensor, Tensor, Tensor> linalg_svd(const Tensor& A, bool full_matrices = true, const std::optional<std::string>& driver = std::nullopt) { static const Operator op("linalg_svd"); auto all = op.all({A, full_matrices, driver}); return {all[0], all[1], all[2]}; }
inline Tensor linalg_svdvals(const Tensor& A, const std::optional<std::string>& driver = std::nullopt) { static const Operator op("linalg_svdvals"); return op({A, driver}); }
inline Tensor linalg_tensorinv(const Tensor& self, int64_t ind = 2) { static const Operator op("linalg_tensorinv"); return op({self, ind}); }
inline Tensor linalg_tensorsolve(const Tensor& self, const Tensor& other, const std::optional<IntList>& dims = std::nullopt) { static const Operator op("linalg_tensorsolve"); return op({self, other, dims}); }
inline Tensor linalg_vander(const Tensor& x, const std::optional<int64_t>& N = std::nullopt) { static const Operator op("linalg_vander"); return op({x, N}); }
inline Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim = -1) { static const Operator op("linalg_vecdot"); return op({x, y, dim}); }
inline Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord = 2, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("linalg_vector_norm"); return op({self, ord, dim, keepdim, dtype}); }
inline Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor()) { static const Operator op("linear"); return op({input, weight, bias}); }
inline Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("linspace"); return op({start, end, steps, dtype, Argument(), device, pin_memory}); }
inline Tensor linspace(const Scalar& start, const Tensor& end, int64_t steps, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("linspace.Scalar_Tensor"); return op({start, end, steps, dtype, Argument(), device, pin_memory}); }
inline Tensor linspace(const Tensor& start, const Scalar& end, int64_t steps, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("linspace.Tensor_Scalar"); return op({start, end, steps, dtype, Argument(), device, pin_memory}); }
inline Tensor linspace(const Tensor& start, const Tensor& end, int64_t steps, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("linspace.Tensor_Tensor"); return op({start, end, steps, dtype, Argument(), device, pin_memory}); }
inline Tensor log(const Tensor& self) { static const Operator op("log"); return op({self}); }
inline Tensor log_(const Tensor& self) { static const Operator op("log"); return op({self}, 1); }
inline Tensor log10(const Tensor& self) { static const Operator op("log10"); return op({self}); }
inline Tensor log10_(const Tensor& self) { static const Operator op("log10"); return op({self}, 1); }
inline Tensor log1p(const Tensor& self) { static const Operator op("log1p"); return op({self}); }
inline Tensor log1p_(const Tensor& self) { static const Operator op("log1p"); return op({self}, 1); }
inline Tensor log2(const Tensor& self) { static const Operator op("log2"); return op({self}); }
inline Tensor log2_(const Tensor& self) { static const Operator op("log2"); return op({self}, 1); }
inline Tensor log_normal_(const Tensor& self, double mean = 1., double std = 2.) { static const Operator op("log_normal_"); return op({self, mean, std}); }
inline Tensor log_sigmoid(const Tensor& self) { static const Operator op("log_sigmoid"); return op({self}); }
inline std::tuple<Tensor, Tensor> log_sigmoid_forward(const Tensor& self) { static const Operator op("log_sigmoid_forward"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor log_softmax(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("log_softmax.int"); return op({self, dim, dtype}); }
inline Tensor logaddexp(const Tensor& self, const Tensor& other) { static const Operator op("logaddexp"); return op({self, other}); }
inline Tensor logaddexp2(const Tensor& self, const Tensor& other) { static const Operator op("logaddexp2"); return op({self, other}); }
inline Tensor logcumsumexp(const Tensor& self, int64_t dim) { static const Operator op("logcumsumexp"); return op({self, dim}); }
inline Tensor logdet(const Tensor& self) { static const Operator op("logdet"); return op({self}); }
inline Tensor logical_and(const Tensor& self, const Tensor& other) { static const Operator op("logical_and"); return op({self, other}); }
inline Tensor logical_and_(const Tensor& self, const Tensor& other) { static const Operator op("logical_and"); return op({self, other}, 1); }
inline Tensor logical_not(const Tensor& self) { static const Operator op("logical_not"); return op({self}); }
inline Tensor logical_not_(const Tensor& self) { static const Operator op("logical_not"); return op({self}, 1); }
inline Tensor logical_or(const Tensor& self, const Tensor& other) { static const Operator op("logical_or"); return op({self, other}); }
inline Tensor logical_or_(const Tensor& self, const Tensor& other) { static const Operator op("logical_or"); return op({self, other}, 1); }
inline Tensor logical_xor(const Tensor& self, const Tensor& other) { static const Operator op("logical_xor"); return op({self, other}); }
inline Tensor logical_xor_(const Tensor& self, const Tensor& other) { static const Operator op("logical_xor"); return op({self, other}, 1); }
inline Tensor logit(const Tensor& self, const std::optional<double>& eps = std::nullopt) { static const Operator op("logit"); return op({self, eps}); }
inline Tensor logit_(const Tensor& self, const std::optional<double>& eps = std::nullopt) { static const Operator op("logit"); return op({self, eps}, 1); }
inline Tensor logspace(const Scalar& start, const Scalar& end, int64_t steps, double base = 10.0, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("logspace"); return op({start, end, steps, base, dtype, Argument(), device, pin_memory}); }
inline Tensor logspace(const Scalar& start, const Tensor& end, int64_t steps, double base = 10.0, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("logspace.Scalar_Tensor"); return op({start, end, steps, base, dtype, Argument(), device, pin_memory}); }
inline Tensor logspace(const Tensor& start, const Scalar& end, int64_t steps, double base = 10.0, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("logspace.Tensor_Scalar"); return op({start, end, steps, base, dtype, Argument(), device, pin_memory}); }
inline Tensor logspace(const Tensor& start, const Tensor& end, int64_t steps, double base = 10.0, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("logspace.Tensor_Tensor"); return op({start, end, steps, base, dtype, Argument(), device, pin_memory}); }
inline Tensor logsumexp(const Tensor& self, const IntList& dim, bool keepdim = false) { static const Operator op("logsumexp"); return op({self, dim, keepdim}); }
inline std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes, const std::vector<Tensor>& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional) { static const Operator op("lstm.data"); auto all = op.all({data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, const std::vector<Tensor>& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional, bool batch_first) { static const Operator op("lstm.input"); auto all = op.all({input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, const std::vector<Tensor>& hx, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih = Tensor(), const Tensor& b_hh = Tensor()) { static const Operator op("lstm_cell"); auto all = op.all({input, hx, w_ih, w_hh, b_ih, b_hh}); return {all[0], all[1]}; }
inline Tensor lt(const Tensor& self, const Tensor& other) { static const Operator op("lt.Tensor"); return op({self, other}); }
inline Tensor lt_(const Tensor& self, const Tensor& other) { static const Operator op("lt.Tensor"); return op({self, other}, 1); }
inline Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots) { static const Operator op("lu_solve"); return op({self, LU_data, LU_pivots}); }
inline std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data = true, bool unpack_pivots = true) { static const Operator op("lu_unpack"); auto all = op.all({LU_data, LU_pivots, unpack_data, unpack_pivots}); return {all[0], all[1], all[2]}; }

}  // namespace flambeau
