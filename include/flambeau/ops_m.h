// Operators whose names begin with m, n, o, p, q, r; printed from the operator table by `./dev headers`, not to be edited.
#pragma once

namespace flambeau {

inline Tensor mH(const Tensor& self) { static const Operator op("mH"); return op({self}); }
inline Tensor mT(const Tensor& self) { static const Operator op("mT"); return op({self}); }
inline Tensor matmul(const Tensor& self, const Tensor& other) { static const Operator op("matmul"); return op({self, other}); }
inline Tensor matrix_H(const Tensor& self) { static const Operator op("matrix_H"); return op({self}); }
inline Tensor matrix_power(const Tensor& self, int64_t n) { static const Operator op("matrix_power"); return op({self, n}); }
inline Tensor max(const Tensor& self) { static const Operator op("max"); return op({self}); }
inline std::tuple<Tensor, Tensor> max(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("max.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor max(const Tensor& self, const Tensor& other) { static const Operator op("max.other"); return op({self, other}); }
inline Tensor maximum(const Tensor& self, const Tensor& other) { static const Operator op("maximum"); return op({self, other}); }
inline Tensor mean(const Tensor& self, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("mean"); return op({self, dtype}); }
inline Tensor mean(const Tensor& self, const std::optional<IntList>& dim, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("mean.dim"); return op({self, dim, keepdim, dtype}); }
inline Tensor min(const Tensor& self) { static const Operator op("min"); return op({self}); }
inline std::tuple<Tensor, Tensor> min(const Tensor& self, int64_t dim, bool keepdim = false) { static const Operator op("min.dim"); auto all = op.all({self, dim, keepdim}); return {all[0], all[1]}; }
inline Tensor min(const Tensor& self, const Tensor& other) { static const Operator op("min.other"); return op({self, other}); }
inline Tensor minimum(const Tensor& self, const Tensor& other) { static const Operator op("minimum"); return op({self, other}); }
inline Tensor mish(const Tensor& self) { static const Operator op("mish"); return op({self}); }
inline Tensor mish_(const Tensor& self) { static const Operator op("mish"); return op({self}, 1); }
inline Tensor mm(const Tensor& self, const Tensor& mat2) { static const Operator op("mm"); return op({self, mat2}); }
inline Tensor moveaxis(const Tensor& self, int64_t source, int64_t destination) { static const Operator op("moveaxis.int"); return op({self, source, destination}); }
inline Tensor moveaxis(const Tensor& self, const IntList& source, const IntList& destination) { static const Operator op("moveaxis.intlist"); return op({self, source, destination}); }
inline Tensor movedim(const Tensor& self, int64_t source, int64_t destination) { static const Operator op("movedim.int"); return op({self, source, destination}); }
inline Tensor movedim(const Tensor& self, const IntList& source, const IntList& destination) { static const Operator op("movedim.intlist"); return op({self, source, destination}); }
inline Tensor mul(const Tensor& self, const Tensor& other) { static const Operator op("mul.Tensor"); return op({self, other}); }
inline Tensor mul_(const Tensor& self, const Tensor& other) { static const Operator op("mul.Tensor"); return op({self, other}, 1); }
inline Tensor multiply(const Tensor& self, const Tensor& other) { static const Operator op("multiply.Tensor"); return op({self, other}); }
inline Tensor multiply_(const Tensor& self, const Tensor& other) { static const Operator op("multiply.Tensor"); return op({self, other}, 1); }
inline Tensor mv(const Tensor& self, const Tensor& vec) { static const Operator op("mv"); return op({self, vec}); }
inline Tensor mvlgamma(const Tensor& self, int64_t p) { static const Operator op("mvlgamma"); return op({self, p}); }
inline Tensor mvlgamma_(const Tensor& self, int64_t p) { static const Operator op("mvlgamma"); return op({self, p}, 1); }
inline Tensor nan_to_num(const Tensor& self, const std::optional<double>& nan = std::nullopt, const std::optional<double>& posinf = std::nullopt, const std::optional<double>& neginf = std::nullopt) { static const Operator op("nan_to_num"); return op({self, nan, posinf, neginf}); }
inline Tensor nan_to_num_(const Tensor& self, const std::optional<double>& nan = std::nullopt, const std::optional<double>& posinf = std::nullopt, const std::optional<double>& neginf = std::nullopt) { static const Operator op("nan_to_num"); return op({self, nan, posinf, neginf}, 1); }
inline Tensor nanmean(const Tensor& self, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("nanmean"); return op({self, dim, keepdim, dtype}); }
inline Tensor nansum(const Tensor& self, const std::optional<IntList>& dim = std::nullopt, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("nansum"); return op({self, dim, keepdim, dtype}); }
inline Tensor narrow(const Tensor& self, int64_t dim, int64_t start, int64_t length) { static const Operator op("narrow"); return op({self, dim, start, length}); }
inline Tensor narrow(const Tensor& self, int64_t dim, const Tensor& start, int64_t length) { static const Operator op("narrow.Tensor"); return op({self, dim, start, length}); }
inline Tensor narrow_copy(const Tensor& self, int64_t dim, int64_t start, int64_t length) { static const Operator op("narrow_copy"); return op({self, dim, start, length}); }
inline Tensor ne(const Tensor& self, const Tensor& other) { static const Operator op("ne.Tensor"); return op({self, other}); }
inline Tensor ne_(const Tensor& self, const Tensor& other) { static const Operator op("ne.Tensor"); return op({self, other}, 1); }
inline Tensor neg(const Tensor& self) { static const Operator op("neg"); return op({self}); }
inline Tensor neg_(const Tensor& self) { static const Operator op("neg"); return op({self}, 1); }
inline Tensor negative(const Tensor& self) { static const Operator op("negative"); return op({self}); }
inline Tensor negative_(const Tensor& self) { static const Operator op("negative"); return op({self}, 1); }
inline Tensor new_empty(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_empty"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor new_full(const Tensor& self, const IntList& size, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_full"); return op({self, size, fill_value, dtype, Argument(), device, pin_memory}); }
inline Tensor new_ones(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_ones"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor new_zeros(const Tensor& self, const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("new_zeros"); return op({self, size, dtype, Argument(), device, pin_memory}); }
inline Tensor nextafter(const Tensor& self, const Tensor& other) { static const Operator op("nextafter"); return op({self, other}); }
inline Tensor nextafter_(const Tensor& self, const Tensor& other) { static const Operator op("nextafter"); return op({self, other}, 1); }
inline Tensor nonzero(const Tensor& self) { static const Operator op("nonzero"); return op({self}); }
inline std::vector<Tensor> nonzero_numpy(const Tensor& self) { static const Operator op("nonzero_numpy"); return op({self}); }
inline Tensor nonzero_static(const Tensor& self, int64_t size, int64_t fill_value = -1) { static const Operator op("nonzero_static"); return op({self, size, fill_value}); }
inline Tensor not_equal(const Tensor& self, const Tensor& other) { static const Operator op("not_equal.Tensor"); return op({self, other}); }
inline Tensor not_equal_(const Tensor& self, const Tensor& other) { static const Operator op("not_equal.Tensor"); return op({self, other}, 1); }
inline Tensor numpy_T(const Tensor& self) { static const Operator op("numpy_T"); return op({self}); }
inline Tensor ones(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("ones"); return op({size, dtype, Argument(), device, pin_memory}); }
inline Tensor ones_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("ones_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor outer(const Tensor& self, const Tensor& vec2) { static const Operator op("outer"); return op({self, vec2}); }
inline Tensor permute(const Tensor& self, const IntList& dims) { static const Operator op("permute"); return op({self, dims}); }
inline Tensor polar(const Tensor& abs, const Tensor& angle) { static const Operator op("polar"); return op({abs, angle}); }
inline Tensor polygamma(int64_t n, const Tensor& self) { static const Operator op("polygamma"); return op({n, self}); }
inline Tensor polygamma_(int64_t n, const Tensor& self) { static const Operator op("polygamma"); return op({n, self}, 1); }
inline Tensor positive(const Tensor& self) { static const Operator op("positive"); return op({self}); }
inline Tensor pow(const Tensor& self, const Tensor& exponent) { static const Operator op("pow.Tensor_Tensor"); return op({self, exponent}); }
inline Tensor pow_(const Tensor& self, const Tensor& exponent) { static const Operator op("pow.Tensor_Tensor"); return op({self, exponent}, 1); }
inline Tensor prelu(const Tensor& self, const Tensor& weight) { static const Operator op("prelu"); return op({self, weight}); }
inline Tensor prod(const Tensor& self, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("prod"); return op({self, dtype}); }
inline Tensor prod(const Tensor& self, int64_t dim, bool keepdim = false, const std::optional<DType>& dtype = std::nullopt) { static const Operator op("prod.dim_int"); return op({self, dim, keepdim, dtype}); }
inline Tensor rad2deg(const Tensor& self) { static const Operator op("rad2deg"); return op({self}); }
inline Tensor rad2deg_(const Tensor& self) { static const Operator op("rad2deg"); return op({self}, 1); }
inline Tensor ravel(const Tensor& self) { static const Operator op("ravel"); return op({self}); }
inline Tensor real(const Tensor& self) { static const Operator op("real"); return op({self}); }
inline Tensor reciprocal(const Tensor& self) { static const Operator op("reciprocal"); return op({self}); }
inline Tensor reciprocal_(const Tensor& self) { static const Operator op("reciprocal"); return op({self}, 1); }
inline Tensor relu(const Tensor& self) { static const Operator op("relu"); return op({self}); }
inline Tensor relu_(const Tensor& self) { static const Operator op("relu"); return op({self}, 1); }
inline Tensor relu6(const Tensor& self) { static const Operator op("relu6"); return op({self}); }
inline Tensor relu6_(const Tensor& self) { static const Operator op("relu6"); return op({self}, 1); }
inline Tensor remainder(const Tensor& self, const Tensor& other) { static const Operator op("remainder.Tensor"); return op({self, other}); }
inline Tensor remainder_(const Tensor& self, const Tensor& other) { static const Operator op("remainder.Tensor"); return op({self, other}, 1); }
inline Tensor reshape(const Tensor& self, const IntList& shape) { static const Operator op("reshape"); return op({self, shape}); }
inline Tensor reshape_as(const Tensor& self, const Tensor& other) { static const Operator op("reshape_as"); return op({self, other}); }
inline Tensor resolve_conj(const Tensor& self) { static const Operator op("resolve_conj"); return op({self}); }
inline Tensor resolve_neg(const Tensor& self) { static const Operator op("resolve_neg"); return op({self}); }
inline Tensor round(const Tensor& self) { static const Operator op("round"); return op({self}); }
inline Tensor round_(const Tensor& self) { static const Operator op("round"); return op({self}, 1); }
inline Tensor round(const Tensor& self, int64_t decimals) { static const Operator op("round.decimals"); return op({self, decimals}); }
inline Tensor round_(const Tensor& self, int64_t decimals) { static const Operator op("round.decimals"); return op({self, decimals}, 1); }
inline Tensor row_stack(const std::vector<Tensor>& tensors) { static const Operator op("row_stack"); return op({tensors}); }
inline Tensor rsqrt(const Tensor& self) { static const Operator op("rsqrt"); return op({self}); }
inline Tensor rsqrt_(const Tensor& self) { static const Operator op("rsqrt"); return op({self}, 1); }
inline Tensor rsub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1) { static const Operator op("rsub.Tensor"); return op({self, other, alpha}); }

}  // namespace flambeau
