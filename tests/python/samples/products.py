"""Samples of matrix products."""

from __future__ import annotations

from typing import Any

from . import calls

SAMPLES: dict[str, Any] = {
    "mm": lambda s: calls((s((2, 3)), s((3, 4))), (s((3, 2)).t(), s((4, 3)).t()), (s((2, 0)), s((0, 3)))),
    "bmm": lambda s: [s((2, 2, 3)), s((2, 3, 4))],
    "addmm": lambda s: calls(
        (s((4,)), s((2, 3)), s((3, 4))), (s((2, 1)), s((2, 3)), s((3, 4)), {"beta": 2, "alpha": 3})
    ),
    "_addmm_activation": lambda s: calls(
        (s((4,), low=1), s((2, 3)), s((3, 4))),
        (s((2, 1)), s((2, 3)), s((3, 4)), {"beta": 2, "alpha": 3, "use_gelu": True}),
    ),
    "_compute_linear_combination": lambda s: [s((3, 2, 2)), s((2, 3))],
    "baddbmm": lambda s: [s((2, 2, 4)), s((2, 2, 3)), s((2, 3, 4)), {"beta": 2, "alpha": 3}],
    "addbmm": lambda s: [s((2, 4)), s((2, 2, 3)), s((2, 3, 4)), {"beta": 2, "alpha": 3}],
    "mv": lambda s: [s((2, 3)), s((3,))],
    "addmv": lambda s: [s((2,)), s((2, 3)), s((3,)), {"beta": 2, "alpha": 3}],
    "_row_dots": lambda s: calls((s((3, 20)), s((3, 20))), (s((2, 0)), s((2, 0)))),
    "dot": lambda s: calls((s((5,)), s((5,))), (s((0,)), s((0,)))),
    "vdot": lambda s: [s((5,)), s((5,))],
    "outer": lambda s: [s((2,)), s((3,))],
    "ger": lambda s: [s((2,)), s((3,))],
    "addr": lambda s: calls((s((2, 3)), s((2,)), s((3,))), (s((3,)), s((2,)), s((3,)), {"beta": 2, "alpha": 3})),
    "matmul": lambda s: calls(
        (s((3,)), s((3,))), (s((2, 2, 3)), s((3,))), (s((2, 1, 2, 3)), s((2, 3, 2))), (s((2,)), s((3, 2, 2)))
    ),
    "_matmul_batched": lambda s: [s((2, 1, 2, 3)), s((2, 3, 2))],
    "linalg_matmul": lambda s: [s((2, 3)), s((3, 2))],
    "inner": lambda s: [s((2, 3)), s((4, 3))],
    "tensordot": lambda s: [s((2, 3, 4)), s((4, 2)), (2, 0), (0, 1)],
    "kron": lambda s: [s((2, 2)), s((3,))],
    "linalg_multi_dot": lambda s: [[s((3,)), s((3, 2)), s((2, 4))]],
    "chain_matmul": lambda s: [[s((2, 3)), s((3, 2)), s((2, 4))]],
    "matrix_power": lambda s: calls((s((2, 2)), 3), (s((2, 2)), 0)),
    "linalg_matrix_power": lambda s: [s((2, 2, 2)), 2],
    "linalg_vecdot": lambda s: [s((2, 3)), s((2, 3))],
    "linalg_cross": lambda s: [s((2, 3)), s((2, 3))],
    "cross": lambda s: calls((s((3, 2)), s((3, 2))), (s((2, 3)), s((2, 3)), 1)),
    "linear": lambda s: calls((s((2, 3)), s((4, 3)), s((4,))), (s((2, 2, 3)), s((4, 3))), (s((3,)), s((3,)), s(()))),
    "linear_backward": lambda s: [s((2, 3)), s((2, 4)), s((4, 3)), (True, True, True)],
    "bilinear": lambda s: [s((2, 3)), s((2, 2)), s((4, 3, 2)), s((4,))],
    "einsum": lambda s: calls(
        ("ij,jk->ik", [s((2, 3)), s((3, 4))]),
        ("...ii->...i", [s((2, 3, 3))]),
        ("bij,bjk,k", [s((2, 2, 3)), s((2, 3, 2)), s((2,))]),
    ),
}

FLOATING = "float32 bfloat16 complex64"
INTEGERS_TOO = "float32 bfloat16 int64 uint8 complex64"
TYPES = {
    **dict.fromkeys(["linear", "linear_backward", "linalg_vecdot"], FLOATING),
    **dict.fromkeys(
        ["linalg_cross", "cross", "einsum", "matrix_power", "linalg_matrix_power", "bilinear"], INTEGERS_TOO
    ),
}
