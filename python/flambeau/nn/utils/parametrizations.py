"""Ready parametrizations: weight_norm, spectral_norm, orthogonal."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import flambeau
from flambeau._C import Tensor, aten

from .. import functional
from ..modules.module import Module
from . import parametrize


class _WeightNorm(Module):
    """Weight from its length (original0) and direction (original1)."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return aten._weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return aten.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Learns length and direction of a weight separately (Salimans and Kingma 2016).

    Checkpoints of the hook form (``weight_g``, ``weight_v``) load too.
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_old_keys(state_dict: Any, prefix: str, *rest: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename_old_keys)
    return module


class _SpectralNorm(Module):
    """Weight divided by its largest singular value, which power iteration follows (Miyato et al. 2018)."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:  # a vector is normalized directly
            self.n_power_iterations = n_power_iterations
            matrix = self._reshape_weight_to_matrix(weight)
            rows, columns = matrix.size()
            u = matrix.new_empty(rows).normal_(0, 1)
            v = matrix.new_empty(columns).normal_(0, 1)
            self.register_buffer("_u", functional.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", functional.normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _reshape_weight_to_matrix(self, weight: Any) -> Any:
        return weight.movedim(self.dim, 0).flatten(1)

    def _power_method(self, weight_mat: Any, n_power_iterations: int) -> None:
        with flambeau.no_grad():
            for _ in range(n_power_iterations):
                self._u = functional.normalize(flambeau.mv(weight_mat, self._v), dim=0, eps=self.eps, out=self._u)
                self._v = functional.normalize(flambeau.mv(weight_mat.H, self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return functional.normalize(weight, dim=0, eps=self.eps)
        matrix = self._reshape_weight_to_matrix(weight)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        # Copies: the buffers change at the next call, while a backward pass may still want these values.
        u = self._u.clone(memory_format=flambeau.contiguous_format)
        v = self._v.clone(memory_format=flambeau.contiguous_format)
        return weight / flambeau.vdot(u, flambeau.mv(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Keeps the largest singular value of a weight at one. ``dim`` is the output's (1 in transposed convolutions)."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{type(module).__name__} has no tensor named {name!r}")
    if dim is None:
        nn = flambeau.nn
        dim = 1 if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)) else 0
    parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
    return module


def _is_orthogonal(q: Any, eps: float | None = None) -> bool:
    columns = q.size(-1)
    identity = flambeau.eye(columns, dtype=q.dtype, device=q.device)
    tolerance = 10.0 * columns * flambeau.finfo(q.dtype).eps if eps is None else eps
    return bool(flambeau.allclose(q.mH @ q, identity, atol=tolerance))


def _make_orthogonal(matrix: Any) -> Any:
    """The orthogonal factor of a tall matrix, signs chosen as if computed by Gram–Schmidt."""
    reflectors, tau = flambeau.geqrf(matrix)
    q = flambeau.linalg.householder_product(reflectors, tau)
    q *= reflectors.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return q


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


class _Orthogonal(Module):
    """Maps any matrix to an orthogonal one; with ``use_trivialization``, relative to a base orthogonal matrix."""

    base: Any

    def __init__(self, weight: Any, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            raise ValueError("orthogonal: householder is for real tensors; use matrix_exp or cayley")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        rows, columns = x.size(-2), x.size(-1)
        wide = rows < columns
        if wide:
            x = x.mT
            rows, columns = columns, rows
        if self.orthogonal_map is _OrthMaps.householder:
            lower = x.tril(diagonal=-1)
            tau = 2.0 / (1.0 + (lower * lower).sum(dim=-2))
            q = flambeau.linalg.householder_product(lower, tau)
            q = q * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            # The strictly lower part of a square matrix spans the skew-symmetric ones.
            lower = x.tril()
            if rows != columns:
                lower = flambeau.cat([lower, lower.new_zeros(rows, rows - columns).expand(*x.shape[:-2], -1, -1)], -1)
            skew = lower - lower.mH
            if self.orthogonal_map is _OrthMaps.matrix_exp:
                q = flambeau.matrix_exp(skew)
            else:
                identity = flambeau.eye(rows, dtype=skew.dtype, device=skew.device)
                q = flambeau.linalg.solve(
                    flambeau.add(identity, skew, alpha=-0.5), flambeau.add(identity, skew, alpha=0.5)
                )
            if rows != columns:
                q = q[..., :columns]
        if hasattr(self, "base") and self.base is not None:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, q: Any) -> Any:
        if q.shape != self.shape:
            raise ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got {q.shape}.")
        original = q
        rows, columns = q.size(-2), q.size(-1)
        wide = rows < columns
        if wide:
            q = q.mT
            rows, columns = columns, rows
        if not hasattr(self, "base"):
            if self.orthogonal_map is not _OrthMaps.householder:
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            reflectors, tau = flambeau.geqrf(q)
            reflectors.diagonal(dim1=-2, dim2=-1).sign_()
            reflectors.diagonal(dim1=-2, dim2=-1)[tau == 0.0] *= -1
            return reflectors.mT if wide else reflectors
        if rows == columns:
            base = q.clone() if _is_orthogonal(q) else _make_orthogonal(q)
        else:
            # completed to a square orthogonal matrix by random columns
            extra = flambeau.randn(*q.shape[:-2], rows, rows - columns, dtype=q.dtype, device=q.device)
            base = _make_orthogonal(flambeau.cat([q, extra], dim=-1))
        self.base = base
        neutral = flambeau.zeros_like(original)
        # matrix_exp and cayley drop the diagonal; for householder it makes the signs of geqrf cancel
        neutral.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return neutral


def orthogonal(
    module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Any:
    """Keeps a matrix (or batch of them) orthogonal, by "matrix_exp", "cayley" or "householder".

    Default: matrix_exp for square and for complex matrices, householder for the others.
    Raises ValueError for an unknown map or a tensor with fewer than 2 dimensions.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{type(module).__name__} has no tensor named {name!r}")
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: a matrix or batch of matrices is wanted, got {weight.ndim} dimensions")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    chosen = getattr(_OrthMaps, orthogonal_map, None)
    if chosen is None:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    part = _Orthogonal(weight, chosen, use_trivialization=use_trivialization)
    parametrize.register_parametrization(module, name, part, unsafe=True)
    return module
