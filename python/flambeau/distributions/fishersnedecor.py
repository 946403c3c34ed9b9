"""The F distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .gamma import Gamma
from .utils import broadcast_all

__all__ = ["FisherSnedecor"]


class FisherSnedecor(
    Distribution,
    support=constraints.positive,
    parameters={"df1": constraints.positive, "df2": constraints.positive},
    differentiable=True,
):
    """The ratio of two chi-squared values, each over its degrees of freedom.

    Args:
        df1, df2: degrees of freedom, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2)
        super().__init__(self.df1.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(FisherSnedecor, batch_shape, _instance, ("df1", "df2"))
        new._gamma1 = self._gamma1.expand(batch_shape)
        new._gamma2 = self._gamma2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return flambeau.where(self.df2 > 2, self.df2 / (self.df2 - 2), math.nan)

    @property
    def mode(self) -> Any:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return flambeau.where(self.df1 > 2, mode, math.nan)

    @property
    def variance(self) -> Any:
        d1, d2 = self.df1, self.df2
        value = 2 * d2.pow(2) * (d1 + d2 - 2) / (d1 * (d2 - 2).pow(2) * (d2 - 4))
        return flambeau.where(d2 > 4, value, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = flambeau.Size(sample_shape)
        above = self._gamma1.rsample(shape).view(self._extended_shape(shape))
        below = self._gamma2.rsample(shape).view(self._extended_shape(shape))
        tiny = flambeau.finfo(below.dtype).tiny
        return (above / below.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        half1, half2, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        lgamma = flambeau.lgamma
        normalizer = lgamma(half1 + half2) - lgamma(half1) - lgamma(half2)
        return (
            normalizer
            + half1 * ratio.log()
            + (half1 - 1) * value.log()
            - (half1 + half2) * flambeau.log1p(ratio * value)
        )
