"""Batch dimensions taken as dimensions of the event."""

from __future__ import annotations

from typing import Any

from . import constraints
from .distribution import Distribution
from .utils import _sum_rightmost, forwarded

__all__ = ["Independent"]


class Independent(Distribution, parameters={}):
    """The joint distribution of the last batch dimensions of another one; log probabilities are summed over them.

    Args:
        base_distribution: the other one.
        reinterpreted_batch_ndims: how many dimensions.
        validate_args: check parameters and values.
    """

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims is {reinterpreted_batch_ndims}, the base has {len(batch)} "
                "batch dimensions"
            )
        shape = batch + base_distribution.event_shape
        event = reinterpreted_batch_ndims + len(base_distribution.event_shape)
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        super().__init__(shape[: len(shape) - event], shape[len(shape) - event :], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Independent, batch_shape, _instance, (), self.event_shape)
        taken = self.event_shape[: self.reinterpreted_batch_ndims]
        new.base_dist = self.base_dist.expand(tuple(batch_shape) + tuple(taken))
        new.reinterpreted_batch_ndims = self.reinterpreted_batch_ndims
        return new

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        base = self.base_dist.support
        return constraints.independent(base, self.reinterpreted_batch_ndims) if self.reinterpreted_batch_ndims else base

    # Only sums over the taken dimensions differ from the base.
    has_rsample = forwarded("base_dist", "has_rsample")
    sample = forwarded("base_dist", "sample")
    rsample = forwarded("base_dist", "rsample")
    mean = forwarded("base_dist", "mean")
    variance = forwarded("base_dist", "variance")
    mode = forwarded("base_dist", "mode")

    def log_prob(self, value: Any) -> Any:
        return _sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        return _sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Any:
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError(
                "Independent.enumerate_support: the values of a joint distribution are not enumerated; ask base_dist"
            )
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"
