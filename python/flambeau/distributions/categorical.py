"""The categorical distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from ._probs import one_of
from .distribution import Distribution
from .utils import forwarded, in_front_of_batch, lazy_property, logits_to_probs, probs_to_logits

__all__ = ["Categorical"]


def _probabilities(self: Any) -> Any:
    """Probabilities."""
    return logits_to_probs(self.logits)


def _logs(self: Any) -> Any:
    """Logs of the probabilities."""
    return probs_to_logits(self.probs)


class Categorical(
    Distribution,
    parameters={"probs": constraints.simplex, "logits": constraints.real_vector},
    countable=True,
):
    """An index 0 … K−1 with given probabilities.

        >>> flambeau.distributions.Categorical(probs=flambeau.tensor([1., 3.])).probs
        tensor([0.2500, 0.7500])

    Args:
        probs: weights along the last dimension; they are normalized.
        logits: unnormalized logs of them, instead.
        validate_args: check parameters and values.
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        if one_of("Categorical", probs, logits):
            if probs.dim() < 1:
                raise ValueError("Categorical: probs has no dimension, the last one must count categories")
            self.probs = probs / probs.sum(-1, keepdim=True)
            self._param = self.probs
        else:
            if logits.dim() < 1:
                raise ValueError("Categorical: logits has no dimension, the last one must count categories")
            self.logits = logits - logits.logsumexp(dim=-1, keepdim=True)
            self._param = self.logits
        self._num_events = self._param.size(-1)
        super().__init__(self._param.size()[:-1], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Categorical, batch_shape, _instance, ("probs", "logits", "_param"))
        new._num_events = self._num_events
        return new

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    # Each of the two is computed from the one that was given.
    probs = lazy_property(_probabilities)
    logits = lazy_property(_logs)
    param_shape = property(lambda self: self._param.size(), doc="Shape of the parameter.")
    _new = forwarded("_param", "new")

    def _not_a_number(self) -> Any:
        return flambeau.full(self._extended_shape(), math.nan, dtype=self.probs.dtype, device=self.probs.device)

    mean = variance = property(_not_a_number, doc="Not defined for categories: NaN.")

    @property
    def mode(self) -> Any:
        return self.probs.argmax(dim=-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        sample_shape = flambeau.Size(sample_shape)
        rows = self.probs.reshape(-1, self._num_events)
        drawn = flambeau.multinomial(rows, sample_shape.numel(), True).T
        return drawn.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        value = value.long().unsqueeze(-1)
        value, logs = flambeau.broadcast_tensors(value, self.logits)
        return logs.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        lowest = flambeau.finfo(self.logits.dtype).min  # a probability of 0 contributes 0, not NaN
        return -(self.logits.clamp(min=lowest) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return in_front_of_batch(
            flambeau.arange(self._num_events, device=self._param.device), self._batch_shape, expand
        )
