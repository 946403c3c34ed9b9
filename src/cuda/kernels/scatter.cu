// The other way of gather. M: the element, L: its lane.
// HOW: 0 assign, 1 add, 2 multiply, 3 least, 4 most, 5 count into `counts`, 6 assign `value` to all that are named.
extern "C" __global__ void scatter(M* self, const M* src, const I* index, int32_t* counts, Walk target, Walk source, int64_t step, int64_t size, int32_t dim, int32_t one, int64_t count, Report* report, int32_t op) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x) {
    int64_t at;
    if (!along(index, i, size, dim, report, op, &at)) continue;
    const int64_t to = offset<8>(target, i) + at * step;
#if HOW == 5
    atomicAdd(counts + to, 1);
#elif HOW == 0
    self[to] = src[one ? 0 : offset<8>(source, i)];
#else
    const L v = L(widen(src[one ? 0 : offset<8>(source, i)]));
    atomically(self + to, [&](M old) {
      const L o = L(widen(old));
#if HOW == 1
      return narrow<M>(L(o + v));
#elif HOW == 2
      return narrow<M>(L(o * v));
#elif HOW == 3
      return narrow<M>(o < v || o != o ? o : v);
#else
      return narrow<M>(o > v || o != o ? o : v);
#endif
    });
#endif
  }
}
