"""Questions about graph capture, answered: there is none."""

from __future__ import annotations

from typing import Any


class TracingContext:
    """The context of graph capture; there is never one."""

    @staticmethod
    def try_get() -> None:
        """None."""

    @staticmethod
    def get() -> Any:
        """RuntimeError: nothing is captured."""
        raise RuntimeError("TracingContext.get: TracingContext.get() must be called within an ongoing trace")


class CompileContext(TracingContext):
    """The context of compiling; there is never one."""

    @staticmethod
    def current_compile_id() -> None:
        """None."""


class Source:
    """Where a captured value came from; there are none."""


def detect_fake_mode(inputs: Any = None) -> None:
    """None: no mode of tensors without data is active."""


def active_fake_mode() -> None:
    """None."""
