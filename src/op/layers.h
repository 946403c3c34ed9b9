// The layers of the call path, as a table: in this order a call meets them, each led to by a bit of its keys. A layer
// runs the call and says so, or leaves it to those after it.
//
//   of the thread   autocast, levels (transforms of functions); before composites are expanded
//   of the tensors  ended levels, tangents, sparse, autograd; after that
//   of the backend  the level again (its values), recorder, lazy conjugation; below autograd
//
// A room that owns a layer installs it when the program starts (LayerRegistrar).
#pragma once

#include "op/call.h"

namespace flambeau {

enum class LayerSlot : uint8_t { autocast, level, ended, tangent, sparse, autograd, below_level, record, lazy };
inline constexpr int kLayers = 9;

struct Layer {
  Keys bit;
  const char* name;
  bool (*run)(Call& call);  // false: nothing to do here
};
extern Layer layers[kLayers];

struct LayerRegistrar {
  LayerRegistrar(LayerSlot slot, bool (*run)(Call&)) { layers[static_cast<int>(slot)].run = run; }
};

// From the composites on, or from behind a layer of the tensors on: what a layer calls that has done its part.
void run_layers(Call& call);
void run_behind(LayerSlot slot, Call& call);

}  // namespace flambeau
