"""Samples of views."""

from __future__ import annotations

from typing import Any

from . import calls

SAMPLES: dict[str, Any] = {
    "view": lambda s: calls((s((2, 6)), (3, 4)), (s((2, 6)), (-1,)), (s(()), (1, 1))),
    "reshape": lambda s: calls((s((2, 6)), (3, -1)), (s((4, 3)).t(), (6, 2))),
    "alias": lambda s: [s((2, 3))],
    "detach": lambda s: [s((2, 3))],
    "transpose.int": lambda s: [s((2, 3, 4)), 0, -1],
    "t": lambda s: calls((s((2, 3)),), (s((3,)),)),
    "permute": lambda s: [s((2, 3, 4)), (2, 0, -2)],
    "unsqueeze": lambda s: calls((s((2, 3)), 1), (s((2, 3)), -1)),
    "squeeze": lambda s: [s((1, 3, 1))],
    "squeeze.dim": lambda s: calls((s((1, 3, 1)), -1), (s((1, 3, 1)), 1)),
    "squeeze.dims": lambda s: [s((1, 3, 1)), (0, 2)],
    "expand": lambda s: [s((3, 1)), (2, -1, 4)],
    "select.int": lambda s: calls((s((2, 3)), 1, -1), (s((4,)), 0, 2)),
    "slice.Tensor": lambda s: calls((s((5, 2)), 0, 1, 4, 2), (s((5,)), 0, -2)),
    "select_backward": lambda s: [s((2,)), (2, 3), 1, 2],
    "slice_backward": lambda s: [s((2, 2)), (5, 2), 0, 1, 4, 2],
    "as_strided": lambda s: calls((s((6,)), (2, 2), (3, 1), 1), (s((6,)), (2, 3), (1, 1), 0)),
    "as_strided_": lambda s: [s((6,)), (2, 2), (3, 1), 1],
    "_as_strided": lambda s: [s((6,)), (2, 2), (3, 1), 1, (1,), 0],
    "sum_to_size": lambda s: [s((2, 3)), (1, 3)],
    "real": lambda s: [s((2, 3))],
    "imag": lambda s: [s((2, 3), dtype="complex64")],
    "conj": lambda s: [s((2, 3))],
    "_conj": lambda s: [s((2, 3), dtype="complex64")],
    "_neg_view": lambda s: [s((2, 3))],
    "resolve_conj": lambda s: [s((2, 3))],
    "resolve_neg": lambda s: [s((2, 3))],
    "view_as_real": lambda s: [s((2, 3), dtype="complex64")],
    "view_as_complex": lambda s: [s((3, 2), dtype="float32")],
    "view.dtype": lambda s: calls(
        (s((2, 3), dtype="float32"), s.type("int32")), (s((2, 4), dtype="int16"), s.type("int32"))
    ),
}
MEMORY = dict.fromkeys(
    [
        "as_strided",
        "as_strided_",
        "as_strided_copy",
        "view",
        "view_as",
        "view.dtype",
        "view_as_complex",
        "view_as_complex_copy",
        "_unsafe_view",
        "_reshape_alias",
        "set_",
        "resize_",
        "resize_as_",
        "_window_gather",
    ],
    "speaks of the strides themselves",
)
