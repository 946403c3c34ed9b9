// Finding and opening the bundled libraries, and the default work memory.
#include "cpu/libraries/library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"

namespace flambeau::libraries {
namespace {

std::vector<std::string> search_path() {
  std::vector<std::string> folders;
  if (const char* text = std::getenv("FLAMBEAU_LIBRARY_PATH")) {
    std::string all = text;
    for (size_t begin = 0; begin <= all.size();) {
      size_t end = all.find(':', begin);
      if (end == std::string::npos) end = all.size();
      if (end > begin) folders.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  Dl_info here;
  if (dladdr(reinterpret_cast<void*>(&search_path), &here) && here.dli_fname) {
    std::string file = here.dli_fname;
    if (char* absolute = realpath(here.dli_fname, nullptr)) {
      file = absolute;
      std::free(absolute);
    }
    std::string folder = file.substr(0, file.find_last_of('/') + 1);
    folders.push_back(folder + "lib");
    folders.push_back(folder.empty() ? "." : folder.substr(0, folder.size() - 1));
  }
  return folders;
}

void* default_allocate(size_t bytes) {
  void* data = nullptr;
  check(posix_memalign(&data, 64, bytes) == 0, ErrorKind::OutOfMemory, "libraries: ", bytes,
        " bytes of work memory could not be allocated");
  return data;
}
void default_release(void* data, size_t) { std::free(data); }

ScratchAllocator current_allocator = {default_allocate, default_release};

}  // namespace

void* open_library(const char* file) {
  std::string tried;
  for (const std::string& folder : search_path()) {
    std::string path = folder + "/" + file;
    if (access(path.c_str(), R_OK) != 0) {
      tried += "\n  " + path + ": not there";
      continue;
    }
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    tried += std::string("\n  ") + dlerror();
  }
  raise(ErrorKind::Runtime, "libraries: ", file, " could not be opened; tried", tried);
}

void* find_symbol(void* library, const char* symbol) {
  void* address = dlsym(library, symbol);
  check(address != nullptr, ErrorKind::Runtime, "libraries: symbol ", symbol, " is missing: ", dlerror());
  return address;
}

void set_scratch_allocator(ScratchAllocator allocator) { current_allocator = allocator; }
ScratchAllocator scratch_allocator() { return current_allocator; }

}  // namespace flambeau::libraries
