// The backends there are, and the calling thread's streams.
#include "op/backend.h"

#include "op/call.h"

namespace flambeau {

static Backend* g_backends[kDeviceTypes] = {};

void register_backend(DeviceType type, Backend* backend) { g_backends[static_cast<int>(type)] = backend; }

Backend& backend(DeviceType type) {
  Backend* found = g_backends[static_cast<int>(type)];
  check(found != nullptr, ErrorKind::NotImplemented, "there is no device '", name(type),
        "' here; the nearest alternative is 'cpu'");
  return *found;
}

bool has_kernel(const Op& op, Device device) {
  const OpSpec& spec = op.spec;
  if (device.type == DeviceType::cpu || spec.formula || spec.view || spec.device_neutral || spec.any_device)
    return true;
  if (device.type == DeviceType::meta) return static_cast<bool>(spec.shape);
  return !spec.composite && backend(device.type).has_kernel(op);
}

void raise_no_kernel(const Op& op, const Value* arguments, Device device) {
  std::string type;
  for (size_t i = 0; i < op.signature.arguments.size() && type.empty(); ++i)
    if (arguments[i].is_tensor()) type = name(arguments[i].tensor_impl()->dtype);
  raise(ErrorKind::NotImplemented, op.signature.name, ": there is no kernel of '", op.name, "' for ",
        type.empty() ? "these arguments" : type, " on device '", to_string(device),
        "'; the nearest alternative is 'cpu': move the arguments with .to('cpu')");
}

int current_stream(DeviceType type) { return t_state.streams[static_cast<int>(type)]; }
void set_current_stream(DeviceType type, int stream) { t_state.streams[static_cast<int>(type)] = stream; }

}  // namespace flambeau
