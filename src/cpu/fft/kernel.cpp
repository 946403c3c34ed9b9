// Vector kernels of the Fourier transform: butterflies, twiddles, and moves between interleaved and planar numbers.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // unrolls the loops of a butterfly, whose numbers then stay in registers
#endif
#include "cpu/fft/plan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/fft/kernel.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::fourier::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, 64 / sizeof(T)>;

template <class V>
struct Pair {
  V re, im;
};
template <class V>
HWY_INLINE Pair<V> operator+(Pair<V> a, Pair<V> b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
template <class V>
HWY_INLINE Pair<V> operator-(Pair<V> a, Pair<V> b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
template <class V>
HWY_INLINE Pair<V> times(Pair<V> a, V re, V im) {
  return {hn::NegMulAdd(a.im, im, hn::Mul(a.re, re)), hn::MulAdd(a.im, re, hn::Mul(a.re, im))};
}
template <class V>
HWY_INLINE Pair<V> minus_i(Pair<V> a) {
  return {a.im, hn::Neg(a.re)};
}  // times -i

// Outputs of the butterfly of radix R, before the twiddles.
template <int R, class D, class V>
HWY_INLINE void butterfly(D d, Pair<V>* x) {
  if constexpr (R == 2) {
    Pair<V> a = x[0];
    x[0] = a + x[1];
    x[1] = a - x[1];
  } else if constexpr (R == 4) {
    Pair<V> a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], e = minus_i(x[1] - x[3]);
    x[0] = a + c;
    x[1] = b + e;
    x[2] = a - c;
    x[3] = b - e;
  } else if constexpr (R == 3) {
    using T = hn::TFromD<D>;
    const V half = hn::Set(d, T(-0.5)), high = hn::Set(d, T(0.86602540378443864676));
    Pair<V> sum = x[1] + x[2], diff = minus_i(x[1] - x[2]);
    Pair<V> mid = {hn::MulAdd(sum.re, half, x[0].re), hn::MulAdd(sum.im, half, x[0].im)};
    diff = {hn::Mul(diff.re, high), hn::Mul(diff.im, high)};
    x[0] = x[0] + sum;
    x[1] = mid + diff;
    x[2] = mid - diff;
  } else if constexpr (R == 5) {
    using T = hn::TFromD<D>;
    const V c1 = hn::Set(d, T(0.30901699437494742410)), c2 = hn::Set(d, T(-0.80901699437494742410));
    const V s1 = hn::Set(d, T(0.95105651629515357212)), s2 = hn::Set(d, T(0.58778525229247312917));
    Pair<V> a = x[1] + x[4], b = x[2] + x[3], e = minus_i(x[1] - x[4]), f = minus_i(x[2] - x[3]);
    auto mix = [&](Pair<V> u, V p, Pair<V> v, V q) {
      return Pair<V>{hn::MulAdd(u.re, p, hn::Mul(v.re, q)), hn::MulAdd(u.im, p, hn::Mul(v.im, q))};
    };
    Pair<V> m1 = x[0] + mix(a, c1, b, c2), m2 = x[0] + mix(a, c2, b, c1);
    Pair<V> n1 = mix(e, s1, f, s2), n2 = mix(e, s2, f, hn::Neg(s1));
    x[0] = x[0] + a + b;
    x[1] = m1 + n1;
    x[4] = m1 - n1;
    x[2] = m2 + n2;
    x[3] = m2 - n2;
  } else if constexpr (R == 8) {
    using T = hn::TFromD<D>;
    const V h = hn::Set(d, T(0.70710678118654752440));
    Pair<V> even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    butterfly<4>(d, even);
    butterfly<4>(d, odd);
    Pair<V> o1 = odd[1], o3 = odd[3];
    odd[1] = {hn::Mul(hn::Add(o1.re, o1.im), h), hn::Mul(hn::Sub(o1.im, o1.re), h)};
    odd[2] = minus_i(odd[2]);
    odd[3] = {hn::Mul(hn::Sub(o3.im, o3.re), h), hn::Mul(hn::Neg(hn::Add(o3.re, o3.im)), h)};
    for (int k = 0; k < 4; ++k) {
      x[k] = even[k] + odd[k];
      x[k + 4] = even[k] - odd[k];
    }
  }
}

template <int R, class T>
void run_stage(const Stage<T>& st, const T* re, const T* im, T* out_re, T* out_im) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d)), s = st.stride, m = st.blocks;
  for (int64_t p = 0; p < m; ++p) {
    V wr[R], wi[R];
    for (int k = 1; k < R; ++k) {
      wr[k] = hn::Set(d, st.re[p * (R - 1) + k - 1]);
      wi[k] = hn::Set(d, st.im[p * (R - 1) + k - 1]);
    }
    const T *in_r = re + s * p, *in_i = im + s * p;
    T *o_r = out_re + s * R * p, *o_i = out_im + s * R * p;
    for (int64_t q = 0; q < s; q += step) {
      Pair<V> x[R];
      for (int k = 0; k < R; ++k) x[k] = {hn::LoadU(d, in_r + q + s * m * k), hn::LoadU(d, in_i + q + s * m * k)};
      butterfly<R>(d, x);
      if (p != 0)
        for (int k = 1; k < R; ++k) x[k] = times(x[k], wr[k], wi[k]);
      for (int k = 0; k < R; ++k) {
        hn::StoreU(x[k].re, d, o_r + q + s * k);
        hn::StoreU(x[k].im, d, o_i + q + s * k);
      }
    }
  }
}

