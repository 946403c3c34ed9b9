"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from ._probs import BinaryParameters
from .exp_family import ExponentialFamily
from .utils import clamp_probs, lazy_property, logits_to_probs

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(
    BinaryParameters,
    ExponentialFamily,
    support=constraints.unit_interval,
    parameters={"probs": constraints.unit_interval, "logits": constraints.real},
    differentiable=True,
):
    """Density proportional to ``probs^x·(1 − probs)^(1−x)`` between 0 and 1 (Loaiza-Ganem and Cunningham, 2019).

    Args:
        probs: in (0, 1), not the mean; or
        logits: its log-odds.
        lims: between these probs the formulas divide by nearly 0, so Taylor series take their place.
        validate_args: check parameters and values.
    """

    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._set_binary(probs, logits)
        if self._given == "probs":
            if validate_args is not None and not bool(self.arg_constraints["probs"].check(self.probs).all()):
                raise ValueError(f"ContinuousBernoulli: probs must be in [0, 1], but holds\n{self.probs}")
            self._param = self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.size(), validate_args=validate_args)

    @lazy_property
    def probs(self) -> Any:
        """The density's parameter, a rounding step away from 0 and 1: the normalization divides by its log-odds."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._lims = self._lims
        return new

    def _outside(self) -> Any:
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self) -> Any:
        """probs, moved to the edge of the middle region where the series is used."""
        return flambeau.where(self._outside(), self.probs, self._lims[0] * flambeau.ones_like(self.probs))

    def _cont_bern_log_norm(self) -> Any:
        cut = self._cut()
        below = flambeau.where(cut <= 0.5, cut, flambeau.zeros_like(cut))
        above = flambeau.where(cut >= 0.5, cut, flambeau.ones_like(cut))
        size = flambeau.where(cut <= 0.5, flambeau.log1p(-2.0 * below), flambeau.log(2.0 * above - 1.0))
        value = flambeau.log(flambeau.abs(flambeau.log1p(-cut) - flambeau.log(cut))) - size
        x = (self.probs - 0.5).pow(2)
        return flambeau.where(self._outside(), value, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Any:
        cut = self._cut()
        value = cut / (2.0 * cut - 1.0) + 1.0 / (flambeau.log1p(-cut) - flambeau.log(cut))
        x = self.probs - 0.5
        return flambeau.where(self._outside(), value, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def stddev(self) -> Any:
        return flambeau.sqrt(self.variance)

    @property
    def variance(self) -> Any:
        cut = self._cut()
        value = cut * (cut - 1.0) / (1.0 - 2.0 * cut).pow(2) + 1.0 / (flambeau.log1p(-cut) - flambeau.log(cut)).pow(2)
        x = (self.probs - 0.5).pow(2)
        return flambeau.where(self._outside(), value, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.icdf(flambeau.rand(shape, dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        logits, value = flambeau.broadcast_tensors(self.logits, value)
        cross = flambeau.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none")
        return self._cont_bern_log_norm() - cross

    def cdf(self, value: Any) -> Any:
        self._checked(value)
        cut = self._cut()
        curved = (flambeau.pow(cut, value) * flambeau.pow(1.0 - cut, 1.0 - value) + cut - 1.0) / (2.0 * cut - 1.0)
        inside = flambeau.where(self._outside(), curved, value)
        clipped = flambeau.where(value <= 0.0, flambeau.zeros_like(value), inside)
        return flambeau.where(value >= 1.0, flambeau.ones_like(value), clipped)

    def icdf(self, value: Any) -> Any:
        cut = self._cut()
        curved = (flambeau.log1p(-cut + value * (2.0 * cut - 1.0)) - flambeau.log1p(-cut)) / (
            flambeau.log(cut) - flambeau.log1p(-cut)
        )
        return flambeau.where(self._outside(), curved, value)

    def entropy(self) -> Any:
        log_rest = flambeau.log1p(-self.probs)
        return self.mean * (log_rest - flambeau.log(self.probs)) - self._cont_bern_log_norm() - log_rest

    @property
    def _natural_params(self) -> tuple[Any]:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        outside = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        cut = flambeau.where(outside, x, (self._lims[0] - 0.5) * flambeau.ones_like(x))
        value = flambeau.log(flambeau.abs(flambeau.special.expm1(cut))) - flambeau.log(flambeau.abs(cut))
        return flambeau.where(outside, value, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
