"""What the tracer writes into the `meta` of new nodes: taken over from the node that an interpreter is at."""

from __future__ import annotations

import contextlib
import copy
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from ._compatibility import unstable
from .node import Node

__all__ = [
    "annotate",
    "annotate_fn",
    "format_stack",
    "get_current_meta",
    "has_preserved_node_meta",
    "preserve_node_meta",
    "reset_grad_fn_seq_nr",
    "set_current_meta",
    "set_grad_fn_seq_nr",
    "set_stack_trace",
]

current_meta: dict[str, Any] = {}
should_preserve_node_meta = False


@unstable
@contextlib.contextmanager
def preserve_node_meta(enable: bool = True) -> Iterator[None]:
    """Inside, new nodes get the current meta."""
    global should_preserve_node_meta, current_meta
    before, meta = should_preserve_node_meta, current_meta.copy()
    should_preserve_node_meta = enable
    try:
        yield
    finally:
        should_preserve_node_meta, current_meta = before, meta


@unstable
def set_stack_trace(stack: list[str]) -> None:
    """The stack trace of new nodes, where meta is preserved."""
    if should_preserve_node_meta and stack:
        current_meta["stack_trace"] = "".join(stack)


@unstable
@contextlib.contextmanager
def annotate(annotation_dict: dict[str, Any]) -> Iterator[None]:
    """Inside, new nodes get these entries in ``meta["custom"]``, where meta is preserved."""
    global current_meta
    before = current_meta
    current_meta = {**before, "custom": {**before.get("custom", {}), **annotation_dict}}
    try:
        yield
    finally:
        current_meta = before


@unstable
def annotate_fn(annotation_dict: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function runs inside `annotate`."""
    import functools

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def annotated(*args: Any, **kwargs: Any) -> Any:
            with annotate(annotation_dict):
                return function(*args, **kwargs)

        return annotated

    return decorate


@unstable
def set_grad_fn_seq_nr(seq_nr: int) -> None:
    """Note the number of the autograd node that is recorded, where meta is preserved."""
    if should_preserve_node_meta:
        current_meta["grad_fn_seq_nr"] = [*current_meta.get("grad_fn_seq_nr", []), seq_nr]
        current_meta["in_grad_fn"] = current_meta.get("in_grad_fn", 0) + 1


@unstable
def reset_grad_fn_seq_nr() -> None:
    """Forget the last number that `set_grad_fn_seq_nr` noted."""
    if not should_preserve_node_meta:
        return
    numbers = current_meta.get("grad_fn_seq_nr", [])[:-1]
    if numbers:
        current_meta["grad_fn_seq_nr"], current_meta["in_grad_fn"] = numbers, len(numbers)
    else:
        current_meta.pop("grad_fn_seq_nr", None)
        current_meta.pop("in_grad_fn", None)


@unstable
def format_stack() -> list[str]:
    """The stack trace of new nodes, or the present one, as lines."""
    if should_preserve_node_meta:
        return [current_meta.get("stack_trace", "")]
    return traceback.format_list(traceback.extract_stack()[:-1])


@unstable
def has_preserved_node_meta() -> bool:
    """Whether new nodes get the current meta."""
    return should_preserve_node_meta


@unstable
@contextlib.contextmanager
def set_current_meta(node: Node, pass_name: str = "") -> Iterator[None]:
    """Inside, the current meta is that of a node, with a note that new nodes come from it."""
    global current_meta
    before = current_meta
    if should_preserve_node_meta and node.meta:
        current_meta = copy.copy(node.meta)
        current_meta["from_node"] = [*current_meta.get("from_node", []), (node.name, node.target)]
    try:
        yield
    finally:
        current_meta = before


@unstable
def get_current_meta() -> dict[str, Any]:
    """What new nodes get, where meta is preserved."""
    return current_meta
