"""`make_tensor`: random tensors for tests, of any dtype and of unusual layouts."""

from __future__ import annotations

import math
from typing import Any

import flambeau

__all__ = ["make_tensor"]

_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
_SIGNED = ("int8", "int16", "int32", "int64")


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Any:
    """A tensor of uniform random values from ``[low, high)``.

    By default the range is [−9, 9) for floats and complex parts, [−9, 10) for signed integers, [0, 10) for unsigned
    ones and both values for booleans.

    Args:
        shape: sizes, or one sequence of them.
        dtype, device: of the result.
        low, high: the range.
        requires_grad: of the result; floats and complex only.
        noncontiguous: give it gaps in memory; has no effect below two elements.
        exclude_zero: replace zeros by the smallest positive number.
        memory_format: of the result; excludes noncontiguous.

    Raises:
        ValueError: the range is empty, or flags contradict each other.
    """
    if len(shape) == 1 and isinstance(shape[0], (list, tuple)):
        shape = tuple(shape[0])
    if noncontiguous and memory_format is not None:
        raise ValueError("make_tensor: noncontiguous and memory_format exclude each other")
    name = str(dtype).rpartition(".")[2]
    inexact = dtype.is_floating_point or dtype.is_complex
    if requires_grad and not inexact:
        raise ValueError(f"make_tensor: requires_grad wants floats or complex numbers, not {dtype}")
    defaults: tuple[float, float]
    limits: tuple[float, float]
    if name == "bool":
        defaults, limits = (0, 2), (0, 2)
    elif name in _UNSIGNED + _SIGNED:
        info = flambeau.iinfo(dtype)
        defaults, limits = ((0, 10) if name in _UNSIGNED else (-9, 10)), (info.min, info.max)
    elif inexact:
        edge = flambeau.finfo(dtype.to_real() if dtype.is_complex else dtype).max
        defaults, limits = (-9, 9), (-edge, edge)
    else:
        raise TypeError(f"make_tensor: {dtype} is not supported")
    low, high = _range(low, high, defaults, limits, inexact)
    if noncontiguous and math.prod(shape) > 1:
        # Every second element of a tensor twice as wide.
        wide = (*shape[:-1], 2 * shape[-1])
        result = _draw(wide, dtype, device, low, high, name, inexact)[..., 1::2]
    else:
        result = _draw(tuple(shape), dtype, device, low, high, name, inexact)
    if memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        smallest = flambeau.finfo(dtype).tiny if inexact else 1
        value = complex(smallest, smallest) if dtype.is_complex else smallest
        result[result == 0] = value
    return result.requires_grad_(requires_grad) if requires_grad else result


def _range(low: Any, high: Any, defaults: Any, limits: Any, inexact: bool) -> tuple[Any, Any]:
    low = defaults[0] if low is None else low
    high = defaults[1] if high is None else high
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"make_tensor: low is {low} and high is {high}, numbers are wanted")
    if (low == high and inexact) or low >= high:
        raise ValueError(f"make_tensor: low is {low} and high is {high}, low must be smaller")
    if not inexact:
        low, high = math.floor(low), math.ceil(high)
    return max(limits[0], min(low, limits[1])), max(limits[0], min(high, limits[1]))


def _draw(shape: Any, dtype: Any, device: Any, low: Any, high: Any, name: str, inexact: bool) -> Any:
    if dtype.is_complex:
        parts = flambeau.view_as_real(flambeau.empty(shape, device=device, dtype=dtype))
        parts.uniform_(low, high)
        return flambeau.view_as_complex(parts)
    if name.startswith("float8"):
        return flambeau.empty(shape, device=device, dtype=flambeau.float32).uniform_(low, high).to(dtype)
    if inexact:
        return flambeau.empty(shape, device=device, dtype=dtype).uniform_(low, high)
    if name == "bool":
        return flambeau.randint(low, high, shape, device=device, dtype=dtype)
    if name == "int64" and high == flambeau.iinfo(dtype).max:
        high -= 1
    wide = name in ("uint16", "uint32", "uint64")
    drawn = flambeau.randint(low, high, shape, device=device, dtype=flambeau.int64 if wide else dtype)
    return drawn.to(dtype) if wide else drawn
