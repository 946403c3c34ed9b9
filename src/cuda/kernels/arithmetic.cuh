// The primitives of formulas, one element at a time: p_<name> over the lanes float, double, int, int64 and uint64.
// Masks are bools. Integers wrap; their division by zero gives 0.
template <class T> struct Unsigned { typedef T type; };
template <> struct Unsigned<int> { typedef uint32_t type; };
template <> struct Unsigned<int64_t> { typedef uint64_t type; };
#define WRAPPED(T) typedef typename Unsigned<T>::type U
template <class T> struct is_signed { static const bool value = T(-1) < T(0); };

template <class T> inline T p_add(T a, T b) { WRAPPED(T); return T(U(a) + U(b)); }
template <class T> inline T p_sub(T a, T b) { WRAPPED(T); return T(U(a) - U(b)); }
template <class T> inline T p_mul(T a, T b) { WRAPPED(T); return T(U(a) * U(b)); }
template <class T> inline T p_mul_add(T a, T b, T c) { return p_add(p_mul(a, b), c); }
template <class T> inline T p_square(T a) { return p_mul(a, a); }
template <class T> inline T p_neg(T a) { if (is_float<T>::value) return -a; return p_sub(T(0), a); }
inline float p_abs(float a) { return fabsf(a); }
inline double p_abs(double a) { return fabs(a); }
template <class T> inline T p_abs(T a) { return a < T(0) ? p_neg(a) : a; }
template <class T> inline T p_sign(T a) { return T(T(a > T(0)) - T(a < T(0))); }
inline float p_sqrt(float a) { return sqrtf(a); }
inline double p_sqrt(double a) { return sqrt(a); }
template <class T> inline T p_recip(T a) { return T(1) / a; }
template <class T> inline T p_rsqrt(T a) { return T(1) / p_sqrt(a); }

template <class T> inline bool p_eq(T a, T b) { return a == b; }
template <class T> inline bool p_ne(T a, T b) { return !(a == b); }
template <class T> inline bool p_lt(T a, T b) { return a < b; }
template <class T> inline bool p_le(T a, T b) { return a <= b; }
template <class T> inline bool p_gt(T a, T b) { return a > b; }
template <class T> inline bool p_ge(T a, T b) { return a >= b; }
template <class T> inline bool p_isnan(T a) { return a != a; }
template <class T> inline bool p_isinf(T a) { return is_float<T>::value && a == a && !(a - a == T(0)); }
template <class T> inline bool p_isfinite(T a) { return !is_float<T>::value || a - a == T(0); }
inline bool p_signbit(float a) { return __float_as_uint(a) >> 31; }
inline bool p_signbit(double a) { return __double_as_longlong(a) < 0; }
template <class T> inline bool p_signbit(T a) { return a < T(0); }
template <class T> inline T p_min(T a, T b) { return a < b || a != a ? a : b; }
template <class T> inline T p_max(T a, T b) { return a > b || a != a ? a : b; }
template <class T> inline T p_fmin(T a, T b) { return a < b || b != b ? a : b; }
template <class T> inline T p_fmax(T a, T b) { return a > b || b != b ? a : b; }
template <class T> inline T p_heaviside(T a, T b) { return a == T(0) ? b : T(a > T(0)); }

template <class T> inline T p_and_(T a, T b) { return a & b; }
template <class T> inline T p_or_(T a, T b) { return a | b; }
template <class T> inline T p_xor_(T a, T b) { return a ^ b; }
template <class T> inline T p_not_(T a) { return ~a; }
inline bool p_not_(bool a) { return !a; }
template <class T> inline T p_select(bool mask, T a, T b) { return mask ? a : b; }
template <class T> inline T p_shl(T a, T b) { WRAPPED(T); return U(b) >= sizeof(T) * 8 ? T(0) : T(U(a) << U(b)); }
template <class T> inline T p_shr(T a, T b) {
  WRAPPED(T);
  const unsigned top = sizeof(T) * 8 - 1;
  return U(b) > U(top) ? T(is_signed<T>::value ? a >> top : T(0)) : T(a >> b);
}

