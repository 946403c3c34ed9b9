// Tile programs, kernels, copies and fills on the current stream of a device.
#include "cuda/backend.h"

#include <cstring>
#include <mutex>
#include <unordered_map>

#include "core/gate_error.h"
#include "core/long_work.h"
#include "cuda/allocator.h"
#include "cuda/emit.h"
#include "cuda/launch.h"
#include "cuda/numbers.h"
#include "cuda/pinned.h"
#include "cuda/walk.h"
#include "loops/iterator.h"
#include "op/backend.h"
#include "op/call.h"

namespace flambeau::cuda {

namespace {

Address address(const void* p) { return reinterpret_cast<Address>(p); }

struct ProgramKey {
  const Program* program;
  Walk walk;
  int architecture;
  friend bool operator==(const ProgramKey&, const ProgramKey&) = default;
};
struct ProgramHash {
  size_t operator()(const ProgramKey& k) const {
    size_t h = reinterpret_cast<size_t>(k.program) >> 4;
    for (size_t part :
         {static_cast<size_t>(k.walk.vector), static_cast<size_t>(k.walk.repeated), static_cast<size_t>(k.walk.rank),
          static_cast<size_t>(k.walk.wide), static_cast<size_t>(k.architecture)})
      h = (h ^ part) * 0x9E3779B97F4A7C15ull;
    return h;
  }
};

// Operands in the order of the loads, without the result.
Walk walk_of(const Program& program, const Iterator& it) {
  Walk walk;
  walk.operands = it.operands();
  walk.wide = it.numel() >= (int64_t{1} << 31);
  bool flat = it.flat(0);
  size_t widest = it.itemsize(0);
  uintptr_t addresses = reinterpret_cast<uintptr_t>(it.data(0));
  for (const auto& l : program.loads) {
    flat = flat && (it.flat(l.operand) || it.repeated(l.operand));
    if (it.repeated(l.operand) && !it.flat(l.operand)) {
      walk.repeated |= 1u << l.operand;
      continue;
    }
    widest = std::max(widest, it.itemsize(l.operand));
    addresses |= reinterpret_cast<uintptr_t>(it.data(l.operand));
  }
  if (!flat) {
    walk.repeated = 0;
    walk.rank = it.rank();
    return walk;
  }
  int vector = static_cast<int>(16 / widest);
  if (vector > 1 && addresses % 16 == 0 && it.numel() >= 1024) walk.vector = vector;
  return walk;
}

class CudaBackend final : public Backend {
 public:
  void run_program(const char* name, const Program& program, const Iterator& it, std::span<const Scalar> numbers,
                   Device where) override {
    int device = index_of(where);
    use(device);
    const Properties& p = properties(device);
    ProgramKey key{&program, walk_of(program, it), p.major * 10 + p.minor};
    Kernel kernel;
    {
      std::lock_guard lock(mutex_);
      if (auto found = kernels_.find(key); found != kernels_.end()) kernel = found->second;
    }
    if (!kernel.handle) {
      kernel = compile_text(emit(program, key.walk), "run", name, device);
      std::lock_guard lock(mutex_);
      kernels_.emplace(key, kernel);
    }
    // The parameters one after another, in place.
    alignas(16) char values[4096];
    void* pointers[Iterator::kMaxOperands + 32 + 4];
    size_t used = 0, count = 0;
    auto put = [&](const void* value, size_t bytes, size_t align) {
      used = (used + align - 1) / align * align;
      check(used + bytes <= sizeof values && count < std::size(pointers), ErrorKind::NotImplemented, name,
            ": too many dimensions or numbers for one CUDA kernel; the nearest alternative is .contiguous()");
      std::memcpy(values + used, value, bytes);
      pointers[count++] = values + used;
      used += bytes;
    };
    auto put_pointer = [&](const void* value) { put(&value, sizeof value, sizeof value); };
    put_pointer(it.data(0));
    for (const auto& l : program.loads) put_pointer(it.data(l.operand));
    for (const auto& f : program.fills) {
      LaneNumber n = f.param < 0 ? lane_constant(f.constant, program.lane)
                                 : lane_number(numbers[f.param], f.imag, program.lane, program.common);
      put(&n, lane_size(program.lane), lane_size(program.lane));
    }
    int64_t numel = it.numel();
    const Walk& walk = key.walk;
    put(&numel, walk.wide ? 8 : 4, walk.wide ? 8 : 4);
    if (walk.rank) {
      alignas(16) char index[4096];
      size_t at = 0;
      auto add = [&](const void* value, size_t bytes) {
        check(at + bytes <= sizeof index, ErrorKind::NotImplemented, name,
              ": too many dimensions for one CUDA kernel; the nearest alternative is .contiguous()");
        std::memcpy(index + at, value, bytes);
        at += bytes;
      };
      for (int d = 0; d + 1 < walk.rank; ++d) {
        if (walk.wide) {
          uint64_t size = static_cast<uint64_t>(it.size(d));
          add(&size, 8);
        } else {
          Divisor size(static_cast<uint32_t>(it.size(d)));
          add(&size, sizeof size);
        }
      }
      if (at % 8) at += 4;
      auto strides = [&](int operand) {
        for (int d = 0; d < walk.rank; ++d) {
          int64_t stride = it.stride(operand, d) / static_cast<int64_t>(it.itemsize(operand));
          add(&stride, 8);
        }
      };
      strides(0);
      for (const auto& l : program.loads) strides(l.operand);
      put(index, at, 8);
    }
    pointers[count] = nullptr;
    constexpr int kThreads = 256;
    int64_t items = (numel + walk.vector - 1) / walk.vector;
    int threads = items >= kThreads ? kThreads : static_cast<int>((items + 31) / 32 * 32);
    ok(driver().cuLaunchKernel(kernel.handle, static_cast<unsigned>(blocks_for(items, threads, device)), 1, 1,
                               static_cast<unsigned>(threads), 1, 1, 0, current_stream(device), pointers, nullptr),
       name);
  }

