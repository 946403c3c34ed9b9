"""`finfo` and `iinfo`: the limits of element types."""

from __future__ import annotations

from typing import Any

import flambeau

# name: (bits, exponent of the spacing at 1, largest value, exponent of the smallest normal value, decimal digits)
_FLOATS: dict[str, tuple[int, int, float, int, int]] = {
    "float16": (16, -10, 65504.0, -14, 3),
    "bfloat16": (16, -7, (2 - 2.0**-7) * 2.0**127, -126, 2),
    "float32": (32, -23, (2 - 2.0**-23) * 2.0**127, -126, 6),
    "float64": (64, -52, (2 - 2.0**-52) * 2.0**1023, -1022, 15),
    "float8_e4m3fn": (8, -3, 448.0, -6, 0),
    "float8_e5m2": (8, -2, 57344.0, -14, 0),
    "float8_e4m3fnuz": (8, -3, 240.0, -7, 0),
    "float8_e5m2fnuz": (8, -3, 57344.0, -15, 0),
}
_PARTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_INTEGERS = {f"{kind}int{bits}": (bits, kind == "") for kind in ("", "u") for bits in (8, 16, 32, 64)}


def _name(dtype: Any, function: str) -> str:
    if not isinstance(dtype, flambeau.dtype):
        raise TypeError(f"{function}(): argument 'type' (position 1) must be torch.dtype, not {type(dtype).__name__}")
    return str(dtype).rpartition(".")[2]


class finfo:
    """Limits of a floating type: ``bits``, ``eps``, ``max``, ``min``, ``tiny``, ``smallest_normal``, ``resolution``.

    Without a type it answers for the default one; for a complex type, for its parts.

        >>> flambeau.finfo(flambeau.bfloat16).eps
        0.0078125
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, type: Any = None) -> None:
        name = _name(flambeau.get_default_dtype() if type is None else type, "finfo")
        name = _PARTS.get(name, name)
        if name not in _FLOATS:
            raise TypeError(f"finfo: torch.{name} is no floating type; iinfo answers for integers")
        self.bits, spacing, self.max, smallest, digits = _FLOATS[name]
        self.dtype = name
        self.min = -self.max
        self.eps = 2.0**spacing
        self.tiny = self.smallest_normal = 2.0**smallest
        self.resolution = float(f"1e-{digits}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer type: ``bits``, ``max``, ``min``.

    >>> flambeau.iinfo(flambeau.int16).max
    32767
    """

    __slots__ = ("bits", "dtype", "max", "min")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, type: Any) -> None:
        name = _name(type, "iinfo")
        if name == "bool":
            raise TypeError("iinfo: torch.bool is not supported; its values are False and True")
        if name not in _INTEGERS:
            raise TypeError(f"iinfo: torch.{name} is no integer type; finfo answers for floating types")
        self.bits, signed = _INTEGERS[name]
        self.dtype = name
        self.min = -(2 ** (self.bits - 1)) if signed else 0
        self.max = 2 ** (self.bits - 1 if signed else self.bits) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


finfo.__module__ = iinfo.__module__ = "flambeau"
