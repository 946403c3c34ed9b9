// A generator of random numbers: a stream, and the lock that its users hold for the whole of a fill.
#pragma once

#include <mutex>

#include "core/device.h"
#include "core/intrusive.h"
#include "cpu/random_stream.h"

namespace flambeau {

class Generator final : public RefCounted {
 public:
  explicit Generator(Device device = {}) : device(device) {}
  RandomStream stream;
  uint64_t offset = 0;  // of a device's counter-based numbers, whose seed is the stream's
  std::mutex mutex;
  const Device device;
};

Generator& default_generator();  // of the CPU
// The generator of an operator's argument: the given one, or the default.
inline Generator& generator_or_default(Generator* given) { return given ? *given : default_generator(); }
uint64_t nondeterministic_seed();

}  // namespace flambeau
