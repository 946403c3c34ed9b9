"""`Broadcast`, `Scatter` and `Gather` by the names under which programs call them; differentiable as they are."""

from __future__ import annotations

from typing import Any

from . import comm

__all__ = ["Broadcast", "Gather", "Scatter"]


class Broadcast:
    """Tensors on several devices, those of the first device first."""

    @staticmethod
    def apply(target_gpus: Any, *inputs: Any) -> tuple[Any, ...]:
        """All inputs on each device, in one tuple."""
        return tuple(tensor for copies in comm.broadcast_coalesced(inputs, target_gpus) for tensor in copies)


class Gather:
    """Tensors joined on one device."""

    @staticmethod
    def apply(target_device: Any, dim: int, *inputs: Any) -> Any:
        """The inputs joined along `dim`."""
        return comm.gather(inputs, dim, target_device)


class Scatter:
    """A tensor cut over devices."""

    @staticmethod
    def apply(target_gpus: Any, chunk_sizes: Any, dim: int, input: Any) -> tuple[Any, ...]:
        """The pieces of the input along `dim`."""
        return comm.scatter(input, target_gpus, chunk_sizes, dim)
