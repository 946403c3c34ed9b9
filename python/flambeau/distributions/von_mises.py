"""The von Mises distribution on the circle."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property

__all__ = ["VonMises"]


class VonMises(
    Distribution,
    support=constraints.real,
    parameters={"loc": constraints.real, "concentration": constraints.positive},
    differentiable=False,
):
    """Density proportional to ``exp(concentration·cos(x − loc))`` of an angle.

    Samples are drawn in float64 by rejection from a wrapped Cauchy distribution (Best and Fisher, 1979).

    Args:
        loc: mean angle.
        concentration: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        # i0e is i0·exp(−x), so nothing overflows.
        log_i0 = flambeau.special.i0e(self.concentration).log() + self.concentration
        return self.concentration * flambeau.cos(value - self.loc) - math.log(2 * math.pi) - log_i0

    @lazy_property
    def _loc(self) -> Any:
        return self.loc.to(flambeau.double)

    @lazy_property
    def _concentration(self) -> Any:
        return self.concentration.to(flambeau.double)

    @lazy_property
    def _proposal_r(self) -> Any:
        kappa = self._concentration
        root = flambeau.sqrt(4 * kappa.square() + 1) + 1
        rho = (root - flambeau.sqrt(root + root)) / (kappa + kappa)
        # The quotient loses all digits for small kappa, where its series takes over.
        return flambeau.where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape: Any = ()) -> Any:
        with flambeau.no_grad():
            shape = self._extended_shape(sample_shape)
            kappa, r = self._concentration.expand(shape), self._proposal_r.expand(shape)
            result = flambeau.empty(shape, dtype=flambeau.double, device=self.loc.device)
            done = flambeau.zeros(shape, dtype=flambeau.bool, device=self.loc.device)
            while not bool(done.all()):
                u1, u2, u3 = flambeau.rand((3, *tuple(shape)), dtype=flambeau.double, device=self.loc.device).unbind()
                z = flambeau.cos(math.pi * u1)
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                good = ((c * (2 - c) - u2) > 0) | ((c / u2).log() + 1 - c >= 0)
                # A later proposal that is accepted replaces an earlier one, which is as good.
                result = flambeau.where(good, (u3 - 0.5).sign() * f.acos(), result)
                done = done | good
            return ((result + math.pi + self._loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """The circular variance."""
        return 1 - flambeau.special.i1e(self.concentration) / flambeau.special.i0e(self.concentration)
