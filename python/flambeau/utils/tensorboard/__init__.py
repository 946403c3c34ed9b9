"""Logs for TensorBoard: `SummaryWriter`, over the file writer and message types of the `tensorboard` package.

Raises:
    ModuleNotFoundError: on first use of a name, if that package is not installed.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]
_ROOMS = ("summary", "writer", "_convert_np", "_utils", "_embedding")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "RecordWriter":
        _need_tensorboard()
        return importlib.import_module("tensorboard.summary.writer.record_writer").RecordWriter
    return getattr(importlib.import_module(f"{__name__}.writer"), name)


def _need_tensorboard() -> None:
    try:
        importlib.import_module("tensorboard.compat.proto.event_pb2")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "flambeau.utils.tensorboard: the tensorboard package writes the logs and is not installed "
            f"(pip install tensorboard): {error}",
            name=error.name,
        ) from error
