// The entries of NVIDIA's driver and of its run-time compiler that are used here, as lists: X(name, arguments). Handles
// are opaque pointers, every entry returns 0 where all went well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/library.h"

namespace flambeau::cuda {

using Address = unsigned long long;  // in the device's memory

// clang-format off
#define FLAMBEAU_CUDA_DRIVER(X)                                                                                        \
  X(cuInit, (unsigned flags))                                                                                          \
  X(cuDriverGetVersion, (int* version))                                                                                \
  X(cuGetErrorName, (int error, const char** text))                                                                    \
  X(cuGetErrorString, (int error, const char** text))                                                                  \
  X(cuDeviceGetCount, (int* count))                                                                                    \
  X(cuDeviceGet, (int* device, int ordinal))                                                                           \
  X(cuDeviceGetName, (char* name, int length, int device))                                                             \
  X(cuDeviceTotalMem_v2, (size_t* bytes, int device))                                                                  \
  X(cuDeviceGetAttribute, (int* value, int attribute, int device))                                                     \
  X(cuDevicePrimaryCtxRetain, (void** context, int device))                                                            \
  X(cuCtxSetCurrent, (void* context))                                                                                  \
  X(cuCtxSynchronize, ())                                                                                              \
  X(cuCtxGetStreamPriorityRange, (int* least, int* greatest))                                                          \
  X(cuMemGetInfo_v2, (size_t* free, size_t* total))                                                                    \
  X(cuMemAlloc_v2, (Address* memory, size_t bytes))                                                                    \
  X(cuMemFree_v2, (Address memory))                                                                                    \
  X(cuMemHostAlloc, (void** memory, size_t bytes, unsigned flags))                                                     \
  X(cuMemFreeHost, (void* memory))                                                                                     \
  X(cuMemcpyHtoDAsync_v2, (Address to, const void* from, size_t bytes, void* stream))                                  \
  X(cuMemcpyDtoHAsync_v2, (void* to, Address from, size_t bytes, void* stream))                                        \
  X(cuMemcpyDtoDAsync_v2, (Address to, Address from, size_t bytes, void* stream))                                      \
  X(cuMemsetD8Async, (Address to, unsigned char value, size_t count, void* stream))                                    \
  X(cuMemsetD16Async, (Address to, unsigned short value, size_t count, void* stream))                                  \
  X(cuMemsetD32Async, (Address to, unsigned value, size_t count, void* stream))                                        \
  X(cuStreamCreateWithPriority, (void** stream, unsigned flags, int priority))                                         \
  X(cuStreamSynchronize, (void* stream))                                                                               \
  X(cuStreamQuery, (void* stream))                                                                                     \
  X(cuStreamWaitEvent, (void* stream, void* event, unsigned flags))                                                    \
  X(cuEventCreate, (void** event, unsigned flags))                                                                     \
  X(cuEventDestroy_v2, (void* event))                                                                                  \
  X(cuEventRecord, (void* event, void* stream))                                                                        \
  X(cuEventQuery, (void* event))                                                                                       \
  X(cuEventSynchronize, (void* event))                                                                                 \
  X(cuEventElapsedTime, (float* milliseconds, void* from, void* to))                                                   \
  X(cuLibraryLoadData, (void** library, const void* image, int* jit, void** jit_values, unsigned jit_count,            \
                        int* options, void** values, unsigned count))                                                  \
  X(cuLibraryGetKernel, (void** kernel, void* library, const char* name))                                              \
  X(cuLaunchKernel, (void* kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,                \
                     unsigned block_y, unsigned block_z, unsigned shared_bytes, void* stream, void** arguments,        \
                     void** extra))

#define FLAMBEAU_NVRTC(X)                                                                                              \
  X(nvrtcVersion, (int* major, int* minor))                                                                            \
  X(nvrtcCreateProgram, (void** program, const char* text, const char* name, int headers, const char* const* sources,  \
                         const char* const* names))                                                                    \
  X(nvrtcCompileProgram, (void* program, int count, const char* const* options))                                       \
  X(nvrtcGetCUBINSize, (void* program, size_t* bytes))                                                                 \
  X(nvrtcGetCUBIN, (void* program, char* cubin))                                                                       \
  X(nvrtcGetProgramLogSize, (void* program, size_t* bytes))                                                            \
  X(nvrtcGetProgramLog, (void* program, char* log))                                                                    \
  X(nvrtcDestroyProgram, (void** program))
// clang-format on

#define FLAMBEAU_X(name, arguments) int(*name) arguments = nullptr;
struct DriverApi {
  FLAMBEAU_CUDA_DRIVER(FLAMBEAU_X)
};
struct CompilerApi {
  FLAMBEAU_NVRTC(FLAMBEAU_X)
};
#undef FLAMBEAU_X

enum Status { kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kNoDevice = 100, kNotReady = 600 };
enum Attribute {
  kMaxThreadsPerBlock = 1,
  kMaxSharedMemoryPerBlock = 8,
  kWarpSize = 10,
  kClockRate = 13,
  kMultiprocessorCount = 16,
  kIntegrated = 18,
  kL2CacheSize = 38,
  kMaxThreadsPerMultiprocessor = 39,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
  kMaxSharedMemoryPerMultiprocessor = 81,
  kRegistersPerMultiprocessor = 82,
  kMaxSharedMemoryPerBlockOptin = 97,
};

// The driver, opened and started at the first call. Null where it is not there; driver() then raises, saying what was
// looked for.
const DriverApi* driver_or_null();
const DriverApi& driver();
const std::string& driver_problem();  // why there is none
const CompilerApi& compiler_api();    // raises likewise

// Raises unless the status is 0; `what` begins the message.
[[noreturn]] void raise_status(int status, const char* what);
inline void ok(int status, const char* what) {
  if (__builtin_expect(status != kSuccess, 0)) raise_status(status, what);
}

}  // namespace flambeau::cuda
