// Views and changes in place on the tape: a view's gradient as a window on its base's, and what may not be changed.
#pragma once

#include "autograd/node.h"

namespace flambeau {

// Raises if gradients are recorded and `target` may not be changed in place: a leaf, a view of a leaf, a view whose
// history another one would override. `what` names the operator or function that would change it.
void check_inplace(const char* what, const Tensor& target);

// `fn` has changed `view` in place. Its result is slot 0 of fn; `own` is the edge of fn that led to the view's former
// history, -1 if there was none. The base's history takes the change in, the view's is made anew from it.
void rebase_history(const Tensor& view, Ref<Node> fn, int own);

// The history of a view, made anew where the base was changed since.
void refresh_view(const Tensor& view);

}  // namespace flambeau
