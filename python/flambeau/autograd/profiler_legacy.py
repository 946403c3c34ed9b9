"""The older name of `flambeau.autograd.profiler.profile`."""

from __future__ import annotations

from .profiler import profile

__all__ = ["profile"]
