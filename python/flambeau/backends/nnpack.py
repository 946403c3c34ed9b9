"""NNPACK is not used."""

from __future__ import annotations

import sys
from typing import Any

from flambeau.backends import keeping

enabled = False


def is_available() -> bool:
    """False: NNPACK is not used."""
    return False


def set_flags(_enabled: bool) -> tuple[bool]:
    """Keep the switch; the former value is answered."""
    module: Any = sys.modules[__name__]
    before = (module.enabled,)
    module.enabled = bool(_enabled)
    return before


def flags(enabled: bool = False) -> Any:
    """Context with another switch."""
    return keeping(sys.modules[__name__], enabled=enabled)
