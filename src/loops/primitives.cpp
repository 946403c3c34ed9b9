// Lookup of the vector primitives: builds the tables once, from the groups in primitives_*.cpp.
#include "loops/primitives.h"

#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "loops/primitive_table.h"

#include <hwy/targets.h>

namespace flambeau {
namespace {

// FLAMBEAU_VECTOR_TARGET=AVX2 or =baseline keeps off what is above it: to test a target on a better processor, or to
// have the same bits on two of them.
void choose_target() {
  static const bool chosen = [] {
    const char* wish = std::getenv("FLAMBEAU_VECTOR_TARGET");
    const std::string_view target = wish ? wish : "";
    int64_t disabled = 0;
    // Targets are bits; better ones of an architecture are lower.
    if (target == "AVX2") disabled = HWY_AVX2 - 1;
    if (target == "baseline") disabled = (HWY_AVX2 << 1) - 1;
    if (disabled) {
      hwy::DisableTargets(disabled);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
    return true;
  }();
  (void)chosen;
}

const loops::PrimTable& prim_table() {
  static const loops::PrimTable table = [] {
    choose_target();
    loops::PrimTable t;
    loops::fill_arithmetic(t);
    loops::fill_scalar(t);
    loops::fill_special(t);
    loops::fill_polynomials(t);
    loops::fill_math(t);
    loops::fill_math2(t);
    return t;
  }();
  return table;
}

const loops::ConvertTable& convert_table() {
  static const loops::ConvertTable table = [] {
    choose_target();
    loops::ConvertTable t;
    loops::fill_convert(t);
    return t;
  }();
  return table;
}

size_t mask_index(const char* who, size_t lane_size) {
  check(lane_size == 4 || lane_size == 8, ErrorKind::Value, who, ": lane size must be 4 or 8, got ", lane_size);
  return lane_size / 8;
}

}  // namespace

PrimFn primitive(Prim prim, Lane lane) {
  return prim_table().functions[static_cast<size_t>(prim)][static_cast<size_t>(lane)];
}

ConvertFn load_convert(DType from, Lane to) {
  return convert_table().load[static_cast<size_t>(from)][static_cast<size_t>(to)];
}
ConvertFn store_convert(Lane from, DType to) {
  return convert_table().store[static_cast<size_t>(from)][static_cast<size_t>(to)];
}
ConvertFn round_convert(Lane lane, DType as) {
  return convert_table().round[static_cast<size_t>(lane)][static_cast<size_t>(as)];
}
ConvertFn lane_convert(Lane from, Lane to) {
  return convert_table().lanes[static_cast<size_t>(from)][static_cast<size_t>(to)];
}
ConvertFn load_mask(size_t lane_size) { return convert_table().load_mask[mask_index("load_mask", lane_size)]; }
ConvertFn store_mask(size_t lane_size) { return convert_table().store_mask[mask_index("store_mask", lane_size)]; }

std::string_view vector_target() {
  choose_target();
  return loops::target_name();
}

}  // namespace flambeau
