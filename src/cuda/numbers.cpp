// Casts of numbers to lanes.
#include "cuda/numbers.h"

namespace flambeau::cuda {

static int64_t wrapped(int64_t v, DType type) {
  switch (type) {
    case DType::uint8: return static_cast<uint8_t>(v);
    case DType::int8: return static_cast<int8_t>(v);
    case DType::uint16: return static_cast<uint16_t>(v);
    case DType::int16: return static_cast<int16_t>(v);
    case DType::uint32: return static_cast<uint32_t>(v);
    default: return v;
  }
}

LaneNumber lane_number(const Scalar& number, bool imag, Lane lane, DType common) {
  LaneNumber n{};
  if (lane == Lane::f32 || lane == Lane::f64) {
    double v = imag ? number.imag() : number.to_double();
    if (lane == Lane::f64)
      n.d = v;
    else
      n.f = static_cast<float>(v);
    return n;
  }
  int64_t v = common == DType::bool_ ? number.to_bool() : wrapped(number.to_int(), common);
  if (lane == Lane::i32)
    n.i = static_cast<int32_t>(v);
  else
    n.l = v;
  return n;
}

LaneNumber lane_constant(double value, Lane lane) {
  return lane_number(Scalar(value), false, lane, natural_type(lane));
}

}  // namespace flambeau::cuda
