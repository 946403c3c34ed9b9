// Kernels by their definitions.
#include "cuda/launch.h"

#include <mutex>
#include <unordered_map>

#include "core/error.h"

namespace flambeau::cuda {

const Kernel& kernel(const char* files, const char* entry, int device, std::initializer_list<Definition> definitions,
                     const char* name, bool fused) {
  std::string text;
  for (const Definition& d : definitions) text += std::string("#define ") + d.name + " " + d.value + "\n";
  // Devices of one machine may be of different kinds.
  std::string key =
      text + files + "/" + entry + "@" + std::to_string(properties(device).major * 10 + properties(device).minor);
  static std::mutex mutex;
  static auto* known = new std::unordered_map<std::string, Kernel>;
  {
    std::lock_guard lock(mutex);
    if (auto found = known->find(key); found != known->end()) return found->second;
  }
  // The definitions come last of all: the pieces in front use these letters for themselves.
  std::string pieces(kernel_text("types.cuh"));
  pieces.append(kernel_text("index.cuh")).append(kernel_text("block.cuh"));
  for (std::string_view rest = files; !rest.empty();) {
    size_t end = std::min(rest.find('+'), rest.size());
    text += kernel_text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  text = pieces + text;
  Kernel made = compile_text(text, entry, name, device, fused);
  std::lock_guard lock(mutex);
  return known->emplace(std::move(key), made).first->second;
}

int64_t blocks_for(int64_t n, int threads, int device) {
  int64_t wanted = (n + threads - 1) / threads;
  int64_t most = int64_t{properties(device).multiprocessors} * (2048 / threads) * 4;
  return std::max<int64_t>(1, std::min(wanted, most));
}

Divisor::Divisor(uint32_t d) : d(d) {
  while (shift < 32 && (uint64_t{1} << shift) < d) ++shift;
  multiplier = static_cast<uint32_t>((uint64_t{1} << 32) * ((uint64_t{1} << shift) - d) / d + 1);
}

}  // namespace flambeau::cuda
