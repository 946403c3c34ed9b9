"""Annotating a value inside of traced code."""

from __future__ import annotations

from typing import Any

from ._compatibility import unstable
from .proxy import Proxy

__all__ = ["annotate"]


@unstable
def annotate(val: Any, type: type[Any]) -> Any:
    """Say which type a value has.

    A traced value's node gets the type; anything else is given back as it is.

    Raises:
        RuntimeError: the node has a type already.
    """
    if not isinstance(val, Proxy):
        return val
    if val.node.type:
        raise RuntimeError(
            f"fx.annotate: the value {val.node.name!r} is annotated with {val.node.type} already, now with {type}"
        )
    val.node.type = type
    return val
