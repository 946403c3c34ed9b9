"""Questions about the tensors of function transforms, and how deep these are nested."""

from __future__ import annotations

from typing import Any

from flambeau import _C
from flambeau._absent import absent_class

CInterpreter = absent_class("_C._functorch", "CInterpreter", "an interpreter of transforms", NotImplementedError)


def _kind(tensor: Any) -> str:
    inside = _C._wrapped_value(tensor)
    return "" if inside is None else inside[2]


def is_batchedtensor(tensor: Any) -> bool:
    """Whether the tensor stands for one entry of a batch, inside of vmap."""
    return _kind(tensor) == "batch"


def is_gradtrackingtensor(tensor: Any) -> bool:
    """Whether the tensor belongs to grad, vjp or jvp at work."""
    return _kind(tensor) in ("grad", "jvp")


def is_functorch_wrapped_tensor(tensor: Any) -> bool:
    """Whether the tensor belongs to a transform."""
    return _kind(tensor) != ""


def is_dead_tensor_wrapper(tensor: Any) -> bool:
    """Whether the tensor belongs to a transform that has ended: it is its value then."""
    return _kind(tensor) == "ended"


def is_functionaltensor(tensor: Any) -> bool:
    """False."""
    return False


is_legacy_batchedtensor = is_functionaltensor


def maybe_current_level() -> int | None:
    """How many transforms are at work on this thread; None where none is."""
    level = _C._current_level()
    return None if level is None else level[1]


def maybe_get_level(tensor: Any) -> int:
    """The level that the tensor belongs to, counted from 1 at the outermost; -1 where there is none."""
    inside = _C._wrapped_value(tensor)
    return -1 if inside is None else inside[1]


def maybe_get_bdim(tensor: Any) -> int:
    """Where the batch's dimension stands in the value: in front, 0; -1 for a tensor that is not of a batch."""
    return 0 if is_batchedtensor(tensor) else -1


def get_unwrapped(tensor: Any) -> Any:
    """The value one level further out. RuntimeError for a tensor that is not of a transform."""
    inside = _C._wrapped_value(tensor)
    if inside is None:
        raise RuntimeError("get_unwrapped: No wrappers present! The tensor is not one of a transform")
    return inside[0]


def unwrap_if_dead(tensor: Any) -> Any:
    """The value of a tensor whose transform has ended; others stay."""
    while is_dead_tensor_wrapper(tensor):
        tensor = get_unwrapped(tensor)
    return tensor


def peek_interpreter_stack() -> None:
    """None: there are levels, and no interpreters to look at."""


def get_interpreter_stack() -> list[Any]:
    """Empty, for the same reason."""
    return []


def _add_batch_dim(tensor: Any, bdim: int, level: int) -> Any:
    """Not available: levels are entered by func.vmap alone."""
    raise NotImplementedError("_add_batch_dim: levels are entered by func.vmap, which goes over a dimension")


def _remove_batch_dim(tensor: Any, level: int, batch_size: int, out_dim: int) -> Any:
    """Not available: levels are entered by func.vmap alone."""
    raise NotImplementedError("_remove_batch_dim: levels are entered by func.vmap, which goes over a dimension")
