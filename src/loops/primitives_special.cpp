// Vector primitives: special.
#include "src/loops/primitive_table.h"

namespace flambeau::loops {
void fill_special(PrimTable&) {}
}  // namespace flambeau::loops
