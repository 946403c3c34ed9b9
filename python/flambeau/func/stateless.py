"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module with other parameters and buffers in place of its own; those stay as they are.

    Args:
        module: an `nn.Module`.
        parameter_and_buffer_dicts: tensors by dotted name, or several such dicts without a common name.
        args: the positional argument, or a tuple of them.
        kwargs: keyword arguments.
        tie_weights: a tensor under several names is replaced under all of them.
        strict: every parameter and buffer has to be given.
    """
    from flambeau.nn.utils import stateless

    given = parameter_and_buffer_dicts
    if not isinstance(given, dict):
        merged: dict[str, Any] = {}
        for part in given:
            twice = merged.keys() & part.keys()
            if twice:
                raise ValueError(f"functional_call: {sorted(twice)} in more than one of the dicts")
            merged.update(part)
        given = merged
    return stateless._functional_call(module, given, args, kwargs, tie_weights=tie_weights, strict=strict)


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and buffers of equal modules, each stacked along a new first dimension, to use with `vmap`."""
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: expected at least one module, got none")
    if any(m.training != models[0].training for m in models):
        raise RuntimeError("stack_module_state: some modules are in training mode and some are not")
    if any(type(m) is not type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: the modules have to be of one class")

    def stacked(kind: str) -> dict[str, Any]:
        parts = [dict(getattr(m, kind)()) for m in models]
        out = {}
        for name in parts[0]:
            tensor = flambeau.stack([p[name] for p in parts]).detach()
            out[name] = tensor.requires_grad_(parts[0][name].requires_grad)
        return out

    return stacked("named_parameters"), stacked("named_buffers")


__all__ = ["functional_call", "stack_module_state"]
