"""Which elements take part: masks in their input's shape, and the masks of results. Tensors are strided or COO."""

from __future__ import annotations

import math
from typing import Any

import flambeau
from flambeau import Tensor

REDUCTIONS = {
    "amax", "amin", "argmax", "argmin", "logsumexp", "mean", "median", "norm", "prod", "std", "sum", "var",
}  # fmt: skip
NORMALIZATIONS = {"log_softmax", "normalize", "softmax", "softmin"}
SCANS = {"cumprod", "cumsum"}


def canonical_dim(name: str, dim: Any, rank: int) -> tuple[int, ...]:
    """The dimensions as non-negative numbers in order; all of them where `dim` is None or ()."""
    if dim is None or dim == ():
        return tuple(range(rank))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    found: list[int] = []
    for d in given:
        bound = max(rank, 1)
        if not -bound <= d < bound:
            raise IndexError(f"masked.{name}: dimension {d} is out of range for a tensor with {rank} dimensions")
        if d % bound in found:
            raise RuntimeError(f"masked.{name}: dimension {d % bound} appears twice in dim={given}")
        found.append(d % bound)
    return tuple(sorted(found))


def full_mask(name: str, input: Tensor, mask: Tensor) -> Tensor:
    """The mask in the input's shape and layout, of type bool."""
    if mask.dim() > input.dim():
        raise IndexError(
            f"masked.{name}: the mask has {mask.dim()} dimensions, more than the input's {input.dim()} "
            f"({tuple(input.shape)})"
        )
    if input.layout == flambeau.strided or mask.layout == flambeau.strided or mask.shape != input.shape:
        mask = (mask.to_dense() if mask.layout != flambeau.strided else mask).to(flambeau.bool).expand(input.shape)
    if input.layout == flambeau.strided:
        return mask
    if mask.layout != flambeau.strided and mask.sparse_dim() != input.sparse_dim():
        mask = mask.to_dense()
    if mask.layout == flambeau.strided:
        return mask.to(flambeau.bool).to_sparse(input.sparse_dim())
    mask = mask.coalesce()
    return flambeau.sparse_coo_tensor(
        mask.indices(), mask.values().to(flambeau.bool), mask.shape, is_coalesced=True
    )  # fmt: skip


def input_mask(input: Tensor, *args: Any, mask: Tensor | None = None, **kwargs: Any) -> Tensor:
    """The mask that an operation of this module uses with these arguments: in the input's shape and layout."""
    if mask is None:
        raise ValueError("masked._input_mask: there is no mask; give one as mask=")
    return full_mask("_input_mask", input, mask)


def output_mask(op: Any, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The mask of the result: of a reduction, where some element was selected; else the input's."""
    name = op if isinstance(op, str) else getattr(op, "__name__", str(op))
    if name not in REDUCTIONS | NORMALIZATIONS | SCANS:
        raise ValueError(f"masked._output_mask: {name} is not one of this module's operations")
    mask = input_mask(input, mask=kwargs.get("mask"))
    if name not in REDUCTIONS:
        return mask
    if name == "norm":  # the order comes first
        args = args[1:]
    dims = canonical_dim(name, args[0] if args else kwargs.get("dim"), input.dim())
    keepdim = bool(kwargs.get("keepdim", False))
    if mask.layout != flambeau.strided:
        return reduced("amax", mask, dims, keepdim, flambeau.bool, None, False)
    return mask.any(dims, keepdim) if mask.dim() else mask


def where(mask: Tensor, input: Tensor, fill_value: Any) -> Tensor:
    """The input's elements where the mask is True, `fill_value` elsewhere.

    Of sparse tensors the result has the places of the mask: a place without dense dimensions where the mask is False
    is left out, and one that the input does not have is 0.
    """
    if mask.layout == flambeau.strided and input.layout == flambeau.strided:
        return flambeau.where(mask, input, fill_value)
    if input.layout == flambeau.strided:
        return flambeau.where(mask.to_dense(), input, fill_value)
    indices, values, part = _selected(full_mask("_where", input, mask), input)
    if part is not None:
        values = flambeau.where(part, values, fill_value)
    return flambeau.sparse_coo_tensor(indices, values, input.shape, is_coalesced=True)


def _flat(indices: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Places, the columns of `indices`, as numbers in row-major order."""
    places = flambeau.zeros(indices.shape[1], dtype=flambeau.int64, device=indices.device)
    for row, size in zip(indices, sizes, strict=True):
        places = places * size + row
    return places


def _selected(mask: Tensor, input: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """Of sparse tensors: the places of the mask, the input's values there, the mask of their dense dimensions if any.

    Indices are (sparse dimensions, n), values (n, *dense dimensions). Without dense dimensions the places where the
    mask is False are left out.
    """
    input = input.coalesce()
    rank = input.sparse_dim()
    indices, part = mask.indices(), mask.values()
    if input.dense_dim() == 0:
        indices = indices[:, part]
    sizes = tuple(input.shape[:rank])
    wanted, known, values = _flat(indices, sizes), _flat(input.indices(), sizes), input.values()
    chosen = part if input.dense_dim() else None
    if known.numel() == 0:
        return indices, values.new_zeros((wanted.numel(), *values.shape[1:])), chosen
    at = flambeau.searchsorted(known, wanted).clamp(max=known.numel() - 1)
    found = (known[at] == wanted).reshape(-1, *[1] * input.dense_dim())
    return indices, flambeau.where(found, values[at], flambeau.zeros((), dtype=values.dtype)), chosen


def reduced(
    name: str, input: Tensor, dims: tuple[int, ...], keepdim: bool, dtype: Any, mask: Tensor | None, neutral: Any
) -> Tensor:
    """A COO tensor of the reductions (sum, prod, amax, amin) over `dims` of the selected elements."""
    if mask is None:
        input = input.coalesce()
        indices, values, part = input.indices(), input.values(), None
    else:
        indices, values, part = _selected(full_mask(name, input, mask), input)
    values = values.to(dtype)
    if part is not None:
        values = flambeau.where(part, values, flambeau.full((), neutral, dtype=dtype))
    rank = input.sparse_dim()
    dims = dims if input.dim() else ()  # the one dimension that a number is said to have
    for d in reversed([d - rank + 1 for d in dims if d >= rank]):
        values = _along(name, values, d, keepdim)
    over = [d for d in dims if d < rank]
    if over:
        left = [d for d in range(rank) if d not in over]
        sizes = tuple(input.shape[d] for d in left)
        places, group = flambeau.unique(_flat(indices[left], sizes), return_inverse=True)
        result = flambeau.full((places.numel(), *values.shape[1:]), neutral, dtype=dtype)
        to = group.reshape(-1, *[1] * (values.dim() - 1)).expand(values.shape)
        rows = []
        for k in range(len(left)):
            rows.append(places // math.prod(sizes[k + 1 :]) % sizes[k])
        if keepdim:
            for d in over:
                rows.insert(d, flambeau.zeros_like(places))
        values = result.scatter_reduce(0, to, values, name)
        indices = flambeau.stack(rows) if rows else indices.new_zeros((0, places.numel()))
    shape = [1 if d in dims else n for d, n in enumerate(input.shape) if keepdim or d not in dims]
    return flambeau.sparse_coo_tensor(indices, values, shape, is_coalesced=True)


def _along(name: str, values: Tensor, dim: int, keepdim: bool) -> Tensor:
    if name in ("sum", "prod"):
        return getattr(flambeau, name)(values, dim, keepdim, dtype=values.dtype)
    return getattr(flambeau, name)(values, dim, keepdim)
