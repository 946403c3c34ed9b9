"""Marks for Intel's VTune. Flambeau is built without its interface: `is_available` says so, the rest refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

__all__ = ["is_available", "mark", "range", "range_pop", "range_push"]


def is_available() -> bool:
    """Whether marks reach VTune: never here."""
    return False


def _refuse(name: str) -> NoReturn:
    raise RuntimeError(f"profiler.itt.{name}: built without ITT; profiler.record_function names regions, too")


def range_push(msg: str) -> int:
    """Begin a named range."""
    _refuse("range_push")


def range_pop() -> int:
    """End the innermost range."""
    _refuse("range_pop")


def mark(msg: str) -> None:
    """Mark a moment."""
    _refuse("mark")


@contextlib.contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A named range around a block; `msg` is formatted with the other arguments."""
    range_push(msg.format(*args, **kwargs))
    yield
