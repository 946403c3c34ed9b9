// Running sums, products, extrema and their relatives along one dimension.
#pragma once

#include "core/tensor.h"

namespace flambeau {

// x and out: row-major, seen as (outer, n, inner); out's type is the one computed for. `reverse` runs from the end.
void running_sum(const Tensor& x, int64_t dim, bool reverse, const Tensor& out);
void running_product(const Tensor& x, int64_t dim, const Tensor& out);
void running_extremum(bool max, const Tensor& x, int64_t dim, const Tensor& values, const Tensor& indices);
void running_logsumexp(const Tensor& x, int64_t dim, const Tensor& out);
// reverse: s[k] = a[k] + x[k + 1] * s[k + 1]; forward: s[k] = a[k] + x[k] * s[k - 1].
void linear_recurrence(const Tensor& a, const Tensor& x, int64_t dim, bool reverse, const Tensor& out);

}  // namespace flambeau
