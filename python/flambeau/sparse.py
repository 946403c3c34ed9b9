"""Sparse tensors in coordinate form: making them, and what `flambeau.sparse` offers on them.

The compressed layouts (CSR and its relatives) are not there; what asks for them is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import flambeau
from flambeau import _C
from flambeau._C import Tensor

aten = _C.aten
_checking = [False]


def _as_indices(indices: Any, device: Any) -> Any:
    if not isinstance(indices, Tensor):
        if isinstance(indices, (list, tuple)) and len(indices) == 0:
            return flambeau.zeros((0, 0), dtype=flambeau.int64, device=device)
        indices = flambeau.as_tensor(indices)
    if indices.dim() != 2:
        raise RuntimeError(f"sparse_coo_tensor: indices must be sparse_dim x nnz, but got shape {tuple(indices.shape)}")
    return indices.detach().to(device=device, dtype=flambeau.int64)


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> Tensor:
    """A sparse tensor of the elements ``values`` at the places ``indices``.

    Args:
        indices: integers of shape (sparse_dim, nnz); a column names one place. Columns may repeat: their values add up.
        values: of shape (nnz, sizes of the dense dimensions...). A tensor on the tape passes gradients on.
        size: of the whole tensor; without it as large as the indices need.
        check_invariants: whether indices are compared with ``size``; by default as
            `check_sparse_tensor_invariants` says. Negative ones are always refused when the size is inferred.
        is_coalesced: says that the columns are in order and none repeats.

    Called with a size alone it gives a tensor without elements. Raises RuntimeError for parts that do not fit.
    """
    if values is None and (indices is None or size is None):
        if indices is None and size is None:
            raise TypeError("sparse_coo_tensor: expected indices and values, or a size")
        sizes = tuple(size if indices is None else indices)
        indices = flambeau.zeros((len(sizes), 0), dtype=flambeau.int64, device=device)
        values = flambeau.zeros((0,), dtype=dtype, device=device)
        return _with_grad(aten._sparse_from_parts(indices, values, sizes, True), requires_grad)
    if not isinstance(values, Tensor):
        values = flambeau.as_tensor(values, dtype=dtype, device=device)
    elif dtype is not None or device is not None:
        values = values.to(device=device, dtype=dtype if dtype is not None else values.dtype)
    if values.dim() == 0:
        values = values.expand(1)
    where = _as_indices(indices, values.device if device is None else device)
    if where.numel() == 0 and where.shape[0] == 0 and size is not None and values.dim() == 1 and len(size) > 0:
        where = where.new_zeros((len(size), 0))
    if size is None:
        if where.shape[1] == 0:
            size = (0,) * where.shape[0] + tuple(values.shape[1:])
        else:
            lowest, highest = where.amin(1).tolist(), where.amax(1).tolist()
            for dim, low in enumerate(lowest):
                if low < 0:
                    raise RuntimeError(f"sparse_coo_tensor: found negative index {low} for dim {dim}")
            size = tuple(high + 1 for high in highest) + tuple(values.shape[1:])
    size = tuple(size)
    if is_coalesced is None and where.shape[1] < 2:
        is_coalesced = True  # nothing to put in order
    if is_coalesced and not requires_grad:
        values = values if values.requires_grad else values.detach()
    plain = values if not requires_grad else values.detach()
    result = aten._sparse_from_parts(where, plain, size, bool(is_coalesced))
    # What reads the elements trusts the indices, so they are compared with the sizes whatever was asked for.
    aten._check_sparse_indices(where, size)
    if is_coalesced and (check_invariants or (check_invariants is None and _checking[0])):
        again = aten._sparse_from_parts(where, plain.detach(), size, False).coalesce()
        if again._nnz() != result._nnz() or not flambeau.equal(again._indices(), where):
            raise RuntimeError("sparse_coo_tensor: is_coalesced is True, but the indices are not in order or repeat")
    return _with_grad(result, requires_grad)


def _with_grad(tensor: Tensor, requires_grad: bool) -> Tensor:
    return tensor.requires_grad_() if requires_grad else tensor


class check_sparse_tensor_invariants:
    """Whether constructors check what they are given: a context, a decorator, and `enable`, `disable`, `is_enabled`."""

    def __init__(self, enable: bool = True) -> None:
        self.state = enable
        self._before: list[bool] = []

    @staticmethod
    def is_enabled() -> bool:
        """Whether checking is on."""
        return _checking[0]

    @staticmethod
    def enable() -> None:
        """Turns checking on."""
        _checking[0] = True

    @staticmethod
    def disable() -> None:
        """Turns checking off."""
        _checking[0] = False

    def __enter__(self) -> None:
        self._before.append(_checking[0])
        _checking[0] = self.state

    def __exit__(self, *exception: object) -> None:
        _checking[0] = self._before.pop()

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            with type(self)(self.state):
                return function(*args, **kwargs)

        return checked


def mm(mat1: Tensor, mat2: Tensor, reduce: str | None = None) -> Tensor:
    """Matrix product with a sparse argument: strided, or sparse where both are."""
    if reduce is not None:
        raise NotImplementedError(
            f"sparse.mm: reduce={reduce!r} is for compressed layouts, which are not implemented; use a plain product"
        )
    return aten.mm(mat1, mat2)


def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1.0, alpha: Any = 1.0) -> Tensor:
    """``beta * mat + alpha * (mat1 @ mat2)`` with a sparse ``mat1``."""
    return aten.addmm(mat, mat1, mat2, beta=beta, alpha=alpha)


def sum(input: Tensor, dim: int | Sequence[int] | None = None, dtype: Any = None) -> Tensor:
    """The sum of a sparse tensor over some dimensions: sparse while sparse dimensions are left."""
    if dim is None:
        return aten.sum(input, dtype=dtype)
    return aten.sum(input, (dim,) if isinstance(dim, int) else tuple(dim), dtype=dtype)


def _along(function: Any, input: Tensor, dim: int, dtype: Any) -> Tensor:
    """softmax or log_softmax over the elements that are given; absent ones count as -inf."""
    tensor = (input if dtype is None else input.to(dtype)).coalesce()
    dim = dim % tensor.dim() if tensor.dim() else dim
    if dim >= tensor.sparse_dim():
        values = function(tensor.values(), dim - tensor.sparse_dim() + 1)
        return aten._sparse_from_parts(tensor.indices(), values, tuple(tensor.shape), True)
    indices, values = tensor.indices(), tensor.values()
    others = flambeau.cat([indices[:dim], indices[dim + 1 :]])
    if others.shape[0] == 0:
        group, count = flambeau.zeros_like(indices[0]), 1
    else:
        names, group = flambeau.unique(others, dim=1, return_inverse=True)
        count = names.shape[1]
    where = group.reshape((-1,) + (1,) * (values.dim() - 1)).expand_as(values)
    shape = (count, *values.shape[1:])
    most = flambeau.full(shape, -float("inf"), dtype=values.dtype).scatter_reduce(0, where, values.detach(), "amax")
    shifted = values - most.gather(0, where)
    total = flambeau.zeros(shape, dtype=values.dtype).scatter_add(0, where, shifted.exp()).gather(0, where)
    result = shifted.exp() / total if function is flambeau.softmax else shifted - total.log()
    return aten._sparse_from_parts(indices, result, tuple(tensor.shape), True)


def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Softmax along ``dim`` over the elements that are given; the others stay away, as if they were ``-inf``."""
    return _along(flambeau.softmax, input, dim, dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The logarithm of :func:`softmax`."""
    return _along(flambeau.log_softmax, input, dim, dtype)


def spdiags(diagonals: Tensor, offsets: Tensor, shape: Sequence[int], layout: Any = None) -> Tensor:
    """A sparse matrix from the rows of ``diagonals``: row ``i`` lies on diagonal ``offsets[i]``, from column 0."""
    if layout is not None and layout != flambeau.sparse_coo:
        raise NotImplementedError(f"sparse.spdiags: layout {layout} is not implemented; the nearest is sparse_coo")
    table = diagonals.unsqueeze(0) if diagonals.dim() == 1 else diagonals
    starts = offsets.reshape(-1)
    if table.shape[0] != starts.numel():
        raise RuntimeError(f"spdiags: {table.shape[0]} diagonals, but {starts.numel()} offsets")
    if len(shape) != 2 or len(set(starts.tolist())) != starts.numel():
        raise RuntimeError(f"spdiags: wants a shape of two sizes and offsets that differ, got {tuple(shape)}, {starts}")
    columns = flambeau.arange(table.shape[1]).expand(table.shape)
    rows = columns - starts.reshape(-1, 1)
    inside = (rows >= 0) & (rows < shape[0]) & (columns < shape[1])
    return sparse_coo_tensor(flambeau.stack([rows[inside], columns[inside]]), table[inside], tuple(shape))


def _absent(name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"sparse.{name}: compressed sparse tensors are not implemented; sparse_coo_tensor() gives coordinate form"
        )

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = "Not implemented: there are no compressed sparse tensors."
    return refused


_COMPRESSED = ("sparse_csr_tensor", "sparse_csc_tensor", "sparse_bsr_tensor", "sparse_bsc_tensor")
for _name in ("as_sparse_gradcheck", "sampled_addmm", *_COMPRESSED, "sparse_compressed_tensor"):
    globals()[_name] = _absent(_name)
del _name


def __getattr__(name: str) -> Any:
    from flambeau._tensor import LEGACY_TYPES, legacy_sparse_type

    if name not in LEGACY_TYPES:
        raise AttributeError(f"module 'flambeau.sparse' has no attribute '{name}'")
    globals()[name] = made = legacy_sparse_type(name)
    return made
