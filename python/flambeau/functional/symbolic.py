"""Functions of symbolic numbers.

There are no symbolic sizes here (a traced size would be a plain number too), so these are what they are of numbers.
"""

from __future__ import annotations

import math
from typing import Any

from flambeau._C import overridable

__all__ = [
    "sym_float",
    "sym_int",
    "sym_ite",
    "sym_max",
    "sym_min",
    "sym_not",
    "sym_sqrt",
    "sym_sum",
]


def sym_int(a: Any) -> int:
    """The number as an integer, rounded towards zero."""
    return math.trunc(a)


@overridable
def sym_float(a: Any) -> float:
    """The number as a float."""
    return float(a)


@overridable
def sym_not(a: Any) -> bool:
    """Whether the condition does not hold."""
    return not a


@overridable
def sym_max(a: Any, b: Any) -> Any:
    """The larger one; a float where one of them is."""
    return float(max(a, b)) if isinstance(a, float) or isinstance(b, float) else max(a, b)


@overridable
def sym_min(a: Any, b: Any) -> Any:
    """The smaller one; a float where one of them is."""
    return float(min(a, b)) if isinstance(a, float) or isinstance(b, float) else min(a, b)


@overridable
def sym_sum(args: Any) -> Any:
    """The sum of numbers."""
    return sum(args)


@overridable
def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """`t` where the condition holds, else `f`."""
    return t if b else f


@overridable
def sym_sqrt(a: Any) -> float:
    """The square root."""
    return math.sqrt(a)
