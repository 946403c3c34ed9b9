// The promotion lattice.
#include "core/promote.h"

#include <atomic>

#include "core/error.h"

namespace flambeau {

static std::atomic<DType> g_default{DType::float32};

DType default_dtype() { return g_default.load(std::memory_order_relaxed); }

void set_default_dtype(DType dtype) {
  check(is_floating(dtype), ErrorKind::Type,
        "set_default_dtype: only floating-point types are supported as the default type, got ", name(dtype));
  g_default.store(dtype, std::memory_order_relaxed);
}

// bool < integral < floating < complex.
static int rank_of(DType t) { return is_complex(t) ? 3 : is_floating(t) ? 2 : t == DType::bool_ ? 0 : 1; }

DType promote(DType a, DType b) {
  if (a == b) return a;
  int ra = rank_of(a), rb = rank_of(b);
  if (ra < rb) return promote(b, a);
  if (ra > rb) {  // a is of the higher class; only a complex type may still have to widen for a float
    if (ra == 3 && rb == 2) {
      if (b == DType::float64) return DType::complex128;
      if (a == DType::complex32 && (b == DType::float32 || b == DType::bfloat16)) return DType::complex64;
    }
    return a;
  }
  switch (ra) {
    case 1: {
      bool ua = is_unsigned(a), ub = is_unsigned(b);
      if (ua == ub) { return itemsize(a) >= itemsize(b) ? a : b; }
      DType u = ua ? a : b, s = ua ? b : a;
      check(itemsize(u) == 1, ErrorKind::Runtime,
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote ", name(a), " and ",
            name(b), "; convert one of them first");
      return itemsize(s) > 1 ? s : DType::int16;
    }
    case 2:
      check(!is_float8(a) && !is_float8(b), ErrorKind::Runtime,
            "Promotion for Float8 Types is not supported, attempted to promote ", name(a), " and ", name(b),
            "; convert one of them first");
      if (a == DType::float64 || b == DType::float64) return DType::float64;
      return DType::float32;  // half and bfloat16 meet in float32, as does either with float32
    default: return itemsize(a) >= itemsize(b) ? a : b;
  }
}

bool can_cast(DType from, DType to) {
  if (is_complex(from) && !is_complex(to)) return false;
  if (is_floating(from) && is_integral(to, true)) return false;
  return from == DType::bool_ || to != DType::bool_;
}

void Promotion::number(const Scalar& value) { tensor(value.natural_dtype(default_dtype()), 0, true); }

DType Promotion::result() const {
  auto combine = [](int higher, int lower) {
    if (higher < 0) return lower;
    if (lower < 0 || rank_of(static_cast<DType>(lower)) <= rank_of(static_cast<DType>(higher))) return higher;
    // A complex number or 0-d tensor keeps the precision of a floating-point array.
    if (is_floating(static_cast<DType>(higher))) return static_cast<int>(to_complex(static_cast<DType>(higher)));
    return static_cast<int>(promote(static_cast<DType>(higher), static_cast<DType>(lower)));
  };
  int r = combine(array_, combine(scalar_, number_));
  return r < 0 ? default_dtype() : static_cast<DType>(r);
}

}  // namespace flambeau
