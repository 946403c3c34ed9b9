// Tile programs and kernels, launched on a stream of the mock driver.
#include "mock/backend.h"

#include <cstring>
#include <memory>

#include "loops/cpu_program.h"
#include "loops/parallel.h"
#include "mock/driver.h"
#include "mock/stream_allocator.h"
#include "op/backend.h"
#include "op/call.h"

namespace flambeau {

FORM(mock, "sum"){};
FORM(mock, "sum.dim_IntList"){};
FORM(mock, "mm"){};

}  // namespace flambeau

namespace flambeau::mock {

namespace {

// The same bytes as the host sees them: what a kernel of the device would see.
Tensor seen_on_device(const Tensor& t) {
  auto storage = make<Storage>(t.storage()->device_data(), t.storage()->nbytes(), Device{}, [](void*) {}, nullptr);
  return Tensor(make<TensorImpl>(std::move(storage), t.layout(), t.dtype(), Device{}));
}

class MockBackend final : public Backend {
 public:
  void run_program(const char* name, const Program& program, const Iterator& over, std::span<const Scalar> numbers,
                   Device device) override {
    auto iterator = std::make_shared<Iterator>(over);
    std::vector<Scalar> kept(numbers.begin(), numbers.end());
    Driver::get().launch(current_stream(device.type), name,
                         [lowered = lower(program), iterator, kept = std::move(kept)] {
                           lowered.run(*iterator, kept, 0, iterator->numel());
                         });
  }

  bool has_kernel(const Op& op) const override { return op.form<MockKernel>(); }

  void run_kernel(const Op& op, const Value* arguments, Value*, Device device) override {
    if (!has_kernel(op)) raise_no_kernel(op, arguments, device);
    std::vector<Value> values(arguments, arguments + op.spec.cpu.arity());
    for (Value& v : values)
      if (v.is_tensor()) v = seen_on_device(v.tensor());
    Driver::get().launch(current_stream(device.type), op.signature.name, [&op, values = std::move(values)] {
      Value ignored[Call::kMaxResults];
      op.spec.cpu(values.data(), ignored);
    });
  }

  void fill(void* to, const void* item, int64_t count, size_t item_bytes, Device device) override {
    std::string bytes(static_cast<const char*>(item), item_bytes);
    Driver::get().launch(current_stream(device.type), "fill",
                         [=] { flambeau::fill(to, bytes.data(), static_cast<size_t>(count), item_bytes); });
  }

  void upload(void* to, const void* host, size_t bytes, Device device, bool) override {
    // By way of staging memory, so that the caller may change its bytes at once.
    auto staged = std::make_shared<std::string>(static_cast<const char*>(host), bytes);
    Driver::get().launch(current_stream(device.type), "upload", [=] { std::memcpy(to, staged->data(), bytes); });
  }

  void download(void* host, const void* from, size_t bytes, Device device, bool) override {
    int stream = current_stream(device.type);
    Driver::get().copy(stream, host, from, bytes, "to host");
    Driver::get().synchronize(stream);
  }

  void synchronize(Device device) override { Driver::get().synchronize(current_stream(device.type)); }
};

}  // namespace

void install() {
  static MockBackend backend;
  register_allocator(DeviceType::mock, &stream_allocator());
  register_backend(DeviceType::mock, &backend);
}

}  // namespace flambeau::mock
