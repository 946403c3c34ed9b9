"""The fast path of MultiheadAttention: a switch that is kept; there is one path."""

from __future__ import annotations

_fastpath = True


def get_fastpath_enabled() -> bool:
    """The switch."""
    return _fastpath


def set_fastpath_enabled(value: bool) -> None:
    """Keep the switch."""
    global _fastpath
    _fastpath = bool(value)
