// Libraries that are opened when they are first needed: NVIDIA's driver, compiler and kernels. Nothing of CUDA is
// linked or included; what an entry takes is written down in api.h.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace flambeau::cuda {

// Where a library may be: an environment variable that names the file, then files inside Python's `nvidia` packages,
// then names that the system's loader knows.
struct Places {
  const char* variable;
  std::span<const char* const> in_packages;
  std::span<const char* const> of_system;
};

class Library {
 public:
  explicit Library(const Places& places);  // tries them in turn
  explicit operator bool() const { return handle_ != nullptr; }
  void* symbol(const char* name) const;  // null where there is none
  const std::string& path() const { return path_; }
  const std::string& looked_for() const { return looked_for_; }  // each place with the loader's words

 private:
  bool open(const std::string& path);
  void* handle_ = nullptr;
  std::string path_, looked_for_;
};

// The folders named `nvidia` on Python's path; asked for once, when a library is looked for.
extern std::vector<std::string> (*package_folders)();

}  // namespace flambeau::cuda
