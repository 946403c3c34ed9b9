// Vector loops of reductions, compiled once per instruction set. Eight accumulators hide the latency of additions and
// keep the rounding error of a block of 4,096 elements near that of a pairwise sum.
#include "cpu/reduce_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/reduce_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace flambeau::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
constexpr T lowest_of() {
  return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
}
template <class T>
constexpr T highest_of() {
  return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
}

template <class D, class V>
HWY_INLINE V larger(D, V a, V x) {
  if constexpr (std::is_floating_point_v<hn::TFromD<D>>) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, x), hn::IsNaN(x)), x, a);
  } else {
    return hn::IfThenElse(hn::Lt(a, x), x, a);
  }
}
template <class D, class V>
HWY_INLINE V smaller(D, V a, V x) {
  if constexpr (std::is_floating_point_v<hn::TFromD<D>>) {
    return hn::IfThenElse(hn::Or(hn::Lt(x, a), hn::IsNaN(x)), x, a);
  } else {
    return hn::IfThenElse(hn::Lt(x, a), x, a);
  }
}

// A fold: what an element becomes, and how two accumulators become one.
#define FOLD(name, start, map_, join_)        \
  struct name##_fold {                        \
    template <class T>                        \
    static constexpr T identity() {           \
      return start;                           \
    }                                         \
    template <class D, class V>               \
    static HWY_INLINE V map(D d, V x) {       \
      (void)d;                                \
      return map_;                            \
    }                                         \
    template <class D, class V>               \
    static HWY_INLINE V join(D d, V a, V b) { \
      (void)d;                                \
      return join_;                           \
    }                                         \
  };
FOLD(sum, T(0), x, hn::Add(a, b))
FOLD(nan_sum, T(0), hn::IfThenZeroElse(hn::IsNaN(x), x), hn::Add(a, b))
FOLD(abs_sum, T(0), hn::Abs(x), hn::Add(a, b))
FOLD(square_sum, T(0), hn::Mul(x, x), hn::Add(a, b))
FOLD(nonzero, T(0), hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, hn::TFromD<D>(1))), hn::Add(a, b))
FOLD(max, lowest_of<T>(), x, larger(d, a, b))
FOLD(min, highest_of<T>(), x, smaller(d, a, b))
FOLD(abs_max, T(0), hn::Abs(x), larger(d, a, b))
FOLD(abs_min, highest_of<T>(), hn::Abs(x), smaller(d, a, b))
FOLD(prod, T(1), x, hn::Mul(a, b))
#undef FOLD

// The accumulators of a row as one number, by halves.
template <class F, class D, class V>
HWY_INLINE hn::TFromD<D> across(D d, V v) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, lanes);
  const hn::CappedTag<T, 1> one;
  for (size_t w = hn::Lanes(d) / 2; w > 0; w /= 2)
    for (size_t j = 0; j < w; ++j)
      lanes[j] = hn::GetLane(F::join(one, hn::Set(one, lanes[j]), hn::Set(one, lanes[j + w])));
  return lanes[0];
}

template <class F, class Map, class T>
HWY_INLINE T fold_row(const T* HWY_RESTRICT x, size_t n, Map&& map) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  const auto start = hn::Set(d, F::template identity<T>());
  auto a0 = start, a1 = start, a2 = start, a3 = start;
  size_t i = 0;
  if (n >= 8 * N) {
    auto a4 = start, a5 = start, a6 = start, a7 = start;
    for (; i + 8 * N <= n; i += 8 * N) {
      a0 = F::join(d, a0, map(d, hn::LoadU(d, x + i)));
      a1 = F::join(d, a1, map(d, hn::LoadU(d, x + i + N)));
      a2 = F::join(d, a2, map(d, hn::LoadU(d, x + i + 2 * N)));
      a3 = F::join(d, a3, map(d, hn::LoadU(d, x + i + 3 * N)));
      a4 = F::join(d, a4, map(d, hn::LoadU(d, x + i + 4 * N)));
      a5 = F::join(d, a5, map(d, hn::LoadU(d, x + i + 5 * N)));
      a6 = F::join(d, a6, map(d, hn::LoadU(d, x + i + 6 * N)));
      a7 = F::join(d, a7, map(d, hn::LoadU(d, x + i + 7 * N)));
    }
    a0 = F::join(d, a0, a4);
    a1 = F::join(d, a1, a5);
    a2 = F::join(d, a2, a6);
    a3 = F::join(d, a3, a7);
  }
  for (; i + 4 * N <= n; i += 4 * N) {
    a0 = F::join(d, a0, map(d, hn::LoadU(d, x + i)));
    a1 = F::join(d, a1, map(d, hn::LoadU(d, x + i + N)));
    a2 = F::join(d, a2, map(d, hn::LoadU(d, x + i + 2 * N)));
    a3 = F::join(d, a3, map(d, hn::LoadU(d, x + i + 3 * N)));
  }
  for (; i + N <= n; i += N) a0 = F::join(d, a0, map(d, hn::LoadU(d, x + i)));
  if (i < n) {
    const auto m = hn::FirstN(d, n - i);
    a1 = hn::IfThenElse(m, F::join(d, a1, map(d, hn::MaskedLoad(m, d, x + i))), a1);
  }
  return across<F>(d, F::join(d, F::join(d, a0, a1), F::join(d, a2, a3)));
}

