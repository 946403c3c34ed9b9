"""`flambeau.cpu`: the CPU asked as a device module, so that code written for accelerators runs on it."""

from __future__ import annotations

import contextlib
from typing import Any

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]


class Stream:
    """The CPU's only stream: work is done when a call returns."""

    def __init__(self, priority: int = -1) -> None:
        self.priority = priority

    def wait_stream(self, stream: Any) -> None:
        """Nothing to wait for."""

    def record_event(self) -> None:
        """Nothing to record."""

    def wait_event(self, event: Any) -> None:
        """Nothing to wait for."""

    def synchronize(self) -> None:
        """Nothing to wait for."""


class Event:
    """A point in the CPU's work, which is always past."""

    def query(self) -> bool:
        """True."""
        return True

    def record(self, stream: Any = None) -> None:
        """Nothing to record."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def wait(self, stream: Any = None) -> None:
        """Nothing to wait for."""


_stream = Stream()


class StreamContext(contextlib.nullcontext[None]):
    """Context for a current stream."""


def stream(stream: Any) -> Any:
    """Context for a current stream."""
    return StreamContext()


def current_stream(device: Any = None) -> Stream:
    """The only stream."""
    return _stream


def current_device() -> str:
    """ "cpu"."""
    return "cpu"


def device_count() -> int:
    """1."""
    return 1


def is_available() -> bool:
    """True."""
    return True


def is_initialized() -> bool:
    """True."""
    return True


def set_device(device: Any) -> None:
    """There is one device."""


def synchronize(device: Any = None) -> None:
    """Nothing to wait for."""


def __getattr__(name: str) -> Any:
    if name == "amp":
        from importlib import import_module

        return import_module("flambeau.cpu.amp")
    raise AttributeError(f"module 'flambeau.cpu' has no attribute {name!r}")
