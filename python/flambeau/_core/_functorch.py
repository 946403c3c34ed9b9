"""Questions about the wrapped tensors of function transforms: tensors are plain ones here."""

from __future__ import annotations

from typing import Any

from flambeau._absent import absent_class

CInterpreter = absent_class("_C._functorch", "CInterpreter", "an interpreter of transforms", NotImplementedError)


def is_batchedtensor(tensor: Any) -> bool:
    """False."""
    return False


is_gradtrackingtensor = is_functorch_wrapped_tensor = is_functionaltensor = is_legacy_batchedtensor = is_batchedtensor


def maybe_current_level() -> None:
    """None: no transform wraps tensors."""


def peek_interpreter_stack() -> None:
    """None: no transform wraps tensors."""


def get_interpreter_stack() -> list[Any]:
    """No transform wraps tensors."""
    return []


def maybe_get_level(tensor: Any) -> int:
    """-1: the tensor is not wrapped."""
    return -1


def maybe_get_bdim(tensor: Any) -> int:
    """-1: the tensor is not wrapped."""
    return -1


def get_unwrapped(tensor: Any) -> Any:
    """RuntimeError: the tensor is not wrapped."""
    raise RuntimeError("get_unwrapped: No wrappers present!")


def unwrap_if_dead(tensor: Any) -> Any:
    """The tensor: it is not wrapped."""
    return tensor


def _add_batch_dim(tensor: Any, bdim: int, level: int) -> Any:
    """Not available: wrapped tensors."""
    raise NotImplementedError("_add_batch_dim: tensors are not wrapped here; func.vmap goes over a dimension")


def _remove_batch_dim(tensor: Any, level: int, batch_size: int, out_dim: int) -> Any:
    """Not available: wrapped tensors."""
    raise NotImplementedError("_remove_batch_dim: tensors are not wrapped here; func.vmap goes over a dimension")
