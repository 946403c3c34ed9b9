// A libcuda.so.1 and NVRTC in one library, for machines without a GPU: compiling a text runs g++, the image is a shared
// object, and launches go to the executor. Work put on a stream runs as late as it may, so that a missing wait shows as
// a wrong result each time. A kernel that fails poisons the context, as on a device, and the next call that looks
// reports it. The tests ask for failures, orders and devices through the fake_* entries and the environment:
//   FAKE_CUDA_DEVICES, FAKE_CUDA_MEMORY (bytes), FAKE_CUDA_GUARD=1 (no access beyond an allocation), FAKE_CUDA_SEED
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <sstream>
#include <vector>

#include "executor.h"

namespace {

using Status = int;
using Address = unsigned long long;
enum {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kInvalidImage = 200,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kLaunchFailed = 719
};

long setting(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::atol(text) : otherwise;
}

struct Event {
  int stream = -1;
  uint64_t at = 0;
  std::chrono::steady_clock::time_point when;
};
struct Item {
  std::function<void()> work;
  Event awaited;  // its stream is -1 where nothing is waited for
  Event* stamp = nullptr;
};
struct Stream {
  std::deque<Item> queue;
  uint64_t put = 0, done = 0;
};
struct Module {
  void* handle;
  char *shared_begin = nullptr, *shared_end = nullptr;
};
struct Kernel {
  void (*entry)(void**);
  std::vector<unsigned> sizes;
  Module* module;
};
struct Allocation {
  size_t bytes, mapped;
  void* map;
};
struct Failure {
  int after, times;
  Status status;
};

std::recursive_mutex mutex;
std::vector<Stream*> streams{new Stream};
std::map<Address, Allocation> memory;
size_t used = 0;
const size_t capacity = static_cast<size_t>(setting("FAKE_CUDA_MEMORY", 4L << 30));
const bool guarded = setting("FAKE_CUDA_GUARD", 0);
uint64_t seed = static_cast<uint64_t>(setting("FAKE_CUDA_SEED", 0));
Status sticky = kSuccess;
std::string reason;
std::map<std::string, Failure> failures;
std::map<std::string, uint64_t> counts;
uint64_t launches = 0;

Status note(const char* entry) {
  ++counts[entry];
  if (sticky) return sticky;
  auto found = failures.find(entry);
  if (found == failures.end() || found->second.after-- > 0) return kSuccess;
  Status status = found->second.status;
  if (--found->second.times <= 0) failures.erase(found);
  return status;
}
#define ENTRY(name)            \
  std::lock_guard lock(mutex); \
  if (Status failed = note(#name)) return failed

int index_of(void* handle) {
  for (size_t i = 0; i < streams.size(); ++i)
    if (streams[i] == handle) return static_cast<int>(i);
  return 0;
}

void run_until(int stream, uint64_t at) {
  Stream& s = *streams[stream];
  while (s.done < at && !s.queue.empty()) {
    Item item = std::move(s.queue.front());
    s.queue.pop_front();
    if (item.awaited.stream >= 0) run_until(item.awaited.stream, item.awaited.at);
    if (item.work && !sticky) item.work();
    if (item.stamp) item.stamp->when = std::chrono::steady_clock::now();
    ++s.done;
  }
}
void run_all() {
  for (size_t i = 0; i < streams.size(); ++i) run_until(static_cast<int>(i), streams[i]->put);
}
// The default stream waits for the others and they for it; here it is enough that its work comes after theirs, and that
// theirs comes after what it held when they were given it.
void put(void* handle, Item item) {
  int at = index_of(handle);
  if (at == 0)
    for (size_t i = 1; i < streams.size(); ++i)
      if (streams[i]->put > streams[i]->done) {
        streams[0]->queue.push_back({{}, {static_cast<int>(i), streams[i]->put, {}}, nullptr});
        ++streams[0]->put;
      }
  streams[at]->queue.push_back(std::move(item));
  ++streams[at]->put;
}
void put(void* handle, std::function<void()> work) { put(handle, Item{std::move(work), {}, nullptr}); }
void* pointer(Address a) { return reinterpret_cast<void*>(a); }
template <class T>
void put_fill(Address to, T value, size_t count, void* stream) {
  put(stream, [=] { std::fill_n(static_cast<T*>(pointer(to)), count, value); });
}

}  // namespace

extern "C" {

// --- what the tests ask for ---
void fake_fail(const char* entry, int after, int times, int status) {
  std::lock_guard lock(mutex);
  failures[entry] = {after, times, status};
}
void fake_seed(unsigned long long value) { seed = value; }
void fake_reset() {
  std::lock_guard lock(mutex);
  sticky = kSuccess;
  reason.clear();
  failures.clear();
  for (Stream* s : streams) {
    s->queue.clear();
    s->done = s->put;
  }
}
const char* fake_reason() { return reason.c_str(); }
unsigned long long fake_count(const char* entry) {
  std::lock_guard lock(mutex);
  return counts[entry];
}
unsigned long long fake_used() { return used; }
const char* fake_entries() {
  return "cuMemAlloc_v2 cuMemFree_v2 cuMemHostAlloc cuMemcpyHtoDAsync_v2 cuMemcpyDtoHAsync_v2 cuMemcpyDtoDAsync_v2 "
         "cuMemsetD8Async cuMemsetD16Async cuMemsetD32Async cuStreamCreateWithPriority cuStreamSynchronize "
         "cuStreamQuery cuStreamWaitEvent cuEventCreate cuEventRecord cuEventQuery cuEventSynchronize "
         "cuLibraryLoadData cuLibraryGetKernel cuLaunchKernel cuCtxSynchronize";
}

// --- the driver ---
Status cuInit(unsigned) { return kSuccess; }
Status cuDriverGetVersion(int* version) { return *version = 13000, kSuccess; }
Status cuGetErrorName(int status, const char** text) {
  *text = status == kOutOfMemory      ? "CUDA_ERROR_OUT_OF_MEMORY"
          : status == kIllegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : status == kLaunchFailed   ? "CUDA_ERROR_LAUNCH_FAILED"
          : status == kInvalidValue   ? "CUDA_ERROR_INVALID_VALUE"
                                      : "CUDA_ERROR";
  return kSuccess;
}
Status cuGetErrorString(int status, const char** text) {
  *text = status == kOutOfMemory      ? "out of memory"
          : status == kIllegalAddress ? "an illegal memory access was encountered"
          : status == kLaunchFailed   ? "unspecified launch failure"
          : status == kInvalidValue   ? "invalid argument"
                                      : "unknown error";
  return kSuccess;
}
Status cuDeviceGetCount(int* count) { return *count = static_cast<int>(setting("FAKE_CUDA_DEVICES", 1)), kSuccess; }
Status cuDeviceGet(int* device, int ordinal) { return *device = ordinal, kSuccess; }
Status cuDeviceGetName(char* name, int length, int) {
  std::snprintf(name, static_cast<size_t>(length), "Executor on the host");
  return kSuccess;
}
Status cuDeviceTotalMem_v2(size_t* bytes, int) { return *bytes = capacity, kSuccess; }
Status cuDeviceGetAttribute(int* value, int attribute, int) {
  static const std::map<int, int> known{{1, 1024},   {8, 48 << 10},   {10, 32},       {16, 2},
                                        {39, 2048},  {75, 9},         {76, 0},        {81, 228 << 10},
                                        {82, 65536}, {97, 227 << 10}, {38, 50 << 20}, {13, 1000000}};
  auto found = known.find(attribute);
  return *value = found == known.end() ? 0 : found->second, kSuccess;
}
Status cuDevicePrimaryCtxRetain(void** context, int device) {
  return *context = reinterpret_cast<void*>(static_cast<intptr_t>(device) + 1), kSuccess;
}
Status cuCtxSetCurrent(void*) { return kSuccess; }
Status cuCtxGetStreamPriorityRange(int* least, int* greatest) { return *least = 0, *greatest = -5, kSuccess; }
Status cuCtxSynchronize() {
  ENTRY(cuCtxSynchronize);
  run_all();
  return sticky;
}
Status cuMemGetInfo_v2(size_t* free, size_t* total) {
  *total = capacity;
  return *free = capacity - used, kSuccess;
}
Status cuMemAlloc_v2(Address* out, size_t bytes) {
  ENTRY(cuMemAlloc_v2);
  if (bytes == 0) return kInvalidValue;
  if (bytes > capacity - used) return kOutOfMemory;
  constexpr size_t page = 4096;
  size_t whole = (bytes + page - 1) / page * page, mapped = whole + 2 * page;
  auto* map = static_cast<char*>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (map == MAP_FAILED) return kOutOfMemory;
  mprotect(map, page, PROT_NONE);
  mprotect(map + page + whole, page, PROT_NONE);
  char* at = map + page + (guarded ? whole - (bytes + 15) / 16 * 16 : 0);
  if (bytes <= size_t{1} << 21) std::memset(at, 0xff, bytes);  // nobody may count on zeros
  *out = reinterpret_cast<Address>(at);
  memory[*out] = {bytes, mapped, map};
  used += bytes;
  return kSuccess;
}
Status cuMemFree_v2(Address p) {
  ENTRY(cuMemFree_v2);
  run_all();
  auto found = memory.find(p);
  if (found == memory.end()) return kInvalidValue;
  used -= found->second.bytes;
  munmap(found->second.map, found->second.mapped);
  memory.erase(found);
  return kSuccess;
}
Status cuMemHostAlloc(void** p, size_t bytes, unsigned) {
  ENTRY(cuMemHostAlloc);
  *p = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  return *p ? kSuccess : kOutOfMemory;
}
Status cuMemFreeHost(void* p) {
  run_all();
  std::free(p);
  return kSuccess;
}
Status cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
  ENTRY(cuMemcpyHtoDAsync_v2);
  put(stream, [=] { std::memcpy(pointer(to), from, bytes); });
  return kSuccess;
}
Status cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
  ENTRY(cuMemcpyDtoHAsync_v2);
  put(stream, [=] { std::memcpy(to, pointer(from), bytes); });
  return kSuccess;
}
Status cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
  ENTRY(cuMemcpyDtoDAsync_v2);
  put(stream, [=] { std::memmove(pointer(to), pointer(from), bytes); });
  return kSuccess;
}
Status cuMemsetD8Async(Address to, unsigned char value, size_t count, void* stream) {
  ENTRY(cuMemsetD8Async);
  put_fill(to, value, count, stream);
  return kSuccess;
}
Status cuMemsetD16Async(Address to, unsigned short value, size_t count, void* stream) {
  ENTRY(cuMemsetD16Async);
  put_fill(to, value, count, stream);
  return kSuccess;
}
Status cuMemsetD32Async(Address to, unsigned value, size_t count, void* stream) {
  ENTRY(cuMemsetD32Async);
  put_fill(to, value, count, stream);
  return kSuccess;
}
Status cuStreamCreateWithPriority(void** stream, unsigned, int) {
  ENTRY(cuStreamCreateWithPriority);
  streams.push_back(new Stream);
  *stream = streams.back();
  return kSuccess;
}
Status cuStreamSynchronize(void* stream) {
  ENTRY(cuStreamSynchronize);
  int at = index_of(stream);
  run_until(at, streams[at]->put);
  return sticky;
}
Status cuStreamQuery(void* stream) {
  ENTRY(cuStreamQuery);
  return streams[index_of(stream)]->queue.empty() ? kSuccess : kNotReady;
}
Status cuStreamWaitEvent(void* stream, void* event, unsigned) {
  ENTRY(cuStreamWaitEvent);
  if (auto* e = static_cast<Event*>(event); e->stream >= 0) put(stream, Item{{}, *e, nullptr});
  return kSuccess;
}
Status cuEventCreate(void** event, unsigned) {
  ENTRY(cuEventCreate);
  *event = new Event;
  return kSuccess;
}
Status cuEventDestroy_v2(void*) { return kSuccess; }  // one that is still queued may be stamped later
Status cuEventRecord(void* event, void* stream) {
  ENTRY(cuEventRecord);
  auto* e = static_cast<Event*>(event);
  put(stream, Item{{}, {}, e});
  e->stream = index_of(stream);
  e->at = streams[e->stream]->put;
  return kSuccess;
}
Status cuEventQuery(void* event) {
  ENTRY(cuEventQuery);
  auto* e = static_cast<Event*>(event);
  return e->stream < 0 || streams[e->stream]->done >= e->at ? kSuccess : kNotReady;
}
Status cuEventSynchronize(void* event) {
  ENTRY(cuEventSynchronize);
  auto* e = static_cast<Event*>(event);
  if (e->stream >= 0) run_until(e->stream, e->at);
  return sticky;
}
Status cuEventElapsedTime(float* ms, void* from, void* to) {
  auto *a = static_cast<Event*>(from), *b = static_cast<Event*>(to);
  for (Event* e : {a, b})
    if (e->stream >= 0 && streams[e->stream]->done < e->at) return kNotReady;
  *ms = std::chrono::duration<float, std::milli>(b->when - a->when).count();
  return kSuccess;
}

