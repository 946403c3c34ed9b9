"""What the distributions given by probabilities or by logits share."""

from __future__ import annotations

from typing import Any

from .utils import broadcast_all, forwarded, lazy_property, logits_to_probs, probs_to_logits


def one_of(name: str, probs: Any, logits: Any) -> bool:
    """Whether probabilities are given; ValueError unless exactly one of the two is."""
    if (probs is None) == (logits is None):
        raise ValueError(f"{name}: {'neither' if probs is None else 'both'} of probs and logits given, one is wanted")
    return probs is not None


class BinaryParameters:
    """``probs`` and ``logits`` of binary outcomes, each computed from the other when asked for."""

    def _set_binary(self, probs: Any, logits: Any) -> None:
        self._given = "probs" if one_of(type(self).__name__, probs, logits) else "logits"
        (value,) = broadcast_all(probs if self._given == "probs" else logits)
        setattr(self, self._given, value)
        self._param = value

    def _set_counted(self, total_count: Any, probs: Any, logits: Any) -> None:
        """As `_set_binary`, beside a number of trials or failures of the same shape and dtype."""
        self._set_binary(probs, logits)
        count, self._param = broadcast_all(total_count, self._param)
        setattr(self, self._given, self._param)
        self.total_count = count.type_as(self._param)

    @lazy_property
    def logits(self) -> Any:
        """Log-odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Any:
        """Probabilities of 1."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Any:
        """Shape of the parameter."""
        return self._param.size()

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._param.new(*args, **kwargs)


class OfCategories:
    """Parameters of distributions that hold a categorical one in ``_categorical``."""

    _categorical: Any
    param_shape = forwarded("_categorical", "param_shape", "Shape of the parameter.")
    probs = forwarded("_categorical", "probs", "Probabilities.")
    logits = forwarded("_categorical", "logits", "Logs of the probabilities.")
    _param = forwarded("_categorical", "_param")
    _new = forwarded("_categorical", "_new")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions seen with a larger batch shape."""
        new = super().expand(batch_shape, _instance)  # type: ignore[misc]
        new._categorical = self._categorical.expand(batch_shape)
        return new
