"""Intel's MKL is not used: OpenBLAS does linear algebra."""

from __future__ import annotations

from flambeau.backends.mkldnn import VERBOSE_OFF, VERBOSE_ON, verbose

__all__ = ["VERBOSE_OFF", "VERBOSE_ON", "is_available", "verbose"]


def is_available() -> bool:
    """False: linear algebra is OpenBLAS's."""
    return False
