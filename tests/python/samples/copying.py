"""Samples of copies, casts and fills."""

from __future__ import annotations

from typing import Any

from . import calls

SAMPLES: dict[str, Any] = {
    "copy_": lambda s: calls((s((2, 3)), s((3,), dtype="int32")), (s((2, 3)), s((2, 3)))),
    "fill.Scalar": lambda s: [s((2, 3)), 2],
    "fill.Tensor": lambda s: [s((2, 3)), s(())],
    "fill_.Scalar": lambda s: [s((2, 3)), 2],
    "fill_.Tensor": lambda s: [s((2, 3)), s(())],
    "zero_": lambda s: [s((2, 3))],
    "clone": lambda s: calls((s((2, 3)),), (s((3, 2)).t(),)),
    "contiguous": lambda s: calls((s((2, 3)),), (s((3, 2)).t(),)),
    "_to_copy": lambda s: [s((2, 3)), {"dtype": s.type("float64")}],
    "_cast_copy": lambda s: [s((2, 3)), s.type("float64"), s.lib.device("cpu"), s.lib.preserve_format],
    "to.dtype": lambda s: calls((s((2, 3)), s.type("float64")), (s((2, 3)), s.type("int32"))),
    "to.device": lambda s: [s((2, 3)), s.lib.device("cpu"), s.type("float64")],
    "to.other": lambda s: [s((2, 3)), s((1,), dtype="float64")],
    "to.dtype_layout": lambda s: [s((2, 3)), {"dtype": s.type("float64")}],
    "type_as": lambda s: [s((2, 3)), s((1,), dtype="float64")],
    "item": lambda s: calls((s(()),), (s((1, 1)),)),
    "_local_scalar_dense": lambda s: [s(())],
    "lift_fresh": lambda s: [s((2, 3))],
    "_between_layouts": lambda s: calls(
        (s((2, 2)), (1, 1), 1, (2, 3), (3, 1), 0, True), (s((2, 3)), (0, 1), 0, (2,), (2,), 1, False)
    ),
    "_window_gather": lambda s: [s((2, 3)), (2, 2), (3, 1), 1, (2, 3), (3, 1), 0],
    "_window_scatter": lambda s: [s((2, 3)), s((2, 2)), (2, 2), (3, 1), 1, (3, 1), 0],
}
NO_GRADIENT = {"_cast_copy": "the type is fixed", "item": "a number has no history"}
