"""Student's t distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import _standard_normal, broadcast_all

__all__ = ["StudentT"]


class StudentT(
    Distribution,
    support=constraints.real,
    parameters={"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive},
    differentiable=True,
):
    """A standard normal value over the root of a chi-squared one over its degrees of freedom, scaled and shifted.

    Args:
        df: degrees of freedom, > 0.
        loc: centre.
        scale: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(StudentT, batch_shape, _instance, ("df", "loc", "scale"))
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Any:
        return flambeau.where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        value = flambeau.where(self.df > 2, finite, math.inf)
        return flambeau.where(self.df > 1, value, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        normal = _standard_normal(shape, self.df.dtype, self.df.device)
        chi2 = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (normal * flambeau.rsqrt(chi2 / self.df))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        y = (value - self.loc) / self.scale
        normalizer = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + flambeau.lgamma(0.5 * self.df)
            - flambeau.lgamma(0.5 * (self.df + 1.0))
        )
        return -0.5 * (self.df + 1.0) * flambeau.log1p(y**2.0 / self.df) - normalizer

    def entropy(self) -> Any:
        half, lgamma = 0.5 * (self.df + 1), flambeau.lgamma
        beta = lgamma(0.5 * self.df) + math.lgamma(0.5) - lgamma(half)
        spread = half * (flambeau.digamma(half) - flambeau.digamma(0.5 * self.df))
        return self.scale.log() + spread + 0.5 * self.df.log() + beta
