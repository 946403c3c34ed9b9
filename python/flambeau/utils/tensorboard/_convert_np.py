"""Values of any kind as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

import flambeau

__all__ = ["make_np"]


def make_np(x: Any) -> numpy.ndarray:
    """A tensor, an array or a number as an array of one dimension at least."""
    if isinstance(x, flambeau.Tensor):
        x = x.detach().cpu()
        return numpy.atleast_1d((x.float() if x.dtype == flambeau.bfloat16 else x).numpy())
    if isinstance(x, numpy.ndarray):
        return x
    if numpy.isscalar(x):
        return numpy.atleast_1d(numpy.array(x))
    raise NotImplementedError(f"tensorboard: got {type(x)}; a tensor, an array or a number is wanted")
