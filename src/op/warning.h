// Warnings to the person who wrote the call. The Python face installs how they are shown; without it they are not.
#pragma once

#include <string>

namespace flambeau {

// May throw: the receiver can turn a warning into an error.
extern void (*show_warning)(const std::string& text);

}  // namespace flambeau