  bool has_kernel(const Op&) const override { return false; }

  void run_kernel(const Op& op, const Value* arguments, Value* results, Device device) override {
    use(index_of(device));
    try {
      op.spec.cpu(arguments, results);
    } catch (const GateError&) { raise_no_kernel(op, arguments, device); }
  }

  void fill(void* to, const void* item, int64_t count, size_t item_bytes, Device where) override {
    int device = index_of(where);
    use(device);
    void* stream = current_stream(device);
    const auto* bytes = static_cast<const unsigned char*>(item);
    bool uniform = std::all_of(bytes, bytes + item_bytes, [&](unsigned char b) { return b == bytes[0]; });
    auto n = static_cast<size_t>(count);
    if (uniform) return ok(driver().cuMemsetD8Async(address(to), bytes[0], n * item_bytes, stream), "fill_");
    if (item_bytes == 2) {
      unsigned short value;
      std::memcpy(&value, item, 2);
      return ok(driver().cuMemsetD16Async(address(to), value, n, stream), "fill_");
    }
    if (item_bytes == 4) {
      unsigned value;
      std::memcpy(&value, item, 4);
      return ok(driver().cuMemsetD32Async(address(to), value, n, stream), "fill_");
    }
    struct Item {
      uint64_t a, b;
    } value{};
    std::memcpy(&value, item, item_bytes);
    const Kernel& k = kernel("fill.cu", "fill", device, {{"WORDS", std::to_string(item_bytes / 8)}}, "fill_");
    launch("fill_", device, k, {blocks_for(count, 256, device)}, 256, 0, to, value, count);
  }

  void upload(void* to, const void* host, size_t bytes, Device where, bool non_blocking) override {
    if (bytes == 0) return;
    int device = index_of(where);
    use(device);
    void* stream = current_stream(device);
    LongWork work(static_cast<int64_t>(bytes) / 8);
    ok(driver().cuMemcpyHtoDAsync_v2(address(to), host, bytes, stream), "copy_");
    if (non_blocking && is_pinned(host)) return pinned_used(host, device, stream);
    ok(driver().cuStreamSynchronize(stream), "copy_");
  }

  void download(void* host, const void* from, size_t bytes, Device where, bool non_blocking) override {
    if (bytes == 0) return;
    int device = index_of(where);
    use(device);
    void* stream = current_stream(device);
    LongWork work(static_cast<int64_t>(bytes) / 8);
    ok(driver().cuMemcpyDtoHAsync_v2(host, address(from), bytes, stream), "copy_");
    if (non_blocking && is_pinned(host)) return pinned_used(host, device, stream);
    ok(driver().cuStreamSynchronize(stream), "copy_");
    check_report(device);
  }

  void synchronize(Device device) override { synchronize_stream(index_of(device), current_stream(index_of(device))); }

 private:
  std::mutex mutex_;
  std::unordered_map<ProgramKey, Kernel, ProgramHash> kernels_;
};

}  // namespace

void install() {
  static auto* backend = new CudaBackend;
  register_allocator(DeviceType::cuda, &caching_allocator());
  register_backend(DeviceType::cuda, backend);
}

}  // namespace flambeau::cuda
