// In front of every kernel text: the element types of memory, and how their values get into registers and back. No
// header of CUDA is included: half types are formats of memory, everything is computed in a lane of four or eight
// bytes. The tests compile the same text for the host (FLAMBEAU_HOST), where a few instructions have other words.
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
struct bool8 { uint8_t v; };
struct f16 { uint16_t bits; };
struct bf16 { uint16_t bits; };
template <class T> struct alignas(2 * sizeof(T)) pair { T re, im; };
template <class T, int N> struct alignas(sizeof(T) * N) vec { T at[N]; };
template <class A, class B> struct same_type { static const bool value = false; };
template <class A> struct same_type<A, A> { static const bool value = true; };
template <class T> struct is_float { static const bool value = false; };
template <> struct is_float<float> { static const bool value = true; };
template <> struct is_float<double> { static const bool value = true; };

inline float widen(bf16 h) { return __uint_as_float(uint32_t(h.bits) << 16); }
#ifdef FLAMBEAU_HOST
inline float widen(f16 h) { _Float16 v; memcpy(&v, &h, 2); return v; }
inline f16 to_f16(float x) { _Float16 v = x; f16 r; memcpy(&r, &v, 2); return r; }
inline bf16 to_bf16(float x) {
  uint32_t u = __float_as_uint(x);
  bf16 r = {x != x ? uint16_t(0x7fc0) : uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16)};
  return r;
}
#else
inline float widen(f16 h) { float r; asm("cvt.f32.f16 %0, %1;" : "=f"(r) : "h"(h.bits)); return r; }
inline f16 to_f16(float x) { f16 r; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(r.bits) : "f"(x)); return r; }
inline bf16 to_bf16(float x) {
  uint32_t u = __float_as_uint(x);
  bf16 r = {x != x ? uint16_t(0x7fc0) : uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16)};
  return r;
}
#endif
inline int widen(bool8 b) { return b.v != 0; }
template <class T> inline T widen(T x) { return x; }

// A value of a lane as an element of memory.
template <class M, class L> struct Narrow {
  static M of(L x) {
    if (is_float<L>::value && !is_float<M>::value) return M(int64_t(x));
    return M(x);
  }
};
template <class L> struct Narrow<f16, L> { static f16 of(L x) { return to_f16(float(x)); } };
template <class L> struct Narrow<bf16, L> { static bf16 of(L x) { return to_bf16(float(x)); } };
template <class L> struct Narrow<bool8, L> { static bool8 of(L x) { bool8 b = {uint8_t(x != L(0))}; return b; } };
template <class M, class L> inline M narrow(L x) { return Narrow<M, L>::of(x); }
// Through a type of memory and back.
template <class M, class L> inline L rounded(L x) { return L(widen(narrow<M>(x))); }

// Division by a number known at launch.
struct Divisor { uint32_t d, multiplier, shift; };
inline uint32_t divide(uint32_t x, Divisor v) {
  uint32_t t = __umulhi(x, v.multiplier);
  return uint32_t((uint64_t(t) + x) >> v.shift);
}
