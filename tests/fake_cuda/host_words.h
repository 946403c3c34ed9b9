// What a kernel text needs when g++ compiles it: CUDA's words, over the executor. Put in front of the text; includes
// nothing, so that a small kernel compiles in a tenth of a second. The other half is executor.cpp.
#pragma once
#define FLAMBEAU_HOST 1
using size_t = decltype(sizeof(0));
struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x = 1, y = 1, z = 1; };

extern "C" {
struct ExecutorThread { uint3 index; unsigned lane, warp; };
struct ExecutorBlock { uint3 index; dim3 threads, grid; char* dynamic; };
extern ExecutorThread* executor_thread;  // that is running
extern ExecutorBlock executor_block;     // that is running
void executor_barrier();
// Every lane of `mask` brings `bytes`; once all are there each gets the 32 contributions, 64 bytes apart.
const char* executor_exchange(unsigned mask, const void* mine, unsigned bytes);
void executor_exchanged();
void executor_trap(const char* why);
void* memcpy(void*, const void*, size_t) noexcept;
}
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define __restrict__ __restrict
// In a section of its own, so that the executor can fill all of it with garbage before each block.
#define __shared__ static __attribute__((section("executor_shared")))
#define threadIdx (executor_thread->index)
#define blockIdx (executor_block.index)
#define blockDim (executor_block.threads)
#define gridDim (executor_block.grid)

inline void __syncthreads() { executor_barrier(); }
inline void __threadfence() {}
inline void __trap() { executor_trap("__trap()"); }

template <class T> T lane_value(const char* all, unsigned lane) {
  T r;
  memcpy(&r, all + lane * 64, sizeof(T));
  return r;
}
template <class T> T shuffle_from(unsigned mask, T v, unsigned lane) {
  const char* all = executor_exchange(mask, &v, sizeof(T));
  T r = lane < 32 && (mask >> lane & 1) ? lane_value<T>(all, lane) : v;
  executor_exchanged();
  return r;
}
template <class T> T __shfl_sync(unsigned mask, T v, int from) { return shuffle_from(mask, v, from & 31); }
template <class T> T __shfl_xor_sync(unsigned mask, T v, int bits) {
  return shuffle_from(mask, v, executor_thread->lane ^ bits);
}
template <class T> T __shfl_down_sync(unsigned mask, T v, unsigned by) {
  unsigned lane = executor_thread->lane;
  return shuffle_from(mask, v, lane + by < 32 ? lane + by : lane);
}
template <class T> T __shfl_up_sync(unsigned mask, T v, unsigned by) {
  unsigned lane = executor_thread->lane;
  return shuffle_from(mask, v, lane >= by ? lane - by : lane);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  int mine = predicate != 0;
  const char* all = executor_exchange(mask, &mine, 4);
  unsigned r = 0;
  for (unsigned i = 0; i < 32; ++i)
    if (mask >> i & 1 && lane_value<int>(all, i)) r |= 1u << i;
  executor_exchanged();
  return r;
}
inline void __syncwarp(unsigned mask = ~0u) {
  int nothing = 0;
  executor_exchange(mask, &nothing, 4);
  executor_exchanged();
}

// Threads change hands only at barriers and exchanges: plain code is atomic here.
template <class T, class V> T atomicAdd(T* p, V v) { T old = *p; *p = old + static_cast<T>(v); return old; }
template <class T, class V> T atomicMax(T* p, V v) { T old = *p; if (static_cast<T>(v) > old) *p = v; return old; }
template <class T, class V> T atomicMin(T* p, V v) { T old = *p; if (static_cast<T>(v) < old) *p = v; return old; }
template <class T, class C, class V> T atomicCAS(T* p, C compare, V v) {
  T old = *p;
  if (old == static_cast<T>(compare)) *p = v;
  return old;
}

#define HOST_ONE(n)                   \
  extern "C" float n##f(float) noexcept; \
  extern "C" double n(double) noexcept;
#define HOST_TWO(n)                          \
  extern "C" float n##f(float, float) noexcept; \
  extern "C" double n(double, double) noexcept;
