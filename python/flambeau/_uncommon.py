"""Functions of `flambeau` that few programs use, loaded when first asked for: checks, symbolic numbers (which are plain
ones here), low-rank factorizations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

Tensor = _C.Tensor

__all__ = [
    "_assert",
    "_check",
    "_check_index",
    "_check_is_size",
    "_check_not_implemented",
    "_check_tensor_all",
    "_check_type",
    "_check_value",
    "_shape_as_tensor",
    "pca_lowrank",
    "scalar_tensor",
    "svd_lowrank",
    "sym_float",
    "sym_int",
    "sym_ite",
    "sym_max",
    "sym_min",
    "sym_not",
    "sym_sqrt",
    "sym_sum",
    "to_dlpack",
]


# --- checks -----------------------------------------------------------------------------------------------------------
def _fail_unless(condition: Any, message: Callable[[], object] | None, error: type[Exception]) -> None:
    if not isinstance(condition, bool):
        raise TypeError(f"_check: the condition is a {type(condition).__name__}, a bool is wanted")
    if condition:
        return
    if message is None:
        raise error("_check: the condition does not hold")
    if not callable(message):
        raise TypeError(f"_check: the message is a {type(message).__name__}, a function that gives it is wanted")
    raise error(str(message()))


def _check(cond: Any, message: Callable[[], object] | None = None) -> None:
    """RuntimeError, with the text that `message` gives, unless the condition holds."""
    _fail_unless(cond, message, RuntimeError)


def _check_index(cond: Any, message: Callable[[], object] | None = None) -> None:
    """IndexError unless the condition holds."""
    _fail_unless(cond, message, IndexError)


def _check_value(cond: Any, message: Callable[[], object] | None = None) -> None:
    """ValueError unless the condition holds."""
    _fail_unless(cond, message, ValueError)


def _check_type(cond: Any, message: Callable[[], object] | None = None) -> None:
    """TypeError unless the condition holds."""
    _fail_unless(cond, message, TypeError)


def _check_not_implemented(cond: Any, message: Callable[[], object] | None = None) -> None:
    """NotImplementedError unless the condition holds."""
    _fail_unless(cond, message, NotImplementedError)


def _check_is_size(i: Any, message: Callable[[], object] | None = None, *, max: Any = None) -> None:
    """RuntimeError unless `i` is at least 0, and at most `max` where that is given."""
    _fail_unless(bool(i >= 0), message, RuntimeError)
    if max is not None:
        _fail_unless(bool(i <= max), message, RuntimeError)


def _check_tensor_all(cond: Any, message: Callable[[], object] | None = None) -> None:
    """RuntimeError unless all elements of a tensor of truth values hold."""
    if not isinstance(cond, Tensor) or cond.dtype != _C.bool:
        raise TypeError("_check_tensor_all: a tensor of dtype bool is wanted")
    _fail_unless(bool(cond.all().item()), message, RuntimeError)


def _assert(condition: Any, message: str) -> None:
    """AssertionError with the message unless the condition, a bool or a tensor of one element, holds."""
    if not bool(condition):
        raise AssertionError(message)


# --- numbers ----------------------------------------------------------------------------------------------------------
# There are no symbolic sizes here (a traced size would be a plain number too), so these are what they are of numbers.
def sym_int(a: Any) -> int:
    """The number as an integer, rounded towards zero."""
    return math.trunc(a)


def sym_float(a: Any) -> float:
    """The number as a float."""
    return float(a)


def sym_not(a: Any) -> bool:
    """Whether the condition does not hold."""
    return not a


def sym_max(a: Any, b: Any) -> Any:
    """The larger one; a float where one of them is."""
    return float(max(a, b)) if isinstance(a, float) or isinstance(b, float) else max(a, b)


def sym_min(a: Any, b: Any) -> Any:
    """The smaller one; a float where one of them is."""
    return float(min(a, b)) if isinstance(a, float) or isinstance(b, float) else min(a, b)


def sym_sum(args: Any) -> Any:
    """The sum of numbers."""
    return sum(args)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """`t` where the condition holds, else `f`."""
    return t if b else f


def sym_sqrt(a: Any) -> float:
    """The square root."""
    return math.sqrt(a)


# --- tensors ----------------------------------------------------------------------------------------------------------
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


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, ...]:
    """The first `q` (by default 6) principal components of rows of data: `svd_lowrank` of the data less their mean."""
    rows, columns = A.shape[-2:]
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(
            f"pca_lowrank: q is {q}, from 0 to {min(rows, columns)} is wanted for a {rows}×{columns} matrix"
        )
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
