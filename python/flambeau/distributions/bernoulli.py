"""The Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .exp_family import ExponentialFamily
from .utils import in_front_of_batch

__all__ = ["Bernoulli"]


class Bernoulli(
    BinaryParameters,
    ExponentialFamily,
    support=constraints.boolean,
    parameters={"probs": constraints.unit_interval, "logits": constraints.real},
    countable=True,
):
    """1 with probability ``probs``, else 0.

    Args:
        probs: probability of 1.
        logits: its log-odds, instead.
        validate_args: check parameters and values.
    """

    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._set_binary(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        mode = (self.probs >= 0.5).to(self.probs)
        return mode.masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            return flambeau.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        logits, value = flambeau.broadcast_tensors(self.logits, value)
        return -flambeau.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Any:
        return flambeau.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        return in_front_of_batch(self._param.new_tensor([0, 1]), self._batch_shape, expand)

    @property
    def _natural_params(self) -> tuple[Any]:
        return (flambeau.logit(self.probs),)

    def _log_normalizer(self, x: Any) -> Any:
        return flambeau.log1p(flambeau.exp(x))
