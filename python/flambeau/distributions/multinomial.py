"""The multinomial distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import OfCategories
from .binomial import Binomial
from .categorical import Categorical
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Multinomial"]


class Multinomial(
    OfCategories,
    Distribution,
    parameters={"probs": constraints.simplex, "logits": constraints.real_vector},
):
    """How often each category comes in a number of draws.

    Args:
        total_count: number of draws, one for the whole batch.
        probs, logits: as for :class:`Categorical`.
        validate_args: check parameters and values.
    """

    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"Multinomial: total_count is a {type(total_count).__name__}; counts that differ in a batch are "
                "not supported, give an int"
            )
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits)
        self._binomial = Binomial(total_count=total_count, probs=self.probs)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.total_count = self.total_count
        new._binomial = self._binomial.expand(tuple(batch_shape) + tuple(self.event_shape))
        return new

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    def sample(self, sample_shape: Any = ()) -> Any:
        drawn = self._categorical.sample((self.total_count, *tuple(sample_shape)))
        drawn = drawn.movedim(0, -1)
        counts = drawn.new_zeros(self._extended_shape(sample_shape))
        counts.scatter_add_(-1, drawn, flambeau.ones_like(drawn))
        return counts.type_as(self.probs)

    def entropy(self) -> Any:
        n = flambeau.tensor(self.total_count)
        support = self._binomial.enumerate_support(expand=False)[1:]
        weighted = flambeau.exp(self._binomial.log_prob(support)) * flambeau.lgamma(support + 1)
        return self.total_count * self._categorical.entropy() - flambeau.lgamma(n + 1) + weighted.sum((0, -1))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.masked_fill((value == 0) & (logits == -flambeau.inf), 0)
        ways = flambeau.lgamma(value.sum(-1) + 1) - flambeau.lgamma(value + 1).sum(-1)
        return ways + (logits * value).sum(-1)
