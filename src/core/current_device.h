// The calling thread's current device of each type: what "cuda" alone stands for.
#pragma once

#include "core/device.h"

namespace flambeau {

int8_t current_device(DeviceType type);
void set_current_device(DeviceType type, int8_t index);

// The device with its index. The CPU and `meta` have none.
inline Device on_current(Device d) {
  bool counted = d.type == DeviceType::cuda || d.type == DeviceType::mock;
  return counted && d.index < 0 ? Device{d.type, current_device(d.type)} : d;
}

}  // namespace flambeau
