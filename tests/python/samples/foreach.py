"""Samples of operators over lists of tensors: all follow from their signatures, so they are made from those."""

from __future__ import annotations

import re
from typing import Any

from flambeau import _C

_POSITIVE = re.compile(r"log|sqrt|reciprocal|lgamma|pow|div")
_SMALL = re.compile(r"asin|acos|erfinv|atanh")


def _make(signature: str, base: str) -> Any:
    limits = (
        {"low": 1, "high": 3} if _POSITIVE.search(base) else {"low": -0.9, "high": 0.9} if _SMALL.search(base) else {}
    )
    square = base.endswith("mm")
    compares = re.search("minimum|maximum|clamp", base)  # equal elements are a kink

    def sample(s: Any) -> Any:
        def pair() -> list[Any]:
            return [s((2, 2) if square else (2, 3), **limits), s((2, 2) if square else (4,), **limits)]

        args: list[Any] = []
        for argument in signature[signature.index("(") + 1 : signature.rindex("->")].split(", "):
            kind = argument.split(" ")[0].replace("(a!)", "")
            if "=" in argument or argument.startswith("*"):
                break
            if kind == "Tensor[]":
                apart = 1 / 64 if args and compares and s.type().is_floating_point else 0
                args.append([t + apart for t in pair()])
            elif kind == "Tensor":
                args.append(s((2,), **limits) if "scalars" in argument else s((), **limits))
            elif kind == "Scalar[]":
                args.append([2, 3])
            else:
                args.append(2)
        return args

    return sample


SAMPLES: dict[str, Any] = {
    op["name"]: _make(op["signature"], op["base"]) for op in _C.list_operators() if op["base"].startswith("_foreach_")
}
TYPES = dict.fromkeys(SAMPLES, "float32 int64 complex64")
