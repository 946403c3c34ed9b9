// Folds over some dimensions of a strided tensor. M: type in memory, L: lane, O: type of the result, FOLD: how elements
// are put together (kernels::Fold), SECOND: the same for partial results, AFTER: 0 nothing, 1 mean, 2 root. KEPT and
// REDUCED: ranks. Where there are few outputs each is cut into parts of fixed size, and the parts are folded by another
// launch: the order of additions follows from sizes alone.
enum { kSum, kNanSum, kAbsSum, kSquareSum, kNonzero, kMax, kMin, kAbsMax, kAbsMin, kProd };
inline float magnitude(float x) { return fabsf(x); }
inline double magnitude(double x) { return fabs(x); }
inline int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }
inline L nothing() {
  if (FOLD == kProd) return L(1);
  if (FOLD == kMax) return LOWEST;
  if (FOLD == kMin || FOLD == kAbsMin) return HIGHEST;
  return L(0);
}
inline L first(L x) {
  if (FOLD == kNanSum) return x != x ? L(0) : x;
  if (FOLD == kAbsSum || FOLD == kAbsMax || FOLD == kAbsMin) return magnitude(x);
  if (FOLD == kSquareSum) return x * x;
  if (FOLD == kNonzero) return L(x != L(0));
  return x;
}
inline L combine(L a, L b) {
  if (FOLD == kMax || FOLD == kAbsMax) return a > b || a != a ? a : b;
  if (FOLD == kMin || FOLD == kAbsMin) return a < b || a != a ? a : b;
  if (FOLD == kProd) return L(UNSIGNED(a) * UNSIGNED(b));
  return L(UNSIGNED(a) + UNSIGNED(b));
}
inline float root(float x) { return sqrtf(x); }
inline double root(double x) { return sqrt(x); }
inline int64_t root(int64_t x) { return x; }
inline O last(L x, int64_t total) {
  if (AFTER == 1) x = x / L(total);
  if (AFTER == 2) x = root(x);
  return narrow<O>(x);
}
// A block for each output (and part).
extern "C" __global__ void rows(O* out, const M* x, Walk kept, Walk reduced, int64_t count, int64_t part, int64_t outputs, int64_t total) {
  __shared__ L room[32];
  for (int64_t o = blockIdx.x; o < outputs; o += gridDim.x) {
    const M* base = x + offset<KEPT>(kept, o);
    const int64_t begin = blockIdx.y * part, end = begin + part < count ? begin + part : count;
    L sum = nothing();
    for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) sum = combine(sum, first(L(widen(base[offset<REDUCED>(reduced, i)]))));
    sum = block_fold(sum, nothing(), room, combine);
    if (threadIdx.x == 0) out[o * gridDim.y + blockIdx.y] = last(sum, total);
    __syncthreads();
  }
}
// A thread for each output (and part): where neighbours in memory belong to different outputs, or few to each.
extern "C" __global__ void columns(O* out, const M* x, Walk kept, Walk reduced, int64_t count, int64_t part, int64_t outputs, int64_t total) {
  for (int64_t o = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; o < outputs; o += int64_t(gridDim.x) * blockDim.x) {
    const M* base = x + offset<KEPT>(kept, o);
    const int64_t begin = blockIdx.y * part, end = begin + part < count ? begin + part : count;
    L sum = nothing();
    for (int64_t i = begin; i < end; ++i) sum = combine(sum, first(L(widen(base[offset<REDUCED>(reduced, i)]))));
    out[o * gridDim.y + blockIdx.y] = last(sum, total);
  }
}
