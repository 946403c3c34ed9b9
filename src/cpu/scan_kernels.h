// The vector loop of running sums across columns: double accumulators, float data.
#pragma once

#include <cstddef>

namespace flambeau::kernels {

// sum[i] += x[i]; out[i] = sum[i]
void add_running(double* sum, const float* x, float* out, size_t n);
void add_running(double* sum, const double* x, double* out, size_t n);

}  // namespace flambeau::kernels
