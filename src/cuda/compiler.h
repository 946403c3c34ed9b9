// From the text of a kernel to something that can be launched: compiled at first use, kept on disk by what the text
// says, and in memory for the process.
#pragma once

#include <string>
#include <string_view>

#include "cuda/device.h"

namespace flambeau::cuda {

// A function of a compiled text. Independent of contexts: it runs on every device of its architecture.
struct Kernel {
  void* handle = nullptr;
};

// The pieces that a text is put together from, by file name: "types.cuh". Unknown names are a mistake in the program.
std::string_view kernel_text(std::string_view file);

// The function `entry` of the text for the device's architecture. `name` says in errors which operator wanted it.
// With `fused`, a * b + c may be one rounding: not for formulas, whose results are those of the CPU.
Kernel compile_text(std::string_view text, const char* entry, const char* name, int device, bool fused = false);
// The image alone, for an architecture such as "sm_90": for tests of texts and for warming the cache.
std::string compile_image(std::string_view text, const char* name, const std::string& architecture, bool fused);

struct CompilerStats {
  int64_t compiled = 0, from_disk = 0;
  double seconds = 0;  // in the compiler
};
CompilerStats compiler_stats();

}  // namespace flambeau::cuda
