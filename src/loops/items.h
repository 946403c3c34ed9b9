// For moving elements without looking at them: an unsigned type of the same size (16 bytes: a pair).
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau {

struct Bytes16 {
  uint64_t low, high;
};
template <class F>
decltype(auto) dispatch_size(size_t itemsize, F&& f) {
  switch (itemsize) {
    case 1: return f.template operator()<uint8_t>();
    case 2: return f.template operator()<uint16_t>();
    case 4: return f.template operator()<uint32_t>();
    case 8: return f.template operator()<uint64_t>();
    default: return f.template operator()<Bytes16>();
  }
}

}  // namespace flambeau
