"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import flambeau

from . import constraints
from .exp_family import ExponentialFamily

__all__ = ["Dirichlet"]


class _Draw(flambeau.autograd.Function):
    """A point of the simplex, whose gradient holds the quantiles of its coordinates (Jankowiak and Obermeyer,
    "Pathwise derivatives beyond the reparameterization trick", 2018)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(concentration: Any) -> Any:
        return flambeau._sample_dirichlet(concentration)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(output, inputs[0])

    @staticmethod
    @flambeau.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Any) -> Any:
        point, concentration = ctx.saved_tensors
        slopes = flambeau._dirichlet_grad(point, concentration, concentration.sum(-1, True).expand_as(concentration))
        return slopes * (grad - (point * grad).sum(-1, True))


class Dirichlet(
    ExponentialFamily,
    support=constraints.simplex,
    parameters={"concentration": constraints.independent(constraints.positive, 1)},
    differentiable=True,
):
    """Density proportional to ``∏ x_k^(c_k − 1)`` on the simplex.

    Args:
        concentration: c along the last dimension, > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: concentration has no dimension, the last one must count categories")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return _Draw.apply(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        c = self.concentration
        return flambeau.xlogy(c - 1.0, value).sum(-1) + flambeau.lgamma(c.sum(-1)) - flambeau.lgamma(c).sum(-1)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        over = (self.concentration - 1).clamp(min=0.0)
        mode = over / over.sum(-1, True)
        corner = (self.concentration < 1).all(dim=-1)
        # All corners are equally dense then; the first is taken.
        peak = flambeau.nn.functional.one_hot(mode.argmax(dim=-1), self.concentration.shape[-1]).to(mode)
        return flambeau.where(corner.unsqueeze(-1), peak, mode)

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def entropy(self) -> Any:
        c, k = self.concentration, self.concentration.size(-1)
        total = c.sum(-1)
        return (
            flambeau.lgamma(c).sum(-1)
            - flambeau.lgamma(total)
            - (k - total) * flambeau.digamma(total)
            - ((c - 1.0) * flambeau.digamma(c)).sum(-1)
        )

    @property
    def _natural_params(self) -> tuple[Any]:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return x.lgamma().sum(-1) - flambeau.lgamma(x.sum(-1))
