"""Questions that programs ask of graph capture."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

counters: defaultdict[str, Any] = defaultdict(lambda: defaultdict(int))


def is_compile_supported(device_type: Any) -> bool:
    """False: nothing is compiled."""
    return False


def is_fake_tensor(value: Any) -> bool:
    """False: there are no tensors without data but those on ``meta``."""
    return False


def compile_times(repr: str = "str", aggregate: bool = False) -> str:
    """No time was spent."""
    return ""