// Any radix, by its definition.
template <class T>
void run_general(const Stage<T>& st, const T* re, const T* im, T* out_re, T* out_im) {
  const Tag<T> d;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d)), s = st.stride, m = st.blocks, r = st.radix;
  for (int64_t p = 0; p < m; ++p)
    for (int64_t k = 0; k < r; ++k)
      for (int64_t q = 0; q < s; q += step) {
        auto sum_re = hn::LoadU(d, re + q + s * p), sum_im = hn::LoadU(d, im + q + s * p);
        int64_t e = 0;
        for (int64_t j = 1; j < r; ++j) {
          e = e + k >= r ? e + k - r : e + k;
          const auto xr = hn::LoadU(d, re + q + s * (p + m * j)), xi = hn::LoadU(d, im + q + s * (p + m * j));
          const auto wr = hn::Set(d, st.root_re[e]), wi = hn::Set(d, st.root_im[e]);
          sum_re = hn::NegMulAdd(xi, wi, hn::MulAdd(xr, wr, sum_re));
          sum_im = hn::MulAdd(xi, wr, hn::MulAdd(xr, wi, sum_im));
        }
        Pair<decltype(sum_re)> x{sum_re, sum_im};
        if (k && p) x = times(x, hn::Set(d, st.re[p * (r - 1) + k - 1]), hn::Set(d, st.im[p * (r - 1) + k - 1]));
        hn::StoreU(x.re, d, out_re + q + s * (r * p + k));
        hn::StoreU(x.im, d, out_im + q + s * (r * p + k));
      }
}

template <class T>
bool stages(const Plan<T>& plan, T* re, T* im, T* spare_re, T* spare_im) {
  bool swapped = false;
  for (const Stage<T>& st : plan.stages) {
    T *fr = swapped ? spare_re : re, *fi = swapped ? spare_im : im, *tr = swapped ? re : spare_re,
      *ti = swapped ? im : spare_im;
    switch (st.radix) {
      case 2: run_stage<2>(st, fr, fi, tr, ti); break;
      case 3: run_stage<3>(st, fr, fi, tr, ti); break;
      case 4: run_stage<4>(st, fr, fi, tr, ti); break;
      case 5: run_stage<5>(st, fr, fi, tr, ti); break;
      case 8: run_stage<8>(st, fr, fi, tr, ti); break;
      default: run_general(st, fr, fi, tr, ti); break;
    }
    swapped = !swapped;
  }
  return swapped;
}

template <class T>
void load(const T* from, int64_t stride, int64_t n, int64_t lanes, T* re, T* im) {
  const Tag<T> d;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d)), all = kLanes<T>;
  for (int64_t j = 0; j < n; ++j, from += 2 * stride, re += all, im += all) {
    int64_t l = 0;
    for (; l + step <= lanes; l += step) {
      hn::Vec<Tag<T>> a, b;
      hn::LoadInterleaved2(d, from + 2 * l, a, b);
      hn::StoreU(a, d, re + l);
      hn::StoreU(b, d, im + l);
    }
    for (; l < lanes; ++l) re[l] = from[2 * l], im[l] = from[2 * l + 1];
    for (; l < all; ++l) re[l] = im[l] = 0;
  }
}

