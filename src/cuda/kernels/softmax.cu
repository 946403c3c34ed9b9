// Softmax, its logarithm, their gradients and logsumexp along the middle of (outer, n, inner), a block for each row.
// M: type of the arguments in memory, O: of the result, L: lane, LOG: 1 for the logarithm.
inline float e(float x) { return expf(x); }
inline double e(double x) { return exp(x); }
inline float ln(float x) { return logf(x); }
inline double ln(double x) { return log(x); }
inline L larger(L a, L b) { return a > b || a != a ? a : b; }
inline L sum(L a, L b) { return a + b; }
// The row's largest element and the sum of exponentials of the differences from it.
template <class T> inline void row_sums(const T* row, int64_t n, int64_t inner, L* room, bool finite, L* top, L* total) {
  L m = LOWEST;
  for (int64_t i = threadIdx.x; i < n; i += blockDim.x) m = larger(m, L(widen(row[i * inner])));
  m = block_fold(m, LOWEST, room, larger);
  if (finite && (m == LOWEST || m == HIGHEST)) m = L(0);
  __syncthreads();
  L s = L(0);
  for (int64_t i = threadIdx.x; i < n; i += blockDim.x) s += e(L(widen(row[i * inner])) - m);
  *total = block_fold(s, L(0), room, sum);
  *top = m;
}
extern "C" __global__ void forward(O* y, const M* x, int64_t n, int64_t inner, int64_t rows) {
  __shared__ L room[32];
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const int64_t at = r / inner * n * inner + r % inner;
    L top, total;
    row_sums(x + at, n, inner, room, false, &top, &total);
    const L shift = LOG ? top + ln(total) : top, scale = L(1) / total;
    for (int64_t i = threadIdx.x; i < n; i += blockDim.x) {
      const L v = L(widen(x[at + i * inner]));
      y[at + i * inner] = narrow<O>(LOG ? v - shift : e(v - shift) * scale);
    }
    __syncthreads();
  }
}
extern "C" __global__ void backward(O* dx, const M* g, const M* y, int64_t n, int64_t inner, int64_t rows) {
  __shared__ L room[32];
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const int64_t at = r / inner * n * inner + r % inner;
    L s = L(0);
    for (int64_t i = threadIdx.x; i < n; i += blockDim.x) {
      const L grad = L(widen(g[at + i * inner]));
      s += LOG ? grad : grad * L(widen(y[at + i * inner]));
    }
    s = block_fold(s, L(0), room, sum);
    for (int64_t i = threadIdx.x; i < n; i += blockDim.x) {
      const L grad = L(widen(g[at + i * inner])), v = L(widen(y[at + i * inner]));
      dx[at + i * inner] = narrow<O>(LOG ? grad - e(v) * s : (grad - s) * v);
    }
    __syncthreads();
  }
}
extern "C" __global__ void logsumexp(O* y, const M* x, int64_t n, int64_t inner, int64_t rows) {
  __shared__ L room[32];
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    L top, total;
    row_sums(x + r / inner * n * inner + r % inner, n, inner, room, true, &top, &total);
    if (threadIdx.x == 0) y[r] = narrow<O>(top + ln(total));
    __syncthreads();
  }
}
