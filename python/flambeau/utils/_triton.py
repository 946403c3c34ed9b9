"""What programs ask about Triton: whether GPU kernels can be written in it. There are no GPUs."""

from __future__ import annotations

import importlib.util

__all__ = ["has_triton", "has_triton_package", "has_triton_tma", "has_triton_tma_device"]


def has_triton_package() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("triton") is not None


def has_triton() -> bool:
    """False: there are no GPUs."""
    return False


has_triton_tma = has_triton_tma_device = has_triton
