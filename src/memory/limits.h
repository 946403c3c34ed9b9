// What machine and control group (v1 and v2) allow this process: processors and memory. Read from /proc and
// /sys/fs/cgroup; a file that is missing sets no limit.
#pragma once

#include <cstdint>

namespace flambeau {

// Processors this process may use: min(affinity, control group's quota), at least 1.
int allowed_processors();

// Bytes that could still be touched without swapping or being killed: min(MemAvailable, the group's limit - use), where
// file pages that the group can drop count as free. A few tens of microseconds.
int64_t available_memory();

// Bytes that this process has touched and not given back: in memory or swapped out.
int64_t resident_memory();

}  // namespace flambeau
