// What a device other than the CPU does for the call path: runs tile programs and kernels in the order of a stream,
// moves bytes, waits. The CPU needs none of it (its work is done when the call returns), `meta` has no bytes to work
// on.
#pragma once

#include <span>
#include <string>

#include "op/bind.h"

namespace flambeau {

class Op;
class Iterator;
struct Call;
struct Program;

class Backend {
 public:
  virtual ~Backend() = default;

  // All of these are put on the calling thread's current stream of the device and may return before the work is done.
  // The program lives as long as the process; the iterator and the numbers are copied.
  virtual void run_program(const char* name, const Program& program, const Iterator& over,
                           std::span<const Scalar> numbers, Device device) = 0;
  // Whether the device has a kernel of its own for this operator (formulas and views need none).
  virtual bool has_kernel(const Op& op) const = 0;
  // Arguments and then results, as a CPU kernel gets them. Raises NotImplementedError where there is no such kernel.
  virtual void run_kernel(const Op& op, const Value* arguments, Value* results, Device device) = 0;
  virtual void fill(void* to, const void* item, int64_t count, size_t item_bytes, Device device) = 0;
  // Have read `host`, or written it, when they return; with `non_blocking` only unless `host` is pinned memory.
  virtual void upload(void* to, const void* host, size_t bytes, Device device, bool non_blocking = false) = 0;
  virtual void download(void* host, const void* from, size_t bytes, Device device, bool non_blocking = false) = 0;

  virtual void synchronize(Device device) = 0;  // waits for everything on the current stream
};

void register_backend(DeviceType type, Backend* backend);
Backend& backend(DeviceType type);  // raises where there is none
// Whether a call of this operator would run there: for composites that choose between a kernel and a formula.
bool has_kernel(const Op& op, Device device);
// The error of a backend that has no kernel: names operator, type, device and the nearest alternative.
[[noreturn]] void raise_no_kernel(const Op& op, const Value* arguments, Device device);

// The stream on which the calling thread puts its work: an index that the backend gives meaning to; 0 is the default
// one.
int current_stream(DeviceType type);
void set_current_stream(DeviceType type, int stream);

}  // namespace flambeau
