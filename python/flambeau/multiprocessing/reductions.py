"""How tensors and storages are pickled for another process: as tickets for memory that both map.

The memory is the core's (`src/memory/shared_memory.h`): each process that shares has an arena, an anonymous memory
file, and a storage that is sent moves into it, so that sender and receiver see each other's changes. Nothing has a name
in a file system, and what nobody uses any more goes back when its last process has let go of it or has ended, however
it ended. A message that nobody reads keeps its memory until the process that owns the arena ends.
"""

from __future__ import annotations

import os
from multiprocessing.reduction import ForkingPickler
from typing import Any

import flambeau
from flambeau import _tensor_pickle, _utils
from flambeau.storage import TypedStorage, UntypedStorage, legacy_classes
from flambeau.utils.hooks import warn_if_has_hooks

__all__ = [
    "ForkingPickler", "init_reductions", "rebuild_storage", "rebuild_storage_filename", "rebuild_tensor",
    "rebuild_typed_storage", "reduce_storage", "reduce_tensor", "reduce_typed_storage",
]  # fmt: skip


def rebuild_storage(ticket: bytes) -> Any:
    """The storage of a ticket: the same one for all tickets of one storage, as long as it lives.

    Raises:
        RuntimeError: its memory cannot be opened, since the sender has ended, or nobody holds it any more.
    """
    return UntypedStorage._receive(ticket)


def rebuild_storage_filename(path: str, nbytes: int) -> Any:
    """The storage over a file that the sender had mapped with ``from_file(path, shared=True)``."""
    if not os.path.exists(path):
        raise RuntimeError(f"multiprocessing: the file of a received storage, {path}, is gone")
    return UntypedStorage.from_file(path, True, nbytes)


def rebuild_typed_storage(storage: Any, dtype: Any) -> Any:
    """A storage with its element type."""
    return TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)


def reduce_storage(storage: Any) -> tuple[Any, ...]:
    """What pickling an untyped storage for another process gives."""
    if storage.device.type != "cpu":
        raise NotImplementedError(
            f"multiprocessing: a storage on {storage.device} cannot be sent to another process; send it as cpu()"
        )
    if storage.filename is not None:
        return rebuild_storage_filename, (os.path.abspath(storage.filename), storage.nbytes())
    return rebuild_storage, (storage._send(),)


def reduce_typed_storage(storage: Any) -> tuple[Any, ...]:
    """What pickling a storage with an element type for another process gives."""
    return rebuild_typed_storage, (storage.untyped(), storage.dtype)


def rebuild_tensor(cls: type, storage: Any, metadata: tuple[Any, ...]) -> Any:
    """A tensor or parameter over a received storage.

    ``metadata`` is ``(storage_offset, size, stride, requires_grad)``, then for an untyped storage the dtype, and what
    is lazy about it (conjugation, negation).
    """
    offset, size, stride, requires_grad, *more = metadata
    dtype = more[0] if more else storage.dtype
    tensor = flambeau.empty(0, dtype=dtype).set_(storage, offset, size, stride)
    if len(more) > 1:
        tensor = _tensor_pickle.apply_metadata(tensor, more[1])
    if issubclass(cls, flambeau.nn.Parameter):
        return cls(tensor, requires_grad=requires_grad)
    return tensor.requires_grad_() if requires_grad else tensor


def _rebuild(parameter: bool, storage: Any, metadata: tuple[Any, ...], state: Any = None) -> Any:
    # The classes stand in for themselves: Tensor calls itself torch's, and there may be no module of that name.
    result = rebuild_tensor(flambeau.nn.Parameter if parameter else flambeau.Tensor, storage, metadata)
    return _utils._set_obj_state(result, state) if state else result


def reduce_tensor(tensor: Any) -> tuple[Any, ...]:
    """What pickling a tensor or a parameter for another process gives.

    Its storage is shared first, with everything that stands on it here. Gradients and hooks stay behind.

    Raises:
        RuntimeError: the tensor requires a gradient and is no leaf: the graph cannot leave its process.
    """
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "multiprocessing: a tensor that requires_grad and is not a leaf cannot be sent to another process, because "
            "its graph stays in this one; send detach() of it"
        )
    warn_if_has_hooks(tensor)
    if tensor.layout != flambeau.strided or tensor.device.type == "meta":
        reduced: tuple[Any, ...] = _tensor_pickle.reduce_tensor(tensor)
        return reduced
    lazy = _tensor_pickle.metadata_of(tensor)
    view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.requires_grad, tensor.dtype)
    parameter = isinstance(tensor, flambeau.nn.Parameter)
    arguments = (parameter, tensor.untyped_storage(), (*view, lazy) if lazy else view)
    state = _tensor_pickle._state_of(tensor)
    return _rebuild, (*arguments, state) if state else arguments


def init_reductions() -> None:
    """Make the standard module's queues, pipes and pools send tensors this way.

    Subclasses of Tensor go by their own reductions, whose storages come here.
    """
    ForkingPickler.register(flambeau.Tensor, reduce_tensor)
    ForkingPickler.register(flambeau.nn.Parameter, reduce_tensor)
    ForkingPickler.register(UntypedStorage, reduce_storage)
    for kind in (TypedStorage, *legacy_classes().values()):
        ForkingPickler.register(kind, reduce_typed_storage)
