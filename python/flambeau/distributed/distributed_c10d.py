"""The names of `flambeau.distributed` under the older place that programs import them from."""

from __future__ import annotations

from typing import Any

import flambeau.distributed

from .constants import default_pg_nccl_timeout, default_pg_timeout

__all__ = ["default_pg_nccl_timeout", "default_pg_timeout"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(flambeau.distributed, name)
