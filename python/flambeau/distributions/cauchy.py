"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Cauchy"]


class Cauchy(
    Distribution,
    support=constraints.real,
    parameters={"loc": constraints.real, "scale": constraints.positive},
    differentiable=True,
):
    """Density ``1 / (π·scale·(1 + ((x − loc)/scale)²))``; it has no mean.

    Args:
        loc: median.
        scale: half width at half maximum, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _filled(self, value: float) -> Any:
        return flambeau.full(self._extended_shape(), value, dtype=self.loc.dtype, device=self.loc.device)

    @property
    def mean(self) -> Any:
        return self._filled(math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self._filled(math.inf)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + self.loc.new_empty(self._extended_shape(sample_shape)).cauchy_() * self.scale

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        distance = self._standard(value)
        return -flambeau.log(math.pi * self.scale) - flambeau.log1p(distance.square())

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        return 0.5 + flambeau.atan(self._standard(value)) / math.pi

    def icdf(self, value: Any) -> Any:
        angle = (value - 0.5) * math.pi
        return self.loc + self.scale * angle.tan()

    def entropy(self) -> Any:
        return flambeau.log(self.scale * (4 * math.pi))

    def _standard(self, value: Any) -> Any:
        return (value - self.loc) / self.scale
