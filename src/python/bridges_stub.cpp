#include "python/object.h"
namespace flambeau::python {
void init_bridges(PyObject*) {}
PyObject* wrap(const Ref<Storage>&) { Py_RETURN_NONE; }
bool generator_from(PyObject*, Value&) { return false; }
}
