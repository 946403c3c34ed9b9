"""The Wishart distribution of positive definite matrices."""

from __future__ import annotations

import math
import warnings
from typing import Any

import flambeau

from . import constraints
from .exp_family import ExponentialFamily
from .gamma import Gamma
from .multivariate_normal import _precision_to_scale_tril
from .utils import lazy_property

__all__ = ["Wishart"]


class Wishart(
    ExponentialFamily,
    support=constraints.positive_definite,
    differentiable=True,
):
    """The distribution of ``df`` times the second moments of normal vectors with mean 0.

    Args:
        df: degrees of freedom, above the number of rows minus 1.
        covariance_matrix: of the vectors; or
        precision_matrix: its inverse; or
        scale_tril: its lower Cholesky factor.
        validate_args: check parameters and values.
    """

    _mean_carrier_measure = 0

    @property
    def arg_constraints(self) -> dict[str, Any]:
        table: dict[str, Any] = dict.fromkeys(("covariance_matrix", "precision_matrix"), constraints.positive_definite)
        smallest = self.event_shape[-1] - 1
        return table | {"scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(smallest)}

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        forms = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        given = {name: matrix for name, matrix in forms.items() if matrix is not None}
        if len(given) != 1:
            raise AssertionError(
                f"Wishart: {len(given)} of covariance_matrix, precision_matrix and scale_tril given, one is wanted"
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(f"Wishart: {name} has shape {tuple(matrix.shape)}, a matrix is wanted")
        df_shape = tuple(df.shape) if isinstance(df, flambeau.Tensor) else ()
        batch = tuple(flambeau.broadcast_shapes(tuple(matrix.shape[:-2]), df_shape))
        event = tuple(matrix.shape[-2:])
        df = df if isinstance(df, flambeau.Tensor) else flambeau.tensor(df, dtype=matrix.dtype, device=matrix.device)
        self.df = df.expand(batch)
        if bool(self.df.le(event[-1] - 1).any()):
            raise ValueError(f"Wishart: df is {df}, it must be above {event[-1] - 1}")
        setattr(self, name, matrix.expand((*batch, -1, -1)))
        super().__init__(batch, event, validate_args=validate_args)
        if bool(self.df.lt(event[-1]).any()):
            warnings.warn("Wishart: df is below the number of rows, so samples are nearly singular", stacklevel=2)
        if name == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        elif name == "covariance_matrix":
            self._unbroadcasted_scale_tril = flambeau.linalg.cholesky(matrix)
        else:
            self._unbroadcasted_scale_tril = _precision_to_scale_tril(matrix)
        # Bartlett: chi-squared values on the diagonal, with one degree of freedom less in each row.
        place = flambeau.arange(event[-1], dtype=self.df.dtype, device=self.df.device)
        self._half_df = (self.df.unsqueeze(-1) - place.expand((*batch, -1))) / 2
        self._dist_gamma = Gamma(self._half_df, flambeau.full_like(self._half_df, 0.5), validate_args=False)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        names = ("df", "covariance_matrix", "precision_matrix", "scale_tril", "_half_df")
        new = self._expanded(Wishart, batch_shape, _instance, names, self.event_shape)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        new._dist_gamma = self._dist_gamma.expand(tuple(batch_shape) + tuple(self.event_shape[-1:]))
        return new

    def _matrix(self, value: Any) -> Any:
        return value.expand(tuple(self._batch_shape) + tuple(self._event_shape))

    @lazy_property
    def scale_tril(self) -> Any:
        """Lower Cholesky factor of the vectors' covariance."""
        return self._matrix(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """Covariance of the vectors."""
        return self._matrix(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """Inverse of that covariance."""
        n = self._event_shape[-1]
        eye = flambeau.eye(n, dtype=self._unbroadcasted_scale_tril.dtype, device=self._unbroadcasted_scale_tril.device)
        return self._matrix(flambeau.cholesky_solve(eye, self._unbroadcasted_scale_tril))

    @property
    def mean(self) -> Any:
        return self.df.reshape((*tuple(self._batch_shape), 1, 1)) * self.covariance_matrix

    @property
    def mode(self) -> Any:
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return factor.reshape((*tuple(self._batch_shape), 1, 1)) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        outer = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df.reshape((*tuple(self._batch_shape), 1, 1)) * (covariance.pow(2) + outer)

    def _draw(self, sample_shape: Any) -> Any:
        n = self._event_shape[-1]
        tiny = flambeau.finfo(self.df.dtype).tiny
        noise = self._dist_gamma.rsample(sample_shape).clamp(min=tiny).sqrt().diag_embed(dim1=-2, dim2=-1)
        rows, columns = flambeau.tril_indices(n, n, offset=-1)
        shape = flambeau.Size(sample_shape) + self._batch_shape + (int(n * (n - 1) / 2),)
        noise[..., rows, columns] = flambeau.randn(shape, dtype=noise.dtype, device=noise.device)
        chol = self._unbroadcasted_scale_tril @ noise
        return chol @ chol.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Any:
        sample = self._draw(sample_shape)
        tries = max_try_correction if max_try_correction is not None else 3
        inside = self.support.check(sample)
        for _ in range(tries):
            if bool(inside.all()):
                break
            # A rounding made a sample singular; those are drawn anew.
            again = self._draw(sample_shape)
            sample = flambeau.where(inside[..., None, None], sample, again)
            inside = self.support.check(sample)
        return sample

    def log_prob(self, value: Any) -> Any:
        self._checked(value)
        n, nu = self._event_shape[-1], self.df
        half_log_det = self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        solved = flambeau.cholesky_solve(value, self._unbroadcasted_scale_tril)
        return (
            -nu * (n * math.log(2) / 2 + half_log_det)
            - flambeau.mvlgamma(nu / 2, p=n)
            + (nu - n - 1) / 2 * flambeau.linalg.slogdet(value).logabsdet
            - solved.diagonal(dim1=-2, dim2=-1).sum(dim=-1) / 2
        )

    def entropy(self) -> Any:
        n, nu = self._event_shape[-1], self.df
        half_log_det = self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        digammas = flambeau.digamma(self._half_df).sum(-1)
        return (
            (n + 1) * (n * math.log(2) / 2 + half_log_det)
            + flambeau.mvlgamma(nu / 2, p=n)
            - (nu - n - 1) / 2 * digammas
            + nu * n / 2
        )
