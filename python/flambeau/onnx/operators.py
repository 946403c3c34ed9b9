"""Two functions that tracing for ONNX wanted."""

from __future__ import annotations

from typing import Any

from flambeau.functional import lowrank

__all__ = ["reshape_from_tensor_shape", "shape_as_tensor"]


def shape_as_tensor(x: Any) -> Any:
    """The sizes as a vector of int64."""
    return lowrank._shape_as_tensor(x)


def reshape_from_tensor_shape(x: Any, shape: Any) -> Any:
    """`x` in the shape that a vector of integers says."""
    return x.reshape(shape.tolist())