// The image: a magic word, the length, a shared object.
Status cuLibraryLoadData(void** library, const void* image, int*, void**, unsigned, int*, void**, unsigned) {
  ENTRY(cuLibraryLoadData);
  const char* bytes = static_cast<const char*>(image);
  if (std::memcmp(bytes, "HOSTCODE", 8) != 0) return kInvalidImage;
  uint64_t length;
  std::memcpy(&length, bytes + 8, 8);
  int file = memfd_create("kernel", MFD_CLOEXEC);
  if (write(file, bytes + 16, length) != static_cast<ssize_t>(length)) return kInvalidImage;
  // Kept open: a path that was used once stands for the module it loaded.
  void* handle = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    reason = dlerror();
    return kInvalidImage;
  }
  auto* module = new Module{handle};
  if (auto bounds = reinterpret_cast<void (*)(char**, char**)>(dlsym(handle, "shared_bounds")))
    bounds(&module->shared_begin, &module->shared_end);
  *library = module;
  return kSuccess;
}
Status cuLibraryGetKernel(void** kernel, void* library, const char* name) {
  ENTRY(cuLibraryGetKernel);
  auto* module = static_cast<Module*>(library);
  auto entry = reinterpret_cast<void (*)(void**)>(dlsym(module->handle, (std::string(name) + "__call").c_str()));
  auto* sizes = static_cast<const unsigned*>(dlsym(module->handle, (std::string(name) + "__sizes").c_str()));
  if (!entry || !sizes) return kNotFound;
  auto* made = new Kernel{entry, {}, module};
  while (*sizes) made->sizes.push_back(*sizes++);
  *kernel = made;
  return kSuccess;
}
Status cuLaunchKernel(void* kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                      unsigned shared, void* stream, void** arguments, void**) {
  ENTRY(cuLaunchKernel);
  auto* k = static_cast<Kernel*>(kernel);
  bool grid = gx && gy && gz && gx <= 2147483647u && gy <= 65535 && gz <= 65535;
  bool block = bx && by && bz && bz <= 64 && bx * by * bz <= 1024;
  if (!grid || !block || shared > 48u << 10) return kInvalidValue;
  // Arguments are read before the call returns.
  auto kept = std::make_shared<std::vector<std::array<char, 4096>>>(k->sizes.size());
  for (size_t i = 0; i < k->sizes.size(); ++i) {
    if (k->sizes[i] > 4096) return kInvalidValue;
    std::memcpy((*kept)[i].data(), arguments[i], k->sizes[i]);
  }
  uint64_t order = seed ? seed + 2 * ++launches : 0;
  put(stream, [=] {
    std::vector<void*> pointers;
    for (auto& a : *kept) pointers.push_back(a.data());
    std::string error = executor::run(
        {k->entry, pointers.data(), {gx, gy, gz}, {bx, by, bz}, shared, k->module->shared_begin, k->module->shared_end},
        order);
    if (error.empty()) return;
    reason = error;
    sticky = error.starts_with("illegal") ? kIllegalAddress : kLaunchFailed;
  });
  return kSuccess;
}

