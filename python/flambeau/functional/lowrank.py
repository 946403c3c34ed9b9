"""Low-rank factorizations, and small tensors made from other things."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau import _C

Tensor = _C.Tensor
overridable = _C.overridable

__all__ = [
    "_shape_as_tensor",
    "from_file",
    "pca_lowrank",
    "scalar_tensor",
    "svd_lowrank",
    "to_dlpack",
]


def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: Any = False,
) -> Tensor:
    """A tensor of no dimensions of a number; of the default type, whatever the number's is."""
    dtype = _C.get_default_dtype() if dtype is None else dtype
    return _C.tensor(s, dtype=dtype, device=device, requires_grad=bool(requires_grad))


def _shape_as_tensor(self: Tensor) -> Tensor:
    """The sizes as a vector of int64."""
    return _C.tensor(list(self.shape), dtype=_C.int64)


def from_file(
    filename: Any,
    shared: bool | None = None,
    size: int | None = 0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool | None = None,
) -> Tensor:
    """A tensor of ``size`` elements over the start of a file that is mapped into memory.

    With ``shared``, changes go into the file, which is made or stretched as needed; without, they stay here.

    Raises:
        RuntimeError: the file cannot be opened, or is too short and not shared.
    """
    dtype = _C.get_default_dtype() if dtype is None else dtype
    if device is not None and _C.device(device).type != "cpu":
        raise NotImplementedError(f"from_file: files are mapped for device 'cpu', not for {device}")
    size = size or 0
    if size < 0:
        raise RuntimeError(f"from_file: size must not be negative, got {size}")
    storage = _C.UntypedStorage.from_file(filename, bool(shared), size * dtype.itemsize)
    return flambeau.empty(0, dtype=dtype).set_(storage, 0, (size,), (1,))


def to_dlpack(tensor: Tensor) -> Any:
    """A DLPack capsule over the tensor's memory."""
    return tensor.__dlpack__()


def _basis(a: Tensor, q: int, niter: int, m: Tensor | None) -> Tensor:
    """An orthonormal basis (…, rows, q) of about the range of `a - m`: algorithm 4.4 of Halko, Martinsson and Tropp,
    "Finding structure with randomness", SIAM Review 53 (2011).
    """

    def times(x: Tensor) -> Tensor:
        return a @ x if m is None else a @ x - m @ x

    def times_adjoint(x: Tensor) -> Tensor:
        return a.mH @ x if m is None else a.mH @ x - m.mH @ x

    start = flambeau.randn(a.shape[-1], q, dtype=a.dtype, device=a.device)
    basis = flambeau.linalg.qr(times(start)).Q
    for _ in range(niter):
        other = flambeau.linalg.qr(times_adjoint(basis)).Q
        basis = flambeau.linalg.qr(times(other)).Q
    return basis


@overridable
def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None) -> tuple[Tensor, ...]:
    """U (…, m, q), S (…, q) and V (…, n, q) with ``A - M`` about ``U diag(S) Vᴴ``, for a rank far below the sizes.

    Args:
        A: matrices (…, m, n).
        q: a little more than the rank.
        niter: further passes over the matrix, which sharpen the result.
        M: subtracted from `A` first; broadcast to its shape.
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    rows, columns = A.shape[-2:]
    if niter < 0:
        raise ValueError(f"svd_lowrank: niter is {niter}, it must not be negative")
    shift = None if M is None else M.broadcast_to(A.shape)
    turned = rows < columns
    if turned:
        A, shift = A.mH, None if shift is None else shift.mH
    basis = _basis(A, q, niter, shift)
    inner = basis.mH @ A if shift is None else basis.mH @ (A - shift)
    u, s, vh = flambeau.linalg.svd(inner, full_matrices=False)
    u, v = basis @ u, vh.mH
    return (v, s, u) if turned else (u, s, v)


@overridable
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, ...]:
    """The first `q` (by default 6) principal components of rows of data: `svd_lowrank` of the data less their mean."""
    rows, columns = A.shape[-2:]
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(
            f"pca_lowrank: q is {q}, from 0 to {min(rows, columns)} is wanted for a {rows}×{columns} matrix"
        )
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
