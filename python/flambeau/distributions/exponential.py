"""The exponential distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Exponential"]


class Exponential(
    ExponentialFamily,
    support=constraints.nonnegative,
    parameters={"rate": constraints.positive},
    differentiable=True,
):
    """Density ``rate·exp(−rate·x)`` for x ≥ 0.

    Args:
        rate: inverse of the mean, > 0.
        validate_args: check parameters and values.
    """

    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        return flambeau.zeros_like(self.rate)

    @property
    def stddev(self) -> Any:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Any:
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Any = ()) -> Any:
        standard = flambeau.empty(self._extended_shape(sample_shape), dtype=self.rate.dtype, device=self.rate.device)
        return standard.exponential_() / self.rate

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        return flambeau.log(self.rate) - value * self.rate

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        return -flambeau.expm1(-value * self.rate)

    def icdf(self, value: Any) -> Any:
        return -flambeau.log1p(-value) / self.rate

    def entropy(self) -> Any:
        return 1.0 - flambeau.log(self.rate)

    @property
    def _natural_params(self) -> tuple[Any]:
        return (-self.rate,)

    def _log_normalizer(self, x: Any) -> Any:
        return -flambeau.log(-x)
