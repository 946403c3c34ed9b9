// Folding a value over the threads of a block, in a fixed tree. blockDim.x is a multiple of 32, at most 1024.
template <class T, class F> inline T warp_fold(T v, F combine) {
  for (int bits = 16; bits; bits >>= 1) {
    const T other = __shfl_xor_sync(~0u, v, bits);
    v = combine(v, other);
  }
  return v;
}
// Every thread gets the result. `room` holds 32 values; the caller may use it again after the next barrier.
template <class T, class F> inline T block_fold(T v, T identity, T* room, F combine) {
  v = warp_fold(v, combine);
  const unsigned warps = blockDim.x / 32;
  if (warps == 1) return v;
  __syncthreads();
  if (threadIdx.x % 32 == 0) room[threadIdx.x / 32] = v;
  __syncthreads();
  v = threadIdx.x % 32 < warps ? room[threadIdx.x % 32] : identity;
  return warp_fold(v, combine);
}
