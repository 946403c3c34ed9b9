"""Derivatives and histograms of several dimensions."""

from __future__ import annotations

from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable = _C.overridable
as_called = _C.overridable_as_called

__all__ = [
    "gradient",
    "histogramdd",
]


def _part(t: Any, dim: int, start: int, stop: int | None) -> Any:
    return t[(slice(None),) * dim + (slice(start, stop),)]


def _derivative(t: Any, spacing: Any, dim: int, edge_order: int) -> Any:
    """Differences along one dimension: central inside, one-sided at the ends."""
    n = t.size(dim)
    if isinstance(spacing, Tensor):
        shape = [1] * t.dim()
        shape[dim] = -1
        steps = (spacing[1:] - spacing[:-1]).reshape(shape)
    else:
        steps = spacing
    slopes = (_part(t, dim, 1, None) - _part(t, dim, 0, -1)) / steps

    def step(start: int, stop: int | None) -> Any:
        return _part(steps, dim, start, stop) if isinstance(steps, Tensor) else steps

    first, last = _part(slopes, dim, 0, 1), _part(slopes, dim, n - 2, None)
    parts = []
    if n > 2:
        if isinstance(steps, Tensor):
            # The slopes on both sides, each weighted with the other side's step.
            left, right = step(0, -1), step(1, None)
            inner = (_part(slopes, dim, 0, -1) * right + _part(slopes, dim, 1, None) * left) / (left + right)
        else:  # the element itself has no part in it
            inner = (_part(t, dim, 2, None) - _part(t, dim, 0, -2)) / (2 * steps)
        if edge_order == 2:
            # A parabola through three points: its slope changes linearly.
            second, before = _part(slopes, dim, 1, 2), _part(slopes, dim, n - 3, n - 2)
            a, b, c, d = step(0, 1), step(1, 2), step(n - 3, n - 2), step(n - 2, None)
            first = first + (first - second) * a / (a + b)
            last = last + (last - before) * d / (c + d)
        parts = [inner]
    return aten.cat([first, *parts, last], dim)


@as_called
def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The derivative along each of the dimensions ``dim`` (all by default), estimated from differences of neighbours.

    ``spacing`` is the distance of neighbours, one for each dimension, or a tensor with the coordinates for each.
    Second order accurate inside; at the ends first or second order (``edge_order``; Fornberg, 1988).
    """
    rank, spacing = input.dim(), 1 if spacing is None else spacing
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient: edge_order should be 1 or 2, but got {edge_order}")
    given = list(range(rank)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    for d in given:
        if not -rank <= d < rank:
            raise IndexError(f"gradient: dimension {d} is out of range for an input of {rank} dimensions")
    dims = [d % rank for d in given]
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"gradient: a dimension appears twice in dim={tuple(given)}")
    if isinstance(spacing, (tuple, list)):
        steps = list(spacing)
        if len(steps) != len(dims):
            raise RuntimeError(f"gradient: got {len(steps)} spacings for {len(dims)} dimensions {tuple(dims)}")
    elif isinstance(spacing, Tensor) and spacing.dim() > 0:
        raise TypeError("gradient: coordinates are given as a list of tensors, one for each dimension")
    else:
        steps = [spacing] * len(dims)
    for d, s in zip(dims, steps, strict=True):
        if input.size(d) < edge_order + 1:
            raise RuntimeError(
                f"gradient: dimension {d} has {input.size(d)} elements, but edge_order={edge_order} needs "
                f"{edge_order + 1}"
            )
        if isinstance(s, Tensor) and s.dim() > 0 and (s.dim() != 1 or s.numel() != input.size(d)):
            raise RuntimeError(
                f"gradient: coordinates of shape {tuple(s.shape)} for dimension {d} of {input.size(d)} elements; they "
                "should be a vector of as many"
            )
    steps = [s.item() if isinstance(s, Tensor) and s.dim() == 0 else s for s in steps]
    return tuple(_derivative(input, s, d, edge_order) for d, s in zip(dims, steps, strict=True))


_result_types: dict[str, Any] = {}


@as_called
def histogramdd(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """Numbers of points (sums of their weights) in boxes; the last dimension of ``input`` (..., D) holds coordinates.

    ``bins`` is a number of bins for all dimensions or one for each, over ``range`` (lowest and highest coordinate of
    each dimension in turn; by default the points' own), or a list of edges. Gives ``hist`` and ``bin_edges``.
    """
    if input.dim() < 2:
        raise RuntimeError(f"histogramdd: input should have at least 2 dimensions, but got shape {tuple(input.shape)}")
    size = input.size(-1)
    points = input.reshape(-1, size)
    if isinstance(bins, int):
        bins = [bins] * size
    bins = list(bins)
    if len(bins) != size:
        raise RuntimeError(f"histogramdd: got bins for {len(bins)} dimensions, but the points have {size} coordinates")
    if range is not None and len(range) != 2 * size:
        raise RuntimeError(f"histogramdd: range should have {2 * size} numbers, but got {len(range)}")
    edges = []
    for k, b in enumerate(bins):
        if isinstance(b, Tensor):
            edges.append(b)
        else:
            own = points.select(1, k)
            bounds = None if range is None else [float(range[2 * k]), float(range[2 * k + 1])]
            edges.append(aten.histogram(own, b, range=bounds).bin_edges)
    weights = None if weight is None else weight.reshape(-1)
    if not _result_types:
        from collections import namedtuple

        _result_types["histogramdd"] = namedtuple("histogramdd", ["hist", "bin_edges"])
    return _result_types["histogramdd"](aten._histogramdd(points, edges, weights, density), tuple(edges))
