"""The Poisson distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Poisson"]


class Poisson(
    ExponentialFamily,
    support=constraints.nonnegative_integer,
    parameters={"rate": constraints.nonnegative},
):
    """Probability ``rate^k·exp(−rate)/k!`` of a count k.

    Args:
        rate: mean, ≥ 0.
        validate_args: check parameters and values.
    """

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            return flambeau.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        count, rate = broadcast_all(value, self.rate)
        return flambeau.xlogy(count, rate) - flambeau.lgamma(count + 1) - rate

    @property
    def _natural_params(self) -> tuple[Any]:
        return (flambeau.log(self.rate),)

    def _log_normalizer(self, x: Any) -> Any:
        return flambeau.exp(x)