// Integers of any lane; the overloads for floats below are taken before these.
template <class T> inline T integer_quotient(T a, T b) {
  if (b == T(0)) return T(0);
  if (is_signed<T>::value && b == T(-1)) return p_neg(a);
  return a / b;
}
template <class T> inline T integer_rest(T a, T b) {
  if (b == T(0) || (is_signed<T>::value && b == T(-1))) return T(0);
  return a % b;
}
template <class T> inline T p_div(T a, T b) { return integer_quotient(a, b); }
inline float p_div(float a, float b) { return a / b; }
inline double p_div(double a, double b) { return a / b; }
template <class T> inline T p_div_trunc(T a, T b) { return integer_quotient(a, b); }
template <class T> inline T p_fmod(T a, T b) { return integer_rest(a, b); }
template <class T> inline T p_remainder(T a, T b) {
  T r = integer_rest(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
template <class T> inline T p_div_floor(T a, T b) {
  T r = integer_rest(a, b);
  return integer_quotient(a, b) - T(r != 0 && (r < 0) != (b < 0));
}
template <class T> inline T p_gcd(T a, T b) {
  WRAPPED(T);
  U x = a < 0 ? U(0) - U(a) : U(a), y = b < 0 ? U(0) - U(b) : U(b);
  while (y != 0) { U r = x % y; x = y; y = r; }
  return T(x);
}
template <class T> inline T p_lcm(T a, T b) {
  T g = p_gcd(a, b);
  if (g == 0) return T(0);
  T v = p_mul(integer_quotient(a, g), b);
  return v < 0 ? p_neg(v) : v;
}
template <class T> inline T p_copysign(T a, T b) { return (a < 0) != (b < 0) ? p_neg(a) : a; }
template <class T> inline T p_pow(T a, T b) {
  WRAPPED(T);
  if (b < T(0)) return a == T(1) ? T(1) : a == T(-1) ? T(b & 1 ? -1 : 1) : T(0);
  U base = U(a), result = 1;
  for (U e = U(b); e != 0; e >>= 1, base *= base)
    if (e & 1) result *= base;
  return T(result);
}
template <class T> inline T p_floor(T a) { return a; }
template <class T> inline T p_ceil(T a) { return a; }
template <class T> inline T p_trunc(T a) { return a; }
template <class T> inline T p_round(T a) { return a; }

#define ONE(name, function)                                  \
  inline float p_##name(float a) { return function##f(a); }  \
  inline double p_##name(double a) { return function(a); }
#define TWO(name, function)                                                   \
  inline float p_##name(float a, float b) { return function##f(a, b); }       \
  inline double p_##name(double a, double b) { return function(a, b); }
ONE(floor, floor) ONE(ceil, ceil) ONE(trunc, trunc) ONE(round, rint)
ONE(exp, exp) ONE(exp2, exp2) ONE(expm1, expm1) ONE(log, log) ONE(log2, log2) ONE(log10, log10) ONE(log1p, log1p)
ONE(sin, sin) ONE(cos, cos) ONE(tan, tan) ONE(asin, asin) ONE(acos, acos) ONE(atan, atan)
ONE(sinh, sinh) ONE(cosh, cosh) ONE(tanh, tanh) ONE(asinh, asinh) ONE(acosh, acosh) ONE(atanh, atanh)
ONE(erf, erf) ONE(erfc, erfc)
TWO(fmod, fmod) TWO(pow, pow) TWO(atan2, atan2) TWO(hypot, hypot) TWO(copysign, copysign) TWO(nextafter, nextafter)
template <class T> inline T p_frac(T a) { return a - p_trunc(a); }
template <class T> inline T float_remainder(T a, T b) {
  T r = p_fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// Python's floor division: exact remainder first, then the quotient rounded to the nearest integer.
template <class T> inline T float_div_floor(T a, T b) {
  if (b == 0) return a / b;
  T r = p_fmod(a, b), q = (a - r) / b;
  if (r != 0 && (r < 0) != (b < 0)) q -= 1;
  if (q == 0) return p_copysign(T(0), a / b);
  T f = p_floor(q);
  return q - f > T(0.5) ? f + 1 : f;
}
inline float p_remainder(float a, float b) { return float_remainder(a, b); }
inline double p_remainder(double a, double b) { return float_remainder(a, b); }
inline float p_div_floor(float a, float b) { return float_div_floor(a, b); }
inline double p_div_floor(double a, double b) { return float_div_floor(a, b); }
inline float p_div_trunc(float a, float b) { return truncf(a / b); }
inline double p_div_trunc(double a, double b) { return trunc(a / b); }
template <class T> inline T p_xlogy(T a, T b) { return b != b ? b : a == 0 ? T(0) : a * p_log(b); }
template <class T> inline T p_xlog1py(T a, T b) { return b != b ? b : a == 0 ? T(0) : a * p_log1p(b); }
template <class T> inline T p_ldexp(T a, T b) { return a * p_exp2(b); }
// In double for both lanes: the sum cancels where the result is near zero.
template <class T> inline T p_logaddexp(T a, T b) {
  if (p_isinf(a) && a == b) return a;
  double x = a, y = b, top = x > y || x != x ? x : y;
  return T(y != y ? y : top + log1p(exp(-fabs(x - y))));
}
template <class T> inline T p_logaddexp2(T a, T b) {
  if (p_isinf(a) && a == b) return a;
  double x = a, y = b, top = x > y || x != x ? x : y;
  return T(y != y ? y : top + log1p(exp2(-fabs(x - y))) * 1.4426950408889634);
}
template <class T> inline T p_sigmoid(T a) { return T(1) / (T(1) + p_exp(-a)); }
template <class T> inline T p_silu(T a) { return a / (T(1) + p_exp(-a)); }
template <class T> inline T p_gelu(T a) { return T(0.5) * a * (T(1) + p_erf(a * T(0.70710678118654752440))); }
template <class T> inline T p_softplus(T a) { return p_max(a, T(0)) + p_log1p(p_exp(-p_abs(a))); }
template <class T> inline T p_sinc(T a) {
  const double x = 3.14159265358979323846 * a;
  return a == 0 ? T(1) : T(sin(x) / x);
}
