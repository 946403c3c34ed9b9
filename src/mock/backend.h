// The mock device as a backend of the call path. Three kernels only, on purpose: the rest shows what a missing one
// does.
#pragma once

#include "op/form.h"

namespace flambeau {

// FORM(mock, "mm"){};   The CPU's kernel, run on the device's stream over its bytes.
struct MockKernel {
  static constexpr FormKind kind = FormKind::mock;
};
namespace forms {
using mock = MockKernel;
}  // namespace forms

}  // namespace flambeau

namespace flambeau::mock {

// Makes the device known: its allocator and its backend. At the start of the extension module, or of a test.
void install();

}  // namespace flambeau::mock
