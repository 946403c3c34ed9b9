"""`assert_close`: equality within tolerances, of tensors, numbers and containers of them."""

from __future__ import annotations

import cmath
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flambeau

__all__ = ["assert_allclose", "assert_close", "default_tolerances"]

_TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex32": (1e-3, 1e-5),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


class _Mismatch(AssertionError):
    """A difference, with the place in the containers where it was found."""

    def __init__(self, text: str, path: tuple[Any, ...]) -> None:
        super().__init__(text)
        self.text = text
        self.path = path


def default_tolerances(*inputs: Any, dtype_precisions: Any = None) -> tuple[float, float]:
    """Relative and absolute tolerance for tensors or dtypes: the largest of theirs, 0 for integers."""
    pairs = []
    for value in inputs:
        dtype = value.dtype if isinstance(value, flambeau.Tensor) else value
        if dtype_precisions is not None:
            pairs.append(dtype_precisions.get(dtype, (0.0, 0.0)))
        else:
            pairs.append(_TOLERANCES.get(str(dtype).rpartition(".")[2], (0.0, 0.0)))
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    r"""Raise unless ``|actual − expected| ≤ atol + rtol·|expected|`` everywhere.

    Without tolerances those of the dtype are used: float32 1.3e-6 and 1e-5, float64 1e-7, bfloat16 1.6e-2 and 1e-5,
    float16 1e-3 and 1e-5, integers 0; of two dtypes the larger.

    Args:
        actual, expected: tensors, things that `as_tensor` understands, numbers, None, or sequences and mappings of
        them. allow_subclasses: accept a subclass for its base.
        rtol, atol: tolerances; both or neither.
        equal_nan: NaN equals NaN.
        check_device, check_dtype, check_layout, check_stride: these must be equal too.
        msg: replaces the message, or is given it and returns another.

    Raises:
        AssertionError: they differ.
        TypeError: a pair cannot be compared.
        ValueError: one tolerance was given without the other.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"assert_close: rtol is {rtol} and atol is {atol}; give both or neither")
    options = {
        "subclasses": allow_subclasses,
        "rtol": rtol,
        "atol": atol,
        "equal_nan": equal_nan,
        "device": check_device,
        "dtype": check_dtype,
        "layout": check_layout,
        "stride": check_stride,
    }
    try:
        _compare(actual, expected, options, ())
        return
    except _Mismatch as difference:
        text = difference.text
        if difference.path:
            text += "\nat item " + "".join(f"[{key!r}]" for key in difference.path)
    if msg is not None:
        text = msg(text) if callable(msg) else msg
    raise AssertionError(text)


def assert_allclose(
    actual: Any, expected: Any, rtol: Any = None, atol: Any = None, equal_nan: bool = True, msg: str = ""
) -> None:
    """Older name of `assert_close` that ignores dtype and device, and takes numbers beside tensors."""
    warnings.warn("assert_allclose: use assert_close", FutureWarning, stacklevel=2)
    if not isinstance(actual, flambeau.Tensor):
        actual = flambeau.tensor(actual)
    if not isinstance(expected, flambeau.Tensor):
        expected = flambeau.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        rtol, atol = default_tolerances(actual, expected)
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=True,
        check_dtype=False,
        check_stride=False,
        msg=msg or None,
    )


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic))


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex)) and not _is_array(value)


def _compare(actual: Any, expected: Any, options: dict[str, Any], path: tuple[Any, ...]) -> None:
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        missing, more = sorted(set(expected) - set(actual), key=repr), sorted(set(actual) - set(expected), key=repr)
        if missing or more:
            raise _Mismatch(f"assert_close: keys differ: actual lacks {missing} and has {more} more", path)
        for key in actual:
            _compare(actual[key], expected[key], options, (*path, key))
        return
    plain = not isinstance(actual, (str, bytes)) and not isinstance(expected, (str, bytes))
    if plain and isinstance(actual, Sequence) and isinstance(expected, Sequence):
        if len(actual) != len(expected):
            raise _Mismatch(
                f"assert_close: lengths differ: actual has {len(actual)} items, expected {len(expected)}", path
            )
        for place, (left, right) in enumerate(zip(actual, expected, strict=False)):
            _compare(left, right, options, (*path, place))
        return
    if actual is None or expected is None:
        if actual is not expected:
            raise _Mismatch(f"assert_close: actual is {actual!r}, expected {expected!r}", path)
        return
    if isinstance(actual, bool) and isinstance(expected, bool):
        if actual is not expected:
            raise _Mismatch(f"assert_close: actual is {actual}, expected {expected}", path)
        return
    if _is_plain_number(actual) and _is_plain_number(expected):
        _compare_numbers(actual, expected, options, path)
        return
    left, right = _as_tensors(actual, expected, options, path)
    _compare_tensors(left, right, options, path)


def _as_tensors(actual: Any, expected: Any, options: dict[str, Any], path: tuple[Any, ...]) -> tuple[Any, Any]:
    kinds = type(actual), type(expected)
    related = issubclass(kinds[0], kinds[1]) or issubclass(kinds[1], kinds[0])
    tensors = isinstance(actual, flambeau.Tensor) and isinstance(expected, flambeau.Tensor)
    arrays = _is_array(actual) and _is_array(expected)
    if not (kinds[0] is kinds[1] or (options["subclasses"] and (related or tensors))) or not (tensors or arrays):
        where = f" at {path}" if path else ""
        raise TypeError(
            f"assert_close: {kinds[0].__name__} and {kinds[1].__name__}{where} cannot be compared; give two "
            "tensors or two numbers"
        )
    if tensors:
        return actual, expected
    return flambeau.as_tensor(actual), flambeau.as_tensor(expected)


def _compare_numbers(actual: Any, expected: Any, options: dict[str, Any], path: tuple[Any, ...]) -> None:
    if options["dtype"] and type(actual) is not type(expected):
        raise _Mismatch(
            f"assert_close: actual is a {type(actual).__name__}, expected a {type(expected).__name__}", path
        )
    rtol, atol = options["rtol"], options["atol"]
    if rtol is None:
        dtypes = {int: flambeau.int64, bool: flambeau.bool, float: flambeau.float64, complex: flambeau.complex128}
        rtol, atol = default_tolerances(
            dtypes.get(type(actual), flambeau.float64), dtypes.get(type(expected), flambeau.float64)
        )
    if actual == expected or (options["equal_nan"] and cmath.isnan(actual) and cmath.isnan(expected)):
        return
    difference = abs(actual - expected)
    if cmath.isfinite(difference) and difference <= atol + rtol * abs(expected):
        return
    relative = difference / abs(expected) if expected else float("inf")
    raise _Mismatch(
        f"assert_close: actual is {actual}, expected {expected}: "
        f"absolute difference {difference} (allowed {atol:g}), relative {relative} (allowed {rtol:g})",
        path,
    )


def _compare_tensors(actual: Any, expected: Any, options: dict[str, Any], path: tuple[Any, ...]) -> None:
    def require(what: str, left: Any, right: Any) -> None:
        if left != right:
            raise _Mismatch(f"assert_close: {what} differs: actual {left}, expected {right}", path)

    require("shape", tuple(actual.shape), tuple(expected.shape))
    if options["layout"]:
        require("layout", actual.layout, expected.layout)
    if options["device"]:
        require("device", actual.device, expected.device)
    if options["dtype"]:
        require("dtype", actual.dtype, expected.dtype)
    if options["stride"]:
        require("stride", actual.stride(), expected.stride())
    rtol, atol = options["rtol"], options["atol"]
    if rtol is None:
        rtol, atol = default_tolerances(actual, expected)
    if actual.device.type == "meta" or expected.device.type == "meta":
        return
    actual, expected = actual.detach(), expected.detach()
    if actual.is_sparse and expected.is_sparse:
        if actual.is_coalesced() != expected.is_coalesced():
            actual, expected = actual.coalesce(), expected.coalesce()
        require("number of sparse dimensions", actual.sparse_dim(), expected.sparse_dim())
        require("number of specified elements", actual._nnz(), expected._nnz())
        parts = {**options, "stride": False, "rtol": rtol, "atol": atol}
        _compare_tensors(
            actual._indices(), expected._indices(), {**parts, "rtol": 0.0, "atol": 0.0}, (*path, "indices")
        )
        _compare_tensors(actual._values(), expected._values(), parts, (*path, "values"))
        return
    if actual.layout is not flambeau.strided:
        actual = actual.to_dense()
    if expected.layout is not flambeau.strided:
        expected = expected.to_dense()
    expected = expected.to(actual.device)
    if actual.dtype != expected.dtype:
        common = flambeau.promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(common), expected.to(common)
    good = flambeau.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=options["equal_nan"])
    if bool(good.all()):
        return
    raise _Mismatch(_describe(actual, expected, good, rtol, atol), path)


def _describe(actual: Any, expected: Any, good: Any, rtol: float, atol: float) -> str:
    """Numbers of what differs, with the two worst places."""
    wrong = int((~good).sum())
    if not actual.is_floating_point() and not actual.is_complex():
        actual, expected = actual.to(flambeau.int64), expected.to(flambeau.int64)
    difference = (actual - expected).abs()
    difference = difference.masked_fill(good, 0)
    relative = (difference / expected.abs()).masked_fill(good, 0)
    if actual.numel() == 1 and actual.dim() == 0:
        return (
            f"assert_close: actual is {actual.item()}, expected {expected.item()}: absolute difference "
            f"{difference.item()} (allowed {atol:g}), relative {relative.item()} (allowed {rtol:g})"
        )

    def worst(values: Any) -> str:
        flat = int(values.reshape(-1).argmax())
        place = []
        for size in reversed(values.shape):
            place.append(flat % size)
            flat //= size
        index = tuple(reversed(place))
        return f"{values[index].item()} at {index}: actual {actual[index].item()}, expected {expected[index].item()}"

    total = actual.numel()
    return (
        f"assert_close: {wrong} of {total} elements differ ({100 * wrong / total:.1f} %)\n"
        f"largest absolute difference {worst(difference)} (allowed {atol:g})\n"
        f"largest relative difference {worst(relative)} (allowed {rtol:g})"
    )
