"""ATen's operators that are written in Python here: questions about a tensor, and what needs an absent device.

`ops.aten` looks here for names that the operator table does not have.
"""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau.library._library import Library

Tensor = flambeau.Tensor
_library = Library("aten", "FRAGMENT")


def _operator(schema: str) -> Any:
    """Define an operator with the function that is decorated; it is differentiated through."""

    def enter(function: Any) -> Any:
        name = _library.define(schema)
        _library.impl("aten::" + name, function, "CompositeImplicitAutograd")
        return function

    return enter


@_operator("size(Tensor self) -> int[]")
@_operator("sym_size(Tensor self) -> SymInt[]")
def _size(self: Any) -> list[int]:
    return list(self.shape)


@_operator("size.int(Tensor self, int dim) -> int")
@_operator("sym_size.int(Tensor self, int dim) -> SymInt")
def _size_of(self: Any, dim: int) -> int:
    return self.shape[dim]


@_operator("stride(Tensor self) -> int[]")
@_operator("sym_stride(Tensor self) -> SymInt[]")
def _stride(self: Any) -> list[int]:
    return list(self.stride())


@_operator("stride.int(Tensor self, int dim) -> int")
@_operator("sym_stride.int(Tensor self, int dim) -> SymInt")
def _stride_of(self: Any, dim: int) -> int:
    return self.stride(dim)


@_operator("dim(Tensor self) -> int")
def _dim(self: Any) -> int:
    return self.dim()


@_operator("numel(Tensor self) -> int")
@_operator("sym_numel(Tensor self) -> SymInt")
def _numel(self: Any) -> int:
    return self.numel()


@_operator("sym_storage_offset(Tensor self) -> SymInt")
def _storage_offset(self: Any) -> int:
    return self.storage_offset()


@_operator("is_complex(Tensor self) -> bool")
def _is_complex(self: Any) -> bool:
    return self.is_complex()


@_operator("is_floating_point(Tensor self) -> bool")
def _is_floating_point(self: Any) -> bool:
    return self.is_floating_point()


@_operator("is_contiguous(Tensor self) -> bool")
@_operator("is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool")
def _is_contiguous(self: Any, memory_format: Any = flambeau.contiguous_format) -> bool:
    return self.is_contiguous(memory_format=memory_format)


@_operator("is_pinned(Tensor self, Device? device=None) -> bool")
def _is_pinned(self: Any, device: Any = None) -> bool:
    return bool(self.is_pinned())


@_operator("pin_memory(Tensor(a) self, Device? device=None) -> Tensor(a)")
@_operator("_pin_memory(Tensor self, Device? device=None) -> Tensor")
def _pin_memory(self: Any, device: Any = None) -> Any:
    return self.pin_memory(device)


@_operator("requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)")
def _requires_grad_(self: Any, requires_grad: bool = True) -> Any:
    return self.requires_grad_(requires_grad)


@_operator("data(Tensor self) -> Tensor")
def _data(self: Any) -> Any:
    return self.data


@_operator("lift_fresh_copy(Tensor self) -> Tensor")
def _lift_fresh_copy(self: Any) -> Any:
    return self.clone()


@_operator("copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor")
def _copy(self: Any, src: Any, non_blocking: bool = False) -> Any:
    return src.to(dtype=self.dtype, device=self.device).expand(self.shape).clone()


@_operator("_assert_async(Tensor self) -> ()")
@_operator("_assert_async.msg(Tensor self, str assert_msg) -> ()")
def _assert_async(self: Any, assert_msg: str = "") -> None:
    if not bool(self):
        raise RuntimeError(assert_msg or "_assert_async: the one element is zero, another value was expected")


@_operator("_assert_scalar(Scalar self, str assert_msg) -> ()")
def _assert_scalar(self: Any, assert_msg: str) -> None:
    if not self:
        raise RuntimeError(assert_msg)


@_operator("sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()")
@_operator("sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()")
def _constrain_range(size: Any, *, min: int | None = None, max: int | None = None) -> None:
    if (min is not None and size < min) or (max is not None and size > max):
        raise RuntimeError(f"sym_constrain_range: {size} is not from {min} to {max}")


@_operator("_sparse_addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor")
def _sparse_addmm(self: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return flambeau.sparse.addmm(self, mat1, mat2, beta=beta, alpha=alpha)


@_operator("_sparse_mm_reduce_impl(Tensor self, Tensor other, str reduce) -> (Tensor, Tensor)")
def _sparse_mm_reduce_impl(self: Any, other: Any, reduce: str) -> Any:
    raise NotImplementedError(
        f"_sparse_mm_reduce_impl: products of sparse matrices with reduce={reduce!r} are not here; sparse.mm sums"
    )
