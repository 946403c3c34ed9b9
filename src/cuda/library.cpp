// Looking for a library and keeping what was said where it was not found.
#include "cuda/library.h"

#include <dlfcn.h>

#include <cstdlib>

namespace flambeau::cuda {

std::vector<std::string> (*package_folders)() = nullptr;

static const std::vector<std::string>& folders() {
  static const auto* found =
      new std::vector<std::string>(package_folders ? package_folders() : std::vector<std::string>());
  return *found;
}

bool Library::open(const std::string& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_) {
    path_ = path;
    return true;
  }
  const char* why = dlerror();
  looked_for_ += "\n  " + path + (why ? std::string(": ") + why : "");
  return false;
}

Library::Library(const Places& places) {
  if (const char* given = std::getenv(places.variable); given && *given) {
    open(given);  // and nothing else: whoever names a file means it
    return;
  }
  for (const char* name : places.in_packages)
    for (const std::string& folder : folders()) {
      std::string path = folder + "/" + name;
      if (FILE* there = std::fopen(path.c_str(), "rb")) {
        std::fclose(there);
        if (open(path)) return;
      }
    }
  for (const char* name : places.of_system)
    if (open(name)) return;
}

void* Library::symbol(const char* name) const { return handle_ ? dlsym(handle_, name) : nullptr; }

}  // namespace flambeau::cuda
