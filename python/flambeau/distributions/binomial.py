"""The binomial distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .distribution import Distribution
from .utils import in_front_of_batch

__all__ = ["Binomial"]


class Binomial(
    BinaryParameters,
    Distribution,
    parameters={
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    },
    countable=True,
):
    """How many of a number of trials succeed.

    Args:
        total_count: number of trials.
        probs: probability of success; or
        logits: its log-odds.
        validate_args: check parameters and values.
    """

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set_counted(total_count, probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return flambeau.minimum(flambeau.floor(self.probs * (self.total_count + 1)), self.total_count)

    @property
    def variance(self) -> Any:
        return self.mean * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with flambeau.no_grad():
            return flambeau.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        n, logits, lgamma = self.total_count, self.logits, flambeau.lgamma
        # n·log(1 + exp(logits)) without overflow for large logits
        normalizer = n * logits.clamp(min=0) + n * flambeau.log1p(flambeau.exp(-flambeau.abs(logits))) - lgamma(n + 1)
        return value * logits - lgamma(value + 1) - lgamma(n - value + 1) - normalizer

    def entropy(self) -> Any:
        if self.total_count.numel() and not bool((self.total_count == self.total_count.max()).all()):
            raise NotImplementedError(
                "Binomial.entropy: total_count differs within the batch; take the entropy of each distribution"
            )
        logs = self.log_prob(self.enumerate_support(False))
        return -(flambeau.exp(logs) * logs).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        count = int(self.total_count.max())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("Binomial.enumerate_support: total_count differs within the batch")
        outcomes = flambeau.arange(1 + count, dtype=self._param.dtype, device=self._param.device)
        return in_front_of_batch(outcomes, self._batch_shape, expand)
