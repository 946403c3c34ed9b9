// The largest (MAX 1) or smallest element of some dimensions and its place: the first of equals, the first NaN before
// all. M: type in memory, L: lane.
inline bool before(L a, int64_t i, L b, int64_t j) {
  if (j < 0) return i >= 0;
  if (i < 0) return false;
  const bool an = a != a, bn = b != b;
  if (an != bn) return an;
  if (!an && a != b) return MAX ? a > b : a < b;
  return i < j;
}
extern "C" __global__ void reduce_arg(M* values, int64_t* indices, const M* x, Walk kept, Walk reduced, int64_t count, int64_t outputs) {
  __shared__ L best[32];
  __shared__ int64_t where[32];
  for (int64_t o = blockIdx.x; o < outputs; o += gridDim.x) {
    const M* base = x + offset<KEPT>(kept, o);
    L v = L(0);
    int64_t at = -1;
    for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
      const L w = L(widen(base[offset<REDUCED>(reduced, i)]));
      if (before(w, i, v, at)) { v = w; at = i; }
    }
    for (int bits = 16; bits; bits >>= 1) {
      const L w = __shfl_xor_sync(~0u, v, bits);
      const int64_t other = __shfl_xor_sync(~0u, at, bits);
      if (before(w, other, v, at)) { v = w; at = other; }
    }
    if (threadIdx.x % 32 == 0) { best[threadIdx.x / 32] = v; where[threadIdx.x / 32] = at; }
    __syncthreads();
    if (threadIdx.x == 0) {
      for (unsigned w = 1; w < blockDim.x / 32; ++w)
        if (before(best[w], where[w], v, at)) { v = best[w]; at = where[w]; }
      if (values) values[o] = base[offset<REDUCED>(reduced, at)];
      if (indices) indices[o] = at;
    }
    __syncthreads();
  }
}
