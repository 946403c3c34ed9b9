"""`SummaryWriter` for TensorBoard, by the ecosystem's own packages: tensorboardX, or tensorboard's file writer."""

from __future__ import annotations

from typing import Any

__all__ = ["FileWriter", "SummaryWriter"]

_HINT = (
    "flambeau.utils.tensorboard writes through the tensorboardX package (pip install tensorboardX); "
    "tensorboard itself is needed for looking at the logs only"
)


def __getattr__(name: str) -> Any:
    if name not in ("SummaryWriter", "FileWriter"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import tensorboardX
    except ImportError as error:
        raise ImportError(f"{name}: {_HINT}") from error
    return getattr(tensorboardX, name)
