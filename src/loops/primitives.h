// The vector primitives of the pointwise engine on the CPU: every elementwise loop that is compiled per type and
// instruction set.
// A primitive works on contiguous registers of a tile program; reading from and writing to memory types, complex planes
// and strided data are the functions at the end. Which functions exist for which lane is in primitives_*.cpp, one line
// each; tile programs, which string primitives together, are in cpu_program.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "formula/primitive.h"

namespace flambeau {

// Contiguous operands, all of the lane's width; operands beyond the arity are null. out may be equal to an operand, but
// must not overlap one partially. A value never depends on its position: same bits at any n and offset.
using PrimFn = void (*)(void* out, const void* a, const void* b, const void* c, size_t n);
using ConvertFn = void (*)(void* out, const void* in, size_t n);

PrimFn primitive(Prim prim, Lane lane);  // null where the primitive is not defined on the lane

// Memory to register and back, for real dtypes (null for complex ones, which are two planes). Loading bool gives 0
// or 1. Storing wraps integers to the narrower type, truncates floats toward zero (out of range as PyTorch on x86),
// rounds to the nearest even in narrower floats, and to bool is != 0.
ConvertFn load_convert(DType from, Lane to);
ConvertFn store_convert(Lane from, DType to);
ConvertFn round_convert(Lane lane, DType as);  // stores and loads again, without the memory in between
ConvertFn load_mask(size_t lane_size);         // bool bytes -> mask lanes of 4 or 8 bytes
ConvertFn store_mask(size_t lane_size);        // mask lanes -> bool bytes
ConvertFn lane_convert(Lane from, Lane to);

// Complex pairs with parts of 2, 4 or 8 bytes, and their two planes.
void deinterleave(void* re, void* im, const void* in, size_t n, size_t part_size);
void interleave(void* out, const void* re, const void* im, size_t n, size_t part_size);

// Copies between strided and contiguous items of 1, 2, 4, 8 or 16 bytes; fill writes n copies of one item.
void gather_strided(void* out, const void* in, int64_t stride_bytes, size_t n, size_t item_size);
void scatter_strided(void* out, int64_t stride_bytes, const void* in, size_t n, size_t item_size);
void fill(void* out, const void* value, size_t n, size_t item_size);

// The instruction set in use: "AVX3", "AVX2", "SSE4", "EMU128", ...
std::string_view vector_target();

}  // namespace flambeau
