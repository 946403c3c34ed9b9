"""Multivariate normal distributions whose covariance is a low-rank matrix plus a diagonal."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from . import constraints
from .distribution import Distribution
from .multivariate_normal import _batch_mahalanobis, _batch_mv
from .utils import _standard_normal, lazy_property

__all__ = ["LowRankMultivariateNormal"]


def _capacitance_tril(factor: Any, diagonal: Any) -> Any:
    """Cholesky factor of ``I + Wᵀ·D⁻¹·W``, by which determinant and inverse are cheap (Woodbury)."""
    scaled = factor.mT / diagonal.unsqueeze(-2)
    capacitance = scaled @ factor
    eye = flambeau.eye(capacitance.shape[-1], dtype=capacitance.dtype, device=capacitance.device)
    return flambeau.linalg.cholesky(capacitance + eye)


def _log_det(factor: Any, diagonal: Any, tril: Any) -> Any:
    return 2 * tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + diagonal.log().sum(-1)


def _mahalanobis(factor: Any, diagonal: Any, x: Any, tril: Any) -> Any:
    projected = _batch_mv(factor.mT / diagonal.unsqueeze(-2), x)
    return (x.pow(2) / diagonal).sum(-1) - _batch_mahalanobis(tril, projected)


_any_matrix = constraints.independent(constraints.real, 2)
_positive_vector = constraints.independent(constraints.positive, 1)


class LowRankMultivariateNormal(
    Distribution,
    support=constraints.real_vector,
    parameters={
        "loc": constraints.real_vector,
        "cov_factor": _any_matrix,
        "cov_diag": _positive_vector,
    },
    differentiable=True,
):
    """The normal distribution with covariance ``cov_factor·cov_factorᵀ + diag(cov_diag)``.

    Args:
        loc: mean.
        cov_factor: matrix with few columns.
        cov_diag: > 0.
        validate_args: check parameters and values.
    """

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("LowRankMultivariateNormal: loc has no dimension, a vector is wanted")
        event = tuple(loc.shape[-1:])
        if cov_factor.dim() < 2 or tuple(cov_factor.shape[-2:-1]) != event:
            raise ValueError(
                f"LowRankMultivariateNormal: cov_factor has shape {tuple(cov_factor.shape)}, …×{event[0]}×m is wanted"
            )
        if tuple(cov_diag.shape[-1:]) != event:
            raise ValueError(
                f"LowRankMultivariateNormal: cov_diag has shape {tuple(cov_diag.shape)}, …×{event[0]} is wanted"
            )
        batch = tuple(
            flambeau.broadcast_shapes(tuple(loc.shape[:-1]), tuple(cov_factor.shape[:-2]), tuple(cov_diag.shape[:-1]))
        )
        self.loc = loc.expand(batch + event)
        self.cov_diag = cov_diag.expand(batch + event)
        self.cov_factor = cov_factor.expand(batch + tuple(cov_factor.shape[-2:]))
        self._unbroadcasted_cov_factor = cov_factor
        self._unbroadcasted_cov_diag = cov_diag
        self._capacitance_tril = _capacitance_tril(cov_factor, cov_diag)
        super().__init__(batch, event, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        names = ("loc", "cov_diag", "cov_factor")
        new = self._expanded(LowRankMultivariateNormal, batch_shape, _instance, names, self.event_shape)
        for name in ("_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril"):
            setattr(new, name, getattr(self, name))
        return new

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """The diagonal of the covariance."""
        value = self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag
        return value.expand(tuple(self._batch_shape) + tuple(self._event_shape))

    def _matrix(self, value: Any) -> Any:
        return value.expand(tuple(self._batch_shape) + tuple(self._event_shape) * 2)

    @lazy_property
    def scale_tril(self) -> Any:
        """Lower Cholesky factor of the covariance."""
        return self._matrix(flambeau.linalg.cholesky(self.covariance_matrix))

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The whole covariance."""
        factor = self._unbroadcasted_cov_factor
        return self._matrix(factor @ factor.mT + flambeau.diag_embed(self._unbroadcasted_cov_diag))

    @lazy_property
    def precision_matrix(self) -> Any:
        """Inverse of the covariance, by Woodbury's identity."""
        scaled = self._unbroadcasted_cov_factor.mT / self._unbroadcasted_cov_diag.unsqueeze(-2)
        solved = flambeau.linalg.solve_triangular(self._capacitance_tril, scaled, upper=False)
        return self._matrix(flambeau.diag_embed(self._unbroadcasted_cov_diag.reciprocal()) - solved.mT @ solved)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        low = tuple(shape[:-1]) + tuple(self.cov_factor.shape[-1:])
        of_factor = _standard_normal(low, self.loc.dtype, self.loc.device)
        of_diagonal = _standard_normal(shape, self.loc.dtype, self.loc.device)
        moved = self.loc + _batch_mv(self._unbroadcasted_cov_factor, of_factor)
        return moved + self._unbroadcasted_cov_diag.sqrt() * of_diagonal

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        factor, diagonal, tril = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag, self._capacitance_tril
        distance = _mahalanobis(factor, diagonal, value - self.loc, tril)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + _log_det(factor, diagonal, tril) + distance)

    def entropy(self) -> Any:
        log_det = _log_det(self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag, self._capacitance_tril)
        entropy = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + log_det)
        return entropy.expand(self._batch_shape)
