"""Reductions and normalizations over the elements that a mask selects.

Every function takes ``mask``, a boolean tensor that broadcasts to the input: True keeps an element. Elements left out
are replaced by the operation's neutral element (0 for a sum, -inf for a maximum), so a slice with nothing selected
gives that element, or nan where there is none (a mean). Without a mask all elements take part. ``dim`` is a dimension,
several, or None for all of them.

``sum``, ``prod``, ``amax`` and ``amin`` take sparse COO tensors, too, and give such: elements that are not stored are 0
where the mask selects them. Without a mask ``sum`` takes what is stored; the others ask for one (ValueError).
"""

from __future__ import annotations

import math
from typing import Any, cast

import flambeau
from flambeau import Tensor
from flambeau.masked import _masks
from flambeau.masked._masks import canonical_dim as _dims
from flambeau.masked._masks import full_mask as _full_mask
from flambeau.masked._masks import reduced as _reduced

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip


def _canonical_dim(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions as non-negative numbers in order; all of them where ``dim`` is None or ()."""
    return _dims("_canonical_dim", dim, ndim)


# Names that programs know from PyTorch.
_input_mask, _output_mask, _where = _masks.input_mask, _masks.output_mask, _masks.where

_LOWEST, _HIGHEST = -math.inf, math.inf


def _bound(dtype: Any, value: float) -> Any:
    """The infinity, or the extreme of an integer type."""
    if dtype.is_floating_point or dtype.is_complex:
        return value
    if dtype is flambeau.bool:
        return value > 0
    info = flambeau.iinfo(dtype)
    return info.max if value > 0 else info.min


def _check_strided(name: str, input: Tensor) -> None:
    if input.layout != flambeau.strided:
        raise ValueError(f"masked.{name}: expects a strided tensor, but got one of layout {input.layout}; see to_dense")


def _sparse(
    name: str, input: Tensor, dim: Any, keepdim: bool | None, dtype: Any, mask: Tensor | None, neutral: Any
) -> Tensor | None:
    """The reduction of a sparse tensor; None for one that is strided."""
    if input.layout == flambeau.strided:
        return None
    if mask is None and name != "sum":
        raise ValueError(f"masked.{name}: expects a mask for an input of layout {input.layout}")
    if isinstance(neutral, float):
        neutral = _bound(dtype, neutral)
    return _reduced(name, input, _dims(name, dim, input.dim()), bool(keepdim), dtype, mask, neutral)


def _fill(name: str, input: Tensor, mask: Tensor | None, neutral: Any) -> Tensor:
    """The input with the neutral element at the places that the mask leaves out."""
    _check_strided(name, input)
    if mask is None:
        return input
    if isinstance(neutral, float) and math.isinf(neutral):
        neutral = _bound(input.dtype, neutral)
    return flambeau.where(_full_mask(name, input, mask), input, flambeau.full((), neutral, dtype=input.dtype))


_NEUTRAL = {
    "sum": 0.0, "cumsum": 0.0, "prod": 1.0, "cumprod": 1.0, "amax": -math.inf, "argmax": -math.inf, "amin": math.inf,
    "argmin": math.inf, "logsumexp": -math.inf, "logaddexp": -math.inf, "median": math.nan,
    "mean": None, "var": None, "std": None,
}  # fmt: skip


def _reduction_identity(op_name: str, input: Tensor, *args: Any) -> Tensor | None:
    """The element that leaves a reduction as it is, as a tensor without dimensions; None for mean, var and std.

    ``op_name`` is "masked.sum" or "sum"; of a norm the first further argument is its order.
    """
    name = op_name.rpartition(".")[2]
    if name == "norm":
        order = args[0] if args else 2
        return flambeau.tensor(math.inf if order == -math.inf else 0, dtype=input.dtype, device=input.device)
    if name not in _NEUTRAL or (input.dtype is flambeau.bool and math.isinf(_NEUTRAL[name] or 0)):
        raise NotImplementedError(f"masked: {name} of {input.dtype} has no identity")
    neutral = _NEUTRAL[name]
    if neutral is None:
        return None
    if math.isinf(neutral):
        if input.is_complex() and name != "logsumexp":
            raise TypeError(f"masked: {name} has no identity among complex numbers")
        neutral = _bound(input.dtype, neutral)
    dtype = None if name == "median" else input.dtype
    return flambeau.tensor(neutral, dtype=dtype, device=input.device)


def _sum_dtype(input: Tensor, dtype: Any) -> Any:
    """Sums and products of small integers are of type int64."""
    if dtype is None:
        return input.dtype if input.is_floating_point() or input.is_complex() else flambeau.int64
    return dtype


def sum(
    input: Tensor, dim: Any = None, *, keepdim: bool | None = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Sum of the selected elements."""
    if (sparse := _sparse("sum", input, dim, keepdim, _sum_dtype(input, dtype), mask, 0)) is not None:
        return sparse
    filled = _fill("sum", input, mask, 0)
    return flambeau.sum(filled, _dims("sum", dim, input.dim()), bool(keepdim), dtype=_sum_dtype(input, dtype))


def prod(
    input: Tensor, dim: Any = None, *, keepdim: bool | None = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Product of the selected elements."""
    if (sparse := _sparse("prod", input, dim, keepdim, _sum_dtype(input, dtype), mask, 1)) is not None:
        return sparse
    result = _fill("prod", input, mask, 1).to(_sum_dtype(input, dtype))
    for d in reversed(_dims("prod", dim, input.dim())):
        result = result.prod(d, bool(keepdim))
    return result


def cumsum(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Running sum along ``dim``."""
    return flambeau.cumsum(_fill("cumsum", input, mask, 0), dim, dtype=_sum_dtype(input, dtype))


def cumprod(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Running product along ``dim``."""
    return flambeau.cumprod(_fill("cumprod", input, mask, 1), dim, dtype=_sum_dtype(input, dtype))


def _extremum(
    name: str, reduce: Any, input: Tensor, dim: Any, keepdim: bool | None, dtype: Any, mask: Tensor | None, neutral: Any
) -> Tensor:
    if (sparse := _sparse(name, input, dim, keepdim, dtype or input.dtype, mask, neutral)) is not None:
        return sparse
    filled = _fill(name, input, mask, neutral)
    return cast(Tensor, reduce(filled, _dims(name, dim, input.dim()), bool(keepdim)).to(dtype or input.dtype))


def amax(
    input: Tensor, dim: Any = None, *, keepdim: bool | None = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Largest of the selected elements."""
    return _extremum("amax", flambeau.amax, input, dim, keepdim, dtype, mask, _LOWEST)


def amin(
    input: Tensor, dim: Any = None, *, keepdim: bool | None = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Smallest of the selected elements."""
    return _extremum("amin", flambeau.amin, input, dim, keepdim, dtype, mask, _HIGHEST)


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Index of the largest selected element, into the flattened input without ``dim``; of the input's type."""
    kind = dtype or input.dtype
    return flambeau.argmax(_fill("argmax", input, mask, _LOWEST).to(kind), dim, bool(keepdim)).to(kind)


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Index of the smallest selected element, into the flattened input without ``dim``; of the input's type."""
    kind = dtype or input.dtype
    return flambeau.argmin(_fill("argmin", input, mask, _HIGHEST).to(kind), dim, bool(keepdim)).to(kind)


def _count(name: str, input: Tensor, dims: tuple[int, ...], keepdim: bool, mask: Tensor | None) -> Tensor:
    """How many elements are selected in each slice."""
    _check_strided(name, input)
    ones = flambeau.ones(input.shape, dtype=flambeau.bool) if mask is None else _full_mask(name, input, mask)
    return flambeau.sum(ones, dims, keepdim, dtype=flambeau.int64)


def mean(
    input: Tensor, dim: Any = None, *, keepdim: bool | None = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Mean of the selected elements; nan where there are none."""
    count = _count("mean", input, _dims("mean", dim, input.dim()), bool(keepdim), mask)
    return sum(input, dim, keepdim=keepdim, dtype=dtype, mask=mask) / count


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Median of the selected elements, the lower of the two in the middle; nan where there are none."""
    whole = not input.is_floating_point()
    filled = _fill("median", input.to(flambeau.float32) if whole else input, mask, math.nan)
    result = flambeau.nanmedian(filled, dim, keepdim).values
    if whole and bool(result.isnan().any()):
        raise ValueError("masked.median: a slice has no selected element, and the integer type has no nan for it")
    return result.to(dtype or input.dtype)


def logsumexp(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """Logarithm of the sum of the selected elements' exponentials."""
    filled = _fill("logsumexp", input, mask, _LOWEST)
    return flambeau.logsumexp(filled, _dims("logsumexp", dim, input.dim()), keepdim).to(dtype or input.dtype)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: Any = None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """``log(exp(input) + exp(other))``, each without its elements that its mask leaves out."""
    a, b = _fill("logaddexp", input, input_mask, _LOWEST), _fill("logaddexp", other, other_mask, _LOWEST)
    return flambeau.logaddexp(a, b).to(dtype or input.dtype)


def norm(
    input: Tensor,
    ord: float | None = 2.0,
    dim: Any = None,
    *,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The ``ord``-norm of the selected elements as a vector."""
    order = 2.0 if ord is None else float(ord)
    filled = _fill("norm", input, mask, _HIGHEST if order == -math.inf else 0)
    return flambeau.linalg.vector_norm(filled, order, _dims("norm", dim, input.dim()), bool(keepdim), dtype=dtype)


def _spread(
    name: str,
    input: Tensor,
    dim: Any,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool | None,
    dtype: Any,
    mask: Tensor | None,
) -> Tensor:
    """The variance: squared distances to the mean over the count less the correction."""
    if unbiased is not None and correction is not None:
        raise AssertionError(f"masked.{name}: give unbiased or correction, not both")
    less = float(correction) if correction is not None else float(unbiased is None or unbiased)
    kind = dtype or (input.dtype if input.is_floating_point() or input.is_complex() else flambeau.float32)
    dims = _dims(name, dim, input.dim())
    count = _count(name, input, dims, True, mask)
    centered = input - sum(input, dims, keepdim=True, dtype=kind, mask=mask) / count
    total = sum(centered * centered.conj(), dims, keepdim=keepdim, dtype=kind, mask=mask)
    left = (count.reshape(total.shape) - less).clamp(min=0)
    return (total / left).to(kind)


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Variance of the selected elements; ``correction`` (1 by default) is taken off their count."""
    return _spread("var", input, dim, unbiased, correction, keepdim, dtype, mask)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Standard deviation of the selected elements; ``correction`` (1 by default) is taken off their count."""
    return _spread("std", input, dim, unbiased, correction, keepdim, dtype, mask).sqrt()


def softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Softmax of the selected elements along ``dim``; the others get 0."""
    return flambeau.softmax(_fill("softmax", input, mask, _LOWEST), dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Logarithm of :func:`softmax`; -inf for elements left out."""
    return flambeau.log_softmax(_fill("log_softmax", input, mask, _LOWEST), dim, dtype=dtype)


def softmin(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Softmax of the negated selected elements along ``dim``; the others get 0."""
    return flambeau.softmax(-_fill("softmin", input, mask, _HIGHEST), dim, dtype=dtype)


def normalize(
    input: Tensor, ord: float, dim: int, *, eps: float = 1e-12, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The selected elements over their ``ord``-norm (at least ``eps``) along ``dim``; the others get 0."""
    size = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return _fill("normalize", input, mask, 0) / size.clamp(min=eps)
