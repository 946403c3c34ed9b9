// Opening the driver and the compiler, and errors of the driver as exceptions.
#include "cuda/api.h"

#include <unistd.h>

#include <mutex>

#include "core/error.h"

namespace flambeau::cuda {

namespace {

constexpr const char* kDriverNames[] = {"libcuda.so.1"};
constexpr const char* kCompilerFiles[] = {"cu13/lib/libnvrtc.so.13", "cuda_nvrtc/lib/libnvrtc.so.12"};
constexpr const char* kCompilerNames[] = {"libnvrtc.so.13", "libnvrtc.so.12"};
// The compiler opens this one by its bare name, which the loader only finds once the file has been opened by path.
constexpr const char* kBuiltinsFiles[] = {
    "cu13/lib/libnvrtc-builtins.so.13.0", "cuda_nvrtc/lib/libnvrtc-builtins.so.12.9",
    "cuda_nvrtc/lib/libnvrtc-builtins.so.12.8", "cuda_nvrtc/lib/libnvrtc-builtins.so.12.6"};

template <class F>
bool take_entry(const Library& library, const char* name, F*& entry, std::string& missing) {
  entry = reinterpret_cast<F*>(library.symbol(name));
  if (entry) return true;
  missing += std::string(missing.empty() ? "" : ", ") + name;
  return false;
}

struct Driver {
  DriverApi api;
  bool there = false;
  std::string problem;
  pid_t process = getpid();

  Driver() {
    Library library({"FLAMBEAU_CUDA_DRIVER", {}, kDriverNames});
    if (!library) {
      problem = "NVIDIA's driver was not found; looked for:" + library.looked_for();
      return;
    }
    std::string missing;
#define FLAMBEAU_X(name, arguments) take_entry(library, #name, api.name, missing);
    FLAMBEAU_CUDA_DRIVER(FLAMBEAU_X)
#undef FLAMBEAU_X
    if (!missing.empty()) {
      problem = library.path() + " is too old (CUDA 12 is needed): it has no " + missing;
      return;
    }
    int status = api.cuInit(0);
    const char* text = nullptr;
    if (status != kSuccess) api.cuGetErrorString(status, &text);
    if (status == kSuccess)
      there = true;
    else
      problem =
          library.path() + ": cuInit failed: " + (text ? text : "unknown error") + " (" + std::to_string(status) + ")";
  }
};

Driver& opened() {
  static auto* driver = new Driver;
  return *driver;
}

}  // namespace

const DriverApi* driver_or_null() {
  Driver& d = opened();
  return d.there ? &d.api : nullptr;
}
const std::string& driver_problem() { return opened().problem; }

const DriverApi& driver() {
  Driver& d = opened();
  check(d.there, ErrorKind::NotImplemented, "device 'cuda' is not available here; the nearest alternative is 'cpu'. ",
        d.problem);
  check(d.process == getpid(), ErrorKind::Runtime,
        "cuda: Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the "
        "'spawn' start method");
  return d.api;
}

const CompilerApi& compiler_api() {
  struct Compiler {
    CompilerApi api;
    std::string problem;
    Compiler() {
      Library builtins({"FLAMBEAU_NVRTC_BUILTINS", kBuiltinsFiles, {}});
      Library library({"FLAMBEAU_NVRTC", kCompilerFiles, kCompilerNames});
      if (!library) {
        problem = "NVIDIA's run-time compiler was not found (pip install nvidia-cuda-nvrtc brings it); looked for:" +
                  library.looked_for();
        return;
      }
      std::string missing;
#define FLAMBEAU_X(name, arguments) take_entry(library, #name, api.name, missing);
      FLAMBEAU_NVRTC(FLAMBEAU_X)
#undef FLAMBEAU_X
      if (!missing.empty()) problem = library.path() + " has no " + missing;
    }
  };
  static const auto* compiler = new Compiler;
  check(compiler->problem.empty(), ErrorKind::Runtime, "cuda: ", compiler->problem);
  return compiler->api;
}

void raise_status(int status, const char* what) {
  const DriverApi* api = driver_or_null();
  const char *name = nullptr, *text = nullptr;
  if (api) {
    api->cuGetErrorName(status, &name);
    api->cuGetErrorString(status, &text);
  }
  raise(status == kOutOfMemory ? ErrorKind::OutOfMemory : ErrorKind::Runtime, what,
        ": CUDA error: ", text ? text : "unknown error", " (", name ? name : "no name", ", ", status, ")");
}

}  // namespace flambeau::cuda
