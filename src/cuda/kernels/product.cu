// C = alpha A B + beta C for any strides and element types. A block makes a tile of 16·T by 16·T, each of its 256 threads
// T by T of it, over steps of 16 through shared memory. M: type in memory, L: lane or pair of lanes, P: lane of a part.
#if COMPLEX
inline L load(M v) { L r = {P(widen(v.re)), P(widen(v.im))}; return r; }
inline M keep(L v) { M r = {narrow<decltype(M::re)>(v.re), narrow<decltype(M::re)>(v.im)}; return r; }
inline L zero() { L r = {P(0), P(0)}; return r; }
inline L plus(L a, L b) { L r = {a.re + b.re, a.im + b.im}; return r; }
inline L times(L a, L b) { L r = {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; return r; }
inline L conjugate(L a) { L r = {a.re, -a.im}; return r; }
inline bool is_zero(L a) { return a.re == P(0) && a.im == P(0); }
#else
inline L load(M v) { return L(widen(v)); }
inline M keep(L v) { return narrow<M>(v); }
inline L zero() { return L(0); }
inline L plus(L a, L b) { return a + b; }
inline L times(L a, L b) { return a * b; }
inline L conjugate(L a) { return a; }
inline bool is_zero(L a) { return a == L(0); }
#endif
struct Matrix { int64_t row, column; Walk batch; };
extern "C" __global__ void __launch_bounds__(256) product(M* c, const M* a, const M* b, Matrix mc, Matrix ma, Matrix mb, int64_t m, int64_t n, int64_t k, int64_t batches, L alpha, L beta) {
  __shared__ L left[16][16 * T + 1], right[16][16 * T + 1];
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  for (int64_t batch = blockIdx.z; batch < batches; batch += gridDim.z) {
    const M* at = a + offset<BATCH>(ma.batch, batch);
    const M* bt = b + offset<BATCH>(mb.batch, batch);
    M* ct = c + offset<BATCH>(mc.batch, batch);
    for (int64_t m0 = int64_t(blockIdx.y) * 16 * T; m0 < m; m0 += int64_t(gridDim.y) * 16 * T) {
      const int64_t n0 = int64_t(blockIdx.x) * 16 * T;
      L sum[T][T];
      for (int i = 0; i < T; ++i)
        for (int j = 0; j < T; ++j) sum[i][j] = zero();
      for (int64_t k0 = 0; k0 < k; k0 += 16) {
        for (int i = threadIdx.x; i < 256 * T; i += 256) {
          // Neighbouring threads take neighbours in memory.
          const int kk = A_BY_ROW ? i % 16 : i / (16 * T), mm = A_BY_ROW ? i / 16 : i % (16 * T);
          left[kk][mm] = m0 + mm < m && k0 + kk < k ? load(at[(m0 + mm) * ma.row + (k0 + kk) * ma.column]) : zero();
          const int kb = B_BY_ROW ? i / (16 * T) : i % 16, nn = B_BY_ROW ? i % (16 * T) : i / 16;
          right[kb][nn] = n0 + nn < n && k0 + kb < k ? load(bt[(k0 + kb) * mb.row + (n0 + nn) * mb.column]) : zero();
        }
        __syncthreads();
        for (int kk = 0; kk < 16; ++kk) {
          L x[T], y[T];
          for (int i = 0; i < T; ++i) {
            x[i] = CONJUGATE ? conjugate(left[kk][ty + 16 * i]) : left[kk][ty + 16 * i];
            y[i] = right[kk][tx + 16 * i];
          }
          for (int i = 0; i < T; ++i)
            for (int j = 0; j < T; ++j) sum[i][j] = plus(sum[i][j], times(x[i], y[j]));
        }
        __syncthreads();
      }
      for (int i = 0; i < T; ++i)
        for (int j = 0; j < T; ++j) {
          const int64_t row = m0 + ty + 16 * i, column = n0 + tx + 16 * j;
          if (row >= m || column >= n) continue;
          M* to = ct + row * mc.row + column * mc.column;
          L value = times(alpha, sum[i][j]);
          if (!is_zero(beta)) value = plus(value, times(beta, load(*to)));
          *to = keep(value);
        }
    }
  }
}
