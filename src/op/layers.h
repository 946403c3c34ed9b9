// The layers of the call path, as a table: in this order a call meets them, each led to by a bit of its keys. A layer
// runs the call and says so, or leaves it to those after it.
//
//   of the thread   autocast, levels (transforms of functions); before composites are expanded
//   of the tensors  ended levels, parts (what is seen below as other calls), tangents, sparse, autograd; after that
//   of the backend  the level again (its values), recorder, modes, subclasses, lazy conjugation; below autograd
//
// A room that owns a layer installs it when the program starts (LayerRegistrar).
#pragma once

#include "op/call.h"

namespace flambeau {

namespace key {
// Beside those of core/tensor.h: calls that Python runs. Of tensors whose class defines __torch_dispatch__, and of a
// thread that has entered a TorchDispatchMode.
inline constexpr Keys Subclass = 512, Modes = 1u << 16;
}  // namespace key

enum class LayerSlot : uint8_t {
  autocast,
  level,
  ended,
  parts,
  tangent,
  sparse,
  autograd,
  below_level,
  record,
  mode,
  subclass,
  lazy
};
inline constexpr int kLayers = 12;

// Whether this process has ever had a mode or a tensor of such a class: nothing else asks for them before.
extern bool python_runs_calls;
// Whether Python sees a call on this tensor, so that no alias of it may be made that is none of its calls.
inline bool python_sees(const TensorImpl* t) {
  return python_runs_calls && ((t->keys & key::Subclass) | (t_state.included & key::Modes)) & ~t_state.excluded;
}
// While autograd runs a call that it records: for who shows the call to Python with gradients switched on as outside.
extern constinit thread_local bool t_recorded;

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
// A composite as the calls that it is written with, whoever would see it whole.
void run_parts(Call& call);
// Hands computed results to where the call wants them: as they are, into self, into out=.
void deliver(Call& call, std::array<Value, Call::kMaxResults>& computed);
void run_behind(LayerSlot slot, Call& call);

}  // namespace flambeau
