"""The geometric distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Geometric"]


class Geometric(
    BinaryParameters,
    Distribution,
    support=constraints.nonnegative_integer,
    parameters={"probs": constraints.unit_interval, "logits": constraints.real},
):
    """How many trials fail before the first success.

    Args:
        probs: probability of success, in (0, 1]; or
        logits: its log-odds.
        validate_args: check parameters and values.
    """

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._set_binary(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and self._given == "probs" and not bool((self.probs > 0).all()):
            raise ValueError(f"Geometric: probs must be > 0, but holds\n{self.probs}")

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
            return flambeau.floor(flambeau.log(u) / flambeau.log1p(-self.probs))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        failures, probs = broadcast_all(value, self.probs)
        certain = (failures == 0) & (probs == 1)  # 0·log(0) is 0 here
        per_failure = flambeau.log1p(-flambeau.where(certain, 0.0, probs))
        return self.probs.log() + failures * per_failure

    def entropy(self) -> Any:
        cross = flambeau.nn.functional.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return cross / self.probs
