// The table of primitives, read by name and by arity.
#include "formula/primitive.h"

namespace flambeau {

int arity(Prim prim) {
  static constexpr int8_t table[] = {
#define FLAMBEAU_X(name, arity) arity,
      FLAMBEAU_PRIMITIVES(FLAMBEAU_X)
#undef FLAMBEAU_X
  };
  return table[static_cast<size_t>(prim)];
}

std::string_view name(Prim prim) {
  static constexpr std::string_view table[] = {
#define FLAMBEAU_X(name, arity) #name,
      FLAMBEAU_PRIMITIVES(FLAMBEAU_X)
#undef FLAMBEAU_X
  };
  return table[static_cast<size_t>(prim)];
}

}  // namespace flambeau
