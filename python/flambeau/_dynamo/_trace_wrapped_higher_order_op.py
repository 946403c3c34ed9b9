"""Names around masks that graph capture would rewrite: here they are called as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TransformGetItemToIndex:
    """A context in which indexing tensors by tensors of no dimensions works under `vmap`; it does anyway."""

    def __enter__(self) -> TransformGetItemToIndex:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def trace_wrapped(*args: Any, fn: Callable[..., Any], **kwargs: Any) -> Any:
    """Call the function."""
    return fn(*args, **kwargs)
