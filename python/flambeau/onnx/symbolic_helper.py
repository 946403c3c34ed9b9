"""Decorators of symbolic functions, which libraries apply when they are imported; there is no exporter to call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["parse_args", "quantized_args"]


def parse_args(*arg_descriptors: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says what kind each argument of a symbolic function is: ``"v"`` a value, ``"i"`` an integer, ``"f"`` a number,
    ``"s"`` text, ``"none"``, lists as ``"is"``, ``"fs"``.
    """

    def describe(function: Callable[..., Any]) -> Callable[..., Any]:
        function._arg_descriptors = arg_descriptors  # type: ignore[attr-defined]
        return function

    return describe


def quantized_args(*arg_q_descriptors: bool, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Says which arguments of a symbolic function may be quantized."""
    return lambda function: function
