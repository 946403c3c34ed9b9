// Reads /proc/self/cgroup and mountinfo once to find the folders of this process's control group and its ancestors, and
// the limits in them whenever asked.
#include "memory/limits.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace flambeau {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

std::string read_text(const std::string& path) {
  std::string text;
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char buffer[4096];
  for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(file);
  return text;
}

// A whole number at the beginning of the text; "max", nothing or something absurdly large is no limit.
int64_t number(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return kNoLimit;
  int64_t value = std::strtoll(std::string(text.substr(0, 20)).c_str(), nullptr, 10);
  return value > (int64_t{1} << 60) ? kNoLimit : value;
}

// The number that follows a name at the beginning of a line, as in "inactive_file 4096".
int64_t field(const std::string& text, std::string_view name) {
  size_t at = 0;
  while ((at = text.find(name, at)) != std::string::npos) {
    if (at == 0 || text[at - 1] == '\n') {
      size_t digits = text.find_first_of("0123456789", at + name.size());
      return digits == std::string::npos ? kNoLimit : number(std::string_view(text).substr(digits));
    }
    at += name.size();
  }
  return kNoLimit;
}

bool lists(const std::string& words, std::string_view word) {
  std::stringstream stream(words);
  for (std::string w; std::getline(stream, w, ',');)
    if (w == word) return true;
  return false;
}

struct Groups {
  std::vector<std::string> unified, memory, cpu;  // folders, from the process's own group up to the mount point
};

// `root` is the part of the hierarchy that the mount shows; inside a container the path may lie outside it, and then
// the mount point itself is the group.
std::vector<std::string> folders(const std::string& mount, const std::string& root, std::string path) {
  if (root != "/" && path.compare(0, root.size(), root) == 0) path.erase(0, root.size());
  std::string folder = mount + path;
  std::vector<std::string> result;
  while (folder.size() > mount.size()) {
    result.push_back(folder);
    folder.erase(folder.rfind('/'));
  }
  result.push_back(mount);
  return result;
}

Groups find_groups() {
  std::string unified, memory, cpu;
  std::stringstream own(read_text("/proc/self/cgroup"));
  for (std::string line; std::getline(own, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (controllers.empty()) unified = path;
    if (lists(controllers, "memory")) memory = path;
    if (lists(controllers, "cpu")) cpu = path;
  }
  Groups groups;
  std::stringstream mounts(read_text("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::stringstream before(line), after(line.substr(dash + 3));
    std::string skip, root, mount, type, source, options;
    before >> skip >> skip >> skip >> root >> mount;
    after >> type >> source >> options;
    if (type == "cgroup2") groups.unified = folders(mount, root, unified);
    if (type == "cgroup" && lists(options, "memory")) groups.memory = folders(mount, root, memory);
    if (type == "cgroup" && lists(options, "cpu")) groups.cpu = folders(mount, root, cpu);
  }
  return groups;
}

const Groups& groups() {
  static const Groups* found = new Groups(find_groups());
  return *found;
}

int64_t quota_processors() {
  int64_t most = kNoLimit;
  auto limit = [&](int64_t quota, int64_t period) {
    if (quota != kNoLimit && period != kNoLimit && period > 0) most = std::min(most, quota / period);
  };
  for (const std::string& folder : groups().unified) {
    std::string text = read_text(folder + "/cpu.max");  // "200000 100000" or "max 100000"
    size_t space = text.find(' ');
    if (space != std::string::npos) limit(number(text), number(std::string_view(text).substr(space + 1)));
  }
  for (const std::string& folder : groups().cpu)
    limit(number(read_text(folder + "/cpu.cfs_quota_us")), number(read_text(folder + "/cpu.cfs_period_us")));
  return most;
}

int64_t room_in_groups() {
  int64_t room = kNoLimit;
  auto look = [&](const std::string& folder, const char* limit_file, const char* use_file, const char* droppable) {
    int64_t limit = number(read_text(folder + limit_file));
    if (limit == kNoLimit) return;
    int64_t use = number(read_text(folder + use_file));
    if (use == kNoLimit) return;
    int64_t files = field(read_text(folder + "/memory.stat"), droppable);
    if (files != kNoLimit) use -= std::min(use, files);
    room = std::min(room, std::max<int64_t>(limit - use, 0));
  };
  for (const std::string& folder : groups().unified) look(folder, "/memory.max", "/memory.current", "inactive_file ");
  for (const std::string& folder : groups().memory)
    look(folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file ");
  return room;
}

}  // namespace

int allowed_processors() {
  int64_t count = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
  return static_cast<int>(std::max<int64_t>(1, std::min(count, quota_processors())));
}

int64_t available_memory() {
  int64_t kilobytes = field(read_text("/proc/meminfo"), "MemAvailable:");
  int64_t machine = kilobytes == kNoLimit ? kNoLimit : kilobytes * 1024;
  return std::min(machine, room_in_groups());
}

int64_t resident_memory() {
  std::string text = read_text("/proc/self/status");
  int64_t bytes = 0;
  for (const char* name : {"VmRSS:", "VmSwap:"})
    if (int64_t kilobytes = field(text, name); kilobytes != kNoLimit) bytes += kilobytes * 1024;
  return bytes;
}

}  // namespace flambeau
