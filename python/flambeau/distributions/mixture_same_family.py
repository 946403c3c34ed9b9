"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .categorical import Categorical
from .constraints import MixtureSameFamilyConstraint
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(
    Distribution,
    differentiable=False,
):
    """A component is drawn, then a value from it.

    Args:
        mixture_distribution: the :class:`Categorical` of the component.
        component_distribution: the components along the last batch dimension.
        validate_args: check parameters and values.
    """

    arg_constraints: dict[str, constraints.Constraint] = {}

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                f"MixtureSameFamily: mixture_distribution is a {type(mixture_distribution).__name__}, a "
                "Categorical is wanted"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                f"MixtureSameFamily: component_distribution is a {type(component_distribution).__name__}, a "
                "Distribution is wanted"
            )
        mixture, batch = tuple(mixture_distribution.batch_shape), tuple(component_distribution.batch_shape[:-1])
        for left, right in zip(reversed(mixture), reversed(batch), strict=False):
            if left != 1 and right != 1 and left != right:
                raise ValueError(f"MixtureSameFamily: batch shapes {mixture} and {batch} don't fit")
        count = mixture_distribution.logits.shape[-1]
        if component_distribution.batch_shape[-1] != count:
            raise ValueError(
                f"MixtureSameFamily: {count} weights given for {component_distribution.batch_shape[-1]} components"
            )
        self._num_component = count
        event = component_distribution.event_shape
        self._event_ndims = len(event)
        super().__init__(batch_shape=batch, event_shape=event, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(MixtureSameFamily, batch_shape, _instance, (), self.event_shape)
        new._component_distribution = self._component_distribution.expand((*tuple(batch_shape), self._num_component))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._num_component = self._num_component
        new._event_ndims = self._event_ndims
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        return MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """The distribution of the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components."""
        return self._component_distribution

    def _weights(self) -> Any:
        probs = self.mixture_distribution.probs
        return probs.reshape(tuple(probs.shape) + (1,) * self._event_ndims)

    @property
    def mean(self) -> Any:
        return (self._weights() * self.component_distribution.mean).sum(-1 - self._event_ndims)

    @property
    def variance(self) -> Any:
        dim = -1 - self._event_ndims
        weights = self._weights()
        within = (weights * self.component_distribution.variance).sum(dim)
        between = (weights * (self.component_distribution.mean - self.mean.unsqueeze(dim)).pow(2)).sum(dim)
        return within + between

    def _pad(self, x: Any) -> Any:
        return x.unsqueeze(-1 - self._event_ndims)

    def cdf(self, x: Any) -> Any:
        return (self.component_distribution.cdf(self._pad(x)) * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        self._checked(x)
        logs = self.component_distribution.log_prob(self._pad(x))
        return flambeau.logsumexp(logs + flambeau.log_softmax(self.mixture_distribution.logits, dim=-1), dim=-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            dim = len(tuple(sample_shape)) + len(self.batch_shape)
            chosen = self.mixture_distribution.sample(sample_shape)
            values = self.component_distribution.sample(sample_shape)
            event = tuple(self.event_shape)
            index = chosen.reshape(tuple(chosen.shape) + (1,) * (len(event) + 1))
            index = index.expand((*tuple(chosen.shape), 1, *event))
            return values.gather(dim, index).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
