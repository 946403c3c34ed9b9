// Mean and variance of some dimensions, a block for each output. Moments of two sets from those of each: Chan, Golub
// and LeVeque (1983). M: type in memory, L: lane, O: type of the results.
struct Moments { L n, mean, m2; };
inline Moments together(Moments a, Moments b) {
  if (b.n == L(0)) return a;
  if (a.n == L(0)) return b;
  const L n = a.n + b.n, delta = b.mean - a.mean;
  Moments r = {n, a.mean + delta * (b.n / n), a.m2 + b.m2 + delta * delta * (a.n * b.n / n)};
  return r;
}
extern "C" __global__ void moments(O* variance, O* mean, const M* x, Walk kept, Walk reduced, int64_t count, int64_t outputs, double correction, int32_t root) {
  __shared__ Moments room[32];
  for (int64_t o = blockIdx.x; o < outputs; o += gridDim.x) {
    const M* base = x + offset<KEPT>(kept, o);
    Moments m = {0, 0, 0};
    for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
      const L v = L(widen(base[offset<REDUCED>(reduced, i)])), delta = v - m.mean;
      m.n += L(1);
      m.mean += delta / m.n;
      m.m2 += delta * (v - m.mean);
    }
    for (int bits = 16; bits; bits >>= 1) {
      const Moments other = {__shfl_xor_sync(~0u, m.n, bits), __shfl_xor_sync(~0u, m.mean, bits), __shfl_xor_sync(~0u, m.m2, bits)};
      m = threadIdx.x & bits ? together(other, m) : together(m, other);
    }
    if (threadIdx.x % 32 == 0) room[threadIdx.x / 32] = m;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (unsigned w = 1; w < blockDim.x / 32; ++w) m = together(m, room[w]);
      const double divisor = double(count) - correction > 0 ? double(count) - correction : 0;
      const double v = double(m.m2) / divisor;
      if (variance) variance[o] = narrow<O>(L(root ? sqrt(v) : v));
      if (mean) mean[o] = narrow<O>(count ? m.mean : L(0) / L(0));
    }
    __syncthreads();
  }
}
