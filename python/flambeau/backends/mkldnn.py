"""Switches of oneDNN."""

from __future__ import annotations

import contextlib
import sys
from types import SimpleNamespace
from typing import Any

from flambeau.backends import keeping

enabled = True
deterministic = False
allow_tf32 = True
fp32_precision = "none"
matmul = SimpleNamespace(fp32_precision="none")
conv = SimpleNamespace(fp32_precision="none")
rnn = SimpleNamespace(fp32_precision="none")
VERBOSE_OFF, VERBOSE_ON, VERBOSE_ON_CREATION = 0, 1, 2


def is_available() -> bool:
    """Whether the core can use oneDNN."""
    from flambeau import _C

    has = getattr(_C, "has_onednn", None)
    return bool(has() if callable(has) else has)


class verbose(contextlib.nullcontext[None]):
    """Context that asks the library to report its calls; set ONEDNN_VERBOSE=1 before the start instead."""

    def __init__(self, level: int = VERBOSE_ON) -> None:
        super().__init__()
        self.level = level


def set_flags(
    _enabled: bool | None = None,
    _deterministic: bool | None = None,
    _allow_tf32: bool | None = None,
    _fp32_precision: str = "none",
) -> tuple[Any, ...]:
    """Set switches; the former values are answered."""
    module = sys.modules[__name__]
    given = {
        "enabled": _enabled,
        "deterministic": _deterministic,
        "allow_tf32": _allow_tf32,
        "fp32_precision": _fp32_precision,
    }
    before = tuple(getattr(module, name) for name in given)
    for name, value in given.items():
        if value is not None:
            setattr(module, name, value)
    return before


def flags(
    enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True, fp32_precision: str = "none"
) -> Any:
    """Context with other switches."""
    return keeping(
        sys.modules[__name__],
        enabled=enabled,
        deterministic=deterministic,
        allow_tf32=allow_tf32,
        fp32_precision=fp32_precision,
    )
