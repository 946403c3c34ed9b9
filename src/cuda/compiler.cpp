// The run-time compiler and the cache of its images: <cache>/<version>/<architecture>/<hash of text and options>.
#include "cuda/compiler.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "core/error.h"
#include "core/long_work.h"
#include "cuda/texts.h"

namespace flambeau::cuda {

namespace {

std::mutex g_mutex;
CompilerStats g_stats;

// 128 bits of FNV-1a; two texts that share it by chance are out of reach.
std::string hash_of(std::string_view text, std::string_view more) {
  unsigned __int128 h = (static_cast<unsigned __int128>(0x6c62272e07bb0142ull) << 64) | 0x62b821756295c58dull;
  const unsigned __int128 prime = (static_cast<unsigned __int128>(1) << 88) + 0x13b;
  auto add = [&](std::string_view s) {
    for (unsigned char c : s) h = (h ^ c) * prime;
    h = (h ^ 0x100) * prime;
  };
  add(text);
  add(more);
  char out[40];
  std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(h >> 64),
                static_cast<unsigned long long>(h));
  return out;
}

std::string cache_folder() {
  if (const char* given = std::getenv("FLAMBEAU_CUDA_CACHE"); given && *given) return given;
  if (const char* base = std::getenv("XDG_CACHE_HOME"); base && *base) return std::string(base) + "/flambeau/cuda";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.cache/flambeau/cuda";
  return {};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (in) bytes << in.rdbuf();
  return bytes.str();
}

// Aside and renamed, so that no other process sees half of it. A cache that cannot be written is none.
void keep(const std::string& path, const std::string& bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  std::string aside = path + "." + std::to_string(getpid());
  {
    std::ofstream out(aside, std::ios::binary);
    if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
      std::filesystem::remove(aside, ignored);
      return;
    }
  }
  std::filesystem::rename(aside, path, ignored);
}

std::string version() {
  static const std::string text = [] {
    int major = 0, minor = 0;
    ok(compiler_api().nvrtcVersion(&major, &minor), "cuda compiler");
    return std::to_string(major) + "." + std::to_string(minor);
  }();
  return text;
}

}  // namespace

std::string_view kernel_text(std::string_view file) {
  for (int i = 0; i < text_count; ++i)
    if (texts[i].file == file) return texts[i].text;
  raise(ErrorKind::Runtime, "cuda: there is no kernel text ", file);
}

std::string compile_image(std::string_view text, const char* name, const std::string& architecture, bool fused) {
  const CompilerApi& api = compiler_api();
  std::string arch = "--gpu-architecture=" + architecture;
  const char* options[] = {arch.c_str(), fused ? "--fmad=true" : "--fmad=false", "--std=c++17",
                           "--device-as-default-execution-space"};
  const std::string folder = cache_folder();
  const std::string path =
      folder.empty() ? "" : folder + "/" + version() + "/" + architecture + "/" + hash_of(text, options[1]);
  if (!path.empty())
    if (std::string image = read_file(path); !image.empty()) {
      std::lock_guard lock(g_mutex);
      ++g_stats.from_disk;
      return image;
    }
  auto start = std::chrono::steady_clock::now();
  void* program = nullptr;
  std::string source(text);
  ok(api.nvrtcCreateProgram(&program, source.c_str(), (std::string(name) + ".cu").c_str(), 0, nullptr, nullptr), name);
  int status = 0;
  {
    LongWork work(int64_t{1} << 40);
    status = api.nvrtcCompileProgram(program, 4, options);
  }
  size_t bytes = 0;
  if (status != 0) {
    std::string log;
    if (api.nvrtcGetProgramLogSize(program, &bytes) == 0 && bytes > 1) {
      log.resize(bytes);
      api.nvrtcGetProgramLog(program, log.data());
      log.resize(bytes - 1);
    }
    api.nvrtcDestroyProgram(&program);
    if (const char* folder = std::getenv("FLAMBEAU_CUDA_DUMP")) keep(std::string(folder) + "/failed.cu", source);
    raise(ErrorKind::Runtime, name, ": the text of its CUDA kernel does not compile for ", architecture, ":\n",
          log.substr(0, 4000));
  }
  std::string image;
  if (api.nvrtcGetCUBINSize(program, &bytes) == 0) {
    image.resize(bytes);
    api.nvrtcGetCUBIN(program, image.data());
  }
  api.nvrtcDestroyProgram(&program);
  if (!path.empty()) keep(path, image);
  std::lock_guard lock(g_mutex);
  ++g_stats.compiled;
  g_stats.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return image;
}

Kernel compile_text(std::string_view text, const char* entry, const char* name, int device, bool fused) {
  use(device);
  const Properties& p = properties(device);
  std::string architecture = "sm_" + std::to_string(p.major) + std::to_string(p.minor);
  if (const char* folder = std::getenv("FLAMBEAU_CUDA_DUMP"))
    keep(std::string(folder) + "/" + hash_of(text, "") + (fused ? ".fused.cu" : ".cu"), std::string(text));
  std::string image = compile_image(text, name, architecture, fused);
  void* library = nullptr;
  Kernel kernel;
  ok(driver().cuLibraryLoadData(&library, image.data(), nullptr, nullptr, 0, nullptr, nullptr, 0), name);
  ok(driver().cuLibraryGetKernel(&kernel.handle, library, entry), name);
  return kernel;
}

CompilerStats compiler_stats() {
  std::lock_guard lock(g_mutex);
  return g_stats;
}

}  // namespace flambeau::cuda
