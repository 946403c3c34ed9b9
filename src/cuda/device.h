// The CUDA devices there are: counting, properties, and making one current for the calling thread.
#pragma once

#include <string>

#include "core/current_device.h"
#include "cuda/api.h"

namespace flambeau::cuda {

// 0 where there is no driver. Opens the driver, but no context.
int device_count();

struct Properties {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  size_t total_memory = 0;   // bytes
  int multiprocessors = 0, warp_size = 32, threads_per_block = 1024, threads_per_multiprocessor = 2048;
  int shared_per_block = 0, shared_per_block_optin = 0, shared_per_multiprocessor = 0;  // bytes
  int registers_per_multiprocessor = 0, l2_cache = 0;
  bool integrated = false;
};
const Properties& properties(int device);

// Makes the device's primary context current on this thread; raises for a device that is not there.
void use(int device);
inline int index_of(Device device) { return on_current(device).index; }
// Whether a context has been made: by the first tensor, stream or event.
bool initialized();

}  // namespace flambeau::cuda
