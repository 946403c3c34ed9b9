"""The Laplace distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Laplace"]


class Laplace(
    Distribution,
    support=constraints.real,
    parameters={"loc": constraints.real, "scale": constraints.positive},
    differentiable=True,
):
    """Density ``exp(−|x − loc|/scale) / (2·scale)``.

    Args:
        loc: mean.
        scale: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return 2 * self.scale.pow(2)

    @property
    def stddev(self) -> Any:
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        finfo = flambeau.finfo(self.loc.dtype)
        u = self.loc.new_empty(shape).uniform_(finfo.eps - 1, 1)
        return self.loc - self.scale * u.sign() * flambeau.log1p(-u.abs())

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        return -flambeau.log(2 * self.scale) - flambeau.abs(value - self.loc) / self.scale

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        off = value - self.loc
        return 0.5 - 0.5 * off.sign() * flambeau.expm1(-off.abs() / self.scale)

    def icdf(self, value: Any) -> Any:
        off = value - 0.5
        return self.loc - self.scale * off.sign() * flambeau.log1p(-2 * off.abs())

    def entropy(self) -> Any:
        return 1 + flambeau.log(2 * self.scale)
