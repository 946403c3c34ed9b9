"""Versions: of the PyTorch whose Python API this is, and of the backends."""

from __future__ import annotations

flambeau = "0.1.0"
__version__ = "2.13.0+flambeau"
debug = False
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
git_version = "unknown"
