"""Names of old: conversions by type, sparse forms of products, functions that are gone and say what replaced them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import flambeau
from flambeau._C import overridable

_CASTS = {
    "Byte": flambeau.uint8, "Char": flambeau.int8, "Double": flambeau.float64, "Float": flambeau.float32,
    "Half": flambeau.float16, "Int": flambeau.int32, "Long": flambeau.int64, "Short": flambeau.int16,
}  # fmt: skip
_GONE = {
    "solve": "linalg.solve(A, B)",
    "lstsq": "linalg.lstsq(A, B)",
    "eig": "linalg.eig(A)",
    "symeig": "linalg.eigh(A)",
    "matrix_rank": "linalg.matrix_rank(A)",
}

__all__ = [
    "_convert_indices_from_coo_to_csr", "_convert_indices_from_csr_to_coo", "dsmm", "hsmm", "hspmm", "saddmm", "spmm",
    "from_file", "legacy_contiguous_format", *(f"_cast_{name}" for name in _CASTS), *_GONE,
]  # fmt: skip


def _cast(name: str, dtype: Any) -> Callable[..., Any]:
    def cast(input: Any, non_blocking: bool = False) -> Any:
        return input.to(dtype, non_blocking=non_blocking)

    cast.__name__ = cast.__qualname__ = f"_cast_{name}"
    cast.__doc__ = f"The tensor as {str(dtype).rpartition('.')[2]}."
    return cast


def _gone(name: str, instead: str) -> Callable[..., NoReturn]:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(f"{name}: this function has been removed, here as in PyTorch; use {instead}")

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = f"Removed; {instead} replaced it."
    return refused


for _name, _dtype in _CASTS.items():
    globals()[f"_cast_{_name}"] = _cast(_name, _dtype)
for _name, _instead in _GONE.items():
    globals()[_name] = _gone(_name, _instead)
del _name, _dtype, _instead


@overridable
def spmm(input: Any, mat2: Any) -> Any:
    """`mm`, of a sparse matrix and a dense one."""
    return flambeau.mm(input, mat2)


dsmm = hsmm = spmm


@overridable
def hspmm(mat1: Any, mat2: Any) -> Any:
    """A sparse matrix times a dense one: sparse in the rows that hold elements, dense along them."""
    product = flambeau.smm(mat1, mat2)
    rows = product._indices()[0, :: mat2.shape[1]] if mat2.shape[1] else product._indices()[0]
    values = flambeau._C.aten._sparse_values(product).reshape(len(rows), mat2.shape[1])
    return flambeau.sparse_coo_tensor(rows.unsqueeze(0), values, (mat1.shape[0], mat2.shape[1]), is_coalesced=True)


def saddmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`sspaddmm`: sparse, of sparse `input` and `mat1` and a dense `mat2`."""
    return flambeau.sspaddmm(input, mat1, mat2, beta=beta, alpha=alpha)


def _convert_indices_from_coo_to_csr(input: Any, size: int, *, out_int32: bool = False) -> Any:
    """From the sorted row numbers of entries, where each of `size` rows begins, and the end."""
    dtype = flambeau.int32 if out_int32 else flambeau.int64
    counts = flambeau.bincount(input, minlength=size)
    return flambeau.cat([counts.new_zeros(1), counts.cumsum(0)]).to(dtype)


def _convert_indices_from_csr_to_coo(
    crow_indices: Any, col_indices: Any, *, out_int32: bool = False, transpose: bool = False
) -> Any:
    """From where rows begin and the columns of entries, rows and columns (2, entries)."""
    dtype = flambeau.int32 if out_int32 else flambeau.int64
    rows = flambeau.arange(len(crow_indices) - 1).repeat_interleave(crow_indices.diff().long())
    pair = [col_indices.to(dtype), rows.to(dtype)] if transpose else [rows.to(dtype), col_indices.to(dtype)]
    return flambeau.stack(pair)


legacy_contiguous_format = flambeau.contiguous_format


def from_file(
    filename: str,
    shared: bool | None = None,
    size: int | None = 0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
) -> Any:
    """A vector over the bytes of a file.

    Args:
        filename: of a file with at least `size` elements; with `shared` it is made longer where it is not, and made
            where there is none.
        shared: writes go to the file; else the tensor is a copy of it.
        size: number of elements.
    """
    dtype = flambeau.get_default_dtype() if dtype is None else dtype
    nbytes = (size or 0) * dtype.itemsize
    if shared:
        storage = flambeau.UntypedStorage.from_file(filename, True, nbytes)
        return flambeau.empty(0, dtype=dtype).set_(storage, 0, (size or 0,))
    with open(filename, "rb") as file:
        data = bytearray(file.read(nbytes))
    if len(data) < nbytes:
        raise RuntimeError(f"from_file: {filename} has {len(data)} bytes, {nbytes} are wanted for {size} elements")
    return flambeau.frombuffer(data, dtype=dtype) if size else flambeau.empty(0, dtype=dtype)
