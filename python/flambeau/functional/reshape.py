"""Shapes: functions over any number of tensors, splitting, broadcasting, coordinates."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable = _C.overridable
as_called = _C.overridable_as_called

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "meshgrid",
    "split",
    "unravel_index",
]


def _listed(tensors: tuple[Any, ...]) -> list[Any]:
    # f(a, b) and f([a, b]) are the same.
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return list(tensors[0])
    return list(tensors)


@overridable
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All tensors expanded, without copies, to the sizes they have in common."""
    tensors_list = _listed(tensors)
    return tuple(aten.broadcast_tensors(tensors_list))


def broadcast_shapes(*shapes: Any) -> _C.Size:
    """The sizes that tensors of these sizes broadcast to."""
    out: list[int] = []
    for shape in shapes:
        sizes = [shape] if isinstance(shape, int) else list(shape)
        if any(s < 0 for s in sizes):
            raise RuntimeError(f"broadcast_shapes: negative size in {tuple(sizes)}")
        out = [1] * (len(sizes) - len(out)) + out
        for i in range(1, len(sizes) + 1):
            size = sizes[-i]
            if size != 1 and out[-i] not in (1, size):
                raise RuntimeError(
                    f"broadcast_shapes: shapes {[(s,) if isinstance(s, int) else tuple(s) for s in shapes]} "
                    f"do not fit each other: {out[-i]} against {size}"
                )
            out[-i] = size if out[-i] == 1 else out[-i]
    return _C.Size(out)


@overridable
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector repeated along the dimensions of the others.

    With `indexing="ij"` the first vector runs along the first dimension; "xy" exchanges the first two. Without it "ij"
    is taken, with a warning: NumPy's default is the other one.
    """
    tensors_list = _listed(tensors)
    if indexing is None:
        indexing = "ij"
        warnings.warn(
            'meshgrid: callers will be required to pass the indexing argument in a coming release; "ij" is taken',
            UserWarning,
            stacklevel=3,
        )
    return tuple(aten.meshgrid(tensors_list, indexing=indexing))


@overridable
def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of one element from each vector, a row for each."""
    return aten.cartesian_prod(_listed(tensors))


@as_called
def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the given ones along its diagonal and zeros elsewhere."""
    return aten.block_diag(_listed(tensors))


def _at_least(name: str, text: str) -> Any:
    operator = getattr(aten, name)

    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
            return operator(tensors[0])
        return tuple(operator(t) for t in _listed(tensors))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return overridable(function)


atleast_1d = _at_least("atleast_1d", "Numbers as vectors of one element; anything else as it is.")


atleast_2d = _at_least("atleast_2d", "Numbers and vectors as matrices of one row; anything else as it is.")


atleast_3d = _at_least("atleast_3d", "Anything of fewer than three dimensions with further ones of size 1.")


@overridable
def split(tensor: Any, split_size_or_sections: int | list[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views along a dimension: of a given length (the last may be shorter), or of several lengths."""
    return tensor.split(split_size_or_sections, dim)


@partial(overridable, positional=1)
def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates, in a tensor of the given shape, of positions in it seen as one long vector."""
    if (
        not isinstance(indices, Tensor)
        or indices.is_floating_point()
        or indices.is_complex()
        or indices.dtype == _C.bool
    ):
        raise ValueError(
            "unravel_index: expected 'indices' to be an integer tensor, got "
            f"{getattr(indices, 'dtype', type(indices).__name__)}"
        )
    sizes = [shape] if isinstance(shape, int) else [int(s) for s in shape]
    if any(s < 0 for s in sizes):
        raise ValueError(f"unravel_index: 'shape' cannot have negative values, got {tuple(sizes)}")
    out, rest = [], indices
    for size in reversed(sizes):
        out.append(rest % size)
        rest = rest.div(size, rounding_mode="floor")
    return tuple(reversed(out))
