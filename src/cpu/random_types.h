// Storing random numbers in a tensor's element type, shared by the files that fill memory.
#pragma once

#include "cpu/dispatch.h"

namespace flambeau::random_detail {

template <class T>
inline constexpr bool is_half = std::is_same_v<T, BFloat16> || std::is_same_v<T, Half>;

template <class T>
Wide<T> widen(T x) {
  return x;
}
template <class T, class From>
T convert(From x) {
  if constexpr (std::is_same_v<T, bool>)
    return x != 0;
  else
    return static_cast<T>(static_cast<std::conditional_t<is_half<T>, float, T>>(x));
}

}  // namespace flambeau::random_detail
