"""The gamma distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Gamma"]


def _standard_gamma(concentration: Any) -> Any:
    return flambeau._standard_gamma(concentration)


class Gamma(
    ExponentialFamily,
    support=constraints.nonnegative,
    parameters={"concentration": constraints.positive, "rate": constraints.positive},
    differentiable=True,
):
    """Density ``rate^c·x^(c−1)·exp(−rate·x)/Γ(c)`` on the positive numbers.

    Args:
        concentration: c, > 0.
        rate: > 0.
        validate_args: check parameters and values.
    """

    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.size(), validate_args=validate_args)

    def _scaled(self, value: Any) -> Any:
        return value / self.rate

    @property
    def mean(self) -> Any:
        return self._scaled(self.concentration)

    @property
    def mode(self) -> Any:
        return self._scaled(self.concentration - 1).clamp(min=0)

    @property
    def variance(self) -> Any:
        return self._scaled(self.mean)

    def rsample(self, sample_shape: Any = ()) -> Any:
        standard = _standard_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        value = self._scaled(standard)
        value.detach().clamp_(min=flambeau.finfo(value.dtype).tiny)  # a sample that rounds to 0 has no log
        return value

    def log_prob(self, value: Any) -> Any:
        value = flambeau.as_tensor(value, dtype=self.rate.dtype, device=self.rate.device)
        self._checked(value)
        xlogy = flambeau.xlogy
        return (
            xlogy(self.concentration, self.rate)
            + xlogy(self.concentration - 1, value)
            - self.rate * value
            - flambeau.lgamma(self.concentration)
        )

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        return flambeau.special.gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Any:
        c = self.concentration
        return c - flambeau.log(self.rate) + flambeau.lgamma(c) + (1.0 - c) * flambeau.digamma(c)

    @property
    def _natural_params(self) -> tuple[Any, Any]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return flambeau.lgamma(x + 1) + (x + 1) * flambeau.log(-y.reciprocal())
