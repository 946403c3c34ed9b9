// The mock device as a backend of the call path. Three kernels only, on purpose: the rest shows what a missing one
// does.
#pragma once

namespace flambeau::mock {

// Makes the device known: its allocator and its backend. At the start of the extension module, or of a test.
void install();

}  // namespace flambeau::mock
