// Anomaly mode: where the forward call of a node stands in the user's program, and the check for NaN on the way back.
#pragma once

#include "autograd/node.h"

namespace flambeau {

extern thread_local bool t_anomaly_checks_nan;                          // beside the place of an error, look for NaN
void remember_place(const Node& node);                                  // of the Python line now running
void check_no_nan(const Node& node, const std::vector<Tensor>& grads);  // raises an error that names that line

}  // namespace flambeau
