"""Products of groups of matrices, as mixtures of experts make them: one call for rows of several matrices."""

from __future__ import annotations

from typing import Any

import flambeau

__all__ = ["_grouped_mm", "_scaled_mm"]


def _ends(offs: Any, groups: int | None, length: int) -> list[tuple[int, int]]:
    """Begin and end of each group, from the ends in `offs`."""
    if offs is None:
        raise RuntimeError("grouped_mm: a matrix of two dimensions is given, so offs has to say where groups end")
    if offs.dtype != flambeau.int32:
        raise RuntimeError(f"grouped_mm: offs has dtype {offs.dtype}, int32 is wanted")
    ends = offs.tolist()
    if offs.dim() != 1 or (groups is not None and len(ends) != groups):
        raise RuntimeError(f"grouped_mm: offs has shape {tuple(offs.shape)}, ({groups},) is wanted")
    starts = [0, *ends[:-1]]
    if any(not 0 <= start <= end <= length for start, end in zip(starts, ends, strict=True)):
        raise RuntimeError(f"grouped_mm: offs is {ends}, ends from 0 to {length} that grow are wanted")
    return list(zip(starts, ends, strict=True))


def _grouped_mm(mat_a: Any, mat_b: Any, offs: Any = None, bias: Any = None, out_dtype: Any = None) -> Any:
    """Products of groups of matrices.

    Args:
        mat_a: (groups, m, k), or (m, k) whose rows belong to groups, or whose columns do if `mat_b` has two dimensions.
        mat_b: (groups, k, n), or (k, n) whose columns, or rows, belong to groups.
        offs: int32 (groups,), where each group ends; only if one of the matrices has two dimensions.
        bias: not there, as in PyTorch.
        out_dtype: must be that of `mat_a`.

    Returns:
        (groups, m, n); (m, n) where one of the two has two dimensions. Rows and columns in no group are 0.
    """
    shapes = f"mat_a is {tuple(mat_a.shape)}, mat_b {tuple(mat_b.shape)}"
    if mat_a.dim() not in (2, 3) or mat_b.dim() not in (2, 3):
        raise RuntimeError(f"grouped_mm: {shapes}; matrices or batches of them are wanted")
    if mat_a.shape[-1] != mat_b.shape[-2]:
        raise RuntimeError(f"grouped_mm: {shapes}; the contraction dimensions must match")
    if bias is not None:
        raise RuntimeError("grouped_mm: bias is not supported; add it to the result")
    if out_dtype not in (None, mat_a.dtype):
        raise RuntimeError(f"grouped_mm: out_dtype is {out_dtype}, {mat_a.dtype}, that of mat_a, is wanted")
    if mat_a.dim() == mat_b.dim() == 3:
        if offs is not None:
            raise RuntimeError(f"grouped_mm: {shapes}, so there are no groups to tell apart; offs has to be None")
        return flambeau.bmm(mat_a, mat_b)
    if mat_a.dim() == mat_b.dim() == 2:
        parts = _ends(offs, None, mat_a.shape[1])
        return flambeau.stack([mat_a[:, start:end] @ mat_b[start:end] for start, end in parts])
    split_rows = mat_a.dim() == 2
    stacked, flat = (mat_b, mat_a) if split_rows else (mat_a, mat_b)
    dim = 0 if split_rows else 1
    length = flat.shape[dim]
    parts = _ends(offs, stacked.shape[0], length)
    pieces = [
        flat[start:end] @ stacked[group] if split_rows else stacked[group] @ flat[:, start:end]
        for group, (start, end) in enumerate(parts)
        if end > start
    ]
    rest = length - (parts[-1][1] if parts else 0)
    if rest or not pieces:
        size = (rest, mat_b.shape[-1]) if split_rows else (mat_a.shape[-2], rest)
        pieces.append(mat_a.new_zeros(size))
    return flambeau.cat(pieces, dim)


def _scaled_mm(input: Any, mat2: Any, *args: Any, **kwargs: Any) -> Any:
    """Not available: products of 8-bit numbers with scales."""
    return flambeau.nn.functional.scaled_mm(input, mat2)
