// Loops that apply a vector function to contiguous data, compiled once per instruction set (include after highway.h and
// foreach_target.h). The last, partial vector runs the same code under a mask.
#if defined(FLAMBEAU_LOOPS_VECTOR_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FLAMBEAU_LOOPS_VECTOR_LOOPS_INL_H_
#undef FLAMBEAU_LOOPS_VECTOR_LOOPS_INL_H_
#else
#define FLAMBEAU_LOOPS_VECTOR_LOOPS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flambeau::loops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// F is a type with `template <class D, class V> static V call(D, V...)`. Two vectors a round hide latency.
template <class T, class F>
void loop1(void* out_, const void* a_, const void*, const void*, size_t n) {
  const hn::ScalableTag<T> d;
  const size_t step = hn::Lanes(d);
  T* out = static_cast<T*>(out_);
  const T* a = static_cast<const T*>(a_);
  size_t i = 0;
  for (; i + 2 * step <= n; i += 2 * step) {
    const auto r0 = F::call(d, hn::LoadU(d, a + i));
    const auto r1 = F::call(d, hn::LoadU(d, a + i + step));
    hn::StoreU(r0, d, out + i);
    hn::StoreU(r1, d, out + i + step);
  }
  for (; i < n; i += step) {
    if (i + step <= n) {
      hn::StoreU(F::call(d, hn::LoadU(d, a + i)), d, out + i);
    } else {
      const auto m = hn::FirstN(d, n - i);
      hn::BlendedStore(F::call(d, hn::MaskedLoad(m, d, a + i)), m, d, out + i);
    }
  }
}

template <class T, class F>
void loop2(void* out_, const void* a_, const void* b_, const void*, size_t n) {
  const hn::ScalableTag<T> d;
  const size_t step = hn::Lanes(d);
  T* out = static_cast<T*>(out_);
  const T* a = static_cast<const T*>(a_);
  const T* b = static_cast<const T*>(b_);
  size_t i = 0;
  for (; i + 2 * step <= n; i += 2 * step) {
    const auto r0 = F::call(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    const auto r1 = F::call(d, hn::LoadU(d, a + i + step), hn::LoadU(d, b + i + step));
    hn::StoreU(r0, d, out + i);
    hn::StoreU(r1, d, out + i + step);
  }
  for (; i < n; i += step) {
    if (i + step <= n) {
      hn::StoreU(F::call(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
    } else {
      const auto m = hn::FirstN(d, n - i);
      hn::BlendedStore(F::call(d, hn::MaskedLoad(m, d, a + i), hn::MaskedLoad(m, d, b + i)), m, d, out + i);
    }
  }
}

template <class T, class F>
void loop3(void* out_, const void* a_, const void* b_, const void* c_, size_t n) {
  const hn::ScalableTag<T> d;
  const size_t step = hn::Lanes(d);
  T* out = static_cast<T*>(out_);
  const T* a = static_cast<const T*>(a_);
  const T* b = static_cast<const T*>(b_);
  const T* c = static_cast<const T*>(c_);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    hn::StoreU(F::call(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i), hn::LoadU(d, c + i)), d, out + i);
  }
  if (i < n) {
    const auto m = hn::FirstN(d, n - i);
    const auto r = F::call(d, hn::MaskedLoad(m, d, a + i), hn::MaskedLoad(m, d, b + i), hn::MaskedLoad(m, d, c + i));
    hn::BlendedStore(r, m, d, out + i);
  }
}

}  // namespace flambeau::loops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

// UNARY(name, expression of d and x), BINARY(name, ... d, a, b), TERNARY(name, ... d, a, b, c) define a function type
// name_op for the loops above.
#ifndef UNARY
#define UNARY(name, ...)                 \
  struct name##_op {                     \
    template <class D, class V>          \
    static HWY_INLINE V call(D d, V x) { \
      (void)d;                           \
      __VA_ARGS__                        \
    }                                    \
  };
#define BINARY(name, ...)                     \
  struct name##_op {                          \
    template <class D, class V>               \
    static HWY_INLINE V call(D d, V a, V b) { \
      (void)d;                                \
      __VA_ARGS__                             \
    }                                         \
  };
#define TERNARY(name, ...)                         \
  struct name##_op {                               \
    template <class D, class V>                    \
    static HWY_INLINE V call(D d, V a, V b, V c) { \
      (void)d;                                     \
      __VA_ARGS__                                  \
    }                                              \
  };
#endif

#endif  // include guard
