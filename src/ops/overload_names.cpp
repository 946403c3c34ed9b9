// ATen's names of overloads where the rule of op/overloads.h would give another: numbers in a tensor's place with other
// keywords, in-place and out= forms that are called after an argument or a result.
#include "op/overloads.h"

namespace flambeau {

SERVES("add.Tensor", "add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
       "add.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)");
SERVES("sub.Tensor", "sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
       "sub.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)");
SERVES("subtract.Tensor", "subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor",
       "subtract.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)");
SERVES("rsub.Tensor", "rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor");
SERVES("mul.Tensor", "mul.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("multiply.Tensor", "multiply.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("div.Tensor", "div.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("divide.Tensor", "divide.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("true_divide.Tensor", "true_divide.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("copysign.Tensor", "copysign.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("ldexp.Tensor", "ldexp.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("div.Tensor_mode",
       "div.out_mode(Tensor self, Tensor other, *, str? rounding_mode, Tensor(a!) out) -> Tensor(a!)");
SERVES("divide.Tensor_mode",
       "divide.out_mode(Tensor self, Tensor other, *, str? rounding_mode, Tensor(a!) out) -> Tensor(a!)");
SERVES("floor_divide", "floor_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)");
SERVES("pow.Tensor_Tensor", "pow_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)",
       "pow_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)");
SERVES("float_power.Tensor_Tensor", "float_power_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)",
       "float_power_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)");
SERVES("xlogy.Tensor", "xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor",
       "xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor",
       "xlogy.OutTensor(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)",
       "xlogy.OutScalar_Self(Scalar self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)",
       "xlogy.OutScalar_Other(Tensor self, Scalar other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("where.self", "where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor",
       "where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor",
       "where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor");
SERVES("clamp_min", "clamp_min(Tensor self, Scalar min) -> Tensor",
       "clamp_min.Tensor(Tensor self, Tensor min) -> Tensor");
SERVES("clamp_max", "clamp_max(Tensor self, Scalar max) -> Tensor",
       "clamp_max.Tensor(Tensor self, Tensor max) -> Tensor");
SERVES("bitwise_left_shift.Tensor", "bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor");
SERVES("bitwise_right_shift.Tensor", "bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor");
SERVES("max", "max.unary_out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("max.dim",
       "max.dim_max(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) max, Tensor(b!) max_values) -> (Tensor(a!) "
       "values, Tensor(b!) indices)");
SERVES("max.other", "max.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("min", "min.unary_out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("min.dim",
       "min.dim_min(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) min, Tensor(b!) min_indices) -> "
       "(Tensor(a!) values, Tensor(b!) indices)");
SERVES("min.other", "min.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("all", "all.all_out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("all.dim", "all.out(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("any", "any.all_out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("any.dim", "any.out(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("mean", "mean.dtype_out(Tensor self, *, ScalarType? dtype=None, Tensor(a!) out) -> Tensor(a!)");
SERVES(
    "mean.dim",
    "mean.out(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None, Tensor(a!) out) -> Tensor(a!)");
SERVES("sum.dim_IntList",
       "sum.IntList_out(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None, Tensor(a!) out) -> "
       "Tensor(a!)");
SERVES(
    "prod.dim_int",
    "prod.int_out(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None, Tensor(a!) out) -> Tensor(a!)");
SERVES("std.dim",
       "std.out(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("var.dim",
       "var.out(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("norm.ScalarOpt_dim",
       "norm.out(Tensor self, Scalar? p, int[1] dim, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("norm.ScalarOpt_dim_dtype",
       "norm.dtype_out(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype, Tensor(a!) out) -> "
       "Tensor(a!)");
SERVES("frobenius_norm.dim",
       "frobenius_norm.out(Tensor self, int[1] dim, bool keepdim=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("sort",
       "sort.values(Tensor self, int dim=-1, bool descending=False, *, Tensor(a!) values, Tensor(b!) indices) -> "
       "(Tensor(a!) values, Tensor(b!) indices)");
SERVES("sort.stable",
       "sort.values_stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False, Tensor(a!) values, "
       "Tensor(b!) indices) -> (Tensor(a!) values, Tensor(b!) indices)");
SERVES("topk",
       "topk.values(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True, *, Tensor(a!) values, "
       "Tensor(b!) indices) -> (Tensor(a!) values, Tensor(b!) indices)");
SERVES("kthvalue",
       "kthvalue.values(Tensor self, SymInt k, int dim=-1, bool keepdim=False, *, Tensor(a!) values, Tensor(b!) "
       "indices) -> (Tensor(a!) values, Tensor(b!) indices)");
SERVES("mode",
       "mode.values(Tensor self, int dim=-1, bool keepdim=False, *, Tensor(a!) values, Tensor(b!) indices) -> "
       "(Tensor(a!) values, Tensor(b!) indices)");
SERVES("median.dim",
       "median.dim_values(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) values, Tensor(b!) indices) -> "
       "(Tensor(a!) values, Tensor(b!) indices)");
SERVES("nanmedian.dim",
       "nanmedian.dim_values(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) values, Tensor(b!) indices) -> "
       "(Tensor(a!) values, Tensor(b!) indices)");
SERVES("arange.start_step",
       "arange.start_out(Scalar start, Scalar end, Scalar step=1, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("range.step", "range.out(Scalar start, Scalar end, Scalar step=1, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("transpose.int", "transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)");
SERVES("geqrf", "geqrf.a(Tensor self, *, Tensor(a!) a, Tensor(b!) tau) -> (Tensor(a!) a, Tensor(b!) tau)");
SERVES("linalg_cholesky_ex",
       "linalg_cholesky_ex.L(Tensor self, *, bool upper=False, bool check_errors=False, Tensor(a!) L, Tensor(b!) info) "
       "-> (Tensor(a!) L, Tensor(b!) info)");
SERVES("linalg_eigh",
       "linalg_eigh.eigvals(Tensor self, str UPLO='L', *, Tensor(a!) eigvals, Tensor(b!) eigvecs) -> (Tensor(a!) "
       "eigenvalues, Tensor(b!) eigenvectors)");
SERVES("linalg_inv_ex",
       "linalg_inv_ex.inverse(Tensor A, *, bool check_errors=False, Tensor(a!) inverse, Tensor(b!) info) -> "
       "(Tensor(a!) inverse, Tensor(b!) info)");
SERVES("linalg_svd",
       "linalg_svd.U(Tensor A, bool full_matrices=True, *, str? driver=None, Tensor(a!) U, Tensor(b!) S, Tensor(c!) "
       "Vh) -> (Tensor(a!) U, Tensor(b!) S, Tensor(c!) Vh)");
SERVES("qr", "qr.Q(Tensor self, bool some=True, *, Tensor(a!) Q, Tensor(b!) R) -> (Tensor(a!) Q, Tensor(b!) R)");
SERVES("svd",
       "svd.U(Tensor self, bool some=True, bool compute_uv=True, *, Tensor(a!) U, Tensor(b!) S, Tensor(c!) V) -> "
       "(Tensor(a!) U, Tensor(b!) S, Tensor(c!) V)");
SERVES("triangular_solve",
       "triangular_solve.X(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False, *, "
       "Tensor(a!) X, Tensor(b!) M) -> (Tensor(a!) solution, Tensor(b!) cloned_coefficient)");
SERVES("_linalg_det",
       "_linalg_det.result(Tensor A, *, Tensor(a!) result, Tensor(b!) LU, Tensor(c!) pivots) -> (Tensor(a!) result, "
       "Tensor(b!) LU, Tensor(c!) pivots)");
SERVES("_linalg_eigh",
       "_linalg_eigh.eigenvalues(Tensor A, str UPLO='L', bool compute_v=True, *, Tensor(a!) eigenvalues, Tensor(b!) "
       "eigenvectors) -> (Tensor(a!) eigenvalues, Tensor(b!) eigenvectors)");
SERVES("_linalg_slogdet",
       "_linalg_slogdet.sign(Tensor A, *, Tensor(a!) sign, Tensor(b!) logabsdet, Tensor(c!) LU, Tensor(d!) pivots) -> "
       "(Tensor(a!) sign, Tensor(b!) logabsdet, Tensor(c!) LU, Tensor(d!) pivots)");
SERVES("_linalg_solve_ex",
       "_linalg_solve_ex.result(Tensor A, Tensor B, *, bool left=True, bool check_errors=False, Tensor(a!) result, "
       "Tensor(b!) LU, Tensor(c!) pivots, Tensor(d!) info) -> (Tensor(a!) result, Tensor(b!) LU, Tensor(c!) pivots, "
       "Tensor(d!) info)");
SERVES("_linalg_svd",
       "_linalg_svd.U(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None, Tensor(a!) U, "
       "Tensor(b!) S, Tensor(c!) Vh) -> (Tensor(a!) U, Tensor(b!) S, Tensor(c!) Vh)");
SERVES("log_sigmoid_forward",
       "log_sigmoid_forward.output(Tensor self, *, Tensor(a!) output, Tensor(b!) buffer) -> (Tensor(a!), Tensor(b!))");
SERVES("multilabel_margin_loss_forward",
       "multilabel_margin_loss_forward.output(Tensor self, Tensor target, int reduction, *, Tensor(a!) output, "
       "Tensor(b!) is_target) -> (Tensor(a!), Tensor(b!))");
SERVES("nll_loss_forward",
       "nll_loss_forward.output(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index, *, "
       "Tensor(a!) output, Tensor(b!) total_weight) -> (Tensor(a!), Tensor(b!))");
SERVES("nll_loss2d_forward",
       "nll_loss2d_forward.output(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index, *, "
       "Tensor(a!) output, Tensor(b!) total_weight) -> (Tensor(a!), Tensor(b!))");
SERVES("adaptive_max_pool2d",
       "adaptive_max_pool2d.out(Tensor self, int[2] output_size, *, Tensor(a!) out, Tensor(b!) indices) -> "
       "(Tensor(a!), Tensor(b!))");
SERVES("adaptive_max_pool3d",
       "adaptive_max_pool3d.out(Tensor self, int[3] output_size, *, Tensor(a!) out, Tensor(b!) indices) -> "
       "(Tensor(a!), Tensor(b!))");
SERVES("max_pool2d_with_indices",
       "max_pool2d_with_indices.out(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] "
       "dilation=1, bool ceil_mode=False, *, Tensor(a!) out, Tensor(b!) indices) -> (Tensor(a!), Tensor(b!))");
SERVES("max_pool3d_with_indices",
       "max_pool3d_with_indices.out(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] "
       "dilation=1, bool ceil_mode=False, *, Tensor(a!) out, Tensor(b!) indices) -> (Tensor(a!), Tensor(b!))");
SERVES("fractional_max_pool2d",
       "fractional_max_pool2d.output(Tensor self, int[2] kernel_size, int[2] output_size, Tensor random_samples, *, "
       "Tensor(a!) output, Tensor(b!) indices) -> (Tensor(a!), Tensor(b!))");
SERVES("fractional_max_pool3d",
       "fractional_max_pool3d.output(Tensor self, int[3] kernel_size, int[3] output_size, Tensor random_samples, *, "
       "Tensor(a!) output, Tensor(b!) indices) -> (Tensor(a!), Tensor(b!))");
SERVES("native_batch_norm",
       "native_batch_norm.out(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
       "bool training, float momentum, float eps, *, Tensor(a!) out, Tensor(b!) save_mean, Tensor(c!) save_invstd) -> "
       "(Tensor(a!), Tensor(b!), Tensor(c!))");
SERVES("_softmax_backward_data",
       "_softmax_backward_data.out(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("_log_softmax_backward_data",
       "_log_softmax_backward_data.out(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype, *, "
       "Tensor(a!) out) -> Tensor(a!)");
SERVES("linalg_matrix_rank.tol_tensor",
       "linalg_matrix_rank.out_tol_tensor(Tensor input, Tensor tol, bool hermitian=False, *, Tensor(a!) out) -> "
       "Tensor(a!)");
SERVES(
    "linalg_pinv.rcond_tensor",
    "linalg_pinv.out_rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False, *, Tensor(a!) out) -> Tensor(a!)");
SERVES("nll_loss_backward",
       "nll_loss_backward.grad_input(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction, "
       "SymInt ignore_index, Tensor total_weight, *, Tensor(a!) grad_input) -> Tensor(a!)");
SERVES("nll_loss2d_backward",
       "nll_loss2d_backward.grad_input(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction, "
       "SymInt ignore_index, Tensor total_weight, *, Tensor(a!) grad_input) -> Tensor(a!)");
SERVES("multilabel_margin_loss_backward",
       "multilabel_margin_loss_backward.grad_input(Tensor grad_output, Tensor self, Tensor target, int reduction, "
       "Tensor is_target, *, Tensor(a!) grad_input) -> Tensor(a!)");
SERVES("reflection_pad1d_backward",
       "reflection_pad1d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[2] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("reflection_pad2d_backward",
       "reflection_pad2d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[4] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("reflection_pad3d_backward",
       "reflection_pad3d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[6] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("replication_pad1d_backward",
       "replication_pad1d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[2] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("replication_pad2d_backward",
       "replication_pad2d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[4] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");
SERVES("replication_pad3d_backward",
       "replication_pad3d_backward.grad_input(Tensor grad_output, Tensor self, SymInt[6] padding, *, Tensor(a!) "
       "grad_input) -> Tensor(a!)");

}  // namespace flambeau
