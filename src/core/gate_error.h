// What the storage gate says to code of the host that asks for the bytes of another device.
#pragma once

#include "core/error.h"

namespace flambeau {

// Whoever knows the operator's name says it in place of this error.
class GateError final : public Error {
 public:
  explicit GateError(std::string message) : Error(ErrorKind::NotImplemented, std::move(message)) {}
};

}  // namespace flambeau
