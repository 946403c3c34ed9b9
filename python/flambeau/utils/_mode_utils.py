"""Contexts and questions that modes below autograd are written with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from flambeau import _C

__all__ = ["all_same_mode", "no_dispatch"]


@contextlib.contextmanager
def no_dispatch() -> Iterator[None]:
    """A context in which neither modes nor classes of tensors see calls: operators run on the elements there are."""
    guard = _C._DisableTorchDispatch()
    try:
        yield
    finally:
        del guard


def all_same_mode(modes: Any) -> bool:
    """Whether all modes of a list are one and the same."""
    return all(mode is modes[0] for mode in modes)
