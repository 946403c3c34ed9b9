"""`flambeau.onnx`: there is no exporter yet."""

from __future__ import annotations

from typing import Any

__all__ = ["export", "is_in_onnx_export", "is_onnxrt_backend_supported"]


def export(model: Any, args: Any = (), f: Any = None, *further: Any, **options: Any) -> Any:
    """Not available: writing ONNX files."""
    raise NotImplementedError(
        "onnx.export: Flambeau writes no ONNX files yet; save the state_dict with flambeau.save, "
        "load it in PyTorch, and export there"
    )


def is_in_onnx_export() -> bool:
    """False."""
    return False


def is_onnxrt_backend_supported() -> bool:
    """False."""
    return False