// --- the compiler ---
struct Program {
  std::string text, log, image;
};
int nvrtcVersion(int* major, int* minor) { return *major = 13, *minor = 0, 0; }
int nvrtcCreateProgram(void** program, const char* text, const char*, int, const char* const*, const char* const*) {
  return *program = new Program{text, {}, {}}, 0;
}
int nvrtcDestroyProgram(void** program) {
  delete static_cast<Program*>(*program);
  return *program = nullptr, 0;
}
int nvrtcCompileProgram(void* handle, int, const char* const*) {
  auto& p = *static_cast<Program*>(handle);
  Dl_info self;
  dladdr(reinterpret_cast<void*>(&cuInit), &self);
  std::string text = p.text + "\n";
  static const std::regex kernel(
      R"(extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s+)?([A-Za-z_]\w*)\s*\()");
  for (std::sregex_iterator i(p.text.begin(), p.text.end(), kernel), end; i != end; ++i)
    text += "HOST_ENTRY(" + (*i)[1].str() + ")\n";
  text += "HOST_MODULE\n";
  const char* folder = std::getenv("FAKE_CUDA_WORDS");  // where host_words.h lies
  char name[] = "/tmp/fake_cuda_XXXXXX";
  if (!folder || !mkdtemp(name)) {
    p.log = "FAKE_CUDA_WORDS is not set";
    return 6;
  }
  std::string base = name;
  std::ofstream(base + "/k.cpp") << text;
  const char* sanitize = std::getenv("FAKE_CUDA_FLAGS");
  std::string command =
      "g++ -std=c++17 -O1 -fPIC -shared -w -fno-exceptions -fno-rtti -ffp-contract=off "
      "-fno-strict-aliasing -nostdinc++ -nostdlib " +
      std::string(sanitize ? sanitize : "") + " -include " + folder + "/host_words.h -o " + base + "/k.so " + base +
      "/k.cpp " + self.dli_fname + " 2> " + base + "/log";
  int status = std::system(command.c_str());
  auto read = [](const std::string& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  };
  p.log = read(base + "/log");
  std::string object = status == 0 ? read(base + "/k.so") : "";
  std::filesystem::remove_all(base);
  if (status != 0) return 6;
  uint64_t length = object.size();
  p.image = "HOSTCODE" + std::string(reinterpret_cast<char*>(&length), 8) + object;
  return 0;
}
int nvrtcGetCUBINSize(void* p, size_t* bytes) { return *bytes = static_cast<Program*>(p)->image.size(), 0; }
int nvrtcGetCUBIN(void* p, char* out) {
  auto& image = static_cast<Program*>(p)->image;
  std::memcpy(out, image.data(), image.size());
  return 0;
}
int nvrtcGetProgramLogSize(void* p, size_t* bytes) { return *bytes = static_cast<Program*>(p)->log.size() + 1, 0; }
int nvrtcGetProgramLog(void* p, char* out) {
  auto& log = static_cast<Program*>(p)->log;
  std::memcpy(out, log.c_str(), log.size() + 1);
  return 0;
}

}  // extern "C"
