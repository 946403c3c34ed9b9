"""Transforms of vectors and matrices, and those that arrange other transforms; public in `transforms`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import flambeau

from . import constraints
from .transforms import Transform
from .utils import _sum_rightmost, forwarded, tril_matrix_to_vec, vec_to_tril_matrix


def _with_diagonal(matrix: Any, change: Callable[[Any], Any]) -> Any:
    """The lower triangle of a matrix with a changed diagonal."""
    diagonal = flambeau.diagonal(matrix, dim1=-2, dim2=-1)
    return flambeau.diag_embed(change(diagonal)) + flambeau.tril(matrix, -1)


class IndependentTransform(Transform):
    """Takes some dimensions of another transform as dimensions of the value; log Jacobians are summed over them."""

    _arguments = ("base_transform", "reinterpreted_batch_ndims")

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        self.reinterpreted_batch_ndims, self.base_transform = reinterpreted_batch_ndims, base_transform
        if base_transform._cache_size != cache_size:
            self.base_transform = base_transform.with_cache(cache_size)
        super().__init__(cache_size)

    sign = forwarded("base_transform", "sign")
    bijective = forwarded("base_transform", "bijective")
    inverse_shape = forwarded("base_transform", "inverse_shape")
    forward_shape = forwarded("base_transform", "forward_shape")

    def __getattr__(self, name: str) -> Any:
        if name not in ("domain", "codomain"):
            raise AttributeError(f"IndependentTransform has no attribute {name!r}")
        return constraints.independent(getattr(self.base_transform, name), self.reinterpreted_batch_ndims)

    def _call(self, x: Any) -> Any:
        if x.dim() < self.domain.event_dim:
            raise ValueError(
                f"IndependentTransform: the value has shape {tuple(x.shape)}, {self.domain.event_dim} dimensions "
                "are wanted"
            )
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        if y.dim() < self.codomain.event_dim:
            raise ValueError(
                f"IndependentTransform: the value has shape {tuple(y.shape)}, {self.codomain.event_dim} dimensions "
                "are wanted"
            )
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return _sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


class ReshapeTransform(Transform):
    """Gives the last dimensions another shape with as many elements."""

    bijective = True

    _arguments = ("in_shape", "out_shape")

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape = flambeau.Size(in_shape)
        self.out_shape = flambeau.Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(
                f"ReshapeTransform: {tuple(in_shape)} and {tuple(out_shape)} differ in the number of elements"
            )
        super().__init__(cache_size=cache_size)

    @property
    def domain(self) -> Any:
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Any:
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Any) -> Any:
        return x.reshape(tuple(x.shape[: x.dim() - len(self.in_shape)]) + tuple(self.out_shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(tuple(y.shape[: y.dim() - len(self.out_shape)]) + tuple(self.in_shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def _swap(self, shape: Any, old: Any, new: Any) -> Any:
        cut = len(shape) - len(old)
        if cut < 0 or tuple(shape[cut:]) != tuple(old):
            raise ValueError(f"ReshapeTransform: shape {tuple(shape)} doesn't end in {tuple(old)}")
        return flambeau.Size(tuple(shape[:cut]) + tuple(new))

    def forward_shape(self, shape: Any) -> Any:
        return self._swap(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._swap(shape, self.out_shape, self.in_shape)


class StickBreakingTransform(Transform):
    """From K−1 numbers to the simplex of K, by breaking pieces off a stick one after another."""

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StickBreakingTransform)

    __hash__ = Transform.__hash__

    @staticmethod
    def _offset(x: Any) -> Any:
        return x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)

    def _call(self, x: Any) -> Any:
        z = flambeau.sigmoid(x - self._offset(x).log()).clamp(
            min=flambeau.finfo(x.dtype).tiny, max=1.0 - flambeau.finfo(x.dtype).eps
        )
        left = (1 - z).cumprod(-1)
        pad = flambeau.nn.functional.pad
        return pad(z, [0, 1], value=1) * pad(left, [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        pieces = y[..., :-1]
        left = (1 - pieces.cumsum(-1)).clamp(min=flambeau.finfo(y.dtype).tiny)
        return pieces.log() - left.log() + self._offset(pieces).log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        x = x - self._offset(x).log()
        return (-x + flambeau.nn.functional.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("StickBreakingTransform: a value needs a dimension")
        return flambeau.Size((*tuple(shape[:-1]), shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("StickBreakingTransform: a value needs a dimension")
        return flambeau.Size((*tuple(shape[:-1]), shape[-1] - 1))


class LowerCholeskyTransform(Transform):
    """From square matrices to lower triangular ones with positive diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyTransform)

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        return _with_diagonal(x, flambeau.exp)

    def _inverse(self, y: Any) -> Any:
        return _with_diagonal(y, flambeau.log)


