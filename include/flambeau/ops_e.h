// Operators whose names begin with e, f, g, h, i, j, k, l; printed from the operator table by `./dev headers`, not to be edited.
#pragma once

namespace flambeau {

inline Tensor elu(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) { static const Operator op("elu"); return op({self, alpha, scale, input_scale}); }
inline Tensor elu_(const Tensor& self, const Scalar& alpha = 1, const Scalar& scale = 1, const Scalar& input_scale = 1) { static const Operator op("elu"); return op({self, alpha, scale, input_scale}, 1); }
inline Tensor empty(const IntList& size, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("empty.memory_format"); return op({size, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor empty_like(const Tensor& self, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("empty_like"); return op({self, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor empty_strided(const IntList& size, const IntList& stride, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("empty_strided"); return op({size, stride, dtype, Argument(), device, pin_memory}); }
inline Tensor eq(const Tensor& self, const Tensor& other) { static const Operator op("eq.Tensor"); return op({self, other}); }
inline Tensor eq_(const Tensor& self, const Tensor& other) { static const Operator op("eq.Tensor"); return op({self, other}, 1); }
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
inline Tensor expm1(const Tensor& self) { static const Operator op("expm1"); return op({self}); }
inline Tensor expm1_(const Tensor& self) { static const Operator op("expm1"); return op({self}, 1); }
inline Tensor fill_(const Tensor& self, const Scalar& value) { static const Operator op("fill_.Scalar"); return op({self, value}); }
inline Tensor fill_(const Tensor& self, const Tensor& value) { static const Operator op("fill_.Tensor"); return op({self, value}); }
inline Tensor fix(const Tensor& self) { static const Operator op("fix"); return op({self}); }
inline Tensor fix_(const Tensor& self) { static const Operator op("fix"); return op({self}, 1); }
inline Tensor flatten(const Tensor& self, int64_t start_dim = 0, int64_t end_dim = -1) { static const Operator op("flatten.using_ints"); return op({self, start_dim, end_dim}); }
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
inline std::tuple<Tensor, Tensor> frexp(const Tensor& self) { static const Operator op("frexp.Tensor"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor full(const IntList& size, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt) { static const Operator op("full"); return op({size, fill_value, dtype, Argument(), device, pin_memory}); }
inline Tensor full_like(const Tensor& self, const Scalar& fill_value, const std::optional<DType>& dtype = std::nullopt, const std::optional<Device>& device = std::nullopt, const std::optional<bool>& pin_memory = std::nullopt, const std::optional<MemoryFormat>& memory_format = std::nullopt) { static const Operator op("full_like"); return op({self, fill_value, dtype, Argument(), device, pin_memory, memory_format}); }
inline Tensor gcd(const Tensor& self, const Tensor& other) { static const Operator op("gcd"); return op({self, other}); }
inline Tensor gcd_(const Tensor& self, const Tensor& other) { static const Operator op("gcd"); return op({self, other}, 1); }
inline Tensor ge(const Tensor& self, const Tensor& other) { static const Operator op("ge.Tensor"); return op({self, other}); }
inline Tensor ge_(const Tensor& self, const Tensor& other) { static const Operator op("ge.Tensor"); return op({self, other}, 1); }
inline Tensor gelu(const Tensor& self, std::string approximate = "none") { static const Operator op("gelu"); return op({self, approximate}); }
inline Tensor gelu_(const Tensor& self, std::string approximate = "none") { static const Operator op("gelu"); return op({self, approximate}, 1); }
inline Tensor ger(const Tensor& self, const Tensor& vec2) { static const Operator op("ger"); return op({self, vec2}); }
inline Tensor glu(const Tensor& self, int64_t dim = -1) { static const Operator op("glu"); return op({self, dim}); }
inline Tensor greater(const Tensor& self, const Tensor& other) { static const Operator op("greater.Tensor"); return op({self, other}); }
inline Tensor greater_(const Tensor& self, const Tensor& other) { static const Operator op("greater.Tensor"); return op({self, other}, 1); }
inline Tensor greater_equal(const Tensor& self, const Tensor& other) { static const Operator op("greater_equal.Tensor"); return op({self, other}); }
inline Tensor greater_equal_(const Tensor& self, const Tensor& other) { static const Operator op("greater_equal.Tensor"); return op({self, other}, 1); }
inline Tensor gt(const Tensor& self, const Tensor& other) { static const Operator op("gt.Tensor"); return op({self, other}); }
inline Tensor gt_(const Tensor& self, const Tensor& other) { static const Operator op("gt.Tensor"); return op({self, other}, 1); }
inline Tensor hardshrink(const Tensor& self, const Scalar& lambd = 0.5) { static const Operator op("hardshrink"); return op({self, lambd}); }
inline Tensor hardsigmoid(const Tensor& self) { static const Operator op("hardsigmoid"); return op({self}); }
inline Tensor hardsigmoid_(const Tensor& self) { static const Operator op("hardsigmoid"); return op({self}, 1); }
inline Tensor hardswish(const Tensor& self) { static const Operator op("hardswish"); return op({self}); }
inline Tensor hardswish_(const Tensor& self) { static const Operator op("hardswish"); return op({self}, 1); }
inline Tensor hardtanh(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) { static const Operator op("hardtanh"); return op({self, min_val, max_val}); }
inline Tensor hardtanh_(const Tensor& self, const Scalar& min_val = -1, const Scalar& max_val = 1) { static const Operator op("hardtanh"); return op({self, min_val, max_val}, 1); }
inline Tensor heaviside(const Tensor& self, const Tensor& values) { static const Operator op("heaviside"); return op({self, values}); }
inline Tensor heaviside_(const Tensor& self, const Tensor& values) { static const Operator op("heaviside"); return op({self, values}, 1); }
inline std::vector<Tensor> hsplit(const Tensor& self, const IntList& indices) { static const Operator op("hsplit.array"); return op({self, indices}); }
inline std::vector<Tensor> hsplit(const Tensor& self, int64_t sections) { static const Operator op("hsplit.int"); return op({self, sections}); }
inline Tensor hstack(const std::vector<Tensor>& tensors) { static const Operator op("hstack"); return op({tensors}); }
inline Tensor hypot(const Tensor& self, const Tensor& other) { static const Operator op("hypot"); return op({self, other}); }
inline Tensor hypot_(const Tensor& self, const Tensor& other) { static const Operator op("hypot"); return op({self, other}, 1); }
inline Tensor i0(const Tensor& self) { static const Operator op("i0"); return op({self}); }
inline Tensor i0_(const Tensor& self) { static const Operator op("i0"); return op({self}, 1); }
inline Tensor igamma(const Tensor& self, const Tensor& other) { static const Operator op("igamma"); return op({self, other}); }
inline Tensor igamma_(const Tensor& self, const Tensor& other) { static const Operator op("igamma"); return op({self, other}, 1); }
inline Tensor igammac(const Tensor& self, const Tensor& other) { static const Operator op("igammac"); return op({self, other}); }
inline Tensor igammac_(const Tensor& self, const Tensor& other) { static const Operator op("igammac"); return op({self, other}, 1); }
inline Tensor imag(const Tensor& self) { static const Operator op("imag"); return op({self}); }
inline Tensor inner(const Tensor& self, const Tensor& other) { static const Operator op("inner"); return op({self, other}); }
inline Tensor inverse(const Tensor& self) { static const Operator op("inverse"); return op({self}); }
inline Tensor isfinite(const Tensor& self) { static const Operator op("isfinite"); return op({self}); }
inline Tensor isinf(const Tensor& self) { static const Operator op("isinf"); return op({self}); }
inline Tensor isnan(const Tensor& self) { static const Operator op("isnan"); return op({self}); }
inline Tensor isneginf(const Tensor& self) { static const Operator op("isneginf"); return op({self}); }
inline Tensor isposinf(const Tensor& self) { static const Operator op("isposinf"); return op({self}); }
inline Tensor isreal(const Tensor& self) { static const Operator op("isreal"); return op({self}); }
inline Scalar item(const Tensor& self) { static const Operator op("item"); return op({self}); }
inline Tensor kron(const Tensor& self, const Tensor& other) { static const Operator op("kron"); return op({self, other}); }
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
inline Tensor linalg_cholesky(const Tensor& self, bool upper = false) { static const Operator op("linalg_cholesky"); return op({self, upper}); }
inline std::tuple<Tensor, Tensor> linalg_cholesky_ex(const Tensor& self, bool upper = false, bool check_errors = false) { static const Operator op("linalg_cholesky_ex"); auto all = op.all({self, upper, check_errors}); return {all[0], all[1]}; }
inline Tensor linalg_cross(const Tensor& self, const Tensor& other, int64_t dim = -1) { static const Operator op("linalg_cross"); return op({self, other, dim}); }
inline Tensor linalg_det(const Tensor& A) { static const Operator op("linalg_det"); return op({A}); }
inline Tensor linalg_inv(const Tensor& A) { static const Operator op("linalg_inv"); return op({A}); }
inline std::tuple<Tensor, Tensor> linalg_inv_ex(const Tensor& A, bool check_errors = false) { static const Operator op("linalg_inv_ex"); auto all = op.all({A, check_errors}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> linalg_lu(const Tensor& A, bool pivot = true) { static const Operator op("linalg_lu"); auto all = op.all({A, pivot}); return {all[0], all[1], all[2]}; }
inline std::tuple<Tensor, Tensor> linalg_lu_factor(const Tensor& A, bool pivot = true) { static const Operator op("linalg_lu_factor"); auto all = op.all({A, pivot}); return {all[0], all[1]}; }
inline std::tuple<Tensor, Tensor, Tensor> linalg_lu_factor_ex(const Tensor& A, bool pivot = true, bool check_errors = false) { static const Operator op("linalg_lu_factor_ex"); auto all = op.all({A, pivot, check_errors}); return {all[0], all[1], all[2]}; }
inline Tensor linalg_lu_solve(const Tensor& LU, const Tensor& pivots, const Tensor& B, bool left = true, bool adjoint = false) { static const Operator op("linalg_lu_solve"); return op({LU, pivots, B, left, adjoint}); }
inline Tensor linalg_matmul(const Tensor& self, const Tensor& other) { static const Operator op("linalg_matmul"); return op({self, other}); }
inline Tensor linalg_matrix_power(const Tensor& self, int64_t n) { static const Operator op("linalg_matrix_power"); return op({self, n}); }
inline Tensor linalg_multi_dot(const std::vector<Tensor>& tensors) { static const Operator op("linalg_multi_dot"); return op({tensors}); }
inline std::tuple<Tensor, Tensor> linalg_slogdet(const Tensor& A) { static const Operator op("linalg_slogdet"); auto all = op.all({A}); return {all[0], all[1]}; }
inline Tensor linalg_solve(const Tensor& A, const Tensor& B, bool left = true) { static const Operator op("linalg_solve"); return op({A, B, left}); }
inline std::tuple<Tensor, Tensor> linalg_solve_ex(const Tensor& A, const Tensor& B, bool left = true, bool check_errors = false) { static const Operator op("linalg_solve_ex"); auto all = op.all({A, B, left, check_errors}); return {all[0], all[1]}; }
inline Tensor linalg_solve_triangular(const Tensor& self, const Tensor& B, bool upper, bool left = true, bool unitriangular = false) { static const Operator op("linalg_solve_triangular"); return op({self, B, upper, left, unitriangular}); }
inline Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim = -1) { static const Operator op("linalg_vecdot"); return op({x, y, dim}); }
inline Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = Tensor()) { static const Operator op("linear"); return op({input, weight, bias}); }
inline Tensor log(const Tensor& self) { static const Operator op("log"); return op({self}); }
inline Tensor log_(const Tensor& self) { static const Operator op("log"); return op({self}, 1); }
inline Tensor log10(const Tensor& self) { static const Operator op("log10"); return op({self}); }
inline Tensor log10_(const Tensor& self) { static const Operator op("log10"); return op({self}, 1); }
inline Tensor log1p(const Tensor& self) { static const Operator op("log1p"); return op({self}); }
inline Tensor log1p_(const Tensor& self) { static const Operator op("log1p"); return op({self}, 1); }
inline Tensor log2(const Tensor& self) { static const Operator op("log2"); return op({self}); }
inline Tensor log2_(const Tensor& self) { static const Operator op("log2"); return op({self}, 1); }
inline Tensor log_sigmoid(const Tensor& self) { static const Operator op("log_sigmoid"); return op({self}); }
inline std::tuple<Tensor, Tensor> log_sigmoid_forward(const Tensor& self) { static const Operator op("log_sigmoid_forward"); auto all = op.all({self}); return {all[0], all[1]}; }
inline Tensor logaddexp(const Tensor& self, const Tensor& other) { static const Operator op("logaddexp"); return op({self, other}); }
inline Tensor logaddexp2(const Tensor& self, const Tensor& other) { static const Operator op("logaddexp2"); return op({self, other}); }
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
inline Tensor lt(const Tensor& self, const Tensor& other) { static const Operator op("lt.Tensor"); return op({self, other}); }
inline Tensor lt_(const Tensor& self, const Tensor& other) { static const Operator op("lt.Tensor"); return op({self, other}, 1); }
inline Tensor lu_solve(const Tensor& self, const Tensor& LU_data, const Tensor& LU_pivots) { static const Operator op("lu_solve"); return op({self, LU_data, LU_pivots}); }
inline std::tuple<Tensor, Tensor, Tensor> lu_unpack(const Tensor& LU_data, const Tensor& LU_pivots, bool unpack_data = true, bool unpack_pivots = true) { static const Operator op("lu_unpack"); auto all = op.all({LU_data, LU_pivots, unpack_data, unpack_pivots}); return {all[0], all[1], all[2]}; }

}  // namespace flambeau
