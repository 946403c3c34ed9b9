"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flambeau
from flambeau._C import Tensor


def _check_same_device(param: Any, device: Any) -> Any:
    if device is not None and param.device != device:
        raise TypeError(f"parameters are on different devices ({device} and {param.device}), which is not supported")
    return param.device


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of the parameters in one row. TypeError for parameters on different devices."""
    device = None
    parts = []
    for param in parameters:
        device = _check_same_device(param, device)
        parts.append(param.reshape(-1))
    return flambeau.cat(parts)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Makes the parameters views of consecutive pieces of ``vec``."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected a Tensor, but got: {type(vec)}")
    device = None
    start = 0
    for param in parameters:
        device = _check_same_device(param, device)
        param.data = vec[start : start + param.numel()].view_as(param).data
        start += param.numel()