class PositiveDefiniteTransform(Transform):
    """From square matrices to positive definite ones."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositiveDefiniteTransform)

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(flambeau.linalg.cholesky(y))


class CorrCholeskyTransform(Transform):
    """From vectors to Cholesky factors of correlation matrices, by partial correlations ``tanh(x)``."""

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        x = flambeau.tanh(x)
        eps = flambeau.finfo(x.dtype).eps
        partial = vec_to_tril_matrix(x.clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - partial**2).sqrt().cumprod(-1)
        partial = partial + flambeau.eye(partial.shape[-1], dtype=partial.dtype, device=partial.device)
        return partial * flambeau.nn.functional.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        left = (1 - flambeau.cumsum(y * y, dim=-1)).clamp(min=flambeau.finfo(y.dtype).tiny)
        shifted = flambeau.nn.functional.pad(left[..., :-1], [1, 0], value=1)
        t = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(shifted, diag=-1).sqrt()
        return (t.log1p() - t.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> Any:
        left = 1 - (y * y).cumsum(dim=-1)
        of_rows = 0.5 * tril_matrix_to_vec(left, diag=-2).log().sum(-1)
        of_tanh = -2 * (x + flambeau.nn.functional.softplus(-2 * x) - math.log(2.0)).sum(dim=-1)
        return of_rows + of_tanh

    def forward_shape(self, shape: Any) -> Any:
        count = shape[-1]
        n = round((0.25 + 2 * count) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != count:
            raise ValueError(f"CorrCholeskyTransform: {count} numbers don't fill a triangle")
        return flambeau.Size((*tuple(shape[:-1]), n, n))

    def inverse_shape(self, shape: Any) -> Any:
        if len(shape) < 2 or shape[-2] != shape[-1]:
            raise ValueError(f"CorrCholeskyTransform: shape {tuple(shape)} is not that of square matrices")
        return flambeau.Size((*tuple(shape[:-2]), shape[-1] * (shape[-1] - 1) // 2))


class CatTransform(Transform):
    """Applies transforms to pieces of a dimension, one after another.

    Args:
        tseq: the transforms.
        dim: the dimension.
        lengths: lengths of the pieces, by default 1 each.
        cache_size: see :class:`Transform`.
    """

    _arguments = ("transforms", "dim", "lengths")

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, lengths: Any = None, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.transforms = [part.with_cache(cache_size) for part in tseq] if cache_size else list(tseq)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ValueError(f"CatTransform: {len(self.lengths)} lengths given for {len(self.transforms)} transforms")
        self.dim = dim

    @property
    def event_dim(self) -> int:
        return max(part.event_dim for part in self.transforms)

    @property
    def length(self) -> int:
        """Length of the dimension."""
        return sum(self.lengths)

    def _pieces(self, value: Any) -> list[Any]:
        if value.size(self.dim) != self.length:
            raise ValueError(
                f"CatTransform: dimension {self.dim} has length {value.size(self.dim)}, {self.length} is wanted"
            )
        return list(value.split(self.lengths, self.dim))

    def _call(self, x: Any) -> Any:
        return flambeau.cat(
            [part(piece) for part, piece in zip(self.transforms, self._pieces(x), strict=True)], dim=self.dim
        )

    def _inverse(self, y: Any) -> Any:
        return flambeau.cat(
            [part.inv(piece) for part, piece in zip(self.transforms, self._pieces(y), strict=True)], dim=self.dim
        )

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        parts = []
        for part, before, after in zip(self.transforms, self._pieces(x), self._pieces(y), strict=True):
            parts.append(_sum_rightmost(part.log_abs_det_jacobian(before, after), self.event_dim - part.event_dim))
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += self.event_dim
        return flambeau.cat(parts, dim=dim) if dim < 0 else sum(parts)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.transforms)

    @property
    def domain(self) -> Any:
        return constraints.cat([part.domain for part in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:
        return constraints.cat([part.codomain for part in self.transforms], self.dim, self.lengths)


class StackTransform(Transform):
    """Applies one transform to each slice of a dimension."""

    _arguments = ("transforms", "dim")

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.transforms = [part.with_cache(cache_size) for part in tseq] if cache_size else list(tseq)
        self.dim = dim

    def _slice(self, value: Any) -> list[Any]:
        if value.size(self.dim) != len(self.transforms):
            raise ValueError(
                f"StackTransform: dimension {self.dim} has length {value.size(self.dim)}, there are "
                f"{len(self.transforms)} transforms"
            )
        return list(value.unbind(self.dim))

    def _call(self, x: Any) -> Any:
        return flambeau.stack(
            [part(piece) for part, piece in zip(self.transforms, self._slice(x), strict=True)], self.dim
        )

    def _inverse(self, y: Any) -> Any:
        return flambeau.stack(
            [part.inv(piece) for part, piece in zip(self.transforms, self._slice(y), strict=True)], self.dim
        )

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        triples = zip(self.transforms, self._slice(x), self._slice(y), strict=True)
        return flambeau.stack([part.log_abs_det_jacobian(before, after) for part, before, after in triples], self.dim)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.transforms)

    @property
    def domain(self) -> Any:
        return constraints.stack([part.domain for part in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:
        return constraints.stack([part.codomain for part in self.transforms], self.dim)
