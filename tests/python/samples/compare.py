"""Samples of comparisons, logic and tests of elements."""

from __future__ import annotations

from typing import Any

from . import calls

_BINARY = "eq.Tensor ne.Tensor lt.Tensor le.Tensor gt.Tensor ge.Tensor"
_BITS = "bitwise_and.Tensor bitwise_or.Tensor bitwise_xor.Tensor __and__.Tensor __or__.Tensor __xor__.Tensor"
_SHIFTS = "bitwise_left_shift.Tensor bitwise_right_shift.Tensor __lshift__.Tensor __rshift__.Tensor"
_TESTS = "logical_not isnan isinf isfinite isposinf isneginf signbit bitwise_not isreal"

SAMPLES: dict[str, Any] = {
    **{
        f"logical_{name}": lambda s: [s((2, 3), low=-1, high=1), s((3,), low=-1, high=1)]
        for name in ("and", "or", "xor")
    },
    **{
        name: lambda s: calls((s((2, 3), low=-1, high=1), s((3,), low=-1, high=1)), (s((3,)), 1))
        for name in _BINARY.split()
    },
    **{name: lambda s: calls((s((2, 3)), s((3,))), (s((3,)), 1)) for name in _BITS.split()},
    **{name: lambda s: [s((2, 3), low=1, high=9), s((3,), low=0, high=3)] for name in _SHIFTS.split()},
    **{name: lambda s: [s((2, 3), low=-1, high=1)] for name in _TESTS.split()},
}
