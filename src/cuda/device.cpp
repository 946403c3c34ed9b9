// Primary contexts, kept for the life of the process, and what the driver says of each device.
#include "cuda/device.h"

#include <array>
#include <atomic>
#include <mutex>

#include "core/error.h"

namespace flambeau::cuda {

namespace {

constexpr int kMost = 64;  // devices
std::array<std::atomic<void*>, kMost> g_contexts{};
std::atomic<bool> g_initialized{false};
constinit thread_local int t_context = -1;  // whose context is current here

void check_ordinal(int device) {
  int count = device_count();
  if (count == 0) driver();  // says why
  check(device >= 0 && device < count && device < kMost, ErrorKind::Runtime, "cuda: invalid device ordinal ", device,
        "; there are ", count, " devices");
}

}  // namespace

int device_count() {
  const DriverApi* api = driver_or_null();
  int count = 0;
  return api && api->cuDeviceGetCount(&count) == kSuccess ? count : 0;
}

bool initialized() { return g_initialized.load(std::memory_order_relaxed); }

void use(int device) {
  if (__builtin_expect(t_context == device, 1)) return;
  const DriverApi& api = driver();
  check_ordinal(device);
  void* context = g_contexts[device].load(std::memory_order_acquire);
  if (!context) {
    static std::mutex mutex;
    std::lock_guard lock(mutex);
    if (!(context = g_contexts[device].load(std::memory_order_acquire))) {
      int handle = 0;
      ok(api.cuDeviceGet(&handle, device), "cuda");
      ok(api.cuDevicePrimaryCtxRetain(&context, handle), "cuda");
      g_contexts[device].store(context, std::memory_order_release);
      g_initialized = true;
    }
  }
  ok(api.cuCtxSetCurrent(context), "cuda");
  t_context = device;
}

const Properties& properties(int device) {
  // Not std::call_once, which reads thread-local state of the C++ library: that can't be reached where another program
  // has loaded the library first.
  static std::array<std::atomic<bool>, kMost> asked;
  static std::array<Properties, kMost> known;
  static std::mutex mutex;
  check_ordinal(device);
  if (asked[device].load(std::memory_order_acquire)) return known[device];
  std::lock_guard lock(mutex);
  if (!asked[device].load(std::memory_order_relaxed)) {
    const DriverApi& api = driver();
    int handle = 0;
    ok(api.cuDeviceGet(&handle, device), "cuda");
    auto attribute = [&](Attribute which) {
      int value = 0;
      ok(api.cuDeviceGetAttribute(&value, which, handle), "cuda");
      return value;
    };
    char name[256] = {};
    Properties& p = known[device];
    ok(api.cuDeviceGetName(name, sizeof name, handle), "cuda");
    p.name = name;
    ok(api.cuDeviceTotalMem_v2(&p.total_memory, handle), "cuda");
    p.major = attribute(kComputeCapabilityMajor);
    p.minor = attribute(kComputeCapabilityMinor);
    p.multiprocessors = attribute(kMultiprocessorCount);
    p.warp_size = attribute(kWarpSize);
    p.threads_per_block = attribute(kMaxThreadsPerBlock);
    p.threads_per_multiprocessor = attribute(kMaxThreadsPerMultiprocessor);
    p.shared_per_block = attribute(kMaxSharedMemoryPerBlock);
    p.shared_per_block_optin = attribute(kMaxSharedMemoryPerBlockOptin);
    p.shared_per_multiprocessor = attribute(kMaxSharedMemoryPerMultiprocessor);
    p.registers_per_multiprocessor = attribute(kRegistersPerMultiprocessor);
    p.l2_cache = attribute(kL2CacheSize);
    p.integrated = attribute(kIntegrated) != 0;
    asked[device].store(true, std::memory_order_release);
  }
  return known[device];
}

}  // namespace flambeau::cuda
