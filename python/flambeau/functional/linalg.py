"""Products, distances and factorizations whose arguments no single signature of the operator table says."""

from __future__ import annotations

from functools import partial
from typing import Any

from flambeau import _C

Tensor = _C.Tensor
aten = _C.aten
overridable = _C.overridable
as_called = _C.overridable_as_called

__all__ = [
    "cdist",
    "chain_matmul",
    "einsum",
    "lu",
    "tensordot",
    "vander",
]


@partial(overridable, unpacks=1)
def einsum(*args: Any) -> Tensor:
    """Sums of products by Einstein's notation: ``einsum("bij,bjk->bik", a, b)``.

    Args:
        args: the equation and the operands (one by one or as a list); or, without a string, operands each followed by
            the list of its indices, and the list of the result's indices at the end.
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if isinstance(args[0], str):
        equation: str = args[0]
        operands: Any = args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
    else:
        pairs = list(args)
        result = pairs.pop() if len(pairs) % 2 else None
        operands = tuple(pairs[0::2])
        equation = ",".join(_index_letters(indices) for indices in pairs[1::2])
        if result is not None:
            equation += "->" + _index_letters(result)
    return aten.einsum(equation, list(operands))


def _index_letters(indices: Any) -> str:
    # In the order that an equation without a result sorts its letters in.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    out = ""
    for i in indices:
        if i is Ellipsis:
            out += "..."
        elif hasattr(i, "__index__") and 0 <= int(i) < 52:
            out += letters[int(i)]
        else:
            raise ValueError(f"einsum: an index is {i!r}; integers from 0 to 51 and ... are wanted")
    return out


@overridable
def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Tensor:
    """The sum of products over `dims`: a number of last dimensions of `a` and first ones of `b`, or two lists."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims >= 0 and at most {min(a.dim(), b.dim())}, but got dims={dims}")
        left, right = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        left, right = dims
        left = [left] if isinstance(left, int) else list(left)
        right = [right] if isinstance(right, int) else list(right)
    result = aten.tensordot(a, b, left, right)
    return result if out is None else out.resize_(result.shape).copy_(result)


@_C.overridable_as_called
def chain_matmul(*matrices: Any, out: Any = None) -> Tensor:
    """The product of several matrices, in the order that costs least."""
    if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)):
        matrices = tuple(matrices[0])
    result = matrices[0] if len(matrices) == 1 else aten.linalg_multi_dot(list(matrices))
    return result if out is None else out.resize_(result.shape).copy_(result)


# One way to compute serves all of them; the names are checked and mean the operator's numbers.
_CDIST_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": 1,
    "donot_use_mm_for_euclid_dist": 2,
}


@overridable
def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """Distances of order ``p`` between all rows of ``x1`` (..., P, M) and ``x2`` (..., R, M): (..., P, R).

    ``compute_mode`` asks for a matrix product or for differences; differences, the accurate way, are always taken.
    """
    if isinstance(compute_mode, str) and compute_mode not in _CDIST_MODES:
        raise ValueError(f"cdist: compute_mode should be one of {', '.join(_CDIST_MODES)}, but got {compute_mode!r}")
    mode = _CDIST_MODES[compute_mode] if isinstance(compute_mode, str) else compute_mode
    return aten.cdist(x1, x2, p, mode)


@overridable
def lu(A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None) -> tuple[Any, ...]:
    """LU factors and pivots of matrices in the compact form of :func:`linalg.lu_factor`, which is its newer name.

    With ``get_infos`` also LAPACK's status of each matrix; without it a failed factorization raises.
    """
    found = aten.linalg_lu_factor_ex(A, pivot=pivot, check_errors=not get_infos)
    found = found if get_infos else found[:2]
    if out is None:
        return found
    if len(out) != len(found):
        raise TypeError(f"lu: expected a tuple of {len(found)} tensors for out, but got {len(out)}")
    for target, value in zip(out, found, strict=True):
        target.resize_(value.shape).copy_(value)
    return tuple(out)


@as_called
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of the elements of a vector, a row for each."""
    return aten.vander(x, N, increasing)
