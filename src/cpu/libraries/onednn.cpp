// Opening libflambeau_onednn.so and translating types and errors.
#include "cpu/libraries/onednn.h"

#include "core/error.h"
#include "cpu/libraries/library.h"

namespace flambeau::libraries {

const onednn::Table& onednn_table() {
  static const onednn::Table& table = []() -> const onednn::Table& {
    void* library = open_library("libflambeau_onednn.so");
    auto get = reinterpret_cast<onednn::GetTable*>(find_symbol(library, "flambeau_onednn_table"));
    ScratchAllocator allocator = scratch_allocator();
    const onednn::Table* found = get({allocator.allocate, allocator.release});
    check(found->version == onednn::kTableVersion, ErrorKind::Runtime, "libraries: libflambeau_onednn.so has version ",
          found->version, ", wanted ", onednn::kTableVersion);
    return *found;
  }();
  return table;
}

void check_onednn(const char* function, const char* message) {
  if (message) raise(ErrorKind::Runtime, function, ": ", message);
}

onednn::Type onednn_type(DType dtype) {
  switch (dtype) {
    case DType::float32: return onednn::Type::float32;
    case DType::bfloat16: return onednn::Type::bfloat16;
    case DType::float16: return onednn::Type::float16;
    case DType::int8: return onednn::Type::int8;
    case DType::uint8: return onednn::Type::uint8;
    case DType::int32: return onednn::Type::int32;
    default: raise(ErrorKind::NotImplemented, "libraries: oneDNN has no type ", name(dtype));
  }
}

}  // namespace flambeau::libraries
