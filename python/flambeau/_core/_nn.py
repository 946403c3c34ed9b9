"""The operators behind `nn.functional`, and what stands beside them."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau import _C
from flambeau.nn.modules.module import _parse_to

__all__ = ["_parse_to", "flatten_dense_tensors", "unflatten_dense_tensors"]

_C.export_operators("nn", globals())
_C.export_operators("functional", globals())


def flatten_dense_tensors(tensors: Any) -> Any:
    """All elements of tensors in one vector."""
    return flambeau.cat([tensor.reshape(-1) for tensor in tensors])


def unflatten_dense_tensors(flat: Any, tensors: Any) -> tuple[Any, ...]:
    """The parts of a vector in the shapes of tensors."""
    parts = flat.split([tensor.numel() for tensor in tensors])
    return tuple(part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True))
