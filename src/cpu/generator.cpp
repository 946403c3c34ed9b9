// The default generator, and seeds from the operating system. The numbers themselves are random_stream.cpp's.
#include "cpu/generator.h"

#include <random>

namespace flambeau {

Generator& default_generator() {
  static Generator* generator = new Generator;  // never destroyed: threads may draw while the process ends
  return *generator;
}

uint64_t nondeterministic_seed() {
  std::random_device entropy;
  return (uint64_t{entropy()} << 32 | entropy()) & 0x1fffffffffffff;  // 53 bits, so that a float keeps it too
}

}  // namespace flambeau
