"""Central differences of functions of tensors, for `gradcheck`.

A tensor counts as the list of its real coordinates: a complex element is two. Lists are 1-D tensors of float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C


def reals(t: Any) -> Any:
    """The real coordinates of the elements, in row-major order: (numel,), of complex tensors (2 * numel,)."""
    t = t.detach()
    if t.layout != _C.strided:
        t = t.to_dense()
    t = t.resolve_conj().resolve_neg()
    return (flambeau.view_as_real(t) if t.is_complex() else t).reshape(-1).to(_C.float64)


def scattered(like: Any, coordinates: Any) -> Any:
    """A tensor of the sizes and type of `like` with these coordinates."""
    values = flambeau.view_as_complex(coordinates.reshape(-1, 2)) if like.is_complex() else coordinates
    return values.reshape(like.shape).to(like.dtype)


def assign(x: Any, coordinates: Any) -> None:
    """Writes the coordinates without the version counter of the tape taking notice."""
    x.data.copy_(scattered(x, coordinates))


def positive(t: Any, seed: int = 0) -> Any:
    """A direction for the coordinates of `t`, of length 1 and nowhere negative, the same at every run.

    Without signs that differ, the tolerance of a sum is the sum of its terms' tolerances.
    """
    coordinates = t.numel() * (2 if t.is_complex() else 1)
    direction = flambeau.rand(
        coordinates, dtype=_C.float64, generator=flambeau.Generator().manual_seed(seed), device="cpu"
    )
    return direction / direction.norm().clamp_min(1e-30)


def weight_of(t: Any, seed: int = 1) -> Any:
    """A tensor like `t` with values in [-1, 1], the same at every run."""
    count = t.numel() * (2 if t.is_complex() else 1)
    return scattered(t, flambeau.sin(seed + 2.7 * flambeau.arange(count, dtype=_C.float64)))


def _checked(outputs: Callable[[], list[Any]], results: list[Any]) -> list[Any]:
    made = outputs()
    for what in ("shape", "dtype"):
        if [getattr(o, what) for o in made] != [getattr(o, what) for o in results]:
            raise AssertionError(
                f"gradcheck: the function has to return outputs with the same {what} when inputs are perturbed"
            )
    return [reals(o).clone() for o in made]  # an output may be a view of the input, which is moved again


def along(outputs: Callable[[], list[Any]], results: list[Any], x: Any, direction: Any, eps: float) -> list[Any]:
    """For each output: the derivative of its coordinates along a direction of those of x, by a central difference."""
    kept = reals(x).clone()
    try:
        assign(x, kept + eps * direction)
        up = _checked(outputs, results)
        assign(x, kept - eps * direction)
        down = _checked(outputs, results)
    finally:
        assign(x, kept)
    return [(a - b) / (2 * eps) for a, b in zip(up, down, strict=True)]


def jacobians(outputs: Callable[[], list[Any]], results: list[Any], x: Any, eps: float) -> list[Any]:
    """For each output: the differences of its coordinates (rows) along those of x (columns)."""
    count = x.numel() * (2 if x.is_complex() else 1)
    columns = []
    for k in range(count):
        unit = flambeau.zeros(count, dtype=_C.float64)
        unit[k] = 1
        columns.append(along(outputs, results, x, unit, eps))
    return [flambeau.stack(rows, 1) for rows in zip(*columns, strict=True)]
