// Walks over strided memory as kernels take them: see kernels/index.cuh.
#pragma once

#include <string>

#include "core/tensor.h"
#include "cuda/launch.h"

namespace flambeau::cuda {

struct StridedWalk {
  Divisor size[8];
  int64_t stride[8] = {};  // in elements
};
struct Dimensions {  // joined, innermost first
  StridedWalk walk;
  int rank = 0;
  int64_t count = 1;
  // One more outer dimension; false where there is no room.
  bool add(int64_t size, int64_t stride);
  std::string rank_text() const { return std::to_string(rank ? rank : 1); }
};
// Dimensions of the mask, and the others; false where joining leaves more than eight of either.
bool divide_dimensions(const Layout& layout, uint64_t mask, Dimensions& kept, Dimensions& reduced);
// All dimensions in row-major order, not joined over positions that `strides` do not say; raises above eight.
Dimensions dimensions(const char* op, IntSpan sizes, IntSpan strides);

// A tensor's elements, offset included.
inline char* elements(const Tensor& t) { return t.defined() ? static_cast<char*>(t.device_data()) : nullptr; }

// Where kernels say that an index was out of bounds: memory of the host that the device writes.
struct Report {
  unsigned long long bad = 0;
  int64_t value = 0, size = 0;
  int32_t op = 0, dim = 0;
};
Report* report_of(int device);
int32_t report_name(const char* op, bool is_index_error);  // the number by which a kernel names the operator
void check_report(int device);                             // raises what was reported; after waiting for the device

}  // namespace flambeau::cuda
