// Operators whose names begin with s, t, u, v, w, x, y, z; printed from the operator table by `./dev headers`, not to be edited.
// clang-format off
#pragma once

namespace flambeau {

inline Tensor scalar_tensor(const Scalar& s, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("scalar_tensor"); return op({s, dtype, Argument(), device, pin_memory}); }
inline Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& attn_mask = Tensor(), double dropout_p = 0., bool is_causal = false, const std::optional<double>& scale = std::nullopt, bool enable_gqa = false) { static const Operator op("scaled_dot_product_attention"); return op({query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa}); }
inline Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string reduce) { static const Operator op("scatter.reduce"); return op({self, dim, index, src, reduce}); }
inline Tensor scatter_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string reduce) { static const Operator op("scatter.reduce"); return op({self, dim, index, src, reduce}, 1); }
inline Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) { static const Operator op("scatter.src"); return op({self, dim, index, src}); }
inline Tensor scatter_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) { static const Operator op("scatter.src"); return op({self, dim, index, src}, 1); }
inline Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) { static const Operator op("scatter.value"); return op({self, dim, index, value}); }
inline Tensor scatter_(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) { static const Operator op("scatter.value"); return op({self, dim, index, value}, 1); }
inline Tensor scatter(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value, std::string reduce) { static const Operator op("scatter.value_reduce"); return op({self, dim, index, value, reduce}); }
inline Tensor scatter_(const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value, std::string reduce) { static const Operator op("scatter.value_reduce"); return op({self, dim, index, value, reduce}, 1); }
inline Tensor scatter_add(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) { static const Operator op("scatter_add"); return op({self, dim, index, src}); }
inline Tensor scatter_add_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) { static const Operator op("scatter_add"); return op({self, dim, index, src}, 1); }
inline Tensor scatter_reduce(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string reduce, bool include_self = true) { static const Operator op("scatter_reduce.two"); return op({self, dim, index, src, reduce, include_self}); }
inline Tensor scatter_reduce_(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string reduce, bool include_self = true) { static const Operator op("scatter_reduce.two"); return op({self, dim, index, src, reduce, include_self}, 1); }
inline Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& self, bool out_int32 = false, bool right = false, const std::optional<std::string>& side = std::nullopt, const Tensor& sorter = Tensor()) { static const Operator op("searchsorted.Scalar"); return op({sorted_sequence, self, out_int32, right, side, sorter}); }
inline Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& self, bool out_int32 = false, bool right = false, const std::optional<std::string>& side = std::nullopt, const Tensor& sorter = Tensor()) { static const Operator op("searchsorted.Tensor"); return op({sorted_sequence, self, out_int32, right, side, sorter}); }
inline Tensor segment_reduce(const Tensor& data, std::string reduce, const Tensor& lengths = Tensor(), const Tensor& indices = Tensor(), const Tensor& offsets = Tensor(), int64_t axis = 0, bool unsafe = false, const std::optional<Scalar>& initial = std::nullopt) { static const Operator op("segment_reduce"); return op({data, reduce, lengths, indices, offsets, axis, unsafe, initial}); }
inline Tensor select(const Tensor& self, int64_t dim, int64_t index) { static const Operator op("select.int"); return op({self, dim, index}); }
inline Tensor select_backward(const Tensor& grad_output, const IntList& input_sizes, int64_t dim, int64_t index) { static const Operator op("select_backward"); return op({grad_output, input_sizes, dim, index}); }
inline Tensor select_copy(const Tensor& self, int64_t dim, int64_t index) { static const Operator op("select_copy.int"); return op({self, dim, index}); }
inline Tensor select_scatter(const Tensor& self, const Tensor& src, int64_t dim, int64_t index) { static const Operator op("select_scatter"); return op({self, src, dim, index}); }
inline Tensor selu(const Tensor& self) { static const Operator op("selu"); return op({self}); }
inline Tensor selu_(const Tensor& self) { static const Operator op("selu"); return op({self}, 1); }
inline Tensor sgn(const Tensor& self) { static const Operator op("sgn"); return op({self}); }
inline Tensor sgn_(const Tensor& self) { static const Operator op("sgn"); return op({self}, 1); }
inline Tensor sigmoid(const Tensor& self) { static const Operator op("sigmoid"); return op({self}); }
inline Tensor sigmoid_(const Tensor& self) { static const Operator op("sigmoid"); return op({self}, 1); }
inline Tensor sign(const Tensor& self) { static const Operator op("sign"); return op({self}); }
inline Tensor sign_(const Tensor& self) { static const Operator op("sign"); return op({self}, 1); }
inline Tensor signbit(const Tensor& self) { static const Operator op("signbit"); return op({self}); }
inline Tensor silu(const Tensor& self) { static const Operator op("silu"); return op({self}); }
inline Tensor silu_(const Tensor& self) { static const Operator op("silu"); return op({self}, 1); }
inline Tensor sin(const Tensor& self) { static const Operator op("sin"); return op({self}); }
inline Tensor sin_(const Tensor& self) { static const Operator op("sin"); return op({self}, 1); }
inline Tensor sinc(const Tensor& self) { static const Operator op("sinc"); return op({self}); }
inline Tensor sinc_(const Tensor& self) { static const Operator op("sinc"); return op({self}, 1); }
inline Tensor sinh(const Tensor& self) { static const Operator op("sinh"); return op({self}); }
inline Tensor sinh_(const Tensor& self) { static const Operator op("sinh"); return op({self}, 1); }
inline Tensor slice(const Tensor& self, int64_t dim = 0, const std::optional<int64_t>& start = std::nullopt, const std::optional<int64_t>& end = std::nullopt, int64_t step = 1) { static const Operator op("slice.Tensor"); return op({self, dim, start, end, step}); }
inline Tensor slice_backward(const Tensor& grad_output, const IntList& input_sizes, int64_t dim, int64_t start, int64_t end, int64_t step) { static const Operator op("slice_backward"); return op({grad_output, input_sizes, dim, start, end, step}); }
inline Tensor slice_copy(const Tensor& self, int64_t dim = 0, const std::optional<int64_t>& start = std::nullopt, const std::optional<int64_t>& end = std::nullopt, int64_t step = 1) { static const Operator op("slice_copy.Tensor"); return op({self, dim, start, end, step}); }
inline Tensor slice_scatter(const Tensor& self, const Tensor& src, int64_t dim = 0, const std::optional<int64_t>& start = std::nullopt, const std::optional<int64_t>& end = std::nullopt, int64_t step = 1) { static const Operator op("slice_scatter"); return op({self, src, dim, start, end, step}); }
inline std::tuple<Tensor, Tensor> slogdet(const Tensor& self) { static const Operator op("slogdet"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor smm(const Tensor& self, const Tensor& mat2) { static const Operator op("smm"); return op({self, mat2}); }
inline Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1, double beta = 1.0) { static const Operator op("smooth_l1_loss"); return op({self, target, reduction, beta}); }
inline Tensor soft_margin_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1) { static const Operator op("soft_margin_loss"); return op({self, target, reduction}); }
inline Tensor softmax(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("softmax.int"); return op({self, dim, dtype}); }
inline Tensor softplus(const Tensor& self, const Scalar& beta = 1, const Scalar& threshold = 20) { static const Operator op("softplus"); return op({self, beta, threshold}); }
inline Tensor softshrink(const Tensor& self, const Scalar& lambd = 0.5) { static const Operator op("softshrink"); return op({self, lambd}); }
inline std::tuple<Tensor, Tensor> sort(const Tensor& self, int64_t dim = -1, bool descending = false) { static const Operator op("sort"); auto all = op.all({self, dim, descending}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> sort(const Tensor& self, const std::optional<bool>& stable, int64_t dim = -1, bool descending = false) { static const Operator op("sort.stable"); auto all = op.all({self, stable, dim, descending}); return {all[0], all[1]}; }
inline int64_t sparse_dim(const Tensor& self) { static const Operator op("sparse_dim"); return op({self}); }
inline Tensor sparse_mask(const Tensor& self, const Tensor& mask) { static const Operator op("sparse_mask"); return op({self, mask}); }
inline Tensor sparse_resize_(const Tensor& self, const IntList& size, int64_t sparse_dim, int64_t dense_dim) { static const Operator op("sparse_resize_"); return op({self, size, sparse_dim, dense_dim}); }
inline Tensor sparse_resize_and_clear_(const Tensor& self, const IntList& size, int64_t sparse_dim, int64_t dense_dim) { static const Operator op("sparse_resize_and_clear_"); return op({self, size, sparse_dim, dense_dim}); }
inline Tensor special_airy_ai(const Tensor& x) { static const Operator op("special_airy_ai"); return op({x}); }
inline Tensor special_bessel_j0(const Tensor& self) { static const Operator op("special_bessel_j0"); return op({self}); }
inline Tensor special_bessel_j1(const Tensor& self) { static const Operator op("special_bessel_j1"); return op({self}); }
inline Tensor special_bessel_y0(const Tensor& self) { static const Operator op("special_bessel_y0"); return op({self}); }
inline Tensor special_bessel_y1(const Tensor& self) { static const Operator op("special_bessel_y1"); return op({self}); }
inline Tensor special_chebyshev_polynomial_t(const Tensor& x, const Tensor& n) { static const Operator op("special_chebyshev_polynomial_t"); return op({x, n}); }
inline Tensor special_chebyshev_polynomial_u(const Tensor& x, const Tensor& n) { static const Operator op("special_chebyshev_polynomial_u"); return op({x, n}); }
inline Tensor special_chebyshev_polynomial_v(const Tensor& x, const Tensor& n) { static const Operator op("special_chebyshev_polynomial_v"); return op({x, n}); }
inline Tensor special_chebyshev_polynomial_w(const Tensor& x, const Tensor& n) { static const Operator op("special_chebyshev_polynomial_w"); return op({x, n}); }
inline Tensor special_digamma(const Tensor& self) { static const Operator op("special_digamma"); return op({self}); }
inline Tensor special_digamma_(const Tensor& self) { static const Operator op("special_digamma"); return op({self}, 1); }
inline Tensor special_entr(const Tensor& self) { static const Operator op("special_entr"); return op({self}); }
inline Tensor special_erf(const Tensor& self) { static const Operator op("special_erf"); return op({self}); }
inline Tensor special_erf_(const Tensor& self) { static const Operator op("special_erf"); return op({self}, 1); }
inline Tensor special_erfc(const Tensor& self) { static const Operator op("special_erfc"); return op({self}); }
inline Tensor special_erfc_(const Tensor& self) { static const Operator op("special_erfc"); return op({self}, 1); }
inline Tensor special_erfcx(const Tensor& self) { static const Operator op("special_erfcx"); return op({self}); }
inline Tensor special_erfinv(const Tensor& self) { static const Operator op("special_erfinv"); return op({self}); }
inline Tensor special_erfinv_(const Tensor& self) { static const Operator op("special_erfinv"); return op({self}, 1); }
inline Tensor special_exp2(const Tensor& self) { static const Operator op("special_exp2"); return op({self}); }
inline Tensor special_exp2_(const Tensor& self) { static const Operator op("special_exp2"); return op({self}, 1); }
inline Tensor special_expit(const Tensor& self) { static const Operator op("special_expit"); return op({self}); }
inline Tensor special_expit_(const Tensor& self) { static const Operator op("special_expit"); return op({self}, 1); }
inline Tensor special_expm1(const Tensor& self) { static const Operator op("special_expm1"); return op({self}); }
inline Tensor special_expm1_(const Tensor& self) { static const Operator op("special_expm1"); return op({self}, 1); }
inline Tensor special_gammainc(const Tensor& self, const Tensor& other) { static const Operator op("special_gammainc"); return op({self, other}); }
inline Tensor special_gammainc_(const Tensor& self, const Tensor& other) { static const Operator op("special_gammainc"); return op({self, other}, 1); }
inline Tensor special_gammaincc(const Tensor& self, const Tensor& other) { static const Operator op("special_gammaincc"); return op({self, other}); }
inline Tensor special_gammaincc_(const Tensor& self, const Tensor& other) { static const Operator op("special_gammaincc"); return op({self, other}, 1); }
inline Tensor special_gammaln(const Tensor& self) { static const Operator op("special_gammaln"); return op({self}); }
inline Tensor special_gammaln_(const Tensor& self) { static const Operator op("special_gammaln"); return op({self}, 1); }
inline Tensor special_hermite_polynomial_h(const Tensor& x, const Tensor& n) { static const Operator op("special_hermite_polynomial_h"); return op({x, n}); }
inline Tensor special_hermite_polynomial_he(const Tensor& x, const Tensor& n) { static const Operator op("special_hermite_polynomial_he"); return op({x, n}); }
inline Tensor special_i0(const Tensor& self) { static const Operator op("special_i0"); return op({self}); }
inline Tensor special_i0_(const Tensor& self) { static const Operator op("special_i0"); return op({self}, 1); }
inline Tensor special_i0e(const Tensor& self) { static const Operator op("special_i0e"); return op({self}); }
inline Tensor special_i1(const Tensor& self) { static const Operator op("special_i1"); return op({self}); }
inline Tensor special_i1e(const Tensor& self) { static const Operator op("special_i1e"); return op({self}); }
inline Tensor special_laguerre_polynomial_l(const Tensor& x, const Tensor& n) { static const Operator op("special_laguerre_polynomial_l"); return op({x, n}); }
inline Tensor special_legendre_polynomial_p(const Tensor& x, const Tensor& n) { static const Operator op("special_legendre_polynomial_p"); return op({x, n}); }
inline Tensor special_log1p(const Tensor& self) { static const Operator op("special_log1p"); return op({self}); }
inline Tensor special_log1p_(const Tensor& self) { static const Operator op("special_log1p"); return op({self}, 1); }
inline Tensor special_log_ndtr(const Tensor& self) { static const Operator op("special_log_ndtr"); return op({self}); }
inline Tensor special_log_softmax(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("special_log_softmax"); return op({self, dim, dtype}); }
inline Tensor special_logit(const Tensor& self, const std::optional<double>& eps = std::nullopt) { static const Operator op("special_logit"); return op({self, eps}); }
inline Tensor special_logit_(const Tensor& self, const std::optional<double>& eps = std::nullopt) { static const Operator op("special_logit"); return op({self, eps}, 1); }
inline Tensor special_logsumexp(const Tensor& self, const IntList& dim, bool keepdim = false) { static const Operator op("special_logsumexp"); return op({self, dim, keepdim}); }
inline Tensor special_modified_bessel_i0(const Tensor& self) { static const Operator op("special_modified_bessel_i0"); return op({self}); }
inline Tensor special_modified_bessel_i1(const Tensor& self) { static const Operator op("special_modified_bessel_i1"); return op({self}); }
inline Tensor special_modified_bessel_k0(const Tensor& self) { static const Operator op("special_modified_bessel_k0"); return op({self}); }
inline Tensor special_modified_bessel_k1(const Tensor& self) { static const Operator op("special_modified_bessel_k1"); return op({self}); }
inline Tensor special_multigammaln(const Tensor& self, int64_t p) { static const Operator op("special_multigammaln"); return op({self, p}); }
inline Tensor special_multigammaln_(const Tensor& self, int64_t p) { static const Operator op("special_multigammaln"); return op({self, p}, 1); }
inline Tensor special_ndtr(const Tensor& self) { static const Operator op("special_ndtr"); return op({self}); }
inline Tensor special_ndtri(const Tensor& self) { static const Operator op("special_ndtri"); return op({self}); }
inline Tensor special_polygamma(int64_t n, const Tensor& self) { static const Operator op("special_polygamma"); return op({n, self}); }
inline Tensor special_polygamma_(int64_t n, const Tensor& self) { static const Operator op("special_polygamma"); return op({n, self}, 1); }
inline Tensor special_psi(const Tensor& self) { static const Operator op("special_psi"); return op({self}); }
inline Tensor special_psi_(const Tensor& self) { static const Operator op("special_psi"); return op({self}, 1); }
inline Tensor special_round(const Tensor& self, int64_t decimals = 0) { static const Operator op("special_round"); return op({self, decimals}); }
inline Tensor special_scaled_modified_bessel_k0(const Tensor& x) { static const Operator op("special_scaled_modified_bessel_k0"); return op({x}); }
inline Tensor special_scaled_modified_bessel_k1(const Tensor& x) { static const Operator op("special_scaled_modified_bessel_k1"); return op({x}); }
inline Tensor special_shifted_chebyshev_polynomial_t(const Tensor& x, const Tensor& n) { static const Operator op("special_shifted_chebyshev_polynomial_t"); return op({x, n}); }
inline Tensor special_shifted_chebyshev_polynomial_u(const Tensor& x, const Tensor& n) { static const Operator op("special_shifted_chebyshev_polynomial_u"); return op({x, n}); }
inline Tensor special_shifted_chebyshev_polynomial_v(const Tensor& x, const Tensor& n) { static const Operator op("special_shifted_chebyshev_polynomial_v"); return op({x, n}); }
inline Tensor special_shifted_chebyshev_polynomial_w(const Tensor& x, const Tensor& n) { static const Operator op("special_shifted_chebyshev_polynomial_w"); return op({x, n}); }
inline Tensor special_sinc(const Tensor& self) { static const Operator op("special_sinc"); return op({self}); }
inline Tensor special_sinc_(const Tensor& self) { static const Operator op("special_sinc"); return op({self}, 1); }
inline Tensor special_softmax(const Tensor& self, int64_t dim, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("special_softmax"); return op({self, dim, dtype}); }
inline Tensor special_spherical_bessel_j0(const Tensor& x) { static const Operator op("special_spherical_bessel_j0"); return op({x}); }
inline Tensor special_xlog1py(const Tensor& self, const Tensor& other) { static const Operator op("special_xlog1py"); return op({self, other}); }
inline Tensor special_xlogy(const Tensor& self, const Tensor& other) { static const Operator op("special_xlogy.Tensor"); return op({self, other}); }
inline Tensor special_xlogy_(const Tensor& self, const Tensor& other) { static const Operator op("special_xlogy.Tensor"); return op({self, other}, 1); }
inline Tensor special_zeta(const Tensor& self, const Tensor& other) { static const Operator op("special_zeta"); return op({self, other}); }
inline std::vector<Tensor> split(const Tensor& self, int64_t split_size, int64_t dim = 0) { static const Operator op("split.Tensor"); return op({self, split_size, dim}); }
inline std::vector<Tensor> split(const Tensor& self, const IntList& split_size, int64_t dim = 0) { static const Operator op("split.sizes"); return op({self, split_size, dim}); }
inline std::vector<Tensor> split_copy(const Tensor& self, int64_t split_size, int64_t dim = 0) { static const Operator op("split_copy.Tensor"); return op({self, split_size, dim}); }
inline std::vector<Tensor> split_with_sizes(const Tensor& self, const IntList& split_sizes, int64_t dim = 0) { static const Operator op("split_with_sizes"); return op({self, split_sizes, dim}); }
inline std::vector<Tensor> split_with_sizes_copy(const Tensor& self, const IntList& split_sizes, int64_t dim = 0) { static const Operator op("split_with_sizes_copy"); return op({self, split_sizes, dim}); }
inline Tensor sqrt(const Tensor& self) { static const Operator op("sqrt"); return op({self}); }
inline Tensor sqrt_(const Tensor& self) { static const Operator op("sqrt"); return op({self}, 1); }
inline Tensor square(const Tensor& self) { static const Operator op("square"); return op({self}); }
inline Tensor square_(const Tensor& self) { static const Operator op("square"); return op({self}, 1); }
inline Tensor squeeze(const Tensor& self) { static const Operator op("squeeze"); return op({self}); }
inline Tensor squeeze_(const Tensor& self) { static const Operator op("squeeze"); return op({self}, 1); }
inline Tensor squeeze(const Tensor& self, int64_t dim) { static const Operator op("squeeze.dim"); return op({self, dim}); }
inline Tensor squeeze_(const Tensor& self, int64_t dim) { static const Operator op("squeeze.dim"); return op({self, dim}, 1); }
inline Tensor squeeze(const Tensor& self, const IntList& dim) { static const Operator op("squeeze.dims"); return op({self, dim}); }
inline Tensor squeeze_(const Tensor& self, const IntList& dim) { static const Operator op("squeeze.dims"); return op({self, dim}, 1); }
inline Tensor squeeze_copy(const Tensor& self) { static const Operator op("squeeze_copy"); return op({self}); }
inline Tensor squeeze_copy(const Tensor& self, int64_t dim) { static const Operator op("squeeze_copy.dim"); return op({self, dim}); }
inline Tensor squeeze_copy(const Tensor& self, const IntList& dim) { static const Operator op("squeeze_copy.dims"); return op({self, dim}); }
inline Tensor sspaddmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1, const Scalar& alpha = 1) { static const Operator op("sspaddmm"); return op({self, mat1, mat2, beta, alpha}); }
inline Tensor stack(const std::vector<Tensor>& tensors, int64_t dim = 0) { static const Operator op("stack"); return op({tensors, dim}); }
inline Tensor std(const Tensor& self, bool unbiased = true) { static const Operator op("std"); return op({self, unbiased}); }
inline Tensor std(const Tensor& self, const std::optional<IntList>& dim, bool unbiased = true, bool keepdim = false) { static const Operator op("std.dim"); return op({self, dim, unbiased, keepdim}); }
inline std::tuple<Tensor, Tensor> std_mean(const Tensor& self, bool unbiased = true) { static const Operator op("std_mean"); auto all = op.all({self, unbiased}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> std_mean(const Tensor& self, const std::optional<IntList>& dim, bool unbiased = true, bool keepdim = false) { static const Operator op("std_mean.dim"); auto all = op.all({self, dim, unbiased, keepdim}); return {all[0], all[1]}; }
inline Tensor stft(const Tensor& self, int64_t n_fft, const std::optional<int64_t>& hop_length = std::nullopt, const std::optional<int64_t>& win_length = std::nullopt, const Tensor& window = Tensor(), bool center = true, std::string pad_mode = "reflect", bool normalized = false, const std::optional<bool>& onesided = std::nullopt, const std::optional<bool>& return_complex = std::nullopt, const std::optional<bool>& align_to_window = std::nullopt) { static const Operator op("stft.center"); return op({self, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex, align_to_window}); }
inline Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("sub.Tensor"); return op({self, other, alpha}); }
inline Tensor sub_(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("sub.Tensor"); return op({self, other, alpha}, 1); }
inline Tensor subtract(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("subtract.Tensor"); return op({self, other, alpha}); }
inline Tensor subtract_(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("subtract.Tensor"); return op({self, other, alpha}, 1); }
inline Tensor sum(const Tensor& self, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("sum"); return op({self, dtype}); }
inline Tensor sum(const Tensor& self, const std::optional<IntList>& dim, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("sum.dim_IntList"); return op({self, dim, keepdim, dtype}); }
inline Tensor sum_to_size(const Tensor& self, const IntList& size) { static const Operator op("sum_to_size"); return op({self, size}); }
inline std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& self, bool some = true, bool compute_uv = true) { static const Operator op("svd"); auto all = op.all({self, some, compute_uv}); return {all[0], all[1], all[2]}; }
inline Tensor swapaxes(const Tensor& self, int64_t axis0, int64_t axis1) { static const Operator op("swapaxes"); return op({self, axis0, axis1}); }
inline Tensor swapaxes_(const Tensor& self, int64_t axis0, int64_t axis1) { static const Operator op("swapaxes"); return op({self, axis0, axis1}, 1); }
inline Tensor swapdims(const Tensor& self, int64_t dim0, int64_t dim1) { static const Operator op("swapdims"); return op({self, dim0, dim1}); }
inline Tensor swapdims_(const Tensor& self, int64_t dim0, int64_t dim1) { static const Operator op("swapdims"); return op({self, dim0, dim1}, 1); }
inline Tensor t(const Tensor& self) { static const Operator op("t"); return op({self}); }
inline Tensor t_(const Tensor& self) { static const Operator op("t"); return op({self}, 1); }
inline Tensor t_copy(const Tensor& self) { static const Operator op("t_copy"); return op({self}); }
inline Tensor take(const Tensor& self, const Tensor& index) { static const Operator op("take"); return op({self, index}); }
inline Tensor take_along_dim(const Tensor& self, const Tensor& indices, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("take_along_dim"); return op({self, indices, dim}); }
inline Tensor tan(const Tensor& self) { static const Operator op("tan"); return op({self}); }
inline Tensor tan_(const Tensor& self) { static const Operator op("tan"); return op({self}, 1); }
inline Tensor tanh(const Tensor& self) { static const Operator op("tanh"); return op({self}); }
inline Tensor tanh_(const Tensor& self) { static const Operator op("tanh"); return op({self}, 1); }
inline std::vector<Tensor> tensor_split(const Tensor& self, const IntList& indices, int64_t dim = 0) { static const Operator op("tensor_split.indices"); return op({self, indices, dim}); }
inline std::vector<Tensor> tensor_split(const Tensor& self, int64_t sections, int64_t dim = 0) { static const Operator op("tensor_split.sections"); return op({self, sections, dim}); }
inline std::vector<Tensor> tensor_split(const Tensor& self, const Tensor& tensor_indices_or_sections, int64_t dim = 0) { static const Operator op("tensor_split.tensor_indices_or_sections"); return op({self, tensor_indices_or_sections, dim}); }
inline Tensor tensordot(const Tensor& self, const Tensor& other, const IntList& dims_self, const IntList& dims_other) { static const Operator op("tensordot"); return op({self, other, dims_self, dims_other}); }
inline Tensor threshold(const Tensor& self, const Scalar& threshold, const Scalar& value) { static const Operator op("threshold"); return op({self, threshold, value}); }
inline Tensor threshold_(const Tensor& self, const Scalar& threshold, const Scalar& value) { static const Operator op("threshold"); return op({self, threshold, value}, 1); }
inline Tensor tile(const Tensor& self, const IntList& dims) { static const Operator op("tile"); return op({self, dims}); }
inline Tensor to(const Tensor& self, Device device, DType dtype, bool non_blocking = false, bool copy = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("to.device"); return op({self, device, dtype, non_blocking, copy, memory_format}); }
inline Tensor to(const Tensor& self, DType dtype, bool non_blocking = false, bool copy = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("to.dtype"); return op({self, dtype, non_blocking, copy, memory_format}); }
inline Tensor to(const Tensor& self, const std::optional<Device>& device = std::nullopt, const std::optional<DType>& dtype = std::nullopt, bool non_blocking = false, bool copy = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("to.dtype_layout"); return op({self, device, dtype, non_blocking, copy, Argument(), memory_format}); }
inline Tensor to(const Tensor& self, const Tensor& other, bool non_blocking = false, bool copy = false, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("to.other"); return op({self, other, non_blocking, copy, memory_format}); }
inline Tensor to_dense(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<bool>& masked_grad = std::nullopt) { static const Operator op("to_dense"); return op({self, dtype, masked_grad}); }
inline std::tuple<Tensor, Tensor> topk(const Tensor& self, int64_t k, int64_t dim = -1, bool largest = true, bool sorted = true) { static const Operator op("topk"); auto all = op.all({self, k, dim, largest, sorted}); return {all[0], all[1]}; }
inline Tensor trace(const Tensor& self) { static const Operator op("trace"); return op({self}); }
inline Tensor transpose(const Tensor& self, int64_t dim0, int64_t dim1) { static const Operator op("transpose.int"); return op({self, dim0, dim1}); }
inline Tensor transpose_(const Tensor& self, int64_t dim0, int64_t dim1) { static const Operator op("transpose.int"); return op({self, dim0, dim1}, 1); }
inline Tensor transpose_copy(const Tensor& self, int64_t dim0, int64_t dim1) { static const Operator op("transpose_copy.int"); return op({self, dim0, dim1}); }
inline Tensor trapezoid(const Tensor& y, const Scalar& dx = 1, int64_t dim = -1) { static const Operator op("trapezoid.dx"); return op({y, dx, dim}); }
inline Tensor trapezoid(const Tensor& y, const Tensor& x, int64_t dim = -1) { static const Operator op("trapezoid.x"); return op({y, x, dim}); }
inline Tensor trapz(const Tensor& y, double dx = 1.0, int64_t dim = -1) { static const Operator op("trapz.dx"); return op({y, dx, dim}); }
inline Tensor trapz(const Tensor& y, const Tensor& x, int64_t dim = -1) { static const Operator op("trapz.x"); return op({y, x, dim}); }
inline std::tuple<Tensor, Tensor> triangular_solve(const Tensor& self, const Tensor& A, bool upper = true, bool transpose = false, bool unitriangular = false) { static const Operator op("triangular_solve"); auto all = op.all({self, A, upper, transpose, unitriangular}); return {all[0], all[1]}; }
inline Tensor tril(const Tensor& self, int64_t diagonal = 0) { static const Operator op("tril"); return op({self, diagonal}); }
inline Tensor tril_(const Tensor& self, int64_t diagonal = 0) { static const Operator op("tril"); return op({self, diagonal}, 1); }
inline Tensor tril_indices(int64_t row, int64_t col, int64_t offset = 0, const std::optional<DType>& dtype = DType::int64, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("tril_indices"); return op({row, col, offset, dtype, Argument(), device, pin_memory}); }
inline Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin = 1.0, double p = 2.0, double eps = 1e-06, bool swap = false, int64_t reduction = 1) { static const Operator op("triplet_margin_loss"); return op({anchor, positive, negative, margin, p, eps, swap, reduction}); }
inline Tensor triu(const Tensor& self, int64_t diagonal = 0) { static const Operator op("triu"); return op({self, diagonal}); }
inline Tensor triu_(const Tensor& self, int64_t diagonal = 0) { static const Operator op("triu"); return op({self, diagonal}, 1); }
inline Tensor triu_indices(int64_t row, int64_t col, int64_t offset = 0, const std::optional<DType>& dtype = DType::int64, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("triu_indices"); return op({row, col, offset, dtype, Argument(), device, pin_memory}); }
inline Tensor true_divide(const Tensor& self, const Tensor& other) { static const Operator op("true_divide.Tensor"); return op({self, other}); }
inline Tensor true_divide_(const Tensor& self, const Tensor& other) { static const Operator op("true_divide.Tensor"); return op({self, other}, 1); }
inline Tensor trunc(const Tensor& self) { static const Operator op("trunc"); return op({self}); }
inline Tensor trunc_(const Tensor& self) { static const Operator op("trunc"); return op({self}, 1); }
inline Tensor type_as(const Tensor& self, const Tensor& other) { static const Operator op("type_as"); return op({self, other}); }
inline std::vector<Tensor> unbind(const Tensor& self, int64_t dim = 0) { static const Operator op("unbind.int"); return op({self, dim}); }
inline std::vector<Tensor> unbind_copy(const Tensor& self, int64_t dim = 0) { static const Operator op("unbind_copy.int"); return op({self, dim}); }
inline Tensor unflatten(const Tensor& self, int64_t dim, const IntList& sizes) { static const Operator op("unflatten.int"); return op({self, dim, sizes}); }
inline Tensor unfold(const Tensor& self, int64_t dimension, int64_t size, int64_t step) { static const Operator op("unfold"); return op({self, dimension, size, step}); }
inline Tensor unfold_backward(const Tensor& grad_in, const IntList& input_sizes, int64_t dim, int64_t size, int64_t step) { static const Operator op("unfold_backward"); return op({grad_in, input_sizes, dim, size, step}); }
inline Tensor unfold_copy(const Tensor& self, int64_t dimension, int64_t size, int64_t step) { static const Operator op("unfold_copy"); return op({self, dimension, size, step}); }
inline Tensor uniform_(const Tensor& self, double from = 0., double to = 1.) { static const Operator op("uniform_"); return op({self, from, to}); }
inline std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& self, bool return_inverse = false, bool return_counts = false, const std::optional<int64_t>& dim = std::nullopt) { static const Operator op("unique_consecutive"); auto all = op.all({self, return_inverse, return_counts, dim}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& self, int64_t dim, bool sorted = true, bool return_inverse = false, bool return_counts = false) { static const Operator op("unique_dim"); auto all = op.all({self, dim, sorted, return_inverse, return_counts}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor, Tensor> unique_dim_consecutive(const Tensor& self, int64_t dim, bool return_inverse = false, bool return_counts = false) { static const Operator op("unique_dim_consecutive"); auto all = op.all({self, dim, return_inverse, return_counts}); return {all[0], all[1], all[2]}; }
inline std::vector<Tensor> unsafe_chunk(const Tensor& self, int64_t chunks, int64_t dim = 0) { static const Operator op("unsafe_chunk"); return op({self, chunks, dim}); }
inline std::vector<Tensor> unsafe_split(const Tensor& self, int64_t split_size, int64_t dim = 0) { static const Operator op("unsafe_split.Tensor"); return op({self, split_size, dim}); }
inline std::vector<Tensor> unsafe_split_with_sizes(const Tensor& self, const IntList& split_sizes, int64_t dim = 0) { static const Operator op("unsafe_split_with_sizes"); return op({self, split_sizes, dim}); }
inline Tensor unsqueeze(const Tensor& self, int64_t dim) { static const Operator op("unsqueeze"); return op({self, dim}); }
inline Tensor unsqueeze_(const Tensor& self, int64_t dim) { static const Operator op("unsqueeze"); return op({self, dim}, 1); }
inline Tensor unsqueeze_copy(const Tensor& self, int64_t dim) { static const Operator op("unsqueeze_copy"); return op({self, dim}); }
inline Tensor upsample_bicubic2d(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_bicubic2d"); return op({self, output_size, align_corners, scales_h, scales_w}); }
inline Tensor upsample_bicubic2d(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_bicubic2d.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor upsample_bicubic2d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_bicubic2d_backward"); return op({grad_output, output_size, input_size, align_corners, scales_h, scales_w}); }
inline Tensor upsample_bilinear2d(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_bilinear2d"); return op({self, output_size, align_corners, scales_h, scales_w}); }
inline Tensor upsample_bilinear2d(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_bilinear2d.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor upsample_bilinear2d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_bilinear2d_backward"); return op({grad_output, output_size, input_size, align_corners, scales_h, scales_w}); }
inline Tensor upsample_linear1d(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales = std::nullopt) { static const Operator op("upsample_linear1d"); return op({self, output_size, align_corners, scales}); }
inline Tensor upsample_linear1d(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_linear1d.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor upsample_linear1d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales = std::nullopt) { static const Operator op("upsample_linear1d_backward"); return op({grad_output, output_size, input_size, align_corners, scales}); }
inline Tensor upsample_nearest1d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales = std::nullopt) { static const Operator op("upsample_nearest1d"); return op({self, output_size, scales}); }
inline Tensor upsample_nearest1d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_nearest1d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor upsample_nearest1d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales = std::nullopt) { static const Operator op("upsample_nearest1d_backward"); return op({grad_output, output_size, input_size, scales}); }
inline Tensor upsample_nearest2d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_nearest2d"); return op({self, output_size, scales_h, scales_w}); }
inline Tensor upsample_nearest2d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_nearest2d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor upsample_nearest2d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_nearest2d_backward"); return op({grad_output, output_size, input_size, scales_h, scales_w}); }
inline Tensor upsample_nearest3d(const Tensor& self, const IntList& output_size, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_nearest3d"); return op({self, output_size, scales_d, scales_h, scales_w}); }
inline Tensor upsample_nearest3d(const Tensor& input, const std::optional<IntList>& output_size, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_nearest3d.vec"); return op({input, output_size, scale_factors}); }
inline Tensor upsample_nearest3d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_nearest3d_backward"); return op({grad_output, output_size, input_size, scales_d, scales_h, scales_w}); }
inline Tensor upsample_trilinear3d(const Tensor& self, const IntList& output_size, bool align_corners, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_trilinear3d"); return op({self, output_size, align_corners, scales_d, scales_h, scales_w}); }
inline Tensor upsample_trilinear3d(const Tensor& input, const std::optional<IntList>& output_size, bool align_corners, const std::optional<std::vector<double>>& scale_factors) { static const Operator op("upsample_trilinear3d.vec"); return op({input, output_size, align_corners, scale_factors}); }
inline Tensor upsample_trilinear3d_backward(const Tensor& grad_output, const IntList& output_size, const IntList& input_size, bool align_corners, const std::optional<double>& scales_d = std::nullopt, const std::optional<double>& scales_h = std::nullopt, const std::optional<double>& scales_w = std::nullopt) { static const Operator op("upsample_trilinear3d_backward"); return op({grad_output, output_size, input_size, align_corners, scales_d, scales_h, scales_w}); }
inline Tensor value_selecting_reduction_backward(const Tensor& grad, int64_t dim, const Tensor& indices, const IntList& sizes, bool keepdim) { static const Operator op("value_selecting_reduction_backward"); return op({grad, dim, indices, sizes, keepdim}); }
inline Tensor values(const Tensor& self) { static const Operator op("values"); return op({self}); }
inline Tensor vander(const Tensor& x, const std::optional<int64_t>& N = std::nullopt, bool increasing = false) { static const Operator op("vander"); return op({x, N, increasing}); }
inline Tensor var(const Tensor& self, bool unbiased = true) { static const Operator op("var"); return op({self, unbiased}); }
inline Tensor var(const Tensor& self, const std::optional<IntList>& dim, bool unbiased = true, bool keepdim = false) { static const Operator op("var.dim"); return op({self, dim, unbiased, keepdim}); }
inline std::tuple<Tensor, Tensor> var_mean(const Tensor& self, bool unbiased = true) { static const Operator op("var_mean"); auto all = op.all({self, unbiased}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> var_mean(const Tensor& self, const std::optional<IntList>& dim, bool unbiased = true, bool keepdim = false) { static const Operator op("var_mean.dim"); auto all = op.all({self, dim, unbiased, keepdim}); return {all[0], all[1]}; }
inline Tensor vdot(const Tensor& self, const Tensor& other) { static const Operator op("vdot"); return op({self, other}); }
inline Tensor view(const Tensor& self, const IntList& size) { static const Operator op("view"); return op({self, size}); }
inline Tensor view(const Tensor& self, DType dtype) { static const Operator op("view.dtype"); return op({self, dtype}); }
inline Tensor view_as(const Tensor& self, const Tensor& other) { static const Operator op("view_as"); return op({self, other}); }
inline Tensor view_as_complex(const Tensor& self) { static const Operator op("view_as_complex"); return op({self}); }
inline Tensor view_as_complex_copy(const Tensor& self) { static const Operator op("view_as_complex_copy"); return op({self}); }
inline Tensor view_as_real(const Tensor& self) { static const Operator op("view_as_real"); return op({self}); }
inline Tensor view_as_real_copy(const Tensor& self) { static const Operator op("view_as_real_copy"); return op({self}); }
inline Tensor view_copy(const Tensor& self, const IntList& size) { static const Operator op("view_copy"); return op({self, size}); }
inline std::vector<Tensor> vsplit(const Tensor& self, const IntList& indices) { static const Operator op("vsplit.array"); return op({self, indices}); }
inline std::vector<Tensor> vsplit(const Tensor& self, int64_t sections) { static const Operator op("vsplit.int"); return op({self, sections}); }
inline Tensor vstack(const std::vector<Tensor>& tensors) { static const Operator op("vstack"); return op({tensors}); }
inline std::vector<Tensor> where(const Tensor& condition) { static const Operator op("where"); return op({condition}); }
inline Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) { static const Operator op("where.self"); return op({condition, self, other}); }
inline Tensor xlogy(const Tensor& self, const Tensor& other) { static const Operator op("xlogy.Tensor"); return op({self, other}); }
inline Tensor xlogy_(const Tensor& self, const Tensor& other) { static const Operator op("xlogy.Tensor"); return op({self, other}, 1); }
inline Tensor zero_(const Tensor& self) { static const Operator op("zero_"); return op({self}); }
inline Tensor zeros(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("zeros"); return op({size, dtype, Argument(), device, pin_memory}); }
inline Tensor zeros_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("zeros_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }

}  // namespace flambeau
