// Vector primitives: math2.
#include "src/loops/primitive_table.h"

namespace flambeau::loops {
void fill_math2(PrimTable&) {}
}  // namespace flambeau::loops
