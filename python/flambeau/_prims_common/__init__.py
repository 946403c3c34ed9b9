"""Questions about shapes, strides and element types that programs ask of PyTorch's `_prims_common`."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from enum import Enum
from functools import reduce
from typing import Any

import flambeau
from flambeau import Tensor

DeviceLikeType = str | flambeau.device | int
NumberType = bool | int | float | complex
Number = (bool, int, float, complex)
TensorLike = Tensor
TensorLikeType = Tensor
ShapeType = Sequence[int]
StrideType = Sequence[int]
DimsType = int | Sequence[int]
IntLike = int
FloatLike = float
BoolLike = bool


# How operators promote the types of their arguments, and what they give.
ELEMENTWISE_TYPE_PROMOTION_KIND = Enum(
    "ELEMENTWISE_TYPE_PROMOTION_KIND",
    "DEFAULT NO_OPMATH INT_TO_FLOAT ALWAYS_BOOL COMPLEX_TO_FLOAT BOOL_TO_LONG",
    module=__name__,
)
RETURN_TYPE = Enum("RETURN_TYPE", "NEW VIEW INPLACE NONE", module=__name__)


def is_float_dtype(dtype: Any) -> bool:
    """Whether a type is a real floating-point one."""
    return bool(dtype.is_floating_point)


def is_complex_dtype(dtype: Any) -> bool:
    """Whether a type is complex."""
    return bool(dtype.is_complex)


def is_boolean_dtype(dtype: Any) -> bool:
    """Whether a type is bool."""
    return bool(dtype is flambeau.bool)


def is_integer_dtype(dtype: Any) -> bool:
    """Whether a type is an integer one, bool not among them."""
    return not (dtype.is_floating_point or dtype.is_complex or dtype is flambeau.bool)


def is_same_shape(a: Sequence[int], b: Sequence[int]) -> bool:
    """Whether two shapes are equal."""
    return tuple(a) == tuple(b)


def make_contiguous_strides_for(shape: Sequence[int], row_major: bool = True) -> tuple[int, ...]:
    """The strides of a contiguous tensor; with ``row_major=False`` the last two dimensions are exchanged."""
    sizes = [max(size, 1) for size in shape]
    strides = list(itertools.accumulate(reversed(sizes[1:]), operator.mul, initial=1))[::-1] if sizes else []
    if not row_major and len(sizes) >= 2:
        strides[-2:] = [1, sizes[-2]]
    return tuple(strides)


def is_contiguous(a: Tensor) -> bool:
    """Whether a tensor's elements lie one after the other."""
    return bool(a.is_contiguous())


is_contiguous_or_false = is_contiguous


def canonicalize_dim(rank: int, idx: int, wrap_scalar: bool = True) -> int:
    """A dimension counted from the front. IndexError for one that is not there."""
    if rank == 0 and wrap_scalar:
        rank = 1
    if not -rank <= idx < rank:
        raise IndexError(f"canonicalize_dim: dimension {idx} of a tensor with {rank}; {-rank} to {rank - 1} are there")
    return idx % rank


def canonicalize_dims(rank: int, indices: Any, wrap_scalar: bool = True) -> Any:
    """Dimensions counted from the front."""
    if isinstance(indices, int):
        return canonicalize_dim(rank, indices, wrap_scalar)
    return tuple(canonicalize_dim(rank, x, wrap_scalar) for x in indices)


def canonicalize_device(device: Any) -> Any:
    """A device from its name."""
    return flambeau.device(device)


def dtype_to_type(dtype: Any) -> type:
    """The Python number of a type."""
    if dtype is flambeau.bool:
        return bool
    return complex if dtype.is_complex else float if dtype.is_floating_point else int


def type_to_dtype(typ: type) -> Any:
    """The type that a Python number has as a tensor."""
    if typ is complex:
        return flambeau.promote_types(flambeau.get_default_dtype(), flambeau.complex32)
    return {bool: flambeau.bool, int: flambeau.int64, float: flambeau.get_default_dtype()}[typ]


def corresponding_real_dtype(dtype: Any) -> Any:
    """The type of the real part."""
    return dtype.to_real()


def corresponding_complex_dtype(dtype: Any) -> Any:
    """The complex type with such parts."""
    return dtype.to_complex()


def prod(xs: Sequence[int]) -> int:
    """The product."""
    return reduce(operator.mul, xs, 1)


def extract_shape(*args: Any, allow_cpu_scalar_tensors: bool) -> Any:
    """The shape that the tensors among the arguments broadcast to; None without any."""
    shapes = [a.shape for a in args if isinstance(a, Tensor) and not (allow_cpu_scalar_tensors and a.dim() == 0)]
    return flambeau.broadcast_shapes(*shapes) if shapes else None
