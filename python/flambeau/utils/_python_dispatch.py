"""Modes and subclasses below autograd. `__torch_dispatch__` is not there: a mode can be defined, not entered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

import flambeau

__all__ = ["TorchDispatchMode", "is_traceable_wrapper_subclass"]


class TorchDispatchMode:
    """Sees operators below autograd; not there. `overrides.TorchFunctionMode` sees them as programs call them."""

    def __init__(self, _dispatch_key: Any = None) -> None:
        pass

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.__torch_dispatch__: not defined")

    def __enter__(self) -> NoReturn:
        raise NotImplementedError(
            f"{type(self).__name__}: modes below autograd are not there; overrides.TorchFunctionMode sees calls"
        )

    def __exit__(self, *exception: object) -> None:
        pass


def _get_current_dispatch_mode() -> None:
    """None: there are no such modes."""


def _get_current_dispatch_mode_stack() -> list[Any]:
    return []


@contextlib.contextmanager
def _disable_current_modes() -> Iterator[list[Any]]:
    """There are none to disable."""
    yield []


def is_traceable_wrapper_subclass(t: Any) -> bool:
    """Whether a tensor is of a subclass that says how it is made of others."""
    return (
        isinstance(t, flambeau.Tensor)
        and type(t) is not flambeau.Tensor
        and hasattr(t, "__tensor_flatten__")
        and hasattr(t, "__tensor_unflatten__")
    )


def transform_subclass(t: Any, callback: Any, outer_size: Any = None, outer_stride: Any = None) -> Any:
    """A tensor of such a subclass whose inner tensors went through a function of their name and themselves."""
    names, context = t.__tensor_flatten__()
    inner = {name: callback(name, getattr(t, name)) for name in names}
    size = t.size() if outer_size is None else outer_size
    stride = t.stride() if outer_stride is None else outer_stride
    return type(t).__tensor_unflatten__(inner, context, size, stride)
