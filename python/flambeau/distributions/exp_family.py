"""Exponential families: entropy and divergence from the log normalizer."""

from __future__ import annotations

from typing import Any

import flambeau

from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    r"""Densities of the form ``exp(θ·t(x) − F(θ) + k(x))``.

    A subclass gives the natural parameters θ, the log normalizer F, and the mean of the carrier measure k if it is
    not 0.
    """

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        raise NotImplementedError(f"{type(self).__name__}: its natural parameters are not defined")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: its log normalizer is not defined")

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: the mean of its carrier measure is not defined")

    def entropy(self) -> Any:
        """The entropy as a Bregman divergence of the log normalizer, by differentiation."""
        natural = [param.detach().requires_grad_() for param in self._natural_params]
        with flambeau.enable_grad():
            normalizer = self._log_normalizer(*natural)
            gradients = flambeau.autograd.grad(normalizer.sum(), natural, create_graph=True)
        result = -self._mean_carrier_measure + normalizer
        for param, gradient in zip(natural, gradients, strict=True):
            result = result - (param * gradient).reshape((*self._batch_shape, -1)).sum(-1)
        return result
