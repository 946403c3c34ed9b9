// Routines: functions over tensors that the kernels of several operators stand on (a fold, a sort, a product). A device
// has its own form of a routine, attached by its room: ROUTINE(cuda, reduce_fold) = [](Fold fold, ...) {...};   A
// kernel that reaches elements only through routines and loops/copy.h then runs on that device as it stands.
#pragma once

#include "core/device.h"
#include "core/error.h"
#include "core/gate_error.h"
#include "core/tensor.h"

namespace flambeau {

template <class Signature>
class Routine;

template <class R, class... A>
class Routine<R(A...)> {
 public:
  using Function = R (*)(A...);
  constexpr explicit Routine(const char* name) : name_(name) {}

  // The device's form, or null on the CPU, where the routine's own code goes on.
  Function on(Device device) const {
    if (__builtin_expect(device.type == DeviceType::cpu, 1)) return nullptr;
    Function form = forms_[static_cast<int>(device.type)];
    if (!form)
      throw GateError(std::string(name_) + ": has no form for device '" + to_string(device) +
                      "'; the nearest alternative is .to('cpu')");
    return form;
  }
  struct Attach {
    Attach(Routine& routine, DeviceType device, Function form) { routine.forms_[static_cast<int>(device)] = form; }
  };

 private:
  const char* name_;
  Function forms_[kDeviceTypes] = {};
};

// Refuses tensors of another place among the arguments: a kernel of the device cannot reach them.
template <class... A>
void check_reachable(Device device, const A&... arguments) {
  auto reachable = [&]<class T>(const T& value) {
    if constexpr (std::is_same_v<T, Tensor>)
      return !value.defined() || value.device() == device;
    else
      return true;
  };
  if (!(reachable(arguments) && ...))
    throw GateError("a tensor that is not on device '" + to_string(device) + "' is among the arguments");
}

// At the head of a routine: leaves the call to the device of `where`, if that is not the CPU.
#define FLAMBEAU_ELSEWHERE(routine, where, ...)             \
  if (auto form = routines::routine.on((where).device())) { \
    check_reachable((where).device(), __VA_ARGS__);         \
    return form(__VA_ARGS__);                               \
  }

// In a device's room: how it does a routine. The form is a lambda without captures.
template <class R, class... A>
struct RoutineSlot {
  Routine<R(A...)>& routine;
  DeviceType device;
  template <class F>
  typename Routine<R(A...)>::Attach operator=(F form) const {
    return {routine, device, +form};
  }
};
template <class R, class... A>
RoutineSlot<R, A...> routine_slot(Routine<R(A...)>& routine, DeviceType device) {
  return {routine, device};
}
#define ROUTINE(device, routine) \
  static const auto routine_##device##_##routine = routine_slot(routines::routine, DeviceType::device)

}  // namespace flambeau
