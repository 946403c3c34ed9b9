// Vector primitives: integer.
#include "src/loops/primitive_table.h"

namespace flambeau::loops {
void fill_integer(PrimTable&) {}
}  // namespace flambeau::loops
