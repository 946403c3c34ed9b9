"""Samples of arithmetic operators."""

from __future__ import annotations

from typing import Any

from . import calls

SAMPLES: dict[str, Any] = {
    "add.Tensor": lambda s: calls(
        (s((2, 3)), s((3,)), {"alpha": 2}), (s((2, 1)), s((1, 3))), (s(()), s((2,))), (s((3,)), 2)
    ),
    "sub.Tensor": lambda s: calls((s((2, 3)), s((3,)), {"alpha": 2}), (s((2, 1)), s((1, 3))), (s((3,)), 2)),
    "rsub.Tensor": lambda s: calls((s((2, 3)), s((3,))), (s((2,)), s((2,)), {"alpha": 3})),
    "mul.Tensor": lambda s: calls((s((2, 3)), s((3,))), (s((3,)), 2.5), (s(()), s((2, 2)))),
    "div.Tensor": lambda s: calls((s((2, 3)), s((3,), low=1, high=4)), (s((3,)), 4)),
    "reciprocal": lambda s: [s((2, 3), low=1, high=4)],
    "neg": lambda s: [s((2, 3))],
    "abs": lambda s: [s((2, 3))],
    "square": lambda s: [s((2, 3))],
    "sign": lambda s: [s((2, 3))],
    "sgn": lambda s: [s((2, 3))],
    "pow.Tensor_Tensor": lambda s: calls(
        (s((2, 3), low=0.5, high=2), s((3,), low=0, high=3)), (s((4,), low=1, high=3), 2)
    ),
    "maximum": lambda s: [s((2, 3)), s((3,))],
    "minimum": lambda s: [s((2, 3)), s((3,))],
    "clamp": lambda s: calls((s((8,)), -1, 1), (s((8,)), 1), (s((8,)), {"max": 2})),
    "where.self": lambda s: calls((s.mask((2, 3)), s((2, 3)), s((3,))), (s.mask((3,)), s((2, 1)), s(()))),
    "addcmul": lambda s: [s((2, 3)), s((2, 1)), s((3,)), {"value": 2}],
    "addcdiv": lambda s: [s((2, 3)), s((2, 1)), s((3,), low=1, high=4), {"value": 2}],
    "lerp.Tensor": lambda s: [s((2, 3)), s((2, 3)), s((3,), low=-0.5, high=1.5)],
}
