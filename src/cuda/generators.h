// The devices' own generators of random numbers.
#pragma once

#include "cpu/generator.h"

namespace flambeau::cuda {

Generator& default_generator(int device);
// Seeds those of all devices, also before a device is used; opens nothing.
void seed_generators(uint64_t seed);

}  // namespace flambeau::cuda
