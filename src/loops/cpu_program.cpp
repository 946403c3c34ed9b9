// Running tile programs.
//
// Note [Threads of a program]. Opening a region takes some microseconds where the other processors are idle; where they
// are not, the call waits until a second thread is scheduled. So a thread should bring 25 microseconds of work
// (kThreadWork). Of what a program does to an element, `cost` knows the arithmetic (Note [Cost of an element] in
// lower.cpp); on top come the bytes that its operands move between the caches, and the gathering of those that are
// not contiguous. On a Zen 3 with AVX2 100,000 sums of floats take 23 microseconds on one thread and 100,000
// exponentials 55; on two threads of a busy machine the same sums took up to 637.
#include "loops/cpu_program.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "loops/parallel.h"

namespace flambeau {

namespace {

// Scratch memory of a thread, for the registers of one program. Programs don't nest.
char* scratch(size_t bytes) {
  static thread_local std::unique_ptr<char[]> memory;
  static thread_local size_t size = 0;
  if (bytes + 64 > size) {
    memory.reset(new char[bytes + 64]);
    size = bytes + 64;
  }
  return reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(memory.get()) + 63) & ~uintptr_t{63});
}

// From one register to the next. Not a multiple of 4096: the same element of all registers would fall into one set of
// the first cache, and loads would wait for stores that only look like theirs.
size_t pitch(size_t bytes) { return ((bytes + 63) & ~size_t{63}) + 192; }

void fill_number(void* out, const Scalar& number, bool imag, Lane lane, DType common, size_t n) {
  // An integer is first cast to the computation's type, wrapping, then held in the lane that computes it.
  union {
    float f;
    double d;
    int32_t i;
    int64_t l;
  } bits{};
  if (lane == Lane::f32 || lane == Lane::f64) {
    // Not rounded to a narrower common type: PyTorch keeps numbers beside half precision in float.
    double v = imag ? number.imag() : number.to_double();
    if (lane == Lane::f64)
      bits.d = v;
    else
      bits.f = static_cast<float>(v);
  } else {
    bits.l = common == DType::bool_ ? number.to_bool() : number.to_int();
    if (itemsize(common) < 4 && common != DType::bool_) {
      int32_t wide = static_cast<int32_t>(bits.l);
      char narrow[4];
      store_convert(Lane::i32, common)(narrow, &wide, 1);
      load_convert(common, Lane::i32)(&bits, narrow, 1);
    } else if (lane == Lane::i32) {
      bits.i = static_cast<int32_t>(bits.l);
    } else if (common == DType::uint32) {
      bits.l = static_cast<uint32_t>(bits.l);
    }
  }
  fill(out, &bits, n, lane_size(lane));
}

}  // namespace

void CpuProgram::load_tile(const Load& l, char* from, int64_t n, char* memory, size_t register_bytes, char* raw,
                           char** regs) const {
  char* own = memory + l.reg * register_bytes;
  if (l.part_size) {
    // Complex: split in two planes; narrow parts are widened plane by plane.
    char* im = memory + l.imag * register_bytes;
    if (l.convert) {
      deinterleave(raw, raw + n * l.part_size, from, n, l.part_size);
      l.convert(own, raw, n);
      l.convert(im, raw + n * l.part_size, n);
    } else {
      deinterleave(own, im, from, n, l.part_size);
    }
    return;
  }
  if (l.convert) {
    l.convert(own, from, n);
    from = own;
  }
  if (l.round) {
    l.round(own, from, n);
    from = own;
  }
  regs[l.reg] = from;
}

void CpuProgram::run_steps(int64_t n, char** regs) const {
  for (const Step& s : steps) {
    if (s.fn) {
      s.fn(regs[s.out], s.a == kNone ? nullptr : regs[s.a], s.b == kNone ? nullptr : regs[s.b],
           s.c == kNone ? nullptr : regs[s.c], n);
    } else {
      s.round(regs[s.out], regs[s.a], n);
    }
  }
}

void CpuProgram::store_tile(int64_t n, char* const* regs, char* raw, char* to) const {
  if (store.part_size) {
    const char *re = regs[store.reg], *im = regs[store.imag];
    if (store.convert) {
      store.convert(raw, re, n);
      store.convert(raw + n * store.part_size, im, n);
      re = raw;
      im = raw + n * store.part_size;
    }
    interleave(to, re, im, n, store.part_size);
  } else if (store.convert) {
    store.convert(to, regs[store.reg], n);
  } else if (to != regs[store.reg]) {
    std::memcpy(to, regs[store.reg], n * lane_size(lane));
  }
}

