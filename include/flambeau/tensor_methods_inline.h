// The bodies of Tensor's methods; printed from the operator table by `./dev headers`, not to be edited.
// clang-format off
#pragma once

namespace flambeau {

inline Tensor Tensor::_coalesced_(bool coalesced) const { static const Operator op("_coalesced_"); return op({*this, coalesced}); }
inline Tensor Tensor::_indices() const { static const Operator op("_indices"); return op({*this}); }
inline Tensor Tensor::_neg_view() const { static const Operator op("_neg_view"); return op({*this}); }
inline int64_t Tensor::_nnz() const { static const Operator op("_nnz"); return op({*this}); }
inline Tensor Tensor::_values() const { static const Operator op("_values"); return op({*this}); }
inline Tensor Tensor::abs() const { static const Operator op("abs"); return op({*this}); }
inline Tensor Tensor::abs_() const { static const Operator op("abs"); return op({*this}, 1); }
inline Tensor Tensor::absolute() const { static const Operator op("absolute"); return op({*this}); }
inline Tensor Tensor::absolute_() const { static const Operator op("absolute"); return op({*this}, 1); }
inline Tensor Tensor::acos() const { static const Operator op("acos"); return op({*this}); }
inline Tensor Tensor::acos_() const { static const Operator op("acos"); return op({*this}, 1); }
inline Tensor Tensor::acosh() const { static const Operator op("acosh"); return op({*this}); }
inline Tensor Tensor::acosh_() const { static const Operator op("acosh"); return op({*this}, 1); }
inline Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const { static const Operator op("add.Tensor"); return op({*this, other, alpha}); }
inline Tensor Tensor::add_(const Tensor& other, const Scalar& alpha) const { static const Operator op("add.Tensor"); return op({*this, other, alpha}, 1); }
inline Tensor Tensor::addbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addbmm"); return op({*this, batch1, batch2, beta, alpha}); }
inline Tensor Tensor::addbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addbmm"); return op({*this, batch1, batch2, beta, alpha}, 1); }
inline Tensor Tensor::addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const { static const Operator op("addcdiv"); return op({*this, tensor1, tensor2, value}); }
inline Tensor Tensor::addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const { static const Operator op("addcdiv"); return op({*this, tensor1, tensor2, value}, 1); }
inline Tensor Tensor::addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const { static const Operator op("addcmul"); return op({*this, tensor1, tensor2, value}); }
inline Tensor Tensor::addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const { static const Operator op("addcmul"); return op({*this, tensor1, tensor2, value}, 1); }
inline Tensor Tensor::addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addmm"); return op({*this, mat1, mat2, beta, alpha}); }
inline Tensor Tensor::addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addmm"); return op({*this, mat1, mat2, beta, alpha}, 1); }
inline Tensor Tensor::addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addmv"); return op({*this, mat, vec, beta, alpha}); }
inline Tensor Tensor::addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addmv"); return op({*this, mat, vec, beta, alpha}, 1); }
inline Tensor Tensor::addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addr"); return op({*this, vec1, vec2, beta, alpha}); }
inline Tensor Tensor::addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("addr"); return op({*this, vec1, vec2, beta, alpha}, 1); }
inline Tensor Tensor::adjoint() const { static const Operator op("adjoint"); return op({*this}); }
inline Tensor Tensor::all() const { static const Operator op("all"); return op({*this}); }
inline Tensor Tensor::all(int64_t dim, bool keepdim) const { static const Operator op("all.dim"); return op({*this, dim, keepdim}); }
inline bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const { static const Operator op("allclose"); return op({*this, other, rtol, atol, equal_nan}); }
inline Tensor Tensor::amax(const IntList& dim, bool keepdim) const { static const Operator op("amax"); return op({*this, dim, keepdim}); }
inline Tensor Tensor::amin(const IntList& dim, bool keepdim) const { static const Operator op("amin"); return op({*this, dim, keepdim}); }
inline std::tuple<Tensor, Tensor> Tensor::aminmax(const std::optional<int64_t>& dim, bool keepdim) const { static const Operator op("aminmax"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::angle() const { static const Operator op("angle"); return op({*this}); }
inline Tensor Tensor::any() const { static const Operator op("any"); return op({*this}); }
inline Tensor Tensor::any(int64_t dim, bool keepdim) const { static const Operator op("any.dim"); return op({*this, dim, keepdim}); }
inline Tensor Tensor::arccos() const { static const Operator op("arccos"); return op({*this}); }
inline Tensor Tensor::arccos_() const { static const Operator op("arccos"); return op({*this}, 1); }
inline Tensor Tensor::arccosh() const { static const Operator op("arccosh"); return op({*this}); }
inline Tensor Tensor::arccosh_() const { static const Operator op("arccosh"); return op({*this}, 1); }
inline Tensor Tensor::arcsin() const { static const Operator op("arcsin"); return op({*this}); }
inline Tensor Tensor::arcsin_() const { static const Operator op("arcsin"); return op({*this}, 1); }
inline Tensor Tensor::arcsinh() const { static const Operator op("arcsinh"); return op({*this}); }
inline Tensor Tensor::arcsinh_() const { static const Operator op("arcsinh"); return op({*this}, 1); }
inline Tensor Tensor::arctan() const { static const Operator op("arctan"); return op({*this}); }
inline Tensor Tensor::arctan_() const { static const Operator op("arctan"); return op({*this}, 1); }
inline Tensor Tensor::arctan2(const Tensor& other) const { static const Operator op("arctan2"); return op({*this, other}); }
inline Tensor Tensor::arctan2_(const Tensor& other) const { static const Operator op("arctan2"); return op({*this, other}, 1); }
inline Tensor Tensor::arctanh() const { static const Operator op("arctanh"); return op({*this}); }
inline Tensor Tensor::arctanh_() const { static const Operator op("arctanh"); return op({*this}, 1); }
inline Tensor Tensor::argmax(const std::optional<int64_t>& dim, bool keepdim) const { static const Operator op("argmax"); return op({*this, dim, keepdim}); }
inline Tensor Tensor::argmin(const std::optional<int64_t>& dim, bool keepdim) const { static const Operator op("argmin"); return op({*this, dim, keepdim}); }
inline Tensor Tensor::argsort(int64_t dim, bool descending) const { static const Operator op("argsort"); return op({*this, dim, descending}); }
inline Tensor Tensor::argsort(bool stable, int64_t dim, bool descending) const { static const Operator op("argsort.stable"); return op({*this, stable, dim, descending}); }
inline Tensor Tensor::argwhere() const { static const Operator op("argwhere"); return op({*this}); }
inline Tensor Tensor::as_strided(const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset) const { static const Operator op("as_strided"); return op({*this, size, stride, storage_offset}); }
inline Tensor Tensor::as_strided_(const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset) const { static const Operator op("as_strided_"); return op({*this, size, stride, storage_offset}); }
inline Tensor Tensor::as_strided_scatter(const Tensor& src, const IntList& size, const IntList& stride, const std::optional<int64_t>& storage_offset) const { static const Operator op("as_strided_scatter"); return op({*this, src, size, stride, storage_offset}); }
inline Tensor Tensor::asin() const { static const Operator op("asin"); return op({*this}); }
inline Tensor Tensor::asin_() const { static const Operator op("asin"); return op({*this}, 1); }
inline Tensor Tensor::asinh() const { static const Operator op("asinh"); return op({*this}); }
inline Tensor Tensor::asinh_() const { static const Operator op("asinh"); return op({*this}, 1); }
inline Tensor Tensor::atan() const { static const Operator op("atan"); return op({*this}); }
inline Tensor Tensor::atan_() const { static const Operator op("atan"); return op({*this}, 1); }
inline Tensor Tensor::atan2(const Tensor& other) const { static const Operator op("atan2"); return op({*this, other}); }
inline Tensor Tensor::atan2_(const Tensor& other) const { static const Operator op("atan2"); return op({*this, other}, 1); }
inline Tensor Tensor::atanh() const { static const Operator op("atanh"); return op({*this}); }
inline Tensor Tensor::atanh_() const { static const Operator op("atanh"); return op({*this}, 1); }
inline Tensor Tensor::baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("baddbmm"); return op({*this, batch1, batch2, beta, alpha}); }
inline Tensor Tensor::baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("baddbmm"); return op({*this, batch1, batch2, beta, alpha}, 1); }
inline Tensor Tensor::bernoulli() const { static const Operator op("bernoulli"); return op({*this}); }
inline Tensor Tensor::bernoulli(double p) const { static const Operator op("bernoulli.p"); return op({*this, p}); }
inline Tensor Tensor::bernoulli_(const Tensor& p) const { static const Operator op("bernoulli_.Tensor"); return op({*this, p}); }
inline Tensor Tensor::bernoulli_(double p) const { static const Operator op("bernoulli_.float"); return op({*this, p}); }
inline Tensor Tensor::bincount(const Tensor& weights, int64_t minlength) const { static const Operator op("bincount"); return op({*this, weights, minlength}); }
inline Tensor Tensor::bitwise_and(const Tensor& other) const { static const Operator op("bitwise_and.Tensor"); return op({*this, other}); }
inline Tensor Tensor::bitwise_and_(const Tensor& other) const { static const Operator op("bitwise_and.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::bitwise_left_shift(const Tensor& other) const { static const Operator op("bitwise_left_shift.Tensor"); return op({*this, other}); }
inline Tensor Tensor::bitwise_left_shift_(const Tensor& other) const { static const Operator op("bitwise_left_shift.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::bitwise_not() const { static const Operator op("bitwise_not"); return op({*this}); }
inline Tensor Tensor::bitwise_not_() const { static const Operator op("bitwise_not"); return op({*this}, 1); }
inline Tensor Tensor::bitwise_or(const Tensor& other) const { static const Operator op("bitwise_or.Tensor"); return op({*this, other}); }
inline Tensor Tensor::bitwise_or_(const Tensor& other) const { static const Operator op("bitwise_or.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::bitwise_right_shift(const Tensor& other) const { static const Operator op("bitwise_right_shift.Tensor"); return op({*this, other}); }
inline Tensor Tensor::bitwise_right_shift_(const Tensor& other) const { static const Operator op("bitwise_right_shift.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::bitwise_xor(const Tensor& other) const { static const Operator op("bitwise_xor.Tensor"); return op({*this, other}); }
inline Tensor Tensor::bitwise_xor_(const Tensor& other) const { static const Operator op("bitwise_xor.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::bmm(const Tensor& mat2) const { static const Operator op("bmm"); return op({*this, mat2}); }
inline Tensor Tensor::broadcast_to(const IntList& size) const { static const Operator op("broadcast_to"); return op({*this, size}); }
inline Tensor Tensor::cauchy_(double median, double sigma) const { static const Operator op("cauchy_"); return op({*this, median, sigma}); }
inline Tensor Tensor::ceil() const { static const Operator op("ceil"); return op({*this}); }
inline Tensor Tensor::ceil_() const { static const Operator op("ceil"); return op({*this}, 1); }
inline Tensor Tensor::celu(const Scalar& alpha) const { static const Operator op("celu"); return op({*this, alpha}); }
inline Tensor Tensor::celu_(const Scalar& alpha) const { static const Operator op("celu"); return op({*this, alpha}, 1); }
inline Tensor Tensor::cholesky(bool upper) const { static const Operator op("cholesky"); return op({*this, upper}); }
inline Tensor Tensor::cholesky_inverse(bool upper) const { static const Operator op("cholesky_inverse"); return op({*this, upper}); }
inline Tensor Tensor::cholesky_solve(const Tensor& input2, bool upper) const { static const Operator op("cholesky_solve"); return op({*this, input2, upper}); }
inline std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const { static const Operator op("chunk"); return op({*this, chunks, dim}); }
inline Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const { static const Operator op("clamp"); return op({*this, min, max}); }
inline Tensor Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const { static const Operator op("clamp"); return op({*this, min, max}, 1); }
inline Tensor Tensor::clamp_max(const Tensor& max) const { static const Operator op("clamp_max"); return op({*this, max}); }
inline Tensor Tensor::clamp_max_(const Tensor& max) const { static const Operator op("clamp_max"); return op({*this, max}, 1); }
inline Tensor Tensor::clamp_min(const Tensor& min) const { static const Operator op("clamp_min"); return op({*this, min}); }
inline Tensor Tensor::clamp_min_(const Tensor& min) const { static const Operator op("clamp_min"); return op({*this, min}, 1); }
inline Tensor Tensor::clip(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const { static const Operator op("clip"); return op({*this, min, max}); }
inline Tensor Tensor::clip_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const { static const Operator op("clip"); return op({*this, min, max}, 1); }
inline Tensor Tensor::clone(const std::optional<MemoryFormat>& memory_format) const { static const Operator op("clone"); return op({*this, memory_format}); }
inline Tensor Tensor::coalesce() const { static const Operator op("coalesce"); return op({*this}); }
inline Tensor Tensor::conj() const { static const Operator op("conj"); return op({*this}); }
inline Tensor Tensor::conj_physical() const { static const Operator op("conj_physical"); return op({*this}); }
inline Tensor Tensor::conj_physical_() const { static const Operator op("conj_physical"); return op({*this}, 1); }
inline Tensor Tensor::contiguous(MemoryFormat memory_format) const { static const Operator op("contiguous"); return op({*this, memory_format}); }
inline Tensor Tensor::copy_(const Tensor& src, bool non_blocking) const { static const Operator op("copy_"); return op({*this, src, non_blocking}); }
inline Tensor Tensor::copysign(const Tensor& other) const { static const Operator op("copysign.Tensor"); return op({*this, other}); }
inline Tensor Tensor::copysign_(const Tensor& other) const { static const Operator op("copysign.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::corrcoef() const { static const Operator op("corrcoef"); return op({*this}); }
inline Tensor Tensor::cos() const { static const Operator op("cos"); return op({*this}); }
inline Tensor Tensor::cos_() const { static const Operator op("cos"); return op({*this}, 1); }
inline Tensor Tensor::cosh() const { static const Operator op("cosh"); return op({*this}); }
inline Tensor Tensor::cosh_() const { static const Operator op("cosh"); return op({*this}, 1); }
inline Tensor Tensor::count_nonzero(const std::optional<int64_t>& dim) const { static const Operator op("count_nonzero"); return op({*this, dim}); }
inline Tensor Tensor::count_nonzero(const IntList& dim) const { static const Operator op("count_nonzero.dim_IntList"); return op({*this, dim}); }
inline Tensor Tensor::cov(int64_t correction, const Tensor& fweights, const Tensor& aweights) const { static const Operator op("cov"); return op({*this, correction, fweights, aweights}); }
inline Tensor Tensor::cross(const Tensor& other, const std::optional<int64_t>& dim) const { static const Operator op("cross"); return op({*this, other, dim}); }
inline std::tuple<Tensor, Tensor> Tensor::cummax(int64_t dim) const { static const Operator op("cummax"); auto all = op.all({*this, dim}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> Tensor::cummin(int64_t dim) const { static const Operator op("cummin"); auto all = op.all({*this, dim}); return {all[0], all[1]}; }
inline Tensor Tensor::cumprod(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("cumprod"); return op({*this, dim, dtype}); }
inline Tensor Tensor::cumprod_(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("cumprod"); return op({*this, dim, dtype}, 1); }
inline Tensor Tensor::cumsum(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("cumsum"); return op({*this, dim, dtype}); }
inline Tensor Tensor::cumsum_(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("cumsum"); return op({*this, dim, dtype}, 1); }
inline Tensor Tensor::deg2rad() const { static const Operator op("deg2rad"); return op({*this}); }
inline Tensor Tensor::deg2rad_() const { static const Operator op("deg2rad"); return op({*this}, 1); }
inline int64_t Tensor::dense_dim() const { static const Operator op("dense_dim"); return op({*this}); }
inline Tensor Tensor::det() const { static const Operator op("det"); return op({*this}); }
inline Tensor Tensor::detach() const { static const Operator op("detach"); return op({*this}); }
inline Tensor Tensor::diag(int64_t diagonal) const { static const Operator op("diag"); return op({*this, diagonal}); }
inline Tensor Tensor::diag_embed(int64_t offset, int64_t dim1, int64_t dim2) const { static const Operator op("diag_embed"); return op({*this, offset, dim1, dim2}); }
inline Tensor Tensor::diagflat(int64_t offset) const { static const Operator op("diagflat"); return op({*this, offset}); }
inline Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const { static const Operator op("diagonal"); return op({*this, offset, dim1, dim2}); }
inline Tensor Tensor::diagonal_scatter(const Tensor& src, int64_t offset, int64_t dim1, int64_t dim2) const { static const Operator op("diagonal_scatter"); return op({*this, src, offset, dim1, dim2}); }
inline Tensor Tensor::diff(int64_t n, int64_t dim, const Tensor& prepend, const Tensor& append) const { static const Operator op("diff"); return op({*this, n, dim, prepend, append}); }
inline Tensor Tensor::digamma() const { static const Operator op("digamma"); return op({*this}); }
inline Tensor Tensor::digamma_() const { static const Operator op("digamma"); return op({*this}, 1); }
inline Tensor Tensor::dist(const Tensor& other, const Scalar& p) const { static const Operator op("dist"); return op({*this, other, p}); }
inline Tensor Tensor::div(const Tensor& other) const { static const Operator op("div.Tensor"); return op({*this, other}); }
inline Tensor Tensor::div_(const Tensor& other) const { static const Operator op("div.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::div(const Tensor& other, const std::optional<std::string>& rounding_mode) const { static const Operator op("div.Tensor_mode"); return op({*this, other, rounding_mode}); }
inline Tensor Tensor::div_(const Tensor& other, const std::optional<std::string>& rounding_mode) const { static const Operator op("div.Tensor_mode"); return op({*this, other, rounding_mode}, 1); }
inline Tensor Tensor::divide(const Tensor& other) const { static const Operator op("divide.Tensor"); return op({*this, other}); }
inline Tensor Tensor::divide_(const Tensor& other) const { static const Operator op("divide.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::divide(const Tensor& other, const std::optional<std::string>& rounding_mode) const { static const Operator op("divide.Tensor_mode"); return op({*this, other, rounding_mode}); }
inline Tensor Tensor::divide_(const Tensor& other, const std::optional<std::string>& rounding_mode) const { static const Operator op("divide.Tensor_mode"); return op({*this, other, rounding_mode}, 1); }
inline Tensor Tensor::dot(const Tensor& tensor) const { static const Operator op("dot"); return op({*this, tensor}); }
inline std::vector<Tensor> Tensor::dsplit(const IntList& indices) const { static const Operator op("dsplit.array"); return op({*this, indices}); }
inline std::vector<Tensor> Tensor::dsplit(int64_t sections) const { static const Operator op("dsplit.int"); return op({*this, sections}); }
inline Tensor Tensor::eq(const Tensor& other) const { static const Operator op("eq.Tensor"); return op({*this, other}); }
inline Tensor Tensor::eq_(const Tensor& other) const { static const Operator op("eq.Tensor"); return op({*this, other}, 1); }
inline bool Tensor::equal(const Tensor& other) const { static const Operator op("equal"); return op({*this, other}); }
inline Tensor Tensor::erf() const { static const Operator op("erf"); return op({*this}); }
inline Tensor Tensor::erf_() const { static const Operator op("erf"); return op({*this}, 1); }
inline Tensor Tensor::erfc() const { static const Operator op("erfc"); return op({*this}); }
inline Tensor Tensor::erfc_() const { static const Operator op("erfc"); return op({*this}, 1); }
inline Tensor Tensor::erfinv() const { static const Operator op("erfinv"); return op({*this}); }
inline Tensor Tensor::erfinv_() const { static const Operator op("erfinv"); return op({*this}, 1); }
inline Tensor Tensor::exp() const { static const Operator op("exp"); return op({*this}); }
inline Tensor Tensor::exp_() const { static const Operator op("exp"); return op({*this}, 1); }
inline Tensor Tensor::exp2() const { static const Operator op("exp2"); return op({*this}); }
inline Tensor Tensor::exp2_() const { static const Operator op("exp2"); return op({*this}, 1); }
inline Tensor Tensor::expand(const IntList& size, bool implicit) const { static const Operator op("expand"); return op({*this, size, implicit}); }
inline Tensor Tensor::expand_as(const Tensor& other) const { static const Operator op("expand_as"); return op({*this, other}); }
inline Tensor Tensor::expm1() const { static const Operator op("expm1"); return op({*this}); }
inline Tensor Tensor::expm1_() const { static const Operator op("expm1"); return op({*this}, 1); }
inline Tensor Tensor::exponential_(double lambd) const { static const Operator op("exponential_"); return op({*this, lambd}); }
inline Tensor Tensor::fill_(const Scalar& value) const { static const Operator op("fill_.Scalar"); return op({*this, value}); }
inline Tensor Tensor::fill_(const Tensor& value) const { static const Operator op("fill_.Tensor"); return op({*this, value}); }
inline Tensor Tensor::fix() const { static const Operator op("fix"); return op({*this}); }
inline Tensor Tensor::fix_() const { static const Operator op("fix"); return op({*this}, 1); }
inline Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const { static const Operator op("flatten.using_ints"); return op({*this, start_dim, end_dim}); }
inline Tensor Tensor::flip(const IntList& dims) const { static const Operator op("flip"); return op({*this, dims}); }
inline Tensor Tensor::fliplr() const { static const Operator op("fliplr"); return op({*this}); }
inline Tensor Tensor::flipud() const { static const Operator op("flipud"); return op({*this}); }
inline Tensor Tensor::float_power(const Tensor& exponent) const { static const Operator op("float_power.Tensor_Tensor"); return op({*this, exponent}); }
inline Tensor Tensor::float_power_(const Tensor& exponent) const { static const Operator op("float_power.Tensor_Tensor"); return op({*this, exponent}, 1); }
inline Tensor Tensor::floor() const { static const Operator op("floor"); return op({*this}); }
inline Tensor Tensor::floor_() const { static const Operator op("floor"); return op({*this}, 1); }
inline Tensor Tensor::floor_divide(const Tensor& other) const { static const Operator op("floor_divide"); return op({*this, other}); }
inline Tensor Tensor::floor_divide_(const Tensor& other) const { static const Operator op("floor_divide"); return op({*this, other}, 1); }
inline Tensor Tensor::fmax(const Tensor& other) const { static const Operator op("fmax"); return op({*this, other}); }
inline Tensor Tensor::fmin(const Tensor& other) const { static const Operator op("fmin"); return op({*this, other}); }
inline Tensor Tensor::fmod(const Tensor& other) const { static const Operator op("fmod.Tensor"); return op({*this, other}); }
inline Tensor Tensor::fmod_(const Tensor& other) const { static const Operator op("fmod.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::frac() const { static const Operator op("frac"); return op({*this}); }
inline Tensor Tensor::frac_() const { static const Operator op("frac"); return op({*this}, 1); }
inline std::tuple<Tensor, Tensor> Tensor::frexp() const { static const Operator op("frexp.Tensor"); auto all = op.all({*this}); return {all[0], all[1]}; }
inline Tensor Tensor::gather(int64_t dim, const Tensor& index, bool sparse_grad) const { static const Operator op("gather"); return op({*this, dim, index, sparse_grad}); }
inline Tensor Tensor::gcd(const Tensor& other) const { static const Operator op("gcd"); return op({*this, other}); }
inline Tensor Tensor::gcd_(const Tensor& other) const { static const Operator op("gcd"); return op({*this, other}, 1); }
inline Tensor Tensor::ge(const Tensor& other) const { static const Operator op("ge.Tensor"); return op({*this, other}); }
inline Tensor Tensor::ge_(const Tensor& other) const { static const Operator op("ge.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::geometric_(double p) const { static const Operator op("geometric_"); return op({*this, p}); }
inline std::tuple<Tensor, Tensor> Tensor::geqrf() const { static const Operator op("geqrf"); auto all = op.all({*this}); return {all[0], all[1]}; }
inline Tensor Tensor::ger(const Tensor& vec2) const { static const Operator op("ger"); return op({*this, vec2}); }
inline Tensor Tensor::greater(const Tensor& other) const { static const Operator op("greater.Tensor"); return op({*this, other}); }
inline Tensor Tensor::greater_(const Tensor& other) const { static const Operator op("greater.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::greater_equal(const Tensor& other) const { static const Operator op("greater_equal.Tensor"); return op({*this, other}); }
inline Tensor Tensor::greater_equal_(const Tensor& other) const { static const Operator op("greater_equal.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::gt(const Tensor& other) const { static const Operator op("gt.Tensor"); return op({*this, other}); }
inline Tensor Tensor::gt_(const Tensor& other) const { static const Operator op("gt.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::hardshrink(const Scalar& lambd) const { static const Operator op("hardshrink"); return op({*this, lambd}); }
inline Tensor Tensor::hash_tensor(const IntList& dim, bool keepdim, int64_t mode) const { static const Operator op("hash_tensor"); return op({*this, dim, keepdim, mode}); }
inline Tensor Tensor::heaviside(const Tensor& values) const { static const Operator op("heaviside"); return op({*this, values}); }
inline Tensor Tensor::heaviside_(const Tensor& values) const { static const Operator op("heaviside"); return op({*this, values}, 1); }
inline Tensor Tensor::histc(int64_t bins, const Scalar& min, const Scalar& max) const { static const Operator op("histc"); return op({*this, bins, min, max}); }
inline std::tuple<Tensor, Tensor> Tensor::histogram(int64_t bins, const std::optional<std::vector<double>>& range, const Tensor& weight, bool density) const { static const Operator op("histogram.bin_ct"); auto all = op.all({*this, bins, range, weight, density}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> Tensor::histogram(const Tensor& bins, const Tensor& weight, bool density) const { static const Operator op("histogram.bins_tensor"); auto all = op.all({*this, bins, weight, density}); return {all[0], all[1]}; }
inline std::vector<Tensor> Tensor::hsplit(const IntList& indices) const { static const Operator op("hsplit.array"); return op({*this, indices}); }
inline std::vector<Tensor> Tensor::hsplit(int64_t sections) const { static const Operator op("hsplit.int"); return op({*this, sections}); }
inline Tensor Tensor::hypot(const Tensor& other) const { static const Operator op("hypot"); return op({*this, other}); }
inline Tensor Tensor::hypot_(const Tensor& other) const { static const Operator op("hypot"); return op({*this, other}, 1); }
inline Tensor Tensor::i0() const { static const Operator op("i0"); return op({*this}); }
inline Tensor Tensor::i0_() const { static const Operator op("i0"); return op({*this}, 1); }
inline Tensor Tensor::igamma(const Tensor& other) const { static const Operator op("igamma"); return op({*this, other}); }
inline Tensor Tensor::igamma_(const Tensor& other) const { static const Operator op("igamma"); return op({*this, other}, 1); }
inline Tensor Tensor::igammac(const Tensor& other) const { static const Operator op("igammac"); return op({*this, other}); }
inline Tensor Tensor::igammac_(const Tensor& other) const { static const Operator op("igammac"); return op({*this, other}, 1); }
inline Tensor Tensor::index_add(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const { static const Operator op("index_add"); return op({*this, dim, index, source, alpha}); }
inline Tensor Tensor::index_add_(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const { static const Operator op("index_add"); return op({*this, dim, index, source, alpha}, 1); }
inline Tensor Tensor::index_copy(int64_t dim, const Tensor& index, const Tensor& source) const { static const Operator op("index_copy"); return op({*this, dim, index, source}); }
inline Tensor Tensor::index_copy_(int64_t dim, const Tensor& index, const Tensor& source) const { static const Operator op("index_copy"); return op({*this, dim, index, source}, 1); }
inline Tensor Tensor::index_fill(int64_t dim, const Tensor& index, const Scalar& value) const { static const Operator op("index_fill.int_Scalar"); return op({*this, dim, index, value}); }
inline Tensor Tensor::index_fill_(int64_t dim, const Tensor& index, const Scalar& value) const { static const Operator op("index_fill.int_Scalar"); return op({*this, dim, index, value}, 1); }
inline Tensor Tensor::index_fill(int64_t dim, const Tensor& index, const Tensor& value) const { static const Operator op("index_fill.int_Tensor"); return op({*this, dim, index, value}); }
inline Tensor Tensor::index_fill_(int64_t dim, const Tensor& index, const Tensor& value) const { static const Operator op("index_fill.int_Tensor"); return op({*this, dim, index, value}, 1); }
inline Tensor Tensor::index_reduce(int64_t dim, const Tensor& index, const Tensor& source, std::string reduce, bool include_self) const { static const Operator op("index_reduce"); return op({*this, dim, index, source, reduce, include_self}); }
inline Tensor Tensor::index_reduce_(int64_t dim, const Tensor& index, const Tensor& source, std::string reduce, bool include_self) const { static const Operator op("index_reduce"); return op({*this, dim, index, source, reduce, include_self}, 1); }
inline Tensor Tensor::index_select(int64_t dim, const Tensor& index) const { static const Operator op("index_select"); return op({*this, dim, index}); }
inline Tensor Tensor::indices() const { static const Operator op("indices"); return op({*this}); }
inline Tensor Tensor::inner(const Tensor& other) const { static const Operator op("inner"); return op({*this, other}); }
inline Tensor Tensor::inverse() const { static const Operator op("inverse"); return op({*this}); }
inline bool Tensor::is_coalesced() const { static const Operator op("is_coalesced"); return op({*this}); }
inline bool Tensor::is_same_size(const Tensor& other) const { static const Operator op("is_same_size"); return op({*this, other}); }
inline Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const { static const Operator op("isclose"); return op({*this, other, rtol, atol, equal_nan}); }
inline Tensor Tensor::isfinite() const { static const Operator op("isfinite"); return op({*this}); }
inline Tensor Tensor::isinf() const { static const Operator op("isinf"); return op({*this}); }
inline Tensor Tensor::isnan() const { static const Operator op("isnan"); return op({*this}); }
inline Tensor Tensor::isneginf() const { static const Operator op("isneginf"); return op({*this}); }
inline Tensor Tensor::isposinf() const { static const Operator op("isposinf"); return op({*this}); }
inline Tensor Tensor::isreal() const { static const Operator op("isreal"); return op({*this}); }
inline Tensor Tensor::istft(int64_t n_fft, const std::optional<int64_t>& hop_length, const std::optional<int64_t>& win_length, const Tensor& window, bool center, bool normalized, const std::optional<bool>& onesided, const std::optional<int64_t>& length, bool return_complex) const { static const Operator op("istft"); return op({*this, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex}); }
inline Scalar Tensor::item() const { static const Operator op("item"); return op({*this}); }
inline Tensor Tensor::kron(const Tensor& other) const { static const Operator op("kron"); return op({*this, other}); }
inline std::tuple<Tensor, Tensor> Tensor::kthvalue(int64_t k, int64_t dim, bool keepdim) const { static const Operator op("kthvalue"); auto all = op.all({*this, k, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::lcm(const Tensor& other) const { static const Operator op("lcm"); return op({*this, other}); }
inline Tensor Tensor::lcm_(const Tensor& other) const { static const Operator op("lcm"); return op({*this, other}, 1); }
inline Tensor Tensor::ldexp(const Tensor& other) const { static const Operator op("ldexp.Tensor"); return op({*this, other}); }
inline Tensor Tensor::ldexp_(const Tensor& other) const { static const Operator op("ldexp.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::le(const Tensor& other) const { static const Operator op("le.Tensor"); return op({*this, other}); }
inline Tensor Tensor::le_(const Tensor& other) const { static const Operator op("le.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const { static const Operator op("lerp.Tensor"); return op({*this, end, weight}); }
inline Tensor Tensor::lerp_(const Tensor& end, const Tensor& weight) const { static const Operator op("lerp.Tensor"); return op({*this, end, weight}, 1); }
inline Tensor Tensor::less(const Tensor& other) const { static const Operator op("less.Tensor"); return op({*this, other}); }
inline Tensor Tensor::less_(const Tensor& other) const { static const Operator op("less.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::less_equal(const Tensor& other) const { static const Operator op("less_equal.Tensor"); return op({*this, other}); }
inline Tensor Tensor::less_equal_(const Tensor& other) const { static const Operator op("less_equal.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::lgamma() const { static const Operator op("lgamma"); return op({*this}); }
inline Tensor Tensor::lgamma_() const { static const Operator op("lgamma"); return op({*this}, 1); }
inline Tensor Tensor::log() const { static const Operator op("log"); return op({*this}); }
inline Tensor Tensor::log_() const { static const Operator op("log"); return op({*this}, 1); }
inline Tensor Tensor::log10() const { static const Operator op("log10"); return op({*this}); }
inline Tensor Tensor::log10_() const { static const Operator op("log10"); return op({*this}, 1); }
inline Tensor Tensor::log1p() const { static const Operator op("log1p"); return op({*this}); }
inline Tensor Tensor::log1p_() const { static const Operator op("log1p"); return op({*this}, 1); }
inline Tensor Tensor::log2() const { static const Operator op("log2"); return op({*this}); }
inline Tensor Tensor::log2_() const { static const Operator op("log2"); return op({*this}, 1); }
inline Tensor Tensor::log_normal_(double mean, double std) const { static const Operator op("log_normal_"); return op({*this, mean, std}); }
inline Tensor Tensor::log_softmax(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("log_softmax.int"); return op({*this, dim, dtype}); }
inline Tensor Tensor::logaddexp(const Tensor& other) const { static const Operator op("logaddexp"); return op({*this, other}); }
inline Tensor Tensor::logaddexp2(const Tensor& other) const { static const Operator op("logaddexp2"); return op({*this, other}); }
inline Tensor Tensor::logcumsumexp(int64_t dim) const { static const Operator op("logcumsumexp"); return op({*this, dim}); }
inline Tensor Tensor::logdet() const { static const Operator op("logdet"); return op({*this}); }
inline Tensor Tensor::logical_and(const Tensor& other) const { static const Operator op("logical_and"); return op({*this, other}); }
inline Tensor Tensor::logical_and_(const Tensor& other) const { static const Operator op("logical_and"); return op({*this, other}, 1); }
inline Tensor Tensor::logical_not() const { static const Operator op("logical_not"); return op({*this}); }
inline Tensor Tensor::logical_not_() const { static const Operator op("logical_not"); return op({*this}, 1); }
inline Tensor Tensor::logical_or(const Tensor& other) const { static const Operator op("logical_or"); return op({*this, other}); }
inline Tensor Tensor::logical_or_(const Tensor& other) const { static const Operator op("logical_or"); return op({*this, other}, 1); }
inline Tensor Tensor::logical_xor(const Tensor& other) const { static const Operator op("logical_xor"); return op({*this, other}); }
inline Tensor Tensor::logical_xor_(const Tensor& other) const { static const Operator op("logical_xor"); return op({*this, other}, 1); }
inline Tensor Tensor::logit(const std::optional<double>& eps) const { static const Operator op("logit"); return op({*this, eps}); }
inline Tensor Tensor::logit_(const std::optional<double>& eps) const { static const Operator op("logit"); return op({*this, eps}, 1); }
inline Tensor Tensor::logsumexp(const IntList& dim, bool keepdim) const { static const Operator op("logsumexp"); return op({*this, dim, keepdim}); }
inline Tensor Tensor::lt(const Tensor& other) const { static const Operator op("lt.Tensor"); return op({*this, other}); }
inline Tensor Tensor::lt_(const Tensor& other) const { static const Operator op("lt.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::lu_solve(const Tensor& LU_data, const Tensor& LU_pivots) const { static const Operator op("lu_solve"); return op({*this, LU_data, LU_pivots}); }
inline Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const { static const Operator op("masked_fill.Scalar"); return op({*this, mask, value}); }
inline Tensor Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const { static const Operator op("masked_fill.Scalar"); return op({*this, mask, value}, 1); }
inline Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const { static const Operator op("masked_fill.Tensor"); return op({*this, mask, value}); }
inline Tensor Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const { static const Operator op("masked_fill.Tensor"); return op({*this, mask, value}, 1); }
inline Tensor Tensor::masked_scatter(const Tensor& mask, const Tensor& source) const { static const Operator op("masked_scatter"); return op({*this, mask, source}); }
inline Tensor Tensor::masked_scatter_(const Tensor& mask, const Tensor& source) const { static const Operator op("masked_scatter"); return op({*this, mask, source}, 1); }
inline Tensor Tensor::masked_select(const Tensor& mask) const { static const Operator op("masked_select"); return op({*this, mask}); }
inline Tensor Tensor::matmul(const Tensor& other) const { static const Operator op("matmul"); return op({*this, other}); }
inline Tensor Tensor::matrix_exp() const { static const Operator op("matrix_exp"); return op({*this}); }
inline Tensor Tensor::matrix_power(int64_t n) const { static const Operator op("matrix_power"); return op({*this, n}); }
inline Tensor Tensor::max() const { static const Operator op("max"); return op({*this}); }
inline std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim) const { static const Operator op("max.dim"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::max(const Tensor& other) const { static const Operator op("max.other"); return op({*this, other}); }
inline Tensor Tensor::maximum(const Tensor& other) const { static const Operator op("maximum"); return op({*this, other}); }
inline Tensor Tensor::mean(const std::optional<DType>& dtype) const { static const Operator op("mean"); return op({*this, dtype}); }
inline Tensor Tensor::mean(const std::optional<IntList>& dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("mean.dim"); return op({*this, dim, keepdim, dtype}); }
inline Tensor Tensor::median() const { static const Operator op("median"); return op({*this}); }
inline std::tuple<Tensor, Tensor> Tensor::median(int64_t dim, bool keepdim) const { static const Operator op("median.dim"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::min() const { static const Operator op("min"); return op({*this}); }
inline std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim) const { static const Operator op("min.dim"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::min(const Tensor& other) const { static const Operator op("min.other"); return op({*this, other}); }
inline Tensor Tensor::minimum(const Tensor& other) const { static const Operator op("minimum"); return op({*this, other}); }
inline Tensor Tensor::mm(const Tensor& mat2) const { static const Operator op("mm"); return op({*this, mat2}); }
inline std::tuple<Tensor, Tensor> Tensor::mode(int64_t dim, bool keepdim) const { static const Operator op("mode"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::moveaxis(int64_t source, int64_t destination) const { static const Operator op("moveaxis.int"); return op({*this, source, destination}); }
inline Tensor Tensor::moveaxis(const IntList& source, const IntList& destination) const { static const Operator op("moveaxis.intlist"); return op({*this, source, destination}); }
inline Tensor Tensor::movedim(int64_t source, int64_t destination) const { static const Operator op("movedim.int"); return op({*this, source, destination}); }
inline Tensor Tensor::movedim(const IntList& source, const IntList& destination) const { static const Operator op("movedim.intlist"); return op({*this, source, destination}); }
inline Tensor Tensor::msort() const { static const Operator op("msort"); return op({*this}); }
inline Tensor Tensor::mul(const Tensor& other) const { static const Operator op("mul.Tensor"); return op({*this, other}); }
inline Tensor Tensor::mul_(const Tensor& other) const { static const Operator op("mul.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::multinomial(int64_t num_samples, bool replacement) const { static const Operator op("multinomial"); return op({*this, num_samples, replacement}); }
inline Tensor Tensor::multiply(const Tensor& other) const { static const Operator op("multiply.Tensor"); return op({*this, other}); }
inline Tensor Tensor::multiply_(const Tensor& other) const { static const Operator op("multiply.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::mv(const Tensor& vec) const { static const Operator op("mv"); return op({*this, vec}); }
inline Tensor Tensor::mvlgamma(int64_t p) const { static const Operator op("mvlgamma"); return op({*this, p}); }
inline Tensor Tensor::mvlgamma_(int64_t p) const { static const Operator op("mvlgamma"); return op({*this, p}, 1); }
inline Tensor Tensor::nan_to_num(const std::optional<double>& nan, const std::optional<double>& posinf, const std::optional<double>& neginf) const { static const Operator op("nan_to_num"); return op({*this, nan, posinf, neginf}); }
inline Tensor Tensor::nan_to_num_(const std::optional<double>& nan, const std::optional<double>& posinf, const std::optional<double>& neginf) const { static const Operator op("nan_to_num"); return op({*this, nan, posinf, neginf}, 1); }
inline Tensor Tensor::nanmean(const std::optional<IntList>& dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("nanmean"); return op({*this, dim, keepdim, dtype}); }
inline Tensor Tensor::nanmedian() const { static const Operator op("nanmedian"); return op({*this}); }
inline std::tuple<Tensor, Tensor> Tensor::nanmedian(int64_t dim, bool keepdim) const { static const Operator op("nanmedian.dim"); auto all = op.all({*this, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor Tensor::nanquantile(const Tensor& q, const std::optional<int64_t>& dim, bool keepdim, std::string interpolation) const { static const Operator op("nanquantile"); return op({*this, q, dim, keepdim, interpolation}); }
inline Tensor Tensor::nanquantile(double q, const std::optional<int64_t>& dim, bool keepdim, std::string interpolation) const { static const Operator op("nanquantile.scalar"); return op({*this, q, dim, keepdim, interpolation}); }
inline Tensor Tensor::nansum(const std::optional<IntList>& dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("nansum"); return op({*this, dim, keepdim, dtype}); }
inline Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const { static const Operator op("narrow"); return op({*this, dim, start, length}); }
inline Tensor Tensor::narrow(int64_t dim, const Tensor& start, int64_t length) const { static const Operator op("narrow.Tensor"); return op({*this, dim, start, length}); }
inline Tensor Tensor::narrow_copy(int64_t dim, int64_t start, int64_t length) const { static const Operator op("narrow_copy"); return op({*this, dim, start, length}); }
inline Tensor Tensor::ne(const Tensor& other) const { static const Operator op("ne.Tensor"); return op({*this, other}); }
inline Tensor Tensor::ne_(const Tensor& other) const { static const Operator op("ne.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::neg() const { static const Operator op("neg"); return op({*this}); }
inline Tensor Tensor::neg_() const { static const Operator op("neg"); return op({*this}, 1); }
inline Tensor Tensor::negative() const { static const Operator op("negative"); return op({*this}); }
inline Tensor Tensor::negative_() const { static const Operator op("negative"); return op({*this}, 1); }
inline Tensor Tensor::new_empty(const IntList& size, const std::optional<DType>& dtype, const std::optional<Device>& device, const std::optional<bool>& pin_memory) const { static const Operator op("new_empty"); return op({*this, size, dtype, Argument(), device, pin_memory}); }
inline Tensor Tensor::new_empty_strided(const IntList& size, const IntList& stride, const std::optional<DType>& dtype, const std::optional<Device>& device, const std::optional<bool>& pin_memory) const { static const Operator op("new_empty_strided"); return op({*this, size, stride, dtype, Argument(), device, pin_memory}); }
inline Tensor Tensor::new_full(const IntList& size, const Scalar& fill_value, const std::optional<DType>& dtype, const std::optional<Device>& device, const std::optional<bool>& pin_memory) const { static const Operator op("new_full"); return op({*this, size, fill_value, dtype, Argument(), device, pin_memory}); }
inline Tensor Tensor::new_ones(const IntList& size, const std::optional<DType>& dtype, const std::optional<Device>& device, const std::optional<bool>& pin_memory) const { static const Operator op("new_ones"); return op({*this, size, dtype, Argument(), device, pin_memory}); }
inline Tensor Tensor::new_zeros(const IntList& size, const std::optional<DType>& dtype, const std::optional<Device>& device, const std::optional<bool>& pin_memory) const { static const Operator op("new_zeros"); return op({*this, size, dtype, Argument(), device, pin_memory}); }
inline Tensor Tensor::nextafter(const Tensor& other) const { static const Operator op("nextafter"); return op({*this, other}); }
inline Tensor Tensor::nextafter_(const Tensor& other) const { static const Operator op("nextafter"); return op({*this, other}, 1); }
inline Tensor Tensor::nonzero() const { static const Operator op("nonzero"); return op({*this}); }
inline Tensor Tensor::nonzero_static(int64_t size, int64_t fill_value) const { static const Operator op("nonzero_static"); return op({*this, size, fill_value}); }
inline Tensor Tensor::norm(const Scalar& p) const { static const Operator op("norm.Scalar"); return op({*this, p}); }
inline Tensor Tensor::norm(const std::optional<Scalar>& p, const IntList& dim, bool keepdim) const { static const Operator op("norm.ScalarOpt_dim"); return op({*this, p, dim, keepdim}); }
inline Tensor Tensor::norm(const std::optional<Scalar>& p, const IntList& dim, bool keepdim, DType dtype) const { static const Operator op("norm.ScalarOpt_dim_dtype"); return op({*this, p, dim, keepdim, dtype}); }
inline Tensor Tensor::norm(const std::optional<Scalar>& p, DType dtype) const { static const Operator op("norm.ScalarOpt_dtype"); return op({*this, p, dtype}); }
inline Tensor Tensor::norm(const std::optional<Scalar>& p, const std::optional<IntList>& dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("norm.number"); return op({*this, p, dim, keepdim, dtype}); }
inline Tensor Tensor::normal_(double mean, double std) const { static const Operator op("normal_"); return op({*this, mean, std}); }
inline Tensor Tensor::not_equal(const Tensor& other) const { static const Operator op("not_equal.Tensor"); return op({*this, other}); }
inline Tensor Tensor::not_equal_(const Tensor& other) const { static const Operator op("not_equal.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::orgqr(const Tensor& input2) const { static const Operator op("orgqr"); return op({*this, input2}); }
inline Tensor Tensor::ormqr(const Tensor& input2, const Tensor& input3, bool left, bool transpose) const { static const Operator op("ormqr"); return op({*this, input2, input3, left, transpose}); }
inline Tensor Tensor::outer(const Tensor& vec2) const { static const Operator op("outer"); return op({*this, vec2}); }
inline Tensor Tensor::permute(const IntList& dims) const { static const Operator op("permute"); return op({*this, dims}); }
inline Tensor Tensor::pinverse(double rcond) const { static const Operator op("pinverse"); return op({*this, rcond}); }
inline Tensor Tensor::positive() const { static const Operator op("positive"); return op({*this}); }
inline Tensor Tensor::pow(const Tensor& exponent) const { static const Operator op("pow.Tensor_Tensor"); return op({*this, exponent}); }
inline Tensor Tensor::pow_(const Tensor& exponent) const { static const Operator op("pow.Tensor_Tensor"); return op({*this, exponent}, 1); }
inline Tensor Tensor::prelu(const Tensor& weight) const { static const Operator op("prelu"); return op({*this, weight}); }
inline Tensor Tensor::prod(const std::optional<DType>& dtype) const { static const Operator op("prod"); return op({*this, dtype}); }
inline Tensor Tensor::prod(int64_t dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("prod.dim_int"); return op({*this, dim, keepdim, dtype}); }
inline Tensor Tensor::put(const Tensor& index, const Tensor& source, bool accumulate) const { static const Operator op("put"); return op({*this, index, source, accumulate}); }
inline Tensor Tensor::put_(const Tensor& index, const Tensor& source, bool accumulate) const { static const Operator op("put"); return op({*this, index, source, accumulate}, 1); }
inline std::tuple<Tensor, Tensor> Tensor::qr(bool some) const { static const Operator op("qr"); auto all = op.all({*this, some}); return {all[0], all[1]}; }
inline Tensor Tensor::quantile(const Tensor& q, const std::optional<int64_t>& dim, bool keepdim, std::string interpolation) const { static const Operator op("quantile"); return op({*this, q, dim, keepdim, interpolation}); }
inline Tensor Tensor::quantile(double q, const std::optional<int64_t>& dim, bool keepdim, std::string interpolation) const { static const Operator op("quantile.scalar"); return op({*this, q, dim, keepdim, interpolation}); }
inline Tensor Tensor::rad2deg() const { static const Operator op("rad2deg"); return op({*this}); }
inline Tensor Tensor::rad2deg_() const { static const Operator op("rad2deg"); return op({*this}, 1); }
inline Tensor Tensor::random_() const { static const Operator op("random_"); return op({*this}); }
inline Tensor Tensor::random_(int64_t from, const std::optional<int64_t>& to) const { static const Operator op("random_.from"); return op({*this, from, to}); }
inline Tensor Tensor::random_(int64_t to) const { static const Operator op("random_.to"); return op({*this, to}); }
inline Tensor Tensor::ravel() const { static const Operator op("ravel"); return op({*this}); }
inline Tensor Tensor::reciprocal() const { static const Operator op("reciprocal"); return op({*this}); }
inline Tensor Tensor::reciprocal_() const { static const Operator op("reciprocal"); return op({*this}, 1); }
inline Tensor Tensor::relu() const { static const Operator op("relu"); return op({*this}); }
inline Tensor Tensor::relu_() const { static const Operator op("relu"); return op({*this}, 1); }
inline Tensor Tensor::remainder(const Tensor& other) const { static const Operator op("remainder.Tensor"); return op({*this, other}); }
inline Tensor Tensor::remainder_(const Tensor& other) const { static const Operator op("remainder.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::renorm(const Scalar& p, int64_t dim, const Scalar& maxnorm) const { static const Operator op("renorm"); return op({*this, p, dim, maxnorm}); }
inline Tensor Tensor::renorm_(const Scalar& p, int64_t dim, const Scalar& maxnorm) const { static const Operator op("renorm"); return op({*this, p, dim, maxnorm}, 1); }
inline Tensor Tensor::repeat(const IntList& repeats) const { static const Operator op("repeat"); return op({*this, repeats}); }
inline Tensor Tensor::repeat_interleave(const Tensor& repeats, const std::optional<int64_t>& dim, const std::optional<int64_t>& output_size) const { static const Operator op("repeat_interleave.self_Tensor"); return op({*this, repeats, dim, output_size}); }
inline Tensor Tensor::repeat_interleave(int64_t repeats, const std::optional<int64_t>& dim, const std::optional<int64_t>& output_size) const { static const Operator op("repeat_interleave.self_int"); return op({*this, repeats, dim, output_size}); }
inline Tensor Tensor::reshape(const IntList& shape) const { static const Operator op("reshape"); return op({*this, shape}); }
inline Tensor Tensor::reshape_as(const Tensor& other) const { static const Operator op("reshape_as"); return op({*this, other}); }
inline Tensor Tensor::resize_(const IntList& size, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("resize_"); return op({*this, size, memory_format}); }
inline Tensor Tensor::resize_as_(const Tensor& the_template, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("resize_as_"); return op({*this, the_template, memory_format}); }
inline Tensor Tensor::resolve_conj() const { static const Operator op("resolve_conj"); return op({*this}); }
inline Tensor Tensor::resolve_neg() const { static const Operator op("resolve_neg"); return op({*this}); }
inline Tensor Tensor::roll(const IntList& shifts, const IntList& dims) const { static const Operator op("roll"); return op({*this, shifts, dims}); }
inline Tensor Tensor::rot90(int64_t k, const IntList& dims) const { static const Operator op("rot90"); return op({*this, k, dims}); }
inline Tensor Tensor::round() const { static const Operator op("round"); return op({*this}); }
inline Tensor Tensor::round_() const { static const Operator op("round"); return op({*this}, 1); }
inline Tensor Tensor::round(int64_t decimals) const { static const Operator op("round.decimals"); return op({*this, decimals}); }
inline Tensor Tensor::round_(int64_t decimals) const { static const Operator op("round.decimals"); return op({*this, decimals}, 1); }
inline Tensor Tensor::rsqrt() const { static const Operator op("rsqrt"); return op({*this}); }
inline Tensor Tensor::rsqrt_() const { static const Operator op("rsqrt"); return op({*this}, 1); }
inline Tensor Tensor::rsub(const Tensor& other, const Scalar& alpha) const { static const Operator op("rsub.Tensor"); return op({*this, other, alpha}); }
inline Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src, std::string reduce) const { static const Operator op("scatter.reduce"); return op({*this, dim, index, src, reduce}); }
inline Tensor Tensor::scatter_(int64_t dim, const Tensor& index, const Tensor& src, std::string reduce) const { static const Operator op("scatter.reduce"); return op({*this, dim, index, src, reduce}, 1); }
inline Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src) const { static const Operator op("scatter.src"); return op({*this, dim, index, src}); }
inline Tensor Tensor::scatter_(int64_t dim, const Tensor& index, const Tensor& src) const { static const Operator op("scatter.src"); return op({*this, dim, index, src}, 1); }
inline Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value) const { static const Operator op("scatter.value"); return op({*this, dim, index, value}); }
inline Tensor Tensor::scatter_(int64_t dim, const Tensor& index, const Scalar& value) const { static const Operator op("scatter.value"); return op({*this, dim, index, value}, 1); }
inline Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value, std::string reduce) const { static const Operator op("scatter.value_reduce"); return op({*this, dim, index, value, reduce}); }
inline Tensor Tensor::scatter_(int64_t dim, const Tensor& index, const Scalar& value, std::string reduce) const { static const Operator op("scatter.value_reduce"); return op({*this, dim, index, value, reduce}, 1); }
inline Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& src) const { static const Operator op("scatter_add"); return op({*this, dim, index, src}); }
inline Tensor Tensor::scatter_add_(int64_t dim, const Tensor& index, const Tensor& src) const { static const Operator op("scatter_add"); return op({*this, dim, index, src}, 1); }
inline Tensor Tensor::scatter_reduce(int64_t dim, const Tensor& index, const Tensor& src, std::string reduce, bool include_self) const { static const Operator op("scatter_reduce.two"); return op({*this, dim, index, src, reduce, include_self}); }
inline Tensor Tensor::scatter_reduce_(int64_t dim, const Tensor& index, const Tensor& src, std::string reduce, bool include_self) const { static const Operator op("scatter_reduce.two"); return op({*this, dim, index, src, reduce, include_self}, 1); }
inline Tensor Tensor::select(int64_t dim, int64_t index) const { static const Operator op("select.int"); return op({*this, dim, index}); }
inline Tensor Tensor::select_scatter(const Tensor& src, int64_t dim, int64_t index) const { static const Operator op("select_scatter"); return op({*this, src, dim, index}); }
inline Tensor Tensor::selu() const { static const Operator op("selu"); return op({*this}); }
inline Tensor Tensor::selu_() const { static const Operator op("selu"); return op({*this}, 1); }
inline Tensor Tensor::sgn() const { static const Operator op("sgn"); return op({*this}); }
inline Tensor Tensor::sgn_() const { static const Operator op("sgn"); return op({*this}, 1); }
inline Tensor Tensor::sigmoid() const { static const Operator op("sigmoid"); return op({*this}); }
inline Tensor Tensor::sigmoid_() const { static const Operator op("sigmoid"); return op({*this}, 1); }
inline Tensor Tensor::sign() const { static const Operator op("sign"); return op({*this}); }
inline Tensor Tensor::sign_() const { static const Operator op("sign"); return op({*this}, 1); }
inline Tensor Tensor::signbit() const { static const Operator op("signbit"); return op({*this}); }
inline Tensor Tensor::sin() const { static const Operator op("sin"); return op({*this}); }
inline Tensor Tensor::sin_() const { static const Operator op("sin"); return op({*this}, 1); }
inline Tensor Tensor::sinc() const { static const Operator op("sinc"); return op({*this}); }
inline Tensor Tensor::sinc_() const { static const Operator op("sinc"); return op({*this}, 1); }
inline Tensor Tensor::sinh() const { static const Operator op("sinh"); return op({*this}); }
inline Tensor Tensor::sinh_() const { static const Operator op("sinh"); return op({*this}, 1); }
inline Tensor Tensor::slice_scatter(const Tensor& src, int64_t dim, const std::optional<int64_t>& start, const std::optional<int64_t>& end, int64_t step) const { static const Operator op("slice_scatter"); return op({*this, src, dim, start, end, step}); }
inline std::tuple<Tensor, Tensor> Tensor::slogdet() const { static const Operator op("slogdet"); auto all = op.all({*this}); return {all[0], all[1]}; }
inline Tensor Tensor::smm(const Tensor& mat2) const { static const Operator op("smm"); return op({*this, mat2}); }
inline Tensor Tensor::softmax(int64_t dim, const std::optional<DType>& dtype) const { static const Operator op("softmax.int"); return op({*this, dim, dtype}); }
inline std::tuple<Tensor, Tensor> Tensor::sort(int64_t dim, bool descending) const { static const Operator op("sort"); auto all = op.all({*this, dim, descending}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor> Tensor::sort(const std::optional<bool>& stable, int64_t dim, bool descending) const { static const Operator op("sort.stable"); auto all = op.all({*this, stable, dim, descending}); return {all[0], all[1]}; }
inline int64_t Tensor::sparse_dim() const { static const Operator op("sparse_dim"); return op({*this}); }
inline Tensor Tensor::sparse_mask(const Tensor& mask) const { static const Operator op("sparse_mask"); return op({*this, mask}); }
inline Tensor Tensor::sparse_resize_(const IntList& size, int64_t sparse_dim, int64_t dense_dim) const { static const Operator op("sparse_resize_"); return op({*this, size, sparse_dim, dense_dim}); }
inline Tensor Tensor::sparse_resize_and_clear_(const IntList& size, int64_t sparse_dim, int64_t dense_dim) const { static const Operator op("sparse_resize_and_clear_"); return op({*this, size, sparse_dim, dense_dim}); }
inline std::vector<Tensor> Tensor::split(int64_t split_size, int64_t dim) const { static const Operator op("split.Tensor"); return op({*this, split_size, dim}); }
inline std::vector<Tensor> Tensor::split(const IntList& split_size, int64_t dim) const { static const Operator op("split.sizes"); return op({*this, split_size, dim}); }
inline std::vector<Tensor> Tensor::split_with_sizes(const IntList& split_sizes, int64_t dim) const { static const Operator op("split_with_sizes"); return op({*this, split_sizes, dim}); }
inline Tensor Tensor::sqrt() const { static const Operator op("sqrt"); return op({*this}); }
inline Tensor Tensor::sqrt_() const { static const Operator op("sqrt"); return op({*this}, 1); }
inline Tensor Tensor::square() const { static const Operator op("square"); return op({*this}); }
inline Tensor Tensor::square_() const { static const Operator op("square"); return op({*this}, 1); }
inline Tensor Tensor::squeeze() const { static const Operator op("squeeze"); return op({*this}); }
inline Tensor Tensor::squeeze_() const { static const Operator op("squeeze"); return op({*this}, 1); }
inline Tensor Tensor::squeeze(int64_t dim) const { static const Operator op("squeeze.dim"); return op({*this, dim}); }
inline Tensor Tensor::squeeze_(int64_t dim) const { static const Operator op("squeeze.dim"); return op({*this, dim}, 1); }
inline Tensor Tensor::squeeze(const IntList& dim) const { static const Operator op("squeeze.dims"); return op({*this, dim}); }
inline Tensor Tensor::squeeze_(const IntList& dim) const { static const Operator op("squeeze.dims"); return op({*this, dim}, 1); }
inline Tensor Tensor::sspaddmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const { static const Operator op("sspaddmm"); return op({*this, mat1, mat2, beta, alpha}); }
inline Tensor Tensor::std(bool unbiased) const { static const Operator op("std"); return op({*this, unbiased}); }
inline Tensor Tensor::std(const std::optional<IntList>& dim, bool unbiased, bool keepdim) const { static const Operator op("std.dim"); return op({*this, dim, unbiased, keepdim}); }
inline Tensor Tensor::stft(int64_t n_fft, const std::optional<int64_t>& hop_length, const std::optional<int64_t>& win_length, const Tensor& window, bool center, std::string pad_mode, bool normalized, const std::optional<bool>& onesided, const std::optional<bool>& return_complex, const std::optional<bool>& align_to_window) const { static const Operator op("stft.center"); return op({*this, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex, align_to_window}); }
inline Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const { static const Operator op("sub.Tensor"); return op({*this, other, alpha}); }
inline Tensor Tensor::sub_(const Tensor& other, const Scalar& alpha) const { static const Operator op("sub.Tensor"); return op({*this, other, alpha}, 1); }
inline Tensor Tensor::subtract(const Tensor& other, const Scalar& alpha) const { static const Operator op("subtract.Tensor"); return op({*this, other, alpha}); }
inline Tensor Tensor::subtract_(const Tensor& other, const Scalar& alpha) const { static const Operator op("subtract.Tensor"); return op({*this, other, alpha}, 1); }
inline Tensor Tensor::sum(const std::optional<DType>& dtype) const { static const Operator op("sum"); return op({*this, dtype}); }
inline Tensor Tensor::sum(const std::optional<IntList>& dim, bool keepdim, const std::optional<DType>& dtype) const { static const Operator op("sum.dim_IntList"); return op({*this, dim, keepdim, dtype}); }
inline Tensor Tensor::sum_to_size(const IntList& size) const { static const Operator op("sum_to_size"); return op({*this, size}); }
inline std::tuple<Tensor, Tensor, Tensor> Tensor::svd(bool some, bool compute_uv) const { static const Operator op("svd"); auto all = op.all({*this, some, compute_uv}); return {all[0], all[1], all[2]}; }
inline Tensor Tensor::swapaxes(int64_t axis0, int64_t axis1) const { static const Operator op("swapaxes"); return op({*this, axis0, axis1}); }
inline Tensor Tensor::swapaxes_(int64_t axis0, int64_t axis1) const { static const Operator op("swapaxes"); return op({*this, axis0, axis1}, 1); }
inline Tensor Tensor::swapdims(int64_t dim0, int64_t dim1) const { static const Operator op("swapdims"); return op({*this, dim0, dim1}); }
inline Tensor Tensor::swapdims_(int64_t dim0, int64_t dim1) const { static const Operator op("swapdims"); return op({*this, dim0, dim1}, 1); }
inline Tensor Tensor::t() const { static const Operator op("t"); return op({*this}); }
inline Tensor Tensor::t_() const { static const Operator op("t"); return op({*this}, 1); }
inline Tensor Tensor::take(const Tensor& index) const { static const Operator op("take"); return op({*this, index}); }
inline Tensor Tensor::take_along_dim(const Tensor& indices, const std::optional<int64_t>& dim) const { static const Operator op("take_along_dim"); return op({*this, indices, dim}); }
inline Tensor Tensor::tan() const { static const Operator op("tan"); return op({*this}); }
inline Tensor Tensor::tan_() const { static const Operator op("tan"); return op({*this}, 1); }
inline Tensor Tensor::tanh() const { static const Operator op("tanh"); return op({*this}); }
inline Tensor Tensor::tanh_() const { static const Operator op("tanh"); return op({*this}, 1); }
inline std::vector<Tensor> Tensor::tensor_split(const IntList& indices, int64_t dim) const { static const Operator op("tensor_split.indices"); return op({*this, indices, dim}); }
inline std::vector<Tensor> Tensor::tensor_split(int64_t sections, int64_t dim) const { static const Operator op("tensor_split.sections"); return op({*this, sections, dim}); }
inline std::vector<Tensor> Tensor::tensor_split(const Tensor& tensor_indices_or_sections, int64_t dim) const { static const Operator op("tensor_split.tensor_indices_or_sections"); return op({*this, tensor_indices_or_sections, dim}); }
inline Tensor Tensor::tile(const IntList& dims) const { static const Operator op("tile"); return op({*this, dims}); }
inline Tensor Tensor::to(Device device, DType dtype, bool non_blocking, bool copy, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("to.device"); return op({*this, device, dtype, non_blocking, copy, memory_format}); }
inline Tensor Tensor::to(DType dtype, bool non_blocking, bool copy, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("to.dtype"); return op({*this, dtype, non_blocking, copy, memory_format}); }
inline Tensor Tensor::to(const std::optional<Device>& device, const std::optional<DType>& dtype, bool non_blocking, bool copy, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("to.dtype_layout"); return op({*this, device, dtype, non_blocking, copy, Argument(), memory_format}); }
inline Tensor Tensor::to(const Tensor& other, bool non_blocking, bool copy, const std::optional<MemoryFormat>& memory_format) const { static const Operator op("to.other"); return op({*this, other, non_blocking, copy, memory_format}); }
inline Tensor Tensor::to_dense(const std::optional<DType>& dtype, const std::optional<bool>& masked_grad) const { static const Operator op("to_dense"); return op({*this, dtype, masked_grad}); }
inline std::tuple<Tensor, Tensor> Tensor::topk(int64_t k, int64_t dim, bool largest, bool sorted) const { static const Operator op("topk"); auto all = op.all({*this, k, dim, largest, sorted}); return {all[0], all[1]}; }
inline Tensor Tensor::trace() const { static const Operator op("trace"); return op({*this}); }
inline Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const { static const Operator op("transpose.int"); return op({*this, dim0, dim1}); }
inline Tensor Tensor::transpose_(int64_t dim0, int64_t dim1) const { static const Operator op("transpose.int"); return op({*this, dim0, dim1}, 1); }
inline std::tuple<Tensor, Tensor> Tensor::triangular_solve(const Tensor& A, bool upper, bool transpose, bool unitriangular) const { static const Operator op("triangular_solve"); auto all = op.all({*this, A, upper, transpose, unitriangular}); return {all[0], all[1]}; }
inline Tensor Tensor::tril(int64_t diagonal) const { static const Operator op("tril"); return op({*this, diagonal}); }
inline Tensor Tensor::tril_(int64_t diagonal) const { static const Operator op("tril"); return op({*this, diagonal}, 1); }
inline Tensor Tensor::triu(int64_t diagonal) const { static const Operator op("triu"); return op({*this, diagonal}); }
inline Tensor Tensor::triu_(int64_t diagonal) const { static const Operator op("triu"); return op({*this, diagonal}, 1); }
inline Tensor Tensor::true_divide(const Tensor& other) const { static const Operator op("true_divide.Tensor"); return op({*this, other}); }
inline Tensor Tensor::true_divide_(const Tensor& other) const { static const Operator op("true_divide.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::trunc() const { static const Operator op("trunc"); return op({*this}); }
inline Tensor Tensor::trunc_() const { static const Operator op("trunc"); return op({*this}, 1); }
inline Tensor Tensor::type_as(const Tensor& other) const { static const Operator op("type_as"); return op({*this, other}); }
inline std::vector<Tensor> Tensor::unbind(int64_t dim) const { static const Operator op("unbind.int"); return op({*this, dim}); }
inline Tensor Tensor::unflatten(int64_t dim, const IntList& sizes) const { static const Operator op("unflatten.int"); return op({*this, dim, sizes}); }
inline Tensor Tensor::unfold(int64_t dimension, int64_t size, int64_t step) const { static const Operator op("unfold"); return op({*this, dimension, size, step}); }
inline Tensor Tensor::uniform_(double from, double to) const { static const Operator op("uniform_"); return op({*this, from, to}); }
inline std::vector<Tensor> Tensor::unsafe_chunk(int64_t chunks, int64_t dim) const { static const Operator op("unsafe_chunk"); return op({*this, chunks, dim}); }
inline std::vector<Tensor> Tensor::unsafe_split(int64_t split_size, int64_t dim) const { static const Operator op("unsafe_split.Tensor"); return op({*this, split_size, dim}); }
inline std::vector<Tensor> Tensor::unsafe_split_with_sizes(const IntList& split_sizes, int64_t dim) const { static const Operator op("unsafe_split_with_sizes"); return op({*this, split_sizes, dim}); }
inline Tensor Tensor::unsqueeze(int64_t dim) const { static const Operator op("unsqueeze"); return op({*this, dim}); }
inline Tensor Tensor::unsqueeze_(int64_t dim) const { static const Operator op("unsqueeze"); return op({*this, dim}, 1); }
inline Tensor Tensor::values() const { static const Operator op("values"); return op({*this}); }
inline Tensor Tensor::var(bool unbiased) const { static const Operator op("var"); return op({*this, unbiased}); }
inline Tensor Tensor::var(const std::optional<IntList>& dim, bool unbiased, bool keepdim) const { static const Operator op("var.dim"); return op({*this, dim, unbiased, keepdim}); }
inline Tensor Tensor::vdot(const Tensor& other) const { static const Operator op("vdot"); return op({*this, other}); }
inline Tensor Tensor::view(const IntList& size) const { static const Operator op("view"); return op({*this, size}); }
inline Tensor Tensor::view(DType dtype) const { static const Operator op("view.dtype"); return op({*this, dtype}); }
inline Tensor Tensor::view_as(const Tensor& other) const { static const Operator op("view_as"); return op({*this, other}); }
inline std::vector<Tensor> Tensor::vsplit(const IntList& indices) const { static const Operator op("vsplit.array"); return op({*this, indices}); }
inline std::vector<Tensor> Tensor::vsplit(int64_t sections) const { static const Operator op("vsplit.int"); return op({*this, sections}); }
inline Tensor Tensor::xlogy(const Tensor& other) const { static const Operator op("xlogy.Tensor"); return op({*this, other}); }
inline Tensor Tensor::xlogy_(const Tensor& other) const { static const Operator op("xlogy.Tensor"); return op({*this, other}, 1); }
inline Tensor Tensor::zero_() const { static const Operator op("zero_"); return op({*this}); }

}  // namespace flambeau
