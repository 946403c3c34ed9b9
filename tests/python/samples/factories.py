"""Samples of operators that make tensors."""

from __future__ import annotations

from typing import Any

from . import calls

SAMPLES: dict[str, Any] = {
    "empty.memory_format": lambda s: [(2, 3), {"dtype": s.type()}],
    "empty_strided": lambda s: [(2, 3), (1, 2), {"dtype": s.type()}],
    "empty_permuted": lambda s: [(2, 3, 4), (1, 2, 0), {"dtype": s.type()}],
    "new_empty_strided": lambda s: [s((2,)), (2, 3), (1, 2)],
    "scalar_tensor": lambda s: calls((2, {"dtype": s.type()}), (1.5,), (True,)),
    "zeros": lambda s: calls(((2, 3), {"dtype": s.type()}), ((0,),)),
    "ones": lambda s: calls(((2, 3), {"dtype": s.type()}), ((),)),
    "full": lambda s: calls(((2, 3), 2, {"dtype": s.type()}), ((2,), 1.5), ((2,), True), ((2,), 3)),
    "empty_like": lambda s: [s((2, 3))],
    "zeros_like": lambda s: calls((s((2, 3)),), (s((3, 2)).t(), {"dtype": s.type("int32")})),
    "ones_like": lambda s: [s((2, 3))],
    "full_like": lambda s: [s((2, 3)), 1],
    "new_empty": lambda s: [s((2,)), (2, 3)],
    "new_zeros": lambda s: [s((2,)), (2, 3)],
    "new_ones": lambda s: [s((2,)), (2, 3)],
    "new_full": lambda s: [s((2,)), (2, 3), 1],
}
UNSTABLE = {"empty.memory_format", "empty_strided", "empty_permuted", "new_empty_strided", "empty_like", "new_empty"}