template <class F, class Map, class T>
HWY_INLINE void fold_columns(T* HWY_RESTRICT acc, const T* HWY_RESTRICT x, ptrdiff_t stride, size_t rows, size_t n,
                             Map&& map) {
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  for (size_t i = 0; i < n; i += N) {
    const bool whole = i + N <= n;
    const auto m = hn::FirstN(d, n - i);
    auto load = [&](size_t r) HWY_ATTR {
      const T* p = x + static_cast<ptrdiff_t>(r) * stride + i;
      return map(d, whole ? hn::LoadU(d, p) : hn::MaskedLoad(m, d, p), i, m, whole);
    };
    auto total = load(0);
    if (rows == 8) {
      const auto a = F::join(d, F::join(d, total, load(1)), F::join(d, load(2), load(3)));
      const auto b = F::join(d, F::join(d, load(4), load(5)), F::join(d, load(6), load(7)));
      total = F::join(d, a, b);
    } else {
      for (size_t r = 1; r < rows; ++r) total = F::join(d, total, load(r));
    }
    if (whole) {
      hn::StoreU(F::join(d, hn::LoadU(d, acc + i), total), d, acc + i);
    } else {
      hn::BlendedStore(F::join(d, hn::MaskedLoad(m, d, acc + i), total), m, d, acc + i);
    }
  }
}

template <class T, class F>
T row_loop(const T* x, size_t n) {
  return fold_row<F>(x, n, [](auto d, auto v) HWY_ATTR { return F::map(d, v); });
}
template <class T, class F>
void columns_loop(T* acc, const T* x, ptrdiff_t stride, size_t rows, size_t n) {
  fold_columns<F>(acc, x, stride, rows, n, [](auto d, auto v, size_t, auto, bool) HWY_ATTR { return F::map(d, v); });
}

template <class T>
T centered_row(const T* x, size_t n, T center) {
  return fold_row<sum_fold>(x, n, [center](auto d, auto v) HWY_ATTR {
    const auto difference = hn::Sub(v, hn::Set(d, center));
    return hn::Mul(difference, difference);
  });
}
double wide_sum(const double* x, size_t n) { return row_loop<double, sum_fold>(x, n); }
double wide_sum(const float* x, size_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> narrow;
  const size_t N = hn::Lanes(d);
  auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0;
  auto at = [&](size_t i) HWY_ATTR { return hn::PromoteTo(d, hn::LoadU(narrow, x + i)); };
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
    a0 = hn::Add(a0, at(i));
    a1 = hn::Add(a1, at(i + N));
    a2 = hn::Add(a2, at(i + 2 * N));
    a3 = hn::Add(a3, at(i + 3 * N));
  }
  double total = across<sum_fold>(d, hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)));
  for (; i < n; ++i) total += static_cast<double>(x[i]);
  return total;
}
template <class T>
void centered_columns(T* acc, const T* x, ptrdiff_t stride, size_t rows, const T* center, size_t n) {
  fold_columns<sum_fold>(acc, x, stride, rows, n, [center](auto d, auto v, size_t i, auto m, bool whole) HWY_ATTR {
    const auto difference = hn::Sub(v, whole ? hn::LoadU(d, center + i) : hn::MaskedLoad(m, d, center + i));
    return hn::Mul(difference, difference);
  });
}

