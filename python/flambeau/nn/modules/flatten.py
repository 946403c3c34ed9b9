"""Flatten and Unflatten."""

from __future__ import annotations

from typing import Any

from flambeau._C import Tensor

from .module import Module


class Flatten(Module):
    """Joins the dimensions from ``start_dim`` to ``end_dim`` into one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.end_dim = end_dim
        self.start_dim = start_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits dimension ``dim`` into ``unflattened_size``. TypeError unless that is a tuple of integers."""

    def __init__(self, dim: Any, unflattened_size: Any) -> None:
        super().__init__()
        if isinstance(dim, int):
            self._require_tuple_int(unflattened_size)
        elif isinstance(dim, str):
            raise NotImplementedError("Unflatten: named dimensions are not implemented; give the dimension's number")
        else:
            raise TypeError(f"invalid argument type for dim parameter: {type(dim).__name__}")
        self.unflattened_size = unflattened_size
        self.dim = dim

    def _require_tuple_int(self, value: Any) -> None:
        if not isinstance(value, tuple | list):
            raise TypeError(f"unflattened_size must be a tuple of ints, but found type {type(value).__name__}")
        for place, extent in enumerate(value):
            if not isinstance(extent, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(extent).__name__} at "
                    f"pos {place}"
                )

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
