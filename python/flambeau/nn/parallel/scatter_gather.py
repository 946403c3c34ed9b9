"""Arguments of a module cut into pieces, and its results joined: through tuples, lists, dicts and named tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau

from . import comm

__all__ = ["gather", "scatter", "scatter_kwargs"]


def is_namedtuple(obj: Any) -> bool:
    """Whether the object is one of a class made by `collections.namedtuple`."""
    return isinstance(obj, tuple) and hasattr(obj, "_fields") and hasattr(obj, "_asdict")


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> list[Any]:
    """One structure for each device: tensors are cut along `dim`, all else is the same object in each."""
    count = len(target_gpus)

    def cut(value: Any) -> list[Any]:
        if isinstance(value, flambeau.Tensor):
            return list(comm.scatter(value, target_gpus, None, dim))
        if is_namedtuple(value):
            return [type(value)(*items) for items in zip(*map(cut, value), strict=False)]
        if isinstance(value, tuple) and value:
            return list(zip(*map(cut, value), strict=False))
        if isinstance(value, list) and value:
            return [list(items) for items in zip(*map(cut, value), strict=False)]
        if isinstance(value, dict) and value:
            rows = zip(*map(cut, value.values()), strict=False)
            return [type(value)(zip(value, items, strict=True)) for items in rows]
        return [value for _ in range(count)]

    return cut(inputs)


def scatter_kwargs(
    inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, target_gpus: Sequence[Any], dim: int = 0
) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """Arguments and keyword arguments for each device; the shorter of both lists is filled with empty ones."""
    positional = scatter(inputs, target_gpus, dim) if inputs else []
    named = scatter(kwargs, target_gpus, dim) if kwargs else []
    longest = max(len(positional), len(named))
    positional += [()] * (longest - len(positional))
    named += [{}] * (longest - len(named))
    return tuple(positional), tuple(named)


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """Results of several devices joined along `dim` on one; tensors of no dimensions become a vector."""
    first = outputs[0]
    if isinstance(first, flambeau.Tensor):
        return comm.gather([x.unsqueeze(0) if x.dim() == 0 else x for x in outputs], dim, target_device)
    if first is None:
        return None
    if isinstance(first, dict):
        if any(len(output) != len(first) for output in outputs):
            raise ValueError(f"gather: dicts of one length are wanted, got {[len(output) for output in outputs]}")
        return type(first)((key, gather([output[key] for output in outputs], target_device, dim)) for key in first)
    parts = [gather(list(items), target_device, dim) for items in zip(*outputs, strict=False)]
    return type(first)(*parts) if is_namedtuple(first) else type(first)(parts)
