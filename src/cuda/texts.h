// The pieces of kernel texts in this room and the special functions that the CPU shares, as the build put them in.
#pragma once

#include <string_view>

namespace flambeau::cuda {

struct Text {
  std::string_view file, text;
};
extern const Text texts[];
extern const int text_count;

}  // namespace flambeau::cuda
