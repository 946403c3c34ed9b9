// Elements at places that tensors name. M: the element, as bits where it is only moved. An index out of bounds is reported,
// and nothing is read or written for it.
struct Places { const int64_t* at[8]; int64_t size[8], stride[8]; int32_t dim[8]; int32_t count; };
inline bool place(const Places& p, int64_t position, Report* report, int32_t op, int64_t* at) {
  int64_t sum = 0;
  for (int i = 0; i < p.count; ++i) {
    const int64_t given = p.at[i][position], wrapped = given < 0 ? given + p.size[i] : given;
    if (wrapped < 0 || wrapped >= p.size[i]) {
      report_bad(report, op, p.dim[i], given, p.size[i]);
      return false;
    }
    sum += wrapped * p.stride[i];
  }
  *at = sum;
  return true;
}
// out (before, positions, after) = self at the places.
extern "C" __global__ void index_read(M* out, const M* self, Walk before, Walk after, Places places, int64_t positions, int64_t width, int64_t count, Report* report, int32_t op) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x) {
    const int64_t a = i % width, rest = i / width, p = rest % positions, b = rest / positions;
    int64_t at;
    if (place(places, p, report, op, &at)) out[i] = self[offset<8>(before, b) + at + offset<8>(after, a)];
  }
}
#if NUMBER
inline M sum_of(M a, M b) { return narrow<M>(L(L(widen(a)) + L(widen(b)))); }
#endif
// self at the places = values, or += ; one value may stand for all.
extern "C" __global__ void index_write(M* self, const M* values, int32_t one, Walk before, Walk after, Places places, int64_t positions, int64_t width, int64_t count, Report* report, int32_t op) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += int64_t(gridDim.x) * blockDim.x) {
    const int64_t a = i % width, rest = i / width, p = rest % positions, b = rest / positions;
    int64_t at;
    if (!place(places, p, report, op, &at)) continue;
    M* to = self + offset<8>(before, b) + at + offset<8>(after, a);
    const M value = values[one ? 0 : i];
#if ACCUMULATE
    atomically(to, [&](M old) { return sum_of(old, value); });
#else
    *to = value;
#endif
  }
}
