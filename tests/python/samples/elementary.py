"""Samples of elementary functions and activations of one tensor."""

from __future__ import annotations

from typing import Any

from . import calls

_ANYWHERE = "exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh sigmoid erf erfc floor ceil trunc"
_POSITIVE = "log log2 log10 log1p sqrt rsqrt"

SAMPLES: dict[str, Any] = {
    **{name: lambda s: calls((s((2, 4)),), (s(()),)) for name in _ANYWHERE.split()},
    **{name: lambda s: [s((2, 4), low=0.25, high=4)] for name in _POSITIVE.split()},
    "asin": lambda s: [s((2, 4), low=-0.9, high=0.9)],
    "acos": lambda s: [s((2, 4), low=-0.9, high=0.9)],
    "atanh": lambda s: [s((2, 4), low=-0.9, high=0.9)],
    "acosh": lambda s: [s((2, 4), low=1.25, high=4)],
    "erfinv": lambda s: [s((2, 4), low=-0.9, high=0.9)],
    "relu": lambda s: [s((2, 4))],
    "gelu": lambda s: calls((s((2, 4)),), (s((4,)), {"approximate": "tanh"})),
    "silu": lambda s: [s((2, 4))],
    "softplus": lambda s: calls((s((2, 4)),), (s((4,)), 2.0, 1.0)),
}
