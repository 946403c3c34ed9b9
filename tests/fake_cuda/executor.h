// Runs a kernel that g++ compiled: one block after another, each CUDA thread a fiber that changes hands only at barriers
// and warp exchanges. Blocks and threads come in plain order or in one drawn from a seed, so that a missing barrier
// gives another result; with odd seeds one warp runs as far ahead of the others as it can.
#pragma once

#include <cstdint>
#include <string>

namespace executor {

struct Launch {
  void (*entry)(void** arguments);
  void** arguments;
  unsigned grid[3], block[3];
  unsigned dynamic_bytes = 0;
  char *shared_begin = nullptr, *shared_end = nullptr;  // the module's __shared__ variables
};
// Empty where all went well, else what a device would call a launch failure, in words.
std::string run(const Launch& launch, uint64_t seed);

}  // namespace executor
