"""Bernoulli outcomes relaxed to numbers between 0 and 1."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs, forwarded

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(
    BinaryParameters,
    Distribution,
    support=constraints.real,
    parameters={"probs": constraints.unit_interval, "logits": constraints.real},
    differentiable=True,
):
    """The log-odds of a :class:`RelaxedBernoulli` value."""

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._set_binary(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(flambeau.rand(shape, dtype=probs.dtype, device=probs.device))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        logits, value = broadcast_all(self.logits, value)
        temperature = self.temperature
        off = logits - temperature * value
        return off + temperature.log() - 2.0 * flambeau.log1p(flambeau.exp(off))


class RelaxedBernoulli(
    TransformedDistribution,
    support=constraints.unit_interval,
    parameters={"probs": constraints.unit_interval, "logits": constraints.real},
    differentiable=True,
):
    """Numbers in (0, 1) that approach Bernoulli outcomes as the temperature falls (Maddison et al., 2016).

    Args:
        temperature: > 0, a tensor.
        probs: probability of 1; or
        logits: its log-odds.
        validate_args: check parameters and values.
    """

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(
            LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args=validate_args
        )

    temperature = forwarded("base_dist", "temperature", "Below 1 most values are near the corners.")
    probs = forwarded("base_dist", "probs", "Probabilities.")
    logits = forwarded("base_dist", "logits", "Log-odds, or logs of the probabilities.")
