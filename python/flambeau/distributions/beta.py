"""The beta distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Beta"]


class Beta(
    ExponentialFamily,
    support=constraints.unit_interval,
    parameters={"concentration1": constraints.positive, "concentration0": constraints.positive},
    differentiable=True,
):
    """Density proportional to ``x^(a−1)·(1−x)^(b−1)`` between 0 and 1.

    Args:
        concentration1: a, > 0.
        concentration0: b, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        a, b = broadcast_all(concentration1, concentration0)
        # The first of two categories of a Dirichlet distribution.
        self._dirichlet = Dirichlet(flambeau.stack([a, b], -1), validate_args=validate_args)
        super().__init__(self._dirichlet._batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return new

    @property
    def concentration1(self) -> Any:
        """The exponent of x, plus 1."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        """The exponent of 1 − x, plus 1."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Any:
        return self._dirichlet.mean[..., 0]

    @property
    def mode(self) -> Any:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        return self._dirichlet.variance[..., 0]

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        both = flambeau.stack((value, 1 - value), dim=-1)
        return self._dirichlet.log_prob(both)

    def entropy(self) -> Any:
        return self._dirichlet.entropy()

    @property
    def _natural_params(self) -> tuple[Any, Any]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return flambeau.lgamma(x) + flambeau.lgamma(y) - flambeau.lgamma(x + y)
