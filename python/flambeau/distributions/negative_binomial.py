"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .distribution import Distribution
from .gamma import Gamma
from .utils import lazy_property

__all__ = ["NegativeBinomial"]


class NegativeBinomial(
    BinaryParameters,
    Distribution,
    support=constraints.nonnegative_integer,
    parameters={
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    },
):
    """How many trials succeed before a number of failures.

    Args:
        total_count: number of failures, > 0, not necessarily whole.
        probs: probability of success; or
        logits: its log-odds.
        validate_args: check parameters and values.
    """

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set_counted(total_count, probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def _odds(self) -> Any:
        return self.logits.exp()

    @property
    def mean(self) -> Any:
        return self._odds * self.total_count

    @property
    def mode(self) -> Any:
        return flambeau.floor(self._odds * (self.total_count - 1)).clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / flambeau.sigmoid(-self.logits)

    @lazy_property
    def _gamma(self) -> Any:
        return Gamma(concentration=self.total_count, rate=flambeau.exp(-self.logits), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            return flambeau.poisson(self._gamma.sample(sample_shape=sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        n, logsigmoid, lgamma = self.total_count, flambeau.nn.functional.logsigmoid, flambeau.lgamma
        ways = -lgamma(n + value) + lgamma(1.0 + value) + lgamma(n)
        ways = ways.masked_fill(n + value == 0.0, 0.0)
        return n * logsigmoid(-self.logits) + value * logsigmoid(self.logits) - ways
