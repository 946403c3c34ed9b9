"""NumPy scalars, arrays and dtypes in a saved file, when NumPy is there.

Only plain numbers and text of fixed width: a dtype with objects, fields or subarrays is refused, and data must be
bytes of exactly the right count before NumPy sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

PLAIN_DTYPE = re.compile(r"[<>=|]?(?:\?|b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SU]\d{1,6})")
MAX_DIMS = 32


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise UnpicklingError("the file holds NumPy values; install NumPy to load it") from None
    return numpy


def _dtype(spec: Any, align: Any = False, copy: Any = True) -> Any:
    if type(spec) is not str or not PLAIN_DTYPE.fullmatch(spec):
        raise UnpicklingError(f"numpy.dtype({spec!r:.80}) is not a plain number or text")
    return _numpy().dtype(spec, False, True)


def _check_dtype(dtype: Any, what: str) -> Any:
    numpy = _numpy()
    if not isinstance(dtype, numpy.dtype) or dtype.hasobject or dtype.fields is not None or dtype.subdtype is not None:
        raise UnpicklingError(f"{what} whose dtype is {dtype!r:.80}")
    return numpy


def _data(value: Any, wanted: int, what: str) -> bytes:
    if type(value) is str:  # protocols 0 to 2 as Python 2 wrote them
        value = value.encode("latin1")
    if type(value) is not bytes or len(value) != wanted:
        size = f"{len(value)} bytes" if type(value) is bytes else f"a {type(value).__name__}"
        raise UnpicklingError(f"{what} wants {wanted} bytes, the file gives {size}")
    return value


def _scalar(dtype: Any, data: Any = None) -> Any:
    numpy = _check_dtype(dtype, "a NumPy scalar")
    return numpy.frombuffer(_data(data, dtype.itemsize, "a NumPy scalar"), dtype=dtype, count=1)[0]


def _empty_array(cls: Any, shape: Any, code: Any) -> Any:
    numpy = _numpy()
    if cls is not numpy.ndarray or shape not in ((0,), []) or code not in (b"b", "b"):
        raise UnpicklingError("a NumPy array that is not made as NumPy makes it")
    return numpy.ndarray.__new__(numpy.ndarray, (0,), "b")


def _make_dtype() -> tuple[Any, Callable[..., Any]]:
    return _numpy().dtype, _dtype


def _make_scalar() -> tuple[Any, Callable[..., Any]]:
    return _scalar, _scalar


def _make_array() -> tuple[Any, Callable[..., Any]]:
    return _empty_array, _empty_array


NUMPY_NAMES: dict[str, Callable[[], tuple[Any, Callable[..., Any] | None]]] = {
    "numpy.dtype": _make_dtype,
    "numpy.ndarray": lambda: (_numpy().ndarray, None),
    **{f"numpy.{core}.multiarray.scalar": _make_scalar for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray._reconstruct": _make_array for core in ("core", "_core")},
}


def build_numpy(instance: Any, state: Any) -> Any:
    """BUILD for a dtype (byte order) or an array (shape and bytes)."""
    numpy = _numpy()
    if isinstance(instance, numpy.dtype):
        _check_dtype(instance, "a NumPy dtype")
        if type(state) is not tuple or not 3 <= len(state) <= 9 or state[1] not in tuple("<>|="):
            raise UnpicklingError("NumPy dtype state that is not a byte order")
        if any(part is not None for part in state[2:5]):
            raise UnpicklingError("a NumPy dtype with fields or a subarray")
        return instance if state[1] in "|=" else instance.newbyteorder(state[1])
    if type(instance) is not numpy.ndarray:
        raise UnpicklingError(f"state for a {type(instance).__name__}")
    if type(state) is not tuple or len(state) != 5:
        raise UnpicklingError("NumPy array state without its five parts")
    _, shape, dtype, fortran, data = state
    _check_dtype(dtype, "a NumPy array")
    if type(shape) is not tuple or len(shape) > MAX_DIMS or any(type(n) is not int or n < 0 for n in shape):
        raise UnpicklingError(f"a NumPy array of shape {shape!r:.80}")
    count = 1
    for size in shape:
        count *= size
    raw = _data(data, count * dtype.itemsize, f"a NumPy array of shape {shape}")
    instance.__setstate__((1, shape, dtype, bool(fortran), raw))
    return instance
