// The routines of this room that other devices have forms of (op/routine.h). What each does is said where the function
// of its name is declared.
#pragma once

#include "cpu/index.h"
#include "cpu/random_tensor.h"
#include "cpu/reduce.h"
#include "op/routine.h"

namespace flambeau::routines {

inline Routine<void(Fold, const Tensor& x, uint64_t mask, const Tensor& out, After)> reduce_fold{"reduce_fold"};
inline Routine<void(const Tensor& x, uint64_t mask, double correction, bool root, const Tensor& variance,
                    const Tensor& mean)>
    reduce_moments{"reduce_moments"};
inline Routine<void(bool max, const Tensor& x, int64_t dim, const Tensor& values, const Tensor& indices)> reduce_arg{
    "reduce_arg"};
inline Routine<void(bool all, const Tensor& x, uint64_t mask, const Tensor& out)> reduce_truth{"reduce_truth"};

inline Routine<void(const Tensor& x, int64_t dim, bool log, const Tensor& out)> softmax_forward{"softmax_forward"};
inline Routine<void(const Tensor& grad, const Tensor& out, int64_t dim, bool log, const Tensor& result)>
    softmax_backward{"softmax_backward"};
inline Routine<void(const Tensor& x, int64_t dim, const Tensor& result)> logsumexp_forward{"logsumexp_forward"};
inline Routine<void(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore, double smoothing,
                    const Tensor& losses, const Tensor& lse)>
    cross_entropy_rows{"cross_entropy_rows"};
inline Routine<void(const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore,
                    double smoothing, const Tensor& lse, const Tensor& result)>
    cross_entropy_rows_backward{"cross_entropy_rows_backward"};
inline Routine<void(const Tensor& x, int64_t rows, int64_t n, const Tensor& weight, const Tensor& bias, double eps,
                    const Tensor& out, const Tensor& mean, const Tensor& rstd)>
    layer_norm_forward{"layer_norm_forward"};
inline Routine<void(const Tensor& grad, const Tensor& x, int64_t rows, int64_t n, const Tensor& mean,
                    const Tensor& rstd, const Tensor& weight, const Tensor& dx, const Tensor& grad_weight,
                    const Tensor& grad_bias)>
    layer_norm_backward{"layer_norm_backward"};

inline Routine<void(const Tensor& c, const Tensor& a, const Tensor& b, const Scalar& alpha, const Scalar& beta)>
    product{"product"};
inline Routine<void(const Tensor& out, const Tensor& a, const Tensor& b, bool conjugate)> dot_product{"dot_product"};

inline Routine<void(const char* op, const Tensor& self, const IndexPlan&, const Tensor& out)> index_read{"index_read"};
inline Routine<void(const char* op, const Tensor& self, const IndexPlan&, const Tensor& values, bool accumulate)>
    index_write{"index_write"};
inline Routine<Tensor(const Tensor& self)> nonzero{"nonzero"};

// out[i][j] = self[index[i][j]][j] for dim 0.
inline Routine<void(const Tensor& self, int64_t dim, const Tensor& index, const Tensor& out)> gather{"gather"};
// The other way: out[index[i][j]][j] = or += … src[i][j], or `value` where src is undefined.
enum class Scattering : uint8_t { assign, add, multiply, least, most, mean };
inline Routine<void(const char* op, int64_t dim, const Tensor& index, const Tensor& src, const Scalar& value,
                    Scattering how, bool include_self, const Tensor& out)>
    scatter{"scatter"};

inline Routine<void(const Tensor& t, Generator*, const Draw&)> random_fill{"random_fill"};

}  // namespace flambeau::routines
