"""The order of contractions in `einsum`: left to right, since the opt_einsum package is not consulted."""

from __future__ import annotations

import sys
from typing import Any

from flambeau.backends import keeping

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """False: the package is not consulted."""
    return False


def get_opt_einsum() -> Any:
    """None: the package is not consulted."""
    return None


def flags(enabled: bool | None = None, strategy: str | None = None) -> Any:
    """Context with other switches."""
    return keeping(sys.modules[__name__], enabled=enabled, strategy=strategy)
