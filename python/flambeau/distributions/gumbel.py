"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant

__all__ = ["Gumbel"]


class Gumbel(
    TransformedDistribution,
    support=constraints.real,
    parameters={"loc": constraints.real, "scale": constraints.positive},
):
    """Distribution of maxima: ``loc − scale·log(−log u)`` with u uniform.

    Args:
        loc: mode.
        scale: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        finfo = flambeau.finfo(self.loc.dtype)
        low, high = flambeau.full_like(self.loc, finfo.tiny), flambeau.full_like(self.loc, 1 - finfo.eps)
        transforms = [
            ExpTransform().inv,
            AffineTransform(loc=0, scale=-flambeau.ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc=self.loc, scale=-self.scale),
        ]
        super().__init__(Uniform(low, high, validate_args=validate_args), transforms, validate_args=validate_args)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        below = (self.loc - value) / self.scale
        return below - flambeau.exp(below) - flambeau.log(self.scale)

    mode = property(lambda self: self.loc)

    @property
    def mean(self) -> Any:
        return euler_constant * self.scale + self.loc

    @property
    def stddev(self) -> Any:
        return self.scale * math.sqrt(math.pi**2 / 6)

    @property
    def variance(self) -> Any:
        return self.stddev.pow(2)

    def entropy(self) -> Any:
        return 1 + euler_constant + flambeau.log(self.scale)
