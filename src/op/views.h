// What a new view has to know of the tensor whose memory it shows.
#pragma once

#include "op/call.h"

namespace flambeau {

// Ties `view`, a fresh alias of `from`, to it. A view of an inference tensor is a tensor of its own. One that was made
// while gradients were off may not be changed in place once they are on; one made in inference mode says as its base
// whether it requires a gradient.
void tie_view(TensorImpl& view, TensorImpl& from, bool differentiable = true);

}  // namespace flambeau
