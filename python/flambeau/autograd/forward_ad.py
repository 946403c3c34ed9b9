"""Forward-mode derivatives of a stretch of code: inputs carry a direction, outputs are asked for theirs.

Inside of an open level a tensor can carry a tangent; every operator gives its results theirs as it computes them.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from flambeau import _C

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]

_state = threading.local()


class UnpackedDualTensor(NamedTuple):
    """A value, and its tangent or None."""

    primal: Any
    tangent: Any


def _opened() -> list[int]:
    """What each open level found when it was opened; on this thread."""
    if not hasattr(_state, "opened"):
        _state.opened = []
    return _state.opened


def _check_level(what: str, level: int | None) -> None:
    if (level is not None and level < 0) or not _C._dual_level_open():
        raise RuntimeError(
            f"{what}: no level is open, or {level} is not one; this is done inside `with forward_ad.dual_level():`"
        )
    if level not in (None, 0):
        raise RuntimeError(f"{what}: level {level}; levels cannot be nested, so the only one is 0")


def enter_dual_level() -> int:
    """Opens the level; gives its number."""
    if _C._dual_level_open():
        raise RuntimeError(
            "enter_dual_level: a level is open already, and nested forward mode AD is not supported here"
        )
    _opened().append(_C._open_dual_level())
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Closes the level; its tangents are forgotten."""
    if not _opened() or level not in (None, 0):
        raise RuntimeError(
            f"exit_dual_level: trying to exit a forward AD level ({level}) that was not the last one that was entered"
        )
    _C._close_dual_level(_opened().pop())


class dual_level:
    """The context in which tensors carry tangents."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *error: object) -> None:
        exit_dual_level()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A view of a tensor that carries a direction of the same shape and dtype."""
    _check_level("make_dual", level)
    for role, t in (("primal", tensor), ("tangent", tangent)):
        if not t.dtype.is_floating_point and not t.dtype.is_complex:
            raise ValueError(f"make_dual: Expected {role} to be floating point or complex, but got: {t.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            f"make_dual: Expected primal and tangent to have the same shape, got {tuple(tensor.shape)} and "
            f"{tuple(tangent.shape)}"
        )
    if tensor.dtype != tangent.dtype:
        raise RuntimeError(f"make_dual: primal of {tensor.dtype}, tangent of {tangent.dtype}")
    if _C._tangent_of(tangent) is not None:
        raise RuntimeError("make_dual: Expected tangent not to carry a tangent of the same level itself")
    dual = tensor.view_as(tensor)
    _C._set_tangent(dual, tangent)
    return dual


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The value of a tensor (a view of it) and the tangent that has come to it (None where none has)."""
    if not _C._dual_level_open() or (level is not None and level < 0):
        return UnpackedDualTensor(tensor, None)
    tangent = _C._tangent_of(tensor)
    if tangent is None:
        return UnpackedDualTensor(tensor, None)
    primal = tensor.view_as(tensor)
    _C._set_tangent(primal, None)
    return UnpackedDualTensor(primal, tangent)


class _set_fwd_grad_enabled:
    """A context in which operators give no tangents, or do again."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self.before = 0

    def __enter__(self) -> None:
        self.closed = not self.mode and _C._dual_level_open()
        if self.closed:
            self.before = _C._open_dual_level()
            _C._close_dual_level(0)

    def __exit__(self, *error: object) -> None:
        if self.closed:
            _C._close_dual_level(self.before)


def __getattr__(name: str) -> int:
    if name == "_current_level":  # the number of the open level, or -1
        return 0 if _C._dual_level_open() else -1
    raise AttributeError(f"module 'flambeau.autograd.forward_ad' has no attribute '{name}'")
