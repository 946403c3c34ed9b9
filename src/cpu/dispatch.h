// From a run-time element type to a template argument, for kernels:
//     dispatch_floating("prod", x.dtype(), [&]<class T>() { kernel<T>(x.data<T>(), ...); });
// Half and BFloat16 are memory formats that convert to and from float; Wide<T> is the type to compute in.
// Kernels that only move elements dispatch on their size instead (dispatch_size, loops/items.h).
#pragma once

#include <complex>
#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/error.h"
#include "loops/items.h"
#include "loops/small_floats.h"

namespace flambeau {

struct Half {
  uint16_t bits = 0;
  Half() = default;
  Half(float v) : bits(static_cast<uint16_t>(loops::encode_float<loops::kHalf, 16>(v))) {}
  operator float() const { return loops::decode_float<loops::kHalf, 16>(bits); }
};
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  BFloat16(float v) : bits(loops::encode_bfloat16(v)) {}
  operator float() const { return loops::decode_bfloat16(bits); }
};
struct ComplexHalf {
  Half re, im;
  ComplexHalf() = default;
  ComplexHalf(std::complex<float> v) : re(v.real()), im(v.imag()) {}
  operator std::complex<float>() const { return {re, im}; }
};
static_assert(sizeof(Half) == 2 && sizeof(BFloat16) == 2 && sizeof(ComplexHalf) == 4);

namespace dispatch_detail {
template <class T>
struct Wide {
  using type = T;
};
template <>
struct Wide<Half> {
  using type = float;
};
template <>
struct Wide<BFloat16> {
  using type = float;
};
template <>
struct Wide<ComplexHalf> {
  using type = std::complex<float>;
};
// What sums and products of many elements are kept in.
template <class T>
struct Sum {
  using type = std::conditional_t<std::is_integral_v<T>, int64_t, typename Wide<T>::type>;
};
template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
}  // namespace dispatch_detail
template <class T>
using Wide = typename dispatch_detail::Wide<T>::type;
template <class T>
using SumType = typename dispatch_detail::Sum<T>::type;
template <class T>
using RealOf = typename dispatch_detail::RealOf<Wide<T>>::type;
template <class T>
inline constexpr bool is_complex_v = !std::is_same_v<RealOf<T>, Wide<T>>;
template <class T>
inline constexpr bool is_floating_v = std::is_floating_point_v<Wide<T>>;

[[noreturn]] inline void raise_not_implemented(const char* op, DType dtype) {
  raise(ErrorKind::NotImplemented, op, ": not implemented for ", name(dtype),
        " on the CPU; convert the tensor to another type first");
}

// clang-format off
#define FLAMBEAU_CASE(dtype, Type) case DType::dtype: return f.template operator()<Type>();
#define FLAMBEAU_INTEGERS          \
  FLAMBEAU_CASE(uint8, uint8_t)    \
  FLAMBEAU_CASE(int8, int8_t)      \
  FLAMBEAU_CASE(int16, int16_t)    \
  FLAMBEAU_CASE(int32, int32_t)    \
  FLAMBEAU_CASE(int64, int64_t)
#define FLAMBEAU_WIDE_UNSIGNED     \
  FLAMBEAU_CASE(uint16, uint16_t)  \
  FLAMBEAU_CASE(uint32, uint32_t)  \
  FLAMBEAU_CASE(uint64, uint64_t)
#define FLAMBEAU_FLOATS              \
  FLAMBEAU_CASE(float16, Half)       \
  FLAMBEAU_CASE(bfloat16, BFloat16)  \
  FLAMBEAU_CASE(float32, float)      \
  FLAMBEAU_CASE(float64, double)
#define FLAMBEAU_COMPLEX                          \
  FLAMBEAU_CASE(complex32, ComplexHalf)           \
  FLAMBEAU_CASE(complex64, std::complex<float>)   \
  FLAMBEAU_CASE(complex128, std::complex<double>)
// clang-format on

// Every type but the 8-bit floats, bool included.
template <class F>
decltype(auto) dispatch_all(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    FLAMBEAU_CASE(bool_, bool)
    FLAMBEAU_INTEGERS FLAMBEAU_WIDE_UNSIGNED FLAMBEAU_FLOATS FLAMBEAU_COMPLEX default
        : raise_not_implemented(op, dtype);
  }
}
// The same without complex numbers.
template <class F>
decltype(auto) dispatch_real(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    FLAMBEAU_CASE(bool_, bool)
    FLAMBEAU_INTEGERS FLAMBEAU_WIDE_UNSIGNED FLAMBEAU_FLOATS default : raise_not_implemented(op, dtype);
  }
}
// Every type but the 8-bit floats and the complex type of halves.
template <class F>
decltype(auto) dispatch_number(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::complex64: return f.template operator()<std::complex<float>>();
    case DType::complex128: return f.template operator()<std::complex<double>>();
    default: return dispatch_real(op, dtype, std::forward<F>(f));
  }
}
// Half, BFloat16, float, double.
template <class F>
decltype(auto) dispatch_floating(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    FLAMBEAU_FLOATS
    default: raise_not_implemented(op, dtype);
  }
}
template <class F>
decltype(auto) dispatch_floating_complex(const char* op, DType dtype, F&& f) {
  switch (dtype) { FLAMBEAU_FLOATS FLAMBEAU_COMPLEX default : raise_not_implemented(op, dtype); }
}
// Integers of all widths, without bool.
template <class F>
decltype(auto) dispatch_integral(const char* op, DType dtype, F&& f) {
  switch (dtype) { FLAMBEAU_INTEGERS FLAMBEAU_WIDE_UNSIGNED default : raise_not_implemented(op, dtype); }
}
// Index tensors: int32 and int64.
template <class F>
decltype(auto) dispatch_index(const char* op, DType dtype, F&& f) {
  switch (dtype) {
    FLAMBEAU_CASE(int32, int32_t)
    FLAMBEAU_CASE(int64, int64_t)
    default: raise(ErrorKind::Runtime, op, ": expected an index of dtype int32 or int64, got ", name(dtype));
  }
}
#undef FLAMBEAU_CASE
#undef FLAMBEAU_INTEGERS
#undef FLAMBEAU_WIDE_UNSIGNED
#undef FLAMBEAU_FLOATS
#undef FLAMBEAU_COMPLEX

}  // namespace flambeau
