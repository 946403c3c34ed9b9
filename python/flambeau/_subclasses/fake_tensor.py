"""Tensors without data that remember a device. Here those on ``meta`` are the ones without data."""

from __future__ import annotations

from typing import Any

from flambeau._absent import absent_class

_WHAT = "a tensor without data that remembers its device; device='meta' gives shapes alone. It"
FakeTensor = absent_class("_subclasses", "FakeTensor", _WHAT, NotImplementedError)
FakeTensorMode = absent_class("_subclasses", "FakeTensorMode", _WHAT, NotImplementedError)
CrossRefFakeMode = absent_class("_subclasses", "CrossRefFakeMode", _WHAT, NotImplementedError)


class UnsupportedFakeTensorException(RuntimeError):
    """What tensors without data don't know."""


class DynamicOutputShapeException(RuntimeError):
    """A size depends on data."""

    def __init__(self, func: Any = None) -> None:
        super().__init__(func)
        self.func = func


class DataDependentOutputException(DynamicOutputShapeException):
    """A result depends on data."""


def is_fake(x: Any) -> bool:
    """False."""
    return False


def unset_fake_temporarily() -> Any:
    """A context that does nothing."""
    import contextlib

    return contextlib.nullcontext()


def maybe_get_fake_mode(t: Any) -> None:
    """None."""
