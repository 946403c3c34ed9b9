// What the files that carry data in and out of Python share: NumPy arrays, nested lists, buffers, DLPack, storages.
#pragma once

#include "python/overrides.h"

namespace flambeau::python {

// Everything below: adds the functions and classes to the module and the methods to Tensor.
void init_bridges(PyObject* module);
void init_numpy(PyObject* module);
void init_tensor_data(PyObject* module);
void init_dlpack(PyObject* module);

// --- arguments (bridges.cpp) ---
// Sorts a call's arguments by name into `out` (null where not given). Names up to `positional` may stand without their
// name; the first `required` must be there. False with a TypeError set otherwise.
bool read_arguments(const char* function, std::span<const char* const> names, size_t positional, size_t required,
                    PyObject* const* args, Py_ssize_t n, PyObject* kwnames, PyObject** out);
bool bool_argument(const char* function, const char* name, PyObject* given, bool otherwise);
std::optional<DType> dtype_argument(const char* function, PyObject* given);
std::optional<Device> device_argument(const char* function, PyObject* given);
// Adds methods to a class that exists already. The definitions have to stay alive.
void attach_methods(PyTypeObject* type, PyMethodDef* definitions);

// --- memory that belongs to somebody else ---
// A storage over bytes that live as long as `owner`, whose count is taken over.
Ref<Storage> foreign_storage(void* data, size_t bytes, PyObject* owner);
Tensor tensor_over(Ref<Storage> storage, Layout layout, DType dtype);
// The address goes out of the library: from now on the bytes stay where they are.
void* export_address(Storage& storage);
// A tensor as its bytes show it: on the CPU, no tape, no conjugate or negative bit.
Tensor plain_tensor(const Tensor& t);

// The storage of an UntypedStorage; null for other objects.
Storage* storage_behind(PyObject* o);

// --- NumPy (numpy_bridge.cpp); nothing here imports it ---
bool is_array(PyObject* o);
bool is_array_scalar(PyObject* o);
Tensor tensor_from_array(const char* function, PyObject* array, bool warn_read_only = true);
// The value of a NumPy scalar, and the dtype of the array it would make.
DType read_array_scalar(PyObject* o, Scalar& value);

// --- nested lists (tensor_data.cpp) ---
Tensor tensor_from_data(const char* function, PyObject* data, std::optional<DType> dtype, Device device);
Tensor tensor_from_dlpack(PyObject* source, PyObject* device, PyObject* copy);

}  // namespace flambeau::python
