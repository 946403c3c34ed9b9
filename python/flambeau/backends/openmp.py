"""OpenMP runs the core's parallel loops."""

from __future__ import annotations


def is_available() -> bool:
    """True."""
    return True
