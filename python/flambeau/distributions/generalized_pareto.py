"""The generalized Pareto distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(
    Distribution,
    parameters={"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real},
    differentiable=True,
):
    """Excesses over a threshold: survival ``(1 + c·z)^(−1/c)`` with ``z = (x − loc)/scale``, and ``exp(−z)`` at c = 0.

    Args:
        loc: lower end.
        scale: > 0.
        concentration: c; negative values give a finite upper end.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _flat(self) -> Any:
        """Where the concentration counts as 0."""
        return flambeau.isclose(self.concentration, flambeau.zeros_like(self.concentration))

    def _safe(self) -> Any:
        return flambeau.where(self._flat(), flambeau.ones_like(self.concentration), self.concentration)

    def _z(self, x: Any) -> Any:
        return (x - self.loc) / self.scale

    def rsample(self, sample_shape: Any = ()) -> Any:
        drawn = flambeau.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        return self.icdf(drawn)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        z = self._z(value)
        c = self._safe()
        curved = -self.scale.log() - (1 + 1 / c) * flambeau.log1p(c * z)
        return flambeau.where(self._flat(), -z - self.scale.log(), curved)

    def log_survival_function(self, value: Any) -> Any:
        """Log of the probability of larger values."""
        self._checked(value)
        z = self._z(value)
        c = self._safe()
        return flambeau.where(self._flat(), -z, -flambeau.log1p(c * z) / c)

    def log_cdf(self, value: Any) -> Any:
        """Log of the probability of values up to this one."""
        return flambeau.log1p(-flambeau.exp(self.log_survival_function(value)))

    def cdf(self, value: Any) -> Any:
        return flambeau.exp(self.log_cdf(value))

    def icdf(self, value: Any) -> Any:
        c = self._safe()
        log_rest = flambeau.log1p(-value)
        curved = self.loc + self.scale * flambeau.expm1(-c * log_rest) / c
        return flambeau.where(self._flat(), self.loc - self.scale * log_rest, curved)

    @property
    def mean(self) -> Any:
        c = self.concentration
        return flambeau.where(c < 1, self.loc + self.scale / (1 - c), math.inf)

    @property
    def variance(self) -> Any:
        c = self.concentration
        return flambeau.where(c < 0.5, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.inf)

    def entropy(self) -> Any:
        return flambeau.log(self.scale) + self.concentration + 1

    @property
    def mode(self) -> Any:
        return self.loc

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        upper = self.loc - self.scale / self.concentration
        if bool((self.concentration < 0).all()):
            return constraints.interval(self.loc, upper)
        return constraints.greater_than_eq(self.loc)
