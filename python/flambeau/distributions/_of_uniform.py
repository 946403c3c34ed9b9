"""Distributions made by transforming a uniform, an exponential or a gamma value."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .exponential import Exponential
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform, PowerTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant


class Pareto(
    TransformedDistribution,
    parameters={"alpha": constraints.positive, "scale": constraints.positive},
):
    """Density proportional to ``x^(−alpha−1)`` above ``scale``.

    Args:
        scale: lower end, > 0.
        alpha: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        transforms = [ExpTransform(), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(Exponential(self.alpha, validate_args=validate_args), transforms, validate_args=validate_args)

    mode = property(lambda self: self.scale)

    @property
    def mean(self) -> Any:
        above = flambeau.clamp(self.alpha - 1, min=0)  # infinite up to an alpha of 1
        return self.scale * (above + 1) / above

    @property
    def variance(self) -> Any:
        above = flambeau.clamp(self.alpha - 2, min=0)  # infinite up to an alpha of 2
        return self.scale.square() * (above + 2) / (above * (above + 1).square())

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    def entropy(self) -> Any:
        inverse = 1 / self.alpha
        return 1 + inverse + flambeau.log(self.scale * inverse)


class Weibull(
    TransformedDistribution,
    support=constraints.positive,
    parameters={"scale": constraints.positive, "concentration": constraints.positive},
):
    """``scale`` times the ``concentration``-th root of a standard exponential value.

    Args:
        scale: > 0.
        concentration: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base = Exponential(flambeau.ones_like(self.scale), validate_args=validate_args)
        transforms = [PowerTransform(exponent=self.concentration_reciprocal), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(Weibull, _instance)
        new.scale, new.concentration = self.scale.expand(batch_shape), self.concentration.expand(batch_shape)
        new.concentration_reciprocal = new.concentration.reciprocal()
        base = self.base_dist.expand(batch_shape)
        transforms = [PowerTransform(exponent=new.concentration_reciprocal), AffineTransform(loc=0, scale=new.scale)]
        TransformedDistribution.__init__(new, base, transforms, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def mean(self) -> Any:
        return self.scale * flambeau.exp(flambeau.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self) -> Any:
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration.reciprocal()

    @property
    def variance(self) -> Any:
        first = flambeau.lgamma(1 + self.concentration_reciprocal)
        second = flambeau.lgamma(1 + 2 * self.concentration_reciprocal)
        return self.scale.pow(2) * (second.exp() - (2 * first).exp())

    def entropy(self) -> Any:
        return (
            euler_constant * (1 - self.concentration_reciprocal)
            + (self.scale * self.concentration_reciprocal).log()
            + 1
        )


def _moment(a: Any, b: Any, n: int) -> Any:
    """The n-th moment of Kumaraswamy's distribution, ``b·B(1 + n/a, b)``."""
    first = 1 + n / a
    return flambeau.exp(b.log() + flambeau.lgamma(first) + flambeau.lgamma(b) - flambeau.lgamma(first + b))


class Kumaraswamy(
    TransformedDistribution,
    support=constraints.unit_interval,
    parameters={"concentration1": constraints.positive, "concentration0": constraints.positive},
    differentiable=True,
):
    """Density ``a·b·x^(a−1)·(1 − x^a)^(b−1)`` between 0 and 1.

    Args:
        concentration1: a, > 0.
        concentration0: b, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        zero = flambeau.zeros_like(self.concentration0)
        inner, outer = (PowerTransform(1 / c) for c in (self.concentration0, self.concentration1))
        steps = [inner, AffineTransform(1.0, -1.0), outer]  # u ↦ (1 − u^(1/b))^(1/a)
        super().__init__(Uniform(zero, zero + 1, validate_args=validate_args), steps, validate_args)

    @property
    def mean(self) -> Any:
        return _moment(self.concentration1, self.concentration0, 1)

    @property
    def mode(self) -> Any:
        # In logs, for large b.
        a, b = self.concentration1, self.concentration0
        log_mode = a.reciprocal() * (flambeau.log(a - 1) - flambeau.log(a * b - 1))
        return log_mode.exp().masked_fill((a < 1) | (b < 1), flambeau.nan)

    @property
    def variance(self) -> Any:
        return _moment(self.concentration1, self.concentration0, 2) - self.mean.pow(2)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        harmonic = flambeau.digamma(b + 1) + euler_constant
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * harmonic - a.log() - b.log()


class InverseGamma(
    TransformedDistribution,
    support=constraints.positive,
    parameters={"concentration": constraints.positive, "rate": constraints.positive},
    differentiable=True,
):
    """The reciprocal of a gamma value.

    Args:
        concentration, rate: of the gamma distribution, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        power = PowerTransform(flambeau.tensor(-1.0, dtype=base.rate.dtype, device=base.rate.device))
        super().__init__(base, power, validate_args=validate_args)

    @property
    def concentration(self) -> Any:
        """Concentration of the gamma distribution."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        """Rate of the gamma distribution, the scale of this one."""
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        return flambeau.where(self.concentration > 1, self.rate / (self.concentration - 1), flambeau.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        c = self.concentration
        return flambeau.where(c > 2, self.rate.square() / ((c - 1).square() * (c - 2)), flambeau.inf)

    def entropy(self) -> Any:
        c = self.concentration
        return c + self.rate.log() + c.lgamma() - (1 + c) * c.digamma()