void CpuProgram::run(const Iterator& it, std::span<const Scalar> params, int64_t begin, int64_t end) const {
  size_t width = lane_size(lane);
  int64_t tile = static_cast<int64_t>(kTileBytes / width);
  if (straight && loads.size() + 1 == static_cast<size_t>(it.operands()))
    tile = end - begin;  // nothing needs a register
  if (tile > static_cast<int64_t>(kTileBytes / width)) {
    bool in_place = it.flat(0);
    for (const Load& l : loads) in_place &= it.flat(l.operand);
    if (!in_place) tile = static_cast<int64_t>(kTileBytes / width);
  }
  int64_t most = std::min(tile, end - begin);
  size_t register_bytes = straight && tile > static_cast<int64_t>(kTileBytes / width) ? 0 : pitch(most * width);
  // Beside the registers: one raw buffer to gather operands of up to 16 bytes an element into, one for results.
  size_t raw_bytes = register_bytes ? static_cast<size_t>(most) * 16 : 0;
  char* memory = scratch(register_bytes * registers + 2 * raw_bytes + 128);
  char* raw = memory + register_bytes * registers;
  char* raw_out = raw + raw_bytes;
  SmallVector<char*, 24> regs(registers);
  for (int r = 0; r < registers; ++r) regs[r] = memory + r * register_bytes;
  for (const Program::Fill& f : fills) {
    Scalar number = f.param < 0 ? Scalar(f.constant) : params[f.param];
    fill_number(regs[f.reg], number, f.param >= 0 && f.imag, lane, common, most);
  }
  for (int64_t at = begin; at < end; at += tile) {
    int64_t n = std::min(tile, end - at);
    for (const Load& l : loads) {
      char* from = it.run(l.operand, at, n);
      if (!from) {
        from = l.convert || l.part_size ? raw : memory + l.reg * register_bytes;
        it.gather(l.operand, at, n, from);
      }
      load_tile(l, from, n, memory, register_bytes, raw_out, regs.data());
    }
    char* to = it.run(0, at, n);
    bool direct = !store.convert && !store.part_size;
    if (direct && !steps.empty()) regs[store.reg] = to ? to : memory + store.reg * register_bytes;
    run_steps(n, regs.data());
    char* result = to ? to : direct ? regs[store.reg] : raw_out;
    store_tile(n, regs.data(), raw, result);
    if (!to) it.scatter(0, at, n, result);
  }
}

void CpuProgram::run_flat(int64_t n, char* const* operands, std::span<const Scalar> params) const {
  int64_t most = static_cast<int64_t>(kTileBytes / lane_size(lane));
  if (straight && fills.empty()) {
    const Step& s = steps[0];
    char* regs[4] = {};
    for (const Load& l : loads) regs[l.reg] = operands[l.operand];
    s.fn(operands[0], regs[s.a], s.b == kNone ? nullptr : regs[s.b], s.c == kNone ? nullptr : regs[s.c], n);
    return;
  }
  if (n > most || registers > 24) {  // more than a tile: the general loop
    Layout line{Dims{n}, Dims{1}};
    Iterator::Operand list[Iterator::kMaxOperands];
    int count = 1;
    list[0] = {operands[0], &line, itemsize(store.dtype)};
    for (const Load& l : loads) {
      list[l.operand] = {operands[l.operand], &line, itemsize(l.dtype)};
      count = std::max(count, l.operand + 1);
    }
    return run(Iterator(std::span<const Iterator::Operand>(list, count), line.sizes), params, 0, n);
  }
  size_t width = lane_size(lane);
  size_t register_bytes = pitch(n * width);
  char* memory = scratch(register_bytes * registers + static_cast<size_t>(n) * 32 + 128);
  char* raw = memory + register_bytes * registers;
  char* raw_out = raw + n * 16;
  char* regs[24];
  for (int r = 0; r < registers; ++r) regs[r] = memory + r * register_bytes;
  for (const Program::Fill& f : fills)
    fill_number(regs[f.reg], f.param < 0 ? Scalar(f.constant) : params[f.param], f.param >= 0 && f.imag, lane, common,
                n);
  for (const Load& l : loads) load_tile(l, operands[l.operand], n, memory, register_bytes, raw_out, regs);
  if (!store.convert && !store.part_size && !steps.empty()) regs[store.reg] = operands[0];
  run_steps(n, regs);
  store_tile(n, regs, raw, operands[0]);
}

void CpuProgram::run_all(const Iterator& it, std::span<const Scalar> params) const {
  constexpr float kThreadWork = 25000, kByte = 0.015f, kGathered = 0.4f;
  float element = cost;
  for (int op = 0; op < it.operands(); ++op) {
    element += kByte * static_cast<float>(it.itemsize(op));
    if (it.inner_stride(op) != static_cast<int64_t>(it.itemsize(op)) && it.inner_stride(op) != 0) element += kGathered;
  }
  int64_t grain = std::max<int64_t>(512, static_cast<int64_t>(kThreadWork / element));
  parallel_for(it.numel(), grain, [&](int64_t begin, int64_t end) { run(it, params, begin, end); });
}

}  // namespace flambeau
