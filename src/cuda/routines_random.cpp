// Random fills: numbers by counter from the generator's seed and offset.
#include <array>
#include <mutex>

#include "cpu/routines.h"
#include "cuda/emit.h"
#include "cuda/generators.h"
#include "cuda/walk.h"
#include "loops/copy.h"

namespace flambeau::cuda {

namespace {
std::mutex g_mutex;
std::array<Generator*, 64> g_generators{};
uint64_t g_seed = RandomStream::default_seed;  // of those not made yet
}  // namespace

Generator& default_generator(int device) {
  std::lock_guard lock(g_mutex);
  Generator*& g = g_generators.at(static_cast<size_t>(device));
  if (!g) {
    g = make<Generator>(Device{DeviceType::cuda, static_cast<int8_t>(device)}).detach();
    g->stream.seed(g_seed);
  }
  return *g;
}

void seed_generators(uint64_t seed) {
  std::lock_guard lock(g_mutex);
  g_seed = seed;
  for (Generator* g : g_generators) {
    if (!g) continue;
    std::lock_guard its(g->mutex);
    g->stream.seed(seed);
    g->offset = 0;
  }
}

ROUTINE(cuda, random_fill) = [](const Tensor& t, Generator* given, const Draw& draw) {
  if (draw.kind == Draw::Kind::other)
    throw GateError("these numbers are drawn on the CPU only; the nearest alternative is .to('cpu')");
  int device = index_of(t.device());
  use(device);
  Generator& g = given ? *given : default_generator(device);
  check(on_current(g.device) == on_current(t.device()), ErrorKind::Runtime, "Expected a '", to_string(t.device()),
        "' device type for generator but found '", to_string(g.device), "'");
  Tensor out = t.is_contiguous() || t.layout().dense() ? t : empty(t.sizes(), t.dtype(), t.device());
  uint64_t offset;
  {
    std::lock_guard lock(g.mutex);
    offset = g.offset;
    g.offset += 4;
  }
  const int64_t n = t.numel();
  const Kernel& k = kernel("random.cu", "draw", device,
                           {{"M", memory_type(t.dtype())},
                            {"L", t.dtype() == DType::float64 ? "double" : "float"},
                            {"KIND", std::to_string(static_cast<int>(draw.kind))}},
                           "random", false);
  launch("random", device, k, {blocks_for(n, 256, device)}, 256, 0, elements(out), n, g.stream.initial_seed(), offset,
         draw.a, draw.b, draw.low, draw.range);
  if (!out.is(t)) copy_elements(t, out);
};

}  // namespace flambeau::cuda
