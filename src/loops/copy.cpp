// Copies are the identity formula, compiled once for each pair of types.
#include "loops/copy.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "core/fits.h"
#include "core/long_work.h"
#include "loops/cpu_program.h"
#include "loops/move.h"
#include "loops/parallel.h"
#include "loops/transfer.h"
#include "op/backend.h"

namespace flambeau {

namespace {

// Lazily conjugated or negated sources are other programs over the same types.
const LoweredProgram& cast_program(DType from, DType to, int lazy) {
  static std::atomic<LoweredProgram*> programs[kDTypes][kDTypes][4];
  static std::mutex mutex;
  auto& slot = programs[static_cast<int>(from)][static_cast<int>(to)][lazy];
  if (LoweredProgram* p = slot.load(std::memory_order_acquire)) return *p;
  std::lock_guard lock(mutex);
  if (LoweredProgram* p = slot.load(std::memory_order_acquire)) return *p;
  ExprScope scope;
  Expr x = Expr::input(0);
  if (lazy & 1) x = formula::conj(x);
  if (lazy & 2) x = formula::neg(x);
  DType types[] = {from};
  int operand[] = {1};
  auto* made = new LoweredProgram(compile(x, {types, 0, from, to}, operand));
  slot.store(made, std::memory_order_release);
  return *made;
}

char* address(const Tensor& t) { return static_cast<char*>(t.device_data()); }

bool on_host(const Tensor& t) { return t.device().type == DeviceType::cpu; }

int laziness(const Tensor& dst, const Tensor& src) {
  int lazy = (src.is_conj() ? 1 : 0) | (src.is_neg() ? 2 : 0);
  return lazy ^ (dst.is_conj() ? 1 : 0) ^ (dst.is_neg() ? 2 : 0);
}

// With a device other than the CPU on either side. Bytes cross over in row-major order and in the source's type; the
// rest is a program on the one side or the other.
void copy_between(const Tensor& dst, const Tensor& src, bool non_blocking) {
  if (dst.device() == src.device()) {
    const Program& program = cast_program(src.dtype(), dst.dtype(), laziness(dst, src)).program;
    Iterator::Operand operands[] = {{address(dst), &dst.layout(), dst.itemsize()},
                                    {address(src), &src.layout(), src.itemsize()}};
    backend(dst.device().type).run_program("copy", program, Iterator(operands, dst.sizes()), {}, dst.device());
    return;
  }
  Tensor from = as_contiguous(src);
  size_t bytes = static_cast<size_t>(from.numel()) * from.itemsize();
  if (!on_host(src)) {
    Tensor host = on_host(dst) && dst.dtype() == src.dtype() && dst.is_contiguous() && dst.numel() == src.numel() &&
                          !dst.is_conj() && !dst.is_neg()
                      ? dst
                      : empty(from.sizes(), from.dtype());
    backend(src.device().type)
        .download(host.data(), from.device_data(), bytes, src.device(), non_blocking && host.is(dst));
    if (!host.is(dst)) copy_elements(dst, host);
    return;
  }
  bool straight = dst.dtype() == src.dtype() && dst.is_contiguous() && dst.numel() == src.numel() && !dst.is_conj() &&
                  !dst.is_neg();
  Tensor there = straight ? dst : empty(from.sizes(), from.dtype(), dst.device());
  backend(dst.device().type)
      .upload(there.device_data(), from.data(), bytes, dst.device(), non_blocking && from.is(src));
  if (!straight) copy_between(dst, there, non_blocking);
}

}  // namespace

void copy_elements(const Tensor& dst, const Tensor& src) {
  int64_t n = dst.numel();
  if (n == 0) return;
  if (__builtin_expect(!on_host(dst) || !on_host(src), 0)) return copy_between(dst, src, false);
  int lazy = laziness(dst, src);
  LongWork work(n);
  bool same_order =
      dst.layout().sizes == src.layout().sizes && dst.layout().strides == src.layout().strides && dst.layout().dense();
  if (!lazy && src.dtype() == dst.dtype() &&
      (same_order || (dst.is_contiguous() && src.is_contiguous() && src.numel() == n)))
    return copy_bytes(address(dst), address(src), n * static_cast<int64_t>(dst.itemsize()));
  if (!lazy && src.dtype() == dst.dtype())
    return move_elements(address(dst), dst.layout(), address(src), src.layout(), dst.itemsize());
  const CpuProgram& program = cast_program(src.dtype(), dst.dtype(), lazy).cpu;
  Iterator::Operand operands[] = {{address(dst), &dst.layout(), dst.itemsize()},
                                  {address(src), &src.layout(), src.itemsize()}};
  program.run_all(Iterator(operands, dst.sizes()), {});
}

void transfer_elements(const Tensor& dst, const Tensor& src) {
  if (dst.numel() == 0 || (on_host(dst) && on_host(src))) return copy_elements(dst, src);
  copy_between(dst, src, true);
}

void fill_elements(const Tensor& dst, const Scalar& value, const char* op) {
  check_fits(op, value, dst.dtype());
  int64_t n = dst.numel();
  if (n == 0) return;
  if (on_host(dst) && value.is_integral() && !value.to_bool() && dst.layout().dense() && n * dst.itemsize() <= 65536) {
    std::memset(address(dst), 0, n * dst.itemsize());
    return;
  }
  alignas(16) char item[16];
  alignas(16) union {
    double d[2];
    int64_t i;
  } raw{};
  DType from;
  if (value.is_complex()) {
    from = DType::complex128;
    raw.d[0] = value.to_double();
    raw.d[1] = dst.is_conj() ? -value.imag() : value.imag();
  } else if (value.is_integral()) {
    from = value.kind() == Scalar::Kind::UInt ? DType::uint64 : DType::int64;
    raw.i = value.to_int();
  } else {
    from = DType::float64;
    raw.d[0] = value.to_double();
  }
  char* operands[] = {item, reinterpret_cast<char*>(&raw)};
  cast_program(from, dst.dtype(), dst.is_neg() ? 2 : 0).cpu.run_flat(1, operands, {});
  size_t size = dst.itemsize();
  char* to = address(dst);
  if (__builtin_expect(!on_host(dst), 0)) {
    Backend& there = backend(dst.device().type);
    if (dst.layout().dense()) return there.fill(to, item, n, size, dst.device());
    Tensor one = empty({}, dst.dtype(), dst.device());
    there.fill(one.device_data(), item, 1, size, dst.device());
    Iterator::Operand operands[] = {{to, &dst.layout(), size}, {address(one), &one.layout(), size}};
    return there.run_program("fill", cast_program(dst.dtype(), dst.dtype(), 0).program, Iterator(operands, dst.sizes()),
                             {}, dst.device());
  }
  if (dst.layout().dense()) {
    parallel_for(n, 524288 / static_cast<int64_t>(size),
                 [&](int64_t begin, int64_t end) { fill_run(to + begin * size, item, end - begin, size, n * size); });
    return;
  }
  Layout one{Dims{}, Dims{}};
  Iterator::Operand list[] = {{to, &dst.layout(), size}, {item, &one, size}};
  Iterator it(list, dst.sizes());
  parallel_for(n, 65536, [&](int64_t begin, int64_t end) {
    alignas(16) char run[4096];
    int64_t most = static_cast<int64_t>(sizeof run / size);
    fill(run, item, std::min(most, end - begin), size);
    for (int64_t at = begin; at < end; at += most) it.scatter(0, at, std::min(most, end - at), run);
  });
}

Scalar read_element(const Tensor& t, int64_t offset) {
  check(t.numel() > 0, ErrorKind::Runtime, "item: a number was to be read from a tensor without elements, of shape ",
        list_text(t.sizes()));
  const char* at = address(t) + offset * static_cast<int64_t>(t.itemsize());
  alignas(16) char fetched[16];
  if (__builtin_expect(!on_host(t), 0)) {
    backend(t.device().type).download(fetched, at, t.itemsize(), t.device());
    at = fetched;
  }
  DType type = t.dtype();
  switch (type) {
    case DType::float32: {
      float v;
      std::memcpy(&v, at, 4);
      return Scalar(static_cast<double>(t.is_neg() ? -v : v));
    }
    case DType::float64: {
      double v;
      std::memcpy(&v, at, 8);
      return Scalar(t.is_neg() ? -v : v);
    }
    case DType::int64: {
      int64_t v;
      std::memcpy(&v, at, 8);
      return Scalar(v);
    }
    case DType::bool_: return Scalar(*at != 0);
    default: break;
  }
  alignas(16) double wide[2] = {};
  DType to = is_complex(type)        ? DType::complex128
             : is_floating(type)     ? DType::float64
             : type == DType::uint64 ? DType::uint64
                                     : DType::int64;
  char* operands[] = {reinterpret_cast<char*>(wide), const_cast<char*>(at)};
  cast_program(type, to, (t.is_conj() ? 1 : 0) | (t.is_neg() ? 2 : 0)).cpu.run_flat(1, operands, {});
  if (to == DType::complex128) return Scalar(std::complex<double>(wide[0], wide[1]));
  if (to == DType::float64) return Scalar(wide[0]);
  int64_t v;
  std::memcpy(&v, wide, 8);
  return to == DType::uint64 ? Scalar(static_cast<uint64_t>(v)) : Scalar(v);
}

Tensor as_contiguous(const Tensor& t) {
  if (t.is_contiguous() && !t.is_conj() && !t.is_neg()) return t;
  Tensor out = empty(t.sizes(), t.dtype(), t.device());
  copy_elements(out, t);
  return out;
}

Tensor cast(const Tensor& t, DType dtype) {
  if (t.dtype() == dtype) return t;
  Tensor out = empty_strided(Dims(t.sizes()), strides_like(t.sizes(), t.sizes(), t.strides()), dtype, t.device());
  copy_elements(out, t);
  return out;
}

}  // namespace flambeau
