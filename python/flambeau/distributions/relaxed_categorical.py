"""One-hot vectors relaxed to points of the simplex (the Gumbel-softmax distribution)."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import OfCategories
from .categorical import Categorical
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs, forwarded

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(
    OfCategories,
    Distribution,
    support=constraints.real_vector,
    parameters={"probs": constraints.simplex, "logits": constraints.real_vector},
    differentiable=True,
):
    """The log of a :class:`RelaxedOneHotCategorical` value."""

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        uniform = clamp_probs(flambeau.rand(shape, dtype=self.logits.dtype, device=self.logits.device))
        scores = (self.logits - (-(uniform.log())).log()) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        count = self._categorical._num_events
        logits, value = broadcast_all(self.logits, value)
        scale = flambeau.full_like(self.temperature, float(count)).lgamma() - self.temperature.log().mul(-(count - 1))
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(
    TransformedDistribution,
    support=constraints.simplex,
    parameters={"probs": constraints.simplex, "logits": constraints.real_vector},
    differentiable=True,
):
    """Points of the simplex that approach one-hot vectors as the temperature falls (Jang et al., 2016).

    Args:
        temperature: > 0, a tensor.
        probs, logits: as for :class:`Categorical`.
        validate_args: check parameters and values.
    """

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    temperature = forwarded("base_dist", "temperature", "Below 1 most values are near the corners.")
    probs = forwarded("base_dist", "probs", "Probabilities.")
    logits = forwarded("base_dist", "logits", "Log-odds, or logs of the probabilities.")
