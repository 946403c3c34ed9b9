// Hooks of one tensor among those of its node.
#pragma once

#include "autograd/node.h"

namespace flambeau {

// The number of the hooks that retain_grad makes. They stand behind all others of their node and go along when the
// tensor gets another history.
inline constexpr int64_t kRetains = -1;

void add_tensor_hook(Node& node, uint32_t slot, int64_t id, TensorHook hook);

// Packs what a node keeps in this place, from now on. RuntimeError where it is packed already, or gone.
void pack_saved(SavedTensor& saved, const Ref<Node>& owner, bool is_result, uint32_t slot,
                std::shared_ptr<SavedTensor::PackHooks> hooks);

}  // namespace flambeau
