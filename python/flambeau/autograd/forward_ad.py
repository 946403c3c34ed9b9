"""Forward-mode derivatives of a stretch of code: inputs carry a direction, outputs are asked for theirs.

A dual tensor's way is recorded on the tape; asking an output for its tangent differentiates the recorded backward pass
with respect to its cotangent, which is the derivative in the direction of the inputs' tangents.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import flambeau

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]

_state = threading.local()


class UnpackedDualTensor(NamedTuple):
    """A value, and its tangent or None."""

    primal: Any
    tangent: Any


class _Duals:
    """What is known at the one level that can be open."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.tangents: list[Any] = []


def _level(what: str, level: int | None) -> _Duals:
    if level not in (None, 0):
        raise RuntimeError(f"{what}: level {level}; levels cannot be nested, so the only one is 0")
    duals = getattr(_state, "duals", None)
    if duals is None:
        raise RuntimeError(f"{what}: no level is open; this is done inside `with forward_ad.dual_level():`")
    return duals


def enter_dual_level() -> int:
    """Opens the level; gives its number."""
    if getattr(_state, "duals", None) is not None:
        raise RuntimeError("enter_dual_level: a level is open already, and levels cannot be nested")
    _state.duals = _Duals()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Closes the level; its tangents are forgotten."""
    _level("exit_dual_level", level)
    _state.duals = None


class dual_level:
    """The context in which tensors carry tangents."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *error: object) -> None:
        exit_dual_level()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A tensor that carries a direction of the same shape and dtype."""
    duals = _level("make_dual", level)
    if not tensor.is_floating_point() and not tensor.is_complex():
        raise ValueError(f"make_dual: expected a floating-point or complex tensor, got {tensor.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(f"make_dual: primal of shape {tuple(tensor.shape)}, tangent of shape {tuple(tangent.shape)}")
    if tensor.dtype != tangent.dtype:
        raise RuntimeError(f"make_dual: primal of {tensor.dtype}, tangent of {tangent.dtype}")
    with flambeau.enable_grad():
        dual = tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()
    duals.inputs.append(dual)
    duals.tangents.append(tangent)
    return dual


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The value of a tensor and the tangent that has come to it (None where none has)."""
    duals = getattr(_state, "duals", None)
    if duals is None:
        return UnpackedDualTensor(tensor, None)
    for dual, tangent in zip(duals.inputs, duals.tangents, strict=True):
        if dual is tensor:
            return UnpackedDualTensor(tensor.detach(), tangent)
    if not tensor.requires_grad or not duals.inputs:
        return UnpackedDualTensor(tensor, None)
    from flambeau.func.transforms import push_forward

    with flambeau.enable_grad():
        probe = flambeau.autograd.grad(tensor.sum(), duals.inputs, retain_graph=True, allow_unused=True)
        if all(p is None for p in probe):
            return UnpackedDualTensor(tensor, None)
        return UnpackedDualTensor(tensor.detach(), push_forward([tensor], duals.inputs, duals.tangents)[0].detach())