template <class T, bool Max>
void arg_columns_loop(T* HWY_RESTRICT best, int64_t* HWY_RESTRICT where, const T* HWY_RESTRICT x, int64_t index,
                      size_t n) {
  // Blocks of 64 columns in which nothing comes before the best so far are passed over; after some rows most are.
  const hn::ScalableTag<T> d;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + N <= n; i += N) {
    const auto b = hn::LoadU(d, best + i), v = hn::LoadU(d, x + i);
    auto first = Max ? hn::Lt(b, v) : hn::Lt(v, b);
    if constexpr (std::is_floating_point_v<T>) first = hn::Or(first, hn::AndNot(hn::IsNaN(b), hn::IsNaN(v)));
    if (HWY_LIKELY(hn::AllFalse(d, first))) continue;
    hn::StoreU(hn::IfThenElse(first, v, b), d, best + i);
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, first, bits);
    uint64_t set = 0;
    __builtin_memcpy(&set, bits, 8);
    set &= N >= 64 ? ~uint64_t{0} : (uint64_t{1} << N) - 1;
    for (; set; set &= set - 1) where[i + __builtin_ctzll(set)] = index;
  }
  for (; i < n; ++i) {
    const bool nan = x[i] != x[i] && best[i] == best[i];
    if ((Max ? best[i] < x[i] : x[i] < best[i]) || nan) {
      best[i] = x[i];
      where[i] = index;
    }
  }
}

template <class T>
void fill_folds(FoldFns<T>* table) {
  auto put = [&](Fold fold, FoldFns<T> fns) { table[static_cast<int>(fold)] = fns; };
  put(Fold::sum, {&row_loop<T, sum_fold>, &columns_loop<T, sum_fold>});
  put(Fold::nonzero, {&row_loop<T, nonzero_fold>, &columns_loop<T, nonzero_fold>});
  put(Fold::max, {&row_loop<T, max_fold>, &columns_loop<T, max_fold>});
  put(Fold::min, {&row_loop<T, min_fold>, &columns_loop<T, min_fold>});
  if constexpr (std::is_floating_point_v<T>) {
    put(Fold::nan_sum, {&row_loop<T, nan_sum_fold>, &columns_loop<T, nan_sum_fold>});
    put(Fold::abs_sum, {&row_loop<T, abs_sum_fold>, &columns_loop<T, abs_sum_fold>});
    put(Fold::square_sum, {&row_loop<T, square_sum_fold>, &columns_loop<T, square_sum_fold>});
    put(Fold::abs_max, {&row_loop<T, abs_max_fold>, &columns_loop<T, abs_max_fold>});
    put(Fold::abs_min, {&row_loop<T, abs_min_fold>, &columns_loop<T, abs_min_fold>});
    put(Fold::prod, {&row_loop<T, prod_fold>, &columns_loop<T, prod_fold>});
  }
}
void fill_float_(FoldFns<float>* t, CenteredFns<float>* c, ArgColumns<float>* a) {
  fill_folds(t);
  *c = {&centered_row<float>, &centered_columns<float>, &wide_sum};
  a[0] = &arg_columns_loop<float, false>, a[1] = &arg_columns_loop<float, true>;
}
void fill_double_(FoldFns<double>* t, CenteredFns<double>* c, ArgColumns<double>* a) {
  fill_folds(t);
  *c = {&centered_row<double>, &centered_columns<double>, &wide_sum};
  a[0] = &arg_columns_loop<double, false>, a[1] = &arg_columns_loop<double, true>;
}
void fill_int_(FoldFns<int64_t>* t, ArgColumns<int64_t>* a) {
  fill_folds(t);
  a[0] = &arg_columns_loop<int64_t, false>, a[1] = &arg_columns_loop<int64_t, true>;
}

