// float16 and bfloat16 to float and back, by the conversions of tile programs.
#include "cpu/libraries/convert.h"

#include "loops/primitives.h"

namespace flambeau::libraries {

void widen(DType dtype, const void* from, float* to, size_t count) { load_convert(dtype, Lane::f32)(to, from, count); }

void narrow(DType dtype, const float* from, void* to, size_t count) {
  store_convert(Lane::f32, dtype)(to, from, count);
}

}  // namespace flambeau::libraries
