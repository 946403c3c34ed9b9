"""Cholesky factors of random correlation matrices."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(
    Distribution,
    support=constraints.corr_cholesky,
    parameters={"concentration": constraints.positive},
):
    """The LKJ distribution, by the onion method (Lewandowski, Kurowicka and Joe, 2009).

    The density of a correlation matrix is proportional to its determinant to the power ``concentration − 1``; values
    are lower Cholesky factors of such matrices.

    Args:
        dim: rows of the matrix, ≥ 2.
        concentration: > 0; 1 is uniform.
        validate_args: check parameters and values.
    """

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim is {dim}, it must be ≥ 2")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        # Row i of the factor has i elements before the diagonal, whose squared length is Beta(i/2, …).
        offset = self.concentration + 0.5 * (dim - 2)
        row = flambeau.arange(dim - 1, dtype=self.concentration.dtype, device=self.concentration.device)
        row = flambeau.cat([row.new_zeros((1,)), row])
        self._beta = Beta(row + 0.5, offset.unsqueeze(-1) - 0.5 * row)
        super().__init__(self.concentration.size(), (dim, dim), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(LKJCholesky, batch_shape, _instance, ("concentration",), self.event_shape)
        new.dim = self.dim
        new._beta = self._beta.expand((*tuple(batch_shape), self.dim))
        return new

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            length = self._beta.sample(sample_shape).unsqueeze(-1)
            directions = flambeau.randn(
                self._extended_shape(sample_shape), dtype=length.dtype, device=length.device
            ).tril(-1)
            directions = directions / directions.norm(dim=-1, keepdim=True)
            directions[..., 0, :].fill_(0.0)
            rows = flambeau.sqrt(length) * directions
            tiny = flambeau.finfo(rows.dtype).tiny
            diagonal = flambeau.clamp(1 - flambeau.sum(rows**2, dim=-1), min=tiny).sqrt()
            return rows + flambeau.diag_embed(diagonal)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = flambeau.arange(2, self.dim + 1, device=self.concentration.device)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - order
        unnormalized = flambeau.sum(order * diagonal.log(), dim=-1)
        less = self.dim - 1
        alpha = self.concentration + 0.5 * less
        numerator = flambeau.mvlgamma(alpha - 0.5, less)
        return unnormalized - (0.5 * less * math.log(math.pi) + numerator - flambeau.lgamma(alpha) * less)