HOST_ONE(exp) HOST_ONE(exp2) HOST_ONE(expm1) HOST_ONE(log) HOST_ONE(log2) HOST_ONE(log10) HOST_ONE(log1p) HOST_ONE(sin)
HOST_ONE(cos) HOST_ONE(tan) HOST_ONE(asin) HOST_ONE(acos) HOST_ONE(atan) HOST_ONE(sinh) HOST_ONE(cosh) HOST_ONE(tanh)
HOST_ONE(asinh) HOST_ONE(acosh) HOST_ONE(atanh) HOST_ONE(erf) HOST_ONE(erfc) HOST_ONE(lgamma) HOST_ONE(tgamma)
HOST_ONE(floor) HOST_ONE(ceil) HOST_ONE(trunc) HOST_ONE(rint) HOST_ONE(nearbyint) HOST_ONE(sqrt) HOST_ONE(fabs)
HOST_ONE(j0) HOST_ONE(j1) HOST_ONE(y0) HOST_ONE(y1)
HOST_TWO(pow) HOST_TWO(fmod) HOST_TWO(atan2) HOST_TWO(hypot) HOST_TWO(copysign) HOST_TWO(nextafter) HOST_TWO(fmin)
HOST_TWO(fmax)
extern "C" float fmaf(float, float, float) noexcept;
extern "C" double fma(double, double, double) noexcept;
extern "C" float ldexpf(float, int) noexcept;
extern "C" double ldexp(double, int) noexcept;
inline float fma(float a, float b, float c) { return fmaf(a, b, c); }
inline bool isnan(double x) { return x != x; }
inline bool isinf(double x) { return x == x && !(x - x == 0); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned long long>(a) * b >> 32; }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned __int128>(a) * b >> 64;
}
inline unsigned __float_as_uint(float x) { unsigned r; memcpy(&r, &x, 4); return r; }
inline int __float_as_int(float x) { int r; memcpy(&r, &x, 4); return r; }
inline float __uint_as_float(unsigned x) { float r; memcpy(&r, &x, 4); return r; }
inline float __int_as_float(int x) { float r; memcpy(&r, &x, 4); return r; }
inline long long __double_as_longlong(double x) { long long r; memcpy(&r, &x, 8); return r; }
inline double __longlong_as_double(long long x) { double r; memcpy(&r, &x, 8); return r; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(unsigned x) { return x ? __builtin_clz(x) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
template <class T> constexpr T min(T a, T b) { return b < a ? b : a; }
template <class T> constexpr T max(T a, T b) { return a < b ? b : a; }

// What a launch calls: the arguments arrive as pointers, as cuLaunchKernel has them, and their sizes are told so that
// they can be copied before it returns.
template <int... I> struct Numbers {};
template <int N, int... I> struct Count : Count<N - 1, N - 1, I...> {};
template <int... I> struct Count<0, I...> { using type = Numbers<I...>; };
template <class... A, int... I> void call_kernel(void (*kernel)(A...), void** p, Numbers<I...>) {
  kernel(*static_cast<A*>(p[I])...);
}
template <class... A> void call_kernel(void (*kernel)(A...), void** p) {
  call_kernel(kernel, p, typename Count<sizeof...(A)>::type());
}
template <class F> struct Sizes;
template <class... A> struct Sizes<void(A...)> {
  struct Table { unsigned bytes[sizeof...(A) + 1]; };
  static constexpr Table table = {{sizeof(A)..., 0}};
};
#define HOST_ENTRY(name)                                              \
  extern "C" void name##__call(void** p) { call_kernel(name, p); }    \
  extern "C" { extern const Sizes<decltype(name)>::Table name##__sizes = Sizes<decltype(name)>::table; }
#define HOST_MODULE                                                                            \
  static char shared_anchor __attribute__((section("executor_shared"), used));                 \
  extern "C" char __start_executor_shared __attribute__((visibility("hidden"))),               \
      __stop_executor_shared __attribute__((visibility("hidden")));                            \
  extern "C" void shared_bounds(char** begin, char** end) {                                    \
    *begin = &__start_executor_shared;                                                         \
    *end = &__stop_executor_shared;                                                            \
  }
