// Operators whose names begin with m, n, o, p, q, r; printed from the operator table by `./dev headers`, not to be edited.
// clang-format off
#pragma once

namespace flambeau {

inline Tensor mH(const Tensor& self) { static const Operator op("mH"); return op({self}); }
inline Tensor mT(const Tensor& self) { static const Operator op("mT"); return op({self}); }
inline Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin = 0.0, int64_t reduction = 1) { static const Operator op("margin_ranking_loss"); return op({input1, input2, target, margin, reduction}); }
inline Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) { static const Operator op("masked_fill.Scalar"); return op({self, mask, value}); }
inline Tensor masked_fill_(const Tensor& self, const Tensor& mask, const Scalar& value) { static const Operator op("masked_fill.Scalar"); return op({self, mask, value}, 1); }
inline Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) { static const Operator op("masked_fill.Tensor"); return op({self, mask, value}); }
inline Tensor masked_fill_(const Tensor& self, const Tensor& mask, const Tensor& value) { static const Operator op("masked_fill.Tensor"); return op({self, mask, value}, 1); }
inline Tensor masked_scatter(const Tensor& self, const Tensor& mask, const Tensor& source) { static const Operator op("masked_scatter"); return op({self, mask, source}); }
inline Tensor masked_scatter_(const Tensor& self, const Tensor& mask, const Tensor& source) { static const Operator op("masked_scatter"); return op({self, mask, source}, 1); }
inline Tensor masked_scatter_backward(const Tensor& grad_output, const Tensor& mask, const IntList& sizes) { static const Operator op("masked_scatter_backward"); return op({grad_output, mask, sizes}); }
inline Tensor masked_select(const Tensor& self, const Tensor& mask) { static const Operator op("masked_select"); return op({self, mask}); }
inline Tensor matmul(const Tensor& self, const Tensor& other) { static const Operator op("matmul"); return op({self, other}); }
inline Tensor matrix_H(const Tensor& self) { static const Operator op("matrix_H"); return op({self}); }
inline Tensor matrix_exp(const Tensor& self) { static const Operator op("matrix_exp"); return op({self}); }
inline Tensor matrix_power(const Tensor& self, int64_t n) { static const Operator op("matrix_power"); return op({self, n}); }
inline Tensor max(const Tensor& self) { static const Operator op("max"); return op({self}); }
inline std::tuple<Tensor, Tensor> max(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("max.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor max(const Tensor& self, const Tensor& other) { static const Operator op("max.other"); return op({self, other}); }
inline Tensor max_pool1d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool1d"); return op({self, kernel_size, stride, padding, dilation, ceil_mode}); }
inline std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool1d_with_indices"); auto all = op.all({self, kernel_size, stride, padding, dilation, ceil_mode}); return {all[0], all[1]}; }
inline Tensor max_pool2d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool2d"); return op({self, kernel_size, stride, padding, dilation, ceil_mode}); }
inline std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool2d_with_indices"); auto all = op.all({self, kernel_size, stride, padding, dilation, ceil_mode}); return {all[0], all[1]}; }
inline Tensor max_pool2d_with_indices_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, const IntList& dilation, bool ceil_mode, const Tensor& indices) { static const Operator op("max_pool2d_with_indices_backward"); return op({grad_output, self, kernel_size, stride, padding, dilation, ceil_mode, indices}); }
inline Tensor max_pool3d(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool3d"); return op({self, kernel_size, stride, padding, dilation, ceil_mode}); }
inline std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& self, const IntList& kernel_size, const IntList& stride = {}, const IntList& padding = {0}, const IntList& dilation = {1}, bool ceil_mode = false) { static const Operator op("max_pool3d_with_indices"); auto all = op.all({self, kernel_size, stride, padding, dilation, ceil_mode}); return {all[0], all[1]}; }
inline Tensor max_pool3d_with_indices_backward(const Tensor& grad_output, const Tensor& self, const IntList& kernel_size, const IntList& stride, const IntList& padding, const IntList& dilation, bool ceil_mode, const Tensor& indices) { static const Operator op("max_pool3d_with_indices_backward"); return op({grad_output, self, kernel_size, stride, padding, dilation, ceil_mode, indices}); }
inline Tensor max_unpool2d(const Tensor& self, const Tensor& indices, const IntList& output_size) { static const Operator op("max_unpool2d"); return op({self, indices, output_size}); }
inline Tensor max_unpool3d(const Tensor& self, const Tensor& indices, const IntList& output_size, const IntList& stride, const IntList& padding) { static const Operator op("max_unpool3d"); return op({self, indices, output_size, stride, padding}); }
inline Tensor maximum(const Tensor& self, const Tensor& other) { static const Operator op("maximum"); return op({self, other}); }
inline Tensor mean(const Tensor& self, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("mean"); return op({self, dtype}); }
inline Tensor mean(const Tensor& self, const std::optional<IntList>& dim, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("mean.dim"); return op({self, dim, keepdim, dtype}); }
inline Tensor median(const Tensor& self) { static const Operator op("median"); return op({self}); }
inline std::tuple<Tensor, Tensor> median(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("median.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors) { static const Operator op("meshgrid"); return op({tensors}); }
inline std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, std::string indexing) { static const Operator op("meshgrid.indexing"); return op({tensors, indexing}); }
inline Tensor min(const Tensor& self) { static const Operator op("min"); return op({self}); }
inline std::tuple<Tensor, Tensor> min(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("min.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor min(const Tensor& self, const Tensor& other) { static const Operator op("min.other"); return op({self, other}); }
inline Tensor minimum(const Tensor& self, const Tensor& other) { static const Operator op("minimum"); return op({self, other}); }
inline Tensor mish(const Tensor& self) { static const Operator op("mish"); return op({self}); }
inline Tensor mish_(const Tensor& self) { static const Operator op("mish"); return op({self}, 1); }
inline Tensor mm(const Tensor& self, const Tensor& mat2) { static const Operator op("mm"); return op({self, mat2}); }
inline std::tuple<Tensor, Tensor> mode(const Tensor& self, int64_t dim = -1, bool keepdim = false) { static const Operator op("mode"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor moveaxis(const Tensor& self, int64_t source, int64_t destination) { static const Operator op("moveaxis.int"); return op({self, source, destination}); }
inline Tensor moveaxis(const Tensor& self, const IntList& source, const IntList& destination) { static const Operator op("moveaxis.intlist"); return op({self, source, destination}); }
inline Tensor movedim(const Tensor& self, int64_t source, int64_t destination) { static const Operator op("movedim.int"); return op({self, source, destination}); }
inline Tensor movedim(const Tensor& self, const IntList& source, const IntList& destination) { static const Operator op("movedim.intlist"); return op({self, source, destination}); }
inline Tensor mse_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1) { static const Operator op("mse_loss"); return op({self, target, reduction}); }
inline Tensor msort(const Tensor& self) { static const Operator op("msort"); return op({self}); }
inline Tensor mul(const Tensor& self, const Tensor& other) { static const Operator op("mul.Tensor"); return op({self, other}); }
inline Tensor mul_(const Tensor& self, const Tensor& other) { static const Operator op("mul.Tensor"); return op({self, other}, 1); }
inline Tensor multi_margin_loss(const Tensor& self, const Tensor& target, const Scalar& p = 1, const Scalar& margin = 1, const Tensor& weight = Tensor(), int64_t reduction = 1) { static const Operator op("multi_margin_loss"); return op({self, target, p, margin, weight, reduction}); }
inline Tensor multilabel_margin_loss(const Tensor& self, const Tensor& target, int64_t reduction = 1) { static const Operator op("multilabel_margin_loss"); return op({self, target, reduction}); }
inline Tensor multilabel_margin_loss_backward(const Tensor& grad_output, const Tensor& self, const Tensor& target, int64_t reduction, const Tensor& is_target) { static const Operator op("multilabel_margin_loss_backward"); return op({grad_output, self, target, reduction, is_target}); }
inline std::tuple<Tensor, Tensor> multilabel_margin_loss_forward(const Tensor& self, const Tensor& target, int64_t reduction) { static const Operator op("multilabel_margin_loss_forward"); auto all = op.all({self, target, reduction}); return {all[0], all[1]}; }
inline Tensor multinomial(const Tensor& self, int64_t num_samples, bool replacement = false) { static const Operator op("multinomial"); return op({self, num_samples, replacement}); }
inline Tensor multiply(const Tensor& self, const Tensor& other) { static const Operator op("multiply.Tensor"); return op({self, other}); }
inline Tensor multiply_(const Tensor& self, const Tensor& other) { static const Operator op("multiply.Tensor"); return op({self, other}, 1); }
inline Tensor mv(const Tensor& self, const Tensor& vec) { static const Operator op("mv"); return op({self, vec}); }
inline Tensor mvlgamma(const Tensor& self, int64_t p) { static const Operator op("mvlgamma"); return op({self, p}); }
inline Tensor mvlgamma_(const Tensor& self, int64_t p) { static const Operator op("mvlgamma"); return op({self, p}, 1); }
inline Tensor nan_to_num(const Tensor& self, const std::optional<double>& nan = std::nullopt, const std::optional<double>& posinf = std::nullopt, const std::optional<double>& neginf = std::nullopt) { static const Operator op("nan_to_num"); return op({self, nan, posinf, neginf}); }
inline Tensor nan_to_num_(const Tensor& self, const std::optional<double>& nan = std::nullopt, const std::optional<double>& posinf = std::nullopt, const std::optional<double>& neginf = std::nullopt) { static const Operator op("nan_to_num"); return op({self, nan, posinf, neginf}, 1); }
inline Tensor nanmean(const Tensor& self, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("nanmean"); return op({self, dim, keepdim, dtype}); }
inline Tensor nanmedian(const Tensor& self) { static const Operator op("nanmedian"); return op({self}); }
inline std::tuple<Tensor, Tensor> nanmedian(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("nanmedian.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor nanquantile(const Tensor& self, const Tensor& q, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false, std::string interpolation = "linear") { static const Operator op("nanquantile"); return op({self, q, dim, keepdim, interpolation}); }
inline Tensor nanquantile(const Tensor& self, double q, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false, std::string interpolation = "linear") { static const Operator op("nanquantile.scalar"); return op({self, q, dim, keepdim, interpolation}); }
inline Tensor nansum(const Tensor& self, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("nansum"); return op({self, dim, keepdim, dtype}); }
inline Tensor narrow(const Tensor& self, int64_t dim, int64_t start, int64_t length) { static const Operator op("narrow"); return op({self, dim, start, length}); }
inline Tensor narrow(const Tensor& self, int64_t dim, const Tensor& start, int64_t length) { static const Operator op("narrow.Tensor"); return op({self, dim, start, length}); }
inline Tensor narrow_copy(const Tensor& self, int64_t dim, int64_t start, int64_t length) { static const Operator op("narrow_copy"); return op({self, dim, start, length}); }
inline std::tuple<Tensor, Tensor, Tensor> native_batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& running_mean, const Tensor& running_var, bool training, double momentum, double eps) { static const Operator op("native_batch_norm"); auto all = op.all({input, weight, bias, running_mean, running_var, training, momentum, eps}); return {all[0], all[1], all[2]}; }
inline Tensor native_channel_shuffle(const Tensor& self, int64_t groups) { static const Operator op("native_channel_shuffle"); return op({self, groups}); }
inline std::tuple<Tensor, Tensor> native_dropout(const Tensor& input, double p, const std::optional<bool>& train) { static const Operator op("native_dropout"); auto all = op.all({input, p, train}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> native_group_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, int64_t N, int64_t C, int64_t HxW, int64_t group, double eps) { static const Operator op("native_group_norm"); auto all = op.all({input, weight, bias, N, C, HxW, group, eps}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor, Tensor> native_layer_norm(const Tensor& input, const IntList& normalized_shape, const Tensor& weight, const Tensor& bias, double eps) { static const Operator op("native_layer_norm"); auto all = op.all({input, normalized_shape, weight, bias, eps}); return {all[0], all[1], all[2]}; }
inline Tensor ne(const Tensor& self, const Tensor& other) { static const Operator op("ne.Tensor"); return op({self, other}); }
inline Tensor ne_(const Tensor& self, const Tensor& other) { static const Operator op("ne.Tensor"); return op({self, other}, 1); }
inline Tensor neg(const Tensor& self) { static const Operator op("neg"); return op({self}); }
inline Tensor neg_(const Tensor& self) { static const Operator op("neg"); return op({self}, 1); }
inline Tensor negative(const Tensor& self) { static const Operator op("negative"); return op({self}); }
inline Tensor negative_(const Tensor& self) { static const Operator op("negative"); return op({self}, 1); }
inline Tensor new_empty(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_empty"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor new_empty_strided(const Tensor& self, const IntList& size, const IntList& stride, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_empty_strided"); return op({self, size, stride, dtype, Argument(), device, pin_memory}); }
inline Tensor new_full(const Tensor& self, const IntList& size, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_full"); return op({self, size, fill_value, dtype, Argument(), device, pin_memory}); }
inline Tensor new_ones(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_ones"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor new_zeros(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_zeros"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor nextafter(const Tensor& self, const Tensor& other) { static const Operator op("nextafter"); return op({self, other}); }
inline Tensor nextafter_(const Tensor& self, const Tensor& other) { static const Operator op("nextafter"); return op({self, other}, 1); }
inline Tensor nll_loss(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), int64_t reduction = 1, int64_t ignore_index = -100) { static const Operator op("nll_loss"); return op({self, target, weight, reduction, ignore_index}); }
inline Tensor nll_loss2d(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), int64_t reduction = 1, int64_t ignore_index = -100) { static const Operator op("nll_loss2d"); return op({self, target, weight, reduction, ignore_index}); }
inline Tensor nll_loss2d_backward(const Tensor& grad_output, const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore_index, const Tensor& total_weight) { static const Operator op("nll_loss2d_backward"); return op({grad_output, self, target, weight, reduction, ignore_index, total_weight}); }
inline std::tuple<Tensor, Tensor> nll_loss2d_forward(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore_index) { static const Operator op("nll_loss2d_forward"); auto all = op.all({self, target, weight, reduction, ignore_index}); return {all[0], all[1]}; }
inline Tensor nll_loss_backward(const Tensor& grad_output, const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore_index, const Tensor& total_weight) { static const Operator op("nll_loss_backward"); return op({grad_output, self, target, weight, reduction, ignore_index, total_weight}); }
inline std::tuple<Tensor, Tensor> nll_loss_forward(const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore_index) { static const Operator op("nll_loss_forward"); auto all = op.all({self, target, weight, reduction, ignore_index}); return {all[0], all[1]}; }
inline Tensor nll_loss_nd(const Tensor& self, const Tensor& target, const Tensor& weight = Tensor(), int64_t reduction = 1, int64_t ignore_index = -100) { static const Operator op("nll_loss_nd"); return op({self, target, weight, reduction, ignore_index}); }
inline Tensor nonzero(const Tensor& self) { static const Operator op("nonzero"); return op({self}); }
inline std::vector<Tensor> nonzero_numpy(const Tensor& self) { static const Operator op("nonzero_numpy"); return op({self}); }
inline Tensor nonzero_static(const Tensor& self, int64_t size, int64_t fill_value = -1) { static const Operator op("nonzero_static"); return op({self, size, fill_value}); }
inline Tensor norm(const Tensor& self, const Scalar& p = 2) { static const Operator op("norm.Scalar"); return op({self, p}); }
inline Tensor norm(const Tensor& self, const std::optional<Scalar>& p, const IntList& dim, bool keepdim = false) { static const Operator op("norm.ScalarOpt_dim"); return op({self, p, dim, keepdim}); }
inline Tensor norm(const Tensor& self, const std::optional<Scalar>& p, const IntList& dim, bool keepdim, DType dtype) { static const Operator op("norm.ScalarOpt_dim_dtype"); return op({self, p, dim, keepdim, dtype}); }
inline Tensor norm(const Tensor& self, const std::optional<Scalar>& p, DType dtype) { static const Operator op("norm.ScalarOpt_dtype"); return op({self, p, dtype}); }
inline Tensor norm(const Tensor& self, const std::optional<Scalar>& p, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("norm.number"); return op({self, p, dim, keepdim, dtype}); }
inline Tensor norm_except_dim(const Tensor& v, int64_t pow = 2, int64_t dim = 0) { static const Operator op("norm_except_dim"); return op({v, pow, dim}); }
inline Tensor normal(const Tensor& mean, const Tensor& std) { static const Operator op("normal.Tensor_Tensor"); return op({mean, std}); }
inline Tensor normal(const Tensor& mean, double std = 1.) { static const Operator op("normal.Tensor_float"); return op({mean, std}); }
inline Tensor normal(double mean, const Tensor& std) { static const Operator op("normal.float_Tensor"); return op({mean, std}); }
inline Tensor normal(double mean, double std, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("normal.float_float"); return op({mean, std, size, Argument(), dtype, Argument(), device, pin_memory}); }
inline Tensor normal_(const Tensor& self, double mean = 0., double std = 1.) { static const Operator op("normal_"); return op({self, mean, std}); }
inline Tensor not_equal(const Tensor& self, const Tensor& other) { static const Operator op("not_equal.Tensor"); return op({self, other}); }
inline Tensor not_equal_(const Tensor& self, const Tensor& other) { static const Operator op("not_equal.Tensor"); return op({self, other}, 1); }
inline Tensor nuclear_norm(const Tensor& self, bool keepdim = false) { static const Operator op("nuclear_norm"); return op({self, keepdim}); }
inline Tensor nuclear_norm(const Tensor& self, const IntList& dim, bool keepdim = false) { static const Operator op("nuclear_norm.dim"); return op({self, dim, keepdim}); }
inline Tensor numpy_T(const Tensor& self) { static const Operator op("numpy_T"); return op({self}); }
inline Tensor one_hot(const Tensor& self, int64_t num_classes = -1) { static const Operator op("one_hot"); return op({self, num_classes}); }
inline Tensor ones(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("ones"); return op({size, dtype, Argument(), device, pin_memory}); }
inline Tensor ones_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("ones_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor orgqr(const Tensor& self, const Tensor& input2) { static const Operator op("orgqr"); return op({self, input2}); }
inline Tensor ormqr(const Tensor& self, const Tensor& input2, const Tensor& input3, bool left = true, bool transpose = false) { static const Operator op("ormqr"); return op({self, input2, input3, left, transpose}); }
inline Tensor outer(const Tensor& self, const Tensor& vec2) { static const Operator op("outer"); return op({self, vec2}); }
inline Tensor pad(const Tensor& self, const IntList& pad, std::string mode = "constant", const std::optional<double>& value = std::nullopt) { static const Operator op("pad"); return op({self, pad, mode, value}); }
inline Tensor pad_sequence(const std::vector<Tensor>& sequences, bool batch_first = false, double padding_value = 0.0, std::string padding_side = "right") { static const Operator op("pad_sequence"); return op({sequences, batch_first, padding_value, padding_side}); }
inline Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p = 2.0, double eps = 1e-06, bool keepdim = false) { static const Operator op("pairwise_distance"); return op({x1, x2, p, eps, keepdim}); }
inline Tensor pdist(const Tensor& self, double p = 2.0) { static const Operator op("pdist"); return op({self, p}); }
inline Tensor permute(const Tensor& self, const IntList& dims) { static const Operator op("permute"); return op({self, dims}); }
inline Tensor permute_copy(const Tensor& self, const IntList& dims) { static const Operator op("permute_copy"); return op({self, dims}); }
inline Tensor pinverse(const Tensor& self, double rcond = 1.0000000000000001e-15) { static const Operator op("pinverse"); return op({self, rcond}); }
inline Tensor pixel_shuffle(const Tensor& self, int64_t upscale_factor) { static const Operator op("pixel_shuffle"); return op({self, upscale_factor}); }
inline Tensor pixel_unshuffle(const Tensor& self, int64_t downscale_factor) { static const Operator op("pixel_unshuffle"); return op({self, downscale_factor}); }
inline Tensor poisson(const Tensor& self) { static const Operator op("poisson"); return op({self}); }
inline Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full, double eps, int64_t reduction) { static const Operator op("poisson_nll_loss"); return op({input, target, log_input, full, eps, reduction}); }
inline Tensor polar(const Tensor& abs, const Tensor& angle) { static const Operator op("polar"); return op({abs, angle}); }
inline Tensor polygamma(int64_t n, const Tensor& self) { static const Operator op("polygamma"); return op({n, self}); }
inline Tensor polygamma_(int64_t n, const Tensor& self) { static const Operator op("polygamma"); return op({n, self}, 1); }
inline Tensor positive(const Tensor& self) { static const Operator op("positive"); return op({self}); }
inline Tensor pow(const Tensor& self, const Tensor& exponent) { static const Operator op("pow.Tensor_Tensor"); return op({self, exponent}); }
inline Tensor pow_(const Tensor& self, const Tensor& exponent) { static const Operator op("pow.Tensor_Tensor"); return op({self, exponent}, 1); }
inline Tensor prelu(const Tensor& self, const Tensor& weight) { static const Operator op("prelu"); return op({self, weight}); }
inline Tensor prod(const Tensor& self, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("prod"); return op({self, dtype}); }
inline Tensor prod(const Tensor& self, int64_t dim, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("prod.dim_int"); return op({self, dim, keepdim, dtype}); }
inline Tensor put(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate = false) { static const Operator op("put"); return op({self, index, source, accumulate}); }
inline Tensor put_(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate = false) { static const Operator op("put"); return op({self, index, source, accumulate}, 1); }
inline std::tuple<Tensor, Tensor> qr(const Tensor& self, bool some = true) { static const Operator op("qr"); auto all = op.all({self, some}); return {all[0], all[1]}; }
inline Tensor quantile(const Tensor& self, const Tensor& q, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false, std::string interpolation = "linear") { static const Operator op("quantile"); return op({self, q, dim, keepdim, interpolation}); }
inline Tensor quantile(const Tensor& self, double q, const std::optional<int64_t>& dim = std::nullopt, bool keepdim = false, std::string interpolation = "linear") { static const Operator op("quantile.scalar"); return op({self, q, dim, keepdim, interpolation}); }
inline Tensor rad2deg(const Tensor& self) { static const Operator op("rad2deg"); return op({self}); }
inline Tensor rad2deg_(const Tensor& self) { static const Operator op("rad2deg"); return op({self}, 1); }
inline Tensor rand(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("rand"); return op({size, dtype, Argument(), device, pin_memory}); }
inline Tensor rand_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("rand_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor randint(int64_t high, const IntList& size, const std::optional<DType>& dtype = DType::int64, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("randint"); return op({high, size, dtype, Argument(), device, pin_memory}); }
inline Tensor randint(int64_t low, int64_t high, const IntList& size, const std::optional<DType>& dtype = DType::int64, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("randint.low"); return op({low, high, size, dtype, Argument(), device, pin_memory}); }
inline Tensor randint_like(const Tensor& self, int64_t high, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("randint_like"); return op({self, high, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor randint_like(const Tensor& self, int64_t low, int64_t high, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("randint_like.low_dtype"); return op({self, low, high, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor randn(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("randn"); return op({size, dtype, Argument(), device, pin_memory}); }
inline Tensor randn_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("randn_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor random_(const Tensor& self) { static const Operator op("random_"); return op({self}); }
inline Tensor random_(const Tensor& self, int64_t from, const std::optional<int64_t>& to) { static const Operator op("random_.from"); return op({self, from, to}); }
inline Tensor random_(const Tensor& self, int64_t to) { static const Operator op("random_.to"); return op({self, to}); }
inline Tensor randperm(int64_t n, const std::optional<DType>& dtype = DType::int64, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("randperm"); return op({n, dtype, Argument(), device, pin_memory}); }
inline Tensor range(const Scalar& start, const Scalar& end, const Scalar& step = 1, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("range.step"); return op({start, end, step, dtype, Argument(), device, pin_memory}); }
inline Tensor ravel(const Tensor& self) { static const Operator op("ravel"); return op({self}); }
inline Tensor real(const Tensor& self) { static const Operator op("real"); return op({self}); }
inline Tensor reciprocal(const Tensor& self) { static const Operator op("reciprocal"); return op({self}); }
inline Tensor reciprocal_(const Tensor& self) { static const Operator op("reciprocal"); return op({self}, 1); }
inline Tensor reflection_pad1d(const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad1d"); return op({self, padding}); }
inline Tensor reflection_pad1d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad1d_backward"); return op({grad_output, self, padding}); }
inline Tensor reflection_pad2d(const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad2d"); return op({self, padding}); }
inline Tensor reflection_pad2d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad2d_backward"); return op({grad_output, self, padding}); }
inline Tensor reflection_pad3d(const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad3d"); return op({self, padding}); }
inline Tensor reflection_pad3d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("reflection_pad3d_backward"); return op({grad_output, self, padding}); }
inline Tensor relu(const Tensor& self) { static const Operator op("relu"); return op({self}); }
inline Tensor relu_(const Tensor& self) { static const Operator op("relu"); return op({self}, 1); }
inline Tensor relu6(const Tensor& self) { static const Operator op("relu6"); return op({self}); }
inline Tensor relu6_(const Tensor& self) { static const Operator op("relu6"); return op({self}, 1); }
inline Tensor remainder(const Tensor& self, const Tensor& other) { static const Operator op("remainder.Tensor"); return op({self, other}); }
inline Tensor remainder_(const Tensor& self, const Tensor& other) { static const Operator op("remainder.Tensor"); return op({self, other}, 1); }
inline Tensor renorm(const Tensor& self, const Scalar& p, int64_t dim, const Scalar& maxnorm) { static const Operator op("renorm"); return op({self, p, dim, maxnorm}); }
inline Tensor renorm_(const Tensor& self, const Scalar& p, int64_t dim, const Scalar& maxnorm) { static const Operator op("renorm"); return op({self, p, dim, maxnorm}, 1); }
inline Tensor repeat(const Tensor& self, const IntList& repeats) { static const Operator op("repeat"); return op({self, repeats}); }
inline Tensor repeat_interleave(const Tensor& repeats, const std::optional<int64_t>& output_size = std::nullopt) { static const Operator op("repeat_interleave.Tensor"); return op({repeats, output_size}); }
inline Tensor repeat_interleave(const Tensor& self, const Tensor& repeats, const std::optional<int64_t>& dim = std::nullopt, const std::optional<int64_t>& output_size = std::nullopt) { static const Operator op("repeat_interleave.self_Tensor"); return op({self, repeats, dim, output_size}); }
inline Tensor repeat_interleave(const Tensor& self, int64_t repeats, const std::optional<int64_t>& dim = std::nullopt, const std::optional<int64_t>& output_size = std::nullopt) { static const Operator op("repeat_interleave.self_int"); return op({self, repeats, dim, output_size}); }
inline Tensor replication_pad1d(const Tensor& self, const IntList& padding) { static const Operator op("replication_pad1d"); return op({self, padding}); }
inline Tensor replication_pad1d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("replication_pad1d_backward"); return op({grad_output, self, padding}); }
inline Tensor replication_pad2d(const Tensor& self, const IntList& padding) { static const Operator op("replication_pad2d"); return op({self, padding}); }
inline Tensor replication_pad2d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("replication_pad2d_backward"); return op({grad_output, self, padding}); }
inline Tensor replication_pad3d(const Tensor& self, const IntList& padding) { static const Operator op("replication_pad3d"); return op({self, padding}); }
inline Tensor replication_pad3d_backward(const Tensor& grad_output, const Tensor& self, const IntList& padding) { static const Operator op("replication_pad3d_backward"); return op({grad_output, self, padding}); }
inline Tensor reshape(const Tensor& self, const IntList& shape) { static const Operator op("reshape"); return op({self, shape}); }
inline Tensor reshape_as(const Tensor& self, const Tensor& other) { static const Operator op("reshape_as"); return op({self, other}); }
inline Tensor resize_(const Tensor& self, const IntList& size, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("resize_"); return op({self, size, memory_format}); }
inline Tensor resize_as_(const Tensor& self, const Tensor& the_template, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("resize_as_"); return op({self, the_template, memory_format}); }
inline Tensor resolve_conj(const Tensor& self) { static const Operator op("resolve_conj"); return op({self}); }
inline Tensor resolve_neg(const Tensor& self) { static const Operator op("resolve_neg"); return op({self}); }
inline Tensor rms_norm(const Tensor& input, const IntList& normalized_shape, const Tensor& weight = Tensor(), const std::optional<double>& eps = std::nullopt) { static const Operator op("rms_norm"); return op({input, normalized_shape, weight, eps}); }
inline std::tuple<Tensor, Tensor> rnn_relu(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional) { static const Operator op("rnn_relu.data"); auto all = op.all({data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> rnn_relu(const Tensor& input, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional, bool batch_first) { static const Operator op("rnn_relu.input"); auto all = op.all({input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first}); return {all[0], all[1]}; }
inline Tensor rnn_relu_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih = Tensor(), const Tensor& b_hh = Tensor()) { static const Operator op("rnn_relu_cell"); return op({input, hx, w_ih, w_hh, b_ih, b_hh}); }
inline std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional) { static const Operator op("rnn_tanh.data"); auto all = op.all({data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& input, const Tensor& hx, const std::vector<Tensor>& params, bool has_biases, int64_t num_layers, double dropout, bool train, bool bidirectional, bool batch_first) { static const Operator op("rnn_tanh.input"); auto all = op.all({input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first}); return {all[0], all[1]}; }
inline Tensor rnn_tanh_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih = Tensor(), const Tensor& b_hh = Tensor()) { static const Operator op("rnn_tanh_cell"); return op({input, hx, w_ih, w_hh, b_ih, b_hh}); }
inline Tensor roll(const Tensor& self, const IntList& shifts, const IntList& dims = {}) { static const Operator op("roll"); return op({self, shifts, dims}); }
inline Tensor rot90(const Tensor& self, int64_t k = 1, const IntList& dims = {0, 1}) { static const Operator op("rot90"); return op({self, k, dims}); }
inline Tensor round(const Tensor& self) { static const Operator op("round"); return op({self}); }
inline Tensor round_(const Tensor& self) { static const Operator op("round"); return op({self}, 1); }
inline Tensor round(const Tensor& self, int64_t decimals) { static const Operator op("round.decimals"); return op({self, decimals}); }
inline Tensor round_(const Tensor& self, int64_t decimals) { static const Operator op("round.decimals"); return op({self, decimals}, 1); }
inline Tensor row_stack(const std::vector<Tensor>& tensors) { static const Operator op("row_stack"); return op({tensors}); }
inline Tensor rrelu(const Tensor& self, const Scalar& lower = 0.125, const Scalar& upper = 0.33333333333333331, bool training = false) { static const Operator op("rrelu"); return op({self, lower, upper, training}); }
inline Tensor rrelu_(const Tensor& self, const Scalar& lower = 0.125, const Scalar& upper = 0.33333333333333331, bool training = false) { static const Operator op("rrelu_"); return op({self, lower, upper, training}); }
inline Tensor rsqrt(const Tensor& self) { static const Operator op("rsqrt"); return op({self}); }
inline Tensor rsqrt_(const Tensor& self) { static const Operator op("rsqrt"); return op({self}, 1); }
inline Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("rsub.Tensor"); return op({self, other, alpha}); }

}  // namespace flambeau
