// What the running backward pass of this thread can be asked.
#pragma once

#include "autograd/node.h"

namespace flambeau {

int64_t current_pass();               // a number of the innermost running pass; -1 where none runs
bool pass_reaches(const Node& node);  // whether that pass runs the node, or has run it

}  // namespace flambeau
