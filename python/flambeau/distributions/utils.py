"""Helpers of the distributions: broadcasting, conversion between probabilities and logits, lazy attributes."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import flambeau

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Make all values tensors of one shape; numbers take dtype and device of the tensors.

    Raises:
        ValueError: a value is neither a number nor a tensor.
    """

    def is_tensor(value: Any) -> bool:
        return isinstance(value, flambeau.Tensor) or hasattr(type(value), "__torch_function__")

    if all(is_tensor(value) for value in values):
        return flambeau.broadcast_tensors(*values)
    for value in values:
        if not is_tensor(value) and not isinstance(value, (int, float, bool)):
            raise ValueError(f"broadcast_all: a value is a {type(value).__name__}, numbers and tensors are understood")
    options: dict[str, Any] = {"dtype": flambeau.get_default_dtype()}
    for value in values:
        if isinstance(value, flambeau.Tensor):
            options = {"dtype": value.dtype, "device": value.device}
            break
    return flambeau.broadcast_tensors(*[v if is_tensor(v) else flambeau.tensor(v, **options) for v in values])


def _standard_normal(shape: Any, dtype: Any, device: Any) -> Any:
    return flambeau.normal(
        flambeau.zeros(shape, dtype=dtype, device=device), flambeau.ones(shape, dtype=dtype, device=device)
    )


def _sum_rightmost(value: Any, dim: int) -> Any:
    """Sum over the last ``dim`` dimensions."""
    return value if dim == 0 else value.reshape((*value.shape[:-dim], -1)).sum(-1)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """Probabilities from log-odds (binary) or from unnormalized logs along the last dimension."""
    return flambeau.sigmoid(logits) if is_binary else flambeau.softmax(logits, dim=-1)


def clamp_probs(probs: Any) -> Any:
    """Keep probabilities a rounding step away from 0 and 1, so that their logs are finite."""
    eps = flambeau.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """Log-odds of probabilities (binary), or their logs."""
    safe = clamp_probs(probs)
    return flambeau.log(safe) - flambeau.log1p(-safe) if is_binary else flambeau.log(safe)


class lazy_property:
    """An attribute computed at first use, with gradients recorded even under ``no_grad``."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.name = wrapped.__name__
        update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, obj_type: Any = None) -> Any:
        if instance is None:
            return property(self.wrapped)
        with flambeau.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.name, value)
        return value


def forwarded(holder: str, name: str, doc: str = "") -> Any:
    """A property that is the attribute ``name`` of the object in the attribute ``holder``."""
    return property(lambda self: getattr(getattr(self, holder), name), doc=doc)


def in_front_of_batch(values: Any, batch_shape: Any, expand: bool) -> Any:
    """Values (n, …event) as (n, 1 …, …event) with a 1 for each batch dimension, or expanded over the batch."""
    batch, event = tuple(batch_shape), tuple(values.shape[1:])
    if not expand:
        batch = (1,) * len(batch)
    flat = values.reshape(values.shape[:1] + (1,) * len(batch) + event)
    return flat.expand(values.shape[:1] + batch + event)


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The entries of a lower triangle as a vector, row by row."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"tril_matrix_to_vec: diag is {diag}, it must be in [{-n}, {n - 1}]")
    rows, columns = flambeau.tril_indices(n, n, offset=diag, device=mat.device)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """The lower triangular matrix whose entries, row by row, are a vector."""
    n = (-(1 + 2 * diag) + ((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if abs(round(n) - n) > flambeau.finfo(vec.dtype).eps:
        raise ValueError(f"vec_to_tril_matrix: {vec.shape[-1]} entries don't fill a triangle")
    size = round(n)
    mat = vec.new_zeros((*vec.shape[:-1], size, size))
    rows, columns = flambeau.tril_indices(size, size, offset=diag, device=vec.device)
    mat[..., rows, columns] = vec
    return mat
