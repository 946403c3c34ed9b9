// The thread that gives cached memory back when the process has been quiet for a second.
#pragma once

namespace flambeau::memory {

// Says that there is something to give back; starts or wakes the thread if it is not watching already. Almost free when
// it is.
void something_cached() noexcept;

}  // namespace flambeau::memory
