// What asks a tensor for the form that it does not have: a sparse one for bytes, another for indices and values.
#pragma once

#include "core/error.h"

namespace flambeau {

// Whoever knows the operator's name says it in place of this error.
class PartsError final : public Error {
 public:
  explicit PartsError(std::string message) : Error(ErrorKind::NotImplemented, std::move(message)) {}
};

}  // namespace flambeau
