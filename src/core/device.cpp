// Names of devices.
#include "core/current_device.h"

#include <charconv>

#include "core/error.h"

namespace flambeau {

static constexpr std::string_view kNames[kDeviceTypes] = {"cpu", "cuda", "meta", "mock"};

static constinit thread_local int8_t t_current[kDeviceTypes] = {};
int8_t current_device(DeviceType type) { return t_current[static_cast<int>(type)]; }
void set_current_device(DeviceType type, int8_t index) { t_current[static_cast<int>(type)] = index; }

std::string_view name(DeviceType type) { return kNames[static_cast<int>(type)]; }

std::string to_string(Device device) {
  std::string text(name(device.type));
  if (device.index >= 0) text += ":" + std::to_string(device.index);
  return text;
}

Device parse_device(std::string_view text) {
  auto colon = text.find(':');
  auto kind = text.substr(0, colon);
  for (int i = 0; i < kDeviceTypes; ++i) {
    if (kNames[i] != kind) continue;
    Device device{static_cast<DeviceType>(i)};
    if (colon != std::string_view::npos) {
      auto digits = text.substr(colon + 1);
      int index = -1;
      auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      check(status == std::errc() && end == digits.data() + digits.size() && index >= 0 && index < 128,
            ErrorKind::Runtime, "device: invalid index in '", text, "'; write it as 'cuda:0'");
      device.index = static_cast<int8_t>(index);
    }
    return device;
  }
  raise(ErrorKind::Runtime, "device: '", text, "' is not a device type; there are cpu, cuda, meta, mock");
}

}  // namespace flambeau
