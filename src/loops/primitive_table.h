// Private to primitives*.cpp: the tables of function pointers and the functions that fill them. A group is compiled
// once per instruction set and fills its part of the tables for the best one that the processor has.
#pragma once

// Baselines without AVX2 run Highway's portable 128-bit code; three targets keep the build short.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#endif

#include "loops/primitives.h"

namespace flambeau::loops {

struct PrimTable {
  PrimFn functions[kPrims][kLanes] = {};
  void set(Prim prim, Lane lane, PrimFn f) { functions[static_cast<size_t>(prim)][static_cast<size_t>(lane)] = f; }
};
struct ConvertTable {
  ConvertFn load[kDTypes][kLanes] = {};
  ConvertFn store[kLanes][kDTypes] = {};
  ConvertFn round[kLanes][kDTypes] = {};
  ConvertFn lanes[kLanes][kLanes] = {};
  ConvertFn load_mask[2] = {};  // 4-byte, 8-byte lanes
  ConvertFn store_mask[2] = {};
};

void fill_arithmetic(PrimTable& table);   // primitives_arith.cpp
void fill_scalar(PrimTable& table);       // primitives_scalar.cpp
void fill_math(PrimTable& table);         // primitives_math.cpp
void fill_math2(PrimTable& table);        // primitives_math2.cpp
void fill_special(PrimTable& table);      // primitives_special.cpp
void fill_polynomials(PrimTable& table);  // primitives_polynomials.cpp
void fill_convert(ConvertTable& table);   // primitives_convert.cpp
const char* target_name();                // primitives_arith.cpp

template <class T>
constexpr Lane lane_of();
template <>
constexpr Lane lane_of<float>() {
  return Lane::f32;
}
template <>
constexpr Lane lane_of<double>() {
  return Lane::f64;
}
template <>
constexpr Lane lane_of<int32_t>() {
  return Lane::i32;
}
template <>
constexpr Lane lane_of<int64_t>() {
  return Lane::i64;
}
template <>
constexpr Lane lane_of<uint64_t>() {
  return Lane::u64;
}

// Loops for functions without vector code: f(x), f(x, y) on one item after the other.
template <class T, auto F>
void scalar_loop1(void* out, const void* a, const void*, const void*, size_t n) {
  for (size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = F(static_cast<const T*>(a)[i]);
}
template <class T, auto F>
void scalar_loop2(void* out, const void* a, const void* b, const void*, size_t n) {
  for (size_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = F(static_cast<const T*>(a)[i], static_cast<const T*>(b)[i]);
}
// A function of doubles, for both floating lanes.
template <double (*F)(double)>
void set1(PrimTable& t, Prim prim) {
  t.set(prim, Lane::f32, &scalar_loop1<float, [](float x) { return float(F(x)); }>);
  t.set(prim, Lane::f64, &scalar_loop1<double, F>);
}
template <double (*F)(double, double)>
void set2(PrimTable& t, Prim prim) {
  t.set(prim, Lane::f32, &scalar_loop2<float, [](float a, float b) { return float(F(a, b)); }>);
  t.set(prim, Lane::f64, &scalar_loop2<double, F>);
}

}  // namespace flambeau::loops
