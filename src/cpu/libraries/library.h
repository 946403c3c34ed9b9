// Opening the bundled libraries on first use: by absolute path, with local symbols. Also the memory that the glue in
// this folder works in. Nothing here knows tensors.
#pragma once

#include <cstddef>
#include <utility>

namespace flambeau::libraries {

// Opens `file` from a folder of the environment variable FLAMBEAU_LIBRARY_PATH, from `lib/` beside the binary that
// contains this code, or from that binary's own folder. Raises an Error naming every path tried.
void* open_library(const char* file);
void* find_symbol(void* library, const char* symbol);

// Work memory of library calls. Replaceable once at start, so that it can come from the caching allocator.
struct ScratchAllocator {
  void* (*allocate)(size_t bytes);  // aligned to 64 bytes; raises on failure
  void (*release)(void* data, size_t bytes);
};
void set_scratch_allocator(ScratchAllocator allocator);
ScratchAllocator scratch_allocator();

class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(size_t bytes) : data_(bytes ? scratch_allocator().allocate(bytes) : nullptr), bytes_(bytes) {}
  Scratch(Scratch&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Scratch() {
    if (data_) scratch_allocator().release(data_, bytes_);
  }
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace flambeau::libraries
