// Devices: where a storage lives. `meta` has shapes but no bytes; `mock` is host memory behind a pretended driver, so
// that allocator, streams and call order are tested without an accelerator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flambeau {

enum class DeviceType : uint8_t { cpu, cuda, meta, mock };
inline constexpr int kDeviceTypes = 4;

struct Device {
  DeviceType type = DeviceType::cpu;
  int8_t index = -1;  // -1: the current device of that type

  friend bool operator==(const Device&, const Device&) = default;
};

std::string_view name(DeviceType type);
std::string to_string(Device device);
Device parse_device(std::string_view text);  // "cpu", "cuda:1"; raises RuntimeError with the names there are

}  // namespace flambeau
