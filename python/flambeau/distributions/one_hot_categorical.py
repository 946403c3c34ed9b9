"""Categories as one-hot vectors."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import OfCategories
from .categorical import Categorical
from .distribution import Distribution
from .utils import forwarded, in_front_of_batch

__all__ = ["OneHotCategorical", "OneHotCategoricalStraightThrough"]


class OneHotCategorical(
    OfCategories,
    Distribution,
    support=constraints.one_hot,
    parameters={"probs": constraints.simplex, "logits": constraints.real_vector},
    countable=True,
):
    """A one-hot vector with given probabilities; arguments as for :class:`Categorical`."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits)
        shape = self._categorical.param_shape
        super().__init__(self._categorical.batch_shape, shape[-1:], validate_args=validate_args)

    mean = forwarded("_categorical", "probs")

    @property
    def mode(self) -> Any:
        return self._as_one_hot(self._categorical.mode)

    @property
    def variance(self) -> Any:
        return self.probs - self.probs * self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        return self._as_one_hot(self._categorical.sample(sample_shape))

    def _as_one_hot(self, indices: Any) -> Any:
        return flambeau.nn.functional.one_hot(indices, self._categorical._num_events).to(self.probs.dtype)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        return self._categorical.log_prob(value.max(-1)[1])

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        corners = flambeau.eye(self._categorical._num_events, dtype=self._param.dtype, device=self._param.device)
        return in_front_of_batch(corners, self.batch_shape, expand)


class OneHotCategoricalStraightThrough(
    OneHotCategorical,
    differentiable=True,
):
    """One-hot samples whose gradient is that of the probabilities (Bengio et al., 2013)."""

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
