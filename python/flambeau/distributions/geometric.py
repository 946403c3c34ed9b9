"""The geometric distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Geometric"]


class Geometric(BinaryParameters, Distribution):
    """How many trials fail before the first success.

    Args:
        probs: probability of success, in (0, 1]; or
        logits: its log-odds.
        validate_args: check parameters and values.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._set_binary(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and self._given == "probs" and not bool((self.probs > 0).all()):
            raise ValueError(f"Geometric: probs must be > 0, but holds\n{self.probs}")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Geometric, batch_shape, _instance, ("probs", "logits", "_param"))
        new._given = self._given
        return new

    @property
    def mean(self) -> Any:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Any:
        return flambeau.zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            tiny = flambeau.finfo(self.probs.dtype).tiny
            u = self.probs.new_empty(self._extended_shape(sample_shape)).uniform_(tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        probs = probs.masked_fill((probs == 1) & (value == 0), 0)  # 0·log(0) is 0 here
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Any:
        cross = flambeau.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return cross / self.probs