int64_t count_bytes_(const uint8_t* x, size_t n) {
  const hn::ScalableTag<uint8_t> d;
  const size_t N = hn::Lanes(d);
  int64_t count = 0;
  size_t i = 0;
  for (; i + N <= n; i += N) count += static_cast<int64_t>(hn::CountTrue(d, hn::Ne(hn::LoadU(d, x + i), hn::Zero(d))));
  for (; i < n; ++i) count += x[i] != 0;
  return count;
}
bool any_byte_(const uint8_t* x, size_t n) {
  const hn::ScalableTag<uint8_t> d;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
    const auto v = hn::Or(hn::Or(hn::LoadU(d, x + i), hn::LoadU(d, x + i + N)),
                          hn::Or(hn::LoadU(d, x + i + 2 * N), hn::LoadU(d, x + i + 3 * N)));
    if (!hn::AllTrue(d, hn::Eq(v, hn::Zero(d)))) return true;
  }
  for (; i < n; ++i)
    if (x[i]) return true;
  return false;
}
bool all_bytes_(const uint8_t* x, size_t n) {
  const hn::ScalableTag<uint8_t> d;
  const size_t N = hn::Lanes(d);
  size_t i = 0;
  for (; i + 4 * N <= n; i += 4 * N) {
    const auto v = hn::Min(hn::Min(hn::LoadU(d, x + i), hn::LoadU(d, x + i + N)),
                           hn::Min(hn::LoadU(d, x + i + 2 * N), hn::LoadU(d, x + i + 3 * N)));
    if (!hn::AllFalse(d, hn::Eq(v, hn::Zero(d)))) return false;
  }
  for (; i < n; ++i)
    if (!x[i]) return false;
  return true;
}

}  // namespace flambeau::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flambeau::kernels {
HWY_EXPORT(fill_float_);
HWY_EXPORT(fill_double_);
HWY_EXPORT(fill_int_);
HWY_EXPORT(count_bytes_);
HWY_EXPORT(any_byte_);
HWY_EXPORT(all_bytes_);

namespace {
struct Tables {
  FoldFns<float> f32[kFolds];
  FoldFns<double> f64[kFolds];
  FoldFns<int64_t> i64[kFolds];
  CenteredFns<float> centered32;
  CenteredFns<double> centered64;
  ArgColumns<float> arg32[2];
  ArgColumns<double> arg64[2];
  ArgColumns<int64_t> arg_int[2];
  Tables() {
    HWY_DYNAMIC_DISPATCH(fill_float_)(f32, &centered32, arg32);
    HWY_DYNAMIC_DISPATCH(fill_double_)(f64, &centered64, arg64);
    HWY_DYNAMIC_DISPATCH(fill_int_)(i64, arg_int);
    // Products of integers wrap; there is no vector multiplication of 64 bits everywhere.
    i64[static_cast<int>(Fold::prod)].row = [](const int64_t* x, size_t n) {
      uint64_t p = 1;
      for (size_t i = 0; i < n; ++i) p *= static_cast<uint64_t>(x[i]);
      return static_cast<int64_t>(p);
    };
    i64[static_cast<int>(Fold::prod)].columns = [](int64_t* acc, const int64_t* x, ptrdiff_t stride, size_t rows,
                                                   size_t n) {
      for (size_t r = 0; r < rows; ++r)
        for (size_t i = 0; i < n; ++i)
          acc[i] = static_cast<int64_t>(static_cast<uint64_t>(acc[i]) *
                                        static_cast<uint64_t>(x[static_cast<ptrdiff_t>(r) * stride + i]));
    };
  }
};
const Tables& tables() {
  static const Tables t;
  return t;
}
}  // namespace

template <>
const FoldFns<float>& fold_fns<float>(Fold f) {
  return tables().f32[static_cast<int>(f)];
}
template <>
const FoldFns<double>& fold_fns<double>(Fold f) {
  return tables().f64[static_cast<int>(f)];
}
template <>
const FoldFns<int64_t>& fold_fns<int64_t>(Fold f) {
  return tables().i64[static_cast<int>(f)];
}
template <>
const CenteredFns<float>& centered_fns<float>() {
  return tables().centered32;
}
template <>
const CenteredFns<double>& centered_fns<double>() {
  return tables().centered64;
}
template <>
ArgColumns<float> arg_columns<float>(bool max) {
  return tables().arg32[max];
}
template <>
ArgColumns<double> arg_columns<double>(bool max) {
  return tables().arg64[max];
}
template <>
ArgColumns<int64_t> arg_columns<int64_t>(bool max) {
  return tables().arg_int[max];
}
int64_t count_bytes(const uint8_t* x, size_t n) { return HWY_DYNAMIC_DISPATCH(count_bytes_)(x, n); }
bool any_byte(const uint8_t* x, size_t n) { return HWY_DYNAMIC_DISPATCH(any_byte_)(x, n); }
bool all_bytes(const uint8_t* x, size_t n) { return HWY_DYNAMIC_DISPATCH(all_bytes_)(x, n); }
}  // namespace flambeau::kernels
#endif
