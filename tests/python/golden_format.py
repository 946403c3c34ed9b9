"""The form of the golden tables of operators, shared by the tests that read them and the tool that writes them.

A tensor is {"t": dtype, "s": sizes, "v": values}, complex numbers as pairs; several results are {"l": [...]}; an error
is "error:" and the exception's class. Values are rounded to the precision of their type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

MOST_VALUES = 48
GRID_TYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
GRID_NUMBERS = (True, 2, 2.0, 2j)
TYPE_LETTERS = {
    "bool": "?", "uint8": "B", "int8": "b", "int16": "h", "int32": "i", "int64": "l", "float16": "e", "bfloat16": "g",
    "float32": "f", "float64": "d", "complex32": "E", "complex64": "F", "complex128": "D", "uint16": "H",
    "uint32": "I", "uint64": "L",
}  # fmt: skip
DIGITS = {"float16": 5, "bfloat16": 4, "float32": 8, "complex64": 8, "complex32": 5}


def error_letter(error: Exception) -> str:
    """One capital for the class of an exception."""
    for kind, letter in ((NotImplementedError, "N"), (IndexError, "X"), (ValueError, "V"), (TypeError, "T")):
        if isinstance(error, kind):
            return letter
    return "R"


def zero_dim_rows(args: list[Any], ones: Callable[[tuple[int, ...], str], Any], tensor_class: type) -> Iterator[Any]:
    """For each of GRID_TYPES the argument lists of a row of the grid of 0-dimensional tensors, which take part in
    promotion differently: a vector of that type beside 0-dimensional tensors of all, a 0-dimensional one beside vectors
    of all, and beside numbers. Further tensors have the first type."""
    places = [i for i, a in enumerate(args) if isinstance(a, tensor_class)]
    for first in GRID_TYPES:
        row = []
        for shapes, seconds in ((((2,), ()), GRID_TYPES), (((), (2,)), GRID_TYPES), (((), None), GRID_NUMBERS)):
            for second in seconds:
                given = list(args)
                for place in places:
                    given[place] = ones(shapes[0], first)
                given[places[1]] = second if shapes[1] is None else ones(shapes[1], str(second))
                row.append(given)
        yield first, row


def _number(value: Any, digits: int) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        rounded = float(f"{value:.{digits}g}")
        return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e9 else rounded
    return value


def _flat(values: Any, digits: int, into: list[Any]) -> None:
    if isinstance(values, list):
        for v in values:
            if len(into) >= MOST_VALUES:
                return
            _flat(v, digits, into)
    elif isinstance(values, complex):
        into += [_number(values.real, digits), _number(values.imag, digits)]
    else:
        into.append(_number(values, digits))


def plain_result(result: Any, tensor_class: type) -> Any:
    """Tensors, sequences of them and numbers as what JSON can hold."""
    if isinstance(result, tensor_class):
        tensor: Any = result
        dtype = str(tensor.dtype).rsplit(".", 1)[-1]
        values: list[Any] = []
        _flat(tensor.detach().tolist(), DIGITS.get(dtype, 12), values)
        return {"t": dtype, "s": list(tensor.shape), "v": values}
    if isinstance(result, (tuple, list)):
        return {"l": [plain_result(r, tensor_class) for r in result]}
    if isinstance(result, complex):
        return [_number(result.real, 7), _number(result.imag, 7)]
    if isinstance(result, (bool, int, float)):
        return _number(result, 7)
    return None if result is None else str(result)
