"""The mark on what is stable in `fx` and what is not, by the names of PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_BACK_COMPAT_OBJECTS: dict[Any, None] = {}
_MARKED_WITH_COMPATIBILITY: dict[Any, None] = {}
_MARKED_WITH_COMATIBLITY = _MARKED_WITH_COMPATIBILITY  # the name of older releases

Marked = TypeVar("Marked")


def compatibility(is_backward_compatible: bool) -> Callable[[Marked], Marked]:
    """Decorator that records whether programs may rely on what it marks."""

    def mark(thing: Marked) -> Marked:
        _MARKED_WITH_COMPATIBILITY.setdefault(thing)
        if is_backward_compatible:
            _BACK_COMPAT_OBJECTS.setdefault(thing)
        return thing

    return mark


stable = compatibility(is_backward_compatible=True)
unstable = compatibility(is_backward_compatible=False)