template <class T>
void store(const T* re, const T* im, int64_t n, int64_t lanes, T scale, T* to, int64_t stride) {
  const Tag<T> d;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d)), all = kLanes<T>;
  const auto factor = hn::Set(d, scale);
  for (int64_t j = 0; j < n; ++j, to += 2 * stride, re += all, im += all) {
    int64_t l = 0;
    for (; l + step <= lanes; l += step)
      hn::StoreInterleaved2(hn::Mul(hn::LoadU(d, re + l), factor), hn::Mul(hn::LoadU(d, im + l), factor), d,
                            to + 2 * l);
    for (; l < lanes; ++l) to[2 * l] = re[l] * scale, to[2 * l + 1] = im[l] * scale;
  }
}

template <class T>
void twiddle(int64_t rows, const T* lane_re, const T* lane_im, const T* group_re, const T* group_im, T* re, T* im) {
  const Tag<T> d;
  const int64_t step = static_cast<int64_t>(hn::Lanes(d)), all = kLanes<T>;
  for (int64_t k = 0; k < rows; ++k) {
    const auto gr = hn::Set(d, group_re[k]), gi = hn::Set(d, group_im[k]);
    for (int64_t l = 0; l < all; l += step) {
      Pair<hn::Vec<Tag<T>>> w{hn::LoadU(d, lane_re + k * all + l), hn::LoadU(d, lane_im + k * all + l)};
      w = times(w, gr, gi);
      Pair<hn::Vec<Tag<T>>> x{hn::LoadU(d, re + k * all + l), hn::LoadU(d, im + k * all + l)};
      x = times(x, w.re, w.im);
      hn::StoreU(x.re, d, re + k * all + l);
      hn::StoreU(x.im, d, im + k * all + l);
    }
  }
}

template <class T>
void transpose(const T* const* rows, int64_t n, T* planes) {
  constexpr int64_t all = kLanes<T>;
  int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<T, 16 / sizeof(T)> d;  // blocks of one 128-bit vector
  constexpr int64_t B = 16 / sizeof(T);
  for (; j + B <= n; j += B)
    for (int64_t l = 0; l < all; l += B) {
      if constexpr (B == 4) {
        const auto a = hn::LoadU(d, rows[l] + j), b = hn::LoadU(d, rows[l + 1] + j), c = hn::LoadU(d, rows[l + 2] + j),
                   e = hn::LoadU(d, rows[l + 3] + j);
        const auto ac0 = hn::InterleaveLower(d, a, c), ac1 = hn::InterleaveUpper(d, a, c);
        const auto be0 = hn::InterleaveLower(d, b, e), be1 = hn::InterleaveUpper(d, b, e);
        T* to = planes + j * all + l;
        hn::StoreU(hn::InterleaveLower(d, ac0, be0), d, to);
        hn::StoreU(hn::InterleaveUpper(d, ac0, be0), d, to + all);
        hn::StoreU(hn::InterleaveLower(d, ac1, be1), d, to + 2 * all);
        hn::StoreU(hn::InterleaveUpper(d, ac1, be1), d, to + 3 * all);
      } else {
        const auto a = hn::LoadU(d, rows[l] + j), b = hn::LoadU(d, rows[l + 1] + j);
        hn::StoreU(hn::InterleaveLower(d, a, b), d, planes + j * all + l);
        hn::StoreU(hn::InterleaveUpper(d, a, b), d, planes + (j + 1) * all + l);
      }
    }
#endif
  for (; j < n; ++j)
    for (int64_t l = 0; l < all; ++l) planes[j * all + l] = rows[l][j];
}

template <class T>
void fill(Kernels<T>& k) {
  k = {&stages<T>, &load<T>, &store<T>, &twiddle<T>, &transpose<T>};
}
void fill_float(Kernels<float>& k) { fill(k); }
void fill_double(Kernels<double>& k) { fill(k); }

}  // namespace flambeau::fourier::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::fourier {
HWY_EXPORT(fill_float);
HWY_EXPORT(fill_double);
template <>
const Kernels<float>& kernels<float>() {
  static const Kernels<float> table = [] {
    Kernels<float> k;
    HWY_DYNAMIC_DISPATCH(fill_float)(k);
    return k;
  }();
  return table;
}
template <>
const Kernels<double>& kernels<double>() {
  static const Kernels<double> table = [] {
    Kernels<double> k;
    HWY_DYNAMIC_DISPATCH(fill_double)(k);
    return k;
  }();
  return table;
}
}  // namespace flambeau::fourier
#endif
