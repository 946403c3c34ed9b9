"""Distributions of transformed values."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transforms import ComposeTransform, Transform
from .utils import _sum_rightmost

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution, parameters={}):
    """The distribution of ``t_n(…t_1(x))`` where x has a base distribution.

    Args:
        base_distribution: of x.
        transforms: one or a list.
        validate_args: check parameters and values.
    """

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        if isinstance(transforms, Transform):
            self.transforms = [transforms]
        elif isinstance(transforms, list):
            if not all(isinstance(part, Transform) for part in transforms):
                raise ValueError(
                    f"TransformedDistribution: transforms holds something that is no Transform: {transforms}"
                )
            self.transforms = transforms
        else:
            raise ValueError(
                f"TransformedDistribution: transforms is a {type(transforms).__name__}, a Transform or a list of "
                "them is wanted"
            )
        whole = ComposeTransform(self.transforms)
        base_shape = tuple(base_distribution.batch_shape) + tuple(base_distribution.event_shape)
        domain = whole.domain
        if len(base_shape) < domain.event_dim:
            raise ValueError(
                f"TransformedDistribution: the base has shape {base_shape}, the transforms want {domain.event_dim} "
                "dimensions"
            )
        forward = tuple(whole.forward_shape(flambeau.Size(base_shape)))
        expanded = tuple(whole.inverse_shape(flambeau.Size(forward)))
        if expanded != base_shape:
            batch = expanded[: len(expanded) - len(base_distribution.event_shape)]
            base_distribution = base_distribution.expand(batch)
        missing = domain.event_dim - len(base_distribution.event_shape)
        if missing > 0:
            base_distribution = Independent(base_distribution, missing)
        self.base_dist = base_distribution
        event = whole.codomain.event_dim + max(len(base_distribution.event_shape) - domain.event_dim, 0)
        cut = len(forward) - event
        super().__init__(forward[:cut], forward[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.transforms = self.transforms
        shape = flambeau.Size(tuple(batch_shape) + tuple(self.event_shape))
        for part in reversed(self.transforms):
            shape = part.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return new

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self.event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    def _forward(self, x: Any) -> Any:
        for part in self.transforms:
            x = part(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        dim = len(self.event_shape)
        total: Any = 0.0
        y = value
        for part in reversed(self.transforms):
            x = part.inv(y)
            dim += part.domain.event_dim - part.codomain.event_dim
            total = total - _sum_rightmost(part.log_abs_det_jacobian(x, y), dim - part.domain.event_dim)
            y = x
        return total + _sum_rightmost(self.base_dist.log_prob(y), dim - len(self.base_dist.event_shape))

    def _monotonize_cdf(self, value: Any) -> Any:
        """1 − value where the transforms turn the order around."""
        sign: Any = 1
        for part in self.transforms:
            sign = sign * part.sign
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        for part in reversed(self.transforms):
            value = part.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotonize_cdf(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self._forward(self.base_dist.icdf(self._monotonize_cdf(value)))
