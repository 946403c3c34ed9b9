// Launching kernels, and texts put together from pieces.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "cuda/compiler.h"
#include "cuda/stream.h"

namespace flambeau::cuda {

struct Grid {
  int64_t x = 1, y = 1, z = 1;
};

// The arguments are copied before the call returns; their types have to be those of the kernel's parameters.
template <class... A>
void launch(const char* name, int device, const Kernel& kernel, Grid grid, int threads, size_t shared, A... arguments) {
  void* pointers[] = {&arguments..., nullptr};
  ok(driver().cuLaunchKernel(kernel.handle, static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
                             static_cast<unsigned>(grid.z), static_cast<unsigned>(threads), 1, 1,
                             static_cast<unsigned>(shared), current_stream(device), pointers, nullptr),
     name);
}

// A written kernel for certain types and constants: the files, then one #define a pair in front of them. Kept by what
// it is made of; `entry` is the name of its function.
struct Definition {
  const char* name;
  std::string value;
};
const Kernel& kernel(const char* files, const char* entry, int device, std::initializer_list<Definition> definitions,
                     const char* name, bool fused = true);

// Blocks for n items with `threads` each: enough to fill the device, no more; kernels go on in steps of the grid.
int64_t blocks_for(int64_t n, int threads, int device);

// Division by a number that is known at launch, for 32-bit indices (Granlund and Montgomery, 1994).
struct Divisor {
  uint32_t d = 1, multiplier = 1, shift = 0;
  Divisor() = default;
  explicit Divisor(uint32_t d);
};

}  // namespace flambeau::cuda
