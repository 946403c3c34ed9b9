"""Clipping of gradients by their total norm or by value, in place."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import flambeau
from flambeau._C import Tensor


def _as_list(tensors: Any) -> list[Any]:
    if isinstance(tensors, Tensor):
        return [tensors]
    is_generator = hasattr(tensors, "__next__")
    items = list(tensors)
    if is_generator and not items:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    return items


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors taken as one vector; 0 without any.

    With ``error_if_nonfinite`` a result that is infinite or not a number raises RuntimeError.
    """
    items = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not items:
        return flambeau.tensor(0.0)
    device = items[0].device
    norms = [flambeau.linalg.vector_norm(item, float(norm_type)).to(device) for item in items]
    total = flambeau.linalg.vector_norm(flambeau.stack(norms), float(norm_type))
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot "
            "be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Tensor, foreach: bool | None = None) -> None:
    """Scales gradients by ``max_norm / total_norm`` where that is below one."""
    scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    with flambeau.no_grad():
        for parameter in [parameters] if isinstance(parameters, Tensor) else parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(scale.to(parameter.grad.device))


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients so that their total norm is at most ``max_norm``; returns the norm before."""
    items = _as_list(parameters)
    with flambeau.no_grad():
        grads = [item.grad for item in items if item.grad is not None]
        total = get_total_norm(grads, norm_type, error_if_nonfinite, foreach)
        clip_grads_with_norm_(items, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Old name of :func:`clip_grad_norm_`."""
    warnings.warn(
        "`nn.utils.clip_grad_norm` is now deprecated in favor of `nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clamps every element of the gradients to ±``clip_value``."""
    bound = float(clip_value)
    with flambeau.no_grad():
        for parameter in [parameters] if isinstance(parameters, Tensor) else parameters:
            if parameter.grad is not None:
                parameter.grad.clamp_(min=-bound, max=bound)
