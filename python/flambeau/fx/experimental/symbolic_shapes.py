"""Questions about sizes that may be symbols. Here sizes are numbers, so each has its plain answer.

What needs symbols (`ShapeEnv`, `DimDynamic` and the contexts around them) is not there.
"""

from __future__ import annotations

from typing import Any, NoReturn

import flambeau

__all__ = [
    "GuardOnDataDependentSymNode",
    "ShapeEnv",
    "definitely_false",
    "definitely_true",
    "free_symbols",
    "free_unbacked_symbols",
    "guard_bool",
    "guard_float",
    "guard_int",
    "guard_or_false",
    "guard_or_true",
    "guard_scalar",
    "guard_size_oblivious",
    "has_free_symbols",
    "has_free_unbacked_symbols",
    "has_static_value",
    "has_symbolic_sizes_strides",
    "hint_int",
    "is_concrete_bool",
    "is_concrete_float",
    "is_concrete_int",
    "is_nested_int",
    "statically_known_false",
    "statically_known_true",
    "sym_and",
    "sym_eq",
    "sym_or",
]


class GuardOnDataDependentSymNode(RuntimeError):
    """A size that depends on data was asked for its value. Sizes are numbers here, so this is never raised."""


class ShapeEnv:
    """Symbols for sizes. Not available: making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("fx.experimental.symbolic_shapes.ShapeEnv: sizes are numbers here, never symbols")


def guard_bool(a: Any) -> bool:
    """The truth of a condition."""
    return bool(a)


def guard_int(a: Any) -> int:
    """The value of a size."""
    return int(a)


def guard_float(a: Any) -> float:
    """The value of a number."""
    return float(a)


def guard_scalar(a: Any) -> Any:
    """The value of a number. Raises AssertionError for what is none."""
    if not isinstance(a, (bool, int, float)):
        raise AssertionError(f"fx.guard_scalar: {a!r} is no number")
    return a


def guard_or_false(a: Any) -> bool:
    """The truth of a condition."""
    return bool(a)


guard_or_true = guard_size_oblivious = statically_known_true = definitely_true = guard_or_false


def statically_known_false(x: Any) -> bool:
    """Whether a condition is false."""
    return not x


definitely_false = statically_known_false


def hint_int(a: Any, fallback: int | None = None) -> int:
    """The value of a size."""
    return int(a)


def is_concrete_int(a: Any) -> bool:
    """Whether a size is a number: always."""
    return isinstance(a, int)


def is_concrete_float(a: Any) -> bool:
    """Whether a number is one: always."""
    return isinstance(a, float)


def is_concrete_bool(a: Any) -> bool:
    """Whether a condition is decided: always."""
    return isinstance(a, bool)


has_static_value = is_concrete_int


def is_nested_int(s: Any) -> bool:
    """Whether a size stands for several: never."""
    return False


def has_symbolic_sizes_strides(elem: flambeau.Tensor) -> bool:
    """Whether a tensor has symbols among its sizes and strides: never."""
    return False


def free_symbols(val: Any) -> set[Any]:
    """The symbols in a value: none."""
    return set()


free_unbacked_symbols = free_symbols


def has_free_symbols(val: Any) -> bool:
    """Whether a value has symbols: never."""
    return False


has_free_unbacked_symbols = has_free_symbols


def sym_and(*conditions: Any) -> bool:
    """Whether all conditions hold."""
    return all(conditions)


def sym_or(*conditions: Any) -> bool:
    """Whether any condition holds."""
    return any(conditions)


def sym_eq(x: Any, y: Any) -> bool:
    """Whether two sizes, or two sequences of sizes, are equal."""
    if isinstance(x, (list, tuple)) and isinstance(y, (list, tuple)):
        return len(x) == len(y) and all(sym_eq(a, b) for a, b in zip(x, y, strict=True))
    return bool(x == y)


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: sizes are numbers here, never symbols")
