"""Distributions made by transforming a normal or a Cauchy value."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .cauchy import Cauchy
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform, ExpTransform, StickBreakingTransform
from .utils import forwarded


class LogNormal(
    TransformedDistribution,
    support=constraints.positive,
    parameters={"loc": constraints.real, "scale": constraints.positive},
    differentiable=True,
):
    """The exponential of a normal value.

    Args:
        loc, scale: mean and standard deviation of the log.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args=validate_args), ExpTransform(), validate_args=validate_args)

    scale = forwarded("base_dist", "scale", "Standard deviation of the log.")
    loc = forwarded("base_dist", "loc", "Mean of the log.")

    @property
    def mean(self) -> Any:
        return flambeau.exp(0.5 * self.scale.square() + self.loc)

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Any:
        s2 = self.scale.square()
        return flambeau.expm1(s2) * flambeau.exp(s2 + self.loc + self.loc)

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


class LogisticNormal(
    TransformedDistribution,
    support=constraints.simplex,
    parameters={"loc": constraints.real, "scale": constraints.positive},
    differentiable=True,
):
    """A normal vector of K−1 numbers mapped onto the simplex of K by stick breaking.

    Args:
        loc, scale: mean and standard deviation of the normal vector.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    # The base has become an Independent of the normal distribution.
    scale = property(lambda self: self.base_dist.base_dist.scale, doc="Standard deviation of the normal vector.")
    loc = property(lambda self: self.base_dist.base_dist.loc, doc="Mean of the normal vector.")


class _Half(
    TransformedDistribution,
    support=constraints.nonnegative,
    parameters={"scale": constraints.positive},
    differentiable=True,
):
    """The absolute value of a symmetric distribution around 0."""

    _base: Any

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(self._base(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Any:
        """Scale of the whole distribution."""
        return self.base_dist.scale

    @property
    def mode(self) -> Any:
        return flambeau.zeros_like(self.scale)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        value = flambeau.as_tensor(value, dtype=self.scale.dtype, device=self.scale.device)
        return flambeau.where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """The absolute value of a normal value with mean 0.

    Args:
        scale: its standard deviation, > 0.
        validate_args: check parameters and values.
    """

    _base = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale.pow(2) * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """The absolute value of a Cauchy value with median 0.

    Args:
        scale: > 0.
        validate_args: check parameters and values.
    """

    _base = Cauchy

    @property
    def mean(self) -> Any:
        return flambeau.full(self._extended_shape(), math.inf, dtype=self.scale.dtype, device=self.scale.device)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance
