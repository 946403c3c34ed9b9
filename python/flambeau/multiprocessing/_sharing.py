"""How tensors travel between processes: a storage becomes a mapping of a file in shared memory, known by its path.

The file is deleted by the process that made it, at its exit; mappings that others made before stay valid.
Receivers that map too late find no file, which is an error that says so.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing.reduction
import os
import tempfile
from typing import Any

import flambeau

strategy = "file_descriptor"
_FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
_paths: dict[int, tuple[str, int]] = {}  # data pointer of a shared storage to its file and size


def _forget(pointer: int, path: str, owner: int) -> None:
    _paths.pop(pointer, None)
    if os.getpid() == owner:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def path_of(storage: Any) -> str:
    """The file that holds an untyped storage, moving it into one if need be."""
    pointer = storage.data_ptr()
    size = storage.nbytes()
    known = _paths.get(pointer)
    if known is not None and known[1] == size and storage.is_shared():
        return known[0]
    _paths.pop(pointer, None)  # another storage has come to lie there
    handle, path = tempfile.mkstemp(prefix="flambeau-", dir=_FOLDER)
    try:
        os.posix_fallocate(handle, 0, max(size, 1))  # a full file system is an error here, not a signal later
    except OSError as error:
        os.unlink(path)
        raise RuntimeError(f"multiprocessing: no room for {size} bytes in {_FOLDER}: {error.strerror}") from error
    finally:
        os.close(handle)
    shared = flambeau.UntypedStorage.from_file(path, True, size)
    shared.copy_(storage)
    del shared
    return path


def _remember(shared: Any, path: str) -> None:
    owner, pointer = os.getpid(), shared.data_ptr()
    _paths[pointer] = (path, shared.nbytes())
    atexit.register(_forget, pointer, path, owner)


def _rebuild(
    parameter: bool, path: str, nbytes: int, dtype: Any, offset: int, sizes: Any, strides: Any, grad: bool
) -> Any:
    try:
        storage = flambeau.UntypedStorage.from_file(path, True, nbytes)
    except Exception as error:
        raise RuntimeError(
            f"multiprocessing: the memory of a received tensor is gone ({path}); the sending process must live until "
            "the tensor has been received"
        ) from error
    tensor = flambeau.empty(0, dtype=dtype).set_(storage, offset, sizes, strides)
    if parameter:
        return flambeau.nn.Parameter(tensor, requires_grad=grad)
    return tensor.requires_grad_(grad) if grad else tensor


def reduce_tensor(tensor: Any) -> tuple[Any, ...]:
    """What pickling a tensor for another process gives: a function and its arguments."""
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "multiprocessing: a tensor that has a gradient function cannot be sent to another process; send detach()"
        )
    parameter = isinstance(tensor, flambeau.nn.Parameter)
    plain = tensor.detach()
    storage = plain.untyped_storage()
    nbytes = storage.nbytes()
    if nbytes == 0:
        return (_empty, (parameter, tensor.dtype, tuple(tensor.shape), tensor.requires_grad))
    path = path_of(storage)
    if storage.data_ptr() not in _paths:
        # The sender's own tensor goes over to the shared memory, so that both see one.
        shared = flambeau.UntypedStorage.from_file(path, True, nbytes)
        plain.set_(shared, tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
        tensor.data = plain
        _remember(shared, path)
    place = (tensor.dtype, tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.requires_grad)
    return (_rebuild, (parameter, path, nbytes, *place))


def _empty(parameter: bool, dtype: Any, sizes: Any, grad: bool) -> Any:
    tensor = flambeau.empty(sizes, dtype=dtype)
    if parameter:
        return flambeau.nn.Parameter(tensor, requires_grad=grad)
    return tensor.requires_grad_(grad) if grad else tensor


def register() -> None:
    """Make the standard module's queues and pipes send tensors this way."""
    multiprocessing.reduction.ForkingPickler.register(flambeau.Tensor, reduce_tensor)
    multiprocessing.reduction.ForkingPickler.register(flambeau.nn.Parameter, reduce_tensor)
