// `__torch_dispatch__`: calls below autograd that a mode of the thread or the class of an argument runs. The layers
// `mode` and `subclass` of the call path come here (op/layers.h); operators of one's own, which are Python, ask too.
#pragma once

#include "op/layers.h"
#include "python/object.h"

namespace flambeau::python {

// Whether a class runs the calls on its tensors itself.
bool runs_own_calls(PyTypeObject* type);
// Whether modes see this thread's calls.
inline bool dispatch_modes_active() { return t_state.included & ~t_state.excluded & key::Modes; }

PyObject* wrap_generator(const Value& value);  // generator_object.cpp

void init_dispatch(PyObject* module);

}  // namespace flambeau::python
