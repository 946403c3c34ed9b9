"""Where PyTorch keeps its function transforms; they are in `flambeau.func`."""

from __future__ import annotations

import importlib
from typing import Any

_ROOMS = ("apis", "config", "deprecated", "eager_transforms", "vmap")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
